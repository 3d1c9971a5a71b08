"""What signals does when a month has had its time, and when someone asks for its figures."""

from __future__ import annotations

from services.signals.domain import figures as domain
from services.signals.domain.people import Neighbourhood
from services.signals.handlers import access
from services.signals.repository import figures as repository
from services.signals.repository import people
from shared.access import STAFF, check_grant, who
from shared.contracts.signals import ShowSignalsFigures, SignalsFigures, SignalsMonthEnded
from shared.figures import a_year_before, month_of, stretch
from shared.messaging import Rejected, Transaction, handles


async def follow_months(tx: Transaction, neighbourhood: Neighbourhood, month: str = "") -> None:
    """Make the figures of this month when it has had its time."""
    month = month or month_of(tx.now, neighbourhood.zone)
    event = SignalsMonthEnded(neighbourhood_id=neighbourhood.neighbourhood_id, month=month)
    ready_at = domain.ready_at(month, neighbourhood.zone, access.policy(tx, neighbourhood))
    await tx.at(ready_at, event, key=f"month:{neighbourhood.neighbourhood_id}:{month}")


@handles(SignalsMonthEnded)
async def on_signals_month_ended(event: SignalsMonthEnded, tx: Transaction) -> None:
    """Count, keep what may be shown, and wait for the next month. What comes too early waits on."""
    await repository.lock(tx, event.neighbourhood_id)
    neighbourhood = await people.neighbourhood(tx, event.neighbourhood_id)
    if neighbourhood is None or await repository.made(tx, event.neighbourhood_id, event.month):
        return
    following = event.month
    if tx.now >= domain.ready_at(event.month, neighbourhood.zone, access.policy(tx, neighbourhood)):
        following = await _make(tx, neighbourhood, event.month)
    if following == event.month or not neighbourhood.retired:
        await follow_months(tx, neighbourhood, following)


@handles(ShowSignalsFigures)
async def show_signals_figures(query: ShowSignalsFigures, tx: Transaction) -> SignalsFigures:
    """Counts of months that are over, for those who fund the work; a partner sees the neighbourhoods granted to it."""
    actor = who(tx, STAFF | {"partner"})
    if actor.kind == "partner":
        check_grant(await people.grant_of(tx, actor.id), query.neighbourhood_id, "neighbourhood_id")
    neighbourhood = await people.neighbourhood(tx, query.neighbourhood_id)
    if neighbourhood is None:
        raise Rejected("unknown_id", "there is no such neighbourhood: see the list of them", "neighbourhood_id")
    until = query.until or month_of(tx.now, neighbourhood.zone)
    since = query.since or a_year_before(until)
    return SignalsFigures(months=await repository.between(tx, query.neighbourhood_id, since, until))


async def _make(tx: Transaction, neighbourhood: Neighbourhood, month: str) -> str:
    """Count a month, and keep what may be shown of it. Returns the month that follows."""
    begins, ends = stretch(month, neighbourhood.zone)
    policy = access.policy(tx, neighbourhood)
    referred = await repository.referred(tx, neighbourhood.neighbourhood_id, begins, ends)
    shown = domain.shown(referred, neighbourhood.zone, policy.signals.country, policy.figures.smallest_cell)
    await repository.keep(tx, neighbourhood.neighbourhood_id, month, shown)
    return month_of(ends, neighbourhood.zone)
