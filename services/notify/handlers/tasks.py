"""Tasks: what workers see of them, that they did one, and what becomes of one that nobody does."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from services.notify.domain import tasks as domain
from services.notify.domain.tasks import Task
from services.notify.repository import people
from services.notify.repository import tasks as repository
from shared.access import STAFF, Actor, who
from shared.contracts.notify import (
    DoTask,
    ListTasks,
    ShowTask,
    TaskDone,
    TaskDue,
    TaskPage,
    TaskRef,
    TaskUndone,
)
from shared.contracts.notify import Task as TaskContract
from shared.messaging import Rejected, Transaction, handles


@handles(ListTasks, reads=True)
async def list_tasks(query: ListTasks, tx: Transaction) -> TaskPage:
    """Tasks, what is due first in front."""
    actor = who(tx, STAFF)
    found = await repository.page(
        tx, neighbourhood_id=query.neighbourhood_id, worker_id=query.worker_id, participant_id=query.participant_id,
        stage=query.stage, after=query.after, limit=query.limit + 1,
        seen_by=actor.uuid if actor.kind == "worker" else None,
    )  # fmt: skip
    shown = [domain.shown(each) for each in found[: query.limit]]
    return TaskPage(tasks=shown, next=shown[-1].task_id if len(found) > query.limit else None)


@handles(ShowTask, reads=True)
async def show_task(query: ShowTask, tx: Transaction) -> TaskContract:
    """One task."""
    actor = who(tx, STAFF)
    return domain.shown(await _theirs(tx, actor, await repository.read(tx, query.task_id)))


@handles(DoTask)
async def do_task(command: DoTask, tx: Transaction) -> TaskRef:
    """Somebody rang, or brought the letter; also when it was late, and had become a signal."""
    actor = who(tx, STAFF)
    task = await _theirs(tx, actor, await repository.locked(tx, command.task_id))
    domain.refuse_ended(task)
    if task.stage != "done":
        await _end(tx, replace(task, stage="done", done_at=tx.now, done_by=str(actor)))
        await tx.emit(domain.fact(TaskDone, task))
    return TaskRef(task_id=task.task_id, stage="done")


@handles(TaskDue)
async def on_task_due(event: TaskDue, tx: Transaction) -> None:
    """Nobody did it in time: it becomes a signal."""
    task = await repository.locked(tx, event.task_id)
    if task is None or task.stage != "open":
        return
    if tx.now < task.do_by:
        await tx.at(task.do_by, event, TaskDue.timer(task.task_id))
        return
    await repository.keep(tx, replace(task, stage="undone"))
    await tx.emit(domain.fact(TaskUndone, task))


async def drop(tx: Transaction, task_ids: list[UUID]) -> None:
    """Of tasks that are gone, nothing comes any more."""
    for each in task_ids:
        await tx.cancel(TaskDue.timer(each))


async def _end(tx: Transaction, task: Task) -> None:
    await repository.keep(tx, task)
    await tx.cancel(TaskDue.timer(task.task_id))


async def _theirs(tx: Transaction, actor: Actor, task: Task | None) -> Task:
    """A task that this worker may know of: who answers for its neighbourhood."""
    foreign = task is not None and actor.kind == "worker" and not (
        await people.answers_for(tx, actor.uuid, task.neighbourhood_id)
    )  # fmt: skip
    if task is None or foreign:
        raise Rejected("unknown_id", "task_id is no task that we know: see the list of them", "task_id")
    return task
