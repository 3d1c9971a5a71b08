"""What handlers share: for whom may be acted, an exchange to change, and how it is kept and told."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from services.exchange.domain import exchanges as domain
from services.exchange.domain.exchanges import Exchange
from services.exchange.domain.people import Neighbourhood, Person
from services.exchange.repository import exchanges as repository
from services.exchange.repository import people
from shared import access as rules
from shared.access import Actor, Kind, who
from shared.contracts.exchange import ExchangeFact, NextStep, NextStepReached, WorkerAsked, WorkerLooked
from shared.messaging import Rejected, Transaction
from shared.policy import Policy


async def person(
    tx: Transaction, participant_id: UUID, allowed: Collection[Kind], field: str = "participant_id"
) -> Person:
    """Someone for whom the sender may do this, who stays as they are meanwhile. Refused when unknown, or not theirs."""
    actor = who(tx, allowed)
    found = known(await people.present(tx, participant_id), field)
    if actor.kind == "partner":
        rules.check_grant(await people.grant_of(tx, actor.id), found.neighbourhood_id, field)
    else:
        rules.check_person(actor, found, allowed, field)
    return found


def known(found: Person | None, field: str = "participant_id") -> Person:
    if found is None:
        raise Rejected(
            "unknown_id",
            f"{field} is no participant that we know: check the id, or wait a moment when it is new",
            field,
        )
    return found


async def may(tx: Transaction, participant_ids: Collection[UUID], allowed: Collection[Kind], field: str) -> Actor:
    """Refuse who acts for none of these people, in the words for what doesn't exist; workers and operators do for all.

    Returns who acts.
    """
    actor = who(tx, allowed)
    if actor.kind == "partner":
        raise Rejected("not_allowed", f"{field} is not for partners: ask a worker", field)
    if actor.kind == "participant" and actor.uuid not in participant_ids:
        found = [await people.person(tx, each) for each in participant_ids]
        if not any(each and actor.uuid in each.mandate_holder_ids for each in found):
            thing = field.removesuffix("_id")
            raise Rejected("unknown_id", f"{field} is no {thing} that we know: check the id", field)
    return actor


async def opened(tx: Transaction, exchange_id: UUID) -> Exchange:
    """One exchange, locked. Refused when there is none."""
    found = await repository.locked(tx, exchange_id)
    if found is None:
        raise Rejected("unknown_id", "exchange_id is no exchange that we know: check the id", "exchange_id")
    return found


async def place(tx: Transaction, neighbourhood_id: str, field: str = "neighbourhood_id") -> Neighbourhood:
    """A neighbourhood. Refused when there is none, or it has ended."""
    found = await people.neighbourhood(tx, neighbourhood_id)
    if found is None or found.retired:
        raise Rejected("unknown_id", f"{field} is no neighbourhood that we know: see the list", field)
    return found


def policy(tx: Transaction, neighbourhood: Neighbourhood) -> Policy:
    """The policy of a neighbourhood."""
    whole: Policy = tx.settings.policy
    return whole.named(neighbourhood.policy)


async def keep(tx: Transaction, exchange: Exchange, *facts: type[ExchangeFact], **more: Any) -> Exchange:
    """Keep an exchange that changed, and tell it. Returns it."""
    await repository.save(tx, exchange)
    for fact in facts:
        await tx.emit(domain.told(fact, exchange, **more))
    return exchange


async def tell(
    tx: Transaction, participant_id: UUID, step: NextStep, exchange: Exchange, *, invitation_id: UUID | None = None
) -> None:
    """What someone is to be told of an exchange. Who left is told nothing."""
    found = await people.person(tx, participant_id)
    if found is None or found.status == "left":
        return
    neighbourhood = await people.neighbourhood(tx, exchange.neighbourhood_id)
    await tx.emit(
        NextStepReached(
            neighbourhood_id=exchange.neighbourhood_id, participant_id=participant_id, step=step,
            exchange_id=exchange.exchange_id, invitation_id=invitation_id,
            worker_id=neighbourhood.worker_id if neighbourhood else None,
        )
    )  # fmt: skip


async def ask_worker(tx: Transaction, to: Any, exchange: Exchange, *, invitation_id: UUID | None = None) -> None:
    """What the worker on duty is to look at before it goes on."""
    neighbourhood = await people.neighbourhood(tx, exchange.neighbourhood_id)
    await tx.emit(
        WorkerAsked(
            neighbourhood_id=exchange.neighbourhood_id, worker_id=neighbourhood.worker_id if neighbourhood else None,
            to=to, exchange_id=exchange.exchange_id, invitation_id=invitation_id,
        )
    )  # fmt: skip


async def looked(tx: Transaction, exchange: Exchange, invitation_id: UUID | None = None) -> None:
    """What the worker was to look at is before them no more: this question, or the exchange as a whole."""
    await tx.emit(
        WorkerLooked(
            neighbourhood_id=exchange.neighbourhood_id, exchange_id=exchange.exchange_id, invitation_id=invitation_id
        )
    )
