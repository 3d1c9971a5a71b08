"""Mandates and consents: given, ended, run out; and the log of what was fetched."""

from __future__ import annotations

from uuid import UUID

from services.profiles.domain import mandates as domain
from services.profiles.domain import participants as people
from services.profiles.domain.mandates import Consent, Mandate
from services.profiles.domain.participants import Participant
from services.profiles.handlers.access import keep, opened, other, seen, touch
from services.profiles.repository import access as grants
from services.profiles.repository import mandates as repository
from services.profiles.repository import participants
from shared.access import IN_PERSON, OURS, who
from shared.contracts.profiles import (
    ConsentDue,
    ConsentEnded,
    ConsentEnding,
    ConsentGiven,
    ConsentPage,
    ConsentRef,
    EndMandate,
    FetchPage,
    GiveConsent,
    GiveMandate,
    ListConsents,
    ListFetches,
    ListMandates,
    MandateDue,
    MandateEnded,
    MandateEnding,
    MandateGiven,
    MandatePage,
    MandateRef,
    ParticipantChanged,
    WithdrawConsent,
)
from shared.ids import new_id
from shared.messaging import Rejected, Transaction, handles


@handles(GiveMandate)
async def give_mandate(command: GiveMandate, tx: Transaction) -> MandateRef:
    """From now on, someone else may answer for this person."""
    person = await opened(tx, command.participant_id, IN_PERSON)
    people.refuse_left(person)
    given = domain.give_mandate(
        command, new_id(), person.mandate_holder_ids, recorded_by=str(who(tx, IN_PERSON)), now=tx.now
    )  # fmt: skip
    holder = await other(tx, command.holder_id, "holder_id")
    await repository.keep_mandate(tx, given)
    holders = (*person.mandate_holder_ids, holder.participant_id)
    await keep(tx, person, people.touched(person, mandate_holder_ids=holders), ParticipantChanged)
    named = {"mandate_id": given.mandate_id, "participant_id": person.participant_id}
    at = person.neighbourhood_id
    await tx.emit(MandateGiven(**named, holder_id=holder.participant_id, neighbourhood_id=at))
    if given.until is not None:
        await tx.at(given.until, MandateDue(**named, neighbourhood_id=at), key=_mandate_timer(given.mandate_id))
    return MandateRef(**named)


@handles(EndMandate)
async def end_mandate(command: EndMandate, tx: Transaction) -> MandateRef:
    """It ends now. Someone who holds a mandate ends their own, not another's."""
    person = await opened(tx, command.participant_id, OURS)
    mandate = await repository.mandate(tx, command.mandate_id)
    if mandate is None or mandate.participant_id != person.participant_id:
        raise Rejected("unknown_id", "mandate_id is no mandate for this person: see their mandates", "mandate_id")
    actor = who(tx, OURS)
    if actor.kind == "participant" and actor.uuid not in (person.participant_id, mandate.holder_id):
        raise Rejected("not_allowed", "mandate_id is held by someone else: ask them or a worker", "mandate_id")
    await _end_mandate(tx, mandate, "ended", person)
    return MandateRef(mandate_id=mandate.mandate_id, participant_id=person.participant_id)


@handles(MandateDue)
async def on_mandate_due(event: MandateDue, tx: Transaction) -> None:
    """It has run out, unless it ended before."""
    mandate = await repository.mandate(tx, event.mandate_id)
    if mandate is None or mandate.ended_at is not None or mandate.runs(tx.now):
        return
    person = await participants.locked(tx, mandate.participant_id)
    if person is not None:
        await _end_mandate(tx, mandate, "run-out", person)


@handles(ListMandates, reads=True)
async def list_mandates(query: ListMandates, tx: Transaction) -> MandatePage:
    """Those for and of a person, ended ones too."""
    await seen(tx, query.participant_id, OURS)
    found = await repository.mandates(tx, query.participant_id, query.after, query.limit + 1)
    page = found[: query.limit]
    return MandatePage(
        mandates=[domain.mandate_seen(each) for each in page],
        next=page[-1].mandate_id if len(found) > query.limit else None,
    )


@handles(GiveConsent)
async def give_consent(command: GiveConsent, tx: Transaction) -> ConsentRef:
    """From now on, one organisation may see some fields."""
    person = await opened(tx, command.participant_id, OURS)
    people.refuse_left(person)
    running = len(await repository.running_consents(tx, person.participant_id))
    given = domain.give_consent(command, new_id(), running, recorded_by=str(who(tx, OURS)), now=tx.now)
    if not await participants.organisation_exists(tx, command.organisation_id):
        raise Rejected("unknown_id", "organisation_id is no organisation that we know: see the list", "organisation_id")
    await repository.keep_consent(tx, given)
    await tell_consents(tx, await touch(tx, person))
    named = {"consent_id": given.consent_id, "participant_id": person.participant_id}
    await tx.emit(ConsentGiven(**named, neighbourhood_id=person.neighbourhood_id))
    due = ConsentDue(**named, neighbourhood_id=person.neighbourhood_id)
    await tx.at(given.until, due, key=_consent_timer(given.consent_id))
    return ConsentRef(**named)


