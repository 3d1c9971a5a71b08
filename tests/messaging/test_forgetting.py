"""Once a participant is erased, nothing that names them is sent, kept or handled."""

from __future__ import annotations

import asyncio

import asyncpg

from shared.ids import new_id
from shared.messaging.relay import LOCK
from shared.messaging.store import PERSONS
from tests.messaging.conftest import Toy
from tests.messaging.toy import Forget, Kept, Make, Noted
from tests.waiting import eventually


async def test_forget_drops_what_waits_and_what_died(surrounded: Toy) -> None:
    person, other = new_id(), new_id()
    relay_elsewhere = await asyncpg.connect(surrounded.stack.admin_dsn("toy"))
    await relay_elsewhere.execute("SELECT pg_advisory_lock($1)", LOCK)
    async with surrounded.running():
        for n, each in enumerate((person, other)):
            await surrounded.client.get(Make(n=n, how="about", person=each))
            await surrounded.client.send(Make(n=n, how="break", person=each))
            await surrounded.put("weefsel.v1.cmd.cli.toy.thing.make", f'{{"person": "{each}"'.encode(), None)

        async def four_dead() -> bool:
            return len(await surrounded.dead()) == 4

        await eventually(four_dead)
        await surrounded.client.get(Forget(person=person))
        for table, of_the_other in (("outbox", 1), ("timer", 1), ("dead_letter", 1)):
            rows = await surrounded.rows(f"SELECT persons FROM messaging.{table} WHERE persons <> '{{}}'")
            assert [row["persons"] for row in rows] == [[other]] * of_the_other, table
        assert len(await surrounded.dead()) == 2
        await relay_elsewhere.close()
        await surrounded.idle()
        assert [kept.person for kept in await surrounded.published(Kept, "STATE")] == [other]


async def test_later_commands_are_refused_and_later_events_ignored(toys: Toy) -> None:
    person = new_id()
    await toys.client.get(Forget(person=person))
    for answer in (await toys.do(Make(n=1, person=person)), await toys.client.ask(Make(n=1, person=person))):
        assert (answer.status, answer.problems[0].code) == ("rejected", "erased")
    await toys.publish(Noted(neighbourhood_id="here", n=1, person=person))
    await toys.publish(Noted(neighbourhood_id="here", n=2))
    await eventually(lambda: toys.seen("noted"))
    await toys.idle()
    assert await toys.seen("noted") == [2]
    assert await toys.numbers() == []


async def test_command_in_the_same_batch_as_the_erasure_is_refused(surrounded: Toy) -> None:
    """They share a transaction, in which the erasure is not yet there for others to see."""
    person = new_id()
    forget = await surrounded.client.send(Forget(person=person))
    make = await surrounded.client.send(Make(n=1, how="about", person=person))
    async with surrounded.running():
        assert (await surrounded.answer(forget)).status == "accepted"
        assert (await surrounded.answer(make)).problems[0].code == "erased"
        assert await surrounded.numbers() == []


async def test_forget_drops_what_the_same_batch_had_prepared(surrounded: Toy) -> None:
    person = new_id()
    await surrounded.client.send(Make(n=1, how="about", person=person))
    await surrounded.client.send(Forget(person=person))
    async with surrounded.running():
        await surrounded.idle()
        assert await surrounded.rows("SELECT FROM messaging.timer") == []
        assert await surrounded.published(Kept, "STATE") == []


async def test_erasure_waits_for_an_event_about_the_person_that_is_being_handled(toys: Toy) -> None:
    """Else what its handler writes would come after what the erasure deletes, and stay."""
    person = new_id()
    async with await toys.locked():
        await toys.publish(Noted(neighbourhood_id="here", n=1, how="wait", person=person))
        await toys.waiting()
        erasing = asyncio.create_task(toys.client.ask(Forget(person=person)))

        async def waits() -> bool:
            return bool(await toys.rows("SELECT FROM pg_locks WHERE NOT granted AND classid = $1", PERSONS))

        await eventually(waits)
        assert not erasing.done()
    assert (await erasing).status == "accepted"
    assert await toys.seen("noted") == [1]
