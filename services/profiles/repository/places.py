"""SQL of neighbourhoods and organisations."""

from __future__ import annotations

import json
from collections.abc import Collection

from services.profiles.domain.places import Neighbourhood, Organisation
from shared.database import Record
from shared.messaging import Transaction


async def organisation(tx: Transaction, organisation_id: str) -> Organisation | None:
    """One organisation, also when it ended."""
    row = await tx.fetchrow("SELECT * FROM organisation WHERE organisation_id = $1", organisation_id)
    return _organisation(row) if row else None


async def locked_organisation(tx: Transaction, organisation_id: str) -> Organisation | None:
    """One organisation that hasn't ended, to change."""
    row = await tx.fetchrow(
        "SELECT * FROM organisation WHERE organisation_id = $1 AND retired_at IS NULL FOR NO KEY UPDATE",
        organisation_id,
    )
    return _organisation(row) if row else None


async def organisations(tx: Transaction, after: str | None, limit: int) -> list[Organisation]:
    """Organisations that haven't ended, by id."""
    rows = await tx.fetch(
        """
        SELECT * FROM organisation WHERE retired_at IS NULL AND ($1::text IS NULL OR organisation_id > $1)
        ORDER BY organisation_id LIMIT $2
        """,
        after, limit,
    )  # fmt: skip
    return [_organisation(row) for row in rows]


async def add_organisation(tx: Transaction, new: Organisation) -> bool:
    """A new organisation. False when someone else has just used this id."""
    added = await tx.fetchval(
        """
        INSERT INTO organisation (organisation_id, version, names, kind, email, phone)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING true
        """,
        new.organisation_id, new.version, _names(new.names), new.kind, new.email, new.phone,
    )  # fmt: skip
    return added is True


async def save_organisation(tx: Transaction, changed: Organisation) -> None:
    await tx.execute(
        """
        UPDATE organisation SET version = $2, names = $3, kind = $4, email = $5, phone = $6, coordinator_id = $7,
            retired_at = $8
        WHERE organisation_id = $1
        """,
        changed.organisation_id, changed.version, _names(changed.names), changed.kind, changed.email, changed.phone,
        changed.coordinator_id, changed.retired_at,
    )  # fmt: skip


async def neighbourhood(tx: Transaction, neighbourhood_id: str) -> Neighbourhood | None:
    """One neighbourhood, also when it ended."""
    row = await tx.fetchrow("SELECT * FROM neighbourhood WHERE neighbourhood_id = $1", neighbourhood_id)
    return _neighbourhood(row) if row else None


async def locked_neighbourhood(tx: Transaction, neighbourhood_id: str) -> Neighbourhood | None:
    """One neighbourhood that hasn't ended, to change."""
    row = await tx.fetchrow(
        "SELECT * FROM neighbourhood WHERE neighbourhood_id = $1 AND retired_at IS NULL FOR NO KEY UPDATE",
        neighbourhood_id,
    )
    return _neighbourhood(row) if row else None


async def neighbourhoods(tx: Transaction, after: str | None, limit: int) -> list[Neighbourhood]:
    """Neighbourhoods that haven't ended, by id."""
    rows = await tx.fetch(
        """
        SELECT * FROM neighbourhood WHERE retired_at IS NULL AND ($1::text IS NULL OR neighbourhood_id > $1)
        ORDER BY neighbourhood_id LIMIT $2
        """,
        after, limit,
    )  # fmt: skip
    return [_neighbourhood(row) for row in rows]


async def unknown_neighbourhoods(tx: Transaction, neighbourhood_ids: Collection[str]) -> list[str]:
    """Those of these ids that name no neighbourhood, or one that ended."""
    rows = await tx.fetch(
        """
        SELECT each AS neighbourhood_id FROM unnest($1::text[]) AS each
        WHERE NOT EXISTS (SELECT FROM neighbourhood WHERE neighbourhood_id = each AND retired_at IS NULL)
        """,
        list(neighbourhood_ids),
    )
    return [row["neighbourhood_id"] for row in rows]


async def neighbourhoods_of(tx: Transaction, organisation_id: str) -> list[str]:
    """The neighbourhoods that an organisation stands behind."""
    rows = await tx.fetch(
        "SELECT neighbourhood_id FROM neighbourhood WHERE organisation_id = $1 AND retired_at IS NULL"
        " ORDER BY neighbourhood_id",
        organisation_id,
    )
    return [row["neighbourhood_id"] for row in rows]


async def add_neighbourhood(tx: Transaction, new: Neighbourhood) -> bool:
    """A new neighbourhood. False when someone else has just used this id."""
    added = await tx.fetchval(
        """
        INSERT INTO neighbourhood (
            neighbourhood_id, version, names, timezone, policy, organisation_id, cells, registered_at
        ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING true
        """,
        new.neighbourhood_id, new.version, _names(new.names), new.timezone, new.policy, new.organisation_id,
        list(new.cells), new.registered_at,
    )  # fmt: skip
    return added is True


async def save_neighbourhood(tx: Transaction, changed: Neighbourhood) -> None:
    await tx.execute(
        """
        UPDATE neighbourhood SET version = $2, names = $3, timezone = $4, policy = $5, organisation_id = $6,
            cells = $7, retired_at = $8
        WHERE neighbourhood_id = $1
        """,
        changed.neighbourhood_id, changed.version, _names(changed.names), changed.timezone, changed.policy,
        changed.organisation_id, list(changed.cells), changed.retired_at,
    )  # fmt: skip


async def participants_of(tx: Transaction, neighbourhood_id: str) -> int:
    """How many live in a neighbourhood."""
    number: int = await tx.fetchval(
        "SELECT count(*) FROM participant WHERE neighbourhood_id = $1 AND status IN ('active', 'paused')",
        neighbourhood_id,
    )
    return number


def _names(names: object) -> str:
    return json.dumps(names, ensure_ascii=False)


def _organisation(row: Record) -> Organisation:
    return Organisation(**{**dict(row), "names": json.loads(row["names"])})


def _neighbourhood(row: Record) -> Neighbourhood:
    return Neighbourhood(**{**dict(row), "names": json.loads(row["names"]), "cells": tuple(row["cells"])})
