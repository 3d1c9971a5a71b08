"""What a service says of a referral: recorded by a worker who rang it, or by its contact person (--as contact:ID)."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import typer

from deploy.commands.asking import OPERATOR, Actor, Json, ask, build, card, lay_out, said
from deploy.commands.common import print_json
from deploy.commands.referral_naming import WITH_SERVICE, WhichReferral, referral
from shared.contracts.signals import (
    AcceptReferral,
    CompleteReferral,
    FailReferral,
    FetchDetails,
    HoldReferral,
    LookAtReferral,
    PartnerReferral,
    ReferralDetails,
    ReferralOutcome,
    ReferralReason,
    ReferralRef,
    RejectReferral,
    StartReferral,
)
from shared.messaging.client import Client

app = typer.Typer()
Say = Literal["accept", "reject", "start", "hold", "complete", "fail"]
_SAID: dict[Say, tuple[type[Any], str]] = {
    "accept": (AcceptReferral, "The service takes it on."),
    "reject": (RejectReferral, "The service can't take it on."),
    "start": (StartReferral, "The service has begun."),
    "hold": (HoldReferral, "It waits."),
    "complete": (CompleteReferral, "It has come to its end, and its worker hears."),
    "fail": (FailReferral, "It came to nothing, and its worker hears."),
}


@app.command()
def answer(
    which: WhichReferral, what: Annotated[Say, typer.Argument(help="What the service says.")],
    reason: Annotated[ReferralReason | None, typer.Option(help="With reject, hold and fail.")] = None,
    outcome: Annotated[ReferralOutcome | None, typer.Option(help="With reject, complete and fail.")] = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Record what a service said by phone. A partner answers by events, and nobody does it in its place."""
    command, sentence = _SAID[what]

    async def tell(client: Client) -> ReferralRef:
        values = {"referral_id": await _which(client, which, actor), "reason": reason, "outcome": outcome}
        message = build(command, {name: value for name, value in values.items() if name in command.model_fields})
        found: ReferralRef = await client.get(message, actor=actor)
        return found

    said(as_json, ask(tell), sentence)


@app.command()
def look(which: WhichReferral, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """How it stands, as its contact person sees it (--as contact:ID)."""

    async def see(client: Client) -> PartnerReferral:
        query = LookAtReferral(referral_id=await _which(client, which, actor))
        found: PartnerReferral = await client.get(query, actor=actor)
        return found

    found = ask(see)
    if as_json:
        print_json(found)
        return
    lines: list[tuple[str, object]] = [("stands", found.state), ("can", found.can), ("asked", found.requested_at)]
    lay_out(card(found.service_name, [*lines, ("details until", found.details_until)]))


@app.command()
def fetch(which: WhichReferral, actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """What the service may see of the person, as its contact person (--as contact:ID). It is recorded."""

    async def see(client: Client) -> ReferralDetails:
        query = FetchDetails(referral_id=await _which(client, which, actor))
        found: ReferralDetails = await client.get(query, actor=actor)
        return found

    found = ask(see)
    if as_json:
        print_json(found)
        return
    reach = found.reach and (found.reach.email or found.reach.phone or found.reach.by)
    lines: list[tuple[str, object]] = [("name", found.name), ("reach", reach), ("address", found.address)]
    lines += [("languages", found.languages), ("question", found.question), ("until", found.until)]
    lay_out(card("What the consent names", lines))


async def _which(client: Client, which: str, actor: str) -> UUID:
    """A contact person's link is for one referral: that is the one."""
    kind, _, id_ = actor.partition(":")
    return UUID(id_) if kind == "contact" and which == "-" else await referral(client, which, states=WITH_SERVICE)
