"""SQL of what profiles and the operator tell: people, places, workers, who is on duty, and where partners may act."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from services.signals.domain.people import Neighbourhood, Person, Worker
from shared.access import Grant
from shared.contracts.deploy import PartnerGranted
from shared.contracts.profiles import DutyKept, NeighbourhoodKept, OrganisationKept, ParticipantKept, WorkerKept
from shared.database import Record
from shared.messaging import Transaction

# --- people


async def person(tx: Transaction, participant_id: UUID) -> Person | None:
    """One participant, to look at."""
    row = await tx.fetchrow("SELECT * FROM participant WHERE participant_id = $1", participant_id)
    return _person(row) if row else None


async def present(tx: Transaction, participant_id: UUID) -> Person | None:
    """One participant, who stays as they are until this transaction ends: a leave or a merge waits for it."""
    row = await tx.fetchrow("SELECT * FROM participant WHERE participant_id = $1 FOR SHARE", participant_id)
    return _person(row) if row else None


async def locked(tx: Transaction, participant_id: UUID) -> Person | None:
    """One participant, to change: who reads them as `present`, or locks them too, waits."""
    row = await tx.fetchrow("SELECT * FROM participant WHERE participant_id = $1 FOR UPDATE", participant_id)
    return _person(row) if row else None


async def keep(tx: Transaction, state: ParticipantKept) -> Person:
    """A participant as profiles tells them."""
    row = await tx.fetchrow(
        """
        INSERT INTO participant (
            participant_id, version, neighbourhood_id, status, languages, mandate_holder_ids, out_of_matching
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (participant_id) DO UPDATE SET
            version = excluded.version, neighbourhood_id = excluded.neighbourhood_id, status = excluded.status,
            languages = excluded.languages, mandate_holder_ids = excluded.mandate_holder_ids,
            out_of_matching = excluded.out_of_matching
        RETURNING *
        """,
        state.participant_id, state.version, state.neighbourhood_id, state.status, list(state.languages),
        list(state.mandate_holder_ids), state.out_of_matching,
    )  # fmt: skip
    assert row is not None
    return _person(row)


async def drop(tx: Transaction, participant_id: UUID) -> None:
    """A participant who is gone."""
    await tx.execute("DELETE FROM participant WHERE participant_id = $1", participant_id)


async def visited(tx: Transaction, participant_id: UUID, at: datetime) -> None:
    """A worker spoke with someone at that moment."""
    await tx.execute(
        """
        UPDATE participant SET visited_at = $2
        WHERE participant_id = $1 AND (visited_at IS NULL OR visited_at < $2)
        """,
        participant_id, at,
    )  # fmt: skip


async def survivor(tx: Transaction, participant_id: UUID) -> UUID | None:
    """Under which entry this person goes on; None when it was not merged."""
    id_: UUID | None = await tx.fetchval(
        "SELECT survivor_id FROM merged_entry WHERE participant_id = $1", participant_id
    )
    return id_


# --- places, and who answers for them


async def neighbourhood(tx: Transaction, neighbourhood_id: str) -> Neighbourhood | None:
    """One neighbourhood, and who answers for it now."""
    row = await tx.fetchrow(
        """
        SELECT n.neighbourhood_id, n.timezone, n.policy, n.organisation_id, n.cells, n.retired,
            d.worker_id, coalesce(d.role, 'nobody') AS role, d.backup_id, d.coordinator_id, d.at_work_id, d.at_work_role
        FROM neighbourhood AS n LEFT JOIN duty AS d USING (neighbourhood_id) WHERE n.neighbourhood_id = $1
        """,
        neighbourhood_id,
    )
    return Neighbourhood(**dict(row) | {"cells": tuple(row["cells"])}) if row else None


async def keep_neighbourhood(tx: Transaction, state: NeighbourhoodKept) -> None:
    """A neighbourhood as profiles tells it; what is older than what is held changes nothing."""
    await tx.execute(
        """
        INSERT INTO neighbourhood (neighbourhood_id, version, timezone, policy, organisation_id, cells, retired)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (neighbourhood_id) DO UPDATE SET
            version = excluded.version, timezone = excluded.timezone, policy = excluded.policy,
            organisation_id = excluded.organisation_id, cells = excluded.cells, retired = excluded.retired
        WHERE neighbourhood.version < excluded.version
        """,
        state.neighbourhood_id, state.version, state.timezone, state.policy, state.organisation_id, list(state.cells),
        state.retired or state.removed,
    )  # fmt: skip


async def keep_duty(tx: Transaction, state: DutyKept) -> None:
    """Who answers for a neighbourhood; what is older than what is held changes nothing."""
    await tx.execute(
        """
        INSERT INTO duty (
            neighbourhood_id, version, worker_id, role, backup_id, coordinator_id, at_work_id, at_work_role
        )
        VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $7 THEN $3::uuid END, CASE WHEN $7 THEN $4 END)
        ON CONFLICT (neighbourhood_id) DO UPDATE SET
            version = excluded.version, worker_id = excluded.worker_id, role = excluded.role,
            backup_id = excluded.backup_id, coordinator_id = excluded.coordinator_id,
            at_work_id = coalesce(excluded.at_work_id, duty.at_work_id),
            at_work_role = coalesce(excluded.at_work_role, duty.at_work_role)
        WHERE duty.version < excluded.version
        """,
        state.neighbourhood_id, state.version, state.worker_id, state.role, state.backup_id, state.coordinator_id,
        state.role in ("worker", "backup"),
    )  # fmt: skip


async def worker(tx: Transaction, worker_id: UUID) -> Worker | None:
    """One worker, also when they ended."""
    row = await tx.fetchrow(
        "SELECT worker_id, organisation_id, neighbourhood_ids, backup_id, ended FROM worker WHERE worker_id = $1",
        worker_id,
    )
    return Worker(**dict(row) | {"neighbourhood_ids": tuple(row["neighbourhood_ids"])}) if row else None


async def keep_worker(tx: Transaction, state: WorkerKept) -> bool:
    """A worker as profiles tells them; of who ended stays who stood in. False when what is held is as new."""
    kept = await tx.execute(
        """
        INSERT INTO worker (worker_id, version, organisation_id, neighbourhood_ids, backup_id, ended)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (worker_id) DO UPDATE SET
            version = excluded.version, neighbourhood_ids = excluded.neighbourhood_ids, ended = excluded.ended,
            organisation_id = CASE WHEN excluded.ended THEN worker.organisation_id ELSE excluded.organisation_id END,
            backup_id = CASE WHEN excluded.ended THEN worker.backup_id ELSE excluded.backup_id END
        WHERE worker.version < excluded.version
        """,
        state.worker_id, state.version, state.organisation_id, list(state.neighbourhood_ids), state.backup_id,
        state.removed,
    )  # fmt: skip
    return kept.endswith(" 1")


async def end_worker(tx: Transaction, worker_id: UUID, version: int, backup_id: UUID | None) -> bool:
    """A worker stopped, and who stood in last. False when what is held is as new."""
    ended = await tx.execute(
        """
        INSERT INTO worker (worker_id, version, organisation_id, neighbourhood_ids, backup_id, ended)
        VALUES ($1, $2, '', '{}', $3, true)
        ON CONFLICT (worker_id) DO UPDATE SET
            version = excluded.version, neighbourhood_ids = excluded.neighbourhood_ids, ended = true,
            backup_id = coalesce(excluded.backup_id, worker.backup_id)
        WHERE worker.version < excluded.version
        """,
        worker_id, version, backup_id,
    )  # fmt: skip
    return ended.endswith(" 1")


async def answered_for_by(tx: Transaction, worker_id: UUID) -> list[str]:
    """The neighbourhoods for which a worker answers: see `Neighbourhood.answered_for_by`."""
    rows = await tx.fetch(
        """
        SELECT n.neighbourhood_id
        FROM neighbourhood AS n
        LEFT JOIN duty AS d USING (neighbourhood_id) LEFT JOIN worker AS w ON w.worker_id = $1
        WHERE w.ended IS NOT TRUE AND (
            $1 IN (d.worker_id, d.backup_id, d.coordinator_id) OR n.neighbourhood_id = ANY(w.neighbourhood_ids)
            OR n.organisation_id = w.organisation_id
        )
        """,
        worker_id,
    )
    return [row["neighbourhood_id"] for row in rows]


async def keep_organisation(tx: Transaction, state: OrganisationKept) -> None:
    """An organisation as profiles tells it; what is older than what is held changes nothing."""
    await tx.execute(
        """
        INSERT INTO organisation (organisation_id, version, names, coordinator_id, ended) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (organisation_id) DO UPDATE SET version = excluded.version, names = excluded.names,
            coordinator_id = excluded.coordinator_id, ended = excluded.ended
        WHERE organisation.version < excluded.version
        """,
        state.organisation_id, state.version, json.dumps(state.names), state.coordinator_id, state.removed,
    )  # fmt: skip


async def coordinator_of(tx: Transaction, organisation_id: str) -> UUID | None:
    """The coordinator of an organisation; None when there is none that we know."""
    id_: UUID | None = await tx.fetchval(
        "SELECT coordinator_id FROM organisation WHERE organisation_id = $1 AND NOT ended", organisation_id
    )
    return id_


# --- partners


async def keep_grant(tx: Transaction, granted: PartnerGranted) -> None:
    """Where a partner may act from now on."""
    await tx.execute(
        """
        INSERT INTO partner_grant (partner, organisation_id, neighbourhood_ids, answers_referrals)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (partner) DO UPDATE SET organisation_id = excluded.organisation_id,
            neighbourhood_ids = excluded.neighbourhood_ids, answers_referrals = excluded.answers_referrals
        """,
        granted.partner, granted.organisation_id, list(granted.neighbourhood_ids),
        "signals.referral.accept" in granted.commands,
    )  # fmt: skip


async def drop_grant(tx: Transaction, partner: str) -> None:
    """A partner that is gone may act nowhere."""
    await tx.execute("DELETE FROM partner_grant WHERE partner = $1", partner)


async def grant_of(tx: Transaction, partner: str) -> Grant | None:
    """Where a partner may act; None when it was granted nothing."""
    row = await tx.fetchrow("SELECT organisation_id, neighbourhood_ids FROM partner_grant WHERE partner = $1", partner)
    return Grant(partner, row["organisation_id"], frozenset(row["neighbourhood_ids"])) if row else None


def _person(row: Record) -> Person:
    return Person(
        **{name: row[name] for name in (
            "participant_id", "version", "neighbourhood_id", "status", "out_of_matching", "visited_at",
        )},
        languages=tuple(row["languages"]), mandate_holder_ids=tuple(row["mandate_holder_ids"]),
    )  # fmt: skip
