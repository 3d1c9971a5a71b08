"""What the pages stand on: settings, the other services, the database, words and templates."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from uuid import UUID

from jinja2 import Environment

from services.notify.config import Settings
from shared.contracts.envelope import Command, Query
from shared.messaging import Transaction

T = TypeVar("T")


class Asks(Protocol):
    """Asks the other services, in someone's name."""

    async def get_each(self, questions: Sequence[Query], *, actor: str) -> list[Any]: ...

    async def get(self, message: Command | Query, *, actor: str, service: str = "", id: UUID | None = None) -> Any: ...  # noqa: A002


SendLink = Callable[[Transaction, str], Awaitable[None]]
"""Mail a new link to whoever has this address; nobody is told whether anyone does."""


@dataclass(frozen=True)
class Context:
    """One for all pages of a process."""

    settings: Settings
    asks: Asks
    within: Callable[[Callable[[Transaction], Awaitable[object]]], Awaitable[None]]
    """A transaction of notify's own (`processor.within`). Raises Outage."""
    looking: Callable[[Callable[[Transaction], Awaitable[Any]]], Awaitable[Any]]
    """The same, to look only (`processor.looking`)."""
    send_link: SendLink
    templates: Environment
    secret: bytes = field(repr=False)

    async def run(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Do something in a transaction, and return what it gave."""
        given: list[T] = []

        async def keep(tx: Transaction) -> None:
            given[:] = [await work(tx)]

        await self.within(keep)
        return given[0]

    async def look(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Look something up, and return it: nothing is written."""
        found: T = await self.looking(work)
        return found

    @property
    def secure(self) -> bool:
        """Whether browsers reach the pages by https."""
        return self.settings.pages_url.startswith("https://")
