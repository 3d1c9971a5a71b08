"""`weefsel tasks …`: who is to be rung, or to get a letter, since they have no e-mail."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import typer

from deploy.commands.asking import OPERATOR, Actor, Json, ask, build, every, lay_out, participant, said, table, worker
from deploy.commands.common import print_json
from deploy.commands.naming import names
from deploy.trouble import Trouble
from shared.contracts.notify import DoTask, ListTasks, Task, TaskRef
from shared.messaging.client import Client

app = typer.Typer(help="People without e-mail hear it from their worker: list, done.", no_args_is_help=True)


@app.command("list")
def list_tasks(
    neighbourhood: Annotated[str | None, typer.Option()] = None,
    worker_: Annotated[str, typer.Option("--worker", metavar="WORKER", help="Those of one worker.")] = "",
    who: Annotated[str, typer.Option("--who", metavar="WHO", help="Those for one person.")] = "",
    stage: Annotated[str, typer.Option(help="open, done, undone or moot.")] = "open",
    actor: Actor = OPERATOR,
    as_json: Json = False,
) -> None:
    """Who is to hear what, and by when; what is due first in front."""

    async def look(client: Client) -> tuple[list[Task], dict[UUID | None, str]]:
        values = {
            "neighbourhood_id": neighbourhood, "stage": stage, "limit": 100,
            "worker_id": await worker(client, worker_, actor) if worker_ else None,
            "participant_id": await participant(client, who, actor) if who else None,
        }  # fmt: skip
        query = build(ListTasks, values)
        found = await every(client, query, "tasks", actor)
        return found, await names(client, (each.participant_id for each in found))

    found, called = ask(look)
    if as_json:
        print_json([each.model_dump(mode="json") for each in found])
        return
    rows = [(called[each.participant_id], each.way, each.kind, each.do_by, each.stage, each.task_id) for each in found]
    lay_out(table("name", "by", "what", "do by", "stage", "id", rows=rows, empty="There are no tasks."))


@app.command()
def done(
    which: Annotated[str, typer.Argument(metavar="WHICH", help="A task's id, or the name of who was told.")],
    actor: Actor = OPERATOR,
    as_json: Json = False,
) -> None:
    """They rang, or brought or posted the letter. What was answered is recorded apart, as the person's own."""

    async def do(client: Client) -> TaskRef:
        ref: TaskRef = await client.get(DoTask(task_id=await _which(client, which, actor)), actor=actor)
        return ref

    said(as_json, ask(do), "It is done.")


async def _which(client: Client, which: str, actor: str) -> UUID:
    try:
        return UUID(which)
    except ValueError:
        pass
    query: Any = ListTasks(participant_id=await participant(client, which, actor))
    found = (await client.get(query, actor=actor)).tasks
    if len(found) != 1:
        raise Trouble(f"'{which}' has {len(found)} open tasks: give the id of one, see `weefsel tasks list`.")
    id_: UUID = found[0].task_id
    return id_
