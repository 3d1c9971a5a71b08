"""What the commands about people and places share: who acts, whom it is about, how an answer looks."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.commands.common import connected, console, print_json, run, site
from deploy.imports.places import Place, Reading
from deploy.trouble import Trouble
from shared.contracts.envelope import Command, Query
from shared.contracts.profiles import ListParticipants, ListWorkers, ShowNeighbourhood
from shared.messaging.client import Client, Refused
from shared.messaging.incoming import problems_of
from shared.policy import Policy, PolicyError
from shared.policy import load as load_policy

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


def _actor(given: str) -> str:
    """`worker:marie` → her id; what needs no looking up stays."""
    kind, _, who = given.partition(":")
    find = {"worker": worker, "participant": participant}.get(kind)
    if not find or not who or _uuid(who):
        return given
    return f"{kind}:{ask(lambda client: find(client, who))}"


Actor = Annotated[
    str,
    typer.Option(
        "--as", metavar="ACTOR", envvar="WEEFSEL_ACTOR", callback=_actor,
        help="For whom: operator, worker:WHO or participant:WHO, by id or name.",
    ),
]  # fmt: skip
Json = Annotated[bool, typer.Option("--json", help="For scripts.")]
Who = Annotated[str, typer.Argument(metavar="WHO", help="An id, or part of a name that only one has.")]
Worker = Annotated[str, typer.Argument(metavar="WORKER", help="An id, an e-mail address, or part of a name.")]
OPERATOR = "operator"
WIDE = 110
"""Columns that a terminal must have for ids to stand in a list; names do as well in what one types."""


def ask(work: Callable[[Client], Awaitable[T]]) -> T:
    """Do it with a connection. What goes wrong is a sentence on stderr, and exit code 1."""

    async def connect_and_work() -> T:
        async with connected() as client:
            return await work(client)

    return run(connect_and_work())


def said(as_json: bool, answer: BaseModel, sentence: str) -> None:
    """The answer to a command: as JSON, or as a sentence."""
    if as_json:
        print_json(answer)
    else:
        say(sentence)


def say(text: str, style: str = "") -> None:
    """A sentence, on one line: a terminal wraps it, a file keeps it whole."""
    console.print(text, style=style, highlight=False, markup=False, soft_wrap=True)


def lay_out(made: Table | Text) -> None:
    """A table or card; as wide as it needs to be where no terminal sets the width."""
    if console.is_terminal:
        console.print(made)
    else:
        Console(file=sys.stdout, width=250).print(made)


async def worker_names(client: Client, actor: str = OPERATOR) -> dict[UUID | None, str]:
    """What each worker is called; who has stopped is not among them."""
    found = await every(client, ListWorkers(limit=100), "workers", actor)
    return {None: "nobody"} | {each.worker_id: each.name for each in found}


async def bring(
    client: Client, places: Iterable[Place[Any]], known: Collection[str], change: type[Command], actor: str
) -> tuple[int, list[str]]:
    """Register what is new, change what is known. Returns how many went well, and why the others didn't."""
    done, refused = 0, []
    for place in places:
        command = change.model_validate(place.given) if place.id in known else place.command
        try:
            await client.get(command, actor=actor)
            done += 1
        except Refused as error:
            refused += [f"{place.where}: {problem.message}" for problem in error.problems]
    return done, refused


def brought(reading: Reading[Any], done: int, refused: list[str], what: str, *, as_json: bool, dry_run: bool) -> None:
    """How an import of places went; exit code 1 when something of it didn't."""
    bad = [*reading.bad, *refused]
    good = len(reading.good) if dry_run else done
    if as_json:
        print_json({"read": len(reading.good) + len(reading.bad), "good": good, "bad": bad, "dry_run": dry_run})
    else:
        for each in bad:
            say(each, "red")
        say(f"{good} {what} {'would be brought in' if dry_run else 'are as the file says'}.")
    if bad:
        raise typer.Exit(1)


def build(model: type[M], values: dict[str, Any]) -> M:
    """A message from what was typed; what was not given is left out. Raises Trouble for each wrong value."""
    try:
        return model.model_validate({name: value for name, value in values.items() if value is not None})
    except ValidationError as error:
        raise Trouble("\n".join(problem.message for problem in problems_of(error))) from None


def policy() -> Policy:
    """The policy of the system that the commands speak to. Raises Trouble."""
    site()
    path = os.environ.get("WEEFSEL_POLICY", "")
    try:
        return load_policy(Path(path) if path else None)
    except PolicyError as error:
        raise Trouble(str(error)) from None


