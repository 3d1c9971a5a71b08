"""When people meet, as exchange tells it: the next gathering is proposed when a referral ends."""

from __future__ import annotations

from services.signals.handlers import asked
from services.signals.repository import gatherings as repository
from shared.contracts.exchange import GatheringCancelled, GatheringChanged, GatheringHeld, GatheringPlanned
from shared.messaging import Transaction, handles


@handles(GatheringPlanned)
async def on_gathering_planned(event: GatheringPlanned, tx: Transaction) -> None:
    """One to propose."""
    await repository.keep(tx, event, ahead=True)


@handles(GatheringChanged)
async def on_gathering_changed(event: GatheringChanged, tx: Transaction) -> None:
    """Maybe at another moment."""
    await repository.keep(tx, event, ahead=True)
    await asked.settled(tx, event.gathering_id)


@handles(GatheringCancelled)
async def on_gathering_cancelled(event: GatheringCancelled, tx: Transaction) -> None:
    """Not to be proposed any more."""
    await repository.keep(tx, event, ahead=False)
    await asked.settled(tx, event.gathering_id)


@handles(GatheringHeld)
async def on_gathering_held(event: GatheringHeld, tx: Transaction) -> None:
    """It is over."""
    await repository.keep(tx, event, ahead=False)
    await asked.settled(tx, event.gathering_id)
