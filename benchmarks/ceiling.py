"""The ceiling: nothing but publishing, pipelined, of the messages that a registration ends in."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

import nats
from nats.aio.client import Client as Nats
from nats.aio.msg import Msg

from benchmarks.load import Load, Reader
from benchmarks.stack import OUTGOING, SERVICE, Stack
from shared.ids import new_id


@dataclass(frozen=True)
class Sample:
    """One message as it stood on its stream."""

    subject: str
    headers: dict[str, str]
    body: str

    def copy(self, old: str, new: str) -> Sample:
        """The same about another participant, with an id of its own: no stream takes it for a repeat."""
        headers = {**self.headers, "ce-id": str(new_id())}
        headers["Nats-Msg-Id"] = headers["ce-id"]
        return Sample(self.subject.replace(old, new), headers, self.body.replace(old, new))


async def samples(stack: Stack, load: Load) -> list[Sample]:
    """All that one registration leaves on the outgoing streams, taken from a run of the service itself."""
    await stack.reset()
    taken: list[Msg] = []
    with stack.process("services.profiles"):
        async with (
            Reader.of(stack, OUTGOING[0], ">", taken.append) as first,
            Reader.of(stack, OUTGOING[1], ">", taken.append),
            Reader.of(stack, OUTGOING[2], ">", taken.append),
            Reader.of(stack, OUTGOING[3], ">", taken.append) as last,
        ):
            before = await stack.stored()
            await load.fill(1)
            await first.reach(1)
            await last.reach(1)
            await asyncio.sleep(0.5)  # each stream answers at its own pace
            after = await stack.stored()
    if len(taken) != sum(after.values()) - sum(before.values()):
        raise AssertionError(f"{len(taken)} messages were read, and others stored: is someone else at work?")
    return [Sample(message.subject, dict(message.headers or {}), message.data.decode()) for message in taken]


async def publish(stack: Stack, originals: list[Sample], *, copies: int) -> float:
    """Messages a second when `copies` of them all are published, each acknowledged, none waited for in between."""
    person = next(json.loads(sample.body)["participant_id"] for sample in originals if ".event." in sample.subject)
    prepared = [sample.copy(person, str(new_id())) for _ in range(copies) for sample in originals]
    connection = await nats.connect(
        stack.nats.url, user_credentials=str(stack.keys.creds(SERVICE)), inbox_prefix=f"_INBOX_{SERVICE}".encode()
    )
    try:
        return await _publish(connection, prepared)
    finally:
        await connection.close()


async def _publish(connection: Nats, messages: list[Sample]) -> float:
    jetstream: Any = connection.jetstream(publish_async_max_pending=1000)
    started = time.perf_counter()
    acknowledged = [
        await jetstream.publish_async(each.subject, each.body.encode(), headers=each.headers) for each in messages
    ]
    await asyncio.gather(*acknowledged)
    return len(messages) / (time.perf_counter() - started)
