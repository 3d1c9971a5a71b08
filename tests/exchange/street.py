"""A neighbourhood with someone who asks for coffee, and neighbours who enjoy it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import h3

from shared import clock
from shared.contracts.exchange import Candidate, Candidates, MatchReason, ShowCandidates
from shared.ids import new_id
from tests.exchange.looking_back import WORKER, LookingBack

HOME = "891fa4a1a0fffff"


def away(rings: int) -> str:
    """A cell so many rings from home."""
    return sorted(h3.grid_ring(HOME, rings))[0]


class Street:
    """A neighbourhood with someone who asks for coffee, and neighbours who enjoy it."""

    def __init__(self, back: LookingBack, place: str, opener: UUID) -> None:
        self.back, self.place, self.opener = back, place, opener

    @classmethod
    async def of(cls, back: LookingBack, **opener: Any) -> Street:
        place = await back.place()
        return cls(back, place, await back.someone(place, **({"cell": HOME} | opener)))

    async def neighbour(self, *, enjoys: str | None = "coffee", part: str = "talents", **more: Any) -> UUID:
        kinds = [{"kind": enjoys}] if enjoys else []
        return await self.back.someone(self.place, **({part: kinds, "cell": HOME} | more))

    async def asks(self, **more: Any) -> UUID:
        return await self.back.had(self.place, self.opener, stage="open", **more)

    async def found(self, exchange_id: UUID | None = None, **more: Any) -> list[Candidate]:
        query = ShowCandidates(exchange_id=exchange_id or await self.asks(**more), limit=50)
        page: Candidates = await self.back.get(query, actor=WORKER)
        return page.candidates

    async def order(self, exchange_id: UUID | None = None, **more: Any) -> list[UUID]:
        return [each.participant_id for each in await self.found(exchange_id, **more)]

    async def why(self, participant_id: UUID, **more: Any) -> list[MatchReason]:
        return next(each.reasons for each in await self.found(**more) if each.participant_id == participant_id)

    async def invited(self, participant_id: UUID, stage: str, *, days_ago: float = 1, exchange: Any = None) -> UUID:
        """Something that someone else asked of them before."""
        exchange = exchange or await self.back.had(self.place, new_id(), stage="open", kind="game")
        at = clock.now() - timedelta(days=days_ago)
        asked_at = None if stage in ("held", "waiting") else at
        await self.back.rows(
            """
            INSERT INTO invitation (
                invitation_id, exchange_id, participant_id, own, stage, again, acquainted, reasons, made_at, asked_at
            ) VALUES ($1, $2, $3, false, $4, false, false, '{}', $5, $6)
            """,
            id_ := new_id(), exchange, participant_id, stage, at, asked_at,
        )  # fmt: skip
        return id_

    async def met(self, one: UUID, other: UUID) -> None:
        await self.back.rows(
            "INSERT INTO acquaintance VALUES ($1, $2, $3, 'gathering')", *sorted((one, other)), clock.now()
        )  # fmt: skip
