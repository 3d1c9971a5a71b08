"""Gatherings: people meeting, for coffee or a game. Who was there has met."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from shared.contracts.envelope import Command, Contract, Query
from shared.contracts.exchange.invitations import AnswerHow
from shared.contracts.profiles.participants import FewWords, Limit
from shared.contracts.types import (
    Cell,
    Moment,
    Name,
    NeighbourhoodId,
    ParticipantId,
    Token,
    Version,
    Words,
    WorkerId,
)

_JOS = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e61"
_MARTINE = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f"
_GATHERING = "019a2c00-0a10-7c00-8000-1f2e3d4c5b7a"

GatheringStage = Literal["planned", "held", "cancelled"]
Seats = Annotated[int, Field(ge=2, le=500)]
Title = Annotated[Name, StringConstraints(max_length=100)]
Rule = Annotated[Name, StringConstraints(max_length=200)]


class GatheringRef(Contract):
    """A gathering, as answer to a command about it."""

    gathering_id: UUID
    """The first one, of those that recur."""
    series_id: UUID | None
    """What those that recur have in common; null for one that stands by itself."""
    version: Version


class PlanGathering(Command, type="exchange.gathering.plan.v1", result=GatheringRef, partners=True):
    """Plan a gathering: by anyone, with a host. Neighbours are invited, people they know and people they don't."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": "brugse-poort",
        "host_id": _MARTINE,
        "title": "Koffie en taart in het buurthuis",
        "place": "Buurthuis, Weverstraat 12",
        "starts_at": "2026-05-16T14:00:00+02:00",
        "ends_at": "2026-05-16T16:30:00+02:00",
        "seats": 16,
        "bring": "een spel, of gewoon goesting",
        "repeats": "FREQ=MONTHLY;BYDAY=3SA;COUNT=6",
    }
    neighbourhood_id: NeighbourhoodId
    host_id: ParticipantId | None = None
    """Who welcomes people; null: the worker."""
    title: Title
    kind: Token | None = None
    """What is done, from the policy's list; who enjoys it is thought of first."""
    place: Name
    """Where, as people read it: a gathering has a public place, or the host's own choice."""
    cell: Cell | None = None
    """The same on the map; null when not known."""
    starts_at: Moment
    ends_at: Moment
    seats: Seats | None = None
    """The most people, the host not among them; null: as many as come, up to what the policy says."""
    bring: FewWords | None = None
    """What one can bring; never a condition."""
    repeats: Rule | None = None
    """A recurrence rule (RFC 5545), on the clock of the neighbourhood: `FREQ=WEEKLY;BYDAY=TU`. It gives days, among
    them that of `starts_at`; the hour is the same on each."""
    invite: bool = True
    """Whether the system invites; whoever hears of it can come in any case."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends before it starts: turn the two around")
        return self


class ChangeGathering(Command, type="exchange.gathering.change.v1", result=GatheringRef, partners=True):
    """Another time, place or wording of one gathering; who comes is told. Null leaves as it is.

    With another start and no other end it lasts as long as before.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"gathering_id": _GATHERING, "place": "De tuin achter het buurthuis"}
    gathering_id: UUID
    title: Title | None = None
    place: Name | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    seats: Seats | None = None
    bring: FewWords | None = None


class CancelGathering(Command, type="exchange.gathering.cancel.v1", result=GatheringRef, partners=True):
    """It does not take place; who was to come is told."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"gathering_id": _GATHERING}
    gathering_id: UUID
    and_following: bool = False
    """Of those that recur: this one and all that come after it."""


class GuestRef(Contract):
    """Whether someone comes to a gathering."""

    gathering_id: UUID
    participant_id: ParticipantId
    coming: bool
    """False also when every seat was taken."""


class InviteToGathering(Command, type="exchange.gathering.invite.v1", result=GuestRef):
    """By a worker or the host: invite this neighbour, who then knows of it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"gathering_id": _GATHERING, "participant_id": _JOS}
    gathering_id: UUID
    participant_id: ParticipantId


class AnswerGathering(Command, type="exchange.gathering.answer.v1", result=GuestRef):
    """Whether they come. Anyone of the neighbourhood can, invited or not, and change their mind until it begins."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "gathering_id": _GATHERING,
        "participant_id": _JOS,
        "coming": True,
        "bringing": "een taart",
    }
    gathering_id: UUID
    participant_id: ParticipantId
    coming: bool
    bringing: FewWords | None = None
    how: AnswerHow = "online"


class RecordAttendance(Command, type="exchange.gathering.record-attendance.v1", result=GatheringRef, partners=True):
    """Who was there: they are acquaintances from now on. By the host, a worker, or the partner that planned it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"gathering_id": _GATHERING, "participant_ids": [_JOS, _MARTINE]}
    gathering_id: UUID
    participant_ids: Annotated[list[ParticipantId], Field(max_length=100)]
    """All of them; recorded again, who is left out was not there after all."""


class Guest(Contract):
    """Someone who was invited, or comes."""

    participant_id: ParticipantId
    coming: bool | None
    """Null: no answer, which is fine."""
    bringing: str | None
    was_there: bool | None
    """Null: not recorded."""


class Gathering(Contract):
    """A gathering."""

    gathering_id: UUID
    series_id: UUID | None
    version: Version
    neighbourhood_id: NeighbourhoodId
    host_id: ParticipantId | None
    worker_id: WorkerId | None
    """Who welcomes people when no participant does."""
    title: str
    kind: Token | None
    place: str
    cell: Cell | None
    starts_at: Moment
    ends_at: Moment
    seats: int | None
    full: bool
    """Whether every seat is taken."""
    bring: str | None
    repeats: str | None
    stage: GatheringStage
    guests: list[Guest]
    """For the host and for workers, who comes first, 200 at most; another sees only themselves, and whom they hold a
    mandate for."""


class ShowGathering(Query, type="exchange.gathering.show.v1", result=Gathering):
    """One gathering. For anyone of the network."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"gathering_id": _GATHERING}
    gathering_id: UUID


class GatheringPage(Contract):
    """A page of gatherings, in order of time. Of their guests each sees only themselves here, workers too."""

    gatherings: list[Gathering]
    next: Words | None
    """Give it as `after` to read on; null on the last page."""


class ListGatherings(Query, type="exchange.gathering.list.v1", result=GatheringPage):
    """The gatherings of a neighbourhood, from now on unless said otherwise."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort"}
    neighbourhood_id: NeighbourhoodId
    since: Moment | None = None
    """Null: now."""
    until: Moment | None = None
    stage: GatheringStage | None = None
    after: Words | None = None
    limit: Limit = 50


__all__ = [
    "AnswerGathering",
    "CancelGathering",
    "ChangeGathering",
    "Gathering",
    "GatheringPage",
    "GatheringRef",
    "GatheringStage",
    "Guest",
    "GuestRef",
    "InviteToGathering",
    "ListGatherings",
    "PlanGathering",
    "RecordAttendance",
    "ShowGathering",
]
