"""What tests of signals have in common: a signal that someone raised, and what became of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from shared import clock
from shared.contracts.signals import ListSignals, RaiseSignal, ShowSignal, Signal, SignalRef, TakeSignal, WorkerTold
from tests.signals.neighbourhood import ZONE, Place, Signals, by


def in_days(days: int) -> date:
    return (clock.now().astimezone(ZONE) + timedelta(days=days)).date()


async def show(signals: Signals, signal_id: UUID, **how: Any) -> Signal:
    found: Signal = await signals.get(ShowSignal(signal_id=signal_id), **how)
    return found


async def raised(signals: Signals, place: Place, **more: Any) -> SignalRef:
    """Marie noticed something about someone."""
    who = more.pop("participant_id", None) or await signals.someone(place)
    how = more.pop("how", by(place.marie))
    ref: SignalRef = await signals.get(RaiseSignal(participant_id=who, **({"kind": "household"} | more)), **how)
    return ref


async def taken(signals: Signals, place: Place, **more: Any) -> SignalRef:
    """One that Marie has."""
    ref = await raised(signals, place, **more)
    found: SignalRef = await signals.get(TakeSignal(signal_id=ref.signal_id), **by(place.marie))
    return found


async def about(signals: Signals, who: UUID, **more: Any) -> list[Signal]:
    """All signals about someone, whole, the oldest first."""
    found = []
    for stage in ("open", "taken", "snoozed", "closed", "merged"):
        page = await signals.get(ListSignals(participant_id=who, stage=stage, **more))
        found += [await show(signals, each.signal_id) for each in page.signals]
    return sorted(found, key=lambda each: each.signal_id)


async def told_whom(signals: Signals, signal_id: UUID) -> list[tuple[UUID | None, str, str]]:
    """Whom it was brought to, as what, and why."""
    return [(each.worker_id, each.step, each.why) for each in await signals.told(WorkerTold, signal_id=signal_id)]
