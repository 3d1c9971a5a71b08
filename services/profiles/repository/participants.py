"""SQL of participants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.profiles.domain.participants import Participant, email_key, name_key, phone_key
from services.profiles.repository.access import grant_from
from services.profiles.repository.doubles import likely
from shared.access import Grant
from shared.conditions import Conditions
from shared.contracts.profiles import (
    Enjoyment,
    ListParticipants,
    ParticipantSummary,
    QuietHours,
    Reach,
    RegisterParticipant,
    Slot,
)
from shared.database import Record
from shared.messaging import Transaction

_ENJOYMENTS = TypeAdapter(tuple[Enjoyment, ...])
_SLOTS = TypeAdapter(tuple[Slot, ...])
_COLUMNS = (
    "participant_id", "version", "name", "name_key", "neighbourhood_id", "status", "merged_into", "paused_until",
    "out_of_matching", "languages", "reach_by", "email", "email_key", "phone", "phone_key", "organisation_id", "cell",
    "address", "talents", "wishes", "availability", "ceiling", "quiet_from", "quiet_until", "sender", "registered_by",
    "on_word_of", "reference", "registered_at", "newcomer_since", "visited_at", "left_at",
)  # fmt: skip
_NAMES = ", ".join(_COLUMNS)
_PLACES = ", ".join(f"${n}" for n in range(1, len(_COLUMNS) + 1))
_SETS = ", ".join(f"{name} = ${n}" for n, name in enumerate(_COLUMNS, 1) if name != "participant_id")
_KEYS = tuple(f"${_COLUMNS.index(name) + 1}" for name in ("neighbourhood_id", "name_key", "email_key", "phone_key"))
HOLDERS = """
    ARRAY(
        SELECT DISTINCT m.holder_id FROM mandate AS m
        WHERE m.participant_id = p.participant_id AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > {now})
    ) AS mandate_holder_ids
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a registration meets: the places that it names, what its sender may, and who had this reference before."""

    policy: str | None
    """The name of the neighbourhood's policy; None when there is no such neighbourhood."""
    organisation: bool
    """Whether there is such an organisation."""
    grant: Grant | None
    participant_id: UUID | None
    version: int | None
    name_key: str | None
    """Of the name that goes with the reference; None when the entry was merged, which leaves no name."""


async def standing(tx: Transaction, command: RegisterParticipant) -> Standing:
    """All that a registration is checked against, in one look. A merged entry's reference leads to the survivor."""
    row = await tx.fetchrow(
        """
        SELECT n.policy, o.organisation_id IS NOT NULL AS organisation, g.organisation_id, g.neighbourhood_ids,
            known.participant_id, known.version, known.name_key
        FROM (SELECT) AS one
        LEFT JOIN neighbourhood AS n ON n.neighbourhood_id = $1 AND n.retired_at IS NULL
        LEFT JOIN organisation AS o ON o.organisation_id = $2 AND o.retired_at IS NULL
        LEFT JOIN partner_grant AS g ON g.partner = $3
        LEFT JOIN LATERAL (
            SELECT s.participant_id, s.version, CASE WHEN p.merged_into IS NULL THEN p.name_key END AS name_key
            FROM participant AS p
            JOIN participant AS s ON s.participant_id = coalesce(p.merged_into, p.participant_id)
            WHERE p.sender = $3 AND p.reference = $4
        ) AS known ON true
        """,
        command.neighbourhood_id, command.reach.organisation_id, tx.sender, command.reference,
    )  # fmt: skip
    assert row is not None
    return Standing(
        row["policy"], row["organisation"], grant_from(tx.sender, row), row["participant_id"], row["version"],
        row["name_key"],
    )  # fmt: skip


async def add(tx: Transaction, person: Participant) -> list[UUID]:
    """A new participant. Returns the entries that may be the same person; those pairs are kept."""
    rows = await tx.fetch(
        f"""
        WITH likely AS (
            {likely(*_KEYS)}
        ), added AS (
            INSERT INTO participant ({_NAMES}) VALUES ({_PLACES}) RETURNING participant_id, registered_at
        ), noted AS (
            INSERT INTO possible_double (first_id, second_id, same_by, found_at)
            SELECT least(l.participant_id, a.participant_id), greatest(l.participant_id, a.participant_id),
                l.same_by, a.registered_at
            FROM likely AS l CROSS JOIN added AS a
        )
        SELECT participant_id FROM likely
        """,  # noqa: S608 - constants of this module
        *_values(person),
    )
    return [row["participant_id"] for row in rows]


async def policy_name(tx: Transaction, neighbourhood_id: str) -> str | None:
    """The name of a neighbourhood's policy; None when there is no such neighbourhood."""
    name: str | None = await tx.fetchval(
        "SELECT policy FROM neighbourhood WHERE neighbourhood_id = $1 AND retired_at IS NULL", neighbourhood_id
    )
    return name


async def organisation_exists(tx: Transaction, organisation_id: str) -> bool:
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM organisation WHERE organisation_id = $1 AND retired_at IS NULL)",
            organisation_id,
        )
    )


