"""Many messages at once over one NATS connection: published in one write, their answers gathered on one inbox.

`publish_async` of nats-py spends more time on a message than the server does on storing it: a header at a time, a
future, a token and a semaphore each. Here a window is written as the protocol's bytes; the rest is the client's.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence

import nats.errors
import nats.js.errors
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg

from shared.database import Record
from shared.messaging import store

ACK_TIMEOUT = 10.0
"""Seconds that the streams have for a window."""
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
        if not self._inbox:
            self._inbox = self.connection.new_inbox()
            await self.connection.subscribe(f"{self._inbox}.*.*", cb=self._heard)
        self._window += 1
        self._errors, self._wanted = {}, len(rows)
        self._all_here.clear()
        reply = f"{self._inbox}.{self._window}"
        await write(self.connection, (_frame(row, f"{reply}.{n}") for n, row in enumerate(rows)))
        await self._answers()
        missing = TimeoutError("no answer from the stream")
        errors = [self._errors.get(n, missing) for n in range(len(rows))]
        stored = [row for row, error in zip(rows, errors, strict=True) if error is None]
        refused = ((row, error) for row, error in zip(rows, errors, strict=True) if error is not None)
        return stored, next(refused, None)

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


async def acknowledge(connection: Nats, messages: Iterable[Msg]) -> None:
    """Tell the stream that these are done with. What is lost of it means a second delivery."""
    await write(connection, (f"PUB {message.reply} 0\r\n\r\n".encode() for message in messages))


async def write(connection: Nats, frames: Iterable[bytes]) -> None:
    """Write the protocol's bytes in one go. Raises ConnectionClosedError when there is no connection."""
    if not connection.is_connected:
        raise nats.errors.ConnectionClosedError
    await connection._send_command(b"".join(frames))
    await connection._flush_pending()


def _frame(row: Record, reply: str) -> bytes:
    """`HPUB` with the row's headers, and the stream that it is meant for."""
    fields = store.decode(row["headers"]) | {"Nats-Expected-Stream": row["stream"]}
    lines = [f"{name}: {value}" for name, value in fields.items()]
    assert not any("\r" in line or "\n" in line for line in lines), "a header holds the end of its line"
    head = "\r\n".join(("NATS/1.0", *lines, "", "")).encode()
    body: bytes = row["body"].encode()
    command = f"HPUB {row['subject']} {reply} {len(head)} {len(head) + len(body)}\r\n".encode()
    return b"".join((command, head, body, b"\r\n"))


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
