"""A timer sends its event when it is due, once; replaced and cancelled by its key."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from shared import clock
from shared.ids import new_id
from shared.messaging.relay import SOON, TICK
from tests.messaging.conftest import Toy
from tests.messaging.toy import Later, Make
from tests.waiting import eventually


@pytest.fixture
def clock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The clock of the embedded stack, which can be moved."""
    monkeypatch.setenv("WEEFSEL_CLOCK_FILE", str(tmp_path / "clock"))
    return tmp_path / "clock"


async def test_fires_once_the_clock_has_moved(clock_file: Path, toys: Toy) -> None:
    await toys.do(Make(n=1, how="later"))
    assert len(await toys.rows("SELECT FROM messaging.timer")) == 1
    assert await toys.seen("later") == []
    clock.move(clock_file, timedelta(hours=2))
    await eventually(lambda: toys.seen("later"))
    assert await toys.rows("SELECT FROM messaging.timer") == []


async def test_replaced_by_another_of_the_same_key(toys: Toy) -> None:
    await toys.do(Make(n=1, how="later"))
    await toys.do(Make(n=1, how="sooner"))
    await eventually(lambda: toys.seen("later"))
    assert await toys.rows("SELECT FROM messaging.timer") == []


async def test_cancelled_by_its_key(clock_file: Path, toys: Toy) -> None:
    await toys.do(Make(n=1, how="later"))
    await toys.do(Make(n=2, how="later"))
    await toys.do(Make(n=1, how="never"))
    clock.move(clock_file, timedelta(hours=2))
    await eventually(lambda: toys.seen("later"))
    await toys.idle()
    assert await toys.seen("later") == [2]


async def test_is_looked_for_when_it_is_due_and_not_a_second_later(surrounded: Toy) -> None:
    """However many others wait; a second is the longest, as a clock that is moved gives no notice."""
    async with surrounded.running() as running:
        await surrounded.idle()
        relay, database = running.relay, surrounded.database
        assert await relay.fire(database) == TICK
        for due, within in ((3600.0, (TICK, TICK)), (0.5, (SOON, 0.5))):
            async with database.transaction():
                await database.execute(_SET, new_id(), clock.now() + timedelta(seconds=due))
                assert within[0] <= await relay.fire(database) <= within[1]
                await database.execute("DELETE FROM messaging.timer")


async def test_a_crowd_that_is_due_together_is_soon_gone(clock_file: Path, toys: Toy) -> None:
    """Five hundred at a time, and the next at once: not each second."""
    await toys.do(Make(n=1, how="later"))
    async with toys.database.transaction():
        await toys.database.execute(_CROWD)
    clock.move(clock_file, timedelta(hours=2))

    async def gone() -> bool:
        return not await toys.rows("SELECT FROM messaging.timer")

    await eventually(gone, within=10)
    assert await toys.seen("later") == [1]


async def test_goes_with_the_transaction_that_set_it(toys: Toy) -> None:
    await toys.do(Make(n=1, how="reject"))
    assert await toys.rows("SELECT FROM messaging.timer") == []


async def test_fires_once_with_two_replicas(clock_file: Path, toys: Toy) -> None:
    async with toys.running():
        for n in range(30):
            await toys.client.send(Make(n=n, how="later"))
        await toys.idle()
        clock.move(clock_file, timedelta(hours=2))

        async def fired() -> bool:
            return len(await toys.seen("later")) >= 30

        await eventually(fired)
        await toys.idle()
        assert await toys.seen("later") == list(range(30))
        assert sorted(later.n for later in await toys.published(Later)) == list(range(30))


async def test_has_its_effect_once_though_three_replicas_run_and_the_relay_forgets_what_it_sent(
    clock_file: Path, toys: Toy
) -> None:
    """Killed between the server's acknowledgement and the removal of its row, another one sends it again."""
    async with toys.running(), toys.running():
        await toys.do(Make(n=1, how="later"))
        ((key, row),) = await toys.database.fetch("SELECT key, to_jsonb(t) FROM messaging.timer AS t")
        clock.move(clock_file, timedelta(hours=2))
        await eventually(lambda: toys.seen("later"))
        await toys.idle()
        for _ in range(3):
            await toys.database.execute(_AGAIN, row)
            await toys.database.execute("SELECT pg_notify('outbox', '')")
            await toys.idle()
        assert await toys.seen("later") == [1]
        assert [later.n for later in await toys.published(Later)] == [1]
        assert key == "later:1"


_SET = """
INSERT INTO messaging.timer (key, due_at, id, stream, subject, headers, body, persons)
VALUES ('next', $2, $1, 'EVENTS', 'weefsel.v1.event.toy.here.thing.later', '{}', '{}', '{}')
"""
_CROWD = """
INSERT INTO messaging.timer (key, due_at, id, stream, subject, headers, body, persons)
SELECT 'crowd:' || n, t.due_at, gen_random_uuid(), t.stream, t.subject,
    jsonb_set(t.headers::jsonb, '{Nats-Msg-Id}', '"one"')::text, t.body, t.persons
FROM messaging.timer AS t, generate_series(1, 6000) AS n WHERE t.key = 'later:1'
"""
"""The stream takes one of them, and swallows what has the same id."""
_AGAIN = """
INSERT INTO messaging.outbox (id, stream, subject, headers, body, persons, written_at)
SELECT id, stream, subject, headers, body, persons, due_at
FROM jsonb_populate_record(NULL::messaging.timer, $1::jsonb)
"""
