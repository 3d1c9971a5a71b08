"""Latency at a calm pace: a command published → its event received, against the least that it could take.

The floor is what nothing reliable can do without: the command stored, a transaction committed, the event stored, each
waited for. It is measured in the same run, in turns of a second, on the same servers.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from nats.aio.msg import Msg

from benchmarks.load import REGISTERED, Load, Reader, registration
from benchmarks.stack import Stack
from shared.contracts.subjects import CLI, EVENTS, ROOT
from shared.database import Pool
from shared.ids import new_id

PACE = 50
"""Commands a second."""
PAYLOAD = b"x" * 600


@dataclass
class Latency:
    """Seconds, each sample."""

    ours: list[float]
    floor: list[float]

    @staticmethod
    def percentile(samples: list[float], percent: int) -> float:
        return statistics.quantiles(samples, n=100, method="inclusive")[percent - 1]


async def measure(stack: Stack, *, seconds: int, module: str = "services.profiles") -> Latency:
    """`seconds` of commands, and as many of floor, in turns."""
    await stack.reset()
    received: dict[str, float] = {}

    def note(message: Msg) -> None:
        received[(message.headers or {})["ce-causationid"]] = time.perf_counter()

    found = Latency([], [])
    async with (
        Load.connected(stack) as load,
        Reader.of(stack, EVENTS, REGISTERED, note) as reader,
        asyncpg.create_pool(stack.dsn, min_size=4, max_size=4) as pool,
    ):
        with stack.process(module):
            await load.fill(PACE)  # warm
            await reader.reach(PACE)
            await stack.admin.execute("CREATE TABLE IF NOT EXISTS floor (id uuid PRIMARY KEY, body text)")
            for _ in range(seconds):
                sent: list[asyncio.Task[tuple[UUID, float]]] = await _paced(lambda: _send(load))
                ids = [await task for task in sent]
                await reader.reach(reader.count + len([id_ for id_, _ in ids if str(id_) not in received]))
                found.ours += [received[str(id_)] - started for id_, started in ids]
                floor: list[asyncio.Task[float]] = await _paced(lambda: _least(load, pool))
                found.floor += [await task for task in floor]
            await stack.admin.execute("DROP TABLE floor")
    return found


async def _paced(start) -> list:  # type: ignore[no-untyped-def, type-arg]
    """Start something `PACE` times within a second."""
    begun, tasks = time.perf_counter(), []
    for n in range(PACE):
        await asyncio.sleep(max(0.0, begun + n / PACE - time.perf_counter()))
        tasks.append(asyncio.create_task(start()))
    await asyncio.wait(tasks)
    return tasks


async def _send(load: Load) -> tuple[UUID, float]:
    command, started = registration(), time.perf_counter()
    return await load.senders[0].send(command), started


async def _least(load: Load, pool: Pool) -> float:
    """Publish, commit, publish. The two subjects are on COMMANDS, and no consumer takes them."""
    jetstream = load.senders[0].connection.jetstream()
    subjects = [f"{ROOT}.cmd.{CLI}.nobody.floor.{verb}" for verb in ("publish", "publish-again")]
    started = time.perf_counter()
    await jetstream.publish(subjects[0], PAYLOAD)
    await pool.execute("INSERT INTO floor VALUES ($1, $2)", new_id(), PAYLOAD.decode())
    await jetstream.publish(subjects[1], PAYLOAD)
    return time.perf_counter() - started
