"""SQL of a person's copy."""

from __future__ import annotations

import json
from uuid import UUID

from shared.contracts.person import CopiedItem
from shared.messaging import Transaction


async def held(tx: Transaction, participant_id: UUID, offset: int, limit: int) -> list[CopiedItem]:
    """All that is held on a person. What another said or decided is held on that other.

    Who the other side is stands in it only where both agreed; of a question that was never put, nothing of its words.
    """
    rows = await tx.fetch(_HELD, participant_id, offset, limit)
    return [CopiedItem(kind=row["kind"], data=json.loads(row["data"])) for row in rows]


_HELD = """
WITH item AS (
    SELECT 1 AS place, p.participant_id AS id, '' AS more, 'participant' AS kind, to_jsonb(p) AS data
    FROM participant AS p WHERE p.participant_id = $1
    UNION ALL
    SELECT 2, m.participant_id, '', 'merged_entry', to_jsonb(m) FROM merged_entry AS m WHERE m.survivor_id = $1
    UNION ALL
    SELECT 3, j.participant_id, j.part || j.kind, 'enjoyment', to_jsonb(j) FROM enjoyment AS j
    WHERE j.participant_id = $1
    UNION ALL
    SELECT 4, c.participant_id, '', 'circle', to_jsonb(c) FROM circle AS c WHERE c.participant_id = $1
    UNION ALL
    SELECT 5, c.participant_id, '', 'consents', to_jsonb(c) FROM consents AS c WHERE c.participant_id = $1
    UNION ALL
    SELECT 6, e.exchange_id, '', 'exchange', to_jsonb(e) FROM exchange AS e WHERE e.participant_id = $1
    UNION ALL
    SELECT 7, d.deviation_id, '', 'deviation', to_jsonb(d)
    FROM deviation AS d JOIN exchange AS e USING (exchange_id) WHERE e.participant_id = $1
    UNION ALL
    SELECT 8, i.invitation_id, '', 'invitation', to_jsonb(i) || CASE WHEN i.asked_at IS NULL THEN '{}'::jsonb ELSE
        jsonb_build_object('opening', e.opening, 'asked', e.kind, 'words', e.words, 'happens', e.happens) END
    FROM invitation AS i JOIN exchange AS e USING (exchange_id) WHERE i.participant_id = $1
    UNION ALL
    SELECT 9, a.exchange_id, a.participant_id::text, 'agreement', jsonb_build_object(
        'exchange_id', a.exchange_id, 'agreed_at', a.agreed_at, 'ended_at', a.ended_at,
        'other_id', CASE WHEN a.participant_id = $1 THEN e.participant_id ELSE a.participant_id END
    )
    FROM agreement AS a JOIN exchange AS e USING (exchange_id) WHERE $1 IN (a.participant_id, e.participant_id)
    UNION ALL
    SELECT 10, x.exchange_id, '', 'experience', to_jsonb(x) FROM experience AS x WHERE x.participant_id = $1
    UNION ALL
    SELECT 11, t.thanks_id, '', 'thanks', to_jsonb(t)
    FROM thanks AS t JOIN exchange AS e USING (exchange_id)
    WHERE $1 IN (t.participant_id, e.participant_id) OR (
        t.participant_id = e.participant_id AND EXISTS (
            SELECT FROM agreement AS a WHERE a.exchange_id = t.exchange_id AND a.participant_id = $1
        )
    )
    UNION ALL
    SELECT 12, n.participant_id, n.kind, 'never_kind', to_jsonb(n) FROM never_kind AS n WHERE n.participant_id = $1
    UNION ALL
    SELECT 13, CASE WHEN q.first_id = $1 THEN q.second_id ELSE q.first_id END, '', 'acquaintance', jsonb_build_object(
        'other_id', CASE WHEN q.first_id = $1 THEN q.second_id ELSE q.first_id END, 'since', q.since,
        'through', q.through
    )
    FROM acquaintance AS q WHERE $1 IN (q.first_id, q.second_id)
    UNION ALL
    SELECT 14, s.series_id, '', 'series', to_jsonb(s) FROM series AS s
    WHERE s.host_id = $1 OR s.planned_by = 'participant:' || $1
    UNION ALL
    SELECT 15, h.gathering_id, '', 'gathering', to_jsonb(h) FROM gathering AS h
    WHERE h.host_id = $1 OR h.planned_by = 'participant:' || $1
    UNION ALL
    SELECT 16, g.gathering_id, '', 'guest', to_jsonb(g) || jsonb_build_object(
        'title', h.title, 'place', h.place, 'starts_at', h.starts_at
    )
    FROM guest AS g JOIN gathering AS h USING (gathering_id) WHERE g.participant_id = $1
)
SELECT kind, jsonb_strip_nulls(data) AS data FROM item ORDER BY place, id, more OFFSET $2 LIMIT $3
"""
