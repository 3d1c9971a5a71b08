"""SQL of tasks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.notify.domain.tasks import Task
from services.notify.repository.people import ANSWERS_FOR
from shared.conditions import Conditions
from shared.contracts.notify import TaskStage, TaskWay
from shared.database import Record
from shared.messaging import Transaction

_FOR = """(t.worker_id = {} OR EXISTS (
    SELECT FROM duty AS d WHERE d.neighbourhood_id = t.neighbourhood_id AND d.worker_id = {}
))"""
"""To whom a task was given, or who is on duty there."""
_COLUMNS = tuple(name for name in Task.__dataclass_fields__ if name != "detail")


async def add(tx: Transaction, task: Task) -> None:
    columns = ", ".join((*_COLUMNS, "detail"))
    places = ", ".join(f"${n}" for n in range(1, len(_COLUMNS) + 2))
    await tx.execute(
        f"INSERT INTO task ({columns}) VALUES ({places}) ON CONFLICT (task_id) DO NOTHING",  # noqa: S608 - constants
        *(getattr(task, name) for name in _COLUMNS), json.dumps(task.detail),
    )  # fmt: skip


async def read(tx: Transaction, task_id: UUID) -> Task | None:
    row = await tx.fetchrow("SELECT * FROM task WHERE task_id = $1", task_id)
    return task_from(row) if row else None


async def locked(tx: Transaction, task_id: UUID) -> Task | None:
    """One task, to change."""
    row = await tx.fetchrow("SELECT * FROM task WHERE task_id = $1 FOR UPDATE", task_id)
    return task_from(row) if row else None


async def keep(tx: Transaction, task: Task) -> None:
    """A task that changed."""
    await tx.execute(
        "UPDATE task SET stage = $2, done_at = $3, done_by = $4 WHERE task_id = $1",
        task.task_id, task.stage, task.done_at, task.done_by,
    )  # fmt: skip


async def page(
    tx: Transaction, *, neighbourhood_id: str | None, worker_id: UUID | None, participant_id: UUID | None,
    stage: TaskStage, after: UUID | None, limit: int, seen_by: UUID | None = None,
) -> list[Task]:  # fmt: skip
    """Tasks, what is due first in front. `seen_by`: a worker, to whom only those of where they answer are shown."""
    asked = Conditions()
    asked.add("t.stage = {}", stage)
    asked.given("t.neighbourhood_id = {}", neighbourhood_id)
    asked.given("t.participant_id = {}", participant_id)
    if worker_id is not None:
        asked.add(_FOR, worker_id, worker_id)
    asked.given("(t.do_by, t.task_id) > (SELECT do_by, task_id FROM task WHERE task_id = {})", after)
    if seen_by is not None:
        seen = ANSWERS_FOR.format(worker=f"{asked.value(seen_by)}::uuid", place="t.neighbourhood_id")
        asked.add(seen)
    rows = await tx.fetch(
        f"SELECT t.* FROM task AS t WHERE {asked} ORDER BY t.do_by, t.task_id LIMIT {asked.value(limit)}",  # noqa: S608 - constants
        *asked.values,
    )
    return [task_from(row) for row in rows]


@dataclass(frozen=True, slots=True)
class ToTell:
    """All that somebody is to hear from a worker."""

    participant_id: UUID
    way: TaskWay
    """The one of what was given last: as they prefer it now."""
    number: int
    since: datetime
    by: datetime
    """When the first of it is to be told."""


async def to_tell(tx: Transaction, worker_id: UUID, limit: int) -> list[ToTell]:
    """Whom a worker is to ring, or to bring letters, what is due first in front: each person once. Not of where they
    answer no more: the sheet is shown to others by then."""
    rows = await tx.fetch(
        f"""
        SELECT participant_id, (array_agg(way ORDER BY given_at DESC, task_id))[1] AS way, count(*) AS number,
            min(given_at) AS since, min(do_by) AS by
        FROM task AS t
        WHERE stage = 'open' AND (worker_id = $1 OR EXISTS (
            SELECT FROM duty AS d WHERE d.neighbourhood_id = t.neighbourhood_id AND d.worker_id = $1
        )) AND {ANSWERS_FOR.format(worker="$1::uuid", place="t.neighbourhood_id")}
        GROUP BY participant_id ORDER BY by, participant_id LIMIT $2
        """,  # noqa: S608 - constants
        worker_id, limit,
    )  # fmt: skip
    return [ToTell(**dict(row)) for row in rows]


async def open_on(
    tx: Transaction, kinds: Sequence[str], before: UUID, *, person_id: UUID | None = None, thread: UUID | None = None,
    invitation_id: UUID | None = None, gathering_id: UUID | None = None,
) -> list[Task]:  # fmt: skip
    """What of these kinds is still to be told, of an event before this one: to a person, of a matter."""
    rows = await tx.fetch(
        """
        SELECT * FROM task
        WHERE stage = 'open' AND kind = ANY($1::text[]) AND (message_id IS NULL OR message_id < $2)
            AND ($3::uuid IS NULL OR participant_id = $3) AND ($4::uuid IS NULL OR thread = $4)
            AND ($5::uuid IS NULL OR invitation_id = $5) AND ($6::uuid IS NULL OR gathering_id = $6)
        ORDER BY task_id FOR UPDATE
        """,
        list(kinds), before, person_id, thread, invitation_id, gathering_id,
    )  # fmt: skip
    return [task_from(row) for row in rows]


async def open_of(tx: Transaction, participant_id: UUID) -> list[Task]:
    """What somebody is still to hear from their worker."""
    rows = await tx.fetch(
        "SELECT * FROM task WHERE participant_id = $1 AND stage = 'open' ORDER BY task_id FOR UPDATE", participant_id
    )
    return [task_from(row) for row in rows]


async def move(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    for column in ("participant_id", "other_id"):
        await tx.execute(f"UPDATE task SET {column} = $2 WHERE {column} = $1", double_id, survivor_id)  # noqa: S608


async def erase(tx: Transaction, participant_ids: Sequence[UUID]) -> list[UUID]:
    """Every task for or about these people. Returns their ids: their timers go too."""
    rows = await tx.fetch(
        """
        DELETE FROM task WHERE participant_id = ANY($1::uuid[]) OR other_id = ANY($1::uuid[]) RETURNING task_id
        """,
        list(participant_ids),
    )
    return [row["task_id"] for row in rows]


async def expire(tx: Transaction, before: datetime) -> int:
    """Tasks that were to be done before this moment, and are not open any more."""
    return int((await tx.execute("DELETE FROM task WHERE do_by < $1 AND stage <> 'open'", before)).split()[-1])


def task_from(row: Record) -> Task:
    return Task(**{name: row[name] for name in _COLUMNS}, detail=json.loads(row["detail"]))
