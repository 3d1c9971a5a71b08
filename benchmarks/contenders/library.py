"""FastStream + SQLAlchemy + faststream-outbox: the library's own outbox table and relay, as its guide sets it up.

The relay as it is by default (one worker, ten rows fetched at once), or TUNED: as large as its settings go. Generous in
both: uvloop, 16 messages at a time, and the handler's SQL sent as it is (no mapping of objects).
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Any

import uvloop
from faststream import AckPolicy, FastStream
from faststream.nats import JStream, NatsBroker, NatsCredentials, NatsMessage, PullSub
from faststream_outbox import OutboxBroker, make_outbox_table, outbox_autovacuum_ddl
from faststream_outbox.annotations import OutboxMessage
from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncConnection, async_sessionmaker, create_async_engine

from benchmarks.contenders.work import answer_row, arrived, keep, known, settings, transaction
from shared.contracts import subjects
from shared.contracts.profiles import RegisterParticipant
from shared.messaging import store

SERVICE = "profiles"
CONCURRENT = 16
QUEUE = "weefsel"
TUNED: dict[str, Any] = {
    "max_workers": CONCURRENT, "fetch_batch_size": 100, "min_fetch_interval": 0.01, "terminal_flush_batch_size": 100,
}  # fmt: skip
SUBJECT, STREAM = "x-subject", "x-stream"
TABLE = make_outbox_table(MetaData(), table_name="library_outbox")


class ThroughSqlAlchemy:
    """What repository modules call of a connection, through SQLAlchemy."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def fetch(self, sql: str, *values: Any) -> list[Any]:
        return list((await self._connection.exec_driver_sql(sql, values)).mappings())

    async def fetchrow(self, sql: str, *values: Any) -> Any:
        return (await self._connection.exec_driver_sql(sql, values)).mappings().first()

    async def fetchval(self, sql: str, *values: Any) -> Any:
        return (await self._connection.exec_driver_sql(sql, values)).scalar()

    async def execute(self, sql: str, *values: Any) -> str:
        await self._connection.exec_driver_sql(sql, values)
        return ""


async def create_table(admin_dsn: str) -> None:
    """The library's table, with the settings for autovacuum that it recommends."""
    engine = create_async_engine(admin_dsn.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as connection:
        await connection.run_sync(TABLE.metadata.create_all)
        await connection.execute(text(outbox_autovacuum_ddl(str(TABLE.name))))
    await engine.dispose()


async def main() -> None:
    configured = settings()
    engine = create_async_engine(
        configured.dsn().replace("postgresql://", "postgresql+asyncpg://"), pool_size=3 * CONCURRENT
    )
    inbox = f"_INBOX_{SERVICE}"
    broker = NatsBroker(
        configured.nats_url,
        security=NatsCredentials(str(configured.nats_credentials)),
        inbox_prefix=inbox,
        logger=logging.getLogger("faststream"),
        log_level=logging.DEBUG,
    )
    outbox = OutboxBroker(engine, outbox_table=TABLE, logger=logging.getLogger("faststream"), log_level=logging.DEBUG)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    turns = asyncio.Semaphore(CONCURRENT)

    @broker.subscriber(
        subjects.commands_filter(SERVICE),
        stream=JStream(subjects.COMMANDS, declare=False),
        durable=SERVICE,
        pull_sub=PullSub(batch_size=256, timeout=1.0),
        inbox_prefix=f"{inbox}.".encode(),
        ack_policy=AckPolicy.NACK_ON_ERROR,
        no_reply=True,
    )
    async def register(command: RegisterParticipant, message: NatsMessage) -> None:
        incoming, handle = arrived(message.raw_message, command)
        async with turns, sessions() as session, session.begin():
            connection: Any = ThroughSqlAlchemy(await session.connection())
            if await known(connection, incoming):
                return
            unit, tx = transaction(connection, incoming, configured)
            result = await handle(command, tx)
            answer = answer_row(incoming, result, unit)
            await keep(connection, incoming, answer)
            if unit.timers:
                await store.set_timers(connection, unit.timers)
            for row in unit.outbox:
                headers = {**store.decode(row.headers), SUBJECT: row.subject, STREAM: row.stream}
                await outbox.publish(row.body.encode(), queue=QUEUE, session=session, headers=headers)

    @outbox.subscriber(QUEUE, **(TUNED if os.environ.get("WEEFSEL_BENCH_TUNED") else {}))
    async def relay(message: OutboxMessage) -> None:
        headers = dict(message.headers)
        subject, stream = headers.pop(SUBJECT), headers.pop(STREAM)
        headers.pop("correlation_id", None)
        await broker.publish(message.body, subject, stream=stream, headers=headers, timeout=10)

    app = FastStream(broker, outbox)
    await app.run()


if __name__ == "__main__":
    uvloop.run(main())
