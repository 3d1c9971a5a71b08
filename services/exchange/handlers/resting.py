"""What rests on one neighbour, again and again for the same person: the worker hears it, and nothing is cut."""

from __future__ import annotations

from uuid import UUID

from services.exchange.domain import opening as domain
from services.exchange.domain.exchanges import Exchange
from services.exchange.handlers.access import policy
from services.exchange.repository import opening as repository
from services.exchange.repository import people
from shared.contracts.exchange import LimitReached
from shared.messaging import Transaction


async def resting(tx: Transaction, exchange: Exchange, other_id: UUID) -> None:
    """After an agreement with this neighbour is kept: once in a drift window the worker hears that it rests on one."""
    pair = (exchange.participant_id, other_id)
    one, other = pair if exchange.opening == "ask" else pair[::-1]
    place = await people.neighbourhood(tx, exchange.neighbourhood_id)
    if place is None:
        return
    rules = policy(tx, place)
    if domain.tells_rest(await repository.agreed_at(tx, one, other), rules):
        await tx.emit(
            LimitReached(
                neighbourhood_id=exchange.neighbourhood_id, exchange_id=exchange.exchange_id,
                participant_id=exchange.participant_id, why="drift", other_id=other_id,
            )
        )  # fmt: skip
