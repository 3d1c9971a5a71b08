"""SQL of workers, their absences, and the worker on duty."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.profiles.domain.duty import OnDuty, Staff, Working
from services.profiles.domain.workers import Worker
from shared.contracts.profiles import Absence, Hours
from shared.database import Record
from shared.messaging import Transaction

_NEIGHBOURHOODS = """
    ARRAY(
        SELECT n.neighbourhood_id FROM worker_neighbourhood AS n
        WHERE n.worker_id = w.worker_id ORDER BY n.neighbourhood_id
    ) AS neighbourhood_ids
"""


async def add(tx: Transaction, worker: Worker) -> None:
    """A new worker, with where they work."""
    await tx.execute(
        """
        INSERT INTO worker (worker_id, version, name, email, phone, language, organisation_id, hours, backup_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        worker.worker_id, worker.version, worker.name, worker.email, worker.phone, worker.language,
        worker.organisation_id, _hours(worker.hours), worker.backup_id,
    )  # fmt: skip
    await place(tx, worker)


async def save(tx: Transaction, worker: Worker) -> None:
    """What a worker is from now on; where they work apart (`place`)."""
    await tx.execute(
        """
        UPDATE worker SET version = $2, name = $3, email = $4, phone = $5, language = $6, hours = $7, backup_id = $8,
            ended_at = $9
        WHERE worker_id = $1
        """,
        worker.worker_id, worker.version, worker.name, worker.email, worker.phone, worker.language,
        _hours(worker.hours), worker.backup_id, worker.ended_at,
    )  # fmt: skip


async def place(tx: Transaction, worker: Worker) -> None:
    """A worker works in these neighbourhoods and no others; where they stay, they keep their place in the order."""
    await tx.execute(
        "DELETE FROM worker_neighbourhood WHERE worker_id = $1 AND neighbourhood_id <> ALL ($2::text[])",
        worker.worker_id, list(worker.neighbourhood_ids),
    )  # fmt: skip
    await tx.execute(
        """
        INSERT INTO worker_neighbourhood (neighbourhood_id, worker_id, assigned_at)
        SELECT each, $1, $3 FROM unnest($2::text[]) AS each ON CONFLICT DO NOTHING
        """,
        worker.worker_id, list(worker.neighbourhood_ids), tx.now,
    )  # fmt: skip


async def locked(tx: Transaction, worker_id: UUID) -> Worker | None:
    """A worker who hasn't stopped, to change."""
    row = await tx.fetchrow(
        f"SELECT w.*, {_NEIGHBOURHOODS} FROM worker AS w"  # noqa: S608 - a constant
        " WHERE w.worker_id = $1 AND w.ended_at IS NULL FOR NO KEY UPDATE OF w",
        worker_id,
    )
    return _worker(row) if row else None


async def read(tx: Transaction, worker_id: UUID) -> Worker | None:
    """A worker who hasn't stopped, to look at."""
    found = await read_all(tx, [worker_id])
    return found[0] if found else None


async def read_all(tx: Transaction, worker_ids: Collection[UUID]) -> list[Worker]:
    """Those of these workers who haven't stopped."""
    rows = await tx.fetch(
        f"SELECT w.*, {_NEIGHBOURHOODS} FROM worker AS w"  # noqa: S608 - a constant
        " WHERE w.worker_id = ANY ($1::uuid[]) AND w.ended_at IS NULL ORDER BY w.worker_id",
        list(worker_ids),
    )
    return [_worker(row) for row in rows]


async def listed(
    tx: Transaction,
    neighbourhood_id: str | None,
    organisation_id: str | None,
    after: tuple[str, UUID] | None,
    limit: int,
) -> list[Worker]:
    """Workers by name."""
    rows = await tx.fetch(
        f"""
        SELECT w.*, {_NEIGHBOURHOODS} FROM worker AS w
        WHERE w.ended_at IS NULL AND ($2::text IS NULL OR w.organisation_id = $2)
            AND ($1::text IS NULL OR EXISTS (
                SELECT FROM worker_neighbourhood AS n WHERE n.worker_id = w.worker_id AND n.neighbourhood_id = $1
            ))
            AND ($3::text IS NULL OR (lower(w.name), w.worker_id) > ($3, $4::uuid))
        ORDER BY lower(w.name), w.worker_id LIMIT $5
        """,  # noqa: S608 - a constant
        neighbourhood_id, organisation_id, after[0] if after else None, after[1] if after else None, limit,
    )  # fmt: skip
    return [_worker(row) for row in rows]


async def with_email(tx: Transaction, email: str) -> UUID | None:
    """Who has this address, among those who haven't stopped."""
    worker_id: UUID | None = await tx.fetchval(
        "SELECT worker_id FROM worker WHERE lower(email) = lower($1) AND ended_at IS NULL", email
    )
    return worker_id


