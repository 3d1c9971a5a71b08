"""What a service says of a referral: as a partner, by the link in a mail, or by phone to a worker who records it."""

from __future__ import annotations

from uuid import UUID

from services.signals.domain import referrals as domain
from services.signals.domain.referrals import Referral
from services.signals.handlers import referrals_telling as telling
from services.signals.handlers.referrals_access import SERVICE, of_service, opened
from services.signals.repository import referrals as repository
from shared.contracts.signals import (
    AcceptReferral,
    CompleteReferral,
    FailReferral,
    HoldReferral,
    ReferralDue,
    ReferralOutcome,
    ReferralReason,
    ReferralRef,
    ReferralState,
    RejectReferral,
    SeeReferral,
    StartReferral,
)
from shared.messaging import Transaction, handles


@handles(SeeReferral)
async def see_referral(command: SeeReferral, tx: Transaction) -> ReferralRef:
    """The first time counts."""
    before, hand = await opened(tx, command.referral_id, SERVICE)
    return domain.ref(await seen(tx, before, str(hand.actor)))


@handles(AcceptReferral)
async def accept_referral(command: AcceptReferral, tx: Transaction) -> ReferralRef:
    """It takes it on."""
    return await _say(tx, command.referral_id, "accepted")


@handles(RejectReferral)
async def reject_referral(command: RejectReferral, tx: Transaction) -> ReferralRef:
    """It can't take it on."""
    return await _say(tx, command.referral_id, "rejected", command.reason, command.outcome)


@handles(StartReferral)
async def start_referral(command: StartReferral, tx: Transaction) -> ReferralRef:
    """It has begun, or goes on."""
    return await _say(tx, command.referral_id, "in-progress")


@handles(HoldReferral)
async def hold_referral(command: HoldReferral, tx: Transaction) -> ReferralRef:
    """It waits."""
    return await _say(tx, command.referral_id, "on-hold", command.reason)


@handles(CompleteReferral)
async def complete_referral(command: CompleteReferral, tx: Transaction) -> ReferralRef:
    """It has come to its end."""
    return await _say(tx, command.referral_id, "completed", None, command.outcome)


@handles(FailReferral)
async def fail_referral(command: FailReferral, tx: Transaction) -> ReferralRef:
    """It came to nothing."""
    return await _say(tx, command.referral_id, "failed", command.reason, command.outcome)


async def seen(tx: Transaction, before: Referral, by: str) -> Referral:
    """Keep when the service first had it before them."""
    after = domain.seen(before, tx.now)
    if after is not before:
        await repository.save(tx, after)
        await repository.add_step(tx, after.referral_id, by, "seen")
    return after


async def _say(
    tx: Transaction, referral_id: UUID, to: ReferralState, reason: ReferralReason | None = None,
    outcome: ReferralOutcome | None = None,
) -> ReferralRef:  # fmt: skip
    before, hand = await of_service(tx, referral_id)
    after = domain.moved(before, to, hand.part, tx.now, reason=reason, outcome=outcome)
    if domain.is_over(after):
        await telling.end(tx, after, hand.actor, silent=True, ending="referral-ended")
    else:
        await telling.keep(tx, after, hand.actor)
        if domain.waits(before):
            for timer in ("remind", "tell-worker"):
                await tx.cancel(ReferralDue.timer(referral_id, timer))
    return domain.ref(after)
