"""Asking the other services, as `desk` and in someone's name. The connection comes back by itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Self, TypeVar
from uuid import UUID

import nats.errors

from services.notify.config import Settings
from shared.contracts import subjects
from shared.contracts.envelope import Answer, Command, Contract, Query
from shared.messaging.client import Client, Refused, Unanswered

T = TypeVar("T")
PATIENCE = 5.0
"""Seconds that an answer may take."""


class Asker:
    """Asks by request/reply. Nothing is connected before the first question."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._connection: Client | None = None
        self._connecting = asyncio.Lock()
        self._connected = AsyncExitStack()

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings) -> AsyncIterator[Self]:
        asker = cls(settings)
        try:
            yield asker
        finally:
            with contextlib.suppress(nats.errors.Error):
                await asker._connected.aclose()

    async def get(
        self, message: Command | Query, *, actor: str, service: str = "", id: UUID | None = None,  # noqa: A002
        patience: float = PATIENCE,
    ) -> Any:  # fmt: skip
        """The contract's result, for `actor` (`participant:<id>`, `worker:<id>`, `contact:<referral id>`).

        `id` makes a command the same command when it is asked again. Raises Refused, whose problems say why, or
        Unanswered: whether a command was done then, asking again with the same id tells.
        """
        found = _result(message, await self.ask(message, actor=actor, service=service, id=id, patience=patience))
        if isinstance(found, Refused):
            raise found
        return found

    async def get_each(self, questions: Sequence[Query], *, actor: str, patience: float = PATIENCE) -> list[Any]:
        """What the services answer, all asked at once and those of one service together: the result of each, or the
        Refused or Unanswered that `get` would raise."""
        by_service: dict[str, list[int]] = {}
        for n, each in enumerate(questions):
            by_service.setdefault(subjects.parts(each).service, []).append(n)
        found: list[Any] = [None] * len(questions)

        async def ask(numbers: list[int]) -> None:
            together = [questions[n] for n in numbers]
            try:
                answers = await self._in_time(patience, lambda connection: connection.ask_each(together, actor=actor))
            except Unanswered as error:
                answers = [error] * len(numbers)  # type: ignore[list-item]
            for n, answer in zip(numbers, answers, strict=True):
                found[n] = _result(questions[n], answer)

        await asyncio.gather(*(ask(each) for each in by_service.values()))
        return found

    async def ask(
        self, message: Command | Query, *, actor: str, service: str = "", id: UUID | None = None,  # noqa: A002
        patience: float = PATIENCE,
    ) -> Answer:  # fmt: skip
        """The answer, accepted or rejected. Raises Unanswered."""
        return await self._in_time(
            patience, lambda connection: connection.ask(message, actor=actor, service=service, id=id, timeout=patience)
        )

    async def _in_time(self, patience: float, ask: Callable[[Client], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(patience):
                return await ask(await self._ready())
        except (OSError, nats.errors.Error) as error:  # a TimeoutError is an OSError
            raise Unanswered(f"NATS is out of reach: {type(error).__name__}") from error

    async def _ready(self) -> Client:
        """A connection that was lost comes back by itself; one that was closed for good is made anew."""
        async with self._connecting:
            if self._connection is None or self._connection.connection.is_closed:
                await self._connected.aclose()
                settings = self.settings
                self._connection = await self._connected.enter_async_context(
                    Client.connect(
                        settings.nats_url, settings.desk_credentials, subjects.DESK, tls=settings.tls()
                    )
                )  # fmt: skip
            return self._connection


def _result(message: Command | Query, answer: Answer | Unanswered) -> Any:
    """The contract's result, or why there is none."""
    if isinstance(answer, Unanswered):
        return answer
    if answer.status == "rejected":
        return Refused(answer.problems)
    result: type[Contract] = message.RESULT
    return result.model_validate(answer.result or {})
