"""SQL of the directory's services, one at a time; looking for them is in `directory_search`."""

from __future__ import annotations

from dataclasses import fields

from services.signals.domain.directory import Service
from shared.database import Record
from shared.messaging import Transaction

COLUMNS = ", ".join(each.name for each in fields(Service))


async def service(tx: Transaction, service_id: str) -> Service | None:
    """One service, also when it is retired."""
    row = await tx.fetchrow(f"SELECT {COLUMNS} FROM service WHERE service_id = $1", service_id)
    return service_from(row) if row else None


def service_from(row: Record) -> Service:
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return Service(**values)
