"""What exchange does by itself in a neighbourhood: each morning, each Monday, and after each month."""

from __future__ import annotations

from services.exchange.domain import rounds as domain
from services.exchange.domain.people import Neighbourhood
from services.exchange.handlers.attention import look_for_silence
from services.exchange.handlers.figures import follow_months
from services.exchange.handlers.proposals import propose
from services.exchange.repository import people
from services.exchange.repository import rounds as repository
from shared.contracts.exchange import NeighbourhoodDue
from shared.messaging import Transaction, handles


async def follow(tx: Transaction, neighbourhood: Neighbourhood) -> None:
    """Look at this neighbourhood at the next times; at none any more when it has ended."""
    if neighbourhood.retired:
        for to in domain.NEXT:
            await tx.cancel(NeighbourhoodDue.timer(neighbourhood.neighbourhood_id, to))
        return
    for to in domain.NEXT:
        await _look_again(tx, neighbourhood, to)
    await follow_months(tx, neighbourhood)


@handles(NeighbourhoodDue)
async def on_neighbourhood_due(event: NeighbourhoodDue, tx: Transaction) -> None:
    """Look, one at a time in a neighbourhood, and set when to look again: at once when there is more to see."""
    await repository.lock(tx, event.neighbourhood_id)
    neighbourhood = await people.neighbourhood(tx, event.neighbourhood_id)
    if neighbourhood is None or neighbourhood.retired:
        return
    more = await (look_for_silence if event.to == "look-for-silence" else propose)(tx, neighbourhood)
    await _look_again(tx, neighbourhood, event.to, at_once=more)


async def _look_again(tx: Transaction, neighbourhood: Neighbourhood, to: domain.To, *, at_once: bool = False) -> None:
    event = NeighbourhoodDue(neighbourhood_id=neighbourhood.neighbourhood_id, to=to)
    time = tx.now if at_once else domain.NEXT[to](tx.now, neighbourhood.zone)
    await tx.at(time, event, key=NeighbourhoodDue.timer(neighbourhood.neighbourhood_id, to))
