"""`weefsel organisations …`: who employs the workers, and who plugs in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args
from uuid import UUID

import typer

from deploy.commands.asking import (
    OPERATOR,
    Actor,
    Json,
    Worker,
    ask,
    bring,
    brought,
    build,
    card,
    every,
    lay_out,
    local_name,
    names_from,
    said,
    table,
    worker,
    worker_names,
)
from deploy.commands.common import print_json, sentences
from deploy.imports import places
from shared.contracts.profiles import (
    ChangeOrganisation,
    ListOrganisations,
    NameCoordinator,
    Organisation,
    OrganisationKind,
    OrganisationRef,
    RegisterOrganisation,
    RetireOrganisation,
    ShowOrganisation,
)
from shared.messaging.client import Client

app = typer.Typer(help="Local service centres, care providers, associations, municipalities.", no_args_is_help=True)
KINDS = ", ".join(get_args(OrganisationKind))
Id = Annotated[str, typer.Argument(metavar="ID", help="Such as ldc-de-horizon.")]
Names = Annotated[list[str] | None, typer.Option("--name", help="Its name, or nl=…, fr=… for each language.")]
Kind = Annotated[str | None, typer.Option(help=f"One of {KINDS}.")]
Email = Annotated[str | None, typer.Option(help="A mailbox of a role, not of a person.")]
Phone = Annotated[str | None, typer.Option()]


@app.command("list")
def list_organisations(actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """All organisations."""
    found, workers = ask(lambda client: _all(client, actor))
    if as_json:
        print_json(found)
        return
    rows = [
        (each.organisation_id, local_name(each.names), each.kind, each.email, workers.get(each.coordinator_id))
        for each in found
    ]
    lay_out(table("id", "name", "kind", "e-mail", "coordinator", rows=rows, empty="There are no organisations yet."))


@app.command()
def show(organisation: Id, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """One organisation."""
    with sentences():
        query = build(ShowOrganisation, {"organisation_id": organisation})
    found = ask(lambda client: client.get(query, actor=actor))
    if as_json:
        print_json(found)
        return
    lines: list[tuple[str, object]] = [
        ("id", found.organisation_id),
        *((f"name ({language})", name) for language, name in found.names.items()),
    ]
    lines += [("kind", found.kind), ("e-mail", found.email), ("phone", found.phone)]
    lay_out(card(local_name(found.names), [*lines, ("coordinator", found.coordinator_id)]))


@app.command()
def register(
    organisation: Id, name: Names = None, kind: Kind = None, email: Email = None, phone: Phone = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """An organisation joins."""
    with sentences():
        values = {"names": names_from(name or [organisation]), "kind": kind, "email": email, "phone": phone}
        command = build(RegisterOrganisation, {"organisation_id": organisation, **values})
    answer = ask(lambda client: client.get(command, actor=actor))
    said(as_json, answer, f"{organisation} is registered.")


@app.command()
def change(
    organisation: Id, name: Names = None, kind: Kind = None, email: Email = None, phone: Phone = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Other names, kind or contact. An empty text ("") takes an address away."""
    with sentences():
        values = {"names": names_from(name or []), "kind": kind, "email": email, "phone": phone}
        command = build(ChangeOrganisation, {"organisation_id": organisation, **values})
    answer = ask(lambda client: client.get(command, actor=actor))
    said(as_json, answer, f"{organisation} is as you said.")


@app.command()
def coordinator(organisation: Id, who: Worker, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Name the coordinator: where escalation ends."""
    answer = ask(lambda client: _coordinator(client, organisation, who, actor))
    said(as_json, answer, f"{who} is the coordinator of {organisation}.")


@app.command()
def retire(organisation: Id, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """An organisation stops; refused while it has workers or neighbourhoods."""
    with sentences():
        command = build(RetireOrganisation, {"organisation_id": organisation})
    answer = ask(lambda client: client.get(command, actor=actor))
    said(as_json, answer, f"{organisation} is retired.")


@app.command("import")
def import_organisations(
    file: Annotated[Path, typer.Argument(help="CSV: id, naam, soort, e-mail, telefoon.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look, change nothing.")] = False,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Register what is new, change what is known. The same file twice changes nothing."""
    with sentences():
        found = places.organisations(file)
    done, refused = (0, []) if dry_run else ask(lambda client: _bring(client, found, actor))
    brought(found, done, refused, "organisations", as_json=as_json, dry_run=dry_run)


async def _bring(client: Client, found: places.Reading[RegisterOrganisation], actor: str) -> tuple[int, list[str]]:
    known = await every(client, ListOrganisations(limit=100), "organisations", actor)
    return await bring(client, found.good, {each.organisation_id for each in known}, ChangeOrganisation, actor)


async def _all(client: Client, actor: str) -> tuple[list[Organisation], dict[UUID | None, str]]:
    found = await every(client, ListOrganisations(limit=100), "organisations", actor)
    return found, await worker_names(client, actor)


async def _coordinator(client: Client, organisation: str, who: str, actor: str) -> OrganisationRef:
    values = {"organisation_id": organisation, "coordinator_id": await worker(client, who, actor)}
    answer: OrganisationRef = await client.get(build(NameCoordinator, values), actor=actor)
    return answer
