"""Crashes, by crashing: whatever is killed and whenever, each id stands once in the table and once in the stream."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import pytest

from shared.ids import new_id
from tests.messaging.conftest import Process
from tests.messaging.toy import Kept, Made, Make
from tests.reliability.conftest import Machine
from tests.waiting import eventually

WAIT_AT_COMMIT = """
CREATE FUNCTION wait_for_test() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_advisory_xact_lock_shared(77); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON thing DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION wait_for_test();
"""
WAIT_BEFORE_REMOVING = """
CREATE FUNCTION wait_for_test() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_advisory_xact_lock_shared(77); RETURN NULL; END';
CREATE TRIGGER wait BEFORE DELETE ON messaging.outbox FOR EACH STATEMENT EXECUTE FUNCTION wait_for_test();
"""


async def assert_each_once(machine: Machine, ids: Sequence[UUID]) -> None:
    """The ledger is ours: what was sent, against the table, the streams and the answers."""
    toys = machine.toys
    await eventually(lambda: set(ids) <= set(toys.answers), within=60, what="every command is answered")
    await toys.idle()
    sent = list(range(len(ids)))
    assert await toys.numbers() == sent
    for stream in ("EVENTS", "FEED"):
        assert sorted(made.n for made in await toys.published(Made, stream)) == sent, stream
    assert await toys.seen("made") == sent
    for id_ in ids:
        assert {answer.status for answer in toys.answers[id_]} == {"accepted"}
    assert await toys.dead() == []


async def send_all(machine: Machine, ids: Sequence[UUID], how: str = "") -> None:
    """As a careful sender does, up to fifty at a time."""
    open_ = asyncio.Semaphore(50)

    async def send(n: int, id_: UUID) -> None:
        async with open_:
            await machine.toys.send_surely(Make(n=n, how=how), id_)

    await asyncio.gather(*(send(n, id_) for n, id_ in enumerate(ids)))


async def restart(machine: Machine, process: Process) -> None:
    process.kill()
    await process.start().ready()


async def test_killed_before_the_commit(machine: Machine) -> None:
    """In the middle of a handler, after it has written."""
    ids = [new_id() for _ in range(20)]
    for n in (3, 11):
        (machine.folder / f"die-{n}").touch()
    for n, id_ in enumerate(ids):
        await machine.toys.send_surely(Make(n=n, how="die"), id_)
    process = machine.start()
    for _ in range(2):
        assert await process.ended() == -signal.SIGKILL
        process.start()
    await assert_each_once(machine, ids)


async def test_killed_after_the_commit_before_the_acknowledgement(machine: Machine) -> None:
    """It stands still while the database commits for it, and never wakes."""
    await machine.toys.stack.execute("toy", WAIT_AT_COMMIT)
    process = await machine.start().ready()
    ids = [new_id() for _ in range(5)]
    async with await machine.toys.locked():
        for n, id_ in enumerate(ids):
            await machine.toys.send_surely(Make(n=n), id_)
        await machine.toys.waiting()
        process.signal(signal.SIGSTOP)
    await eventually(machine.toys.numbers)
    await restart(machine, process)
    await assert_each_once(machine, ids)


async def test_killed_after_publishing_before_the_outbox_knows(machine: Machine) -> None:
    await machine.toys.stack.execute("toy", WAIT_BEFORE_REMOVING)
    process = await machine.start().ready()
    ids = [new_id() for _ in range(5)]
    async with await machine.toys.locked():
        await send_all(machine, ids)
        await machine.toys.waiting()
        await eventually(lambda: machine.toys.published(Made))
        process.kill()
        assert await machine.toys.rows("SELECT FROM messaging.outbox")
    await process.start().ready()
    await assert_each_once(machine, ids)


@pytest.mark.parametrize("killed", ["service", "nats", "postgres"])
async def test_killed_with_work_in_flight_and_two_replicas_at_it(machine: Machine, killed: str) -> None:
    first, _ = [await machine.start().ready() for _ in range(2)]
    ids = [new_id() for _ in range(600)]
    sending = asyncio.create_task(send_all(machine, ids))
    for share in (100, 300):
        await eventually(lambda share=share: len(machine.toys.answers) > share, within=30)
        if killed == "service":
            await restart(machine, first)
        else:
            server = machine.nats if killed == "nats" else machine.postgres
            await server.kill()
            await server.start()
    await sending
    await assert_each_once(machine, ids)


async def test_the_last_state_is_the_newest_also_when_nats_was_killed_in_between(machine: Machine) -> None:
    """What a broken connection still held must not overtake what it lost: the older would stand last."""
    await machine.toys.stack.execute(
        "toy",
        """
        CREATE TABLE written (seq bigint, subject text, body text);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN INSERT INTO written VALUES (NEW.seq, NEW.subject, NEW.body); RETURN NULL; END';
        CREATE TRIGGER note AFTER INSERT ON messaging.outbox FOR EACH ROW EXECUTE FUNCTION note();
        """,
    )
    await machine.start().ready()
    ids = [new_id() for _ in range(900)]
    sending = asyncio.create_task(send_all(machine, ids, "keep"))
    for share in (150, 400):
        await eventually(lambda share=share: len(machine.toys.answers) > share, within=30)
        await machine.nats.kill()
        await machine.nats.start()
    await sending
    await eventually(lambda: set(ids) <= set(machine.toys.answers), within=60)
    await machine.toys.idle()
    (newest,) = await machine.toys.rows(
        "SELECT body FROM written WHERE subject LIKE '%.state.%' ORDER BY seq DESC LIMIT 1"
    )
    assert await machine.toys.published(Kept, "STATE") == [Kept.model_validate_json(newest["body"])]
    assert Counter(await machine.toys.numbers()) == Counter(range(900))
