"""Exchange's handlers with a policy that has a variant, and what tests of opening ask of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from services.exchange.domain.exchanges import Exchange
from services.exchange.repository import exchanges, invitations
from shared import clock
from shared.contracts.exchange import ExchangeDue, ExchangeRef, OpenExchange, When
from shared.contracts.profiles import ConsentsKept, RunningConsent
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.exchange.lives import Lives, lives
from tests.exchange.looking_back import WORKER
from tests.handling import ORGANISATION

CALM = "calm"
"""A variant: weekly is small help there, nothing drifts before the ninth time, and two people are the most."""
POLICY = f"""
[variants.{CALM}.small_help]
often = ["once", "a-few-times", "weekly"]
drift_same_kind = 9
most_people = 2
"""
CARE = "Kan iemand mij elke morgen helpen wassen en aankleden?"
DOUBT = "Kan er iemand helpen met een dingske?"
GARDEN: dict[str, Any] = {"kind": "garden", "words": "Wie snoeit de haag mee?"}
TIMERS = ("look-again", "tell-nobody-found", "end", "rest-over", "decide", "ask-how-it-was", "close")
BY_WORKER: dict[str, Any] = {"actor": WORKER}


@dataclass
class Opening(Lives):
    """What a test of opening works with; it is ten in the morning when it begins."""

    async def place(self, **more: Any) -> str:
        """A new neighbourhood, in which nothing comes by itself but what the exchanges there wait for."""
        id_ = await super().place(**more)
        await self.rows("DELETE FROM messaging.timer WHERE key LIKE '%' || $1 || '%'", id_)
        return id_

    async def opens(self, who: UUID, **more: Any) -> ExchangeRef:
        """Someone asks for something in the garden, once, some time, unless the test says otherwise."""
        how = {key: more.pop(key) for key in ("actor", "sender", "message_id") if key in more}
        command = OpenExchange(participant_id=who, **({"opening": "ask"} | GARDEN | more))
        ref: ExchangeRef = await self.get(command, **({} if "sender" in how else me(who)) | how)
        return ref

    async def half(self, who: UUID, **more: Any) -> ExchangeRef:
        """A half question."""
        return await self.opens(who, half=True, **more)

    async def seen(self, exchange_id: UUID) -> Exchange:
        """The exchange as it is kept."""
        async with self.transaction() as tx:
            found = await exchanges.read(tx, exchange_id)
        assert found is not None
        return found

    async def asked(self, exchange_id: UUID) -> dict[UUID, str]:
        """Who was thought of, and how their invitation stands."""
        async with self.transaction() as tx:
            return {each.participant_id: each.stage for each in await invitations.of_exchange(tx, exchange_id)}

    async def on_feed(self, since: int = 0) -> list[str]:
        """The types that partners would read, after a mark."""
        rows = await self.rows("SELECT subject FROM messaging.outbox WHERE seq > $1 AND stream = 'FEED'", since)
        return [row["subject"] for row in rows]

    async def friend(self, place: str, who: UUID, **more: Any) -> UUID:
        """Someone whom they know, and who enjoys the garden."""
        found = await self.someone(place, **({"talents": [{"kind": "garden"}]} | more))
        await self.acquaint(who, found)
        return found

    async def due(self, exchange_id: UUID, to: Any) -> None:
        """A timer arrives, whether it holds or not."""
        found = await self.seen(exchange_id)
        await self.tell(ExchangeDue(neighbourhood_id=found.neighbourhood_id, exchange_id=exchange_id, to=to))

    async def timed(self, exchange_id: UUID) -> set[str]:
        """Which of its timers run."""
        return {each.removesuffix(f":{exchange_id}") for each in await self.timers() if each.endswith(str(exchange_id))}

    async def pass_(self, days: float) -> None:
        """So many days go by, one by one, with all that comes in them."""
        for _ in range(int(days)):
            self.move(timedelta(days=1))
            await self.fire()

    async def consent(self, who: UUID, *, purpose: str = "ask-on-behalf", days: float = 30) -> None:
        """They allow an organisation something, as profiles tells it."""
        running = RunningConsent(
            consent_id=new_id(), purpose=purpose, fields=["name"], organisation_id=ORGANISATION,
            until=clock.now() + timedelta(days=days),
        )  # fmt: skip
        await self.tell(ConsentsKept(participant_id=who, version=1, running=[running]))


def me(participant_id: UUID) -> dict[str, Any]:
    """They do it themselves."""
    return {"actor": f"participant:{participant_id}"}


def in_days(days: float) -> When:
    """A moment so many days from now."""
    return When(at=clock.now() + timedelta(days=days))


@asynccontextmanager
async def opening(make: MakeStack, folder: Path) -> AsyncIterator[Opening]:
    """Exchange's handlers on a database."""
    file = folder / "policy.toml"
    file.write_text(POLICY, encoding="utf-8")
    async with lives(make, policy=file) as made:
        yield Opening(**vars(made))
