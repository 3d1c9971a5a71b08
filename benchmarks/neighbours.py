"""People in neighbourhoods of two thousand, with what they enjoy and what they have lived through: as many as is asked.

All of it is made inside PostgreSQL, with the indexes laid aside meanwhile: a million of them takes a minute or two.
Neighbours lie scattered over the tables, as people join when they like. The indexes are then read into memory, where a
server that has run for a while has them, and all is written to disk, so that no writing of what was loaded is measured.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TypeAlias

import asyncpg
import h3

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
A_NEIGHBOURHOOD = 2_000
CENTRE = (51.05, 3.70)
RINGS = 6
"""How far the homes of a neighbourhood reach: about two kilometres."""
LARGE = 5_000
"""Rows from which on a table is never read whole."""

_ID = """
    CREATE FUNCTION nth_id(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
        SELECT ('019a0000-000' || kind || '-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
    $$
"""
_DAYS = "(ARRAY['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'])"
_PEOPLE = (
    # Every (mod here)th lives in the same neighbourhood.
    """
    INSERT INTO neighbourhood
    SELECT 'n' || n, 1, 'Europe/Brussels', 'default', false FROM generate_series(0, {here} - 1) AS n
    """,
    "INSERT INTO duty SELECT 'n' || n, 1, nth_id(9, n) FROM generate_series(0, {here} - 1) n",
    """
    INSERT INTO participant (
        participant_id, version, neighbourhood_id, status, out_of_matching, languages, cell, availability, ceiling,
        quiet_from, quiet_until, reached_by, mandate_holder_ids, known_since, heard_at
    )
    SELECT nth_id(1, n), 1, 'n' || n % {here},
        CASE WHEN r < 0.93 THEN 'active' WHEN r < 0.97 THEN 'paused' ELSE 'left' END, r BETWEEN 0.50 AND 0.51,
        CASE WHEN s < 0.7 THEN '{{nl}}' WHEN s < 0.85 THEN '{{nl,fr}}' WHEN s < 0.95 THEN '{{tr}}' ELSE '{{ar,fr}}'
        END::text[],
        CASE WHEN s < 0.95 THEN
            (SELECT cell FROM home WHERE place = n % {here} AND nth = (s * 1e6)::int % {cells})
        END,
        CASE WHEN r < 0.5 THEN '{{}}' ELSE ARRAY[
            {days}[1 + (r * 1e5)::int % 7] || '-afternoon', {days}[1 + (s * 1e5)::int % 7] || '-evening'
        ] END,
        CASE WHEN s < 0.1 THEN (r * 10)::int END, NULL, NULL,
        CASE WHEN r < 0.7 THEN 'email' ELSE 'letter' END, '{{}}', {now}, {now}
    FROM (SELECT n, random() AS r, random() AS s FROM generate_series(0, {people} - 1) AS n) AS people
    """,
    # Three talents and a wish for each, of twenty kinds.
    """
    INSERT INTO enjoyment (participant_id, part, kind, neighbourhood_id, cell)
    SELECT participant_id, CASE WHEN nth < 4 THEN 'talent' ELSE 'wish' END,
        ({kinds})[1 + (start + nth * 7) % 20], neighbourhood_id, cell
    FROM (SELECT *, (random() * 20)::int AS start FROM participant) AS p, generate_series(1, 4) AS nth
    """,
    # Two people whom each has met, and for one in five a circle.
    """
    INSERT INTO acquaintance
    SELECT least(one, other), greatest(one, other), {now} - random() * interval '400 days', 'gathering' FROM (
        SELECT nth_id(1, n) AS one, nth_id(1, (n + {here} * (1 + (random() * 900)::bigint)) % {people}) AS other
        FROM generate_series(0, {people} - 1) AS n, generate_series(1, 2)
    ) AS pairs WHERE one <> other GROUP BY 1, 2
    """,
    """
    INSERT INTO circle
    SELECT nth_id(1, n), 1, ARRAY[nth_id(1, (n + {here}) % {people})]
    FROM generate_series(0, {people} - 1, 5) AS n
    """,
)  # fmt: skip
_PAST = (
    # One exchange for each in the last year, most of them done; three people asked for it, one of whom agreed.
    """
    INSERT INTO exchange (
        exchange_id, version, neighbourhood_id, opening, participant_id, kind, happens, often, people, stage, half,
        by_system, recorded_by, rested, drafted_at, opened_at, agreed_at, ended_at
    )
    SELECT nth_id(2, n), 5, 'n' || n % {here}, CASE WHEN r < 0.6 THEN 'ask' ELSE 'offer' END, nth_id(1, n),
        ({kinds})[1 + n % 20], '{{}}', 'once', 1, CASE WHEN r < 0.8 THEN 'done' ELSE 'withdrawn' END, false, false,
        'participant', false, at, at, CASE WHEN r < 0.8 THEN at + interval '3 days' END, at + interval '7 days'
    FROM (
        SELECT n, random() AS r, {now} - random() * interval '350 days' - interval '8 days' AS at
        FROM generate_series(0, {people} - 1) AS n
    ) AS asked
    """,
    """
    INSERT INTO invitation (
        invitation_id, exchange_id, participant_id, own, stage, again, acquainted, reasons, made_at, asked_at,
        answer_by, answered_at, answered_by, how
    )
    SELECT nth_id(2 + nth, n), nth_id(2, n), nth_id(1, (n + {here} * (1 + n % 300 + nth * 301)) % {people}),
        false, CASE nth WHEN 1 THEN 'yes' WHEN 2 THEN (ARRAY['no', 'not-now', 'silent'])[1 + n % 3] ELSE 'arranged' END,
        false, false, '{{near,not-asked-lately}}', e.opened_at, e.opened_at, e.opened_at + interval '3 days',
        CASE WHEN nth < 3 THEN e.opened_at + interval '2 days' END, 'participant', 'online'
    FROM generate_series(0, {people} - 1) AS n JOIN exchange AS e ON e.exchange_id = nth_id(2, n),
        generate_series(1, 3) AS nth
    """,
    """
    INSERT INTO agreement (exchange_id, participant_id, agreed_at)
    SELECT e.exchange_id, i.participant_id, e.agreed_at FROM exchange AS e
    JOIN invitation AS i USING (exchange_id) WHERE e.stage = 'done' AND i.stage = 'yes'
    """,
    """
    INSERT INTO experience
    SELECT exchange_id, participant_id, (ARRAY['good', 'fine', 'good', 'not-good'])[1 + (random() * 3.1)::int],
        ended_at, 'participant'
    FROM exchange WHERE stage = 'done'
    """,
    # In steps that no number of neighbourhoods or kinds divides: nowhere they are all of the same mind.
    """
    INSERT INTO never_kind SELECT nth_id(1, n), ({kinds})[1 + n % 20], {now}
    FROM generate_series(0, {people} - 1, 21) AS n
    """,
)  # fmt: skip


async def fill(dsn: str, admin: Connection, people: int, kinds: list[str], now: datetime) -> None:
    """Empty tables of exchange get this many people, and all that they bring along."""
    here = max(1, people // A_NEIGHBOURHOOD)
    laid_aside = await _lay_aside(admin)
    await admin.execute(_ID)
    await admin.execute("CREATE TABLE home (place int, nth int, cell text, PRIMARY KEY (place, nth))")
    homes = _homes(here)
    await admin.copy_records_to_table("home", records=homes)
    await admin.execute("ANALYZE home; SELECT setseed(0.42)")
    words = {
        "here": here, "people": people, "cells": len(homes) // here, "now": f"'{now.isoformat()}'::timestamptz",
        "kinds": f"ARRAY{kinds}", "days": _DAYS,
    }  # fmt: skip
    async with asyncpg.create_pool(dsn, min_size=2, max_size=2, init=_as_is) as pool:
        await asyncio.gather(*(_run(pool, [each.format(**words) for each in steps]) for steps in (_PEOPLE, _PAST)))
        foreign = laid_aside.pop("", [])
        await asyncio.gather(*(_run(pool, again) for again in laid_aside.values()))
        await _run(pool, foreign)
    await admin.execute("DROP TABLE home; DROP FUNCTION nth_id")
    await admin.execute("VACUUM ANALYZE", timeout=600)
    await admin.execute("CREATE EXTENSION pg_prewarm")
    await admin.execute(
        "SELECT pg_prewarm(indexrelid) FROM pg_index JOIN pg_class ON indexrelid = oid "
        "WHERE relnamespace = 'public'::regnamespace",
        timeout=600,
    )
    await admin.execute("CHECKPOINT", timeout=600)


async def lay_aside_indexes(admin: Connection) -> None:
    """Without any index that a migration made; primary keys stay."""
    for row in await admin.fetch(_INDEXES):
        await admin.execute(f"DROP INDEX {row['indexname']}")


_INDEXES = """
    SELECT tablename, indexname, indexdef FROM pg_indexes AS i
    WHERE schemaname = 'public' AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conname = i.indexname)
"""


async def _lay_aside(admin: Connection) -> dict[str, list[str]]:
    """Indexes and keys go, and are returned as statements that make them again, by table; foreign keys under none."""
    keys = await admin.fetch(
        """
        SELECT c.conrelid::regclass::text AS of_table, c.conname AS name, pg_get_constraintdef(c.oid) AS definition
        FROM pg_constraint AS c WHERE c.contype IN ('p', 'u', 'f') AND c.connamespace = 'public'::regnamespace
            AND c.conrelid::regclass::text NOT LIKE '%migrations'
        ORDER BY c.contype = 'f' DESC
        """
    )
    indexes = await admin.fetch(_INDEXES)
    again: dict[str, list[str]] = {}
    for row in keys:
        foreign = row["definition"].startswith("FOREIGN")
        again.setdefault("" if foreign else row["of_table"], []).append(
            f"ALTER TABLE {row['of_table']} ADD CONSTRAINT {row['name']} {row['definition']} {'NOT VALID' * foreign}"
        )
        await admin.execute(f"ALTER TABLE {row['of_table']} DROP CONSTRAINT {row['name']}")
    for row in indexes:
        again.setdefault(row["tablename"], []).append(row["indexdef"])
        await admin.execute(f"DROP INDEX {row['indexname']}")
    return again


async def _as_is(connection: Connection) -> None:
    """No trigger looks at what is loaded."""
    await connection.execute("SET session_replication_role = replica; SET maintenance_work_mem = '512MB'")


async def _run(pool: asyncpg.Pool[asyncpg.Record], statements: list[str]) -> None:
    async with pool.acquire() as connection:
        for statement in statements:
            await connection.execute(statement, timeout=600)


def _homes(here: int) -> list[tuple[int, int, str]]:
    """The cells of each neighbourhood, side by side."""
    centres = sorted(h3.grid_disk(h3.latlng_to_cell(*CENTRE, 6), 30))[:here]
    assert len(centres) == here
    return [
        (place, nth, cell)
        for place, centre in enumerate(centres)
        for nth, cell in enumerate(sorted(h3.grid_disk(h3.cell_to_center_child(centre, 9), RINGS)))
    ]


def a_person(number: int) -> str:
    """The id of one of them."""
    return f"019a0000-0001-7000-8000-{number:012x}"
