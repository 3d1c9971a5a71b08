"""Circles and visits. What ends in a circle is told to nobody."""

from __future__ import annotations

from uuid import UUID

from services.profiles.domain import circles as domain
from services.profiles.domain import participants as people
from services.profiles.domain.circles import Tie
from services.profiles.domain.participants import Participant
from services.profiles.handlers.access import opened, other, seen, touch
from services.profiles.repository import circles as repository
from services.profiles.repository import participants
from shared.access import OURS, STAFF, who
from shared.contracts.profiles import (
    AgreeToCircle,
    AskIntoCircle,
    Circle,
    CircleAgreed,
    CircleAsked,
    CircleRef,
    DeclineCircle,
    ListVisits,
    RecordVisit,
    ShowCircle,
    StepOutOfCircle,
    Visit,
    VisitDue,
    VisitPage,
    VisitRecorded,
    VisitRef,
)
from shared.ids import new_id
from shared.messaging import Rejected, Transaction, handles


@handles(AskIntoCircle)
async def ask_into_circle(command: AskIntoCircle, tx: Transaction) -> CircleRef:
    """A question; when the other had asked too, it is a yes."""
    person = await opened(tx, command.participant_id, OURS)
    people.refuse_left(person)
    asked = await other(tx, command.other_id, "other_id")
    one, two = person.participant_id, asked.participant_id
    before = await repository.tie(tx, one, two)
    after = domain.ask(before, one, two, domain.standing(await repository.ties(tx, one)), tx.now)
    if after is not None and after.state == "agreed":
        await _agreed(tx, after, asker=asked, agreer=person)
    elif after is not None:
        await repository.keep(tx, [after])
    if after is not None and after.state == "asked":
        await tx.emit(CircleAsked(participant_id=one, other_id=two, neighbourhood_id=asked.neighbourhood_id))
    return domain.as_seen(after or before, one, two)


@handles(AgreeToCircle)
async def agree_to_circle(command: AgreeToCircle, tx: Transaction) -> CircleRef:
    """A yes: each is in the other's circle."""
    person = await opened(tx, command.participant_id, OURS)
    people.refuse_left(person)
    asker = await other(tx, command.other_id, "other_id")
    before = await repository.tie(tx, person.participant_id, asker.participant_id)
    after = domain.agree(before, person.participant_id, tx.now)
    if after is not None:
        await _agreed(tx, after, asker=asker, agreer=person)
    return domain.as_seen(after or before, person.participant_id, asker.participant_id)


@handles(DeclineCircle)
async def decline_circle(command: DeclineCircle, tx: Transaction) -> CircleRef:
    """A no, which nobody hears."""
    person = await opened(tx, command.participant_id, OURS)
    before = await repository.tie(tx, person.participant_id, command.other_id)
    after = domain.decline(before, person.participant_id, tx.now)
    if after is not None:
        await repository.keep(tx, [after])
    return domain.as_seen(after or before, person.participant_id, command.other_id)


@handles(StepOutOfCircle)
async def step_out_of_circle(command: StepOutOfCircle, tx: Transaction) -> CircleRef:
    """Out of each other's circle. The states change; the other isn't told."""
    person = await opened(tx, command.participant_id, OURS)
    before = await repository.tie(tx, person.participant_id, command.other_id)
    after = domain.step_out(before, person.participant_id, tx.now)
    if after is not None:
        await repository.keep(tx, [after])
        if before is not None and before.state == "agreed":
            await tell_circle(tx, await touch(tx, person))
            await tell_circles(tx, [command.other_id])
    return domain.as_seen(after or before, person.participant_id, command.other_id)


@handles(ShowCircle, reads=True)
async def show_circle(query: ShowCircle, tx: Transaction) -> Circle:
    """Someone's circle, as they may see it."""
    person = await seen(tx, query.participant_id, OURS)
    me = person.participant_id
    ties = await repository.ties(tx, me)
    return Circle(
        members=await repository.named(tx, me, domain.agreed_since(ties, me)),
        asked_by=await repository.named(tx, me, domain.to_answer(ties, me)),
        asked=await repository.named(tx, me, domain.unanswered(ties, me)),
    )


