"""A mail as it goes over the wire (RFC 5322): headers that nobody's name can break, two parts, a calendar file."""

from __future__ import annotations

import email.policy
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID

from services.notify.writing.data import Attachment, Composed
from shared.ids import id_from

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
    """Put together. Raises ValueError for what can be no header."""
    to, utf8 = ascii_domain(envelope.to)
    message = EmailMessage(policy=email.policy.SMTPUTF8 if utf8 else email.policy.SMTP)
    for name, value in _headers(envelope, composed, to).items():
        message[name] = value
    message.set_content(composed.text, cte="base64")
    message.add_alternative(composed.html, subtype="html", cte="base64")
    for each in composed.attachments:
        _attach(message, each)
    return Post(to, envelope.sender, message.as_bytes(), utf8)


def message_id(mail_id: UUID, sender: str) -> str:
    """The same for the same mail, however often it is sent: a mail program that gets two shows one."""
    return f"<{mail_id}@{sender.rpartition('@')[2]}>"


def ascii_domain(address: str) -> tuple[str, bool]:
    """The address with its domain as every server knows it; and whether what stands before it has other letters."""
    local, _, domain = address.rpartition("@")
    if not domain.isascii():
        domain = domain.encode("idna").decode()
    return f"{local}@{domain}", not local.isascii()


def one_line(text: str) -> str:
    """What can stand in a header: no line break, nothing that can't be seen, not without end."""
    plain = "".join(each if each.isprintable() else " " for each in text)
    plain = " ".join(plain.split())
    return plain if len(plain) <= LONGEST_NAME else plain[: LONGEST_NAME - 1] + "…"


def _headers(envelope: Envelope, composed: Composed, to: str) -> dict[str, object]:
    root = f"<{id_from('thread', str(envelope.thread), to)}@{envelope.sender.rpartition('@')[2]}>"
    headers: dict[str, object] = {
        "From": _address(envelope.sender_name, envelope.sender),
        "To": _address(envelope.to_name, to),
        "Subject": " ".join(composed.subject.split()),
        "Date": format_datetime(envelope.sent_at),
        "Message-ID": message_id(envelope.mail_id, envelope.sender),
        "In-Reply-To": root,
        "References": root,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Content-Language": composed.language,
    }
    if envelope.reply_to:
        headers["Reply-To"] = _address("", envelope.reply_to)
    if envelope.unsubscribe:
        headers["List-Unsubscribe"] = f"<{envelope.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _address(name: str, address: str) -> Address:
    local, _, domain = ascii_domain(address)[0].rpartition("@")
    return Address(one_line(name), local, domain)


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    main, _, sub = attachment.type.partition("/")
    message.add_attachment(
        attachment.content, maintype=main, subtype=sub, filename=attachment.name,
        params={"charset": "utf-8"} | ({"method": attachment.method} if attachment.method else {}),
    )  # fmt: skip
