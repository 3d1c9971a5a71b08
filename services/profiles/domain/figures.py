"""Figures: counts of people in which nobody can be found, also not by subtracting one from another."""

from __future__ import annotations

from dataclasses import dataclass

from shared.figures import enough, month_of, steady, steady_part, stretch

__all__ = ["Counts", "Shown", "Told", "month_of", "shown", "stretch"]


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
    participants = steady(counts.participants, _told(before.participants), smallest)
    with_circle = steady_part(
        counts.with_circle, counts.participants - counts.with_circle, participants, _told(before.with_circle),
        _told(before.without_circle), smallest,
    )  # fmt: skip
    newcomers = enough(counts.newcomers, counts.newcomers, smallest)
    visited, not_visited = counts.visited_in_time, counts.newcomers - counts.visited_in_time
    return Shown(participants, with_circle, newcomers, enough(visited, min(visited, not_visited), smallest))


def _told(count: int | None) -> tuple[int, ...]:
    return () if count is None else (count,)
