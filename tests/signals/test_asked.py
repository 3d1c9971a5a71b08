"""What exchange asks a worker to look at goes to the backup when they don't, and then to the coordinator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared import clock
from shared.contracts.envelope import Event
from shared.contracts.exchange import (
    ExchangeDropped,
    ExchangeHandedOver,
    ExchangeOpened,
    ExchangeProposed,
    ExchangeWithdrawn,
    GatheringChanged,
    WorkerAsked,
    WorkerLooked,
)
from shared.contracts.profiles import WorkerKept
from shared.contracts.signals import WorkerTold
from shared.ids import new_id
from tests.signals.neighbourhood import Place, Signals

LONG = timedelta(days=5)
"""Longer than it waits with one, also over a weekend."""


def asked(place: Place, to: str, **ids: UUID) -> WorkerAsked:
    return WorkerAsked.model_validate(
        {"neighbourhood_id": place.neighbourhood_id, "worker_id": place.marie, "to": to, **ids}
    )


def fact(contract: type[Event], place: Place, exchange_id: UUID) -> Event:
    more = {"why": "in-doubt"} if contract is ExchangeHandedOver else {}
    return contract.model_validate(
        {"neighbourhood_id": place.neighbourhood_id, "exchange_id": exchange_id, "version": 3, "opening": "ask", **more}
    )


async def told(signals: Signals, **fields: Any) -> list[tuple[UUID | None, str]]:
    return [(each.worker_id, each.step) for each in await signals.told(WorkerTold, about="asked", **fields)]


async def wait(signals: Signals) -> None:
    signals.move(LONG)
    await signals.fire()


async def test_every_open_item_has_one_worker_goes_to_the_backup_and_then_to_the_coordinator(
    signals: Signals,
) -> None:
    place, exchange_id, invitation_id = await signals.place(), new_id(), new_id()
    event, id_ = asked(place, "see-invitation", exchange_id=exchange_id, invitation_id=invitation_id), new_id()
    for message_id in (id_, id_):
        await signals.tell(event, message_id=message_id)
    assert not await told(signals, exchange_id=exchange_id), "exchange itself tells who is on duty"
    await wait(signals)
    assert await told(signals, exchange_id=exchange_id, invitation_id=invitation_id) == [(place.karim, "backup")]
    await wait(signals)
    await wait(signals)
    assert (await told(signals, exchange_id=exchange_id)) == [(place.karim, "backup"), (place.lieve, "coordinator")]
    assert not {key for key in await signals.timers() if key.startswith("asked:")}


async def test_a_weekend_is_no_time_to_look(signals: Signals) -> None:
    place, exchange_id = await signals.place(), new_id()
    signals.move_to(4, 10)
    await signals.tell(asked(place, "decide", exchange_id=exchange_id))
    signals.move_to(0, 20)
    await signals.fire()
    assert not await told(signals, exchange_id=exchange_id)
    signals.move_to(1, 11)
    await signals.fire()
    assert await told(signals, exchange_id=exchange_id) == [(place.karim, "backup")]


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize(
    ("to", "contract"),
    [
        ("see-half-question", ExchangeOpened),
        ("see-half-question", ExchangeDropped),
        ("decide", ExchangeOpened),
        ("decide", ExchangeWithdrawn),
        ("see-invitation", ExchangeProposed),
        ("see-invitation", ExchangeHandedOver),
        ("see-invitation", WorkerLooked),
        ("send-on", WorkerLooked),
        ("send-on", ExchangeDropped),
        ("welcome-people", GatheringChanged),
    ],
)
async def test_what_is_no_longer_asked_climbs_no_further(
    signals: Signals, to: str, contract: type[Event], in_order: bool
) -> None:
    """Whichever comes first: what was asked, or what ended it."""
    place, exchange_id, invitation_id, gathering_id = await signals.place(), new_id(), new_id(), new_id()
    ids = {"exchange_id": exchange_id}
    if to == "see-invitation":
        ids["invitation_id"] = invitation_id
    if to == "welcome-people":
        ids = {"gathering_id": gathering_id}
    ends: Event
    if contract is WorkerLooked:
        ends = WorkerLooked.model_validate({"neighbourhood_id": place.neighbourhood_id, **ids})
    elif contract is GatheringChanged:
        ends = GatheringChanged(
            neighbourhood_id=place.neighbourhood_id, gathering_id=gathering_id, version=2, starts_at=clock.now()
        )
    else:
        ends = fact(contract, place, exchange_id)
    first, last = new_id(), new_id()
    story = [(asked(place, to, **ids), first), (ends, last)]
    for event, id_ in story if in_order else reversed(story):
        await signals.tell(event, message_id=id_)
    await wait(signals)
    assert not await told(signals, **ids)
    assert not await signals.rows("SELECT 1 FROM asked WHERE neighbourhood_id = $1", place.neighbourhood_id)


async def test_one_question_that_was_looked_at_ends_no_other(signals: Signals) -> None:
    place, exchange_id, one, other = await signals.place(), new_id(), new_id(), new_id()
    for each in (one, other):
        await signals.tell(asked(place, "see-invitation", exchange_id=exchange_id, invitation_id=each))
    await signals.tell(
        WorkerLooked(neighbourhood_id=place.neighbourhood_id, exchange_id=exchange_id, invitation_id=one)
    )
    await wait(signals)
    assert not await told(signals, invitation_id=one)
    assert await told(signals, invitation_id=other) == [(place.karim, "backup")]


async def test_asked_anew_after_it_ended_it_climbs_again(signals: Signals) -> None:
    place, exchange_id = await signals.place(), new_id()
    await signals.tell(asked(place, "decide", exchange_id=exchange_id))
    await signals.tell(fact(ExchangeHandedOver, place, exchange_id))
    await signals.tell(asked(place, "decide", exchange_id=exchange_id))
    await wait(signals)
    assert await told(signals, exchange_id=exchange_id) == [(place.karim, "backup")]


async def test_when_nobody_is_on_duty_the_next_is_told_at_once(signals: Signals) -> None:
    place, exchange_id = await signals.place(), new_id()
    event = asked(place, "decide", exchange_id=exchange_id).model_copy(update={"worker_id": None})
    await signals.tell(event)
    assert await told(signals, exchange_id=exchange_id) == [(place.karim, "backup")]


async def test_what_was_before_a_worker_who_stops_goes_to_the_next(signals: Signals) -> None:
    place, exchange_id = await signals.place(), new_id()
    await signals.tell(asked(place, "decide", exchange_id=exchange_id))
    await signals.tell(
        WorkerKept(worker_id=place.marie, version=signals.version(place.marie), removed=True)
    )  # fmt: skip
    assert await told(signals, exchange_id=exchange_id) == [(place.karim, "backup")]
