"""What was handed over, written down: without waiting for a disk, and without losing any of it for that."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from services.notify.repository import mails as repository
from shared.database import Connection, Pool
from shared.telemetry import logger

log = logger(__name__)
MOST = 32
"""Mails of which it isn't sure yet that they are on disk. With PostgreSQL *and* this process gone at once, these may
go out once more."""


class Records:
    """Of one replica, on a connection kept for this. Used by one task at a time.

    PostgreSQL has a record as soon as it says so, whatever happens to this process; on disk it is a moment later. If
    PostgreSQL is lost before that, so is our connection: what isn't surely on disk is remembered here, and written
    down again before anything else is, on the next connection.
    """

    def __init__(self, pool: Pool) -> None:
        self.unsure: dict[UUID, datetime] = {}
        """When each was handed over that may not be on disk yet. Nobody claims them meanwhile."""
        self._pool = pool
        self._connection: Connection | None = None

    async def keep(self, mail_id: UUID, now: datetime) -> None:
        """It is sent. Until that is written: while the database is away, nothing else is handed over."""
        self.unsure[mail_id] = now
        await self._until_done(lambda connection: repository.sent(connection, mail_id, now))
        if len(self.unsure) >= MOST:
            await self.make_sure()

    async def make_sure(self) -> None:
        """All of them are on disk: it is the same connection still, so that PostgreSQL was never lost in between."""
        if self.unsure:
            await self._until_done(repository.onto_disk)
            self.unsure.clear()

    async def close(self) -> None:
        """Nobody else gets the connection: what is done on it doesn't wait for the disk."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.terminate()
                await self._pool.release(connection)

    async def _until_done(self, work: Callable[[Connection], Awaitable[None]]) -> None:
        while True:
            try:
                await work(await self._ready())
                return
            except Exception as error:  # noqa: BLE001 - whatever it was: it is sent, and must not be sent again
                log.warning("what was sent can't be recorded yet", error=type(error).__name__)
                await self.close()
                await asyncio.sleep(0.2)

    async def _ready(self) -> Connection:
        if self._connection is None:
            self._connection = await self._pool.acquire()
            missing = await repository.sent_before(self._connection, self.unsure)
            if missing > 1:  # the one that is being written now is among them
                log.warning("what the database had not kept is written down again", mails=missing)
            await repository.in_haste(self._connection)
        return self._connection
