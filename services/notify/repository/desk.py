"""SQL of the desk: what people, workers and places are called, and which neighbourhoods a worker answers for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from services.notify.domain.links import Session
from services.notify.domain.people import Neighbourhood, Worker
from services.notify.repository.people import neighbourhood_from, worker_from
from shared.database import Record
from shared.messaging import Transaction


@dataclass(frozen=True, slots=True)
class Called:
    """Names by id."""

    people: dict[UUID, str]
    workers: dict[UUID, str]
    places: dict[str, str]


@dataclass(frozen=True, slots=True)
class Seat:
    """A worker at the desk, with what every page of it builds on."""

    session: Session
    worker: Worker | None
    neighbourhood: Neighbourhood | None
    """The first of theirs, by which the page is set."""
    duty: Worker | None
    """Who answers for it now."""
    places: tuple[str, ...]
    """The neighbourhoods that the worker answers for now."""


def _columns(table: str, kind: type[Session | Worker]) -> str:
    """Of one of the tables: `w.name AS w_name`."""
    return ", ".join(f"{table}.{name} AS {table}_{name}" for name in kind.__dataclass_fields__)


_SEAT = f"""
    SELECT {_columns("s", Session)}, {_columns("w", Worker)}, {_columns("b", Worker)}, n.neighbourhood_id, n.names,
        n.timezone, n.policy, n.organisation_id, n.retired, d.worker_id, d.role, d.backup_id, d.coordinator_id, ARRAY(
            SELECT h.neighbourhood_id FROM neighbourhood AS h LEFT JOIN duty AS o USING (neighbourhood_id)
            WHERE NOT h.retired AND (
                h.neighbourhood_id = ANY(w.neighbourhood_ids) OR o.worker_id = w.worker_id
                OR (w.neighbourhood_ids = '{{}}' AND o.coordinator_id = w.worker_id)
            )
            ORDER BY array_position(w.neighbourhood_ids, h.neighbourhood_id) NULLS LAST, h.neighbourhood_id LIMIT 20
        ) AS places
    FROM page_session AS s
    LEFT JOIN worker AS w ON w.worker_id = s.holder_id
    LEFT JOIN neighbourhood AS n ON n.neighbourhood_id = w.neighbourhood_ids[1]
    LEFT JOIN duty AS d ON d.neighbourhood_id = n.neighbourhood_id
    LEFT JOIN worker AS b ON b.worker_id = d.worker_id
    WHERE s.digest = $1 AND s.expires_at > $2 AND s.holder_kind = 'worker'
"""  # noqa: S608 - names of columns


async def seat(tx: Transaction, digest: bytes) -> Seat | None:
    """The worker whose session this is; None when it is over. The neighbourhoods are their own and where they are on
    duty for somebody else now; of a coordinator without any: where they stand behind the others."""
    row = await tx.fetchrow(_SEAT, digest, tx.now)
    if row is None:
        return None
    session = Session(**{name: row[f"s_{name}"] for name in Session.__dataclass_fields__})
    place = neighbourhood_from(row) if row["neighbourhood_id"] else None
    return Seat(session, _worker(row, "w"), place, _worker(row, "b"), tuple(row["places"]))


def _worker(row: Record, table: str) -> Worker | None:
    if row[f"{table}_worker_id"] is None:
        return None
    values = {name: row[f"{table}_{name}"] for name in Worker.__dataclass_fields__}
    return Worker(**values | {"neighbourhood_ids": tuple(values["neighbourhood_ids"])})


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
