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


def shown(counts: Counts, before: Shown, smallest: int) -> Shown:
    """What may be shown of a month's counts, given what was last shown of each.

    Nothing that stands for fewer than `smallest` people may come out: not a count, not the rest when a part is taken
    from the whole, not the difference between two months. So a part goes with a rest that is too small, and who is
    there at the end of a month is told anew only when it differs enough from what was told before.
    """
    participants = _stock(counts.participants, before.participants, smallest)
    with_circle = _stock(counts.with_circle, before.with_circle, smallest)
    if participants is None or with_circle is None:
        with_circle = None
    elif before.participants is not None and before.with_circle is not None:
        rest_before, rest = before.participants - before.with_circle, participants - with_circle
        if 0 < abs(rest - rest_before) < smallest:
            with_circle = before.with_circle
    if with_circle is not None and participants is not None:
        with_circle = with_circle if _hides_the_rest(counts, participants, with_circle, smallest) else None
    newcomers = counts.newcomers if counts.newcomers >= smallest else None
    visited = counts.visited_in_time
    parts = (visited, counts.newcomers - visited)
    return Shown(participants, with_circle, newcomers, visited if min(parts) >= smallest else None)


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
    return before if before is not None and abs(count - before) < smallest else count


def _hides_the_rest(counts: Counts, participants: int, with_circle: int, smallest: int) -> bool:
    """Whether those who are left out are enough, as they are and as they would be worked out."""
    return min(counts.participants - counts.with_circle, participants - with_circle) >= smallest
