"""Throughput, side by side: command → handler → outbox → relay → event read by a consumer.

A round fills COMMANDS while the service's process stands still, lets it go, and stops the clock when every event and
every answer has been read. Every contender handles the same command with the same handler and its SQL, and ends in the
same messages; that they did is checked in the streams. The ceiling publishes as many of the very same messages and does
nothing else. Rounds are interleaved, because a shared machine is never the same twice.
"""

from __future__ import annotations

import asyncio
import signal
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from benchmarks import ceiling
from benchmarks.contenders import library
from benchmarks.load import Load, readers
from benchmarks.stack import Stack

WARM_UP = 150


@dataclass(frozen=True)
class Contender:
    name: str
    module: str
    commands: int
    """In one round: enough for a few seconds of work."""
    environment: Mapping[str, str] = field(default_factory=dict)


OURS = Contender("Weefsel", "services.profiles", 1800)
PLAIN = Contender("plain FastStream", "benchmarks.contenders.plain", 1000)
LIBRARY = Contender("FastStream + SQLAlchemy + faststream-outbox", "benchmarks.contenders.library", 150)
TUNED = Contender("the same, its relay tuned", "benchmarks.contenders.library", 300, {"WEEFSEL_BENCH_TUNED": "1"})
CEILING = "publishing alone, pipelined"


@dataclass
class Rates:
    """What was seen, a value a round."""

    messages_per_command: float = 0.0
    messages_per_s: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, rate: float) -> None:
        self.messages_per_s.setdefault(name, []).append(rate)

    def median(self, name: str) -> float:
        return statistics.median(self.messages_per_s[name])

    def times(self, name: str) -> list[float]:
        """How many times as fast ours was, round by round."""
        return [
            ours / other for ours, other in zip(self.messages_per_s[OURS.name], self.messages_per_s[name], strict=True)
        ]


async def measure(stack: Stack, *, rounds: int, scale: float = 1.0, tell: Callable[[str], None]) -> Rates:
    """Run every contender `rounds` times; `scale` shortens the rounds."""
    rates = Rates()
    await library.create_table(stack.dsn)
    async with Load.connected(stack) as load:
        samples = await ceiling.samples(stack, load)
        for round_ in range(1, rounds + 1):
            for contender in (OURS, PLAIN, LIBRARY, TUNED):
                commands = max(20, int(contender.commands * scale))
                rate, each = await _round(stack, load, contender, commands)
                if rates.messages_per_command not in (0.0, each):
                    raise AssertionError(f"{contender.name}: {each} messages a command: not the same work")
                rates.messages_per_command = each
                rates.add(contender.name, rate * each)
                tell(f"round {round_}: {contender.name}: {rate:,.0f} commands/s, {rate * each:,.0f} messages/s")
            await stack.reset()
            rate = await ceiling.publish(stack, samples, copies=max(20, int(OURS.commands * scale)))
            rates.add(CEILING, rate)
            tell(f"round {round_}: {CEILING}: {rate:,.0f} messages/s")
    return rates


async def _round(stack: Stack, load: Load, contender: Contender, commands: int) -> tuple[float, float]:
    """Commands a second, and messages stored for each."""
    await stack.reset()
    async with readers(stack) as (events, answers):
        with stack.process(contender.module, **contender.environment) as process:
            try:
                await load.fill(min(WARM_UP, commands))
                await events.reach(min(WARM_UP, commands))
                await answers.reach(min(WARM_UP, commands))
            except TimeoutError:
                raise TimeoutError(f"{contender.name} did nothing:\n{stack.words_of(contender.module)}") from None
            await asyncio.sleep(0.3)  # its last messages
            process.send_signal(signal.SIGSTOP)
            before, read = await stack.stored(), (events.count, answers.count)
            await load.fill(commands)
            started = time.perf_counter()
            process.send_signal(signal.SIGCONT)
            await events.reach(read[0] + commands)
            await answers.reach(read[1] + commands)
            took = time.perf_counter() - started
        after = await stack.stored()  # the process has ended: nothing is on its way
    return commands / took, sum(after[stream] - before[stream] for stream in after) / commands
