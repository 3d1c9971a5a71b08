"""SQL of proposals: wishes that could be put before a worker."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from services.exchange.domain.proposals import Wish
from shared.messaging import Transaction


async def wishes(
    tx: Transaction, neighbourhood_id: str, kinds: Collection[str], since: datetime, most: int
) -> list[Wish]:
    """Some wishes of who can be asked, that a neighbour's talent fits.

    First those of who has met such a neighbour, then of who was asked least since then. Left out is a kind that someone
    never wants to be asked for, or has something running for, and a wish that was proposed or came true since then.
    """
    rows = await tx.fetch(
        """
        SELECT w.participant_id, w.kind, w.words
        FROM enjoyment AS w JOIN participant AS p USING (participant_id)
        WHERE w.neighbourhood_id = $1 AND w.part = 'wish' AND w.kind = ANY($2::text[])
            AND p.neighbourhood_id = $1 AND p.status = 'active' AND NOT p.out_of_matching
            AND EXISTS (
                SELECT FROM enjoyment AS t
                WHERE t.neighbourhood_id = $1 AND t.part = 'talent' AND t.kind = w.kind
                    AND t.participant_id <> w.participant_id
            )
            AND NOT EXISTS (
                SELECT FROM never_kind AS v WHERE v.participant_id = w.participant_id AND v.kind = w.kind
            )
            AND NOT EXISTS (
                SELECT FROM exchange AS e WHERE e.participant_id = w.participant_id AND e.kind = w.kind AND (
                    e.stage NOT IN ('done', 'withdrawn', 'expired') OR (e.by_system AND e.drafted_at >= $3)
                    OR (e.opening = 'ask' AND e.stage = 'done' AND e.ended_at >= $3)
                )
            )
            AND NOT EXISTS (
                SELECT FROM agreement AS a JOIN exchange AS e USING (exchange_id)
                WHERE a.participant_id = w.participant_id AND a.ended_at IS NULL
                    AND e.kind = w.kind AND (
                        e.stage = 'agreed' OR (e.opening = 'offer' AND e.stage = 'done' AND e.ended_at >= $3)
                    )
            )
        ORDER BY NOT EXISTS (
            SELECT FROM enjoyment AS t
            WHERE t.part = 'talent' AND t.kind = w.kind AND t.participant_id IN (
                SELECT second_id FROM acquaintance WHERE first_id = w.participant_id
                UNION ALL SELECT first_id FROM acquaintance WHERE second_id = w.participant_id
                UNION ALL SELECT unnest(member_ids) FROM circle WHERE participant_id = w.participant_id
            )
        ), (
            SELECT count(*) FROM invitation AS i WHERE i.participant_id = w.participant_id AND i.asked_at >= $3
        ), w.participant_id, w.kind LIMIT $4
        """,
        neighbourhood_id, list(kinds), since, most,
    )  # fmt: skip
    return [Wish(**dict(row)) for row in rows]


async def proposed_since(tx: Transaction, neighbourhood_id: str, since: datetime) -> int:
    """How many were put before the worker since then."""
    return int(
        await tx.fetchval(
            "SELECT count(*) FROM exchange WHERE neighbourhood_id = $1 AND by_system AND drafted_at >= $2",
            neighbourhood_id, since,
        )
    )  # fmt: skip
