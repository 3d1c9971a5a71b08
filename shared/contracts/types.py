"""The words and ids that contracts are made of. Each refuses what no database, mail or page could carry."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

EVERYWHERE = "all"
"""The neighbourhood token of what belongs to no single neighbourhood."""


@dataclass(frozen=True)
class Person:
    """Marks a field that names a participant: what erasure looks for in outbox, timers and dead letters."""


def _clean(text: str) -> str:
    """NFC, trimmed, without control characters (NUL among them); right-to-left names and emoji stay."""
    text = unicodedata.normalize("NFC", text)
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t":
            raise ValueError(f"holds a control character (U+{ord(character):04X}): remove it")
    return text.strip()


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty: fill it in")
    return text


def _token(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9_-]{1,63}", text):
        raise ValueError("may hold only a-z, 0-9, - and _, at most 63 of them")
    return text


def _neighbourhood(text: str) -> str:
    if text == EVERYWHERE:
        raise ValueError(f"'{EVERYWHERE}' is reserved: choose another id")
    return text


Text = Annotated[str, AfterValidator(_clean)]
Name = Annotated[str, StringConstraints(max_length=200), AfterValidator(_clean), AfterValidator(_filled)]
Words = Annotated[str, StringConstraints(max_length=500), AfterValidator(_clean), AfterValidator(_filled)]
Note = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_clean), AfterValidator(_filled)]
Token = Annotated[str, AfterValidator(_token)]
NeighbourhoodId = Annotated[Token, AfterValidator(_neighbourhood)]
OrganisationId = Token
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
ParticipantId = Annotated[UUID, Person()]
WorkerId = UUID
Moment = AwareDatetime
Version = Annotated[int, Field(ge=1)]
