"""SQL of what is shown of exchanges."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from services.exchange.domain.exchanges import Exchange
from services.exchange.repository.exchanges import exchange_from
from shared.conditions import Conditions
from shared.contracts.exchange import Deviation, ListExchanges
from shared.contracts.profiles import Enjoyment
from shared.messaging import Transaction


async def ever_agreed(tx: Transaction, exchange_id: UUID) -> set[UUID]:
    """All neighbours with whom there was an agreement, also one that has ended."""
    rows = await tx.fetch("SELECT participant_id FROM agreement WHERE exchange_id = $1", exchange_id)
    return {row["participant_id"] for row in rows}


async def held_by(tx: Transaction, holder_id: UUID, participant_ids: Collection[UUID]) -> set[UUID]:
    """Whose mandate someone holds, of these people."""
    rows = await tx.fetch(
        """
        SELECT participant_id FROM participant WHERE participant_id = ANY($1::uuid[]) AND $2 = ANY(mandate_holder_ids)
        """,
        list(participant_ids), holder_id,
    )  # fmt: skip
    return {row["participant_id"] for row in rows}


async def deviations(tx: Transaction, exchange_id: UUID) -> list[Deviation]:
    """The limits that a worker set aside for an exchange, in order of time."""
    rows = await tx.fetch(
        "SELECT worker_id, reason, recorded_at FROM deviation WHERE exchange_id = $1 ORDER BY deviation_id",
        exchange_id,
    )
    return [Deviation(**dict(row)) for row in rows]


async def pleasures(tx: Transaction, exchange: Exchange, participant_ids: Collection[UUID]) -> dict[UUID, Enjoyment]:
    """What these neighbours enjoy in it: their talent for an ask, their wish for an offer."""
    rows = await tx.fetch(
        """
        SELECT participant_id, kind, words FROM enjoyment
        WHERE participant_id = ANY($1::uuid[]) AND part = $2 AND kind = $3
        """,
        list(participant_ids), "talent" if exchange.opening == "ask" else "wish", exchange.kind,
    )  # fmt: skip
    return {row["participant_id"]: Enjoyment(kind=row["kind"], words=row["words"]) for row in rows}


async def of_place(tx: Transaction, query: ListExchanges) -> Sequence[Exchange]:
    """Exchanges of a neighbourhood, or of all; the latest first, and one more than the page takes."""
    asked = Conditions()
    asked.given("neighbourhood_id = {}", query.neighbourhood_id)
    if query.stages:
        asked.add("stage = ANY({}::text[])", list(query.stages))
    asked.given("exchange_id < {}", query.after)
    rows = await tx.fetch(
        f"SELECT * FROM exchange WHERE {asked} ORDER BY exchange_id DESC LIMIT {asked.value(query.limit + 1)}",  # noqa: S608 - constants
        *asked.values,
    )
    return [exchange_from(row) for row in rows]


async def for_worker(tx: Transaction, neighbourhood_ids: Sequence[str], limit: int) -> Sequence[Exchange]:
    """Drafts, and what was left to the worker, in these neighbourhoods: of each kind so many, the latest first."""
    rows = await tx.fetch(
        """
        SELECT * FROM (
            SELECT *, row_number() OVER (PARTITION BY stage, half, by_system ORDER BY exchange_id DESC) AS nth
            FROM exchange WHERE neighbourhood_id = ANY($1::text[]) AND stage IN ('draft', 'handed-over')
        ) AS e WHERE nth <= $2 ORDER BY exchange_id DESC
        """,
        list(neighbourhood_ids), limit,
    )  # fmt: skip
    return [exchange_from(row) for row in rows]


async def of_person(tx: Transaction, query: ListExchanges, *, heard: bool) -> Sequence[Exchange]:
    """What someone opened or agreed to; the latest first, and one more than the page takes.

    `heard`: without what the system proposed and they were not asked.
    """
    rows = await tx.fetch(
        """
        SELECT e.* FROM exchange AS e JOIN (
            SELECT exchange_id FROM exchange WHERE participant_id = $1
            UNION SELECT exchange_id FROM agreement WHERE participant_id = $1
        ) AS theirs USING (exchange_id)
        WHERE ($2::text IS NULL OR e.neighbourhood_id = $2) AND ($3::text[] = '{}' OR e.stage = ANY($3))
            AND ($4::uuid IS NULL OR e.exchange_id < $4)
            AND NOT ($5 AND e.by_system AND e.opened_at IS NULL AND NOT EXISTS (
                SELECT FROM invitation AS i WHERE i.exchange_id = e.exchange_id AND i.own AND i.asked_at IS NOT NULL
            ))
        ORDER BY e.exchange_id DESC LIMIT $6
        """,
        query.participant_id, query.neighbourhood_id, list(query.stages), query.after, heard, query.limit + 1,
    )  # fmt: skip
    return [exchange_from(row) for row in rows]
