"""PostgreSQL: the pool, and which errors are the database's absence rather than the message's fault."""

from __future__ import annotations

import asyncio
from typing import TypeAlias

import asyncpg

from shared.settings import ServiceSettings

Record: TypeAlias = "asyncpg.Record"
Pool: TypeAlias = "asyncpg.Pool[Record]"
Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[Record]"

OUTAGE: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
)
"""The database is away, starting, stopping or full: pause, and count it against no message."""

CONTENTION = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)
"""Two at once: try again at once."""


async def connect(settings: ServiceSettings, application: str) -> Pool:
    """A pool of connections. Waits until the database answers: a service may start before it."""
    delay = 0.1
    while True:
        try:
            return await asyncpg.create_pool(
                settings.dsn(),
                min_size=1,
                max_size=settings.database_connections,
                command_timeout=30,
                timeout=5,
                server_settings={"application_name": application, "idle_in_transaction_session_timeout": "60s"},
            )
        except OUTAGE:
            await asyncio.sleep(delay)
            delay = min(delay * 2, 2.0)