async def every(client: Client, query: Query, items: str, actor: str) -> list[Any]:
    """All pages of a list; smaller pages where one doesn't fit in a message."""
    found: list[Any] = []
    while True:
        try:
            page = await client.get(query, actor=actor)
        except Refused as refused:
            limit = getattr(query, "limit", 1)
            if limit == 1 or refused.problems[0].code != "too_large":
                raise
            query = query.model_copy(update={"limit": limit // 2})
            continue
        found += getattr(page, items)
        if page.next is None:
            return found
        query = query.model_copy(update={"after": page.next})


async def participant(client: Client, who: str, actor: str = OPERATOR, *, left: bool = False) -> UUID:
    """Whom is meant. Raises Trouble when nobody is, or more than one."""
    if id_ := _uuid(who):
        return id_
    query = ListParticipants(name=who, limit=20, status="left" if left else None)
    found = (await client.get(query, actor=actor)).participants
    return _the_one(who, [(each.participant_id, each.name) for each in found], "weefsel participants list")


async def worker(client: Client, who: str, actor: str = OPERATOR) -> UUID:
    """Which worker is meant. Raises Trouble when none is, or more than one."""
    if id_ := _uuid(who):
        return id_
    found = await every(client, ListWorkers(limit=100), "workers", actor)
    word = who.casefold()
    exact = [each for each in found if each.email.casefold() == word or each.name.casefold() == word]
    chosen = exact or [each for each in found if word in each.name.casefold()]
    return _the_one(who, [(each.worker_id, each.name) for each in chosen], "weefsel workers list")


async def moment(client: Client, text: str, neighbourhood_id: str, *, end_of_day: bool = False) -> datetime:
    """`2026-07-01`, or `2026-07-01T14:00`, on the clock of a neighbourhood. Raises Trouble."""
    return on_clock(text, await zone_of(client, neighbourhood_id), end_of_day=end_of_day)


async def zone_of(client: Client, neighbourhood_id: str) -> ZoneInfo:
    """The clock of a neighbourhood; Europe/Brussels for who belongs to none."""
    place = await client.get(ShowNeighbourhood(neighbourhood_id=neighbourhood_id)) if neighbourhood_id else None
    return ZoneInfo(place.timezone if place else "Europe/Brussels")


def on_clock(text: str, zone: ZoneInfo, *, end_of_day: bool = False) -> datetime:
    """A day, or a moment. `end_of_day`: a day counts whole, so it is over when the next one begins."""
    try:
        if len(text) <= len("2026-07-01"):
            day = date.fromisoformat(text)
            if end_of_day:
                day = date.fromordinal(day.toordinal() + 1)
            return datetime.combine(day, time(0), zone)
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Trouble(f"'{text}' is no day: write it like 2026-07-01, or 2026-07-01T14:00.") from None
    return at if at.tzinfo else at.replace(tzinfo=zone)


def table(*columns: str, rows: Iterable[Sequence[object]], empty: str) -> Table | Text:
    """A list, or a sentence when there is nothing in it. In a narrow terminal without its last column, the id."""
    made = Table(box=None, header_style="bold", pad_edge=False)
    if columns[-1] == "id" and console.is_terminal and console.width < WIDE:
        columns = columns[:-1]
    for number, column in enumerate(columns):
        made.add_column(column, overflow="fold", no_wrap=number == 0)
    for row in rows:
        made.add_row(*(Text(shown(each)) for each in row[: len(columns)]))
    return made if made.row_count else Text(empty, style="dim")


def card(title: str, lines: Iterable[tuple[str, object]]) -> Table:
    """One thing, a line a field; fields that hold nothing are left out."""
    made = Table(box=None, show_header=False, pad_edge=False, title=Text(title, style="bold"), title_justify="left")
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in lines:
        if value not in (None, "", [], ()):
            made.add_row(name, value if isinstance(value, Text) else Text(shown(value)))
    return made


def shown(value: object, zone: ZoneInfo | None = None) -> str:
    """A value as people read it; moments on the clock of `zone`, or else of this machine."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
    if isinstance(value, (list, tuple)):
        return ", ".join(shown(each, zone) for each in value)
    return str(value)


def local_name(names: dict[str, str]) -> str:
    """A name in the first language that has one: Dutch, French, German, English, any."""
    return next((names[each] for each in ("nl", "fr", "de", "en") if each in names), next(iter(names.values()), ""))


def names_from(pairs: Sequence[str]) -> dict[str, str] | None:
    """`nl=Brugse Poort` → a name in a language; without language it is Dutch. Raises Trouble."""
    names: dict[str, str] = {}
    for pair in pairs:
        language, equals, name = pair.partition("=")
        if not equals:
            language, name = "nl", pair
        if language in names:
            raise Trouble(f"There are two names in '{language}': write --name nl=… --name fr=…")
        names[language] = name
    return names or None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _the_one(who: str, found: Sequence[tuple[UUID, str]], see: str) -> UUID:
    if len(found) == 1:
        return found[0][0]
    if not found:
        raise Trouble(f"Nobody is called '{who}': see `{see}`.")
    lines = "\n".join(f"  {id_}  {name}" for id_, name in found[:10])
    raise Trouble(f"'{who}' can be any of these: give the id, or more of the name.\n{lines}")
