"""What exchange does when a wish fits a neighbour's talent: the worker hears of it, and sends it on or doesn't."""

from __future__ import annotations

from datetime import timedelta

from services.exchange.domain import proposals as domain
from services.exchange.domain.exchanges import Exchange, told
from services.exchange.domain.people import Neighbourhood
from services.exchange.domain.proposals import Fit, Wish
from services.exchange.domain.rounds import week_began
from services.exchange.handlers import access
from services.exchange.matching import ranked
from services.exchange.repository import candidates, exchanges, people
from services.exchange.repository import proposals as repository
from shared.contracts.exchange import ExchangeDrafted, ExchangeDue
from shared.ids import new_id
from shared.messaging import Transaction
from shared.policy import Policy

_THOUGHT_OF = 60
"""Of how many wishes it is looked, in one week, whom they fit."""


async def propose(tx: Transaction, neighbourhood: Neighbourhood) -> bool:
    """Put the likeliest wishes before the worker, as many as the policy has for a week; there are never more."""
    policy = access.policy(tx, neighbourhood)
    week = week_began(tx.now, neighbourhood.zone)
    most = policy.attention.proposals_a_week - await repository.proposed_since(tx, neighbourhood.neighbourhood_id, week)
    fits = [
        fit for wish in await _wishes(tx, neighbourhood, policy, most) if (fit := await _fit(tx, neighbourhood, wish))
    ]
    for fit in sorted(domain.best(fits, most), key=lambda fit: fit.exchange.participant_id):
        if domain.can_be_asked(await people.present(tx, fit.exchange.participant_id), neighbourhood):
            await _put(tx, fit.exchange, policy)
    return False


async def _wishes(tx: Transaction, neighbourhood: Neighbourhood, policy: Policy, most: int) -> list[Wish]:
    """Wishes of who may be asked once more; none when the week has had its number."""
    if most <= 0:
        return []
    since = tx.now - timedelta(days=policy.matching.window_days)
    kinds = [kind.id for kind in policy.kinds]
    found = await repository.wishes(tx, neighbourhood.neighbourhood_id, kinds, since, _THOUGHT_OF)
    may_be_asked = await candidates.room(tx, {wish.participant_id for wish in found})
    return [wish for wish in found if wish.participant_id in may_be_asked]


async def _fit(tx: Transaction, neighbourhood: Neighbourhood, wish: Wish) -> Fit | None:
    """The wish with the likeliest neighbour for it, by the same look as when it is opened; None when there is none."""
    person = await people.person(tx, wish.participant_id)
    if person is None:
        return None
    exchange = domain.drafted(wish, new_id(), neighbourhood, tx.now)
    neighbours = await candidates.neighbours(tx, exchange, person, neighbourhood, access.policy(tx, neighbourhood))
    likely = ranked(exchange.exchange_id, exchange.opening, neighbours)
    return Fit(exchange, likely[0]) if likely else None


async def _put(tx: Transaction, exchange: Exchange, policy: Policy) -> None:
    """Put a wish before the worker; it waits as long as a half question does."""
    await exchanges.add(tx, exchange)
    await tx.emit(told(ExchangeDrafted, exchange))
    await access.ask_worker(tx, "send-on", exchange)
    ends_at = tx.now + timedelta(days=policy.exchanges.half_question_days)
    due = ExchangeDue(neighbourhood_id=exchange.neighbourhood_id, exchange_id=exchange.exchange_id, to="end")
    await tx.at(ends_at, due, key=ExchangeDue.timer(exchange.exchange_id, "end"))
