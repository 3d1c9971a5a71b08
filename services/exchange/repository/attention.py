"""SQL of reasons to visit."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.exchange.domain.attention import Bounds, Place
from shared.contracts.exchange import Attention, AttentionReason
from shared.messaging import Transaction

Silent = tuple[UUID, datetime]
"""Someone, and when they were last heard of."""


async def reasons_to_visit(
    tx: Transaction,
    neighbourhood_id: str,
    reason: AttentionReason | None,
    bounds: Bounds,
    after: Place | None,
    limit: int,
) -> list[Attention]:
    """Whom to visit and why, the longest-standing first; who has paused or left is not disturbed."""
    rows = await tx.fetch(
        """
        WITH here AS NOT MATERIALIZED (
            SELECT participant_id, known_since, heard_at FROM participant
            WHERE neighbourhood_id = $1 AND status = 'active'
        ), turn AS NOT MATERIALIZED (
            SELECT a.participant_id, e.exchange_id, e.stage, e.ended_at, a.agreed_at, e.opening = 'ask' AS for_another
            FROM exchange AS e JOIN agreement AS a USING (exchange_id)
            WHERE e.neighbourhood_id = $1 AND e.stage IN ('agreed', 'done') AND a.ended_at IS NULL
                AND a.agreed_at >= e.opened_at
            UNION ALL
            SELECT e.participant_id, e.exchange_id, e.stage, e.ended_at, a.agreed_at, e.opening = 'offer'
            FROM exchange AS e JOIN agreement AS a USING (exchange_id)
            WHERE e.neighbourhood_id = $1 AND e.stage IN ('agreed', 'done') AND a.ended_at IS NULL
                AND a.agreed_at >= e.opened_at
        ), found AS (
            SELECT participant_id, 'knows-nobody' AS reason, known_since AS since, NULL::uuid AS exchange_id
            FROM here
            WHERE ($2::text IS NULL OR $2 = 'knows-nobody') AND known_since <= $3
                AND NOT EXISTS (SELECT FROM acquaintance AS k WHERE k.first_id = here.participant_id)
                AND NOT EXISTS (SELECT FROM acquaintance AS k WHERE k.second_id = here.participant_id)
                AND NOT EXISTS (
                    SELECT FROM circle AS c WHERE c.participant_id = here.participant_id AND c.member_ids <> '{}'
                )
            UNION ALL
            SELECT participant_id, 'fell-silent', heard_at, NULL FROM here
            WHERE ($2 IS NULL OR $2 = 'fell-silent') AND heard_at < $4
            UNION ALL
            SELECT e.participant_id, 'nobody-found', e.nobody_told_at, e.exchange_id
            FROM exchange AS e JOIN here USING (participant_id)
            WHERE ($2 IS NULL OR $2 = 'nobody-found') AND e.neighbourhood_id = $1
                AND e.stage IN ('open', 'inviting') AND e.nobody_told_at IS NOT NULL
            UNION ALL
            SELECT participant_id, 'much-rests-on-them', since, NULL FROM (
                SELECT participant_id, min(agreed_at) AS since FROM turn
                WHERE ($2 IS NULL OR $2 = 'much-rests-on-them') AND for_another AND agreed_at >= $5
                GROUP BY participant_id HAVING count(DISTINCT exchange_id) >= $6
            ) AS rests JOIN here USING (participant_id)
            UNION ALL
            SELECT participant_id, 'one-way', since, NULL FROM (
                SELECT participant_id, min(ended_at) AS since FROM turn
                WHERE ($2 IS NULL OR $2 = 'one-way') AND stage = 'done' AND ended_at >= $7
                GROUP BY participant_id
                HAVING count(DISTINCT exchange_id) >= $8 AND (bool_and(for_another) OR NOT bool_or(for_another))
            ) AS one_way JOIN here USING (participant_id)
        )
        SELECT participant_id, reason, since, exchange_id FROM found
        WHERE $9::timestamptz IS NULL
            OR (since, participant_id, reason, coalesce(exchange_id, $13)) > ($9, $10::uuid, $11::text, $12::uuid)
        ORDER BY since, participant_id, reason, coalesce(exchange_id, $13) LIMIT $14
        """,
        neighbourhood_id, reason, bounds.known_before, bounds.silent_before, bounds.rests_since, bounds.rests_on,
        bounds.one_way_since, bounds.one_way_after, *_place(after), UUID(int=0), limit,
    )  # fmt: skip
    return [Attention(**dict(row)) for row in rows]


async def notice_silence(tx: Transaction, neighbourhood_id: str, before: datetime, most: int) -> list[Silent]:
    """Some who were last heard of before this moment and of whom that wasn't told yet; it is told of them now."""
    rows = await tx.fetch(
        """
        WITH silent AS MATERIALIZED (
            SELECT participant_id FROM participant
            WHERE neighbourhood_id = $1 AND status = 'active' AND silence_told_at IS NULL AND heard_at < $2
            ORDER BY heard_at LIMIT $3 FOR UPDATE SKIP LOCKED
        )
        UPDATE participant AS p SET silence_told_at = $4 FROM silent WHERE p.participant_id = silent.participant_id
        RETURNING p.participant_id, p.heard_at
        """,
        neighbourhood_id, before, most, tx.now,
    )  # fmt: skip
    return sorted(((row["participant_id"], row["heard_at"]) for row in rows), key=lambda silent: silent[1])


def _place(after: Place | None) -> tuple[datetime | None, UUID | None, str | None, UUID | None]:
    return (after.since, after.participant_id, after.reason, after.exchange_id) if after else (None, None, None, None)
