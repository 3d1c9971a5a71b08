"""People, places and workers as signals knows them: what profiles tells of them, without a name or a contact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.contracts.profiles import DutyRole, Status, Step


@dataclass(frozen=True, slots=True)
class Person:
    """A participant."""

    participant_id: UUID
    version: int
    neighbourhood_id: str
    status: Status
    languages: tuple[str, ...]
    mandate_holder_ids: tuple[UUID, ...]
    out_of_matching: bool
    visited_at: datetime | None = None
    """When a worker last spoke with them."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker; also one who ended, so that what is told late of them is known to be late."""

    worker_id: UUID
    organisation_id: str
    neighbourhood_ids: tuple[str, ...]
    backup_id: UUID | None
    ended: bool


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A neighbourhood, and who answers for it at this moment."""

    neighbourhood_id: str
    timezone: str
    policy: str
    organisation_id: str
    cells: tuple[str, ...]
    retired: bool
    worker_id: UUID | None = None
    """The worker of the moment; null when there is nobody."""
    role: DutyRole = "nobody"
    backup_id: UUID | None = None
    coordinator_id: UUID | None = None
    at_work_id: UUID | None = None
    """The worker or backup who was on duty last: whom something goes to that can wait until they are at work."""
    at_work_role: Step | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def at_work(self) -> UUID | None:
        """The worker or backup on duty, or who was so last: at night only the coordinator answers."""
        return self.worker_id if self.role in ("worker", "backup") else self.at_work_id or self.worker_id

    @property
    def stood_in_for(self) -> bool:
        """Whether its worker is away, and somebody stands in."""
        return (self.role if self.role in ("worker", "backup") else self.at_work_role) == "backup"

    def answered_for_by(self, worker: Worker | None, worker_id: UUID) -> bool:
        """Whether what is open here is a worker's business: theirs, their organisation's, or they stand behind it."""
        if worker is not None and worker.ended:
            return False
        if worker_id in (self.worker_id, self.backup_id, self.coordinator_id):
            return True
        return worker is not None and (
            self.neighbourhood_id in worker.neighbourhood_ids or worker.organisation_id == self.organisation_id
        )
