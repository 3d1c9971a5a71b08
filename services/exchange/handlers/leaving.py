"""When someone pauses, leaves, moves, or is erased, nothing that they were in is left hanging; nor when two entries
turn out to be one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args
from uuid import UUID

from services.exchange.domain import leaving as domain
from services.exchange.domain.exchanges import Exchange
from services.exchange.domain.invitations import WAITS, Invitation
from services.exchange.domain.people import Person
from services.exchange.handlers import agreements
from services.exchange.handlers.access import looked
from services.exchange.handlers.gatherings import leave_gatherings
from services.exchange.repository import agreements as agreed_with
from services.exchange.repository import exchanges, invitations, people
from services.exchange.repository import leaving as repository
from shared.contracts.erasure import ExchangeErasureConfirmed
from shared.contracts.exchange import ExchangeDue, GatheringDue, InvitationDue
from shared.contracts.profiles import ParticipantErased, ParticipantMerged
from shared.messaging import Transaction, handles


@handles(ParticipantMerged)
async def on_participant_merged(event: ParticipantMerged, tx: Transaction) -> None:
    """What is kept of the one is of the survivor."""
    await merge(tx, event.participant_id, event.survivor_id)


@handles(ParticipantErased)
async def on_participant_erased(event: ParticipantErased, tx: Transaction) -> None:
    """Gone from here, whether we ever knew them or not."""
    await _erase(tx, sorted({event.participant_id, *event.merged_ids}))
    await tx.emit(
        ExchangeErasureConfirmed(
            erasure_id=event.erasure_id, participant_id=event.participant_id, confirmed_by="exchange",
            neighbourhood_id=None,
        )
    )  # fmt: skip


async def hold(tx: Transaction, *participant_ids: UUID, ended: bool = False) -> None:
    """These people, and before them what they are in, stay as they are until this transaction ends; with `ended` also
    what they were in: a word of thanks may still come."""
    await repository.hold(tx, participant_ids, ended=ended)
    for id_ in sorted(participant_ids):
        await people.locked(tx, id_)


async def settle(tx: Transaction, participant_id: UUID, person: Person | None) -> None:
    """What someone is in goes on, or ends, as they stand now. None: they are no longer known."""
    for exchange_id in await repository.live_exchanges(tx, participant_id):
        exchange = await exchanges.locked(tx, exchange_id)
        if exchange is not None and exchange.participant_id == participant_id:
            await _end_own(tx, exchange, person)
        elif exchange is not None:
            await _drop_out(tx, exchange, participant_id, person)
    still_in = None if person is None or person.status == "left" else person.neighbourhood_id
    await leave_gatherings(tx, participant_id, still_in=still_in)


async def merge(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    """Two entries are one person. Told twice, by the event and by the tombstone, the second time changes nothing."""
    survivor_id = await people.survivor(tx, survivor_id) or survivor_id
    await hold(tx, double_id, survivor_id, ended=True)
    await repository.remember_merged(tx, double_id, survivor_id)
    changed = [
        (exchange_id, await _make_one(tx, exchange_id, double_id, survivor_id))
        for exchange_id in await repository.exchanges_of_both(tx, double_id, survivor_id)
    ]
    await _move_timers(tx, double_id, survivor_id)
    await repository.move(tx, double_id, survivor_id)
    await people.drop(tx, double_id)
    for exchange_id, gone in changed:
        await _go_on_without(tx, exchange_id, gone, survivor_id)
    survivor = await people.person(tx, survivor_id)
    if survivor is not None:
        await settle(tx, survivor_id, survivor)


async def _end_own(tx: Transaction, exchange: Exchange, person: Person | None) -> None:
    """What someone opened, as far as it can't go on without them. The others are told; who opened it is told nothing,
    not of their own wish either."""
    how = domain.standing(person, exchange.neighbourhood_id)
    if exchange.stage == "agreed" and (how != "gone" or domain.is_over(exchange, tx.now)):
        if person is None:
            await agreements.end_quietly(tx, exchange, "expired")
    elif how != "here":
        await _take_back_own(tx, exchange)
        await agreements.end(tx, exchange, "withdrawn", step="taken-back")


async def _drop_out(tx: Transaction, exchange: Exchange, participant_id: UUID, person: Person | None) -> None:
    """What someone was asked, or said yes to, as far as they can't be there for it."""
    how = domain.standing(person, exchange.neighbourhood_id)
    neighbours = await agreed_with.neighbours(tx, exchange.exchange_id)
    if participant_id in neighbours and (how != "gone" or domain.is_over(exchange, tx.now)):
        if person is None and neighbours == [participant_id]:
            await agreements.end_quietly(tx, exchange, "expired")
    elif how != "here":
        await agreements.drop_out(tx, exchange, participant_id)


