"""The worker's desk among ten thousand neighbours: how long a page takes at a calm pace, from request to its last byte.

Four services run, each a process; the browser that asks is made of sockets. What it looks at is what a worker looks at:
today most, then people, signals and referrals. The pages go out evenly, whether earlier ones were answered or not.

Before that each page is asked for a number of times, one after another, to see what it costs of the processors over all
processes: that says much the same on a machine that does other things as well.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from benchmarks import cpu
from benchmarks.latency import Latency
from benchmarks.load import PER_SENDER, Load
from benchmarks.stack import NEIGHBOURHOOD, Stack, until
from deploy import databases
from deploy.embedded.process import free_port
from deploy.own_secrets import LINK_SECRET, NOTES_KEYS, own_secrets
from services.notify.domain import tokens
from services.notify.links import SESSION
from shared import clock
from shared.contracts.envelope import Answer, Command
from shared.contracts.exchange import OpenExchange, PlanGathering
from shared.contracts.profiles import (
    RecordVisit,
    RegisterNeighbourhood,
    RegisterOrganisation,
    RegisterParticipant,
    RegisterWorker,
)
from shared.contracts.signals import RaiseSignal
from shared.contracts.subjects import DESK
from shared.ids import new_id
from shared.messaging.client import Client, Unanswered

SERVICE, BESIDE = "profiles", ("exchange", "signals", "notify")
PEOPLE, PLACES = 10_000, 5
PACE = 50
"""Pages a second."""
LEFT_OUT = 100
"""The first of them, which warm caches and plans."""
COSTED, COSTED_FIRST = 100, 20
"""How often each page is asked for to see what it costs, after some that warm it up."""
AT_ONCE = 16
"""Few enough to be answered within the ten seconds that a service has the right to answer in."""
AT_ONCE_STORED = 100
LOOKS = (
    "/desk", "/desk/people/{person}", "/desk", "/desk/signals", "/desk", "/desk/people/{person}", "/desk/referrals",
    "/desk/exchanges", "/desk", "/desk/people/{person}", "/desk/gatherings", "/desk/newcomers", "/desk/attention",
    "/desk/people",
)  # fmt: skip


@dataclass
class Seen:
    """Seconds of each page, by address; and how many did not come, or not as a page of the desk."""

    took: dict[str, list[float]] = field(default_factory=dict)
    costs: dict[str, dict[str, float]] = field(default_factory=dict)
    """Milliseconds of processor time of one such page, by address and process."""
    lost: int = 0
    heaviest: int = 0
    """Bytes of the largest page."""

    @property
    def all(self) -> list[float]:
        return [each for times in self.took.values() for each in times]

    def cost(self, page: str) -> float:
        """Of one such page, over all processes."""
        return sum(self.costs[page].values())

    def mean_cost(self) -> float:
        """Of a page of those that are looked at."""
        return sum(self.cost(each) for each in LOOKS) / len(LOOKS)

    def p99(self) -> float:
        return Latency.percentile(self.all, 99)


async def measure(
    stack: Stack, *, seconds: int, people: int = PEOPLE, tell: Callable[..., object] = print
) -> Seen:  # fmt: skip
    """`seconds` of pages, at `PACE` a second."""
    port = free_port()
    with _services(stack, port) as pids:
        async with Load.connected(stack) as load:
            office = await _filled(load, people, tell)
            cookies = [await _let_in(stack, each) for each in office.workers]
            browser = _Browser(port, cookies, office.people)
            await until(browser.answers, "the desk opens", within=60)
            seen = Seen(costs=await _costs(browser, {**stack.pids, **pids}))
            await _look(browser, seconds, seen)
            return seen


@contextmanager
def _services(stack: Stack, port: int) -> Iterator[dict[str, int]]:
    """The four, each a process of its own; by name the process."""
    keys, all_ = stack.keys.directory, ",".join((SERVICE, *BESIDE))
    own = {
        "signals": {"WEEFSEL_NOTES_KEYS_FILE": str(own_secrets(keys, "signals")[NOTES_KEYS])},
        "notify": {
            "WEEFSEL_SECRET_FILE": str(own_secrets(keys, "notify")[LINK_SECRET]),
            "WEEFSEL_DESK_CREDENTIALS": str(stack.keys.creds(DESK)), "WEEFSEL_PAGES_PORT": str(port),
            "WEEFSEL_PAGES_URL": f"http://127.0.0.1:{port}", "WEEFSEL_SMTP_PORT": str(free_port()),
            "WEEFSEL_SMTP_TLS": "none",
        },
    }  # fmt: skip
    pids = {}
    with ExitStack() as running:
        for each in (SERVICE, *BESIDE):
            more = {"WEEFSEL_SERVICES": all_, "WEEFSEL_LOG_LEVEL": "warning", **own.get(each, {})}
            process = running.enter_context(replace(stack, service=each).process(f"services.{each}", **more))
            pids[each] = process.pid
        yield pids


# --- a neighbourhood with its worker, and things that wait


@dataclass(frozen=True)
class _Office:
    workers: list[UUID]
    people: list[UUID]


async def _filled(load: Load, people: int, tell: Callable[..., object]) -> _Office:
    """Neighbours in five neighbourhoods, each with a worker for whom something waits."""
    started = time.perf_counter()
    client = load.senders[0]

    async def there() -> bool:
        answer = await client.ask(RegisterOrganisation(organisation_id="ldc", names={"nl": "LDC"}), timeout=2)
        return answer.status == "accepted" or any(each.code in ("exists", "id_taken") for each in answer.problems)

    await until(_when_up(there), "profiles answers", within=60)
    places = [f"{NEIGHBOURHOOD}-{n}" for n in range(PLACES)]
    for each in places:
        await client.get(RegisterNeighbourhood(neighbourhood_id=each, names={"nl": each}, organisation_id="ldc"))
    workers = [
        (await client.get(RegisterWorker(
            name=f"Marie {each}", email=f"{each}@ldc.example", organisation_id="ldc", neighbourhood_ids=[each],
        ))).worker_id
        for each in places
    ]  # fmt: skip
    await _stored(load, [_neighbour(n, places[n % PLACES]) for n in range(people)], "participant")
    rows = await load.stack.admin.fetch("SELECT participant_id FROM participant ORDER BY name")
    known: list[UUID] = [row["participant_id"] for row in rows]
    await _heard(load.stack, people)
    tell(f"{people:,} people in {time.perf_counter() - started:.0f} s")
    visited = known[: people * 9 // 10]
    await _stored(load, [RecordVisit(participant_id=each, worker_id=workers[0]) for each in visited], "visit")
    for nth, worker in enumerate(workers):
        await _all(load, list(_waiting(known[nth::PLACES], places[nth])), f"worker:{worker}")
    await _settled(load.stack)
    tell(f"and what waits for their workers, in {time.perf_counter() - started:.0f} s")
    return _Office(workers, known)


def _neighbour(number: int, place: str) -> RegisterParticipant:
    example = RegisterParticipant.EXAMPLE | {
        "name": f"Maria {number:05d} Peeters",
        "neighbourhood_id": place,
        "reference": f"bench-{number}",
        "reach": {"by": "phone", "phone": f"+32 4{number:08d}"},
        "home": {"lat": 51.05 + number % 97 / 5000, "lon": 3.70},
    }
    return RegisterParticipant.model_validate(example)


def _waiting(people: Sequence[UUID], place: str) -> Iterator[Command]:
    """Signals, half questions, asks that strangers could answer, gatherings."""
    for n, each in enumerate(people[:30]):
        yield RaiseSignal(participant_id=each, kind="household", urgency=("today", "this-week", "watch")[n % 3])
    for each in people[30:36]:
        yield OpenExchange(opening="ask", participant_id=each, kind="coffee", half=True, consented="spoken")
    for each in people[36:42]:
        yield OpenExchange(opening="ask", participant_id=each, kind="meal", words="Wie kookt mee?", consented="phone")
    for day in range(1, 6):
        starts = clock.now() + timedelta(days=day)
        yield PlanGathering(
            neighbourhood_id=place, title="Koffie en taart", place="Buurthuis", starts_at=starts,
            ends_at=starts + timedelta(hours=2), invite=False,
        )  # fmt: skip


async def _stored(load: Load, commands: Sequence[Command], table: str) -> None:
    """Every command through the stream, as an importer sends them, until profiles has a row for each."""
    count = f"SELECT count(*) FROM {table}"
    for start in range(0, len(commands), PER_SENDER):
        some = commands[start : start + PER_SENDER]
        for first in range(0, len(some), AT_ONCE_STORED):
            await asyncio.gather(*(load.senders[0].send(each) for each in some[first : first + AT_ONCE_STORED]))

        async def done(rows: int = start + len(some)) -> bool:
            return bool(await load.stack.admin.fetchval(count) >= rows)

        await until(done, f"profiles has {start + len(some)} in {table}", within=300, every=0.05)


async def _all(load: Load, commands: Sequence[Command], actor: str = "operator") -> list[Any]:
    """Every command, some at a time; each is accepted, or the measurement stops."""
    some = asyncio.Semaphore(AT_ONCE)
    client = load.senders[0]

    async def ask(command: Command) -> Any:
        async with some:
            answer = await _asked(client, command, actor)
            if answer.status == "rejected":
                raise RuntimeError(f"{command.TYPE} was refused: {answer.problems[0].message}")
            return answer.result

    return await asyncio.gather(*(ask(each) for each in commands))


async def _asked(client: Client, command: Command, actor: str) -> Answer:
    """Asked again with the same id when no answer came: it is done once."""
    id_ = new_id()
    for _ in range(5):
        try:
            return await client.ask(command, actor=actor, id=id_, timeout=15)
        except Unanswered:
            continue
    raise TimeoutError(f"{command.TYPE} is not answered")


async def _heard(stack: Stack, people: int) -> None:
    """Until every service knows them all."""
    for service in BESIDE:
        connection = await asyncpg.connect(databases.with_database(stack.postgres.dsn, service))

        async def all_there(connection: Any = connection) -> bool:
            return bool(await connection.fetchval("SELECT count(*) FROM participant") >= people)

        await until(all_there, f"{service} knows everyone", within=300, every=0.5)
        await connection.close()


async def _settled(stack: Stack) -> None:
    """As after a night: PostgreSQL has been through the tables."""
    for service in (SERVICE, *BESIDE):
        connection = await asyncpg.connect(databases.with_database(stack.postgres.dsn, service))
        await connection.execute("VACUUM ANALYZE", timeout=600)
        await connection.close()


def _when_up(condition: Callable[[], Any]) -> Callable[[], Any]:
    async def tried() -> bool:
        try:
            return bool(await condition())
        except Exception:  # noqa: BLE001 - it has not started yet
            return False

    return tried


async def _let_in(stack: Stack, worker_id: UUID) -> str:
    """A session at the desk, as the link in a mail opens one. Returns the cookie."""
    secret = own_secrets(stack.keys.directory, "notify")[LINK_SECRET].read_bytes().strip()
    text = tokens.token(secret, SESSION, random.randbytes(tokens.RANDOM_BYTES))
    connection = await asyncpg.connect(databases.with_database(stack.postgres.dsn, "notify"))
    await connection.execute(
        "INSERT INTO page_session (digest, holder_kind, holder_id, started_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        tokens.digest(secret, SESSION, text), "worker", worker_id, clock.now(), clock.now() + timedelta(hours=12),
    )  # fmt: skip
    await connection.close()
    return text


# --- the browser


class _Browser:
    """Asks for pages over connections that it keeps, as a browser does."""

    def __init__(self, port: int, cookies: Sequence[str], people: Sequence[UUID]) -> None:
        self.port = port
        self.cookies = itertools.cycle(cookies)
        self.people = random.Random(7).sample(list(people), len(people))
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def answers(self) -> bool:
        try:
            status, _ = await self.page("/desk")
        except OSError:
            return False
        return status == 200

    async def look(self, pattern: str, n: int) -> tuple[int, int]:
        """The nth page of this address, of somebody else each time where it is somebody's."""
        return await self.page(pattern.format(person=self.people[n % len(self.people)]))

    async def page(self, path: str) -> tuple[int, int]:
        """Its status, and how many bytes it has."""
        request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAccept-Language: nl\r\n"
            f"Cookie: weefsel={next(self.cookies)}\r\n\r\n".encode()
        )
        while self.idle:
            try:
                return await self._over(*self.idle.pop(), request)
            except (OSError, asyncio.IncompleteReadError) as error:
                if getattr(error, "partial", b""):
                    raise
                # The server had closed it, as it does after a few idle seconds: browsers take another one then.
        return await self._over(*await asyncio.open_connection("127.0.0.1", self.port), request)

    async def _over(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> tuple[int, int]:  # fmt: skip
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
        body = await reader.readexactly(length)
        self.idle.append((reader, writer))
        return int(head.split()[1]), len(body)


async def _costs(browser: _Browser, pids: dict[str, int]) -> dict[str, dict[str, float]]:
    costs = {}
    for pattern in dict.fromkeys(LOOKS):
        for n in range(COSTED_FIRST):
            await browser.look(pattern, n)
        before = cpu.spent(pids)
        for n in range(COSTED_FIRST, COSTED_FIRST + COSTED):
            await browser.look(pattern, n)
        after = cpu.spent(pids)
        costs[pattern] = {name: 1000 * (after[name] - before[name]) / COSTED for name in pids}
    return costs


async def _look(browser: _Browser, seconds: int, seen: Seen) -> None:
    begun, tasks = time.perf_counter(), []

    async def look(n: int) -> None:
        pattern = LOOKS[n % len(LOOKS)]
        started = time.perf_counter()
        try:
            status, size = await browser.look(pattern, n)
        except (OSError, asyncio.IncompleteReadError):
            status, size = 0, 0
        took = time.perf_counter() - started
        if n < LEFT_OUT:
            return
        seen.lost += status != 200
        seen.heaviest = max(seen.heaviest, size)
        seen.took.setdefault(pattern, []).append(took)

    for n in range(LEFT_OUT + seconds * PACE):
        await asyncio.sleep(max(0.0, begun + n / PACE - time.perf_counter()))
        tasks.append(asyncio.create_task(look(n)))
    await asyncio.gather(*tasks)
