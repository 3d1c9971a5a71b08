"""Who may answer for someone, and to what someone consents (other than to a referral): given, running out, ended."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.envelope import Command, Contract, Event, Query, State
from shared.contracts.profiles.participants import Limit, OnWordOf
from shared.contracts.types import (
    Moment,
    NeighbourhoodId,
    OrganisationId,
    ParticipantId,
    Token,
    Version,
)

_MARIA = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f"
_JEF = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e61"
_THING = "019432b0-0a10-7c00-8000-1f2e3d4c5b6a"

# --- mandates

MandateEnding = Literal["ended", "run-out", "left"]


class MandateRef(Contract):
    """A mandate, as answer to a command about it."""

    mandate_id: UUID
    participant_id: ParticipantId


class GiveMandate(Command, type="profiles.mandate.give.v1", result=MandateRef):
    """Someone may answer for this person. By the person or a worker, never by the one who gets it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "participant_id": _MARIA,
        "holder_id": _JEF,
        "on_word_of": "participant",
        "until": "2027-05-01T00:00:00+02:00",
    }
    participant_id: ParticipantId
    """For whom."""
    holder_id: ParticipantId
    """Who may answer: a participant like any other."""
    on_word_of: OnWordOf
    until: Moment | None = None
    """Null: until one of them ends it."""


class EndMandate(Command, type="profiles.mandate.end.v1", result=MandateRef):
    """End a mandate, at any time: by the person, by the holder, or by a worker."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA, "mandate_id": _THING}
    participant_id: ParticipantId
    """For whom it was given."""
    mandate_id: UUID


class Mandate(Contract):
    """That someone may, or could once, answer for someone else."""

    mandate_id: UUID
    participant_id: ParticipantId
    holder_id: ParticipantId
    on_word_of: OnWordOf
    recorded_by: str
    """`worker:<id>`, `participant:<id>` or `operator`."""
    given_at: Moment
    until: Moment | None
    ended_at: Moment | None
    ending: MandateEnding | None


class MandatePage(Contract):
    """A page of mandates, the oldest first."""

    mandates: list[Mandate]
    next: UUID | None
    """Give it as `after` to read on; null on the last page."""


class ListMandates(Query, type="profiles.mandate.list.v1", result=MandatePage):
    """Mandates for and of a person, those that ended too."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA}
    participant_id: ParticipantId
    after: UUID | None = None
    limit: Limit = 50


class MandateGiven(Event, type="profiles.mandate.given.v1"):
    """Someone may answer for someone else from now on."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "mandate_id": _THING,
        "participant_id": _MARIA,
        "holder_id": _JEF,
        "neighbourhood_id": "brugse-poort",
    }
    neighbourhood_id: NeighbourhoodId
    mandate_id: UUID
    participant_id: ParticipantId
    holder_id: ParticipantId


class MandateEnded(Event, type="profiles.mandate.ended.v1"):
    """Someone no longer answers for someone else."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "mandate_id": _THING,
        "participant_id": _MARIA,
        "holder_id": _JEF,
        "neighbourhood_id": "brugse-poort",
    }
    neighbourhood_id: NeighbourhoodId
    mandate_id: UUID
    participant_id: ParticipantId
    holder_id: ParticipantId


class MandateDue(Event, type="profiles.mandate.due.v1"):
    """A timer: this mandate may have run out."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "mandate_id": _THING,
        "participant_id": _MARIA,
        "neighbourhood_id": "brugse-poort",
    }
    neighbourhood_id: NeighbourhoodId
    mandate_id: UUID
    participant_id: ParticipantId


# --- consents other than for referrals

ConsentField = Literal["name", "languages", "reach", "talents", "wishes", "availability"]
Recorded = Literal["spoken", "phone", "written", "online"]
ConsentEnding = Literal["withdrawn", "run-out", "left"]


class ConsentRef(Contract):
    """A consent, as answer to a command about it."""

    consent_id: UUID
    participant_id: ParticipantId


class GiveConsent(Command, type="profiles.consent.give.v1", result=ConsentRef):
    """Record that someone agrees that one organisation sees some fields, for one purpose, until a day.

    A partner can't record it: the person or a worker does. Consents for referrals belong to signals.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "participant_id": _MARIA,
        "purpose": "newsletter",
        "fields": ["name", "reach"],
        "organisation_id": "ldc-de-horizon",
        "how": "spoken",
        "until": "2027-05-01T00:00:00+02:00",
    }
    participant_id: ParticipantId
    purpose: Token
    """What it is for, in a word or two: `newsletter`, `ask-on-behalf`."""
    fields: Annotated[list[ConsentField], Field(min_length=1, max_length=6)]
    """What the organisation may see."""
    organisation_id: OrganisationId
    how: Recorded
    """How the person said so."""
    until: Moment


