"""SQL of acquaintances."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from shared.contracts.exchange import Acquaintance, Through
from shared.messaging import Transaction

Pair = tuple[UUID, UUID]
"""Two people, in the order of their ids."""


async def acquaint(tx: Transaction, participant_ids: Collection[UUID], through: Through) -> list[Pair]:
    """All of these people have met each other, from now on. Returns those who had not before."""
    rows = await tx.fetch(
        """
        INSERT INTO acquaintance (first_id, second_id, since, through)
        SELECT one.id, other.id, $2, $3
        FROM unnest($1::uuid[]) AS one (id) JOIN unnest($1::uuid[]) AS other (id) ON one.id < other.id
        ORDER BY one.id, other.id
        ON CONFLICT (first_id, second_id) DO NOTHING RETURNING first_id, second_id
        """,
        sorted(set(participant_ids)), tx.now, through,
    )  # fmt: skip
    return [(row["first_id"], row["second_id"]) for row in rows]


async def acquainted_with(tx: Transaction, participant_id: UUID) -> set[UUID]:
    """Whom someone has met, and who is in their circle."""
    rows = await tx.fetch(
        """
        SELECT second_id AS other_id FROM acquaintance WHERE first_id = $1
        UNION SELECT first_id FROM acquaintance WHERE second_id = $1
        UNION SELECT unnest(member_ids) FROM circle WHERE participant_id = $1
        """,
        participant_id,
    )
    return {row["other_id"] for row in rows}


async def acquaintances(
    tx: Transaction, participant_id: UUID, after: UUID | None, limit: int
) -> Sequence[Acquaintance]:
    """Whom someone has met, in the order of their ids; who has left is left out."""
    rows = await tx.fetch(
        """
        SELECT m.other_id, m.since, m.through FROM (
            SELECT second_id AS other_id, since, through FROM acquaintance WHERE first_id = $1
            UNION ALL SELECT first_id, since, through FROM acquaintance WHERE second_id = $1
        ) AS m JOIN participant AS p ON p.participant_id = m.other_id AND p.status <> 'left'
        WHERE $2::uuid IS NULL OR m.other_id > $2 ORDER BY m.other_id LIMIT $3
        """,
        participant_id, after, limit,
    )  # fmt: skip
    return [Acquaintance(participant_id=row["other_id"], since=row["since"], through=row["through"]) for row in rows]
