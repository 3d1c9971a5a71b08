"""What profiles tells of participants: their state, for the services that need it, and facts without content."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from shared.contracts.envelope import Event, State
from shared.contracts.profiles.participants import (
    Availability,
    Ceiling,
    Enjoyments,
    Languages,
    QuietHours,
    Reach,
    Status,
    Way,
)
from shared.contracts.profiles.workers import Step
from shared.contracts.types import Cell, Moment, Name, NeighbourhoodId, ParticipantId, Version

_MARIA = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f"
_SAME_MARIA = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e60"


class ParticipantKept(State, type="profiles.participant.kept.v1"):
    """A person as matching needs them, and who asks them: no name, no contact.

    The tombstone (`removed`) holds nothing but the ids.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "participant_id": _MARIA,
        "version": 3,
        "neighbourhood_id": "brugse-poort",
        "languages": ["nl"],
        "cell": "891fa4a1a0fffff",
        "talents": [{"kind": "meal"}],
        "wishes": [{"kind": "company"}],
        "reached_by": "phone",
        "status": "active",
    }
    participant_id: ParticipantId
    version: Version
    """Ignore what is older than what you have."""
    merged_into: ParticipantId | None = None
    """On a tombstone: the entry that this person goes on under."""
    neighbourhood_id: NeighbourhoodId | None = None
    """Null on a tombstone only."""
    languages: Languages = []
    cell: Cell | None = None
    """H3, resolution 9; null when not known."""
    talents: Enjoyments = []
    wishes: Enjoyments = []
    availability: Availability = []
    ceiling: Ceiling | None = None
    quiet_hours: QuietHours | None = None
    """When not to disturb them; null: the policy's."""
    reached_by: Way | None = None
    """The way they prefer, never a contact: a letter takes longer. Null for who left, and on a tombstone."""
    status: Status = "left"
    paused_until: Moment | None = None
    """Null while paused: until they say so."""
    out_of_matching: bool = False
    mandate_holder_ids: list[ParticipantId] = []
    """Who may answer for them today."""

    @property
    def key(self) -> str:
        return str(self.participant_id)


class ContactKept(State, type="profiles.contact.kept.v1"):
    """How a person is called and reached: for who sends their mail and letters, and for no other service.

    The tombstone (`removed`) holds nothing but the ids.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "participant_id": _MARIA,
        "version": 3,
        "name": "Maria Peeters",
        "neighbourhood_id": "brugse-poort",
        "languages": ["nl"],
        "reach": {"by": "phone", "phone": "+32 470 12 34 56"},
        "status": "active",
    }
    participant_id: ParticipantId
    version: Version
    """As in `profiles.participant.kept.v1`: both tell of each change."""
    merged_into: ParticipantId | None = None
    """On a tombstone: the entry that this person goes on under."""
    name: Name | None = None
    """Null for who left, and on a tombstone."""
    neighbourhood_id: NeighbourhoodId | None = None
    """Null on a tombstone only."""
    languages: Languages = []
    """To write in, the preferred first."""
    reach: Reach | None = None
    """Null for who left, and on a tombstone."""
    quiet_hours: QuietHours | None = None
    status: Status = "left"
    paused_until: Moment | None = None
    """Null while paused: until they say so."""
    mandate_holder_ids: list[ParticipantId] = []
    """Who may answer for them today."""

    @property
    def key(self) -> str:
        return str(self.participant_id)


class ParticipantFact(Event):
    """That something happened to a participant. What changed, their state says."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA, "neighbourhood_id": "brugse-poort", "version": 3}
    neighbourhood_id: NeighbourhoodId
    participant_id: ParticipantId
    version: Version
    """As in their state."""


class ParticipantRegistered(ParticipantFact, type="profiles.participant.registered.v1", feed=True):
    """Someone came into the network."""

    by_worker: bool = False
    """Whether a worker brought them in, who speaks with them: no import, which gives a reference, and no partner."""


class ParticipantChanged(ParticipantFact, type="profiles.participant.changed.v1"):
    """Something about a person changed; what it is now, their state says."""


class ParticipantPaused(ParticipantFact, type="profiles.participant.paused.v1"):
    """Someone wants to be asked nothing for a while."""


class ParticipantResumed(ParticipantFact, type="profiles.participant.resumed.v1"):
    """A pause ended."""


class ParticipantLeft(ParticipantFact, type="profiles.participant.left.v1", feed=True):
    """Someone left the network."""


class ParticipantReturned(ParticipantFact, type="profiles.participant.returned.v1", feed=True):
    """Someone who had left came back."""


class ParticipantMovedOut(ParticipantFact, type="profiles.participant.moved-out.v1", feed=True):
    """Someone moved away from this neighbourhood; where to isn't said."""


class ParticipantMovedIn(ParticipantFact, type="profiles.participant.moved-in.v1", feed=True):
    """Someone of the network moved to this neighbourhood; where from isn't said."""


class ParticipantTakenOutOfMatching(ParticipantFact, type="profiles.participant.taken-out-of-matching.v1"):
    """A worker took someone out of matching."""


class ParticipantReturnedToMatching(ParticipantFact, type="profiles.participant.returned-to-matching.v1"):
    """Someone takes part in matching again."""


class ParticipantMerged(ParticipantFact, type="profiles.participant.merged.v1", feed=True):
    """Two entries were one person: move what you keep of this one to the survivor."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "participant_id": _SAME_MARIA,
        "survivor_id": _MARIA,
        "neighbourhood_id": "brugse-poort",
        "version": 2,
    }
    survivor_id: ParticipantId


class DoubleFound(Event, type="profiles.double.found.v1"):
    """Two entries may be one person: for the worker to look at."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "participant_id": _SAME_MARIA,
        "other_id": _MARIA,
        "neighbourhood_id": "brugse-poort",
    }
    neighbourhood_id: NeighbourhoodId
    participant_id: ParticipantId
    other_id: ParticipantId


class PauseDue(Event, type="profiles.pause.due.v1"):
    """A timer: the pause that was to last until now may be over."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA, "neighbourhood_id": "brugse-poort"}
    neighbourhood_id: NeighbourhoodId
    participant_id: ParticipantId


class VisitDue(Event, type="profiles.visit.due.v1"):
    """A timer: this newcomer may not have been visited yet. It climbs: worker, backup, coordinator."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "participant_id": _MARIA,
        "neighbourhood_id": "brugse-poort",
        "step": "worker",
    }
    neighbourhood_id: NeighbourhoodId
    participant_id: ParticipantId
    step: Step

    @staticmethod
    def timer(participant_id: UUID) -> str:
        """The key of the one timer that a newcomer has."""
        return f"visit-due:{participant_id}"


__all__ = [
    "ContactKept",
    "DoubleFound",
    "ParticipantChanged",
    "ParticipantFact",
    "ParticipantKept",
    "ParticipantLeft",
    "ParticipantMerged",
    "ParticipantMovedIn",
    "ParticipantMovedOut",
    "ParticipantPaused",
    "ParticipantRegistered",
    "ParticipantResumed",
    "ParticipantReturned",
    "ParticipantReturnedToMatching",
    "ParticipantTakenOutOfMatching",
    "PauseDue",
    "VisitDue",
]
