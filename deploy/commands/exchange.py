"""`weefsel exchange …`: asks and offers, from opening to what became of them. What follows on a yes is in others."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from deploy.commands import agreements, invitations, neighbours
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
    table,
    zone_of,
)
from deploy.commands.common import print_json
from deploy.commands.naming import (
    LIVE,
    WhenText,
    Which,
    answered,
    exchange,
    kind_from,
    kind_shown,
    names,
    place_of,
    when_from,
    when_shown,
    zones_of,
)
from shared.contracts.exchange import (
    ChangeExchange,
    Deviate,
    Exchange,
    ExchangeRef,
    ExchangeSummary,
    HandToWorker,
    ListExchanges,
    Often,
    OpenDraft,
    OpenExchange,
    Opening,
    ReopenExchange,
    ShowExchange,
    Stage,
    When,
    WithdrawExchange,
)
from shared.contracts.profiles import Recorded
from shared.messaging.client import Client

app = typer.Typer(help="Small help between neighbours: an ask or an offer, and what comes of it.", no_args_is_help=True)
for module in (invitations, agreements, neighbours):
    app.add_typer(module.app)
Said = Annotated[str, typer.Argument(metavar="WORDS", help="In a sentence, without names: neighbours read it.")]
KindText = Annotated[str | None, typer.Option("--kind", help="From the policy's list; without, the words say it.")]
WordsText = Annotated[str | None, typer.Option("--words", help="In a sentence, without names.")]
OftenText = Annotated[Often, typer.Option("--often", help="What goes on for longer is for the worker.")]
PeopleText = Annotated[int | None, typer.Option("--people", help="How many neighbours it takes.")]
Consented = Annotated[
    Recorded | None, typer.Option(help="How they said that it may be opened; needed when it is opened for them.")
]

_TITLES: dict[Opening, str] = {"ask": "An ask", "offer": "An offer"}


@app.command("ask")
def ask_(
    who: Who, words: Said = "", kind: KindText = None, when: WhenText = None, often: OftenText = "once",
    people: PeopleText = None, consented: Consented = None, actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Something small that someone would like. Nothing is posted: neighbours are asked one by one."""
    values = {"opening": "ask", "words": words or None, "kind": kind, "often": often, "people": people}
    answer = _open(who, {**values, "consented": consented}, when, actor)
    answered(as_json, answer, f"The ask of {who} is {_stands(answer)}.")


