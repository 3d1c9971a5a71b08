"""The lines of the desk as HTML: a page has up to a hundred, with buttons, and a template takes five times as long.

All text goes through `escape`.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from markupsafe import Markup

from services.notify.pages.desk.views.parts import Do, Go, Item, Tag
from services.notify.pages.page import Page
from services.notify.writing.text import paragraphs


def items(found: Iterable[Item], page: Page, back: str = "") -> Markup:
    """Lines of a list."""
    return Markup("".join(_item(each, page, back) for each in found))  # noqa: S704 - escaped below


def doings(found: Iterable[Go | Do], page: Page, back: str = "") -> Markup:
    """What can be done, as buttons."""
    return Markup("".join(_doing(each, page, back) for each in found))  # noqa: S704 - escaped below


def tags(found: Iterable[Tag]) -> Markup:
    """Words that stand out."""
    return Markup(_tags(found))  # noqa: S704 - escaped below


def _item(found: Item, page: Page, back: str) -> str:
    title = escape(found.title)
    head = f'<a href="{escape(found.to)}" dir="auto">{title}</a>' if found.to else f'<span dir="auto">{title}</span>'
    when = f'<span class="when">{escape(found.when)}</span>' if found.when else ""
    marks = f'<p class="tags">{_tags(found.tags)}</p>\n' if found.tags else ""
    lines = "".join(f'<p class="line" dir="auto">{escape(line)}</p>\n' for line in found.lines)
    doing = "".join(_doing(each, page, back) for each in found.doing)
    actions = f'<div class="actions">{doing}</div>\n' if doing else ""
    whole = " whole" if found.to and not found.doing else ""
    return (
        f'<li class="item{whole}">\n<div class="item-head"><h3>{head}</h3>{when}</div>\n'
        f"{marks}{lines}{_quote(found.quote)}{actions}</li>\n"
    )


def _quote(words: str) -> str:
    """What somebody wrote themselves."""
    if not words:
        return ""
    lines = "".join(f"<p>{escape(line)}</p>" for line in paragraphs(words))
    return f'<blockquote class="their-words" dir="auto">{lines}</blockquote>\n'


def _tags(found: Iterable[Tag]) -> str:
    return "".join(f'<span class="tag {each.tone}">{escape(each.text)}</span>' for each in found)


def _doing(each: Go | Do, page: Page, back: str) -> str:
    """A button that does something, or a link that looks like one. Whom it is about is read out after it."""
    whom = f'<span class="visually-hidden">: {escape(each.whom)}</span>' if each.whom else ""
    first = " first" if each.main else ""
    words = f"<span>{escape(each.label)}{whom}</span>"
    if isinstance(each, Go):
        return f'<a class="button{first}" href="{escape(each.to)}">{words}</a>\n'
    fields = {"form": page.token, "back": back or page.path, **each.fields}
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(str(value))}">' for name, value in fields.items()
    )
    return (
        f'<form method="post" action="/desk/do/{escape(each.action)}">\n{hidden}\n'
        f'<button class="button{first}">{words}</button>\n</form>\n'
    )
