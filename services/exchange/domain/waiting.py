"""What waits for a worker: how it is shown, and how much of it fits in one answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.exchange.domain.exchanges import Exchange
from services.exchange.domain.invitations import Seen, shown
from services.exchange.domain.showing import Eyes, summary
from shared.contracts.exchange import Attention, ExchangeSummary, Gathering, HeldInvitation, Waiting

RECORDED_WITHIN = timedelta(days=14)
"""For how long it is asked who was at a gathering."""
MOST_BYTES, CERTAIN = 55_000, 35
"""Less than a message takes; and so many lines fit in one whatever they say."""


def held(seen: Seen, other_id: UUID) -> HeldInvitation:
    """An invitation as its worker sees it."""
    return HeldInvitation(**dict(shown(seen, reasons=True)), other_id=other_id)


def waiting(
    invitations: Sequence[HeldInvitation], exchanges: Sequence[Exchange], gatherings: Sequence[Gathering],
    attention: Sequence[Attention], limit: int,
) -> Waiting:  # fmt: skip
    """All of it, in its lists: so many in each, or half as many as long as it is too much."""
    lists: dict[str, Sequence[Any]] = {
        "invitations": invitations, "gatherings": gatherings, "attention": attention, **_by_kind(exchanges),
    }  # fmt: skip
    while True:
        made = Waiting.model_construct(None, **{name: list(each[:limit]) for name, each in lists.items()})
        lines = sum(len(each[:limit]) for each in lists.values())
        if limit == 1 or lines <= CERTAIN or len(made.model_dump_json().encode()) <= MOST_BYTES:
            return made
        limit //= 2


def _by_kind(exchanges: Sequence[Exchange]) -> dict[str, list[ExchangeSummary]]:
    found: dict[str, list[ExchangeSummary]] = {"half": [], "doubted": [], "wishes": [], "handed_over": []}
    for each in exchanges:
        found[_kind(each)].append(summary(each, Eyes("worker")))
    return found


def _kind(exchange: Exchange) -> str:
    if exchange.stage == "handed-over":
        return "handed_over"
    return "half" if exchange.half else "wishes" if exchange.by_system else "doubted"
