"""Exchange's handlers, and neighbourhoods in which something has already been lived through."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from services.exchange.app import service
from services.exchange.domain.exchanges import ENDED, Exchange
from services.exchange.repository import agreements, exchanges
from shared import clock
from shared.contracts.exchange import Stage, When
from shared.contracts.profiles import CircleKept, DutyKept, NeighbourhoodKept, ParticipantKept, VisitRecorded
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.handling import Handling, handling

MARIE = new_id()
"""The worker on duty everywhere."""
WORKER = f"worker:{MARIE}"


@dataclass
class LookingBack(Handling):
    """What a test works with: each makes a neighbourhood of its own, so that none sees what another left."""

    async def place(self, **more: Any) -> str:
        """A new neighbourhood, and a worker on duty there."""
        id_ = f"here-{new_id().hex[-12:]}"
        await self.tell(NeighbourhoodKept(neighbourhood_id=id_, version=1, names={"nl": "Hier"}, **more))
        await self.tell(DutyKept(neighbourhood_id=id_, version=1, worker_id=MARIE, role="worker"))
        return id_

    async def someone(self, place: str, *, id_: UUID | None = None, version: int = 1, **more: Any) -> UUID:
        """A participant, from now on, or what changed about one."""
        found = id_ or new_id()
        values = {"neighbourhood_id": place, "languages": ["nl"], "reached_by": "email", "status": "active"} | more
        await self.tell(ParticipantKept(participant_id=found, version=version, **values))
        return found

    async def circle(self, one: UUID, *others: UUID) -> None:
        await self.tell(CircleKept(participant_id=one, version=1, member_ids=list(others)))

    async def visit(self, place: str, participant_id: UUID) -> None:
        """A worker spoke with someone, just now."""
        await self.tell(
            VisitRecorded(
                neighbourhood_id=place, visit_id=new_id(), participant_id=participant_id, worker_id=MARIE,
                visited_at=clock.now(),
            )
        )  # fmt: skip

    async def had(
        self, place: str, opener: UUID, *others: UUID, opening: Literal["ask", "offer"] = "ask", kind: str = "coffee",
        stage: Stage = "done", at: datetime | None = None, days_to_yes: float = 1, **more: Any,
    ) -> UUID:  # fmt: skip
        """An exchange that came to this stage at a moment, now when not given; opened the week before."""
        at = at or clock.now()
        opened_at = more.pop("opened_at", at - timedelta(days=7))
        met = stage in ("agreed", "done")
        values: dict[str, Any] = {
            "exchange_id": new_id(), "version": 1, "neighbourhood_id": place, "opening": opening,
            "participant_id": opener, "kind": kind, "words": None, "when": When(), "starts_at": None, "ends_at": None,
            "often": "once", "people": max(len(others), 1), "stage": stage, "half": False, "by_system": False,
            "why": None, "recorded_by": "operator", "consented": None, "drafted_at": opened_at, "opened_at": opened_at,
            "first_yes_at": opened_at + timedelta(days=days_to_yes) if others else None,
            "agreed_at": at if met else None, "ended_at": at if stage in ENDED else None,
        }  # fmt: skip
        made = Exchange(**values | more)
        async with self.transaction() as tx:
            tx.now = at
            await exchanges.add(tx, made)
            if met:
                await agreements.agree(tx, made.exchange_id, others, "operator", "online")
        return made.exchange_id


@asynccontextmanager
async def looking_back(make: MakeStack, **settings_changes: Any) -> AsyncIterator[LookingBack]:
    """Exchange's handlers with a database and a clock of their own."""
    async with handling(make, "exchange", service, **settings_changes) as made:
        yield LookingBack(**vars(made))
