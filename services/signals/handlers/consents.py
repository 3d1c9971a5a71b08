"""Consents to referrals: given, given anew, withdrawn at any time."""

from __future__ import annotations

from services.signals.domain import consents as domain
from services.signals.domain import referrals
from services.signals.domain.consents import Consent
from services.signals.domain.referrals import OPEN, WITH_SERVICE, Referral
from services.signals.handlers import access, referrals_signals
from services.signals.handlers import referrals_telling as telling
from services.signals.handlers.referrals_access import Hand, opened
from services.signals.repository import consents as repository
from services.signals.repository import details
from services.signals.repository import referrals as steps
from shared.access import OURS
from shared.contracts.signals import (
    GiveReferralConsent,
    ReferralConsentGiven,
    ReferralConsentRef,
    ReferralDue,
    WithdrawReferralConsent,
)
from shared.ids import new_id
from shared.messaging import Rejected, Transaction, handles


@handles(GiveReferralConsent)
async def give_referral_consent(command: GiveReferralConsent, tx: Transaction) -> ReferralConsentRef:
    """The service of this referral may see these fields; what was given before is replaced."""
    referral, hand = await opened(tx, command.referral_id, OURS)
    referrals.refuse_stage(referral, OPEN, hand.part)
    policy = access.policy(tx, await access.place(tx, referral.neighbourhood_id))
    own = hand.actor.kind == "participant" and hand.actor.uuid == referral.participant_id
    consent = domain.given(command, new_id(), hand.actor, own=own, policy=policy, now=tx.now)
    if referral.state != "draft":
        domain.refuse_unfilled(consent.fields, await details.filled(tx, referral.referral_id))
    await _replace(tx, referral, consent, hand)
    await referrals_signals.settled(tx, referral.referral_id)
    await tx.emit(telling.told(ReferralConsentGiven, referral))
    return domain.ref(consent)


@handles(WithdrawReferralConsent)
async def withdraw_referral_consent(command: WithdrawReferralConsent, tx: Transaction) -> ReferralConsentRef:
    """Access ends and the referral is cancelled, in this transaction. Withdrawn again, nothing changes."""
    referral, hand = await opened(tx, command.referral_id, OURS)
    consent = await repository.last(tx, referral.referral_id)
    if consent is None:
        raise Rejected("no_consent", "referral_id never had a consent: cancel it instead", "referral_id")
    if referral.state in OPEN:
        after = referrals.moved(referral, "cancelled", hand.part, tx.now, reason="consent-withdrawn")
        await telling.end(tx, after, hand.actor, silent=False, ending="withdrawn")
    else:
        await telling.end_consent(tx, referral, "withdrawn")
    return domain.ref(consent)


async def _replace(tx: Transaction, referral: Referral, consent: Consent, hand: Hand) -> None:
    """One consent runs at a time. What the service fetched and may no longer have has to go; it can fetch anew."""
    before = await repository.running(tx, referral.referral_id)
    if before is not None:
        consent = await _succeed(tx, referral, before, consent)
    await repository.add(tx, consent)
    await steps.add_step(tx, referral.referral_id, str(hand.actor), "consented")
    due = ReferralDue(
        neighbourhood_id=referral.neighbourhood_id, referral_id=referral.referral_id, to="end-consent"
    )  # fmt: skip
    await tx.at(consent.until, due, ReferralDue.timer(referral.referral_id, "end-consent"))
    if referral.state in WITH_SERVICE:
        await telling.tell_service(tx, referral, "access-renewed")


async def _succeed(tx: Transaction, referral: Referral, before: Consent, after: Consent) -> Consent:
    """What was fetched under a consent that shows no more than the next is still to go when the next one ends."""
    if set(before.fields) <= set(after.fields) and domain.runs(before, tx.now):
        await repository.end(tx, domain.ended(before, "replaced", tx.now))
        return domain.succeeding(after, before)
    await telling.close(tx, referral, before, "replaced" if domain.runs(before, tx.now) else "run-out")
    return after
