"""SQL of who may be asked: the nearest neighbours with a talent or a wish, and what decides between them.

What is counted here to know whether someone may be asked, or whether much was done for them, leaves as a yes or a no.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.exchange.domain import distances, moments
from services.exchange.domain.exchanges import Exchange
from services.exchange.domain.people import Neighbourhood, Person
from services.exchange.matching import Neighbour
from services.exchange.repository.people import person_from
from shared.contracts.profiles import Enjoyment
from shared.messaging import Transaction
from shared.policy import DEFAULT, Policy

MOST = 100
"""How many are compared: whom the person knows, then who lives nearest. So it takes as long in any neighbourhood."""
CEILING_DAYS = 30

_TIMES = """
    coalesce(sum(CASE WHEN i.again THEN 2 ELSE 1 END) FILTER (
        WHERE coalesce(i.asked_at, i.made_at) > {since} AND (i.asked_at IS NOT NULL OR i.stage IN ('held', 'waiting'))
    ), 0)
"""
_AS_GUEST = """
    (SELECT count(*) FROM guest AS g WHERE g.participant_id = p.participant_id AND g.invited_at > {since})
"""
_ASKED = f"""
    (SELECT {_TIMES} FROM invitation AS i
     WHERE i.participant_id = p.participant_id AND coalesce(i.asked_at, i.made_at) > {{since}})
    + {_AS_GUEST}
"""  # noqa: S608 - constants
"""How often someone was asked, or is about to be; what was asked twice counts for two."""
_HEARD = """
    (SELECT count(*) + count(*) FILTER (WHERE i.again AND i.stage <> 'waiting') FROM invitation AS i
     WHERE i.participant_id = p.participant_id AND i.asked_at > {since})
    + (SELECT count(*) FROM guest AS g
       WHERE g.participant_id = p.participant_id AND g.invited_at > {since} AND NOT g.waiting)
"""
"""How often someone was asked, without what is about to be."""

_FELL_OUT = """
    SELECT a.participant_id AS one_id, e.participant_id AS other_id
    FROM exchange AS e JOIN agreement AS a USING (exchange_id) JOIN experience AS x USING (exchange_id)
    WHERE {whose} AND x.answer = 'not-good' AND x.participant_id IN (a.participant_id, e.participant_id)
