"""SQL of what the pages show beside what services answer: for whom someone may act, and how who acted is called."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from services.notify.domain.people import Person
from services.notify.repository.people import person_from
from shared.messaging import Transaction


async def may_act_for(tx: Transaction, holder_id: UUID) -> list[Person]:
    """Of whom they hold the mandate now."""
    rows = await tx.fetch(
        """
        SELECT * FROM participant WHERE mandate_holder_ids @> ARRAY[$1::uuid] AND status <> 'left'
        ORDER BY name, participant_id LIMIT 50
        """,
        holder_id,
    )
    return [person_from(row) for row in rows]


async def called(tx: Transaction, ids: Collection[str], language: str) -> dict[str, str]:
    """What people, workers, neighbourhoods and organisations are called, by their ids as texts."""
    wanted = [each.partition(":")[2] if ":" in each else each for each in ids]
    rows = await tx.fetch(
        """
        SELECT participant_id::text AS id, name FROM participant WHERE participant_id::text = ANY($1::text[])
        UNION ALL SELECT worker_id::text, name FROM worker WHERE worker_id::text = ANY($1::text[])
        UNION ALL
        SELECT neighbourhood_id,
            coalesce(names ->> $2, names ->> 'nl', (SELECT value FROM json_each_text(names) LIMIT 1))
        FROM neighbourhood WHERE neighbourhood_id = ANY($1::text[])
        UNION ALL
        SELECT organisation_id,
            coalesce(names ->> $2, names ->> 'nl', (SELECT value FROM json_each_text(names) LIMIT 1))
        FROM organisation WHERE organisation_id = ANY($1::text[])
        """,
        wanted, language,
    )  # fmt: skip
    return {row["id"]: row["name"] for row in rows if row["name"]}


async def names_of_actors(tx: Transaction, actors: Collection[str]) -> dict[str, str]:
    """What `worker:<id>` and `partner:<id>` are called, of those that are known."""
    ids = [each.partition(":")[2] for each in actors if each.startswith("worker:")]
    rows = await tx.fetch("SELECT worker_id, name FROM worker WHERE worker_id::text = ANY($1::text[])", ids)
    return {f"worker:{row['worker_id']}": row["name"] for row in rows}
