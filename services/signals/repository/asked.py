"""SQL of what exchange asks a worker to look at, and of what ends that, in whichever order it comes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.signals.domain.asked import Asked
from shared.database import Record
from shared.messaging import Transaction

What = Literal["settled", "not-sought", "set-aside"]


async def hear(tx: Transaction, object_id: UUID, what: What, message_id: UUID) -> UUID:
    """Remember that this was told of it; who asks the same meanwhile waits. Returns the last message that told it.

    With the nil UUID nothing was told: to look what was, and to hold it.
    """
    last: UUID = await tx.fetchval(
        """
        INSERT INTO heard (object_id, what, message_id, heard_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (object_id, what) DO UPDATE SET
            message_id = greatest(heard.message_id, excluded.message_id), heard_at = excluded.heard_at
        RETURNING message_id
        """,
        object_id, what, message_id, tx.now,
    )  # fmt: skip
    return last


async def add(tx: Transaction, asked: Asked) -> None:
    """Something more for a worker to look at."""
    await tx.execute(
        """
        INSERT INTO asked (asked_id, neighbourhood_id, about, exchange_id, invitation_id, gathering_id, message_id,
            asked_at, told_id, step, told_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        asked.asked_id, asked.neighbourhood_id, asked.about, asked.exchange_id, asked.invitation_id,
        asked.gathering_id, asked.message_id, asked.asked_at, asked.told_id, asked.step, asked.told_at,
    )  # fmt: skip


async def locked(tx: Transaction, asked_id: UUID) -> Asked | None:
    """One of them, to change; None when it has ended."""
    row = await tx.fetchrow("SELECT * FROM asked WHERE asked_id = $1 FOR UPDATE", asked_id)
    return _asked(row) if row else None


async def save(tx: Transaction, asked: Asked) -> None:
    """Another was told."""
    await tx.execute(
        "UPDATE asked SET told_id = $2, step = $3, told_at = $4 WHERE asked_id = $1",
        asked.asked_id, asked.told_id, asked.step, asked.told_at,
    )  # fmt: skip


async def end(tx: Transaction, object_id: UUID, message_id: UUID) -> list[UUID]:
    """What was asked about an exchange, a question or a gathering before that message has ended; returns which."""
    rows = await tx.fetch(
        """
        DELETE FROM asked
        WHERE (exchange_id = $1 OR invitation_id = $1 OR gathering_id = $1) AND message_id < $2 RETURNING asked_id
        """,
        object_id, message_id,
    )  # fmt: skip
    return [row["asked_id"] for row in rows]


async def of_worker(tx: Transaction, worker_id: UUID) -> list[Asked]:
    """What was brought to a worker last, to change."""
    rows = await tx.fetch("SELECT * FROM asked WHERE told_id = $1 ORDER BY asked_id FOR UPDATE", worker_id)
    return [_asked(row) for row in rows]


async def expire(tx: Transaction, asked_before: datetime, heard_before: datetime) -> tuple[Sequence[UUID], int]:
    """What was asked, and what was told, before these moments: which is no longer asked, and how much is forgotten."""
    rows = await tx.fetch("DELETE FROM asked WHERE asked_at < $1 RETURNING asked_id", asked_before)
    gone = await tx.execute("DELETE FROM heard WHERE heard_at < $1", heard_before)
    return [row["asked_id"] for row in rows], int(gone.split()[-1])


def _asked(row: Record) -> Asked:
    return Asked(**dict(row))
