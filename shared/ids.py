"""Ids: UUIDv7 for what we make, name-based (UUIDv5) where the same thing must always get the same id."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid5, uuid7

_NAMESPACE = UUID("6f1a2f3e-6d0b-5c55-9b0a-0c6f6f2d7a11")


def new_id() -> UUID:
    """A new UUIDv7: unique, and in order of creation."""
    return uuid7()


def id_from(*parts: str) -> UUID:
    """The one id that belongs to these parts: a row of an import, sent twice, is the same command."""
    return uuid5(_NAMESPACE, "\x1f".join(parts))
