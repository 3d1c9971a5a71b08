"""A referral and the signals around it: the one that it came of, and what it leaves open when it does not help."""

from __future__ import annotations

from uuid import UUID

from services.signals.domain.referrals import Referral
from services.signals.domain.signals import GOING, SYSTEM
from services.signals.handlers import working
from services.signals.handlers.raising import raise_by_system
from services.signals.repository import signals as repository
from shared.contracts.signals import ReferralOutcome
from shared.messaging import Transaction

_WELL: frozenset[ReferralOutcome] = frozenset({"helped", "declined-by-person"})
"""Ends after which nothing is left to do: what was asked for came, or the person chose otherwise, which is free."""


async def drafted(tx: Transaction, referral: Referral) -> None:
    """It stands with the signal that it came of."""
    if referral.signal_id is not None:
        await repository.name_referral(tx, referral.signal_id, referral.referral_id)


async def ended(tx: Transaction, referral: Referral, by: str, told_id: UUID | None) -> None:
    """A service that could not help leaves something open: a signal, that climbs like any other. Not when its worker or
    the person ended it, nor while the signal that it came of goes on. `told_id`: the worker who hears that it ended."""
    await settled(tx, referral.referral_id)
    if referral.outcome in _WELL or by.startswith(("worker:", "participant:")) or await _goes_on(tx, referral):
        return
    await raise_by_system(
        tx, "referral-ended", referral.participant_id, kind=referral.kind, referral_id=referral.referral_id,
        told_id=told_id,
    )  # fmt: skip


async def consent_ran_out(tx: Transaction, referral: Referral, told_id: UUID | None) -> None:
    """Renew it or stop: open until either is done."""
    await raise_by_system(
        tx, "consent-ran-out", referral.participant_id, kind=referral.kind, referral_id=referral.referral_id,
        told_id=told_id,
    )  # fmt: skip


async def settled(tx: Transaction, referral_id: UUID) -> None:
    """The consent was renewed, or the referral is over: that it ran out is moot, unless someone has taken it."""
    for signal in await repository.of_referral(tx, referral_id, "consent-ran-out"):
        await working.close(tx, signal, "nothing-to-do", by=SYSTEM)


async def _goes_on(tx: Transaction, referral: Referral) -> bool:
    """Whether the signal that it came of goes on, also under another."""
    found = await repository.read(tx, referral.signal_id) if referral.signal_id else None
    if found is not None and found.merged_into is not None:
        found = await repository.read(tx, found.merged_into)
    return found is not None and found.stage in GOING
