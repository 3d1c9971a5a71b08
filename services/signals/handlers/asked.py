"""What exchange asks a worker to look at climbs while nobody does, and ends when they did or it went by itself."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from services.signals.domain import climbing as domain
from services.signals.domain.asked import NOTHING, Asked, objects
from services.signals.domain.people import Neighbourhood
from services.signals.handlers import access, noticing
from services.signals.handlers.climbing import ladder
from services.signals.repository import asked as repository
from shared.contracts.exchange import (
    ExchangeAgreed,
    ExchangeDone,
    ExchangeDropped,
    ExchangeExpired,
    ExchangeFact,
    ExchangeHandedOver,
    ExchangeOpened,
    ExchangeProposed,
    ExchangeReopened,
    ExchangeWithdrawn,
    WorkerAsked,
    WorkerLooked,
)
from shared.contracts.profiles import Step
from shared.contracts.signals import AskedDue, WorkerTold
from shared.ids import new_id
from shared.messaging import Transaction, handles


@handles(WorkerAsked)
async def on_worker_asked(event: WorkerAsked, tx: Transaction) -> None:
    """Who is on duty has been told by exchange's own event; now it waits for them."""
    heard = [await repository.hear(tx, each, "settled", NOTHING) for each in objects(event)]
    if any(last > tx.message_id for last in heard):
        return
    place = await access.place(tx, event.neighbourhood_id)
    step: Step = "coordinator" if event.worker_id and event.worker_id == place.coordinator_id else "worker"
    asked = Asked(
        asked_id=new_id(), neighbourhood_id=event.neighbourhood_id, about=event.to, exchange_id=event.exchange_id,
        invitation_id=event.invitation_id, gathering_id=event.gathering_id, message_id=tx.message_id,
        asked_at=tx.now, told_id=event.worker_id, step=step, told_at=tx.now,
    )  # fmt: skip
    await repository.add(tx, asked)
    await (_wait(tx, asked, place) if event.worker_id else climb(tx, asked))


@handles(AskedDue)
async def on_asked_due(event: AskedDue, tx: Transaction) -> None:
    """Nobody looked in time; when the policy gives more time now, it waits on."""
    asked = await repository.locked(tx, event.asked_id)
    if asked is None:
        return
    place = await access.place(tx, asked.neighbourhood_id)
    at = domain.asked_waits_until(asked.step, asked.told_at, place, access.policy(tx, place))
    if at is not None and at <= tx.now:
        await climb(tx, asked)
    else:
        await _wait(tx, asked, place)


@handles(WorkerLooked)
async def on_worker_looked(event: WorkerLooked, tx: Transaction) -> None:
    """They did, or there is nothing to look at any more."""
    await settled(tx, event.invitation_id or event.exchange_id)


@handles(ExchangeOpened)
async def on_exchange_opened(event: ExchangeOpened, tx: Transaction) -> None:
    """What stood before the worker went on."""
    await settled(tx, event.exchange_id)


@handles(ExchangeReopened)
async def on_exchange_reopened(event: ExchangeReopened, tx: Transaction) -> None:
    """It goes on from the start."""
    await settled(tx, event.exchange_id)


@handles(ExchangeHandedOver)
async def on_exchange_handed_over(event: ExchangeHandedOver, tx: Transaction) -> None:
    """It is with the worker as a whole: what was asked of them in parts is no longer; nobody new is sought."""
    await _ended(event, tx)


@handles(ExchangeProposed)
async def on_exchange_proposed(event: ExchangeProposed, tx: Transaction) -> None:
    """Enough neighbours said yes: whom the worker was to see is let go, and somebody was found."""
    await _ended(event, tx)


@handles(ExchangeAgreed)
async def on_exchange_agreed(event: ExchangeAgreed, tx: Transaction) -> None:
    """It needs nobody any more."""
    await _ended(event, tx)


@handles(ExchangeDone)
async def on_exchange_done(event: ExchangeDone, tx: Transaction) -> None:
    """It happened."""
    await _ended(event, tx)


@handles(ExchangeWithdrawn)
async def on_exchange_withdrawn(event: ExchangeWithdrawn, tx: Transaction) -> None:
    """It was taken back."""
    await _ended(event, tx)


@handles(ExchangeExpired)
async def on_exchange_expired(event: ExchangeExpired, tx: Transaction) -> None:
    """It ended by itself."""
    await _ended(event, tx)


@handles(ExchangeDropped)
async def on_exchange_dropped(event: ExchangeDropped, tx: Transaction) -> None:
    """What the worker alone saw has ended."""
    await _ended(event, tx)


async def climb(tx: Transaction, asked: Asked) -> None:
    """Tell the next. It is kept as it is told."""
    place = await access.place(tx, asked.neighbourhood_id)
    step, worker_id = (await ladder(tx, place, asked.told_id)).whom(
        domain.after(asked.step) or "coordinator", "this-week", asked.told_id
    )
    asked = replace(asked, step=step, told_id=worker_id, told_at=tx.now)
    await repository.save(tx, asked)
    await tx.emit(
        WorkerTold(
            neighbourhood_id=asked.neighbourhood_id, worker_id=worker_id, step=step, about="asked",
            urgency="this-week", why="climbed", **asked.ids,
        )
    )  # fmt: skip
    await _wait(tx, asked, place)


async def settled(tx: Transaction, object_id: UUID) -> None:
    """What was asked about it before is not asked any more."""
    await repository.hear(tx, object_id, "settled", tx.message_id)
    for asked_id in await repository.end(tx, object_id, tx.message_id):
        await tx.cancel(AskedDue.timer(asked_id))


async def _wait(tx: Transaction, asked: Asked, place: Neighbourhood) -> None:
    at = domain.asked_waits_until(asked.step, asked.told_at, place, access.policy(tx, place))
    if at is None:
        await tx.cancel(AskedDue.timer(asked.asked_id))
        return
    due = AskedDue(
        neighbourhood_id=asked.neighbourhood_id, asked_id=asked.asked_id,
        step=domain.after(asked.step) or "coordinator",
    )  # fmt: skip
    await tx.at(at, due, AskedDue.timer(asked.asked_id))


async def _ended(event: ExchangeFact, tx: Transaction) -> None:
    await settled(tx, event.exchange_id)
    await noticing.not_sought(tx, event.exchange_id)
