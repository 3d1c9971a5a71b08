"""Entries that may be one person: shown to the worker, who merges or dismisses them."""

from __future__ import annotations

from uuid import UUID

from services.profiles.domain import circles as ties
from services.profiles.domain import participants as domain
from services.profiles.domain.participants import Participant
from services.profiles.handlers.access import keep, opened, present, tell, touch
from services.profiles.handlers.circles import tell_circle, tell_circles
from services.profiles.handlers.mandates import tell_consents
from services.profiles.handlers.participants import expect_end_of_pause
from services.profiles.repository import circles, mandates, participants
from services.profiles.repository import doubles as repository
from shared.access import STAFF, WORKER, who
from shared.contracts.profiles import (
    CircleKept,
    ConsentsKept,
    DismissDouble,
    DoublePage,
    DoubleRef,
    ListDoubles,
    MergeParticipants,
    ParticipantChanged,
    ParticipantMerged,
    ParticipantRef,
    VisitDue,
)
from shared.messaging import Rejected, Transaction, handles


@handles(MergeParticipants)
async def merge_participants(command: MergeParticipants, tx: Transaction) -> ParticipantRef:
    """One survives; the other becomes a tombstone that points to it."""
    survivor = await opened(tx, command.survivor_id, WORKER, "survivor_id")
    double = present(await participants.locked(tx, command.double_id), "double_id")
    answered_for = [each.participant_id for each in await mandates.running_mandates(tx, double.participant_id)]
    merged, tombstone = domain.merge(survivor, double)
    await participants.save(tx, tombstone)
    await _move(tx, double.participant_id, survivor.participant_id)
    current = present(await participants.locked(tx, survivor.participant_id), "survivor_id")
    merged = domain.with_holders(merged, current.mandate_holder_ids)
    ref = await keep(tx, survivor, merged, ParticipantChanged)
    await _set_timers(tx, merged, tombstone)
    await _tell_merged(tx, merged, tombstone)
    await _tell_answered_for(tx, answered_for, {double.participant_id, survivor.participant_id})
    return ref


@handles(DismissDouble)
async def dismiss_double(command: DismissDouble, tx: Transaction) -> DoubleRef:
    """Two people after all."""
    actor = who(tx, WORKER)
    if not await repository.dismiss(tx, command.first_id, command.second_id, str(actor)):
        raise Rejected("unknown_id", "first_id and second_id are no possible double: see the list", "first_id")
    return DoubleRef(first_id=command.first_id, second_id=command.second_id)


@handles(ListDoubles, reads=True)
async def list_doubles(query: ListDoubles, tx: Transaction) -> DoublePage:
    """Pairs that wait for a worker."""
    who(tx, STAFF)
    found = await repository.listed(
        tx, query.neighbourhood_id, query.participant_id, _place(query.after), query.limit + 1
    )
    page = found[: query.limit]
    more = len(found) > query.limit
    return DoublePage(
        doubles=page,
        next=f"{page[-1].first.participant_id}:{page[-1].second.participant_id}" if more else None,
    )


async def _move(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    """All that hung on the one hangs on the other."""
    both = (survivor_id, double_id)
    await circles.replace(tx, both, ties.merge(survivor_id, double_id, await circles.ties(tx, *both)))
    await mandates.move(tx, double_id, survivor_id)
    await circles.move_visits(tx, double_id, survivor_id)
    await participants.repoint(tx, double_id, survivor_id)
    await repository.drop(tx, double_id)


async def _set_timers(tx: Transaction, merged: Participant, tombstone: Participant) -> None:
    """The entry that ended waits for nothing; the survivor for the end of its pause, and for a first visit."""
    for person in (merged, tombstone):
        await expect_end_of_pause(tx, person)
    await tx.cancel(VisitDue.timer(tombstone.participant_id))
    if merged.visited_at is not None:
        await tx.cancel(VisitDue.timer(merged.participant_id))


async def _tell_merged(tx: Transaction, merged: Participant, tombstone: Participant) -> None:
    id_, version = tombstone.participant_id, tombstone.version
    await tell(tx, tombstone)
    await tx.emit(CircleKept(participant_id=id_, version=version, removed=True))
    await tx.emit(ConsentsKept(participant_id=id_, version=version, removed=True))
    await tx.emit(
        ParticipantMerged(
            participant_id=id_,
            version=version,
            survivor_id=merged.participant_id,
            neighbourhood_id=tombstone.neighbourhood_id,
        )
    )  # fmt: skip
    await tell_consents(tx, merged)
    await tell_circle(tx, merged)
    members = ties.members(await circles.ties(tx, merged.participant_id), merged.participant_id)
    await tell_circles(tx, members)


async def _tell_answered_for(tx: Transaction, participant_ids: list[UUID], but: set[UUID]) -> None:
    """Those for whom the merged entry held a mandate now have the survivor as holder."""
    for participant_id in sorted(set(participant_ids) - but):
        person = await participants.locked(tx, participant_id)
        if person is not None:
            await tell(tx, await touch(tx, person))


def _place(after: str | None) -> tuple[UUID, UUID] | None:
    """Where the previous page ended."""
    if after is None:
        return None
    first, _, second = after.partition(":")
    try:
        return UUID(first), UUID(second)
    except ValueError:
        raise Rejected("malformed", "after is no `next` of an earlier page: leave it out to start", "after") from None
