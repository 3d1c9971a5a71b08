"""PostgreSQL: the pool, and which errors are the database's absence rather than the message's fault."""

from __future__ import annotations

import asyncio
from typing import TypeAlias

import asyncpg

from shared.settings import ServiceSettings
from shared.telemetry import logger

log = logger(__name__)
Record: TypeAlias = "asyncpg.Record"
Pool: TypeAlias = "asyncpg.Pool[Record]"
Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[Record]"

OUTAGE: tuple[type[BaseException], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
)
"""The database is away, starting, stopping or full: pause, and count it against no message."""

UNCLEAR: tuple[type[BaseException], ...] = (OSError, asyncpg.InterfaceError)
"""No answer in time, or a connection that can't be used: the database's absence, or a handler's own mistake."""

NO_ANSWER = (*OUTAGE, *UNCLEAR)

CONTENTION = (
    asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError,
    asyncpg.InvalidCachedStatementError,
)  # fmt: skip
"""Two at once, or a newer release has added a column since a statement was planned: try again at once."""


READERS = {"default_transaction_read_only": "on", "plan_cache_mode": "force_generic_plan"}


async def connect(settings: ServiceSettings, application: str, *, readers: int = 0) -> Pool:
    """A pool of connections. Waits until the database answers: a service may start before it.

    `readers`: so many at most, that refuse to write, and plan each statement once.
    """
    delay = 0.1
    more = READERS if readers else {}
    while True:
        try:
            return await asyncpg.create_pool(
                settings.dsn(),
                min_size=1,
                max_size=readers or settings.database_connections,
                command_timeout=30,
                timeout=5,
                reset=_left_as_found,
                server_settings={
                    "application_name": application,
                    "idle_in_transaction_session_timeout": "60s",
                    **more,
                },
            )
        except NO_ANSWER as error:
            log.warning("the database does not answer yet", error=type(error).__name__)
            await asyncio.sleep(delay)
            delay = min(delay * 2, 2.0)


async def _left_as_found(connection: asyncpg.Connection[Record]) -> None:
    """Nothing to do when a connection is given back, besides ending what is open, which asyncpg sees to: what is set is
    set for one transaction, locks end with it, and who listens stops listening."""


async def answers(pool: Pool) -> bool:
    """Whether the database answers at this moment."""
    try:
        async with asyncio.timeout(5):
            await pool.fetchval("SELECT 1")
    except NO_ANSWER:
        return False
    return True


async def is_away(pool: Pool, error: BaseException) -> bool:
    """Whether an error means that the database is away. Where it may also be our own mistake, the database is asked."""
    chain: BaseException | None = error
    while chain is not None:
        if isinstance(chain, OUTAGE):
            return True
        chain = chain.__context__
    return isinstance(error, UNCLEAR) and not await answers(pool)
