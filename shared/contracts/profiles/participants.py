"""Participants: anyone in the network. There is one kind, and no field for a problem."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from shared.contracts.envelope import Command, Contract, Query
from shared.contracts.types import (
    Cell,
    Email,
    Language,
    Moment,
    Name,
    NeighbourhoodId,
    OrganisationId,
    ParticipantId,
    Phone,
    Text,
    Token,
    Version,
    Weekday,
    Words,
)

Status = Literal["active", "paused", "left"]
OnWordOf = Literal["participant", "relative", "worker", "organisation"]
DayPart = Literal["morning", "afternoon", "evening"]
Way = Literal["email", "phone", "letter", "organisation"]
DoubleBy = Literal["name", "email", "phone"]
Clearable = Literal["home", "address", "ceiling", "quiet_hours"]

FewWords = Annotated[Words, StringConstraints(max_length=140)]
Reference = Annotated[Name, StringConstraints(max_length=100)]
Ceiling = Annotated[int, Field(ge=0, le=100)]
Limit = Annotated[int, Field(ge=1, le=100)]

_MARIA = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f"
_SAME_MARIA = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e60"


def _minutes(value: time) -> time:
    if value.tzinfo is not None or value.second or value.microsecond:
        raise ValueError("must be a time of day in minutes without a zone, such as 21:30")
    return value


ClockTime = Annotated[time, AfterValidator(_minutes)]


class Enjoyment(Contract):
    """One talent (what someone enjoys giving) or one wish (what someone would enjoy): both have the same shape."""

    kind: Token | None = None
    """From the policy's list of small help; null when only words say it."""
    words: FewWords | None = None
    """In their own words."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.kind is None and self.words is None:
            raise ValueError("needs a kind from the list, words, or both")
        return self


Enjoyments = Annotated[list[Enjoyment], Field(max_length=20)]


class Slot(Contract):
    """A part of a day on which someone is usually free."""

    weekday: Weekday
    part: DayPart


Availability = Annotated[list[Slot], Field(max_length=21)]


class QuietHours(Contract):
    """From when until when nobody is to be disturbed, in the neighbourhood's own time; may run past midnight."""

    start: ClockTime
    end: ClockTime

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.start == self.end:
            raise ValueError("starts and ends at the same time: choose two different times")
        return self


class Reach(Contract):
    """How someone is reached. Letters are brought or posted: their address stays in profiles."""

    by: Way
    """The way they prefer; `phone` is a call by the worker, `letter` also stands for a knock on the door."""
    email: Email | None = None
    phone: Phone | None = None
    organisation_id: OrganisationId | None = None
    """The organisation that passes messages on."""

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        needed = {"email": self.email, "phone": self.phone, "organisation": self.organisation_id, "letter": "."}
        if not needed[self.by]:
            field = "organisation_id" if self.by == "organisation" else self.by
            raise ValueError(f"prefers {self.by} but gives none: fill in {field} or choose another way")
        return self


class Home(Contract):
    """Where someone lives: a point, of which only the H3 cell of about 170 m is kept, or that cell."""

    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    cell: Cell | None = None

    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        point = (self.lat is not None) + (self.lon is not None)
        if (point, self.cell is not None) not in ((2, False), (0, True)):
            raise ValueError("needs either lat and lon, or cell")
        return self


Languages = Annotated[list[Language], Field(max_length=10)]
Address = Annotated[Text, StringConstraints(max_length=300)]

# --- commands


class ParticipantRef(Contract):
    """A participant, as answer to a command about them."""

    participant_id: ParticipantId
    version: Version


_REF: dict[str, Any] = {"participant_id": _MARIA, "version": 3}


