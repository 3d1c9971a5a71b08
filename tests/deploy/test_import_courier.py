"""The courier: no more than 200 at a time, each answered once, whatever is lost on the way."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import cast
from uuid import UUID

import nats.errors

from deploy.imports.courier import UNANSWERED, Courier
from shared.contracts.envelope import Answer, Command
from shared.contracts.profiles import RetireOrganisation
from shared.ids import new_id
from shared.messaging.client import Client


class Postbox:
    """A stream and a service that lose things: a send fails, an answer never comes, an answer comes twice."""

    def __init__(self, *, lossy: bool) -> None:
        self.lossy = lossy
        self.sent: Counter[UUID] = Counter()
        self.unanswered: set[UUID] = set()
        self.most = 0
        self.queue: asyncio.Queue[Answer] = asyncio.Queue()

    async def send(self, command: Command, *, id: UUID, actor: str) -> UUID:  # noqa: A002
        assert isinstance(command, RetireOrganisation)
        assert actor == "operator"
        self.sent[id] += 1
        self.unanswered.add(id)
        self.most = max(self.most, len(self.unanswered))
        if self.lossy and self.sent[id] == 1 and id.int % 7 == 0:
            raise nats.errors.TimeoutError
        await asyncio.sleep(0)
        if self.lossy and self.sent[id] == 1 and id.int % 5 == 0:
            return id
        for _ in range(2 if self.lossy and id.int % 3 == 0 else 1):
            self.queue.put_nowait(Answer(id=id, status="accepted"))
        return id

    async def answers(self, *, ready: asyncio.Event) -> AsyncIterator[Answer]:
        ready.set()
        yield Answer(id=new_id(), status="accepted")  # of another command of this sender
        while True:
            answer = await self.queue.get()
            self.unanswered.discard(cast(UUID, answer.id))
            yield answer


async def deliver(box: Postbox, number: int) -> Counter[UUID]:
    commands = [(new_id(), RetireOrganisation(organisation_id=f"o{n}")) for n in range(number)]
    courier = Courier(cast(Client, box), again_after=0.4)
    found: Counter[UUID] = Counter()
    async for id_, answer in courier.deliver(iter(commands)):
        assert answer.status == "accepted"
        found[id_] += 1
    assert set(found) == {id_ for id_, _ in commands}
    return found


async def test_each_is_answered_once_and_no_more_than_200_wait() -> None:
    box = Postbox(lossy=False)
    assert set((await deliver(box, 1000)).values()) == {1}
    assert box.most <= UNANSWERED
    assert set(box.sent.values()) == {1}


async def test_what_is_lost_is_sent_again_under_the_same_id() -> None:
    box = Postbox(lossy=True)
    assert set((await deliver(box, 500)).values()) == {1}
    assert max(box.sent.values()) > 1


async def test_nothing_to_send_is_done_at_once() -> None:
    assert await deliver(Postbox(lossy=False), 0) == Counter()
