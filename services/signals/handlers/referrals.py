"""Referrals, as their worker makes them: drafted, requested, kept open; and cancelled by whoever may."""

from __future__ import annotations

from uuid import UUID

from services.signals.domain import consents as consented
from services.signals.domain import referrals as domain
from services.signals.domain.directory import Service
from services.signals.domain.people import Person
from services.signals.domain.referrals import Referral
from services.signals.handlers import access, referrals_signals
from services.signals.handlers import referrals_telling as telling
from services.signals.handlers.referrals_access import ALL, opened
from services.signals.repository import consents, details, directory, people
from services.signals.repository import referrals as repository
from shared.access import STAFF, Actor, who
from shared.contracts.signals import (
    CancelReferral,
    DraftReferral,
    KeepOpen,
    MarkInError,
    ReferralDue,
    ReferralMoved,
    ReferralRef,
    RequestReferral,
)
from shared.ids import new_id
from shared.messaging import Rejected, Transaction, handles


@handles(DraftReferral)
async def draft_referral(command: DraftReferral, tx: Transaction) -> ReferralRef:
    """Nobody outside learns of it yet."""
    actor = who(tx, STAFF)
    person = await access.person(tx, command.participant_id, STAFF)
    await _check_draft(tx, command, person)
    referral = await _drafted(tx, command, person, actor)
    await repository.add(tx, referral)
    await referrals_signals.drafted(tx, referral)
    await repository.add_step(tx, referral.referral_id, str(actor), "drafted", state="draft")
    await tx.emit(telling.told(ReferralMoved, referral))
    return domain.ref(referral)


@handles(RequestReferral)
async def request_referral(command: RequestReferral, tx: Transaction) -> ReferralRef:
    """Before the service, with a consent that runs and with all that it names."""
    before, hand = await opened(tx, command.referral_id, STAFF)
    domain.refuse_move(before, "requested", hand.part)
    await _check_consent(tx, before)
    service = await _service(tx, before.service_id)
    policy = access.policy(tx, await access.place(tx, before.neighbourhood_id))
    after = domain.requested(before, service.partner_organisation, policy, tx.now)
    await telling.keep(tx, after, hand.actor)
    await _expect(tx, after, told=await telling.tell_service(tx, after, "requested"))
    return domain.ref(after)


@handles(KeepOpen)
async def keep_open(command: KeepOpen, tx: Transaction) -> ReferralRef:
    """The worker has said that it may stay open; it is asked again then."""
    before, hand = await opened(tx, command.referral_id, STAFF)
    after = domain.kept_open(before, command.until, hand.part, tx.now)
    await repository.save(tx, after)
    await repository.add_step(tx, after.referral_id, str(hand.actor), "kept-open")
    await expect(tx, after, "decide")
    return domain.ref(after)


@handles(CancelReferral)
async def cancel_referral(command: CancelReferral, tx: Transaction) -> ReferralRef:
    """It doesn't go on: the service is told, if it wasn't the service that said so, and access closes."""
    before, hand = await opened(tx, command.referral_id, ALL)
    after = domain.moved(before, "cancelled", hand.part, tx.now, reason=command.reason)
    await telling.end(tx, after, hand.actor, silent=hand.part == "service", ending="referral-ended")
    return domain.ref(after)


@handles(MarkInError)
async def mark_in_error(command: MarkInError, tx: Transaction) -> ReferralRef:
    """It should never have been made: the service forgets it, and it stands in no figure."""
    before, hand = await opened(tx, command.referral_id, STAFF)
    after = domain.moved(before, "entered-in-error", hand.part, tx.now)
    await telling.end(tx, after, hand.actor, silent=False, ending="referral-ended")
    return domain.ref(after)


async def expect(tx: Transaction, referral: Referral, to: domain.Wait) -> None:
    """The timer for what comes next, if nothing moves."""
    place = await access.place(tx, referral.neighbourhood_id)
    policy = access.policy(tx, place)
    at = domain.due_at(referral, to, place.zone, policy)
    if at is not None:
        due = ReferralDue(neighbourhood_id=referral.neighbourhood_id, referral_id=referral.referral_id, to=to)
        await tx.at(at, due, ReferralDue.timer(referral.referral_id, to))


async def _expect(tx: Transaction, referral: Referral, *, told: bool) -> None:
    """What comes when the service doesn't answer. One that can't be told has to be rung: the worker hears it now."""
    if told:
        await expect(tx, referral, "remind")
    else:
        await telling.tell_worker(tx, referral, "ring-service")
        await repository.add_step(tx, referral.referral_id, telling.SYSTEM, "worker-told")
    await expect(tx, referral, "tell-worker")
    await expect(tx, referral, "decide")


async def _check_draft(tx: Transaction, command: DraftReferral, person: Person) -> None:
    """Refuse who left, a service that is gone, a kind that there isn't, and what comes after something else."""
    if person.status == "left":
        raise Rejected("left", "participant_id has left: they return first", "participant_id")
    await _service(tx, command.service_id)
    policy = access.policy(tx, await access.place(tx, person.neighbourhood_id))
    if not policy.has_signal_kind(command.kind):
        raise access.unknown_kind()
    if command.signal_id and not await repository.is_signal_of(tx, command.signal_id, person.participant_id):
        raise Rejected("unknown_id", "signal_id is no signal about this person: see theirs", "signal_id")
    if command.previous_id is not None and command.follows_as is not None:
        previous = await repository.read(tx, command.previous_id)
        domain.refuse_previous(previous, person.participant_id, command.service_id, command.follows_as)


async def _drafted(tx: Transaction, command: DraftReferral, person: Person, actor: Actor) -> Referral:
    worker_id = actor.uuid if actor.kind == "worker" else await _on_duty(tx, person.neighbourhood_id)
    return Referral(
        referral_id=new_id(), version=1, neighbourhood_id=person.neighbourhood_id,
        participant_id=person.participant_id, service_id=command.service_id, kind=command.kind,
        signal_id=command.signal_id, previous_id=command.previous_id, follows_as=command.follows_as, state="draft",
        worker_id=worker_id, drafted_at=tx.now,
    )  # fmt: skip


async def _on_duty(tx: Transaction, neighbourhood_id: str) -> UUID | None:
    neighbourhood = await people.neighbourhood(tx, neighbourhood_id)
    return neighbourhood.worker_id if neighbourhood else None


async def _service(tx: Transaction, service_id: str) -> Service:
    """A service to which someone can be referred."""
    found = await directory.service(tx, service_id)
    if found is None:
        raise Rejected("unknown_id", "service_id is no service of the directory: search it", "service_id")
    if found.retired:
        raise Rejected("retired", "service_id is no longer in the directory: search another", "service_id")
    return found


async def _check_consent(tx: Transaction, referral: Referral) -> None:
    consent = await consents.running(tx, referral.referral_id)
    if consent is None or not consented.runs(consent, tx.now):
        raise Rejected(
            "no_consent", "referral_id has no consent that runs: ask the person first, and record it", "referral_id"
        )
    consented.refuse_unfilled(consent.fields, await details.filled(tx, referral.referral_id))
