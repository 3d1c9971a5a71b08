"""Sending many commands durably: each is stored, each is answered, whatever falls over meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

import nats.errors
import nats.js.errors

from shared.contracts.envelope import Answer, Command
from shared.messaging.client import Client

UNANSWERED = 200
"""At most so many at a time: what the stream of commands is made for."""
AGAIN_AFTER = 20.0
"""Seconds without an answer after which a command is sent again: the same id gets the same answer."""
SENDERS = 16
PAUSE = 0.5


@dataclass
class Courier:
    """Brings commands of one sender. Safe to stop at any moment and to start again with the same commands."""

    client: Client
    actor: str = "operator"
    again_after: float = AGAIN_AFTER
    troubled: Callable[[str], None] = lambda _: None
    """Told when it has to wait (a sentence), and when it goes on (empty text)."""
    _waiting: dict[UUID, tuple[Command, float]] = field(default_factory=dict)

    async def deliver(self, commands: Iterable[tuple[UUID, Command]]) -> AsyncIterator[tuple[UUID, Answer]]:
        """Send all of them, and give each answer once, as it comes."""
        answers: asyncio.Queue[Answer] = asyncio.Queue()
        room = asyncio.Semaphore(UNANSWERED)
        left = iter(commands)
        async with contextlib.AsyncExitStack() as stack:
            ready = asyncio.Event()
            tasks = [asyncio.create_task(self._listen(answers, ready)), asyncio.create_task(self._repeat())]
            stack.push_async_callback(_end, tasks)
            await ready.wait()
            senders = [asyncio.create_task(self._send_all(left, room)) for _ in range(SENDERS)]
            stack.push_async_callback(_end, senders)
            while self._waiting or not all(sender.done() for sender in senders):
                answer = await self._next(answers, [*senders, *tasks])
                if answer is not None and answer.id in self._waiting:
                    del self._waiting[answer.id]
                    room.release()
                    yield answer.id, answer

    async def _next(self, answers: asyncio.Queue[Answer], tasks: list[asyncio.Task[None]]) -> Answer | None:
        for task in tasks:
            if task.done() and not task.cancelled() and task.exception():
                raise task.exception()  # type: ignore[misc]
        try:
            return await asyncio.wait_for(answers.get(), timeout=PAUSE)
        except TimeoutError:
            return None

    async def _send_all(self, left: Iterable[tuple[UUID, Command]], room: asyncio.Semaphore) -> None:
        while True:
            await room.acquire()
            following = next(left, None)  # type: ignore[call-overload]
            if following is None:
                room.release()
                return
            id_, command = following
            self._waiting[id_] = (command, asyncio.get_running_loop().time())
            await self._send(id_, command)

    async def _send(self, id_: UUID, command: Command) -> None:
        """Until the stream has it, or its answer came: it may have been stored although nobody heard so."""
        while id_ in self._waiting:
            try:
                await self.client.send(command, id=id_, actor=self.actor)
            except (nats.errors.Error, nats.js.errors.Error, TimeoutError, OSError) as error:
                self.troubled(f"waiting for NATS ({str(error) or type(error).__name__})")
                await asyncio.sleep(PAUSE)
            else:
                self.troubled("")
                return

    async def _repeat(self) -> None:
        """Send again what has waited long: the command, or its answer, may have been lost on the way."""
        while True:
            await asyncio.sleep(self.again_after / 4)
            now = asyncio.get_running_loop().time()
            for id_, (command, since) in list(self._waiting.items()):
                if now - since > self.again_after and id_ in self._waiting:
                    self.troubled("waiting for answers: does profiles run?")
                    self._waiting[id_] = (command, now)
                    await self._send(id_, command)

    async def _listen(self, answers: asyncio.Queue[Answer], ready: asyncio.Event) -> None:
        async for answer in self.client.answers(ready=ready):
            await answers.put(answer)


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
