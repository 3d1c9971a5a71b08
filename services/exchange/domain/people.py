"""People and places as exchange knows them: what profiles tells of them, without a name or a contact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.contracts.profiles import ParticipantKept, Status, Way
from shared.messaging import Rejected
from shared.policy import Policy, QuietHours


@dataclass(frozen=True, slots=True)
class Person:
    """A participant."""

    participant_id: UUID
    version: int
    neighbourhood_id: str
    status: Status
    paused_until: datetime | None
    out_of_matching: bool
    cell: str | None
    ceiling: int | None
    quiet_from: time | None
    quiet_until: time | None
    reached_by: Way
    heard_at: datetime
    languages: tuple[str, ...]
    availability: tuple[str, ...]
    mandate_holder_ids: tuple[UUID, ...]

    def quiet_hours(self, policy: Policy) -> QuietHours:
        """When they are not to be disturbed."""
        if self.quiet_from is None or self.quiet_until is None:
            return policy.invitations.quiet_hours
        return QuietHours(start=self.quiet_from, end=self.quiet_until)


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A neighbourhood, and the worker on duty there."""

    neighbourhood_id: str
    timezone: str
    policy: str
    retired: bool
    worker_id: UUID | None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


def refuse_absent(person: Person, field: str = "participant_id") -> None:
    """Refuse what only someone who takes part now can begin."""
    if person.status == "left":
        raise Rejected("left", f"{field} has left the network: they return first", field)
    if person.status == "paused":
        raise Rejected("paused", f"{field} has paused: they end the pause first", field)


def comes_afresh(before: Person | None, state: ParticipantKept) -> bool:
    """Whether someone comes, comes back from a pause or from outside, or moved here: they were just heard of."""
    if before is None or before.neighbourhood_id != state.neighbourhood_id:
        return True
    return state.status == "active" and before.status != "active"


def is_away(state: ParticipantKept) -> bool:
    """Whether someone can't be in what they were in, wherever they live."""
    return state.removed or state.out_of_matching or state.status != "active"
