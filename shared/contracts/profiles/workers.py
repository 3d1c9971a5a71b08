"""Contracts of workers: who they are, where and when they work, who stands in for them, and who is on duty now."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.envelope import Command, Contract, Event, Query, State
from shared.contracts.profiles.participants import Limit
from shared.contracts.types import (
    Email,
    Language,
    Moment,
    Name,
    NeighbourhoodId,
    OrganisationId,
    ParticipantId,
    Phone,
    Text,
    Version,
    Weekday,
    WorkerId,
)

_MARIE = "019a1b2c-0000-7000-8000-000000000001"
_KARIM = "019a1b2c-0000-7000-8000-000000000002"
_LIEVE = "019a1b2c-0000-7000-8000-000000000003"
_ABSENCE = "019a1b2c-0000-7000-8000-0000000000a1"

Step = Literal["worker", "backup", "coordinator"]
"""Where an open item stands on its way up: it ends at the coordinator."""

DutyRole = Literal["worker", "backup", "coordinator", "nobody"]
"""As what someone is on duty; `nobody` only while the organisation has no coordinator."""


class Hours(Contract):
    """A stretch of one day of the week, on the clock of the neighbourhood. Work past midnight is two stretches."""

    weekday: Weekday
    begins: time
    """`09:00`"""
    ends: time
    """`12:30`; `00:00` is the end of the day."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.begins.tzinfo or self.ends.tzinfo:
            raise ValueError("hours are on the clock of the neighbourhood: write them without a zone")
        if self.ends != time(0) and self.ends <= self.begins:
            raise ValueError("begins after it ends: split what runs past midnight in two")
        return self


WeeklyHours = Annotated[list[Hours], Field(max_length=50)]
NeighbourhoodIds = Annotated[list[NeighbourhoodId], Field(max_length=100)]


class WorkerRef(Contract):
    """The worker that a command was about."""

    worker_id: WorkerId
    version: Version
    """Counts the changes to this worker."""


class Absence(Contract):
    """A stretch of time in which a worker is away. Why is nobody's business and has no field."""

    absence_id: UUID
    begins_at: Moment
    ends_at: Moment


class Worker(Contract):
    """All that is kept on one worker."""

    worker_id: WorkerId
    version: Version
    name: Name
    email: Email
    phone: Phone | None
    language: Language
    organisation_id: OrganisationId
    neighbourhood_ids: NeighbourhoodIds
    """In which neighbourhoods; none for a coordinator who only stands behind others."""
    hours: WeeklyHours
    """Empty: always, as far as no absence says otherwise."""
    absences: list[Absence]
    """Running and coming ones."""
    backup_id: WorkerId | None
    """The colleague who stands in."""
    coordinator_id: WorkerId | None
    """The coordinator of the worker's organisation, on whom both can fall back."""


class RegisterWorker(Command, type="profiles.worker.register.v1", result=WorkerRef):
    """A worker starts in an organisation."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "name": "Marie Claes",
        "email": "marie@buurtpunt.example",
        "phone": "09 123 45 67",
        "language": "nl",
        "organisation_id": "buurtpunt",
        "neighbourhood_ids": ["brugse-poort"],
        "hours": [{"weekday": "monday", "begins": "09:00", "ends": "12:30"}],
        "backup_id": None,
    }
    name: Name
    email: Email
    phone: Phone | None = None
    language: Language = "nl"
    """In which their mail is written."""
    organisation_id: OrganisationId
    neighbourhood_ids: NeighbourhoodIds = []
    hours: WeeklyHours = []
    """When they work; empty: always."""
    backup_id: WorkerId | None = None
    """A colleague who stands in; named later (`name-backup`) for whoever is the first."""


class ChangeWorker(Command, type="profiles.worker.change.v1", result=WorkerRef):
    """Other name, address or language. A field that is left out stays as it is."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"worker_id": _MARIE, "email": "marie.claes@buurtpunt.example"}
    worker_id: WorkerId
    name: Name | None = None
    email: Email | None = None
    phone: Phone | Literal[""] | None = None
    """Empty text takes the number away."""
    language: Language | None = None


class AssignWorker(Command, type="profiles.worker.assign.v1", result=WorkerRef):
    """The neighbourhoods in which a worker works, all of them: what is not named ends."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"worker_id": _MARIE, "neighbourhood_ids": ["brugse-poort", "rabot"]}
    worker_id: WorkerId
    neighbourhood_ids: NeighbourhoodIds


class SetWorkerHours(Command, type="profiles.worker.set-hours.v1", result=WorkerRef):
    """The hours of a week in which a worker works, all of them. None at all: always."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "worker_id": _MARIE,
        "hours": [{"weekday": "tuesday", "begins": "13:00", "ends": "17:00"}],
    }
    worker_id: WorkerId
    hours: WeeklyHours


class NameBackup(Command, type="profiles.worker.name-backup.v1", result=WorkerRef):
    """Who stands in for a worker."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"worker_id": _MARIE, "backup_id": _KARIM}
    worker_id: WorkerId
    backup_id: WorkerId | None
    """Null: nobody, the coordinator catches what the worker doesn't."""


class AbsenceRef(Contract):
    """An absence that was recorded."""

    absence_id: UUID
    worker_id: WorkerId


class RecordAbsence(Command, type="profiles.worker.record-absence.v1", result=AbsenceRef):
    """A worker is away for a while; the backup is on duty meanwhile."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "worker_id": _MARIE,
        "begins_at": "2026-07-01T00:00:00+02:00",
        "ends_at": "2026-07-15T00:00:00+02:00",
    }
    worker_id: WorkerId
    begins_at: Moment
    ends_at: Moment

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_at <= self.begins_at:
            raise ValueError("ends before it begins: turn the two around")
        return self


class CancelAbsence(Command, type="profiles.worker.cancel-absence.v1", result=AbsenceRef):
    """The worker is there after all: a running absence ends now, a coming one goes."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"worker_id": _MARIE, "absence_id": _ABSENCE}
    worker_id: WorkerId
    absence_id: UUID


