"""Names in place of ids, and moments and next steps as people say them: for the commands about exchanges."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from datetime import date
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from deploy.commands.asking import OPERATOR, build, participant, policy, said, shown, zone_of
from deploy.imports import moments, words
from deploy.trouble import Trouble
from shared import clock
from shared.contracts.exchange import (
    AnswerHow,
    ExchangeRef,
    ExchangeSummary,
    ListExchanges,
    NextStep,
    Stage,
    When,
)
from shared.contracts.profiles import ShowParticipant
from shared.messaging.client import Client, Refused

Which = Annotated[
    str,
    typer.Argument(
        metavar="EXCHANGE",
        help="Its id, or who is in it; with words of it when there are more: 'jos: hedge'.",
    ),
]
About = Annotated[str, typer.Option(help="Which one, when there are more: its id, or words of it.")]
WhenText = Annotated[
    str | None, typer.Option("--when", help="'tuesday afternoon', '2026-06-04 14:00', 'tomorrow', 'some time'.")
]
How = Annotated[
    AnswerHow | None, typer.Option("--how", help="How the word came; without: by phone, or online for oneself.")
]
LIVE: frozenset[Stage] = frozenset({"draft", "open", "inviting", "proposed", "agreed", "handed-over"})

NEXT: dict[NextStep, str] = {
    "received": "The worker sees it, and nobody else until it is opened.",
    "with-worker": "It is with the worker, who looks what fits and gets in touch.",
    "looking": "Neighbours who may enjoy it are being sought, and asked one by one.",
    "invited": "A neighbour is asked.",
    "invited-again": "A neighbour is asked once more.",
    "waiting": "The other side hears of the yes and looks; then both hear.",
    "arranged": "Others said yes: it is arranged.",
    "taken-back": "Who was asked is told that it isn't any more.",
    "found": "Somebody said yes: have a look, and agree or let others be sought.",
    "not-this-time": "Others are being sought.",
    "resting": "Nobody is asked for some weeks; then it is looked once more.",
    "agreed": "Both agreed: each gets the other's contact.",
    "moment-changed": "The others are told of the new moment.",
    "cancelled": "The others are told.",
    "nobody-yet": "Nobody has been found yet; the looking goes on.",
    "ended": "It has ended by itself.",
    "how-was-it": "Afterwards, how it was can be said in one word.",
    "thanked": "The other gets the words.",
    "gathering-invited": "They are invited.",
    "gathering-changed": "Who comes is told of the change.",
    "gathering-cancelled": "Who was to come is told.",
    "introduced": "The two have met.",
}
"""What happens next, in a sentence."""


def answered(as_json: bool, answer: ExchangeRef, sentence: str) -> None:
    """The answer to a command about an exchange: what was done, and what happens next."""
    said(as_json, answer, f"{sentence} {NEXT[answer.next]}" if answer.next else sentence)


async def exchange(client: Client, text: str, stages: Collection[Stage] = LIVE, *, or_any: bool = False) -> UUID:
    """Which one is meant: by its id, or by `who` or `who: words of it`. Raises Trouble when that isn't one.

    `or_any`: when there is none in these stages, one in any other will do.
    """
    if id_ := _uuid(text):
        return id_
    who, _, about = text.partition(":")
    return await exchange_of(client, await participant(client, who.strip()), about.strip(), stages, or_any=or_any)


async def exchange_of(
    client: Client, participant_id: UUID, about: str, stages: Collection[Stage] = LIVE, *, or_any: bool = False
) -> UUID:
    """The one of this person; of several, the one that `about` (its id, or words of it) names. Raises Trouble."""
    if id_ := _uuid(about):
        return id_
    page = await client.get(ListExchanges(participant_id=participant_id, limit=100))
    named = [each for each in page.exchanges if words.key(about) in words.key(f"{each.kind or ''} {each.words or ''}")]
    found = [each for each in named if each.stage in stages] or (named if or_any else [])
    if len(found) == 1:
        one: UUID = found[0].exchange_id
        return one
    if found:
        lines = "\n".join(f"  {_line(each)}" for each in found[:10])
        raise Trouble(f"It can be any of these: give the id, or words of the one you mean.\n{lines}")
    if named:
        lines = "\n".join(f"  {_line(each)}" for each in named[:10])
        raise Trouble(f"There is none for which this can be done now; there are:\n{lines}")
    raise Trouble("There is no such exchange: see `weefsel exchange list`.")


def _line(found: ExchangeSummary) -> str:
    return f"{found.exchange_id}  {found.opening}, {found.stage}: {found.words or kind_shown(found.kind)}"


async def names(client: Client, ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """What these people are called; who is gone, or isn't shown, has no name."""
    wanted = sorted({each for each in ids if each is not None})
    found = await asyncio.gather(*(_name(client, each) for each in wanted))
    return {None: ""} | dict(zip(wanted, found, strict=True))


async def _name(client: Client, participant_id: UUID) -> str:
    try:
        return str((await client.get(ShowParticipant(participant_id=participant_id), actor=OPERATOR)).name)
    except Refused:
        return str(participant_id)


async def zones_of(client: Client, places: Iterable[str]) -> dict[str, ZoneInfo]:
    """The clock of each of these neighbourhoods."""
    return {place: await zone_of(client, place) for place in set(places)}


async def place_of(client: Client, participant_id: UUID) -> str:
    """The neighbourhood of a person."""
    return (await client.get(ShowParticipant(participant_id=participant_id))).neighbourhood_id or ""


async def when_from(client: Client, text: str | None, neighbourhood_id: str) -> When | None:
    """A moment as it was typed, on the clock of a neighbourhood; None when nothing was. Raises Trouble."""
    if text is None:
        return None
    zone = await zone_of(client, neighbourhood_id)
    return build(When, read(moments.when, text, zone))


def read(reading: Any, text: str, zone: ZoneInfo, today: date | None = None) -> Any:
    """What was typed, read by one of `moments`, as said on a day. Raises Trouble."""
    try:
        return reading(text, today or clock.now().astimezone(zone).date(), zone)
    except words.Unclear as unclear:
        raise Trouble(f"{unclear}.") from None


def when_shown(when: When, zone: ZoneInfo | None = None) -> str:
    """A moment as people say it; one moment on the clock of `zone`, or else of this machine."""
    if when.at:
        return shown(when.at, zone)
    day = str(when.day) if when.day else when.weekday or ""
    return f"{day} {when.part or ''}".strip() or "some time"


def kind_from(text: str | None) -> str | None:
    """A kind by its id or its name in any language; what is none of these goes as it is, to be refused kindly."""
    if text is None:
        return None
    named = {words.key(name): each.id for each in policy().kinds for name in (each.id, *each.labels.values())}
    return named.get(words.key(text), text)


def kind_shown(kind: str | None) -> str:
    """What a kind is called."""
    return policy().label(kind, "en") if kind else ""


def how(given: AnswerHow | None, actor: str) -> AnswerHow:
    """How a word came: recorded for someone it came by phone, unless said otherwise."""
    return given or ("online" if actor.startswith("participant:") else "phone")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None
