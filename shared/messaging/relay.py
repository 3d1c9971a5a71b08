"""The relay: publishes what transactions left in the outbox, in order, and moves due timers there.

One relay works per service: it holds an advisory lock on the connection that reads the rows, so a lost connection is
a lost lock. What a stream refuses stops the line, and readiness says so: nothing is skipped.

It publishes on a connection of its own that does not reconnect: what a broken one still held for sending would
otherwise overtake what it lost, and an older state of something would stand last on STATE.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from nats.aio.client import Client as Nats
from nats.js.errors import APIError

from shared import clock
from shared.database import NO_ANSWER, Pool
from shared.messaging import store
from shared.messaging.metrics import Metrics
from shared.messaging.publisher import Publisher
from shared.telemetry import logger

log = logger(__name__)
LOCK = 7_733_335  # "weefsel" on a telephone's keys, cut to fit
WINDOW = 500
TICK = 1.0
SOON = 0.02
"""Seconds: timers that are due together go together, and a crowd of them leaves the others room."""


class Relay:
    """Runs until cancelled. `problem` holds what stops the line, for readiness."""

    def __init__(self, connect: Callable[[], Awaitable[Nats]], pool: Pool, metrics: Metrics) -> None:
        self.connect = connect
        self.pool = pool
        self.metrics = metrics
        self.problem = ""
        self._wake = asyncio.Event()

    def wake(self, *_: object) -> None:
        """There is something to publish."""
        self._wake.set()

    async def drain(self, limit: float) -> None:
        """Wait until the outbox is empty, `limit` seconds at most: what is left goes out at the next start."""
        try:
            async with asyncio.timeout(limit):
                while not self.problem and await store.anything_unsent(self.pool):
                    self.wake()
                    await asyncio.sleep(0.02)
        except NO_ANSWER:
            return

    async def run(self) -> None:
        """Take the lock and relay; start again after an outage."""
        while True:
            try:
                async with self.pool.acquire() as connection:
                    await self._lead(connection)
            except Exception as error:  # noqa: BLE001 - whatever it was: nothing may end the relay in silence
                self.problem = f"the relay waits: {type(error).__name__}"
                log.warning("the relay starts again", error=type(error).__name__)
                await asyncio.sleep(0.5)

    async def _lead(self, connection: Any) -> None:
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
            self.problem = ""  # another replica relays
            await asyncio.sleep(TICK)
        nats = await self.connect()
        publisher = Publisher(nats)
        try:
            await connection.add_listener("outbox", self.wake)
            look_at = 0.0
            while True:
                self._wake.clear()
                if time.monotonic() >= look_at:
                    look_at = time.monotonic() + await self.fire(connection)
                if not await self._publish_next(connection, publisher):
                    self.problem = ""
                    self.metrics.relay_lag.set(0)
                    await self._rest(look_at - time.monotonic())
        finally:
            await nats.close()
            if not connection.is_closed():
                await connection.remove_listener("outbox", self.wake)
                await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)

    async def fire(self, connection: Any) -> float:
        """Move what is due to the outbox. Returns the seconds until it is to be looked at again: until the next is due,
        but a second at most, as one that is set meanwhile may be due sooner, and a clock that is moved gives no notice.
        """
        due = await store.next_due(connection)
        if due is not None and due <= clock.now():
            await store.fire_timers(connection, clock.now())
            due = await store.next_due(connection)
        return TICK if due is None else min(TICK, max(SOON, (due - clock.now()).total_seconds()))

    async def _rest(self, seconds: float) -> None:
        """Until woken, or until timers are looked at."""
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return

    async def _publish_next(self, connection: Any, publisher: Publisher) -> bool:
        """Publish the oldest; one alone while a stream refuses it, so that no more of the younger overtake it."""
        rows = await store.unsent(connection, 1 if self.problem else WINDOW)
        if not rows:
            return False
        stored, refusal = await publisher.publish(rows)
        if stored:
            await store.sent(connection, [row["seq"] for row in stored])
            for row in stored:
                self.metrics.published.labels(row["stream"]).inc()
        if refusal is None:
            self.problem = ""
            return True
        row, error = refusal
        self.metrics.refused.labels(row["stream"]).inc()
        self.metrics.relay_lag.set((clock.now() - row["written_at"]).total_seconds())
        self.problem = f"{row['stream']} refuses message {row['seq']}: {_words(error)}"
        log.warning("a stream refuses a message", stream=row["stream"], seq=row["seq"], error=_words(error))
        await asyncio.sleep(TICK)
        return True


def _words(error: BaseException) -> str:
    if isinstance(error, APIError):
        return f"{error.code} {error.err_code} {error.description}"
    return f"{type(error).__name__} {error}".strip()
