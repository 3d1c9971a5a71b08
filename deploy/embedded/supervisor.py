"""Keeps the embedded stack running: starts its parts in order, restarts what crashes, stops them in order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from deploy.embedded.home import Home, Ports, disk_trouble
from deploy.embedded.parts import Blueprint, Part
from deploy.embedded.process import require_free
from deploy.embedded.state import PartState, Phase, ProcessId, RunState, now, stop_left_behind
from deploy.trouble import Trouble

PAUSES = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
"""Seconds before each restart of what keeps crashing; they start over once it has run for a minute."""
HOPELESS = 3
"""Crashes after which `up` no longer waits for a part; it is tried again all the same."""
LOOK_AGAIN = 5.0
"""Seconds between two looks at whether a part still answers."""
TO_START, TO_STOP = 60.0, 20.0
"""Seconds that a part gets to be ready the first time; and to end by itself before it is made to."""
MAX_LOG = 20 * 1024 * 1024
Listener: TypeAlias = Callable[[RunState, PartState], None]


class Supervisor:
    """One run of the stack in `home`, from its start to the signal that ends it.

    `changed` hears of every change of a part, `told` gets sentences for the person at the keyboard.
    """

    def __init__(self, home: Home, ports: Ports, *, changed: Listener, told: Callable[[str], None]) -> None:
        self.home = home
        self.ports = ports
        self.blueprint = Blueprint(home, ports)
        self.told = told
        self._changed = changed
        self._keepers: list[Keeper] = []
        me = ProcessId.of(os.getpid())
        assert me is not None, "this process runs"
        self.state = RunState(supervisor=me, ports=ports.base, since=now())

    async def run(self, when_running: Callable[[], Awaitable[None]]) -> None:
        """Start all, await `when_running`, keep all going until a signal asks to stop; stop all, whatever happens.

        Raises Trouble when it can't start: another run goes on, a port is taken, a server doesn't come up.
        """
        asked_to_stop = asyncio.Event()
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(each, asked_to_stop.set)
        self.home.prepare()
        with self.home.locked(), disk_trouble(self.home.folder):
            self._clear_up()
            working, asked = asyncio.create_task(self._work(when_running)), asyncio.create_task(asked_to_stop.wait())
            try:
                await asyncio.wait({working, asked}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (working, asked):
                    task.cancel()
                await asyncio.wait({working, asked})
                await self._stop()
            if not working.cancelled() and (error := working.exception()):
                raise error

    def _clear_up(self) -> None:
        """Stop what a killed run has left, keep logs short, and see that every port is free."""
        before = RunState.read(self.home.run)
        if before and (names := stop_left_behind(before)):
            self.told(f"The last run was cut off: what it had left running is stopped now ({', '.join(names)}).")
        for log in (self.home.folder / "logs").glob("*.log"):
            if log.stat().st_size > MAX_LOG:
                log.replace(log.with_suffix(".log.1"))
        for what, port in self.blueprint.all_ports():
            require_free(port, what)

    async def _work(self, when_running: Callable[[], Awaitable[None]]) -> None:
        first: BaseException | None = None
        try:
            async with asyncio.TaskGroup() as group:
                await self._start(group)
                await when_running()
                self.state.ready = True
                self._save()
        except* (Trouble, OSError) as troubles:
            first = troubles  # raised below: within `except*` some releases of Python 3.11 wrap it in a group
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        if first is not None:
            raise first

    async def _start(self, group: asyncio.TaskGroup) -> None:
        servers = await asyncio.to_thread(self.blueprint.servers)
        processes = self.blueprint.processes()
        for part in (*servers, *processes, self.blueprint.mail()):
            self._keepers.append(Keeper(part, self._line(part), self._keeper_changed))
        self._save()
        await self._bring_up(group, [keeper for keeper in self._keepers if keeper.part.server])
        await asyncio.gather(self.blueprint.bootstrap_databases(), self.blueprint.bootstrap_nats())
        await self.blueprint.bootstrap_partners()
        await self._bring_up(group, [keeper for keeper in self._keepers if not keeper.part.server])

    async def _bring_up(self, group: asyncio.TaskGroup, keepers: list[Keeper]) -> None:
        """Start these, and wait until each is ready or has had its time: then the table says what ails it."""
        for keeper in keepers:
            group.create_task(keeper.keep())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TO_START):
                await asyncio.gather(*(keeper.settled.wait() for keeper in keepers))

    async def _stop(self) -> None:
        """Services first, then NATS, which holds their work, then PostgreSQL."""
        await asyncio.gather(*(keeper.stop() for keeper in self._keepers if not keeper.part.server))
        for keeper in reversed([keeper for keeper in self._keepers if keeper.part.server]):
            await keeper.stop()
        self.home.run.unlink(missing_ok=True)

    def _line(self, part: Part) -> PartState:
        line = PartState(
            name=part.name, address=part.address, since=now(), stop_signal=part.program.stop_signal, state="waiting"
        )
        self.state.parts.append(line)
        return line

    def _keeper_changed(self, line: PartState) -> None:
        self._save()
        self._changed(self.state, line)

    def _save(self) -> None:
        self.state.write(self.home.run)


@dataclass(eq=False)
class Keeper:
    """Keeps one part running, and its line of the table true."""

    part: Part
    line: PartState
    changed: Callable[[PartState], None]
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it was ready, or has crashed so often that nobody should wait for it."""
    was_ready: bool = False
    process: asyncio.subprocess.Process | None = None
    _crashes: int = 0

    async def keep(self) -> None:
        """Start it, and again whenever it ends. Raises Trouble when a server doesn't even come up the first time."""
        while True:
            began = now()
            code = await self._run_once()
            if self.part.server and not self.was_ready:
                raise Trouble(self._failure(code))
            self._crashes = 0 if (now() - began).total_seconds() > 60 else self._crashes
            pause = PAUSES[min(self._crashes, len(PAUSES) - 1)]
            self._crashes += 1
            if self._crashes == HOPELESS:
                self.settled.set()
            self.line.restarts += 1
            words = self.part.program.last_words()
            self._say("restarting", f"{_ending(code)}; starts again in {pause:g} s. Last line: {words}")
            await asyncio.sleep(pause)

    async def stop(self) -> None:
        """Ask it to end, and see to it that it does."""
        if self.process is not None and self.process.returncode is None:
            self._say("stopping")
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(self.part.program.stop_signal)
            try:
                async with asyncio.timeout(TO_STOP):
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        self.line.process = None
        self._say("stopped")

    async def _run_once(self) -> int:
        """Start it and follow it to its end; returns how it ended."""
        self.process = await self.part.program.spawn()
        self.line.process = ProcessId.of(self.process.pid)
        self._say("starting")
        ended = asyncio.create_task(self.process.wait())
        try:
            while not ended.done():
                answers = await self.part.ready()
                if ended.done():
                    break
                if answers:
                    self.was_ready = True
                    self.settled.set()
                    self._say("ready")
                elif self.line.state == "ready":
                    self._say("not answering", self.part.program.last_words())
                await asyncio.wait({ended}, timeout=LOOK_AGAIN if answers else 0.1)
            return await ended
        finally:
            ended.cancel()
            self.line.process = None if self.process.returncode is not None else self.line.process

    def _say(self, phase: Phase, note: str = "") -> None:
        if (phase, note) != (self.line.state, self.line.note):
            self.line.state, self.line.note, self.line.since = phase, note[:300], now()
            self.changed(self.line)

    def _failure(self, code: int) -> str:
        words = self.part.program.last_words()
        if "No space left on device" in words:
            return f"{self.part.name} found the disk full: make room and start again."
        return f"{self.part.name} didn't start ({_ending(code)}): {words} More: `weefsel logs {self.part.name}`."


def _ending(code: int) -> str:
    return f"ended with code {code}" if code >= 0 else f"was killed ({signal.Signals(-code).name})"
