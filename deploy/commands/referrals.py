"""`weefsel referrals …`: someone guided to a service, from draft to end. What it says is in `referral_answers`."""

from __future__ import annotations

from typing import Annotated, Any, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from deploy.commands import referral_answers
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
    said,
    shown,
    table,
    worker,
    worker_names,
    zone_of,
)
from deploy.commands.common import print_json
from deploy.commands.naming import names
from deploy.commands.referral_naming import (
    ENDED,
    WITH_SERVICE,
    WhichReferral,
    WhichService,
    happened,
    moment_from,
    referral,
    service,
    stands,
)
from deploy.commands.signal_naming import KindText, actor_shown, kind_from, kind_shown, signal
from shared.contracts.profiles import OnWordOf, Recorded, ShowParticipant
from shared.contracts.signals import (
    CancelReferral,
    DraftReferral,
    GiveReferralConsent,
    KeepOpen,
    ListReferrals,
    MarkInError,
    Referral,
    ReferralField,
    ReferralReason,
    ReferralRef,
    ReferralState,
    ReferralSummary,
    RequestReferral,
    ShowReferral,
    ShowService,
    WithdrawReferralConsent,
    WriteDetails,
)
from shared.messaging.client import Client

app = typer.Typer(help="Someone guided to a service, with their consent, until its end.", no_args_is_help=True)
app.add_typer(referral_answers.app)
FIELDS = ", ".join(get_args(ReferralField))
Until = Annotated[str, typer.Argument(metavar="UNTIL", help="'2026-06-15', 'next monday', '+14d'.")]


