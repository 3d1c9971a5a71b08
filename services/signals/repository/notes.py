"""SQL of notes, which are encrypted, and of who read what about whom."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.signals.secrecy import Sealed
from shared.contracts.signals import NoteAbout, Reading
from shared.database import Record
from shared.ids import new_id
from shared.messaging import Transaction


async def add(tx: Transaction, note_id: UUID, signal_id: UUID, about: NoteAbout, by: str, sealed: Sealed) -> None:
    """A new note."""
    await tx.execute(
        """
        INSERT INTO note (note_id, signal_id, about, written_by, written_at, token, key_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        note_id, signal_id, about, by, tx.now, sealed.token, sealed.key_id,
    )  # fmt: skip


async def of_signal(tx: Transaction, signal_id: UUID, after: UUID | None = None) -> list[Record]:
    """The notes of a signal, the oldest first, encrypted."""
    return await tx.fetch(
        "SELECT * FROM note WHERE signal_id = $1 AND ($2::uuid IS NULL OR note_id > $2) ORDER BY note_id",
        signal_id, after,
    )  # fmt: skip


async def how_many(tx: Transaction, signal_id: UUID, *, but: NoteAbout | None = None) -> int:
    """How many notes a signal has, those about `but` left out."""
    return int(
        await tx.fetchval(
            "SELECT count(*) FROM note WHERE signal_id = $1 AND ($2::text IS NULL OR about <> $2)", signal_id, but
        )
    )


async def under_other_keys(
    tx: Transaction, key_ids: Collection[str], but: str, limit: int
) -> list[tuple[UUID, Sealed]]:
    """Notes that one of these keys encrypted, but not that one; those that someone else is at are left out."""
    rows = await tx.fetch(
        """
        SELECT note_id, token, key_id FROM note WHERE key_id = ANY($1::text[]) AND key_id <> $2
        ORDER BY note_id LIMIT $3 FOR UPDATE SKIP LOCKED
        """,
        list(key_ids), but, limit,
    )  # fmt: skip
    return [(row["note_id"], sealed_from(row)) for row in rows]


async def seal_anew(tx: Transaction, notes: Sequence[tuple[UUID, Sealed]]) -> None:
    """The same notes, under another key."""
    await tx.executemany(
        "UPDATE note SET token = $2, key_id = $3 WHERE note_id = $1",
        [(note_id, sealed.token, sealed.key_id) for note_id, sealed in notes],
    )


# --- who read what


async def record_reading(
    tx: Transaction, participant_id: UUID, by: str, what: Literal["notes", "details"], *,
    signal_id: UUID | None = None, referral_id: UUID | None = None, fields: Sequence[str] = (),
) -> None:  # fmt: skip
    """Someone reads something about a person: in the transaction in which they get it."""
    await tx.execute(
        """
        INSERT INTO reading (reading_id, participant_id, at, by, what, signal_id, referral_id, fields)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        new_id(), participant_id, tx.now, by, what, signal_id, referral_id, list(fields),
    )  # fmt: skip


async def readings(tx: Transaction, participant_id: UUID, after: UUID | None, limit: int) -> list[tuple[UUID, Reading]]:
    """Who read what about a person, the oldest first; each with its place in the list."""
    rows = await tx.fetch(
        """
        SELECT * FROM reading WHERE participant_id = $1 AND ($2::uuid IS NULL OR reading_id > $2)
        ORDER BY reading_id LIMIT $3
        """,
        participant_id, after, limit,
    )  # fmt: skip
    return [
        (
            row["reading_id"],
            Reading(
                at=row["at"], by=row["by"], what=row["what"], signal_id=row["signal_id"],
                referral_id=row["referral_id"], fields=list(row["fields"]),
            ),
        )
        for row in rows
    ]  # fmt: skip


async def expire_readings(tx: Transaction, before: datetime) -> int:
    """Readings from before a moment."""
    return int((await tx.execute("DELETE FROM reading WHERE at < $1", before)).split()[-1])


def sealed_from(row: Record) -> Sealed:
    return Sealed(row["token"], row["key_id"])
