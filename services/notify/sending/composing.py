"""Words and headers, put together in a process of their own when there are many: this one goes on sending.

`python -m services.notify.sending.composing` is that process. It reads batches from its standard input, writes what it
made of them to its standard output, knows nothing else, and ends with whoever started it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import pickle
import signal
import struct
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.notify.sending.message import Envelope, Post, post
from services.notify.writing.compose import compose
from services.notify.writing.data import Mail, Reader
from shared.telemetry import logger

log = logger(__name__)
MANY = 8
"""Fewer letters than these are written here: one that nobody else waits for is there sooner."""
IDLE = 600.0
"""Seconds without a batch after which the process, and its memory, are given back."""
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True)
class Letter:
    """All that a mail is made of."""

    mail: Mail
    reader: Reader
    envelope: Envelope


def composed(letters: Sequence[Letter]) -> list[Post | str]:
    """Each as it goes out, or why it can't: what its template, or a header, fails on holds up no other."""
    return [_composed(letter) for letter in letters]


def _composed(letter: Letter) -> Post | str:
    try:
        return post(letter.envelope, compose(letter.mail, letter.reader))
    except Exception as error:  # noqa: BLE001 - a template can fail on anything
        return type(error).__name__


class Composer:
    """Where letters are composed. Used by one task at a time."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._starting: asyncio.Task[None] | None = None
        self._used = 0.0

    async def composed(self, letters: Sequence[Letter]) -> list[Post | str]:
        """The same as `composed(letters)`. Where there is no process, as when it was killed, they are composed here."""
        if len(letters) >= MANY and self._is_there():
            try:
                return await self._asked(letters)
            except (OSError, EOFError) as error:
                log.warning("the process that composes is gone: another is started", error=type(error).__name__)
        found = []
        for letter in letters:
            found.append(_composed(letter))
            await asyncio.sleep(0)  # others are sent meanwhile
        return found

    async def rest(self) -> None:
        """With little to do for a while there is no need of a process."""
        if self._process is not None and time.monotonic() - self._used > IDLE:
            await self.close()

    async def close(self) -> None:
        starting, self._starting = self._starting, None
        if starting is not None:
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
        self._end()

    def _is_there(self) -> bool:
        """False while it starts, which takes a second."""
        if self._process is None and self._starting is None:
            self._starting = asyncio.create_task(self._start())
        return self._process is not None and self._starting is None

    async def _start(self) -> None:
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE, limit=2**24
            )
            await self._asked([])  # once it answers, it is there
        except (OSError, EOFError) as error:
            log.warning("the process that composes can't be started", error=type(error).__name__)
        finally:
            self._starting = None

    async def _asked(self, letters: Sequence[Letter]) -> list[Post | str]:
        """Whatever goes wrong in between, the process is not used again."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._used = time.monotonic()
        try:
            self._process.stdin.write(_framed(letters))
            (length,) = _LENGTH.unpack(await self._process.stdout.readexactly(_LENGTH.size))
            found: list[Post | str] = pickle.loads(await self._process.stdout.readexactly(length))  # noqa: S301 - ours
            return found
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()


def _framed(content: Any) -> bytes:
    pickled = pickle.dumps(content, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(pickled)) + pickled


def main() -> None:
    """Until there is nothing left to read: whoever started it is gone then, or has no need of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: whoever started it decides
    read, write = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing else gets between the answers
    gc.freeze()  # what was imported stays: looking through it for what doesn't takes time
    while head := read.read(_LENGTH.size):
        letters = pickle.loads(read.read(*_LENGTH.unpack(head)))  # noqa: S301 - of our own process
        write.write(_framed(composed(letters)))
        write.flush()


if __name__ == "__main__":
    main()
