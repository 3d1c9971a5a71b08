"""A window of the outbox on a real server: in batches, and one by one when a batch is refused."""

from __future__ import annotations

from typing import Any

import pytest

from shared.contracts import subjects
from shared.ids import new_id
from shared.messaging import store
from shared.messaging.publisher import WORTH_A_BATCH, Publisher
from tests.messaging.conftest import Toy

MANY = 3 * WORTH_A_BATCH


def row(n: int, *, stream: str = subjects.EVENTS, size: int = 10, thing: int = 0) -> Any:
    """As the relay reads it."""
    kind = {subjects.EVENTS: "event.toy.here.thing.made", subjects.STATE: f"state.toy.thing.{thing}"}[stream]
    id_ = str(new_id())
    headers = store.encode({"ce-id": id_, "Nats-Msg-Id": id_})
    return {"seq": n, "stream": stream, "subject": f"{subjects.ROOT}.{kind}", "headers": headers, "body": "x" * size}


async def sequences(toy: Toy, stream: str) -> int:
    """How many messages the stream holds."""
    return len(await toy.stored(stream))


@pytest.fixture
def publisher(toys: Toy) -> Publisher:
    return Publisher(toys.publisher)


async def test_batch_is_stored_whole_and_in_order(toys: Toy, publisher: Publisher) -> None:
    rows = [row(n, size=n + 1) for n in range(MANY)]
    stored, refusal = await publisher.publish(rows)
    assert (stored, refusal) == (rows, None)
    assert [len(data) for _, data, _ in await toys.stored(subjects.EVENTS)] == list(range(1, MANY + 1))


async def test_what_a_stream_has_already_is_swallowed_and_the_rest_is_stored(toys: Toy, publisher: Publisher) -> None:
    rows = [row(n) for n in range(MANY)]
    await publisher.publish(rows[:5])
    await publisher.publish(rows[20:40])
    stored, refusal = await publisher.publish(rows)
    assert (len(stored), refusal) == (MANY, None)
    assert await sequences(toys, subjects.EVENTS) == MANY


async def test_the_one_that_is_refused_is_named_and_the_others_are_stored(toys: Toy, publisher: Publisher) -> None:
    rows = [row(n, size=20_000 if n == 7 else 10) for n in range(MANY)]
    stored, refusal = await publisher.publish(rows)
    assert refusal is not None
    assert refusal[0] is rows[7]
    assert stored == [each for each in rows if each is not rows[7]]
    assert await sequences(toys, subjects.EVENTS) == MANY - 1


async def test_of_a_state_that_changes_within_a_batch_the_last_stays(toys: Toy, publisher: Publisher) -> None:
    rows = [row(n, stream=subjects.STATE, thing=n % 4, size=n + 1) for n in range(MANY)]
    stored, refusal = await publisher.publish(rows)
    assert (len(stored), refusal) == (MANY, None)
    kept = {subject[-1]: len(data) for subject, data, _ in await toys.stored(subjects.STATE)}
    assert kept == {str(thing): MANY - 3 + thing for thing in range(4)}
