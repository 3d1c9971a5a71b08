"""SQL of a person's copy, of erasure, and of what expires."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.profiles.domain.erasure import Erasure
from shared.contracts.person import CopiedItem
from shared.database import Record
from shared.messaging import Transaction


async def held(tx: Transaction, participant_id: UUID, offset: int, limit: int) -> list[CopiedItem]:
    """All that is held on a person. What others decided (a no, a step out) is held on them, not on this person."""
    rows = await tx.fetch(
        """
        WITH own AS (
            SELECT participant_id FROM participant WHERE participant_id = $1 OR merged_into = $1
        ), item AS (
            SELECT 1 AS rank, p.participant_id AS id, 'participant' AS kind,
                jsonb_strip_nulls(to_jsonb(p) - '{name_key,email_key,phone_key}'::text[]) AS data
            FROM participant AS p WHERE p.participant_id IN (SELECT participant_id FROM own)
            UNION ALL
            SELECT 2, m.mandate_id, 'mandate', to_jsonb(m) FROM mandate AS m
            WHERE m.participant_id = $1 OR m.holder_id = $1
            UNION ALL
            SELECT 3, c.consent_id, 'consent', to_jsonb(c) FROM consent AS c WHERE c.participant_id = $1
            UNION ALL
            SELECT 4, CASE WHEN t.first_id = $1 THEN t.second_id ELSE t.first_id END, 'tie',
                jsonb_strip_nulls(jsonb_build_object(
                    'other_id', CASE WHEN t.first_id = $1 THEN t.second_id ELSE t.first_id END,
                    'asked_by', t.asked_by, 'asked_at', t.asked_at, 'agreed_at', t.agreed_at,
                    'ended_at', CASE WHEN t.ended_by = $1 THEN t.ended_at END
                ))
            FROM tie AS t WHERE $1 IN (t.first_id, t.second_id)
            UNION ALL
            SELECT 5, v.visit_id, 'visit', to_jsonb(v) FROM visit AS v WHERE v.participant_id = $1
            UNION ALL
            SELECT 6, f.fetch_id, 'fetch', to_jsonb(f) FROM fetch_log AS f WHERE f.participant_id = $1
            UNION ALL
            SELECT 7, CASE WHEN d.first_id = $1 THEN d.second_id ELSE d.first_id END, 'possible_double',
                to_jsonb(d) - '{first_id,second_id}'::text[]
            FROM possible_double AS d WHERE $1 IN (d.first_id, d.second_id)
        )
        SELECT kind, data FROM item ORDER BY rank, id OFFSET $2 LIMIT $3
        """,
        participant_id, offset, limit,
    )  # fmt: skip
    return [CopiedItem(kind=row["kind"], data=json.loads(row["data"])) for row in rows]


async def entries(tx: Transaction, participant_id: UUID) -> list[UUID]:
    """Every id under which a person was ever known: their own, and those of merged entries."""
    rows = await tx.fetch(
        "SELECT participant_id FROM participant WHERE participant_id = $1 OR merged_into = $1 ORDER BY 1 FOR UPDATE",
        participant_id,
    )
    return [row["participant_id"] for row in rows]


async def erase(tx: Transaction, participant_id: UUID) -> None:
    """Delete a person and all that hangs on them, and their name as the one who recorded something for others."""
    await tx.execute("DELETE FROM participant WHERE participant_id = $1", participant_id)
    for table in ("mandate", "consent"):
        await tx.execute(
            f"UPDATE {table} SET recorded_by = 'participant' WHERE recorded_by = $1",  # noqa: S608
            f"participant:{participant_id}",
        )


async def keep(tx: Transaction, erasure: Erasure) -> None:
    """An erasure as it is from now on."""
    await tx.execute(
        """
        INSERT INTO erasure (erasure_id, requested_at, expected, completed_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (erasure_id) DO UPDATE SET completed_at = excluded.completed_at
        """,
        erasure.erasure_id, erasure.requested_at, list(erasure.expected), erasure.completed_at,
    )  # fmt: skip
    await tx.executemany(
        """
        INSERT INTO erasure_confirmation (erasure_id, confirmed_by, confirmed_at) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING
        """,
        [(erasure.erasure_id, by, at) for by, at in erasure.confirmed.items()],
    )


async def locked(tx: Transaction, erasure_id: UUID) -> Erasure | None:
    """One erasure, to change."""
    row = await tx.fetchrow("SELECT * FROM erasure WHERE erasure_id = $1 FOR UPDATE", erasure_id)
    if row is None:
        return None
    confirmed = await tx.fetch(
        "SELECT confirmed_by, confirmed_at FROM erasure_confirmation WHERE erasure_id = $1", erasure_id
    )
    return _erasure(row, {each["confirmed_by"]: each["confirmed_at"] for each in confirmed})


async def listed(
    tx: Transaction, *, open_only: bool = False, one: UUID | None = None, after: UUID | None = None, limit: int = 1
) -> list[Erasure]:
    """Erasures, the oldest first; or the `one` that is asked for."""
    rows = await tx.fetch(
        """
        SELECT e.*, ARRAY(
            SELECT (c.confirmed_by, c.confirmed_at) FROM erasure_confirmation AS c WHERE c.erasure_id = e.erasure_id
        ) AS confirmed
        FROM erasure AS e
        WHERE (NOT $1 OR e.completed_at IS NULL) AND ($2::uuid IS NULL OR e.erasure_id = $2)
            AND ($3::uuid IS NULL OR e.erasure_id > $3)
        ORDER BY e.erasure_id LIMIT $4
        """,
        open_only, one, after, limit,
    )  # fmt: skip
    return [_erasure(row, dict(row["confirmed"])) for row in rows]


async def left_before(tx: Transaction, moment: datetime, limit: int) -> list[UUID]:
    """People who left before this moment."""
    rows = await tx.fetch(
        "SELECT participant_id FROM participant WHERE left_at < $1 ORDER BY left_at LIMIT $2", moment, limit
    )
    return [row["participant_id"] for row in rows]


async def expire(tx: Transaction, before: Mapping[str, datetime]) -> dict[str, int]:
    """Remove what ended or was written before the moment of its kind. Returns rows removed, by kind."""
    statements = {
        "mandates": "DELETE FROM mandate WHERE ended_at < $1",
        "consents": "DELETE FROM consent WHERE ended_at < $1",
        "circle_questions": "DELETE FROM tie WHERE asked_at < $1 AND agreed_at IS NULL",
        "circles_ended": "DELETE FROM tie WHERE ended_at < $1",
        "visits": "DELETE FROM visit WHERE visited_at < $1",
        "fetches": "DELETE FROM fetch_log WHERE fetched_at < $1",
        "doubles": "DELETE FROM possible_double WHERE dismissed_at < $1",
        "erasures": "DELETE FROM erasure WHERE completed_at < $1",
    }
    return {kind: int((await tx.execute(statements[kind], moment)).split()[-1]) for kind, moment in before.items()}


def _erasure(row: Record, confirmed: Mapping[str, datetime]) -> Erasure:
    return Erasure(
        row["erasure_id"], row["requested_at"], tuple(row["expected"]), confirmed, row["completed_at"]
    )  # fmt: skip
