"""The profiles service on real servers, a client, its clock, and what it tells."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import nats.js.errors
from nats.aio.client import Client as Nats

from deploy.nats import accounts, api
from shared import clock
from shared.contracts import subjects
from shared.contracts.envelope import Event, State
from shared.contracts.profiles import DutyKept
from shared.messaging.client import Client
from tests.conftest import MakeStack
from tests.servers import Stack

S = TypeVar("S", bound=State)
E = TypeVar("E", bound=Event)


@dataclass
class Setting:
    """What a test of profiles works with."""

    stack: Stack
    client: Client
    clock: Path
    admin: Nats
    """A connection that may look into the streams."""

    def move(self, by: timedelta) -> None:
        """Move the clock of this process, and so of the service in it, forward."""
        clock.move(self.clock, by)

    async def state(self, contract: type[S], key: object) -> S:
        """The last state that was told of one thing, or AssertionError when there is none (yet)."""
        p = subjects.parts(contract)
        subject = f"{subjects.ROOT}.state.{p.service}.{p.entity}.{key}"
        try:
            message = await self.admin.jetstream().get_last_msg(subjects.STATE, subject)
        except nats.js.errors.NotFoundError:
            raise AssertionError(f"nothing on {subject}") from None
        return contract.model_validate_json(message.data or b"{}")

    async def on_duty(self, place: str, worker_id: UUID, role: str) -> bool:
        """Whether it was told last that this worker is on duty, as this."""
        kept = await self.state(DutyKept, place)
        assert (kept.worker_id, kept.role) == (worker_id, role)
        return True

    async def removed(self, contract: type[S], key: object) -> bool:
        """Whether what was told last is that it is gone."""
        return (await self.state(contract, key)).removed

    async def events(self, contract: type[E], *, neighbourhood_id: str = "*") -> list[E]:
        """The events of one type so far, in order."""
        p = subjects.parts(contract)
        subject = f"{subjects.ROOT}.event.{p.service}.{neighbourhood_id}.{p.entity}.{p.verb}"
        found: list[E] = []
        sequence = 1
        while True:
            try:
                message = await self.admin.jetstream().get_msg(subjects.EVENTS, sequence, subject=subject, next=True)
            except nats.js.errors.NotFoundError:
                return found
            found.append(contract.model_validate_json(message.data or b"{}"))
            sequence = (message.seq or 0) + 1


@asynccontextmanager
async def setting(make: MakeStack, *others: str) -> AsyncIterator[Setting]:
    """Profiles, running, with a clock of its own; and other services beside it."""
    stack = await make(["profiles", *others])
    file = stack.folder / "clock"
    before, os.environ["WEEFSEL_CLOCK_FILE"] = os.environ.get("WEEFSEL_CLOCK_FILE"), str(file)
    try:
        async with (
            AsyncExitStack() as running,
            stack.connect() as client,
            api.connected(stack.nats_url, stack.keys, accounts.BOOTSTRAP) as admin,
        ):
            for service in stack.services:
                await running.enter_async_context(stack.running(service))
            yield Setting(stack, client, file, admin)
    finally:
        del os.environ["WEEFSEL_CLOCK_FILE"]
        if before is not None:
            os.environ["WEEFSEL_CLOCK_FILE"] = before
