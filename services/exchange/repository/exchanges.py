"""SQL of exchanges."""

from __future__ import annotations

from uuid import UUID

from services.exchange.domain.exchanges import Exchange
from shared.contracts.exchange import When
from shared.database import Record
from shared.messaging import Transaction

_COLUMNS = (
    "exchange_id", "version", "neighbourhood_id", "opening", "participant_id", "kind", "words", "happens", "starts_at",
    "ends_at", "often", "people", "stage", "half", "by_system", "why", "recorded_by", "consented", "drafted_at",
    "opened_at", "handed_over_at", "first_yes_at", "rests_until", "rested", "nobody_told_at", "agreed_at", "ended_at",
)  # fmt: skip
_NAMES = ", ".join(_COLUMNS)
_PLACES = ", ".join(f"${number}" for number in range(1, len(_COLUMNS) + 1))
_SETS = ", ".join(f"{name} = ${number}" for number, name in enumerate(_COLUMNS, start=1) if number > 1)


async def add(tx: Transaction, exchange: Exchange) -> None:
    """A new exchange."""
    await tx.execute(f"INSERT INTO exchange ({_NAMES}) VALUES ({_PLACES})", *_values(exchange))  # noqa: S608


async def save(tx: Transaction, exchange: Exchange) -> None:
    """What an exchange is from now on."""
    await tx.execute(f"UPDATE exchange SET {_SETS} WHERE exchange_id = $1", *_values(exchange))  # noqa: S608


async def locked(tx: Transaction, exchange_id: UUID) -> Exchange | None:
    """One exchange, to change: nobody else can meanwhile."""
    row = await tx.fetchrow("SELECT * FROM exchange WHERE exchange_id = $1 FOR UPDATE", exchange_id)
    return exchange_from(row) if row else None


async def read(tx: Transaction, exchange_id: UUID) -> Exchange | None:
    """One exchange, to look at."""
    row = await tx.fetchrow("SELECT * FROM exchange WHERE exchange_id = $1", exchange_id)
    return exchange_from(row) if row else None


def exchange_from(row: Record) -> Exchange:
    same = {name: row[name] for name in _COLUMNS if name != "happens"}
    return Exchange(**same, when=When.model_validate_json(row["happens"]))


def _values(exchange: Exchange) -> tuple[object, ...]:
    happens = exchange.when.model_dump_json(exclude_none=True)
    return tuple(happens if name == "happens" else getattr(exchange, name) for name in _COLUMNS)
