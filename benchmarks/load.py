"""The load: registrations of participants, as an importer sends them, and those who read what comes of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from nats.aio.client import Client as Nats
from nats.aio.msg import Msg

from benchmarks.stack import NEIGHBOURHOOD, Stack
from deploy.nats import api
from shared.contracts.profiles import RegisterParticipant
from shared.contracts.subjects import CLI, DESK, EVENTS, PARTNER, ROOT
from shared.ids import new_id
from shared.messaging.client import Client

PER_SENDER = 900
"""The stream takes 1,000 unanswered commands of a kind from one sender."""
REGISTERED = f"{ROOT}.event.profiles.*.participant.registered"
ANSWERS = f"{ROOT}.to.*.command.*.*"


def registration() -> RegisterParticipant:
    """Someone new, with everything that an import usually has."""
    id_ = new_id()
    example = RegisterParticipant.EXAMPLE
    return RegisterParticipant.model_validate(
        {
            **example,
            "name": f"Maria {id_.hex[16:24]} Peeters {id_.hex[24:]}",
            "neighbourhood_id": NEIGHBOURHOOD,
            "reference": str(id_),
            "reach": {"by": "phone", "phone": f"+32 4{id_.int % 10**9:09d}"},
        }
    )


class Load:
    """Senders, and the reading ends."""

    def __init__(self, stack: Stack, senders: list[Client]) -> None:
        self.stack = stack
        self.senders = senders

    @classmethod
    @asynccontextmanager
    async def connected(cls, stack: Stack) -> AsyncIterator[Load]:
        async with (
            Client.connect(stack.nats.url, stack.keys.creds(CLI), CLI) as cli,
            Client.connect(stack.nats.url, stack.keys.creds(DESK), DESK) as desk,
        ):
            yield cls(stack, [cli, desk])

    async def fill(self, commands: int) -> None:
        """Put this many commands on the stream, fairly from each sender."""
        assert commands <= PER_SENDER * len(self.senders)
        for start in range(0, commands, 200):
            await asyncio.gather(
                *(
                    self.senders[n % len(self.senders)].send(registration())
                    for n in range(start, min(start + 200, commands))
                )
            )


class Reader:
    """Reads a stream as a consumer that takes all as it comes."""

    def __init__(self, connection: Nats) -> None:
        self.connection = connection
        self.count = 0
        self._wanted = 0
        self._reached = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def of(cls, stack: Stack, stream: str, filter_: str, each: Callable[[Msg], None]) -> AsyncIterator[Reader]:
        """`each` is called with every message from now on."""
        reader = cls(stack.control)
        inbox, name = stack.control.new_inbox(), f"reader_{new_id().hex}"

        async def take(message: Msg) -> None:
            each(message)
            reader.count += 1
            if reader.count >= reader._wanted:
                reader._reached.set()

        subscription = await stack.control.subscribe(inbox, cb=take)
        config: dict[str, Any] = {
            "name": name, "deliver_subject": inbox, "filter_subject": filter_, "ack_policy": "none",
            "deliver_policy": "new", "mem_storage": True, "num_replicas": 1,
        }  # fmt: skip
        await api.call(stack.control, f"CONSUMER.CREATE.{stream}.{name}", {"stream_name": stream, "config": config})
        try:
            yield reader
        finally:
            await subscription.unsubscribe()
            await api.call(stack.control, f"CONSUMER.DELETE.{stream}.{name}")

    async def reach(self, count: int, *, within: float = 60.0) -> None:
        """Wait until this many have been read, in all."""
        self._wanted = count
        self._reached.clear()
        if self.count < count:
            async with asyncio.timeout(within):
                await self._reached.wait()


@asynccontextmanager
async def readers(stack: Stack) -> AsyncIterator[tuple[Reader, Reader]]:
    """Those who read: the consumer of the event, and the sender of the command. Both take the message apart."""

    def parse(message: Msg) -> None:
        json.loads(message.data)

    async with (
        Reader.of(stack, EVENTS, REGISTERED, parse) as events,
        Reader.of(stack, PARTNER, ANSWERS, parse) as answers,
    ):
        yield events, answers
