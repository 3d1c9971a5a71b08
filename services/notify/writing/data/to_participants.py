"""Mails to participants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.notify.writing.data.parts import AboutAgreement, AboutMeeting, AboutThing, Mail, Meeting, Neighbour
from shared.contracts.profiles import Enjoyment
from shared.contracts.signals import ReferralField

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


__all__ = [
    "Agreed",
    "Arranged",
    "Cancelled",
    "CircleAgreed",
    "CircleAsked",
    "Ended",
    "Found",
    "GatheringCancelled",
    "GatheringChanged",
    "GatheringInvited",
    "HowWasIt",
    "Introduced",
    "Invited",
    "InvitedAgain",
    "Looking",
    "MandateGiven",
    "MandateHeld",
    "MomentChanged",
    "NewLink",
    "NobodyYet",
    "NotThisTime",
    "Received",
    "ReferralConsent",
    "ReferralEnded",
    "Resting",
    "TakenBack",
    "Thanked",
    "Waiting",
    "Welcome",
    "WithWorker",
]
