"""The colours and sizes of mails: those of the pages (`static/tokens.css`), worked into what a mail program reads."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import css_inline

STATIC = Path(__file__).parents[1] / "static"
_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_DECLARED = re.compile(r"--([\w-]+):\s*([^;]+);")
_USED = re.compile(r"var\(--([\w-]+)\)")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
NARROW = """@media (max-width: 480px) {
.sheet { padding: 24px 20px !important; }
.foot { padding: 20px 20px 32px !important; }
.button { display: block !important; margin: 0 0 12px !important; }
}"""
"""On a phone a button is as wide as the page."""


@cache
def tokens(*, dark: bool = False) -> dict[str, str]:
    """The values of the design, by name. Lengths in px."""
    text = _COMMENT.sub("", (STATIC / "tokens.css").read_text("utf-8"))
    light, _, night = text.partition("@media (prefers-color-scheme: dark)")
    found = dict(_DECLARED.findall(light)) | (dict(_DECLARED.findall(night)) if dark else {})
    return {name: _px(value.strip()) for name, value in found.items()}


def worked_in(template: str) -> str:
    """A template in which each class has its style beside it: not every mail program reads a style sheet.

    Done once, on the template: each element has its own class, and no rule looks further than that.
    """
    inliner = css_inline.CSSInliner(extra_css=_resolved(_rules(), tokens()), load_remote_stylesheets=False)

    def with_style(found: re.Match[str]) -> str:
        style = re.search(r'style="[^"]*"', inliner.inline(f"<p {found.group()}></p>"))
        return f"{found.group()} {style.group()}" if style else found.group()

    return re.sub(r'class="[^"]*"', with_style, template)


@cache
def kept() -> str:
    """What stays in the head: the same colours for a dark screen, and what a phone has otherwise."""
    changed = {name for name, value in tokens(dark=True).items() if tokens()[name] != value}
    night = []
    for selector, body in _RULE.findall(_rules()):
        declared = [each.strip() for each in body.split(";") if changed & set(_USED.findall(each))]
        if declared:
            night.append(f"{selector.strip()} {{ {' '.join(f'{each} !important;' for each in declared)} }}")
    dark = _resolved("\n".join(night), tokens(dark=True))
    return f":root {{ color-scheme: light dark; }}\n{NARROW}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}"


def _rules() -> str:
    return _COMMENT.sub("", Path(__file__).with_name("mail.css").read_text("utf-8")).strip()


def _resolved(css: str, values: dict[str, str]) -> str:
    return _USED.sub(lambda found: values[found.group(1)], css)


def _px(value: str) -> str:
    return re.sub(r"([\d.]+)rem", lambda found: f"{float(found.group(1)) * 16:g}px", value)
