"""The servers that everything is measured on: NATS and PostgreSQL as the embedded stack starts them, both synced."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from typing import Any

import asyncpg

from deploy import databases
from deploy.embedded.nats import Nats
from deploy.embedded.postgres import Postgres
from deploy.embedded.process import Program, free_port
from deploy.nats import accounts, api, bootstrap
from deploy.nats.keys import Keys
from shared.contracts.subjects import COMMANDS, EVENTS, FEED, PARTNER, STATE

SERVICE = "profiles"
NEIGHBOURHOOD = "brugse-poort"
OUTGOING = (EVENTS, FEED, STATE, PARTNER)
"""The streams that a handler's messages end in."""
_PLACE = """
    INSERT INTO organisation (organisation_id, version, names, kind) VALUES ('ldc', 1, '{"nl": "LDC"}', 'other');
    INSERT INTO neighbourhood
        (neighbourhood_id, version, names, timezone, policy, organisation_id, cells, registered_at)
    VALUES ('brugse-poort', 1, '{"nl": "Brugse Poort"}', 'Europe/Brussels', 'default', 'ldc', '{}', '2026-01-01Z');
"""


@dataclass
class Stack:
    """Servers with the account, streams, consumers and database of one service."""

    service: str
    folder: Path
    keys: Keys
    nats: Nats
    postgres: Postgres
    admin: asyncpg.Connection[asyncpg.Record]
    """The administrator, in the service's database."""
    control: Any
    """NATS as the bootstrap job."""
    pids: dict[str, int]
    """Of the two servers."""

    def environment(self) -> dict[str, str]:
        """What the service reads."""
        return {
            "WEEFSEL_NATS_URL": self.nats.url,
            "WEEFSEL_NATS_CREDENTIALS": str(self.keys.creds(self.service)),
            "WEEFSEL_DATABASE_URL": databases.without_password(self.dsn, self.service),
            "WEEFSEL_DATABASE_PASSWORD_FILE": str(self.folder / "passwords" / self.service),
            "WEEFSEL_SERVICES": self.service,
        }

    @property
    def dsn(self) -> str:
        return databases.with_database(self.postgres.dsn, self.service)

    @contextmanager
    def process(self, module: str, **environment: str) -> Iterator[Popen[bytes]]:
        """A Python module as a process of its own, with the service's settings; ended on leaving."""
        log = self.folder / f"{module}.log"
        process = Program(module, [sys.executable, "-m", module], log, {**self.environment(), **environment}).start()
        try:
            yield process
        finally:
            _end(process)

    def words_of(self, module: str) -> str:
        """The last that a process wrote."""
        return (self.folder / f"{module}.log").read_text(encoding="utf-8")[-2000:]

    async def reset(self) -> None:
        """Empty streams and tables, so that every round starts alike."""
        for stream in (*OUTGOING, COMMANDS):
            await api.call(self.control, f"STREAM.PURGE.{stream}")
        tables = await self.admin.fetch(
            """
            SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
            WHERE schemaname IN ('messaging', 'public')
                AND tablename NOT LIKE '%migrations' AND tablename NOT IN ('organisation', 'neighbourhood')
            """
        )
        await self.admin.execute(f"TRUNCATE {', '.join(row['name'] for row in tables)}")
        await self.admin.execute("CHECKPOINT")

    async def stored(self) -> dict[str, int]:
        """How many messages each outgoing stream has ever stored."""
        return {
            stream: (await api.call(self.control, f"STREAM.INFO.{stream}"))["state"]["last_seq"] for stream in OUTGOING
        }


@asynccontextmanager
async def running(
    service: str = SERVICE, setup: str = _PLACE, *, beside: Sequence[str] = (), **settings: str
) -> AsyncIterator[Stack]:
    """Everything started in a temporary folder, on free ports; nothing is left behind.

    `setup`: statements for the service's database; `beside`: other services that get keys and a database;
    `settings`: PostgreSQL's, for what is loaded at once.
    """
    with tempfile.TemporaryDirectory(prefix="weefsel-bench-") as name:
        folder = Path(name)
        os.chmod(folder, 0o711)  # noqa: PTH101 - PostgreSQL, which isn't root, passes through
        services = [service, *beside]
        keys = Keys.load_or_create(folder / "keys", services)
        nats = Nats(folder / "nats", folder / "nats.log", keys, free_port(), free_port())
        postgres = Postgres(folder / "postgres", folder / "postgres.log", free_port(), "of-one-run", settings)
        nats.prepare()
        postgres.prepare()
        processes = [nats.program().start(), postgres.program().start()]
        try:
            await until(nats.ready, "NATS is ready")
            await until(postgres.ready, "PostgreSQL is ready")
            await bootstrap.bootstrap(nats.url, keys, services)
            await databases.bootstrap(postgres.dsn, folder / "passwords", services)
            admin = await asyncpg.connect(databases.with_database(postgres.dsn, service))
            await admin.execute(setup)
            async with api.connected(nats.url, keys, accounts.BOOTSTRAP) as control:
                pids = dict(zip(("nats", "postgres"), (each.pid for each in processes), strict=True))
                yield Stack(service, folder, keys, nats, postgres, admin, control, pids)
            await admin.close()
        finally:
            for process, program in zip(processes, (nats.program(), postgres.program()), strict=True):
                process.send_signal(program.stop_signal)
                process.wait(30)


async def until(condition: Any, what: str, *, within: float = 60.0, every: float = 0.02) -> float:
    """Wait until an async function returns true; returns the seconds that it took."""
    started = time.perf_counter()
    while not await condition():
        if time.perf_counter() - started > within:
            raise TimeoutError(f"{what}: not within {within:g} s")
        await asyncio.sleep(every)
    return time.perf_counter() - started


def _end(process: Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except TimeoutExpired:
        process.kill()
        process.wait(5)
