"""Tasks: somebody without e-mail hears the same things by their worker, who rings, or brings or posts a letter."""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from uuid import UUID

from shared.contracts.envelope import Command, Contract, Query
from shared.contracts.profiles.participants import Limit
from shared.contracts.types import Moment, NeighbourhoodId, ParticipantId, Token, WorkerId

TaskWay = Literal["phone", "letter", "organisation"]
"""`letter` also stands for a knock on the door; `organisation`: one that passes messages on."""
TaskStage = Literal["open", "done", "undone", "moot"]
"""`undone`: nobody did it in time, and it became a signal. `moot`: there was nothing left to tell."""

_JOS = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e61"
_TASK = "019a7e00-0a10-7c00-8000-1f2e3d4c5b6a"


class TaskRef(Contract):
    """A task, as answer to a command about it."""

    task_id: UUID
    stage: TaskStage


class Task(Contract):
    """Something that someone is to hear. What exactly is asked of its service when a worker opens it."""

    task_id: UUID
    neighbourhood_id: NeighbourhoodId
    participant_id: ParticipantId
    """Whose it is."""
    way: TaskWay
    kind: Token
    """What they are to hear: the name of the mail that they would have had."""
    exchange_id: UUID | None
    invitation_id: UUID | None
    gathering_id: UUID | None
    referral_id: UUID | None
    other_id: ParticipantId | None
    worker_id: WorkerId | None
    """Who was on duty when it was given."""
    stage: TaskStage
    given_at: Moment
    do_by: Moment
    """Then it becomes a signal."""
    done_at: Moment | None
    done_by: str | None
    """`worker:<id>` or `operator`."""


class TaskPage(Contract):
    """A page of tasks, what is due first in front."""

    tasks: list[Task]
    next: UUID | None
    """Give it as `after` to read on; null on the last page."""


class ListTasks(Query, type="notify.task.list.v1", result=TaskPage):
    """Tasks, for workers and operators; open ones unless said otherwise."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort"}
    neighbourhood_id: NeighbourhoodId | None = None
    worker_id: WorkerId | None = None
    """What was given to this worker, or lies in a neighbourhood for which they answer now."""
    participant_id: ParticipantId | None = None
    stage: TaskStage = "open"
    after: UUID | None = None
    limit: Limit = 50


class ShowTask(Query, type="notify.task.show.v1", result=Task):
    """One task, for workers and operators."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"task_id": _TASK}
    task_id: UUID


class DoTask(Command, type="notify.task.do.v1", result=TaskRef):
    """By a worker: they rang, or brought or posted the letter. An answer is recorded apart, as the person's own."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"task_id": _TASK}
    task_id: UUID


__all__ = ["DoTask", "ListTasks", "ShowTask", "Task", "TaskPage", "TaskRef", "TaskStage", "TaskWay"]
