"""Signals: what someone noticed about a person's wellbeing. Minimal and private; each has one worker until it ends."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.envelope import Command, Contract, Query
from shared.contracts.profiles.participants import Limit, OnWordOf
from shared.contracts.profiles.workers import Step
from shared.contracts.types import Moment, NeighbourhoodId, ParticipantId, Token, Version, WorkerId

Urgency = Literal["watch", "this-week", "today"]
SignalStage = Literal["open", "taken", "snoozed", "closed", "merged"]
"""`open`: nobody has it yet, and it climbs. `taken`: its worker is at it. `snoozed`: until a day. `closed`: with an
outcome. `merged`: it was the same as another."""
SignalOutcome = Literal[
    "keep-an-eye", "talk", "introduction", "mediation", "gathering", "referral", "nothing-to-do",
]  # fmt: skip
"""How a signal ended. `keep-an-eye` is no end: a next look on a day."""
SignalCause = Literal[
    "noticed", "limit", "drift", "nobody-found", "silence", "not-good", "referral-ended", "consent-ran-out",
    "task-undone",
]  # fmt: skip
"""`noticed`: by someone. The rest is raised by the system: `limit`, beyond small help; `drift`, the same thing again
and again, or resting on one; `nobody-found` for what was asked; `silence`, nothing was heard for a while; `not-good`,
said after an exchange; `task-undone`: nobody rang or brought a letter."""

_MARTINE = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f"
_JOS = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e61"
_MARIE = "019a1b2c-0000-7000-8000-000000000001"
_KARIM = "019a1b2c-0000-7000-8000-000000000002"
_SIGNAL = "019a5e00-0a10-7c00-8000-1f2e3d4c5b6a"
_OTHER = "019a5e00-0a10-7c00-8000-1f2e3d4c5b6b"
_MEDIATION = "019a5e00-0a10-7c00-8000-1f2e3d4c5b6c"
_REF: dict[str, Any] = {"signal_id": _SIGNAL}


class SignalRef(Contract):
    """A signal, as answer to a command about it."""

    signal_id: UUID
    version: Version
    stage: SignalStage


# --- what is done with a signal


class RaiseSignal(Command, type="signals.signal.raise.v1", result=SignalRef, partners=True):
    """Something about someone's wellbeing, for the worker of their neighbourhood.

    By a worker, a partner, or a participant about themselves. What more there is to say is a note
    (`signals.note.write.v1`), which travels by request/reply alone.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "participant_id": _MARTINE,
        "kind": "household",
        "urgency": "this-week",
        "on_word_of": "participant",
    }
    participant_id: ParticipantId
    kind: Token
    """From the policy's list of kinds of signals."""
    urgency: Urgency = "this-week"
    on_word_of: OnWordOf = "worker"
    """Whose word it is."""
    exchange_id: UUID | None = None
    """The exchange that it came from."""


class TakeSignal(Command, type="signals.signal.take.v1", result=SignalRef):
    """By a worker: it is theirs, and climbs no further."""

    EXAMPLE: ClassVar[dict[str, Any]] = _REF
    signal_id: UUID


class OfferSignal(Command, type="signals.signal.offer.v1", result=SignalRef):
    """By its worker: ask a colleague to take it over. It stays theirs until the colleague agrees."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**_REF, "worker_id": _KARIM}
    signal_id: UUID
    worker_id: WorkerId


class AnswerOffer(Command, type="signals.signal.answer-offer.v1", result=SignalRef):
    """By the colleague who was asked: they take it over, or not. By its worker, `agreed` false takes the offer back."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**_REF, "agreed": True}
    signal_id: UUID
    agreed: bool


class ChangeSignal(Command, type="signals.signal.change.v1", result=SignalRef):
    """By a worker: it is of another kind, or more or less urgent than it seemed. Null leaves as it is."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**_REF, "urgency": "today"}
    signal_id: UUID
    kind: Token | None = None
    urgency: Urgency | None = None


class SnoozeSignal(Command, type="signals.signal.snooze.v1", result=SignalRef):
    """By its worker: not before that day; then it is before them again."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**_REF, "until": "2026-06-15"}
    signal_id: UUID
    until: date


class MergeSignals(Command, type="signals.signal.merge.v1", result=SignalRef):
    """By a worker: both are the same matter of the same person. One goes on, with the notes of both."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**_REF, "into_id": _OTHER}
    signal_id: UUID
    """The one that ends."""
    into_id: UUID
    """The one that goes on."""


class CloseSignal(Command, type="signals.signal.close.v1", result=SignalRef):
    """By its worker: how it ended. `keep-an-eye` puts it before them again on `look_again_on`."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**_REF, "outcome": "keep-an-eye", "look_again_on": "2026-07-01"}
    signal_id: UUID
    outcome: SignalOutcome
    look_again_on: date | None = None
    """For `keep-an-eye`, and only then: when to look next."""

    @model_validator(mode="after")
    def _has_its_day(self) -> Self:
        if (self.outcome == "keep-an-eye") != (self.look_again_on is not None):
            raise ValueError("outcome keep-an-eye goes with look_again_on, a day to look again; no other outcome does")
        return self


