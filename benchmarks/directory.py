"""A directory of fifty thousand services, brought in as an operator does, and then looked in.

The files hold what a real one does around each service: its organisation, places, phones, hours, languages, topics.
The command runs as a process of its own, and so does signals: of both, the most memory that they ever held is measured.
What is timed of a search is what its handler does. The plans are read too: nowhere is the large table read whole.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import random
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import h3

from benchmarks.latency import Latency
from benchmarks.matching import nodes
from benchmarks.stack import Stack, until
from deploy.embedded.nats import healthy
from deploy.embedded.process import free_port
from deploy.imports.directory_tables import TABLES, datapackage
from deploy.own_secrets import NOTES_KEYS, own_secrets
from services.signals.handlers import directory as handlers
from shared import clock
from shared.contracts.envelope import Envelope
from shared.contracts.signals import Resource, SearchDirectory
from shared.contracts.subjects import CLI
from shared.ids import new_id
from shared.messaging import Transaction
from shared.messaging.transaction import Pending
from shared.policy import load
from shared.settings import ServiceSettings

SERVICE = "signals"
SERVICES = 50_000
POSTGRES = {"max_wal_size": "4GB", "shared_buffers": "512MB"}
PLACES = 20
"""Neighbourhoods here and there, each the middle of a town of 2,500 services."""
LEFT_OUT = 50
"""Searches that warm caches, and aren't counted."""
TOWNS = ("Gent", "Aalst", "Brugge", "Kortrijk", "Leuven", "Mechelen", "Hasselt", "Genk", "Oostende", "Roeselare")
WHAT = [
    "poetshulp", "gezinszorg", "thuisverpleging", "maaltijden", "boodschappen", "vervoer", "rolstoelvervoer",
    "dementie", "mantelzorg", "rouw", "palliatief", "schuldhulp", "budget", "juridisch", "huurders", "wonen",
    "energie", "voedselhulp", "kledij", "taallessen", "nederlands", "computer", "opvoeding", "kinderopvang",
    "jeugdwerk", "studie", "vrijwilligers", "buurtwerk", "koor", "wandelclub", "kaarten", "senioren", "sport",
    "zwemmen", "bibliotheek", "repair", "fietsen", "tuin", "samentuin", "koken", "koffie", "ontmoeting",
    "eenzaamheid", "depressie", "verslaving", "alcohol", "gokken", "crisis", "nachtopvang", "daklozen", "onthaal",
    "administratie", "tolk", "asiel", "integratie", "werk", "opleiding", "loopbaan", "zorgloket",
]  # fmt: skip
FRENCH = [
    "aide", "ménagère", "repas", "à", "domicile", "transport", "médiation", "dettes", "logement", "cours", "de",
    "langue", "bénévolat", "deuil",
]  # fmt: skip
ENGLISH = [
    "home", "care", "meals", "transport", "debt", "advice", "housing", "language", "courses", "volunteering",
    "bereavement", "support",
]  # fmt: skip
FILLER = [
    "wij", "helpen", "u", "graag", "bij", "vragen", "over", "en", "samen", "met", "zoeken", "naar", "een",
    "oplossing", "in", "de", "buurt", "elke", "week", "kan", "je", "bij", "ons", "terecht", "voor", "advies",
    "begeleiding", "gesprek", "ondersteuning", "thuis", "of", "in", "het", "dienstencentrum", "zonder", "afspraak",
    "na", "telefonisch", "contact", "onze", "medewerkers", "luisteren", "en", "denken", "mee", "iedereen", "is",
    "welkom", "gratis", "of", "aan", "een", "sociaal", "tarief",
]  # fmt: skip


@dataclass
class Measured:
    """What was seen; a value a round."""

    rows: int = 0
    import_s: list[float] = field(default_factory=list)
    again_s: list[float] = field(default_factory=list)
    command_mb: list[float] = field(default_factory=list)
    service_mb: list[float] = field(default_factory=list)
    searches: list[list[float]] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """By key."""
        rate = statistics.median(self.rows / each for each in self.import_s)
        return {
            "directory.import_rows_per_s": round(rate),
            "directory.import_rss_mb": round(max(*self.command_mb, *self.service_mb), 1),
            "directory.search_p50_ms": round(1000 * statistics.median(map(statistics.median, self.searches)), 2),
            "directory.search_p99_ms": round(
                1000 * statistics.median(Latency.percentile(each, 99) for each in self.searches), 2
            ),
        }


