"""`weefsel exchange …`: who knows whom, whom a worker might visit, and the figures of a neighbourhood."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import typer

from deploy.commands.asking import OPERATOR, Actor, Json, Who, ask, build, every, lay_out, participant, said, say, table
from deploy.commands.common import print_json, sentences
from deploy.commands.naming import names
from shared.contracts.exchange import (
    Acquaintance,
    Attention,
    AttentionReason,
    ExchangeFigures,
    Introduce,
    ListAcquaintances,
    ListAttention,
    ShowExchangeFigures,
)
from shared.messaging.client import Client

app = typer.Typer()
Neighbourhood = Annotated[str, typer.Argument(metavar="NEIGHBOURHOOD")]

_REASONS: dict[AttentionReason, str] = {
    "knows-nobody": "knows nobody yet",
    "fell-silent": "hasn't been heard of",
    "nobody-found": "nobody was found for what they opened",
    "much-rests-on-them": "much rests on them",
    "one-way": "everything went one way for a while",
}


@app.command()
def introduce(
    who: Who, other: Annotated[str, typer.Argument(metavar="OTHER")], actor: Actor = OPERATOR, as_json: Json = False
) -> None:
    """A worker has brought two people together: they are acquaintances."""

    async def tell(client: Client) -> Any:
        ids = [await participant(client, each) for each in (who, other)]
        return await client.get(build(Introduce, {"participant_id": ids[0], "other_id": ids[1]}), actor=actor)

    said(as_json, ask(tell), f"{who} and {other} know each other now.")


@app.command()
def acquaintances(who: Who, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Whom someone has met."""

    async def look(client: Client) -> tuple[list[Acquaintance], dict[UUID | None, str]]:
        query = ListAcquaintances(participant_id=await participant(client, who), limit=100)
        found = await every(client, query, "acquaintances", actor)
        return found, await names(client, (each.participant_id for each in found))

    found, called = ask(look)
    if as_json:
        print_json(found)
        return
    rows = [(called[each.participant_id], each.through, each.since, each.participant_id) for each in found]
    lay_out(table("name", "through", "since", "id", rows=rows, empty=f"{who} has met nobody yet."))


@app.command()
def attention(
    neighbourhood: Neighbourhood, reason: Annotated[AttentionReason | None, typer.Option()] = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Whom a worker might visit, and why. For workers alone; nothing in it is a score."""

    async def look(client: Client) -> tuple[list[Attention], dict[UUID | None, str]]:
        query = build(ListAttention, {"neighbourhood_id": neighbourhood, "reason": reason, "limit": 100})
        found = await every(client, query, "items", actor)
        return found, await names(client, (each.participant_id for each in found))

    found, called = ask(look)
    if as_json:
        print_json(found)
        return
    rows = [(called[each.participant_id], _REASONS[each.reason], each.since, each.participant_id) for each in found]
    lay_out(table("who", "why", "since", "id", rows=rows, empty="There is no reason to visit anyone in particular."))


@app.command()
def figures(
    neighbourhood: Neighbourhood, since: Annotated[str | None, typer.Option(metavar="MONTH")] = None,
    until: Annotated[str | None, typer.Option(metavar="MONTH")] = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Counts of months that are over; nothing that stands for fewer than five people."""
    with sentences():
        query = build(ShowExchangeFigures, {"neighbourhood_id": neighbourhood, "since": since, "until": until})
    found: ExchangeFigures = ask(lambda client: client.get(query, actor=actor))
    if as_json:
        print_json(found)
        return
    fields = (
        "opened", "agreed", "days_to_yes", "people_in_exchanges", "people_who_gave_a_turn", "gatherings",
        "people_at_gatherings",
    )  # fmt: skip
    rows = [(each.month, *(_count(getattr(each, field)) for field in fields)) for each in found.months]
    columns = ("month", *(field.replace("_", " ") for field in fields))
    lay_out(table(*columns, rows=rows, empty="There are no figures yet: they are made when a month is over."))
    if found.months:
        say("– : it, or what it leaves out, would be fewer than five people.", "dim")


def _count(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