class WithdrawConsent(Command, type="profiles.consent.withdraw.v1", result=ConsentRef):
    """Withdraw a consent, at any time, without a reason: access ends in the same transaction."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA, "consent_id": _THING}
    participant_id: ParticipantId
    consent_id: UUID


class Consent(Contract):
    """A consent, running or ended."""

    consent_id: UUID
    participant_id: ParticipantId
    purpose: Token
    fields: list[ConsentField]
    organisation_id: OrganisationId
    how: Recorded
    recorded_by: str
    """`worker:<id>`, `participant:<id>` or `operator`."""
    given_at: Moment
    until: Moment
    ended_at: Moment | None
    ending: ConsentEnding | None


class ConsentPage(Contract):
    """A page of consents, the oldest first."""

    consents: list[Consent]
    next: UUID | None
    """Give it as `after` to read on; null on the last page."""


class ListConsents(Query, type="profiles.consent.list.v1", result=ConsentPage):
    """Consents of a person, those that ended too."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA}
    participant_id: ParticipantId
    after: UUID | None = None
    limit: Limit = 50


class RunningConsent(Contract):
    """A consent as far as others need it."""

    consent_id: UUID
    purpose: Token
    fields: list[ConsentField]
    organisation_id: OrganisationId
    until: Moment


class ConsentsKept(State, type="profiles.consents.kept.v1"):
    """The consents of a person that run. Compare `until` with the present moment."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "participant_id": _MARIA,
        "version": 4,
        "running": [
            {
                "consent_id": _THING,
                "purpose": "newsletter",
                "fields": ["name", "reach"],
                "organisation_id": "ldc-de-horizon",
                "until": "2027-05-01T00:00:00+02:00",
            }
        ],
    }
    participant_id: ParticipantId
    version: Version
    running: list[RunningConsent] = []

    @property
    def key(self) -> str:
        return str(self.participant_id)


class ConsentGiven(Event, type="profiles.consent.given.v1"):
    """Someone consented to something."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "consent_id": _THING,
        "participant_id": _MARIA,
        "neighbourhood_id": "brugse-poort",
    }
    neighbourhood_id: NeighbourhoodId
    consent_id: UUID
    participant_id: ParticipantId


class ConsentEnded(Event, type="profiles.consent.ended.v1"):
    """A consent was withdrawn, ran out, or ended because the person left."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "consent_id": _THING,
        "participant_id": _MARIA,
        "neighbourhood_id": "brugse-poort",
        "ending": "withdrawn",
    }
    neighbourhood_id: NeighbourhoodId
    consent_id: UUID
    participant_id: ParticipantId
    ending: ConsentEnding


class ConsentDue(Event, type="profiles.consent.due.v1"):
    """A timer: this consent may have run out."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "consent_id": _THING,
        "participant_id": _MARIA,
        "neighbourhood_id": "brugse-poort",
    }
    neighbourhood_id: NeighbourhoodId
    consent_id: UUID
    participant_id: ParticipantId


class Fetch(Contract):
    """That someone outside the network's own services saw details of a person."""

    at: Moment
    by: str
    """`partner:<id>`, or `worker:<id>` for a letter's address."""
    organisation_id: OrganisationId | None
    consent_ids: list[UUID]
    """The consents that allowed it."""
    fields: list[str]


class FetchPage(Contract):
    """A page of fetches, the oldest first."""

    fetches: list[Fetch]
    next: UUID | None
    """Give it as `after` to read on; null on the last page."""


class ListFetches(Query, type="profiles.fetch.list.v1", result=FetchPage):
    """Who has fetched details of this person, and when."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA}
    participant_id: ParticipantId
    after: UUID | None = None
    limit: Limit = 50


__all__ = [
    "Consent",
    "ConsentDue",
    "ConsentEnded",
    "ConsentEnding",
    "ConsentField",
    "ConsentGiven",
    "ConsentPage",
    "ConsentRef",
    "ConsentsKept",
    "EndMandate",
    "Fetch",
    "FetchPage",
    "GiveConsent",
    "GiveMandate",
    "ListConsents",
    "ListFetches",
    "ListMandates",
    "Mandate",
    "MandateDue",
    "MandateEnded",
    "MandateEnding",
    "MandateGiven",
    "MandatePage",
    "MandateRef",
    "Recorded",
    "RunningConsent",
    "WithdrawConsent",
]
