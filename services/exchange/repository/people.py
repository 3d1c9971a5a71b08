"""SQL of what profiles tells: people, places, who is on duty, and where partners may act."""

from __future__ import annotations

from uuid import UUID

from services.exchange.domain.people import Neighbourhood, Person
from shared.access import Grant
from shared.database import Record
from shared.messaging import Transaction


async def person(tx: Transaction, participant_id: UUID) -> Person | None:
    """One participant, to look at."""
    row = await tx.fetchrow("SELECT * FROM participant WHERE participant_id = $1", participant_id)
    return person_from(row) if row else None


async def present(tx: Transaction, participant_id: UUID) -> Person | None:
    """One participant, who stays as they are until this transaction ends: a pause or a leave waits for it."""
    row = await tx.fetchrow("SELECT * FROM participant WHERE participant_id = $1 FOR SHARE", participant_id)
    return person_from(row) if row else None


async def neighbourhood(tx: Transaction, neighbourhood_id: str) -> Neighbourhood | None:
    """One neighbourhood, and the worker on duty there."""
    row = await tx.fetchrow(
        """
        SELECT n.neighbourhood_id, n.timezone, n.policy, n.retired, d.worker_id
        FROM neighbourhood AS n LEFT JOIN duty AS d USING (neighbourhood_id) WHERE n.neighbourhood_id = $1
        """,
        neighbourhood_id,
    )
    return Neighbourhood(**dict(row)) if row else None


async def grant_of(tx: Transaction, partner: str) -> Grant | None:
    """Where a partner may act; None when it was granted nothing."""
    row = await tx.fetchrow("SELECT organisation_id, neighbourhood_ids FROM partner_grant WHERE partner = $1", partner)
    return Grant(partner, row["organisation_id"], frozenset(row["neighbourhood_ids"])) if row else None


async def heard_of(tx: Transaction, participant_id: UUID) -> None:
    """Someone gave a sign of life: they are not silent."""
    await tx.execute(
        """
        UPDATE participant SET heard_at = greatest(heard_at, $2), silence_told_at = NULL WHERE participant_id = $1
        """,
        participant_id, tx.now,
    )  # fmt: skip


def person_from(row: Record) -> Person:
    return Person(
        **{name: row[name] for name in (
            "participant_id", "version", "neighbourhood_id", "status", "paused_until", "out_of_matching", "cell",
            "ceiling", "quiet_from", "quiet_until", "reached_by", "heard_at",
        )},
        languages=tuple(row["languages"]), availability=tuple(row["availability"]),
        mandate_holder_ids=tuple(row["mandate_holder_ids"]),
    )  # fmt: skip
