"""Inviting to a gathering: neighbours who know someone there and neighbours who don't, each at a moment that suits."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from services.exchange.domain import gatherings as domain
from services.exchange.domain.gatherings import Gathering, Guest
from services.exchange.domain.moments import after_quiet
from services.exchange.domain.people import Neighbourhood, Person
from services.exchange.handlers import access
from services.exchange.repository import candidates, guests, people
from services.exchange.repository import gatherings as repository
from shared.contracts.exchange import GatheringDue, NextStep, NextStepReached
from shared.messaging import Transaction


async def invite_in_time(tx: Transaction, gathering: Gathering) -> None:
    """Neighbours are invited by a message of its own, at once or when it comes near: each holds whom it asks."""
    if gathering.invites_at is not None:
        due = GatheringDue(
            neighbourhood_id=gathering.neighbourhood_id, gathering_id=gathering.gathering_id, to="invite"
        )
        await tx.at(gathering.invites_at, due, GatheringDue.timer(gathering.gathering_id, "invite"))


async def invite(tx: Transaction, gathering: Gathering) -> None:
    """Neighbours are invited, once and not before it is time."""
    place = await people.neighbourhood(tx, gathering.neighbourhood_id)
    if gathering.invites_at is None or gathering.invites_at > tx.now or place is None:
        return
    await repository.save(tx, replace(gathering, invites_at=None))
    if gathering.starts_at > tx.now:
        await _invite(tx, gathering, place)


async def ask(
    tx: Transaction, gathering: Gathering, person: Person, place: Neighbourhood, *, latest: datetime
) -> Guest | None:
    """Invite someone, at once or when their quiet hours are over; None when that is not before `latest`."""
    at = after_quiet(tx.now, person.quiet_hours(access.policy(tx, place)), place.zone)
    if at > latest:
        return None
    guest = Guest(gathering.gathering_id, person.participant_id, invited_at=at, waiting=at > tx.now)
    await guests.keep(tx, guest)
    if guest.waiting:
        due = GatheringDue(
            neighbourhood_id=gathering.neighbourhood_id, gathering_id=gathering.gathering_id, to="ask",
            participant_id=person.participant_id,
        )  # fmt: skip
        await tx.at(at, due, GatheringDue.timer(gathering.gathering_id, "ask", person.participant_id))
    else:
        await tell(tx, gathering, person.participant_id, "gathering-invited", place)
    return guest


async def ask_after_quiet(tx: Transaction, gathering: Gathering, participant_id: UUID) -> None:
    """Someone's quiet hours are over. Who answered meanwhile, or is away, is not asked."""
    guest = await guests.read(tx, gathering.gathering_id, participant_id)
    if guest is None or not guest.waiting:
        return
    person = await people.present(tx, participant_id)
    place = await people.neighbourhood(tx, gathering.neighbourhood_id)
    if place is None or person is None or not await _asked(tx, gathering, person, place):
        await guests.drop(tx, guest)


async def _asked(tx: Transaction, gathering: Gathering, person: Person, place: Neighbourhood) -> bool:
    """Whether who was to be asked later is asked now, or when their quiet hours, which may be others now, are over."""
    if not domain.still_invited(gathering, person, tx.now):
        return False
    if not await candidates.room(tx, [person.participant_id], counted=True):
        return False
    return await ask(tx, gathering, person, place, latest=gathering.starts_at) is not None


async def tell(
    tx: Transaction, gathering: Gathering, participant_id: UUID, step: NextStep, place: Neighbourhood
) -> None:
    """What someone is to be told of a gathering."""
    await tx.emit(
        NextStepReached(
            neighbourhood_id=gathering.neighbourhood_id, participant_id=participant_id, step=step,
            gathering_id=gathering.gathering_id, worker_id=place.worker_id,
        )
    )  # fmt: skip


async def _invite(tx: Transaction, gathering: Gathering, place: Neighbourhood) -> None:
    """As many as the policy says. Whoever is asked for something else at this moment is looked at anew after it."""
    policy = access.policy(tx, place)
    near = await guests.near(tx, gathering)
    room = await candidates.room(tx, [each.participant_id for each in near])
    chosen = domain.choose(
        [each for each in near if each.participant_id in room], gathering, place.zone, policy.day_parts,
        wanted=policy.gatherings.invite, strangers_percent=policy.gatherings.strangers_percent,
    )  # fmt: skip
    held = await candidates.held(tx, chosen, wait=True)
    room = await candidates.room(tx, chosen)
    latest = gathering.starts_at - timedelta(days=policy.gatherings.answer_until_days)
    for person in held:
        if person.participant_id in room and domain.still_invited(gathering, person, tx.now):
            await ask(tx, gathering, person, place, latest=latest)
