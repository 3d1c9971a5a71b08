"""A FastStream pull subscriber that takes what is there and never waits for company.

FastStream's own batch subscriber waits until a batch is full or its time is over, so a lone message waits the whole
timeout. This one keeps one pull request open, hands over whatever has arrived, and asks for the next meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import nats.errors
import nats.js.errors
from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from faststream.nats.subscriber.usecases import BatchPullStreamSubscriber

from shared.telemetry import logger

if TYPE_CHECKING:
    from nats.aio.msg import Msg
    from nats.aio.subscription import Subscription

log = logger(__name__)
EXPIRES = 30.0
HEARTBEAT = 5.0


class Puller(BatchPullStreamSubscriber):
    """Pulls from one durable consumer. `fatal` is called when that consumer is gone."""

    __slots__ = ()
    fatal: Callable[[str], None]
    asked: int
    heard: float
    reconnects: int

    async def _create_subscription(self) -> None:
        if self.subscription:
            return
        prefix = self.extra_options["inbox_prefix"].decode()
        inbox = f"{prefix}{self.connection.new_inbox().rsplit('.', 1)[-1]}"
        self.subscription = await self.connection.subscribe(inbox)  # type: ignore[assignment]
        self.asked = self.reconnects = 0
        self.heard = time.monotonic()
        self.add_task(self._consume_pull)

    async def _consume_pull(self) -> None:
        subscription = cast("Subscription", self.subscription)
        while self.running:
            if self.asked <= 0:
                await self._ask(subscription)
            batch: list[Msg] = []
            try:
                await self._take(subscription, batch)
                if batch and self.asked <= 0:
                    await self._ask(subscription)
            except asyncio.CancelledError:  # a stop, between taking and handling
                await _hand_back(batch)
                raise
            if not batch:
                continue
            if self._stopped():
                await _hand_back(batch)
            else:
                await self.consume(batch)

    async def stop(self) -> None:
        """Finish what is being handled, and hand back at once what waits: another replica need not wait for it."""
        self.running = False
        subscription = cast("Subscription | None", self.subscription)
        if subscription is not None and self.connection.is_connected:
            self.subscription = None
            draining = asyncio.create_task(_drain(subscription))
            while not draining.done():
                with suppress(nats.errors.Error):
                    message = await subscription.next_msg(timeout=0.05)
                    await _hand_back([message] if not _status(message) else [])
            with suppress(nats.errors.Error):
                await draining
        await super().stop()

    def _stopped(self) -> bool:
        return not self.running

    async def _ask(self, subscription: Subscription) -> None:
        request = {
            "batch": self.pull_sub.batch_size,
            "expires": int(EXPIRES * 1e9),
            "idle_heartbeat": int(HEARTBEAT * 1e9),
        }
        consumer = self.extra_options["durable"]
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self.stream.name}.{consumer}"
        try:
            await self.connection.publish(subject, json.dumps(request).encode(), reply=subscription.subject)
            self.asked = self.pull_sub.batch_size
            self.reconnects = self.connection.stats["reconnects"]
            self.heard = time.monotonic()
        except nats.errors.Error:
            await asyncio.sleep(1)

    async def _take(self, subscription: Subscription, batch: list[Msg]) -> None:
        """All that has arrived, waiting for the first; nothing when there is but a status, or nothing at all."""
        try:
            message = await subscription.next_msg(timeout=1)
            self.heard = time.monotonic()
            while True:
                status = _status(message)
                if status:
                    await self._heed(status, message)
                else:
                    batch.append(message)
                    self.asked -= 1
                if len(batch) >= self.pull_sub.batch_size or not subscription.pending_msgs:
                    break
                message = await subscription.next_msg(timeout=1)
        except TimeoutError:
            if self._forgotten():
                self.asked = 0
        except nats.errors.Error:
            await asyncio.sleep(0.1)

    def _forgotten(self) -> bool:
        """Whether the server no longer knows of our request: after a reconnect, or when its heartbeat stops."""
        reconnects = self.connection.stats["reconnects"]
        lost = reconnects != self.reconnects or time.monotonic() - self.heard > 2.5 * HEARTBEAT
        self.reconnects = reconnects
        return lost and self.connection.is_connected

    async def _heed(self, status: str, message: Msg) -> None:
        if status == "100":  # a heartbeat
            return
        # Of an older request, when two were open for a while: the other still stands.
        self.asked -= int((message.headers or {}).get("Nats-Pending-Messages", self.asked))
        if status in ("404", "408"):  # nothing there, or the request's time is over
            return
        await asyncio.sleep(0.5)
        if "Deleted" in (message.headers or {}).get("Description", "") or status == "503":
            await self._check_consumer()

    async def _check_consumer(self) -> None:
        """Without its consumer a service would ask thousands of times a second, and never recover by itself."""
        durable = self.extra_options["durable"]
        try:
            await self.connection.jetstream(timeout=2).consumer_info(self.stream.name, durable)
        except nats.js.errors.NotFoundError:
            self.fatal(f"{self.stream.name} has no consumer {durable} any more: run the bootstrap job")
        except (nats.errors.Error, nats.js.errors.Error):
            return  # the server is on its way


def subscribe(
    broker: NatsBroker, *, stream: str, durable: str, batch: int, inbox_prefix: str,
    handle: Callable[[list[Msg]], Awaitable[None]], fatal: Callable[[str], None],
) -> Puller:  # fmt: skip
    """Register a handler for batches of raw messages of one durable. It acknowledges them itself."""
    subscriber = broker.subscriber(
        subject=stream,  # only a name here: the durable has its filters from the bootstrap job
        stream=JStream(stream, declare=False),
        durable=durable,
        pull_sub=PullSub(batch_size=batch, batch=True),
        inbox_prefix=f"{inbox_prefix}.".encode(),
        ack_policy=AckPolicy.MANUAL,
        no_reply=True,
        decoder=_raw,
    )
    # The one thing changed is how a batch is fetched, and FastStream offers no other way to say so.
    subscriber.__class__ = Puller
    puller = cast("Puller", subscriber)
    puller.fatal = fatal
    subscriber(handle)
    return puller


async def _raw(message: NatsMessage) -> object:
    return message.raw_message


def _status(message: Msg) -> str:
    """What the server says of a request. A message that someone sent, whatever its headers, has a reply to it."""
    return "" if message.reply else (message.headers or {}).get("Status", "")


async def _drain(subscription: Subscription) -> None:
    """Ask for no more; returns when what was under way has arrived and was taken."""
    await subscription.drain()  # type: ignore[no-untyped-call]


async def _hand_back(messages: list[Msg]) -> None:
    for message in messages:
        with suppress(nats.errors.Error):
            await message.nak()
