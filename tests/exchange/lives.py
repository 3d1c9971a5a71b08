"""An exchange brought to any stage of its life by what people do, for tests of what becomes of it then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from services.exchange.app import service
from shared import clock
from shared.contracts.exchange import (
    AnswerInvitation,
    AnswerProposal,
    ExchangeRef,
    FinishExchange,
    NextStepReached,
    OpenExchange,
    SayHowItWas,
    SayThanks,
    Stage,
    When,
    WithdrawExchange,
)
from tests.conftest import MakeStack
from tests.exchange.looking_back import LookingBack
from tests.handling import handling

Life = Literal[
    "draft", "handed-over", "held", "asked", "not-now", "said-no", "one-yes", "proposed", "agreed", "over", "done",
    "withdrawn", "expired",
]  # fmt: skip
"""`held`: a worker looks first. `one-yes`: of two that it takes. `over`: agreed, and the moment has passed."""
LIVES: tuple[Life, ...] = (
    "draft", "handed-over", "held", "asked", "not-now", "said-no", "one-yes", "proposed", "agreed", "over", "done",
    "withdrawn", "expired",
)  # fmt: skip
_STAGES: dict[Life, Stage] = {
    "draft": "draft", "handed-over": "handed-over", "held": "open", "asked": "inviting", "not-now": "inviting",
    "said-no": "inviting", "one-yes": "inviting", "proposed": "proposed", "agreed": "agreed", "over": "agreed",
    "done": "done", "withdrawn": "withdrawn", "expired": "expired",
}  # fmt: skip


@dataclass
class Lived:
    """An exchange, and who is in it."""

    exchange_id: UUID
    place: str
    opener: UUID
    neighbour: UUID
    """Who was asked first, as far as anyone was."""
    other: UUID
    """Who is asked as well where it takes two."""


@dataclass
class Lives(LookingBack):
    """What a test works with; it is ten in the morning."""

    async def lived(self, life: Life) -> Lived:
        """A new neighbourhood in which an exchange has come so far."""
        place = await self.place()
        opener = await self.someone(place)
        strangers = life == "held"
        neighbour = await self.someone(place, talents=[{"kind": "garden", "words": "rozen snoeien"}])
        other = await self.someone(place, talents=[{"kind": "garden"}] if life in ("one-yes", "proposed") else [])
        for each in [] if strangers else [neighbour, other]:
            await self.acquaint(opener, each)
        found = Lived(await self._opened(life, opener), place, opener, neighbour, other)
        if life not in ("draft", "handed-over", "held", "asked"):
            await self._answered(life, found)
        assert await self.stage(found.exchange_id) == _STAGES[life]
        return found

    async def acquaint(self, one: UUID, other: UUID) -> None:
        """They met, some time ago."""
        first, second = sorted((one, other))
        await self.rows(
            "INSERT INTO acquaintance (first_id, second_id, since, through) VALUES ($1, $2, $3, 'gathering')",
            first, second, clock.now() - timedelta(days=90),
        )  # fmt: skip

    async def act(self, who: UUID, command: Any) -> Any:
        """Someone does something themselves."""
        return await self.get(command, actor=f"participant:{who}")

    async def invitation(self, exchange_id: UUID, participant_id: UUID) -> UUID:
        rows = await self.rows(
            "SELECT invitation_id FROM invitation WHERE exchange_id = $1 AND participant_id = $2",
            exchange_id, participant_id,
        )  # fmt: skip
        found: UUID = rows[0]["invitation_id"]
        return found

    async def answer(self, exchange_id: UUID, participant_id: UUID, answer: str) -> None:
        invitation_id = await self.invitation(exchange_id, participant_id)
        await self.act(
            participant_id, AnswerInvitation.model_validate({"invitation_id": invitation_id, "answer": answer})
        )

    async def stage(self, exchange_id: UUID) -> str | None:
        """None when the exchange is no more."""
        rows = await self.rows("SELECT stage FROM exchange WHERE exchange_id = $1", exchange_id)
        return rows[0]["stage"] if rows else None

    async def steps(self, participant_id: UUID, since: int) -> list[str]:
        """What someone was told after a mark."""
        return [each.step for each in await self.told(NextStepReached, since, participant_id=participant_id)]

    async def _opened(self, life: Life, opener: UUID) -> UUID:
        command = OpenExchange(
            opening="ask", participant_id=opener, kind="garden", words="Wie snoeit mee?",
            half=life == "draft", often="weekly" if life == "handed-over" else "once",
            people=2 if life == "one-yes" else 1,
            when=When(at=clock.now() + timedelta(days=5) if life in ("agreed", "over", "done", "expired") else None),
        )  # fmt: skip
        ref: ExchangeRef = await self.act(opener, command)
        return ref.exchange_id

    async def _answered(self, life: Life, found: Lived) -> None:
        id_ = found.exchange_id
        if life in ("withdrawn", "expired"):
            await (self.act(found.opener, WithdrawExchange(exchange_id=id_)) if life == "withdrawn" else self._pass())
            return
        await self.answer(id_, found.neighbour, {"not-now": "not-now", "said-no": "no"}.get(life, "yes"))
        if life in ("agreed", "over", "done"):
            await self.act(found.opener, AnswerProposal(exchange_id=id_, answer="yes"))
        if life == "over":
            self.move(timedelta(days=6))
        if life == "done":
            for each in (found.opener, found.neighbour):
                await self.act(each, FinishExchange(exchange_id=id_, participant_id=each))
                await self.act(each, SayHowItWas(exchange_id=id_, participant_id=each, answer="good"))
                await self.act(each, SayThanks(exchange_id=id_, participant_id=each, words="Dank u!"))

    async def _pass(self) -> None:
        self.move(timedelta(days=6))
        await self.fire()


@asynccontextmanager
async def lives(make: MakeStack, **settings_changes: Any) -> AsyncIterator[Lives]:
    """Exchange's handlers on a database, at ten in the morning, when everybody may be disturbed."""
    async with handling(make, "exchange", service, **settings_changes) as made:
        found = Lives(**vars(made))
        now = clock.now().astimezone(ZoneInfo("Europe/Brussels"))
        ten = datetime.combine(now.date() + timedelta(days=1), time(10), now.tzinfo)
        found.move(ten - now)
        yield found