@handles(WithdrawConsent)
async def withdraw_consent(command: WithdrawConsent, tx: Transaction) -> ConsentRef:
    """Access ends with this transaction."""
    person = await opened(tx, command.participant_id, OURS)
    consent = await repository.consent(tx, command.consent_id)
    if consent is None or consent.participant_id != person.participant_id:
        raise Rejected("unknown_id", "consent_id is no consent of this person: see their consents", "consent_id")
    if consent.ended_at is None:
        await _end_consent(tx, consent, "withdrawn", person)
        await tell_consents(tx, await touch(tx, person))
    return ConsentRef(consent_id=consent.consent_id, participant_id=person.participant_id)


@handles(ConsentDue)
async def on_consent_due(event: ConsentDue, tx: Transaction) -> None:
    """It has run out, unless it was withdrawn before."""
    consent = await repository.consent(tx, event.consent_id)
    if consent is None or consent.ended_at is not None or consent.runs(tx.now):
        return
    person = await participants.locked(tx, consent.participant_id)
    if person is not None:
        await _end_consent(tx, consent, "run-out", person)
        await tell_consents(tx, await touch(tx, person))


@handles(ListConsents, reads=True)
async def list_consents(query: ListConsents, tx: Transaction) -> ConsentPage:
    """Those of a person, ended ones too."""
    await seen(tx, query.participant_id, OURS)
    found = await repository.consents(tx, query.participant_id, query.after, query.limit + 1)
    page = found[: query.limit]
    return ConsentPage(
        consents=[domain.consent_seen(each) for each in page],
        next=page[-1].consent_id if len(found) > query.limit else None,
    )


@handles(ListFetches, reads=True)
async def list_fetches(query: ListFetches, tx: Transaction) -> FetchPage:
    """Who has looked, and when."""
    await seen(tx, query.participant_id, OURS)
    found = await grants.fetches(tx, query.participant_id, query.after, query.limit + 1)
    page = found[: query.limit]
    return FetchPage(fetches=[fetch for _, fetch in page], next=page[-1][0] if len(found) > query.limit else None)


async def end_mandates(tx: Transaction, left: Participant) -> None:
    """Someone left: nobody answers for them, and they answer for nobody."""
    for mandate in await repository.running_mandates(tx, left.participant_id):
        if mandate.participant_id == left.participant_id:
            await _end_mandate(tx, mandate, "left", left)
        elif (person := await participants.locked(tx, mandate.participant_id)) is not None:
            await _end_mandate(tx, mandate, "left", person)


async def end_consents(tx: Transaction, left: Participant) -> None:
    """Someone left: nobody looks at them any more."""
    ended = [each for each in await repository.consents(tx, left.participant_id, None, 10_000) if not each.ended_at]
    for consent in ended:
        await _end_consent(tx, consent, "left", left)
    if ended:
        await tx.emit(domain.consents_kept(left.participant_id, left.version, []))


async def tell_consents(tx: Transaction, person: Participant) -> None:
    """The consents of someone that run now."""
    running = await repository.running_consents(tx, person.participant_id)
    await tx.emit(domain.consents_kept(person.participant_id, person.version, running))


async def _end_mandate(tx: Transaction, mandate: Mandate, ending: MandateEnding, person: Participant) -> None:
    """End a mandate for `person` and tell it; nothing happens when it had ended."""
    if mandate.ended_at is not None:
        return
    await repository.keep_mandate(tx, domain.end_mandate(mandate, ending, tx.now))
    await tx.cancel(_mandate_timer(mandate.mandate_id))
    if person.status != "left":
        rest = tuple(each for each in person.mandate_holder_ids if each != mandate.holder_id)
        await keep(tx, person, people.touched(person, mandate_holder_ids=rest), ParticipantChanged)
    await tx.emit(
        MandateEnded(
            mandate_id=mandate.mandate_id, participant_id=mandate.participant_id, holder_id=mandate.holder_id,
            neighbourhood_id=person.neighbourhood_id,
        )
    )  # fmt: skip


async def _end_consent(tx: Transaction, consent: Consent, ending: ConsentEnding, person: Participant) -> None:
    await repository.keep_consent(tx, domain.end_consent(consent, ending, tx.now))
    await tx.cancel(_consent_timer(consent.consent_id))
    await tx.emit(
        ConsentEnded(
            consent_id=consent.consent_id, participant_id=consent.participant_id, ending=ending,
            neighbourhood_id=person.neighbourhood_id,
        )
    )  # fmt: skip


def _mandate_timer(mandate_id: UUID) -> str:
    return f"mandate-due:{mandate_id}"


def _consent_timer(consent_id: UUID) -> str:
    return f"consent-due:{consent_id}"
