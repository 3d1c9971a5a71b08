"""SQL of who is invited to gatherings, comes, and was there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from services.exchange.domain.gatherings import Gathering, Guest, Neighbour
from shared.database import Record
from shared.messaging import Transaction

MOST_SHOWN = 200
"""What fits in one message."""
_COLUMNS = (
    "gathering_id", "participant_id", "invited_at", "waiting", "coming", "bringing", "answered_at", "answered_by",
    "how", "was_there",
)  # fmt: skip
_NAMES = ", ".join(_COLUMNS)
_PLACES = ", ".join(f"${number}" for number in range(1, len(_COLUMNS) + 1))
_SETS = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[2:])


async def keep(tx: Transaction, *guests: Guest) -> None:
    """How guests stand from now on, new or known. Their gathering is locked first."""
    await tx.executemany(
        f"""
        INSERT INTO guest ({_NAMES}) VALUES ({_PLACES})
        ON CONFLICT (gathering_id, participant_id) DO UPDATE SET {_SETS}
        """,  # noqa: S608 - constants
        [tuple(getattr(guest, name) for name in _COLUMNS) for guest in guests],
    )


async def read(tx: Transaction, gathering_id: UUID, participant_id: UUID) -> Guest | None:
    """One guest."""
    row = await tx.fetchrow(
        "SELECT * FROM guest WHERE gathering_id = $1 AND participant_id = $2", gathering_id, participant_id
    )
    return _guest(row) if row else None


async def of_gathering(tx: Transaction, gathering_id: UUID) -> list[Guest]:
    """All guests of a gathering, in the order of their ids."""
    rows = await tx.fetch("SELECT * FROM guest WHERE gathering_id = $1 ORDER BY participant_id", gathering_id)
    return [_guest(row) for row in rows]


async def shown(tx: Transaction, gathering_id: UUID) -> list[Guest]:
    """The guests of a gathering as far as they fit in a message, who comes first."""
    rows = await tx.fetch(
        """
        SELECT * FROM guest WHERE gathering_id = $1
        ORDER BY coalesce(was_there, coming, false) DESC, coming DESC NULLS LAST, participant_id LIMIT $2
        """,
        gathering_id, MOST_SHOWN,
    )  # fmt: skip
    return [_guest(row) for row in rows]


async def own(tx: Transaction, gathering_ids: Collection[UUID], viewer_id: UUID) -> list[Guest]:
    """Of the guests of these gatherings the viewer, and whom they hold a mandate for."""
    rows = await tx.fetch(
        """
        SELECT g.* FROM guest AS g LEFT JOIN participant AS p USING (participant_id)
        WHERE g.gathering_id = ANY($1::uuid[]) AND (g.participant_id = $2 OR $2 = ANY(p.mandate_holder_ids))
        ORDER BY g.participant_id
        """,
        list(gathering_ids), viewer_id,
    )  # fmt: skip
    return [_guest(row) for row in rows]


async def coming(tx: Transaction, gatherings: Collection[Gathering]) -> dict[UUID, int]:
    """How many come to each of these gatherings, the host not among them."""
    rows = await tx.fetch(
        """
        SELECT h.gathering_id, count(*) AS coming FROM gathering AS h JOIN guest AS g USING (gathering_id)
        WHERE h.gathering_id = ANY($1::uuid[]) AND g.coming AND g.participant_id IS DISTINCT FROM h.host_id
        GROUP BY h.gathering_id
        """,
        [each.gathering_id for each in gatherings],
    )
    return {row["gathering_id"]: row["coming"] for row in rows}


async def to_tell(tx: Transaction, gathering: Gathering) -> list[UUID]:
    """Who hears of a change: the host, who comes, and who was asked and didn't say no, unless they rest now."""
    rows = await tx.fetch(
        """
        SELECT p.participant_id FROM participant AS p
        LEFT JOIN guest AS g ON g.gathering_id = $1 AND g.participant_id = p.participant_id
        WHERE p.participant_id IN (SELECT participant_id FROM guest WHERE gathering_id = $1 UNION SELECT $2::uuid)
            AND p.status <> 'left'
            AND (
                p.participant_id = $2 OR g.coming
                OR (g.coming IS NULL AND g.invited_at IS NOT NULL AND NOT g.waiting AND p.status = 'active')
            )
        ORDER BY p.participant_id
        """,
        gathering.gathering_id, gathering.host_id,
    )  # fmt: skip
    return [row["participant_id"] for row in rows]


