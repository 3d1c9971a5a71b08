"""A worker who stops: what was theirs is their backup's, and what was brought to them goes on to the next."""

from __future__ import annotations

from uuid import UUID

from services.signals.domain import signals as domain
from services.signals.domain.climbing import after
from services.signals.domain.signals import SYSTEM, Signal
from services.signals.handlers import asked, climbing, working
from services.signals.repository import asked as asked_of
from services.signals.repository import people
from services.signals.repository import signals as repository
from shared.contracts.profiles import WorkerEnded, WorkerKept
from shared.contracts.signals import SignalChanged, SignalOfferAnswered
from shared.messaging import Transaction, handles

_CHAIN = 10
"""How far is looked for a backup who hasn't stopped either."""


@handles(WorkerKept)
async def on_worker_kept(state: WorkerKept, tx: Transaction) -> None:
    """A worker as they are now."""
    if await people.keep_worker(tx, state) and state.removed:
        await hand_on(tx, state.worker_id)


@handles(WorkerEnded)
async def on_worker_ended(event: WorkerEnded, tx: Transaction) -> None:
    """They stopped; whichever tells it first, the event or the state, the other changes nothing."""
    if await people.end_worker(tx, event.worker_id, event.version, event.backup_id):
        await hand_on(tx, event.worker_id)


async def hand_on(tx: Transaction, worker_id: UUID) -> None:
    """All that was theirs."""
    backup_id = await _backup(tx, worker_id)
    for signal in await repository.of_worker(tx, worker_id):
        await _hand_on(tx, signal, worker_id, backup_id)
    for each in await asked_of.of_worker(tx, worker_id):
        if after(each.step) is not None:
            await asked.climb(tx, each)


async def _hand_on(tx: Transaction, signal: Signal, worker_id: UUID, backup_id: UUID | None) -> None:
    if signal.stage == "open":
        signal = await climbing.bring(
            tx, domain.changed(signal), after(signal.step or "worker") or "coordinator", why="climbed"
        )
        await repository.save(tx, signal)
    elif signal.worker_id != worker_id:
        declined = domain.changed(signal, offered_to=None)
        says = {"from_id": signal.worker_id, "agreed": False}
        await working.keep(tx, declined, SYSTEM, "offer-declined", SignalOfferAnswered, fact_says=says)
    elif backup_id is not None:
        theirs = domain.handed_over(signal, backup_id)
        says = {"from_id": worker_id, "agreed": True}
        await working.keep(tx, theirs, SYSTEM, "handed-over", SignalOfferAnswered, worker_id=backup_id, fact_says=says)
        await climbing.tell(tx, theirs, "backup", backup_id, why="climbed")
    else:
        await climbing.stop(tx, signal.signal_id)
        open_again = await climbing.bring(tx, domain.put_down(signal), why="climbed")
        await working.keep(tx, open_again, SYSTEM, "changed", SignalChanged)


async def _backup(tx: Transaction, worker_id: UUID) -> UUID | None:
    """Who stands in for them, or for who did, and hasn't stopped; None when there is nobody."""
    id_, before = worker_id, {worker_id}
    for _ in range(_CHAIN):
        worker = await people.worker(tx, id_)
        if worker is None or worker.backup_id is None or worker.backup_id in before:
            return None
        id_ = worker.backup_id
        before.add(id_)
        backup = await people.worker(tx, id_)
        if backup is None or not backup.ended:
            return id_
    return None
