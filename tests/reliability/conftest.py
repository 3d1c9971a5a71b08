"""Servers that a test may kill, and the toy service on them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deploy.embedded.nats import Nats
from deploy.embedded.postgres import Postgres
from tests import servers
from tests.messaging import toy
from tests.messaging.conftest import Process, Toy, surroundings
from tests.servers import NatsServer, Server


@dataclass
class Machine:
    """Servers of a test's own, synced as in production, and processes of the toy."""

    toys: Toy
    nats: Server
    postgres: Server
    folder: Path
    processes: list[Process] = field(default_factory=list)

    def start(self, **settings: str) -> Process:
        """One more replica; returns at once."""
        self.processes.append(Process(self.toys.stack, self.folder, **settings).start())
        return self.processes[-1]


@pytest.fixture(scope="package")
async def killable_postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A PostgreSQL of these tests' own."""
    postgres = servers.own_postgres(tmp_path_factory.mktemp("killable"))
    await postgres.start()
    yield postgres
    await postgres.stop()


@pytest.fixture
async def killable_nats(tmp_path: Path) -> AsyncIterator[Server]:
    """A NATS of one test's own: started anew, it would look for the accounts of others, which are gone."""
    nats = servers.own_nats(tmp_path)
    await nats.start()
    yield nats
    await nats.stop()


@pytest.fixture
async def machine(killable_nats: Server, killable_postgres: Server, tmp_path: Path) -> AsyncIterator[Machine]:
    """The toy's surroundings on servers that may be killed; the toy is started by the test."""
    nats, postgres = killable_nats, killable_postgres
    assert isinstance(nats.part, Nats)
    assert isinstance(postgres.part, Postgres)
    server = NatsServer(nats.part.url, nats.part.keys)
    folder = tmp_path / "stack"
    folder.mkdir()
    async with (
        servers.stack(postgres.part.dsn, server, folder, [toy.service]) as stack,
        surroundings(stack) as made,
    ):
        await made.ack_wait(2)
        machine = Machine(made, nats, postgres, tmp_path)
        try:
            yield machine
        finally:
            for process in machine.processes:
                process.kill()
            for each in (nats, postgres):
                if each.process is None:
                    await each.start()
