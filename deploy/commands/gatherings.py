"""`weefsel gatherings …`: people meeting, for coffee or a game. Who was there has met."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

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
    participant,
    said,
    shown,
    table,
    zone_of,
)
from deploy.commands.common import print_json
from deploy.commands.naming import How, how, kind_from, kind_shown, names, read, zones_of
from deploy.imports import moments, words
from deploy.trouble import Trouble
from shared import clock
from shared.contracts.exchange import (
    AnswerGathering,
    CancelGathering,
    ChangeGathering,
    Gathering,
    GatheringStage,
    InviteToGathering,
    ListGatherings,
    PlanGathering,
    RecordAttendance,
    ShowGathering,
)
from shared.contracts.profiles import ListNeighbourhoods
from shared.messaging.client import Client

app = typer.Typer(help="People meeting, for coffee or a game.", no_args_is_help=True)
Which = Annotated[str, typer.Argument(metavar="GATHERING", help="An id, or part of a title that only one has.")]
TitleText = Annotated[str | None, typer.Option("--title")]
Place = Annotated[str | None, typer.Option(help="Where, as people read it.")]
Starts = Annotated[str, typer.Option("--from", metavar="WHEN", help="'2026-06-04 14:00', 'saturday 14:00'.")]
Until = Annotated[str, typer.Option("--until", metavar="WHEN", help="'16:30' on the same day, or a day and a time.")]
Seats = Annotated[int | None, typer.Option(help="The most people; without: as many as come.")]
Bring = Annotated[str | None, typer.Option(help="What one can bring; never a condition.")]
BACK = timedelta(days=60)
"""How far back a gathering is looked for by its title."""


@app.command()
def plan(
    title: Annotated[str, typer.Argument(metavar="TITLE")], neighbourhood: Annotated[str, typer.Option()],
    place: Annotated[str, typer.Option(help="Where, as people read it.")], starts: Starts, until: Until,
    host: Annotated[str, typer.Option(help="Who welcomes people; without: the worker.")] = "",
    kind: Annotated[str | None, typer.Option(help="What is done, from the policy's list.")] = None,
    seats: Seats = None, bring: Bring = None,
    repeats: Annotated[str | None, typer.Option(help="A rule (RFC 5545): FREQ=MONTHLY;BYDAY=3SA;COUNT=6.")] = None,
    invite: Annotated[bool, typer.Option(help="Whether the system invites; anyone can come in any case.")] = True,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Plan a gathering. Neighbours are invited, people they know and people they don't."""

    async def tell(client: Client) -> Any:
        values: dict[str, Any] = {"neighbourhood_id": neighbourhood, "title": title, "place": place, "seats": seats}
        values |= {"kind": kind_from(kind), "bring": bring, "repeats": repeats, "invite": invite}
        values |= {"host_id": await participant(client, host) if host else None}
        values |= _from_until(starts, until, await zone_of(client, neighbourhood))
        return await client.get(build(PlanGathering, values), actor=actor)

    answer = ask(tell)
    said(as_json, answer, f"{title} is planned, with id {answer.gathering_id}.{' Neighbours are invited.' * invite}")


