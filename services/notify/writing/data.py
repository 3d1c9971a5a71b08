"""Every kind of mail, and all that its template may use. Nobody's note, health, or name that is not shared has a field.

`url` is the link to the page where the mail is acted upon. A button for one answer adds `?choice=…` to it, by which
the page shows that answer first; opening it changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.contracts.exchange import MatchReason, Often, Opening, When
from shared.contracts.profiles import Enjoyment, Step
from shared.contracts.signals import (
    ReferralField,
    ReferralOutcome,
    ReferralReason,
    ReferralState,
    SignalCause,
    Urgency,
)
from shared.policy import Policy

KINDS: dict[str, type[Mail]] = {}
"""Every kind of mail by its name, which is also the name of its template."""


# --- who reads, who is spoken of


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A worker, as those they work for may reach them."""

    name: str
    phone: str | None = None
    email: str | None = None
    role: Literal["worker", "coordinator"] = "worker"
    """What they are in the neighbourhood of who reads it."""


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """The other of two who have agreed: only then there is a name and a contact to give."""

    name: str
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reader:
    """For whom a mail is written."""

    name: str
    language: str
    """One that there is no catalogue for falls back on the policy's first."""
    policy: Policy
    zone: ZoneInfo
    now: datetime
    """When it is written: what is said later of the same moment has a later one in its calendar file."""
    neighbourhood: str
    """As it is called in their language; for who belongs to none, the organisation."""
    email: str = ""
    acts_for: str | None = None
    """Whose mail it is, when it goes to who holds their mandate."""
    sender: str = ""
    """The address that mails come from: who organises what stands in a calendar."""
    worker: Worker | None = None
    """In whose name it is written, and who can be rung about it; null for workers themselves."""
    preferences_url: str | None = None
    """Where they choose what they get, without logging in."""


# --- what comes out


@dataclass(frozen=True)
class Attachment:
    """A file with a mail."""

    name: str
    type: str
    """`text/calendar`"""
    method: str
    """Of a calendar: `REQUEST`, `PUBLISH` or `CANCEL`; empty for anything else."""
    content: bytes


@dataclass(frozen=True)
class Composed:
    """A mail, ready to be sent: both parts say the same."""

    subject: str
    """One line, without a name or a kind that a lock screen should not show."""
    text: str
    html: str
    language: str
    attachments: tuple[Attachment, ...] = ()


# --- what mails are about


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One small thing between neighbours, as it may be told to who is asked: nothing says whose it is."""

    opening: Opening
    kind: str | None = None
    """Of the policy's list."""
    words: str | None = None
    when: When = field(default_factory=When)
    often: Often = "once"


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """A gathering."""

    gathering_id: UUID
    version: int
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    bring: str | None = None
    host: str | None = None
    """Who welcomes people; null: the worker."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What every mail has: the page where it is acted upon."""

    kind: ClassVar[str] = ""
    url: str

    def __init_subclass__(cls, kind: str = "") -> None:
        if kind:
            cls.kind = kind
            KINDS[kind] = cls


@dataclass(frozen=True, kw_only=True)
class AboutThing(Mail):
    thing: Thing


