"""Referrals: a person guided to a service or an association, with their consent, followed until its end is known.

States, and who may set them, follow the referral task of HL7 SDOH Clinical Care
(https://hl7.org/fhir/us/sdoh-clinicalcare).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.envelope import Command, Confidence, Contract, Letter, Query
from shared.contracts.profiles.mandates import Recorded
from shared.contracts.profiles.participants import Address, Languages, Limit, OnWordOf, Reach
from shared.contracts.profiles.places import Month
from shared.contracts.signals.directory import DirectoryId
from shared.contracts.types import Moment, Name, NeighbourhoodId, Note, ParticipantId, Token, Version, WorkerId

ReferralState = Literal[
    "draft", "requested", "accepted", "rejected", "in-progress", "on-hold", "completed", "failed", "cancelled",
    "entered-in-error",
]  # fmt: skip
ReferralReason = Literal[
    "no-capacity", "waiting-list", "not-eligible", "other-service-fits-better", "could-not-reach",
    "declined-by-person", "found-another-way", "waits-for-person", "waits-for-documents", "moved-away",
    "consent-withdrawn", "consent-ran-out", "no-answer", "person-left", "service-ended", "other",
]  # fmt: skip
"""Goes with rejected, cancelled, on-hold and failed. A choice from a list: more is said by phone."""
ReferralOutcome = Literal[
    "helped", "declined-by-person", "could-not-be-reached", "not-eligible", "no-capacity", "other",
]  # fmt: skip
"""Goes with the end. Whoever completes, rejects or fails says it; of what is cancelled it follows from the reason."""
NotHelped = Literal["declined-by-person", "could-not-be-reached", "not-eligible", "no-capacity", "other"]
"""How something ends that came to nothing."""
ReferralField = Literal["name", "reach", "address", "languages", "question"]
"""What a service may see of a person. `question`: what they would like, in the words agreed with them."""
ReferralFields = Annotated[list[ReferralField], Field(min_length=1, max_length=5)]
FollowsAs = Literal["retry", "forward"]
"""A new referral after another: `retry` to the same service, `forward` to another one."""

_MARTINE = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f"
_SIGNAL = "019a5e00-0a10-7c00-8000-1f2e3d4c5b6a"
_REFERRAL = "019a5e00-0a10-7c00-8000-1f2e3d4c5b8a"
_CONSENT = "019a5e00-0a10-7c00-8000-1f2e3d4c5b9a"
_MARIE = "019a1b2c-0000-7000-8000-000000000001"
_SERVICE = "ac148810-d857-441c-9679-408f346de14b"
_REF: dict[str, Any] = {"referral_id": _REFERRAL}


class ReferralRef(Contract):
    """A referral, as answer to a command about it."""

    referral_id: UUID
    version: Version
    state: ReferralState


# --- by the worker


class DraftReferral(Command, type="signals.referral.draft.v1", result=ReferralRef):
    """By a worker: begin a referral. Nobody outside learns of it before it is requested."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "participant_id": _MARTINE,
        "service_id": _SERVICE,
        "signal_id": _SIGNAL,
        "kind": "household",
    }
    participant_id: ParticipantId
    service_id: DirectoryId
    """From the directory."""
    kind: Token
    """What it is about, from the policy's list of kinds of signals; for figures, and never told to the service."""
    signal_id: UUID | None = None
    """The signal that it came of."""
    previous_id: UUID | None = None
    """The referral that it comes after."""
    follows_as: FollowsAs | None = None
    """With `previous_id`, and only then: as what."""

    @model_validator(mode="after")
    def _says_as_what(self) -> Self:
        if (self.previous_id is None) != (self.follows_as is None):
            raise ValueError("previous_id goes with follows_as, `retry` or `forward`: give both, or neither")
        return self


