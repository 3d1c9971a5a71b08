"""Notify, the mail server and the database, killed at any moment: each message arrives, once.

The one window in which a crash doubles a mail lies between the mail server's yes and the record of it. One mail at a
time is in it, so that a kill doubles one mail at most; both have the same Message-ID, and a mail program shows one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.notify.sending.records import MOST
from tests.conftest import MakeStack
from tests.notify.sending import Sending, prepared
from tests.notify.smtp import ScriptedSmtp
from tests.servers import NatsServer, Server, own_postgres, stack
from tests.waiting import eventually

MAILS = 120


class Process:
    """`python -m services.notify`."""

    def __init__(self, sending: Sending, folder: Path, **changes: Any) -> None:
        patient = {"smtp_timeout": 5.0, "mail_lease": 10.0} | changes
        self.environment = {**os.environ, **sending.environment(**patient)}
        self.log = folder / "notify.log"
        self.running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, "-m", "services.notify"], env=self.environment, stdout=log, stderr=log
            )

    async def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """The mail server of the test goes on meanwhile: it is in this very loop."""
        if self.running is not None:
            self.running.send_signal(how)
            await asyncio.to_thread(self.running.wait, 200)
            self.running = None


@asynccontextmanager
async def process(sending: Sending, folder: Path, **changes: Any) -> AsyncIterator[Process]:
    made = Process(sending, folder, **changes)
    made.start()
    try:
        yield made
    finally:
        await made.end()


async def _all_arrive(sending: Sending, ids: list[UUID], *, kills: int) -> None:
    """Each mail, at most one twice for each kill, and the queue says so too."""

    async def arrived() -> bool:
        stages = await sending.stages()
        assert stages == {"sent": len(ids)}, stages
        return True

    await eventually(arrived, within=300, what="everything sent")
    counts = sending.smtp.ids()
    assert {each.partition("@")[0].strip("<") for each in counts} == {str(each) for each in ids}
    twice = {each: times for each, times in counts.items() if times > 1}
    assert sum(times - 1 for times in twice.values()) <= kills, twice


async def _taken(sending: Sending, share: int) -> None:
    """Wait until the mail server has so many."""
    await eventually(lambda: len(sending.smtp.accepted) >= share, within=200)


@pytest.mark.timeout(700)
async def test_killed_while_it_sends_it_doubles_one_mail_at_most(stack: MakeStack, tmp_path: Path) -> None:
    kills = 2
    async with prepared(stack) as sending:
        people = await sending.people(MAILS + 1)
        ids = await sending.introduce(people[:MAILS], people[MAILS][0])
        async with process(sending, tmp_path) as notify:
            for each in range(1, kills + 1):
                share = each * MAILS // (kills + 1)
                await _taken(sending, share)
                await notify.end()
                notify.start()
            await _all_arrive(sending, ids, kills=kills)


@pytest.mark.timeout(700)
async def test_killed_right_after_the_servers_yes_the_same_mail_comes_once_more(
    stack: MakeStack, tmp_path: Path
) -> None:
    """The window itself: the server takes the mail and says so when notify is already dead."""
    async with prepared(stack) as sending:
        sending.smtp.slow = 2.5
        (one, other) = await sending.people(2)
        sending.smtp.script[one[1]] = ["slow"]
        ids = await sending.introduce([one], other[0])
        async with process(sending, tmp_path) as notify:
            await eventually(lambda: sending.smtp.at_once == 1, within=200)
            await notify.end()
            await eventually(lambda: sending.smtp.at_once == 0, within=200)
            notify.start()
            await _all_arrive(sending, ids, kills=1)
        assert set(sending.smtp.ids().values()) == {2}


@pytest.mark.timeout(700)
async def test_stopped_as_an_operator_does_it_doubles_nothing(stack: MakeStack, tmp_path: Path) -> None:
    async with prepared(stack) as sending:
        people = await sending.people(MAILS + 1)
        ids = await sending.introduce(people[:MAILS], people[MAILS][0])
        async with process(sending, tmp_path) as notify:
            for share in (20, 60):
                await _taken(sending, share)
                await notify.end(signal.SIGTERM)
                notify.start()
            await _all_arrive(sending, ids, kills=0)


@pytest.mark.timeout(700)
async def test_the_mail_server_goes_and_comes_back(stack: MakeStack, tmp_path: Path) -> None:
    """Gone in the middle of whatever it was: what it took and didn't say is what it may get again."""
    async with prepared(stack) as sending:
        people = await sending.people(MAILS + 1)
        ids = await sending.introduce(people[:MAILS], people[MAILS][0])
        async with process(sending, tmp_path, mail_retry_after=(0.2,) * 20):
            taken = sending.smtp.accepted
            await eventually(lambda: len(taken) >= 40, within=200)
        again = ScriptedSmtp(accepted=sending.smtp.accepted)
        async with process(sending, tmp_path, mail_retry_after=(0.2,) * 20, smtp_port=1) as notify:
            await asyncio.wait_for(_said(notify, "out of reach"), 200)
            await notify.end()
            async with again.running():
                sending.smtp.port = again.port
                async with process(sending, tmp_path, mail_retry_after=(0.2,) * 20):
                    await _all_arrive(sending, ids, kills=2)
        rows = await sending.stack.fetch("notify", "SELECT max(attempts) AS most FROM mail")
        assert rows[0]["most"] == 0, "an outage counts against no mail"


