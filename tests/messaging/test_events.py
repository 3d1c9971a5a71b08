"""An event or state is handled once, whatever order things arrive in."""

from __future__ import annotations

import asyncpg

from shared.ids import new_id
from tests.messaging.conftest import Toy
from tests.messaging.toy import Kept, Linked, Made, Make, Noted
from tests.waiting import eventually


async def test_event_delivered_twice_does_nothing_more(toys: Toy) -> None:
    id_ = new_id()
    for _ in range(2):
        await toys.publish(Made(neighbourhood_id="here", n=1), id_=id_, **{"Nats-Msg-Id": str(new_id())})
        await eventually(lambda: toys.seen("made"))
        await toys.idle()
    assert await toys.seen("made") == [1]


async def test_event_twice_in_one_batch_does_nothing_more(surrounded: Toy) -> None:
    id_ = new_id()
    for _ in range(2):
        await surrounded.publish(Made(neighbourhood_id="here", n=1), id_=id_, **{"Nats-Msg-Id": str(new_id())})
    async with surrounded.running():
        await surrounded.idle()
        assert await surrounded.seen("made") == [1]


async def test_state_and_its_tombstone_are_handled(toys: Toy) -> None:
    await toys.publish(Kept(n=1))
    await eventually(lambda: toys.seen("kept"))
    await toys.publish(Kept(n=1, removed=True))
    await eventually(lambda: toys.seen("removed"))


async def test_event_that_builds_on_something_unknown_waits_for_it(toys: Toy) -> None:
    await toys.publish(Linked(neighbourhood_id="here", n=5))
    await eventually(lambda: toys.rows("SELECT FROM messaging.failure"))
    assert await toys.seen("linked") == []
    await toys.do(Make(n=5))
    await eventually(lambda: toys.seen("linked"))
    assert await toys.rows("SELECT FROM messaging.failure") == []


async def test_poison_among_many_costs_the_others_nothing(surrounded: Toy) -> None:
    """The shared transaction is replayed one by one: the good ones are all done, each once."""
    for n in range(40):
        await surrounded.publish(Noted(neighbourhood_id="here", n=n, how="break" if n == 17 else ""))
    async with surrounded.running() as running:
        await eventually(surrounded.dead)
        await surrounded.idle()
        assert await surrounded.seen("noted") == [n for n in range(40) if n != 17]
        assert b"weefsel_shared_replayed_total 1.0" in running.metrics.page()


async def test_each_way_to_fail_is_survived_within_a_batch(surrounded: Toy) -> None:
    ways = ["break", "wrong-sql", "wrong-value", "constraint", "too-large", "no-subject", "two-at-once", "reject"]
    for n, how in enumerate(ways):
        await surrounded.publish(Noted(neighbourhood_id="here", n=n, how=how))
    await surrounded.publish(Noted(neighbourhood_id="here", n=100))
    async with surrounded.running():

        async def all_dead() -> bool:
            return len(await surrounded.dead()) == len(ways)

        await eventually(all_dead)
        await surrounded.idle()
        assert await surrounded.seen("noted") == [100]


async def test_deadlock_in_a_shared_transaction_is_no_failure(surrounded: Toy) -> None:
    """Two transactions that wait for each other: PostgreSQL ends one, and it starts again."""
    async with surrounded.running():
        other = await asyncpg.connect(surrounded.stack.admin_dsn("toy"))
        transaction = other.transaction()
        await transaction.start()
        await other.execute("SET LOCAL deadlock_timeout = '60s'")  # so that the service is the one to give way
        await other.execute("UPDATE pair SET touched = touched + 1 WHERE id = 2")
        for n in range(5):
            await surrounded.publish(Noted(neighbourhood_id="here", n=n, how="pair-12" if n == 2 else ""))

        async def waits() -> bool:
            return bool(await surrounded.rows("SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"))

        await eventually(waits)
        await other.execute("UPDATE pair SET touched = touched + 1 WHERE id = 1")
        await transaction.commit()
        await other.close()
        await surrounded.idle()
        assert await surrounded.seen("noted") == list(range(5))
        assert await surrounded.rows("SELECT FROM messaging.failure") == []
        assert [row["touched"] for row in await surrounded.rows("SELECT touched FROM pair ORDER BY id")] == [2, 2]