@app.command()
def change(
    which: Which, title: TitleText = None, place: Place = None, starts: Starts = "", until: Until = "",
    seats: Seats = None, bring: Bring = None, actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Another time, place or wording; who comes is told."""

    async def tell(client: Client) -> Any:
        found = await _gathering(client, which)
        zone = await zone_of(client, found.neighbourhood_id)
        values: dict[str, Any] = {"gathering_id": found.gathering_id, "title": title, "place": place}
        values |= {"seats": seats, "bring": bring, **_from_until(starts, until, zone, found)}
        return await client.get(build(ChangeGathering, values), actor=actor)

    said(as_json, ask(tell), "It is as you said. Who comes is told.")


@app.command()
def cancel(
    which: Which,
    and_following: Annotated[bool, typer.Option("--and-following", help="And all of its series after it.")] = False,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """It does not take place; who was to come is told."""

    async def tell(client: Client) -> Any:
        id_ = (await _gathering(client, which)).gathering_id
        return await client.get(CancelGathering(gathering_id=id_, and_following=and_following), actor=actor)

    said(as_json, ask(tell), "It is cancelled. Who was to come is told.")


@app.command()
def invite(which: Which, who: Who, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Invite this neighbour. By a worker or the host."""

    async def tell(client: Client) -> Any:
        ids = {"gathering_id": (await _gathering(client, which)).gathering_id}
        ids |= {"participant_id": await participant(client, who)}
        return await client.get(build(InviteToGathering, ids), actor=actor)

    said(as_json, ask(tell), f"{who} is invited.")


@app.command()
def answer(
    which: Which, who: Who, answer: Annotated[Literal["yes", "no"], typer.Argument(help="Whether they come.")],
    bringing: Annotated[str | None, typer.Option(help="What they bring.")] = None, how_: How = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Whether someone comes, invited or not; they can change their mind until it begins."""

    async def tell(client: Client) -> Any:
        values: dict[str, Any] = {"coming": answer == "yes", "bringing": bringing, "how": how(how_, actor)}
        values |= {"gathering_id": (await _gathering(client, which)).gathering_id}
        values |= {"participant_id": await participant(client, who)}
        return await client.get(build(AnswerGathering, values), actor=actor)

    told = ask(tell)
    no = "Every seat is taken." if answer == "yes" else f"{who} doesn't come, which is fine."
    said(as_json, told, f"{who} comes." if told.coming else no)


@app.command()
def attendance(
    which: Which, who: Annotated[list[str], typer.Argument(metavar="WHO…", help="Everyone who was there.")],
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Who was there: they are acquaintances from now on. Recorded again, who is left out was not there."""

    async def tell(client: Client) -> Any:
        ids: dict[str, Any] = {"gathering_id": (await _gathering(client, which)).gathering_id}
        ids |= {"participant_ids": [await participant(client, each) for each in who]}
        return await client.get(build(RecordAttendance, ids), actor=actor)

    said(as_json, ask(tell), "It is noted who was there: they know each other now.")


@app.command()
def show(which: Which, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """One gathering; who comes, for its host and for workers."""

    async def look(client: Client) -> tuple[Gathering, dict[UUID | None, str], ZoneInfo]:
        query = ShowGathering(gathering_id=(await _gathering(client, which)).gathering_id)
        found: Gathering = await client.get(query, actor=actor)
        people = [found.host_id, *(each.participant_id for each in found.guests)]
        return found, await names(client, people), await zone_of(client, found.neighbourhood_id)

    found, called, zone = ask(look)
    if as_json:
        print_json(found)
        return
    starts, ends = shown(found.starts_at, zone), shown(found.ends_at, zone)
    lines: list[tuple[str, object]] = [("id", found.gathering_id), ("neighbourhood", found.neighbourhood_id)]
    lines += [("place", found.place), ("from", starts), ("until", ends), ("what", kind_shown(found.kind))]
    lines += [("welcomed by", called[found.host_id] or "the worker"), ("seats", found.seats), ("full", found.full)]
    lines += [("one can bring", found.bring), ("repeats", found.repeats), ("stage", found.stage)]
    for each in found.guests:
        comes = {None: "no answer", True: "comes", False: "doesn't come"}[each.coming]
        bringing = f", brings {each.bringing}" if each.bringing else ""
        lines += [(called[each.participant_id], "was there" if each.was_there else comes + bringing)]
    lay_out(card(found.title, lines))


@app.command("list")
def list_(
    neighbourhood: Annotated[str, typer.Option(help="Without: all of them.")] = "",
    past: Annotated[bool, typer.Option("--past", help="Those of the last two months too.")] = False,
    stage: Annotated[GatheringStage | None, typer.Option()] = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Gatherings, in order of time."""

    async def look(client: Client) -> tuple[list[Gathering], dict[UUID | None, str], dict[str, ZoneInfo]]:
        since = clock.now() - BACK if past else None
        found = await _all(client, neighbourhood, {"since": since, "stage": stage}, actor)
        zones = await zones_of(client, (each.neighbourhood_id for each in found))
        return found, await names(client, (each.host_id for each in found)), zones

    found, called, zones = ask(look)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            each.title, each.neighbourhood_id, shown(each.starts_at, zones[each.neighbourhood_id]), each.place,
            called[each.host_id] or "the worker",
            f"{each.stage}, full" if each.full else each.stage, each.gathering_id,
        )
        for each in found
    ]  # fmt: skip
    columns = ("title", "neighbourhood", "from", "place", "welcomed by", "stage", "id")
    lay_out(table(*columns, rows=rows, empty="No gathering is planned: `weefsel gatherings plan`."))


async def _all(client: Client, neighbourhood: str, values: dict[str, Any], actor: str = OPERATOR) -> list[Gathering]:
    places = [neighbourhood]
    if not neighbourhood:
        known = await every(client, ListNeighbourhoods(limit=100), "neighbourhoods", OPERATOR)
        places = [each.neighbourhood_id for each in known]
    queries = [build(ListGatherings, {"neighbourhood_id": each, "limit": 100, **values}) for each in places]
    found = [each for query in queries for each in await every(client, query, "gatherings", actor)]
    return sorted(found, key=lambda each: (each.starts_at, str(each.gathering_id)))


async def _gathering(client: Client, text: str) -> Gathering:
    """Which one is meant; of a series, the next one, or else the last. Raises Trouble."""
    try:
        found: Gathering = await client.get(ShowGathering(gathering_id=UUID(text)))
        return found
    except ValueError:
        pass
    near = await _all(client, "", {"since": clock.now() - BACK})
    named = [each for each in near if words.key(text) in words.key(each.title) and each.stage != "cancelled"]
    if not named:
        raise Trouble(f"No gathering is called '{text}': see `weefsel gatherings list --past`.")
    if len({each.series_id or each.gathering_id for each in named}) > 1:
        lines = "\n".join(f"  {each.gathering_id}  {shown(each.starts_at)}  {each.title}" for each in named[:10])
        raise Trouble(f"'{text}' can be any of these: give the id, or more of the title.\n{lines}")
    return next((each for each in named if each.ends_at >= clock.now()), named[-1])


def _from_until(starts: str, until: str, zone: ZoneInfo, known: Gathering | None = None) -> dict[str, Any]:
    """When it begins and ends; an end without a day is on the day on which it begins."""
    begins = read(moments.moment, starts, zone) if starts else None
    day = begins or (known and known.starts_at.astimezone(zone))
    ends = read(moments.moment, until, zone, day.date() if day else None) if until else None
    if begins and ends is None and known:
        ends = begins + (known.ends_at - known.starts_at)
    return {"starts_at": begins, "ends_at": ends}
