"""`weefsel signals …`: what was noticed about someone, who has it, and what came of it. Notes are in `signal_notes`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from deploy.commands import mediation, signal_notes
from deploy.commands.asking import (
    OPERATOR,
    Actor,
    Json,
    Who,
    Worker,
    ask,
    build,
    card,
    every,
    lay_out,
    participant,
    said,
    shown,
    table,
    worker,
    worker_names,
    zone_of,
)
from deploy.commands.common import print_json
from deploy.commands.naming import names
from deploy.commands.signal_naming import (
    GOING,
    KindText,
    WhichSignal,
    actor_shown,
    day_from,
    kind_from,
    kind_shown,
    signal,
    stands,
)
from shared.contracts.profiles import OnWordOf
from shared.contracts.signals import (
    AnswerOffer,
    ChangeSignal,
    CloseSignal,
    ListSignals,
    MergeSignals,
    OfferSignal,
    RaiseSignal,
    ReopenSignal,
    ShowSignal,
    Signal,
    SignalOutcome,
    SignalRef,
    SignalStage,
    SignalStep,
    SignalSummary,
    SnoozeSignal,
    TakeSignal,
    Urgency,
    WriteNote,
)
from shared.messaging.client import Client

app = typer.Typer(
    help="What was noticed about someone's wellbeing: private, and with one worker.", no_args_is_help=True
)
app.add_typer(signal_notes.app)
app.add_typer(mediation.app, name="mediate")
Day = Annotated[str, typer.Argument(metavar="DAY", help="'2026-06-15', 'next monday', '+14d'.")]


@app.command("list")
def list_(
    who: Annotated[str, typer.Option(help="About this person.")] = "",
    neighbourhood: Annotated[str | None, typer.Option()] = None,
    of: Annotated[str, typer.Option("--worker", help="What this worker has, was told of, or is offered.")] = "",
    stage: Annotated[SignalStage | None, typer.Option(help="Without: those that go on.")] = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Signals, the most urgent first."""

    async def look(client: Client) -> tuple[list[SignalSummary], dict[UUID | None, str], dict[UUID | None, str]]:
        values: dict[str, Any] = {"neighbourhood_id": neighbourhood, "stage": stage, "limit": 100}
        values |= {"participant_id": await participant(client, who) if who else None}
        values |= {"worker_id": await worker(client, of) if of else None}
        found = await every(client, build(ListSignals, values), "signals", actor)
        return found, await names(client, (each.participant_id for each in found)), await worker_names(client)

    found, called, workers = ask(look)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            called[each.participant_id], kind_shown(each.kind), each.urgency, stands(each, workers),
            each.raised_at, each.signal_id,
        )
        for each in found
    ]  # fmt: skip
    lay_out(table("about", "what", "urgency", "stands", "raised", "id", rows=rows, empty="There are no such signals."))


