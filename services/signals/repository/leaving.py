"""SQL of two entries that become one, and of erasure."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from shared.messaging import Transaction


async def remember_merged(tx: Transaction, participant_id: UUID, survivor_id: UUID) -> None:
    """One entry goes on under another, and so do those that had been merged into it."""
    await tx.execute("UPDATE merged_entry SET survivor_id = $2 WHERE survivor_id = $1", participant_id, survivor_id)
    await tx.execute(
        """
        INSERT INTO merged_entry (participant_id, survivor_id) VALUES ($1, $2)
        ON CONFLICT (participant_id) DO UPDATE SET survivor_id = excluded.survivor_id
        """,
        participant_id, survivor_id,
    )  # fmt: skip


async def merged_into(tx: Transaction, participant_ids: Sequence[UUID]) -> list[UUID]:
    """The entries that went on under one of these."""
    rows = await tx.fetch(
        "SELECT participant_id FROM merged_entry WHERE survivor_id = ANY($1::uuid[])", list(participant_ids)
    )
    return [row["participant_id"] for row in rows]


async def erase_people(tx: Transaction, participant_ids: Sequence[UUID]) -> None:
    """Delete what profiles told of these people; until it tells them anew, lists go without who is gone."""
    ids = list(participant_ids)
    await tx.execute("DELETE FROM participant WHERE participant_id = ANY($1::uuid[])", ids)
    await tx.execute(
        "DELETE FROM merged_entry WHERE participant_id = ANY($1::uuid[]) OR survivor_id = ANY($1::uuid[])", ids
    )
    for id_ in ids:
        await tx.execute(
            """
            UPDATE participant SET mandate_holder_ids = array_remove(mandate_holder_ids, $1)
            WHERE $1 = ANY(mandate_holder_ids)
            """,
            id_,
        )
