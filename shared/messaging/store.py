"""All SQL on the messaging tables: inbox, kept answers, outbox, timers, failures, dead letters, erased ids."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import PydanticSerializationError, to_json

from shared.database import Connection, Pool, Record

PERSONS = 7_733_336
"""The first half of the advisory locks on participants."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message that waits to be published."""

    id: UUID
    stream: str
    subject: str
    headers: str
    body: str
    persons: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The answer that a command got, and the digest of what was asked."""

    digest: bytes
    body: str
    erased: bool = False
    """Whether whom it answers with was erased since."""


_ENCODER = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))


def encode(headers: Mapping[str, str]) -> str:
    try:
        return to_json(dict(headers)).decode()
    except PydanticSerializationError:  # half a surrogate pair, in what a sender made up
        return _ENCODER.encode(dict(headers))


def decode(headers: str) -> dict[str, str]:
    decoded: dict[str, str] = json.loads(headers)
    return decoded


async def claim(
    connection: Connection, stream: str, ids: Sequence[UUID], persons: Sequence[UUID], now: datetime
) -> tuple[set[UUID], set[UUID]]:
    """Enter events in the inbox. Returns the ids that are new, and which of the persons are erased."""
    rows = await connection.fetch(
        """
        WITH new AS (
            INSERT INTO messaging.inbox (stream, id, received_at)
            SELECT $1, each, $4 FROM unnest($2::uuid[]) AS each ORDER BY each
            ON CONFLICT DO NOTHING RETURNING id
        )
        SELECT id, false AS erased FROM new
        UNION ALL
        SELECT id, true FROM messaging.erased WHERE id = ANY($3::uuid[])
        """,
        stream, ids, persons, now,
    )  # fmt: skip
    return {row["id"] for row in rows if not row["erased"]}, {row["id"] for row in rows if row["erased"]}


async def kept_answers(
    connection: Connection, keys: Sequence[tuple[str, UUID]], persons: Sequence[UUID]
) -> tuple[dict[tuple[str, UUID], KeptAnswer], set[UUID]]:
    """The answers that commands of these (sender, id) got before, and which of the persons are erased."""
    rows = await connection.fetch(
        """
        SELECT a.sender, a.id, a.digest, a.body, EXISTS (
            SELECT FROM messaging.erased AS e WHERE e.id = (a.body::json #>> '{result,participant_id}')::uuid
        ) AS erased
        FROM unnest($1::text[], $2::uuid[]) AS k (sender, id)
        JOIN messaging.answer AS a ON a.sender = k.sender AND a.id = k.id
        UNION ALL
        SELECT NULL, id, NULL, NULL, NULL FROM messaging.erased WHERE id = ANY($3::uuid[])
        """,
        [sender for sender, _ in keys], [id_ for _, id_ in keys], persons,
    )  # fmt: skip
    answers = {
        (row["sender"], row["id"]): KeptAnswer(row["digest"], row["body"], row["erased"])
        for row in rows
        if row["sender"]
    }
    return answers, {row["id"] for row in rows if row["sender"] is None}


async def erased(connection: Connection, persons: Sequence[UUID]) -> set[UUID]:
    """Which of these persons are erased."""
    rows = await connection.fetch("SELECT id FROM messaging.erased WHERE id = ANY($1::uuid[])", persons)
    return {row["id"] for row in rows}


async def keep_answers(
    connection: Connection, answers: Iterable[tuple[str, UUID, bytes, str]], now: datetime, *, again: bool = False
) -> None:
    """Keep the answers to commands: (sender, id, digest, body). `again` replaces the one that was kept."""
    sender, id_, digest, body = zip(*answers, strict=True)
    on_conflict = "ON CONFLICT (sender, id) DO UPDATE SET body = excluded.body" if again else ""
    await connection.execute(
        f"""
        INSERT INTO messaging.answer (sender, id, digest, body, answered_at)
        SELECT s, i, d, b, $5 FROM unnest($1::text[], $2::uuid[], $3::bytea[], $4::text[]) AS k (s, i, d, b)
        {on_conflict}
        """,  # noqa: S608 - a constant
        sender, id_, digest, body, now,
    )  # fmt: skip


async def write_outbox(connection: Connection, rows: Sequence[OutboxRow], now: datetime) -> None:
    """Queue messages for the relay, in this order, and wake it at commit."""
    await connection.execute(
        """
        WITH written AS (
            INSERT INTO messaging.outbox (id, stream, subject, headers, body, persons, written_at)
            SELECT i, t, s, h, b, p::uuid[], $7
            FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
            WITH ORDINALITY AS k (i, t, s, h, b, p, n) ORDER BY n
        )
        SELECT pg_notify('outbox', '')
        """,
        [row.id for row in rows], [row.stream for row in rows], [row.subject for row in rows],
        [row.headers for row in rows], [row.body for row in rows],
        ["{" + ",".join(str(person) for person in row.persons) + "}" for row in rows], now,
    )  # fmt: skip


async def unsent(connection: Connection, limit: int) -> list[Record]:
    """The next messages to publish, in order."""
    return await connection.fetch(
        "SELECT seq, stream, subject, headers, body, written_at FROM messaging.outbox ORDER BY seq LIMIT $1", limit
    )


async def sent(connection: Connection, seqs: Sequence[int]) -> None:
    """Remove what the streams have stored. Losing this in a crash only means a repeat, which they swallow."""
    async with connection.transaction():
        await connection.execute("SET LOCAL synchronous_commit = off")
        await connection.execute("DELETE FROM messaging.outbox WHERE seq = ANY($1::bigint[])", seqs)


async def anything_unsent(pool: Pool) -> bool:
    """Whether the relay has work."""
    waiting: bool = await pool.fetchval("SELECT EXISTS (SELECT FROM messaging.outbox)")
    return waiting


async def oldest_unsent(connection: Connection) -> datetime | None:
    """When the message that has waited longest was written."""
    moment: datetime | None = await connection.fetchval("SELECT min(written_at) FROM messaging.outbox")
    return moment


async def set_timers(connection: Connection, timers: Mapping[str, tuple[datetime, OutboxRow] | None]) -> None:
    """Set timers, or cancel those whose value is None."""
    cancelled = [key for key, timer in timers.items() if timer is None]
    if cancelled:
        await connection.execute("DELETE FROM messaging.timer WHERE key = ANY($1::text[])", cancelled)
    running = [(key, *timer) for key, timer in timers.items() if timer is not None]
    if running:
        await connection.execute(
            """
            INSERT INTO messaging.timer (key, due_at, id, stream, subject, headers, body, persons)
            SELECT k, d, i, t, s, h, b, p::uuid[]
            FROM unnest(
                $1::text[], $2::timestamptz[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]
            ) AS r (k, d, i, t, s, h, b, p)
            ON CONFLICT (key) DO UPDATE SET due_at = excluded.due_at, id = excluded.id, stream = excluded.stream,
                subject = excluded.subject, headers = excluded.headers, body = excluded.body, persons = excluded.persons
            """,
            [key for key, _, _ in running], [due for _, due, _ in running], [row.id for *_, row in running],
            [row.stream for *_, row in running], [row.subject for *_, row in running],
            [row.headers for *_, row in running], [row.body for *_, row in running],
            ["{" + ",".join(str(person) for person in row.persons) + "}" for *_, row in running],
        )  # fmt: skip


async def fire_timers(connection: Connection, now: datetime, limit: int = 500) -> int:
    """Move the timers that are due to the outbox. Two at once share the work; each timer fires once.

    The relay, which asks this, looks at the outbox next: no notice, which would wake it again at once.
    """
    fired: int = await connection.fetchval(
        """
        WITH due AS (
            DELETE FROM messaging.timer WHERE key IN (
                SELECT key FROM messaging.timer WHERE due_at <= $1 ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
            ) RETURNING id, stream, subject, headers, body, persons, due_at
        ), written AS (
            INSERT INTO messaging.outbox (id, stream, subject, headers, body, persons, written_at)
            SELECT id, stream, subject, headers, body, persons, $1 FROM due ORDER BY due_at RETURNING 1
        )
        SELECT count(*) FROM written
        """,
        now, limit,
    )  # fmt: skip
    return fired


async def next_due(connection: Connection) -> datetime | None:
    """When the next timer is due; None when there is none."""
    due: datetime | None = await connection.fetchval("SELECT min(due_at) FROM messaging.timer")
    return due


async def count_failure(connection: Connection, stream: str, sequence: int, reason: str, now: datetime) -> int:
    """One more failed attempt at a message; returns how many there have been."""
    attempts: int = await connection.fetchval(
        """
        INSERT INTO messaging.failure (stream, sequence, attempts, reason, failed_at) VALUES ($1, $2, 1, $3, $4)
        ON CONFLICT (stream, sequence) DO UPDATE
        SET attempts = failure.attempts + 1, reason = excluded.reason, failed_at = excluded.failed_at
        RETURNING attempts
        """,
        stream, sequence, reason, now,
    )  # fmt: skip
    return attempts


async def clear_failures(connection: Connection, stream: str, sequences: Sequence[int]) -> None:
    await connection.execute(
        "DELETE FROM messaging.failure WHERE stream = $1 AND sequence = ANY($2::bigint[])", stream, sequences
    )


BURIED = (
    "id", "stream", "sequence", "subject", "headers", "body", "message_type", "persons", "reason", "place", "attempts",
    "died_at", "digest",
)  # fmt: skip


async def bury(connection: Connection, letter: Mapping[str, Any]) -> bool:
    """Keep a message that could not be handled (its fields: BURIED). False when it lies here already."""
    new = await connection.fetchval(
        f"""
        INSERT INTO messaging.dead_letter ({", ".join(BURIED)}, status)
        VALUES ({", ".join(f"${n}" for n in range(1, len(BURIED) + 1))}, 'open')
        ON CONFLICT (stream, sequence, digest) DO NOTHING RETURNING true
        """,  # noqa: S608 - constants
        *(letter[name] for name in BURIED),
    )
    return new is True


async def dead_letters(connection: Connection, status: str | None, after: UUID | None, limit: int) -> list[Record]:
    """Dead letters, newest first, without what they hold."""
    return await connection.fetch(
        """
        SELECT id, stream, sequence, subject, message_type, reason, attempts, status, died_at, closed_at
        FROM messaging.dead_letter
        WHERE ($1::text IS NULL OR status = $1) AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
        """,
        status, after, limit,
    )  # fmt: skip


async def dead_letter(connection: Connection, id_: UUID) -> Record | None:
    """One dead letter, whole, locked."""
    return await connection.fetchrow("SELECT * FROM messaging.dead_letter WHERE id = $1 FOR UPDATE", id_)


async def close_dead_letter(connection: Connection, id_: UUID, status: str, now: datetime) -> None:
    """Mark a dead letter as replayed or discarded; what it held is dropped."""
    await connection.execute(
        "UPDATE messaging.dead_letter SET status = $2, closed_at = $3, body = '', headers = '{}' WHERE id = $1",
        id_, status, now,
    )  # fmt: skip


async def hold(connection: Connection, persons: Iterable[UUID]) -> None:
    """Until this transaction ends, none of these participants is erased: who erases waits, and finds what it wrote."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock_shared($1, hashtext(each)) FROM unnest($2::text[]) AS each",
        PERSONS, sorted({str(person) for person in persons}),
    )  # fmt: skip


