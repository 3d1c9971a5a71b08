"""Talking with a mail server: lines there, answers back; all lines of a mail at once, where it takes that."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import cast

import aiosmtplib

LONGEST = 65_536
"""Bytes of one answer: what says more is no mail server."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What it said: a code, and words that may hold an address."""

    code: int
    words: str


class Talk(asyncio.Protocol):
    """Goes on where `aiosmtplib` stopped: greeting, TLS and password are behind it.

    That waits for each answer before it says the next line. A mail server with PIPELINING (RFC 2920) takes them at
    once, which saves two of the four times that a mail goes back and forth. Raises OSError when the talk is over.
    """

    def __init__(self, begun: aiosmtplib.SMTP, patience: float) -> None:
        self.takes_utf8 = begun.supports_extension("smtputf8")
        self._at_once = begun.supports_extension("pipelining")
        self._patience = patience
        self._later: deque[bytes] = deque()
        """Lines that are said when those before them are answered."""
        self._owed = 0
        """Answers that are still to come."""
        self._answers: deque[Answer] = deque()
        self._words: list[bytes] = []
        self._rest = b""
        self._waiter: asyncio.Future[None] | None = None
        self._over: OSError | None = None
        self._transport = cast(asyncio.Transport, begun.transport)
        self._transport.set_protocol(self)

    @property
    def is_over(self) -> bool:
        return self._over is not None or self._transport.is_closing()

    def say(self, *lines: bytes) -> None:
        """Lines that each get an answer."""
        self._later.extend(lines)
        if self._at_once:
            self._owed += len(self._later)
            self.pass_on(b"".join(self._later))
            self._later.clear()

    def pass_on(self, content: bytes) -> None:
        """What gets no answer by itself."""
        if self.is_over:
            raise self._over or ConnectionError("the connection is being closed")
        self._transport.write(content)

    async def answer(self) -> Answer:
        """To the first line that has none yet."""
        if self._later and not self._owed:
            self._owed = 1
            self.pass_on(self._later.popleft())
        while not self._answers:
            await self._more()
        return self._answers.popleft()

    async def forget(self) -> None:
        """Nothing stays of a mail that was begun; the next one can come."""
        self._later.clear()
        while self._owed or self._answers:
            if (await self.answer()).code == aiosmtplib.SMTPStatus.start_input:
                raise ConnectionError("it waits for a mail that isn't sent")
        self.say(b"RSET\r\n")
        if (await self.answer()).code != aiosmtplib.SMTPStatus.completed:
            raise ConnectionError("it doesn't forget")

    async def goodbye(self) -> None:
        """As far as it listens."""
        if not self.is_over and not self._owed:
            self.say(b"QUIT\r\n")
            await self.answer()

    def close(self) -> None:
        self._end(ConnectionError("the connection was closed"))

    # --- what comes

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._heard(line)
        if len(self._rest) + sum(len(each) + 1 for each in self._words) > LONGEST:  # a line without a word is one, too
            self._end(ConnectionError("it says more than a mail server does"))
        if self._answers:
            self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._end(error if isinstance(error, OSError) else ConnectionError("the connection was lost"))

    def _heard(self, line: bytes) -> None:
        if not line[:3].isdigit():
            self._end(ConnectionError("what it says is no answer"))
            return
        self._words.append(line[4:].strip())
        if line[3:4] == b"-":
            return
        self._owed -= 1
        if self._owed < 0:  # such as a 421 to a connection that rested for too long
            self._end(ConnectionError("it spoke unasked"))
        self._answers.append(Answer(int(line[:3]), b" ".join(self._words).decode("utf-8", "replace")))
        self._words = []

    async def _more(self) -> None:
        if self._over is not None:
            raise self._over
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        late = loop.call_later(self._patience, self._end, TimeoutError("no answer in time"))
        try:
            await self._waiter
        finally:
            late.cancel()

    def _end(self, why: OSError) -> None:
        if self._over is None:
            self._over = why
            self._transport.abort()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
