"""Whatever is open is brought to someone, and climbs while nobody takes it: by timers, each checked when it comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.signals.domain import climbing as domain
from services.signals.domain.climbing import Ladder
from services.signals.domain.people import Neighbourhood
from services.signals.domain.signals import SYSTEM, Happened, Signal, came_back, put_down, told
from services.signals.handlers import access
from services.signals.repository import mediation, people
from services.signals.repository import signals as repository
from shared.contracts.profiles import Step
from shared.contracts.signals import SignalCameBack, SignalChanged, SignalDue, WorkerTold
from shared.messaging import Transaction, handles


@handles(SignalDue)
async def on_signal_due(event: SignalDue, tx: Transaction) -> None:
    """Nobody took it in time, or the day has come on which it is looked at again."""
    signal = await repository.locked(tx, event.signal_id)
    if signal is None:
        return
    if event.to == "climb" and signal.stage == "open":
        await _climb(tx, signal)
    elif event.to == "come-back" and signal.stage == "snoozed":
        await come_back(tx, signal)
    elif event.to == "look-after" and signal.stage == "taken":
        await _look_after(tx, signal)


async def bring(
    tx: Transaction, signal: Signal, step: Step = "worker", *, why: str = "new", again: bool = False
) -> Signal:
    """Tell someone of what is open, and wait for them; `again`: it may be who was told last. It is not kept yet."""
    place = await access.place(tx, signal.neighbourhood_id)
    at, worker_id = (await ladder(tx, place, signal.told_id)).whom(
        step, signal.urgency, None if again else signal.told_id
    )
    signal = replace(signal, step=at, told_id=worker_id, told_at=tx.now)
    await tell(tx, signal, at, worker_id, why=why)
    await wait(tx, signal, place)
    return signal


async def told_elsewhere(tx: Transaction, signal: Signal, worker_id: UUID) -> Signal:
    """Wait for a worker who hears of it by another event, in this transaction. Returns it, not kept yet."""
    signal = replace(signal, step="worker", told_id=worker_id, told_at=tx.now)
    await repository.add_step(tx, signal.signal_id, Happened("told", SYSTEM, step="worker", worker_id=worker_id))
    await wait(tx, signal, await access.place(tx, signal.neighbourhood_id))
    return signal


async def tell(tx: Transaction, signal: Signal, step: Step, worker_id: UUID | None, *, why: str) -> None:
    """Put it before someone."""
    await repository.add_step(tx, signal.signal_id, Happened("told", SYSTEM, step=step, worker_id=worker_id))
    await emit_told(tx, signal, step, worker_id, why=why)


async def emit_told(tx: Transaction, signal: Signal, step: Step, worker_id: UUID | None, *, why: str) -> None:
    """Tell someone, without a word in its history."""
    await tx.emit(
        WorkerTold.model_validate(
            {
                "neighbourhood_id": signal.neighbourhood_id, "worker_id": worker_id, "step": step, "about": "signal",
                "urgency": signal.urgency, "why": why, "signal_id": signal.signal_id,
            }
        )
    )  # fmt: skip


async def wait(tx: Transaction, signal: Signal, place: Neighbourhood) -> None:
    """Set the timer of what is open, or drop it when there is nothing to wait for."""
    assert signal.step is not None
    assert signal.told_at is not None
    at = domain.waits_until(signal.urgency, signal.step, signal.told_at, place, access.policy(tx, place))
    if at is None:
        await tx.cancel(SignalDue.timer(signal.signal_id, "climb"))
        return
    due = SignalDue(
        neighbourhood_id=signal.neighbourhood_id, signal_id=signal.signal_id, to="climb",
        step=domain.after(signal.step) or "coordinator",
    )  # fmt: skip
    await tx.at(at, due, SignalDue.timer(signal.signal_id, "climb"))


async def rest(tx: Transaction, signal: Signal) -> None:
    """Set the timer of what rests until a day."""
    assert signal.look_again_on is not None
    place = await access.place(tx, signal.neighbourhood_id)
    at = domain.comes_back_at(signal.look_again_on, place, access.policy(tx, place))
    due = SignalDue(neighbourhood_id=signal.neighbourhood_id, signal_id=signal.signal_id, to="come-back")
    await tx.at(at, due, SignalDue.timer(signal.signal_id, "come-back"))


async def look_after(tx: Transaction, signal: Signal, since: datetime | None = None) -> None:
    """Set the timer of what a worker has: nobody waits on who fell silent."""
    place = await access.place(tx, signal.neighbourhood_id)
    at = domain.lies_still_at(since or tx.now, place, access.policy(tx, place))
    due = SignalDue(neighbourhood_id=signal.neighbourhood_id, signal_id=signal.signal_id, to="look-after")
    await tx.at(at, due, SignalDue.timer(signal.signal_id, "look-after"))


async def stop(tx: Transaction, signal_id: UUID) -> None:
    """Nothing is waited for any more."""
    for to in ("climb", "come-back", "look-after"):
        await tx.cancel(SignalDue.timer(signal_id, to))


async def come_back(tx: Transaction, signal: Signal) -> Signal:
    """What rested is before its worker again; too soon, as it was given more time, it rests on. Returns it."""
    place = await access.place(tx, signal.neighbourhood_id)
    assert signal.look_again_on is not None
    if tx.now < domain.comes_back_at(signal.look_again_on, place, access.policy(tx, place)):
        await rest(tx, signal)
        return signal
    return await back(tx, signal)


async def back(tx: Transaction, signal: Signal, *, by: str = SYSTEM) -> Signal:
    """It is before its worker again, now. Returns it, kept."""
    signal = came_back(signal)
    await repository.save(tx, signal)
    await repository.add_step(tx, signal.signal_id, Happened("came-back", by, worker_id=signal.worker_id))
    await tx.cancel(SignalDue.timer(signal.signal_id, "come-back"))
    await tx.emit(told(SignalCameBack, signal))
    await look_after(tx, signal)
    await tell(tx, signal, "worker", signal.worker_id, why="came-back")
    return signal


async def ladder(tx: Transaction, place: Neighbourhood, told_id: UUID | None = None) -> Ladder:
    """Who can be told in a neighbourhood now."""
    coordinator_id = place.coordinator_id or await people.coordinator_of(tx, place.organisation_id)
    was_told = await people.worker(tx, told_id) if told_id else None
    backup = await people.worker(tx, was_told.backup_id) if was_told and was_told.backup_id else None
    at_work = await people.worker(tx, place.at_work_id) if place.at_work_id else None
    if at_work is not None and at_work.ended:
        place = replace(place, at_work_id=None, at_work_role=None)
    return Ladder(place, coordinator_id, backup.worker_id if backup and not backup.ended else None)


async def _look_after(tx: Transaction, signal: Signal) -> None:
    """Nothing was done with it for days: its worker is told so. When nothing is done after that either, it is put down,
    and climbs. What was referred has its own clock; what is being mediated is nobody else's to take."""
    place = await access.place(tx, signal.neighbourhood_id)
    moved_at, reminded_at = await repository.last_moves(tx, signal.signal_id)
    reminded = reminded_at is not None and reminded_at >= moved_at
    since = reminded_at if reminded and reminded_at is not None else moved_at
    if await repository.is_referred(tx, signal.signal_id):
        await look_after(tx, signal)
    elif tx.now < domain.lies_still_at(since, place, access.policy(tx, place)):
        await look_after(tx, signal, since)
    elif reminded and not await _is_mediated(tx, signal):
        await _put_down(tx, signal)
    else:
        await _remind(tx, signal)


