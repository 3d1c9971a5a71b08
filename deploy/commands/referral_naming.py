"""Names in place of the ids of referrals and services: whom it is about, and words of the service."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from deploy.commands.asking import OPERATOR, every, on_clock, participant
from deploy.commands.signal_naming import actor_shown, day_from
from deploy.imports import words
from deploy.trouble import Trouble
from shared.contracts.signals import (
    ListReferrals,
    Referral,
    ReferralState,
    ReferralStep,
    ReferralSummary,
    SearchDirectory,
    ShowService,
)
from shared.messaging.client import Client, Refused

WhichReferral = Annotated[
    str,
    typer.Argument(
        metavar="REFERRAL",
        help="Its id, or whom it is about; with words of the service when there are more: 'martine: poets'.",
    ),
]
WhichService = Annotated[
    str, typer.Argument(metavar="SERVICE", help="Its id, or words of its name: see `weefsel directory search`.")
]
WITH_SERVICE: frozenset[ReferralState] = frozenset({"requested", "accepted", "in-progress", "on-hold"})
OPEN: frozenset[ReferralState] = WITH_SERVICE | {"draft"}
ENDED: frozenset[ReferralState] = frozenset({"rejected", "completed", "failed", "cancelled", "entered-in-error"})


async def referral(
    client: Client, text: str, actor: str = OPERATOR, states: Collection[ReferralState] = OPEN, *, or_any: bool = False
) -> UUID:
    """Which one is meant: by its id, or by `who` or `who: words of the service`. Raises Trouble when that isn't one.

    `or_any`: when there is none in these states, one in any other will do.
    """
    if id_ := _uuid(text):
        return id_
    who, _, about = text.partition(":")
    query = ListReferrals(participant_id=await participant(client, who.strip()), limit=100)
    page: list[ReferralSummary] = await every(client, query, "referrals", actor)
    named = [each for each in page if words.key(about) in words.key(f"{each.service_name} {each.organisation_name}")]
    found = [each for each in named if each.state in states] or (named if or_any else [])
    if len(found) == 1:
        return found[0].referral_id
    if found:
        raise Trouble(f"It can be any of these: give the id, or words of the service.\n{_lines(found)}")
    if named:
        raise Trouble(f"There is none for which this can be done now; there are:\n{_lines(named)}")
    raise Trouble("There is no such referral: see `weefsel referrals list`.")


async def service(client: Client, text: str, actor: str = OPERATOR) -> str:
    """Which service is meant: by its id, or by words that only one has. Raises Trouble."""
    if not any(character.isspace() for character in text.strip()):
        try:
            return str((await client.get(ShowService(service_id=text.strip()), actor=actor)).service_id)
        except Refused as refused:
            if refused.problems[0].code != "unknown_id":
                raise
    found = (await client.get(SearchDirectory(words=text, limit=11), actor=actor)).services
    exact = [each for each in found if words.key(each.name) == words.key(text)]
    chosen = exact if len(exact) == 1 else found
    if len(chosen) == 1:
        return str(chosen[0].service_id)
    if not chosen:
        raise Trouble(f"No service is called '{text}': see `weefsel directory search`.")
    lines = "\n".join(f"  {each.service_id}  {each.name}, {each.organisation_name}" for each in chosen[:10])
    raise Trouble(f"'{text}' can be any of these: give the id, or the whole name.\n{lines}")


def moment_from(text: str, zone: ZoneInfo) -> datetime:
    """Until when: a moment, or a whole day (`2026-07-01`, `next monday`, `+14d`), on the clock of a place."""
    if "T" in text:
        return on_clock(text, zone)
    return datetime.combine(day_from(text, zone), time(23, 59), zone)


def stands(found: ReferralSummary | Referral) -> str:
    """How it stands, and why."""
    state = found.state.replace("-", " ")
    more = [each.replace("-", " ") for each in (found.outcome, found.reason) if each]
    return f"{state}: {', '.join(dict.fromkeys(more))}" if more else state


def happened(step: ReferralStep, workers: dict[UUID | None, str], zone: ZoneInfo) -> str:
    """One thing that happened, in a line."""
    what = (step.state if step.what == "moved" and step.state else step.what).replace("-", " ")
    why = f": {step.reason.replace('-', ' ')}" if step.reason else ""
    return f"{step.at.astimezone(zone):%Y-%m-%d %H:%M}  {what}{why}, by {actor_shown(step.by, workers)}"


def _lines(found: list[ReferralSummary]) -> str:
    return "\n".join(f"  {each.referral_id}  {each.service_name}, {stands(each)}" for each in found[:10])


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text).strip())
    except ValueError:
        return None
