"""Both sides of the catcher in one process: SMTP takes mails in, HTTP shows them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.embedded.mail.mailbox import Mailbox
from deploy.embedded.mail.pages import application
from shared.messaging.health import serving

LOOPBACK = "127.0.0.1"
LARGEST = 32 * 1024 * 1024
"""Bytes of a mail that is taken in; a larger one is refused, as real servers do."""

log = logging.getLogger(__name__)


class _Server(SMTP):
    line_length_limit = LARGEST
    """What other programs write is shown, not judged: also lines longer than the standard allows."""


class _Catcher:
    """What the SMTP server does with a mail."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        try:
            id_ = await asyncio.to_thread(self.mailbox.put, content, envelope.mail_from or "", envelope.rcpt_tos)
        except OSError as error:
            log.error("A mail could not be kept: %s", error.strerror)
            return "452 Requested action not taken: insufficient system storage"
        return f"250 OK, kept as {id_}"


@contextlib.asynccontextmanager
async def catching(mailbox: Mailbox, smtp_port: int) -> AsyncIterator[int]:
    """Take mails in; yields the port. Raises OSError when it is taken."""
    loop, catcher = asyncio.get_running_loop(), _Catcher(mailbox)

    def connection() -> SMTP:
        return _Server(
            catcher, data_size_limit=LARGEST, enable_SMTPUTF8=True, hostname="localhost", ident="Weefsel", loop=loop
        )

    server = await loop.create_server(connection, LOOPBACK, smtp_port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def serve(folder: Path, smtp_port: int, inbox_port: int) -> None:
    """Until SIGTERM or SIGINT. Raises OSError when a port is taken."""
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    mailbox = Mailbox(folder)
    async with catching(mailbox, smtp_port), serving(application(mailbox), LOOPBACK, inbox_port):
        await stopping.wait()
