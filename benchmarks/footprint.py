"""What a service costs when nothing happens: memory, and the time from start to ready."""

from __future__ import annotations

import asyncio
import statistics
from dataclasses import dataclass

import psutil

from benchmarks.stack import Stack, until
from deploy.embedded.nats import healthy
from deploy.embedded.process import free_port


@dataclass
class Footprint:
    """A value for each start."""

    ready_s: list[float]
    idle_rss_mb: list[float]

    @property
    def ready(self) -> float:
        return statistics.median(self.ready_s)

    @property
    def rss(self) -> float:
        return statistics.median(self.idle_rss_mb)


async def measure(stack: Stack, *, starts: int, idle: float, module: str = "services.profiles") -> Footprint:
    """Start it, wait until `/readyz` says so, and look at its memory after `idle` seconds."""
    await stack.reset()
    found = Footprint([], [])
    for _ in range(starts):
        port = free_port()
        with stack.process(module, WEEFSEL_HEALTH_PORT=str(port)) as process:
            address = f"http://127.0.0.1:{port}/readyz"
            found.ready_s.append(await until(lambda address=address: healthy(address), "the service is ready"))
            await asyncio.sleep(idle)
            found.idle_rss_mb.append(psutil.Process(process.pid).memory_info().rss / 2**20)
    return found
