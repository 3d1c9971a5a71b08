"""Figures: counts of people in which nobody can be found, also not by subtracting one from another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted, as it is."""

    participants: int
    with_circle: int
    newcomers: int
    visited_in_time: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be shown; None where it may not."""

    participants: int | None
    with_circle: int | None
    newcomers: int | None
    visited_in_time: int | None


@dataclass(frozen=True, slots=True)
class Told:
    """What was last shown, however long ago; None when it never was."""

    participants: int | None = None
    with_circle: int | None = None
    without_circle: int | None = None
    """The difference of the two, in the last month that showed both."""


def shown(counts: Counts, before: Told, smallest: int) -> Shown:
    """What may be shown of a month's counts, given what was last shown.

    Nothing that stands for fewer than `smallest` people may come out: not a count, not the rest when a part is taken
    from the whole, not the difference between two months. So a part goes with a rest that is too small, and who is
    there at the end of a month is told anew only when it differs enough from what was told before.
    """
    participants = _stock(counts.participants, before.participants, smallest)
    with_circle = _with_circle(counts, participants, before, smallest)
    newcomers = counts.newcomers if counts.newcomers >= smallest else None
    visited, not_visited = counts.visited_in_time, counts.newcomers - counts.visited_in_time
    return Shown(participants, with_circle, newcomers, visited if min(visited, not_visited) >= smallest else None)


def month_of(at: datetime, zone: ZoneInfo) -> str:
    """The month that it is in a neighbourhood: `2026-05`."""
    return f"{at.astimezone(zone):%Y-%m}"


def stretch(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When a month begins and ends in a neighbourhood."""
    year, number = (int(part) for part in month.split("-"))
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    return datetime(year, number, 1, tzinfo=zone), datetime(*following, 1, tzinfo=zone)


def a_year_before(month: str) -> str:
    return f"{int(month[:4]) - 1}{month[4:]}"


def _stock(count: int, before: int | None, smallest: int) -> int | None:
    if count < smallest:
        return None
    return before if before is not None and not _tells_nothing(count - before, smallest) else count


def _with_circle(counts: Counts, participants: int | None, before: Told, smallest: int) -> int | None:
    """As it is, or as it was told before; or not at all when the people without a circle could be worked out."""
    stock = _stock(counts.with_circle, before.with_circle, smallest)
    if participants is None or stock is None or counts.participants - counts.with_circle < smallest:
        return None
    for candidate in (stock, before.with_circle):
        if candidate is None:
            continue
        rest = participants - candidate
        if rest >= smallest and (
            before.without_circle is None or _tells_nothing(rest - before.without_circle, smallest)
        ):
            return candidate
    return None


def _tells_nothing(difference: int, smallest: int) -> bool:
    return difference == 0 or abs(difference) >= smallest
