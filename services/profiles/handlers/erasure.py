"""A person's copy, their erasure, who confirms it, and what expires by itself."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from services.profiles.domain import circles as ties
from services.profiles.domain import erasure as domain
from services.profiles.domain import participants as people
from services.profiles.domain.participants import Participant
from services.profiles.handlers.access import opened, seen, tell, touch
from services.profiles.handlers.circles import tell_circles
from services.profiles.repository import circles, mandates, participants
from services.profiles.repository import erasure as repository
from shared.access import IN_PERSON, STAFF, who
from shared.contracts.erasure import (
    ErasureConfirmed,
    ExchangeErasureConfirmed,
    JanitorErasureConfirmed,
    NotifyErasureConfirmed,
    ProfilesErasureConfirmed,
    SignalsErasureConfirmed,
)
from shared.contracts.person import CopyOfPerson, PersonCopy
from shared.contracts.profiles import (
    CircleKept,
    ConsentsKept,
    ContactKept,
    EraseParticipant,
    Erasure,
    ErasureCompleted,
    ErasurePage,
    ErasureRef,
    ListErasures,
    ParticipantErased,
    ParticipantKept,
    ShowErasure,
)
from shared.ids import new_id
from shared.messaging import NotYetKnown, Rejected, Transaction, handles
from shared.policy import Policy

SERVICE = "profiles"
PAGE = 12
"""Things in a page of a copy: the largest of them still fit in one reply."""
AT_ONCE = 100
"""People erased in one run of retention; the rest follows with the next run."""


@handles(EraseParticipant)
async def erase_participant(command: EraseParticipant, tx: Transaction) -> ErasureRef:
    """Gone from here with this transaction; gone everywhere once all have confirmed."""
    person = await opened(tx, command.participant_id, IN_PERSON)
    return ErasureRef(erasure_id=await erase(tx, person))


@handles(ExchangeErasureConfirmed)
async def on_exchange_erasure_confirmed(event: ExchangeErasureConfirmed, tx: Transaction) -> None:
    """Exchange holds nothing more."""
    await _confirm(tx, event)


@handles(SignalsErasureConfirmed)
async def on_signals_erasure_confirmed(event: SignalsErasureConfirmed, tx: Transaction) -> None:
    """Signals holds nothing more."""
    await _confirm(tx, event)


@handles(NotifyErasureConfirmed)
async def on_notify_erasure_confirmed(event: NotifyErasureConfirmed, tx: Transaction) -> None:
    """Notify holds nothing more."""
    await _confirm(tx, event)


@handles(JanitorErasureConfirmed)
async def on_janitor_erasure_confirmed(event: JanitorErasureConfirmed, tx: Transaction) -> None:
    """The streams hold nothing more."""
    await _confirm(tx, event)


@handles(CopyOfPerson)
async def copy_of_person(query: CopyOfPerson, tx: Transaction) -> PersonCopy:
    """One page of all that profiles holds on someone."""
    person = await seen(tx, query.participant_id, IN_PERSON)
    items = await repository.held(tx, person.participant_id, (query.page - 1) * PAGE, PAGE + 1)
    return PersonCopy(
        service=SERVICE,
        participant_id=person.participant_id,
        page=query.page,
        next_page=query.page + 1 if len(items) > PAGE else None,
        items=items[:PAGE],
    )


@handles(ListErasures)
async def list_erasures(query: ListErasures, tx: Transaction) -> ErasurePage:
    """Erasures, and who has confirmed them."""
    who(tx, STAFF)
    found = await repository.listed(tx, open_only=query.open_only, after=query.after, limit=query.limit + 1)
    page = found[: query.limit]
    return ErasurePage(
        erasures=[domain.seen(each) for each in page],
        next=page[-1].erasure_id if len(found) > query.limit else None,
    )


@handles(ShowErasure)
async def show_erasure(query: ShowErasure, tx: Transaction) -> Erasure:
    """How far one erasure is. Whoever has its id may ask: it names nobody."""
    found = await repository.listed(tx, one=query.erasure_id)
    if not found:
        raise Rejected("unknown_id", "erasure_id is no erasure that we know: check the id", "erasure_id")
    return domain.seen(found[0])


async def retention(tx: Transaction) -> dict[str, int]:
    """Erase who left long ago, and remove what ended long ago. Returns how many, by kind."""
    policy: Policy = tx.settings.policy
    keep = policy.retention
    left = await repository.left_before(tx, tx.now - timedelta(days=keep.participants_left), AT_ONCE)
    for participant_id in left:
        if (person := await participants.locked(tx, participant_id)) is not None:
            await erase(tx, person)
    days = {
        "mandates": keep.mandates_ended, "consents": keep.consents_ended, "visits": keep.visits,
        "fetches": keep.fetches, "circle_questions": keep.circle_questions, "circles_ended": keep.circle_questions,
        "doubles": keep.doubles, "erasures": keep.erasures,
    }  # fmt: skip
    removed = await repository.expire(tx, {kind: tx.now - timedelta(days=each) for kind, each in days.items()})
    return {"participants": len(left), **removed}


async def erase(tx: Transaction, person: Participant) -> UUID:
    """Delete a person here, and ask all others to. Returns the id of the erasure."""
    erasure = domain.begin(new_id(), tx.settings.services, SERVICE, tx.now)
    entries = await repository.entries(tx, person.participant_id)
    members = ties.members(await circles.ties(tx, person.participant_id), person.participant_id)
    held = await mandates.running_mandates(tx, person.participant_id)
    for entry in entries:
        await repository.erase(tx, entry)
        await tx.forget(entry)
    await repository.keep(tx, erasure)
    await _tell_erased(tx, person, entries, erasure.erasure_id)
    await tell_circles(tx, members)
    await _tell_answered_for(tx, {each.participant_id for each in held} - {person.participant_id})
    return erasure.erasure_id


async def _tell_erased(tx: Transaction, person: Participant, entries: list[UUID], erasure_id: UUID) -> None:
    id_, version = person.participant_id, person.version + 1
    await tx.emit(people.gone(ParticipantKept, id_, version))
    await tx.emit(people.gone(ContactKept, id_, version))
    await tx.emit(CircleKept(participant_id=id_, version=version, removed=True))
    await tx.emit(ConsentsKept(participant_id=id_, version=version, removed=True))
    await tx.emit(
        ParticipantErased(
            participant_id=id_, erasure_id=erasure_id, neighbourhood_id=person.neighbourhood_id,
            merged_ids=[entry for entry in entries if entry != id_],
        )
    )  # fmt: skip
    await tx.emit(
        ProfilesErasureConfirmed(erasure_id=erasure_id, participant_id=id_, confirmed_by=SERVICE, neighbourhood_id=None)
    )


async def _tell_answered_for(tx: Transaction, participant_ids: set[UUID]) -> None:
    """Those for whom the erased person held a mandate have one holder less."""
    for participant_id in sorted(participant_ids):
        person = await participants.locked(tx, participant_id)
        if person is not None:
            await tell(tx, await touch(tx, person))


async def _confirm(tx: Transaction, event: ErasureConfirmed) -> None:
    """One more has confirmed; the last completes the record."""
    erasure = await repository.locked(tx, event.erasure_id)
    if erasure is None:
        raise NotYetKnown("the erasure that this confirms")
    confirmed = domain.confirm(erasure, event.confirmed_by, tx.now)
    await repository.keep(tx, confirmed)
    if confirmed.completed_at is not None and erasure.completed_at is None:
        await tx.emit(ErasureCompleted(erasure_id=erasure.erasure_id, neighbourhood_id=None))
