"""SQL of entries that may be one person."""

from __future__ import annotations

from uuid import UUID

from services.profiles.domain.participants import Participant, email_key, name_key, phone_key
from shared.contracts.profiles import ParticipantSummary, PossibleDouble
from shared.database import Record
from shared.messaging import Transaction

MOST_DOUBLES = 20
"""As many as are noted for one entry: a number that a whole organisation shares says nothing."""
_SHOWN = (
    "participant_id",
    "name",
    "neighbourhood_id",
    "status",
    "paused_until",
    "out_of_matching",
    "registered_at",
    "visited_at",
)


def likely(neighbourhood_id: str, name: str, email: str, phone: str) -> str:
    """Entries with the same name in the same neighbourhood, or the same e-mail or phone. Takes SQL, gives SQL.

    A branch each, so that an index serves it also in a table that PostgreSQL knows nothing of yet: an `OR` is planned
    as a scan of what was empty a minute ago, which an import then fills.
    """
    columns = {
        "name": f"neighbourhood_id = {neighbourhood_id} AND name_key = {name}",
        "email": f"email_key = {email}",
        "phone": f"phone_key = {phone}",
    }
    branches = " UNION ALL ".join(
        f"(SELECT participant_id, '{by}' AS by FROM participant"  # noqa: S608 - constants of this module
        f" WHERE {same} AND status <> 'merged' LIMIT {MOST_DOUBLES})"
        for by, same in columns.items()
    )
    return f"SELECT participant_id, array_agg(by) AS same_by FROM ({branches}) AS found GROUP BY 1 LIMIT {MOST_DOUBLES}"  # noqa: S608 - as above


async def note(tx: Transaction, person: Participant) -> list[UUID]:
    """Keep the pairs that this entry may form now. Returns the other entries of those that are new."""
    rows = await tx.fetch(
        f"""
        INSERT INTO possible_double (first_id, second_id, same_by, found_at)
        SELECT least(participant_id, $1), greatest(participant_id, $1), same_by, $6
        FROM ({likely("$2", "$3", "$4", "$5")}) AS found WHERE participant_id <> $1
        ON CONFLICT DO NOTHING RETURNING CASE WHEN first_id = $1 THEN second_id ELSE first_id END AS other_id
        """,  # noqa: S608 - constants of this module
        person.participant_id, person.neighbourhood_id, name_key(person.name), email_key(person.reach.email),
        phone_key(person.reach.phone), tx.now,
    )  # fmt: skip
    return [row["other_id"] for row in rows]


async def dismiss(tx: Transaction, one: UUID, other: UUID, by: str) -> bool:
    """Two people after all. False when the pair was never noted."""
    first, second = sorted((one, other))
    found = await tx.fetchval(
        """
        UPDATE possible_double
        SET dismissed_at = coalesce(dismissed_at, $3), dismissed_by = coalesce(dismissed_by, $4)
        WHERE first_id = $1 AND second_id = $2 RETURNING true
        """,
        first, second, tx.now, by,
    )  # fmt: skip
    return bool(found)


async def drop(tx: Transaction, participant_id: UUID) -> None:
    """No pair with this entry is left: it was merged."""
    await tx.execute("DELETE FROM possible_double WHERE $1 IN (first_id, second_id)", participant_id)


async def listed(
    tx: Transaction, neighbourhood_id: str | None, participant_id: UUID | None, after: tuple[UUID, UUID] | None,
    limit: int,
) -> list[PossibleDouble]:  # fmt: skip
    """Pairs that wait for a worker, of which at least one lives in the neighbourhood."""
    columns = ", ".join(f"{side}.{name} AS {side}_{name}" for side in ("a", "b") for name in _SHOWN)
    rows = await tx.fetch(
        f"""
        SELECT d.same_by, d.found_at, {columns} FROM possible_double AS d
        JOIN participant AS a ON a.participant_id = d.first_id
        JOIN participant AS b ON b.participant_id = d.second_id
        WHERE d.dismissed_at IS NULL
            AND ($1::text IS NULL OR $1 IN (a.neighbourhood_id, b.neighbourhood_id))
            AND ($2::uuid IS NULL OR (d.first_id, d.second_id) > ($2, $3::uuid))
            AND ($5::uuid IS NULL OR $5 IN (d.first_id, d.second_id))
        ORDER BY d.first_id, d.second_id LIMIT $4
        """,  # noqa: S608 - constants of this module
        neighbourhood_id, *(after or (None, None)), limit, participant_id,
    )  # fmt: skip
    return [
        PossibleDouble(first=_side(row, "a"), second=_side(row, "b"), by=row["same_by"], found_at=row["found_at"])
        for row in rows
    ]


def _side(row: Record, side: str) -> ParticipantSummary:
    return ParticipantSummary(**{name: row[f"{side}_{name}"] for name in _SHOWN})
