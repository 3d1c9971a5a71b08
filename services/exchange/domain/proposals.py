"""Proposals: a wish that fits a neighbour's talent, put before the worker, so that nobody has to ask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.exchange.domain.exchanges import Exchange
from services.exchange.domain.people import Neighbourhood, Person
from services.exchange.matching import Likely
from shared.contracts.exchange import When

BY = "system"
"""Who brought it, as it is recorded."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What someone would enjoy."""

    participant_id: UUID
    kind: str
    words: str | None
    """In their own words, where they gave any."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A wish, and the likeliest neighbour to enjoy fulfilling it."""

    exchange: Exchange
    neighbour: Likely


def best(fits: Iterable[Fit], most: int) -> list[Fit]:
    """The likeliest, at most `most` and one for each person: who has met, then who lives near, then as they come."""
    chosen: dict[UUID, Fit] = {}
    for fit in sorted(fits, key=lambda fit: (not fit.neighbour.acquainted, "near" not in fit.neighbour.reasons)):
        chosen.setdefault(fit.exchange.participant_id, fit)
    return list(chosen.values())[: max(most, 0)]


def drafted(wish: Wish, exchange_id: UUID, place: Neighbourhood, now: datetime) -> Exchange:
    """The wish as an ask that nobody had to ask: the worker sends it on, or doesn't."""
    return Exchange(
        exchange_id=exchange_id, version=1, neighbourhood_id=place.neighbourhood_id, opening="ask",
        participant_id=wish.participant_id, kind=wish.kind, words=wish.words, when=When(), starts_at=None, ends_at=None,
        often="once", people=1, stage="draft", half=False, by_system=True, why=None, recorded_by=BY, consented=None,
        drafted_at=now,
    )  # fmt: skip


def can_be_asked(person: Person | None, place: Neighbourhood) -> bool:
    """Whether someone is there to be asked, in this neighbourhood."""
    return (
        person is not None
        and person.status == "active"
        and not person.out_of_matching
        and person.neighbourhood_id == place.neighbourhood_id
    )
