"""SQL of circles and visits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.profiles.domain.circles import Tie
from shared.contracts.profiles import CircleMember, Visit
from shared.database import Record
from shared.messaging import Transaction


async def tie(tx: Transaction, one: UUID, other: UUID) -> Tie | None:
    """What is between two people, to change."""
    first, second = sorted((one, other))
    row = await tx.fetchrow("SELECT * FROM tie WHERE first_id = $1 AND second_id = $2 FOR UPDATE", first, second)
    return _tie(row) if row else None


async def ties(tx: Transaction, *participant_ids: UUID) -> list[Tie]:
    """All that is between these people and others."""
    rows = await tx.fetch(
        "SELECT * FROM tie WHERE first_id = ANY($1::uuid[]) OR second_id = ANY($1::uuid[]) ORDER BY 1, 2",
        list(participant_ids),
    )
    return [_tie(row) for row in rows]


async def keep(tx: Transaction, kept: Sequence[Tie]) -> None:
    """What is between two people from now on, new or known."""
    await tx.executemany(
        """
        INSERT INTO tie (first_id, second_id, asked_by, asked_at, agreed_at, ended_by, ended_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (first_id, second_id) DO UPDATE SET asked_by = excluded.asked_by, asked_at = excluded.asked_at,
            agreed_at = excluded.agreed_at, ended_by = excluded.ended_by, ended_at = excluded.ended_at
        """,
        [(t.first_id, t.second_id, t.asked_by, t.asked_at, t.agreed_at, t.ended_by, t.ended_at) for t in kept],
    )


async def replace(tx: Transaction, participant_ids: Sequence[UUID], kept: Sequence[Tie]) -> None:
    """These ties instead of all that these people had."""
    await tx.execute(
        "DELETE FROM tie WHERE first_id = ANY($1::uuid[]) OR second_id = ANY($1::uuid[])", list(participant_ids)
    )
    await keep(tx, kept)


async def named(tx: Transaction, participant_id: UUID, wanted: Sequence[tuple[UUID, datetime]]) -> list[CircleMember]:
    """People by their id and a moment, the latest 100, with their names; those who have left are left out."""
    if not wanted:
        return []
    rows = await tx.fetch(
        """
        SELECT p.participant_id, p.name, w.since FROM unnest($1::uuid[], $2::timestamptz[]) AS w (id, since)
        JOIN participant AS p ON p.participant_id = w.id
        WHERE p.status IN ('active', 'paused') AND p.participant_id <> $3
        ORDER BY w.since DESC, p.participant_id LIMIT 100
        """,
        [id_ for id_, _ in wanted], [since for _, since in wanted], participant_id,
    )  # fmt: skip
    return [CircleMember(participant_id=row["participant_id"], name=row["name"], since=row["since"]) for row in rows]


async def add_visit(tx: Transaction, participant_id: UUID, visit: Visit) -> None:
    await tx.execute(
        "INSERT INTO visit (visit_id, participant_id, worker_id, visited_at) VALUES ($1, $2, $3, $4)",
        visit.visit_id, participant_id, visit.worker_id, visit.visited_at,
    )  # fmt: skip


async def visits(tx: Transaction, participant_id: UUID, after: UUID | None, limit: int) -> list[Visit]:
    """Visits to a person, in the order in which they were recorded."""
    rows = await tx.fetch(
        """
        SELECT visit_id, worker_id, visited_at FROM visit
        WHERE participant_id = $1 AND ($2::uuid IS NULL OR visit_id > $2) ORDER BY visit_id LIMIT $3
        """,
        participant_id, after, limit,
    )  # fmt: skip
    return [Visit(visit_id=row["visit_id"], worker_id=row["worker_id"], visited_at=row["visited_at"]) for row in rows]


async def move_visits(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    await tx.execute("UPDATE visit SET participant_id = $2 WHERE participant_id = $1", double_id, survivor_id)


def _tie(row: Record) -> Tie:
    return Tie(**dict(row))
