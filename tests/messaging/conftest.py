"""The toy service on real servers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import asyncpg
import nats.aio.client
import nats.errors
import nats.js.errors
import pytest

from deploy.embedded.process import free_port
from deploy.nats import accounts, api
from shared import clock
from shared.contracts import subjects
from shared.contracts.envelope import Answer, Command, Contract, Envelope, Event, State
from shared.ids import new_id
from shared.messaging.client import Client
from tests.conftest import MakeStack
from tests.messaging import toy
from tests.servers import Stack
from tests.waiting import eventually


class Process:
    """The toy as a process of its own."""

    def __init__(self, stack: Stack, marks: Path, **settings: str) -> None:
        self.port = free_port()
        self.log = marks / f"toy-{self.port}.log"
        self.environment = os.environ | stack.environment("toy") | {
            "WEEFSEL_HEALTH_PORT": str(self.port), "WEEFSEL_RETRY_AFTER": "[0.05, 0.1, 0.2]", "TOY_MARKS": str(marks),
        }  # fmt: skip
        self.environment |= {f"WEEFSEL_{name.upper()}": value for name, value in settings.items()}
        self.popen: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Returns at once."""
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "tests.messaging.toy"], env=self.environment, stdout=log, stderr=log
            )
        return self

    async def ready(self) -> Self:
        """Until `/readyz` says so."""

        async def answers() -> bool:
            assert self.popen is not None
            assert self.popen.poll() is None, self.output()
            return (await fetch(self.port, "/readyz"))[0] == 200

        await eventually(answers, within=30, what="the toy is ready")
        return self

    def signal(self, which: signal.Signals) -> None:
        assert self.popen is not None
        self.popen.send_signal(which)

    async def ended(self, within: float = 15) -> int:
        """Its exit code."""
        assert self.popen is not None
        return await asyncio.to_thread(self.popen.wait, within)

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        if self.popen is not None and self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()


async def fetch(port: int, path: str) -> tuple[int, str]:
    """Status and text of a health page; (0, '') when nobody answers."""

    def get() -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    return await asyncio.to_thread(get)


class Refused(Exception):
    """The stream does not take the message."""


