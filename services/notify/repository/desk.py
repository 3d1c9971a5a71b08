"""SQL of the desk: what people, workers and places are called, and which neighbourhoods a worker answers for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from services.notify.domain.people import Worker
from services.notify.repository.people import worker_from
from shared.messaging import Transaction


@dataclass(frozen=True, slots=True)
class Called:
    """Names by id."""

    people: dict[UUID, str]
    workers: dict[UUID, str]
    places: dict[str, str]


async def called(tx: Transaction, people: Collection[UUID], language: str) -> Called:
    """What these people are called, and every worker and neighbourhood. Who left has no name any more."""
    rows = await tx.fetch(
        """
        SELECT 'person' AS kind, p.participant_id::text AS id, p.name FROM participant AS p
        WHERE p.participant_id = ANY($1::uuid[]) AND p.name IS NOT NULL
        UNION ALL
        SELECT 'person', m.participant_id::text, p.name FROM merged_entry AS m
        JOIN participant AS p ON p.participant_id = m.survivor_id
        WHERE m.participant_id = ANY($1::uuid[]) AND p.name IS NOT NULL
        UNION ALL
        SELECT 'worker', worker_id::text, name FROM worker WHERE name <> ''
        UNION ALL
        SELECT 'place', neighbourhood_id,
            coalesce(names ->> $2, names ->> 'nl', (SELECT value FROM json_each_text(names) LIMIT 1))
        FROM neighbourhood
        """,
        list(people), language,
    )  # fmt: skip
    named: dict[str, dict[str, str]] = {"person": {}, "worker": {}, "place": {}}
    for row in rows:
        named[row["kind"]][row["id"]] = row["name"] or row["id"]
    return Called(
        {UUID(id_): name for id_, name in named["person"].items()},
        {UUID(id_): name for id_, name in named["worker"].items()}, named["place"],
    )  # fmt: skip


async def answers_for(tx: Transaction, worker: Worker) -> list[str]:
    """Their own neighbourhoods and where they are on duty for somebody else now; of a coordinator without any: where
    they stand behind the others."""
    rows = await tx.fetch(
        """
        SELECT n.neighbourhood_id FROM neighbourhood AS n LEFT JOIN duty AS d USING (neighbourhood_id)
        WHERE NOT n.retired AND (
            n.neighbourhood_id = ANY($1::text[]) OR d.worker_id = $2 OR ($1 = '{}' AND d.coordinator_id = $2)
        )
        ORDER BY array_position($1::text[], n.neighbourhood_id) NULLS LAST, n.neighbourhood_id LIMIT 20
        """,
        list(worker.neighbourhood_ids), worker.worker_id,
    )  # fmt: skip
    return [row["neighbourhood_id"] for row in rows]


async def colleagues(tx: Transaction, worker: Worker) -> list[Worker]:
    """Who else works there: in the same organisation or neighbourhood."""
    rows = await tx.fetch(
        """
        SELECT * FROM worker
        WHERE NOT ended AND worker_id <> $1 AND (organisation_id = $2 OR neighbourhood_ids && $3::text[])
        ORDER BY name LIMIT 100
        """,
        worker.worker_id, worker.organisation_id, list(worker.neighbourhood_ids),
    )  # fmt: skip
    return [worker_from(row) for row in rows]
