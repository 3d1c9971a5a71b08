"""Whom something open is brought to: the worker of the moment, then the backup, then the coordinator, until taken."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.signals.domain.people import Neighbourhood
from shared.contracts.profiles import Step
from shared.contracts.signals import Urgency
from shared.policy import Policy
from shared.working_days import after_working_days, after_working_hours

STEPS: tuple[Step, ...] = ("worker", "backup", "coordinator")
AGAIN = timedelta(days=1)
"""What is for today and has reached the coordinator is told again after so long, until someone has it."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Who can be told of something open in a neighbourhood at this moment."""

    place: Neighbourhood
    coordinator_id: UUID | None
    backup_of_told: UUID | None = None
    """Who stands in for the worker who was told."""

    def whom(self, step: Step, urgency: Urgency, told_id: UUID | None = None) -> tuple[Step, UUID | None]:
        """Whom it goes to at this step, and at which step it then is: higher when nobody is there, or was told already.

        What can wait goes to who was at work last, also when only the coordinator answers at this hour. None when the
        neighbourhood has nobody at all.
        """
        place = self.place
        now = urgency == "today" or place.role in ("worker", "backup")
        if step == "worker" and now and place.role != "nobody":
            return place.role, place.worker_id
        if step == "worker" and urgency != "today" and place.at_work_role is not None:
            return place.at_work_role, place.at_work_id
        backup_id = place.backup_id or self.backup_of_told
        if step != "coordinator" and backup_id is not None and backup_id != told_id:
            return "backup", backup_id
        return "coordinator", self.coordinator_id or place.worker_id or place.at_work_id


def after(step: Step) -> Step | None:
    """The next step up; None after the last."""
    return STEPS[STEPS.index(step) + 1] if step != "coordinator" else None


def waits_until(urgency: Urgency, step: Step, since: datetime, place: Neighbourhood, policy: Policy) -> datetime | None:
    """Until when it waits with whoever was told; None: until someone takes it."""
    rules = policy.signals
    if step == "coordinator":
        return since + AGAIN if urgency == "today" else None
    if urgency == "today":
        return since + timedelta(hours=rules.climb_today_hours)
    hours = rules.climb_this_week_hours if urgency == "this-week" else rules.climb_watch_hours
    return after_working_hours(since, hours, place.zone, rules.country)


def asked_waits_until(step: Step, since: datetime, place: Neighbourhood, policy: Policy) -> datetime | None:
    """The same for what exchange asks a worker to look at."""
    if step == "coordinator":
        return None
    return after_working_hours(since, policy.signals.climb_asked_hours, place.zone, policy.signals.country)


def lies_still_at(since: datetime, place: Neighbourhood, policy: Policy) -> datetime:
    """When nothing has been done for so long with what a worker has that somebody is to hear of it."""
    rules = policy.signals
    return after_working_days(since, rules.still_working_days, place.zone, rules.country)


def comes_back_at(day: date, place: Neighbourhood, policy: Policy) -> datetime:
    """The moment of a day at which what rested is before its worker again: the morning, on the clock of the place."""
    return datetime.combine(day, policy.day_parts.morning.begins, place.zone)


def first_of(candidates: Collection[UUID | None], *, but: Collection[UUID]) -> UUID | None:
    """The first who is somebody, and none of these."""
    return next((each for each in candidates if each is not None and each not in but), None)
