"""What signals tells: facts with ids alone, none on the partners' feed. A kind beside an id can already be health."""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from uuid import UUID

from shared.contracts.envelope import Event
from shared.contracts.profiles.places import Month
from shared.contracts.profiles.workers import Step
from shared.contracts.signals.referrals import ReferralOutcome, ReferralState
from shared.contracts.signals.signals import SignalOutcome, Urgency
from shared.contracts.types import NeighbourhoodId, ParticipantId, Version, WorkerId

_HERE = "brugse-poort"
_MARTINE = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f"
_SIGNAL = "019a5e00-0a10-7c00-8000-1f2e3d4c5b6a"
_REFERRAL = "019a5e00-0a10-7c00-8000-1f2e3d4c5b8a"
_MARIE = "019a1b2c-0000-7000-8000-000000000001"
_KARIM = "019a1b2c-0000-7000-8000-000000000002"


class SignalFact(Event):
    """That a signal came to stand otherwise. What it is about, a query tells its worker."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "signal_id": _SIGNAL,
        "version": 2,
        "worker_id": _MARIE,
    }
    neighbourhood_id: NeighbourhoodId
    signal_id: UUID
    version: Version
    worker_id: WorkerId | None = None
    """Who has it, or was told; null for nobody."""


class SignalRaised(SignalFact, type="signals.signal.raised.v1"):
    """Something was noticed, by someone or by the system."""


class SignalTaken(SignalFact, type="signals.signal.taken.v1"):
    """A worker has it."""


class SignalOffered(SignalFact, type="signals.signal.offered.v1"):
    """Its worker asks a colleague to take it over: `to_id`."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**SignalFact.EXAMPLE, "to_id": _KARIM}
    to_id: WorkerId


class SignalOfferAnswered(SignalFact, type="signals.signal.offer-answered.v1"):
    """The colleague took it over, or didn't; `worker_id` has it now."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**SignalFact.EXAMPLE, "from_id": _KARIM, "agreed": True}
    from_id: WorkerId
    """Who had it."""
    agreed: bool


class SignalChanged(SignalFact, type="signals.signal.changed.v1"):
    """Its kind or urgency changed."""


class SignalSnoozed(SignalFact, type="signals.signal.snoozed.v1"):
    """It rests until a day."""


class SignalCameBack(SignalFact, type="signals.signal.came-back.v1"):
    """It rested, or an eye was kept, until today: it is before its worker again."""


class SignalMerged(SignalFact, type="signals.signal.merged.v1"):
    """It was the same as another, under which it goes on."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**SignalFact.EXAMPLE, "into_id": "019a5e00-0a10-7c00-8000-1f2e3d4c5b6b"}
    into_id: UUID


class SignalReopened(SignalFact, type="signals.signal.reopened.v1"):
    """It was not over."""


class SignalClosed(SignalFact, type="signals.signal.closed.v1"):
    """It ended."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**SignalFact.EXAMPLE, "outcome": "talk"}
    outcome: SignalOutcome


class MediationStarted(SignalFact, type="signals.mediation.started.v1"):
    """The worker helps two people."""


class MediationEnded(SignalFact, type="signals.mediation.ended.v1"):
    """It ended, agreed or not."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**SignalFact.EXAMPLE, "agreed": True}
    agreed: bool


class WorkerTold(Event, type="signals.worker.told.v1"):
    """Something open is brought to someone: to the worker of the moment first, then up. Exactly one id says what.

    `asked`: exchange asks a worker to look at something (its `exchange.worker.asked.v1`), and nobody did yet.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "worker_id": _MARIE,
        "step": "worker",
        "about": "signal",
        "urgency": "today",
        "signal_id": _SIGNAL,
    }
    neighbourhood_id: NeighbourhoodId
    worker_id: WorkerId | None
    """Whom to tell; null when the neighbourhood has nobody at all."""
    step: Step
    about: Literal["signal", "referral", "asked"]
    urgency: Urgency
    """`today`: at once; the rest can wait for the digest."""
    why: Literal[
        "new", "climbed", "came-back", "lies-still", "no-answer", "decide", "ended", "renew-consent", "ring-service",
    ] = "new"  # fmt: skip
    """`lies-still`: a signal that they took, and with which nothing was done for days; `no-answer`: of a service;
    `decide`: it can't stay open without a word; `ended`: a referral did; `renew-consent`: it ran out; `ring-service`: a
    referral goes to a service that has no connection and no e-mail."""
    signal_id: UUID | None = None
    referral_id: UUID | None = None
    exchange_id: UUID | None = None
    invitation_id: UUID | None = None
    gathering_id: UUID | None = None


class ReferralFact(Event):
    """That a referral came to stand otherwise. To which service, and about what, only a query tells."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "referral_id": _REFERRAL,
        "participant_id": _MARTINE,
        "version": 3,
        "worker_id": _MARIE,
        "state": "requested",
    }
    neighbourhood_id: NeighbourhoodId
    referral_id: UUID
    participant_id: ParticipantId
    version: Version
    worker_id: WorkerId | None
    state: ReferralState


