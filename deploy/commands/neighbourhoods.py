"""`weefsel neighbourhoods …`: the areas that workers know on foot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from deploy.commands.asking import (
    OPERATOR,
    Actor,
    Json,
    ask,
    bring,
    brought,
    build,
    card,
    every,
    lay_out,
    local_name,
    moment,
    names_from,
    said,
    say,
    shown,
    table,
    worker_names,
    zone_of,
)
from deploy.commands.common import print_json, sentences
from deploy.imports import places
from shared.contracts.profiles import (
    ChangeNeighbourhood,
    Duty,
    Figures,
    ListNeighbourhoods,
    Neighbourhood,
    RegisterNeighbourhood,
    RetireNeighbourhood,
    ShowDuty,
    ShowFigures,
    ShowNeighbourhood,
)
from shared.messaging.client import Client

app = typer.Typer(help="The areas that workers know on foot.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="ID", help="Such as brugse-poort.")]
Names = Annotated[list[str] | None, typer.Option("--name", help="Its name, or nl=…, fr=… for each language.")]
Organisation = Annotated[str | None, typer.Option(help="The organisation whose workers know it.")]
Timezone = Annotated[str | None, typer.Option(help="Europe/Brussels when left out.")]
PolicyName = Annotated[str | None, typer.Option("--policy", help="A policy of the policy file.")]


@app.command("list")
def list_neighbourhoods(actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """All neighbourhoods."""
    found = ask(lambda client: every(client, ListNeighbourhoods(limit=100), "neighbourhoods", actor))
    if as_json:
        print_json(found)
        return
    rows = [
        (each.neighbourhood_id, local_name(each.names), each.organisation_id, each.timezone, each.policy)
        for each in found
    ]
    empty = "There are no neighbourhoods yet: `weefsel neighbourhoods register` or `import`."
    lay_out(table("id", "name", "organisation", "timezone", "policy", rows=rows, empty=empty))


@app.command()
def show(neighbourhood: Id, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """One neighbourhood, and who is on duty in it."""
    with sentences():
        query = build(ShowNeighbourhood, {"neighbourhood_id": neighbourhood})
    found, duty, names = ask(lambda client: _with_duty(client, query, actor))
    if as_json:
        print_json({**found.model_dump(mode="json"), "duty": duty.model_dump(mode="json")})
        return
    lines: list[tuple[str, object]] = [
        ("id", found.neighbourhood_id),
        *((f"name ({each})", name) for each, name in found.names.items()),
    ]
    lines += [("organisation", found.organisation_id), ("timezone", found.timezone), ("policy", found.policy)]
    lines += [("area", f"{len(found.cells)} cells of about 170 m" if found.cells else "never drawn")]
    lines += [
        ("on duty", f"{names.get(duty.worker_id, duty.worker_id)} ({duty.role})"),
        ("until", shown(duty.until, ZoneInfo(found.timezone))),
    ]
    lay_out(card(local_name(found.names), [*lines, ("retired", found.retired or None)]))


@app.command()
def register(
    neighbourhood: Id, name: Names = None, organisation: Organisation = None, timezone: Timezone = None,
    policy: PolicyName = None, actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """A neighbourhood begins."""
    with sentences():
        values: dict[str, object] = {"organisation_id": organisation, "timezone": timezone, "policy": policy}
        values |= {"neighbourhood_id": neighbourhood, "names": names_from(name or [neighbourhood])}
        command = build(RegisterNeighbourhood, values)
    answer = ask(lambda client: client.get(command, actor=actor))
    said(as_json, answer, f"{neighbourhood} is registered.")


@app.command()
def change(
    neighbourhood: Id, name: Names = None, organisation: Organisation = None, timezone: Timezone = None,
    policy: PolicyName = None, actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Other names, organisation, timezone or policy."""
    with sentences():
        values: dict[str, object] = {"organisation_id": organisation, "timezone": timezone, "policy": policy}
        values |= {"neighbourhood_id": neighbourhood, "names": names_from(name or [])}
        command = build(ChangeNeighbourhood, values)
    answer = ask(lambda client: client.get(command, actor=actor))
    said(as_json, answer, f"{neighbourhood} is as you said.")


