"""SQL of the queue of mails. What a mail says stands in no column."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notify.domain.mails import ANSWERED, Mail, Matter
from services.notify.repository.people import ANSWERS_FOR
from shared.contracts.notify import MailStage, MailTo
from shared.database import Connection, Record
from shared.messaging import Transaction

_MATTER = ("participant_id", "other_id", "exchange_id", "invitation_id", "gathering_id", "signal_id", "referral_id")
_LIVES = (
    "(SELECT p.neighbourhood_id FROM participant AS p WHERE p.participant_id IN (mail.to_id, mail.acts_for) LIMIT 1)"
)
_SEEN = ANSWERS_FOR.format(worker="$6::uuid", place=f"coalesce(mail.neighbourhood_id, {_LIVES})")
_PLAIN = (
    "mail_id", "kind", "to_kind", "to_id", "acts_for", "neighbourhood_id", "thread", "message_id", "address", "stage",
    "due_at", "attempts", "reason", "made_at", "ended_at",
)  # fmt: skip


# --- making


async def add(tx: Transaction, mail: Mail) -> bool:
    """A mail that waits, or has become a task. False when it is there already: it is sent once."""
    columns = ", ".join((*_PLAIN, *_MATTER, "detail"))
    places = ", ".join(f"${n}" for n in range(1, len(_PLAIN) + len(_MATTER) + 2))
    done = await tx.execute(
        f"INSERT INTO mail ({columns}) VALUES ({places}) ON CONFLICT (mail_id) DO NOTHING",  # noqa: S608 - constants
        *(getattr(mail, name) for name in _PLAIN), *(getattr(mail.matter, name) for name in _MATTER),
        json.dumps(dict(mail.detail)),
    )  # fmt: skip
    return done.endswith(" 1")


async def add_to_detail(tx: Transaction, mail_id: UUID, detail: dict[str, Any]) -> None:
    """What came later with a mail that waits still."""
    await tx.execute(
        "UPDATE mail SET detail = detail || $2::jsonb WHERE mail_id = $1 AND stage = 'waiting'",
        mail_id, json.dumps(detail),
    )  # fmt: skip


# --- sending
# Of one mail `ended_at IS NULL` says what `stage = 'waiting'` does, and leaves PostgreSQL its id alone to look it up
# by: a plan by the stage, made while few of them waited, would read all that wait.


async def claim(tx: Transaction, limit: int, until: datetime, mine: Iterable[UUID]) -> list[Mail]:
    """Mails that are due, for this replica alone until that moment; `mine` it is at already."""
    rows = await tx.fetch(
        """
        UPDATE mail SET claimed_until = $2 WHERE mail_id IN (
            SELECT mail_id FROM mail
            WHERE stage = 'waiting' AND due_at <= $1 AND (claimed_until IS NULL OR claimed_until < $1)
                AND mail_id <> ALL($4::uuid[])
            ORDER BY due_at, mail_id LIMIT $3 FOR UPDATE SKIP LOCKED
        )
        RETURNING *
        """,
        tx.now, until, limit, list(mine),
    )  # fmt: skip
    return sorted((mail_from(row) for row in rows), key=lambda mail: (mail.due_at, mail.mail_id))


async def still_there(
    tx: Transaction | Connection, mail_ids: Sequence[UUID]
) -> dict[UUID, tuple[UUID | None, UUID | None]]:
    """Of these mails, those that wait still, with whom they go to and for whom. Until this transaction ends nobody is
    erased whom they name, nor merged."""
    rows = await tx.fetch(
        """
        SELECT mail_id, to_id, acts_for FROM mail WHERE mail_id = ANY($1::uuid[]) AND ended_at IS NULL
        ORDER BY mail_id FOR SHARE
        """,
        list(mail_ids),
    )
    return {row["mail_id"]: (row["to_id"], row["acts_for"]) for row in rows}


async def in_haste(tx: Connection) -> None:
    """From now on this connection's commits don't wait for the disk: it must not be given back to others."""
    await tx.execute("SET synchronous_commit TO off")


async def sent(tx: Connection, mail_id: UUID, now: datetime) -> None:
    """The mail server took it. Committed before anything else is sent: a crash before this sends it once more."""
    await tx.execute(
        """
        UPDATE mail SET stage = 'sent', ended_at = $2, claimed_until = NULL, address = NULL, reason = NULL
        WHERE mail_id = $1 AND ended_at IS NULL
        """,
        mail_id, now,
    )  # fmt: skip


async def sent_before(tx: Connection, when: Mapping[UUID, datetime]) -> int:
    """The same of several that it took before. Returns of how many it wasn't known."""
    done = await tx.execute(
        """
        UPDATE mail SET stage = 'sent', ended_at = each.at, claimed_until = NULL, address = NULL, reason = NULL
        FROM unnest($1::uuid[], $2::timestamptz[]) AS each (id, at)
        WHERE mail_id = each.id AND ended_at IS NULL
        """,
        list(when), list(when.values()),
    )  # fmt: skip
    return int(done.split()[-1])