"""

CANDIDATES = f"""
WITH known AS MATERIALIZED (
    SELECT participant_id, bool_or(met) AS met, bool_or(NOT met) AS circle FROM (
        SELECT second_id AS participant_id, true AS met FROM acquaintance WHERE first_id = $2
        UNION ALL SELECT first_id, true FROM acquaintance WHERE second_id = $2
        UNION ALL SELECT unnest(member_ids), false FROM circle WHERE participant_id = $2
    ) AS ties GROUP BY participant_id
),
apart AS MATERIALIZED (
    SELECT participant_id FROM invitation
    WHERE exchange_id = $1 AND NOT (stage IN ('taken-back', 'arranged') AND asked_at IS NULL)
    UNION ALL SELECT one_id FROM ({_FELL_OUT.format(whose="e.participant_id = $2")}) AS asked
    UNION ALL SELECT other_id FROM ({_FELL_OUT.format(whose="a.participant_id = $2")}) AS opened
    UNION ALL SELECT $2
),
near AS (
    SELECT e.participant_id, r.ring, k.participant_id IS NULL AS stranger,
        coalesce(k.met, false) AS met, coalesce(k.circle, false) AS circle,
        uuid_hash_extended(e.participant_id, $6) AS lot
    FROM enjoyment AS e
    LEFT JOIN unnest($7::text[], $8::bigint[]) AS r (cell, ring) ON r.cell = e.cell
    LEFT JOIN known AS k ON k.participant_id = e.participant_id
    WHERE e.neighbourhood_id = $3 AND e.part = $4 AND e.kind = $5
        AND (r.ring IS NOT NULL OR e.cell IS NULL OR cardinality($7::text[]) = 0)
    ORDER BY stranger, ring, lot
),
likely AS MATERIALIZED (
    SELECT n.*, p.availability, p.languages, i.asked_at, i.not_now_at, i.silent_at, i.said_yes
    FROM near AS n
    CROSS JOIN LATERAL (
        -- LIMIT: one by one, the nearest first, and no further than it takes.
        SELECT participant_id, languages, availability, ceiling, quiet_from, quiet_until FROM participant
        WHERE neighbourhood_id = $3 AND participant_id = n.participant_id AND status = 'active' AND NOT out_of_matching
        LIMIT 1
    ) AS p
    CROSS JOIN LATERAL (
        SELECT max(at) FILTER (WHERE at > $16) AS asked_at,
            max(at) FILTER (WHERE at > $16 AND stage = 'not-now') AS not_now_at,
            max(at) FILTER (WHERE at > $16 AND stage = 'silent') AS silent_at,
            bool_or(at > $16 AND (stage = 'yes' OR (stage = 'arranged' AND answered_at IS NOT NULL))) AS said_yes,
            {_TIMES.format(since="$11")} AS times
        FROM invitation AS i, LATERAL (SELECT coalesce(i.asked_at, i.made_at) AS at) AS moment
        WHERE i.participant_id = p.participant_id AND at > least($11, $16)
    ) AS i
    WHERE p.participant_id NOT IN (SELECT participant_id FROM apart)
        AND NOT EXISTS (SELECT FROM never_kind AS v WHERE v.participant_id = p.participant_id AND v.kind = $5)
        AND (p.availability = '{{}}' OR $9::text[] = '{{}}' OR p.availability && $9)
        AND (
            $10::time IS NULL OR p.quiet_from IS NULL OR NOT CASE
                WHEN p.quiet_from <= p.quiet_until THEN $10 >= p.quiet_from AND $10 < p.quiet_until
                ELSE $10 >= p.quiet_from OR $10 < p.quiet_until
            END
        )
        AND i.times + {_AS_GUEST.format(since="$11")} < coalesce(p.ceiling, $12)
    ORDER BY n.stranger, n.ring, n.lot LIMIT $13
)
SELECT l.participant_id, l.met, l.circle, l.ring, h.likes_a_turn, h.much_rests_on_them,
    CASE WHEN l.availability = '{{}}' OR $9 = '{{}}' THEN NULL ELSE true END AS free_then,
    l.languages && $14::text[] AS same_language,
    coalesce(l.asked_at > $15, false) AS asked_lately, coalesce(l.said_yes, false) AS said_yes,
    coalesce(l.not_now_at = l.asked_at, false) AS said_not_now, coalesce(l.silent_at = l.asked_at, false) AS silent
