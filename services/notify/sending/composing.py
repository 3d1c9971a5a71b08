"""Words and headers, put together in a process of their own when there are many: this one goes on sending.

`python -m services.notify.sending.composing` is that process. It reads batches from its standard input, writes what it
made of them to its standard output, knows nothing else, and ends with whoever started it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import os
import pickle
import signal
import struct
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from services.notify.sending.message import Envelope, Post, post
from services.notify.writing.compose import compose
from services.notify.writing.data import Mail, Reader
from shared.policy import Policy
from shared.telemetry import logger

log = logger(__name__)
MANY = 8
"""Fewer letters than these are written here: one that nobody else waits for is there sooner."""
IDLE = 600.0
"""Seconds without a batch after which the process, and its memory, are given back."""
PATIENCE = 30.0
"""Seconds for a few letters, or to start: a process that takes longer hangs, or is stopped."""
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
    except MemoryError:  # no letter's fault
        raise
    except Exception as error:  # noqa: BLE001 - a template can fail on anything
        return type(error).__name__


class Composer:
    """Where letters are composed. Used by one task at a time."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._starting: asyncio.Task[None] | None = None
        self._used = 0.0
        self._owed = 0
        """Letters that it was asked for and that haven't come back."""
        self._passed_on: dict[int, Policy] = {}
        """Policies that it has."""

    async def composed(self, letters: Sequence[Letter]) -> AsyncIterator[Post | str]:
        """As `composed(letters)`, one after another. Where there is no process, or anything is wrong with it, as when
        it was killed, they are composed here."""
        done = 0
        if len(letters) >= MANY and self._is_there():
            try:
                async for post in self._asked(letters):
                    yield post
                    done += 1
            except Exception as error:  # noqa: BLE001 - whatever it was, it holds up no letter
                log.warning("the process that composes is not used again", error=type(error).__name__)
                self._end()
        for letter in letters[done:]:
            yield _composed(letter)
            await asyncio.sleep(0)  # others are sent meanwhile

    async def rest(self) -> None:
        """With little to do for a while there is no need of a process."""
        if self._process is not None and self._starting is None and time.monotonic() - self._used > IDLE:
            await self.close()

    async def close(self) -> None:
        starting, self._starting = self._starting, None
        if starting is not None:
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
        self._end()

    def _is_there(self) -> bool:
        """False while it starts, which takes a second. One that owes letters to who stopped waiting for them would give
        them to who asks next."""
        if self._owed:
            self._end()
        if self._process is None and self._starting is None:
            self._starting = asyncio.create_task(self._start())
        return self._process is not None and self._starting is None

    async def _start(self) -> None:
        self._passed_on = {}
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE, limit=2**24,
                start_new_session=True,  # what is typed in a terminal is for this one
            )  # fmt: skip
            await _read(self._process)  # once it says something, it is there
        except Exception as error:  # noqa: BLE001 - there is a way without
            log.warning("the process that composes can't be started", error=type(error).__name__)
            self._end()
        finally:
            self._starting, self._used = None, time.monotonic()

    async def _asked(self, letters: Sequence[Letter]) -> AsyncIterator[Post | str]:
        assert self._process is not None
        assert self._process.stdin is not None
        self._used, self._owed = time.monotonic(), len(letters)
        self._process.stdin.write(_framed(letters, self._passed_on))
        while self._owed and self._process is not None:  # it may be given back meanwhile
            some = await _read(self._process)
            self._owed -= len(some)
            for each in some:
                yield each

    def _end(self) -> None:
        process, self._process, self._owed = self._process, None, 0
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()


async def _read(process: asyncio.subprocess.Process) -> list[Post | str]:
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        (length,) = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))
        found: list[Post | str] = pickle.loads(await process.stdout.readexactly(length))  # noqa: S301 - ours
    return found


def _framed(content: Any, passed_on: dict[int, Policy]) -> bytes:
    """What is passed on. A policy, which is longer than a hundred letters, goes along once: with the first of them."""

    def once(policy: Policy) -> tuple[Any, ...]:
        key, known = id(policy), id(policy) in passed_on
        passed_on[key] = policy  # and kept, so that no other one gets its id
        return _policy, (key, None if known else pickle.dumps(policy))

    frame = io.BytesIO()
    pickler = pickle.Pickler(frame, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = {Policy: once}
    pickler.dump(content)
    return _LENGTH.pack(frame.tell()) + frame.getbuffer()


_POLICIES: dict[int, Policy] = {}
"""Those that came along, by what they are called from then on."""


def _policy(key: int, pickled: bytes | None) -> Policy:
    if pickled is not None:
        _POLICIES[key] = pickle.loads(pickled)  # noqa: S301 - of our own process
    return _POLICIES[key]


def main() -> None:
    """Until there is nothing left to read: whoever started it is gone then, or has no need of it."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # nobody hears the answer: it ends without a word
    read, write = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing else gets between the answers
    gc.freeze()  # what was imported stays: looking through it for what doesn't takes time
    _write(write, [])
    while head := read.read(_LENGTH.size):
        letters = pickle.loads(read.read(*_LENGTH.unpack(head)))  # noqa: S301 - of our own process
        for some in range(0, len(letters), MANY):
            _write(write, composed(letters[some : some + MANY]))


def _write(to: BinaryIO, content: Any) -> None:
    to.write(_framed(content, {}))
    to.flush()


if __name__ == "__main__":
    main()
