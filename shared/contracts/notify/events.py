"""What notify tells."""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from uuid import UUID

from shared.contracts.envelope import Event
from shared.contracts.profiles.places import Month
from shared.contracts.types import NeighbourhoodId, ParticipantId, WorkerId

_JOS = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e61"
_MARIE = "019a1b2c-0000-7000-8000-000000000001"
_TASK = "019a7e00-0a10-7c00-8000-1f2e3d4c5b6a"


class TaskFact(Event):
    """About a task: to ring somebody who has no e-mail, or to bring them a letter."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": "brugse-poort",
        "task_id": _TASK,
        "participant_id": _JOS,
        "way": "phone",
        "worker_id": _MARIE,
    }
    neighbourhood_id: NeighbourhoodId
    task_id: UUID
    participant_id: ParticipantId
    way: Literal["phone", "letter", "organisation"]
    worker_id: WorkerId | None


class TaskGiven(TaskFact, type="notify.task.given.v1"):
    """A worker is to ring someone, or to bring or post a letter."""


class TaskDone(TaskFact, type="notify.task.done.v1"):
    """Somebody did."""


class TaskUndone(TaskFact, type="notify.task.undone.v1"):
    """Nobody did in time: signals raises it."""


# --- timers


class TaskDue(Event, type="notify.task.due.v1"):
    """A timer: nobody may have done this task yet."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort", "task_id": _TASK}
    neighbourhood_id: NeighbourhoodId
    task_id: UUID

    @staticmethod
    def timer(task_id: UUID) -> str:
        return f"task:{task_id}"


class DigestDue(Event, type="notify.digest.due.v1"):
    """A timer: it is the hour at which a worker wants the digest."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": None, "worker_id": _MARIE}
    neighbourhood_id: NeighbourhoodId | None = None
    worker_id: WorkerId

    @staticmethod
    def timer(worker_id: UUID) -> str:
        return f"digest:{worker_id}"


class FiguresDue(Event, type="notify.figures.due.v1"):
    """A timer: the figures of a month have been made everywhere, and go to the municipality."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": None, "month": "2026-05"}
    neighbourhood_id: NeighbourhoodId | None = None
    month: Month


__all__ = ["DigestDue", "FiguresDue", "TaskDone", "TaskDue", "TaskFact", "TaskGiven", "TaskUndone"]
