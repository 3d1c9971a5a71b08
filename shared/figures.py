"""Counts in which nobody can be found, also not by subtracting one from another; and the months they are of."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


def enough(count: int, people: int, smallest: int) -> int | None:
    """A count, when at least `smallest` different people stand behind it."""
    return count if people >= smallest else None


def steady(count: int, before: int | None, smallest: int) -> int | None:
    """A count of people who are largely the same ones from month to month, given what was last shown.

    It is shown anew only when it differs enough from what was shown before: the difference is people too.
    """
    if count < smallest:
        return None
    return before if before is not None and not _tells_nothing(count - before, smallest) else count


def steady_part(
    part: int, rest: int, whole: int | None, before: tuple[int | None, int | None], smallest: int
) -> int | None:
    """A part of a steady count, as it is or as it was shown; None when it, or who is not in it, could be worked out.

    `rest`: how many are in the whole and not in the part. `whole`: as it is shown. `before`: the part and the rest as
    they were last shown together.
    """
    shown, rest_before = before
    now = steady(part, shown, smallest)
    if whole is None or now is None or rest < smallest:
        return None
    for candidate in (now, shown):
        if candidate is not None and _hides(whole - candidate, rest_before, smallest):
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


def _hides(rest: int, before: int | None, smallest: int) -> bool:
    return rest >= smallest and (before is None or _tells_nothing(rest - before, smallest))


def _tells_nothing(difference: int, smallest: int) -> bool:
    return difference == 0 or abs(difference) >= smallest
