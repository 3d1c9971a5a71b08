"""Reasons to visit someone: what each looks back on, and where a page of them ended. Never a score."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args
from uuid import UUID

from shared.contracts.exchange import Attention, AttentionReason
from shared.messaging import Rejected
from shared.policy import Policy

SETTLED_AFTER = timedelta(days=14)
"""Who came later than that has had no time to meet anyone."""
_NONE = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Bounds:
    """From when on, and from how much on, something is a reason to visit."""

    known_before: datetime
    silent_before: datetime
    rests_since: datetime
    rests_on: int
    one_way_since: datetime
    one_way_after: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended."""

    since: datetime
    participant_id: UUID
    reason: str
    exchange_id: UUID


def bounds(policy: Policy, now: datetime) -> Bounds:
    """What holds at this moment."""
    return Bounds(
        known_before=now - SETTLED_AFTER,
        silent_before=silent_before(policy, now),
        rests_since=now - timedelta(days=policy.small_help.drift_days),
        rests_on=policy.attention.rests_on,
        one_way_since=now - timedelta(days=policy.matching.window_days),
        one_way_after=policy.matching.one_way_after,
    )


def silent_before(policy: Policy, now: datetime) -> datetime:
    """Who was last heard of before this moment has fallen silent."""
    return now - timedelta(days=policy.attention.silent_after_days)


def next_after(items: list[Attention], limit: int) -> str | None:
    """Where to read on; None when the page isn't full."""
    if len(items) < limit:
        return None
    last = items[-1]
    return " ".join((last.since.isoformat(), str(last.participant_id), last.reason, str(last.exchange_id or _NONE)))


def place(after: str | None) -> Place | None:
    """What `next_after` said. Refused when it said nothing of the kind."""
    if after is None:
        return None
    try:
        since, participant_id, reason, exchange_id = after.split(" ")
        found = Place(datetime.fromisoformat(since), UUID(participant_id), reason, UUID(exchange_id))
    except ValueError:
        raise _nowhere() from None
    if found.since.tzinfo is None or not 1900 <= found.since.year <= 2200 or reason not in get_args(AttentionReason):
        raise _nowhere()
    return found


def _nowhere() -> Rejected:
    return Rejected("malformed", "after is not where a page ended: give `next` of the page before", "after")
