"""Tokens: what makes a link, a session or a form ours, and nobody else's. Pure; randomness comes in."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from uuid import UUID

RANDOM_BYTES = 16
_MAC_BYTES = 16


def token(secret: bytes, purpose: str, random: bytes) -> str:
    """Random bytes and our signature on them: what we never gave out is refused before anything is looked up."""
    return made(secret, purpose, random)[0]


def made(secret: bytes, purpose: str, random: bytes) -> tuple[str, bytes]:
    """A new token, and under what it is kept."""
    raw = random + _sign(secret, f"token:{purpose}", random)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), _kept(secret, purpose, raw)


def digest(secret: bytes, purpose: str, text: str) -> bytes | None:
    """Under what a token is kept: a keyed hash. None for what is no token of ours. In the same time for any text."""
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != RANDOM_BYTES + _MAC_BYTES or len(text) != 43:
        return None
    random, mac = raw[:RANDOM_BYTES], raw[RANDOM_BYTES:]
    if not hmac.compare_digest(mac, _sign(secret, f"token:{purpose}", random)):
        return None
    return _kept(secret, purpose, raw)


def form(secret: bytes, scope: bytes, form_id: UUID) -> str:
    """What a form carries: its own id, signed for the link or session that it was shown to."""
    mac = _sign(secret, "form", form_id.bytes + scope)
    return base64.urlsafe_b64encode(form_id.bytes + mac).rstrip(b"=").decode()


def form_id(secret: bytes, scope: bytes, text: str) -> UUID | None:
    """The id of a form that was shown to this link or session; None for any other."""
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 16 + _MAC_BYTES or not hmac.compare_digest(raw[16:], _sign(secret, "form", raw[:16] + scope)):
        return None
    return UUID(bytes=raw[:16])


def hidden(secret: bytes, what: str, text: str) -> bytes:
    """Something that is compared and never read, such as an address."""
    return hmac.digest(secret, f"{what}:{text}".encode("utf-8", "surrogatepass"), hashlib.sha256)


def _kept(secret: bytes, purpose: str, raw: bytes) -> bytes:
    return hmac.digest(secret, f"kept:{purpose}:".encode() + raw, "sha256")


def _sign(secret: bytes, what: str, content: bytes) -> bytes:
    return hmac.digest(secret, what.encode() + b":" + content, "sha256")[:_MAC_BYTES]