class WriteDetails(Confidence, type="signals.referral.write-details.v1", result=ReferralRef):
    """By a worker: what the service gets to know of the person, as it was gone through with them. All of it at once.

    Kept encrypted, with this referral alone. The service sees the fields that the consent names, and no others.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        **_REF,
        "name": "Martine De Smet",
        "reach": {"by": "phone", "phone": "+32 470 12 34 56"},
        "languages": ["nl"],
        "question": "Zoekt iemand die twee keer per maand komt poetsen.",
    }
    referral_id: UUID
    name: Name | None = None
    reach: Reach | None = None
    address: Address | None = None
    languages: Languages = []
    question: Note | None = None


class ReferralConsentRef(Contract):
    """A consent to a referral, as answer to a command about it."""

    consent_id: UUID
    referral_id: UUID


class GiveReferralConsent(Command, type="signals.consent.give.v1", result=ReferralConsentRef):
    """Record that the person agrees that this one service sees these fields, until a day.

    By a worker, the person, or who holds their mandate. Given again it replaces what was given before: to renew it, or
    to show less or more.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        **_REF,
        "fields": ["name", "reach", "question"],
        "until": "2026-08-01T00:00:00+02:00",
        "how": "spoken",
        "on_word_of": "participant",
    }
    referral_id: UUID
    fields: ReferralFields
    until: Moment | None = None
    """Null: as long as the policy says."""
    how: Recorded
    on_word_of: OnWordOf = "participant"
    """Whose word it is, when a worker records it."""


class WithdrawReferralConsent(Command, type="signals.consent.withdraw.v1", result=ReferralConsentRef):
    """By the person, by who holds their mandate, or recorded by a worker: at any time, without a reason.

    Access ends and the referral is cancelled, in the same moment.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = _REF
    referral_id: UUID


class RequestReferral(Command, type="signals.referral.request.v1", result=ReferralRef):
    """By a worker: put it before the service. Needs a running consent, and details in all fields that it names."""

    EXAMPLE: ClassVar[dict[str, Any]] = _REF
    referral_id: UUID


class KeepOpen(Command, type="signals.referral.keep-open.v1", result=ReferralRef):
    """By a worker: it may stay unanswered until that moment; then it is asked again. What else: cancel it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**_REF, "until": "2026-06-30T09:00:00+02:00"}
    referral_id: UUID
    until: Moment


class CancelReferral(Command, type="signals.referral.cancel.v1", result=ReferralRef, partners=True):
    """By a worker, the service, or the person: it doesn't go on."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**_REF, "reason": "found-another-way"}
    referral_id: UUID
    reason: ReferralReason


class MarkInError(Command, type="signals.referral.mark-in-error.v1", result=ReferralRef):
    """By a worker: it should never have been made. The service is told to forget it."""

    EXAMPLE: ClassVar[dict[str, Any]] = _REF
    referral_id: UUID


# --- by the service: as a partner, or its contact person through the link in a mail. Of a service that is no partner a
# worker can record what it said by phone: it stands as the service's answer, recorded by them.


class SeeReferral(Command, type="signals.referral.see.v1", result=ReferralRef, partners=True):
    """The service has seen it. Only the first time is kept, and nothing else changes."""

    EXAMPLE: ClassVar[dict[str, Any]] = _REF
    referral_id: UUID


class AcceptReferral(Command, type="signals.referral.accept.v1", result=ReferralRef, partners=True):
    """The service takes it on."""

    EXAMPLE: ClassVar[dict[str, Any]] = _REF
    referral_id: UUID


class RejectReferral(Command, type="signals.referral.reject.v1", result=ReferralRef, partners=True):
    """The service can't take it on, and why."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**_REF, "reason": "no-capacity", "outcome": "no-capacity"}
    referral_id: UUID
    reason: ReferralReason
    outcome: NotHelped


class StartReferral(Command, type="signals.referral.start.v1", result=ReferralRef, partners=True):
    """The service has begun, or goes on after a pause."""

    EXAMPLE: ClassVar[dict[str, Any]] = _REF
    referral_id: UUID


class HoldReferral(Command, type="signals.referral.hold.v1", result=ReferralRef, partners=True):
    """It waits, and why."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**_REF, "reason": "waits-for-person"}
    referral_id: UUID
    reason: ReferralReason


class CompleteReferral(Command, type="signals.referral.complete.v1", result=ReferralRef, partners=True):
    """It has come to its end, and how."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**_REF, "outcome": "helped"}
    referral_id: UUID
    outcome: ReferralOutcome


