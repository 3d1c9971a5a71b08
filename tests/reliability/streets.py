"""The exchange service on real servers, with people who were told before: for tests that hurry it, repeat, and kill."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import nats.errors
import nats.js.errors
import pytest

from deploy.embedded.process import free_port
from deploy.nats import accounts, api
from services.exchange.app import service
from shared import clock
from shared.contracts import subjects
from shared.contracts.envelope import Answer, Command, Contract
from shared.contracts.exchange import OpenExchange
from shared.ids import new_id
from shared.messaging.client import Client
from tests.messaging.conftest import fetch
from tests.servers import Stack
from tests.waiting import eventually


class Process:
    """The exchange service as a process of its own."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.port, self.log = free_port(), folder / f"exchange-{free_port()}.log"
        self.environment = os.environ | stack.environment("exchange") | {"WEEFSEL_HEALTH_PORT": str(self.port)}
        self.popen: subprocess.Popen[bytes] | None = None

    async def start(self) -> Self:
        """Returns when it is ready."""
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(  # noqa: ASYNC220
                [sys.executable, "-m", "services.exchange"], env=self.environment, stdout=log, stderr=log
            )

        async def answers() -> bool:
            assert self.popen is not None
            assert self.popen.poll() is None, self.log.read_text()[-2000:]
            return (await fetch(self.port, "/readyz"))[0] == 200

        await eventually(answers, within=30, what="exchange is ready")
        return self

    def kill(self) -> None:
        """With -9, in the middle of whatever it does."""
        if self.popen is not None and self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()


@dataclass
class Streets:
    """A stack, a careful sender, and what it was answered."""

    stack: Stack
    client: Client
    database: asyncpg.Pool[Any]
    answers: dict[UUID, list[Answer]] = field(default_factory=dict)

    async def pair(self, others: int = 1) -> tuple[UUID, list[UUID]]:
        """Someone, and neighbours whom they know and who enjoy being in a garden; nobody else is asked for them."""
        place = f"straat-{new_id().hex[-12:]}"
        await self.database.execute(
            "INSERT INTO neighbourhood VALUES ($1, 1, 'Europe/Brussels', 'default', false)", place
        )
        opener, *neighbours = [await self._someone(place) for _ in range(1 + others)]
        for each in neighbours:
            await self.database.execute(
                "INSERT INTO enjoyment (participant_id, part, kind, neighbourhood_id) VALUES ($1, 'talent', $3, $2)",
                each, place, "garden",
            )  # fmt: skip
            await self.database.execute(
                "INSERT INTO acquaintance VALUES (least($1::uuid, $2), greatest($1::uuid, $2), $3, 'gathering')",
                opener, each, clock.now(),
            )  # fmt: skip
        return opener, neighbours

    async def _someone(self, place: str) -> UUID:
        id_, now = new_id(), clock.now()
        await self.database.execute(
            """
            INSERT INTO participant (participant_id, version, neighbourhood_id, status, out_of_matching, languages,
                availability, reached_by, mandate_holder_ids, known_since, heard_at)
            VALUES ($1, 1, $2, 'active', false, '{nl}', '{}', 'email', '{}', $3, $3)
            """,
            id_, place, now,
        )  # fmt: skip
        return id_

    async def opened(self, opener: UUID) -> UUID:
        """They ask for company in the garden."""
        ref = await self.client.get(opening(opener), actor=f"participant:{opener}")
        found: UUID = ref.exchange_id
        return found

    async def invitation(self, exchange_id: UUID, participant_id: UUID) -> UUID:
        rows = await self.rows(
            "SELECT invitation_id FROM invitation WHERE exchange_id = $1 AND participant_id = $2",
            exchange_id, participant_id,
        )  # fmt: skip
        found: UUID = rows[0]["invitation_id"]
        return found

    async def rows(self, sql: str, *values: Any) -> list[Any]:
        return list(await self.database.fetch(sql, *values))

    async def surely(self, command: Command, actor: UUID, id_: UUID | None = None) -> Answer:
        """As a careful sender does: again, with the same id, until the stream has it; then the answer."""
        id_ = id_ or new_id()
        while True:
            try:
                await self.client.send(command, actor=f"participant:{actor}", id=id_)
                break
            except (nats.errors.Error, nats.js.errors.Error):
                await asyncio.sleep(0.05)
        await eventually(lambda: id_ in self.answers, within=60, what=f"{type(command).__name__} is answered")
        return self.answers[id_][0]

    async def idle(self) -> None:
        """All that was sent has been handled, and all that was to be told is on the streams."""

        async def quiet() -> bool:
            async with api.connected(self.stack.nats_url, self.stack.keys, accounts.BOOTSTRAP) as bootstrap:
                for stream in service.streams():
                    info = await api.call(bootstrap, f"CONSUMER.INFO.{stream}.exchange")
                    if info["num_pending"] or info["num_ack_pending"]:
                        return False
            return not await self.rows("SELECT FROM messaging.outbox")

        await eventually(quiet, within=30, what="nothing left to do")

    async def published(self, contract: type[Contract], stream: str = subjects.EVENTS) -> list[Any]:
        """All messages of one type on a stream."""
        found = []
        async with api.connected(self.stack.nats_url, self.stack.keys, accounts.BOOTSTRAP) as bootstrap:
            jetstream = bootstrap.jetstream()
            state = (await jetstream.stream_info(stream)).state
            for sequence in range(max(state.first_seq, 1), state.last_seq + 1):
                message = await jetstream.get_msg(stream, sequence)
                if (message.headers or {}).get("ce-type") == contract.TYPE:
                    found.append(contract.model_validate_json(message.data or b""))
        return found


def opening(opener: UUID) -> OpenExchange:
    return OpenExchange(opening="ask", participant_id=opener, kind="garden", words="Wie komt mee snoeien?")


@contextlib.asynccontextmanager
async def streets(make: Callable[[Any], Any], folder: Path) -> AsyncIterator[Streets]:
    """What a test works with; the service is started by the test. It is ten in the morning."""
    stack = await make([service])
    here = clock.now().astimezone(ZoneInfo("Europe/Brussels"))
    clock.move(folder / "clock", here.replace(hour=10, minute=0) + timedelta(days=1) - here)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEEFSEL_CLOCK_FILE", str(folder / "clock"))
        await _deliver_again_soon(stack)
        async with (
            stack.connect("cli") as client,
            asyncpg.create_pool(stack.admin_dsn("exchange"), min_size=1, max_size=4) as pool,
        ):
            made, ready = Streets(stack, client, pool), asyncio.Event()

            async def listen() -> None:
                async for answer in client.answers(ready=ready):
                    if answer.id is not None:
                        made.answers.setdefault(answer.id, []).append(answer)

            listening = asyncio.create_task(listen())
            try:
                await asyncio.wait_for(ready.wait(), 10)
                yield made
            finally:
                listening.cancel()
                await asyncio.wait({listening})


async def _deliver_again_soon(stack: Stack) -> None:
    """What a killed process had taken comes again after two seconds."""
    async with api.connected(stack.nats_url, stack.keys, accounts.BOOTSTRAP) as bootstrap:
        for stream in service.streams():
            config = (await api.call(bootstrap, f"CONSUMER.INFO.{stream}.exchange"))["config"]
            body = {"stream_name": stream, "config": config | {"ack_wait": int(2e9)}}
            await api.call(bootstrap, f"CONSUMER.CREATE.{stream}.exchange", body)
