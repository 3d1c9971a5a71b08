"""Many messages at once over one NATS connection: written in one go, their answers gathered on one inbox.

What goes to one stream goes as an atomic batch: the server stores it with one fsync, and answers once. A batch is
refused whole, for instance because the stream has one of its messages already (a crash came between publishing and
removing the row); its messages are then published one by one, and each gets its own answer.

`publish_async` of nats-py spends more time on a message than the server does on storing it: a header at a time, a
future, a token and a semaphore each. Here a window is written as the protocol's bytes; the rest is the client's.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence

import nats.errors
import nats.js.errors
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg

from shared.database import Record
from shared.ids import new_id
from shared.messaging import store

ACK_TIMEOUT = 10.0
"""Seconds that the streams have for a window."""
WORTH_A_BATCH = 16
"""Messages: a batch costs the server some fsyncs of its own, whatever it holds."""
Refusal = tuple[Record, Exception]


class Publisher:
    """Publishes to streams. One window at a time."""

    def __init__(self, connection: Nats) -> None:
        self.connection = connection
        self._inbox = ""
        self._window = 0
        self._errors: dict[int, Exception | None] = {}
        self._wanted = 0
        self._all_here = asyncio.Event()

    async def publish(self, rows: Sequence[Record]) -> tuple[list[Record], Refusal | None]:
        """Publish without waiting in between; returns what the streams stored, and the first that was refused."""
        answers = await self._send(_grouped(rows))
        alone = [[row] for group, error in answers if error and len(group) > 1 and _refused(error) for row in group]
        if alone:
            answers = [each for each in answers if len(each[0]) == 1 or each[1] is None] + await self._send(alone)
        stored = [row for group, error in answers if error is None for row in group]
        refused = ((row, error) for group, error in answers if error is not None for row in group)
        return stored, min(refused, key=lambda refusal: int(refusal[0]["seq"]), default=None)

    async def _send(self, groups: Sequence[Sequence[Record]]) -> list[tuple[Sequence[Record], Exception | None]]:
        """Publish each group, a batch when there is more than one message in it; returns what came of each."""
        if not self._inbox:
            self._inbox = self.connection.new_inbox()
            await self.connection.subscribe(f"{self._inbox}.*.*", cb=self._heard)
        self._window += 1
        self._errors, self._wanted = {}, len(groups)
        self._all_here.clear()
        reply = f"{self._inbox}.{self._window}"
        await write(
            self.connection, (part for n, group in enumerate(groups) for part in _frames(group, f"{reply}.{n}"))
        )
        await self._answers()
        missing = TimeoutError("no answer from the stream")
        return [(group, self._errors.get(n, missing)) for n, group in enumerate(groups)]

    async def _answers(self) -> None:
        """Until all have come, the time is over, or the connection is gone."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + ACK_TIMEOUT
        while len(self._errors) < self._wanted and self.connection.is_connected and loop.time() < deadline:
            try:
                async with asyncio.timeout(0.25):
                    await self._all_here.wait()
            except TimeoutError:
                continue

    async def _heard(self, message: Msg) -> None:
        *_, window, n = message.subject.split(".")
        if int(window) != self._window:
            return
        self._errors[int(n)] = _error(message)
        if len(self._errors) >= self._wanted:
            self._all_here.set()


def _grouped(rows: Sequence[Record]) -> list[list[Record]]:
    """Each message by itself, or with the others of its stream when they are worth a batch; in order."""
    count = Counter(row["stream"] for row in rows)
    groups: list[list[Record]] = []
    batches: dict[str, list[Record]] = {}
    for row in rows:
        stream = row["stream"]
        if stream in batches:
            batches[stream].append(row)
            continue
        groups.append([row])
        if count[stream] >= WORTH_A_BATCH:
            batches[stream] = groups[-1]
    return groups


async def acknowledge(connection: Nats, messages: Iterable[Msg]) -> None:
    """Tell the stream that these are done with. What is lost of it means a second delivery."""
    await write(connection, (f"PUB {message.reply} 0\r\n\r\n".encode() for message in messages))


async def write(connection: Nats, frames: Iterable[bytes]) -> None:
    """Write the protocol's bytes in one go. Raises ConnectionClosedError when there is no connection."""
    if not connection.is_connected:
        raise nats.errors.ConnectionClosedError
    await connection._send_command(b"".join(frames))
    await connection._flush_pending()


def _frames(group: Sequence[Record], reply: str) -> Iterable[bytes]:
    """One message that is to be answered, or a batch of which the last is."""
    if len(group) == 1:
        yield _frame(group[0], reply)
        return
    batch = new_id().hex
    for n, row in enumerate(group, 1):
        last = n == len(group)
        commit = {"Nats-Batch-Commit": "1"} if last else {}
        yield _frame(row, reply if last else "", {"Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(n)} | commit)


def _frame(row: Record, reply: str, more: dict[str, str] | None = None) -> bytes:
    """`HPUB` with the row's headers, and the stream that it is meant for."""
    fields = store.decode(row["headers"]) | {"Nats-Expected-Stream": row["stream"]} | (more or {})
    lines = [f"{name}: {value}" for name, value in fields.items()]
    assert not any("\r" in line or "\n" in line for line in lines), "a header holds the end of its line"
    head = "\r\n".join(("NATS/1.0", *lines, "", "")).encode()
    body: bytes = row["body"].encode()
    command = f"HPUB {row['subject']} {reply} {len(head)} {len(head) + len(body)}\r\n".encode()
    return b"".join((command, head, body, b"\r\n"))


def _refused(error: Exception) -> bool:
    """Whether the server has said no, rather than nothing."""
    return isinstance(error, nats.js.errors.Error)


def _error(message: Msg) -> Exception | None:
    """None when the stream has it."""
    if not message.data:
        return nats.js.errors.NoStreamResponseError()
    if b'"error"' not in message.data:
        return None
    try:
        nats.js.errors.APIError.from_error(json.loads(message.data)["error"])  # raises, whatever its name says
    except nats.js.errors.APIError as error:
        return error
    return None
