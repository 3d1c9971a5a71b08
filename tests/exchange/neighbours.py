"""Six neighbours, a worker and a clock that obeys, over exchange's handlers on a real database, without a broker.

Everything is the same whenever it is played again: the time is made up, and ids are counted. What profiles told last of
each is remembered here, so that what exchange does can be held against it.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from services.exchange.app import service
from shared import clock, ids
from shared.contracts import load
from shared.contracts.envelope import Answer, Command, Contract, Event, Query, State
from shared.contracts.exchange import ExchangeDue, GatheringDue, Introduce, InvitationDue
from shared.contracts.profiles import DutyKept, NeighbourhoodKept, ParticipantKept
from shared.ids import new_id
from shared.messaging import store
from tests.handling import Handling, handling
from tests.servers import Stack

HERE, THERE = "brugse-poort", "rabot"
ZONE = ZoneInfo("Europe/Brussels")
BEGINS = datetime(2027, 3, 1, 10, tzinfo=ZONE)
"""A Monday morning, some weeks before the clocks change."""
GARDEN, COFFEE = {"kind": "garden", "words": "rozen snoeien"}, {"kind": "coffee"}
CAST: dict[str, dict[str, Any]] = {
    "Ann": {"talents": [GARDEN], "wishes": [COFFEE]},
    "Bob": {"talents": [GARDEN, COFFEE], "wishes": [GARDEN]},
    "Cem": {"talents": [GARDEN], "wishes": [COFFEE], "ceiling": 1, "reached_by": "letter"},
    "Dia": {"talents": [GARDEN, COFFEE], "wishes": [COFFEE], "quiet_hours": {"start": "09:30", "end": "16:00"}},
    "Els": {"talents": [COFFEE], "wishes": [GARDEN], "reached_by": "phone"},
    "Fay": {"talents": [GARDEN], "wishes": [GARDEN, COFFEE]},
}
ACQUAINTED = (("Ann", "Bob"), ("Ann", "Dia"), ("Bob", "Els"), ("Cem", "Fay"))
CONTRACTS = load()


class MadeUpTime:
    """The time, and ids in the order of it."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.time, self._count = BEGINS.astimezone(UTC), itertools.count(1)

    def now(self) -> datetime:
        return self.time

    def id(self) -> UUID:
        count = next(self._count)
        return UUID(int=int(self.time.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | count)


@dataclass(frozen=True)
class Told:
    """A message that would be sent, and when."""

    stream: str
    message: Contract
    body: str
    at: datetime


@dataclass(frozen=True)
class Sent:
    """A command, and the answer that it got."""

    command: Command
    actor: str
    id: UUID
    answer: Answer


@dataclass(frozen=True)
class GoneOff:
    """A timer that went off; what it says may arrive late, or twice."""

    event: Event
    id: UUID

    @property
    def key(self) -> str:
        """As its timer was called."""
        match self.event:
            case ExchangeDue():
                return ExchangeDue.timer(self.event.exchange_id, self.event.to)
            case InvitationDue():
                return InvitationDue.timer(self.event.invitation_id)
            case GatheringDue():
                return GatheringDue.timer(self.event.gathering_id, self.event.to, self.event.participant_id)
        return self.event.TYPE


@dataclass
class Neighbours(Handling):
    """What the state machine plays with."""

    time: MadeUpTime = field(default_factory=MadeUpTime)
    admin: asyncpg.Connection[Any] | None = None
    worker_id: UUID = field(default_factory=new_id)
    known: dict[UUID, ParticipantKept] = field(default_factory=dict)
    """What profiles told last of each; who was erased or merged isn't here."""
    names: dict[UUID, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    """What handlers failed on."""

    async def begin(self) -> None:
        """A new story: empty tables, a Monday morning, and the same six neighbours."""
        assert self.admin is not None
        await self.admin.execute(_EMPTY)
        self.time.begin()
        self.known, self.names, self.broken = {}, {}, []
        self.worker_id = new_id()
        for place in (HERE, THERE):
            await self.tell(NeighbourhoodKept(neighbourhood_id=place, version=1, names={"nl": place}))
            await self.tell(DutyKept(neighbourhood_id=place, version=1, worker_id=self.worker_id, role="worker"))
        for name, more in CAST.items():
            await self.comes(name, **more)
        for one, other in ACQUAINTED:
            await self.ask(
                Introduce(participant_id=self.called(one), other_id=self.called(other)),
                actor=f"worker:{self.worker_id}",
            )
        await self.stands(self.called("Els"), mandate_holder_ids=[self.called("Ann")])

    async def comes(self, name: str, **more: Any) -> UUID:
        """Someone new in the neighbourhood."""
        id_ = new_id()
        self.names[id_] = name
        values = {"neighbourhood_id": HERE, "languages": ["nl"], "reached_by": "email", "status": "active"} | more
        self.known[id_] = ParticipantKept(participant_id=id_, version=1, **values)
        await self.tell(self.known[id_])
        return id_

    async def stands(self, participant_id: UUID, **changes: Any) -> ParticipantKept:
        """Profiles tells that something about someone changed."""
        before = self.known[participant_id]
        values = before.model_dump(mode="json") | {"version": before.version + 1} | changes
        self.known[participant_id] = ParticipantKept.model_validate(values)
        await self.tell(self.known[participant_id])
        return self.known[participant_id]

    def called(self, name: str) -> UUID:
        return next(id_ for id_, each in self.names.items() if each == name)

    def speaks_of(self, text: str) -> str:
        """With names where ids stood, so that a story can be read."""
        for id_, name in self.names.items():
            text = text.replace(str(id_), name)
        return text.replace(str(self.worker_id), "the worker")

    async def say(self, message: Command | Query, actor: str, message_id: UUID | None = None) -> Answer:
        """Something is asked: it is always answered, and no handler breaks."""
        answer = await self.ask(message, actor=actor, message_id=message_id)
        assert not self.broken, self.broken
        assert answer.status == "accepted" or (answer.problems and answer.result is None)
        assert all(each.code != "failed" and each.message for each in answer.problems), answer
        return answer

    async def tell(self, event: Event | State, *, message_id: UUID | None = None) -> None:
        await super().tell(event, message_id=message_id)
        assert not self.broken, self.broken

    async def gone_off(self) -> list[GoneOff]:
        """The timers that are due, in their order; what they say has not arrived yet."""
        mark = await self.mark()
        async with self.processor.pool.acquire() as connection:
            if not await store.fire_timers(connection, clock.now()):
                return []
        rows = await self.rows("SELECT headers, body FROM messaging.outbox WHERE seq > $1 ORDER BY seq", mark)
        found = []
        for row in rows:
            headers = store.decode(row["headers"])
            event = CONTRACTS[headers["ce-type"]].model_validate_json(row["body"])
            assert isinstance(event, Event)
            found.append(GoneOff(event, UUID(headers["ce-id"])))
        return found

    async def told_since(self, mark: int) -> list[Told]:
        """All that would be sent after a mark, in order."""
        rows = await self.rows(
            "SELECT stream, headers, body FROM messaging.outbox WHERE seq > $1 ORDER BY seq", mark
        )  # fmt: skip
        return [
            Told(row["stream"], CONTRACTS[store.decode(row["headers"])["ce-type"]].model_validate_json(row["body"]),
                 row["body"], datetime.fromisoformat(store.decode(row["headers"])["ce-time"]))
            for row in rows
        ]  # fmt: skip

    async def named_in(self, participant_id: UUID) -> list[str]:
        """Tables in which someone is still named, but for those that must remember that they were erased."""
        tables = await self.rows(
            "SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables "
            "WHERE table_schema IN ('public', 'messaging') AND table_type = 'BASE TABLE' "
            "AND table_name NOT IN ('erased', 'answer', 'outbox')"
        )
        union = " UNION ALL ".join(
            f"SELECT '{each['name']}' AS name WHERE EXISTS (SELECT FROM {each['name']} AS t WHERE t::text LIKE $1)"
            for each in tables
        )
        return [row["name"] for row in await self.rows(union, f"%{participant_id}%")]


_EMPTY = """
DO $$ BEGIN EXECUTE (
    SELECT 'TRUNCATE ' || string_agg(format('%I.%I', table_schema, table_name), ', ')
    FROM information_schema.tables
    WHERE table_schema IN ('public', 'messaging') AND table_type = 'BASE TABLE' AND table_name NOT LIKE '%migrations'
); END $$
"""


@asynccontextmanager
async def neighbours(stack: Stack) -> AsyncIterator[Neighbours]:
    """Exchange's handlers on the database of a stack, with a made-up time."""

    async def make(_: Any) -> Stack:
        return stack

    time = MadeUpTime()
    with pytest.MonkeyPatch.context() as patch:
        async with handling(make, "exchange", service) as made:
            patch.setattr(clock, "now", time.now)
            patch.setattr(ids, "uuid7", time.id)
            admin = await asyncpg.connect(stack.admin_dsn("exchange"))
            try:
                found = Neighbours(**vars(made), time=time, admin=admin)
                patch.setattr(made.processor.failing, "failed", _noting(found))
                yield found
            finally:
                await admin.close()


def _noting(found: Neighbours) -> Any:
    failed = found.processor.failing.failed

    async def note(incoming: Any, reason: str, place: str, **more: Any) -> Any:
        found.broken.append(f"{type(incoming.message).__name__}: {reason} {place}")
        return await failed(incoming, reason, place, **more)

    return note
