"""SQL of the directory's services, one at a time; looking for them is in `directory_search`."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from services.signals.domain import directory_hours
from services.signals.domain.directory import Service
from services.signals.domain.directory_hours import Hours
from shared.contracts.signals import DirectorySource
from shared.database import Record
from shared.messaging import Transaction

COLUMNS = ", ".join(each.name for each in fields(Service))


async def service(tx: Transaction, service_id: str) -> Service | None:
    """One service, also when it is retired."""
    row = await tx.fetchrow(f"SELECT {COLUMNS} FROM service WHERE service_id = $1", service_id)  # noqa: S608
    return service_from(row) if row else None


async def hours(tx: Transaction, service_id: str) -> list[Hours]:
    """When a service is open."""
    kept = await tx.fetchval("SELECT schedules FROM service WHERE service_id = $1", service_id)
    return hours_from(kept)


async def answers_by_events(tx: Transaction, organisation_id: str | None) -> bool:
    """Whether a partner answers referrals for this organisation of profiles."""
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM partner_grant WHERE organisation_id = $1 AND answers_referrals)",
            organisation_id,
        )
    )


async def sources(tx: Transaction) -> list[DirectorySource]:
    """Whose directories were brought in."""
    rows = await tx.fetch(
        """
        SELECT d.source, d.title, d.brought_at, count(s) FILTER (WHERE NOT s.retired) AS services,
            count(s) FILTER (WHERE s.retired) AS retired
        FROM directory_source AS d LEFT JOIN service AS s USING (source) GROUP BY d.source ORDER BY d.source
        """
    )
    return [DirectorySource(**dict(row)) for row in rows]


def service_from(row: Record) -> Service:
    values: dict[str, Any] = {}
    for each in fields(Service):
        value = row[each.name]
        values[each.name] = tuple(value) if isinstance(value, list) else value
    return Service(**values)


def hours_from(kept: str | None) -> list[Hours]:
    return directory_hours.read(json.loads(kept or "[]"))