async def backed_by(tx: Transaction, worker_id: UUID) -> list[Worker]:
    """The colleagues for whom a worker stands in, to change."""
    rows = await tx.fetch(
        f"SELECT w.*, {_NEIGHBOURHOODS} FROM worker AS w"  # noqa: S608 - a constant
        " WHERE w.backup_id = $1 AND w.ended_at IS NULL ORDER BY w.worker_id FOR NO KEY UPDATE OF w",
        worker_id,
    )
    return [_worker(row) for row in rows]


async def working_in(tx: Transaction, neighbourhood_id: str) -> list[Worker]:
    """Who works in a neighbourhood, to change."""
    rows = await tx.fetch(
        f"SELECT w.*, {_NEIGHBOURHOODS} FROM worker AS w JOIN worker_neighbourhood AS here USING (worker_id)"  # noqa: S608 - a constant
        " WHERE here.neighbourhood_id = $1 AND w.ended_at IS NULL ORDER BY w.worker_id FOR NO KEY UPDATE OF w",
        neighbourhood_id,
    )
    return [_worker(row) for row in rows]


async def others_working_for(tx: Transaction, organisation_id: str, coordinator_id: UUID | None) -> int:
    """How many work for an organisation besides its coordinator."""
    number: int = await tx.fetchval(
        "SELECT count(*) FROM worker"
        " WHERE organisation_id = $1 AND ended_at IS NULL AND worker_id IS DISTINCT FROM $2",
        organisation_id, coordinator_id,
    )  # fmt: skip
    return number


async def coordinators(tx: Transaction, organisation_ids: Iterable[str]) -> dict[str, UUID | None]:
    """The coordinator of each of these organisations."""
    rows = await tx.fetch(
        "SELECT organisation_id, coordinator_id FROM organisation WHERE organisation_id = ANY ($1::text[])",
        list(set(organisation_ids)),
    )
    return {row["organisation_id"]: row["coordinator_id"] for row in rows}


async def add_absence(tx: Transaction, worker_id: UUID, absence: Absence) -> None:
    await tx.execute(
        "INSERT INTO absence (absence_id, worker_id, begins_at, ends_at) VALUES ($1, $2, $3, $4)",
        absence.absence_id, worker_id, absence.begins_at, absence.ends_at,
    )  # fmt: skip


async def end_absence(tx: Transaction, worker_id: UUID, absence_id: UUID) -> bool:
    """A running absence ends now, a coming one goes. False when there is no such absence, or it is over."""
    ended = await tx.fetchval(
        """
        WITH gone AS (
            DELETE FROM absence WHERE absence_id = $1 AND worker_id = $2 AND begins_at >= $3 RETURNING 1
        ), ended AS (
            UPDATE absence SET ends_at = $3
            WHERE absence_id = $1 AND worker_id = $2 AND begins_at < $3 AND ends_at > $3 RETURNING 1
        )
        SELECT EXISTS (SELECT FROM gone) OR EXISTS (SELECT FROM ended)
        """,
        absence_id, worker_id, tx.now,
    )  # fmt: skip
    return bool(ended)


async def absences(tx: Transaction, worker_ids: Collection[UUID], since: datetime) -> dict[UUID, list[Absence]]:
    """The absences of these workers that aren't over by then, the earliest first."""
    rows = await tx.fetch(
        "SELECT * FROM absence WHERE worker_id = ANY ($1::uuid[]) AND ends_at > $2 ORDER BY begins_at, absence_id",
        list(worker_ids), since,
    )  # fmt: skip
    found: dict[UUID, list[Absence]] = defaultdict(list)
    for row in rows:
        found[row["worker_id"]].append(
            Absence(absence_id=row["absence_id"], begins_at=row["begins_at"], ends_at=row["ends_at"])
        )
    return found


async def answered_for(tx: Transaction, worker_ids: Collection[UUID]) -> list[str]:
    """The neighbourhoods whose duty these workers may touch: as worker, as backup, as coordinator."""
    rows = await tx.fetch(
        """
        SELECT n.neighbourhood_id FROM worker_neighbourhood AS n JOIN worker AS w USING (worker_id)
        WHERE w.worker_id = ANY ($1::uuid[]) OR w.backup_id = ANY ($1::uuid[])
        UNION
        SELECT n.neighbourhood_id FROM neighbourhood AS n JOIN organisation AS o USING (organisation_id)
        WHERE o.coordinator_id = ANY ($1::uuid[])
        """,
        list(worker_ids),
    )
    return [row["neighbourhood_id"] for row in rows]


