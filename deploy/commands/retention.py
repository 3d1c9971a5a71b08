"""`weefsel retention run`: delete what has had its time. Every service does so by itself, each hour."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy.commands.asking import Json, ask, lay_out, table
from deploy.commands.common import print_json
from deploy.embedded.parts import deployed
from shared.contracts.operations import RunRetention
from shared.messaging.client import Client, Unanswered

app = typer.Typer(help="Delete what has had its time.", no_args_is_help=True)


@app.callback()
def _retention() -> None:
    """Delete what has had its time."""


@app.command("run")
def run_retention(
    service: Annotated[str, typer.Option("--service", help="Of one service. None: of all that run.")] = "",
    as_json: Json = False,
) -> None:
    """Now, rather than within the hour: each kind of record has its time, the domain's in the policy."""
    services = (service,) if service else deployed()
    removed, silent = ask(lambda client: _run(client, services))
    if as_json:
        print_json(removed)
    else:
        rows = [(name, kind, count) for name, kinds in removed.items() for kind, count in kinds.items() if count]
        lay_out(table("service", "kind", "deleted", rows=rows, empty="Nothing had its time."))
    for name in silent:
        typer.echo(f"{name} does not answer: it deletes what has had its time once it runs.", err=True)
    if silent:
        raise typer.Exit(1)


async def _run(client: Client, services: tuple[str, ...]) -> tuple[dict[str, dict[str, int]], list[str]]:
    """Rows by service and kind, and the services that don't answer."""
    removed: dict[str, dict[str, int]] = {}
    silent = []
    for name in services:
        try:
            removed[name] = (await client.get(RunRetention(), service=name)).removed
        except Unanswered:
            silent.append(name)
    return removed, silent
