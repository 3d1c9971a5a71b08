"""The limits of small help: what words ask for, and whether that is for neighbours or for the worker first.

All of it is data of the policy. What isn't clear goes to the worker: a question too many is asked by someone who knows
the neighbourhood, a wrong guess is asked of a neighbour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from shared.contracts.exchange import Often, Why
from shared.policy import Policy, Terms, folded


@dataclass(frozen=True, slots=True)
class Classified:
    """What words ask for, as far as they say."""

    kind: str | None
    never: str | None
    """The id in the policy of what is never small; with `in_doubt` it may be."""
    structural: bool
    """They speak of a fixed rhythm."""
    in_doubt: bool
    """Nothing is recognised in them, or something that is small in some cases."""


@dataclass(frozen=True, slots=True)
class Before:
    """What went before, in the policy's drift window."""

    same_kind: int
    """How many exchanges of this kind were opened for this person, the present one not among them."""


def classify(policy: Policy, words: str | None, kind: str | None) -> Classified:
    """Read words in all languages of the policy at once, as people mix them.

    A kind that is given is believed; the words beside it are still read for what is never small and for a rhythm.
    """
    text = folded(words or "")
    never, doubted = _never(policy, text)
    kind = kind or _kind(policy, text)
    structural = any(_found(policy.small_help.structural, text))
    return Classified(kind, never, structural, in_doubt=doubted if never else kind is None)


def verdict(policy: Policy, classified: Classified, often: Often, before: Before) -> Why | None:
    """Why the worker gets it; None when it is small help. What is certain goes before what is in doubt."""
    if classified.never and not classified.in_doubt:
        return "not-small"
    if classified.structural or often not in policy.small_help.often:
        return "structural"
    if before.same_kind + 1 >= policy.small_help.drift_same_kind:
        return "drift"
    return "in-doubt" if classified.in_doubt else None


def rests_on_one(policy: Policy, same_neighbour: int) -> bool:
    """Whether what is done for someone rests on one neighbour.

    `same_neighbour`: how many exchanges these two had in the drift window, the present one among them.
    """
    return same_neighbour >= policy.small_help.drift_same_neighbour


def _never(policy: Policy, text: str) -> tuple[str | None, bool]:
    """What is never small in these words, and whether that is in doubt. What is certain goes first."""
    found = [each for each in policy.never_small if any(_found(each.terms, text))]
    doubts = [any(_found(each.unless, text)) for each in found]
    for each, doubted in sorted(zip(found, doubts, strict=True), key=lambda pair: pair[1]):
        return each.id, doubted
    return None, False


def _kind(policy: Policy, text: str) -> str | None:
    """The kind of which the words say most; of two that they say as much of, the one they begin with."""
    best: tuple[int, int, str] | None = None
    for kind in policy.kinds:
        places = list(_found(kind.terms, text))
        if places:
            said = (-sum(place.end() - place.start() for place in places), places[0].start(), kind.id)
            best = min(best, said) if best else said
    return best[2] if best else None


def _found(terms: Terms, text: str) -> Iterator[re.Match[str]]:
    """Where these terms stand in a folded text."""
    words = tuple(term for language in terms.values() for term in language)
    return _pattern(words).finditer(text) if words else iter(())


@lru_cache(maxsize=4096)
def _pattern(terms: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for all of them, the longest first. In a folded text nothing in it can be read two ways."""
    alternatives = sorted({_alternative(term) for term in terms}, key=lambda each: (-len(each), each))
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)")


def _alternative(term: str) -> str:
    return " ".join(folded(word) + (r"\w*" if word.endswith("*") else "") for word in term.split())
