"""Mails to workers, and the lines of a digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.notify.writing.data.parts import AboutMeeting, Mail, Meeting, Thing, Worker
from shared.contracts.exchange import MatchReason
from shared.contracts.profiles import Step
from shared.contracts.signals import ReferralOutcome, ReferralReason, ReferralState, SignalCause, Urgency


@dataclass(frozen=True, kw_only=True)
class ToWorker(Mail):
    """`name`: of the participant; the mail of a worker is for the worker alone."""

    name: str


@dataclass(frozen=True, kw_only=True)
class UrgentSignal(ToWorker, kind="urgent-signal"):
    """Today, and to its own worker."""

    about: str
    """Kind of signal, of the policy's list."""
    raised_at: datetime
    cause: SignalCause = "noticed"
    climbs_in_hours: int = 1


@dataclass(frozen=True, kw_only=True)
class Escalated(ToWorker, kind="escalated"):
    """It has climbed to the backup or the coordinator: no kind, no service."""

    about: Literal["signal", "referral", "asked"]
    step: Step
    urgency: Urgency
    since: datetime
    before: Worker | None = None
    """Who had it."""


@dataclass(frozen=True, kw_only=True)
class SignalBack(ToWorker, kind="signal-back"):
    """It rested until today."""

    about: str


@dataclass(frozen=True, kw_only=True)
class SignalOffered(ToWorker, kind="signal-offered"):
    """A colleague asks to take it over. Answers: `choice=yes`, `choice=no`."""

    from_name: str


@dataclass(frozen=True, kw_only=True)
class MediationAsked(ToWorker, kind="mediation-asked"):
    """It was not good, someone said."""

    thing: Thing


@dataclass(frozen=True, kw_only=True)
class LimitReached(ToWorker, kind="limit-reached"):
    """Beyond small help."""

    thing: Thing
    why: Literal["not-small", "structural", "drift", "in-doubt", "asked"]


@dataclass(frozen=True, kw_only=True)
class AboutReferral(ToWorker):
    service: str


@dataclass(frozen=True, kw_only=True)
class ReferralAnswered(AboutReferral, kind="referral-answered"):
    """The service moved it."""

    state: ReferralState
    reason: ReferralReason | None = None


@dataclass(frozen=True, kw_only=True)
class ReferralSilent(AboutReferral, kind="referral-silent"):
    """No answer in all that time."""

    requested_at: datetime
    phone: str | None = None
    """Of the service."""


@dataclass(frozen=True, kw_only=True)
class RingService(AboutReferral, kind="ring-service"):
    """It goes to a service that no mail reaches: the worker rings."""

    why: Literal["no-address", "address-fails"]
    phone: str | None = None
    """Of the service."""


@dataclass(frozen=True, kw_only=True)
class ReferralDecide(AboutReferral, kind="referral-decide"):
    """It can't stay open without a word. Answers: `choice=keep-open`, `choice=cancel`."""

    requested_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReferralClosed(AboutReferral, kind="referral-closed"):
    """It ended; what could come next."""

    state: ReferralState
    outcome: ReferralOutcome | None = None
    reason: ReferralReason | None = None
    next_meeting: Meeting | None = None
    own: bool = False
    """Whether they recorded that end themselves: then it is about what could come next."""


@dataclass(frozen=True, kw_only=True)
class ConsentRanOut(AboutReferral, kind="consent-ran-out"):
    """Access has ended. Answers: `choice=renew`, `choice=stop`."""

    ended_at: datetime


@dataclass(frozen=True, kw_only=True)
class SeeInvitation(ToWorker, kind="see-invitation"):
    """Before a stranger is asked. `name`: who would be asked. Answers: `choice=send`, `choice=hold-back`."""

    thing: Thing
    reasons: tuple[MatchReason, ...] = ()
    minutes_on_foot: int | None = None


@dataclass(frozen=True, kw_only=True)
class SeeHalfQuestion(ToWorker, kind="see-half-question"):
    thing: Thing


@dataclass(frozen=True, kw_only=True)
class Decide(ToWorker, kind="decide"):
    """It can't be told whether it is small."""

    thing: Thing
    why: Literal["not-small", "structural", "drift", "in-doubt", "asked"] = "in-doubt"


@dataclass(frozen=True, kw_only=True)
class SendOn(ToWorker, kind="send-on"):
    """A wish and a talent meet. `name`: whose wish it is."""

    thing: Thing


@dataclass(frozen=True, kw_only=True)
class WelcomePeople(AboutMeeting, kind="welcome-people"):
    """The host doesn't take part any more."""


@dataclass(frozen=True, kw_only=True)
class VisitOverdue(ToWorker, kind="visit-overdue"):
    """A newcomer who has had no visit yet."""

    step: Step
    registered_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class AddressFails(ToWorker, kind="address-fails"):
    """Mail to a participant, or a service's contact, comes back."""


@dataclass(frozen=True, kw_only=True)
class Ring(ToWorker, kind="ring"):
    """Someone without e-mail is to hear something today."""

    way: Literal["phone", "letter", "organisation"]
    phone: str | None = None
    by: date | None = None


What = Literal[
    "see-invitation", "see-half-question", "decide", "send-on", "welcome-people",
    "signal", "signal-back", "signal-still", "signal-offered", "mediation-asked", "limit-reached",
    "referral-answered", "referral-silent", "referral-decide", "referral-closed", "consent-ran-out",
    "visit", "ring", "letter", "organisation", "address-fails", "double",
    "knows-nobody", "fell-silent", "nobody-found", "much-rests-on-them", "one-way",
]  # fmt: skip
"""What a line of a digest asks of the worker."""


@dataclass(frozen=True, kw_only=True)
class DigestItem:
    """One line: what, of whom, since when, where it is done."""

    what: What
    url: str
    name: str | None = None
    words: str | None = None
    """The wording of an ask or an offer, or the title of a gathering; of nothing else."""
    since: datetime | None = None
    by: datetime | None = None
    climbed: bool = False
    """It comes from a colleague who did not get to it."""
    number: int = 1
    """Of things that are one line: what somebody is to be told in one go, who may be here twice."""


@dataclass(frozen=True, kw_only=True)
class Digest(Mail, kind="digest"):
    """What can be done, grouped; `url` opens the desk. With no items there is no mail."""

    items: tuple[DigestItem, ...]


@dataclass(frozen=True, kw_only=True)
class DeskLink(Mail, kind="desk-link"):
    """The desk, once."""

    minutes: int


__all__ = [
    "AboutReferral",
    "AddressFails",
    "ConsentRanOut",
    "Decide",
    "DeskLink",
    "Digest",
    "DigestItem",
    "Escalated",
    "LimitReached",
    "MediationAsked",
    "ReferralAnswered",
    "ReferralClosed",
    "ReferralDecide",
    "ReferralSilent",
    "Ring",
    "RingService",
    "SeeHalfQuestion",
    "SeeInvitation",
    "SendOn",
    "SignalBack",
    "SignalOffered",
    "ToWorker",
    "UrgentSignal",
    "VisitOverdue",
    "WelcomePeople",
    "What",
]
