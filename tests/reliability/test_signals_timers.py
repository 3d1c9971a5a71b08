"""A timer has its effect once, although three replicas run and the relay is killed at the worst moment."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import psutil
import pytest

from deploy.embedded.process import free_port
from deploy.nats import accounts, api
from services.signals.app import service
from shared import clock
from shared.contracts import subjects
from shared.contracts.signals import RaiseSignal, SignalDue, WorkerTold
from shared.ids import new_id
from shared.messaging.client import Client
from tests.conftest import MakeStack
from tests.messaging.conftest import fetch
from tests.reliability.test_crashes import WAIT_BEFORE_REMOVING
from tests.servers import Stack
from tests.waiting import eventually

PLACE, SIGNALS, REPLICAS, LOCK = "brugse-poort", 25, 3, 77
MARIE, KARIM, LIEVE = (new_id() for _ in range(3))


@dataclass
class Replicas:
    """Signals as processes of their own, one of which moves timers and sends what is to be sent."""

    stack: Stack
    folder: Path
    database: asyncpg.Pool[Any]
    client: Client
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    async def start(self) -> None:
        """One more; returns when it is ready."""
        port = free_port()
        log = self.folder / f"signals-{port}.log"
        more = {"WEEFSEL_HEALTH_PORT": str(port), "WEEFSEL_CLOCK_FILE": str(self.folder / "clock")}
        with log.open("ab") as out:
            popen = subprocess.Popen(  # noqa: ASYNC220
                [sys.executable, "-m", "services.signals"],
                env=os.environ | self.stack.environment("signals") | more, stdout=out, stderr=out,
            )  # fmt: skip
        self.running.append(popen)

        async def answers() -> bool:
            assert popen.poll() is None, log.read_text()[-2000:]
            status, says = await fetch(port, "/readyz")
            assert status == 200, f"{says} {log.read_text()[-1000:]}"
            return True

        await eventually(answers, within=90, what="signals is ready")

    async def waiting(self) -> subprocess.Popen[bytes] | None:
        """The replica that has been told by the server that it has it, and is about to remove its rows."""
        row = await self.database.fetchrow(
            "SELECT client_port FROM pg_stat_activity WHERE wait_event = 'advisory' AND query LIKE 'DELETE FROM%'"
        )
        for each in self.running if row else []:
            ports = {found.laddr.port for found in psutil.Process(each.pid).net_connections()}
            if row["client_port"] in ports:
                return each
        return None

    async def published(self, type_: str) -> list[bytes]:
        """All messages of one type in the stream."""
        found = []
        async with api.connected(self.stack.nats_url, self.stack.keys, accounts.BOOTSTRAP) as bootstrap:
            jetstream = bootstrap.jetstream()
            state = (await jetstream.stream_info(subjects.EVENTS)).state
            for sequence in range(max(state.first_seq, 1), state.last_seq + 1):
                message = await jetstream.get_msg(subjects.EVENTS, sequence)
                if (message.headers or {}).get("ce-type") == type_:
                    found.append(message.data or b"")
        return found

    def kill(self, which: subprocess.Popen[bytes]) -> None:
        """With -9."""
        which.kill()
        which.wait()
        self.running.remove(which)

    async def idle(self) -> bool:
        """Nothing is to be sent, nothing is on its way."""
        left = await self.database.fetchval("SELECT count(*) FROM messaging.outbox")
        due = await self.database.fetchval("SELECT count(*) FROM messaging.timer WHERE due_at <= $1", clock.now())
        return not left and not due


@asynccontextmanager
async def replicas(stack: MakeStack, folder: Path) -> AsyncIterator[Replicas]:
    """The neighbourhood and its workers are known; nothing runs yet."""
    made = await stack([service])
    async with asyncpg.create_pool(made.admin_dsn("signals")) as database, made.connect() as client:
        found = Replicas(made, folder, database, client)
        await database.execute(
            "INSERT INTO neighbourhood VALUES ($1, 1, 'Europe/Brussels', 'default', 'buurtpunt', '{}', false)", PLACE
        )
        await database.execute("INSERT INTO duty VALUES ($1, 1, $2, 'worker', $3, $4)", PLACE, MARIE, KARIM, LIEVE)
        try:
            yield found
        finally:
            for each in list(found.running):
                found.kill(each)


async def someone(database: asyncpg.Pool[Any]) -> UUID:
    id_ = new_id()
    await database.execute(
        "INSERT INTO participant VALUES ($1, 1, $2, 'active', '{nl}', '{}', false)", id_, PLACE
    )  # fmt: skip
    return id_


@pytest.mark.timeout(300)
async def test_a_timer_has_its_effect_once_though_the_relay_is_killed_before_it_removes_what_it_sent(
    stack: MakeStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each signal is brought to the backup once, in the table and in the stream; then it waits for them."""
    monkeypatch.setenv("WEEFSEL_CLOCK_FILE", str(tmp_path / "clock"))
    async with replicas(stack, tmp_path) as made:
        await made.stack.execute("signals", WAIT_BEFORE_REMOVING)
        await asyncio.gather(*(made.start() for _ in range(REPLICAS)))
        raised = [
            await made.client.get(
                RaiseSignal(participant_id=await someone(made.database), kind="food", urgency="today"), actor="operator"
            )
            for _ in range(SIGNALS)
        ]
        await eventually(made.idle, within=30)
        async with made.database.acquire() as holder:
            await holder.execute(f"SELECT pg_advisory_lock({LOCK})")
            clock.move(tmp_path / "clock", timedelta(minutes=61))
            stuck = await eventually(made.waiting, within=30, what="the relay stands before the removal")
            await eventually(lambda: made.published(SignalDue.TYPE), within=30)
            made.kill(stuck)
            await holder.execute(f"SELECT pg_advisory_unlock({LOCK})")
        await made.start()

        async def all_told() -> bool:
            told = await made.database.fetchval("SELECT count(*) FROM signal WHERE step = 'backup'")
            return bool(told == SIGNALS) and await made.idle()

        await eventually(all_told, within=60, what="each is with the backup")
        once = Counter(each.signal_id for each in raised)
        steps = await made.database.fetch("SELECT signal_id FROM signal_step WHERE step = 'backup'")
        assert Counter(row["signal_id"] for row in steps) == once
        told = [WorkerTold.model_validate_json(body) for body in await made.published(WorkerTold.TYPE)]
        assert Counter(each.signal_id for each in told if each.step == "backup") == once
        assert not [each for each in told if each.step == "coordinator"]
        assert not await made.database.fetch("SELECT FROM messaging.dead_letter")
