"""What exchange, profiles and notify tell that becomes a signal, or makes one moot, in whichever order it comes."""

from __future__ import annotations

from uuid import UUID

from services.signals.domain.asked import NOTHING
from services.signals.domain.signals import SYSTEM, AboutLimit, Happened, Signal
from services.signals.handlers import working
from services.signals.handlers.raising import raise_by_system
from services.signals.repository import asked, mediation, notes, people
from services.signals.repository import signals as repository
from shared.contracts.exchange import LimitReached, LimitSetAside, MediationAsked, NobodyFound, SilenceNoticed
from shared.contracts.notify import TaskUndone
from shared.contracts.profiles import VisitRecorded
from shared.contracts.signals import SignalCause
from shared.messaging import Transaction, handles


@handles(LimitReached)
async def on_limit_reached(event: LimitReached, tx: Transaction) -> None:
    """Beyond small help, or the same again and again; not when a worker has set it aside since."""
    cause: SignalCause = "drift" if event.why == "drift" else "limit"
    if await asked.hear(tx, event.exchange_id, "set-aside", NOTHING) > tx.message_id:
        return
    await raise_by_system(tx, cause, event.participant_id, exchange_id=event.exchange_id)


@handles(LimitSetAside)
async def on_limit_set_aside(event: LimitSetAside, tx: Transaction) -> None:
    """A worker deviated: it stands with the signal, which has ended when it was only about that."""
    await asked.hear(tx, event.exchange_id, "set-aside", tx.message_id)
    by = f"worker:{event.worker_id}" if event.worker_id else SYSTEM
    for signal in await repository.of_exchange(tx, event.exchange_id, AboutLimit):
        await repository.add_step(tx, signal.signal_id, Happened("limit-set-aside", by, worker_id=event.worker_id))
        if await _only_about_limit(tx, signal):
            await working.close(tx, signal, "nothing-to-do", by=by)


@handles(NobodyFound)
async def on_nobody_found(event: NobodyFound, tx: Transaction) -> None:
    """Nobody was found for what someone asked or offered; not when it is no longer sought."""
    if await asked.hear(tx, event.exchange_id, "not-sought", NOTHING) > tx.message_id:
        return
    await raise_by_system(tx, "nobody-found", event.participant_id, exchange_id=event.exchange_id)


@handles(MediationAsked)
async def on_mediation_asked(event: MediationAsked, tx: Transaction) -> None:
    """Someone said that it was not good. The worker who recorded it knows, and is not told."""
    await raise_by_system(
        tx, "not-good", event.participant_id, exchange_id=event.exchange_id, told_id=event.worker_id
    )  # fmt: skip


@handles(SilenceNoticed)
async def on_silence_noticed(event: SilenceNoticed, tx: Transaction) -> None:
    """Nothing was heard of someone for a while."""
    await raise_by_system(tx, "silence", event.participant_id, unless_visited_since=event.since)


@handles(VisitRecorded)
async def on_visit_recorded(event: VisitRecorded, tx: Transaction) -> None:
    """A worker spoke with them: a silence of before has ended by itself, unless someone has taken it."""
    participant_id = await people.survivor(tx, event.participant_id) or event.participant_id
    for signal in await repository.open_of(tx, participant_id, "silence"):
        await working.close(tx, signal, "talk", by=SYSTEM)
    await people.visited(tx, participant_id, min(event.visited_at, tx.now))


@handles(TaskUndone)
async def on_task_undone(event: TaskUndone, tx: Transaction) -> None:
    """Nobody rang, or brought the letter."""
    await raise_by_system(tx, "task-undone", event.participant_id)


async def not_sought(tx: Transaction, exchange_id: UUID) -> None:
    """Neighbours are no longer sought for it: that nobody was found is moot, unless someone has taken it."""
    await asked.hear(tx, exchange_id, "not-sought", tx.message_id)
    for signal in await repository.of_exchange(tx, exchange_id, ["nobody-found"]):
        if signal.stage == "open":
            await working.close(tx, signal, "nothing-to-do", by=SYSTEM)


async def _only_about_limit(tx: Transaction, signal: Signal) -> bool:
    """Nothing else came of it: no note but on the deviation, no referral, no mediation."""
    return (
        signal.kind == "limit"
        and signal.referral_id is None
        and await notes.how_many(tx, signal.signal_id, but="deviation") == 0
        and await mediation.last_of(tx, signal.signal_id) is None
    )