@app.command()
def show(which: WhichSignal, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """One signal and all that happened to it. What was said is a note: `weefsel signals notes`."""

    async def look(client: Client) -> tuple[Signal, dict[UUID | None, str], dict[UUID | None, str], ZoneInfo]:
        query = ShowSignal(signal_id=await signal(client, which, actor, or_any=True))
        found: Signal = await client.get(query, actor=actor)
        two = found.mediation
        people = [found.participant_id, *((two.participant_id, two.other_id) if two else ())]
        zone = await zone_of(client, found.neighbourhood_id)
        return found, await names(client, people), await worker_names(client), zone

    found, called, workers, zone = ask(look)
    if as_json:
        print_json(found)
        return
    lines: list[tuple[str, object]] = [("id", found.signal_id), ("neighbourhood", found.neighbourhood_id)]
    lines += [("kind", kind_shown(found.kind)), ("urgency", found.urgency), ("cause", found.cause)]
    lines += [("raised by", actor_shown(found.raised_by, workers)), ("on the word of", found.on_word_of)]
    lines += [("stands", stands(found, workers)), ("exchange", found.exchange_id), ("referral", found.referral_id)]
    lines += [("goes on as", found.merged_into), ("notes", found.notes_written)]
    if found.mediation:
        two = [called[found.mediation.participant_id], called[found.mediation.other_id]]
        lines += [("mediation", f"{' and '.join(two)}: {found.mediation.stage}")]
    lines += [("", _happened(step, workers, zone)) for step in found.steps]
    lay_out(card(f"About {called[found.participant_id]}", lines))


@app.command("raise")
def raise_(
    who: Who, kind: KindText,
    urgency: Annotated[Urgency, typer.Option()] = "this-week",
    on_word_of: Annotated[OnWordOf, typer.Option("--word-of", help="Whose word it is.")] = "worker",
    note: Annotated[str, typer.Option(help="What there is to say, for its worker and their backup alone.")] = "",
    exchange: Annotated[UUID | None, typer.Option(help="The exchange that it came from.")] = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Something about someone's wellbeing, for the worker of their neighbourhood."""

    async def tell(client: Client) -> SignalRef:
        values: dict[str, Any] = {"participant_id": await participant(client, who), "kind": kind_from(kind)}
        values |= {"urgency": urgency, "on_word_of": on_word_of, "exchange_id": exchange}
        written = build(WriteNote, {"signal_id": UUID(int=0), "note": note}) if note else None
        answer: SignalRef = await client.get(build(RaiseSignal, values), actor=actor)
        if written is not None:
            await client.get(written.model_copy(update={"signal_id": answer.signal_id}), actor=actor)
        return answer

    said(as_json, ask(tell), f"The signal about {who} is raised. The worker of the moment is told.")


@app.command()
def take(which: WhichSignal, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """It is yours, and climbs no further. By a worker (--as worker:WHO)."""
    said(as_json, _tell(TakeSignal, which, {}, actor), "It is theirs now, and climbs no further.")


@app.command()
def offer(which: WhichSignal, to: Worker, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Ask a colleague to take it over; it stays yours until they agree."""
    answer = _tell(OfferSignal, which, {}, actor, to=to)
    said(as_json, answer, f"{to} is asked to take it over.")


@app.command("answer-offer")
def answer_offer(
    which: WhichSignal,
    agreed: Annotated[bool, typer.Option("--yes/--no", help="--no also takes your own offer back.")] = True,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Take over what a colleague offers you, or don't."""
    answer = _tell(AnswerOffer, which, {"agreed": agreed}, actor)
    said(as_json, answer, "It is theirs now." if agreed else "It stays with who has it.")


@app.command()
def change(
    which: WhichSignal,
    kind: Annotated[str | None, typer.Option(help="From the policy's list.")] = None,
    urgency: Annotated[Urgency | None, typer.Option()] = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """It is of another kind, or more or less urgent than it seemed. More urgent: it is told again."""
    answer = _tell(ChangeSignal, which, {"kind": kind_from(kind), "urgency": urgency}, actor)
    said(as_json, answer, "It is as you said.")


@app.command()
def snooze(which: WhichSignal, until: Day, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Not before that day; then it is before you again."""
    answer = _tell(SnoozeSignal, which, {}, actor, until=until)
    said(as_json, answer, "It rests until then.")


@app.command()
def merge(
    which: WhichSignal,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The one that goes on.")],
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Both are the same matter of the same person: one goes on, with the notes of both."""

    async def tell(client: Client) -> SignalRef:
        values = {"signal_id": await signal(client, which, actor), "into_id": await signal(client, into, actor)}
        answer: SignalRef = await client.get(build(MergeSignals, values), actor=actor)
        return answer

    said(as_json, ask(tell), "They go on as one.")


@app.command()
def close(
    which: WhichSignal,
    outcome: Annotated[SignalOutcome, typer.Argument(help="How it ended; keep-an-eye is no end.")],
    look_again: Annotated[str | None, typer.Option(metavar="DAY", help="For keep-an-eye: when to look next.")] = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """How it ended."""
    answer = _tell(CloseSignal, which, {"outcome": outcome}, actor, look_again_on=look_again)
    said(as_json, answer, "It comes back on that day." if outcome == "keep-an-eye" else "It is closed.")


@app.command()
def reopen(which: WhichSignal, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """It was not over: it is yours."""
    said(as_json, _tell(ReopenSignal, which, {}, actor, stages=frozenset({"closed"})), "It is open again, and theirs.")


def _tell(
    command: type[Any], which: str, values: dict[str, Any], actor: str, *, stages: frozenset[SignalStage] = GOING,
    to: str = "", **days: str | None,
) -> SignalRef:  # fmt: skip
    async def tell(client: Client) -> SignalRef:
        id_ = await signal(client, which, actor, stages)
        more: dict[str, Any] = {"worker_id": await worker(client, to)} if to else {}
        for name, text in days.items():
            more[name] = await _day(client, text, id_, actor) if text else None
        message = build(command, {"signal_id": id_, **values, **more})
        answer: SignalRef = await client.get(message, actor=actor)
        return answer

    return ask(tell)


async def _day(client: Client, text: str, signal_id: UUID, actor: str) -> date:
    """A day, on the clock of the neighbourhood that the signal is about."""
    found = await client.get(ShowSignal(signal_id=signal_id), actor=actor)
    return day_from(text, await zone_of(client, found.neighbourhood_id))


def _happened(step: SignalStep, workers: dict[UUID | None, str], zone: ZoneInfo) -> str:
    """One thing that happened, in a line."""
    what = step.what.replace("-", " ")
    whom = f" {workers.get(step.worker_id, 'someone who has stopped')}" if step.worker_id else ""
    as_what = f" as {step.step}" if step.step else ""
    end = f": {step.outcome}" if step.outcome else ""
    return f"{shown(step.at, zone)}  {what}{whom}{as_what}{end}, by {actor_shown(step.by, workers)}"
