"""`weefsel workers …`: the professionals who connect."""

from __future__ import annotations

import re
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from deploy.commands.asking import (
    OPERATOR,
    Actor,
    Json,
    Worker,
    ask,
    build,
    card,
    every,
    lay_out,
    moment,
    said,
    shown,
    table,
    worker,
    worker_names,
    zone_of,
)
from deploy.commands.common import print_json, sentences
from deploy.imports.words import WEEKDAYS, key
from deploy.trouble import Trouble
from shared.contracts.profiles import (
    AbsenceRef,
    AssignWorker,
    CancelAbsence,
    ChangeWorker,
    EndWorker,
    Hours,
    ListWorkers,
    NameBackup,
    RecordAbsence,
    RegisterWorker,
    SetWorkerHours,
    ShowWorker,
    WorkerRef,
)
from shared.contracts.profiles import Worker as WorkerView
from shared.messaging.client import Client

app = typer.Typer(help="The professionals: neighbourhoods, hours, absence, backup.", no_args_is_help=True)
Places = Annotated[list[str] | None, typer.Option("--neighbourhood", help="Where they work; give it once for each.")]
HoursText = Annotated[
    list[str] | None, typer.Option("--hours", help='Such as "ma-vr 9:00-12:30"; give it once for each. None: always.')
]
Backup = Annotated[str | None, typer.Option(help="The colleague who stands in: id, e-mail or name.")]
Language = Annotated[str | None, typer.Option(help="In which their mail is written: nl, fr, de or en.")]


