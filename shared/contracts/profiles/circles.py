"""Circles (the people someone can fall back on, agreed by both) and visits (who and when, never what)."""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from uuid import UUID

from shared.contracts.envelope import Command, Contract, Event, Query, State
from shared.contracts.profiles.participants import Limit
from shared.contracts.types import Moment, NeighbourhoodId, ParticipantId, Version, WorkerId

_MARIA = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f"
_JEF = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e61"
_THING = "019432b0-0a10-7c00-8000-1f2e3d4c5b6a"

# --- circle


class CircleRef(Contract):
    """Whether two people are in each other's circle, as the one who asks may know it."""

    participant_id: ParticipantId
    other_id: ParticipantId
    status: Literal["asked", "agreed", "none"]
    """`asked` as long as there is no yes: a no is never told."""


class AskIntoCircle(Command, type="profiles.circle.ask.v1", result=CircleRef):
    """Ask someone whether you two can fall back on each other."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA, "other_id": _JEF}
    participant_id: ParticipantId
    """Who asks."""
    other_id: ParticipantId
    """Who is asked."""


class AgreeToCircle(Command, type="profiles.circle.agree.v1", result=CircleRef):
    """Say yes to someone who asked: from now on each is in the other's circle."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _JEF, "other_id": _MARIA}
    participant_id: ParticipantId
    """Who says yes."""
    other_id: ParticipantId
    """Who asked."""


class DeclineCircle(Command, type="profiles.circle.decline.v1", result=CircleRef):
    """Say no to someone who asked. They aren't told, and aren't able to ask again by accident."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _JEF, "other_id": _MARIA}
    participant_id: ParticipantId
    """Who says no."""
    other_id: ParticipantId
    """Who asked."""


class StepOutOfCircle(Command, type="profiles.circle.step-out.v1", result=CircleRef):
    """Step out of each other's circle, at any time. The other isn't told."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA, "other_id": _JEF}
    participant_id: ParticipantId
    """Who steps out."""
    other_id: ParticipantId


class CircleMember(Contract):
    """Someone whom a person can fall back on, or a question about it that is open."""

    participant_id: ParticipantId
    name: str
    since: Moment
    """When both had agreed; for a question, when it was asked."""


class Circle(Contract):
    """Someone's circle, as that person may see it."""

    members: list[CircleMember]
    asked_by: list[CircleMember]
    """Who waits for this person's answer."""
    asked: list[CircleMember]
    """Whom this person asked and has had no yes from."""


class ShowCircle(Query, type="profiles.circle.show.v1", result=Circle):
    """The circle of a person: the 100 latest of each kind."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA}
    participant_id: ParticipantId


class CircleKept(State, type="profiles.circle.kept.v1"):
    """Who is in a person's circle."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA, "version": 5, "member_ids": [_JEF]}
    participant_id: ParticipantId
    version: Version
    member_ids: list[ParticipantId] = []

    @property
    def key(self) -> str:
        return str(self.participant_id)


class CircleAsked(Event, type="profiles.circle.asked.v1"):
    """Someone asked another into their circle: let the other know, quietly."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "participant_id": _MARIA,
        "other_id": _JEF,
        "neighbourhood_id": "brugse-poort",
    }
    neighbourhood_id: NeighbourhoodId
    """Where the one who is asked lives."""
    participant_id: ParticipantId
    other_id: ParticipantId
    """Who is asked."""


class CircleAgreed(Event, type="profiles.circle.agreed.v1"):
    """Two people agreed that each can fall back on the other. That it ends is never an event."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "participant_id": _MARIA,
        "other_id": _JEF,
        "neighbourhood_id": "brugse-poort",
    }
    neighbourhood_id: NeighbourhoodId
    """Where the one who asked lives."""
    participant_id: ParticipantId
    """Who asked."""
    other_id: ParticipantId
    """Who said yes."""


# --- visits


class VisitRef(Contract):
    """A visit, as answer to a command."""

    visit_id: UUID
    participant_id: ParticipantId


class RecordVisit(Command, type="profiles.visit.record.v1", result=VisitRef):
    """A worker has spoken with someone: who and when. There is no place for what was said."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA, "visited_at": "2026-05-04T14:00:00+02:00"}
    participant_id: ParticipantId
    worker_id: WorkerId | None = None
    """Null: the worker who sends it."""
    visited_at: Moment | None = None
    """Null: now."""


class Visit(Contract):
    """That a worker has spoken with someone."""

    visit_id: UUID
    worker_id: WorkerId
    visited_at: Moment


class VisitPage(Contract):
    """A page of visits, the oldest first."""

    visits: list[Visit]
    next: UUID | None
    """Give it as `after` to read on; null on the last page."""


class ListVisits(Query, type="profiles.visit.list.v1", result=VisitPage):
    """The visits to a person."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA}
    participant_id: ParticipantId
    after: UUID | None = None
    limit: Limit = 50


class VisitRecorded(Event, type="profiles.visit.recorded.v1"):
    """A worker has spoken with someone."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "visit_id": _THING,
        "participant_id": _MARIA,
        "worker_id": "019432a0-1111-7d5a-9f00-6a1c2b3d4e5f",
        "visited_at": "2026-05-04T14:00:00+02:00",
        "neighbourhood_id": "brugse-poort",
    }
    neighbourhood_id: NeighbourhoodId
    visit_id: UUID
    participant_id: ParticipantId
    worker_id: WorkerId
    visited_at: Moment
    first: bool = False
    """The first one since they came to this neighbourhood, or back to the network."""


__all__ = [
    "AgreeToCircle",
    "AskIntoCircle",
    "Circle",
    "CircleAgreed",
    "CircleAsked",
    "CircleKept",
    "CircleMember",
    "CircleRef",
    "DeclineCircle",
    "ListVisits",
    "RecordVisit",
    "ShowCircle",
    "StepOutOfCircle",
    "Visit",
    "VisitPage",
    "VisitRecorded",
    "VisitRef",
]
