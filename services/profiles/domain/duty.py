"""Who answers for a neighbourhood: worked out from hours and absences, never written down by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from services.profiles.domain.participants import Participant
from shared.contracts.profiles import DutyRole, Hours, Step
from shared.policy import Visits

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PATTERN = timedelta(days=15)
"""While no absence begins or ends, what hasn't changed after so long never will: two weeks, for the clock change."""
MIDNIGHT = time(0)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Working:
    """A worker, as far as duty goes."""

    worker_id: UUID
    hours: tuple[Hours, ...] = ()
    """None at all: always."""
    absences: tuple[tuple[datetime, datetime], ...] = ()
    backup_id: UUID | None = None

    def away(self, at: datetime) -> bool:
        return any(begins <= at < ends for begins, ends in self.absences)

    def at_work(self, at: datetime, zone: ZoneInfo) -> bool:
        """Within their hours and not away."""
        if self.away(at):
            return False
        local = at.astimezone(zone)
        day, now = WEEKDAYS[local.weekday()], local.time()
        return not self.hours or any(
            each.weekday == day and each.begins <= now and (now < each.ends or each.ends == MIDNIGHT)
            for each in self.hours
        )


@dataclass(frozen=True, slots=True)
class Staff:
    """Everyone who may answer for one neighbourhood."""

    zone: ZoneInfo
    workers: tuple[Working, ...] = ()
    """Of this neighbourhood, in the order in which they are asked."""
    colleagues: Mapping[UUID, Working] = field(default_factory=dict)
    """Their backups, by id; a backup may work here too."""
    coordinator_id: UUID | None = None

    def backup_of(self, worker: Working, at: datetime) -> Working | None:
        """Who stands in for a worker and isn't away."""
        backup = self.colleagues.get(worker.backup_id) if worker.backup_id else None
        return backup if backup and not backup.away(at) else None


NOBODY = Staff(ZoneInfo("UTC"))
"""Of a neighbourhood that isn't known."""


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Who answers at a moment."""

    worker_id: UUID | None
    role: DutyRole
    backup_id: UUID | None
    """Who comes next."""
    coordinator_id: UUID | None


def on_duty(staff: Staff, at: datetime) -> OnDuty:
    """The first worker who is at work, else a backup who is, else the coordinator, whatever the hour."""
    for worker in staff.workers:
        if worker.at_work(at, staff.zone):
            backup = staff.backup_of(worker, at)
            return OnDuty(worker.worker_id, "worker", backup.worker_id if backup else None, staff.coordinator_id)
    for worker in staff.workers:
        backup = staff.backup_of(worker, at)
        if backup and backup.at_work(at, staff.zone):
            return OnDuty(backup.worker_id, "backup", None, staff.coordinator_id)
    role: DutyRole = "coordinator" if staff.coordinator_id else "nobody"
    return OnDuty(staff.coordinator_id, role, None, staff.coordinator_id)


def until(staff: Staff, at: datetime) -> datetime | None:
    """When who is on duty changes next; None when it never does by itself."""
    present = on_duty(staff, at)
    for moment in _turns(staff, at):
        if on_duty(staff, moment) != present:
            return moment
    return None


def told(step: Step, staff: Staff, at: datetime) -> tuple[Step, UUID | None]:
    """Whom an open item goes to at this step, and at which step it then is: higher when nobody is there.

    Hours play no part: such an item waits for days. None when the neighbourhood has nobody at all.
    """
    worker = next((each for each in staff.workers if not each.away(at)), None)
    if step == "worker" and worker:
        return "worker", worker.worker_id
    if step != "coordinator":
        asked = [worker] if worker else staff.workers
        backup = next((found for each in asked if (found := staff.backup_of(each, at))), None)
        if backup:
            return "backup", backup.worker_id
    return "coordinator", staff.coordinator_id


def after(step: Step) -> Step | None:
    """The next step up; None after the last."""
    return {"worker": "backup", "backup": "coordinator"}.get(step)  # type: ignore[return-value]


def waits_for_visit(newcomer: Participant) -> bool:
    """Whether someone is still here and has had no visit since they came."""
    return newcomer.visited_at is None and newcomer.status in ("active", "paused")


def not_before(newcomer: Participant, visits: Visits, now: datetime) -> datetime | None:
    """When to look again at a newcomer without a visit; None when it is time to tell someone.

    Their time may run longer than the timer knew (another policy, a move), and who has paused is left in peace.
    """
    due = newcomer.newcomer_since + timedelta(days=visits.within_days)
    if now < due:
        return due
    return now + timedelta(days=visits.escalate_after_days) if newcomer.status == "paused" else None


def _turns(staff: Staff, at: datetime) -> Iterator[datetime]:
    """The moments after `at`, in order, at which anything about it could change."""
    everyone = [*staff.workers, *staff.colleagues.values()]
    absences = {moment for each in everyone for stretch in each.absences for moment in stretch if moment > at}
    bends = [at, *sorted(absences)]
    for begins, ends in pairwise([*bends, bends[-1] + PATTERN]):
        if begins > at:
            yield begins
        yield from _turns_of_hours(staff.zone, everyone, begins, min(ends, begins + PATTERN))


def _turns_of_hours(zone: ZoneInfo, everyone: list[Working], begins: datetime, ends: datetime) -> Iterator[datetime]:
    day = begins.astimezone(zone).date()
    while True:
        midnight = datetime.combine(day, MIDNIGHT, zone).astimezone(UTC)
        if midnight >= ends:
            return
        tomorrow = day + timedelta(days=1)
        name = WEEKDAYS[day.weekday()]
        moments = {_changed_clock(zone, midnight, datetime.combine(tomorrow, MIDNIGHT, zone).astimezone(UTC))}
        for hours in (each for worker in everyone for each in worker.hours if each.weekday == name):
            last = tomorrow if hours.ends == MIDNIGHT else day
            for date, clock in ((day, hours.begins), (last, hours.ends)):
                moments |= {datetime.combine(date, clock, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
        yield from sorted(moment for moment in moments if moment is not None and begins < moment < ends)
        day = tomorrow


def _changed_clock(zone: ZoneInfo, begins: datetime, ends: datetime) -> datetime | None:
    """When, within a day, the clock was put forward or back."""
    before = begins.astimezone(zone).utcoffset()
    if before == ends.astimezone(zone).utcoffset():
        return None
    while ends - begins > _MINUTE:
        middle = begins + (ends - begins) / 2
        if middle.astimezone(zone).utcoffset() == before:
            begins = middle
        else:
            ends = middle
    return ends.replace(second=0, microsecond=0)