async def lock_duty(tx: Transaction, neighbourhood_ids: Collection[str]) -> list[str]:
    """Those of these neighbourhoods that go on; nobody else works out who is on duty there meanwhile."""
    rows = await tx.fetch(
        """
        SELECT neighbourhood_id FROM neighbourhood WHERE neighbourhood_id = ANY ($1::text[]) AND retired_at IS NULL
        ORDER BY neighbourhood_id FOR NO KEY UPDATE
        """,
        list(neighbourhood_ids),
    )
    return [row["neighbourhood_id"] for row in rows]


async def staff(tx: Transaction, neighbourhood_id: str, at: datetime) -> Staff | None:
    """Everyone who may answer for a neighbourhood from then on."""
    place_ = await tx.fetchrow(
        """
        SELECT n.timezone, o.coordinator_id FROM neighbourhood AS n JOIN organisation AS o USING (organisation_id)
        WHERE n.neighbourhood_id = $1
        """,
        neighbourhood_id,
    )
    if place_ is None:
        return None
    rows = await tx.fetch(
        """
        SELECT w.worker_id, w.hours, w.backup_id FROM worker AS w JOIN worker_neighbourhood AS n USING (worker_id)
        WHERE n.neighbourhood_id = $1 AND w.ended_at IS NULL ORDER BY n.assigned_at, n.worker_id
        """,
        neighbourhood_id,
    )
    backups = await tx.fetch(
        "SELECT worker_id, hours, backup_id FROM worker WHERE worker_id = ANY ($1::uuid[]) AND ended_at IS NULL",
        [row["backup_id"] for row in rows if row["backup_id"]],
    )
    away = await absences(tx, [row["worker_id"] for row in (*rows, *backups)], at)
    return Staff(
        zone=ZoneInfo(place_["timezone"]),
        workers=tuple(_working(row, away) for row in rows),
        colleagues={row["worker_id"]: _working(row, away) for row in backups},
        coordinator_id=place_["coordinator_id"],
    )


async def keep_duty(tx: Transaction, neighbourhood_id: str, duty: OnDuty, until: datetime | None) -> int | None:
    """Who is on duty from now on. Returns the version, or None when that was known."""
    version: int | None = await tx.fetchval(
        """
        INSERT INTO duty (neighbourhood_id, version, worker_id, role, until, backup_id, coordinator_id)
        VALUES ($1, 1, $2, $3, $4, $5, $6)
        ON CONFLICT (neighbourhood_id) DO UPDATE
        SET version = duty.version + 1, worker_id = excluded.worker_id, role = excluded.role, until = excluded.until,
            backup_id = excluded.backup_id, coordinator_id = excluded.coordinator_id
        WHERE (duty.worker_id, duty.role, duty.until, duty.backup_id, duty.coordinator_id)
            IS DISTINCT FROM
            (excluded.worker_id, excluded.role, excluded.until, excluded.backup_id, excluded.coordinator_id)
        RETURNING version
        """,
        neighbourhood_id, duty.worker_id, duty.role, until, duty.backup_id, duty.coordinator_id,
    )  # fmt: skip
    return version


async def drop_duty(tx: Transaction, neighbourhood_id: str) -> int | None:
    """A neighbourhood that ended has nobody on duty. Returns the version of the tombstone."""
    version: int | None = await tx.fetchval(
        "DELETE FROM duty WHERE neighbourhood_id = $1 RETURNING version + 1", neighbourhood_id
    )
    return version


async def remove_old_absences(tx: Transaction, before: datetime) -> int:
    """Absences that ended long enough ago."""
    return _number(await tx.execute("DELETE FROM absence WHERE ends_at < $1", before))


async def remove_ended(tx: Transaction, before: datetime) -> int:
    """Workers who stopped long enough ago. Their ids stay in what they recorded, and say no more who it was."""
    return _number(await tx.execute("DELETE FROM worker WHERE ended_at < $1", before))


def _number(status: str) -> int:
    return int(status.rpartition(" ")[2])


def _hours(hours: Sequence[Hours]) -> str:
    return json.dumps([each.model_dump(mode="json") for each in hours])


def _read_hours(row: Record) -> tuple[Hours, ...]:
    return tuple(Hours.model_validate(each) for each in json.loads(row["hours"]))


def _worker(row: Record) -> Worker:
    return Worker(
        worker_id=row["worker_id"],
        version=row["version"],
        name=row["name"],
        email=row["email"],
        phone=row["phone"],
        language=row["language"],
        organisation_id=row["organisation_id"],
        neighbourhood_ids=tuple(row["neighbourhood_ids"]),
        hours=_read_hours(row),
        backup_id=row["backup_id"],
        ended_at=row["ended_at"],
    )


def _working(row: Record, away: dict[UUID, list[Absence]]) -> Working:
    return Working(
        worker_id=row["worker_id"],
        hours=_read_hours(row),
        absences=tuple((each.begins_at, each.ends_at) for each in away.get(row["worker_id"], ())),
        backup_id=row["backup_id"],
    )
