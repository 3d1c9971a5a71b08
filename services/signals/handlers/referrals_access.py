"""Who may do what with a referral, and as what. What is not yours answers in the words for what doesn't exist."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from services.signals.domain.referrals import PART_OF, Part, Referral
from services.signals.handlers import access
from services.signals.repository import people
from services.signals.repository import referrals as repository
from shared.access import OURS, STAFF, Actor, Kind, who
from shared.messaging import Rejected, Transaction

SERVICE: frozenset[Kind] = frozenset({"partner", "contact"})
SERVICE_OR_STAFF: frozenset[Kind] = SERVICE | STAFF
ALL: frozenset[Kind] = SERVICE | OURS


@dataclass(frozen=True, slots=True)
class Hand:
    """Who acts on a referral, and as what."""

    actor: Actor
    part: Part


async def opened(tx: Transaction, referral_id: UUID, allowed: Collection[Kind]) -> tuple[Referral, Hand]:
    """One referral, locked, for who has to do with it. Refused in the same words when there is none, or it is
    another's."""
    actor = who(tx, allowed)
    found = await _FIND[actor.kind](tx, actor, referral_id)
    if found is None:
        raise access.unknown("referral_id")
    return found, Hand(actor, PART_OF[actor.kind])


async def of_service(tx: Transaction, referral_id: UUID) -> tuple[Referral, Hand]:
    """One referral, locked, for its service. Where that is no partner, a worker can record what it said."""
    referral, hand = await opened(tx, referral_id, SERVICE_OR_STAFF)
    if hand.part == "service":
        return referral, hand
    if await repository.partners_of(tx, referral.organisation_id):
        raise Rejected(
            "not_allowed", "the service answers this itself, as a partner: ask it, or cancel the referral", "ce-actor"
        )
    return referral, Hand(hand.actor, "service" if referral.requested_at else "worker")


def is_for(actor: Actor, referral: Referral) -> bool:
    """Whether a contact person's link is for this referral, and the service knows of it."""
    return actor.id == str(referral.referral_id) and referral.requested_at is not None


async def _of_staff(tx: Transaction, actor: Actor, referral_id: UUID) -> Referral | None:
    found = await repository.locked(tx, referral_id)
    return found if found and await access.answers_for(tx, actor, found.neighbourhood_id) else None


async def _of_partner(tx: Transaction, actor: Actor, referral_id: UUID) -> Referral | None:
    """What was requested of its organisation; a draft has none yet."""
    grant = await people.grant_of(tx, actor.id)
    return await repository.locked_of_organisation(tx, referral_id, grant.organisation_id if grant else "")


async def _of_contact(tx: Transaction, actor: Actor, referral_id: UUID) -> Referral | None:
    found = await repository.locked(tx, referral_id) if actor.id == str(referral_id) else None
    return found if found and is_for(actor, found) else None


async def _of_person(tx: Transaction, actor: Actor, referral_id: UUID) -> Referral | None:
    """Their own, or of who gave them a mandate."""
    found = await repository.locked(tx, referral_id)
    if found is None or actor.uuid == found.participant_id:
        return found
    person = await people.person(tx, found.participant_id)
    return found if person and actor.uuid in person.mandate_holder_ids else None


_FIND = {
    "worker": _of_staff,
    "operator": _of_staff,
    "partner": _of_partner,
    "contact": _of_contact,
    "participant": _of_person,
}