async def drop_unasked(tx: Transaction, gathering_id: UUID) -> None:
    """Who was to be invited later is not any more."""
    await tx.execute("DELETE FROM guest WHERE gathering_id = $1 AND waiting", gathering_id)


async def drop(tx: Transaction, guest: Guest) -> None:
    await tx.execute(
        "DELETE FROM guest WHERE gathering_id = $1 AND participant_id = $2", guest.gathering_id, guest.participant_id
    )


async def free_places(tx: Transaction, participant_id: UUID, *, still_in: str | None) -> None:
    """Someone comes to nothing that lies ahead, but where they still live; nor are they asked what waits for them."""
    ahead = """
        g.participant_id = $1 AND h.gathering_id = g.gathering_id AND h.starts_at > $2
        AND h.neighbourhood_id IS DISTINCT FROM $3
    """
    await tx.execute(
        f"DELETE FROM guest AS g USING gathering AS h WHERE {ahead} AND g.waiting",  # noqa: S608 - a constant
        participant_id, tx.now, still_in,
    )  # fmt: skip
    await tx.execute(
        f"UPDATE guest AS g SET coming = false, bringing = NULL FROM gathering AS h WHERE {ahead} AND g.coming",  # noqa: S608
        participant_id, tx.now, still_in,
    )  # fmt: skip


async def near(tx: Transaction, gathering: Gathering) -> list[Neighbour]:
    """Who may be invited: who lives there and takes part, also out of matching, and is no guest yet.

    Not who never wants this kind, nor who was asked for another one of the series and did not come to it.
    """
    rows = await tx.fetch(
        """
        WITH there AS MATERIALIZED (
            SELECT participant_id FROM guest WHERE gathering_id = $1 AND coming
            UNION SELECT $3::uuid WHERE $3::uuid IS NOT NULL
        ), known AS MATERIALIZED (
            SELECT a.second_id AS participant_id FROM acquaintance AS a JOIN there AS t ON t.participant_id = a.first_id
            UNION SELECT a.first_id FROM acquaintance AS a JOIN there AS t ON t.participant_id = a.second_id
            UNION SELECT unnest(c.member_ids) FROM circle AS c JOIN there AS t USING (participant_id)
        )
        SELECT p.participant_id, p.availability,
            EXISTS (SELECT FROM known AS k WHERE k.participant_id = p.participant_id) AS knows_someone,
            NOT EXISTS (SELECT FROM acquaintance AS a WHERE a.first_id = p.participant_id)
                AND NOT EXISTS (SELECT FROM acquaintance AS a WHERE a.second_id = p.participant_id)
                AND NOT EXISTS (SELECT FROM circle AS c WHERE c.participant_id = p.participant_id
                                AND cardinality(c.member_ids) > 0) AS knows_nobody,
            EXISTS (SELECT FROM enjoyment AS e WHERE e.participant_id = p.participant_id AND e.kind = $4) AS enjoys_it
        FROM participant AS p
        WHERE p.neighbourhood_id = $2 AND p.status = 'active' AND p.participant_id IS DISTINCT FROM $3
            AND NOT EXISTS (SELECT FROM guest AS g WHERE g.gathering_id = $1 AND g.participant_id = p.participant_id)
            AND NOT EXISTS (SELECT FROM never_kind AS n WHERE n.participant_id = p.participant_id AND n.kind = $4)
            AND NOT EXISTS (
                SELECT FROM guest AS g JOIN gathering AS h USING (gathering_id)
                WHERE g.participant_id = p.participant_id AND h.series_id = $5 AND g.invited_at IS NOT NULL
                    AND coalesce(g.was_there, g.coming) IS NOT true
            )
        """,
        gathering.gathering_id, gathering.neighbourhood_id, gathering.host_id, gathering.kind, gathering.series_id,
    )  # fmt: skip
    return [
        Neighbour(
            participant_id=row["participant_id"], knows_someone=row["knows_someone"],
            knows_nobody=row["knows_nobody"], enjoys_it=row["enjoys_it"], availability=tuple(row["availability"]),
        )
        for row in rows
    ]  # fmt: skip


