"""SQL of what people want to be written about, and whose address takes no mail."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import time
from uuid import UUID

from shared.contracts.notify import DigestRhythm, MailGroup
from shared.messaging import Transaction


async def without(tx: Transaction, participant_id: UUID) -> list[MailGroup]:
    """The groups of mails that someone does without."""
    rows = await tx.fetch("SELECT mails FROM does_without WHERE participant_id = $1 ORDER BY mails", participant_id)
    return [row["mails"] for row in rows]


async def set_without(tx: Transaction, participant_id: UUID, groups: Collection[MailGroup]) -> None:
    """All that someone does without."""
    await tx.execute("DELETE FROM does_without WHERE participant_id = $1", participant_id)
    for each in sorted(set(groups)):
        await do_without(tx, participant_id, each)


async def do_without(tx: Transaction, participant_id: UUID, group: MailGroup) -> None:
    await tx.execute(
        "INSERT INTO does_without (participant_id, mails) VALUES ($1, $2) ON CONFLICT DO NOTHING", participant_id, group
    )


async def digest_hour(tx: Transaction, worker_id: UUID) -> tuple[DigestRhythm | None, time | None]:
    """When a worker wants the digest; None where the policy says it."""
    row = await tx.fetchrow("SELECT rhythm, at FROM digest_hour WHERE worker_id = $1", worker_id)
    return (row["rhythm"], row["at"]) if row else (None, None)


async def set_digest_hour(tx: Transaction, worker_id: UUID, rhythm: DigestRhythm | None, at: time | None) -> None:
    """Null leaves as it is."""
    await tx.execute(
        """
        INSERT INTO digest_hour (worker_id, rhythm, at) VALUES ($1, $2, $3)
        ON CONFLICT (worker_id) DO UPDATE SET rhythm = coalesce(excluded.rhythm, digest_hour.rhythm),
            at = coalesce(excluded.at, digest_hour.at)
        """,
        worker_id, rhythm, at,
    )  # fmt: skip


async def fails(tx: Transaction, participant_id: UUID) -> bool:
    """Whether someone's address takes no mail."""
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM failing_address WHERE participant_id = $1)", participant_id
    )
    return found


async def mark_failing(tx: Transaction, participant_id: UUID) -> bool:
    """Their address took no mail. False when that was known."""
    done = await tx.execute(
        "INSERT INTO failing_address (participant_id, failed_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        participant_id, tx.now,
    )  # fmt: skip
    return done.endswith(" 1")


async def unmark_failing(tx: Transaction, participant_id: UUID) -> None:
    await tx.execute("DELETE FROM failing_address WHERE participant_id = $1", participant_id)


async def move(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    """What somebody does without under one entry, they do without under the other."""
    await tx.execute(
        """
        WITH moved AS (DELETE FROM does_without WHERE participant_id = $1 RETURNING mails)
        INSERT INTO does_without (participant_id, mails) SELECT $2, mails FROM moved ON CONFLICT DO NOTHING
        """,
        double_id, survivor_id,
    )  # fmt: skip
    await unmark_failing(tx, double_id)


async def erase(tx: Transaction, participant_ids: Sequence[UUID]) -> None:
    for table in ("does_without", "failing_address"):
        await tx.execute(
            f"DELETE FROM {table} WHERE participant_id = ANY($1::uuid[])", list(participant_ids)  # noqa: S608
        )  # fmt: skip


async def erase_worker(tx: Transaction, worker_id: UUID) -> None:
    """Of a worker who stopped."""
    await tx.execute("DELETE FROM digest_hour WHERE worker_id = $1", worker_id)