@pytest.mark.timeout(700)
async def test_two_replicas_share_the_queue(stack: MakeStack, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    async with prepared(stack) as sending:
        people = await sending.people(MAILS + 1)
        ids = await sending.introduce(people[:MAILS], people[MAILS][0])
        async with process(sending, tmp_path / "one") as one, process(sending, tmp_path / "two"):
            await eventually(lambda: len(sending.smtp.accepted) >= MAILS // 3, within=200)
            await one.end()
            one.start()
            await _all_arrive(sending, ids, kills=1)


@pytest.mark.timeout(700)
@pytest.mark.parametrize("which", ["nats", "postgres"])
async def test_nats_or_the_database_goes_and_comes_back(
    which: str, killable_nats: Server, killable_postgres: Server, tmp_path: Path
) -> None:
    server = NatsServer(killable_nats.part.url, killable_nats.part.keys)  # type: ignore[union-attr]
    folder = tmp_path / "stack"
    folder.mkdir()

    async with contextlib.AsyncExitStack() as made:

        async def make(services: Any) -> Any:
            dsn = killable_postgres.part.dsn  # type: ignore[union-attr]
            return await made.enter_async_context(stack(dsn, server, folder, services))

        async with prepared(make) as sending:
            people = await sending.people(MAILS + 1)
            ids = await sending.introduce(people[:MAILS], people[MAILS][0])
            async with process(sending, tmp_path):
                await eventually(lambda: len(sending.smtp.accepted) >= MAILS // 4, within=200)
                part = killable_nats if which == "nats" else killable_postgres
                await part.kill()
                await part.start()
                await _all_arrive(sending, ids, kills=0)


@pytest.mark.timeout(700)
async def test_records_that_the_database_lost_on_their_way_to_the_disk_are_written_once_more(
    killable_nats: Server, tmp_path: Path
) -> None:
    """Of what was sent, nothing but notify knows."""
    async with _unwritten(killable_nats, tmp_path) as (sending, ids, postgres), process(sending, tmp_path) as notify:
        await eventually(lambda: sending.smtp.waits, within=200)
        await postgres.kill()
        await postgres.start()
        await _all_arrive(sending, ids, kills=0)
        lost = re.search(r"written down again.*?mails\W+(\d+)", re.sub(r"\x1b\[\d*m", "", notify.log.read_text()))
        assert lost
        assert int(lost[1]) > 1


@pytest.mark.timeout(700)
async def test_with_the_database_and_notify_killed_at_once_no_mail_is_lost_and_a_few_come_twice(
    killable_nats: Server, tmp_path: Path
) -> None:
    """As when the power fails: nobody knows of what was sent and isn't on disk. There are no more of those than MOST,
    and the one in the window."""
    async with _unwritten(killable_nats, tmp_path) as (sending, ids, postgres), process(sending, tmp_path) as notify:
        await eventually(lambda: sending.smtp.waits, within=200)
        await asyncio.gather(notify.end(), postgres.kill())
        await postgres.start()
        notify.start()
        await _all_arrive(sending, ids, kills=MOST + 1)
        assert max(sending.smtp.ids().values()) == 2


@asynccontextmanager
async def _unwritten(killable_nats: Server, folder: Path) -> AsyncIterator[tuple[Sending, list[UUID], Server]]:
    """A database whose log writer sleeps, and more mails than may be unwritten, of which one holds up the window: what
    was sent before it is in memory alone."""
    nats = NatsServer(killable_nats.part.url, killable_nats.part.keys)  # type: ignore[union-attr]
    postgres = own_postgres(folder, wal_writer_delay="10s")
    await postgres.start()
    (folder / "stack").mkdir()
    try:
        async with contextlib.AsyncExitStack() as made:

            async def make(services: Any) -> Any:
                return await made.enter_async_context(stack(postgres.part.dsn, nats, folder / "stack", services))  # type: ignore[union-attr]

            async with prepared(make) as sending:
                people = await sending.people(MOST + 19)
                sending.smtp.slow, sending.smtp.script[people[MOST + 11][1]] = 3.0, ["slow"]
                ids = await sending.introduce(people[: MOST + 18], people[MOST + 18][0])
                yield sending, ids, postgres
    finally:
        await postgres.stop()


async def _said(notify: Process, words: str) -> None:
    await eventually(lambda: words in notify.log.read_text(), within=200)