@app.command("list")
def list_workers(
    neighbourhood: Annotated[str | None, typer.Option()] = None,
    organisation: Annotated[str | None, typer.Option()] = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """The workers there are."""
    with sentences():
        values = {"neighbourhood_id": neighbourhood, "organisation_id": organisation, "limit": 100}
        query = build(ListWorkers, values)
    found, names = ask(lambda client: _all(client, query, actor))
    if as_json:
        print_json(found)
        return
    rows = [
        (each.name, each.organisation_id, each.neighbourhood_ids, names.get(each.backup_id), _now(each), each.worker_id)
        for each in found
    ]
    columns = ("name", "organisation", "neighbourhoods", "backup", "away", "id")
    lay_out(table(*columns, rows=rows, empty="There are no workers yet: `weefsel workers register`."))


@app.command()
def show(who: Worker, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """One worker: hours, absences, who stands in."""
    found, names, zone = ask(lambda client: _one(client, who, actor))
    if as_json:
        print_json(found)
        return
    lines: list[tuple[str, object]] = [("id", found.worker_id), ("e-mail", found.email), ("phone", found.phone)]
    lines += [("language", found.language), ("organisation", found.organisation_id)]
    lines += [("neighbourhoods", found.neighbourhood_ids), ("hours", _hours_shown(found.hours))]
    lines += [
        ("away", f"{shown(each.begins_at, zone)} – {shown(each.ends_at, zone)}  (absence {each.absence_id})")
        for each in found.absences
    ]
    lines += [("backup", names.get(found.backup_id)), ("coordinator", names.get(found.coordinator_id))]
    lay_out(card(found.name, lines))


@app.command()
def register(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    email: Annotated[str, typer.Option()],
    organisation: Annotated[str, typer.Option()],
    phone: Annotated[str | None, typer.Option()] = None,
    language: Language = None, neighbourhood: Places = None, hours: HoursText = None, backup: Backup = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """A worker starts."""
    with sentences():
        values: dict[str, Any] = {"name": name, "email": email, "organisation_id": organisation, "phone": phone}
        values |= {"language": language, "neighbourhood_ids": neighbourhood, "hours": _hours(hours)}
    answer = ask(lambda client: _with_backup(client, RegisterWorker, values, backup, actor))
    said(as_json, answer, f"{name} is registered, with id {answer.worker_id}.")


@app.command()
def change(
    who: Worker,
    name: Annotated[str | None, typer.Option()] = None,
    email: Annotated[str | None, typer.Option()] = None,
    phone: Annotated[str | None, typer.Option(help='"" takes it away.')] = None, language: Language = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Another name, address or language."""
    values = {"name": name, "email": email, "phone": phone, "language": language}
    said(as_json, _tell(ChangeWorker, who, values, actor), f"{who} is as you said.")


@app.command()
def assign(who: Worker, neighbourhood: Places = None, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """In which neighbourhoods they work: these, and no others."""
    answer = _tell(AssignWorker, who, {"neighbourhood_ids": neighbourhood or []}, actor)
    said(as_json, answer, f"{who} works in {', '.join(neighbourhood or []) or 'no neighbourhood'}.")


@app.command("hours")
def set_hours(
    who: Worker,
    hours: Annotated[list[str] | None, typer.Argument(help='Such as "ma-vr 9:00-12:30" "wo 13u-17u".')] = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """When they work, all of it. Without any: always."""
    with sentences():
        values = {"hours": _hours(hours) or []}
    said(as_json, _tell(SetWorkerHours, who, values, actor), f"{who}: {_hours_shown(values['hours']) or 'always'}.")


@app.command()
def backup(
    who: Worker, colleague: Annotated[str, typer.Argument(help="Id, e-mail or name; nobody when left out.")] = "",
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Who stands in for a worker."""

    async def name_backup(client: Client) -> WorkerRef:
        backup_id = await worker(client, colleague, actor) if colleague else None
        values = {"worker_id": await worker(client, who, actor), "backup_id": backup_id}
        answer: WorkerRef = await client.get(build(NameBackup, values), actor=actor)
        return answer

    said(as_json, ask(name_backup), f"{colleague or 'Nobody'} stands in for {who}.")


@app.command()
def away(
    who: Worker,
    since: Annotated[str, typer.Option("--from", metavar="DAY", help="First day, or moment: 2026-07-01T14:00.")],
    until: Annotated[str, typer.Option("--until", metavar="DAY", help="Last day, or moment.")],
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """A worker is away for a while: the backup is on duty."""

    async def record(client: Client) -> AbsenceRef:
        found = await client.get(ShowWorker(worker_id=await worker(client, who, actor)), actor=actor)
        place = next(iter(found.neighbourhood_ids), "")
        values = {
            "worker_id": found.worker_id,
            "begins_at": await moment(client, since, place),
            "ends_at": await moment(client, until, place, end_of_day=True),
        }
        answer: AbsenceRef = await client.get(build(RecordAbsence, values), actor=actor)
        return answer

    answer = ask(record)
    said(as_json, answer, f"{who} is away from {since} to {until} (absence {answer.absence_id}).")


@app.command()
def back(
    who: Worker, absence: Annotated[UUID, typer.Argument(metavar="ABSENCE", help="See `weefsel workers show`.")],
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """A worker is there after all: a running absence ends now, a coming one goes."""
    said(as_json, _tell(CancelAbsence, who, {"absence_id": absence}, actor), f"{who} is there.")


@app.command()
def end(who: Worker, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """A worker stops."""
    said(as_json, _tell(EndWorker, who, {}, actor), f"{who} has stopped.")


def weekly_hours(texts: list[str]) -> list[Hours]:
    """`ma-vr 9:00-12:30` and `wo 13u-17u` as stretches of a week. Raises Trouble."""
    found = []
    for text in texts:
        match = re.fullmatch(r"\s*(\w+)(?:\s*-\s*(\w+))?\s+(\S+?)\s*[-–]\s*(\S+)\s*", text)
        days = _days(match[1], match[2] or match[1]) if match else []
        times = [re.fullmatch(r"(\d{1,2})(?:[:.uh](\d{2})?)?", each) for each in (match[3], match[4])] if match else []
        if not days or not all(times):
            raise Trouble(f'\'{text}\' are no hours: write them like "ma-vr 9:00-12:30" or "wo 13u-17u".')
        begins, ends = (f"{int(each[1]) % 24:02}:{each[2] or '00'}" for each in times if each)
        found += [build(Hours, {"weekday": day, "begins": begins, "ends": ends}) for day in days]
    return found


def _hours(texts: list[str] | None) -> list[Hours] | None:
    return weekly_hours(texts) if texts else None


def _days(first: str, last: str) -> list[str]:
    week = list(dict.fromkeys(WEEKDAYS.values()))
    if key(first) not in WEEKDAYS or key(last) not in WEEKDAYS:
        return []
    begins, ends = week.index(WEEKDAYS[key(first)]), week.index(WEEKDAYS[key(last)])
    return week[begins : ends + 1] if begins <= ends else week[begins:] + week[: ends + 1]


def _hours_shown(hours: list[Hours]) -> str:
    return ", ".join(f"{each.weekday} {each.begins:%H:%M}–{each.ends:%H:%M}" for each in hours)


def _now(found: WorkerView) -> str:
    return next((f"{shown(each.begins_at)} – {shown(each.ends_at)}" for each in found.absences), "")


def _tell(command: type[Any], who: str, values: dict[str, Any], actor: str) -> Any:
    async def tell(client: Client) -> Any:
        message = build(command, {"worker_id": await worker(client, who, actor), **values})
        return await client.get(message, actor=actor)

    return ask(tell)


async def _with_backup(
    client: Client, command: type[Any], values: dict[str, Any], backup: str | None, actor: str
) -> WorkerRef:
    backup_id = await worker(client, backup, actor) if backup else None
    answer: WorkerRef = await client.get(build(command, {**values, "backup_id": backup_id}), actor=actor)
    return answer


async def _all(client: Client, query: ListWorkers, actor: str) -> tuple[list[WorkerView], dict[UUID | None, str]]:
    found = await every(client, query, "workers", actor)
    names = await worker_names(client, actor)
    return found, {**names, None: ""}


async def _one(client: Client, who: str, actor: str) -> tuple[WorkerView, dict[UUID | None, str], ZoneInfo]:
    found: WorkerView = await client.get(ShowWorker(worker_id=await worker(client, who, actor)), actor=actor)
    zone = await zone_of(client, next(iter(found.neighbourhood_ids), ""))
    return found, await worker_names(client, actor), zone
