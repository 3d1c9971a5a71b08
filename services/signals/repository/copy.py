"""SQL of a person's copy. What was encrypted is opened by the handler, for who may read it."""

from __future__ import annotations

import json
from uuid import UUID

from shared.contracts.person import CopiedItem
from shared.messaging import Transaction


async def held(tx: Transaction, participant_id: UUID, offset: int, limit: int) -> list[CopiedItem]:
    """All that is held on a person. What another person is to them has no place in it."""
    rows = await tx.fetch(_HELD, participant_id, offset, limit)
    return [CopiedItem(kind=row["kind"], data=json.loads(row["data"])) for row in rows]


_SIGNALS = """
    SELECT 1 AS place, p.participant_id::text AS id, 'participant' AS kind, to_jsonb(p) AS data
    FROM participant AS p WHERE p.participant_id = $1
    UNION ALL
    SELECT 2, m.participant_id::text, 'merged_entry', to_jsonb(m) FROM merged_entry AS m WHERE m.survivor_id = $1
    UNION ALL
    SELECT 3, s.signal_id::text, 'signal', to_jsonb(s) FROM signal AS s WHERE s.participant_id = $1
    UNION ALL
    SELECT 4, t.step_id::text, 'signal_step', to_jsonb(t)
    FROM signal_step AS t JOIN signal AS s USING (signal_id) WHERE s.participant_id = $1
    UNION ALL
    SELECT 5, n.note_id::text, 'note', to_jsonb(n) - 'token' - 'key_id'
    FROM note AS n JOIN signal AS s USING (signal_id) WHERE s.participant_id = $1
    UNION ALL
    SELECT 6, d.mediation_id::text, 'mediation', to_jsonb(d) - 'participant_id' - 'other_id' - 'spoken_with' ||
        jsonb_build_object('spoken_with_you', $1 = ANY(d.spoken_with))
    FROM mediation AS d WHERE $1 IN (d.participant_id, d.other_id)
    UNION ALL
    SELECT 7, r.reading_id::text, 'reading', to_jsonb(r) FROM reading AS r WHERE r.participant_id = $1
"""
_REFERRALS = """
    SELECT 11 AS place, r.referral_id::text AS id, 'referral' AS kind, to_jsonb(r) AS data
    FROM referral AS r WHERE r.participant_id = $1
    UNION ALL
    SELECT 12, s.step_id::text, 'referral_step', to_jsonb(s)
    FROM referral_step AS s JOIN referral AS r USING (referral_id) WHERE r.participant_id = $1
    UNION ALL
    SELECT 13, c.consent_id::text, 'referral_consent', to_jsonb(c)
    FROM referral_consent AS c JOIN referral AS r USING (referral_id) WHERE r.participant_id = $1
    UNION ALL
    SELECT 14, d.referral_id::text, 'referral_details', to_jsonb(d) - 'token' - 'key_id'
    FROM referral_details AS d JOIN referral AS r USING (referral_id) WHERE r.participant_id = $1
"""
_HELD = f"""
WITH item AS ({_SIGNALS} UNION ALL {_REFERRALS})
SELECT kind, jsonb_strip_nulls(data) AS data FROM item ORDER BY place, id OFFSET $2 LIMIT $3
"""  # noqa: S608
