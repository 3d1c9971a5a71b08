"""A mail as it goes over the wire (RFC 5322): headers that nobody's name can break, two parts, a calendar file."""

from __future__ import annotations

import binascii
import contextlib
import email.policy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.utils import format_datetime
from functools import lru_cache
from uuid import UUID

from services.notify.writing.data import Attachment, Composed
from shared.ids import id_from

_PLAIN = re.compile(r"[A-Za-z]+(?:[ '-][A-Za-z]+){0,5}")
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9]+(?:[.+_-][A-Za-z0-9]+)*@[A-Za-z0-9.-]{1,100}")
_BREAK = re.compile(r"\r\n(?![ \t]+\S)|(?<!\r)\n|\r(?!\n)")
"""What ends a header, or would to a mail server that is lenient. A fold does not."""
LONGEST_NAME = 60
"""Characters of a name in a header: enough to know who it is."""


@dataclass(frozen=True)
class Post:
    """What the mail server gets."""

    to: str
    sender: str
    content: bytes
    needs_utf8: bool
    """Whether an address holds letters that only newer servers take (RFC 6531)."""


@dataclass(frozen=True)
class Envelope:
    """All of a mail but what it says."""

    mail_id: UUID
    thread: UUID
    to: str
    to_name: str
    sender: str
    sender_name: str
    reply_to: str | None
    sent_at: datetime
    unsubscribe: str | None = None
    """Where a mail program posts to for no more of these (RFC 8058)."""


def post(envelope: Envelope, composed: Composed) -> Post:
    """Put together. Raises ValueError for what can be no header.

    What people wrote becomes a header by `email.policy`, which lets no line break through; the rest is of our own
    making, and put together by hand: `EmailMessage` takes four times as long, which was most of a mail's time.
    """
    to, utf8 = ascii_domain(envelope.to)
    head = (
        f"{_from(envelope.sender_name, envelope.sender, envelope.reply_to, utf8)}"
        f"{_subject(composed.subject, utf8)}{_to(envelope.to_name, to, utf8)}{_ours(envelope, composed, to)}"
    )
    boundary = f"=_{envelope.mail_id.hex}"
    body = _several("alternative", f"{boundary}_a", [
        _part("text/plain; charset=utf-8", composed.text.encode()),
        _part("text/html; charset=utf-8", composed.html.encode()),
    ])  # fmt: skip
    if composed.attachments:
        body = _several("mixed", boundary, [body, *map(_attached, composed.attachments)])
    return Post(to, envelope.sender, f"{head}MIME-Version: 1.0\r\n".encode() + body, utf8)


def message_id(mail_id: UUID, sender: str) -> str:
    """The same for the same mail, however often it is sent: a mail program that gets two shows one."""
    return f"<{mail_id}@{sender.rpartition('@')[2]}>"


def ascii_domain(address: str) -> tuple[str, bool]:
    """The address with its domain as every server knows it; and whether what stands before it has other letters.

    A domain that can't be written so is nobody's. It stays as it is: what goes there is refused when it is handed over.
    """
    local, _, domain = address.rpartition("@")
    if not domain.isascii():
        with contextlib.suppress(UnicodeError):
            domain = domain.encode("idna").decode()
    return f"{local}@{domain}", not local.isascii()


def one_line(text: str) -> str:
    """What can stand in a header: no line break, nothing that can't be seen, not without end."""
    plain = "".join(each if each.isprintable() else " " for each in text)
    plain = _uncoded(" ".join(plain.split()))
    return plain if len(plain) <= LONGEST_NAME else plain[: LONGEST_NAME - 1] + "…"


def _uncoded(text: str) -> str:
    """What looks like a coded word (RFC 2047) is none: `email.policy` would decode it, line breaks and all."""
    return text.replace("=?", "= ?")


def _header(name: str, value: str, utf8: bool) -> str:
    """Raises ValueError rather than to give more than one header."""
    policy = email.policy.SMTPUTF8 if utf8 else email.policy.SMTP
    folded: str = policy.fold(*policy.header_store_parse(name, value))
    if _BREAK.search(folded.removesuffix("\r\n")):
        raise ValueError("a line break in a header")
    return folded


@lru_cache(maxsize=500)
def _from(name: str, address: str, reply_to: str | None, utf8: bool) -> str:
    """The same in all mails of a worker."""
    written = _header("From", _address(name, address), utf8)
    return written + (_header("Reply-To", _address("", reply_to), utf8) if reply_to else "")


@lru_cache(maxsize=500)
def _subject(subject: str, utf8: bool) -> str:
    """The same in many mails of a kind."""
    return _header("Subject", _uncoded(" ".join(subject.split())), utf8)


def _to(name: str, to: str, utf8: bool) -> str:
    """Where nothing has to be quoted or encoded it is written as it is, which takes a tenth of the time."""
    if len(name) <= LONGEST_NAME and _PLAIN.fullmatch(name) and _PLAIN_ADDRESS.fullmatch(to):
        return f"To: {name} <{to}>\r\n"
    return _header("To", _address(name, to), utf8)


def _ours(envelope: Envelope, composed: Composed, to: str) -> str:
    """Headers of ids, times and links alone."""
    root = f"<{id_from('thread', str(envelope.thread), to)}@{envelope.sender.rpartition('@')[2]}>"
    unsubscribe = (
        f"List-Unsubscribe: <{envelope.unsubscribe}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        if envelope.unsubscribe
        else ""
    )
    return (
        f"Date: {_date(envelope.sent_at.replace(microsecond=0))}\r\n"
        f"Message-ID: {message_id(envelope.mail_id, envelope.sender)}\r\n"
        f"In-Reply-To: {root}\r\n"
        f"References: {root}\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "X-Auto-Response-Suppress: All\r\n"
        f"Content-Language: {composed.language}\r\n"
        f"{unsubscribe}"
    )


_date = lru_cache(maxsize=10)(format_datetime)
"""Of mails that go out in the same second."""


def _part(kind: str, content: bytes, more: str = "") -> bytes:
    """A part of a mail, in base64: no line is too long for a mail server, and none looks like a boundary."""
    coded = binascii.b2a_base64(content, newline=False)
    lines = b"\r\n".join([coded[at : at + 76] for at in range(0, len(coded), 76)])
    head = f"Content-Type: {kind}\r\n{more}Content-Transfer-Encoding: base64\r\n\r\n".encode()
    return b"".join((head, lines, b"\r\n"))


def _several(how: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    head = f'Content-Type: multipart/{how}; boundary="{boundary}"\r\n\r\n'.encode()
    between = f"--{boundary}\r\n".encode()
    return head + b"".join(between + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()


def _attached(attachment: Attachment) -> bytes:
    """A file; its name and kind are of our own making."""
    method = f"; method={attachment.method}" if attachment.method else ""
    return _part(
        f"{attachment.type}; charset=utf-8{method}", attachment.content,
        f'Content-Disposition: attachment; filename="{attachment.name}"\r\n',
    )  # fmt: skip


def _address(name: str, address: str) -> str:
    """Quoted as a header wants it."""
    local, _, domain = ascii_domain(address)[0].rpartition("@")
    return str(Address(one_line(name), local, domain))
