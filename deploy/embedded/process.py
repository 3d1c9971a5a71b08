"""A program of the stack: how it is started, where it writes, how it is asked to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.trouble import Trouble

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Program:
    name: str
    command: list[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    """What is set besides the environment that this process has."""
    stop_signal: signal.Signals = signal.SIGTERM

    def start(self) -> subprocess.Popen[bytes]:
        """Start it, and return at once."""
        with self._surroundings() as surroundings:
            return subprocess.Popen(self.command, **surroundings)

    async def spawn(self) -> asyncio.subprocess.Process:
        """The same, for whoever awaits its end."""
        with self._surroundings() as surroundings:
            return await asyncio.create_subprocess_exec(*self.command, **surroundings)

    def last_words(self) -> str:
        """The last line that it wrote: often the reason why it ended."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - 4000))
                lines = log.read().decode(errors="replace").strip().splitlines()
        except FileNotFoundError:
            return ""
        return lines[-1].strip() if lines else ""

    @contextmanager
    def _surroundings(self) -> Iterator[dict[str, Any]]:
        """It writes to its log, in a session of its own: Ctrl-C in the terminal reaches the supervisor alone."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            yield {
                "stdin": subprocess.DEVNULL,
                "stdout": log,
                "stderr": subprocess.STDOUT,
                "env": {**os.environ, **self.environment},
                "cwd": PROJECT,
                "start_new_session": True,
            }


def require_free(port: int, what: str) -> None:
    """Raises Trouble when something else listens on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Trouble(
                f"Port {port}, meant for {what}, is taken by another program: stop that one, or choose other ports "
                "with `weefsel up --ports 8400` (or WEEFSEL_PORTS=8400)."
            ) from error


def free_port() -> int:
    """A port that is free right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
