"""Who is the likeliest to enjoy something: neighbours put in order, each with the reasons.

Nothing here is a score. Neighbours are compared by one thing after another, and the first difference decides; between
those who differ in nothing, a lot that is the same whenever it is drawn for this exchange. The order serves one moment
and is kept nowhere. No age, no problem, and no number about anyone comes in or goes out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

from shared.contracts.exchange import MatchReason, Opening

NEARBY, FURTHER = 1, 4
"""In rings of about 300 m: around the corner, and still near."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Someone who enjoys what is asked, or wished for what is offered, and may be asked."""

    participant_id: UUID
    acquainted: bool
    """With the side that opened it."""
    circle: bool
    """One of those on whom that side can fall back."""
    likes_a_turn: bool
    """Much was done for them lately, and this is a chance to do something in turn."""
    free_then: bool | None
    """None when they, or the moment, left it open."""
    ring: int | None
    """How far they live; None when it isn't known."""
    same_language: bool
    asked_lately: bool
    said_yes: bool
    """To something that was asked before."""
    said_not_now: bool
    """The last time."""
    silent: bool
    """The last time."""
    much_rests_on_them: bool


@dataclass(frozen=True, slots=True)
class Likely:
    """Someone to ask, and why."""

    participant_id: UUID
    acquainted: bool
    """Met, or in the circle: asked without the worker having seen it."""
    reasons: tuple[MatchReason, ...]


def ranked(exchange_id: UUID, opening: Opening, neighbours: Iterable[Neighbour]) -> list[Likely]:
    """The likeliest first."""
    in_order = sorted(neighbours, key=lambda each: (_order(each), _lot(exchange_id, each.participant_id)))
    return [
        Likely(each.participant_id, each.acquainted or each.circle, reasons(opening, each)) for each in in_order
    ]  # fmt: skip


def reasons(opening: Opening, neighbour: Neighbour) -> tuple[MatchReason, ...]:
    """Why them, in the order in which it counted; what speaks against it comes last."""
    holds: dict[MatchReason, bool] = {
        "acquainted": neighbour.acquainted,
        "circle": neighbour.circle,
        "enjoys-it": opening == "ask",
        "wished-for-it": opening == "offer",
        "likes-a-turn": neighbour.likes_a_turn,
        "free-then": neighbour.free_then is True,
        "near": neighbour.ring is not None and neighbour.ring <= FURTHER,
        "same-language": neighbour.same_language,
        "not-asked-lately": not neighbour.asked_lately,
        "said-yes-before": neighbour.said_yes,
        "said-not-now-before": neighbour.said_not_now,
        "silent-before": neighbour.silent,
        "much-rests-on-them": neighbour.much_rests_on_them,
    }
    return tuple(reason for reason, true in holds.items() if true)


def _order(neighbour: Neighbour) -> tuple[bool | int, ...]:
    """What comes first is smaller."""
    return (
        not (neighbour.acquainted or neighbour.circle),
        not neighbour.likes_a_turn,
        neighbour.free_then is not True,
        _how_far(neighbour.ring),
        not neighbour.same_language,
        neighbour.asked_lately,
        not neighbour.said_yes,
        neighbour.said_not_now or neighbour.silent,
        neighbour.much_rests_on_them,
    )


def _how_far(ring: int | None) -> int:
    if ring is None or ring > FURTHER:
        return 2
    return 0 if ring <= NEARBY else 1


def _lot(exchange_id: UUID, participant_id: UUID) -> bytes:
    return blake2b(exchange_id.bytes + participant_id.bytes, digest_size=16).digest()
