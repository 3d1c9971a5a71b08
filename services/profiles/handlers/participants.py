"""Participants: register, change, pause, leave, move, in and out of matching; and who may look at them."""

from __future__ import annotations

from uuid import UUID

from services.profiles.domain import participants as domain
from services.profiles.domain.mandates import consented
from services.profiles.domain.participants import Participant
from services.profiles.handlers.access import keep, opened, policy, policy_at, seen, tell
from services.profiles.handlers.circles import end_circle
from services.profiles.handlers.mandates import end_consents, end_mandates
from services.profiles.repository import access as grants
from services.profiles.repository import doubles
from services.profiles.repository import mandates as consents
from services.profiles.repository import participants as repository
from services.profiles.repository.participants import Standing
from shared.access import ANYONE, STAFF, WORKER, Actor, check_grant, who
from shared.contracts.profiles import (
    AddressForLetter,
    ChangeParticipant,
    DoubleFound,
    LeaveNetwork,
    LetterAddress,
    ListParticipants,
    MoveParticipant,
    ParticipantChanged,
    ParticipantDetails,
    ParticipantLeft,
    ParticipantMovedIn,
    ParticipantMovedOut,
    ParticipantPage,
    ParticipantPaused,
    ParticipantRef,
    ParticipantRegistered,
    ParticipantResumed,
    ParticipantReturned,
    ParticipantReturnedToMatching,
    ParticipantTakenOutOfMatching,
    PauseDue,
    PauseParticipant,
    Reach,
    RegisterParticipant,
    ResumeParticipant,
    ReturnToMatching,
    ReturnToNetwork,
    ShowParticipant,
    TakeOutOfMatching,
    VisitDue,
)
from shared.ids import new_id
from shared.messaging import Rejected, Transaction, handles
from shared.policy import Policy


@handles(RegisterParticipant)
async def register_participant(command: RegisterParticipant, tx: Transaction) -> ParticipantRef:
    """Someone new, or whoever had this reference already."""
    actor = who(tx, STAFF | {"partner"})
    standing = await repository.standing(tx, command)
    if standing.participant_id is not None and standing.version is not None:
        domain.check_same_person(command, standing.name_key)
        return ParticipantRef(participant_id=standing.participant_id, version=standing.version)
    rules = _rules_for(tx, command, standing, actor)
    person = domain.register(command, new_id(), sender=tx.sender, registered_by=str(actor), now=tx.now)
    found = await repository.add(tx, person)
    await tell(tx, person)
    await tx.emit(domain.told(ParticipantRegistered, person, by_worker=domain.by_worker(person)))
    await _tell_doubles(tx, person, found)
    await _expect_visit(tx, person, rules)
    return ParticipantRef(participant_id=person.participant_id, version=person.version)


@handles(ChangeParticipant)
async def change_participant(command: ChangeParticipant, tx: Transaction) -> ParticipantRef:
    """What is given changes; a new name or contact may show a double."""
    person = await opened(tx, command.participant_id, ANYONE)
    domain.check_kinds(await policy_at(tx, person.neighbourhood_id), command.talents, command.wishes)
    if command.reach is not None and (organisation := command.reach.organisation_id) is not None:
        _refuse_organisation(command.reach, known=await repository.organisation_exists(tx, organisation))
    changed = domain.change(person, command)
    ref = await keep(tx, person, changed, ParticipantChanged)
    if command.name is not None or command.reach is not None:
        await _tell_doubles(tx, changed, await doubles.note(tx, changed))
    return ref


@handles(PauseParticipant)
async def pause_participant(command: PauseParticipant, tx: Transaction) -> ParticipantRef:
    """Nothing is asked of them for a while."""
    person = await opened(tx, command.participant_id, ANYONE)
    paused = domain.pause(person, command.until, tx.now)
    await expect_end_of_pause(tx, paused)
    return await keep(tx, person, paused, ParticipantPaused)


@handles(ResumeParticipant)
async def resume_participant(command: ResumeParticipant, tx: Transaction) -> ParticipantRef:
    """They are back."""
    person = await opened(tx, command.participant_id, ANYONE)
    await tx.cancel(_pause_timer(person.participant_id))
    return await keep(tx, person, domain.resume(person), ParticipantResumed)


@handles(PauseDue)
async def on_pause_due(event: PauseDue, tx: Transaction) -> None:
    """They are back, unless the pause was made longer or ended meanwhile."""
    person = await repository.locked(tx, event.participant_id)
    if person is not None and domain.pause_is_over(person, tx.now):
        await keep(tx, person, domain.resume(person), ParticipantResumed)


@handles(LeaveNetwork)
async def leave_network(command: LeaveNetwork, tx: Transaction) -> ParticipantRef:
    """Out, with all that ties them to others; nobody is told."""
    person = await opened(tx, command.participant_id, ANYONE)
    if person.status == "left":
        return ParticipantRef(participant_id=person.participant_id, version=person.version)
    left = domain.leave(person, tx.now)
    ref = await keep(tx, person, left, ParticipantLeft)
    await end_mandates(tx, left)
    await end_consents(tx, left)
    await end_circle(tx, left)
    await tx.cancel(VisitDue.timer(left.participant_id))
    await tx.cancel(_pause_timer(left.participant_id))
    return ref


@handles(ReturnToNetwork)
async def return_to_network(command: ReturnToNetwork, tx: Transaction) -> ParticipantRef:
    """Back, and welcomed anew."""
    person = await opened(tx, command.participant_id, ANYONE)
    back = domain.come_back(person, tx.now)
    if back != person:
        await _expect_visit(tx, back, await policy_at(tx, back.neighbourhood_id))
    return await keep(tx, person, back, ParticipantReturned)