async def _take_back_own(tx: Transaction, exchange: Exchange) -> None:
    for each in await invitations.of_exchange(tx, exchange.exchange_id):
        if each.own and each.stage in WAITS:
            await invitations.keep(tx, replace(each, stage="taken-back"))
            await tx.cancel(InvitationDue.timer(each.invitation_id))


async def _erase(tx: Transaction, ids: Sequence[UUID]) -> None:
    """Whatever names them is dropped before and after: first so that what is being handled comes to its end, and then
    what ending their exchanges may have said of them."""
    for id_ in ids:
        await tx.forget(id_)
    await hold(tx, *ids, ended=True)
    for id_ in ids:
        await settle(tx, id_, None)
    await _cancel_timers(tx, ids)
    await repository.erase(tx, ids)
    for id_ in ids:
        await tx.forget(id_)


async def _make_one(tx: Transaction, exchange_id: UUID, double_id: UUID, survivor_id: UUID) -> Invitation | None:
    """Nobody stands twice in one exchange: on both sides of it, or asked twice. Returns the question that is gone."""
    exchange = await exchanges.locked(tx, exchange_id)
    if exchange is None:
        return None
    agreed = set(await agreed_with.neighbours(tx, exchange_id))
    asked = {each.participant_id: each for each in await invitations.of_exchange(tx, exchange_id)}
    gone = domain.goes(exchange, asked, agreed, double_id, survivor_id)
    await repository.take_out(tx, exchange_id, gone)
    if gone in asked:
        await tx.cancel(InvitationDue.timer(asked[gone].invitation_id))
        await looked(tx, exchange, asked[gone].invitation_id)
    return asked.get(gone)


async def _go_on_without(tx: Transaction, exchange_id: UUID, gone: Invitation | None, survivor_id: UUID) -> None:
    """A yes to oneself ends it, in silence; else somebody else may be asked. Who is one person is told nothing."""
    exchange = await exchanges.locked(tx, exchange_id)
    if exchange is None or gone is None:
        return
    if gone.stage == "yes" and exchange.participant_id == survivor_id:
        await agreements.end(tx, exchange, "withdrawn", step="taken-back")
    elif gone.stage in WAITS or gone.stage == "yes":
        await agreements.consider(tx, exchange)


async def _move_timers(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    """The survivor is invited to gatherings when the other entry would have been."""
    for gathering_id, neighbourhood_id, invited_at in await repository.waits_at(tx, double_id):
        await tx.cancel(GatheringDue.timer(gathering_id, "ask", double_id))
        due = GatheringDue(
            neighbourhood_id=neighbourhood_id, gathering_id=gathering_id, to="ask", participant_id=survivor_id
        )
        await tx.at(invited_at, due, GatheringDue.timer(gathering_id, "ask", survivor_id))


async def _cancel_timers(tx: Transaction, participant_ids: Sequence[UUID]) -> None:
    exchange_ids, invitation_ids = await repository.timed(tx, participant_ids)
    for exchange_id in exchange_ids:
        for to in get_args(ExchangeDue.model_fields["to"].annotation):
            await tx.cancel(ExchangeDue.timer(exchange_id, to))
    for invitation_id in invitation_ids:
        await tx.cancel(InvitationDue.timer(invitation_id))
