"""An outage is no failure: pulling pauses, nothing is counted against a message, and it goes on by itself."""

from __future__ import annotations

import json
import signal

from shared.ids import new_id
from tests.messaging.conftest import fetch
from tests.messaging.toy import Count, Made, Make
from tests.reliability.conftest import Machine
from tests.waiting import eventually


async def test_database_away_counts_against_no_message(machine: Machine) -> None:
    """With no retry allowed, whatever was counted would be a dead letter."""
    toys = machine.toys
    async with toys.running(retry_after=()) as running:
        await toys.do(Make(n=0))
        await machine.postgres.kill()
        ids = [await toys.client.send(Make(n=n)) for n in range(1, 40)]

        async def says_so() -> bool:
            status, text = await fetch(running.health_port, "/readyz")
            return status == 503 and json.loads(text)["parts"]["database"].startswith("no answer")

        await eventually(says_so)
        answer = await toys.client.ask(Count())
        assert (answer.status, answer.problems[0].code) == ("rejected", "try_again")
        await machine.postgres.start()
        for id_ in ids:
            assert (await toys.answer(id_)).status == "accepted"
        await toys.idle()
        assert await toys.numbers() == list(range(40))
        assert await toys.dead() == []
        assert await toys.rows("SELECT FROM messaging.failure") == []

        async def ready() -> bool:
            return (await fetch(running.health_port, "/readyz"))[0] == 200

        await eventually(ready)


async def test_database_restarted_under_load_counts_against_no_message(machine: Machine) -> None:
    toys = machine.toys
    async with toys.running(retry_after=()):
        ids = [new_id() for _ in range(300)]
        for n, id_ in enumerate(ids):
            await toys.send_surely(Make(n=n), id_)
            if n == 150:
                await machine.postgres.stop()
                await machine.postgres.start()
        for id_ in ids:
            assert (await toys.answer(id_)).status == "accepted"
        await toys.idle()
        assert await toys.numbers() == list(range(300))
        assert await toys.dead() == []
        assert sorted(made.n for made in await toys.published(Made)) == list(range(300))


async def test_stops_at_once_while_the_database_is_away(machine: Machine) -> None:
    process = await machine.start().ready()
    await machine.postgres.kill()
    await machine.toys.client.send(Make(n=1))
    await eventually(lambda: "pulling pauses" in process.output())
    process.signal(signal.SIGTERM)
    assert await process.ended(within=15) == 0
    await machine.postgres.start()
    async with machine.toys.running():
        await eventually(machine.toys.numbers)
        await machine.toys.idle()
        assert await machine.toys.numbers() == [1]


async def test_handler_cut_off_by_the_database_counts_against_no_message(machine: Machine) -> None:
    toys = machine.toys
    async with toys.running(retry_after=()):
        async with await toys.locked():
            id_ = await toys.client.send(Make(n=1, how="wait"))
            await toys.waiting()
            await machine.postgres.stop()
            await machine.postgres.start()
        assert (await toys.answer(id_)).status == "accepted"
        await toys.idle()
        assert await toys.numbers() == [1]
        assert await toys.dead() == []