@handles(MoveParticipant)
async def move_participant(command: MoveParticipant, tx: Transaction) -> ParticipantRef:
    """To another neighbourhood; each of the two hears its own half."""
    person = await opened(tx, command.participant_id, ANYONE)
    if (actor := who(tx, ANYONE)).kind == "partner":
        check_grant(await grants.grant_of(tx, actor.id), command.neighbourhood_id, "neighbourhood_id")
    rules = await policy_at(tx, command.neighbourhood_id)
    moved = domain.move(person, command, tx.now)
    await tx.emit(domain.told(ParticipantMovedOut, moved, person.neighbourhood_id))
    ref = await keep(tx, person, moved, ParticipantMovedIn)
    await _tell_doubles(tx, moved, await doubles.note(tx, moved))
    await _expect_visit(tx, moved, rules)
    return ref


@handles(TakeOutOfMatching)
async def take_out_of_matching(command: TakeOutOfMatching, tx: Transaction) -> ParticipantRef:
    """Out of matching, not out of the network."""
    person = await opened(tx, command.participant_id, WORKER)
    return await keep(tx, person, domain.set_out_of_matching(person, True), ParticipantTakenOutOfMatching)


@handles(ReturnToMatching)
async def return_to_matching(command: ReturnToMatching, tx: Transaction) -> ParticipantRef:
    """In matching again."""
    person = await opened(tx, command.participant_id, WORKER)
    return await keep(tx, person, domain.set_out_of_matching(person, False), ParticipantReturnedToMatching)


@handles(ShowParticipant, reads="ours")
async def show_participant(query: ShowParticipant, tx: Transaction) -> ParticipantDetails:
    """All of it to our own; to a partner what a consent names, and that it looked is written down."""
    person = await seen(tx, query.participant_id, ANYONE)
    whole = domain.details(person)
    grant = await grants.grant_of(tx, tx.sender) if who(tx, ANYONE).kind == "partner" else None
    if grant is None:
        return whole
    running = await consents.running_consents(tx, person.participant_id)
    fields, consent_ids = consented(running, grant.organisation_id, tx.now)
    await grants.log_fetch(
        tx, person.participant_id, f"partner:{tx.sender}", fields,
        organisation_id=grant.organisation_id, consent_ids=consent_ids,
    )  # fmt: skip
    return domain.limited(whole, fields)


@handles(ListParticipants, reads=True)
async def list_participants(query: ListParticipants, tx: Transaction) -> ParticipantPage:
    """Participants by name."""
    who(tx, STAFF)
    found = await repository.listed(tx, query, _place(query.after), query.limit + 1)
    page = found[: query.limit]
    return ParticipantPage(
        participants=[line for _, line in page],
        next=f"{page[-1][1].participant_id}:{page[-1][0]}" if len(found) > query.limit else None,
    )


@handles(AddressForLetter)
async def address_for_letter(query: AddressForLetter, tx: Transaction) -> LetterAddress:
    """The address at the moment of printing; that it was given out is written down."""
    person = await seen(tx, query.participant_id, STAFF)
    await grants.log_fetch(tx, person.participant_id, str(who(tx, STAFF)), ["name", "address"])
    return LetterAddress(participant_id=person.participant_id, name=person.name, address=person.address)


def _rules_for(tx: Transaction, command: RegisterParticipant, standing: Standing, actor: Actor) -> Policy:
    """The policy that a registration falls under; refused when it names what it may not, or what isn't there."""
    if actor.kind == "partner":
        check_grant(standing.grant, command.neighbourhood_id, "neighbourhood_id")
    rules = policy(tx, standing.policy)
    _refuse_organisation(command.reach, known=standing.organisation)
    domain.check_kinds(rules, command.talents, command.wishes)
    return rules


async def _expect_visit(tx: Transaction, person: Participant, rules: Policy) -> None:
    """Set the newcomer's timer: it speaks when no worker has visited in time."""
    due = VisitDue(
        participant_id=person.participant_id, neighbourhood_id=person.neighbourhood_id, step="worker"
    )  # fmt: skip
    await tx.at(domain.visit_due_at(person, rules), due, key=VisitDue.timer(person.participant_id))


async def expect_end_of_pause(tx: Transaction, person: Participant) -> None:
    """Set the timer that ends a pause, or drop it when there is nothing to wait for."""
    key = _pause_timer(person.participant_id)
    if person.paused_until is None:
        await tx.cancel(key)
    else:
        due = PauseDue(participant_id=person.participant_id, neighbourhood_id=person.neighbourhood_id)
        await tx.at(person.paused_until, due, key=key)


async def _tell_doubles(tx: Transaction, person: Participant, found: list[UUID]) -> None:
    for other_id in found:
        await tx.emit(
            DoubleFound(
                participant_id=person.participant_id, other_id=other_id, neighbourhood_id=person.neighbourhood_id
            )
        )


def _pause_timer(participant_id: UUID) -> str:
    return f"pause-due:{participant_id}"


def _refuse_organisation(reach: Reach, *, known: bool) -> None:
    if reach.organisation_id is not None and not known:
        raise Rejected(
            "unknown_id", "reach.organisation_id is no organisation that we know: see the list", "reach.organisation_id"
        )


def _place(after: str | None) -> tuple[str, UUID] | None:
    """Where the previous page ended."""
    if after is None:
        return None
    id_, _, name_key = after.partition(":")
    try:
        return name_key, UUID(id_)
    except ValueError:
        raise Rejected("malformed", "after is no `next` of an earlier page: leave it out to start", "after") from None
