"""What every test may ask for: real servers, and a stack on them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeAlias

import pytest
from hypothesis import settings

from shared.messaging import Service
from tests import servers
from tests.servers import NatsServer, Stack

settings.register_profile("soak", max_examples=1000)
"""Of what is made up: far more of it, by `make soak`."""

MakeStack: TypeAlias = Callable[[Sequence[str | Service]], Awaitable[Stack]]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say on which servers the tests stood."""
    terminalreporter.write_line(servers.which())


@pytest.fixture(scope="session")
async def postgres() -> AsyncIterator[str]:
    """An administrator's DSN on a real PostgreSQL."""
    async with servers.postgres() as dsn:
        yield dsn


@pytest.fixture(scope="session")
async def nats_server() -> AsyncIterator[NatsServer]:
    """A real NATS in operator mode, and its keys."""
    async with servers.nats() as server:
        yield server


@pytest.fixture
async def stack(
    postgres: str, nats_server: NatsServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[MakeStack]:
    """`made = await stack(["profiles"])`: an account and databases of this test's own."""
    async with _maker(postgres, nats_server, tmp_path_factory) as make:
        yield make


@pytest.fixture(scope="module")
async def module_stack(
    postgres: str, nats_server: NatsServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[MakeStack]:
    """The same, shared by the tests of a module."""
    async with _maker(postgres, nats_server, tmp_path_factory) as make:
        yield make


@contextlib.asynccontextmanager
async def _maker(postgres: str, nats_server: NatsServer, folders: pytest.TempPathFactory) -> AsyncIterator[MakeStack]:
    async with contextlib.AsyncExitStack() as made:

        async def make(services: Sequence[str | Service]) -> Stack:
            return await made.enter_async_context(
                servers.stack(postgres, nats_server, folders.mktemp("stack"), services)
            )

        yield make