class ReopenSignal(Command, type="signals.signal.reopen.v1", result=SignalRef):
    """By a worker: it was not over. It is theirs."""

    EXAMPLE: ClassVar[dict[str, Any]] = _REF
    signal_id: UUID


# --- mediation

MediationStage = Literal["separately", "together", "agreed", "not-agreed"]
"""`separately`: the worker speaks with each of the two first. `together`: then with both. Then it has ended."""


class MediationRef(Contract):
    """A mediation, as answer to a command about it."""

    mediation_id: UUID
    signal_id: UUID
    stage: MediationStage


class StartMediation(Command, type="signals.mediation.start.v1", result=MediationRef):
    """By the worker who has the signal: help two people whose exchange went wrong."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**_REF, "participant_id": _MARTINE, "other_id": _JOS}
    signal_id: UUID
    participant_id: ParticipantId
    other_id: ParticipantId


class RecordMediationTalk(Command, type="signals.mediation.record-talk.v1", result=MediationRef):
    """By its worker: they spoke with one of the two, or, once they have with each, with both together."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"mediation_id": _MEDIATION, "participant_id": _JOS}
    mediation_id: UUID
    participant_id: ParticipantId | None = None
    """With whom; null: with both together."""


class EndMediation(Command, type="signals.mediation.end.v1", result=MediationRef):
    """By its worker: the two agreed, or they didn't. Either is an end."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"mediation_id": _MEDIATION, "agreed": True}
    mediation_id: UUID
    agreed: bool


# --- looking


class Mediation(Contract):
    """Where a mediation stands. What was said has no field."""

    mediation_id: UUID
    participant_id: ParticipantId
    other_id: ParticipantId
    spoken_with: list[ParticipantId]
    together: bool
    stage: MediationStage
    started_at: Moment
    ended_at: Moment | None


class SignalStep(Contract):
    """One thing that happened to a signal."""

    at: Moment
    by: str
    """`worker:<id>`, `partner:<id>`, `participant:<id>`, `operator` or `system`."""
    what: Literal[
        "raised", "told", "taken", "offered", "offer-declined", "handed-over", "changed", "snoozed", "came-back",
        "merged", "reopened", "closed", "mediation-started", "mediation-ended", "note-written",
        "limit-set-aside", "reminded",
    ]  # fmt: skip
    """`reminded`: its worker, of what lay still; `limit-set-aside`: a worker deviated from what exchange told; why is a
    note."""
    step: Step | None = None
    """For `told`: as what someone was told: worker, backup, coordinator."""
    worker_id: WorkerId | None = None
    """Who was told, asked, or took it over."""
    outcome: SignalOutcome | None = None


class SignalSummary(Contract):
    """One line of a list."""

    signal_id: UUID
    version: Version
    participant_id: ParticipantId
    neighbourhood_id: NeighbourhoodId
    kind: Token
    urgency: Urgency
    cause: SignalCause
    stage: SignalStage
    worker_id: WorkerId | None
    """Who has it; null while nobody has taken it."""
    told_id: WorkerId | None
    """Who was told last, while it is open."""
    step: Step | None
    """As what they were told."""
    offered_to: WorkerId | None
    look_again_on: date | None
    """For `snoozed`: when it comes back."""
    outcome: SignalOutcome | None
    exchange_id: UUID | None
    referral_id: UUID | None
    """The referral that it is about, or that came of it last."""
    raised_at: Moment


class Signal(SignalSummary):
    """A signal, for workers. Its notes are asked for apart, and each reading is recorded."""

    on_word_of: OnWordOf | None
    """Null when the system raised it."""
    raised_by: str
    merged_into: UUID | None
    notes_written: Annotated[int, Field(ge=0)]
    """How many notes there are; only its worker and their backup can read them."""
    mediation: Mediation | None
    steps: list[SignalStep]
    """The oldest first."""


class ShowSignal(Query, type="signals.signal.show.v1", result=Signal):
    """One signal, for workers."""

    EXAMPLE: ClassVar[dict[str, Any]] = _REF
    signal_id: UUID


class SignalPage(Contract):
    """A page of signals: the most urgent first, of those the oldest."""

    signals: list[SignalSummary]
    next: str | None
    """Give it as `after` to read on; null on the last page."""


class ListSignals(Query, type="signals.signal.list.v1", result=SignalPage):
    """Signals, for workers and operators. Without `stage` those that go on: open, taken and snoozed."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort"}
    neighbourhood_id: NeighbourhoodId | None = None
    worker_id: WorkerId | None = None
    """What this worker has, was told of last, or is asked to take over."""
    participant_id: ParticipantId | None = None
    stage: SignalStage | None = None
    after: str | None = None
    limit: Limit = 50


__all__ = [
    "AnswerOffer",
    "ChangeSignal",
    "CloseSignal",
    "EndMediation",
    "ListSignals",
    "Mediation",
    "MediationRef",
    "MediationStage",
    "MergeSignals",
    "OfferSignal",
    "RaiseSignal",
    "RecordMediationTalk",
    "ReopenSignal",
    "ShowSignal",
    "Signal",
    "SignalCause",
    "SignalOutcome",
    "SignalPage",
    "SignalRef",
    "SignalStage",
    "SignalStep",
    "SignalSummary",
    "SnoozeSignal",
    "StartMediation",
    "TakeSignal",
    "Urgency",
]
