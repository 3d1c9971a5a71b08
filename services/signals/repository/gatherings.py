"""SQL of when people meet, as exchange tells it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from shared.contracts.exchange import GatheringFact
from shared.messaging import Transaction


async def keep(tx: Transaction, fact: GatheringFact, *, ahead: bool) -> None:
    """A gathering as it is now; what is older than what is held changes nothing."""
    await tx.execute(
        """
        INSERT INTO gathering (gathering_id, version, neighbourhood_id, starts_at, ahead) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (gathering_id) DO UPDATE
        SET version = excluded.version, starts_at = excluded.starts_at, ahead = excluded.ahead
        WHERE gathering.version < excluded.version
        """,
        fact.gathering_id, fact.version, fact.neighbourhood_id, fact.starts_at, ahead,
    )  # fmt: skip


async def next_in(tx: Transaction, neighbourhood_id: str) -> UUID | None:
    """The next gathering of a neighbourhood; None when none is planned."""
    id_: UUID | None = await tx.fetchval(
        """
        SELECT gathering_id FROM gathering WHERE neighbourhood_id = $1 AND ahead AND starts_at > $2
        ORDER BY starts_at LIMIT 1
        """,
        neighbourhood_id, tx.now,
    )  # fmt: skip
    return id_


async def expire(tx: Transaction, before: datetime) -> int:
    """Gatherings that are long over."""
    status = await tx.execute("DELETE FROM gathering WHERE starts_at < $1", before)
    return int(status.rpartition(" ")[2])