async def measure(stack: Stack, *, rounds: int, searches: int, services: int, tell: Callable[[str], None]) -> Measured:
    """Bring them in, bring the same in again, and search, `rounds` times."""
    seen = Measured()
    folder = stack.folder / "directory"
    seen.rows = write(folder, services)
    tell(f"{services:,} services: {seen.rows:,} rows")
    await _neighbourhoods(stack.admin)
    for round_ in range(1, rounds + 1):
        await stack.admin.execute("TRUNCATE service, directory_row, directory_staged, directory_source CASCADE")
        port = free_port()
        keys = str(own_secrets(stack.folder / "keys", SERVICE)[NOTES_KEYS])
        with stack.process("services.signals", WEEFSEL_HEALTH_PORT=str(port), WEEFSEL_NOTES_KEYS_FILE=keys) as process:
            await until(lambda port=port: healthy(f"http://127.0.0.1:{port}/readyz"), "signals is ready")
            took, most, said = await _bring(stack, folder)
            assert said["result"]["services"]["new"] == services, said
            seen.import_s.append(took)
            seen.command_mb.append(most)
            again, _, said = await _bring(stack, folder)
            assert said["result"]["services"]["same"] == services, said
            seen.again_s.append(again)
            seen.service_mb.append(_most_memory(process.pid))
        tell(
            f"round {round_}: {seen.rows / took:,.0f} rows/s ({took:.0f} s); the same again {again:.0f} s; the command "
            f"held {most:.0f} MB, signals {seen.service_mb[-1]:.0f} MB"
        )
    await stack.admin.execute("VACUUM ANALYZE", timeout=600)
    await check_plans(stack)
    for round_ in range(1, rounds + 1):
        seen.searches.append(await _searches(stack, searches, seed=round_))
        times = seen.searches[-1]
        tell(
            f"round {round_}: search p50 {1000 * statistics.median(times):.2f} ms, "
            f"p99 {1000 * Latency.percentile(times, 99):.2f} ms"
        )
    return seen


def write(folder: Path, services: int) -> int:
    """Files of so many services, the same each time. Returns how many rows they hold."""
    folder.mkdir()
    chance = random.Random(42)
    written: dict[Resource, int] = {}
    files = {name: (folder / TABLES[name].file).open("w", encoding="utf-8", newline="") for name in _rows_of}
    writers = {name: csv.DictWriter(file, TABLES[name].column_names()) for name, file in files.items()}
    for writer in writers.values():
        writer.writeheader()
    for resource, row in _all(services, chance):
        writers[resource].writerow(row)
        written[resource] = written.get(resource, 0) + 1
    for file in files.values():
        file.close()
    (folder / "datapackage.json").write_text(json.dumps(datapackage("bench", "Bench", list(written))), encoding="utf-8")
    return sum(written.values())


_rows_of: tuple[Resource, ...] = (
    "organization", "taxonomy", "taxonomy_term", "service", "location", "service_at_location", "address", "phone",
    "schedule", "language", "service_area", "attribute", "contact",
)  # fmt: skip


def _all(services: int, chance: random.Random) -> Iterator[tuple[Resource, dict[str, str]]]:
    kinds = [kind.id for kind in load().signal_kinds]
    yield "taxonomy", {"id": "kinds", "name": "weefsel-kinds", "description": "…"}
    for kind in kinds:
        yield (
            "taxonomy_term",
            {"id": f"t-{kind}", "code": kind, "name": kind, "description": kind, "taxonomy_id": "kinds"},
        )
    for n in range(services):
        yield from _service(n, services, kinds, chance)