async def onto_disk(tx: Connection) -> None:
    """Whatever was committed before, on any connection, is on disk after this: a commit that waits for it."""
    await tx.execute(
        """
        BEGIN;
        SET LOCAL synchronous_commit TO DEFAULT;
        SELECT pg_logical_emit_message(true, 'weefsel', '');
        COMMIT
        """
    )


async def end(tx: Transaction | Connection, mail_id: UUID, stage: MailStage, reason: str, now: datetime) -> None:
    """It isn't sent, and why."""
    await tx.execute(
        """
        UPDATE mail SET stage = $2, reason = $3, ended_at = $4, claimed_until = NULL
        WHERE mail_id = $1 AND ended_at IS NULL
        """,
        mail_id, stage, reason[:300], now,
    )  # fmt: skip


async def put_off(tx: Transaction | Connection, mail_id: UUID, due_at: datetime, reason: str) -> None:
    """Not now, through no failure of the mail server."""
    await tx.execute(
        "UPDATE mail SET due_at = $2, reason = $3, claimed_until = NULL WHERE mail_id = $1 AND ended_at IS NULL",
        mail_id, due_at, reason[:300],
    )  # fmt: skip


async def failed(tx: Transaction | Connection, mail_id: UUID, due_at: datetime, reason: str) -> None:
    """The mail server didn't take it this time."""
    await tx.execute(
        """
        UPDATE mail SET due_at = $2, reason = $3, claimed_until = NULL, attempts = attempts + 1
        WHERE mail_id = $1 AND ended_at IS NULL
        """,
        mail_id, due_at, reason[:300],
    )  # fmt: skip


async def due_now(tx: Transaction, person_id: UUID) -> None:
    """What waits for somebody is looked at again at once."""
    await tx.execute(
        "UPDATE mail SET due_at = $2 WHERE stage = 'waiting' AND $1 IN (to_id, acts_for) AND due_at > $2",
        person_id, tx.now,
    )  # fmt: skip


async def address_to(tx: Transaction, mail: Mail) -> None:
    """Somebody else gets it now: who holds the mandate, or they themselves again."""
    await tx.execute(
        "UPDATE mail SET to_id = $2, acts_for = $3 WHERE mail_id = $1", mail.mail_id, mail.to_id, mail.acts_for
    )


async def release(tx: Transaction | Connection, mail_ids: Sequence[UUID]) -> None:
    """What was claimed and not begun is for whoever comes next."""
    await tx.execute(
        "UPDATE mail SET claimed_until = NULL WHERE mail_id = ANY($1::uuid[]) AND ended_at IS NULL", list(mail_ids)
    )


async def answered(
    tx: Transaction, kinds: Sequence[str], *, person_id: UUID, thread: UUID | None = None,
    invitation_id: UUID | None = None, gathering_id: UUID | None = None,
) -> None:  # fmt: skip
    """What waits to ask somebody, of an event before this one, is answered by now."""
    await tx.execute(
        """
        UPDATE mail SET stage = 'moot', reason = $3, ended_at = $4, claimed_until = NULL
        WHERE stage = 'waiting' AND to_kind = 'participant' AND kind = ANY($1::text[])
            AND $2 IN (to_id, acts_for) AND coalesce(acts_for, to_id) = $2 AND message_id < $5
            AND ($6::uuid IS NULL OR thread = $6) AND ($7::uuid IS NULL OR invitation_id = $7)
            AND ($8::uuid IS NULL OR gathering_id = $8)
        """,
        kinds, person_id, ANSWERED, tx.now, tx.message_id, thread, invitation_id, gathering_id,
    )  # fmt: skip


