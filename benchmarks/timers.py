"""Timers: a hundred thousand that wait, what they cost when nothing is due, and how late those are that are.

Signals runs as a process of its own. Its CPU and that of PostgreSQL is what waiting costs. Those that are due come
evenly, at moments that have nothing to do with the second in which the relay looks, and lateness is counted until a
consumer of the stream has the event.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psutil
from nats.aio.msg import Msg

from benchmarks import referrals
from benchmarks.load import Load, Reader
from benchmarks.stack import NEIGHBOURHOOD, Stack, until
from shared.contracts import subjects
from shared.contracts.envelope import SOURCE, Envelope
from shared.contracts.signals import ReferralDue
from shared.contracts.subjects import EVENTS, ROOT
from shared.ids import new_id
from shared.messaging import store

PENDING = 100_000
DUE_PACE = 50
"""So many are due in a second."""
DUE = f"{ROOT}.event.signals.*.referral.due"


@dataclass
class Timers:
    """Percent of one CPU while nothing is due, and the seconds from each due moment to its event."""

    idle_cpu_percent: float
    late: list[float]
    lost: int


async def measure(
    stack: Stack, *, idle: float, seconds: int, pending: int = PENDING, tell: Callable[[str], None]
) -> Timers:
    """`idle` seconds of waiting, then `seconds` of timers that are due."""
    await _set(stack, [datetime.now(UTC) + timedelta(days=1, seconds=number) for number in range(pending)])
    await stack.admin.execute("ANALYZE messaging.timer")
    late: dict[str, float] = {}

    def note(message: Msg) -> None:
        late[(message.headers or {})["ce-id"]] = time.time() - _moment(json.loads(message.data)["referral_id"])

    async with Load.connected(stack) as load, Reader.of(stack, EVENTS, DUE, note) as reader:
        with stack.process("services.signals", **referrals.environment(stack)) as process:
            await until(lambda: referrals.answers(load), "signals answers")
            await asyncio.sleep(3)
            backend = await stack.admin.fetchval("SELECT pg_backend_pid()")
            postgres = psutil.Process(backend).ppid()
            percent = await _cpu([process.pid, postgres], idle)
            tell(f"{pending:,} timers wait: {percent:.2f} % of a CPU")
            moments = _moments(seconds)
            await _set(stack, moments)
            await reader.reach(len(moments), within=seconds + 20)
    return Timers(percent, sorted(late.values()), len(moments) - len(late))


def _moments(seconds: int) -> list[datetime]:
    """From three seconds on, at no particular part of a second."""
    chance, begins = random.Random(5), datetime.now(UTC) + timedelta(seconds=3)
    return [begins + timedelta(seconds=chance.uniform(0, seconds)) for _ in range(seconds * DUE_PACE)]


async def _set(stack: Stack, moments: list[datetime]) -> None:
    """A timer for each moment, which its id remembers."""
    for start in range(0, len(moments), 5_000):
        timers = {}
        for due in moments[start : start + 5_000]:
            id_ = new_id()
            _MOMENTS[str(id_)] = due.timestamp()
            event = ReferralDue(neighbourhood_id=NEIGHBOURHOOD, referral_id=id_, to="remind")
            headers = Envelope(id=new_id(), type=event.TYPE, source=f"{SOURCE}/signals", time=due).headers()
            row = store.OutboxRow(
                new_id(), EVENTS, subjects.event(event), store.encode(headers), event.model_dump_json()
            )
            timers[ReferralDue.timer(id_, "remind")] = (due, row)
        async with stack.admin.transaction():
            await store.set_timers(stack.admin, timers)


_MOMENTS: dict[str, float] = {}


def _moment(referral_id: str) -> float:
    return _MOMENTS[referral_id]


async def _cpu(pids: list[int], seconds: float) -> float:
    """Percent of one CPU that these processes and those below them took together."""
    before = _taken(pids)
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    return 100 * (_taken(pids) - before) / (time.perf_counter() - started)


def _taken(pids: list[int]) -> float:
    """Seconds of CPU so far; of children that ended, what the kernel added to their parent."""
    total = 0.0
    for pid in pids:
        process = psutil.Process(pid)
        for each in [process, *process.children(recursive=True)]:
            try:
                times = each.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
        total += process.cpu_times().children_user + process.cpu_times().children_system
    return total
