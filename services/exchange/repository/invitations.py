"""SQL of invitations."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.exchange.domain.invitations import Invitation
from shared.database import Record
from shared.messaging import Transaction

_COLUMNS = (
    "invitation_id", "exchange_id", "participant_id", "own", "stage", "again", "acquainted", "reasons", "worker_id",
    "made_at", "reviewed_by", "asked_at", "answer_by", "answered_at", "answered_by", "how",
)  # fmt: skip
_NAMES = ", ".join(_COLUMNS)
_PLACES = ", ".join(f"${number}" for number in range(1, len(_COLUMNS) + 1))
_SETS = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])


async def keep(tx: Transaction, *invitations: Invitation) -> None:
    """What invitations are from now on, new or known."""
    await tx.executemany(
        f"INSERT INTO invitation ({_NAMES}) VALUES ({_PLACES}) ON CONFLICT (invitation_id) DO UPDATE SET {_SETS}",  # noqa: S608
        [tuple(list(each.reasons) if name == "reasons" else getattr(each, name) for name in _COLUMNS)
         for each in invitations],
    )  # fmt: skip


async def of_exchange(tx: Transaction, exchange_id: UUID) -> list[Invitation]:
    """All invitations of an exchange, in the order in which they were made. The exchange is locked first."""
    rows = await tx.fetch("SELECT * FROM invitation WHERE exchange_id = $1 ORDER BY invitation_id", exchange_id)
    return [invitation_from(row) for row in rows]


async def read(tx: Transaction, invitation_id: UUID) -> Invitation | None:
    """One invitation, to look at; to change it, its exchange is locked and it is read again."""
    row = await tx.fetchrow("SELECT * FROM invitation WHERE invitation_id = $1", invitation_id)
    return invitation_from(row) if row else None


async def to_person(tx: Transaction, exchange_id: UUID, participant_id: UUID) -> Invitation | None:
    """What this person was asked for this exchange, or is to be."""
    row = await tx.fetchrow(
        "SELECT * FROM invitation WHERE exchange_id = $1 AND participant_id = $2", exchange_id, participant_id
    )
    return invitation_from(row) if row else None


async def waiting_for(tx: Transaction, participant_ids: Sequence[UUID]) -> list[Invitation]:
    """What these people have been asked, or are to be, and have not answered."""
    rows = await tx.fetch(
        """
        SELECT * FROM invitation WHERE participant_id = ANY($1::uuid[]) AND stage IN ('held', 'waiting', 'asked')
        ORDER BY invitation_id
        """,
        list(participant_ids),
    )
    return [invitation_from(row) for row in rows]


def invitation_from(row: Record) -> Invitation:
    return Invitation(**{**{name: row[name] for name in _COLUMNS}, "reasons": tuple(row["reasons"])})
