"""`weefsel participants circle|mandates|consents …`: what ties people to each other and to organisations."""

from __future__ import annotations

from typing import Annotated, Any, get_args
from uuid import UUID

import typer

from deploy.commands.asking import (
    OPERATOR,
    Actor,
    Json,
    Who,
    ask,
    build,
    every,
    lay_out,
    moment,
    participant,
    said,
    table,
)
from deploy.commands.common import print_json
from shared.contracts.profiles import (
    AgreeToCircle,
    AskIntoCircle,
    Circle,
    ConsentField,
    DeclineCircle,
    EndMandate,
    GiveConsent,
    GiveMandate,
    ListConsents,
    ListFetches,
    ListMandates,
    OnWordOf,
    Recorded,
    ShowCircle,
    ShowParticipant,
    StepOutOfCircle,
    WithdrawConsent,
)
from shared.messaging.client import Client

circle = typer.Typer(no_args_is_help=True)
mandates = typer.Typer(no_args_is_help=True)
consents = typer.Typer(no_args_is_help=True)
Other = Annotated[str, typer.Argument(metavar="OTHER", help="An id, or part of a name that only one has.")]


@circle.command("show")
def show_circle(who: Who, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Someone's circle, as they may see it."""

    async def look(client: Client) -> Circle:
        query = ShowCircle(participant_id=await participant(client, who, actor))
        answer: Circle = await client.get(query, actor=actor)
        return answer

    found = ask(look)
    if as_json:
        print_json(found)
        return
    rows = [(each.name, "in the circle", each.since) for each in found.members]
    rows += [(each.name, "waits for an answer", each.since) for each in found.asked_by]
    rows += [(each.name, "was asked", each.since) for each in found.asked]
    lay_out(table("name", "", "since", rows=rows, empty=f"{who} has no circle yet."))


@circle.command("ask")
def ask_into_circle(who: Who, other: Other, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Ask someone whether the two can fall back on each other."""
    said(as_json, _between(AskIntoCircle, who, other, actor), f"{who} has asked {other}.")


@circle.command("agree")
def agree(who: Who, other: Other, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Say yes to OTHER, who asked."""
    said(as_json, _between(AgreeToCircle, who, other, actor), f"{who} and {other} are in each other's circle.")


@circle.command("decline")
def decline(who: Who, other: Other, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Say no to OTHER, who asked and isn't told."""
    said(as_json, _between(DeclineCircle, who, other, actor), f"{who} has said no; {other} is not told.")


@circle.command("step-out")
def step_out(who: Who, other: Other, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Step out of each other's circle; OTHER isn't told."""
    said(as_json, _between(StepOutOfCircle, who, other, actor), f"{who} has stepped out; {other} is not told.")


@mandates.command("list")
def list_mandates(who: Who, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Mandates for and of a person, those that ended too."""
    found = _all(ListMandates, who, "mandates", actor)
    if as_json:
        print_json(found)
        return
    rows = [
        (each.mandate_id, each.participant_id, each.holder_id, each.on_word_of, each.until, each.ending)
        for each in found
    ]
    columns = ("id", "for", "holder", "on the word of", "until", "ended")
    lay_out(table(*columns, rows=rows, empty="There are no mandates."))


@mandates.command("give")
def give_mandate(
    who: Who, holder: Annotated[str, typer.Argument(metavar="HOLDER", help="Who may answer for them.")],
    on_word_of: Annotated[str, typer.Option(help=", ".join(get_args(OnWordOf)))] = "participant",
    until: Annotated[str, typer.Option(metavar="DAY")] = "",
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """HOLDER may answer for WHO from now on."""

    async def give(client: Client) -> Any:
        id_ = await participant(client, who, actor)
        values: dict[str, Any] = {"participant_id": id_, "holder_id": await participant(client, holder, actor)}
        values |= {"on_word_of": on_word_of, "until": await _until(client, id_, until, actor)}
        return await client.get(build(GiveMandate, values), actor=actor)

    answer = ask(give)
    said(as_json, answer, f"{holder} may answer for {who} (mandate {answer.mandate_id}).")


@mandates.command("end")
def end_mandate(who: Who, mandate: UUID, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """End a mandate of WHO."""
    said(as_json, _about(EndMandate, who, {"mandate_id": mandate}, actor), "The mandate has ended.")


@consents.command("list")
def list_consents(who: Who, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """What someone consented to, what has ended too."""
    found = _all(ListConsents, who, "consents", actor)
    if as_json:
        print_json(found)
        return
    rows = [
        (each.consent_id, each.organisation_id, each.purpose, each.fields, each.until, each.ending) for each in found
    ]
    columns = ("id", "organisation", "purpose", "may see", "until", "ended")
    lay_out(table(*columns, rows=rows, empty="There are no consents."))


@consents.command("give")
def give_consent(
    who: Who, organisation: Annotated[str, typer.Argument(metavar="ORGANISATION")],
    purpose: Annotated[str, typer.Option(help="In a word or two: newsletter, ask-on-behalf.")],
    field: Annotated[list[str], typer.Option(help=f"What it may see: {', '.join(get_args(ConsentField))}.")],
    until: Annotated[str, typer.Option(metavar="DAY")],
    how: Annotated[str, typer.Option(help=f"How they said so: {', '.join(get_args(Recorded))}.")] = "spoken",
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Record that someone agrees that one organisation sees something, for one purpose, until a day."""

    async def give(client: Client) -> Any:
        id_ = await participant(client, who, actor)
        values = {"participant_id": id_, "organisation_id": organisation, "purpose": purpose, "fields": field}
        values |= {"how": how, "until": await _until(client, id_, until, actor)}
        return await client.get(build(GiveConsent, values), actor=actor)

    answer = ask(give)
    said(as_json, answer, f"{organisation} may see {', '.join(field)} (consent {answer.consent_id}).")


@consents.command("withdraw")
def withdraw(who: Who, consent: UUID, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Withdraw a consent: access ends at once."""
    said(as_json, _about(WithdrawConsent, who, {"consent_id": consent}, actor), "The consent is withdrawn.")


@consents.command("fetches")
def fetches(who: Who, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Who has fetched details of this person."""
    found = _all(ListFetches, who, "fetches", actor)
    if as_json:
        print_json(found)
        return
    rows = [(each.at, each.by, each.organisation_id, each.fields) for each in found]
    lay_out(table("when", "who", "organisation", "what", rows=rows, empty="Nobody has."))


def _between(command: type[Any], who: str, other: str, actor: str) -> Any:
    async def tell(client: Client) -> Any:
        ids = [await participant(client, each, actor) for each in (who, other)]
        return await client.get(command(participant_id=ids[0], other_id=ids[1]), actor=actor)

    return ask(tell)


def _about(command: type[Any], who: str, values: dict[str, Any], actor: str) -> Any:
    async def tell(client: Client) -> Any:
        message = build(command, {"participant_id": await participant(client, who, actor), **values})
        return await client.get(message, actor=actor)

    return ask(tell)


def _all(query: type[Any], who: str, items: str, actor: str) -> list[Any]:
    async def look(client: Client) -> list[Any]:
        return await every(client, query(participant_id=await participant(client, who, actor)), items, actor)

    return ask(look)


async def _until(client: Client, participant_id: UUID, day: str, actor: str) -> Any:
    """The end of a day where this person lives."""
    if not day:
        return None
    place = (await client.get(ShowParticipant(participant_id=participant_id), actor=actor)).neighbourhood_id or ""
    return await moment(client, day, place, end_of_day=True)
