"""Ends a process that can't recover by itself, so that whatever started it starts it afresh.

A thread of its own: a client whose reconnecting died, or an event loop that stands still, can't report itself.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable

EXIT_CODE = 70


class Watchdog:
    """Watches the event loop and the connection to NATS."""

    def __init__(
        self, *, connected: Callable[[], bool], disconnected_limit: float, stuck_limit: float,
        end: Callable[[str], None] | None = None,
    ) -> None:  # fmt: skip
        self._connected = connected
        self._disconnected_limit = disconnected_limit
        self._stuck_limit = stuck_limit
        self._end = end or _end
        self._beat = self._seen_connected = time.monotonic()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    async def run(self) -> None:
        """Beat until cancelled."""
        self._beat = self._seen_connected = time.monotonic()
        self._thread.start()
        try:
            while True:
                self._beat = time.monotonic()
                if self._connected():
                    self._seen_connected = self._beat
                await asyncio.sleep(min(1.0, self._disconnected_limit / 4))
        finally:
            self._stopped.set()

    def fatal(self, reason: str) -> None:
        """End the process now, with a reason."""
        if not self._stopped.is_set():
            self._stopped.set()
            self._end(reason)

    def _watch(self) -> None:
        while not self._stopped.wait(min(1.0, self._disconnected_limit / 4)):
            now = time.monotonic()
            if now - self._beat > self._stuck_limit:
                self.fatal(f"the event loop has stood still for {self._stuck_limit:g} s")
            elif now - self._seen_connected > self._disconnected_limit:
                self.fatal(f"NATS has been out of reach for {self._disconnected_limit:g} s")


def _end(reason: str) -> None:
    sys.stderr.write(
        f'{{"event": "the service ends, to be started afresh", "level": "critical", "reason": "{reason}"}}\n'
    )
    sys.stderr.flush()
    os._exit(EXIT_CODE)
