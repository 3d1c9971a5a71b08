"""A signal: what someone noticed about a person's wellbeing. It climbs until a worker has it, then has that one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from shared.access import Actor
from shared.contracts.profiles import OnWordOf, Step
from shared.contracts.signals import (
    SignalCause,
    SignalFact,
    SignalOutcome,
    SignalRef,
    SignalStage,
    Urgency,
)
from shared.messaging import Rejected

GOING: frozenset[SignalStage] = frozenset({"open", "taken", "snoozed"})
HAD: frozenset[SignalStage] = frozenset({"taken", "snoozed"})
"""Someone has it."""
CLOSED: frozenset[SignalStage] = frozenset({"closed"})
WITH_NOTES: frozenset[SignalStage] = GOING | CLOSED
"""Notes can be written and read; of what was merged they are with the other."""
URGENCIES: tuple[Urgency, ...] = ("watch", "this-week", "today")
LONGEST_REST = timedelta(days=366)
SYSTEM = "system"
AboutLimit: frozenset[SignalCause] = frozenset({"limit", "drift"})
What = Literal[
    "raised", "told", "taken", "offered", "offer-declined", "handed-over", "changed", "snoozed", "came-back", "merged",
    "reopened", "closed", "mediation-started", "mediation-ended", "note-written", "limit-set-aside",
    "reminded",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signal:
    """One of them, as it stands."""

    signal_id: UUID
    version: int
    participant_id: UUID
    neighbourhood_id: str
    kind: str
    urgency: Urgency
    cause: SignalCause
    stage: SignalStage
    raised_by: str
    """`worker:<id>`, `partner:<id>`, `participant:<id>`, `operator` or `system`."""
    raised_at: datetime
    on_word_of: OnWordOf | None = None
    exchange_id: UUID | None = None
    referral_id: UUID | None = None
    worker_id: UUID | None = None
    """Who has it, or had it when it ended."""
    told_id: UUID | None = None
    """Who was told last, while it is open."""
    step: Step | None = None
    told_at: datetime | None = None
    """Since when it waits for whoever was told."""
    offered_to: UUID | None = None
    look_again_on: date | None = None
    outcome: SignalOutcome | None = None
    merged_into: UUID | None = None
    ended_at: datetime | None = None

    @property
    def by_system(self) -> bool:
        return self.raised_by == SYSTEM


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to a signal, as its steps show it."""

    what: What
    by: str
    step: Step | None = None
    worker_id: UUID | None = None
    outcome: SignalOutcome | None = None


def ref(signal: Signal) -> SignalRef:
    return SignalRef(signal_id=signal.signal_id, version=signal.version, stage=signal.stage)


def told(fact: type[SignalFact], signal: Signal, **more: Any) -> SignalFact:
    """A fact on how a signal stands: ids alone."""
    worker_id = signal.worker_id or (signal.told_id if signal.stage == "open" else None)
    return fact(
        neighbourhood_id=signal.neighbourhood_id, signal_id=signal.signal_id, version=signal.version,
        worker_id=worker_id, **more,
    )  # fmt: skip


def changed(signal: Signal, **changes: Any) -> Signal:
    return replace(signal, version=signal.version + 1, **changes)


def word_of(actor: Actor, said: OnWordOf, participant_id: UUID) -> OnWordOf:
    """Whose word it is: of who speaks for themselves, theirs; of who holds a mandate or a partner, never a worker's."""
    if actor.kind == "participant":
        return "participant" if actor.uuid == participant_id else "relative"
    return "organisation" if actor.kind == "partner" and said == "worker" else said


def more_urgent(one: Urgency, than: Urgency) -> bool:
    return URGENCIES.index(one) > URGENCIES.index(than)


# --- what is done with one


def taken(signal: Signal, worker_id: UUID) -> Signal:
    """It is theirs."""
    return changed(
        signal, stage="taken", worker_id=worker_id, told_id=None, step=None, told_at=None, offered_to=None,
        look_again_on=None, outcome=None, ended_at=None,
    )  # fmt: skip


def handed_over(signal: Signal, worker_id: UUID) -> Signal:
    """A colleague has it, as it stood; what rests goes on resting."""
    return changed(signal, worker_id=worker_id, offered_to=None)


def put_down(signal: Signal) -> Signal:
    """Nobody has it any more: it climbs anew."""
    return changed(
        signal, stage="open", worker_id=None, offered_to=None, look_again_on=None, outcome=None, told_id=None, step=None
    )


