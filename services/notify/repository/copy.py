"""SQL of a person's copy."""

from __future__ import annotations

import json
from uuid import UUID

from shared.contracts.person import CopiedItem
from shared.messaging import Transaction


async def held(tx: Transaction, participant_id: UUID, offset: int, limit: int) -> list[CopiedItem]:
    """All that is held on a person. Of what a worker was told about them: that it was, and when."""
    rows = await tx.fetch(_HELD, participant_id, offset, limit)
    return [CopiedItem(kind=row["kind"], data=json.loads(row["data"])) for row in rows]


_HELD = """
WITH item AS (
    SELECT 1 AS place, p.participant_id::text AS id, 'participant' AS kind, to_jsonb(p) AS data
    FROM participant AS p WHERE p.participant_id = $1
    UNION ALL
    SELECT 2, m.participant_id::text, 'merged_entry', to_jsonb(m) FROM merged_entry AS m WHERE m.survivor_id = $1
    UNION ALL
    SELECT 3, w.mails, 'does_without', to_jsonb(w) FROM does_without AS w WHERE w.participant_id = $1
    UNION ALL
    SELECT 4, f.participant_id::text, 'failing_address', to_jsonb(f) FROM failing_address AS f
    WHERE f.participant_id = $1
    UNION ALL
    SELECT 5, m.mail_id::text, 'mail', to_jsonb(m) - 'claimed_until'
    FROM mail AS m WHERE $1 IN (m.to_id, m.acts_for, m.participant_id)
    UNION ALL
    SELECT 6, t.task_id::text, 'task', to_jsonb(t) FROM task AS t WHERE t.participant_id = $1
    UNION ALL
    SELECT 7, d.item_id::text, 'digest_item', to_jsonb(d) FROM digest_item AS d WHERE d.participant_id = $1
    UNION ALL
    SELECT 8, encode(k.digest, 'hex'), 'link', to_jsonb(k) - 'digest' FROM link AS k
    WHERE $1 IN (k.holder_id, k.acts_for)
    UNION ALL
    SELECT 9, encode(s.digest, 'hex'), 'page_session', to_jsonb(s) - 'digest' FROM page_session AS s
    WHERE $1 IN (s.holder_id, s.acts_for)
)
SELECT kind, jsonb_strip_nulls(data) AS data FROM item ORDER BY place, id OFFSET $2 LIMIT $3
"""
