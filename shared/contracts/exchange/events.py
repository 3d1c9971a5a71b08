"""What exchange tells. Facts on how an exchange stands, what a person or a worker is to be told, what signals hears."""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from uuid import UUID

from shared.contracts.envelope import Event
from shared.contracts.exchange.exchanges import NextStep, Opening, Why
from shared.contracts.exchange.invitations import InvitationAnswer
from shared.contracts.exchange.ties import Through
from shared.contracts.profiles.places import Month
from shared.contracts.types import Moment, NeighbourhoodId, ParticipantId, Version, WorkerId

_JOS = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e61"
_MARTINE = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f"
_EXCHANGE = "019a2c00-0a10-7c00-8000-1f2e3d4c5b6a"
_INVITATION = "019a2c00-0a10-7c00-8000-1f2e3d4c5b6b"
_GATHERING = "019a2c00-0a10-7c00-8000-1f2e3d4c5b7a"
_MARIE = "019a1b2c-0000-7000-8000-000000000001"
_HERE = "brugse-poort"

# --- how an exchange stands


class ExchangeFact(Event):
    """That an exchange came to stand otherwise. Whose it is and what it is about, only a query tells."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "exchange_id": _EXCHANGE,
        "version": 2,
        "opening": "ask",
    }
    neighbourhood_id: NeighbourhoodId
    exchange_id: UUID
    version: Version
    opening: Opening


class ExchangeDrafted(ExchangeFact, type="exchange.exchange.drafted.v1"):
    """Something is before the worker alone: a half question, or what the system proposed."""


class ExchangeOpened(ExchangeFact, type="exchange.exchange.opened.v1", feed=True):
    """Neighbours are being sought."""


class ExchangeReopened(ExchangeFact, type="exchange.exchange.reopened.v1", feed=True):
    """Neighbours are being sought again."""


class ExchangeChanged(ExchangeFact, type="exchange.exchange.changed.v1"):
    """Its wording or moment changed."""


class ExchangeInvited(ExchangeFact, type="exchange.exchange.invited.v1"):
    """The first neighbours have been asked."""


class ExchangeProposed(ExchangeFact, type="exchange.exchange.proposed.v1"):
    """Enough neighbours said yes; the side that opened it looks."""


class ExchangeAgreed(ExchangeFact, type="exchange.exchange.agreed.v1", feed=True):
    """Both sides agreed."""


class ExchangeReleased(ExchangeFact, type="exchange.exchange.released.v1"):
    """What was proposed or agreed isn't any more; neighbours are being sought again."""


class ExchangeDone(ExchangeFact, type="exchange.exchange.done.v1", feed=True):
    """It happened."""


class ExchangeWithdrawn(ExchangeFact, type="exchange.exchange.withdrawn.v1", feed=True):
    """What had been opened was taken back."""


class ExchangeExpired(ExchangeFact, type="exchange.exchange.expired.v1", feed=True):
    """What had been opened ended by itself."""


class ExchangeDropped(ExchangeFact, type="exchange.exchange.dropped.v1"):
    """What was never opened has ended."""


class ExchangeHandedOver(ExchangeFact, type="exchange.exchange.handed-over.v1"):
    """It is with the worker."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**ExchangeFact.EXAMPLE, "why": "in-doubt"}
    why: Why


# --- what someone is to be told


class NextStepReached(Event, type="exchange.next-step.reached.v1"):
    """A person is to be told where something stands for them. What it is about, a query tells who sends it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "participant_id": _JOS,
        "step": "invited",
        "exchange_id": _EXCHANGE,
        "invitation_id": _INVITATION,
        "worker_id": _MARIE,
    }
    neighbourhood_id: NeighbourhoodId
    participant_id: ParticipantId
    step: NextStep
    exchange_id: UUID | None = None
    invitation_id: UUID | None = None
    gathering_id: UUID | None = None
    other_id: ParticipantId | None = None
    """For `introduced`: whom they met."""
    worker_id: WorkerId | None = None
    """In whose name."""


class WorkerAsked(Event, type="exchange.worker.asked.v1"):
    """A worker is to look at something before it goes on. Escalation, when they do not, is up to signals."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "worker_id": _MARIE,
        "to": "see-invitation",
        "exchange_id": _EXCHANGE,
        "invitation_id": _INVITATION,
    }
    neighbourhood_id: NeighbourhoodId
    worker_id: WorkerId | None
    """Who is on duty; null when nobody is."""
    to: Literal["see-half-question", "decide", "see-invitation", "send-on", "welcome-people"]
    """`welcome-people`: the host of a gathering doesn't take part any more."""
    exchange_id: UUID | None = None
    invitation_id: UUID | None = None
    gathering_id: UUID | None = None


