"""Showing exchanges: to who is in them, each as far as they may see, and to workers."""

from __future__ import annotations

from services.exchange.domain import showing as domain
from services.exchange.domain.exchanges import Exchange
from services.exchange.domain.invitations import Invitation
from services.exchange.domain.showing import Eyes, Whole
from services.exchange.handlers import access
from services.exchange.repository import agreements, exchanges, invitations
from services.exchange.repository import showing as repository
from shared.access import OURS, Actor, who
from shared.contracts.exchange import Exchange as Shown
from shared.contracts.exchange import ExchangePage, ListExchanges, ShowExchange
from shared.messaging import Rejected, Transaction, handles


@handles(ShowExchange, reads=True)
async def show_exchange(query: ShowExchange, tx: Transaction) -> Shown:
    """One exchange. Who is not in it hears that there is none."""
    actor = who(tx, OURS)
    exchange = await exchanges.read(tx, query.exchange_id)
    asked = await invitations.of_exchange(tx, query.exchange_id)
    eyes = await _eyes(tx, actor, exchange, asked) if exchange else None
    if exchange is None or eyes is None:
        raise Rejected("unknown_id", "exchange_id is no exchange that we know: check the id", "exchange_id")
    return domain.shown(await _whole(tx, exchange, asked), eyes)


@handles(ListExchanges, reads=True)
async def list_exchanges(query: ListExchanges, tx: Transaction) -> ExchangePage:
    """Exchanges, the latest first; for a participant what they opened or agreed to."""
    staff = who(tx, OURS).kind != "participant"
    if query.participant_id is not None:
        await access.may(tx, [query.participant_id], OURS, "participant_id")
        found = await repository.of_person(tx, query, heard=not staff)
    elif staff:
        found = await repository.of_place(tx, query)
    else:
        raise Rejected("missing", "participant_id is not filled in: name yourself", "participant_id")
    eyes = Eyes("worker") if staff else Eyes("opener", query.participant_id)
    page = [domain.summary(each, eyes) for each in found[: query.limit]]
    return ExchangePage(exchanges=page, next=page[-1].exchange_id if len(found) > query.limit else None)


async def _eyes(tx: Transaction, actor: Actor, exchange: Exchange, asked: list[Invitation]) -> Eyes | None:
    if actor.kind != "participant":
        return Eyes("worker")
    found = domain.sides(exchange, asked, await repository.ever_agreed(tx, exchange.exchange_id))
    return domain.eyes_of(actor.uuid, found, await repository.held_by(tx, actor.uuid, found))


async def _whole(tx: Transaction, exchange: Exchange, asked: list[Invitation]) -> Whole:
    id_ = exchange.exchange_id
    return Whole(
        exchange, asked,
        neighbours=await agreements.neighbours(tx, id_),
        said=await agreements.experiences(tx, id_),
        thanks=await agreements.thanks(tx, id_),
        deviations=await repository.deviations(tx, id_),
        pleasures=await repository.pleasures(tx, exchange, [each.participant_id for each in asked]),
    )  # fmt: skip
