"""Figures of referrals: counts in which nobody can be found, also not by taking one from another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Literal
from zoneinfo import ZoneInfo

from shared.contracts.signals import ReferralCount, ReferralOutcome
from shared.figures import stretch
from shared.policy import Policy
from shared.working_days import is_working_day

Outcome = ReferralOutcome | Literal["open"]
UNREACHABLE: Outcome = "could-not-be-reached"
MARGINS: tuple[Outcome, ...] = (UNREACHABLE, "open")
"""Outcomes of which the count over all kinds is shown too."""


@dataclass(frozen=True, slots=True)
class Referred:
    """One person's last referral of a month. A person is counted once."""

    kind: str
    outcome: Outcome
    requested_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be shown of a month; None where it may not."""

    requested: int | None = None
    answered: int | None = None
    working_days_to_answer: int | None = None
    unreachable: int | None = None
    still_open: int | None = None
    counts: tuple[ReferralCount, ...] = ()


def shown(referred: Sequence[Referred], zone: ZoneInfo, country: str, smallest: int) -> Shown:
    """What may be shown. A part goes when it, or the rest without it, would be fewer than `smallest` people; cells of
    kind and outcome come out only as long as what is left of the counts that hold them is enough, or nobody."""
    people = len(referred)
    if people < smallest:
        return Shown()
    answered = [each for each in referred if each.answered_at is not None]
    days = [_working_days(each.requested_at, each.answered_at, zone, country) for each in answered if each.answered_at]
    margins = {each: _part(sum(one.outcome == each for one in referred), people, smallest) for each in MARGINS}
    if _rest(people, [each for each in margins.values() if each]) in range(1, smallest):
        margins["open"] = None
    return Shown(
        requested=people, answered=_part(len(answered), people, smallest),
        working_days_to_answer=round(median(days)) if len(days) >= smallest else None,
        unreachable=margins[UNREACHABLE], still_open=margins["open"],
        counts=tuple(_cells(referred, margins, smallest)),
    )  # fmt: skip


def ready_at(month: str, zone: ZoneInfo, policy: Policy) -> datetime:
    """When what was requested in a month has had its time: until then a worker has to have said that it stays open."""
    return stretch(month, zone)[1] + timedelta(days=policy.referrals.decide_days)


def _part(part: int, whole: int, smallest: int) -> int | None:
    """A part, when it and the rest are each enough people."""
    return part if part >= smallest and whole - part >= smallest else None


def _cells(referred: Sequence[Referred], margins: dict[Outcome, int | None], smallest: int) -> list[ReferralCount]:
    """Cells of enough people; the smallest go, until nothing that is left of a shown count is fewer."""
    cells = Counter((each.kind, each.outcome) for each in referred)
    kept = {cell: people for cell, people in cells.items() if people >= smallest}
    while kept and _tells(kept, len(referred), margins, smallest):
        del kept[min(kept, key=lambda cell: (kept[cell], cell))]
    return [
        ReferralCount(kind=kind, outcome=outcome, people=people) for (kind, outcome), people in sorted(kept.items())
    ]


def _tells(
    kept: dict[tuple[str, Outcome], int], people: int, margins: dict[Outcome, int | None], smallest: int
) -> bool:
    """Whether a count less all that is shown within it gives fewer than `smallest`, and not nobody.

    The counts lie within each other: cells in the count of their outcome where that is shown, and that in the whole.
    """
    few = range(1, smallest)
    within = {outcome: [each for cell, each in kept.items() if cell[1] == outcome] for outcome in margins}
    loose = [each for cell, each in kept.items() if margins.get(cell[1]) is None]
    held = [each for each in margins.values() if each is not None]
    return _rest(people, [*held, *loose]) in few or any(
        whole is not None and _rest(whole, within[outcome]) in few for outcome, whole in margins.items()
    )


def _rest(whole: int, parts: Collection[int]) -> int:
    return whole - sum(parts)


def _working_days(begins: datetime, ends: datetime, zone: ZoneInfo, country: str) -> int:
    """Working days from one moment to another; on the same day it is none."""
    day, last = begins.astimezone(zone).date(), ends.astimezone(zone).date()
    count = 0
    while day < last:
        day += timedelta(days=1)
        count += is_working_day(day, country)
    return count