class ReferralMoved(ReferralFact, type="signals.referral.moved.v1"):
    """It is in another state."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**ReferralFact.EXAMPLE, "outcome": None}
    outcome: ReferralOutcome | None = None
    """With an end."""


class ServiceAsked(Event, type="signals.service.asked.v1"):
    """A service that is no partner is to be written to; where, `signals.contact.show.v1` tells who writes.

    It names no participant: that a referral is over has to reach the service also when the person was erased.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": _HERE, "referral_id": _REFERRAL, "verb": "requested"}
    neighbourhood_id: NeighbourhoodId
    referral_id: UUID
    verb: Literal["requested", "reminded", "cancelled", "access-ended"]


class ReferralConsentGiven(ReferralFact, type="signals.consent.given.v1"):
    """The person agreed to what their service may see."""


class ReferralConsentEnded(ReferralFact, type="signals.consent.ended.v1"):
    """It ended: access is closed."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**ReferralFact.EXAMPLE, "ending": "withdrawn"}
    ending: Literal["withdrawn", "run-out", "referral-ended"]


class NextStepProposed(Event, type="signals.next-step.proposed.v1"):
    """A referral has ended: what could come next in the neighbourhood is put before the worker."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "participant_id": _MARTINE,
        "referral_id": _REFERRAL,
        "worker_id": _MARIE,
        "gathering_id": None,
    }
    neighbourhood_id: NeighbourhoodId
    participant_id: ParticipantId
    referral_id: UUID
    worker_id: WorkerId | None
    gathering_id: UUID | None
    """The next gathering of the neighbourhood; null when none is planned."""


# --- timers


class SignalDue(Event, type="signals.signal.due.v1"):
    """A timer of a signal; whether it still holds, signals looks at when it comes."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": _HERE, "signal_id": _SIGNAL, "to": "climb"}
    neighbourhood_id: NeighbourhoodId
    signal_id: UUID
    to: Literal["climb", "come-back", "look-after"]
    step: Step | None = None
    """For `climb`: to whom next."""

    @staticmethod
    def timer(signal_id: UUID, to: str) -> str:
        """The key of a timer: a signal has at most one of each."""
        return f"signal-{to}:{signal_id}"


class AskedDue(Event, type="signals.asked.due.v1"):
    """A timer: what exchange asked a worker to look at may still wait."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "asked_id": "019a5e00-0a10-7c00-8000-1f2e3d4c5baa",
        "step": "backup",
    }
    neighbourhood_id: NeighbourhoodId
    asked_id: UUID
    step: Step

    @staticmethod
    def timer(asked_id: UUID) -> str:
        """The key of its one timer."""
        return f"asked:{asked_id}"


class ReferralDue(Event, type="signals.referral.due.v1"):
    """A timer of a referral; whether it still holds, signals looks at when it comes."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": _HERE, "referral_id": _REFERRAL, "to": "remind"}
    neighbourhood_id: NeighbourhoodId
    referral_id: UUID
    to: Literal["remind", "tell-worker", "decide", "end-consent"]

    @staticmethod
    def timer(referral_id: UUID, to: str) -> str:
        """The key of a timer: a referral has at most one of each."""
        return f"referral-{to}:{referral_id}"


class SignalsMonthEnded(Event, type="signals.month.ended.v1"):
    """A timer: what was referred in this month has had its time, and the figures of it can be made."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": _HERE, "month": "2026-05"}
    neighbourhood_id: NeighbourhoodId
    month: Month


__all__ = [
    "AskedDue",
    "MediationEnded",
    "MediationStarted",
    "NextStepProposed",
    "ReferralConsentEnded",
    "ReferralConsentGiven",
    "ReferralDue",
    "ReferralFact",
    "ReferralMoved",
    "ServiceAsked",
    "SignalCameBack",
    "SignalChanged",
    "SignalClosed",
    "SignalDue",
    "SignalFact",
    "SignalMerged",
    "SignalOfferAnswered",
    "SignalOffered",
    "SignalRaised",
    "SignalReopened",
    "SignalSnoozed",
    "SignalTaken",
    "SignalsMonthEnded",
    "WorkerTold",
]
