"""What profiles tells of people and places, as notify keeps it. Two entries of one person become one here too."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from services.notify.handlers import digests, telling
from services.notify.repository import digests as kept_digests
from services.notify.repository import links, mails, preferences, tasks
from services.notify.repository import people as repository
from shared.contracts.profiles import (
    ContactKept,
    DutyKept,
    NeighbourhoodKept,
    OrganisationKept,
    ParticipantMerged,
    WorkerKept,
)
from shared.figures import month_of
from shared.messaging import Transaction, handles


@handles(ContactKept)
async def on_contact_kept(state: ContactKept, tx: Transaction) -> None:
    """How someone is called and reached now. What is older than what is held changes nothing."""
    if state.merged_into is not None:
        await merge(tx, state.participant_id, state.merged_into)
    elif state.removed:
        await repository.drop(tx, state.participant_id)
    elif await repository.survivor(tx, state.participant_id) is None:
        await _keep(tx, state)


@handles(ParticipantMerged)
async def on_participant_merged(event: ParticipantMerged, tx: Transaction) -> None:
    """What is kept of the one is of the survivor."""
    await merge(tx, event.participant_id, event.survivor_id)


@handles(WorkerKept)
async def on_worker_kept(state: WorkerKept, tx: Transaction) -> None:
    """A worker as they are now, and when they get their digest."""
    if await repository.keep_worker(tx, state):
        worker = await repository.worker(tx, state.worker_id)
        assert worker is not None
        await digests.follow(tx, worker)
        if worker.ended:
            await preferences.erase_worker(tx, worker.worker_id)
            await links.forget(tx, worker.worker_id)


@handles(NeighbourhoodKept)
async def on_neighbourhood_kept(state: NeighbourhoodKept, tx: Transaction) -> None:
    """A neighbourhood as it is now; with the first, the figures of its month are waited for."""
    if not await kept_digests.neighbourhoods(tx):
        await digests.follow_figures(tx, month_of(tx.now, ZoneInfo(state.timezone)))
    await repository.keep_neighbourhood(tx, state)


@handles(DutyKept)
async def on_duty_kept(state: DutyKept, tx: Transaction) -> None:
    """Who answers for a neighbourhood from now on."""
    await repository.keep_duty(tx, state)


@handles(OrganisationKept)
async def on_organisation_kept(state: OrganisationKept, tx: Transaction) -> None:
    """An organisation as it is now."""
    await repository.keep_organisation(tx, state)


async def merge(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    """Two entries are one person. Told twice, by the event and by the tombstone, the second time changes nothing."""
    survivor_id = await repository.survivor(tx, survivor_id) or survivor_id
    for id_ in sorted((double_id, survivor_id)):
        await repository.locked(tx, id_)
    await repository.remember_merged(tx, double_id, survivor_id)
    for each in (mails, tasks, preferences, kept_digests):
        await each.move(tx, double_id, survivor_id)
    await links.pass_to(tx, double_id, survivor_id)
    await repository.drop(tx, double_id)


async def _keep(tx: Transaction, state: ContactKept) -> None:
    """An address that took no mail is forgotten with the address; who comes back from a pause hears what waited."""
    before = await repository.locked(tx, state.participant_id)
    await repository.keep(tx, state)
    email = state.reach.email if state.reach else None
    if before is not None and before.version < state.version and before.email != email:
        await preferences.unmark_failing(tx, state.participant_id)
    if state.status == "left":
        await telling.nothing_left(tx, state.participant_id)
    if before is not None and before.status == "paused" and state.status == "active":
        await mails.due_now(tx, state.participant_id)