@app.command()
def offer(
    who: Who, words: Said = "", kind: KindText = None, when: WhenText = None, often: OftenText = "once",
    people: PeopleText = None, consented: Consented = None, actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Something small that someone would enjoy doing, for nobody in particular."""
    values = {"opening": "offer", "words": words or None, "kind": kind, "often": often, "people": people}
    answer = _open(who, {**values, "consented": consented}, when, actor)
    answered(as_json, answer, f"The offer of {who} is {_stands(answer)}.")


@app.command()
def half(
    who: Who, words: Said, kind: KindText = None, when: WhenText = None,
    as_offer: Annotated[bool, typer.Option("--offer", help="It is half an offer.")] = False,
    consented: Consented = None, actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """A half question: for the worker's eyes alone, until it is opened."""
    values = {"opening": "offer" if as_offer else "ask", "words": words, "kind": kind, "half": True}
    answer = _open(who, {**values, "consented": consented}, when, actor)
    answered(as_json, answer, f"The half question of {who} is kept.")


@app.command("open-draft")
def open_draft(
    which: Which, kind: KindText = None, words: WordsText = None, consented: Consented = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Open a half question, what was in doubt, or what the system proposed."""
    values = {"kind": kind_from(kind), "words": words, "consented": consented}
    answer = _tell(OpenDraft, which, values, actor, {"draft", "handed-over"})
    answered(as_json, answer, f"It is {_stands(answer)}.")


@app.command()
def deviate(
    which: Which, reason: Annotated[str, typer.Argument(help="Why; it is kept.")], kind: KindText = None,
    consented: Consented = None, actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Open what is beyond the limits, with a reason. By a worker (--as worker:WHO)."""
    values = {"reason": reason, "kind": kind_from(kind), "consented": consented}
    answer = _tell(Deviate, which, values, actor, {"draft", "handed-over"})
    answered(as_json, answer, f"The limit is set aside, and it is {_stands(answer)}.")


@app.command()
def change(
    which: Which, words: WordsText = None, kind: KindText = None, when: WhenText = None, people: PeopleText = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Another wording or moment, as long as nobody has said yes."""
    values = {"words": words, "kind": kind_from(kind), "people": people}
    answer = _tell(ChangeExchange, which, values, actor, {"draft", "open", "inviting", "handed-over"}, when)
    answered(as_json, answer, "It is as you said.")


@app.command("hand-over")
def hand_over(which: Which, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Leave it to the worker; nobody new is asked meanwhile."""
    answered(as_json, _tell(HandToWorker, which, {}, actor), "It is handed over.")


@app.command()
def withdraw(which: Which, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Take it back, without a reason, until both agreed. Who was asked is told kindly."""
    answered(as_json, _tell(WithdrawExchange, which, {}, actor, LIVE - {"agreed"}), "It is withdrawn.")


@app.command()
def reopen(
    which: Which, when: WhenText = None, consented: Consented = None, actor: Actor = OPERATOR, as_json: Json = False
) -> None:
    """Open again what was withdrawn or has ended."""
    answer = _tell(ReopenExchange, which, {"consented": consented}, actor, {"withdrawn", "expired"}, when)
    answered(as_json, answer, f"It is {_stands(answer)}.")


@app.command()
def show(which: Which, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """One exchange, as far as the one who asks may see it."""

    async def look(client: Client) -> tuple[Exchange, dict[UUID | None, str], ZoneInfo]:
        query = ShowExchange(exchange_id=await exchange(client, which, or_any=True))
        found: Exchange = await client.get(query, actor=actor)
        people = [found.participant_id, *(each.participant_id for each in found.others)]
        people += [each.participant_id for each in found.thanks]
        return found, await names(client, people), await zone_of(client, found.neighbourhood_id)

    found, called, zone = ask(look)
    if as_json:
        print_json(found)
        return
    lines: list[tuple[str, object]] = [("id", found.exchange_id), ("neighbourhood", found.neighbourhood_id)]
    lines += [("of", called[found.participant_id]), ("kind", kind_shown(found.kind)), ("words", found.words)]
    lines += [("when", when_shown(found.when, zone)), ("how often", found.often)]
    lines += [("neighbours", found.people if found.people > 1 else None), ("stage", _stage(found))]
    for each in found.others:
        pleasure = each.pleasure and (each.pleasure.words or kind_shown(each.pleasure.kind))
        says = f"{called[each.participant_id]}: {'agreed' if each.agreed else 'said yes'}"
        lines += [("with", f"{says}, and enjoys {pleasure}" if pleasure else says)]
    lines += [("how it was", found.how_it_was)]
    lines += [("thanks", f"{called[each.participant_id]}: {each.words}") for each in found.thanks]
    lines += [("limit set aside", each.reason) for each in found.deviations]
    lay_out(card(_TITLES[found.opening], [*lines, ("begun", found.drafted_at), ("ended", found.ended_at)]))


@app.command("list")
def list_(
    who: Annotated[str, typer.Option(help="What this person opened or agreed to.")] = "",
    neighbourhood: Annotated[str | None, typer.Option()] = None,
    stage: Annotated[Stage | None, typer.Option()] = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Exchanges, the latest first."""

    async def look(client: Client) -> tuple[list[ExchangeSummary], dict[UUID | None, str], dict[str, ZoneInfo]]:
        values: dict[str, Any] = {"neighbourhood_id": neighbourhood, "stages": [stage] if stage else [], "limit": 100}
        values |= {"participant_id": await participant(client, who) if who else None}
        found = await every(client, build(ListExchanges, values), "exchanges", actor)
        zones = await zones_of(client, (each.neighbourhood_id for each in found))
        return found, await names(client, (each.participant_id for each in found)), zones

    found, called, zones = ask(look)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            called[each.participant_id], each.opening, each.words or kind_shown(each.kind),
            when_shown(each.when, zones[each.neighbourhood_id]), _stage(each), each.exchange_id,
        )
        for each in found
    ]  # fmt: skip
    lay_out(table("of", "", "what", "when", "stage", "id", rows=rows, empty="There is nothing like that."))


def _open(who: str, values: dict[str, Any], when: str | None, actor: str) -> ExchangeRef:
    async def tell(client: Client) -> ExchangeRef:
        id_ = await participant(client, who)
        then = await when_from(client, when, await place_of(client, id_))
        more = {"participant_id": id_, "kind": kind_from(values["kind"]), "when": then}
        answer: ExchangeRef = await client.get(build(OpenExchange, values | more), actor=actor)
        return answer

    return ask(tell)


def _tell(
    command: type[Any], which: str, values: dict[str, Any], actor: str, stages: Any = LIVE, when: str | None = None
) -> ExchangeRef:
    async def tell(client: Client) -> ExchangeRef:
        id_ = await exchange(client, which, stages)
        then: When | None = None
        if when is not None:
            place = (await client.get(ShowExchange(exchange_id=id_), actor=actor)).neighbourhood_id
            then = await when_from(client, when, place)
        message = build(command, {"exchange_id": id_, **values, "when": then})
        answer: ExchangeRef = await client.get(message, actor=actor)
        return answer

    return ask(tell)


def _stands(answer: ExchangeRef) -> str:
    return {"handed-over": "with the worker", "draft": "kept as a draft", "inviting": "open"}.get(
        answer.stage, answer.stage
    )


def _stage(found: Exchange | ExchangeSummary) -> str:
    if found.stage == "draft":
        return "proposed by the system" if found.by_system else "half question"
    stage = "with the worker" if found.stage == "handed-over" else found.stage
    return f"{stage}: {_WHY[found.why]}" if found.why else stage


_WHY = {
    "not-small": "more than small help",
    "structural": "on a fixed rhythm",
    "drift": "it has become a rhythm",
    "in-doubt": "the words don't say what it is",
    "asked": "it was left to them",
}
