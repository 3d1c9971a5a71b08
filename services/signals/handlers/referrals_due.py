"""Timers of a referral: each comes when it may be moot, or twice; whether it holds is looked at first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from services.signals.domain import consents as consented
from services.signals.domain import referrals as domain
from services.signals.domain.referrals import OPEN, Referral
from services.signals.handlers import referrals_signals
from services.signals.handlers import referrals_telling as telling
from services.signals.handlers.referrals import expect
from services.signals.repository import consents
from services.signals.repository import referrals as repository
from shared.contracts.signals import ReferralDue
from shared.messaging import Transaction, handles


@handles(ReferralDue)
async def on_referral_due(event: ReferralDue, tx: Transaction) -> None:
    """What each timer is for."""
    referral = await repository.locked(tx, event.referral_id)
    if referral is not None:
        await _FOR[event.to](tx, referral)


async def _remind(tx: Transaction, referral: Referral) -> None:
    """The service has not answered for some working days."""
    if domain.waits(referral) and await telling.tell_service(tx, referral, "reminded"):
        await repository.add_step(tx, referral.referral_id, telling.SYSTEM, "reminded")


async def _tell_worker(tx: Transaction, referral: Referral) -> None:
    """Nor after it was reminded."""
    if domain.waits(referral):
        await telling.tell_worker(tx, referral, "no-answer")
        await repository.add_step(tx, referral.referral_id, telling.SYSTEM, "worker-told")


async def _decide(tx: Transaction, referral: Referral) -> None:
    """It can't stay open without a word of the worker: each day one more is told, until there is one."""
    if not domain.has_to_decide(referral, tx.now):
        if referral.decide_by is not None:
            await expect(tx, referral, "decide")
        return
    told = replace(referral, version=referral.version + 1, decide_step=domain.next_step(referral))
    await repository.save(tx, told)
    await telling.tell_worker(tx, told, "decide", step=told.decide_step or "worker", urgency="today")
    await repository.add_step(tx, told.referral_id, telling.SYSTEM, "worker-told")
    due = ReferralDue(neighbourhood_id=told.neighbourhood_id, referral_id=told.referral_id, to="decide")
    await tx.at(tx.now + timedelta(days=1), due, ReferralDue.timer(told.referral_id, "decide"))


async def _end_consent(tx: Transaction, referral: Referral) -> None:
    """It has run out, unless it was renewed: access ends, and the worker is asked to renew or stop."""
    consent = await consents.running(tx, referral.referral_id)
    if consent is None or consented.runs(consent, tx.now):
        return
    await telling.end_consent(tx, referral, "run-out")
    if referral.state in OPEN:
        await telling.tell_worker(tx, referral, "renew-consent")
        await referrals_signals.consent_ran_out(tx, referral, await telling.whom(tx, referral, "worker"))


_FOR: dict[str, Callable[[Transaction, Referral], Awaitable[None]]] = {
    "remind": _remind,
    "tell-worker": _tell_worker,
    "decide": _decide,
    "end-consent": _end_consent,
}
