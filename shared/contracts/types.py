"""The words and ids that contracts are made of. Each refuses what no database, mail or page could carry."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import h3
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints, WithJsonSchema

EVERYWHERE = "all"
"""The neighbourhood token of what belongs to no single neighbourhood."""


@dataclass(frozen=True)
class Person:
    """Marks a field that names a participant: what erasure looks for in outbox, timers and dead letters."""


def _clean(text: str) -> str:
    """NFC, trimmed, without control characters (NUL among them); right-to-left names and emoji stay.

    What turns the direction of the text around it is refused too: it makes one name look like another.
    """
    text = unicodedata.normalize("NFC", text)
    for character in "" if text.isprintable() else text:
        if (unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t") or character in _TURNING:
            raise ValueError(f"holds a control character (U+{ord(character):04X}): remove it")
    return text.strip()


_TURNING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))


def _filled(text: str) -> str:
    if text.isprintable() and text.strip():
        return text
    if all(unicodedata.category(character)[0] in "ZC" for character in text):
        raise ValueError("is empty: fill it in")
    return text


def _one_line(text: str) -> str:
    if len(text.splitlines()) > 1 or "\t" in text:
        raise ValueError("runs over more than one line: write it on one")
    return text


def _token(text: str) -> str:
    if not re.fullmatch("[a-z0-9_-]{1,63}", text):
        raise ValueError("may hold only a-z, 0-9, - and _, at most 63 of them")
    return text


def _neighbourhood(text: str) -> str:
    if text == EVERYWHERE:
        raise ValueError(f"'{EVERYWHERE}' is reserved: choose another id")
    return text


def _seen(text: str) -> str:
    """Of what a mail's header is made, every character is seen: no line break, also not at its end, nothing without
    width. Spaces around it are left out."""
    for character in "" if text.isascii() and text.isprintable() else text:
        if unicodedata.category(character) in _UNSEEN and character != " ":
            raise ValueError(f"holds a character that can't be seen (U+{ord(character):04X}): remove it")
    return text


_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp", "Zs"})


def _email(text: str) -> str:
    """An address as people have them; whether it exists, only a mail tells."""
    if not re.fullmatch(r"[^\s@<>,;:\"]{1,64}@[^\s@<>,;:\"]+\.[^\s@<>,;:\".]{2,63}", text) or ".." in text:
        raise ValueError("is no e-mail address: write it like marie@example.org")
    return text


def _phone(text: str) -> str:
    if not re.fullmatch(r"\+?[0-9][0-9 ()./-]{3,38}", text):
        raise ValueError("is no phone number: write it like 09 123 45 67 or +32 470 12 34 56")
    return text


def _timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no timezone: write it like Europe/Brussels") from None
    return text


def _cell(text: str) -> str:
    if not re.fullmatch(_CELL, text) or not h3.is_valid_cell(text):
        raise ValueError(f"is no H3 cell of resolution {CELL_RESOLUTION}")
    return text


CELL_RESOLUTION = 9
"""H3 cells of about 170 m a side: where someone lives, no nearer than that."""
_CELL = f"8{CELL_RESOLUTION}[0-9a-f]{{13}}"


def _storable(time: datetime) -> datetime:
    if not 1900 <= time.year <= 2200:
        raise ValueError("lies outside the years 1900 to 2200")
    return time


LARGEST_NUMBER = 2**53 - 1
"""What every reader of JSON keeps exactly, and every column of ours holds."""

_WORDED = (AfterValidator(_clean), AfterValidator(_filled), Field(json_schema_extra={"minLength": 1}))
_SLUG = r"^[a-z0-9_-]{1,63}$"

Text = Annotated[str, AfterValidator(_clean)]
Name = Annotated[str, StringConstraints(max_length=200), AfterValidator(_one_line), *_WORDED]
Words = Annotated[str, StringConstraints(max_length=500), *_WORDED]
Note = Annotated[str, StringConstraints(max_length=4000), *_WORDED]
Token = Annotated[str, AfterValidator(_token), WithJsonSchema({"type": "string", "pattern": _SLUG})]
NeighbourhoodId = Annotated[
    Token,
    AfterValidator(_neighbourhood),
    WithJsonSchema({"type": "string", "pattern": _SLUG, "not": {"const": EVERYWHERE}}),
]
OrganisationId = Token
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
ParticipantId = Annotated[UUID, Person()]
WorkerId = UUID
Moment = Annotated[AwareDatetime, AfterValidator(_storable)]
Version = Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]
Email = Annotated[
    str, StringConstraints(max_length=254), AfterValidator(_seen), AfterValidator(_clean), AfterValidator(_email)
]
Phone = Annotated[str, StringConstraints(max_length=40), AfterValidator(_clean), AfterValidator(_phone)]
LocalNames = Annotated[dict[Language, Name], Field(min_length=1, max_length=20)]
"""A name in each language that has one: `{"nl": "Brugse Poort", "fr": "Porte de Bruges"}`."""
Timezone = Annotated[str, AfterValidator(_timezone)]
Cell = Annotated[str, AfterValidator(_cell), WithJsonSchema({"type": "string", "pattern": f"^{_CELL}$"})]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
