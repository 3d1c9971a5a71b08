"""SQL of bringing a directory in: rows wait until all are there, and are then taken at once, source by source."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from shared.contracts.signals import ImportState
from shared.messaging import Transaction

FINISHING = 7_404_101
"""The advisory lock of who finishes an import, besides its source."""
AT_ONCE = 50_000
"""Rows that one statement takes: it must end within the time that a statement has."""


async def begin(tx: Transaction, source: str, title: str, import_id: UUID) -> bool:
    """From now on this import is the one of its source; what an earlier one brought is thrown away.

    False when an earlier one is being finished at this moment.
    """
    if not await _is_free(tx, source):
        return False
    await tx.execute(
        """
        INSERT INTO directory_source (source, title, import_id, finished) VALUES ($1, $2, $3, false)
        ON CONFLICT (source) DO NOTHING
        """,
        source, title, import_id,
    )  # fmt: skip
    before = await tx.fetchval("SELECT import_id FROM directory_source WHERE source = $1 FOR UPDATE", source)
    await tx.execute("DELETE FROM directory_staged WHERE import_id = $1", before)
    await tx.execute(
        "UPDATE directory_source SET title = $2, import_id = $3, finished = false WHERE source = $1",
        source, title, import_id,
    )  # fmt: skip
    return True


async def source_of(tx: Transaction, import_id: UUID) -> str | None:
    """Whose import it is, as long as it is brought; it can't be finished before this transaction ends."""
    source: str | None = await tx.fetchval(
        "SELECT source FROM directory_source WHERE import_id = $1 AND NOT finished FOR SHARE", import_id
    )
    return source


async def locked(tx: Transaction, import_id: UUID) -> str | None:
    """Whose import it is, to finish it; that this is being done, `begin` and `state` can see."""
    source: str | None = await tx.fetchval(
        "SELECT source FROM directory_source WHERE import_id = $1 AND NOT finished FOR UPDATE", import_id
    )
    if source is not None:
        await tx.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", FINISHING, source)
    return source


async def state(tx: Transaction, import_id: UUID) -> ImportState | None:
    """How far an import is; None when it is not the last of its source."""
    row = await tx.fetchrow("SELECT source, finished FROM directory_source WHERE import_id = $1", import_id)
    if row is None or row["finished"]:
        return "finished" if row else None
    return "bringing" if await _is_free(tx, row["source"]) else "finishing"


async def _is_free(tx: Transaction, source: str) -> bool:
    """Whether no import of this source is being finished; none is, as long as this transaction lasts."""
    return bool(await tx.fetchval("SELECT pg_try_advisory_xact_lock_shared($1, hashtext($2))", FINISHING, source))


async def stage(tx: Transaction, import_id: UUID, resource: str, first: int, rows: Sequence[Mapping[str, str]]) -> None:
    """Rows that wait. Those with the same number as before are the same."""
    await tx.execute(
        """
        INSERT INTO directory_staged (import_id, resource, number, row_id, data)
        SELECT $1, $2, $3::bigint + nth - 1, data ->> 'id', data
        FROM jsonb_array_elements($4::jsonb) WITH ORDINALITY AS r (data, nth)
        ON CONFLICT (import_id, resource, number) DO NOTHING
        """,
        import_id, resource, first, json.dumps(rows),
    )  # fmt: skip


async def stage_kept(tx: Transaction, import_id: UUID, resource: str, first: int, ids: Sequence[str]) -> None:
    """Rows that could not be read: what is there of them stays."""
    await tx.execute(
        """
        INSERT INTO directory_staged (import_id, resource, number, row_id, data)
        SELECT $1, $2, $3::bigint + nth - 1, id, 'null'::jsonb FROM unnest($4::text[]) WITH ORDINALITY AS k (id, nth)
        ON CONFLICT (import_id, resource, number) DO NOTHING
        """,
        import_id, resource, first, list(ids),
    )  # fmt: skip


