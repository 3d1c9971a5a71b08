"""Forms of the desk: what a page asks, as data that one template shows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from services.notify.pages.desk.views.parts import Say
from services.notify.pages.trouble import Mistake, Mistakes

Kind = Literal[
    "text", "area", "select", "radios", "checks", "tick", "date", "time", "moment", "email", "tel", "number", "hidden",
    "told",
]  # fmt: skip
"""`checks`: any of several. `tick`: yes or no. `moment`: a day and an hour, in two boxes, the second called
`<name>_time`. `told`: nothing to fill in, a sentence in between."""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a form asks. Its words come translated."""

    name: str
    label: str = ""
    kind: Kind = "text"
    options: Sequence[Option] = ()
    hint: str = ""
    required: bool = False
    value: str = ""
    """Of a `moment` as its day and its time, with a T between."""
    values: frozenset[str] = frozenset()
    """Of `checks`: what is ticked."""
    about: tuple[str, ...] = ()
    """Fields of contracts that it stands for, beside its own name: a mistake in them is shown here."""
    autocomplete: str = "off"
    longest: int | None = None
    folded: bool = False
    """Of `checks`: a long list that most people pass by; shut until one opens it."""
    heading: str = ""
    """Stands above it, where a new part of the form begins."""

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What there is to choose: value and words."""
        return [(each.value, each.label) for each in self.options]

    @property
    def triples(self) -> list[tuple[str, str, str]]:
        """The same, with what is said below."""
        return [(each.value, each.label, each.hint) for each in self.options]

    @property
    def chosen(self) -> list[str]:
        """The words of what is ticked."""
        return [each.label for each in self.options if each.value in self.values]

    @property
    def boxes(self) -> tuple[str, ...]:
        """The names of what is filled in."""
        return (self.name, f"{self.name}_time") if self.kind == "moment" else (self.name,)


@dataclass(frozen=True, slots=True)
class Form:
    """A page that asks something."""

    title: str
    send: str
    """What the button says."""
    fields: tuple[Field, ...] = ()
    intro: tuple[str, ...] = ()
    back: str = "/desk"
    about: str = ""
    """Whom or what it is about, in a line above the title."""
    grave: bool = False
    """For what can't be undone."""

    def places(self) -> dict[str, str]:
        """At which field of the form a mistake in a field of a contract is shown."""
        return {name: each.name for each in self.fields for name in (each.name, *each.about)}

    def check(self, given: Mapping[str, Sequence[str]]) -> None:
        """Raises Mistakes for each field that must be filled in and isn't."""
        empty = [
            Mistake(each.name, "missing")
            for each in self.fields
            if each.required and not any(value.strip() for value in given.get(each.name, ()))
        ]
        if empty:
            raise Mistakes(empty)

    def naming(self, mistakes: Iterable[Mistake]) -> list[tuple[Mistake, str]]:
        """Each mistake with what its field is called; without a field that is on the page it is about the whole."""
        shown = {box: each for each in self.fields if each.kind not in ("hidden", "told") for box in each.boxes}
        return [
            (each, shown[each.field].label) if each.field in shown else (replace(each, field=""), "")
            for each in mistakes
        ]


def options(labels: Mapping[Any, str], say: Say, only: Iterable[str] | None = None) -> tuple[Option, ...]:
    """A list of words to choose from."""
    wanted = list(labels) if only is None else list(only)
    return tuple(Option(each, say(labels[each])) for each in wanted)


def hidden(**values: object) -> tuple[Field, ...]:
    """What goes along unseen; nothing of what is empty."""
    return tuple(Field(name, kind="hidden", value=str(value)) for name, value in values.items() if value)


def told(sentence: str, heading: str = "") -> Field:
    return Field("", sentence, "told", heading=heading)
