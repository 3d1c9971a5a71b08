"""What becomes of signals when two entries turn out to be one person, or someone is erased."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from services.signals.domain.signals import GOING, SYSTEM, Signal, of_one_matter
from services.signals.handlers import climbing, working
from services.signals.repository import signals as kept
from services.signals.repository import signals_leaving as repository
from shared.messaging import Transaction


async def hold(tx: Transaction, participant_ids: Sequence[UUID]) -> None:
    """What is about these people stays as it is meanwhile: before the people themselves, as everywhere."""
    await repository.hold(tx, participant_ids)


async def merge(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    """The signals of the one are of the other; what the system raised of both for one cause is one."""
    await repository.move(tx, double_id, survivor_id)
    going = [each for each in await repository.hold(tx, [survivor_id]) if each.stage in GOING and each.by_system]
    for _, same in groupby(sorted(going, key=of_one_matter), key=of_one_matter):
        first, *others = sorted(same, key=lambda each: each.signal_id)
        for other in others:
            first = await _make_one(tx, other, first)


async def erase(tx: Transaction, participant_ids: Sequence[UUID]) -> None:
    """Every row goes, and every timer."""
    for signal in await repository.hold(tx, participant_ids):
        await climbing.stop(tx, signal.signal_id)
    for id_ in participant_ids:
        await repository.erase(tx, id_)


async def _make_one(tx: Transaction, other: Signal, first: Signal) -> Signal:
    await working.merge(tx, other, first, by=SYSTEM)
    again = await kept.locked(tx, first.signal_id)
    assert again is not None
    return again
