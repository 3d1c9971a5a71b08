"""The relay publishes in order, one per service, and skips nothing that a stream refuses."""

from __future__ import annotations

import json

from shared.messaging.relay import LOCK
from tests.messaging.conftest import Toy, fetch
from tests.messaging.toy import Made, Make
from tests.waiting import eventually


async def leaders(toy: Toy) -> list[int]:
    sql = """
        SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """
    return [row["pid"] for row in await toy.rows(sql, LOCK)]


async def test_publishes_in_the_order_of_writing(surrounded: Toy) -> None:
    for n in range(700):
        await surrounded.client.send(Make(n=n))
    async with surrounded.running(batch=60):  # a larger one is handled in shares, at the same time
        await surrounded.idle()
    assert [made.n for made in await surrounded.published(Made)] == list(range(700))


async def test_one_replica_relays_and_another_takes_over_when_its_connection_dies(toys: Toy) -> None:
    async with toys.running():
        (leader,) = await eventually(lambda: leaders(toys))
        await toys.do(Make(n=1))
        await toys.rows("SELECT pg_terminate_backend($1)", leader)

        async def another() -> bool:
            return (await leaders(toys)) not in ([], [leader])

        await eventually(another)
        await toys.do(Make(n=2))
        await toys.idle()
        assert [made.n for made in await toys.published(Made)] == [1, 2]


async def test_two_replicas_publish_each_message_once(toys: Toy) -> None:
    async with toys.running():
        for n in range(200):
            await toys.client.send(Make(n=n))
        await toys.idle()
    assert sorted(made.n for made in await toys.published(Made)) == list(range(200))
    assert sorted(made.n for made in await toys.published(Made, "FEED")) == list(range(200))


async def test_refusal_stops_the_line_and_readiness_says_so_until_it_passes(surrounded: Toy) -> None:
    async with surrounded.running() as running:
        await surrounded.client.get(Make(n=1))
        await surrounded.idle()
        await surrounded.change_stream("EVENTS", max_msgs=1)
        for n in range(2, 5):
            await surrounded.client.get(Make(n=n))

        async def says_so() -> bool:
            status, text = await fetch(running.health_port, "/readyz")
            return status == 503 and "maximum messages exceeded" in json.loads(text)["parts"]["outbox"]

        await eventually(says_so)
        assert [made.n for made in await surrounded.published(Made)] == [1]
        assert "weefsel_refused_total" in (await fetch(running.health_port, "/metrics"))[1]
        await surrounded.change_stream("EVENTS", max_msgs=-1)
        await surrounded.idle()
        assert [made.n for made in await surrounded.published(Made)] == [1, 2, 3, 4]

        async def ready() -> bool:
            return (await fetch(running.health_port, "/readyz"))[0] == 200

        await eventually(ready)


async def test_younger_messages_do_not_keep_overtaking_a_refused_one(surrounded: Toy) -> None:
    """What was on its way with it may pass; what comes after waits in line."""
    await surrounded.client.send(Make(n=1, how="write"))
    await surrounded.change_stream("PARTNER", max_msg_size=100)
    async with surrounded.running() as running:
        await eventually(lambda: running.relay.problem)
        for n in range(2, 6):
            await surrounded.client.get(Make(n=n))
        refused = running.metrics.refused.labels("PARTNER")._value.get()
        await eventually(lambda: running.metrics.refused.labels("PARTNER")._value.get() > refused + 1)
        assert await surrounded.published(Made) == []
        await surrounded.change_stream("PARTNER", max_msg_size=16_384)
        await surrounded.idle()
        assert [made.n for made in await surrounded.published(Made)] == [2, 3, 4, 5]


async def test_message_stored_twice_by_a_relay_that_lost_its_memory_stands_once(toys: Toy) -> None:
    """A crash between publishing and removing the row: the stream knows the id."""
    await toys.do(Make(n=1))
    await toys.idle()
    ((subject, data, headers),) = await toys.stored("EVENTS")
    acknowledgement = await toys.publisher.jetstream().publish(subject, data, headers=headers)
    assert acknowledgement.duplicate
    assert len(await toys.stored("EVENTS")) == 1


async def test_its_connection_does_not_reconnect(surrounded: Toy) -> None:
    """What a broken one still held for sending would overtake what it lost."""
    async with surrounded.running() as running:
        connection = await running.relay.connect()
        try:
            assert connection.options["allow_reconnect"] is False
        finally:
            await connection.close()
