"""SQL of making services of rows: what a source says around some of them, and what comes of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from typing import TypeVar

from services.signals.domain.directory import Service
from services.signals.domain.directory_reading import Entry, Facts, Row, lexemes
from shared.messaging import Transaction

T = TypeVar("T")
MOST_WORDS = 40_000
"""Whose stems are remembered: a few megabytes."""
_ASIDE = ("service", "location", "program")
"""Belong to an organisation, and say nothing of its other services."""
_SERVICE = tuple(each.name for each in fields(Service))
_FOUND_BY = ("sort_key", "areas", "places", "schedules", "open_in_week", "digest", "words")
_BETWEEN = "\x1f"
"""Parts the words of a service in one text; no cell of a directory has it. As a list they take long to send."""
_WORDS = "array_to_tsvector(string_to_array({}, chr(31)))"
_AS = {"open_in_week": "{}::text::int4multirange", "schedules": "{}::jsonb", "words": _WORDS}
_VALUES = [_AS.get(name, "{}").format(f"${n}") for n, name in enumerate((*_SERVICE, *_FOUND_BY), 1)]
_KEEP = f"""
    INSERT INTO service ({", ".join((*_SERVICE, *_FOUND_BY))}) VALUES ({", ".join(_VALUES)})
    ON CONFLICT (service_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in (*_SERVICE, *_FOUND_BY))}
"""  # noqa: S608 - columns by their names in the domain


async def terms(tx: Transaction, source: str) -> tuple[dict[str, Row], dict[str, str]]:
    """The terms of a source's taxonomies by id, and what each taxonomy is called."""
    rows = await tx.fetch(
        "SELECT row_id, data FROM directory_row WHERE source = $1 AND resource = 'taxonomy_term'", source
    )
    names = await tx.fetch(
        "SELECT row_id, data ->> 'name' AS name FROM directory_row WHERE source = $1 AND resource = 'taxonomy'", source
    )
    return {row["row_id"]: json.loads(row["data"]) for row in rows}, {row["row_id"]: row["name"] or "" for row in names}


async def service_ids(tx: Transaction, source: str, after: str, limit: int) -> list[str]:
    """The next services of a source, in the order of their ids."""
    rows = await tx.fetch(
        """
        SELECT row_id FROM directory_row WHERE source = $1 AND resource = 'service' AND row_id > $2
        ORDER BY row_id LIMIT $3
        """,
        source, after, limit,
    )  # fmt: skip
    return [row["row_id"] for row in rows]


async def facts(tx: Transaction, source: str, ids: Sequence[str]) -> list[Facts]:
    """What a source says around these services; those whose organisation is not there are left out."""
    services = await _rows(tx, source, "service", ids)
    own = await _belonging(tx, source, [f"service:{id_}" for id_ in ids])
    at = {id_: [row for each, row in own.get(f"service:{id_}", ()) if each == "service_at_location"] for id_ in ids}
    contacts = {row["id"] for rows in own.values() for each, row in rows if each == "contact"}
    location_ids = {row["location_id"] for rows in at.values() for row in rows}
    organisation_ids = {row["organization_id"] for row in services.values()}
    locations = await _rows(tx, source, "location", location_ids)
    organisations = await _rows(tx, source, "organization", organisation_ids)
    around = await _belonging(
        tx, source,
        [f"service_at_location:{row['id']}" for rows in at.values() for row in rows]
        + [f"location:{id_}" for id_ in location_ids] + [f"organization:{id_}" for id_ in organisation_ids]
        + [f"contact:{id_}" for id_ in contacts],
    )  # fmt: skip
    return [
        _facts(row, organisations[row["organization_id"]], at[id_], locations, own, around)
        for id_, row in services.items()
        if row["organization_id"] in organisations
    ]


async def known(tx: Transaction, ids: Collection[str]) -> dict[str, tuple[str, str, bool]]:
    """Of these services: whose they are, what they were made of, and whether they are retired."""
    rows = await tx.fetch(
        "SELECT service_id, source, digest, retired FROM service WHERE service_id = ANY($1::text[])", list(ids)
    )
    return {row["service_id"]: (row["source"], row["digest"], row["retired"]) for row in rows}


async def learn(tx: Transaction, source: str, words: Collection[str], stems: dict[str, tuple[str, ...]]) -> None:
    """Add the stems of words that are not known yet, in Dutch, French and English; none of words that say nothing.

    They are written down too: a search for the beginning of a word looks there which ones there are.
    """
    new = [word for word in words if word not in stems]
    if not new:
        return
    rows = await tx.fetch(
        """
        SELECT word, tsvector_to_array(nl) || tsvector_to_array(fr) || tsvector_to_array(en) AS stems,
            length(nl) * length(fr) * length(en) > 0 AS says_something
        FROM (
            SELECT word, to_tsvector('public.directory_nl', word) AS nl, to_tsvector('public.directory_fr', word) AS fr,
                to_tsvector('public.directory_en', word) AS en
            FROM unnest($1::text[]) AS word
        ) AS w
        """,
        new,
    )
    found = {row["word"]: tuple(set(row["stems"])) if row["says_something"] else () for row in rows}
    stems.update(found)
    await tx.execute(
        "INSERT INTO directory_stem (source, stem) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING",
        source, list({stem for each in found.values() for stem in each}),
    )  # fmt: skip


