"""SQL of opening: what went before, what was consented to, and what a worker set aside."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter

from services.exchange.domain.exchanges import Exchange
from shared.contracts.profiles import RunningConsent
from shared.ids import new_id
from shared.messaging import Transaction

_RUNNING: TypeAdapter[list[RunningConsent]] = TypeAdapter(list[RunningConsent])


async def consents(tx: Transaction, participant_id: UUID) -> list[RunningConsent]:
    """What someone consented to, as profiles told it last."""
    running = await tx.fetchval("SELECT running FROM consents WHERE participant_id = $1", participant_id)
    return _RUNNING.validate_json(running) if running else []


async def same_kind(tx: Transaction, exchange: Exchange, kind: str | None, since: datetime) -> int:
    """How many others of this kind were opened for the same person since then, by the same way in."""
    found = await tx.fetchval(
        """
        SELECT count(*) FROM exchange
        WHERE participant_id = $1 AND kind = $2 AND opened_at > $3 AND opening = $4 AND exchange_id <> $5
        """,
        exchange.participant_id, kind, since, exchange.opening, exchange.exchange_id,
    )  # fmt: skip
    return int(found)


async def agreed_at(tx: Transaction, one: UUID, other: UUID) -> list[datetime]:
    """When something was agreed that `other` does for `one`: what one asked, or the other offered."""
    rows = await tx.fetch(
        """
        SELECT a.agreed_at FROM agreement AS a JOIN exchange AS e USING (exchange_id)
        WHERE a.ended_at IS NULL AND (
            (e.opening = 'ask' AND e.participant_id = $1 AND a.participant_id = $2)
            OR (e.opening = 'offer' AND e.participant_id = $2 AND a.participant_id = $1)
        )
        """,
        one, other,
    )  # fmt: skip
    return [row["agreed_at"] for row in rows]


async def add_deviation(tx: Transaction, exchange_id: UUID, worker_id: UUID, reason: str) -> None:
    """A worker set a limit aside, and why."""
    await tx.execute(
        "INSERT INTO deviation (deviation_id, exchange_id, worker_id, reason, recorded_at) VALUES ($1, $2, $3, $4, $5)",
        new_id(), exchange_id, worker_id, reason, tx.now,
    )  # fmt: skip


async def deviated(tx: Transaction, exchange_id: UUID) -> bool:
    """Whether a worker set a limit aside for it."""
    return bool(await tx.fetchval("SELECT EXISTS (SELECT FROM deviation WHERE exchange_id = $1)", exchange_id))


async def forget_unasked(tx: Transaction, exchange_id: UUID) -> None:
    """Who was thought of before and never knew of it can be thought of anew."""
    await tx.execute(
        """
        DELETE FROM invitation
        WHERE exchange_id = $1 AND stage IN ('arranged', 'taken-back') AND asked_at IS NULL
        """,
        exchange_id,
    )
