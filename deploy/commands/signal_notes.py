"""`weefsel signals note|notes|readings`: what is remembered with a signal, and who read it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from deploy.commands.asking import (
    OPERATOR,
    Actor,
    Json,
    Who,
    ask,
    build,
    every,
    lay_out,
    participant,
    said,
    table,
    worker_names,
)
from deploy.commands.common import print_json
from deploy.commands.signal_naming import GOING, WhichSignal, actor_shown, signal
from shared.contracts.signals import ListReadings, Note, NoteAbout, NoteRef, Reading, ReadNotes, SignalStage, WriteNote
from shared.messaging.client import Client

app = typer.Typer()
WITH_NOTES: frozenset[SignalStage] = GOING | {"closed"}


@app.command()
def note(
    which: WhichSignal,
    words: Annotated[str, typer.Argument(help="For its worker and their backup alone; encrypted.")],
    about: Annotated[NoteAbout, typer.Option(help="deviation: why a rule was set aside.")] = "signal",
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Something to remember with a signal. It travels by request and reply alone, and is encrypted where it is kept."""

    async def tell(client: Client) -> NoteRef:
        id_ = await signal(client, which, actor, WITH_NOTES)
        message = build(WriteNote, {"signal_id": id_, "note": words, "about": about})
        answer: NoteRef = await client.get(message, actor=actor)
        return answer

    said(as_json, ask(tell), "It is written; each reading of it is recorded.")


@app.command()
def notes(which: WhichSignal, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """The notes of a signal: for its worker and their backup (--as worker:WHO). That you read them is recorded."""

    async def look(client: Client) -> tuple[list[Note], dict[UUID | None, str]]:
        id_ = await signal(client, which, actor, WITH_NOTES)
        return await every(client, ReadNotes(signal_id=id_), "notes", actor), await worker_names(client)

    found, workers = ask(look)
    if as_json:
        print_json(found)
        return
    rows = [(each.written_at, actor_shown(each.written_by, workers), each.about, each.note) for each in found]
    lay_out(table("written", "by", "about", "note", rows=rows, empty="There are no notes."))


@app.command()
def readings(who: Who, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Who read notes or details about someone, and when."""

    async def look(client: Client) -> tuple[list[Reading], dict[UUID | None, str]]:
        query = ListReadings(participant_id=await participant(client, who))
        return await every(client, query, "readings", actor), await worker_names(client)

    found, workers = ask(look)
    if as_json:
        print_json(found)
        return
    rows = [
        (each.at, actor_shown(each.by, workers), each.what, each.fields, each.signal_id or each.referral_id)
        for each in found
    ]
    lay_out(table("when", "who", "read", "which", "id", rows=rows, empty="Nobody read anything about them."))