async def worker_exists(tx: Transaction, worker_id: UUID) -> bool:
    return bool(await tx.fetchval("SELECT EXISTS (SELECT FROM worker WHERE worker_id = $1)", worker_id))


async def locked(tx: Transaction, participant_id: UUID) -> Participant | None:
    """One participant, to change: nobody else can meanwhile."""
    row = await tx.fetchrow(
        f"SELECT p.*, {HOLDERS.format(now='$2')} FROM participant AS p WHERE p.participant_id = $1 FOR UPDATE OF p",  # noqa: S608
        participant_id, tx.now,
    )  # fmt: skip
    return participant_from(row) if row else None


async def read(tx: Transaction, participant_id: UUID) -> Participant | None:
    """One participant, to look at."""
    row = await tx.fetchrow(
        f"SELECT p.*, {HOLDERS.format(now='$2')} FROM participant AS p WHERE p.participant_id = $1",  # noqa: S608
        participant_id, tx.now,
    )  # fmt: skip
    return participant_from(row) if row else None


async def save(tx: Transaction, person: Participant) -> None:
    """What a participant is from now on."""
    await tx.execute(f"UPDATE participant SET {_SETS} WHERE participant_id = $1", *_values(person))  # noqa: S608


async def repoint(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    """Entries that were merged into one that is merged now go on under the survivor."""
    await tx.execute("UPDATE participant SET merged_into = $2 WHERE merged_into = $1", double_id, survivor_id)


async def listed(
    tx: Transaction, query: ListParticipants, after: tuple[str, UUID] | None, limit: int
) -> list[tuple[str, ParticipantSummary]]:
    """Participants by name, each with the key that it is sorted by."""
    asked = Conditions("status <> 'merged'")
    asked.given("neighbourhood_id = {}", query.neighbourhood_id)
    if query.status is None:
        asked.add("status <> 'left'")
    else:
        asked.add("status = {}", query.status)
    for word in name_key(query.name).split() if query.name else ():
        asked.add("name_key LIKE {}", f"%{_literal(word)}%")
    if query.not_yet_visited:
        asked.add("visited_at IS NULL AND status <> 'left'")
    if after is not None:
        asked.add("(name_key, participant_id) > ({}, {}::uuid)", *after)
    rows = await tx.fetch(
        f"""
        SELECT name_key, {_LINE} FROM participant
        WHERE {asked} ORDER BY name_key, participant_id LIMIT {asked.value(limit)}
        """,  # noqa: S608 - constants of this module
        *asked.values,
    )
    return [(key, ParticipantSummary.model_construct(None, **line)) for key, line in map(_keyed, rows)]


_LINE = ", ".join(ParticipantSummary.model_fields)


def _keyed(row: Record) -> tuple[str, dict[str, Any]]:
    line = dict(row)
    return line.pop("name_key"), line


def _values(person: Participant) -> tuple[Any, ...]:
    """A participant as a row, in the order of the columns."""
    quiet = person.quiet_hours
    return (
        person.participant_id, person.version, person.name, name_key(person.name), person.neighbourhood_id,
        person.status, person.merged_into, person.paused_until, person.out_of_matching, list(person.languages),
        person.reach.by, person.reach.email, email_key(person.reach.email), person.reach.phone,
        phone_key(person.reach.phone), person.reach.organisation_id, person.cell, person.address,
        _ENJOYMENTS.dump_json(person.talents, exclude_none=True).decode(),
        _ENJOYMENTS.dump_json(person.wishes, exclude_none=True).decode(),
        _SLOTS.dump_json(person.availability).decode(), person.ceiling,
        quiet.start if quiet else None, quiet.end if quiet else None, person.sender, person.registered_by,
        person.on_word_of, person.reference, person.registered_at, person.newcomer_since, person.visited_at,
        person.left_at,
    )  # fmt: skip


def participant_from(row: Record) -> Participant:
    same = {
        name: row[name]
        for name in (
            "participant_id", "version", "name", "neighbourhood_id", "status", "merged_into", "paused_until",
            "out_of_matching", "cell", "address", "ceiling", "sender", "registered_by", "on_word_of", "reference",
            "registered_at", "newcomer_since", "visited_at", "left_at",
        )
    }  # fmt: skip
    return Participant(
        **same,
        languages=tuple(row["languages"]),
        reach=Reach.model_construct(
            by=row["reach_by"], email=row["email"], phone=row["phone"], organisation_id=row["organisation_id"]
        ),
        talents=_ENJOYMENTS.validate_json(row["talents"]),
        wishes=_ENJOYMENTS.validate_json(row["wishes"]),
        availability=_SLOTS.validate_json(row["availability"]),
        quiet_hours=QuietHours(start=row["quiet_from"], end=row["quiet_until"])
        if row["quiet_from"] is not None
        else None,
        mandate_holder_ids=tuple(row["mandate_holder_ids"]),
    )


def _literal(word: str) -> str:
    """A word in which LIKE finds no wildcards."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
