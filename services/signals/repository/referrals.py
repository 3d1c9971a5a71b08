"""SQL of referrals: each to change or to look at, and what happened to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from services.signals.domain.referrals import Referral
from shared.conditions import Conditions
from shared.contracts.signals import ReferralStep
from shared.database import Record
from shared.ids import new_id
from shared.messaging import Transaction

_COLUMNS = tuple(each.name for each in fields(Referral))
COLUMNS = ", ".join(_COLUMNS)
_PLACES = ", ".join(f"${number}" for number in range(1, len(_COLUMNS) + 1))
_SETS = ", ".join(f"{name} = ${number}" for number, name in enumerate(_COLUMNS, start=1) if number > 1)
_ONE = f"SELECT {COLUMNS} FROM referral WHERE referral_id = $1"  # noqa: S608 - constants


async def add(tx: Transaction, referral: Referral) -> None:
    """A new referral."""
    await tx.execute(f"INSERT INTO referral ({COLUMNS}) VALUES ({_PLACES})", *_values(referral))  # noqa: S608


async def save(tx: Transaction, referral: Referral) -> None:
    """What a referral is from now on."""
    await tx.execute(f"UPDATE referral SET {_SETS} WHERE referral_id = $1", *_values(referral))  # noqa: S608


async def save_with_step(tx: Transaction, referral: Referral, by: str, what: str) -> None:
    """What a referral is from now on, and that it came to it."""
    await tx.execute(_SAVE_WITH_STEP, *_values(referral), new_id(), tx.now, by, what)


async def locked(tx: Transaction, referral_id: UUID) -> Referral | None:
    """One referral, to change: nobody else can meanwhile."""
    row = await tx.fetchrow(f"{_ONE} FOR UPDATE", referral_id)
    return referral_from(row) if row else None


async def locked_of_organisation(tx: Transaction, referral_id: UUID, organisation_id: str) -> Referral | None:
    """One referral to a service of this organisation, to change. Of a foreign one nothing is read or locked: it is the
    same statement, with the same answer, as for one that does not exist."""
    row = await tx.fetchrow(f"{_ONE} AND organisation_id = $2 FOR UPDATE", referral_id, organisation_id)
    return referral_from(row) if row else None


async def read(tx: Transaction, referral_id: UUID) -> Referral | None:
    """One referral, to look at."""
    row = await tx.fetchrow(_ONE, referral_id)
    return referral_from(row) if row else None


async def add_step(
    tx: Transaction, referral_id: UUID, by: str, what: str, *, state: str | None = None, reason: str | None = None,
    outcome: str | None = None,
) -> None:  # fmt: skip
    """One thing that happened to a referral."""
    await tx.execute(
        """
        INSERT INTO referral_step (step_id, referral_id, at, by, what, state, reason, outcome)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        new_id(), referral_id, tx.now, by, what, state, reason, outcome,
    )  # fmt: skip


async def steps(tx: Transaction, referral_id: UUID) -> list[ReferralStep]:
    """What happened to a referral, in order."""
    rows = await tx.fetch(
        "SELECT at, by, what, state, reason, outcome FROM referral_step WHERE referral_id = $1 ORDER BY step_id",
        referral_id,
    )
    return [ReferralStep(**dict(row)) for row in rows]


async def places_of(tx: Transaction, worker_id: UUID) -> list[str]:
    """The neighbourhoods in which a worker answers for what is open: as `Neighbourhood.answered_for_by` says."""
    rows = await tx.fetch(
        """
        SELECT n.neighbourhood_id FROM neighbourhood AS n
        LEFT JOIN duty AS d USING (neighbourhood_id) LEFT JOIN worker AS w ON w.worker_id = $1 AND NOT w.ended
        WHERE NOT EXISTS (SELECT FROM worker WHERE worker_id = $1 AND ended) AND (
            $1 IN (d.worker_id, d.backup_id, d.coordinator_id) OR n.neighbourhood_id = ANY(w.neighbourhood_ids)
            OR n.organisation_id = w.organisation_id
        )
        """,
        worker_id,
    )
    return [row["neighbourhood_id"] for row in rows]


async def following(tx: Transaction, referral_id: UUID) -> list[UUID]:
    """The referrals that came after this one."""
    rows = await tx.fetch("SELECT referral_id FROM referral WHERE previous_id = $1 ORDER BY referral_id", referral_id)
    return [row["referral_id"] for row in rows]


async def partners_of(tx: Transaction, organisation_id: str | None) -> list[str]:
    """The partners that answer referrals for an organisation."""
    rows = await tx.fetch(
        "SELECT partner FROM partner_grant WHERE organisation_id = $1 AND answers_referrals ORDER BY partner",
        organisation_id,
    )
    return [row["partner"] for row in rows]


async def is_signal_of(tx: Transaction, signal_id: UUID, participant_id: UUID) -> bool:
    """Whether there is such a signal about this person."""
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM signal WHERE signal_id = $1 AND participant_id = $2)",
            signal_id, participant_id,
        )
    )  # fmt: skip


async def service_of_gone(tx: Transaction, referral_id: UUID) -> str | None:
    """The service to which a referral went of someone who was erased."""
    id_: str | None = await tx.fetchval("SELECT service_id FROM referral_farewell WHERE referral_id = $1", referral_id)
    return id_


