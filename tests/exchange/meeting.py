"""People who meet, for tests of gatherings: a neighbourhood, who lives there, and what is planned."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.exchange.app import service
from shared import clock
from shared.contracts.exchange import (
    AcquaintanceMade,
    AnswerGathering,
    Gathering,
    GatheringRef,
    GuestRef,
    NextStepReached,
    PlanGathering,
    RecordAttendance,
    ShowGathering,
)
from tests.conftest import MakeStack
from tests.exchange.looking_back import WORKER, LookingBack
from tests.handling import handling

BRUSSELS = ZoneInfo("Europe/Brussels")


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment on the clock of the neighbourhood."""
    return datetime.combine(day, time(hour, minute), BRUSSELS)


@dataclass
class Meeting(LookingBack):
    """What a test works with."""

    def today(self) -> date:
        return clock.now().astimezone(BRUSSELS).date()

    def at(self, at: datetime) -> None:
        """It is this moment, which lies ahead."""
        assert at > clock.now()
        self.move(at - clock.now())

    def ten(self) -> None:
        """It is ten in the morning, the next time that it is."""
        now = clock.now().astimezone(BRUSSELS)
        day = now.date() if now.hour < 10 else now.date() + timedelta(days=1)
        self.at(moment(day, 10))

    async def plan(
        self, place: str, /, *, actor: str = WORKER, days: int = 7, inviting: bool = True, **more: Any
    ) -> GatheringRef:  # fmt: skip
        """A gathering in so many days, at two in the afternoon. With `inviting` the timers have gone off."""
        values: dict[str, Any] = {
            "neighbourhood_id": place, "title": "Koffie en taart", "place": "Het buurthuis",
            "starts_at": moment(self.today() + timedelta(days=days), 14),
            "ends_at": moment(self.today() + timedelta(days=days), 16),
        }  # fmt: skip
        ref: GatheringRef = await self.get(PlanGathering(**values | more), actor=actor)
        if inviting:
            await self.fire()
        return ref

    async def show(self, gathering_id: UUID, *, actor: str = WORKER) -> Gathering:
        found: Gathering = await self.get(ShowGathering(gathering_id=gathering_id), actor=actor)
        return found

    async def of_series(self, ref: GatheringRef) -> list[Gathering]:
        """All of a series, in order of time."""
        rows = await self.rows(
            "SELECT gathering_id FROM gathering WHERE series_id = $1 ORDER BY starts_at", ref.series_id
        )
        return [await self.show(row["gathering_id"]) for row in rows]

    async def comes(self, gathering_id: UUID, who: UUID, coming: bool = True, **more: Any) -> bool:
        """Someone answers themselves; whether they have a place."""
        answer = AnswerGathering(gathering_id=gathering_id, participant_id=who, coming=coming, **more)
        ref: GuestRef = await self.get(answer, actor=f"participant:{who}")
        return ref.coming

    async def held(self, place: str, there: Sequence[UUID], /, **more: Any) -> UUID:
        """A gathering that took place, with these people."""
        ref = await self.plan(place, days=1, invite=False, **more)
        self.move(timedelta(days=1, hours=6))
        await self.record(ref.gathering_id, there)
        return ref.gathering_id

    async def record(self, gathering_id: UUID, there: Sequence[UUID], *, actor: str = WORKER) -> None:
        await self.get(RecordAttendance(gathering_id=gathering_id, participant_ids=list(there)), actor=actor)

    async def invited(self, gathering_id: UUID, since: int = 0) -> list[UUID]:
        """Who was told that they are invited."""
        found = await self.told(NextStepReached, since, step="gathering-invited", gathering_id=gathering_id)
        return [each.participant_id for each in found]

    async def steps(self, who: UUID, since: int = 0) -> list[str]:
        """What someone was told after a mark."""
        return [each.step for each in await self.told(NextStepReached, since, participant_id=who)]

    async def pairs(self, since: int = 0) -> set[frozenset[UUID]]:
        """Who was told to have met after a mark."""
        return {frozenset((each.participant_id, each.other_id)) for each in await self.told(AcquaintanceMade, since)}

    async def know(self, *people: UUID) -> set[UUID]:
        """Whom the first of these people has met."""
        rows = await self.rows("SELECT * FROM acquaintance WHERE $1 IN (first_id, second_id)", people[0])
        return {row["first_id"] if row["second_id"] == people[0] else row["second_id"] for row in rows}


@asynccontextmanager
async def meeting(make: MakeStack, **settings_changes: Any) -> AsyncIterator[Meeting]:
    """Exchange's handlers with a database and a clock of their own; it is ten in the morning."""
    async with handling(make, "exchange", service, **settings_changes) as made:
        found = Meeting(**vars(made))
        found.ten()
        yield found
