"""Tasks: what somebody without e-mail is to hear from their worker."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notify.domain.mails import Mail
from services.notify.domain.people import Neighbourhood, Person
from shared.contracts.notify import Task as TaskContract
from shared.contracts.notify import TaskFact, TaskStage, TaskWay
from shared.messaging import Rejected
from shared.policy import Policy
from shared.working_days import after_working_days


@dataclass(frozen=True, slots=True)
class Task:
    """The mail of the same id, told otherwise."""

    task_id: UUID
    neighbourhood_id: str
    participant_id: UUID
    way: TaskWay
    kind: str
    worker_id: UUID | None
    stage: TaskStage
    given_at: datetime
    do_by: datetime
    exchange_id: UUID | None = None
    invitation_id: UUID | None = None
    gathering_id: UUID | None = None
    referral_id: UUID | None = None
    other_id: UUID | None = None
    thread: UUID | None = None
    """Of the matter."""
    message_id: UUID | None = None
    """As of the mail."""
    detail: dict[str, Any] = field(default_factory=dict)
    done_at: datetime | None = None
    done_by: str | None = None


def way_to(person: Person) -> TaskWay:
    """How a worker reaches who gets no mail: as they prefer; where their address fails, by phone if they have one."""
    if person.reached_by in ("phone", "letter", "organisation"):
        return person.reached_by
    if person.phone is not None:
        return "phone"
    return "organisation" if person.organisation_id else "letter"


def given(mail: Mail, person: Person, place: Neighbourhood, policy: Policy, now: datetime) -> Task:
    """The task in place of a mail, with time to do it in working days."""
    way = way_to(person)
    notify = policy.notify
    days = notify.letter_within_days if way == "letter" else notify.ring_within_days
    matter = mail.matter
    return Task(
        task_id=mail.mail_id, neighbourhood_id=place.neighbourhood_id, participant_id=person.participant_id, way=way,
        kind=mail.kind, worker_id=place.worker_id, stage="open", given_at=now,
        do_by=after_working_days(now, days, place.zone, policy.signals.country), exchange_id=matter.exchange_id,
        invitation_id=matter.invitation_id, gathering_id=matter.gathering_id, referral_id=matter.referral_id,
        other_id=matter.other_id, thread=mail.thread, message_id=mail.message_id, detail=dict(mail.detail),
    )  # fmt: skip


def refuse_ended(task: Task) -> None:
    """Refuse to do what can't be done any more."""
    if task.stage == "moot":
        raise Rejected("ended", "task_id is of something that is over: there is nothing left to tell", "task_id")


def shown(task: Task) -> TaskContract:
    return TaskContract(**{name: getattr(task, name) for name in TaskContract.model_fields})


def fact(kind: type[TaskFact], task: Task) -> TaskFact:
    """What is told of it."""
    return kind(
        neighbourhood_id=task.neighbourhood_id, task_id=task.task_id, participant_id=task.participant_id,
        way=task.way, worker_id=task.worker_id,
    )  # fmt: skip
