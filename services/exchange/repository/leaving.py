"""SQL of leaving, of two entries that become one, and of erasure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from shared.messaging import Transaction

_RECORDED = (
    ("exchange", "recorded_by"), ("invitation", "reviewed_by"), ("invitation", "answered_by"),
    ("experience", "recorded_by"), ("thanks", "recorded_by"), ("series", "planned_by"), ("gathering", "planned_by"),
    ("guest", "answered_by"), ("agreement", "answered_by"),
)  # fmt: skip
"""Where it stands who recorded something, as `participant:<id>`."""


# --- what someone is in


_OF_THEIRS = """
    SELECT exchange_id FROM exchange WHERE participant_id = ANY($1::uuid[])
    UNION SELECT exchange_id FROM invitation WHERE participant_id = ANY($1::uuid[])
    UNION SELECT exchange_id FROM agreement WHERE participant_id = ANY($1::uuid[])
"""


async def live_exchanges(tx: Transaction, participant_id: UUID) -> list[UUID]:
    """What someone opened, is asked for, said yes to or agreed to, and has not ended."""
    rows = await tx.fetch(
        """
        SELECT exchange_id FROM exchange WHERE participant_id = $1 AND ended_at IS NULL
        UNION
        SELECT i.exchange_id FROM invitation AS i JOIN exchange AS e USING (exchange_id)
        WHERE i.participant_id = $1 AND i.stage IN ('held', 'waiting', 'asked', 'yes') AND e.ended_at IS NULL
        UNION
        SELECT a.exchange_id FROM agreement AS a JOIN exchange AS e USING (exchange_id)
        WHERE a.participant_id = $1 AND a.ended_at IS NULL AND e.ended_at IS NULL
        ORDER BY exchange_id
        """,
        participant_id,
    )
    return [row["exchange_id"] for row in rows]


async def hold(tx: Transaction, participant_ids: Sequence[UUID], *, ended: bool) -> None:
    """Nobody else changes what these people are in until this transaction ends, nor with `ended` what they were in.

    Before the people themselves, as everywhere: or two transactions would wait for each other.
    """
    await tx.execute(
        f"""
        SELECT FROM exchange WHERE exchange_id IN ({_OF_THEIRS}) AND ($2 OR ended_at IS NULL)
        ORDER BY exchange_id FOR UPDATE
        """,
        list(participant_ids), ended,
    )  # fmt: skip


# --- two entries of one person


async def remember_merged(tx: Transaction, participant_id: UUID, survivor_id: UUID) -> None:
    """One entry goes on under another, and so do those that had been merged into it."""
    await tx.execute("UPDATE merged_entry SET survivor_id = $2 WHERE survivor_id = $1", participant_id, survivor_id)
    await tx.execute(
        """
        INSERT INTO merged_entry (participant_id, survivor_id) VALUES ($1, $2)
        ON CONFLICT (participant_id) DO UPDATE SET survivor_id = excluded.survivor_id
        """,
        participant_id, survivor_id,
    )  # fmt: skip


async def exchanges_of_both(tx: Transaction, one_id: UUID, other_id: UUID) -> list[UUID]:
    """Exchanges in which both stand, on whichever side."""
    rows = await tx.fetch(
        """
        SELECT exchange_id FROM (
            SELECT exchange_id, participant_id FROM exchange WHERE participant_id IN ($1, $2)
            UNION SELECT exchange_id, participant_id FROM invitation WHERE participant_id IN ($1, $2)
            UNION SELECT exchange_id, participant_id FROM agreement WHERE participant_id IN ($1, $2)
        ) AS standing GROUP BY exchange_id HAVING count(*) = 2 ORDER BY exchange_id
        """,
        one_id, other_id,
    )  # fmt: skip
    return [row["exchange_id"] for row in rows]


async def waits_at(tx: Transaction, participant_id: UUID) -> list[tuple[UUID, str, datetime]]:
    """The gatherings to which someone is invited when their quiet hours are over, each with its neighbourhood."""
    rows = await tx.fetch(
        """
        SELECT g.gathering_id, h.neighbourhood_id, g.invited_at FROM guest AS g JOIN gathering AS h USING (gathering_id)
        WHERE g.participant_id = $1 AND g.waiting AND g.invited_at IS NOT NULL ORDER BY g.gathering_id
        """,
        participant_id,
    )
    return [tuple(row) for row in rows]


async def take_out(tx: Transaction, exchange_id: UUID, participant_id: UUID) -> None:
    """As if they had never been asked for an exchange."""
    for table in ("invitation", "agreement"):
        await tx.execute(
            f"DELETE FROM {table} WHERE exchange_id = $1 AND participant_id = $2",  # noqa: S608
            exchange_id, participant_id,
        )  # fmt: skip


async def move(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    """All that is kept of the one is of the other. In each exchange at most one of them was still asked or agreed."""
    await tx.execute(
        """
        DELETE FROM experience AS d USING experience AS s
        WHERE d.participant_id = $1 AND s.participant_id = $2 AND s.exchange_id = d.exchange_id
        """,
        double_id, survivor_id,
    )  # fmt: skip
    for table in ("exchange", "invitation", "agreement", "experience", "thanks"):
        await tx.execute(
            f"UPDATE {table} SET participant_id = $2 WHERE participant_id = $1",  # noqa: S608
            double_id, survivor_id,
        )  # fmt: skip
    await _move_kinds(tx, double_id, survivor_id)
    await _move_acquaintances(tx, double_id, survivor_id)
    await _move_gatherings(tx, double_id, survivor_id)
    for table, column in _RECORDED:
        await tx.execute(
            f"UPDATE {table} SET {column} = $2 WHERE {column} = $1",  # noqa: S608
            f"participant:{double_id}", f"participant:{survivor_id}",
        )  # fmt: skip
    await tx.execute(
        """
        UPDATE participant AS s SET heard_at = greatest(s.heard_at, d.heard_at),
            known_since = least(s.known_since, d.known_since)
        FROM participant AS d WHERE d.participant_id = $1 AND s.participant_id = $2
        """,
        double_id, survivor_id,
    )  # fmt: skip


async def _move_kinds(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    await tx.execute(
        """
        WITH moved AS (DELETE FROM never_kind WHERE participant_id = $1 RETURNING kind, since)
        INSERT INTO never_kind (participant_id, kind, since) SELECT $2, kind, since FROM moved
        ON CONFLICT (participant_id, kind) DO UPDATE SET since = greatest(never_kind.since, excluded.since)
        """,
        double_id, survivor_id,
    )  # fmt: skip


async def _move_acquaintances(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    """Of a pair that had met in both ways, the first is kept; nobody is acquainted with themselves."""
    await tx.execute(
        """
        WITH moved AS (
            DELETE FROM acquaintance WHERE $1 IN (first_id, second_id)
            RETURNING CASE WHEN first_id = $1 THEN second_id ELSE first_id END AS other_id, since, through
        )
        INSERT INTO acquaintance (first_id, second_id, since, through)
        SELECT least($2, other_id), greatest($2, other_id), since, through FROM moved WHERE other_id <> $2
        ON CONFLICT (first_id, second_id) DO UPDATE SET
            through = CASE WHEN excluded.since < acquaintance.since THEN excluded.through ELSE acquaintance.through END,
            since = least(acquaintance.since, excluded.since)
        """,
        double_id, survivor_id,
    )  # fmt: skip


async def _move_gatherings(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    """Of two places at one gathering one is kept, and none of who welcomes the others there."""
    for table in ("gathering", "series"):
        await tx.execute(f"UPDATE {table} SET host_id = $2 WHERE host_id = $1", double_id, survivor_id)  # noqa: S608
    await tx.execute(
        """
        UPDATE guest AS s SET coming = greatest(s.coming, d.coming), bringing = coalesce(s.bringing, d.bringing),
            was_there = greatest(s.was_there, d.was_there), invited_at = least(s.invited_at, d.invited_at),
            waiting = s.waiting AND d.waiting
        FROM guest AS d
        WHERE d.participant_id = $1 AND s.participant_id = $2 AND s.gathering_id = d.gathering_id
        """,
        double_id, survivor_id,
    )  # fmt: skip
    await tx.execute(
        """
        DELETE FROM guest AS d USING guest AS s
        WHERE d.participant_id = $1 AND s.participant_id = $2 AND s.gathering_id = d.gathering_id
        """,
        double_id, survivor_id,
    )  # fmt: skip
    await tx.execute("UPDATE guest SET participant_id = $2 WHERE participant_id = $1", double_id, survivor_id)
    await tx.execute(
        """
        DELETE FROM guest AS g USING gathering AS h
        WHERE g.participant_id = $1 AND h.gathering_id = g.gathering_id AND h.host_id = $1 AND h.stage = 'planned'
        """,
        survivor_id,
    )


# --- erasure


async def timed(tx: Transaction, participant_ids: Sequence[UUID]) -> tuple[list[UUID], list[UUID]]:
    """What may have timers and is theirs alone: the exchanges that these people opened, and the questions in them or
    to these people."""
    exchanges = await tx.fetch(
        "SELECT exchange_id FROM exchange WHERE participant_id = ANY($1::uuid[])", list(participant_ids)
    )
    invitations = await tx.fetch(
        """
        SELECT invitation_id FROM invitation WHERE participant_id = ANY($1::uuid[])
        UNION SELECT i.invitation_id FROM invitation AS i JOIN exchange AS e USING (exchange_id)
        WHERE e.participant_id = ANY($1::uuid[])
        """,
        list(participant_ids),
    )
    return [row["exchange_id"] for row in exchanges], [row["invitation_id"] for row in invitations]


async def erase(tx: Transaction, participant_ids: Sequence[UUID]) -> None:
    """Delete all that is held on these people, and their part in what is held on others."""
    for statement in _ERASE:
        await tx.execute(statement, list(participant_ids))
    for participant_id in participant_ids:
        await _erase_from_lists(tx, participant_id)
        for table, column in _RECORDED:
            await tx.execute(
                f"UPDATE {table} SET {column} = 'participant' WHERE {column} = $1",  # noqa: S608
                f"participant:{participant_id}",
            )


_ERASE = (
    # What the other side said to them in thanks is about them.
    """
    DELETE FROM thanks AS t USING agreement AS a, exchange AS e
    WHERE a.participant_id = ANY($1::uuid[]) AND e.exchange_id = a.exchange_id AND t.exchange_id = e.exchange_id
        AND t.participant_id = e.participant_id
    """,
    "DELETE FROM exchange WHERE participant_id = ANY($1::uuid[])",
    "DELETE FROM invitation WHERE participant_id = ANY($1::uuid[])",
    "DELETE FROM agreement WHERE participant_id = ANY($1::uuid[])",
    "DELETE FROM experience WHERE participant_id = ANY($1::uuid[])",
    "DELETE FROM thanks WHERE participant_id = ANY($1::uuid[])",
    "DELETE FROM never_kind WHERE participant_id = ANY($1::uuid[])",
    "DELETE FROM acquaintance WHERE first_id = ANY($1::uuid[]) OR second_id = ANY($1::uuid[])",
    # Where they welcomed people may have been at home. What lies ahead has another host by now.
    "UPDATE gathering SET host_id = NULL, title = '…', place = '…', bring = NULL WHERE host_id = ANY($1::uuid[])",
    "UPDATE series SET host_id = NULL, title = '…', place = '…', bring = NULL WHERE host_id = ANY($1::uuid[])",
    "DELETE FROM guest WHERE participant_id = ANY($1::uuid[])",
    "DELETE FROM circle WHERE participant_id = ANY($1::uuid[])",
    "DELETE FROM consents WHERE participant_id = ANY($1::uuid[])",
    "DELETE FROM participant WHERE participant_id = ANY($1::uuid[])",
    "DELETE FROM merged_entry WHERE participant_id = ANY($1::uuid[]) OR survivor_id = ANY($1::uuid[])",
)


async def _erase_from_lists(tx: Transaction, participant_id: UUID) -> None:
    """Until profiles tells them anew, these lists go without who is gone."""
    await tx.execute(
        "UPDATE circle SET member_ids = array_remove(member_ids, $1) WHERE $1 = ANY(member_ids)", participant_id
    )
    await tx.execute(
        """
        UPDATE participant SET mandate_holder_ids = array_remove(mandate_holder_ids, $1)
        WHERE $1 = ANY(mandate_holder_ids)
        """,
        participant_id,
    )