class FailReferral(Command, type="signals.referral.fail.v1", result=ReferralRef, partners=True):
    """It came to nothing: why, and how it ended."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**_REF, "reason": "could-not-reach", "outcome": "could-not-be-reached"}
    referral_id: UUID
    reason: ReferralReason
    outcome: NotHelped


class ReferralDetails(Contract):
    """What the service may see of the person: the fields that the consent names; the rest is null."""

    referral_id: UUID
    service_id: DirectoryId
    state: ReferralState
    until: Moment
    """When access ends, and what was noted of it has to go."""
    fields: list[ReferralField]
    name: str | None
    reach: Reach | None
    address: str | None
    languages: Languages | None
    question: str | None


class FetchDetails(Query, type="signals.details.fetch.v1", result=ReferralDetails, partners=True):
    """The details of a referral, for its service alone, while a consent names it. Each fetch is recorded.

    What isn't yours answers in the words for what does not exist.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = _REF
    referral_id: UUID


# --- looking


class ReferralConsent(Contract):
    """What the person agreed to, running or ended."""

    consent_id: UUID
    fields: list[ReferralField]
    until: Moment
    how: Recorded
    on_word_of: OnWordOf
    recorded_by: str
    given_at: Moment
    ended_at: Moment | None
    ending: Literal["withdrawn", "run-out", "replaced", "referral-ended"] | None


class ReferralStep(Contract):
    """One thing that happened to a referral."""

    at: Moment
    by: str
    """`worker:<id>`, `partner:<id>`, `contact:<referral id>`, `participant:<id>`, `operator` or `system`. A worker who
    accepts, rejects, starts, holds, completes or fails has recorded what the service said."""
    what: Literal[
        "drafted", "details-written", "consented", "requested", "seen", "reminded", "worker-told", "kept-open", "moved",
        "consent-ended",
    ]  # fmt: skip
    state: ReferralState | None = None
    """For `moved`: where to."""
    reason: ReferralReason | None = None
    outcome: ReferralOutcome | None = None


class ReferralSummary(Contract):
    """One line of a list."""

    referral_id: UUID
    version: Version
    participant_id: ParticipantId
    neighbourhood_id: NeighbourhoodId
    service_id: DirectoryId
    service_name: str
    organisation_name: str
    kind: Token | None
    """What it is about; null for the person, to whom it isn't put in such a word."""
    state: ReferralState
    reason: ReferralReason | None
    outcome: ReferralOutcome | None
    worker_id: WorkerId | None
    """Whose it is."""
    decide_by: Moment | None
    """When the worker has to have said that it stays open; null when nothing waits for that."""
    drafted_at: Moment
    requested_at: Moment | None
    answered_at: Moment | None
    ended_at: Moment | None


class Referral(ReferralSummary):
    """A referral, for workers and, without its steps, kind and signal, for the person."""

    signal_id: UUID | None
    previous_id: UUID | None
    follows_as: FollowsAs | None
    following_ids: list[UUID]
    """The referrals that came after it."""
    seen_at: Moment | None
    """When the service first saw it."""
    by_partner: bool
    """Whether the service answers by events; else by the link in a mail."""
    consent: ReferralConsent | None
    """The last one."""
    has_details: list[ReferralField]
    """Which details are filled in; what they say is never shown here."""
    steps: list[ReferralStep]


class ShowReferral(Query, type="signals.referral.show.v1", result=Referral):
    """One referral: for workers, and for the person it is about."""

    EXAMPLE: ClassVar[dict[str, Any]] = _REF
    referral_id: UUID


class ReferralPage(Contract):
    """A page of referrals, the latest first."""

    referrals: list[ReferralSummary]
    next: UUID | None
    """Give it as `after` to read on; null on the last page."""


