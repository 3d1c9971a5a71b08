"""Counts in which nobody can be found, also not by subtracting one from another; and the months they are of."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo


def enough(count: int, people: int, smallest: int) -> int | None:
    """A count, when at least `smallest` different people stand behind it."""
    return count if people >= smallest else None


def steady(count: int, before: Collection[int], smallest: int) -> int | None:
    """A count of people who are largely the same ones from month to month, given what was shown before.

    It is shown anew only when it differs enough from all that was shown: the difference is people too. Else what was
    shown and comes nearest to it is shown again.
    """
    if count < smallest:
        return None
    nearest = min(before, key=lambda shown: abs(count - shown), default=count)
    return count if _tells_nothing(count, [nearest], smallest) else nearest


def steady_part(
    part: int, rest: int, whole: int | None, before: Collection[int], rests_before: Collection[int], smallest: int
) -> int | None:
    """A part of a steady count, as it is or as it was shown; None when it, or who is not in it, could be worked out.

    `rest`: how many are in the whole and not in the part. `whole`: as it is shown. `before`, `rests_before`: what was
    shown of the part, and what could be worked out of the rest.
    """
    now = steady(part, before, smallest)
    if whole is None or now is None or rest < smallest:
        return None
    for candidate in (now, *sorted(before, key=lambda shown: abs(part - shown))):
        if whole - candidate >= smallest and _tells_nothing(whole - candidate, rests_before, smallest):
            return candidate
    return None


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


def _tells_nothing(count: int, before: Collection[int], smallest: int) -> bool:
    return all(count == shown or abs(count - shown) >= smallest for shown in before)