def resting(signal: Signal, until: date, outcome: SignalOutcome | None = None) -> Signal:
    return changed(signal, stage="snoozed", look_again_on=until, outcome=outcome, offered_to=None)


def came_back(signal: Signal) -> Signal:
    return changed(signal, stage="taken", look_again_on=None, outcome=None)


def closed(signal: Signal, outcome: SignalOutcome, now: datetime) -> Signal:
    return changed(
        signal, stage="closed", outcome=outcome, offered_to=None, look_again_on=None, told_id=None, step=None,
        told_at=None, ended_at=now,
    )  # fmt: skip


def merged(signal: Signal, into_id: UUID, now: datetime) -> Signal:
    return changed(
        signal, stage="merged", merged_into=into_id, offered_to=None, look_again_on=None, told_id=None, step=None,
        told_at=None, outcome=None, ended_at=now,
    )  # fmt: skip


def took_in(into: Signal, other: Signal) -> Signal:
    """The one that goes on: as urgent as the more urgent of both, and of who had either."""
    urgency = other.urgency if more_urgent(other.urgency, into.urgency) else into.urgency
    more = {"exchange_id": into.exchange_id or other.exchange_id, "referral_id": into.referral_id or other.referral_id}
    if into.stage == "open" and other.stage in HAD and other.worker_id is not None:
        into = replace(taken(into, other.worker_id), version=into.version)
    return changed(into, urgency=urgency, **more)


# --- what is refused


def refuse_stage(signal: Signal, allowed: Collection[SignalStage], field: str = "signal_id") -> None:
    """Refuse what can't be done with it as it stands, and say how it stands."""
    if signal.stage == "merged" and "merged" not in allowed:
        raise Rejected(
            "merged", f"{field} was the same as another signal: go on with {signal.merged_into}", field
        )  # fmt: skip
    if signal.stage not in allowed:
        raise Rejected("wrong_stage", f"{field} {_STANDS[signal.stage]}", field)


def refuse_not_theirs(signal: Signal, actor: Actor, field: str = "signal_id") -> None:
    """Only who has it can do this."""
    refuse_stage(signal, HAD, field)
    if actor.kind != "worker" or signal.worker_id != actor.uuid:
        raise Rejected("not_yours", f"{field} is with a colleague: ask them, or let them offer it to you", field)


def refuse_taken(signal: Signal, worker_id: UUID, *, coordinates: bool) -> None:
    """One worker at most; the coordinator, on whom all can fall back, may take what another has."""
    refuse_stage(signal, GOING)
    if signal.stage in HAD and signal.worker_id != worker_id and not coordinates:
        raise Rejected(
            "wrong_stage", "signal_id is with a colleague: let them offer it to you, or ask the coordinator",
            "signal_id",
        )  # fmt: skip


def check_rest(until: date, today: date, field: str) -> None:
    """A day to come, and not so far that nobody would remember."""
    if until <= today:
        raise Rejected("in_the_past", f"{field} is not after today: give a later day", field)
    if until > today + LONGEST_REST:
        raise Rejected("too_far", f"{field} is more than a year ahead: give an earlier day", field)


def check_same_matter(signal: Signal, into: Signal) -> None:
    """Two signals can be one matter only when they are about one person."""
    if signal.signal_id == into.signal_id:
        raise Rejected("same_signal", "into_id is the same signal: give the one that goes on", "into_id")
    refuse_stage(signal, GOING)
    refuse_stage(into, GOING, "into_id")
    if signal.participant_id != into.participant_id:
        raise Rejected("other_person", "into_id is about someone else: only signals of one person merge", "into_id")


def check_merges(signal: Signal, into: Signal, worker_id: UUID) -> None:
    """What a colleague has doesn't disappear into another's."""
    if signal.stage in HAD and signal.worker_id not in (worker_id, into.worker_id):
        raise Rejected("not_yours", "signal_id is with a colleague: ask them to merge it, or to offer it to you",
                       "signal_id")  # fmt: skip


_STANDS: dict[SignalStage, str] = {
    "open": "is open, and nobody has it: take it first",
    "taken": "is with its worker",
    "snoozed": "rests until a day: its worker can go on with it",
    "closed": "was closed: reopen it first",
    "merged": "was the same as another",
}


def of_one_matter(signal: Signal) -> tuple[str, str, str]:
    """What two signals about one person share when the system would raise only one of them."""
    return (signal.cause, str(signal.exchange_id), str(signal.referral_id))
