"""Talents and wishes by their kind: what people choose from the list, and what their own words say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from services.exchange.domain.limits import classify
from shared.contracts.profiles import Enjoyment, ParticipantKept
from shared.policy import Policy

Part = Literal["talent", "wish"]


@dataclass(frozen=True, slots=True)
class Enjoyed:
    """A talent or a wish, of a kind."""

    part: Part
    kind: str
    words: str | None


def by_kind(policy: Policy, state: ParticipantKept) -> list[Enjoyed]:
    """What someone enjoys, each kind once in each part; words in which no kind is recognised are left out.

    Of two of one kind, the one that says it in words is kept: a question can name the pleasure with them.
    """
    return [*_part(policy, "talent", state.talents), *_part(policy, "wish", state.wishes)]


def _part(policy: Policy, part: Part, enjoyments: Iterable[Enjoyment]) -> Iterable[Enjoyed]:
    found: dict[str, str | None] = {}
    for each in enjoyments:
        kind = each.kind or classify(policy, each.words, None).kind
        if kind is not None:
            found[kind] = found.get(kind) or each.words
    return [Enjoyed(part, kind, words) for kind, words in found.items()]