async def _is_mediated(tx: Transaction, signal: Signal) -> bool:
    last = await mediation.last_of(tx, signal.signal_id)
    return last is not None and last.ended_at is None


async def _remind(tx: Transaction, signal: Signal) -> None:
    by = Happened("reminded", SYSTEM, worker_id=signal.worker_id)
    await repository.add_step(tx, signal.signal_id, by)
    await emit_told(tx, signal, "worker", signal.worker_id, why="lies-still")
    await look_after(tx, signal)


async def _put_down(tx: Transaction, signal: Signal) -> None:
    """It is open again, before their backup first."""
    down = replace(put_down(signal), told_id=signal.worker_id)
    down = await bring(tx, down, "backup", why="climbed")
    await repository.save(tx, down)
    await repository.add_step(tx, down.signal_id, Happened("changed", SYSTEM, worker_id=signal.worker_id))
    await tx.emit(told(SignalChanged, down))


async def _climb(tx: Transaction, signal: Signal) -> None:
    """To the next step; too soon, as it is less urgent now or the policy gives more time, it waits on."""
    place = await access.place(tx, signal.neighbourhood_id)
    assert signal.step is not None
    assert signal.told_at is not None
    at = domain.waits_until(signal.urgency, signal.step, signal.told_at, place, access.policy(tx, place))
    if at is None or at > tx.now:
        await wait(tx, signal, place)
        return
    signal = await bring(tx, signal, domain.after(signal.step) or "coordinator", why="climbed")
    await repository.save(tx, replace(signal, version=signal.version + 1))
