"""How a referral is kept, and who hears of it: its service, its worker, and what could come next."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from services.signals.domain import consents as consented
from services.signals.domain.consents import Consent, Ending
from services.signals.domain.referrals import ENDED, Referral
from services.signals.handlers import referrals_signals
from services.signals.repository import consents, details, directory, gatherings, people
from services.signals.repository import referrals as repository
from shared.access import Actor
from shared.contracts.profiles import Step
from shared.contracts.signals import (
    NextStepProposed,
    ReferralConsentEnded,
    ReferralDue,
    ReferralFact,
    ReferralMoved,
    ReferralTold,
    ServiceAsked,
    Urgency,
    WorkerTold,
)
from shared.messaging import Transaction

Verb = Literal["requested", "reminded", "cancelled", "entered-in-error", "access-ended", "access-renewed"]
Why = Literal["no-answer", "decide", "ended", "renew-consent", "ring-service"]
MailVerb = Literal["requested", "reminded", "cancelled", "access-ended"]
_BY_MAIL: dict[Verb, MailVerb | None] = {
    "requested": "requested",
    "reminded": "reminded",
    "cancelled": "cancelled",
    "entered-in-error": "cancelled",
    "access-ended": "access-ended",
    "access-renewed": None,
}
"""What a service that is written to hears; that it may see more again, its worker says."""
SYSTEM = "system"


async def keep(tx: Transaction, referral: Referral, by: Actor | str) -> None:
    """Keep a referral that came into another state, and tell it."""
    what = "requested" if referral.state == "requested" else "moved"
    await repository.save_with_step(tx, referral, str(by), what)
    await tx.emit(told(ReferralMoved, referral, outcome=referral.outcome))


async def end(
    tx: Transaction, referral: Referral, by: Actor | str, *, silent: bool, ending: Ending, back: bool = True
) -> None:
    """Keep a referral that is over: its details and timers go, access closes, and who has to, hears.

    `silent`: the service knows, as it said so itself. What was completed it may keep until the consent's own day.
    `back`: whether it goes back to its worker.
    """
    assert referral.state in ENDED
    await keep(tx, referral, by)
    for to in ("remind", "tell-worker", "decide"):
        await tx.cancel(ReferralDue.timer(referral.referral_id, to))
    await details.delete(tx, referral.referral_id)
    if referral.requested_at is not None and not silent:
        await tell_service(tx, referral, "entered-in-error" if referral.state == "entered-in-error" else "cancelled")
    if referral.state != "completed":
        await end_consent(tx, referral, ending)
    if referral.state != "entered-in-error" and back:
        await _hand_back(tx, referral, by)


async def end_consent(tx: Transaction, referral: Referral, ending: Ending) -> None:
    """Access closes with this transaction, if it was open; a service that fetched something hears that it has to go."""
    consent = await consents.running(tx, referral.referral_id)
    if consent is None:
        return
    await close(tx, referral, consent, ending)
    await tx.cancel(ReferralDue.timer(referral.referral_id, "end-consent"))
    await repository.add_step(tx, referral.referral_id, SYSTEM, "consent-ended")
    await tx.emit(told(ReferralConsentEnded, referral, ending=ending))


async def close(tx: Transaction, referral: Referral, consent: Consent, ending: Ending) -> None:
    """A consent ends, and whoever fetched something under it hears that it has to go."""
    await consents.end(tx, consented.ended(consent, ending, tx.now))
    if consent.fetched_at is not None:
        await tell_service(tx, referral, "access-ended")


async def tell_service(tx: Transaction, referral: Referral, verb: Verb) -> bool:
    """By events where it is a partner, else by a mail. False when there is no way to reach it."""
    partners = await repository.partners_of(tx, referral.organisation_id)
    for partner in partners:
        letter = ReferralTold(
            referral_id=referral.referral_id, service_id=referral.service_id, verb=verb, at=tx.now
        )  # fmt: skip
        await tx.emit(letter, partner=partner, id=referral.referral_id, verb=verb)
    if partners:
        return True
    service = await directory.service(tx, referral.service_id)
    if service is None or service.email is None:
        return False
    if by_mail := _BY_MAIL[verb]:
        await tx.emit(
            ServiceAsked(
                neighbourhood_id=referral.neighbourhood_id, referral_id=referral.referral_id, verb=by_mail
            )
        )  # fmt: skip
    return True


async def tell_worker(
    tx: Transaction, referral: Referral, why: Why, *, step: Step = "worker", urgency: Urgency = "this-week"
) -> None:
    """It is brought to its worker, or to who comes after them."""
    await tx.emit(
        WorkerTold(
            neighbourhood_id=referral.neighbourhood_id, worker_id=await whom(tx, referral, step), step=step,
            about="referral", urgency=urgency, why=why, referral_id=referral.referral_id,
        )
    )  # fmt: skip


async def whom(tx: Transaction, referral: Referral, step: Step) -> UUID | None:
    """Who is told at a step: its worker, as long as they are there; their backup; the coordinator. Where one is missing
    it is whoever answers for the neighbourhood."""
    neighbourhood = await people.neighbourhood(tx, referral.neighbourhood_id)
    worker = await people.worker(tx, referral.worker_id) if referral.worker_id else None
    there = worker is not None and not worker.ended
    if neighbourhood is None:
        return referral.worker_id
    if step == "worker" and there and not neighbourhood.stood_in_for:
        return referral.worker_id
    if step == "worker":
        return neighbourhood.at_work or referral.worker_id
    coordinator_id = neighbourhood.coordinator_id or await people.coordinator_of(tx, neighbourhood.organisation_id)
    backup_id = (worker.backup_id if worker else None) or neighbourhood.backup_id
    return (backup_id if step == "backup" else None) or coordinator_id or neighbourhood.worker_id


def told(fact: type[ReferralFact], referral: Referral, **more: object) -> ReferralFact:
    """A fact on how a referral stands."""
    return fact.model_validate(
        {
            "neighbourhood_id": referral.neighbourhood_id, "referral_id": referral.referral_id,
            "participant_id": referral.participant_id, "version": referral.version, "worker_id": referral.worker_id,
            "state": referral.state, **more,
        }
    )  # fmt: skip


async def _hand_back(tx: Transaction, referral: Referral, by: Actor | str) -> None:
    """The worker hears, unless they ended it themselves; who is still there is a participant as before, and what could
    come next is put before the worker."""
    if str(by) != f"worker:{referral.worker_id}":
        await tell_worker(tx, referral, "ended")
    person = await people.person(tx, referral.participant_id)
    if person is None or person.status == "left":
        return
    told_id = await whom(tx, referral, "worker")
    await referrals_signals.ended(tx, referral, str(by), told_id)
    await tx.emit(
        NextStepProposed(
            neighbourhood_id=person.neighbourhood_id, participant_id=referral.participant_id,
            referral_id=referral.referral_id, worker_id=told_id,
            gathering_id=await gatherings.next_in(tx, person.neighbourhood_id),
        )
    )  # fmt: skip
