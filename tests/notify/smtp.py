"""A mail server that does as it is told: 421, 450, 550, greylisting, slow, gone in the middle, no TLS."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal

Act = Literal[
    "take", "450", "421", "550", "550-5.1.1", "550-5.7.1", "552", "554", "greylist", "slow", "drop-at-rcpt",
    "drop-mid-data", "drop-after-data", "451-after-data", "550-5.1.1-after-data", "552-after-data",
]  # fmt: skip
_AT_RCPT = {
    "450": "450 4.2.0 mailbox busy", "550": "550 no such user here", "550-5.1.1": "550 5.1.1 unknown user",
    "550-5.7.1": "550 5.7.1 relaying denied", "552": "552 5.2.2 mailbox full for jos@example.org",
    "554": "554 5.7.1 rejected by policy", "greylist": "450 4.7.1 greylisted, come back later",
}  # fmt: skip
_AFTER_DATA = {
    "451-after-data": "451 4.3.0 try again", "550-5.1.1-after-data": "550 5.1.1 unknown user",
    "552-after-data": "552 5.3.4 message too big",
}  # fmt: skip


@dataclass
class ScriptedSmtp:
    """What it does for an address is a list, one for each time that a mail comes; after that it takes all."""

    script: dict[str, list[Act]] = field(default_factory=dict)
    greeting: str = "220 scripted ESMTP"
    starttls: ssl.SSLContext | None = None
    """With one, STARTTLS is offered."""
    refuses_starttls: bool = False
    slow: float = 0.0
    """Seconds that `slow` waits before it answers to a mail."""
    extensions: tuple[str, ...] = ("8BITMIME",)
    headers_alone: bool = False
    """What is accepted is kept without what it says: for very many."""
    accepted: list[tuple[str, EmailMessage]] = field(default_factory=list)
    tried: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    at_once: int = 0
    most_at_once: int = 0
    """Between the end of a mail and the next word, over all connections."""
    waits: bool = False
    """Whether one of `slow` does at this moment."""
    said: list[str] = field(default_factory=list)
    port: int = 0

    @contextlib.asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[ScriptedSmtp]:
        """Serve, on this port or a free one, until it is left."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=2**22)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for each in list(self._open):
                each.close()

    def ids(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        return Counter(str(message["Message-ID"]) for _, message in self.accepted)

    def to(self, address: str) -> list[EmailMessage]:
        return [message for to, message in self.accepted if to == address]

    def __post_init__(self) -> None:
        self._open: set[asyncio.StreamWriter] = set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            await self._say(writer, self.greeting)
            if self.greeting.startswith("220"):
                await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to, act = "", "take"
        while line := await reader.readline():
            word = line.decode("utf-8", "replace").strip()
            verb = word[:4].upper()
            self.said.append(word)
            if verb in ("EHLO", "HELO"):
                more = [*self.extensions, *(["STARTTLS"] if self.starttls or self.refuses_starttls else [])]
                await self._say(writer, *(f"250-{each}" for each in more), "250 scripted")
            elif verb == "STAR":
                if self.refuses_starttls or self.starttls is None:
                    await self._say(writer, "454 4.7.0 TLS not available")
                else:
                    await self._say(writer, "220 go ahead")
                    await writer.start_tls(self.starttls)
            elif verb == "RCPT":
                to = word.partition("<")[2].partition(">")[0]
                self.tried[to] += 1
                acts = self.script.get(to, [])
                act = acts.pop(0) if acts else "take"
                if act == "drop-at-rcpt":
                    return
                if act == "421":
                    await self._say(writer, "421 4.3.2 shutting down")
                    return
                await self._say(writer, _AT_RCPT.get(act, "250 fine"))
            elif verb == "DATA":
                await self._say(writer, "354 go on")
                if act == "drop-mid-data":
                    await reader.readline()
                    return
                content = await reader.readuntil(b"\r\n.\r\n")
                await self._after(writer, act, to, content)
                if act == "drop-after-data":
                    return
            elif verb == "QUIT":
                await self._say(writer, "221 goodbye")
                return
            else:
                await self._say(writer, "250 fine")

    async def _after(self, writer: asyncio.StreamWriter, act: str, to: str, content: bytes) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if act == "slow":
                self.waits = True
                await asyncio.sleep(self.slow)
                self.waits = False
            else:
                await asyncio.sleep(0)
            if act in _AFTER_DATA:
                await self._say(writer, _AFTER_DATA[act])
                return
            if self.headers_alone:
                content = content.partition(b"\r\n\r\n")[0].partition(b"Content-Type:")[0] + b"\r\n.\r\n"
            message = email.message_from_bytes(content[:-5].replace(b"\r\n..", b"\r\n."), policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            self.accepted.append((to, message))
            if act != "drop-after-data":
                await self._say(writer, "250 kept")
        finally:
            self.at_once -= 1

    async def _say(self, writer: asyncio.StreamWriter, *lines: str) -> None:
        writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await writer.drain()
