"""Two people, three kinds of service, two partners and a clock that obeys, over the handlers of signals on a real
database. Everything is the same whenever it is played again: the time is made up, and ids are counted."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.signals.app import service
from shared import clock, ids
from shared.contracts import load
from shared.contracts.envelope import Event
from shared.contracts.signals import ReferralDue, ReferralTold, ServiceAsked, WorkerTold
from shared.ids import new_id
from shared.messaging import store
from tests.handling import handling
from tests.servers import Stack
from tests.signals.neighbourhood import ZONE, Place
from tests.signals.referring import Referring

BEGINS = datetime(2027, 3, 1, 10, tzinfo=ZONE)
"""A Monday, some weeks before the clocks change and Easter."""
CONTRACTS = load()
PARTNER, STRANGER = "zorgpunt", "elders"


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
class GoneOff:
    """A timer that went off; what it says may arrive late, or twice."""

    event: Event
    id: UUID

    @property
    def key(self) -> str:
        assert isinstance(self.event, ReferralDue)
        return ReferralDue.timer(self.event.referral_id, self.event.to)


@dataclass(frozen=True)
class Seen:
    """A referral as it is kept, with what belongs to it."""

    row: Any
    steps: list[Any]
    consents: list[Any]
    details: int
    readings: int
    timers: set[str]
    letters: list[str]
    mails: list[str]
    why: list[str]


@dataclass
class World(Referring):
    """What the state machine plays with."""

    time: MadeUpTime = field(default_factory=MadeUpTime)
    admin: asyncpg.Connection[Any] | None = None
    here: Place | None = None
    people: list[UUID] = field(default_factory=list)
    services: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    """What handlers failed on."""

    async def begin(self) -> None:
        """A new story: empty tables, a Monday morning."""
        assert self.admin is not None
        await self.admin.execute(_EMPTY)
        self.time.begin()
        self.broken, self.versions = [], {}
        self.here = await self.place()
        holder = await self.someone(self.here)
        self.people = [await self.someone(self.here, mandate_holder_ids=[holder]), holder]
        for name in (PARTNER, STRANGER):
            await self.partner(name)
        self.services = {
            "partner": await self.service(partner_organisation=PARTNER),
            "mail": await self.service(email="info@zorgpunt.example"),
            "phone": await self.service(),
        }
        await self.rows("DELETE FROM messaging.timer")

    async def look(self) -> dict[UUID, Seen]:
        """All referrals that there are, each with what belongs to it."""
        found = {}
        timers = await self.timers()
        for row in await self.rows("SELECT * FROM referral ORDER BY referral_id"):
            id_ = row["referral_id"]
            readings = await self.rows("SELECT count(*) FROM reading WHERE referral_id = $1", id_)
            details = await self.rows("SELECT count(*) FROM referral_details WHERE referral_id = $1", id_)
            found[id_] = Seen(
                row, await self.rows("SELECT * FROM referral_step WHERE referral_id = $1 ORDER BY step_id", id_),
                await self.rows("SELECT * FROM referral_consent WHERE referral_id = $1 ORDER BY consent_id", id_),
                details[0][0], readings[0][0],
                {each.removesuffix(f":{id_}") for each in timers if each.endswith(str(id_))},
                [each.verb for each in await self.told(ReferralTold, referral_id=id_)],
                [each.verb for each in await self.told(ServiceAsked, referral_id=id_)],
                [each.why for each in await self.told(WorkerTold, referral_id=id_)],
            )  # fmt: skip
        return found

    async def gone_off(self) -> list[GoneOff]:
        """The timers that are due, in their order; what they say has not arrived yet."""
        mark = await self.mark()
        async with self.processor.pool.acquire() as connection:
            if not await store.fire_timers(connection, clock.now()):
                return []
        found = []
        for row in await self.rows("SELECT headers, body FROM messaging.outbox WHERE seq > $1 ORDER BY seq", mark):
            headers = store.decode(row["headers"])
            event = CONTRACTS[headers["ce-type"]].model_validate_json(row["body"])
            if isinstance(event, ReferralDue):
                found.append(GoneOff(event, UUID(headers["ce-id"])))
        return found


_EMPTY = """
DO $$ BEGIN EXECUTE (
    SELECT 'TRUNCATE ' || string_agg(format('%I.%I', table_schema, table_name), ', ')
    FROM information_schema.tables
    WHERE table_schema IN ('public', 'messaging') AND table_type = 'BASE TABLE' AND table_name NOT LIKE '%migrations'
); END $$
"""


@asynccontextmanager
async def world(stack: Stack) -> AsyncIterator[World]:
    """The handlers of signals on the database of a stack, with a made-up time."""

    async def make(_: Any) -> Stack:
        return stack

    time = MadeUpTime()
    with pytest.MonkeyPatch.context() as patch:
        async with handling(make, "signals", service) as made:
            patch.setattr(clock, "now", time.now)
            patch.setattr(ids, "uuid7", time.id)
            admin = await asyncpg.connect(stack.admin_dsn("signals"))
            try:
                found = World(**vars(made), time=time, admin=admin)
                patch.setattr(made.processor.failing, "failed", _noting(found))
                yield found
            finally:
                await admin.close()


def _noting(found: World) -> Any:
    failed = found.processor.failing.failed

    async def note(incoming: Any, reason: str, place: str, **more: Any) -> Any:
        found.broken.append(f"{type(incoming.message).__name__}: {reason} {place}")
        return await failed(incoming, reason, place, **more)

    return note


__all__ = ["PARTNER", "STRANGER", "GoneOff", "Seen", "World", "new_id", "world"]
