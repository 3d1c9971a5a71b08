"""Timers of an exchange: each comes when it may be moot, or twice; whether it holds is looked at first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from services.exchange.domain import opening as domain
from services.exchange.domain.exchanges import Exchange, changed
from services.exchange.handlers import access, agreements, opening
from services.exchange.repository import exchanges, invitations
from shared.contracts.exchange import ExchangeDue, NobodyFound
from shared.messaging import Transaction, handles


@handles(ExchangeDue)
async def on_exchange_due(event: ExchangeDue, tx: Transaction) -> None:
    """What each timer is for."""
    exchange = await exchanges.locked(tx, event.exchange_id)
    if exchange is not None:
        await _FOR[event.to](tx, exchange)


async def _look_again(tx: Transaction, exchange: Exchange) -> None:
    await agreements.consider(tx, exchange)


async def _tell_nobody_found(tx: Transaction, exchange: Exchange) -> None:
    """Once per opening; who said yes meanwhile may fall away again, and it is looked at anew then."""
    asked = await invitations.of_exchange(tx, exchange.exchange_id)
    at = domain.tells_nobody_found_at(exchange, asked, await agreements.policy_for(tx, exchange), tx.now)
    if at is None or at > tx.now:
        await opening.expect(tx, exchange, "tell-nobody-found", at)
        return
    told = await access.keep(tx, changed(exchange, nobody_told_at=tx.now))
    await tx.emit(
        NobodyFound(
            neighbourhood_id=told.neighbourhood_id, exchange_id=told.exchange_id, participant_id=told.participant_id
        )
    )
    await access.tell(tx, told.participant_id, "nobody-yet", told)


async def _end(tx: Transaction, exchange: Exchange) -> None:
    """It waited long enough; when it was given more time meanwhile, the timer goes on."""
    at = domain.end_of(exchange, await agreements.policy_for(tx, exchange))
    if at is None or at > tx.now:
        await opening.expect(tx, exchange, "end", at)
        return
    ended = await agreements.end(tx, exchange, "expired", step="ended")
    if not domain.is_proposed(exchange):
        await access.tell(tx, exchange.participant_id, "ended", ended)


_FOR: dict[str, Callable[[Transaction, Exchange], Awaitable[object]]] = {
    "look-again": _look_again,
    "tell-nobody-found": _tell_nobody_found,
    "end": _end,
    "decide": agreements.decide_due,
    "rest-over": agreements.rest_over_due,
    "ask-how-it-was": agreements.ask_how_it_was_due,
    "close": agreements.close_due,
}
