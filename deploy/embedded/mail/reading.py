"""A mail as people read it. Whatever is broken in it is read as well as can be: nothing here raises."""

from __future__ import annotations

import dataclasses
import html
import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

_TYPE = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")
_HIDDEN = re.compile(r"<(style|script|head|title)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Address:
    name: str
    address: str

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address

    @property
    def shown(self) -> str:
        return self.name or self.address


@dataclass(frozen=True)
class Part:
    """An attachment, or a picture that the HTML shows."""

    id: str
    name: str
    type: str
    content_id: str
    inline: bool
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Mail:
    subject: str = ""
    sender: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    """Addresses of the envelope that no header names."""
    reply_to: tuple[Address, ...] = ()
    return_path: str = ""
    message_id: str = ""
    date: datetime | None = None
    headers: tuple[tuple[str, str], ...] = ()
    text: str = ""
    html: str = ""
    parts: tuple[Part, ...] = ()
    size: int = 0
    attachments: int = 0

    @property
    def readable(self) -> str:
        """The text, else the words with which the HTML begins."""
        return self.text if self.text.strip() else words_of(self.html[:100_000])

    def without_parts(self) -> Mail:
        """For the list: all but what is large."""
        return dataclasses.replace(self, text="", html="", headers=(), parts=())


def read(content: bytes) -> Mail:
    """The mail in these bytes; one that can't be taken apart is shown as plain text."""
    try:
        return _read(content)
    except Exception:  # noqa: BLE001 - the parser of the standard library raises a dozen kinds on broken mails
        return Mail(text=decoded(content), size=len(content))


def words_of(markup: str) -> str:
    """What HTML says, without its tags."""
    return html.unescape(_TAG.sub(" ", _HIDDEN.sub(" ", markup)))


def decoded(content: bytes, charset: str = "") -> str:
    """Text, whatever the bytes are: in `charset` if that can be, else UTF-8, else Western European."""
    for name in (charset or "utf-8", "utf-8"):
        try:
            return _clean(content.decode(name))
        except (LookupError, ValueError):
            continue
    return _clean(content.decode("cp1252", "replace"))


def _read(content: bytes) -> Mail:
    message = message_from_bytes(content, policy=policy.compat32)
    headers = tuple((_clean(name), _header(value)) for name, value in message.raw_items())
    to, cc = _addresses(message, "To"), _addresses(message, "Cc")
    named = {each.address.casefold() for each in (*to, *cc)}
    hidden = (*_addresses(message, "Bcc"), *_addresses(message, "Delivered-To"))
    texts, parts = _bodies(message)
    return Mail(
        subject=_first(headers, "subject"),
        sender=_addresses(message, "From"),
        to=to,
        cc=cc,
        bcc=tuple(dict.fromkeys(each for each in hidden if each.address.casefold() not in named)),
        reply_to=_addresses(message, "Reply-To"),
        return_path=_first(headers, "return-path").strip("<>"),
        message_id=_first(headers, "message-id").strip("<> "),
        date=_date(_first(headers, "date")),
        headers=headers,
        text="\n".join(texts["text/plain"]),
        html="\n".join(texts["text/html"]),
        parts=tuple(parts),
        size=len(content),
        attachments=sum(not part.inline for part in parts),
    )


def _bodies(message: Message) -> tuple[dict[str, list[str]], list[Part]]:
    """What is read as text or HTML, and everything else as parts."""
    texts: dict[str, list[str]] = {"text/plain": [], "text/html": []}
    parts: list[Part] = []
    for number, part in enumerate(_leaves(message), 1):
        # A container without a single part holds only text.
        type_ = "text/plain" if part.get_content_maintype() == "multipart" else part.get_content_type()
        name = _header(part.get_filename() or "")
        attached = part.get_content_disposition() == "attachment"
        content = _content(part)
        if type_ in texts and not name and not attached:
            texts[type_].append(decoded(content, part.get_content_charset() or ""))
        elif content or name:
            parts.append(_part(part, str(number), name, content, attached=attached))
    return texts, parts


def _part(part: Message, id_: str, name: str, content: bytes, *, attached: bool) -> Part:
    type_ = part.get_content_type() if _TYPE.fullmatch(part.get_content_type()) else "application/octet-stream"
    content_id = _header(str(part.get("Content-ID", ""))).strip("<> ")
    plain = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', "_", name).strip(". ")
    extension = mimetypes.guess_extension(type_) or ".bin"
    inline = bool(content_id) and not attached and type_.startswith("image/")
    return Part(id_, plain[-150:] or f"part-{id_}{extension}", type_, content_id, inline, content)


def _leaves(message: Message) -> Iterator[Message]:
    """Every part that is no container; a mail within the mail is one part."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        children = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(children, list):
            waiting += reversed([child for child in children if isinstance(child, Message)])
        else:
            yield part


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    if isinstance(content, bytes):
        return content
    return b"".join(child.as_bytes() for child in part.get_payload() if isinstance(child, Message))


def _addresses(message: Message, name: str) -> tuple[Address, ...]:
    values = [value for key, value in message.raw_items() if key.lower() == name.lower()]
    pairs = getaddresses([_unfolded(value) for value in values])
    return tuple(Address(_words(shown), address) for shown, address in pairs if shown or address)


def _first(headers: tuple[tuple[str, str], ...], name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")


def _header(value: str) -> str:
    return _words(_unfolded(value))


def _unfolded(value: object) -> str:
    """On one line, and its bytes that aren't ASCII as letters."""
    content = str(value).encode("utf-8", "surrogateescape")
    return " ".join(decoded(content).split())


def _words(value: str) -> str:
    """With its encoded words (RFC 2047) decoded; as it stands when they are broken."""
    if "=?" not in value:
        return value
    try:
        chunks = decode_header(value)
    except (MessageError, ValueError):
        return value
    parts = [chunk if isinstance(chunk, str) else decoded(chunk, charset or "") for chunk, charset in chunks]
    return " ".join("".join(parts).split())


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def _clean(text: str) -> str:
    """Without halves of letters, which no page can carry."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")
