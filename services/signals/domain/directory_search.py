"""What is looked for in the directory, and how a list is read on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.signals.domain import directory_hours as hours
from services.signals.domain import directory_marks as marks
from services.signals.domain import directory_places as places
from services.signals.domain.directory import Line
from services.signals.domain.directory_places import Point
from services.signals.domain.directory_reading import WORD
from services.signals.domain.people import Neighbourhood
from shared.contracts.signals import SearchDirectory
from shared.messaging import Rejected

MOST_WORDS, SHORTEST_BEGINNING = 8, 3
STEPS = (1.0, 2.5, 6.0, 15.0, 40.0)
"""Kilometres, in which is looked first where there is much."""
FAR = 1e9
"""The distance of what has no place: behind all others."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """After which service a list goes on: how it fits, how far it is, and its name."""

    part: int
    """0: its name or what it is about fits the words; 1: something else of it does."""
    distance: float
    sort_key: str
    service_id: str

    def __str__(self) -> str:
        return json.dumps([self.part, self.distance, self.sort_key, self.service_id], ensure_ascii=False)


FIRST = Cursor(0, -1.0, "", "")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What has to hold for a service to be found."""

    words: tuple[str, ...]
    """The last may be the beginning of a word: it ends in `:*`."""
    kind: str | None
    language: str | None
    stepping_stone: bool | None
    has_capacity: bool
    minute: int | None
    """Of the week, at which it may be open."""
    serving: tuple[str, ...]
    near: tuple[str, ...]
    """Tokens of areas and places, one of which has to fit; none when it may be anywhere."""
    middle: Point | None
    """From where distances are measured."""
    km: float
    after: Cursor
    limit: int

    @property
    def marks(self) -> list[list[str]]:
        """What it has to be marked with, besides `areas`: one of each."""
        found = [[f"{marks.KIND}{self.kind}"]] if self.kind else []
        found += [[f"{marks.LANGUAGE}{self.language}"]] if self.language else []
        found += [[marks.ROOM]] if self.has_capacity else []
        found += [] if self.minute is None else [[f"{marks.OPEN}{self.minute // hours.AN_HOUR}"]]
        found += [] if self.stepping_stone is None else [[marks.PART if self.stepping_stone else marks.CARE]]
        return found

    @property
    def areas(self) -> list[str]:
        """One of these it has to be marked with as well; empty when it may be anywhere."""
        return [f"{marks.AREA}{each}" for each in (*self.serving, *self.near)]

    def circles(self) -> list[float]:
        """Kilometres in which is looked first: what one holds is nearer than all that the next ones add."""
        return [km for km in STEPS if self.after.distance < km < self.km] if self.middle else []

    def within(self, km: float) -> Wanted:
        """The same, as far as it lies so near."""
        return replace(self, serving=(), near=places.near(self.middle, km) if self.middle else (), km=km)

    @property
    def scale(self) -> Point:
        """Kilometres a degree of longitude and of latitude, around the middle."""
        return places.scale(self.middle or (0.0, 0.0))


@dataclass(frozen=True, slots=True)
class Found:
    """A service that fits, and where it stands in the list."""

    service: Line
    schedules: tuple[hours.Hours, ...]
    distance_km: float | None
    at: Cursor


def wanted(query: SearchDirectory, neighbourhood: Neighbourhood | None, local: datetime) -> Wanted:
    """What is asked for. Refused when a distance has nothing to be measured from."""
    cells = neighbourhood.cells if neighbourhood else ()
    middle = places.middle(cells)
    if query.within_km is not None and middle is None:
        raise Rejected(
            "missing", "within_km is measured from a neighbourhood that was drawn: give such a neighbourhood_id",
            "within_km",
        )  # fmt: skip
    km = query.within_km or places.NEAR_KM
    return Wanted(
        words=_words(query.words or ""), kind=query.kind, language=query.language, stepping_stone=query.stepping_stone,
        has_capacity=query.has_capacity, minute=hours.minute_of_week(local) if query.open_now else None,
        serving=places.serving(neighbourhood.neighbourhood_id, cells) if neighbourhood else (),
        near=places.near(middle, km) if middle else (), middle=middle, km=km,
        after=_cursor(query.after) if query.after else FIRST, limit=query.limit,
    )  # fmt: skip


def open_now(found: Sequence[Found], local: datetime, *, holiday: bool) -> list[Found]:
    """Those that are open; what is open only in some weeks, and public holidays, are looked at here."""
    return [each for each in found if hours.open_at(each.schedules, local, holiday=holiday)]


def _words(text: str) -> tuple[str, ...]:
    """Its words; the last one may not be typed to its end."""
    found = WORD.findall(text.lower())[:MOST_WORDS]
    if found and len(found[-1]) >= SHORTEST_BEGINNING and text[-1:].isalnum():
        found[-1] += ":*"
    return tuple(found)


def _cursor(text: str) -> Cursor:
    try:
        part, distance, sort_key, service_id = json.loads(text)
        if b"\0" in f"{sort_key}{service_id}".encode():  # what no database takes
            raise ValueError
        return Cursor(int(part), float(distance), str(sort_key), str(service_id))
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise Rejected("malformed", "after is not from a page of this list: send what `next` held", "after") from None