def _service(
    n: int, services: int, kinds: list[str], chance: random.Random
) -> Iterator[tuple[Resource, dict[str, str]]]:
    """One, with ten rows around it; each fifth begins an organisation, each second a place."""
    town = n % PLACES
    home = n - PLACES * (n // PLACES % 2)  # two of the same town share a place
    id_, organisation, location = _id("s", n), _id("o", n - n % 5), _id("l", home)
    if n % 5 == 0:
        yield "organization", {
            "id": organisation,
            "name": f"{chance.choice(('CAW', 'OCMW', 'Dienstencentrum', 'Vzw'))} {_words(chance, WHAT, 2)}",
            "description": _words(chance, FILLER, 12), "email": f"info@o{n}.example", "website": f"https://o{n}.example",
        }  # fmt: skip
    what = chance.choice(WHAT)
    yield "service", {
        "id": id_, "organization_id": organisation,
        "name": f"{what.capitalize()} {_words(chance, WHAT, 1)} {TOWNS[town % 10]}",
        "description": f"{what.capitalize()}: {_words(chance, (*FILLER, *WHAT), 45)}. "
        f"{_words(chance, (*FRENCH, *ENGLISH), 8)}.",
        "status": "active" if chance.random() < 0.95 else "inactive", "email": f"s{n}@o{n}.example",
        "url": f"https://o{n}.example/{what}", "application_process": _words(chance, FILLER, 10),
        "fees_description": "Gratis" if n % 3 else "Volgens inkomen",
        "eligibility_description": _words(chance, FILLER, 8),
        "last_modified": "2026-03-15T10:30:45Z",
    }  # fmt: skip
    if n == home:
        lat, lon = middle(town)
        yield "location", {
            "id": location, "location_type": "physical", "name": f"Huis {n}", "organization_id": organisation,
            "latitude": f"{lat + chance.gauss(0, 0.02):.6f}", "longitude": f"{lon + chance.gauss(0, 0.03):.6f}",
        }  # fmt: skip
        yield "address", {
            "id": _id("a", n), "location_id": location, "address_type": "physical",
            "address_1": f"{chance.choice(WHAT).capitalize()}straat {n % 200}", "city": TOWNS[town % 10],
            "state_province": "Vlaanderen", "postal_code": f"9{n % 1000:03}", "country": "BE",
        }  # fmt: skip
    yield "service_at_location", {"id": _id("sl", n), "service_id": id_, "location_id": location}
    yield (
        "phone",
        {"id": _id("p", n), "service_id": id_, "number": f"09 {n % 1000:03} {n % 89 + 10} 00", "type": "voice"},
    )
    if n % 2:
        yield "contact", {"id": _id("c", n), "service_id": id_, "title": "Onthaal", "email": f"onthaal{n}@o{n}.example"}
    for day in chance.sample(("MO", "TU", "WE", "TH", "FR"), 2):
        opens = chance.choice((8, 9, 10, 13, 14))
        yield "schedule", {
            "id": _id(f"h{day}", n), "service_id": id_, "freq": "WEEKLY", "byday": day, "opens_at": f"{opens:02}:00",
            "closes_at": f"{opens + chance.choice((2, 3, 4)):02}:00",
        }  # fmt: skip
    for code in ("nl", chance.choice(("fr", "en", "tr", "ar"))):
        yield "language", {"id": _id(f"g{code}", n), "service_id": id_, "code": code}
    if n % 4 == 0:
        yield "service_area", {"id": _id("r", n), "service_id": id_, "name": f"n{town}"}
    yield "attribute", {
        "id": _id("k", n), "link_id": id_, "link_entity": "service", "taxonomy_term_id": f"t-{chance.choice(kinds)}",
    }  # fmt: skip


def middle(town: int) -> tuple[float, float]:
    """Latitude and longitude of a town; they lie about fifteen kilometres apart."""
    return 50.8 + (town % 4) * 0.14, 3.0 + (town // 4) * 0.22


async def _neighbourhoods(admin: asyncpg.Connection[asyncpg.Record]) -> None:
    for town in range(PLACES):
        cells = sorted(h3.grid_disk(h3.latlng_to_cell(*middle(town), 9), 4))
        await admin.execute(
            """
            INSERT INTO neighbourhood (neighbourhood_id, version, timezone, policy, organisation_id, cells, retired)
            VALUES ($1, 1, 'Europe/Brussels', 'default', 'o', $2, false)
            """,
            f"n{town}", cells,
        )  # fmt: skip


async def _bring(stack: Stack, folder: Path) -> tuple[float, float, Any]:
    """`weefsel directory import`, in a process of its own: seconds, the most megabytes that it held, what it said."""
    environment = {
        **os.environ, "WEEFSEL_NATS_URL": stack.nats.url, "WEEFSEL_NATS_CREDENTIALS": str(stack.keys.creds(CLI)),
    }  # fmt: skip
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.cli", "directory", "import", str(folder), "--json",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environment,
    )  # fmt: skip
    talking = asyncio.create_task(process.communicate())
    most = 0.0
    while not talking.done():
        most = max(most, _most_memory(process.pid))
        await asyncio.wait([talking], timeout=0.2)
    out, trouble = talking.result()
    assert process.returncode == 0, trouble.decode()[-2000:] + out.decode()[-2000:]
    return time.perf_counter() - started, most, json.loads(out)


async def _searches(stack: Stack, count: int, *, seed: int) -> list[float]:
    times = []
    for query in _asked(count + LEFT_OUT, seed):
        started = time.perf_counter()
        async with _transaction(stack) as tx:
            await handlers.search_directory(query, tx)
        times.append(time.perf_counter() - started)
    return times[LEFT_OUT:]


def _asked(count: int, seed: int) -> Iterator[SearchDirectory]:
    """What workers ask: most in their neighbourhood, a word or two, at times a kind, who is open, who has room."""
    chance = random.Random(seed)
    kinds = [kind.id for kind in load().signal_kinds]
    for _ in range(count):
        words = [chance.choice((*WHAT, *FRENCH, *ENGLISH, *FILLER[:8])) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
        words[-1] = words[-1][: chance.choice((4, 6, 20))]
        here = f"n{chance.randrange(PLACES)}" if chance.random() < 0.7 else None
        yield SearchDirectory(
            words=" ".join(words) if chance.random() < 0.75 else None,
            kind=chance.choice(kinds) if chance.random() < 0.3 else None, neighbourhood_id=here,
            within_km=chance.choice((None, None, 2, 5, 15)) if here else None,
            language=chance.choice(("nl", "fr", "tr")) if chance.random() < 0.2 else None,
            open_now=chance.random() < 0.15, has_capacity=chance.random() < 0.2,
        )  # fmt: skip


async def check_plans(stack: Stack) -> None:
    """No search reads a large table whole: with words, with a kind, near a neighbourhood, and with nothing at all."""
    asked = [
        *_asked(40, seed=7),
        SearchDirectory(),
        SearchDirectory(open_now=True),
        SearchDirectory(stepping_stone=True),
    ]
    for query in asked:
        async with _transaction(stack) as tx:
            explained = Explained(tx)
            await handlers.search_directory(query, explained)  # type: ignore[arg-type]
        for plan in explained.plans:
            whole = {node["Relation Name"] for node in nodes(plan) if node["Node Type"] == "Seq Scan"}
            assert not whole & {"service", "directory_row"}, f"{query}: {plan}"


class Explained:
    """A transaction that remembers the plans of what is looked for in `service`."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.plans: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    async def fetch(self, sql: str, *values: Any) -> Any:
        if "FROM service" in sql:
            self.plans.append(json.loads(await self._tx.fetchval(f"EXPLAIN (FORMAT JSON) {sql}", *values))[0]["Plan"])
        return await self._tx.fetch(sql, *values)


@asynccontextmanager
async def _transaction(stack: Stack) -> AsyncIterator[Transaction]:
    async with stack.admin.transaction():
        envelope = Envelope(id=new_id(), type="look", source="benchmark", time=clock.now())
        settings: ServiceSettings = ServiceSettings.model_construct(policy=load())
        connection: Any = stack.admin
        yield Transaction(
            connection, Pending([], {}, set()), envelope, sender=CLI, now=clock.now(), service=SERVICE,
            settings=settings,
        )  # fmt: skip


def _most_memory(pid: int) -> float:
    """The most resident memory that a process ever held, in megabytes; 0 once it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


def _id(prefix: str, n: int) -> str:
    return f"{prefix}-{n:032x}"


def _words(chance: random.Random, among: Any, count: int) -> str:
    return " ".join(chance.choices(among, k=count))
