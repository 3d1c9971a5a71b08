"""Guests of a gathering: who is invited by name, who comes, and who was there."""

from __future__ import annotations

from uuid import UUID

from services.exchange.domain import gatherings as domain
from services.exchange.domain.gatherings import Gathering, Guest
from services.exchange.domain.people import Person
from services.exchange.handlers import access
from services.exchange.handlers.gatherings import theirs
from services.exchange.handlers.inviting import ask
from services.exchange.handlers.ties import met
from services.exchange.repository import candidates, people
from services.exchange.repository import gatherings as gatherings_of
from services.exchange.repository import guests as repository
from shared.access import ANYONE, OURS, Actor, check_grant, who
from shared.contracts.exchange import (
    AnswerGathering,
    GatheringAnswered,
    GatheringDue,
    GatheringHeld,
    GatheringRef,
    GuestRef,
    InviteToGathering,
    RecordAttendance,
)
from shared.messaging import Rejected, Transaction, handles


@handles(InviteToGathering)
async def invite_to_gathering(command: InviteToGathering, tx: Transaction) -> GuestRef:
    """Who is a guest already is asked no second time."""
    actor = who(tx, OURS)
    gathering = await theirs(tx, command.gathering_id)
    domain.refuse_not_planned(gathering, tx.now)
    found = await candidates.held(tx, [command.participant_id], wait=True)
    person = access.known(found[0] if found else None)
    before = await repository.read(tx, gathering.gathering_id, person.participant_id)
    if before is None:
        before = await _ask(tx, actor, gathering, person)
    return domain.guest_ref(before)


@handles(AnswerGathering)
async def answer_gathering(command: AnswerGathering, tx: Transaction) -> GuestRef:
    """Yes or no, until it begins. A yes for which there is no seat leaves things as they were."""
    gathering = await _planned(tx, command.gathering_id)
    person = await access.person(tx, command.participant_id, OURS)
    before = await repository.read(tx, gathering.gathering_id, person.participant_id)
    guest = before or Guest(gathering.gathering_id, person.participant_id)
    if command.coming:
        domain.refuse_cannot_come(gathering, person, before)
    if not command.coming or guest.coming or await _has_seat(tx, gathering, person):
        guest = domain.answered(guest, command, who(tx, OURS), tx.now)
        await repository.keep(tx, guest)
        await tx.cancel(GatheringDue.timer(gathering.gathering_id, "ask", person.participant_id))
        await _answered(tx, gathering, person)
    await people.heard_of(tx, person.participant_id)
    return domain.guest_ref(guest)


@handles(RecordAttendance)
async def record_attendance(command: RecordAttendance, tx: Transaction) -> GatheringRef:
    """They have met. Recorded again, who is left out did not meet the others there."""
    gathering = await theirs(tx, command.gathering_id)
    domain.refuse_record(gathering, tx.now)
    there = await _known(tx, command.participant_ids)
    guests = await repository.of_gathering(tx, gathering.gathering_id)
    before = {each.participant_id for each in guests if each.was_there}
    if gathering.stage == "held" and before == there:
        return domain.ref(gathering)
    await repository.record(tx, gathering.gathering_id, there)
    await repository.unmeet(tx, sorted(before - there), sorted(before | there))
    await repository.heard_of(tx, there, gathering)
    await met(tx, there, "gathering", gathering.neighbourhood_id)
    return await _held(tx, gathering)


async def _answered(tx: Transaction, gathering: Gathering, person: Person) -> None:
    await tx.emit(
        GatheringAnswered(
            neighbourhood_id=gathering.neighbourhood_id, gathering_id=gathering.gathering_id,
            participant_id=person.participant_id,
        )
    )  # fmt: skip


async def _held(tx: Transaction, gathering: Gathering) -> GatheringRef:
    after = domain.held(gathering)
    await gatherings_of.save(tx, after)
    await tx.emit(domain.told(GatheringHeld, after))
    return domain.ref(after)


async def _ask(tx: Transaction, actor: Actor, gathering: Gathering, person: Person) -> Guest:
    """Invite someone by name. Refused when they are not to be asked now; to a host it isn't said why."""
    place = await access.place(tx, gathering.neighbourhood_id)
    room = await candidates.room(tx, [person.participant_id])
    if domain.still_invited(gathering, person, tx.now) and person.participant_id in room:
        guest = await ask(tx, gathering, person, place, latest=gathering.starts_at)
        if guest is not None:
            return guest
    raise domain.not_to_be_asked(gathering, person, plainly=actor.kind != "participant")


async def _planned(tx: Transaction, gathering_id: UUID) -> Gathering:
    """A gathering, locked, that has yet to begin."""
    found = await gatherings_of.locked(tx, gathering_id)
    if found is None:
        raise Rejected("unknown_id", "gathering_id is no gathering that we know: check the id", "gathering_id")
    domain.refuse_not_planned(found, tx.now)
    return found


async def _has_seat(tx: Transaction, gathering: Gathering, person: Person) -> bool:
    """Whether there is room for them; who welcomes people needs no seat."""
    place = await access.place(tx, gathering.neighbourhood_id)
    most = access.policy(tx, place).gatherings.most_people
    coming = (await repository.coming(tx, [gathering])).get(gathering.gathering_id, 0)
    return person.participant_id == gathering.host_id or not domain.full(gathering, coming, most)


async def _known(tx: Transaction, participant_ids: list[UUID]) -> set[UUID]:
    """These people. Refused when one of them is unknown, or lives where a partner may not act."""
    actor = who(tx, ANYONE)
    homes = await repository.homes(tx, participant_ids)
    if len(homes) < len(set(participant_ids)):
        raise Rejected(
            "unknown_id", "participant_ids names someone whom we don't know: check the ids", "participant_ids"
        )
    if actor.kind == "partner":
        grant = await people.grant_of(tx, actor.id)
        for neighbourhood_id in set(homes.values()):
            check_grant(grant, neighbourhood_id, "participant_ids")
    return set(homes)
