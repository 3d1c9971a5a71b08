"""The mail server: connections that are kept, and what each of its answers means."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
import time
from collections.abc import Awaitable, Callable

import aiosmtplib
from aiosmtplib.email import quote_address

from services.notify.config import Settings
from services.notify.sending.message import Post

MOST_PER_CONNECTION = 100
"""Mails after which a connection is made anew: many servers end it there."""
IDLE = 20.0
"""Seconds after which a connection that rested isn't trusted any more."""
_OF_THE_ADDRESS = re.compile(r"\b5\.[12]\.\d{1,3}\b")
"""Enhanced codes (RFC 3463) that speak of an address or a mailbox."""
_OF_A_RULE = re.compile(r"\b5\.[3-7]\.\d{1,3}\b")
"""And those that speak of anything else: a rule, the network, the message. 5.7.1 is `relaying denied`."""
_ADDRESS_CODES = frozenset({550, 551, 553})


class Away(Exception):
    """The mail server can't be reached, or doesn't take anything now: no mail's fault."""


class NotNow(Exception):
    """It doesn't take this mail at this moment: try it later."""


class NoSuchAddress(Exception):
    """It will never take mail for this address."""


class NeverLikeThis(Exception):
    """It will never take this mail, and not for its address: an operator has to look."""


class Host:
    """One of the connections to the mail server. Used by one task at a time."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._smtp: aiosmtplib.SMTP | None = None
        self._sent = 0
        self._rested_since = 0.0

    async def deliver(self, post: Post, window: Callable[[Callable[[], Awaitable[None]]], Awaitable[None]]) -> None:
        """Hand a mail over. Raises Away, NotNow, NoSuchAddress or NeverLikeThis.

        `window(hand_over)` is called when all is said but the mail itself: it awaits `hand_over()`, which says it, and
        then records that it is sent. A crash between the two doubles it.
        """
        smtp = await self._begun(post)
        try:
            await self._address(smtp, post)
            await _begin_content(smtp)
            await window(lambda: _hand_over(smtp, post, self.settings.smtp_timeout))
            self._sent += 1
            self._rested_since = time.monotonic()
        except (NotNow, NoSuchAddress, NeverLikeThis):
            await self._reset(smtp)
            raise
        except (OSError, aiosmtplib.SMTPException) as error:
            await self.close()
            raise NotNow(_words(error)) from None
        except BaseException:  # it stands in the middle of something
            self._drop()
            raise

    async def close(self) -> None:
        """Say goodbye, as far as there is anyone to say it to."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(OSError, aiosmtplib.SMTPException):
                async with asyncio.timeout(1):
                    await smtp.quit()
            smtp.close()

    async def _begun(self, post: Post) -> aiosmtplib.SMTP:
        """A connection on which a mail has begun. One that was lost while it rested is made anew, and counts for
        nothing; a server that takes none is away."""
        for again in (False, True):
            try:
                smtp = await self._ready()
                await smtp.mail(post.sender, options=_options(smtp, post), encoding=_encoding(post))
                return smtp
            except aiosmtplib.SMTPSenderRefused as error:
                if error.code != 421:
                    await self._reset(self._smtp)
                    _raise(error, of_address=False)
                reason = _words(error)
            except (OSError, aiosmtplib.SMTPException) as error:
                reason = _words(error)
            except BaseException:
                self._drop()
                raise
            fresh = self._sent == 0
            await self.close()
            if again or fresh:
                break
        raise Away(reason)

    async def _ready(self) -> aiosmtplib.SMTP:
        """The connection; made anew when it has served, or rested, for long."""
        smtp = self._smtp
        worn = self._sent >= MOST_PER_CONNECTION or time.monotonic() - self._rested_since > IDLE
        if smtp is None or worn or not smtp.is_connected:
            await self.close()
            self._smtp = smtp = await self._connect()
            self._sent, self._rested_since = 0, time.monotonic()
        return smtp

    async def _connect(self) -> aiosmtplib.SMTP:
        settings = self.settings
        tls = settings.smtp_tls != "none"
        smtp = aiosmtplib.SMTP(
            hostname=settings.smtp_host, port=settings.smtp_port, timeout=settings.smtp_timeout,
            use_tls=settings.smtp_tls == "tls", start_tls=settings.smtp_tls == "starttls",
            tls_context=_trust(settings) if tls else None,
        )  # fmt: skip
        try:
            await smtp.connect()
            if settings.smtp_user:
                await smtp.login(settings.smtp_user, settings.smtp_password())
        except BaseException:
            smtp.close()
            raise
        return smtp

    async def _address(self, smtp: aiosmtplib.SMTP, post: Post) -> None:
        if post.needs_utf8 and not smtp.supports_extension("smtputf8"):
            raise NoSuchAddress("the mail server doesn't take letters like these in an address")
        if quote_address(post.to) != f"<{post.to}>":
            raise NoSuchAddress("what stands between brackets in an address is left out of it: it would be another's")
        try:
            await smtp.rcpt(post.to, encoding=_encoding(post))
        except aiosmtplib.SMTPResponseException as error:
            _raise(error, of_address=True)

    async def _reset(self, smtp: aiosmtplib.SMTP | None) -> None:
        try:
            if smtp is not None:
                await smtp.rset()
        except (OSError, aiosmtplib.SMTPException):
            self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _options(smtp: aiosmtplib.SMTP, post: Post) -> list[str]:
    return ["SMTPUTF8"] if post.needs_utf8 and smtp.supports_extension("smtputf8") else []


def _encoding(post: Post) -> str:
    return "utf-8" if post.needs_utf8 else "ascii"


async def _begin_content(smtp: aiosmtplib.SMTP) -> None:
    answer = await smtp.execute_command(b"DATA")
    if answer.code != aiosmtplib.SMTPStatus.start_input:
        _raise(aiosmtplib.SMTPDataError(answer.code, answer.message), of_address=False)


async def _hand_over(smtp: aiosmtplib.SMTP, post: Post, patience: float) -> None:
    """The mail, with the dot that ends it: until then a mail server has nothing."""
    if smtp.protocol is None:
        raise aiosmtplib.SMTPServerDisconnected("the connection was lost")
    smtp.protocol.write(post.content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
    answer = await smtp.protocol.read_response(timeout=patience)
    if answer.code != aiosmtplib.SMTPStatus.completed:
        _raise(aiosmtplib.SMTPDataError(answer.code, answer.message), of_address=False)


def _raise(error: aiosmtplib.SMTPResponseException, *, of_address: bool) -> None:
    """What an answer means. 421 ends the connection: the mail is tried again on another."""
    words = f"{error.code} {' '.join(re.findall(r'[245][.][0-9]{1,3}[.][0-9]{1,3}', error.message)[:1])}".strip()
    if error.code < 500 or error.code == 421:
        if error.code == 421:
            raise aiosmtplib.SMTPServerDisconnected(words) from None
        raise NotNow(f"the mail server said {words}") from None
    speaks_of_address = bool(_OF_THE_ADDRESS.search(error.message)) or (
        of_address and error.code in _ADDRESS_CODES and not _OF_A_RULE.search(error.message)
    )
    if speaks_of_address:
        raise NoSuchAddress(f"the mail server said {words}") from None
    raise NeverLikeThis(f"the mail server said {words}") from None


def _trust(settings: Settings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(settings.smtp_ca) if settings.smtp_ca else None)


def _words(error: BaseException) -> str:
    """What went wrong, without the server's own words: an address may stand in them."""
    code = getattr(error, "code", None)
    return f"{type(error).__name__}{f' {code}' if code else ''}"
