"""SQL of what becomes of signals when two entries are one person, and when someone is erased."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.signals.domain.signals import Signal
from services.signals.repository.signals import signal_from
from shared.messaging import Transaction

_BY = (("signal", "raised_by"), ("signal_step", "by"), ("note", "written_by"))
"""Where it stands who did something, as `participant:<id>`."""


async def hold(tx: Transaction, participant_ids: Sequence[UUID]) -> list[Signal]:
    """The signals about these people, to change: nobody else changes one until this transaction ends."""
    rows = await tx.fetch(
        "SELECT * FROM signal WHERE participant_id = ANY($1::uuid[]) ORDER BY signal_id FOR UPDATE",
        list(participant_ids),
    )
    return [signal_from(row) for row in rows]


async def move(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    """All that is kept of the one is of the other; nobody mediates between someone and themselves."""
    await tx.execute(
        "DELETE FROM mediation WHERE participant_id IN ($1, $2) AND other_id IN ($1, $2)", double_id, survivor_id
    )
    for table, column in (
        ("signal", "participant_id"), ("reading", "participant_id"), ("mediation", "participant_id"),
        ("mediation", "other_id"),
    ):  # fmt: skip
        await tx.execute(
            f"UPDATE {table} SET {column} = $2 WHERE {column} = $1",  # noqa: S608
            double_id, survivor_id,
        )  # fmt: skip
    await tx.execute(
        "UPDATE mediation SET spoken_with = array_replace(spoken_with, $1, $2) WHERE $1 = ANY(spoken_with)",
        double_id, survivor_id,
    )  # fmt: skip
    for table, column in _BY:
        await tx.execute(
            f"UPDATE {table} SET {column} = $2 WHERE {column} = $1",  # noqa: S608
            f"participant:{double_id}", f"participant:{survivor_id}",
        )  # fmt: skip


async def erase(tx: Transaction, participant_id: UUID) -> None:
    """Delete all that is held on someone, and their part in what is held on others."""
    for statement in (
        "DELETE FROM signal WHERE participant_id = $1",
        "DELETE FROM mediation WHERE participant_id = $1 OR other_id = $1",
        "DELETE FROM reading WHERE participant_id = $1",
    ):
        await tx.execute(statement, participant_id)
    for table, column in _BY:
        await tx.execute(
            f"UPDATE {table} SET {column} = 'participant' WHERE {column} = $1",  # noqa: S608
            f"participant:{participant_id}",
        )