async def was_told(tx: Transaction, person_id: UUID, thread: UUID) -> bool:
    """Whether somebody knows of a matter: by mail, by their worker, or since they answered before they were asked."""
    told: bool = await tx.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM mail AS m WHERE thread = $2 AND $1 IN (to_id, acts_for) AND (
                stage = 'sent' OR stage = 'moot' AND reason = $3 OR stage = 'by-worker' AND NOT EXISTS (
                    SELECT FROM task AS t WHERE t.task_id = m.mail_id AND t.stage <> 'done'
                )
            )
        )
        """,
        person_id, thread, ANSWERED,
    )  # fmt: skip
    return told


async def was_to_hear(tx: Transaction, person_id: UUID, thread: UUID, kinds: Sequence[str]) -> bool:
    """Whether somebody was to be told one of these, heard or not."""
    was: bool = await tx.fetchval(
        """
        SELECT EXISTS (SELECT FROM mail WHERE thread = $2 AND $1 IN (to_id, acts_for) AND kind = ANY($3::text[]))
        """,
        person_id, thread, list(kinds),
    )  # fmt: skip
    return was


async def waits_still(tx: Transaction, mail: Mail, kind: str) -> bool:
    """Whether a mail of this kind on the same matter waits for the same person, and isn't due yet."""
    waits: bool = await tx.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM mail WHERE thread = $2 AND coalesce(acts_for, to_id) = $1 AND kind = $3
                AND stage = 'waiting' AND due_at > $4
        )
        """,
        mail.about, mail.thread, kind, tx.now,
    )  # fmt: skip
    return waits


async def followed(tx: Transaction, mail_ids: Sequence[UUID], kinds: Sequence[str]) -> dict[UUID, set[str]]:
    """Of mails of these kinds: what else the same person was or will be told of the same matter since, by its kind."""
    rows = await tx.fetch(
        """
        SELECT m.mail_id, array_agg(DISTINCT later.kind) AS kinds FROM mail AS m
        JOIN mail AS later ON later.thread = m.thread AND later.message_id > m.message_id
            AND coalesce(later.acts_for, later.to_id) = coalesce(m.acts_for, m.to_id)
        WHERE m.mail_id = ANY($1::uuid[]) AND m.kind = ANY($2::text[])
            AND later.stage IN ('waiting', 'sent', 'by-worker')
        GROUP BY m.mail_id
        """,
        list(mail_ids), list(kinds),
    )  # fmt: skip
    return {row["mail_id"]: set(row["kinds"]) for row in rows}


async def told_since(tx: Transaction, mail: Mail, kinds: Sequence[str]) -> bool:
    """Whether the same person was or will be told one of these of the same matter, by an event after this one."""
    told: bool = await tx.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM mail WHERE thread = $2 AND coalesce(acts_for, to_id) = $1 AND message_id > $3
                AND kind = ANY($4::text[]) AND stage IN ('waiting', 'sent', 'by-worker')
        )
        """,
        mail.about, mail.thread, mail.message_id, list(kinds),
    )  # fmt: skip
    return told


# --- looking and mending


async def read(tx: Transaction, mail_id: UUID) -> Mail | None:
    row = await tx.fetchrow("SELECT * FROM mail WHERE mail_id = $1 FOR UPDATE", mail_id)
    return mail_from(row) if row else None


async def retry(tx: Transaction, mail_id: UUID) -> None:
    """Try it now, as if it had never failed. Who is sending it at this moment has it to themselves still."""
    await tx.execute(
        """
        UPDATE mail SET stage = 'waiting', due_at = $2, ended_at = NULL, attempts = 0,
            claimed_until = CASE WHEN stage = 'waiting' AND claimed_until > $2 THEN claimed_until END
        WHERE mail_id = $1
        """,
        mail_id, tx.now,
    )  # fmt: skip