class WorkerLooked(Event, type="exchange.worker.looked.v1"):
    """What a worker was asked to look at is before them no more: they did, or it went by itself.

    Told of a question to a neighbour and of what was sent on; of the rest, how the exchange or the gathering stands
    tells it.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "exchange_id": _EXCHANGE,
        "invitation_id": _INVITATION,
    }
    neighbourhood_id: NeighbourhoodId
    exchange_id: UUID
    invitation_id: UUID | None = None
    """The one question; null for the exchange as a whole."""


class ContactShared(Event, type="exchange.contact.shared.v1"):
    """These people have agreed with each other: each gets the others' contact. The contacts are not with exchange."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "exchange_id": _EXCHANGE,
        "participant_id": _MARTINE,
        "other_id": _JOS,
    }
    neighbourhood_id: NeighbourhoodId
    exchange_id: UUID
    participant_id: ParticipantId
    other_id: ParticipantId


class InvitationAnswered(Event, type="exchange.invitation.answered.v1"):
    """A neighbour answered."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "exchange_id": _EXCHANGE,
        "invitation_id": _INVITATION,
        "participant_id": _JOS,
        "answer": "yes",
    }
    neighbourhood_id: NeighbourhoodId
    exchange_id: UUID
    invitation_id: UUID
    participant_id: ParticipantId
    answer: InvitationAnswer


class HowItWasSaid(Event, type="exchange.how-it-was.said.v1"):
    """Someone said how it was; what they said stands in no event."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "exchange_id": _EXCHANGE,
        "participant_id": _MARTINE,
    }
    neighbourhood_id: NeighbourhoodId
    exchange_id: UUID
    participant_id: ParticipantId


class ThanksSaid(Event, type="exchange.thanks.said.v1"):
    """Someone said thanks; the words are for the two."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "exchange_id": _EXCHANGE,
        "participant_id": _MARTINE,
    }
    neighbourhood_id: NeighbourhoodId
    exchange_id: UUID
    participant_id: ParticipantId


# --- what signals hears


class LimitReached(Event, type="exchange.limit.reached.v1"):
    """Something is beyond small help: the worker looks for what fits. What runs is not cut."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "exchange_id": _EXCHANGE,
        "participant_id": _MARTINE,
        "why": "structural",
    }
    neighbourhood_id: NeighbourhoodId
    exchange_id: UUID
    participant_id: ParticipantId
    """Whose ask or offer it is."""
    why: Why
    other_id: ParticipantId | None = None
    """The other of the two, when what is done for one of them rests on the other."""


class LimitSetAside(Event, type="exchange.limit.set-aside.v1"):
    """A worker deviated from a limit; the reason is kept with the exchange."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "exchange_id": _EXCHANGE,
        "participant_id": _MARTINE,
        "worker_id": _MARIE,
    }
    neighbourhood_id: NeighbourhoodId
    exchange_id: UUID
    participant_id: ParticipantId
    worker_id: WorkerId | None


class NobodyFound(Event, type="exchange.nobody.found.v1"):
    """After the time that the policy gives, nobody was found; it stays open."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "exchange_id": _EXCHANGE,
        "participant_id": _MARTINE,
    }
    neighbourhood_id: NeighbourhoodId
    exchange_id: UUID
    participant_id: ParticipantId


class MediationAsked(Event, type="exchange.mediation.asked.v1"):
    """Someone said that it was not good: for the worker, and seen by nobody else."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "exchange_id": _EXCHANGE,
        "participant_id": _MARTINE,
    }
    neighbourhood_id: NeighbourhoodId
    exchange_id: UUID
    participant_id: ParticipantId
    """Who said so."""
    worker_id: WorkerId | None = None
    """The worker who recorded it, by phone or at the door: they know."""


class SilenceNoticed(Event, type="exchange.silence.noticed.v1"):
    """Someone has not been heard of for a while: a reason to visit."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "participant_id": _JOS,
        "since": "2026-03-01T10:00:00+01:00",
    }
    neighbourhood_id: NeighbourhoodId
    participant_id: ParticipantId
    since: Moment


# --- people who meet


class AcquaintanceMade(Event, type="exchange.acquaintance.made.v1"):
    """Two people have met."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "participant_id": _JOS,
        "other_id": _MARTINE,
        "through": "gathering",
    }
    neighbourhood_id: NeighbourhoodId
    participant_id: ParticipantId
    other_id: ParticipantId
    through: Through


class GatheringFact(Event):
    """That something happened to a gathering; what it is, a query tells."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "gathering_id": _GATHERING,
        "version": 1,
        "starts_at": "2026-05-16T14:00:00+02:00",
    }
    neighbourhood_id: NeighbourhoodId
    gathering_id: UUID
    version: Version
    starts_at: Moment


class GatheringPlanned(GatheringFact, type="exchange.gathering.planned.v1", feed=True):
    """A gathering will take place."""