async def staged(tx: Transaction, import_id: UUID) -> dict[str, int]:
    """How many rows wait, by table."""
    rows = await tx.fetch(
        "SELECT resource, count(*) AS rows FROM directory_staged WHERE import_id = $1 GROUP BY resource", import_id
    )
    return {row["resource"]: row["rows"] for row in rows}


async def prepare(tx: Transaction) -> None:
    """Nobody counted the rows that have just come: tables are joined whole, and found by their indexes."""
    await tx.execute("SET LOCAL enable_nestloop = off")
    await tx.execute("SET LOCAL work_mem = '32MB'")


async def take(tx: Transaction, source: str, import_id: UUID, resource: str, most: int) -> tuple[int, int]:
    """The rows of a table that wait become those that are there. Returns how many are new, and how many changed."""
    new = changed = 0
    for first in range(1, most + 1, AT_ONCE):
        row = await tx.fetchrow(
            """
            WITH taken AS (
                INSERT INTO directory_row AS r (source, resource, row_id, data)
                SELECT DISTINCT ON (s.row_id) $1, $2, s.row_id, s.data FROM directory_staged AS s
                LEFT JOIN directory_row AS r ON r.source = $1 AND r.resource = $2 AND r.row_id = s.row_id
                WHERE s.import_id = $3 AND s.resource = $2 AND s.number BETWEEN $4 AND $5
                    AND s.data <> 'null' AND r.data IS DISTINCT FROM s.data
                ORDER BY s.row_id
                ON CONFLICT (source, resource, row_id) DO UPDATE SET data = excluded.data
                RETURNING r.xmax = 0 AS new
            )
            SELECT count(*) FILTER (WHERE new) AS new, count(*) FILTER (WHERE NOT new) AS changed FROM taken
            """,
            source, resource, import_id, first, first + AT_ONCE - 1,
        )  # fmt: skip
        assert row is not None
        new, changed = new + row["new"], changed + row["changed"]
    return new, changed


async def drop_gone(tx: Transaction, source: str, import_id: UUID, unsure: Sequence[str]) -> int:
    """Rows that the source no longer has, but for tables of which that isn't sure. Returns how many."""
    done = await tx.execute(
        """
        DELETE FROM directory_row AS r WHERE r.source = $1 AND r.resource <> ALL($3::text[]) AND NOT EXISTS (
            SELECT FROM directory_staged AS s
            WHERE s.import_id = $2 AND s.resource = r.resource AND s.row_id = r.row_id
        )
        """,
        source, import_id, list(unsure),
    )  # fmt: skip
    return int(done.split()[-1])


async def made_by(tx: Transaction, source: str) -> str | None:
    """By what the services of a source were made."""
    found: str | None = await tx.fetchval("SELECT made_by FROM directory_source WHERE source = $1", source)
    return found


async def finish(tx: Transaction, source: str, import_id: UUID, made: str) -> None:
    """All of it is taken."""
    await tx.execute(
        "UPDATE directory_source SET finished = true, brought_at = $2, made_by = $3 WHERE source = $1",
        source, tx.now, made,
    )  # fmt: skip
    await tx.execute("DELETE FROM directory_staged WHERE import_id = $1", import_id)


async def exported(
    tx: Transaction, source: str, resource: str, after: str, limit: int
) -> list[tuple[str, dict[str, str]]]:
    """Rows of a table as they were brought, in the order of their ids."""
    rows = await tx.fetch(
        """
        SELECT row_id, data FROM directory_row WHERE source = $1 AND resource = $2 AND row_id > $3
        ORDER BY row_id LIMIT $4
        """,
        source, resource, after, limit,
    )  # fmt: skip
    return [(row["row_id"], json.loads(row["data"])) for row in rows]


async def exists(tx: Transaction, source: str) -> bool:
    return bool(await tx.fetchval("SELECT EXISTS (SELECT FROM directory_source WHERE source = $1)", source))