@dataclass(frozen=True, kw_only=True)
class AboutAgreement(AboutThing):
    """Both sides have agreed: `others` is the first place where a name stands."""

    exchange_id: UUID
    version: int
    others: tuple[Neighbour, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AboutMeeting(Mail):
    meeting: Meeting


# --- to participants: what exchange says comes next (`NextStep`)


@dataclass(frozen=True, kw_only=True)
class Received(AboutThing, kind="received"):
    """A half question: the worker alone sees it."""


@dataclass(frozen=True, kw_only=True)
class WithWorker(AboutThing, kind="with-worker"):
    """It is more than neighbours are asked, or the worker looks first. Not cut, not refused."""


@dataclass(frozen=True, kw_only=True)
class Looking(AboutThing, kind="looking"):
    """Neighbours are asked, one by one."""


@dataclass(frozen=True, kw_only=True)
class Invited(AboutThing, kind="invited"):
    """The question to one neighbour. Answers: `choice=yes`, `not-now`, `no`, `never`."""

    answer_by: datetime | None
    own_wish: bool = False
    """It is their own wish that someone can fulfil."""
    pleasure: Enjoyment | None = None
    """What the other side enjoys in it."""
    minutes_on_foot: int | None = None


@dataclass(frozen=True, kw_only=True)
class InvitedAgain(Invited, kind="invited-again"):
    """After a "not now": once, and never again."""


@dataclass(frozen=True, kw_only=True)
class Waiting(AboutThing, kind="waiting"):
    """They said yes; the other side looks."""


@dataclass(frozen=True, kw_only=True)
class Arranged(AboutThing, kind="arranged"):
    """Others said yes."""


@dataclass(frozen=True, kw_only=True)
class TakenBack(AboutThing, kind="taken-back"):
    """It is no longer asked."""


@dataclass(frozen=True, kw_only=True)
class Found(AboutThing, kind="found"):
    """Neighbours said yes; the side that opened it looks. Answers: `choice=yes`, `not-this-time`, `not-now`."""

    people: int = 1
    pleasures: tuple[Enjoyment, ...] = ()
    decide_by: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class NotThisTime(AboutThing, kind="not-this-time"):
    """They said yes, and this time it is not taken up."""


@dataclass(frozen=True, kw_only=True)
class Resting(AboutThing, kind="resting"):
    """Not now, said the one who opened it: it comes back once."""

    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class Agreed(AboutAgreement, kind="agreed"):
    """Both agreed: names, contacts, a calendar file when the moment is known."""


@dataclass(frozen=True, kw_only=True)
class MomentChanged(AboutAgreement, kind="moment-changed"):
    """Another moment; `choice=cancel` when it doesn't suit."""


@dataclass(frozen=True, kw_only=True)
class Cancelled(AboutAgreement, kind="cancelled"):
    """It doesn't go on. Who cancelled and why is not told."""

    then: Literal["ended", "sought", "with-others"] = "ended"
    """For the side that opened it: someone else is sought, or it goes on with the others."""


@dataclass(frozen=True, kw_only=True)
class NobodyYet(AboutThing, kind="nobody-yet"):
    """Nobody yet; the worker thinks along. Answers: `choice=change`, `hand-over`, `withdraw`."""


@dataclass(frozen=True, kw_only=True)
class Ended(AboutThing, kind="ended"):
    """Its time is over. `theirs`: they opened it; else they were asked."""

    theirs: bool = True


@dataclass(frozen=True, kw_only=True)
class HowWasIt(AboutThing, kind="how-was-it"):
    """One tap: `choice=good`, `fine`, `not-good`, `did-not-happen`."""

    others: tuple[Neighbour, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Thanked(AboutThing, kind="thanked"):
    """A word of thanks."""

    name: str
    """Who says it."""
    thanks: str


@dataclass(frozen=True, kw_only=True)
class GatheringInvited(AboutMeeting, kind="gathering-invited"):
    """Answers: `choice=yes`, `choice=no`."""

    answer_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class GatheringChanged(AboutMeeting, kind="gathering-changed"):
    """Another time, place or wording."""


@dataclass(frozen=True, kw_only=True)
class GatheringCancelled(AboutMeeting, kind="gathering-cancelled"):
    """It doesn't take place."""


@dataclass(frozen=True, kw_only=True)
class Introduced(Mail, kind="introduced"):
    """The worker brought two people together."""

    name: str
    """Whom they met."""


# --- to participants: the rest


@dataclass(frozen=True, kw_only=True)
class Welcome(Mail, kind="welcome"):
    """To a newcomer."""

    visit_within_days: int | None
    """Null: their worker has been."""


@dataclass(frozen=True, kw_only=True)
class MandateGiven(Mail, kind="mandate-given"):
    """Another may answer for them."""

    name: str
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class MandateHeld(Mail, kind="mandate-held"):
    """They may answer for another."""

    name: str
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class NewLink(Mail, kind="new-link"):
    """They asked for a new link."""

    days: int


@dataclass(frozen=True, kw_only=True)
class CircleAsked(Mail, kind="circle-asked"):
    """Someone asks whether they two can fall back on each other. Answers: `choice=yes`, `choice=no`."""

    name: str


@dataclass(frozen=True, kw_only=True)
class CircleAgreed(Mail, kind="circle-agreed"):
    name: str


@dataclass(frozen=True, kw_only=True)
class ReferralConsent(Mail, kind="referral-consent"):
    """What they agreed to; `url` withdraws it. Of the service only that there is one: its name can be health."""

    fields: tuple[ReferralField, ...]
    until: date


@dataclass(frozen=True, kw_only=True)
class ReferralEnded(Mail, kind="referral-ended"):
    """Access has ended; the next gathering is a way on."""

    next_meeting: Meeting | None = None


# --- to workers


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


# --- to a service's contact person: nothing of the person


@dataclass(frozen=True, kw_only=True)
class ToService(Mail):
    service: str
    """Its own name."""


@dataclass(frozen=True, kw_only=True)
class ReferralAsked(ToService, kind="referral-asked"):
    """Answers: `choice=accept`, `choice=reject`."""

    remind_after_working_days: int = 2


@dataclass(frozen=True, kw_only=True)
class ReferralReminder(ToService, kind="referral-reminder"):
    requested_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReferralWithdrawn(ToService, kind="referral-withdrawn"):
    """It doesn't go on; what was noted of it has to go."""

    requested_at: datetime


@dataclass(frozen=True, kw_only=True)
class AccessEnded(ToService, kind="access-ended"):
    requested_at: datetime


# --- to the municipality, and to who sets it up


@dataclass(frozen=True, kw_only=True)
class NeighbourhoodFigures:
    """Counts of one neighbourhood; null: fewer than five people, or it would show them."""

    name: str
    participants: int | None = None
    with_circle: int | None = None
    newcomers: int | None = None
    visited_in_time: int | None = None
    opened: int | None = None
    agreed: int | None = None
    days_to_yes: float | None = None
    people_in_exchanges: int | None = None
    people_who_gave_a_turn: int | None = None
    gatherings: int | None = None
    people_at_gatherings: int | None = None
    referred: int | None = None
    answered: int | None = None
    working_days_to_answer: int | None = None
    unreachable: int | None = None
    still_open: int | None = None
    outcomes: dict[ReferralOutcome, int | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class MonthlyFigures(Mail, kind="figures"):
    month: date
    """Its first day."""
    neighbourhoods: tuple[NeighbourhoodFigures, ...]
    smallest: int = 5


@dataclass(frozen=True, kw_only=True)
class Test(Mail, kind="test"):
    """That mail arrives at all."""

    sent_at: datetime
