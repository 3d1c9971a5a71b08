"""SQL of mediation."""

from __future__ import annotations

from uuid import UUID

from services.signals.domain.mediation import Mediation
from shared.database import Record
from shared.messaging import Transaction


async def add(tx: Transaction, mediation: Mediation) -> None:
    """A new one."""
    await tx.execute(
        """
        INSERT INTO mediation (mediation_id, signal_id, participant_id, other_id, spoken_with, together, started_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        mediation.mediation_id, mediation.signal_id, mediation.participant_id, mediation.other_id,
        list(mediation.spoken_with), mediation.together, mediation.started_at,
    )  # fmt: skip


async def save(tx: Transaction, mediation: Mediation) -> None:
    """One that changed; its signal is locked."""
    await tx.execute(
        "UPDATE mediation SET spoken_with = $2, together = $3, ended_at = $4, agreed = $5 WHERE mediation_id = $1",
        mediation.mediation_id, list(mediation.spoken_with), mediation.together, mediation.ended_at, mediation.agreed,
    )  # fmt: skip


async def read(tx: Transaction, mediation_id: UUID) -> Mediation | None:
    """One of them."""
    row = await tx.fetchrow("SELECT * FROM mediation WHERE mediation_id = $1", mediation_id)
    return _mediation(row) if row else None


async def last_of(tx: Transaction, signal_id: UUID) -> Mediation | None:
    """The one of a signal that goes on, else the last that ended; None when there was none."""
    row = await tx.fetchrow(
        """
        SELECT * FROM mediation WHERE signal_id = $1
        ORDER BY ended_at IS NOT NULL, started_at DESC, mediation_id LIMIT 1
        """,
        signal_id,
    )
    return _mediation(row) if row else None


def _mediation(row: Record) -> Mediation:
    return Mediation(**dict(row) | {"spoken_with": tuple(row["spoken_with"])})
