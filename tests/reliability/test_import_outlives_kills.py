"""A file is imported while profiles, NATS and PostgreSQL are each killed: everyone is in once, and told once.

The ledger is kept outside the system: the file, against the rows of the table and the messages of the stream.
`WEEFSEL_IMPORT_ROWS` makes the file shorter, for a quick look.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import nats.errors
import pytest

from deploy.embedded.nats import Nats
from deploy.embedded.postgres import Postgres
from deploy.nats import accounts, api
from shared.contracts import subjects
from shared.contracts.profiles import ParticipantRegistered, RegisterNeighbourhood, RegisterOrganisation
from shared.messaging.client import Unanswered
from tests import servers
from tests.servers import NatsServer, Stack
from tests.waiting import eventually

ROWS = int(os.environ.get("WEEFSEL_IMPORT_ROWS", "10000"))
PLACE = "brugse-poort"


@dataclass
class Machine:
    """Real servers, synced, and the service as a process: each can be killed and started again."""

    stack: Stack
    postgres: servers.Server
    nats: servers.Server
    service: subprocess.Popen[bytes] | None = None
    said: list[int] = field(default_factory=list)

    def start_service(self) -> None:
        environment = os.environ | self.stack.environment("profiles")
        with (self.stack.folder / "profiles.log").open("ab") as log:
            self.service = subprocess.Popen(
                [sys.executable, "-m", "services.profiles"], env=environment, stderr=log, stdout=log
            )

    async def kill_service(self) -> None:
        assert self.service is not None
        self.service.send_signal(signal.SIGKILL)
        await asyncio.to_thread(self.service.wait)

    async def answers(self) -> bool:
        async with self.stack.connect() as client:
            with contextlib.suppress(Unanswered):
                await client.get(RegisterOrganisation(organisation_id="buurtpunt", names={"nl": "Buurtpunt"}))
                place = RegisterNeighbourhood(
                    neighbourhood_id=PLACE, names={"nl": "Brugse Poort"}, organisation_id="buurtpunt"
                )
                await client.get(place)
                return True
        return False

    async def brought(self) -> int:
        """How many are in; as long as PostgreSQL is away, as many as before."""
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self.said.append((await self.stack.fetch("profiles", "SELECT count(*) FROM participant"))[0][0])
        return self.said[-1] if self.said else 0


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    postgres, own = servers.own_postgres(tmp_path), servers.own_nats(tmp_path)
    assert isinstance(postgres.part, Postgres)
    assert isinstance(own.part, Nats)
    await asyncio.gather(postgres.start(), own.start())
    try:
        server = NatsServer(own.part.url, own.part.keys)
        async with servers.stack(postgres.part.dsn, server, tmp_path / "stack", ["profiles"]) as stack:
            made = Machine(stack, postgres, own)
            made.start_service()
            try:
                await eventually(made.answers, within=30, what="profiles answers")
                yield made
            finally:
                await made.kill_service()
    finally:
        await asyncio.gather(postgres.stop(), own.stop())


async def registered(stack: Stack) -> Counter[str]:
    """How often the stream tells that each person came, read with a consumer of the test's own."""
    subject = subjects.event_filter(ParticipantRegistered)
    found: Counter[str] = Counter()
    async with api.connected(stack.nats_url, stack.keys, accounts.BOOTSTRAP) as client:
        jetstream, sequence = client.jetstream(), 1
        last = (await jetstream.stream_info(subjects.EVENTS)).state.last_seq
        while sequence <= last:
            try:
                message = await jetstream.get_msg(subjects.EVENTS, sequence, subject=subject, next=True)
            except nats.js.errors.NotFoundError:
                break
            found[json.loads(message.data or b"{}")["participant_id"]] += 1
            sequence = (message.seq or last) + 1
    return found


@pytest.mark.timeout(600)
async def test_everyone_is_in_once_and_told_once_whatever_is_killed(machine: Machine, tmp_path: Path) -> None:
    """Profiles, NATS and PostgreSQL are each killed at a quarter, half and three quarters, with commands in flight."""
    file = tmp_path / "people.csv"
    lines = [f"Buur {number};{PLACE};04{number:08};R{number}" for number in range(ROWS)]
    file.write_text("\n".join(["naam;buurt;gsm;referentie", *lines]), encoding="utf-8")
    credentials = str(machine.stack.keys.creds("cli"))
    environment = os.environ | {"WEEFSEL_NATS_URL": machine.stack.nats_url, "WEEFSEL_NATS_CREDENTIALS": credentials}
    command = [
        sys.executable,
        "-c",
        "from deploy.cli import main; main()",
        "participants",
        "import",
        str(file),
        "--json",
    ]
    importing = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)

    async def at(share: float) -> bool:
        assert importing.returncode is None, "the import ended early"
        return await machine.brought() >= ROWS * share

    for share in (0.25, 0.5, 0.75):
        await eventually(lambda share=share: at(share), within=200, what=f"{share:.0%} of them are in")
        await machine.kill_service()
        machine.start_service()
        await machine.nats.kill()
        await machine.nats.start()
        await machine.postgres.kill()
        await machine.postgres.start()

    out, _ = await asyncio.wait_for(importing.communicate(), 300)
    summary = json.loads(out)
    assert (importing.returncode, summary["good"], summary["bad"]) == (0, ROWS, [])
    rows = await machine.stack.fetch("profiles", "SELECT participant_id, reference FROM participant")
    assert Counter(row["reference"] for row in rows) == Counter(f"R{number}" for number in range(ROWS))

    async def all_told() -> bool:
        return not await machine.stack.fetch("profiles", "SELECT FROM messaging.outbox LIMIT 1")

    await eventually(all_told, within=60, what="the outbox is empty")
    assert await registered(machine.stack) == Counter(str(row["participant_id"]) for row in rows)