@app.command()
def retire(neighbourhood: Id, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """A neighbourhood ends; refused while participants live in it."""
    with sentences():
        command = build(RetireNeighbourhood, {"neighbourhood_id": neighbourhood})
    answer = ask(lambda client: client.get(command, actor=actor))
    said(as_json, answer, f"{neighbourhood} is retired.")


@app.command()
def duty(
    neighbourhood: Id, at: Annotated[str, typer.Option(help="Another moment: 2026-07-01T14:00.")] = "",
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Who is on duty in a neighbourhood."""
    found, names, zone = ask(lambda client: _duty(client, neighbourhood, at, actor))
    if as_json:
        print_json(found)
        return
    lines: list[tuple[str, object]] = [("on duty", names.get(found.worker_id, found.worker_id)), ("as", found.role)]
    lines += [("until", shown(found.until, zone))]
    further = [("then", found.backup_id), ("ends with", found.coordinator_id)]
    lines += [(what, names.get(each, each)) for what, each in further if each]
    lay_out(card(neighbourhood, lines))


@app.command()
def figures(
    neighbourhood: Id, since: Annotated[str | None, typer.Option(metavar="MONTH", help="Such as 2026-01.")] = None,
    until: Annotated[str | None, typer.Option(metavar="MONTH")] = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Counts of months that are over; nothing that stands for fewer than five people."""
    with sentences():
        query = build(ShowFigures, {"neighbourhood_id": neighbourhood, "since": since, "until": until})
    found: Figures = ask(lambda client: client.get(query, actor=actor))
    if as_json:
        print_json(found)
        return
    rows = [
        (
            each.month,
            *(_count(value) for value in (each.participants, each.with_circle, each.newcomers, each.visited_in_time)),
        )
        for each in found.months
    ]
    columns = ("month", "participants", "with a circle", "newcomers", "visited in time")
    lay_out(table(*columns, rows=rows, empty="There are no figures yet: they are made when a month is over."))
    if found.months:
        say("– : it, or what it leaves out, would be fewer than five people.", "dim")


@app.command("import")
def import_neighbourhoods(
    file: Annotated[Path, typer.Argument(help="GeoJSON (its polygons become the area), or CSV.")],
    organisation: Annotated[str, typer.Option(help="For those that name none.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look, change nothing.")] = False,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Register what is new, change what is known. The same file twice changes nothing."""
    with sentences():
        found = places.neighbourhoods(file, organisation)
    done, refused = (0, []) if dry_run else ask(lambda client: _bring(client, found, actor))
    brought(found, done, refused, "neighbourhoods", as_json=as_json, dry_run=dry_run)


async def _bring(client: Client, found: places.Reading[RegisterNeighbourhood], actor: str) -> tuple[int, list[str]]:
    known = await every(client, ListNeighbourhoods(limit=100), "neighbourhoods", actor)
    return await bring(client, found.good, {each.neighbourhood_id for each in known}, ChangeNeighbourhood, actor)


async def _with_duty(
    client: Client, query: ShowNeighbourhood, actor: str
) -> tuple[Neighbourhood, Duty, dict[UUID | None, str]]:
    found: Neighbourhood = await client.get(query, actor=actor)
    duty, names, _ = await _duty(client, query.neighbourhood_id, "", actor)
    return found, duty, names


async def _duty(
    client: Client, neighbourhood: str, at: str, actor: str
) -> tuple[Duty, dict[UUID | None, str], ZoneInfo]:
    then = await moment(client, at, neighbourhood) if at else None
    found: Duty = await client.get(build(ShowDuty, {"neighbourhood_id": neighbourhood, "at": then}), actor=actor)
    return found, await worker_names(client, actor), await zone_of(client, neighbourhood)


def _count(value: int | None) -> str:
    return "–" if value is None else str(value)
