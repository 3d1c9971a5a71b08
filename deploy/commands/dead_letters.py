"""`weefsel dead-letters …`: what a service could not handle, why, and where to look; mend it, or drop it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from deploy.commands.asking import Json, ask, card, lay_out, said, table
from deploy.commands.common import print_json, sentences
from deploy.embedded.parts import deployed
from deploy.trouble import Trouble
from shared.contracts.operations import (
    DeadLetter,
    DeadLetterSummary,
    DiscardDeadLetter,
    ListDeadLetters,
    ReplayDeadLetter,
    ShowDeadLetter,
)
from shared.messaging.client import Client, Refused, Unanswered

app = typer.Typer(help="What could not be handled: list, show, replay, discard.", no_args_is_help=True)
ServiceName = Annotated[str, typer.Option("--service", help="Of one service. None: of all that run.")]
Id = Annotated[UUID, typer.Argument(metavar="ID", help="As `weefsel dead-letters list` shows it.")]


@app.command("list")
def list_dead_letters(
    service: ServiceName = "",
    all_: Annotated[bool, typer.Option("--all", help="Those that were replayed or discarded too.")] = False,
    as_json: Json = False,
) -> None:
    """The dead letters that are still to be dealt with, newest first."""
    found, silent = ask(lambda client: _all(client, _named(service), None if all_ else "open"))
    if as_json:
        print_json([{"service": name, **each.model_dump(mode="json")} for name, each in found])
    else:
        rows = [
            (name, each.died_at, each.message_type or each.subject, each.reason, each.attempts, each.status, each.id)
            for name, each in found
        ]
        columns = ("service", "died", "message", "reason", "attempts", "status", "id")
        lay_out(table(*columns, rows=rows, empty="There are no dead letters."))
    for name in silent:
        typer.echo(f"{name} does not answer: what it may hold is not among these.", err=True)
    if silent:
        raise typer.Exit(1)


@app.command()
def show(id_: Id, service: ServiceName = "", as_json: Json = False) -> None:
    """One dead letter: what was sent, why it could not be handled, and where in the code to look."""
    name, letter = ask(lambda client: _find(client, id_, _named(service)))
    if as_json:
        print_json({"service": name, **letter.model_dump(mode="json")})
        return
    lines = [
        ("service", name), ("message", letter.message_type), ("subject", letter.subject),
        ("stream", f"{letter.stream} {letter.sequence}"), ("reason", letter.reason), ("where", letter.place),
        ("attempts", letter.attempts), ("status", letter.status), ("died", letter.died_at),
        ("closed", letter.closed_at), ("headers", "\n".join(f"{k}: {v}" for k, v in letter.headers.items())),
        ("body", letter.body),
    ]  # fmt: skip
    lay_out(card(str(letter.id), lines))


@app.command()
def replay(
    id_: Id,
    service: ServiceName = "",
    body: Annotated[
        str, typer.Option("--body", metavar="FILE", help="The message's data, mended: a file of JSON; - reads stdin.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Hand it to its handler once more, as it was or mended. What fails again stays a dead letter."""
    with sentences():
        mended = _read(body) if body else None

    async def hand_over(client: Client) -> Any:
        name, _ = await _find(client, id_, _named(service))
        return await client.get(ReplayDeadLetter(id=id_, body=mended), service=name)

    said(as_json, ask(hand_over), "It is handled now.")


@app.command()
def discard(
    id_: Id,
    service: ServiceName = "",
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: Json = False,
) -> None:
    """Drop what it holds, for good; that it was there is kept."""
    if not (yes or as_json):
        typer.confirm(f"Drop what dead letter {id_} holds? It can't be replayed after that.", abort=True)

    async def drop(client: Client) -> Any:
        name, _ = await _find(client, id_, _named(service))
        return await client.get(DiscardDeadLetter(id=id_), service=name)

    said(as_json, ask(drop), "It is dropped.")


def _named(service: str) -> tuple[str, ...]:
    return (service,) if service else deployed()


async def _all(
    client: Client, services: tuple[str, ...], status: Any
) -> tuple[list[tuple[str, DeadLetterSummary]], list[str]]:
    """Every page of each service, and the services that don't answer."""
    found: list[tuple[str, DeadLetterSummary]] = []
    silent = []
    for name in services:
        after: UUID | None = None
        try:
            while True:
                page = await client.get(ListDeadLetters(status=status, after=after), service=name)
                found += [(name, each) for each in page.dead_letters]
                if (after := page.next) is None:
                    break
        except Unanswered:
            silent.append(name)
    return found, silent


async def _find(client: Client, id_: UUID, services: tuple[str, ...]) -> tuple[str, DeadLetter]:
    """The service that holds it. Raises Trouble when none that answers does."""
    silent = []
    for name in services:
        try:
            return name, await client.get(ShowDeadLetter(id=id_), service=name)
        except Unanswered:
            silent.append(name)
        except Refused as refused:
            if refused.problems[0].code != "unknown_id":
                raise
    others = f" {' and '.join(silent)} does not answer." if silent else ""
    raise Trouble(f"There is no dead letter {id_}: see `weefsel dead-letters list`.{others}")


def _read(path: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        mended = json.loads(text)
    except OSError as error:
        raise Trouble(f"{path} can't be read: {error.strerror}.") from None
    except ValueError as error:
        raise Trouble(f"{path} is no JSON: {error}.") from None
    if not isinstance(mended, dict):
        raise Trouble(f"{path} must hold a JSON object: the body that `weefsel dead-letters show` shows, mended.")
    return mended
