"""An exchange: one shape for an ask and an offer, and the stages that it goes through."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.contracts.exchange import ExchangeFact, ExchangeRef, NextStep, Often, Opening, Stage, When, Why
from shared.contracts.profiles import Recorded
from shared.messaging import Rejected

SEEKING: frozenset[Stage] = frozenset({"open", "inviting", "proposed"})
"""Neighbours are being sought, asked, or looked at."""
ENDED: frozenset[Stage] = frozenset({"done", "withdrawn", "expired"})
NEXT: dict[Stage, frozenset[Stage]] = {
    "draft": frozenset({"open", "handed-over", "withdrawn", "expired"}),
    "open": frozenset({"inviting", "proposed", "handed-over", "withdrawn", "expired"}),
    "inviting": frozenset({"open", "proposed", "handed-over", "withdrawn", "expired"}),
    "proposed": frozenset({"open", "inviting", "agreed", "handed-over", "withdrawn", "expired"}),
    "agreed": frozenset({"open", "done", "withdrawn", "expired"}),
    "done": frozenset(),
    "withdrawn": frozenset({"open", "handed-over"}),
    "expired": frozenset({"open", "handed-over"}),
    "handed-over": frozenset({"open", "withdrawn", "expired"}),
}
"""What can follow on what."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One small thing between neighbours."""

    exchange_id: UUID
    version: int
    neighbourhood_id: str
    opening: Opening
    participant_id: UUID
    """Whose ask or offer it is."""
    kind: str | None
    words: str | None
    when: When
    starts_at: datetime | None
    ends_at: datetime | None
    often: Often
    people: int
    stage: Stage
    half: bool
    by_system: bool
    why: Why | None
    recorded_by: str
    consented: Recorded | None
    drafted_at: datetime
    opened_at: datetime | None = None
    """When it was last opened; None when it never was."""
    handed_over_at: datetime | None = None
    """When it last came to rest with the worker."""
    first_yes_at: datetime | None = None
    rests_until: datetime | None = None
    rested: bool = False
    nobody_told_at: datetime | None = None
    agreed_at: datetime | None = None
    ended_at: datetime | None = None


def to_stage(exchange: Exchange, stage: Stage, now: datetime, **changes: Any) -> Exchange:
    """The exchange in another stage. A stage that can't follow is a mistake of ours, not of who asked."""
    assert stage in NEXT[exchange.stage], f"{stage} does not follow on {exchange.stage}"
    return replace(
        exchange, version=exchange.version + 1, stage=stage, ended_at=now if stage in ENDED else None, **changes
    )


def changed(exchange: Exchange, **changes: Any) -> Exchange:
    """The exchange with other values, in the same stage."""
    return replace(exchange, version=exchange.version + 1, **changes)


def refuse_stage(exchange: Exchange, allowed: Collection[Stage]) -> None:
    """Refuse, kindly, what can't be done in this stage."""
    if exchange.stage not in allowed:
        raise Rejected("wrong_stage", f"exchange_id {_STANDS[exchange.stage]}", "exchange_id")


def told(fact: type[ExchangeFact], exchange: Exchange, **more: Any) -> ExchangeFact:
    """A fact on how an exchange stands."""
    return fact(
        neighbourhood_id=exchange.neighbourhood_id, exchange_id=exchange.exchange_id, version=exchange.version,
        opening=exchange.opening, **more,
    )  # fmt: skip


def ref(exchange: Exchange, next_: NextStep | None = None) -> ExchangeRef:
    return ExchangeRef(
        exchange_id=exchange.exchange_id, version=exchange.version, stage=exchange.stage, next=next_
    )  # fmt: skip


_STANDS: dict[Stage, str] = {
    "draft": "is a draft: open it first",
    "open": "is open, and neighbours are being sought: wait for one, or withdraw it",
    "inviting": "is open, and neighbours have been asked: wait for them, or withdraw it",
    "proposed": "has a neighbour who said yes: answer that first",
    "agreed": "is agreed already: move it, or cancel it",
    "done": "is done: open a new one",
    "withdrawn": "was withdrawn: reopen it, or open a new one",
    "expired": "has ended: reopen it, or open a new one",
    "handed-over": "is with the worker: they open it, or it is withdrawn",
}