@handles(RecordVisit)
async def record_visit(command: RecordVisit, tx: Transaction) -> VisitRef:
    """A worker has spoken with them: the newcomer's timer stops."""
    person = await opened(tx, command.participant_id, STAFF)
    people.refuse_left(person)
    visit = await _visit(tx, command)
    await repository.add_visit(tx, person.participant_id, visit)
    await participants.save(tx, people.visited(person, visit.visited_at))
    await tx.cancel(VisitDue.timer(person.participant_id))
    await tx.emit(
        VisitRecorded(
            visit_id=visit.visit_id, participant_id=person.participant_id, worker_id=visit.worker_id,
            visited_at=visit.visited_at, neighbourhood_id=person.neighbourhood_id, first=person.visited_at is None,
        )
    )  # fmt: skip
    return VisitRef(visit_id=visit.visit_id, participant_id=person.participant_id)


@handles(ListVisits, reads=True)
async def list_visits(query: ListVisits, tx: Transaction) -> VisitPage:
    """The visits to a person."""
    await seen(tx, query.participant_id, OURS)
    found = await repository.visits(tx, query.participant_id, query.after, query.limit + 1)
    page = found[: query.limit]
    return VisitPage(visits=page, next=page[-1].visit_id if len(found) > query.limit else None)


async def end_circle(tx: Transaction, left: Participant) -> None:
    """Someone left: they step out of every circle, as silently as ever."""
    me = left.participant_id
    ties = [tie for tie in await repository.ties(tx, me) if tie.state != "ended"]
    await repository.keep(tx, [ended for tie in ties if (ended := domain.step_out(tie, me, tx.now))])
    members = domain.members(ties, me)
    if members:
        await tell_circle(tx, left)
        await tell_circles(tx, members)


async def tell_circle(tx: Transaction, person: Participant) -> None:
    """Who is in someone's circle now."""
    ties = await repository.ties(tx, person.participant_id)
    await tx.emit(domain.kept(person.participant_id, person.version, ties))


async def tell_circles(tx: Transaction, participant_ids: list[UUID]) -> None:
    """The same for others whose circle changed."""
    for participant_id in sorted(participant_ids):
        person = await participants.locked(tx, participant_id)
        if person is not None and person.status != "merged":
            await tell_circle(tx, await touch(tx, person))


async def _agreed(tx: Transaction, tie: Tie, *, asker: Participant, agreer: Participant) -> None:
    await repository.keep(tx, [tie])
    for person in (asker, agreer):
        await tell_circle(tx, await touch(tx, person))
    await tx.emit(
        CircleAgreed(
            participant_id=asker.participant_id, other_id=agreer.participant_id,
            neighbourhood_id=asker.neighbourhood_id,
        )
    )  # fmt: skip


async def _visit(tx: Transaction, command: RecordVisit) -> Visit:
    """The visit that a command tells of; refused when it lies ahead or no worker made it."""
    visit = Visit(visit_id=new_id(), worker_id=_visitor(command, tx), visited_at=command.visited_at or tx.now)
    if visit.visited_at > tx.now:
        raise Rejected("in_the_future", "visited_at lies in the future: give a time that has passed", "visited_at")
    if not await participants.worker_exists(tx, visit.worker_id):
        raise Rejected("unknown_id", "worker_id is no worker that we know: see the list", "worker_id")
    return visit


def _visitor(command: RecordVisit, tx: Transaction) -> UUID:
    """The worker whom the command names, or who sent it."""
    actor = who(tx, STAFF)
    if command.worker_id is not None:
        return command.worker_id
    if actor.kind != "worker":
        raise Rejected("missing", "worker_id is missing: say which worker it was", "worker_id")
    return actor.uuid
