"""Agreements: who said yes is looked at by the side that opened it; then both have each other's contact, and meet."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from services.exchange.domain.exchanges import Exchange
from shared.contracts.exchange import NextStep
from shared.messaging import Transaction


async def consider(tx: Transaction, exchange: Exchange) -> Exchange:
    """After a yes, a silence, or an end of candidates: put who said yes before the side that opened it, or look on."""
    raise NotImplementedError


async def end(
    tx: Transaction, exchange: Exchange, stage: Literal["withdrawn", "expired"], *, step: NextStep
) -> Exchange:
    """End an exchange at any stage. Who was asked is told `step`, who agreed "cancelled"; who opened it, nothing."""
    raise NotImplementedError


async def drop_out(tx: Transaction, exchange: Exchange, participant_id: UUID) -> Exchange:
    """A neighbour who was asked, said yes or agreed can't any more: someone else is sought."""
    raise NotImplementedError


async def decide_due(tx: Transaction, exchange: Exchange) -> Exchange:
    """The time to look at who said yes is over: silence is an answer."""
    raise NotImplementedError


async def rest_over_due(tx: Transaction, exchange: Exchange) -> Exchange:
    """Weeks after a "not now": neighbours are sought once more."""
    raise NotImplementedError


async def ask_how_it_was_due(tx: Transaction, exchange: Exchange) -> Exchange:
    """After the moment: who is in it is asked how it was."""
    raise NotImplementedError


async def close_due(tx: Transaction, exchange: Exchange) -> Exchange:
    """Nobody said how it was: it ends, and nobody is told."""
    raise NotImplementedError