class ListReferrals(Query, type="signals.referral.list.v1", result=ReferralPage):
    """Referrals, for workers and operators; a person lists their own by naming themselves."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort", "open_only": True}
    neighbourhood_id: NeighbourhoodId | None = None
    participant_id: ParticipantId | None = None
    worker_id: WorkerId | None = None
    signal_id: UUID | None = None
    state: ReferralState | None = None
    open_only: bool = False
    after: UUID | None = None
    limit: Limit = 50


class PartnerReferral(Contract):
    """A referral as its service sees it: how it stands, and nothing of the person."""

    referral_id: UUID
    service_id: DirectoryId
    service_name: str
    organisation_name: str
    neighbourhood_id: NeighbourhoodId
    state: ReferralState
    can: list[Literal["accept", "reject", "start", "hold", "complete", "fail", "cancel"]]
    """What the service can do with it now."""
    worker_id: WorkerId | None
    """Who made it, and can be asked."""
    requested_at: Moment
    details_until: Moment | None
    """Until when its details can be fetched; null: no longer."""


class LookAtReferral(Query, type="signals.referral.look.v1", result=PartnerReferral, partners=True):
    """How a referral to one's own service stands; for the partner, or the contact person. It records nothing."""

    EXAMPLE: ClassVar[dict[str, Any]] = _REF
    referral_id: UUID


class ServiceContact(Contract):
    """Where a service that is no partner is written to."""

    referral_id: UUID
    service_name: str
    organisation_name: str
    email: str | None
    phone: str | None
    language: str | None


class ShowServiceContact(Query, type="signals.contact.show.v1", result=ServiceContact):
    """For who sends its mail (an operator's question): to whom a referral is written. Nothing of the person."""

    EXAMPLE: ClassVar[dict[str, Any]] = _REF
    referral_id: UUID


# --- what a partner is told


class ReferralTold(Letter, type="signals.referral.told.v1"):
    """A referral to a partner's own service, or what became of it. Content is fetched, while the consent lasts."""

    KIND: ClassVar[str] = "referral"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "referral_id": _REFERRAL,
        "service_id": _SERVICE,
        "verb": "requested",
        "at": "2026-05-04T09:30:00+02:00",
    }
    referral_id: UUID
    service_id: str
    verb: Literal["requested", "reminded", "cancelled", "entered-in-error", "access-ended", "access-renewed"]
    """`access-ended`: what was fetched has to go."""
    at: Moment


# --- figures


class ReferralCount(Contract):
    """People who were referred in a month, of one kind and one outcome: by their last referral of that month."""

    kind: Token
    outcome: ReferralOutcome | Literal["open"]
    people: int


class ReferralMonth(Contract):
    """Counts of what was requested in one month in one neighbourhood, made once when it had its time.

    A count is null, or not among `counts`, when it, or what can be worked out from it, would be fewer than five people.
    """

    neighbourhood_id: NeighbourhoodId
    month: Month
    requested: int | None
    """People who were referred."""
    answered: int | None
    """Of those, how many got an answer of the service."""
    working_days_to_answer: int | None
    """The median, in working days; null when fewer than five were answered."""
    unreachable: int | None
    """Of those, how many could not be reached."""
    still_open: int | None
    counts: list[ReferralCount]


class SignalsFigures(Contract):
    """Figures of referrals, by month."""

    months: list[ReferralMonth]


class ShowSignalsFigures(Query, type="signals.figures.show.v1", result=SignalsFigures, partners=True):
    """What signals can tell those who fund the work: counts of months that are over, never one person."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort", "since": "2026-01", "until": "2026-06"}
    neighbourhood_id: NeighbourhoodId
    since: Month | None = None
    """Null: a year back."""
    until: Month | None = None
    """Null: the last month that has figures."""


__all__ = [
    "AcceptReferral",
    "CancelReferral",
    "CompleteReferral",
    "DraftReferral",
    "FailReferral",
    "FetchDetails",
    "FollowsAs",
    "GiveReferralConsent",
    "HoldReferral",
    "KeepOpen",
    "ListReferrals",
    "LookAtReferral",
    "MarkInError",
    "NotHelped",
    "PartnerReferral",
    "Referral",
    "ReferralConsent",
    "ReferralConsentRef",
    "ReferralCount",
    "ReferralDetails",
    "ReferralField",
    "ReferralMonth",
    "ReferralOutcome",
    "ReferralPage",
    "ReferralReason",
    "ReferralRef",
    "ReferralState",
    "ReferralStep",
    "ReferralSummary",
    "ReferralTold",
    "RejectReferral",
    "RequestReferral",
    "SeeReferral",
    "ServiceContact",
    "ShowReferral",
    "ShowServiceContact",
    "ShowSignalsFigures",
    "SignalsFigures",
    "StartReferral",
    "WithdrawReferralConsent",
    "WriteDetails",
]
