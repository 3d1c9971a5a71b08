"""What every page of the desk is made of: lines with what can be done about each. Pure: no waiting, no clock."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal, Protocol
from uuid import UUID

from services.notify.pages.desk import words
from shared.contracts.exchange import When

Tone = Literal["calm", "warm", "urgent"]


class Say(Protocol):
    """The words of one language. `say("Told to {worker}", worker=name)`."""

    @property
    def language(self) -> str: ...

    @property
    def colon(self) -> str:
        """As it is printed behind a word."""

    def __call__(self, text: str, /, **values: object) -> str: ...

    def count(self, one: str, many: str, number: int, /, **values: object) -> str:
        """The same for a number of things: `{number}`."""

    def day(self, when: date | datetime) -> str:
        """`dinsdag 12 mei`"""

    def last_day(self, until: datetime) -> str:
        """The last day on which something holds that ends then."""

    def moment(self, when: datetime) -> str:
        """`dinsdag 12 mei, 14.00`"""

    def weekday(self, name: str) -> str:
        """`dinsdag`"""

    def hour(self, at: time) -> str:
        """`14 uur`"""

    def when(self, when: When) -> str:
        """A moment, a day or a part of one, any such weekday, or some time."""

    def number(self, value: float) -> str:
        """`1,5`"""

    def kind(self, kind: str) -> str:
        """What a small help is called."""

    def signal_kind(self, kind: str) -> str:
        """What a signal or referral is about."""


def inside(words: str, language: str) -> str:
    """What is said by itself elsewhere, as it stands within a sentence: German keeps its capitals."""
    return words if language == "de" else words[:1].lower() + words[1:]


@dataclass(frozen=True, slots=True)
class Tag:
    """A word or two that stand out."""

    text: str
    tone: Tone = "calm"


@dataclass(frozen=True, slots=True)
class Go:
    """A link to a page."""

    label: str
    to: str
    main: bool = False
    whom: str = ""
    """Whom it is about: read out after the label, where several buttons say the same."""


@dataclass(frozen=True, slots=True)
class Do:
    """A button that does something at once: one of `acting.ACTIONS`, with what it goes with."""

    label: str
    action: str
    fields: Mapping[str, str]
    main: bool = False
    whom: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One line: whom or what it is about, a sentence or two, and what can be done."""

    title: str
    to: str = ""
    lines: tuple[str, ...] = ()
    quote: str = ""
    """What somebody wrote themselves."""
    tags: tuple[Tag, ...] = ()
    doing: tuple[Go | Do, ...] = ()
    when: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under a heading."""

    key: str
    heading: str
    items: tuple[Item, ...] = ()
    empty: str = ""
    """What is said when there is nothing; a section without it is left out then."""
    intro: str = ""
    more: Go | None = None
    away: bool = False
    """The service that knows does not answer now."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A term and what it is."""

    term: str
    text: str
    to: str = ""


class Names:
    """What people, workers and places are called."""

    def __init__(
        self,
        people: Mapping[UUID, str],
        workers: Mapping[UUID, str],
        places: Mapping[str, str],
        nobody: str,
        unknown: str,
    ) -> None:
        self.people, self.workers, self.places = people, workers, places
        self._nobody, self._unknown = nobody, unknown

    def person(self, id_: UUID | None) -> str:
        """Who has just come may not be known here yet."""
        return self.people.get(id_, self._unknown) if id_ else self._unknown

    def worker(self, id_: UUID | None) -> str:
        return self.workers.get(id_, self._unknown) if id_ else self._nobody

    def place(self, id_: str | None) -> str:
        return self.places.get(id_, id_) if id_ else ""

    def actor(self, actor: str, say: Say) -> str:
        """`worker:<id>` as a name; the rest as what it is."""
        kind, _, id_ = actor.partition(":")
        if kind == "worker":
            return self.worker(_uuid(id_))
        if kind == "participant":
            return self.person(_uuid(id_))
        return say(words.OTHERS.get(kind, "Weefsel"))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def kept(*lines: str) -> tuple[str, ...]:
    """Those that say something."""
    return tuple(line for line in lines if line)


def ids(*found: Collection[UUID | None]) -> set[UUID]:
    """All ids of several lists, without those that name nobody."""
    return {each for collection in found for each in collection if each is not None}
