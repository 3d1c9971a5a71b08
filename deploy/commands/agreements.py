"""`weefsel exchange …`: from a yes to an agreement, and from the moment itself to thanks."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from deploy.commands.asking import OPERATOR, Actor, Json, Who, ask, build, participant
from deploy.commands.naming import About, How, Which, answered, exchange, exchange_of, how, place_of, when_from
from shared.contracts.exchange import (
    AnswerHow,
    AnswerProposal,
    CancelAgreement,
    ExchangeRef,
    FinishExchange,
    HowItWas,
    MoveMoment,
    ProposalAnswer,
    SayHowItWas,
    SayThanks,
    Stage,
)
from shared.messaging.client import Client

app = typer.Typer()
AGREED: frozenset[Stage] = frozenset({"agreed"})
AFTER: frozenset[Stage] = frozenset({"agreed", "done"})


@app.command()
def agree(which: Which, how_: How = None, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """The side that opened it sees who said yes, and says yes too: both get each other's contact."""
    answered(as_json, _propose(which, "yes", "", how_, actor), "Both sides say yes.")


@app.command("not-this-time")
def not_this_time(
    which: Which, to: Annotated[str, typer.Option(help="To this one of several who said yes; without: to all.")] = "",
    how_: How = None, actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """The side that opened it would like someone else, without a reason."""
    answered(as_json, _propose(which, "not-this-time", to, how_, actor), "Not this time, and that is fine.")


@app.command("not-now")
def not_now(which: Which, how_: How = None, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """The side that opened it isn't up to it now: asked once more, weeks later."""
    answered(as_json, _propose(which, "not-now", "", how_, actor), "Not now, and that is fine.")


@app.command()
def move(
    who: Who, when: Annotated[str, typer.Argument(metavar="WHEN", help="'tuesday 14:00', '2026-06-04 14:00'.")],
    about: About = "", actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Another moment for what was agreed; the others are told."""

    async def tell(client: Client) -> Any:
        id_ = await participant(client, who)
        values: dict[str, Any] = {"participant_id": id_}
        values["exchange_id"] = await exchange_of(client, id_, about, AGREED)
        values["when"] = await when_from(client, when, await place_of(client, id_))
        return await client.get(build(MoveMoment, values), actor=actor)

    answered(as_json, ask(tell), "The moment is moved.")


@app.command()
def cancel(who: Who, about: About = "", actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """It can't go on for WHO, without a reason; the others are told."""
    answered(as_json, _tell(CancelAgreement, who, about, AGREED, {}, actor), f"{who} can't, and that is fine.")


@app.command()
def finish(who: Who, about: About = "", actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """WHO says that it happened."""
    answered(as_json, _tell(FinishExchange, who, about, AGREED, {}, actor), "It is done.")


@app.command("how-was-it")
def how_was_it(
    who: Who, answer: HowItWas, about: About = "", how_: How = None, actor: Actor = OPERATOR, as_json: Json = False
) -> None:
    """How it was for WHO. "not-good" brings the worker in, and nobody else sees it."""
    values = {"answer": answer, "how": how(how_, actor)}
    answered(as_json, _tell(SayHowItWas, who, about, AFTER, values, actor), "Noted.")


@app.command()
def thanks(
    who: Who, words: Annotated[str, typer.Argument(metavar="WORDS")], about: About = "", how_: How = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """A word of thanks from WHO, kept for the two."""
    values = {"words": words, "how": how(how_, actor)}
    answered(as_json, _tell(SayThanks, who, about, AFTER, values, actor), "The thanks are said.")


def _propose(which: str, answer: ProposalAnswer, to: str, how_: AnswerHow | None, actor: str) -> ExchangeRef:
    async def tell(client: Client) -> ExchangeRef:
        values: dict[str, Any] = {"exchange_id": await exchange(client, which, {"proposed"}), "answer": answer}
        values |= {"participant_id": await participant(client, to) if to else None, "how": how(how_, actor)}
        found: ExchangeRef = await client.get(build(AnswerProposal, values), actor=actor)
        return found

    return ask(tell)


def _tell(
    command: type[Any], who: str, about: str, stages: frozenset[Stage], values: dict[str, Any], actor: str
) -> ExchangeRef:
    """By WHO, about the one exchange that can be meant."""

    async def tell(client: Client) -> ExchangeRef:
        id_ = await participant(client, who)
        ids = {"exchange_id": await exchange_of(client, id_, about, stages), "participant_id": id_}
        found: ExchangeRef = await client.get(build(command, ids | values), actor=actor)
        return found

    return ask(tell)
