"""SQL of invitations."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.exchange.domain.invitations import Invitation, Seen
from shared.conditions import Conditions
from shared.contracts.exchange import ListInvitations, When
from shared.contracts.profiles import Enjoyment
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


_SHOWN = """
    SELECT i.*, e.neighbourhood_id, e.opening, e.kind, e.words AS wording, e.happens, e.often, p.cell,
        o.cell AS other_cell, y.kind AS enjoyed, y.words AS enjoyed_words{more}
    FROM invitation AS i
    JOIN exchange AS e USING (exchange_id)
    LEFT JOIN participant AS p ON p.participant_id = i.participant_id
    LEFT JOIN participant AS o ON o.participant_id = e.participant_id AND NOT i.own
    LEFT JOIN enjoyment AS y ON y.participant_id = o.participant_id AND y.kind = e.kind
        AND y.part = CASE e.opening WHEN 'ask' THEN 'wish' ELSE 'talent' END
"""


async def shown(tx: Transaction, invitation_id: UUID) -> Seen | None:
    """One invitation, with what is asked."""
    row = await tx.fetchrow(f"{_SHOWN.format(more='')} WHERE i.invitation_id = $1", invitation_id)
    return _seen(row) if row else None


async def held(tx: Transaction, neighbourhood_ids: Sequence[str], limit: int) -> list[tuple[Seen, UUID]]:
    """Those in these neighbourhoods that wait for their worker, the latest first, each with who asks or offers."""
    rows = await tx.fetch(
        f"""
        {_SHOWN.format(more=", e.participant_id AS other_id")}
        WHERE i.stage = 'held' AND e.neighbourhood_id = ANY($1::text[]) ORDER BY i.invitation_id DESC LIMIT $2
        """,
        list(neighbourhood_ids), limit,
    )  # fmt: skip
    return [(_seen(row), row["other_id"]) for row in rows]


async def page(tx: Transaction, query: ListInvitations, *, heard_only: bool, limit: int) -> list[Seen]:
    """Invitations with what is asked, the latest first. `heard_only`: those that went out."""
    asked = Conditions()
    asked.given("i.exchange_id = {}", query.exchange_id)
    asked.given("i.participant_id = {}", query.participant_id)
    asked.given("e.neighbourhood_id = {}", query.neighbourhood_id)
    asked.given("i.stage = {}", query.stage)
    if query.open_only:
        asked.add("i.stage IN ('held', 'waiting', 'asked')")
    if heard_only:
        asked.add("i.asked_at IS NOT NULL")
    asked.given("i.invitation_id < {}", query.after)
    rows = await tx.fetch(
        f"{_SHOWN.format(more='')} WHERE {asked} ORDER BY i.invitation_id DESC LIMIT {asked.value(limit)}",
        *asked.values,
    )
    return [_seen(row) for row in rows]


def _seen(row: Record) -> Seen:
    enjoyed = Enjoyment(kind=row["enjoyed"], words=row["enjoyed_words"]) if row["enjoyed"] else None
    return Seen(
        invitation=invitation_from(row), neighbourhood_id=row["neighbourhood_id"], opening=row["opening"],
        kind=row["kind"], words=row["wording"], when=When.model_validate_json(row["happens"]), often=row["often"],
        cell=row["cell"], other_cell=row["other_cell"], pleasure=enjoyed,
    )  # fmt: skip


def invitation_from(row: Record) -> Invitation:
    return Invitation(**{**{name: row[name] for name in _COLUMNS}, "reasons": tuple(row["reasons"])})