# --- who was there


async def homes(tx: Transaction, participant_ids: Collection[UUID]) -> dict[UUID, str]:
    """Of these people those that we know, and where they live; they stay as they are meanwhile."""
    rows = await tx.fetch(
        """
        SELECT participant_id, neighbourhood_id FROM participant WHERE participant_id = ANY($1::uuid[])
        ORDER BY participant_id FOR NO KEY UPDATE
        """,
        list(participant_ids),
    )
    return {row["participant_id"]: row["neighbourhood_id"] for row in rows}


async def record(tx: Transaction, gathering_id: UUID, participant_ids: Collection[UUID]) -> None:
    """These were there, whoever else is a guest was not."""
    await tx.execute(
        """
        UPDATE guest SET was_there = participant_id = ANY($2::uuid[]) WHERE gathering_id = $1
        """,
        gathering_id, list(participant_ids),
    )  # fmt: skip
    await tx.execute(
        """
        INSERT INTO guest (gathering_id, participant_id, was_there) SELECT $1, unnest($2::uuid[]), true
        ON CONFLICT (gathering_id, participant_id) DO NOTHING
        """,
        gathering_id, list(participant_ids),
    )  # fmt: skip


async def heard_of(tx: Transaction, participant_ids: Collection[UUID], gathering: Gathering) -> None:
    """Who was at a gathering gave a sign of life then; who fell silent after it stays silent."""
    await tx.execute(
        """
        UPDATE participant SET heard_at = greatest(heard_at, $2),
            silence_told_at = CASE WHEN heard_at < $2 THEN NULL ELSE silence_told_at END
        WHERE participant_id = ANY($1::uuid[])
        """,
        list(participant_ids), min(gathering.ends_at, tx.now),
    )  # fmt: skip


async def unmeet(tx: Transaction, participant_ids: Sequence[UUID], others: Sequence[UUID]) -> None:
    """Who was not there after all did not meet the others there. What they met at otherwise stands: another gathering,
    something done together, an introduction."""
    await tx.execute(
        """
        DELETE FROM acquaintance AS a
        WHERE a.through = 'gathering'
            AND (
                (a.first_id = ANY($1::uuid[]) AND a.second_id = ANY($2::uuid[]))
                OR (a.second_id = ANY($1::uuid[]) AND a.first_id = ANY($2::uuid[]))
            )
            AND NOT EXISTS (
                SELECT FROM guest AS one JOIN guest AS other USING (gathering_id)
                WHERE one.participant_id = a.first_id AND other.participant_id = a.second_id
                    AND one.was_there AND other.was_there
            )
            AND NOT EXISTS (
                SELECT FROM exchange AS e JOIN agreement AS g USING (exchange_id)
                WHERE e.stage = 'done' AND g.ended_at IS NULL
                    AND ((e.participant_id = a.first_id AND g.participant_id = a.second_id)
                        OR (e.participant_id = a.second_id AND g.participant_id = a.first_id))
            )
        """,
        list(participant_ids), list(others),
    )  # fmt: skip


def _guest(row: Record) -> Guest:
    return Guest(**dict(row))
