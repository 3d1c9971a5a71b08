"""What runs: written by the supervisor at each change, read by `weefsel status`, `down` and the next `up`."""

from __future__ import annotations

import contextlib
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias

import psutil
from pydantic import BaseModel, ValidationError

Phase: TypeAlias = Literal["waiting", "starting", "ready", "not answering", "restarting", "stopping", "stopped"]
_PATIENCE = 20.0
"""Seconds that a process gets to stop by itself."""


class ProcessId(BaseModel):
    """A process, told from another one that got the same number later."""

    pid: int
    started: float
    """Seconds since 1970, as the system counts them."""

    @classmethod
    def of(cls, pid: int) -> ProcessId | None:
        """None when it has ended already."""
        try:
            return cls(pid=pid, started=psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            return None

    def find(self) -> psutil.Process | None:
        """The process, as long as it lives."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < 1 and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return process if same else None


class PartState(BaseModel):
    """One line of the table."""

    name: str
    state: Phase = "waiting"
    address: str = ""
    since: datetime
    restarts: int = 0
    note: str = ""
    """Why it isn't ready, when that is known."""
    process: ProcessId | None = None
    stop_signal: int = signal.SIGTERM


class RunState(BaseModel):
    """The whole table."""

    supervisor: ProcessId
    ports: int
    ready: bool = False
    """True once everything was started, and the demo neighbourhood loaded."""
    since: datetime
    parts: list[PartState] = []

    @classmethod
    def read(cls, path: Path) -> RunState | None:
        """None when nothing ever ran, or the file is of another release."""
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValidationError):
            return None

    def write(self, path: Path) -> None:
        fresh = path.with_suffix(".new")
        fresh.write_text(self.model_dump_json(indent=1), encoding="utf-8")
        fresh.replace(path)

    def left_behind(self) -> list[tuple[PartState, psutil.Process]]:
        """Parts that still run although their supervisor is gone."""
        found = ((part, part.process.find()) for part in self.parts if part.process)
        return [(part, process) for part, process in found if process is not None]


def stop_left_behind(state: RunState) -> list[str]:
    """Stop what a killed supervisor left, in the order in which it would have: services first. Returns their names."""
    left = state.left_behind()
    servers = ("nats", "postgres")
    waves = [[each for each in left if each[0].name not in servers]]
    waves += [[each for each in left if each[0].name == name] for name in servers]
    for wave in waves:
        for part, process in wave:
            with contextlib.suppress(psutil.NoSuchProcess):
                os.kill(process.pid, part.stop_signal)
        _, stubborn = psutil.wait_procs([process for _, process in wave], timeout=_PATIENCE)
        for process in stubborn:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(stubborn, timeout=_PATIENCE)
    return [part.name for part, _ in left]


def now() -> datetime:
    """Real time: the moved clock is for what the services do, not for when a process started."""
    return datetime.now(UTC)