async def forget(connection: Connection, participant_id: UUID, now: datetime) -> None:
    """Drop every message kept here that names a participant, and remember that the id is erased."""
    await connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", PERSONS, str(participant_id))
    for table in ("outbox", "timer", "dead_letter"):
        await connection.execute(f"DELETE FROM messaging.{table} WHERE $1 = ANY(persons)", participant_id)  # noqa: S608
    # What could not be read names nobody that we know of, but may well hold the id.
    await connection.execute(
        "DELETE FROM messaging.dead_letter WHERE position(convert_to($1, 'UTF8') IN body) > 0", str(participant_id)
    )
    await connection.execute(
        "INSERT INTO messaging.erased (id, erased_at) VALUES ($1, $2) ON CONFLICT DO NOTHING", participant_id, now
    )


async def expire(connection: Connection, now: datetime, days: Mapping[str, int]) -> dict[str, int]:
    """Remove what has been kept long enough. `days` by kind: inbox, answers, failures, dead_letters."""
    statements = {
        "inbox": "DELETE FROM messaging.inbox WHERE received_at < $1::timestamptz - make_interval(days => $2)",
        "answers": "DELETE FROM messaging.answer WHERE answered_at < $1::timestamptz - make_interval(days => $2)",
        "failures": "DELETE FROM messaging.failure WHERE failed_at < $1::timestamptz - make_interval(days => $2)",
        "dead_letters": "DELETE FROM messaging.dead_letter WHERE died_at < $1::timestamptz - make_interval(days => $2)",
    }
    return {
        kind: int((await connection.execute(statement, now, days[kind])).split()[-1])
        for kind, statement in statements.items()
    }
