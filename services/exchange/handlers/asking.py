"""Asking a neighbour: whoever is chosen is held, so that nobody asks them beyond what they want; then it goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.exchange.domain import invitations as domain
from services.exchange.domain import moments
from services.exchange.domain.agreements import moment_passed
from services.exchange.domain.exchanges import Exchange, to_stage
from services.exchange.domain.invitations import Invitation
from services.exchange.domain.people import Neighbourhood, Person, refuse_absent
from services.exchange.handlers import access
from services.exchange.matching import Likely
from services.exchange.repository import candidates, invitations, people
from shared.contracts.exchange import ExchangeInvited, InvitationDue, NextStepReached
from shared.ids import new_id
from shared.messaging import Rejected, Transaction
from shared.policy import Policy


@dataclass(frozen=True, slots=True)
class Place:
    """Where is looked, and by which policy."""

    neighbourhood: Neighbourhood
    policy: Policy


async def place_of(tx: Transaction, exchange: Exchange) -> Place | None:
    """Where an exchange looks; None when the neighbourhood has ended."""
    neighbourhood = await people.neighbourhood(tx, exchange.neighbourhood_id)
    if neighbourhood is None or neighbourhood.retired:
        return None
    return Place(neighbourhood, access.policy(tx, neighbourhood))


async def choose(
    tx: Transaction, exchange: Exchange, found: Sequence[Likely], wanted: int
) -> list[tuple[Likely, Person]]:
    """The first of them who can be asked, each held until this transaction ends.

    Whom another transaction holds at this moment is passed over, as two that wait for each other would both fail; only
    when there are too few others they are waited for.
    """
    chosen: dict[UUID, Person] = {}
    rest, busy = list(found), list[Likely]()
    while rest and len(chosen) < wanted:
        now, rest = rest[: wanted - len(chosen)], rest[wanted - len(chosen) :]
        held = await _hold(tx, now, wait=False)
        chosen |= await _askable(tx, exchange, held)
        busy += [each for each in now if each.participant_id not in {person.participant_id for person in held}]
    if len(chosen) < wanted:
        held = await _hold(tx, busy[: wanted - len(chosen)], wait=True)
        chosen |= await _askable(tx, exchange, held)
    return [(each, chosen[each.participant_id]) for each in found if each.participant_id in chosen]


async def ask(
    tx: Transaction, exchange: Exchange, place: Place, likely: Likely, person: Person, before: Invitation | None
) -> Invitation:
    """Ask them at once when the two have met, or the policy says so; else the worker looks first."""
    made = new(tx, exchange, place, likely, before)
    if likely.acquainted or not place.policy.invitations.strangers_after_worker:
        return await send(tx, exchange, place, made, person)
    await invitations.keep(tx, made)
    await access.ask_worker(tx, "see-invitation", exchange, invitation_id=made.invitation_id)
    return made


def new(
    tx: Transaction, exchange: Exchange, place: Place, likely: Likely, before: Invitation | None, *, own: bool = False
) -> Invitation:
    """An invitation that nobody has heard of yet, in the name of the worker on duty."""
    return Invitation(
        invitation_id=before.invitation_id if before else new_id(), exchange_id=exchange.exchange_id,
        participant_id=likely.participant_id, own=own, stage="held", again=False, acquainted=likely.acquainted,
        reasons=domain.kept(likely.reasons), worker_id=place.neighbourhood.worker_id, made_at=tx.now,
    )  # fmt: skip


async def send(tx: Transaction, exchange: Exchange, place: Place, invitation: Invitation, person: Person) -> Invitation:
    """It goes out now, or when their quiet hours are over."""
    quiet_until = moments.after_quiet(tx.now, person.quiet_hours(place.policy), place.neighbourhood.zone)
    if quiet_until > tx.now:
        sent = domain.waiting(invitation)
        await timer(tx, exchange, sent, "ask", quiet_until)
    else:
        sent = domain.asked(invitation, exchange, person, place.policy, tx.now)
        await timer(tx, exchange, sent, "end", sent.answer_by or tx.now)
    await invitations.keep(tx, sent)
    if sent.stage == "asked":
        await tx.emit(
            NextStepReached(
                neighbourhood_id=exchange.neighbourhood_id, participant_id=sent.participant_id,
                step="invited-again" if sent.again else "invited", exchange_id=exchange.exchange_id,
                invitation_id=sent.invitation_id, worker_id=place.neighbourhood.worker_id,
            )
        )  # fmt: skip
    return sent


async def inviting(tx: Transaction, exchange: Exchange, *made: Invitation) -> Exchange:
    """The exchange, from now on `inviting` when one of these has been asked."""
    if exchange.stage == "open" and any(each.stage == "asked" for each in made):
        return await access.keep(tx, to_stage(exchange, "inviting", tx.now), ExchangeInvited)
    return exchange


async def timer(
    tx: Transaction, exchange: Exchange, invitation: Invitation, to: Literal["ask", "end", "ask-again"], at: datetime
) -> None:
    """The one timer of an invitation."""
    due = InvitationDue(
        neighbourhood_id=exchange.neighbourhood_id, exchange_id=exchange.exchange_id,
        invitation_id=invitation.invitation_id, to=to,
    )  # fmt: skip
    await tx.at(at, due, InvitationDue.timer(invitation.invitation_id))


async def refuse(tx: Transaction, exchange: Exchange, person: Person, before: Invitation | None, *, own: bool) -> None:
    """Refuse to ask who is not to be asked for this. What was held for them counts already as asked."""
    if moment_passed(exchange, tx.now):
        raise Rejected("in_the_past", "exchange_id was for a moment that has passed: it ends by itself", "exchange_id")
    refuse_absent(person)
    if person.neighbourhood_id != exchange.neighbourhood_id:
        raise _not_asked("lives in another neighbourhood")
    if person.out_of_matching:
        raise _not_asked("is not asked for exchanges; gatherings are open to them")
    if await candidates.never(tx, person.participant_id, exchange.kind):
        raise _not_asked("said never to this kind")
    if not own and person.participant_id == exchange.participant_id:
        raise _not_asked("opened it themselves")
    if not own and await candidates.fell_out(tx, person.participant_id, exchange.participant_id):
        raise _not_asked("and the other side have met before, and it was not good")
    counted = before is not None and before.stage in domain.WAITS
    if person.participant_id not in await candidates.room(tx, [person.participant_id], counted=counted):
        raise _not_asked("has been asked as often as they want this month")


def _not_asked(why: str) -> Rejected:
    return Rejected("not_to_be_asked", f"participant_id {why}: ask someone else", "participant_id")


async def _hold(tx: Transaction, likely: Sequence[Likely], *, wait: bool) -> list[Person]:
    return await candidates.held(tx, [each.participant_id for each in likely], wait=wait) if likely else []


async def _askable(tx: Transaction, exchange: Exchange, held: Sequence[Person]) -> dict[UUID, Person]:
    """Who of those that are held now is still here, and not asked as often as they want by another meanwhile."""
    room = await candidates.room(tx, [each.participant_id for each in held]) if held else set()
    return {
        each.participant_id: each
        for each in held
        if each.participant_id in room
        and each.status == "active"
        and not each.out_of_matching
        and each.neighbourhood_id == exchange.neighbourhood_id
    }
