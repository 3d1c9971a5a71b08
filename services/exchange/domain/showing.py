"""Showing: what of an exchange each may see. No name is in it, and no id of the other side before both agreed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.exchange.domain.agreements import said_since, said_yes
from services.exchange.domain.exchanges import Exchange
from services.exchange.domain.invitations import Invitation
from shared.contracts.exchange import Deviation, ExchangeSummary, HowItWas, InvitationStage, PersonInExchange, Thanks
from shared.contracts.exchange import Exchange as Shown
from shared.contracts.profiles import Enjoyment

Side = Literal["worker", "opener", "agreed", "asked"]
"""`agreed`: a neighbour in the agreement, or who was. `asked`: another neighbour who was asked, and can still say."""
_STILL_ASKED: frozenset[InvitationStage] = frozenset({"asked", "yes", "not-now"})


@dataclass(frozen=True, slots=True)
class Eyes:
    """As whom someone looks at an exchange."""

    side: Side
    participant_id: UUID | None = None
    """Whose side it is; None for a worker or an operator."""
    themselves: bool = False
    """Whether it is they who look, and not who holds their mandate."""


@dataclass(frozen=True, slots=True)
class Whole:
    """All that is kept of an exchange."""

    exchange: Exchange
    invitations: Sequence[Invitation]
    neighbours: Collection[UUID]
    """With whom there is an agreement."""
    said: Mapping[UUID, HowItWas]
    thanks: Sequence[Thanks]
    deviations: Sequence[Deviation]
    pleasures: Mapping[UUID, Enjoyment]


def sides(exchange: Exchange, invitations: Iterable[Invitation], agreed: Collection[UUID]) -> dict[UUID, Side]:
    """On which side each stands who may see an exchange. `agreed`: all with whom there ever was an agreement.

    Whose wish it is sees what the system proposed only when they have been asked.
    """
    found: dict[UUID, Side] = {}
    for each in invitations:
        if each.asked_at is not None and each.stage in _STILL_ASKED and not each.own:
            found[each.participant_id] = "asked"
    for id_ in agreed:
        found[id_] = "agreed"
    if knows_of_it(exchange, invitations):
        found[exchange.participant_id] = "opener"
    return found


def knows_of_it(exchange: Exchange, invitations: Iterable[Invitation]) -> bool:
    """Whether the side that it belongs to has heard of it: a worker looks first at what the system proposed."""
    asked = any(each.own and each.asked_at is not None for each in invitations)
    return not exchange.by_system or exchange.opened_at is not None or asked


def eyes_of(actor_id: UUID, found: Mapping[UUID, Side], holds: Collection[UUID]) -> Eyes | None:
    """As whom a participant looks: as themselves, or for someone whose mandate they hold. None: they may not."""
    if actor_id in found:
        return Eyes(found[actor_id], actor_id, themselves=True)
    for each in sorted(holds, key=lambda each: (found[each] != "opener", found[each] != "agreed", each)):
        return Eyes(found[each], each)
    return None


def shown(whole: Whole, eyes: Eyes) -> Shown:
    """An exchange, as far as these eyes may see it."""
    exchange, worker = whole.exchange, eyes.side == "worker"
    theirs = worker or eyes.side == "opener"
    return Shown(
        exchange_id=exchange.exchange_id, version=exchange.version, neighbourhood_id=exchange.neighbourhood_id,
        opening=exchange.opening, participant_id=None if eyes.side == "asked" else exchange.participant_id,
        kind=exchange.kind, words=exchange.words, when=exchange.when, often=exchange.often, people=exchange.people,
        stage=exchange.stage, half=theirs and exchange.half, by_system=theirs and exchange.by_system,
        why=exchange.why if worker else None, drafted_at=exchange.drafted_at, ended_at=exchange.ended_at,
        others=_others(whole, eyes), how_it_was=_how_it_was(whole, eyes), thanks=_thanks(whole, eyes),
        deviations=list(whole.deviations) if worker else [],
    )  # fmt: skip


def summary(exchange: Exchange, eyes: Eyes) -> ExchangeSummary:
    """A line of a list, for those who may see the whole of it, or agreed to it."""
    worker = eyes.side == "worker"
    theirs = worker or exchange.participant_id == eyes.participant_id
    return ExchangeSummary(
        exchange_id=exchange.exchange_id, neighbourhood_id=exchange.neighbourhood_id, opening=exchange.opening,
        participant_id=exchange.participant_id, kind=exchange.kind, words=exchange.words, when=exchange.when,
        stage=exchange.stage, half=theirs and exchange.half, by_system=theirs and exchange.by_system,
        why=exchange.why if worker else None, drafted_at=exchange.drafted_at,
    )  # fmt: skip


def _others(whole: Whole, eyes: Eyes) -> list[PersonInExchange]:
    """The side that opened it sees who said yes once enough did; a neighbour sees themselves alone; a worker all."""
    yes = [each for each in said_yes(whole.invitations) if each not in whole.neighbours]
    if eyes.side == "opener" and whole.exchange.stage != "proposed":
        yes = []
    people = [*((each, True) for each in whole.neighbours), *((each, False) for each in yes)]
    return [
        PersonInExchange(participant_id=id_, agreed=agreed, pleasure=whole.pleasures.get(id_))
        for id_, agreed in people
        if eyes.side in ("worker", "opener") or id_ == eyes.participant_id
    ]


def _how_it_was(whole: Whole, eyes: Eyes) -> HowItWas | None:
    """One's own word: who holds a mandate may stand on the other side as well."""
    return whole.said.get(eyes.participant_id) if eyes.themselves and eyes.participant_id else None


def _thanks(whole: Whole, eyes: Eyes) -> list[Thanks]:
    """The words between two: of the side that opened it, and of the neighbour."""
    if eyes.side == "opener":
        return list(whole.thanks)
    if eyes.side != "agreed" or eyes.participant_id not in whole.neighbours:
        return []
    two = {eyes.participant_id, whole.exchange.participant_id}
    return [each for each in said_since(whole.exchange, whole.thanks) if each.participant_id in two]
