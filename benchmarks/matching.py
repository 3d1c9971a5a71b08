"""Who is asked first, among a thousand neighbours and among a million: how long the look for them takes.

Each size has a database of its own; they are asked in turns, because a shared machine is never the same twice. What is
timed is what a handler does: read the place and the person, find the candidates, rank them, take the first five. The
plans are read too: nowhere is a large table read whole. The same question is then put without the project's indexes.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from benchmarks import neighbours
from benchmarks.latency import Latency
from benchmarks.stack import Stack
from deploy import databases
from services.exchange.domain.exchanges import Exchange
from services.exchange.handlers import asking, looking
from services.exchange.repository import candidates, people
from shared import clock
from shared.contracts.envelope import Envelope
from shared.contracts.exchange import When
from shared.contracts.subjects import CLI
from shared.ids import new_id
from shared.messaging import Transaction
from shared.messaging.transaction import Pending
from shared.policy import Policy, load
from shared.settings import ServiceSettings

SERVICE = "exchange"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
POSTGRES = {"max_wal_size": "8GB", "shared_buffers": "2GB"}
"""Room to load, and memory as PostgreSQL advises for a server of this size."""
TOP = 5
LEFT_OUT = 20
"""Looks of each round that warm caches and plans, and aren't counted."""


@dataclass
class Looks:
    """Seconds of each look, by how many people there are; a list a round."""

    rounds: dict[int, list[list[float]]] = field(default_factory=dict)
    without: list[float] = field(default_factory=list)
    """The same at `without_among` people, without indexes."""
    without_among: int = 0
    loaded_in_s: dict[int, float] = field(default_factory=dict)

    def p50(self, people: int) -> float:
        """The median over the rounds of each round's median."""
        return statistics.median(statistics.median(each) for each in self.rounds[people])

    def p99(self, people: int) -> float:
        return statistics.median(Latency.percentile(each, 99) for each in self.rounds[people])

    def growth(self) -> float:
        """How many times as long among the most as among the fewest: by each round, and of these the median."""
        fewest, most = self.rounds[min(self.rounds)], self.rounds[max(self.rounds)]
        return statistics.median(
            statistics.median(many) / statistics.median(few) for few, many in zip(fewest, most, strict=True)
        )

    def times_without(self) -> float:
        """How many times as long it takes without the indexes."""
        return statistics.median(self.without) / self.p50(self.without_among)


async def measure(
    stack: Stack, *, rounds: int, looks: int, sizes: tuple[int, ...], tell: Callable[[str], None]
) -> Looks:
    """`rounds` of `looks` at each size, in turns. The largest is left in the service's own database."""
    policy, seen = load(), Looks()
    async with _databases(stack, policy, sizes, seen, tell) as connections:
        for round_ in range(1, rounds + 1):
            for people_, connection in connections.items():
                times = await _looks(connection, policy, people_, looks, seed=round_)
                seen.rounds.setdefault(people_, []).append(times)
                tell(f"round {round_}: among {people_:,}: p50 {1000 * statistics.median(times):.2f} ms")
        for people_, connection in connections.items():
            await check_plans(connection, policy, people_)
        seen.without_among = sizes[-2]
        await neighbours.lay_aside_indexes(connections[seen.without_among])
        seen.without = await _looks(connections[seen.without_among], policy, seen.without_among, 12, seed=1, left_out=2)
        tell(f"without indexes: among {seen.without_among:,}: p50 {1000 * statistics.median(seen.without):.0f} ms")
    return seen