async def page(
    tx: Transaction, *, neighbourhood_id: str | None, participant_id: UUID | None, worker_id: UUID | None,
    signal_id: UUID | None, states: Sequence[str] | None, places: Sequence[str] | None, after: UUID | None, limit: int,
) -> list[tuple[Referral, str, str]]:  # fmt: skip
    """Referrals for which all that is given holds, the latest first, each with its service and organisation by name.
    `places`: in these neighbourhoods alone; None: anywhere."""
    asked = Conditions()
    asked.given("r.neighbourhood_id = {}", neighbourhood_id)
    asked.given("r.participant_id = {}", participant_id)
    asked.given("r.worker_id = {}", worker_id)
    asked.given("r.signal_id = {}", signal_id)
    asked.given("r.state = ANY({}::text[])", states)
    asked.given("r.neighbourhood_id = ANY({}::text[])", places)
    asked.given("r.referral_id < {}", after)
    rows = await tx.fetch(
        f"""
        SELECT {_OF_REFERRAL}, s.name AS service_name, s.organisation_name
        FROM referral AS r JOIN service AS s USING (service_id)
        WHERE {asked} ORDER BY r.referral_id DESC LIMIT {asked.value(limit)}
        """,  # noqa: S608 - constants
        *asked.values,
    )
    return [(referral_from(row), row["service_name"], row["organisation_name"]) for row in rows]


_OF_REFERRAL = ", ".join(f"r.{name}" for name in _COLUMNS)


_NEXT = len(_COLUMNS) + 1
_SAVE_WITH_STEP = f"""
WITH saved AS (UPDATE referral SET {_SETS} WHERE referral_id = $1 RETURNING referral_id, state, reason, outcome)
INSERT INTO referral_step (step_id, referral_id, at, by, what, state, reason, outcome)
SELECT ${_NEXT}::uuid, referral_id, ${_NEXT + 1}::timestamptz, ${_NEXT + 2}::text, ${_NEXT + 3}::text, state, reason,
    outcome
FROM saved
"""  # noqa: S608 - constants


def referral_from(row: Record) -> Referral:
    return Referral(**{name: row[name] for name in _COLUMNS})


def _values(referral: Referral) -> tuple[Any, ...]:
    return tuple(getattr(referral, name) for name in _COLUMNS)


# --- when people leave, and when things have had their time


async def unsettled_of(tx: Transaction, participant_id: UUID) -> list[UUID]:
    """The referrals of a person that are not over, or of which something may still be kept elsewhere."""
    rows = await tx.fetch(
        """
        SELECT referral_id FROM referral AS r
        WHERE participant_id = $1 AND (
            state IN ('draft', 'requested', 'accepted', 'in-progress', 'on-hold') OR EXISTS (
                SELECT FROM referral_consent AS c WHERE c.referral_id = r.referral_id AND c.ended_at IS NULL
            )
        ) ORDER BY referral_id
        """,
        participant_id,
    )
    return [row["referral_id"] for row in rows]


async def all_of(tx: Transaction, participant_id: UUID) -> list[UUID]:
    """All referrals of a person."""
    rows = await tx.fetch(
        "SELECT referral_id FROM referral WHERE participant_id = $1 ORDER BY referral_id", participant_id
    )
    return [row["referral_id"] for row in rows]


async def move(tx: Transaction, participant_id: UUID, survivor_id: UUID) -> None:
    """Two entries are one person."""
    await tx.execute("UPDATE referral SET participant_id = $2 WHERE participant_id = $1", participant_id, survivor_id)
    await tx.execute(_RENAME.format(column="by", table="referral_step"), *_as_actors(participant_id, survivor_id))
    await tx.execute(
        _RENAME.format(column="recorded_by", table="referral_consent"), *_as_actors(participant_id, survivor_id)
    )


async def erase(tx: Transaction, participant_id: UUID) -> None:
    """All referrals of a person, with their consents, details and steps; of others', that they had a hand in it.

    To which service one went that is just over stays for a while, so that it can be told.
    """
    await tx.execute(
        """
        INSERT INTO referral_farewell (referral_id, service_id, at)
        SELECT referral_id, service_id, $2::timestamptz FROM referral
        WHERE participant_id = $1 AND requested_at IS NOT NULL
        ON CONFLICT DO NOTHING
        """,
        participant_id, tx.now,
    )  # fmt: skip
    await tx.execute("DELETE FROM referral WHERE participant_id = $1", participant_id)
    gone = (f"participant:{participant_id}", "participant")
    await tx.execute(_RENAME.format(column="by", table="referral_step"), *gone)
    await tx.execute(_RENAME.format(column="recorded_by", table="referral_consent"), *gone)


async def expire(tx: Transaction, before: datetime) -> int:
    """Referrals that ended so long ago, and drafts that nobody requested since."""
    status = await tx.execute(
        "DELETE FROM referral WHERE ended_at < $1 OR (state = 'draft' AND drafted_at < $1)", before
    )
    return int(status.rpartition(" ")[2])


async def expire_farewells(tx: Transaction, before: datetime) -> int:
    """Services that were told by now."""
    status = await tx.execute("DELETE FROM referral_farewell WHERE at < $1", before)
    return int(status.rpartition(" ")[2])


_RENAME = "UPDATE {table} SET {column} = $2 WHERE {column} = $1"


def _as_actors(*ids: UUID) -> tuple[str, ...]:
    return tuple(f"participant:{id_}" for id_ in ids)
