"""Mediation: the worker speaks with each of the two first, then with both; it ends agreed or not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.signals.domain.signals import Signal
from shared.contracts.signals import Mediation as MediationView
from shared.contracts.signals import MediationRef, MediationStage, SignalOutcome
from shared.messaging import Rejected


@dataclass(frozen=True, slots=True)
class Mediation:
    """One of them. What was said has no field."""

    mediation_id: UUID
    signal_id: UUID
    participant_id: UUID
    other_id: UUID
    spoken_with: tuple[UUID, ...]
    together: bool
    started_at: datetime
    ended_at: datetime | None = None
    agreed: bool | None = None

    @property
    def two(self) -> frozenset[UUID]:
        return frozenset({self.participant_id, self.other_id})

    @property
    def stage(self) -> MediationStage:
        if self.ended_at is not None:
            return "agreed" if self.agreed else "not-agreed"
        return "together" if self.together else "separately"

    @property
    def spoken_with_each(self) -> bool:
        return set(self.spoken_with) == self.two


def ref(mediation: Mediation) -> MediationRef:
    return MediationRef(
        mediation_id=mediation.mediation_id, signal_id=mediation.signal_id, stage=mediation.stage
    )  # fmt: skip


def view(mediation: Mediation) -> MediationView:
    return MediationView(
        mediation_id=mediation.mediation_id, participant_id=mediation.participant_id, other_id=mediation.other_id,
        spoken_with=list(mediation.spoken_with), together=mediation.together, stage=mediation.stage,
        started_at=mediation.started_at, ended_at=mediation.ended_at,
    )  # fmt: skip


def check_two(signal: Signal, participant_id: UUID, other_id: UUID) -> None:
    """Two different people, of whom one is whom the signal is about."""
    if participant_id == other_id:
        raise Rejected("same_person", "other_id is the same person: a mediation is between two", "other_id")
    if signal.participant_id not in (participant_id, other_id):
        raise Rejected(
            "other_person", "participant_id and other_id are not who the signal is about: one of them is",
            "participant_id",
        )  # fmt: skip


def same_two(running: Mediation, participant_id: UUID, other_id: UUID) -> Mediation:
    """The one that goes on, when it is between these two; one at a time."""
    if running.two != {participant_id, other_id}:
        raise Rejected(
            "wrong_stage", "signal_id has a mediation between two others that goes on: end it first", "signal_id"
        )
    return running


def spoke(mediation: Mediation, participant_id: UUID | None) -> Mediation:
    """The worker spoke with one of the two, or with both together: that only once they have with each."""
    refuse_ended(mediation)
    if participant_id is None:
        if not mediation.spoken_with_each:
            raise Rejected("wrong_stage", "mediation_id has not come so far: speak with each of the two first",
                           "mediation_id")  # fmt: skip
        return replace(mediation, together=True)
    if participant_id not in mediation.two:
        raise Rejected("unknown_id", "participant_id is none of the two: check the id", "participant_id")
    if participant_id in mediation.spoken_with:
        return mediation
    return replace(mediation, spoken_with=(*mediation.spoken_with, participant_id))


def ended(mediation: Mediation, *, agreed: bool, now: datetime) -> Mediation:
    """Agreed only when both were heard; that it comes to nothing can be said at any time."""
    refuse_ended(mediation)
    if agreed and not mediation.spoken_with_each:
        raise Rejected("wrong_stage", "mediation_id can't have been agreed: speak with each of the two first",
                       "mediation_id")  # fmt: skip
    return replace(mediation, agreed=agreed, ended_at=now)


def refuse_ended(mediation: Mediation) -> None:
    if mediation.ended_at is not None:
        raise Rejected("wrong_stage", "mediation_id has ended: start another when it is called for", "mediation_id")


def check_closes(outcome: SignalOutcome, last: Mediation | None) -> None:
    """A mediation that runs is ended first; that it was one, only a mediation that ended can say."""
    if last is not None and last.ended_at is None:
        raise Rejected("wrong_stage", "signal_id has a mediation that goes on: end it first", "signal_id")
    if outcome == "mediation" and last is None:
        raise Rejected("wrong_stage", "outcome mediation goes with a mediation that was held: start one, or choose"
                       " another outcome", "outcome")  # fmt: skip
