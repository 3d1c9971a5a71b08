"""The mail server: connections that are kept, and what each of its answers means."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
import time
from collections.abc import Awaitable, Callable, Collection
from functools import lru_cache

import aiosmtplib
from aiosmtplib.email import quote_address

from services.notify.config import Settings
from services.notify.sending.message import Post
from services.notify.sending.talk import Answer, Talk

MOST_PER_CONNECTION = 100
"""Mails after which a connection is made anew: many servers end it there."""
IDLE = 20.0
"""Seconds after which a connection that rested isn't trusted any more."""
_OF_THE_ADDRESS = re.compile(r"\b5\.[12]\.\d{1,3}\b")
"""Enhanced codes (RFC 3463) that speak of an address or a mailbox."""
_OF_A_RULE = re.compile(r"\b5\.[3-7]\.\d{1,3}\b")
"""And those that speak of anything else: a rule, the network, the message. 5.7.1 is `relaying denied`."""
_ADDRESS_CODES = frozenset({550, 551, 553})
_ENHANCED = re.compile(r"[245][.][0-9]{1,3}[.][0-9]{1,3}")
_TAKEN = (aiosmtplib.SMTPStatus.completed, aiosmtplib.SMTPStatus.will_forward)
_PLAIN = re.compile(r"[A-Za-z0-9]+(?:[.+_-][A-Za-z0-9]+)*@[A-Za-z0-9.-]{1,253}")


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
        self._talk: Talk | None = None
        self._begun: Post | None = None
        """What the lines before it are said of already."""
        self._sent = 0
        self._rested_since = 0.0

    async def deliver(
        self, post: Post, window: Callable[[Callable[[], Awaitable[None]]], Awaitable[None]],
        following: Callable[[], Post | None] = lambda: None,
    ) -> None:  # fmt: skip
        """Hand a mail over. Raises Away, NotNow, NoSuchAddress or NeverLikeThis.

        `window(hand_over)` is called when the mail server waits for the mail. It awaits `hand_over()`, which gives it,
        and then records that it is sent. A crash between the two doubles it. `following()` is what this connection
        delivers next, where that is known: the lines before it go along with this one.
        """
        talk = await self._begin(post)
        try:
            _check(await talk.answer(), _TAKEN, of_address=True)
            _check(await talk.answer(), (aiosmtplib.SMTPStatus.start_input,))
            await window(lambda: self._give(talk, post, following))
            self._sent += 1
            self._rested_since = time.monotonic()
        except (NotNow, NoSuchAddress, NeverLikeThis):
            await self._forget(talk)
            raise
        except OSError as error:
            self._drop()
            raise NotNow(_words(error)) from None
        except BaseException:  # it stands in the middle of something
            self._drop()
            raise

    async def close(self) -> None:
        """Say goodbye, as far as there is anyone to say it to."""
        if self._talk is not None and self._begun is None:
            with contextlib.suppress(OSError):
                async with asyncio.timeout(1):
                    await self._talk.goodbye()
        self._drop()

    async def _give(self, talk: Talk, post: Post, following: Callable[[], Post | None]) -> None:
        """The mail, with the dot that ends it: until that a mail server has nothing."""
        lines = [post.content.replace(b"\r\n.", b"\r\n..") + b".\r\n"]
        self._begun = following() if self._sent + 1 < MOST_PER_CONNECTION else None
        if self._begun is not None:
            try:
                lines += _beginning(talk, self._begun)
            except NoSuchAddress:  # which is told when its turn has come
                self._begun = None
        talk.say(*lines)
        _check(await talk.answer(), _TAKEN)

    async def _begin(self, post: Post) -> Talk:
        """A connection on which a mail has begun. One that was lost while it rested is made anew, and counts for
        nothing; a server that takes none is away."""
        while True:
            try:
                talk = await self._ready(post)
                if self._begun is None:
                    talk.say(*_beginning(talk, post))
                self._begun = None
                _check(await talk.answer(), _TAKEN)
                return talk
            except (NotNow, NoSuchAddress, NeverLikeThis):
                await self._forget(talk)
                raise
            except (OSError, aiosmtplib.SMTPException) as error:
                fresh = self._talk is None or self._sent == 0
                self._drop()
                if fresh:
                    raise Away(_words(error)) from None
            except BaseException:
                self._drop()
                raise

    async def _ready(self, post: Post) -> Talk:
        """The connection; made anew when it has served, or rested, for long, or waits for another mail than this."""
        talk = self._talk
        worn = self._sent >= MOST_PER_CONNECTION or time.monotonic() - self._rested_since > IDLE
        stray = self._begun is not None and self._begun is not post
        if talk is None or worn or stray or talk.is_over:
            await self.close()
            self._talk = talk = await self._connect()
            self._sent, self._rested_since = 0, time.monotonic()
        return talk

    async def _connect(self) -> Talk:
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
            try:
                await smtp.ehlo()
            except aiosmtplib.SMTPHeloError:
                await smtp.helo()
            return Talk(smtp, settings.smtp_timeout)
        except BaseException:
            smtp.close()
            raise

    async def _forget(self, talk: Talk) -> None:
        self._begun = None
        try:
            await talk.forget()
        except OSError:
            self._drop()

    def _drop(self) -> None:
        self._begun = None
        if self._talk is not None:
            self._talk.close()
            self._talk = None


def _beginning(talk: Talk, post: Post) -> tuple[bytes, bytes, bytes]:
    """The lines before a mail."""
    if post.needs_utf8 and not talk.takes_utf8:
        raise NoSuchAddress("the mail server doesn't take letters like these in an address")
    if not post.to.rpartition("@")[2].isascii():
        raise NoSuchAddress("its domain can't be written as domains are")
    if not _is_plain(post.to):
        raise NoSuchAddress("what stands between brackets in an address is left out of it: it would be another's")
    options = " SMTPUTF8" if post.needs_utf8 else ""
    return f"MAIL FROM:<{post.sender}>{options}\r\n".encode(), f"RCPT TO:<{post.to}>\r\n".encode(), b"DATA\r\n"


@lru_cache(maxsize=1000)
def _is_plain(address: str) -> bool:
    """Whether it can stand between `<` and `>` as it is."""
    try:
        return bool(_PLAIN.fullmatch(address)) or quote_address(address) == f"<{address}>"
    except ValueError:
        return False


def _check(answer: Answer, right: Collection[int], *, of_address: bool = False) -> None:
    """What an answer means. 421 ends the connection: the mail is tried again on another."""
    code, said = answer.code, answer.words
    if code in right:
        return
    words = f"{code} {' '.join(_ENHANCED.findall(said)[:1])}".strip()
    if code == 421:
        raise ConnectionError(words)
    if code < 500:
        raise NotNow(f"the mail server said {words}")
    if _OF_THE_ADDRESS.search(said) or (of_address and code in _ADDRESS_CODES and not _OF_A_RULE.search(said)):
        raise NoSuchAddress(f"the mail server said {words}")
    raise NeverLikeThis(f"the mail server said {words}")


def _trust(settings: Settings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(settings.smtp_ca) if settings.smtp_ca else None)


def _words(error: BaseException) -> str:
    """What went wrong, without the server's own words: an address may stand in them."""
    code = getattr(error, "code", None)
    return f"{type(error).__name__}{f' {code}' if code else ''}"
