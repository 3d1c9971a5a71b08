"""Looking for neighbours: who is asked next, and who is let go when it is no longer asked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from services.exchange import matching
from services.exchange.domain import invitations as domain
from services.exchange.domain.exchanges import ENDED, Exchange
from services.exchange.domain.invitations import Invitation
from services.exchange.handlers import access, asking
from services.exchange.matching import Likely
from services.exchange.repository import candidates, exchanges, invitations, people, ties
from shared.access import STAFF, who
from shared.contracts.exchange import Candidate, Candidates, ExchangeDue, InvitationDue, NextStep, ShowCandidates
from shared.messaging import Rejected, Transaction, handles


@handles(ShowCandidates, reads=True)
async def show_candidates(query: ShowCandidates, tx: Transaction) -> Candidates:
    """Who could be asked, and why."""
    who(tx, STAFF)
    exchange = await exchanges.read(tx, query.exchange_id)
    if exchange is None:
        raise Rejected("unknown_id", "exchange_id is no exchange that we know: check the id", "exchange_id")
    found = (await likely(tx, exchange))[: query.limit]
    return Candidates(
        candidates=[
            Candidate(participant_id=each.participant_id, reasons=list(each.reasons), acquainted=each.acquainted)
            for each in found
        ]
    )


async def look(tx: Transaction, exchange: Exchange) -> Exchange:
    """Ask the likeliest neighbours, as many at once as the policy says for each that is still wanted. Returns it.

    The exchange is locked, `open` or `inviting`, and doesn't rest. Whom it takes a worker to ask is held for them; when
    fewer are found than could be asked, it looks again in a few days.
    """
    place = await asking.place_of(tx, exchange)
    if place is None:
        return exchange
    made = {each.participant_id: each for each in await invitations.of_exchange(tx, exchange.exchange_id)}
    wanted = domain.to_ask(made.values(), exchange.people, place.policy.invitations.at_once)
    chosen = await asking.choose(tx, exchange, await _likely(tx, exchange, place), wanted) if wanted else []
    new = [
        await asking.ask(tx, exchange, place, each, person, made.get(each.participant_id)) for each, person in chosen
    ]
    if len(new) < wanted:
        await _look_again(tx, exchange, place.policy.exchanges.look_again_days)
    return await asking.inviting(tx, exchange, *new)


async def likely(tx: Transaction, exchange: Exchange) -> list[Likely]:
    """Who could be asked now, the likeliest first. Of something of no kind nobody can tell: the worker asks for it."""
    place = await asking.place_of(tx, exchange)
    return await _likely(tx, exchange, place) if place else []


async def _likely(tx: Transaction, exchange: Exchange, place: asking.Place) -> list[Likely]:
    opener = await people.person(tx, exchange.participant_id)
    if opener is None or exchange.kind is None:
        return []
    found = await candidates.neighbours(tx, exchange, opener, place.neighbourhood, place.policy)
    return matching.ranked(exchange.exchange_id, exchange.opening, found)


async def ask_one(tx: Transaction, exchange: Exchange, participant_id: UUID, *, own: bool) -> Invitation:
    """Ask this neighbour, at the worker's word; refused when they are not to be asked.

    With `own` it is the one whose wish it is. Who was asked for it before is not asked anew: that invitation is
    returned. The stage of the exchange is up to who calls this.
    """
    neighbourhood = await access.place(tx, exchange.neighbourhood_id)
    place = asking.Place(neighbourhood, access.policy(tx, neighbourhood))
    before = await invitations.to_person(tx, exchange.exchange_id, participant_id)
    if before is not None and domain.heard(before):
        return before
    found = await candidates.held(tx, [participant_id], wait=True)
    person = access.known(found[0] if found else None)
    await asking.refuse(tx, exchange, person, before, own=own)
    acquainted = participant_id in await ties.acquainted_with(tx, exchange.participant_id)
    likely_one = Likely(participant_id, acquainted, ("asked-by-worker",))
    return await asking.send(tx, exchange, place, asking.new(tx, exchange, place, likely_one, before, own=own), person)


async def release(tx: Transaction, exchange: Exchange, step: NextStep, *, but: Collection[UUID] = ()) -> None:
    """Let go of everyone who waits, was asked or said yes, except these participants; who knew of it is told `step`.

    A "not now" comes back only where it goes on: others said yes, or the side that opened it would like someone else.
    """
    goes_on = step == "arranged" or (step == "not-this-time" and exchange.stage not in ENDED)
    for each in await invitations.of_exchange(tx, exchange.exchange_id):
        after = None if each.participant_id in but else domain.let_go(each, step)
        if after is not None or (not goes_on and each.participant_id not in but):
            await tx.cancel(InvitationDue.timer(each.invitation_id))
        if after is not None:
            await invitations.keep(tx, after)
            if each.asked_at is not None:
                await access.tell(tx, each.participant_id, step, exchange, invitation_id=each.invitation_id)


async def _look_again(tx: Transaction, exchange: Exchange, days: int) -> None:
    """Somebody may have come back, or have a free moment then."""
    due = ExchangeDue(neighbourhood_id=exchange.neighbourhood_id, exchange_id=exchange.exchange_id, to="look-again")
    await tx.at(tx.now + timedelta(days=days), due, ExchangeDue.timer(exchange.exchange_id, "look-again"))
