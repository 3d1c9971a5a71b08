"""Plain FastStream: a subscriber, a transaction a message, an outbox and a relay, written the way its guide has it.

Generous: uvloop, 16 messages at a time on 16 connections, and a relay that is woken at once and publishes 500
messages at a time without waiting in between.
"""

from __future__ import annotations

import asyncio
import logging

import asyncpg
import uvloop
from faststream import AckPolicy, FastStream
from faststream.nats import JStream, NatsBroker, NatsCredentials, NatsMessage, PullSub

from benchmarks.contenders.work import answer_row, arrived, keep, known, settings, transaction
from shared.contracts import subjects
from shared.contracts.profiles import RegisterParticipant
from shared.messaging import store

SERVICE = "profiles"
CONNECTIONS = 16


async def main() -> None:
    configured = settings()
    pool = await asyncpg.create_pool(configured.dsn(), min_size=CONNECTIONS, max_size=CONNECTIONS + 1)
    inbox = f"_INBOX_{SERVICE}"
    broker = NatsBroker(
        configured.nats_url,
        security=NatsCredentials(str(configured.nats_credentials)),
        inbox_prefix=inbox,
        logger=logging.getLogger("faststream"),
        log_level=logging.DEBUG,
    )
    written = asyncio.Event()
    turns = asyncio.Semaphore(CONNECTIONS)

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
        async with turns, pool.acquire() as connection, connection.transaction():
            if await known(connection, incoming):
                return
            unit, tx = transaction(connection, incoming, configured)
            result = await handle(command, tx)
            answer = answer_row(incoming, result, unit)
            await keep(connection, incoming, answer)
            if unit.timers:
                await store.set_timers(connection, unit.timers)
            await store.write_outbox(connection, unit.outbox, tx.now)
        written.set()

    async def relay() -> None:
        async with pool.acquire() as connection:
            while True:
                rows = await store.unsent(connection, 500)
                if not rows:
                    written.clear()
                    await written.wait()
                    continue
                await asyncio.gather(*(publish(row) for row in rows))
                await store.sent(connection, [row["seq"] for row in rows])

    async def publish(row: asyncpg.Record) -> None:
        await broker.publish(
            row["body"].encode(), row["subject"], stream=row["stream"], headers=store.decode(row["headers"]), timeout=10
        )

    app = FastStream(broker)
    relaying: list[asyncio.Task[None]] = []

    @app.after_startup
    async def start_relay() -> None:
        relaying.append(asyncio.create_task(relay()))

    await app.run()


if __name__ == "__main__":
    uvloop.run(main())