class GatheringChanged(GatheringFact, type="exchange.gathering.changed.v1", feed=True):
    """Its time, place or wording changed."""


class GatheringCancelled(GatheringFact, type="exchange.gathering.cancelled.v1", feed=True):
    """It will not take place."""


class GatheringAnswered(Event, type="exchange.gathering.answered.v1"):
    """Someone said whether they come. Which it was, a query tells."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "gathering_id": _GATHERING,
        "participant_id": _JOS,
    }
    neighbourhood_id: NeighbourhoodId
    gathering_id: UUID
    participant_id: ParticipantId


class GatheringBegan(GatheringFact, type="exchange.gathering.began.v1"):
    """It begins at this moment: nobody has to say any more whether they come."""


class GatheringHeld(GatheringFact, type="exchange.gathering.held.v1", feed=True):
    """It took place, and who was there is known."""


# --- timers


class ExchangeDue(Event, type="exchange.exchange.due.v1"):
    """A timer of an exchange; whether it still holds, exchange looks at when it comes."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": _HERE, "exchange_id": _EXCHANGE, "to": "look-again"}
    neighbourhood_id: NeighbourhoodId
    exchange_id: UUID
    to: Literal["look-again", "tell-nobody-found", "end", "ask-how-it-was", "close", "decide", "rest-over"]

    @staticmethod
    def timer(exchange_id: UUID, to: str) -> str:
        """The key of a timer: an exchange has at most one of each."""
        return f"{to}:{exchange_id}"


class InvitationDue(Event, type="exchange.invitation.due.v1"):
    """A timer of an invitation; whether it still holds, exchange looks at when it comes."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": _HERE,
        "exchange_id": _EXCHANGE,
        "invitation_id": _INVITATION,
        "to": "end",
    }
    neighbourhood_id: NeighbourhoodId
    exchange_id: UUID
    invitation_id: UUID
    to: Literal["ask", "end", "ask-again"]

    @staticmethod
    def timer(invitation_id: UUID) -> str:
        """The key of the one timer that an invitation has."""
        return f"invitation:{invitation_id}"


class GatheringDue(Event, type="exchange.gathering.due.v1"):
    """A timer: the next ones of a series are to be planned, invitations to a gathering go out, or it begins."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": _HERE, "gathering_id": _GATHERING, "to": "invite"}
    neighbourhood_id: NeighbourhoodId
    gathering_id: UUID
    """For `plan-next`, the series."""
    to: Literal["plan-next", "invite", "ask", "begin"]
    participant_id: ParticipantId | None = None
    """For `ask`: whose quiet hours are over."""

    @staticmethod
    def timer(id_: UUID, to: str, participant_id: UUID | None = None) -> str:
        """The key of a timer: to plan the next of a series, to invite, to begin; one for each person asked later."""
        return f"{to}:{id_}:{participant_id}" if participant_id else f"{to}:{id_}"


class NeighbourhoodDue(Event, type="exchange.neighbourhood.due.v1"):
    """A timer: once a day exchange looks at who fell silent, and once a week at which wishes meet a talent."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": _HERE, "to": "look-for-silence"}
    neighbourhood_id: NeighbourhoodId
    to: Literal["look-for-silence", "propose"]

    @staticmethod
    def timer(neighbourhood_id: str, to: str) -> str:
        """The key of a timer: a neighbourhood has one of each."""
        return f"{to}:{neighbourhood_id}"


class ExchangeMonthEnded(Event, type="exchange.month.ended.v1"):
    """A timer: what was opened in this month has had its time, and the figures of it can be made."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": _HERE, "month": "2026-05"}
    neighbourhood_id: NeighbourhoodId
    month: Month


__all__ = [
    "AcquaintanceMade",
    "ContactShared",
    "ExchangeAgreed",
    "ExchangeChanged",
    "ExchangeDone",
    "ExchangeDrafted",
    "ExchangeDropped",
    "ExchangeDue",
    "ExchangeExpired",
    "ExchangeFact",
    "ExchangeHandedOver",
    "ExchangeInvited",
    "ExchangeMonthEnded",
    "ExchangeOpened",
    "ExchangeProposed",
    "ExchangeReleased",
    "ExchangeReopened",
    "ExchangeWithdrawn",
    "GatheringAnswered",
    "GatheringBegan",
    "GatheringCancelled",
    "GatheringChanged",
    "GatheringDue",
    "GatheringFact",
    "GatheringHeld",
    "GatheringPlanned",
    "HowItWasSaid",
    "InvitationAnswered",
    "InvitationDue",
    "LimitReached",
    "LimitSetAside",
    "MediationAsked",
    "NeighbourhoodDue",
    "NextStepReached",
    "NobodyFound",
    "SilenceNoticed",
    "ThanksSaid",
    "WorkerAsked",
    "WorkerLooked",
]
