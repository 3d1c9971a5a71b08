"""What profiles does with messages about workers."""

from __future__ import annotations

from uuid import UUID

from services.profiles.domain import workers as domain
from services.profiles.domain.workers import Worker
from services.profiles.handlers.duty import renew_duty
from services.profiles.repository import places
from services.profiles.repository import workers as repository
from shared.access import STAFF, who
from shared.contracts.profiles import (
    Absence,
    AbsenceRef,
    AssignWorker,
    CancelAbsence,
    ChangeWorker,
    EndWorker,
    ListWorkers,
    NameBackup,
    RecordAbsence,
    RegisterWorker,
    SetWorkerHours,
    ShowWorker,
    WorkerChanged,
    WorkerEnded,
    WorkerPage,
    WorkerRef,
    WorkerRegistered,
)
from shared.contracts.profiles import Worker as WorkerView
from shared.ids import new_id
from shared.messaging import Rejected, Transaction, handles


@handles(RegisterWorker)
async def register_worker(command: RegisterWorker, tx: Transaction) -> WorkerRef:
    """Someone starts; from now on they may be on duty."""
    _staff_only(tx)
    if await places.locked_organisation(tx, command.organisation_id) is None:
        raise _unknown("organisation", "organisation_id")
    await _check_email(tx, command.email)
    await _check_neighbourhoods(tx, command.neighbourhood_ids)
    backup = await _backup(tx, command.backup_id)
    domain.check_backup(None, command.organisation_id, backup)
    worker = domain.register(command, new_id())
    await repository.add(tx, worker)
    await tx.emit(WorkerRegistered(neighbourhood_id=None, worker_id=worker.worker_id, version=worker.version))
    await tx.emit(domain.kept(worker))
    await renew_duty(tx, worker.neighbourhood_ids)
    return worker.ref()


@handles(ChangeWorker)
async def change_worker(command: ChangeWorker, tx: Transaction) -> WorkerRef:
    """Another name, address or language."""
    worker = await _to_change(tx, command.worker_id)
    if command.email is not None:
        await _check_email(tx, command.email, worker.worker_id)
    return await _keep(tx, worker, domain.change(worker, command))


@handles(AssignWorker)
async def assign_worker(command: AssignWorker, tx: Transaction) -> WorkerRef:
    """Other neighbourhoods: who is on duty changes where they came and where they went."""
    worker = await _to_change(tx, command.worker_id)
    await _check_neighbourhoods(tx, set(command.neighbourhood_ids) - set(worker.neighbourhood_ids))
    new = domain.assign(worker, command.neighbourhood_ids)
    await repository.place(tx, new)
    ref = await _keep(tx, worker, new)
    await renew_duty(tx, {*worker.neighbourhood_ids, *new.neighbourhood_ids})
    return ref


@handles(SetWorkerHours)
async def set_worker_hours(command: SetWorkerHours, tx: Transaction) -> WorkerRef:
    """Other hours."""
    worker = await _to_change(tx, command.worker_id)
    ref = await _keep(tx, worker, domain.set_hours(worker, command.hours))
    await _renew_duty_around(tx, worker.worker_id)
    return ref


@handles(NameBackup)
async def name_backup(command: NameBackup, tx: Transaction) -> WorkerRef:
    """Another colleague stands in, or nobody."""
    worker = await _to_change(tx, command.worker_id)
    ref = await _keep(tx, worker, domain.name_backup(worker, await _backup(tx, command.backup_id)))
    await renew_duty(tx, worker.neighbourhood_ids)
    return ref


@handles(RecordAbsence)
async def record_absence(command: RecordAbsence, tx: Transaction) -> AbsenceRef:
    """Someone is away for a while."""
    worker = await _to_change(tx, command.worker_id)
    domain.check_absence(command, tx.now)
    absence = Absence(absence_id=new_id(), begins_at=command.begins_at, ends_at=command.ends_at)
    await repository.add_absence(tx, worker.worker_id, absence)
    await _renew_duty_around(tx, worker.worker_id)
    return AbsenceRef(absence_id=absence.absence_id, worker_id=worker.worker_id)


@handles(CancelAbsence)
async def cancel_absence(command: CancelAbsence, tx: Transaction) -> AbsenceRef:
    """Someone is there after all."""
    worker = await _to_change(tx, command.worker_id)
    if not await repository.end_absence(tx, worker.worker_id, command.absence_id):
        raise Rejected("unknown_id", "absence_id is no running or coming absence of this worker", "absence_id")
    await _renew_duty_around(tx, worker.worker_id)
    return AbsenceRef(absence_id=command.absence_id, worker_id=worker.worker_id)


