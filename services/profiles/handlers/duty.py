"""Who answers for a neighbourhood now, and whom a newcomer without a visit is brought to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.profiles.domain import duty
from services.profiles.domain.participants import Participant
from services.profiles.repository import participants, places, workers
from shared.access import STAFF, who
from shared.contracts.profiles import Duty, DutyDue, DutyKept, ShowDuty, Step, VisitDue, VisitOverdue
from shared.messaging import Rejected, Transaction, handles
from shared.policy import DEFAULT, Policy, Visits


async def renew_duty(tx: Transaction, neighbourhood_ids: Collection[str]) -> None:
    """Work out who is on duty, tell it when it changed, and look again when it will."""
    for neighbourhood_id in await workers.lock_duty(tx, neighbourhood_ids):
        staff = await workers.staff(tx, neighbourhood_id, tx.now)
        assert staff is not None
        present, until = duty.on_duty(staff, tx.now), duty.until(staff, tx.now)
        version = await workers.keep_duty(tx, neighbourhood_id, present, until)
        if version is not None:
            await tx.emit(DutyKept(version=version, **_fields(neighbourhood_id, present, until)))
        if until is not None:
            await tx.at(until, DutyDue(neighbourhood_id=neighbourhood_id), key=f"duty:{neighbourhood_id}")
        else:
            await tx.cancel(f"duty:{neighbourhood_id}")


async def end_duty(tx: Transaction, neighbourhood_id: str) -> None:
    """A neighbourhood that ended has nobody on duty."""
    version = await workers.drop_duty(tx, neighbourhood_id)
    await tx.cancel(f"duty:{neighbourhood_id}")
    if version is not None:
        await tx.emit(DutyKept(neighbourhood_id=neighbourhood_id, version=version, removed=True))


def _fields(neighbourhood_id: str, present: duty.OnDuty, until: datetime | None) -> dict[str, Any]:
    return {"neighbourhood_id": neighbourhood_id, "until": until, **asdict(present)}


@handles(DutyDue)
async def on_duty_due(event: DutyDue, tx: Transaction) -> None:
    """The moment at which someone else may be on duty."""
    if event.neighbourhood_id:
        await renew_duty(tx, [event.neighbourhood_id])


@handles(ShowDuty, reads=True)
async def show_duty(query: ShowDuty, tx: Transaction) -> Duty:
    """Who is on duty, now or then."""
    who(tx, STAFF)
    at = query.at or tx.now
    staff = await workers.staff(tx, query.neighbourhood_id, min(at, tx.now))
    if staff is None:
        raise Rejected("unknown_id", "there is no such neighbourhood: see the list of them", "neighbourhood_id")
    return Duty(**_fields(query.neighbourhood_id, duty.on_duty(staff, at), duty.until(staff, at)))


@handles(VisitDue)
async def on_visit_due(event: VisitDue, tx: Transaction) -> None:
    """Tell the worker that a newcomer waits for a visit; then the backup, then the coordinator."""
    newcomer = await participants.locked(tx, event.participant_id)
    if newcomer is None or not duty.waits_for_visit(newcomer):
        return
    visits = await _visits(tx, newcomer.neighbourhood_id)
    later = duty.not_before(newcomer, visits, tx.now)
    if later is not None:
        await _look_again(tx, newcomer, event.step, later)
        return
    staff = await workers.staff(tx, newcomer.neighbourhood_id, tx.now)
    step, worker_id = duty.told(event.step, staff or duty.NOBODY, tx.now)
    await tx.emit(_overdue(newcomer, step, worker_id))
    following = duty.after(step)
    if following is not None:
        await _look_again(tx, newcomer, following, tx.now + timedelta(days=visits.escalate_after_days))


async def _look_again(tx: Transaction, newcomer: Participant, step: Step, at: datetime) -> None:
    event = VisitDue(neighbourhood_id=newcomer.neighbourhood_id, participant_id=newcomer.participant_id, step=step)
    await tx.at(at, event, key=VisitDue.timer(newcomer.participant_id))


async def _visits(tx: Transaction, neighbourhood_id: str) -> Visits:
    """What the policy of this neighbourhood says of visits."""
    policy: Policy = tx.settings.policy
    place = await places.neighbourhood(tx, neighbourhood_id)
    return policy.named(place.policy if place else DEFAULT).visits


def _overdue(newcomer: Participant, step: Step, worker_id: UUID | None) -> VisitOverdue:
    return VisitOverdue(
        neighbourhood_id=newcomer.neighbourhood_id,
        participant_id=newcomer.participant_id,
        worker_id=worker_id,
        step=step,
    )
