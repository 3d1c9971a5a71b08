"""A letter as a row of blocks. A template says each thing once; text and HTML are two renderings of the same blocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal
from urllib.parse import quote, urlsplit, urlunsplit

from services.notify.writing import text
from services.notify.writing.language import Speech

Shape = Literal["greeting", "say", "quote", "heading", "facts", "rows", "actions", "lines", "small", "sign"]


@dataclass(frozen=True)
class Fact:
    """`Wanneer: dinsdag 12 mei`; with where a telephone or mail program goes for it."""

    label: str
    value: str
    href: str = ""


@dataclass(frozen=True)
class Action:
    """A link with what it does; the first of a mail is the full button."""

    label: str
    url: str
    first: bool = False
    answers: bool = False
    """Whether it is one of the answers to what is asked."""


@dataclass(frozen=True)
class Line:
    """One thing in a list that is done on its own page."""

    title: str
    url: str
    words: str = ""
    below: str = ""


@dataclass(frozen=True)
class Foot:
    """Small print below the letter, with a link where it has one."""

    words: str
    url: str = ""
    label: str = ""


@dataclass
class Block:
    """A part of a letter; `parts` are its lines, facts, actions."""

    shape: Shape
    words: str = ""
    parts: list[Any] = field(default_factory=list)


def choice(url: str, answer: str) -> str:
    """The page of a matter, with one answer first. Opening it changes nothing."""
    parts = urlsplit(url)
    query = f"{parts.query}&choice={quote(answer)}" if parts.query else f"choice={quote(answer)}"
    return urlunsplit(parts._replace(query=query))


class Letter:
    """What the blocks of a template are written on. Words of ours are given as English message ids."""

    USED: ClassVar[tuple[str, ...]] = (
        "subject", "preview", "preview_of", "say", "say_count", "heading", "titled", "small", "quote", "fact", "row",
        "reach", "apart", "even", "action", "answer", "line",
    )  # fmt: skip
    """What a template calls."""

    def __init__(self, speech: Speech, url: str) -> None:
        self.speech = speech
        self.url = url
        self.to = ""
        """To whom it is."""
        self.head = ""
        """Where it comes from, above the letter."""
        self.evenly = False
        """No answer stands out."""
        self.whose = ""
        """Whose it is, when somebody else gets it for them."""
        self.title = ""
        self.before = ""
        self.blocks: list[Block] = []
        self.foot: list[Foot] = []

    # --- in a header, and what a list of mails shows beside it

    def subject(self, id_: str, /, **values: Any) -> str:
        words = _sentence(self.speech.say(id_, **values))
        if self.whose:
            words = self.speech.say("For {name}: {subject}", name=self.whose, subject=words)
        self.title = text.shortened(text.one_line(text.plain(words)), text.LONGEST_SUBJECT)
        return ""

    def preview(self, id_: str, /, **values: Any) -> str:
        self.before = text.one_line(_sentence(self.speech.say(id_, **values)))
        return ""

    def preview_of(self, *words: str) -> str:
        self.before = text.one_line(", ".join(words))
        return ""

    # --- blocks

    def greet(self, name: str) -> str:
        """Who has no name that we know is greeted without one."""
        self.to = self._isolated(text.name(name))
        words = self.speech.say("Hello {name},", name=self.to) if self.to else self.speech.say("Hello,")
        return self._add(Block("greeting", words))

    def on_behalf(self, name: str) -> str:
        """It goes to who holds a mandate: for whom it is stands first, also where there are several."""
        whole = text.name(name)
        self.whose = whole.split()[0] if whole.split() else ""
        return self.say(
            "This mail is for {name}: where it says “you”, we mean {name}. You get it because you may answer for them.",
            name=whole,
        )  # fmt: skip

    def sign(self, name: str, role: str, phone: str | None) -> str:
        below = [Fact("", role)] if role else []
        if phone:
            below.append(Fact("", text.one_line(phone), tel(phone)))
        return self._add(Block("sign", self._isolated(text.name(name)), below))

    def say(self, id_: str, /, **values: Any) -> str:
        return self._add(Block("say", _sentence(self.speech.say(id_, **values))))

    def say_count(self, one: str, many: str, number: int, /, **values: Any) -> str:
        return self._add(Block("say", _sentence(self.speech.count(one, many, number, **values))))

    def heading(self, id_: str, /, **values: Any) -> str:
        return self._add(Block("heading", self.speech.say(id_, **values)))

    def titled(self, words: str) -> str:
        """A heading in words that are not ours."""
        return self._add(Block("heading", self._isolated(text.shortened(text.one_line(words), text.LONGEST_SUBJECT))))

    def small(self, id_: str, /, **values: Any) -> str:
        return self._add(Block("small", self.speech.say(id_, **values)))

    def quote(self, words: str | None) -> str:
        """What someone wrote, as theirs: between the quotation marks of the language."""
        opens, _, closes = self.speech.say("“{words}”").partition("{words}")
        lines = [self._isolated(line) for line in text.paragraphs(words or "")]
        if not lines:
            return ""
        lines[0] = opens + lines[0]
        lines[-1] += closes
        return self._add(Block("quote", parts=lines))

    def fact(self, id_: str, value: str | None, href: str = "") -> str:
        if not value:
            return ""
        return self._join("facts", Fact(self.speech.say(id_), self._isolated(text.one_line(value)), href))

    def row(self, id_: str, value: str | None) -> str:
        """A line of a table of figures; none for one that can't be shown."""
        return self._join("rows", Fact(self.speech.say(id_), value)) if value is not None else ""

    def apart(self) -> str:
        """What follows stands apart from the facts before it."""
        return self._add(Block("facts")) if self.blocks and self.blocks[-1].shape == "facts" else ""

    def even(self) -> str:
        """No answer stands out before the others."""
        self.evenly = True
        return ""

    def reach(self, phone: str | None, email: str | None) -> str:
        """How someone is reached: a tap calls or writes."""
        self.fact("Phone", phone, tel(phone))
        return self.fact("E-mail", email, f"mailto:{quote(email, safe='@')}" if email else "")

    def action(self, id_: str, url: str, /, *, answers: bool = False, **values: Any) -> str:
        first = not self.evenly and not any(block.shape == "actions" for block in self.blocks)
        return self._join("actions", Action(self.speech.say(id_, **values), url, first, answers))

    def answer(self, id_: str, answer: str, /, **values: Any) -> str:
        """One of the answers, which the page shows first."""
        return self.action(id_, choice(self.url, answer), answers=True, **values)

    def line(self, title: str, url: str, words: str = "", below: str = "") -> str:
        words = " ".join(text.paragraphs(words))
        quoted = self.speech.say("“{words}”", words=words) if words else ""
        return self._join("lines", Line(title, url, quoted, below))

    def _join(self, shape: Shape, part: object) -> str:
        if not self.blocks or self.blocks[-1].shape != shape:
            self.blocks.append(Block(shape))
        self.blocks[-1].parts.append(part)
        return ""

    def _add(self, block: Block) -> str:
        self.blocks.append(block)
        return ""

    def _isolated(self, words: str) -> str:
        return text.isolated(words, rtl=self.speech.rtl)


def _sentence(words: str) -> str:
    """What begins with `your worker` begins with a capital."""
    return words[:1].upper() + words[1:]


def tel(phone: str | None) -> str:
    """`tel:+3247012…`; nothing for no number."""
    return "tel:" + "".join(each for each in phone if each.isdigit() or each == "+") if phone else ""


__all__ = ["Action", "Block", "Fact", "Foot", "Letter", "Line", "choice", "tel"]
