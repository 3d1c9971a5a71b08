"""SQL that looks for services. Conditions are put together from what is asked, so that each has a plan that fits."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import fields, replace

from services.signals.domain.directory import Line
from services.signals.domain.directory_marks import TITLE
from services.signals.domain.directory_search import FAR, Cursor, Found, Wanted
from services.signals.repository.directory import hours_from
from shared.database import Record
from shared.messaging import Transaction

QUOTE = "'"
_LINE = tuple(each.name for each in fields(Line))
_PLANS = "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_seqscan = off"
"""Each question has a plan of its own, by indexes: a row's words lie apart from it, and to look at them costs."""
BEGINNING = re.compile(r"'([^'\\]+)':\*")
MOST_STEMS = 40
"""That begin so and are looked for one by one."""
BROAD, BROAD_TITLES, CROWD = 2_000, 5_000, 400
"""Services that fit. With fewer, all of them are looked up and put in order; with more, the first in order are found
sooner by walking it, and those nearby by looking in ever wider circles, of which only those are looked in that may hold
enough. Those that are called so don't lie spread over the names: a walk to what begins with T is long."""


async def found(tx: Transaction, wanted: Wanted, limit: int, after: Cursor) -> list[Found]:
    """Services that fit, those first whose name or topic fits the words; nearest first, else by name."""
    await tx.execute(_PLANS)
    words = await _stems(tx, wanted.words)
    if not all(words) or (wanted.words and not words):
        return []
    if not words:
        return await _part(tx, wanted, limit, after, [])
    title = [_any_of([stem.replace(QUOTE, QUOTE + TITLE, 1) for stem in stems]) for stems in words]
    rows = await _part(tx, wanted, limit, after, title) if after.part == 0 else []
    if len(rows) < limit:
        beginning = after if after.part == 1 else Cursor(1, -1.0, "", "")
        text = [*map(_any_of, words), f"!({' & '.join(title)})"]
        rows += await _part(tx, wanted, limit - len(rows), beginning, text)
    return rows


async def _stems(tx: Transaction, words: Sequence[str]) -> list[list[str]]:
    """Of each word that says something, its stems in Dutch, French and English; none when no service has one."""
    rows = await tx.fetch(
        """
        SELECT to_tsquery('public.directory_nl', word)::text, to_tsquery('public.directory_fr', word)::text,
            to_tsquery('public.directory_en', word)::text
        FROM unnest($1::text[]) WITH ORDINALITY AS w (word, nth) ORDER BY nth
        """,
        list(words),
    )
    return [await _longer(tx, sorted(set(row))) for row in rows if all(row)]


async def _longer(tx: Transaction, stems: list[str]) -> list[str]:
    """Those that begin as these do, where a word may go on: to look for what only begins so takes longer."""
    beginnings = [found[1] for each in stems if (found := BEGINNING.fullmatch(each))]
    if len(beginnings) < len(stems):
        return stems
    rows = await tx.fetch(
        """
        SELECT DISTINCT stem FROM unnest($1::text[]) AS beginning
        JOIN directory_stem ON stem >= beginning AND stem < beginning || chr(1114111) LIMIT $2
        """,
        beginnings, MOST_STEMS + 1,
    )  # fmt: skip
    return stems if len(rows) > MOST_STEMS else [_quoted(row["stem"]) for row in rows]


def _quoted(lexeme: str) -> str:
    return QUOTE + lexeme.replace("\\", "\\\\").replace(QUOTE, 2 * QUOTE) + QUOTE


def _any_of(lexemes: Sequence[str]) -> str:
    return f"({' | '.join(lexemes)})"


async def _estimate(tx: Transaction, queries: Sequence[str]) -> int:
    """About how many services fit, as far as the planner knows."""
    fits = " AND ".join(f"words @@ ${n}::text::tsquery" for n in range(1, len(queries) + 1))
    plan = await tx.fetchval(f"EXPLAIN (FORMAT JSON) SELECT FROM service WHERE {fits}", *queries)
    return int(json.loads(plan)[0]["Plan"]["Plan Rows"])