async def page(
    tx: Transaction, stage: MailStage | None, to: MailTo | None, to_id: UUID | None, after: UUID | None, limit: int,
    seen_by: UUID | None = None,
) -> list[Mail]:  # fmt: skip
    """Mails, the latest first. `seen_by`: a worker, to whom only theirs and those of where they answer are shown."""
    rows = await tx.fetch(
        f"""
        SELECT * FROM mail
        WHERE ($1::text IS NULL OR stage = $1) AND ($2::uuid IS NULL OR $2 IN (to_id, acts_for))
            AND ($5::text IS NULL OR to_kind = $5)
            AND ($6::uuid IS NULL OR to_id = $6 OR {_SEEN})
            AND ($3::uuid IS NULL OR (made_at, mail_id) < (SELECT made_at, mail_id FROM mail WHERE mail_id = $3))
        ORDER BY made_at DESC, mail_id DESC LIMIT $4
        """,  # noqa: S608 - constants
        stage, to_id, after, limit, to, seen_by,
    )  # fmt: skip
    return [mail_from(row) for row in rows]


async def counts(tx: Transaction, late_before: datetime) -> Record:
    """How many stand where."""
    row = await tx.fetchrow(
        """
        SELECT count(*) FILTER (WHERE stage = 'waiting') AS waiting,
            count(*) FILTER (WHERE stage = 'waiting' AND due_at < $2) AS late,
            count(*) FILTER (WHERE stage = 'sent') AS sent, count(*) FILTER (WHERE stage = 'dead') AS dead,
            count(*) FILTER (WHERE stage = 'refused') AS refused,
            min(due_at) FILTER (WHERE stage = 'waiting' AND due_at <= $1) AS oldest_due_at
        FROM mail
        """,
        tx.now, late_before,
    )  # fmt: skip
    assert row is not None
    return row


# --- people who are merged or erased, and what expires


async def move(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    """What is for or about one entry is for or about the other."""
    for column in ("to_id", "acts_for", "participant_id", "other_id"):
        await tx.execute(f"UPDATE mail SET {column} = $2 WHERE {column} = $1", double_id, survivor_id)  # noqa: S608


async def erase(tx: Transaction, participant_ids: Sequence[UUID]) -> None:
    """Every mail to or about these people. What one of them got for who gave them a mandate is that person's own.

    Who has one of these in hand is told, and doesn't send it.
    """
    await tx.execute(
        """
        WITH passed_on AS (
            UPDATE mail SET to_id = acts_for, acts_for = NULL
            WHERE to_id = ANY($1::uuid[]) AND acts_for <> ALL($1::uuid[]) RETURNING mail_id, claimed_until
        )
        SELECT pg_notify('mail_gone', mail_id::text) FROM passed_on WHERE claimed_until IS NOT NULL
        """,
        list(participant_ids),
    )
    await tx.execute(
        """
        WITH gone AS (
            DELETE FROM mail WHERE to_id = ANY($1::uuid[]) OR acts_for = ANY($1::uuid[])
                OR participant_id = ANY($1::uuid[]) OR other_id = ANY($1::uuid[])
            RETURNING mail_id, claimed_until
        )
        SELECT pg_notify('mail_gone', mail_id::text) FROM gone WHERE claimed_until IS NOT NULL
        """,
        list(participant_ids),
    )


async def expire(tx: Transaction, before: datetime) -> int:
    """Mails that ended before this moment, and what has waited since then for a pause to end."""
    done = await tx.execute(
        "DELETE FROM mail WHERE ended_at < $1 OR (stage = 'waiting' AND made_at < $1 AND claimed_until IS NULL)", before
    )
    return int(done.split()[-1])


def mail_from(row: Record) -> Mail:
    return Mail(
        **{name: row[name] for name in _PLAIN}, matter=Matter(**{name: row[name] for name in _MATTER}),
        detail=json.loads(row["detail"]),
    )  # fmt: skip
