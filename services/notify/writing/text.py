"""Text as it may stand in a mail: on one line where it must, no longer than one reads, whichever way it is written."""

from __future__ import annotations

import unicodedata

LONGEST_NAME = 60
LONGEST_SUBJECT = 120
FSI, PDI = "\u2068", "\u2069"
"""What sets apart a name that is written the other way round; `<bdi>` in HTML. Contracts let neither in."""


def one_line(text: str) -> str:
    """Without line ends, control characters or repeated space: what a header can carry."""
    if text.isprintable():
        return " ".join(text.split())
    plain = "".join(" " if unicodedata.category(each) in ("Cc", "Zl", "Zp") else each for each in text)
    return " ".join(plain.split())


def shortened(text: str, longest: int) -> str:
    """Cut at a word where there is one, with an ellipsis; never inside a letter with its accents."""
    if len(text) <= longest:
        return text
    cut = text[: longest - 1]
    while len(cut) > 1 and unicodedata.combining(text[len(cut)]):
        cut = cut[:-1]
    at_word = cut.rsplit(" ", 1)[0]
    return (at_word if len(at_word) > longest // 2 else cut).rstrip(" ,;.-") + "…"


def name(text: str) -> str:
    """A name as it is read: on one line, a few words long."""
    return shortened(one_line(text), LONGEST_NAME)


def paragraphs(text: str) -> list[str]:
    """The lines of what someone wrote, without the empty ones."""
    lines = (" ".join(each.split()) for each in text.splitlines())
    return [line for line in lines if line]


def goes_other_way(text: str, *, rtl: bool) -> bool:
    """Whether any of it is written in the other direction than what it stands in."""
    if text.isascii():
        return rtl and any(each.isalpha() for each in text)
    other = ("L",) if rtl else ("R", "AL")
    return any(unicodedata.bidirectional(each) in other for each in text)


def isolated(text: str, *, rtl: bool) -> str:
    """Set apart when it goes the other way, so that what follows keeps its place."""
    if FSI in text or not goes_other_way(text, rtl=rtl):
        return text
    return f"{FSI}{text}{PDI}"


def plain(text: str) -> str:
    """Without what sets names apart: for a subject, which mail programs isolate by themselves."""
    return text.replace(FSI, "").replace(PDI, "")
