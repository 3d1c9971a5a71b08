"""`weefsel participants …`: who is in the network. Circle, mandates and consents are in `ties.py`."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, get_args
from uuid import UUID

import typer
from rich.json import JSON

from deploy.commands import bringing, ties
from deploy.commands.asking import (
    OPERATOR,
    Actor,
    Json,
    Who,
    ask,
    build,
    card,
    every,
    lay_out,
    moment,
    participant,
    policy,
    said,
    say,
    shown,
    table,
    worker,
)
from deploy.commands.common import complaints, console, print_json, sentences
from deploy.embedded.parts import deployed
from deploy.imports import words
from deploy.trouble import Trouble
from shared.contracts.person import CopyOfPerson, PersonCopy
from shared.contracts.profiles import (
    ChangeParticipant,
    Clearable,
    DismissDouble,
    Enjoyment,
    EraseParticipant,
    Erasure,
    ErasureRef,
    LeaveNetwork,
    ListDoubles,
    ListErasures,
    ListParticipants,
    ListVisits,
    MergeParticipants,
    MoveParticipant,
    OnWordOf,
    ParticipantDetails,
    PauseParticipant,
    RecordVisit,
    RegisterParticipant,
    ResumeParticipant,
    ReturnToMatching,
    ReturnToNetwork,
    ShowErasure,
    ShowParticipant,
    Status,
    TakeOutOfMatching,
    VisitRef,
)
from shared.messaging.client import Client, Unanswered

app = typer.Typer(help="Who is in the network. There is one kind: anyone.", no_args_is_help=True)
app.add_typer(ties.circle, name="circle", help="The people someone can fall back on, agreed by both.")
app.add_typer(ties.mandates, name="mandates", help="Who may answer for whom.")
app.add_typer(ties.consents, name="consents", help="Which organisation may see what, and until when.")
app.command("import")(bringing.import_participants)

Talents = Annotated[
    list[str] | None, typer.Option("--talent", help="What they enjoy giving: a kind, own words, or kind:words.")
]
Wishes = Annotated[list[str] | None, typer.Option("--wish", help="What they would enjoy, said the same way.")]
LanguagesText = Annotated[str | None, typer.Option("--languages", help='Such as "nl, tr"; the preferred one first.')]
ReachBy = Annotated[str | None, typer.Option("--reach-by", help="email, phone, letter or organisation.")]
Email = Annotated[str | None, typer.Option()]
Phone = Annotated[str | None, typer.Option()]
Via = Annotated[str | None, typer.Option("--via", help="The organisation that passes messages on.")]
Address = Annotated[str | None, typer.Option(help="For letters only; it stays in profiles.")]
Free = Annotated[str | None, typer.Option("--free", help='When they are usually free: "di namiddag, vr".')]
Ceiling = Annotated[int | None, typer.Option(help="The most invitations they want in 30 days.")]
Quiet = Annotated[str | None, typer.Option("--quiet", help="When nobody disturbs them: 20:00-09:00.")]


@app.command("list")
def list_participants(
    neighbourhood: Annotated[str | None, typer.Option()] = None,
    status: Annotated[str | None, typer.Option(help=", ".join(get_args(Status)))] = None,
    name: Annotated[str | None, typer.Option(help="Part of a name.")] = None,
    not_yet_visited: Annotated[bool, typer.Option("--not-yet-visited")] = False,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Who is in the network; those who left only with --status left."""
    with sentences():
        values = {"neighbourhood_id": neighbourhood, "status": status, "name": name, "limit": 100}
        query = build(ListParticipants, {**values, "not_yet_visited": not_yet_visited})
    found = ask(lambda client: every(client, query, "participants", actor))
    if as_json:
        print_json(found)
        return
    rows = [
        (each.name, each.neighbourhood_id, _status(each), _day(each.visited_at), each.participant_id) for each in found
    ]
    columns = ("name", "neighbourhood", "status", "first visit", "id")
    lay_out(table(*columns, rows=rows, empty="There is nobody like that."))