class RegisterParticipant(Command, type="profiles.participant.register.v1", result=ParticipantRef, partners=True):
    """Bring someone into the network, on their word. Who sent it is kept as the origin.

    With a `reference` that this sender used before, the person of then is answered and nothing changes. With another
    name it is refused: it is someone else's.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "name": "Maria Peeters",
        "neighbourhood_id": "brugse-poort",
        "on_word_of": "participant",
        "reference": "ldc-2231",
        "languages": ["nl"],
        "reach": {"by": "phone", "phone": "+32 470 12 34 56"},
        "home": {"lat": 51.0586, "lon": 3.7052},
        "talents": [{"kind": "meal", "words": "soep koken voor wie langskomt"}],
        "wishes": [{"kind": "company"}],
        "availability": [{"weekday": "tuesday", "part": "afternoon"}],
        "ceiling": 4,
        "quiet_hours": {"start": "20:00", "end": "09:00"},
    }
    name: Name
    neighbourhood_id: NeighbourhoodId
    on_word_of: OnWordOf
    """On whose word they are registered."""
    reference: Reference | None = None
    """The sender's own id for this person, unique for that sender."""
    languages: Languages = []
    """The language they prefer first; empty when not said: the neighbourhood's own."""
    reach: Reach = Reach(by="letter")
    home: Home | None = None
    address: Address | None = None
    """Postal address, for letters only; it stays in profiles."""
    talents: Enjoyments = []
    wishes: Enjoyments = []
    availability: Availability = []
    """Empty when not said."""
    ceiling: Ceiling | None = None
    """The most invitations they want in 30 days; null: the policy's."""
    quiet_hours: QuietHours | None = None
    """Null: the policy's."""


class ChangeParticipant(Command, type="profiles.participant.change.v1", result=ParticipantRef, partners=True):
    """Change what is given; null leaves as it is, an empty list empties, `clear` removes what has no empty value."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "participant_id": _MARIA,
        "wishes": [{"kind": "game"}, {"words": "nog eens naar zee"}],
        "clear": ["ceiling"],
    }
    participant_id: ParticipantId
    name: Name | None = None
    languages: Languages | None = None
    reach: Reach | None = None
    home: Home | None = None
    address: Address | None = None
    talents: Enjoyments | None = None
    wishes: Enjoyments | None = None
    availability: Availability | None = None
    ceiling: Ceiling | None = None
    quiet_hours: QuietHours | None = None
    clear: list[Clearable] = []

    @model_validator(mode="after")
    def _is_clear(self) -> Self:
        both = [name for name in self.clear if getattr(self, name) is not None]
        if both:
            raise ValueError(f"both fills in and clears {', '.join(both)}: choose one")
        return self


class PauseParticipant(Command, type="profiles.participant.pause.v1", result=ParticipantRef, partners=True):
    """Ask this person nothing for a while. They can pause at any time, without a reason."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA, "until": "2026-09-01T00:00:00+02:00"}
    participant_id: ParticipantId
    until: Moment | None = None
    """When they are back by themselves; null: when they say so."""


class ResumeParticipant(Command, type="profiles.participant.resume.v1", result=ParticipantRef, partners=True):
    """End a pause."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA}
    participant_id: ParticipantId


class LeaveNetwork(Command, type="profiles.participant.leave.v1", result=ParticipantRef, partners=True):
    """Leave at any time, without a reason: circles, mandates and consents end, nobody is told."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA}
    participant_id: ParticipantId


class ReturnToNetwork(Command, type="profiles.participant.return.v1", result=ParticipantRef, partners=True):
    """Come back after leaving, as long as the person hasn't been erased."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA}
    participant_id: ParticipantId


class MoveParticipant(Command, type="profiles.participant.move.v1", result=ParticipantRef, partners=True):
    """Move to another neighbourhood, where they are a newcomer to its worker."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA, "neighbourhood_id": "rabot"}
    participant_id: ParticipantId
    neighbourhood_id: NeighbourhoodId
    home: Home | None = None
    address: Address | None = None
    """The old home and address are forgotten, also when no new one is given."""


class TakeOutOfMatching(Command, type="profiles.participant.take-out-of-matching.v1", result=ParticipantRef):
    """By a worker: no questions between neighbours for this person, who stays in the network. No reason is kept."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA}
    participant_id: ParticipantId


class ReturnToMatching(Command, type="profiles.participant.return-to-matching.v1", result=ParticipantRef):
    """By a worker: this person takes part in matching again."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA}
    participant_id: ParticipantId


class MergeParticipants(Command, type="profiles.participant.merge.v1", result=ParticipantRef):
    """By a worker: two entries are the same person. One survives, what belongs to the other moves to it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"survivor_id": _MARIA, "double_id": _SAME_MARIA}
    survivor_id: ParticipantId
    double_id: ParticipantId
    """The entry that ends; it will point to the survivor."""


class DoubleRef(Contract):
    """A pair of entries."""

    first_id: ParticipantId
    second_id: ParticipantId


class DismissDouble(Command, type="profiles.double.dismiss.v1", result=DoubleRef):
    """By a worker: these are two people. The pair isn't shown again."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"first_id": _MARIA, "second_id": _SAME_MARIA}
    first_id: ParticipantId
    second_id: ParticipantId


