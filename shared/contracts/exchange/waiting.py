"""What waits for a worker: all of it in one answer, for the first page of a desk and for a digest."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from shared.contracts.envelope import Contract, Query
from shared.contracts.exchange.exchanges import ExchangeSummary
from shared.contracts.exchange.gatherings import Gathering
from shared.contracts.exchange.invitations import Invitation
from shared.contracts.exchange.neighbourhood import Attention
from shared.contracts.types import NeighbourhoodId, ParticipantId


class HeldInvitation(Invitation):
    """An invitation at which its worker looks before it goes out, with whose ask or offer it is."""

    other_id: ParticipantId
    """Who asks or offers. For workers alone: who is asked learns it when both have agreed."""


class Waiting(Contract):
    """What waits for a worker. Of each the first: there may be more, which the lists of each kind give."""

    invitations: list[HeldInvitation]
    """Those that have not gone out, the latest first."""
    half: list[ExchangeSummary]
    """Half questions, the latest first."""
    doubted: list[ExchangeSummary]
    """Drafts of which the worker is to say whether it is a small thing, the latest first."""
    wishes: list[ExchangeSummary]
    """What the system proposes, as a wish meets a talent, the latest first."""
    handed_over: list[ExchangeSummary]
    """What was left to the worker, the latest first."""
    gatherings: list[Gathering]
    """Those of the last two weeks of which nobody has said who was there, the oldest first. Without guests."""
    attention: list[Attention]
    """Reasons to visit someone, the longest-standing first."""


class ShowWaiting(Query, type="exchange.waiting.show.v1", result=Waiting):
    """What waits for a worker in these neighbourhoods; for workers and operators.

    A neighbourhood that isn't known, not yet or not any more, is left out: of the others all is told.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_ids": ["brugse-poort"], "limit": 10}
    neighbourhood_ids: Annotated[list[NeighbourhoodId], Field(min_length=1, max_length=20)]
    limit: Annotated[int, Field(ge=1, le=20)] = 10
    """Of each list. Fewer are given where all together are more than an answer takes."""


__all__ = ["HeldInvitation", "ShowWaiting", "Waiting"]
