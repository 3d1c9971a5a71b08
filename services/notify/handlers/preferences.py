"""What people want to be written about, and when."""

from __future__ import annotations

from uuid import UUID

from services.notify.domain.people import Person, Worker
from services.notify.handlers import digests
from services.notify.repository import people
from services.notify.repository import preferences as repository
from shared.access import OURS, STAFF, check_person, who
from shared.contracts.notify import (
    DoWithout,
    ParticipantPreferences,
    SetPreferences,
    SetWorkerPreferences,
    ShowPreferences,
    ShowWorkerPreferences,
    WorkerPreferences,
)
from shared.messaging import Rejected, Transaction, handles


@handles(ShowPreferences)
async def show_preferences(query: ShowPreferences, tx: Transaction) -> ParticipantPreferences:
    """What a participant does without."""
    return await _of(tx, await _person(tx, query.participant_id))


@handles(SetPreferences)
async def set_preferences(command: SetPreferences, tx: Transaction) -> ParticipantPreferences:
    """All that a participant does without."""
    person = await _person(tx, command.participant_id)
    await repository.set_without(tx, person.participant_id, command.without)
    return await _of(tx, person)


@handles(DoWithout)
async def do_without(command: DoWithout, tx: Transaction) -> ParticipantPreferences:
    """No more mail of one group."""
    person = await _person(tx, command.participant_id)
    await repository.do_without(tx, person.participant_id, command.group)
    return await _of(tx, person)


@handles(ShowWorkerPreferences)
async def show_worker_preferences(query: ShowWorkerPreferences, tx: Transaction) -> WorkerPreferences:
    """When a worker gets the digest."""
    who(tx, STAFF)
    return await _of_worker(tx, await _worker(tx, query.worker_id))


@handles(SetWorkerPreferences)
async def set_worker_preferences(command: SetWorkerPreferences, tx: Transaction) -> WorkerPreferences:
    """When a worker wants the digest."""
    who(tx, STAFF)
    worker = await _worker(tx, command.worker_id)
    await repository.set_digest_hour(tx, worker.worker_id, command.digest, command.digest_at)
    await digests.follow(tx, worker)
    return await _of_worker(tx, worker)


async def _person(tx: Transaction, participant_id: UUID) -> Person:
    actor = who(tx, OURS)
    person = await people.person(tx, participant_id)
    if person is None:
        raise Rejected("unknown_id", "participant_id is no participant that we know: check the id", "participant_id")
    check_person(actor, person, OURS, "participant_id")
    return person


async def _worker(tx: Transaction, worker_id: UUID) -> Worker:
    worker = await people.worker(tx, worker_id)
    if worker is None or worker.ended:
        raise Rejected("unknown_id", "worker_id is no worker that we know: check the id", "worker_id")
    return worker


async def _of(tx: Transaction, person: Person) -> ParticipantPreferences:
    return ParticipantPreferences(
        participant_id=person.participant_id, without=await repository.without(tx, person.participant_id)
    )


async def _of_worker(tx: Transaction, worker: Worker) -> WorkerPreferences:
    rhythm, at, _ = await digests.hour_of(tx, worker)
    return WorkerPreferences(worker_id=worker.worker_id, digest=rhythm, digest_at=at)