async def check_plans(
    connection: neighbours.Connection, policy: Policy, people_: int, *, large: int = neighbours.LARGE
) -> None:
    """The plans, of one question and for all of them, read no table of more than `large` rows whole."""
    large_tables = {
        row["relname"]
        for row in await connection.fetch("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > $1", large)
    }
    async with _transaction(connection, policy) as tx:
        (exchange,) = _asked(people_, 1, policy, seed=7)
        opener, place = await people.person(tx, exchange.participant_id), await asking.place_of(tx, exchange)
        assert opener is not None
        assert place is not None
        values = candidates.question(exchange, opener, place.neighbourhood, policy, tx.now)
        for which in ("", "GENERIC_PLAN, "):
            plan = json.loads(await tx.fetchval(f"EXPLAIN ({which}FORMAT JSON) {candidates.CANDIDATES}", *values))
            whole = {node["Relation Name"] for node in nodes(plan[0]["Plan"]) if node["Node Type"] == "Seq Scan"}
            assert not whole & large_tables, f"among {people_:,} read whole: {sorted(whole & large_tables)}"


@asynccontextmanager
async def _databases(
    stack: Stack, policy: Policy, sizes: tuple[int, ...], seen: Looks, tell: Callable[[str], None]
) -> AsyncIterator[dict[int, neighbours.Connection]]:
    """A database of each size: copies of the service's empty one, which itself gets the most people."""
    await stack.admin.close()
    admin = await asyncpg.connect(stack.postgres.dsn)
    connections: dict[int, neighbours.Connection] = {}
    for size in sizes[:-1]:
        await admin.execute(f"CREATE DATABASE {SERVICE}_{size} TEMPLATE {SERVICE}")
    for size in sizes:
        name = SERVICE if size == sizes[-1] else f"{SERVICE}_{size}"
        dsn = databases.with_database(stack.postgres.dsn, name)
        connections[size] = await asyncpg.connect(dsn)
        started = time.perf_counter()
        await neighbours.fill(dsn, connections[size], size, [kind.id for kind in policy.kinds], clock.now())
        seen.loaded_in_s[size] = time.perf_counter() - started
        tell(f"{size:,} people, and what they lived through: made in {seen.loaded_in_s[size]:.0f} s")
    try:
        yield connections
    finally:
        for connection in (*connections.values(), admin):
            await connection.close()
        stack.admin = await asyncpg.connect(stack.dsn)


async def _looks(
    connection: neighbours.Connection, policy: Policy, people_: int, looks: int, *, seed: int, left_out: int = LEFT_OUT
) -> list[float]:
    times = []
    for exchange in _asked(people_, looks + left_out, policy, seed=seed):
        started = time.perf_counter()
        async with _transaction(connection, policy) as tx:
            found = (await looking.likely(tx, exchange))[:TOP]
        times.append(time.perf_counter() - started)
        assert people_ < 1_000 or found, "somebody is always found among so many"
    return times[left_out:]


def _asked(people_: int, count: int, policy: Policy, *, seed: int) -> Iterator[Exchange]:
    """Asks and offers of people here and there, for some time, for a part of the week, for a moment."""
    chance = random.Random(seed)
    now = clock.now()
    here = max(1, people_ // neighbours.A_NEIGHBOURHOOD)
    for number in range(count):
        person = chance.randrange(people_)
        at = (now + timedelta(days=chance.randrange(1, 20))).replace(hour=14)
        when = (When(), When(weekday="tuesday", part="afternoon"), When(at=at))[number % 3]
        yield Exchange(
            exchange_id=new_id(), version=1, neighbourhood_id=f"n{person % here}",
            opening="ask" if chance.random() < 0.8 else "offer", participant_id=UUID(neighbours.a_person(person)),
            kind=chance.choice(policy.kinds).id, words=None, when=when, starts_at=None, ends_at=None, often="once",
            people=1, stage="open", half=False, by_system=False, why=None, recorded_by="operator", consented=None,
            drafted_at=now, opened_at=now,
        )  # fmt: skip


@asynccontextmanager
async def _transaction(connection: Any, policy: Policy) -> AsyncIterator[Transaction]:
    async with connection.transaction():
        envelope = Envelope(id=new_id(), type="look", source="benchmark", time=clock.now())
        settings: ServiceSettings = ServiceSettings.model_construct(policy=policy)
        yield Transaction(
            connection, Pending([], {}, set()), envelope, sender=CLI, now=clock.now(), service=SERVICE,
            settings=settings,
        )  # fmt: skip


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from nodes(each)
