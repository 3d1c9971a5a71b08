"""What handlers share: who may do what, for whom, and where. What is not yours answers as what doesn't exist."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from services.signals.domain.people import Neighbourhood, Person
from services.signals.repository import people
from shared import access as rules
from shared.access import Actor, Kind, who
from shared.messaging import NotYetKnown, Rejected, Transaction
from shared.policy import Policy


async def person(
    tx: Transaction, participant_id: UUID, allowed: Collection[Kind], field: str = "participant_id"
) -> Person:
    """Someone for whom the sender may do this, who stays as they are meanwhile. Refused when unknown, or not theirs."""
    actor = who(tx, allowed)
    return await _theirs(tx, actor, await people.present(tx, participant_id), allowed, field)


async def person_seen(
    tx: Transaction, participant_id: UUID, allowed: Collection[Kind], field: str = "participant_id"
) -> Person:
    """The same, for who only looks."""
    actor = who(tx, allowed)
    return await _theirs(tx, actor, await people.person(tx, participant_id), allowed, field)


async def _theirs(
    tx: Transaction, actor: Actor, found: Person | None, allowed: Collection[Kind], field: str
) -> Person:  # fmt: skip
    if found is None:
        raise unknown(field)
    if actor.kind == "partner":
        rules.check_grant(await people.grant_of(tx, actor.id), found.neighbourhood_id, field)
    elif actor.kind == "worker" and not await answers_for(tx, actor, found.neighbourhood_id):
        raise unknown(field)
    else:
        rules.check_person(actor, found, allowed, field)
    return found


async def answers_for(tx: Transaction, actor: Actor, neighbourhood_id: str) -> bool:
    """Whether what is open in a neighbourhood is this worker's business; operators see to all of them."""
    if actor.kind != "worker":
        return actor.kind == "operator"
    neighbourhood = await people.neighbourhood(tx, neighbourhood_id)
    worker = await people.worker(tx, actor.uuid)
    return neighbourhood is not None and neighbourhood.answered_for_by(worker, actor.uuid)


async def place(tx: Transaction, neighbourhood_id: str) -> Neighbourhood:
    """The neighbourhood that a message builds on. When profiles has not told of it yet, the message comes again."""
    found = await people.neighbourhood(tx, neighbourhood_id)
    if found is None:
        raise NotYetKnown("neighbourhood")
    return found


def policy(tx: Transaction, neighbourhood: Neighbourhood) -> Policy:
    """The policy of a neighbourhood."""
    whole: Policy = tx.settings.policy
    return whole.named(neighbourhood.policy)


def unknown(field: str) -> Rejected:
    """The words for what doesn't exist: also for what isn't yours."""
    thing = field.removesuffix("_id")
    if thing == "participant":
        return Rejected(
            "unknown_id",
            f"{field} is no participant that we know: check the id, or wait a moment when it is new",
            field,
        )
    return Rejected("unknown_id", f"{field} is no {thing} that we know: check the id", field)


def unknown_kind() -> Rejected:
    return Rejected(
        "unknown_kind", "kind is no kind of signal in the neighbourhood's policy: choose one from its list", "kind"
    )
