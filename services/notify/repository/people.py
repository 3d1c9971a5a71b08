"""SQL of what profiles tells: people with how they are called and reached, workers, places, organisations."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from uuid import UUID

from services.notify.domain.people import Neighbourhood, Organisation, Person, Standing, Worker
from shared.contracts.profiles import ContactKept, DutyKept, NeighbourhoodKept, OrganisationKept, WorkerKept
from shared.database import Record
from shared.messaging import Transaction

# --- participants


async def person(tx: Transaction, participant_id: UUID) -> Person | None:
    """One participant, under whichever entry they go on now."""
    row = await tx.fetchrow(
        """
        SELECT * FROM participant WHERE participant_id = coalesce(
            (SELECT survivor_id FROM merged_entry WHERE participant_id = $1), $1
        )
        """,
        participant_id,
    )
    return person_from(row) if row else None


async def standings(tx: Transaction, participant_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """Participants by the id that was asked, under whichever entry they go on now, with what they do without."""
    rows = await tx.fetch(
        """
        SELECT asked.id AS asked_id, p.*, f.participant_id IS NOT NULL AS failing,
            ARRAY(SELECT w.mails FROM does_without AS w WHERE w.participant_id = p.participant_id) AS without
        FROM unnest($1::uuid[]) AS asked (id)
        LEFT JOIN merged_entry AS m ON m.participant_id = asked.id
        JOIN participant AS p ON p.participant_id = coalesce(m.survivor_id, asked.id)
        LEFT JOIN failing_address AS f ON f.participant_id = p.participant_id
        """,
        list(set(participant_ids)),
    )
    return {row["asked_id"]: Standing(person_from(row), row["failing"], frozenset(row["without"])) for row in rows}


async def locked(tx: Transaction, participant_id: UUID) -> Person | None:
    """One participant, to change."""
    row = await tx.fetchrow("SELECT * FROM participant WHERE participant_id = $1 FOR UPDATE", participant_id)
    return person_from(row) if row else None


async def people_at(tx: Transaction, email: str) -> list[Person]:
    """Everyone who is reached at this address: a couple may share one."""
    rows = await tx.fetch(
        "SELECT * FROM participant WHERE lower(email) = lower($1) ORDER BY participant_id LIMIT 20", email
    )
    return [person_from(row) for row in rows]


async def keep(tx: Transaction, state: ContactKept) -> None:
    """How someone is called and reached, as profiles tells it."""
    reach, quiet = state.reach, state.quiet_hours
    await tx.execute(
        """
        INSERT INTO participant (
            participant_id, version, neighbourhood_id, name, languages, reached_by, email, phone, organisation_id,
            quiet_from, quiet_until, status, paused_until, mandate_holder_ids
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        ON CONFLICT (participant_id) DO UPDATE SET
            version = excluded.version, neighbourhood_id = excluded.neighbourhood_id, name = excluded.name,
            languages = excluded.languages, reached_by = excluded.reached_by, email = excluded.email,
            phone = excluded.phone, organisation_id = excluded.organisation_id, quiet_from = excluded.quiet_from,
            quiet_until = excluded.quiet_until, status = excluded.status, paused_until = excluded.paused_until,
            mandate_holder_ids = excluded.mandate_holder_ids
        WHERE participant.version < excluded.version
        """,
        state.participant_id, state.version, state.neighbourhood_id, state.name, list(state.languages),
        reach.by if reach else None, reach.email if reach else None, reach.phone if reach else None,
        reach.organisation_id if reach else None, quiet.start if quiet else None, quiet.end if quiet else None,
        state.status, state.paused_until, list(state.mandate_holder_ids),
    )  # fmt: skip


async def drop(tx: Transaction, participant_id: UUID) -> None:
    """A participant who is gone."""
    await tx.execute("DELETE FROM participant WHERE participant_id = $1", participant_id)


async def survivor(tx: Transaction, participant_id: UUID) -> UUID | None:
    """Under which entry this person goes on; None when it was not merged."""
    id_: UUID | None = await tx.fetchval(
        "SELECT survivor_id FROM merged_entry WHERE participant_id = $1", participant_id
    )
    return id_


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


async def erase(tx: Transaction, participant_ids: Sequence[UUID]) -> None:
    """Delete all that is known of these people."""
    ids = list(participant_ids)
    await tx.execute("DELETE FROM participant WHERE participant_id = ANY($1::uuid[])", ids)
    await tx.execute(
        "DELETE FROM merged_entry WHERE participant_id = ANY($1::uuid[]) OR survivor_id = ANY($1::uuid[])", ids
    )
    for id_ in ids:
        await tx.execute(
            """
            UPDATE participant SET mandate_holder_ids = array_remove(mandate_holder_ids, $1)
            WHERE mandate_holder_ids @> ARRAY[$1]::uuid[]
            """,
            id_,
        )


# --- workers


async def worker(tx: Transaction, worker_id: UUID) -> Worker | None:
    """One worker, also when they stopped."""
    row = await tx.fetchrow("SELECT * FROM worker WHERE worker_id = $1", worker_id)
    return worker_from(row) if row else None


async def workers_at(tx: Transaction, email: str) -> list[Worker]:
    """The workers with this address."""
    rows = await tx.fetch("SELECT * FROM worker WHERE lower(email) = lower($1) AND NOT ended ORDER BY worker_id", email)
    return [worker_from(row) for row in rows]


ANSWERS_FOR = """
    EXISTS (
        SELECT FROM neighbourhood AS n
        LEFT JOIN duty AS d USING (neighbourhood_id) LEFT JOIN worker AS w ON w.worker_id = {worker}
        WHERE n.neighbourhood_id = {place} AND w.ended IS NOT TRUE AND (
            {worker} IN (d.worker_id, d.backup_id, d.coordinator_id) OR n.neighbourhood_id = ANY(w.neighbourhood_ids)
            OR n.organisation_id = w.organisation_id
        )
    )
"""
"""Whether a worker answers for what is open in a neighbourhood, as signals sees it: nobody else hears of it."""


async def answers_for(tx: Transaction, worker_id: UUID, neighbourhood_id: str | None) -> bool:
    """Whether what signals keeps of people there is this worker's business."""
    condition = ANSWERS_FOR.format(worker="$1::uuid", place="$2::text")
    return bool(await tx.fetchval(f"SELECT {condition}", worker_id, neighbourhood_id))


async def keep_worker(tx: Transaction, state: WorkerKept) -> bool:
    """A worker as profiles tells them. False when what is held is as new."""
    return await _newer(
        tx,
        """
        INSERT INTO worker (
            worker_id, version, name, email, phone, language, organisation_id, neighbourhood_ids, backup_id, ended
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (worker_id) DO UPDATE SET
            version = excluded.version, name = excluded.name, email = excluded.email, phone = excluded.phone,
            language = excluded.language, organisation_id = excluded.organisation_id,
            neighbourhood_ids = excluded.neighbourhood_ids, backup_id = excluded.backup_id, ended = excluded.ended
        WHERE worker.version < excluded.version
        """,
        state.worker_id, state.version, state.name, state.email, state.phone, state.language, state.organisation_id,
        list(state.neighbourhood_ids), state.backup_id, state.removed,
    )  # fmt: skip


# --- places and organisations


async def neighbourhood(tx: Transaction, neighbourhood_id: str) -> Neighbourhood | None:
    """One neighbourhood, and who answers for it now."""
    row = await tx.fetchrow(
        """
        SELECT n.neighbourhood_id, n.names, n.timezone, n.policy, n.organisation_id, n.retired, d.worker_id, d.role,
            d.backup_id, d.coordinator_id
        FROM neighbourhood AS n LEFT JOIN duty AS d USING (neighbourhood_id) WHERE n.neighbourhood_id = $1
        """,
        neighbourhood_id,
    )
    return neighbourhood_from(row) if row else None


async def keep_neighbourhood(tx: Transaction, state: NeighbourhoodKept) -> bool:
    """A neighbourhood as profiles tells it. False when what is held is as new."""
    return await _newer(
        tx,
        """
        INSERT INTO neighbourhood (neighbourhood_id, version, names, timezone, policy, organisation_id, retired)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (neighbourhood_id) DO UPDATE SET version = excluded.version, names = excluded.names,
            timezone = excluded.timezone, policy = excluded.policy, organisation_id = excluded.organisation_id,
            retired = excluded.retired
        WHERE neighbourhood.version < excluded.version
        """,
        state.neighbourhood_id, state.version, json.dumps(state.names), state.timezone, state.policy,
        state.organisation_id, state.retired or state.removed,
    )  # fmt: skip


async def keep_duty(tx: Transaction, state: DutyKept) -> None:
    """Who answers for a neighbourhood; what is older than what is held changes nothing."""
    await tx.execute(
        """
        INSERT INTO duty (neighbourhood_id, version, worker_id, role, backup_id, coordinator_id)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (neighbourhood_id) DO UPDATE SET version = excluded.version, worker_id = excluded.worker_id,
            role = excluded.role, backup_id = excluded.backup_id, coordinator_id = excluded.coordinator_id
        WHERE duty.version < excluded.version
        """,
        state.neighbourhood_id, state.version, state.worker_id, state.role, state.backup_id, state.coordinator_id,
    )  # fmt: skip


async def organisation(tx: Transaction, organisation_id: str) -> Organisation | None:
    """One organisation that hasn't ended."""
    row = await tx.fetchrow(
        """
        SELECT organisation_id, names, email, phone, coordinator_id FROM organisation
        WHERE organisation_id = $1 AND NOT removed
        """,
        organisation_id,
    )
    return Organisation(**dict(row) | {"names": json.loads(row["names"])}) if row else None


async def keep_organisation(tx: Transaction, state: OrganisationKept) -> None:
    """An organisation; what is older than what is held changes nothing."""
    await tx.execute(
        """
        INSERT INTO organisation (organisation_id, version, names, email, phone, coordinator_id, removed)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (organisation_id) DO UPDATE SET version = excluded.version, names = excluded.names,
            email = excluded.email, phone = excluded.phone, coordinator_id = excluded.coordinator_id,
            removed = excluded.removed
        WHERE organisation.version < excluded.version
        """,
        state.organisation_id, state.version, json.dumps(state.names), state.email, state.phone,
        state.coordinator_id, state.removed,
    )  # fmt: skip


async def _newer(tx: Transaction, sql: str, *values: object) -> bool:
    return (await tx.execute(sql, *values)).endswith(" 1")


def neighbourhood_from(row: Record) -> Neighbourhood:
    values = {name: row[name] for name in Neighbourhood.__dataclass_fields__}
    return Neighbourhood(**values | {"names": json.loads(row["names"])})


def person_from(row: Record) -> Person:
    values = {name: row[name] for name in Person.__dataclass_fields__}
    return Person(**values | {each: tuple(row[each]) for each in ("languages", "mandate_holder_ids")})


def worker_from(row: Record) -> Worker:
    values = {name: row[name] for name in Worker.__dataclass_fields__}
    return Worker(**values | {"neighbourhood_ids": tuple(row["neighbourhood_ids"])})