FROM likely AS l
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE done AND NOT by_them) - count(*) FILTER (WHERE done AND by_them) >= $17
            AS likes_a_turn,
        count(*) FILTER (WHERE by_them AND agreed_at > $18) >= $19 AS much_rests_on_them
    FROM (
        SELECT stage = 'done' AS done, opening = 'offer' AS by_them, agreed_at FROM exchange
        WHERE participant_id = l.participant_id AND agreed_at > $16 AND stage IN ('agreed', 'done')
        UNION ALL
        SELECT e.stage = 'done', e.opening = 'ask', a.agreed_at
        FROM agreement AS a JOIN exchange AS e USING (exchange_id)
        WHERE a.participant_id = l.participant_id AND a.agreed_at > $16 AND a.ended_at IS NULL
            AND e.stage IN ('agreed', 'done')
    ) AS past
) AS h
"""  # noqa: S608 - constants
PLANNED_ONCE = "SET LOCAL plan_cache_mode = force_generic_plan"
"""The plan is the same for everyone, and making it takes as long as the answer does."""


async def neighbours(
    tx: Transaction, exchange: Exchange, opener: Person, neighbourhood: Neighbourhood, policy: Policy
) -> list[Neighbour]:
    """Who may be asked for an exchange, in no order, with all that decides between them."""
    if not tx.reads:
        await tx.execute(PLANNED_ONCE)
    rows = await tx.fetch(CANDIDATES, *question(exchange, opener, neighbourhood, policy, tx.now))
    return [
        Neighbour(
            participant_id=row["participant_id"], acquainted=row["met"], circle=row["circle"],
            likes_a_turn=row["likes_a_turn"], free_then=row["free_then"], ring=row["ring"],
            same_language=row["same_language"], asked_lately=row["asked_lately"], said_yes=row["said_yes"],
            said_not_now=row["said_not_now"], silent=row["silent"], much_rests_on_them=row["much_rests_on_them"],
        )
        for row in rows
    ]  # fmt: skip


def question(
    exchange: Exchange, opener: Person, neighbourhood: Neighbourhood, policy: Policy, now: datetime
) -> Sequence[object]:
    """What the statement asks for, in its order."""
    cells, rings = distances.rings(opener.cell, policy.matching.widest_ring) if opener.cell else ((), ())
    at = exchange.when.at
    return (
        exchange.exchange_id, opener.participant_id, exchange.neighbourhood_id,
        "talent" if exchange.opening == "ask" else "wish", exchange.kind,
        int.from_bytes(exchange.exchange_id.bytes[8:], signed=True), cells, rings,
        moments.slots(exchange.when, neighbourhood.zone, policy.day_parts),
        at.astimezone(neighbourhood.zone).time() if at else None,
        now - timedelta(days=CEILING_DAYS), policy.invitations.ceiling, MOST, list(opener.languages),
        now - timedelta(days=policy.matching.asked_lately_days), now - timedelta(days=policy.matching.window_days),
        policy.matching.one_way_after, now - timedelta(days=policy.small_help.drift_days), policy.attention.rests_on,
    )  # fmt: skip


async def room(tx: Transaction, participant_ids: Collection[UUID], *, counted: bool = False) -> set[UUID]:
    """Who of these may be asked once more: for an exchange, or for a gathering.

    With `counted`, whether what was to be asked later may go out now: they may have come to want fewer since.
    """
    asked = (_HEARD if counted else _ASKED).format(since="$2")
    rows = await tx.fetch(
        f"""
        SELECT p.participant_id, p.ceiling, n.policy, {asked} AS asked
        FROM participant AS p LEFT JOIN neighbourhood AS n USING (neighbourhood_id)
        WHERE p.participant_id = ANY($1::uuid[])
        """,  # noqa: S608 - a constant
        list(participant_ids), tx.now - timedelta(days=CEILING_DAYS),
    )  # fmt: skip
    whole: Policy = tx.settings.policy
    return {
        row["participant_id"]
        for row in rows
        if row["asked"] < _ceiling(row["ceiling"], whole.named(row["policy"] or DEFAULT))
    }


async def held(tx: Transaction, participant_ids: Collection[UUID], *, wait: bool) -> list[Person]:
    """These people, to be asked: nobody else asks them meanwhile. Without `wait`, only who is free at this moment."""
    rows = await tx.fetch(
        f"""
        SELECT * FROM participant WHERE participant_id = ANY($1::uuid[]) ORDER BY participant_id
        FOR NO KEY UPDATE {"" if wait else "SKIP LOCKED"}
        """,  # noqa: S608 - a constant
        list(participant_ids),
    )
    return [person_from(row) for row in rows]


async def fell_out(tx: Transaction, one: UUID, other: UUID) -> bool:
    """Whether it was not good between two people, by the word of either."""
    return bool(
        await tx.fetchval(
            f"""
            SELECT EXISTS ({_FELL_OUT.format(whose="e.participant_id = $1 AND a.participant_id = $2")})
            OR EXISTS ({_FELL_OUT.format(whose="e.participant_id = $2 AND a.participant_id = $1")})
            """,
            one, other,
        )
    )  # fmt: skip


async def never(tx: Transaction, participant_id: UUID, kind: str | None) -> bool:
    """Whether someone doesn't want to be asked for this kind."""
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM never_kind WHERE participant_id = $1 AND kind = $2)", participant_id, kind
        )
    )


async def keep_never(tx: Transaction, participant_id: UUID, kind: str) -> None:
    """Someone doesn't want to be asked for this kind again."""
    await tx.execute(
        "INSERT INTO never_kind (participant_id, kind, since) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        participant_id, kind, tx.now,
    )  # fmt: skip


async def drop_never(tx: Transaction, participant_id: UUID, kind: str) -> None:
    """They may be asked for it again."""
    await tx.execute("DELETE FROM never_kind WHERE participant_id = $1 AND kind = $2", participant_id, kind)


async def talent(tx: Transaction, participant_id: UUID, kind: str | None) -> Enjoyment | None:
    """What someone says of a talent of this kind."""
    row = await tx.fetchrow(
        "SELECT kind, words FROM enjoyment WHERE participant_id = $1 AND part = 'talent' AND kind = $2",
        participant_id, kind,
    )  # fmt: skip
    return Enjoyment(kind=row["kind"], words=row["words"]) if row else None


def _ceiling(own: int | None, policy: Policy) -> int:
    return policy.invitations.ceiling if own is None else own
