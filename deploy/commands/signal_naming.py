"""Names in place of the ids of signals: whom it is about, with its kind when there are more."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from deploy.commands.asking import OPERATOR, every, participant, policy, shown
from deploy.commands.naming import read
from deploy.imports import moments, words
from deploy.trouble import Trouble
from shared import clock
from shared.contracts.signals import ListSignals, Signal, SignalStage, SignalSummary
from shared.messaging.client import Client

WhichSignal = Annotated[
    str,
    typer.Argument(
        metavar="SIGNAL",
        help="Its id, or whom it is about; with its kind when there are more: 'martine: food'.",
    ),
]
KindText = Annotated[str, typer.Argument(metavar="KIND", help="What it is about, from the policy's list.")]
GOING: frozenset[SignalStage] = frozenset({"open", "taken", "snoozed"})
_AHEAD = re.compile(r"\+(\d{1,3})\s*d")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


async def signal(
    client: Client, text: str, actor: str = OPERATOR, stages: Collection[SignalStage] = GOING, *, or_any: bool = False
) -> UUID:
    """Which one is meant: by its id, or by `who` or `who: kind`. Raises Trouble when that isn't one.

    `or_any`: when there is none in these stages, one that has ended will do.
    """
    if id_ := _uuid(text):
        return id_
    who, _, kind = text.partition(":")
    about = await participant(client, who.strip())
    found = [each for stage in sorted(stages) for each in await _listed(client, about, stage, actor)]
    if or_any and not found:
        found = await _listed(client, about, "closed", actor)
    return _the_one([each for each in found if _named(each, kind)])


def stands(found: SignalSummary | Signal, workers: dict[UUID | None, str]) -> str:
    """How it stands, and with whom."""
    who = workers.get(found.worker_id or found.told_id, "someone who has stopped")
    if found.stage == "open":
        return f"open, {who} was told as {found.step}" if found.told_id else "open, there is nobody to tell"
    if found.stage == "taken":
        offered = f", who offers it to {workers.get(found.offered_to)}" if found.offered_to else ""
        return f"with {who}{offered}"
    if found.stage == "snoozed":
        return f"with {who}, {'an eye is kept' if found.outcome else 'rests'} until {found.look_again_on}"
    return f"{found.stage}{f': {found.outcome}' if found.outcome else ''}"


def actor_shown(by: str, workers: dict[UUID | None, str]) -> str:
    """Who did something, by name when it was a worker."""
    kind, _, id_ = by.partition(":")
    return workers.get(UUID(id_), by) if kind == "worker" else kind if kind == "participant" else by


def kind_from(text: str | None) -> str | None:
    """A kind by its id or its name in any language; what is none of these goes as it is, to be refused kindly."""
    if text is None:
        return None
    named = {words.key(name): each.id for each in policy().signal_kinds for name in (each.id, *each.labels.values())}
    return named.get(words.key(text), text)


def kind_shown(kind: str) -> str:
    """What a kind of signal is called."""
    return policy().signal_label(kind, "en")


def day_from(text: str, zone: ZoneInfo) -> date:
    """A day as it was typed: a date, `tomorrow`, `next monday`, `+14d`. Raises Trouble."""
    today = clock.now().astimezone(zone).date()
    if ahead := _AHEAD.fullmatch(text.strip()):
        return today + timedelta(days=int(ahead[1]))
    found = read(moments.when, text, zone)
    if "day" in found:
        return date.fromisoformat(str(found["day"]))
    if "at" in found:
        raise Trouble(f"'{text}' is a moment: give a day, like 2026-06-15, 'next monday' or '+14d'.")
    if "weekday" in found:
        return today + timedelta(days=(_WEEKDAYS.index(found["weekday"]) - today.weekday() - 1) % 7 + 1)
    raise Trouble(f"'{text}' is no day: write it like 2026-06-15, 'next monday' or '+14d'.")


async def _listed(client: Client, about: UUID, stage: SignalStage, actor: str) -> list[SignalSummary]:
    found: list[SignalSummary] = await every(
        client, ListSignals(participant_id=about, stage=stage, limit=100), "signals", actor
    )
    return found


def _named(found: SignalSummary, kind: str) -> bool:
    word = words.key(kind)
    return word in words.key(f"{found.kind} {kind_shown(found.kind)} {found.cause}")


def _the_one(found: list[SignalSummary]) -> UUID:
    if len(found) == 1:
        return found[0].signal_id
    if not found:
        raise Trouble("There is no such signal: see `weefsel signals list`.")
    lines = "\n".join(
        f"  {each.signal_id}  {kind_shown(each.kind)}, {each.stage}, {shown(each.raised_at)}" for each in found[:10]
    )
    raise Trouble(f"It can be any of these: give the id, or the kind of the one you mean.\n{lines}")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None