@handles(EndWorker)
async def end_worker(command: EndWorker, tx: Transaction) -> WorkerRef:
    """Someone stops: they leave every neighbourhood, and stand in for nobody any more."""
    worker = await _to_change(tx, command.worker_id)
    coordinator_id = (await repository.coordinators(tx, [worker.organisation_id]))[worker.organisation_id]
    ended = domain.end(worker, tx.now, coordinates=coordinator_id == worker.worker_id)
    touched = await repository.answered_for(tx, [worker.worker_id])
    for colleague in await repository.backed_by(tx, worker.worker_id):
        await _keep(tx, colleague, domain.name_backup(colleague, None))
    await repository.place(tx, ended)
    await repository.save(tx, ended)
    await tx.emit(domain.kept(ended))
    await tx.emit(
        WorkerEnded(neighbourhood_id=None, worker_id=ended.worker_id, backup_id=worker.backup_id, version=ended.version)
    )
    await renew_duty(tx, touched)
    return ended.ref()


@handles(ShowWorker, reads=True)
async def show_worker(query: ShowWorker, tx: Transaction) -> WorkerView:
    """One worker."""
    _staff_only(tx)
    worker = await repository.read(tx, query.worker_id)
    if worker is None:
        raise _unknown("worker", "worker_id")
    return (await _views(tx, [worker]))[0]


@handles(ListWorkers, reads=True)
async def list_workers(query: ListWorkers, tx: Transaction) -> WorkerPage:
    """Workers, by name."""
    _staff_only(tx)
    after = domain.read_cursor(query.after) if query.after else None
    found = await repository.listed(tx, query.neighbourhood_id, query.organisation_id, after, query.limit + 1)
    page = found[: query.limit]
    following = domain.cursor(page[-1]) if len(found) > query.limit else None
    return WorkerPage(workers=await _views(tx, page), next=following)


async def leave_neighbourhood(tx: Transaction, neighbourhood_id: str) -> None:
    """A neighbourhood ends: nobody works there any more."""
    for worker in await repository.working_in(tx, neighbourhood_id):
        others = domain.assign(worker, [each for each in worker.neighbourhood_ids if each != neighbourhood_id])
        await repository.place(tx, others)
        await _keep(tx, worker, others)


async def _to_change(tx: Transaction, worker_id: UUID) -> Worker:
    _staff_only(tx)
    worker = await repository.locked(tx, worker_id)
    if worker is None:
        raise _unknown("worker", "worker_id")
    return worker


async def _keep(tx: Transaction, before: Worker, after: Worker) -> WorkerRef:
    """Save and tell what changed; nothing when nothing did."""
    if after != before:
        await repository.save(tx, after)
        await tx.emit(WorkerChanged(neighbourhood_id=None, worker_id=after.worker_id, version=after.version))
        await tx.emit(domain.kept(after))
    return after.ref()


async def _views(tx: Transaction, found: list[Worker]) -> list[WorkerView]:
    absences = await repository.absences(tx, [worker.worker_id for worker in found], tx.now)
    coordinators = await repository.coordinators(tx, [worker.organisation_id for worker in found])
    return [
        domain.view(worker, absences.get(worker.worker_id, []), coordinators[worker.organisation_id])
        for worker in found
    ]


async def _renew_duty_around(tx: Transaction, worker_id: UUID) -> None:
    await renew_duty(tx, await repository.answered_for(tx, [worker_id]))


async def _backup(tx: Transaction, backup_id: UUID | None) -> Worker | None:
    if backup_id is None:
        return None
    backup = await repository.locked(tx, backup_id)
    if backup is None:
        raise _unknown("worker", "backup_id")
    return backup


async def _check_email(tx: Transaction, email: str, worker_id: UUID | None = None) -> None:
    """Two workers with one address could not be told apart in a mail."""
    other = await repository.with_email(tx, email)
    if other is not None and other != worker_id:
        raise Rejected("email_taken", "email is the address of another worker: give each their own", "email")


async def _check_neighbourhoods(tx: Transaction, neighbourhood_ids: set[str] | list[str]) -> None:
    unknown = await places.unknown_neighbourhoods(tx, neighbourhood_ids)
    if unknown:
        raise Rejected("unknown_id", f"there is no neighbourhood {', '.join(unknown)}", "neighbourhood_ids")


def _staff_only(tx: Transaction) -> None:
    who(tx, STAFF)


def _unknown(what: str, field: str) -> Rejected:
    return Rejected("unknown_id", f"there is no such {what}: see the list of them", field)
