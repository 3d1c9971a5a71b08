"""What a service may see of a person: written by the worker, fetched by the service alone, each time recorded."""

from __future__ import annotations

import json
from uuid import UUID

from services.signals.domain import consents as consented
from services.signals.domain import details as domain
from services.signals.domain import referrals
from services.signals.domain.consents import Consent
from services.signals.domain.details import Kept
from services.signals.domain.referrals import OPEN, WITH_SERVICE, Referral
from services.signals.handlers.referrals_access import SERVICE, opened
from services.signals.handlers.referrals_answers import seen
from services.signals.repository import consents, notes
from services.signals.repository import details as repository
from services.signals.repository import referrals as steps
from shared.access import STAFF, Actor
from shared.contracts.person import CopiedItem
from shared.contracts.signals import FetchDetails, ReferralDetails, ReferralRef, WriteDetails
from shared.messaging import Rejected, Transaction, handles


@handles(WriteDetails)
async def write_details(command: WriteDetails, tx: Transaction) -> ReferralRef:
    """All of it at once, encrypted. What a running consent names stays filled in."""
    referral, hand = await opened(tx, command.referral_id, STAFF)
    referrals.refuse_stage(referral, OPEN, hand.part)
    kept = Kept(tx.settings.cipher.seal(domain.text(command)), domain.filled(command))
    consent = await consents.running(tx, referral.referral_id)
    if consent is not None and referral.state in WITH_SERVICE:
        consented.refuse_unfilled(consent.fields, kept.filled)
    await repository.keep(tx, referral.referral_id, kept)
    await steps.add_step(tx, referral.referral_id, str(hand.actor), "details-written")
    return referrals.ref(referral)


@handles(FetchDetails)
async def fetch_details(query: FetchDetails, tx: Transaction) -> ReferralDetails:
    """Only by its service, only while the referral is open and a consent runs, only the fields that it names."""
    referral, hand = await opened(tx, query.referral_id, SERVICE)
    referrals.refuse_stage(referral, WITH_SERVICE, hand.part)
    consent, kept = await _visible(tx, referral)
    fields = domain.visible(consent, kept)
    referral = await seen(tx, referral, str(hand.actor))
    await consents.fetched(tx, consent.consent_id)
    await notes.record_reading(
        tx, referral.participant_id, str(hand.actor), "details", referral_id=referral.referral_id, fields=fields
    )
    return domain.shown(referral, consent, json.loads(tx.settings.cipher.open(kept.sealed)), fields)


async def copied(tx: Transaction, actor: Actor, participant_id: UUID, item: CopiedItem) -> CopiedItem:
    """The details among a person's copy, as they were written. That a worker gets them so is recorded."""
    referral_id = UUID(item.data["referral_id"])
    kept = await repository.read(tx, referral_id)
    if kept is None:
        return item
    if actor.kind == "worker":
        await notes.record_reading(
            tx, participant_id, str(actor), "details", referral_id=referral_id, fields=kept.filled
        )
    return CopiedItem(kind=item.kind, data={**item.data, **json.loads(tx.settings.cipher.open(kept.sealed))})


async def _visible(tx: Transaction, referral: Referral) -> tuple[Consent, Kept]:
    """A consent that runs now, and what it is about."""
    consent, kept = await consents.running(tx, referral.referral_id), await repository.read(tx, referral.referral_id)
    if consent is None or kept is None or not consented.runs(consent, tx.now):
        raise Rejected(
            "no_consent", "the person's consent to referral_id has ended: ask their worker, who may renew it",
            "referral_id",
        )  # fmt: skip
    return consent, kept