@app.command()
def draft(
    who: Who, to: WhichService, kind: KindText,
    of: Annotated[str, typer.Option("--signal", help="The signal that it came of: its id, or whom it is about.")] = "",
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Begin a referral; nobody outside learns of it. What the service may see is filled in with `details`."""

    async def tell(client: Client) -> ReferralRef:
        values: dict[str, Any] = {"participant_id": await participant(client, who), "kind": kind_from(kind)}
        values |= {"service_id": await service(client, to)}
        values |= {"signal_id": await signal(client, of, actor, or_any=True) if of else None}
        answer: ReferralRef = await client.get(build(DraftReferral, values), actor=actor)
        return answer

    said(as_json, ask(tell), f"A referral of {who} is drafted. Next: its details, and their consent.")


@app.command()
def details(
    which: WhichReferral,
    question: Annotated[str | None, typer.Argument(metavar="WORDS", help="What they would like, as agreed.")] = None,
    address: Annotated[str | None, typer.Option(help="Only when the service comes to them.")] = None,
    without: Annotated[str, typer.Option(metavar="FIELDS", help="Fields to leave empty, with commas between.")] = "",
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """What the service gets to know: name, way to be reached and languages as profiles has them, and your words."""

    async def tell(client: Client) -> ReferralRef:
        id_ = await referral(client, which, actor)
        found = await client.get(ShowReferral(referral_id=id_), actor=actor)
        person = await client.get(ShowParticipant(participant_id=found.participant_id), actor=actor)
        values = {"name": person.name, "reach": person.reach, "languages": person.languages}
        values |= {"question": question, "address": address}
        kept = {name: value for name, value in values.items() if name not in without.split(",")}
        answer: ReferralRef = await client.get(build(WriteDetails, {"referral_id": id_, **kept}), actor=actor)
        return answer

    said(as_json, ask(tell), "The details are written. The service sees of them what the consent names.")


@app.command()
def consent(
    which: WhichReferral,
    fields: Annotated[list[str], typer.Argument(metavar="FIELDS", help=f"What the service may see: {FIELDS}.")],
    until: Annotated[str | None, typer.Option(metavar="DAY", help="Without: as long as the policy says.")] = None,
    how: Annotated[Recorded, typer.Option(help="How they said so.")] = "spoken",
    on_word_of: Annotated[OnWordOf, typer.Option("--word-of", help="Whose word it is.")] = "participant",
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """They agree that this one service sees these fields. Given again it replaces what was given before."""

    async def tell(client: Client) -> Any:
        id_ = await referral(client, which, actor)
        values: dict[str, Any] = {"referral_id": id_, "fields": fields, "how": how, "on_word_of": on_word_of}
        values |= {"until": await _moment(client, until, id_, actor) if until else None}
        return await client.get(build(GiveReferralConsent, values), actor=actor)

    said(as_json, ask(tell), "Their consent is kept with the referral. They can withdraw it at any time.")


@app.command()
def withdraw(which: WhichReferral, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """They withdraw their consent: access ends and the referral is cancelled."""

    async def tell(client: Client) -> Any:
        id_ = await referral(client, which, actor, or_any=True)
        return await client.get(WithdrawReferralConsent(referral_id=id_), actor=actor)

    said(as_json, ask(tell), "Access has ended, and the referral goes no further.")


@app.command()
def request(which: WhichReferral, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Put it before the service. Needs a consent that runs, and the details that it names."""

    async def tell(client: Client) -> tuple[ReferralRef, Referral]:
        id_ = await referral(client, which, actor, {"draft"})
        answer: ReferralRef = await client.get(RequestReferral(referral_id=id_), actor=actor)
        return answer, await client.get(ShowReferral(referral_id=id_), actor=actor)

    answer, found = ask(tell)
    way = ask(lambda client: _way(client, found, actor))
    said(as_json, answer, f"It is before {found.service_name}. {way}")


@app.command("keep-open")
def keep_open(which: WhichReferral, until: Until, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """It may stay open until that day; then it is asked again."""

    async def tell(client: Client) -> ReferralRef:
        id_ = await referral(client, which, actor, WITH_SERVICE)
        values = {"referral_id": id_, "until": await _moment(client, until, id_, actor)}
        answer: ReferralRef = await client.get(build(KeepOpen, values), actor=actor)
        return answer

    said(as_json, ask(tell), "It stays open until then.")


@app.command()
def cancel(
    which: WhichReferral, reason: Annotated[ReferralReason, typer.Argument(help="Why.")],
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """It doesn't go on. The service is told."""

    async def tell(client: Client) -> ReferralRef:
        id_ = await referral(client, which, actor)
        answer: ReferralRef = await client.get(CancelReferral(referral_id=id_, reason=reason), actor=actor)
        return answer

    said(as_json, ask(tell), "It is cancelled, and access has ended.")


@app.command("in-error")
def in_error(which: WhichReferral, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """It should never have been made. The service is told to forget it."""

    async def tell(client: Client) -> ReferralRef:
        id_ = await referral(client, which, actor, or_any=True)
        answer: ReferralRef = await client.get(MarkInError(referral_id=id_), actor=actor)
        return answer

    said(as_json, ask(tell), "It is marked as made in error.")


@app.command()
def retry(which: WhichReferral, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Once more to the same service, after one that is over: a new draft that names the old one."""
    said(as_json, _again(which, None, actor), "A new referral to the same service is drafted.")


@app.command()
def forward(which: WhichReferral, to: WhichService, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """On to another service, after one that is over: a new draft that names the old one."""
    said(as_json, _again(which, to, actor), "A new referral to another service is drafted.")


@app.command("list")
def list_(
    who: Annotated[str, typer.Option(help="Of this person.")] = "",
    neighbourhood: Annotated[str | None, typer.Option()] = None,
    of: Annotated[str, typer.Option("--worker", help="Of this worker.")] = "",
    state: Annotated[ReferralState | None, typer.Option()] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only those that are not over.")] = False,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Referrals, the latest first."""

    async def look(client: Client) -> tuple[list[ReferralSummary], dict[UUID | None, str]]:
        values: dict[str, Any] = {"neighbourhood_id": neighbourhood, "state": state, "open_only": open_only}
        values |= {"participant_id": await participant(client, who) if who else None, "limit": 100}
        values |= {"worker_id": await worker(client, of) if of else None}
        found = await every(client, build(ListReferrals, values), "referrals", actor)
        return found, await names(client, (each.participant_id for each in found))

    found, called = ask(look)
    if as_json:
        print_json(found)
        return
    rows = [
        (called[each.participant_id], each.service_name, stands(each), each.decide_by, each.referral_id)
        for each in found
    ]
    lay_out(table("of", "to", "stands", "decide by", "id", rows=rows, empty="There are no such referrals."))


@app.command()
def show(which: WhichReferral, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """One referral and all that happened to it. What the service sees of the person isn't shown."""

    async def look(client: Client) -> tuple[Referral, str, dict[UUID | None, str], ZoneInfo]:
        query = ShowReferral(referral_id=await referral(client, which, actor, or_any=True))
        found: Referral = await client.get(query, actor=actor)
        called = await names(client, [found.participant_id])
        zone = await zone_of(client, found.neighbourhood_id)
        return found, called[found.participant_id], await worker_names(client), zone

    found, called, workers, zone = ask(look)
    if as_json:
        print_json(found)
        return
    lines: list[tuple[str, object]] = [("id", found.referral_id), ("neighbourhood", found.neighbourhood_id)]
    lines += [("to", f"{found.service_name}, {found.organisation_name}"), ("stands", stands(found))]
    lines += [("kind", kind_shown(found.kind) if found.kind else None), ("worker", workers.get(found.worker_id))]
    lines += [("answers", "by events" if found.by_partner else "by mail or phone"), ("signal", found.signal_id)]
    lines += [("after", found.previous_id), ("followed by", found.following_ids), ("details", found.has_details)]
    lines += [("decide by", found.decide_by and shown(found.decide_by, zone))]
    lines += _consented(found, workers, zone)
    lines += [("", happened(step, workers, zone)) for step in found.steps]
    lay_out(card(f"Of {called}", lines))


def _consented(found: Referral, workers: dict[UUID | None, str], zone: ZoneInfo) -> list[tuple[str, object]]:
    if found.consent is None:
        return [("consent", "none")]
    ended = f", ended: {found.consent.ending}" if found.consent.ending else ""
    until = shown(found.consent.until, zone)
    by = actor_shown(found.consent.recorded_by, workers)
    return [("consent", f"{', '.join(found.consent.fields)} until {until}{ended}, recorded by {by}")]


def _again(which: str, to: str | None, actor: str) -> ReferralRef:
    async def tell(client: Client) -> ReferralRef:
        before = await client.get(ShowReferral(referral_id=await referral(client, which, actor, ENDED)), actor=actor)
        values = {"participant_id": before.participant_id, "kind": before.kind, "previous_id": before.referral_id}
        values |= {"service_id": await service(client, to) if to else before.service_id}
        values |= {"follows_as": "forward" if to else "retry", "signal_id": before.signal_id}
        answer: ReferralRef = await client.get(build(DraftReferral, values), actor=actor)
        return answer

    return ask(tell)


async def _moment(client: Client, text: str, referral_id: UUID, actor: str) -> Any:
    """Until when, on the clock of the neighbourhood of a referral."""
    found = await client.get(ShowReferral(referral_id=referral_id), actor=actor)
    return moment_from(text, await zone_of(client, found.neighbourhood_id))


async def _way(client: Client, found: Referral, actor: str) -> str:
    """How the service hears of it."""
    if found.by_partner:
        return "It is told as a partner."
    known = await client.get(ShowService(service_id=found.service_id), actor=actor)
    if known.email:
        return "It is written to, with a link to answer."
    phone = f" on {known.phones[0]}" if known.phones else ""
    return f"It has no connection and no e-mail address: ring it{phone}, and record what it says with `answer`."
