"""Figures of exchanges and gatherings: counts in which nobody can be found."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.figures import enough, steady, steady_part, stretch
from shared.policy import Policy


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted of a month, as it is, with how many different people stand behind each count."""

    opened: int = 0
    openers: int = 0
    agreed: int = 0
    openers_agreed: int = 0
    openers_not_agreed: int = 0
    days_to_yes: float | None = None
    """The median, from opening to the first yes."""
    openers_with_yes: int = 0
    people_in_exchanges: int = 0
    people_who_gave_a_turn: int = 0
    gatherings: int = 0
    people_at_gatherings: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be shown; None where it may not."""

    opened: int | None = None
    agreed: int | None = None
    days_to_yes: float | None = None
    people_in_exchanges: int | None = None
    people_who_gave_a_turn: int | None = None
    gatherings: int | None = None
    people_at_gatherings: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """All that was ever shown of people."""

    people_in_exchanges: Collection[int] = ()
    people_who_gave_a_turn: Collection[int] = ()
    the_others: Collection[int] = ()
    """The difference of the two, in the months that showed both."""
    people_at_gatherings: Collection[int] = ()


def shown(counts: Counts, before: Told, smallest: int) -> Shown:
    """What may be shown of a month's counts, given what was shown before.

    Nothing that stands for fewer than `smallest` people may come out: a count of exchanges hides when fewer people
    stand behind it, a part goes with a rest that is too small, and people, who are largely the same ones each month,
    are told anew only when they differ enough from what was told before.
    """
    people = steady(counts.people_in_exchanges, before.people_in_exchanges, smallest)
    return Shown(
        opened=enough(counts.opened, counts.openers, smallest),
        agreed=enough(counts.agreed, min(counts.openers_agreed, counts.openers_not_agreed), smallest),
        days_to_yes=_half_days(counts, smallest),
        people_in_exchanges=people,
        people_who_gave_a_turn=steady_part(
            counts.people_who_gave_a_turn, counts.people_in_exchanges - counts.people_who_gave_a_turn, people,
            before.people_who_gave_a_turn, before.the_others, smallest,
        ),
        gatherings=enough(counts.gatherings, counts.people_at_gatherings, smallest),
        people_at_gatherings=steady(counts.people_at_gatherings, before.people_at_gatherings, smallest),
    )  # fmt: skip


def ready_at(month: str, zone: ZoneInfo, policy: Policy) -> datetime:
    """When what was opened in a month has had its time; sooner, its last days would seem to find nobody."""
    return stretch(month, zone)[1] + timedelta(days=policy.exchanges.open_days)


def _half_days(counts: Counts, smallest: int) -> float | None:
    if counts.days_to_yes is None or counts.openers_with_yes < smallest:
        return None
    return round(counts.days_to_yes * 2) / 2
