"""A worker's time with an organisation: started, changed, assigned, away, ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.contracts.profiles import Absence, ChangeWorker, Hours, RecordAbsence, RegisterWorker, WorkerKept, WorkerRef
from shared.contracts.profiles import Worker as WorkerView
from shared.messaging import Rejected

LONGEST_AHEAD = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Worker:
    """One professional who connects."""

    worker_id: UUID
    version: int
    name: str
    email: str
    phone: str | None
    language: str
    organisation_id: str
    neighbourhood_ids: tuple[str, ...]
    hours: tuple[Hours, ...]
    backup_id: UUID | None
    ended_at: datetime | None = None

    def ref(self) -> WorkerRef:
        return WorkerRef(worker_id=self.worker_id, version=self.version)


def register(command: RegisterWorker, worker_id: UUID) -> Worker:
    """Someone who starts."""
    return Worker(
        worker_id=worker_id,
        version=1,
        name=command.name,
        email=command.email,
        phone=command.phone,
        language=command.language,
        organisation_id=command.organisation_id,
        neighbourhood_ids=tuple(dict.fromkeys(command.neighbourhood_ids)),
        hours=tuple(command.hours),
        backup_id=command.backup_id,
    )


def change(worker: Worker, command: ChangeWorker) -> Worker:
    """What is given replaces what was; an empty phone takes it away."""
    given: dict[str, Any] = {
        name: value for name in ("name", "email", "language") if (value := getattr(command, name)) is not None
    }
    if command.phone is not None:
        given["phone"] = command.phone or None
    return _changed(worker, **given)


def assign(worker: Worker, neighbourhood_ids: Sequence[str]) -> Worker:
    """These neighbourhoods and no others."""
    return _changed(worker, neighbourhood_ids=tuple(dict.fromkeys(neighbourhood_ids)))


def set_hours(worker: Worker, hours: Sequence[Hours]) -> Worker:
    """These hours and no others."""
    return _changed(worker, hours=tuple(hours))


def name_backup(worker: Worker, backup: Worker | None) -> Worker:
    """A colleague of the same organisation, or nobody."""
    check_backup(worker.worker_id, worker.organisation_id, backup)
    return _changed(worker, backup_id=backup.worker_id if backup else None)


def end(worker: Worker, now: datetime, *, coordinates: bool) -> Worker:
    """Someone stops; a coordinator only after another was named."""
    if coordinates:
        raise Rejected(
            "still_coordinator",
            f"this worker is the coordinator of {worker.organisation_id}: name another one first",
            "worker_id",
        )
    return replace(worker, version=worker.version + 1, neighbourhood_ids=(), backup_id=None, ended_at=now)


def check_backup(worker_id: UUID | None, organisation_id: str, backup: Worker | None) -> None:
    """Refuse a backup who is the worker, or who works for another organisation."""
    if backup is not None and backup.worker_id == worker_id:
        raise Rejected("same_worker", "backup_id is the worker themselves: name a colleague", "backup_id")
    if backup is not None and backup.organisation_id != organisation_id:
        raise Rejected("other_organisation", "backup_id works for another organisation: name a colleague", "backup_id")


def check_absence(command: RecordAbsence, now: datetime) -> None:
    """Refuse what is over, or too far ahead to mean anything."""
    if command.ends_at <= now:
        raise Rejected("in_the_past", "ends_at has passed: there is nothing to record", "ends_at")
    if command.ends_at > now + LONGEST_AHEAD:
        raise Rejected("too_far", "ends_at is more than two years ahead: record it later, or end the worker", "ends_at")


def kept(worker: Worker) -> WorkerKept:
    """A worker as the other services need one; a tombstone once they stopped."""
    if worker.ended_at is not None:
        return WorkerKept(worker_id=worker.worker_id, version=worker.version, removed=True)
    return WorkerKept(
        worker_id=worker.worker_id,
        version=worker.version,
        name=worker.name,
        email=worker.email,
        phone=worker.phone,
        language=worker.language,
        organisation_id=worker.organisation_id,
        neighbourhood_ids=list(worker.neighbourhood_ids),
        backup_id=worker.backup_id,
    )


def view(worker: Worker, absences: Sequence[Absence], coordinator_id: UUID | None) -> WorkerView:
    """A worker as operators and workers see one."""
    return WorkerView(
        worker_id=worker.worker_id,
        version=worker.version,
        name=worker.name,
        email=worker.email,
        phone=worker.phone,
        language=worker.language,
        organisation_id=worker.organisation_id,
        neighbourhood_ids=list(worker.neighbourhood_ids),
        hours=list(worker.hours),
        absences=list(absences),
        backup_id=worker.backup_id,
        coordinator_id=coordinator_id,
    )


def cursor(worker: Worker) -> str:
    """Where a list that is read in pages goes on."""
    return f"{worker.worker_id} {worker.name.lower()}"


def read_cursor(text: str) -> tuple[str, UUID]:
    id_, _, name = text.partition(" ")
    try:
        return name, UUID(id_)
    except ValueError:
        raise Rejected("malformed", "after is not what an earlier page gave as `next`", "after") from None


def _changed(worker: Worker, **given: Any) -> Worker:
    """The next version, or the same worker when nothing differs."""
    new = replace(worker, **given)
    return worker if new == worker else replace(new, version=worker.version + 1)