# --- queries


class Origin(Contract):
    """How someone came into the network."""

    sender: str
    """`worker:<id>`, `partner:<id>`, `participant:<id>` or `operator`."""
    on_word_of: OnWordOf
    reference: str | None = None


class ParticipantDetails(Contract):
    """What profiles knows of someone; to a partner, only the fields that a consent names: the rest is null."""

    participant_id: ParticipantId
    version: Version
    name: str | None = None
    neighbourhood_id: NeighbourhoodId | None = None
    languages: Languages | None = None
    reach: Reach | None = None
    cell: Cell | None = None
    talents: Enjoyments | None = None
    wishes: Enjoyments | None = None
    availability: Availability | None = None
    ceiling: Ceiling | None = None
    quiet_hours: QuietHours | None = None
    status: Status | None = None
    paused_until: Moment | None = None
    out_of_matching: bool | None = None
    mandate_holder_ids: list[ParticipantId] | None = None
    origin: Origin | None = None
    registered_at: Moment | None = None
    visited_at: Moment | None = None
    """The first visit since they came to this neighbourhood; null: not yet."""


class ShowParticipant(Query, type="profiles.participant.show.v1", result=ParticipantDetails, partners=True):
    """One person. A partner needs a running consent that names its organisation; each fetch is logged."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA}
    participant_id: ParticipantId


class ParticipantSummary(Contract):
    """One line of a list."""

    participant_id: ParticipantId
    name: str
    neighbourhood_id: NeighbourhoodId
    status: Status
    paused_until: Moment | None
    out_of_matching: bool
    registered_at: Moment
    visited_at: Moment | None


class ParticipantPage(Contract):
    """A page of participants, by name."""

    participants: list[ParticipantSummary]
    next: str | None
    """Give it as `after` to read on; null on the last page."""


class ListParticipants(Query, type="profiles.participant.list.v1", result=ParticipantPage):
    """Participants, for workers and operators. Without `status` all but those who left."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort", "limit": 50}
    neighbourhood_id: NeighbourhoodId | None = None
    status: Status | None = None
    name: Name | None = None
    """Part of a name; accents and capitals don't matter."""
    not_yet_visited: bool = False
    after: Text | None = None
    limit: Limit = 50


class PossibleDouble(Contract):
    """Two entries that may be one person."""

    first: ParticipantSummary
    second: ParticipantSummary
    by: list[DoubleBy]
    """What is the same."""
    found_at: Moment


class DoublePage(Contract):
    """A page of possible doubles."""

    doubles: list[PossibleDouble]
    next: str | None
    """Give it as `after` to read on; null on the last page."""


class ListDoubles(Query, type="profiles.double.list.v1", result=DoublePage):
    """Possible doubles that a worker has neither merged nor dismissed."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort"}
    neighbourhood_id: NeighbourhoodId | None = None
    participant_id: ParticipantId | None = None
    """Only pairs with this entry."""
    after: Text | None = None
    limit: Limit = 50


class LetterAddress(Contract):
    """Where a letter goes; print it, don't keep it."""

    participant_id: ParticipantId
    name: str
    address: str | None
    """Null: the worker brings it."""


class AddressForLetter(Query, type="profiles.participant.address.v1", result=LetterAddress):
    """The address, at the moment that a worker prints a letter. Never for a partner; each fetch is logged."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA}
    participant_id: ParticipantId


__all__ = [
    "Address",
    "AddressForLetter",
    "Availability",
    "Ceiling",
    "ChangeParticipant",
    "Clearable",
    "ClockTime",
    "DayPart",
    "DismissDouble",
    "DoubleBy",
    "DoublePage",
    "DoubleRef",
    "Enjoyment",
    "Enjoyments",
    "FewWords",
    "Home",
    "Languages",
    "LeaveNetwork",
    "LetterAddress",
    "Limit",
    "ListDoubles",
    "ListParticipants",
    "MergeParticipants",
    "MoveParticipant",
    "OnWordOf",
    "Origin",
    "ParticipantDetails",
    "ParticipantPage",
    "ParticipantRef",
    "ParticipantSummary",
    "PauseParticipant",
    "PossibleDouble",
    "QuietHours",
    "Reach",
    "Reference",
    "RegisterParticipant",
    "ResumeParticipant",
    "ReturnToMatching",
    "ReturnToNetwork",
    "ShowParticipant",
    "Slot",
    "Status",
    "TakeOutOfMatching",
    "Way",
]
