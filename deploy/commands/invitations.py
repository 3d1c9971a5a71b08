"""`weefsel exchange …`: who could be asked, who is, and what they answer."""

from __future__ import annotations

from typing import Annotated, Any
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
    every,
    lay_out,
    participant,
    said,
    shown,
    table,
)
from deploy.commands.common import print_json
from deploy.commands.naming import About, How, Which, exchange, how, kind_from, kind_shown, names, when_shown, zones_of
from deploy.imports import words
from deploy.trouble import Trouble
from shared.contracts.exchange import (
    AllowKind,
    AnswerInvitation,
    Candidates,
    Invitation,
    InvitationAnswer,
    InvitationStage,
    InviteNeighbour,
    ListInvitations,
    ReviewInvitation,
    ShowCandidates,
)
from shared.messaging.client import Client

app = typer.Typer()
Invited = Annotated[str, typer.Argument(metavar="WHO", help="Who is asked: an id, or part of a name.")]

_ANSWERS: dict[InvitationAnswer, str] = {
    "yes": "{who} says yes.",
    "not-now": "{who} says not now: asked once more, weeks later, when it is still open.",
    "no": "{who} says no, which is fine.",
    "never": "{who} is not asked for this kind again.",
}


@app.command()
def candidates(
    which: Which, limit: Annotated[int, typer.Option()] = 5, actor: Actor = OPERATOR, as_json: Json = False
) -> None:
    """Who could be asked, and why: an order for this moment, for workers alone."""

    async def look(client: Client) -> tuple[Candidates, dict[UUID | None, str]]:
        query = build(ShowCandidates, {"exchange_id": await exchange(client, which), "limit": limit})
        found: Candidates = await client.get(query, actor=actor)
        return found, await names(client, (each.participant_id for each in found.candidates))

    found, called = ask(look)
    if as_json:
        print_json(found)
        return
    rows = [
        (called[each.participant_id], ", ".join(_spoken(reason) for reason in each.reasons), each.participant_id)
        for each in found.candidates
    ]
    lay_out(table("name", "because", "id", rows=rows, empty="Nobody else comes to mind now."))


@app.command()
def invitations(
    which: Annotated[str, typer.Argument(metavar="EXCHANGE", help="Those of one exchange; without: any.")] = "",
    who: Annotated[str, typer.Option(help="Those to this person.")] = "",
    neighbourhood: Annotated[str | None, typer.Option()] = None,
    stage: Annotated[InvitationStage | None, typer.Option(help="`held` waits for a worker.")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only what waits for an answer.")] = False,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Who was asked, or is to be, and how it stands."""

    async def look(client: Client) -> tuple[list[Invitation], dict[UUID | None, str], dict[str, ZoneInfo]]:
        values: dict[str, Any] = {"neighbourhood_id": neighbourhood, "stage": stage, "open_only": open_only}
        values |= {"exchange_id": await exchange(client, which, or_any=True) if which else None, "limit": 100}
        values |= {"participant_id": await participant(client, who) if who else None}
        found = await every(client, build(ListInvitations, values), "invitations", actor)
        zones = await zones_of(client, (each.neighbourhood_id for each in found))
        return found, await names(client, (each.participant_id for each in found)), zones

    found, called, zones = ask(look)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            called[each.participant_id], each.words or kind_shown(each.kind),
            when_shown(each.when, zones[each.neighbourhood_id]), each.stage,
            shown(each.answer_by, zones[each.neighbourhood_id]),
            ", ".join(_spoken(reason) for reason in each.reasons), each.invitation_id,
        )
        for each in found
    ]  # fmt: skip
    columns = ("who", "for what", "when", "stage", "answer by", "because", "id")
    lay_out(table(*columns, rows=rows, empty="Nobody waits for an answer." if open_only else "There are none."))


@app.command()
def send(who: Invited, about: About = "", actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """A worker has seen it: ask this neighbour."""
    answer = _tell(ReviewInvitation, who, about, "held", {"send": True}, actor)
    sentence = {"waiting": "is asked when their quiet hours are over", "asked": "is asked"}
    said(as_json, answer, f"{who} {sentence.get(answer.stage, f'is not asked: the invitation is {answer.stage}')}.")


@app.command("hold-back")
def hold_back(who: Invited, about: About = "", actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """A worker has seen it: don't ask this neighbour, who hears nothing. The next likely one comes."""
    answer = _tell(ReviewInvitation, who, about, "held", {"send": False}, actor)
    said(as_json, answer, f"{who} is not asked.")


@app.command()
def invite(which: Which, who: Who, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """A worker asks this neighbour."""

    async def tell(client: Client) -> Any:
        ids = {"exchange_id": await exchange(client, which), "participant_id": await participant(client, who)}
        return await client.get(build(InviteNeighbour, ids), actor=actor)

    answer = ask(tell)
    said(as_json, answer, f"{who} is asked{' when their quiet hours are over' * (answer.stage == 'waiting')}.")


@app.command()
def answer(
    who: Invited, answer: InvitationAnswer, about: About = "", how_: How = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """What someone who was asked answers; by phone or at the door, a worker records it as theirs."""
    values = {"answer": answer, "how": how(how_, actor)}
    said(as_json, _tell(AnswerInvitation, who, about, None, values, actor), _ANSWERS[answer].format(who=who))


@app.command()
def allow(who: Who, kind: str, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Take back a "never this kind": they may be asked for it again."""

    async def tell(client: Client) -> Any:
        values = {"participant_id": await participant(client, who), "kind": kind_from(kind)}
        return await client.get(build(AllowKind, values), actor=actor)

    said(as_json, ask(tell), f"{who} may be asked for that again.")


def _tell(
    command: type[Any], who: str, about: str, stage: InvitationStage | None, values: dict[str, Any], actor: str
) -> Any:
    async def tell(client: Client) -> Any:
        id_ = await _invitation(client, who, about, stage)
        return await client.get(build(command, {"invitation_id": id_, **values}), actor=actor)

    return ask(tell)


async def _invitation(client: Client, who: str, about: str, stage: InvitationStage | None) -> UUID:
    """The one to this person: held when a worker looks; else what waits for an answer, or the last one answered."""
    id_ = await participant(client, who)
    found: list[Invitation] = (await client.get(ListInvitations(participant_id=id_, limit=100))).invitations
    named = [
        each for each in found
        if about in (str(each.invitation_id), str(each.exchange_id))
        or words.key(about) in words.key(f"{each.kind or ''} {each.words or ''}")
    ]  # fmt: skip
    chosen = [each for each in named if each.stage == (stage or "asked")]
    if len(chosen) == 1 or (named and not chosen and stage is None):
        return (chosen or named)[0].invitation_id
    if chosen:
        lines = "\n".join(
            f"  {each.invitation_id}  {each.stage}: {each.words or kind_shown(each.kind)}" for each in chosen[:10]
        )
        raise Trouble(f"{who} is asked for any of these: say which with --about.\n{lines}")
    raise Trouble(
        f"Nothing to {who} waits for a worker: see `weefsel exchange invitations --stage held`."
        if stage
        else f"{who} is asked nothing: see `weefsel exchange invitations`."
    )


def _spoken(reason: str) -> str:
    return reason.replace("-", " ")
