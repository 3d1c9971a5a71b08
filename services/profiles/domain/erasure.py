"""Erasure: who must confirm it, and when it is complete. Nothing here names a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from shared.contracts import profiles as contracts

JANITOR = "janitor"


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure: who has confirmed, and when."""

    erasure_id: UUID
    requested_at: datetime
    expected: tuple[str, ...]
    confirmed: Mapping[str, datetime] = field(default_factory=dict)
    completed_at: datetime | None = None


def begin(erasure_id: UUID, deployed: Sequence[str], own: str, now: datetime) -> Erasure:
    """An erasure that the deployed services and the janitor of the streams must confirm; `own` does so at once."""
    expected = tuple(sorted({*deployed, own, JANITOR}))
    return Erasure(erasure_id, now, expected, {own: now})


def confirm(erasure: Erasure, by: str, now: datetime) -> Erasure:
    """One more has confirmed. Who confirms twice changes nothing."""
    if by in erasure.confirmed:
        return erasure
    confirmed = {**erasure.confirmed, by: now}
    done = erasure.completed_at is None and set(erasure.expected) <= confirmed.keys()
    return replace(erasure, confirmed=confirmed, completed_at=now if done else erasure.completed_at)


def seen(erasure: Erasure) -> contracts.Erasure:
    """As it is shown."""
    return contracts.Erasure(
        erasure_id=erasure.erasure_id,
        requested_at=erasure.requested_at,
        expected=list(erasure.expected),
        confirmations=[
            contracts.ErasureConfirmation(confirmed_by=by, confirmed_at=at)
            for by, at in sorted(erasure.confirmed.items(), key=lambda each: each[1])
        ],
        completed_at=erasure.completed_at,
    )
