"""Exchange's handlers on a real database, and the way to an agreement: opened, asked, answered, looked at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.exchange.app import service
from shared import clock
from shared.contracts.exchange import (
    AnswerInvitation,
    AnswerProposal,
    ExchangeDue,
    ExchangeRef,
    Introduce,
    NextStepReached,
    OpenExchange,
    ShowExchange,
    When,
)
from shared.contracts.profiles import DutyKept, NeighbourhoodKept, ParticipantKept
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.handling import Handling, handling


@dataclass
class Street:
    """A neighbourhood with one who opens something, and neighbours whom they know and who enjoy it."""

    agreeing: Agreeing
    neighbourhood_id: str
    opener: UUID
    neighbours: list[UUID]
    exchange_id: UUID

    async def invitation(self, participant_id: UUID) -> UUID:
        rows = await self.agreeing.rows(
            "SELECT invitation_id FROM invitation WHERE exchange_id = $1 AND participant_id = $2",
            self.exchange_id, participant_id,
        )  # fmt: skip
        assert rows, "they were not asked"
        invitation_id: UUID = rows[0]["invitation_id"]
        return invitation_id

    async def says(self, participant_id: UUID, answer: Any) -> None:
        """A neighbour answers."""
        invitation_id = await self.invitation(participant_id)
        await self.agreeing.get(
            AnswerInvitation(invitation_id=invitation_id, answer=answer), actor=f"participant:{participant_id}"
        )

    async def answers(self, answer: Any, participant_id: UUID | None = None, **how: Any) -> ExchangeRef:
        """The side that opened it answers, by itself."""
        command = AnswerProposal(exchange_id=self.exchange_id, answer=answer, participant_id=participant_id)
        ref: ExchangeRef = await self.agreeing.get(command, **({"actor": f"participant:{self.opener}"} | how))
        return ref

    async def stage(self) -> str:
        rows = await self.agreeing.rows("SELECT stage FROM exchange WHERE exchange_id = $1", self.exchange_id)
        stage: str = rows[0]["stage"]
        return stage

    async def stages(self) -> dict[UUID, str]:
        """Of each neighbour's invitation."""
        rows = await self.agreeing.rows(
            "SELECT participant_id, stage FROM invitation WHERE exchange_id = $1", self.exchange_id
        )
        return {row["participant_id"]: row["stage"] for row in rows}

    async def steps(self, since: int = 0) -> dict[UUID, list[str]]:
        """What each was told of it after a mark, in order."""
        told: dict[UUID, list[str]] = {}
        for each in await self.agreeing.told(NextStepReached, since, exchange_id=self.exchange_id):
            told.setdefault(each.participant_id, []).append(each.step)
        return told

    async def seen_by(self, participant_id: UUID) -> Any:
        query = ShowExchange(exchange_id=self.exchange_id)
        return await self.agreeing.get(query, actor=f"participant:{participant_id}")

    def kept(self, participant_id: UUID, **more: Any) -> ParticipantKept:
        """Someone of this street, as profiles tells of them next."""
        return kept(participant_id, self.neighbourhood_id, **more)

    async def timers(self) -> set[str]:
        """Of its timers, which run."""
        suffix = f":{self.exchange_id}"
        return {each.removesuffix(suffix) for each in await self.agreeing.timers() if each.endswith(suffix)}

    @property
    def other(self) -> UUID:
        """The one neighbour, or the first."""
        return self.neighbours[0]


@dataclass
class Agreeing(Handling):
    """What a test of agreements works with. The worker asks, when a test doesn't say who."""

    worker_id: UUID = field(default_factory=new_id)

    async def neighbour(self, neighbourhood_id: str, **more: Any) -> UUID:
        """Someone in the network, as profiles tells of them."""
        id_ = new_id()
        await self.tell(kept(id_, neighbourhood_id, **more))
        return id_

    def to_the_morning(self) -> timedelta:
        """Move the clock on to ten in the morning, when nobody's quiet hours run. Returns how far."""
        here = clock.now().astimezone(ZoneInfo("Europe/Brussels"))
        morning = here.replace(hour=10, minute=0)
        by = (morning if here <= morning else morning + timedelta(days=1)) - here
        self.move(by)
        return by

    async def street(self, neighbours: int = 1, *, people: int = 1, **opening: Any) -> Street:
        """An ask for company in the garden; every neighbour has been asked, as all know each other.

        It is opened in the morning: the moment that it is for lies as far ahead then as it did when it was named.
        """
        by = self.to_the_morning()
        if "when" in opening and opening["when"].at is not None:
            opening["when"] = When(at=opening["when"].at + by)
        place = f"straat-{new_id().hex[-12:]}"
        await self.tell(NeighbourhoodKept(neighbourhood_id=place, version=1, names={"nl": "Straat"}))
        await self.tell(DutyKept(neighbourhood_id=place, version=1, worker_id=self.worker_id, role="worker"))
        opener = await self.neighbour(place)
        enjoys: dict[str, Any] = {"talents": [{"kind": "garden", "words": "snoeien met muziek"}]}
        if opening.get("opening") == "offer":
            enjoys = {"wishes": [{"kind": "garden", "words": "leren snoeien"}]}
        others = [await self.neighbour(place, **enjoys) for _ in range(neighbours)]
        for each in others:
            await self.get(Introduce(participant_id=opener, other_id=each))
        values = {"opening": "ask", "kind": "garden", "words": "De haag is hoog."} | opening
        ref = await self.get(
            OpenExchange(participant_id=opener, people=people, **values), actor=f"participant:{opener}"
        )
        return Street(self, place, opener, others, ref.exchange_id)

    async def proposed(self, neighbours: int = 1, *, people: int = 1, yes: int = 1, **opening: Any) -> Street:
        """As many as are wanted said yes, the first ones; the side that opened it looks."""
        street = await self.street(neighbours, people=people, **opening)
        for each in street.neighbours[:yes]:
            await street.says(each, "yes")
        assert await street.stage() == "proposed"
        return street

    async def agreed(self, neighbours: int = 1, *, people: int = 1, yes: int = 1, **opening: Any) -> Street:
        """Both sides agreed."""
        street = await self.proposed(neighbours, people=people, yes=yes, **opening)
        assert (await street.answers("yes")).stage == "agreed"
        return street


def kept(participant_id: UUID, neighbourhood_id: str, **more: Any) -> ParticipantKept:
    """Someone in the network, as profiles tells of them."""
    values: dict[str, Any] = {"version": 1, "status": "active", "languages": ["nl"], "reached_by": "email"} | more
    return ParticipantKept(participant_id=participant_id, neighbourhood_id=neighbourhood_id, **values)


def me(participant_id: UUID) -> dict[str, Any]:
    """They ask it themselves."""
    return {"actor": f"participant:{participant_id}"}


def due(street: Street, to: Any) -> ExchangeDue:
    """One of its timers, that goes off."""
    return ExchangeDue(neighbourhood_id=street.neighbourhood_id, exchange_id=street.exchange_id, to=to)


def moment(days: float) -> When:
    """A moment so many days from now."""
    return When(at=clock.now() + timedelta(days=days))


@asynccontextmanager
async def agreeing(make: MakeStack) -> AsyncIterator[Agreeing]:
    """Exchange's handlers with a database and a clock of their own."""
    async with handling(make, "exchange", service) as made:
        found = Agreeing(**vars(made))
        found.actor = f"worker:{found.worker_id}"
        yield found