@dataclass
class Toy:
    """The toy service's surroundings: its stack, a sender, and what the sender is answered."""

    def __repr__(self) -> str:
        return "Toy()"

    stack: Stack
    client: Client
    publisher: nats.aio.client.Client
    """A connection with the service's own rights: to send it events, and anything that is no message."""
    database: asyncpg.Connection
    """The administrator's, for looking behind the toy's back."""
    port: int = 0
    """Of its health pages, where one toy runs for a whole module."""
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    answers: dict[UUID, list[Answer]] = field(default_factory=dict)

    def running(self, **changes: Any) -> contextlib.AbstractAsyncContextManager[Any]:
        return self.stack.running("toy", **changes)

    async def answer(self, id_: UUID, nth: int = 1) -> Answer:
        """The nth answer to a durable command."""
        await eventually(lambda: len(self.answers.get(id_, ())) >= nth, what=f"answer {nth} to {id_}")
        return self.answers[id_][nth - 1]

    async def do(self, command: Command, **how: Any) -> Answer:
        """Send durably and wait for the answer."""
        return await self.answer(await self.client.send(command, **how))

    async def publish(self, message: Event | State, *, id_: UUID | None = None, **headers: str) -> UUID:
        """Put an event or state on its stream, as the service's relay would."""
        envelope = Envelope(id=id_ or new_id(), type=message.TYPE, source="weefsel/toy", time=clock.now())
        subject = subjects.event(message) if isinstance(message, Event) else subjects.state(message)
        await self.put(subject, message.model_dump_json().encode(), envelope.headers() | headers)
        return envelope.id

    async def send_surely(self, command: Command, id_: UUID) -> None:
        """As a careful sender does: again, with the same id, until the stream has it."""
        while True:
            try:
                await self.client.send(command, id=id_)
                return
            except (nats.errors.Error, nats.js.errors.Error):
                await asyncio.sleep(0.05)

    async def put(self, subject: str, data: bytes, headers: dict[str, str] | None) -> int:
        """Store any bytes on any subject; returns the sequence."""
        connection = self.client.connection if subject.startswith("weefsel.v1.cmd.") else self.publisher
        return (await connection.jetstream().publish(subject, data, headers=headers)).seq

    async def put_raw(self, subject: str, headers: bytes, data: bytes = b"") -> int:
        """Store a message whose header lines are these bytes, which no client would send; returns the sequence."""
        connection = self.client.connection if subject.startswith("weefsel.v1.cmd.") else self.publisher
        inbox = connection.new_inbox()
        acknowledgement = await connection.subscribe(inbox, max_msgs=1)
        block = b"NATS/1.0" + headers + b"\r\n\r\n"
        line = f"HPUB {subject} {inbox} {len(block)} {len(block) + len(data)}\r\n".encode()
        await connection._send_command(line + block + data + b"\r\n")
        await connection.flush()
        answer = json.loads((await acknowledgement.next_msg(timeout=5)).data)
        if "error" in answer:
            raise Refused(answer["error"]["description"])
        return int(answer["seq"])

    async def rows(self, sql: str, *values: Any) -> list[Any]:
        """Rows of the toy's database, as the administrator sees them."""
        async with self.looking:
            if self.database.is_closed():
                self.database = await asyncpg.connect(self.stack.admin_dsn("toy"))
            rows: list[Any] = await self.database.fetch(sql, *values)
            return rows

    async def numbers(self, table: str = "thing") -> list[int]:
        return [row["n"] for row in await self.rows(f"SELECT n FROM {table} ORDER BY n")]

    async def seen(self, what: str) -> list[int]:
        return [row["n"] for row in await self.rows("SELECT n FROM seen WHERE what = $1 ORDER BY n", what)]

    async def dead(self) -> list[Any]:
        return await self.rows("SELECT * FROM messaging.dead_letter ORDER BY id")

    async def stored(self, stream: str) -> list[tuple[str, bytes, dict[str, str]]]:
        """Everything on a stream: subject, data, headers."""
        async with api.connected(self.stack.nats_url, self.stack.keys, accounts.BOOTSTRAP) as bootstrap:
            jetstream = bootstrap.jetstream()
            info = (await jetstream.stream_info(stream)).state
            found = []
            for sequence in range(info.first_seq, info.last_seq + 1):
                with contextlib.suppress(Exception):
                    message = await jetstream.get_msg(stream, sequence)
                    found.append((message.subject, message.data or b"", message.headers or {}))
            return found

    async def published(self, contract: type[Contract], stream: str = subjects.EVENTS) -> list[Any]:
        """The messages of one type on a stream, in order."""
        return [
            contract.model_validate_json(data)
            for _, data, headers in await self.stored(stream)
            if headers.get("ce-type") == contract.TYPE
        ]

    async def consumer(self, stream: str) -> dict[str, Any]:
        async with api.connected(self.stack.nats_url, self.stack.keys, accounts.BOOTSTRAP) as bootstrap:
            return await api.call(bootstrap, f"CONSUMER.INFO.{stream}.toy")

    async def idle(self) -> None:
        """All that was sent has been handled, acknowledged and published."""

        async def quiet() -> bool:
            for stream in toy.service.streams():
                info = await self.consumer(stream)
                if info["num_pending"] or info["num_ack_pending"]:
                    return False
            return not await self.rows("SELECT FROM messaging.outbox")

        await eventually(quiet, within=30, what="nothing left to do")

    async def ack_wait(self, seconds: float) -> None:
        """How long the server waits for an acknowledgement before it delivers again."""
        async with api.connected(self.stack.nats_url, self.stack.keys, accounts.BOOTSTRAP) as bootstrap:
            for stream in toy.service.streams():
                config = (await api.call(bootstrap, f"CONSUMER.INFO.{stream}.toy"))["config"]
                body = {"stream_name": stream, "config": config | {"ack_wait": int(seconds * 1e9)}}
                await api.call(bootstrap, f"CONSUMER.CREATE.{stream}.toy", body)

    async def change_stream(self, name: str, **changes: Any) -> None:
        """Settings of a stream, as the bootstrap job would change them."""
        async with api.connected(self.stack.nats_url, self.stack.keys, accounts.BOOTSTRAP) as bootstrap:
            config = (await api.call(bootstrap, f"STREAM.INFO.{name}"))["config"]
            await api.call(bootstrap, f"STREAM.UPDATE.{name}", config | changes)

    async def locked(self, key: int = 77) -> contextlib.AbstractAsyncContextManager[None]:
        """What a handler told to `wait` waits for."""
        connection = await asyncpg.connect(self.stack.admin_dsn("toy"))
        await connection.execute("SELECT pg_advisory_lock($1)", key)

        @contextlib.asynccontextmanager
        async def held() -> AsyncIterator[None]:
            try:
                yield
            finally:
                await connection.close()

        return held()

    async def waiting(self, count: int = 1) -> None:
        """Until so many handlers wait for the lock."""

        async def waits() -> bool:
            sql = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 77"
            return bool((await self.rows(sql))[0]["count"] >= count)

        await eventually(waits, what="a handler waits")


@contextlib.asynccontextmanager
async def surroundings(stack: Stack) -> AsyncIterator[Toy]:
    """The toy's tables, a client, and a listener to its answers."""
    await stack.execute("toy", toy.TABLES)
    async with contextlib.AsyncExitStack() as cleanup:
        client = await cleanup.enter_async_context(stack.connect("cli"))
        publisher = await cleanup.enter_async_context(stack.connect("toy"))
        database = await asyncpg.connect(stack.admin_dsn("toy"))
        made = Toy(stack, client, publisher.connection, database)
        ready = asyncio.Event()

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
            await made.database.close()


@pytest.fixture
def processes(surrounded: Toy, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Makes processes of the toy; none outlives the test."""
    made: list[Process] = []

    def make(**settings: str) -> Process:
        made.append(Process(surrounded.stack, tmp_path, **settings))
        return made[-1].start()

    yield make
    for process in made:
        process.kill()


@pytest.fixture
async def surrounded(stack: MakeStack) -> AsyncIterator[Toy]:
    """The toy's surroundings, without the toy: a test starts it as it needs."""
    async with surroundings(await stack([toy.service])) as made:
        yield made


@pytest.fixture
async def toys(surrounded: Toy) -> AsyncIterator[Toy]:
    """The toy, running."""
    async with surrounded.running():
        yield surrounded
