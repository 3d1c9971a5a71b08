"""`weefsel events …`: every message, what it means, where it travels and how it looks. Needs nothing that runs."""

from __future__ import annotations

import difflib
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.json import JSON
from rich.markdown import Markdown
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from deploy.commands.common import console, print_json, sentences
from deploy.trouble import Trouble
from shared.contracts import load
from shared.contracts.describe import Description, Field, describe
from shared.contracts.envelope import Contract

app = typer.Typer(help="Every message: meaning, subject, example.", no_args_is_help=True)

_COLOURS = {
    "command": "red",
    "query": "cyan",
    "event": "green",
    "state": "magenta",
    "letter": "yellow",
    "record": "dim",
}


@app.command("list")
def list_contracts(
    service: Annotated[str, typer.Option(help="Only what this service sends or answers.")] = "",
    kind: Annotated[str, typer.Option(help="Only commands, queries, events, states or letters.")] = "",
    partners: Annotated[bool, typer.Option("--partners", help="Only what a partner can meet.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """All contracts, a line each."""
    with sentences():
        found = _chosen(service, kind.removesuffix("s").replace("querie", "query"), partners)
        if as_json:
            print_json([_line(each) for each in found])
        else:
            console.print(_table(found))


@app.command()
def show(
    contract: Annotated[str, typer.Argument(metavar="TYPE", help="Such as profiles.participant.register.v1.")],
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """One contract: meaning, subjects, streams, fields, example, answer."""
    with sentences():
        found = describe(_named(contract))
        if as_json:
            print_json(asdict(found))
        else:
            console.print(_card(found))


def _chosen(service: str, kind: str, partners: bool) -> list[Description]:
    described = [describe(each) for each in load().values()]
    services = {_service(each) for each in described}
    if service and service not in services:
        raise Trouble(f"No service is called {service}: choose one of {', '.join(sorted(services))}.")
    if kind and kind not in _COLOURS:
        raise Trouble(f"No message is of the kind {kind}: choose one of {', '.join(_COLOURS)}.")
    return [
        each
        for each in described
        if service in ("", _service(each)) and kind in ("", each.kind) and (each.for_partners or not partners)
    ]


def _named(name: str) -> type[Contract]:
    """By its type, its type without version (the newest), or the name of its class."""
    contracts = load()
    names = {each.__name__: each for each in contracts.values()}
    names |= {type_.rpartition(".")[0]: each for type_, each in contracts.items()} | contracts
    if name in names:
        return names[name]
    close = difflib.get_close_matches(name, names, n=3)
    hint = f"did you mean {' or '.join(close)}?" if close else "`weefsel events list` shows all."
    raise Trouble(f"There is no message {name}: {hint}")


def _service(each: Description) -> str:
    return each.type.split(".")[0]


def _line(each: Description) -> dict[str, object]:
    return {
        "type": each.type,
        "kind": each.kind,
        "for_partners": each.for_partners,
        "meaning": _gist(each),
        "subjects": [way.subject for way in each.ways],
    }


def _gist(each: Description) -> str:
    return each.meaning.split("\n\n")[0]


def _table(found: list[Description]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Type", no_wrap=True)
    table.add_column("Kind")
    table.add_column("Meaning", ratio=1)
    for each in found:
        partners = Text(" ◆", style="dim") if each.for_partners else Text("")
        table.add_row(Text(each.type) + partners, Text(each.kind, style=_COLOURS[each.kind]), Text(_gist(each)))
    table.caption = f"{len(found)} contracts; ◆ a partner can meet it. `weefsel events show TYPE` tells all of one."
    table.caption_justify = "left"
    return table


def _card(each: Description) -> Group:
    title = Text.assemble((each.name, "bold"), "  ", (each.kind, _COLOURS[each.kind]), "  ", (each.type, "dim"))
    ways = Text()
    for way in each.ways:
        ways.append(f"{way.subject}\n").append(f"  {way.stream or 'request/reply'}: {way.who}\n", style="dim")
    ways.rstrip()
    parts: list[RenderableType] = [title, _below(Markdown(each.meaning)), _heading("Where it travels"), _below(ways)]
    if each.fields:
        parts += [_heading("Fields"), _below(_fields(each.fields))]
    parts += [_heading("Example"), _below(JSON.from_data(each.example))]
    if each.result:
        parts += [_heading("Answer"), _below(Markdown(each.result_meaning)), _below(_fields(each.result))]
    if each.result_example:
        parts.append(_below(JSON.from_data(each.result_example)))
    return Group(*parts)


def _fields(fields: list[Field]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for field in fields:
        name = Text.assemble((field.path, "bold"), (" *" if field.required else "", "red"))
        kind = field.kind + (f"; left out: {field.default}" if field.default else "")
        table.add_row(name, Text.assemble(f"{field.meaning}\n" if field.meaning else "", (kind, "dim")))
    table.caption = "* required"
    table.caption_justify = "left"
    return table


def _heading(words: str) -> Text:
    return Text(f"\n{words}", style="bold underline")


def _below(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, 2))
