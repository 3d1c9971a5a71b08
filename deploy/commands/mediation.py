"""`weefsel signals mediate …`: the worker helps two people, with each of them first."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import typer

from deploy.commands.asking import OPERATOR, Actor, Json, ask, build, participant, said
from deploy.commands.signal_naming import WhichSignal, signal
from deploy.trouble import Trouble
from shared.contracts.signals import (
    EndMediation,
    MediationRef,
    RecordMediationTalk,
    ShowSignal,
    StartMediation,
)
from shared.messaging.client import Client

app = typer.Typer(help="Help two people whose exchange went wrong: with each first, then with both.")
Other = Annotated[str, typer.Argument(metavar="OTHER", help="The other of the two: an id, or part of a name.")]

_STANDS = {
    "separately": "Speak with each of the two first.",
    "together": "They have spoken together.",
    "agreed": "The two agreed.",
    "not-agreed": "It came to nothing, and that is an end too.",
}


@app.command()
def start(which: WhichSignal, other: Other, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Between whom the signal is about, and another. By the worker who has it (--as worker:WHO)."""

    async def tell(client: Client) -> MediationRef:
        id_ = await signal(client, which, actor)
        about = (await client.get(ShowSignal(signal_id=id_), actor=actor)).participant_id
        values = {"signal_id": id_, "participant_id": about, "other_id": await participant(client, other)}
        answer: MediationRef = await client.get(build(StartMediation, values), actor=actor)
        return answer

    _say(as_json, ask(tell))


@app.command()
def talk(
    which: WhichSignal,
    with_whom: Annotated[str, typer.Argument(metavar="WITH", help="One of the two; without: with both.")] = "",
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """You spoke with one of the two, or with both together. What was said is not written down."""

    async def tell(client: Client) -> MediationRef:
        values: dict[str, Any] = {"mediation_id": await _mediation(client, which, actor)}
        values |= {"participant_id": await participant(client, with_whom) if with_whom else None}
        answer: MediationRef = await client.get(build(RecordMediationTalk, values), actor=actor)
        return answer

    _say(as_json, ask(tell))


@app.command()
def end(
    which: WhichSignal,
    agreed: Annotated[bool, typer.Option("--agreed/--not-agreed", help="Either is an end.")],
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """The two agreed, or they didn't."""

    async def tell(client: Client) -> MediationRef:
        values = {"mediation_id": await _mediation(client, which, actor), "agreed": agreed}
        answer: MediationRef = await client.get(build(EndMediation, values), actor=actor)
        return answer

    _say(as_json, ask(tell))


async def _mediation(client: Client, which: str, actor: str) -> UUID:
    """The mediation of a signal. Raises Trouble when there is none."""
    found = await client.get(ShowSignal(signal_id=await signal(client, which, actor)), actor=actor)
    if found.mediation is None:
        raise Trouble("There is no mediation with this signal: see `weefsel signals mediate start`.")
    id_: UUID = found.mediation.mediation_id
    return id_


def _say(as_json: bool, answer: MediationRef) -> None:
    said(as_json, answer, _STANDS[answer.stage])