class EndWorker(Command, type="profiles.worker.end.v1", result=WorkerRef):
    """A worker stops. Refused for a coordinator: first name another one."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"worker_id": _MARIE}
    worker_id: WorkerId


class ShowWorker(Query, type="profiles.worker.show.v1", result=Worker):
    """One worker."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"worker_id": _MARIE}
    worker_id: WorkerId


class WorkerPage(Contract):
    """Workers, by name."""

    workers: list[Worker]
    next: str | None
    """Give it as `after` to read on; null on the last page."""


class ListWorkers(Query, type="profiles.worker.list.v1", result=WorkerPage):
    """The workers there are."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort"}
    neighbourhood_id: NeighbourhoodId | None = None
    organisation_id: OrganisationId | None = None
    after: Text | None = None
    limit: Limit = 50


class WorkerRegistered(Event, type="profiles.worker.registered.v1"):
    """A worker started."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": None, "worker_id": _MARIE, "version": 1}
    worker_id: WorkerId
    version: Version


class WorkerChanged(Event, type="profiles.worker.changed.v1"):
    """Something about a worker changed: its state says what it is now."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": None, "worker_id": _MARIE, "version": 2}
    worker_id: WorkerId
    version: Version


class WorkerEnded(Event, type="profiles.worker.ended.v1"):
    """A worker stopped: what was theirs is their backup's."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": None,
        "worker_id": _MARIE,
        "backup_id": _KARIM,
        "version": 3,
    }
    worker_id: WorkerId
    backup_id: WorkerId | None
    version: Version


class WorkerKept(State, type="profiles.worker.kept.v1"):
    """A worker as the other services need one: to address a mail, and to know who stands in."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "worker_id": _MARIE,
        "version": 2,
        "name": "Marie Claes",
        "email": "marie@buurtpunt.example",
        "phone": "09 123 45 67",
        "language": "nl",
        "organisation_id": "buurtpunt",
        "neighbourhood_ids": ["brugse-poort"],
        "backup_id": _KARIM,
    }
    worker_id: WorkerId
    version: Version
    name: str = ""
    """Empty, as all that follows, once removed."""
    email: str = ""
    phone: str | None = None
    language: str = ""
    organisation_id: str = ""
    neighbourhood_ids: list[str] = []
    backup_id: WorkerId | None = None

    @property
    def key(self) -> str:
        return str(self.worker_id)


class Duty(Contract):
    """Who answers for a neighbourhood at one moment, and until when that is known not to change."""

    neighbourhood_id: NeighbourhoodId
    worker_id: WorkerId | None
    """Who is on duty; null when there is nobody at all."""
    role: DutyRole
    until: Moment | None
    """Until then; null: until someone changes hours, absences or people."""
    backup_id: WorkerId | None
    """Who comes next when the one on duty does not react."""
    coordinator_id: WorkerId | None
    """Where it ends."""


class DutyKept(State, type="profiles.duty.kept.v1"):
    """The worker on duty in a neighbourhood, computed from hours and absences; sent again whenever it changes."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": "brugse-poort",
        "version": 7,
        "worker_id": _MARIE,
        "role": "worker",
        "until": "2026-05-04T12:30:00+02:00",
        "backup_id": _KARIM,
        "coordinator_id": _LIEVE,
    }
    neighbourhood_id: NeighbourhoodId
    version: Version
    worker_id: WorkerId | None = None
    role: DutyRole = "nobody"
    until: Moment | None = None
    """When it changes next; null: not by itself."""
    backup_id: WorkerId | None = None
    coordinator_id: WorkerId | None = None

    @property
    def key(self) -> str:
        return self.neighbourhood_id


class ShowDuty(Query, type="profiles.duty.show.v1", result=Duty):
    """Who is on duty in a neighbourhood, now or at another moment."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort"}
    neighbourhood_id: NeighbourhoodId
    at: Moment | None = None
    """Null: now."""


class DutyDue(Event, type="profiles.duty.due.v1"):
    """The moment at which the worker on duty in a neighbourhood may change; sent by profiles to itself."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort"}


class VisitOverdue(Event, type="profiles.visit.overdue.v1"):
    """A newcomer has had no visit in the time that the policy sets: someone is to be told."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": "brugse-poort",
        "participant_id": "019a1b2c-0000-7000-8000-00000000000b",
        "worker_id": _MARIE,
        "step": "worker",
    }
    participant_id: ParticipantId
    worker_id: WorkerId | None
    """Whom to tell; null when the neighbourhood has nobody at all."""
    step: Step
    """As what they are told. Each step comes once; after the coordinator there is none."""


__all__ = [
    "Absence",
    "AbsenceRef",
    "AssignWorker",
    "CancelAbsence",
    "ChangeWorker",
    "Duty",
    "DutyDue",
    "DutyKept",
    "DutyRole",
    "EndWorker",
    "Hours",
    "ListWorkers",
    "NameBackup",
    "RecordAbsence",
    "RegisterWorker",
    "SetWorkerHours",
    "ShowDuty",
    "ShowWorker",
    "Step",
    "VisitOverdue",
    "Worker",
    "WorkerChanged",
    "WorkerEnded",
    "WorkerKept",
    "WorkerPage",
    "WorkerRef",
    "WorkerRegistered",
]
