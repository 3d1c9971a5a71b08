"""Notes, and who read them. A note travels by request/reply alone, and is encrypted where it is kept."""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from uuid import UUID

from shared.contracts.envelope import Confidence, Contract, Query
from shared.contracts.profiles.participants import Limit
from shared.contracts.types import Moment, ParticipantId
from shared.contracts.types import Note as Words

NoteAbout = Literal["signal", "deviation", "out-of-matching"]
"""`deviation`: why a rule was set aside. `out-of-matching`: why someone was taken out of matching."""

_MARTINE = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f"
_SIGNAL = "019a5e00-0a10-7c00-8000-1f2e3d4c5b6a"
_NOTE = "019a5e00-0a10-7c00-8000-1f2e3d4c5b7a"


class NoteRef(Contract):
    """A note, as answer to whoever wrote it."""

    note_id: UUID
    signal_id: UUID


class WriteNote(Confidence, type="signals.note.write.v1", result=NoteRef, partners=True):
    """Something to remember with a signal, for its worker and their backup alone.

    By a worker, or by whoever raised the signal, in their own words.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"signal_id": _SIGNAL, "note": "Ze bespreekt het eerst zelf met haar zoon."}
    signal_id: UUID
    note: Words
    about: NoteAbout = "signal"


class Note(Contract):
    """A note as its worker reads it."""

    note_id: UUID
    about: NoteAbout
    written_by: str
    written_at: Moment
    note: str


class Notes(Contract):
    """Notes of a signal, the oldest first."""

    signal_id: UUID
    notes: list[Note]
    next: UUID | None
    """Give it as `after` to read on; null when there are no more."""


class ReadNotes(Query, type="signals.note.read.v1", result=Notes):
    """The notes of a signal: for its worker (until it is taken: whoever was told), and for their backup.

    Each reading is recorded, and the person can see by whom and when.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"signal_id": _SIGNAL}
    signal_id: UUID
    after: UUID | None = None


class Reading(Contract):
    """That someone read something about a person."""

    at: Moment
    by: str
    """`worker:<id>`, `partner:<id>`, `contact:<referral id>`."""
    what: Literal["notes", "details"]
    """The notes of a signal, or the details of a referral."""
    signal_id: UUID | None
    referral_id: UUID | None
    fields: list[str]
    """Of details: which."""


class ReadingPage(Contract):
    """A page of readings, the oldest first."""

    readings: list[Reading]
    next: UUID | None
    """Give it as `after` to read on; null on the last page."""


class ListReadings(Query, type="signals.reading.list.v1", result=ReadingPage):
    """Who read notes or details about this person, and when: for the person, for workers and operators."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARTINE}
    participant_id: ParticipantId
    after: UUID | None = None
    limit: Limit = 50


__all__ = [
    "ListReadings",
    "Note",
    "NoteAbout",
    "NoteRef",
    "Notes",
    "ReadNotes",
    "Reading",
    "ReadingPage",
    "WriteNote",
]
