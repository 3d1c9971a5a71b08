"""What handlers share: whom someone may act for, and how a participant that changed is kept and told."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from services.profiles.domain import participants as domain
from services.profiles.domain.participants import Participant
from services.profiles.repository import access as grants
from services.profiles.repository import participants as repository
from shared.access import Actor, Kind, check_grant, check_person, who
from shared.contracts.deploy import PartnerGranted
from shared.contracts.profiles import ParticipantFact, ParticipantRef
from shared.messaging import Rejected, Transaction, handles
from shared.policy import Policy


@handles(PartnerGranted)
async def on_partner_granted(state: PartnerGranted, tx: Transaction) -> None:
    """Where a partner may act from now on."""
    if state.removed:
        await grants.drop_grant(tx, state.partner)
    else:
        await grants.keep_grant(tx, state)


async def opened(
    tx: Transaction, participant_id: UUID, allowed: Collection[Kind], field: str = "participant_id"
) -> Participant:
    """One participant, locked, whom the sender may do this for. Refused when unknown, merged, or not theirs."""
    actor = who(tx, allowed)
    return await _checked(tx, actor, await repository.locked(tx, participant_id), allowed, field)


async def seen(
    tx: Transaction, participant_id: UUID, allowed: Collection[Kind], field: str = "participant_id"
) -> Participant:
    """One participant, to look at; refused as `opened` does."""
    actor = who(tx, allowed)
    return await _checked(tx, actor, await repository.read(tx, participant_id), allowed, field)


async def other(tx: Transaction, participant_id: UUID, field: str) -> Participant:
    """Another participant whom a command names, locked and in the network."""
    person = present(await repository.locked(tx, participant_id), field)
    domain.refuse_left(person, field)
    return person


def present(person: Participant | None, field: str) -> Participant:
    """Refuse an id that is unknown, or that goes on as another."""
    if person is None:
        raise Rejected("unknown_id", f"{field} is no participant that we know: check the id", field)
    if person.status == "merged":
        raise Rejected("merged", f"{field} was merged: use {person.merged_into} from now on", field)
    return person


async def keep(
    tx: Transaction, before: Participant, after: Participant, *facts: type[ParticipantFact]
) -> ParticipantRef:
    """Keep and tell what a participant is now. Nothing is written or told when nothing changed."""
    if after != before:
        await repository.save(tx, after)
        await tell(tx, after)
        for fact in facts:
            await tx.emit(domain.told(fact, after))
    return ParticipantRef(participant_id=after.participant_id, version=after.version)


async def tell(tx: Transaction, person: Participant) -> None:
    """What the other services know of someone now: matching without a name or contact, who sends with both."""
    await tx.emit(domain.kept(person))
    await tx.emit(domain.contact(person))


async def touch(tx: Transaction, person: Participant) -> Participant:
    """A next version of someone of whom only what hangs on them changed: for the state that tells it."""
    after = domain.touched(person)
    await repository.save(tx, after)
    return after


async def policy_at(tx: Transaction, neighbourhood_id: str) -> Policy:
    """The policy of a neighbourhood. Refused when there is no such neighbourhood."""
    return policy(tx, await repository.policy_name(tx, neighbourhood_id))


def policy(tx: Transaction, name: str | None) -> Policy:
    """The policy of this name. Refused without a name: there is no such neighbourhood."""
    if name is None:
        raise Rejected(
            "unknown_id", "neighbourhood_id is no neighbourhood that we know: see the list", "neighbourhood_id"
        )
    whole: Policy = tx.settings.policy
    return whole.named(name)


async def _checked(
    tx: Transaction, actor: Actor, person: Participant | None, allowed: Collection[Kind], field: str
) -> Participant:
    person = present(person, field)
    if actor.kind == "partner":
        check_grant(await grants.grant_of(tx, actor.id), person.neighbourhood_id, field)
    else:
        check_person(actor, person, allowed, field)
    return person