async def _part(tx: Transaction, wanted: Wanted, limit: int, after: Cursor, words: Sequence[str]) -> list[Found]:
    """A part of the list: by name and topic, or (part 1) what has the words somewhere else."""
    queries = _all_of(words, wanted)
    fitting = await _estimate(tx, queries) if queries else BROAD + 1
    a_km2 = fitting / wanted.km**2
    for km in replace(wanted, after=after).circles() if fitting > CROWD else ():
        if a_km2 * km**2 >= limit:
            nearer = wanted.within(km)
            rows = await _rows(tx, nearer, limit, after, _all_of(words, nearer)[::-1], walk=False)
            if len(rows) == limit:
                return rows
            a_km2 = len(rows) / km**2
    broad = BROAD_TITLES if words and after.part == 0 else BROAD
    return await _rows(tx, wanted, limit, after, queries, walk=fitting > broad and wanted.middle is None)


def _all_of(words: Sequence[str], wanted: Wanted) -> list[str]:
    """The tsqueries that have to hold. Areas are one of their own: what fits the others is looked up among them."""
    fits = [*words, *(_any_of([f"{QUOTE}{mark}{QUOTE}" for mark in marks]) for marks in wanted.marks)]
    areas = [f"{QUOTE}{each}{QUOTE}" for each in wanted.areas]
    return ([" & ".join(fits)] if fits else []) + ([_any_of(areas)] if areas else [])


async def _rows(
    tx: Transaction, wanted: Wanted, limit: int, after: Cursor, queries: Sequence[str], *, walk: bool
) -> list[Found]:
    """The next services for which tsqueries hold. `walk`: in their order, rather than all of them, put in order."""
    values: list[object] = []
    conditions = ["NOT retired"] if walk else []  # what is retired has no words: only their index finds the others

    def value(of: object) -> str:
        values.append(of)
        return f"${len(values)}"

    if wanted.minute is not None:
        conditions.append(f"open_in_week @> {value(wanted.minute)}::int")
    distance, serves, areas = f"{FAR}::float8", "true", ""
    if wanted.middle is not None:
        distance = _distance(*(f"{value(each)}::float8" for each in (*wanted.middle, *wanted.scale)))
        serves = f"distance <= {value(wanted.km)}::float8"
        if wanted.serving:
            serves, areas = f"{serves} OR areas && {value(list(wanted.serving))}::text[]", "areas, "
    conditions += [f"words @@ {value(query)}::text::tsquery" for query in queries]
    order, at = "sort_key, service_id", f"{value(after.sort_key)}::text, {value(after.service_id)}::text"
    if wanted.middle is not None:
        order, at = f"distance, {order}", f"{value(after.distance)}::float8, {at}"
    rows = await tx.fetch(
        f"""
        WITH fitting AS {"NOT " if walk else ""}MATERIALIZED (
            SELECT service_id, sort_key, {areas}{distance} AS distance FROM service WHERE {" AND ".join(conditions)}
        ), page AS (
            SELECT service_id, distance FROM fitting
            WHERE ({serves}) AND ({order}) > ({at}) ORDER BY {order} LIMIT {value(limit)}
        )
        SELECT {", ".join(_LINE)}, schedules, sort_key, distance
        FROM page JOIN service USING (service_id) ORDER BY {order}
        """,  # noqa: S608 - of our own words; what is asked for goes in as values
        *values,
    )
    return [_found(row, after.part) for row in rows]


def _found(row: Record, part: int) -> Found:
    distance = float(row["distance"])
    line = Line(
        row["service_id"], row["name"], row["organisation_name"], row["summary"], tuple(row["languages"]),
        tuple(row["kinds"]), row["stepping_stone"], row["capacity"],
    )  # fmt: skip
    return Found(
        line, tuple(hours_from(row["schedules"])), None if distance >= FAR else distance,
        Cursor(part, distance, row["sort_key"], row["service_id"]),
    )  # fmt: skip


def _distance(lon: str, lat: str, km_lon: str, km_lat: str) -> str:
    """SQL of how many kilometres lie between the middle and the nearest place of a service."""
    one = "point((({p})[0] - {lon}) * {km_lon}, (({p})[1] - {lat}) * {km_lat}) <-> point(0, 0)"
    ways = {"lon": lon, "lat": lat, "km_lon": km_lon, "km_lat": km_lat}
    nearest = f"(SELECT min({one.format(p='each', **ways)}) FROM unnest(places) AS each)"  # noqa: S608
    return (
        f"CASE cardinality(places) WHEN 0 THEN {FAR} WHEN 1 THEN {one.format(p='places[1]', **ways)} ELSE {nearest} END"
    )