async def keep(tx: Transaction, entries: Sequence[Entry], stems: dict[str, tuple[str, ...]]) -> None:
    """Services of one source as they are now. `stems` remembers those of words that were seen before."""
    if not entries:
        return
    if len(stems) > MOST_WORDS:
        stems.clear()
    await learn(tx, entries[0].service.source, {word for each in entries for word in each.text()}, stems)
    await tx.executemany(_KEEP, [_values(each, stems) for each in entries])


async def keep_while(
    tx: Transaction, entries: Sequence[Entry], stems: dict[str, tuple[str, ...]], work: Callable[[], T]
) -> T:  # fmt: skip
    """The same, and meanwhile `work`, which needs no database. Returns what that gave."""
    gave, _ = await asyncio.gather(asyncio.to_thread(work), keep(tx, entries, stems))
    return gave


async def count(tx: Transaction, source: str) -> int:
    """How many services a source has."""
    return int(
        await tx.fetchval("SELECT count(*) FROM directory_row WHERE source = $1 AND resource = 'service'", source)
    )


async def retire_gone(tx: Transaction, source: str) -> int:
    """Services that the source no longer has: kept, and found no more. Returns how many."""
    done = await tx.execute(
        """
        UPDATE service AS s SET retired = true, digest = '', words = ''
        WHERE source = $1 AND NOT retired AND NOT EXISTS (
            SELECT FROM directory_row AS r WHERE r.source = $1 AND r.resource = 'service' AND r.row_id = s.service_id
        )
        """,
        source,
    )
    return int(done.split()[-1])


def _facts(
    row: Row, organisation: Row, at: list[Row], locations: dict[str, Row],
    own: dict[str, list[tuple[str, Row]]], around: dict[str, list[tuple[str, Row]]],
) -> Facts:  # fmt: skip
    found: dict[str, list[tuple[str, Row]]] = {}
    places = [each["location_id"] for each in at if each["location_id"] in locations]
    owners = [("service", row["id"]), *(("service_at_location", each["id"]) for each in at)]
    owners += [("location", id_) for id_ in places] + [("organization", row["organization_id"])]
    said = [
        (whose, each)
        for whose, id_ in owners
        for each in (own if whose == "service" else around).get(f"{whose}:{id_}", ())
    ]
    said += [("contact", each) for _, (resource, person) in list(said) if resource == "contact"
             for each in around.get(f"contact:{person['id']}", ())]  # fmt: skip
    for whose, (resource, each) in said:
        found.setdefault(resource, []).append((whose, each))
    found["location"] = [("location", locations[id_]) for id_ in places]
    return Facts(row, organisation, found)


async def _rows(tx: Transaction, source: str, resource: str, ids: Collection[str]) -> dict[str, Row]:
    rows = await tx.fetch(
        "SELECT row_id, data FROM directory_row WHERE source = $1 AND resource = $2 AND row_id = ANY($3::text[])",
        source, resource, list(ids),
    )  # fmt: skip
    return {row["row_id"]: json.loads(row["data"]) for row in rows}


async def _belonging(tx: Transaction, source: str, owners: Sequence[str]) -> dict[str, list[tuple[str, Row]]]:
    """What is said of each of these, with its table, in the order of the ids."""
    rows = await tx.fetch(
        """
        SELECT owner, resource, data FROM directory_row
        WHERE source = $1 AND owner = ANY($2::text[]) AND resource <> ALL($3::text[]) ORDER BY resource, row_id
        """,
        source, list(owners), list(_ASIDE),
    )  # fmt: skip
    found: dict[str, list[tuple[str, Row]]] = {}
    for row in rows:
        found.setdefault(row["owner"], []).append((row["resource"], json.loads(row["data"])))
    return found


def _values(entry: Entry, stems: Mapping[str, Sequence[str]]) -> list[object]:
    values: list[object] = [getattr(entry.service, name) for name in _SERVICE]
    week = entry.open_in_week
    ranges = None if week is None else "{" + ",".join(f"[{begins},{ends})" for begins, ends in week) + "}"
    return [
        *values, entry.sort_key, entry.areas, entry.places, json.dumps(entry.schedules), ranges, entry.digest,
        _BETWEEN.join(lexemes(entry, stems)),
    ]  # fmt: skip
