"""SQL of figures: counts, and what was shown of them."""

from __future__ import annotations

from datetime import datetime

from services.profiles.domain.figures import Counts, Shown, Told
from shared.contracts.profiles import MonthFigures
from shared.messaging import Transaction


async def counted(
    tx: Transaction, neighbourhood_id: str, begins: datetime, ends: datetime, visit_within_days: int
) -> Counts:
    """Who is there now, and the newcomers whose time for a visit ran out between `begins` and `ends`."""
    row = await tx.fetchrow(
        """
        WITH here AS (
            SELECT participant_id, visited_at, newcomer_since + make_interval(days => $4) AS due_at
            FROM participant WHERE neighbourhood_id = $1 AND status IN ('active', 'paused')
        )
        SELECT count(*) AS participants,
            count(*) FILTER (WHERE EXISTS (
                SELECT FROM tie AS t WHERE t.agreed_at IS NOT NULL AND t.ended_at IS NULL
                    AND here.participant_id IN (t.first_id, t.second_id)
            )) AS with_circle,
            count(*) FILTER (WHERE due_at >= $2 AND due_at < $3) AS newcomers,
            count(*) FILTER (WHERE due_at >= $2 AND due_at < $3 AND visited_at <= due_at) AS visited_in_time
        FROM here
        """,
        neighbourhood_id, begins, ends, visit_within_days,
    )  # fmt: skip
    assert row is not None
    return Counts(**dict(row))


async def told_before(tx: Transaction, neighbourhood_id: str) -> Told:
    """What was last shown of who is there."""
    row = await tx.fetchrow(
        """
        SELECT last.participants, circle.with_circle, circle.participants - circle.with_circle AS without_circle
        FROM (SELECT) AS one
        LEFT JOIN LATERAL (
            SELECT participants FROM figure
            WHERE neighbourhood_id = $1 AND participants IS NOT NULL ORDER BY month DESC LIMIT 1
        ) AS last ON true
        LEFT JOIN LATERAL (
            SELECT participants, with_circle FROM figure
            WHERE neighbourhood_id = $1 AND with_circle IS NOT NULL ORDER BY month DESC LIMIT 1
        ) AS circle ON true
        """,
        neighbourhood_id,
    )
    assert row is not None
    return Told(**dict(row))


async def keep(tx: Transaction, neighbourhood_id: str, month: str, shown: Shown) -> None:
    """What is shown of a month, once and for all."""
    await tx.execute(
        """
        INSERT INTO figure (
            neighbourhood_id, month, participants, with_circle, newcomers, visited_in_time, made_at
        ) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
        """,
        neighbourhood_id, month, shown.participants, shown.with_circle, shown.newcomers, shown.visited_in_time, tx.now,
    )  # fmt: skip


async def made(tx: Transaction, neighbourhood_id: str, month: str) -> bool:
    """Whether the figures of a month are made already."""
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM figure WHERE neighbourhood_id = $1 AND month = $2)", neighbourhood_id, month
        )
    )


async def between(tx: Transaction, neighbourhood_id: str, since: str, until: str) -> list[MonthFigures]:
    """The figures of these months that were made."""
    rows = await tx.fetch(
        """
        SELECT neighbourhood_id, month, participants, with_circle, newcomers, visited_in_time FROM figure
        WHERE neighbourhood_id = $1 AND month BETWEEN $2 AND $3 ORDER BY month
        """,
        neighbourhood_id, since, until,
    )  # fmt: skip
    return [MonthFigures(**dict(row)) for row in rows]


async def remove_old(tx: Transaction, before: datetime) -> int:
    """Figures of long ago."""
    status = await tx.execute("DELETE FROM figure WHERE made_at < $1", before)
    return int(status.rpartition(" ")[2])