@app.command()
def show(who: Who, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """One person."""
    found: ParticipantDetails = ask(lambda client: _one(client, who, actor))
    if as_json:
        print_json(found)
        return
    reach, quiet = found.reach, found.quiet_hours
    lines: list[tuple[str, object]] = [("id", found.participant_id), ("neighbourhood", found.neighbourhood_id)]
    lines += [("status", _status(found)), ("languages", found.languages)]
    if reach:
        lines += [
            ("reached by", reach.by),
            ("e-mail", reach.email),
            ("phone", reach.phone),
            ("via", reach.organisation_id),
        ]
    lines += [("talents", _enjoyments(found.talents)), ("wishes", _enjoyments(found.wishes))]
    lines += [("free", [f"{each.weekday} {each.part}" for each in found.availability or []])]
    lines += [("at most", f"{found.ceiling} invitations in 30 days" if found.ceiling is not None else None)]
    lines += [("quiet", f"{quiet.start:%H:%M}–{quiet.end:%H:%M}" if quiet else None)]
    lines += [("answered for by", found.mandate_holder_ids), ("since", found.registered_at)]
    lines += [("first visit", found.visited_at or "not yet")]
    if found.origin:
        lines += [("brought in by", f"{found.origin.sender}, on the word of: {found.origin.on_word_of}")]
        lines += [("reference", found.origin.reference)]
    lay_out(card(found.name or "", lines))


@app.command()
def register(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    neighbourhood: Annotated[str, typer.Option()],
    on_word_of: Annotated[str, typer.Option(help=", ".join(get_args(OnWordOf)))] = "participant",
    reference: Annotated[str | None, typer.Option(help="Your own id for this person.")] = None,
    languages: LanguagesText = None, reach_by: ReachBy = None, email: Email = None, phone: Phone = None,
    via: Via = None, address: Address = None, lat: Annotated[float | None, typer.Option()] = None,
    lon: Annotated[float | None, typer.Option()] = None, talent: Talents = None, wish: Wishes = None, free: Free = None,
    ceiling: Ceiling = None, quiet: Quiet = None, actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Bring someone into the network."""
    with sentences():
        values = _given(languages, reach_by, email, phone, via, talent, wish, free, quiet)
        values |= {"name": name, "neighbourhood_id": neighbourhood, "on_word_of": on_word_of, "reference": reference}
        values |= {"address": address, "ceiling": ceiling, "home": _home(lat, lon)}
        command = build(RegisterParticipant, values)
    answer = ask(lambda client: client.get(command, actor=actor))
    said(as_json, answer, f"{name} is in the network, with id {answer.participant_id}.")


@app.command()
def change(
    who: Who, name: Annotated[str | None, typer.Option()] = None, languages: LanguagesText = None,
    reach_by: ReachBy = None, email: Email = None, phone: Phone = None, via: Via = None, address: Address = None,
    lat: Annotated[float | None, typer.Option()] = None, lon: Annotated[float | None, typer.Option()] = None,
    talent: Talents = None, wish: Wishes = None, free: Free = None, ceiling: Ceiling = None, quiet: Quiet = None,
    clear: Annotated[list[str] | None, typer.Option(help=", ".join(get_args(Clearable)))] = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Change what is given; talents and wishes are given whole. What is not given stays."""
    with sentences():
        values = _given(languages, reach_by, email, phone, via, talent, wish, free, quiet)
        values |= {"name": name, "address": address, "ceiling": ceiling, "home": _home(lat, lon), "clear": clear}

    async def tell(client: Client) -> Any:
        id_ = await participant(client, who, actor)
        if "reach" in values:
            before = (await client.get(ShowParticipant(participant_id=id_), actor=actor)).reach
            kept = before.model_dump(exclude_none=True) if before else {}
            values["reach"] = kept | values["reach"]
        return await client.get(build(ChangeParticipant, {"participant_id": id_, **values}), actor=actor)

    said(as_json, ask(tell), f"{who} is as you said.")


@app.command()
def pause(
    who: Who,
    until: Annotated[str, typer.Option(metavar="DAY", help="Back on this day; without: until they say so.")] = "",
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Ask this person nothing for a while."""

    async def tell(client: Client) -> Any:
        id_ = await participant(client, who, actor)
        place = (await client.get(ShowParticipant(participant_id=id_), actor=actor)).neighbourhood_id or ""
        then = await moment(client, until, place) if until else None
        return await client.get(build(PauseParticipant, {"participant_id": id_, "until": then}), actor=actor)

    said(as_json, ask(tell), f"{who} has paused{f' until {until}' if until else ''}.")


@app.command()
def resume(who: Who, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """End a pause."""
    said(as_json, _tell(ResumeParticipant, who, {}, actor), f"{who} is back.")


@app.command()
def leave(who: Who, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Leave the network: at any time, without a reason, told to nobody."""
    said(as_json, _tell(LeaveNetwork, who, {}, actor), f"{who} has left.")


@app.command("return")
def return_(who: Who, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Come back after leaving."""
    said(as_json, _tell(ReturnToNetwork, who, {}, actor, left=True), f"{who} is in the network again.")


@app.command()
def move(
    who: Who, neighbourhood: Annotated[str, typer.Argument(metavar="NEIGHBOURHOOD")], address: Address = None,
    lat: Annotated[float | None, typer.Option()] = None, lon: Annotated[float | None, typer.Option()] = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Move to another neighbourhood; the old address is forgotten."""
    with sentences():
        values = {"neighbourhood_id": neighbourhood, "address": address, "home": _home(lat, lon)}
    said(as_json, _tell(MoveParticipant, who, values, actor), f"{who} lives in {neighbourhood}.")


@app.command("out-of-matching")
def out_of_matching(who: Who, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """No questions between neighbours for this person, who stays in the network. By a worker (--as worker:ID)."""
    said(as_json, _tell(TakeOutOfMatching, who, {}, actor), f"{who} is out of matching.")


@app.command("into-matching")
def into_matching(who: Who, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Take part in matching again. By a worker (--as worker:ID)."""
    said(as_json, _tell(ReturnToMatching, who, {}, actor), f"{who} takes part in matching.")


@app.command()
def visit(
    who: Who,
    by: Annotated[str, typer.Option("--by", metavar="WORKER", help="Without: the worker who acts (--as).")] = "",
    at: Annotated[str, typer.Option(metavar="MOMENT", help="Such as 2026-07-01T14:00; without: now.")] = "",
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """A worker has spoken with someone: who and when, never what."""

    async def tell(client: Client) -> VisitRef:
        id_ = await participant(client, who, actor)
        values: dict[str, Any] = {"participant_id": id_, "worker_id": await worker(client, by, actor) if by else None}
        if at:
            place = (await client.get(ShowParticipant(participant_id=id_), actor=actor)).neighbourhood_id or ""
            values["visited_at"] = await moment(client, at, place)
        answer: VisitRef = await client.get(build(RecordVisit, values), actor=actor)
        return answer

    said(as_json, ask(tell), f"The visit to {who} is recorded.")


@app.command()
def visits(who: Who, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """The visits to a person."""

    async def look(client: Client) -> list[Any]:
        return await every(client, ListVisits(participant_id=await participant(client, who, actor)), "visits", actor)

    found = ask(look)
    if as_json:
        print_json(found)
        return
    rows = [(each.visited_at, each.worker_id) for each in found]
    lay_out(table("when", "worker", rows=rows, empty=f"Nobody has visited {who} yet."))


@app.command()
def doubles(
    neighbourhood: Annotated[str | None, typer.Option()] = None, actor: Actor = OPERATOR, as_json: Json = False
) -> None:
    """Entries that may be the same person, for a worker to look at."""
    found = ask(lambda client: every(client, build(ListDoubles, {"neighbourhood_id": neighbourhood}), "doubles", actor))
    if as_json:
        print_json(found)
        return
    rows = [
        (each.first.name, each.second.name, each.by, each.first.participant_id, each.second.participant_id)
        for each in found
    ]
    lay_out(table("name", "name", "same", "id", "id", rows=rows, empty="There are no possible doubles."))


@app.command()
def merge(
    survivor: Annotated[UUID, typer.Argument(help="The entry that goes on.")],
    double: Annotated[UUID, typer.Argument(help="The entry that ends.")],
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Two entries are the same person. By a worker (--as worker:ID)."""
    command = MergeParticipants(survivor_id=survivor, double_id=double)
    said(as_json, ask(lambda client: client.get(command, actor=actor)), f"They are one: {survivor}.")


@app.command("not-the-same")
def not_the_same(first: UUID, second: UUID, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Two entries are two people. By a worker (--as worker:ID)."""
    command = DismissDouble(first_id=first, second_id=second)
    said(as_json, ask(lambda client: client.get(command, actor=actor)), "They are two people: not shown again.")


@app.command()
def erase(
    who: Who, yes: Annotated[bool, typer.Option("--yes", help="Don't ask whether you are sure.")] = False,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Erase all that is held on a person, everywhere. Final."""
    id_ = ask(lambda client: participant(client, who, actor))
    if not yes:
        typer.confirm(f"Erase {who} ({id_}) everywhere, for good?", abort=True, err=True)
    answer: ErasureRef = ask(lambda client: client.get(EraseParticipant(participant_id=id_), actor=actor))
    said(as_json, answer, f"It has begun. How far it is: weefsel participants erasures {answer.erasure_id}")


@app.command()
def erasures(
    erasure: Annotated[UUID | None, typer.Argument(metavar="ID", help="Without: all of them.")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only those that someone has yet to confirm.")] = False,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """How far erasures are: who has confirmed, and who has yet to."""

    async def look(client: Client) -> list[Erasure]:
        if erasure:
            return [await client.get(ShowErasure(erasure_id=erasure), actor=actor)]
        return await every(client, ListErasures(open_only=open_only), "erasures", actor)

    found = ask(look)
    if as_json:
        print_json(found)
        return
    rows = [(each.erasure_id, each.requested_at, each.completed_at or "not yet", _waiting_for(each)) for each in found]
    lay_out(table("id", "asked", "completed", "waits for", rows=rows, empty="There are none."))


@app.command("copy")
def copy_(
    who: Who, file: Annotated[Path | None, typer.Option("--to", help="A file for it, in place of the screen.")] = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """All that is held on a person, by every service, as JSON."""
    held, silent = ask(lambda client: _copy(client, who, actor))
    if file:
        with sentences():
            _write(file, held)
        say(f"It is in {file}.")
    elif as_json:
        print_json(held)
    else:
        console.print(JSON.from_data(held, default=str))
    for service in silent:
        complaints.print(f"{service} does not answer: this is not all of it. Ask again when it runs.", style="red")
    if silent:
        raise typer.Exit(1)


async def _copy(client: Client, who: str, actor: str) -> tuple[dict[str, Any], list[str]]:
    id_ = await participant(client, who, actor)
    held: dict[str, Any] = {"participant_id": str(id_), "services": {}}
    silent = []
    services = [each.strip() for each in os.environ.get("WEEFSEL_SERVICES", "").split(",") if each.strip()]
    for service in services or deployed():
        items: list[Any] = []
        page: int | None = 1
        try:
            while page is not None:
                query = CopyOfPerson(participant_id=id_, page=page)
                found: PersonCopy = await client.get(query, actor=actor, service=service)
                items += [item.model_dump(mode="json") for item in found.items]
                page = found.next_page
        except Unanswered:
            silent.append(service)
            continue
        held["services"][service] = items
    return held, silent


def _given(
    languages: str | None, reach_by: str | None, email: str | None, phone: str | None, via: str | None,
    talents: list[str] | None, wishes: list[str] | None, free: str | None, quiet: str | None,
) -> dict[str, Any]:  # fmt: skip
    """What was typed, as fields of a command; only what was typed."""
    given: dict[str, Any] = {}
    try:
        given |= {"languages": words.languages(languages)} if languages is not None else {}
        given |= {"availability": words.availability(free)} if free is not None else {}
        given |= {"quiet_hours": words.quiet_hours(quiet)} if quiet is not None else {}
        by = words.one_of(words.WAYS, reach_by) if reach_by else None
    except words.Unclear as unclear:
        raise Trouble(f"{unclear}.") from None
    reach = {"email": email, "phone": phone, "organisation_id": via}
    reach["by"] = by or ("email" if email else "phone" if phone else "organisation" if via else None)
    if any(reach.values()):
        given["reach"] = {name: value for name, value in reach.items() if value}
    for name, texts in (("talents", talents), ("wishes", wishes)):
        if texts is not None:
            given[name] = [each for text in texts for each in words.enjoyments(text, policy())]
    return given


def _home(lat: float | None, lon: float | None) -> dict[str, float | None] | None:
    return None if lat is None and lon is None else {"lat": lat, "lon": lon}


def _tell(command: type[Any], who: str, values: dict[str, Any], actor: str, *, left: bool = False) -> Any:
    async def tell(client: Client) -> Any:
        id_ = await participant(client, who, actor, left=left)
        return await client.get(build(command, {"participant_id": id_, **values}), actor=actor)

    return ask(tell)


async def _one(client: Client, who: str, actor: str) -> ParticipantDetails:
    id_ = await participant(client, who, actor)
    found: ParticipantDetails = await client.get(ShowParticipant(participant_id=id_), actor=actor)
    return found


def _status(found: Any) -> str:
    text = str(found.status)
    if found.status == "paused" and found.paused_until:
        text += f" until {shown(found.paused_until)}"
    return f"{text}, out of matching" if found.out_of_matching else text


def _day(at: datetime | None) -> str:
    return f"{at.astimezone():%Y-%m-%d}" if at else "not yet"


def _enjoyments(found: list[Enjoyment] | None) -> list[str]:
    return [
        f"{each.kind}: {each.words}" if each.kind and each.words else each.kind or each.words or ""
        for each in found or []
    ]


def _waiting_for(erasure: Erasure) -> str:
    confirmed = {each.confirmed_by for each in erasure.confirmations}
    return ", ".join(each for each in erasure.expected if each not in confirmed)


def _write(file: Path, held: dict[str, Any]) -> None:
    """For its owner's eyes only."""
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            json.dump(held, out, indent=2, ensure_ascii=False, default=str)
    except OSError as error:
        raise Trouble(f"{file} can't be written ({error.strerror}).") from None
