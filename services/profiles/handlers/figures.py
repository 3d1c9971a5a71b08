"""What profiles does at the end of a month, and when someone asks for its figures."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from services.profiles.domain import figures as domain
from services.profiles.domain.places import Neighbourhood
from services.profiles.repository import access, places
from services.profiles.repository import figures as repository
from shared.access import actor_of, check_grant
from shared.contracts.profiles import Figures, MonthEnded, ShowFigures
from shared.figures import a_year_before, month_of, stretch
from shared.messaging import Rejected, Transaction, handles
from shared.policy import Policy


async def follow_months(tx: Transaction, neighbourhood: Neighbourhood, month: str = "") -> None:
    """Make the figures of this month when it is over."""
    zone = ZoneInfo(neighbourhood.timezone)
    month = month or month_of(tx.now, zone)
    event = MonthEnded(neighbourhood_id=neighbourhood.neighbourhood_id, month=month)
    await tx.at(stretch(month, zone)[1], event, key=f"month:{neighbourhood.neighbourhood_id}")


@handles(MonthEnded)
async def on_month_ended(event: MonthEnded, tx: Transaction) -> None:
    """Count, keep what may be shown, and wait for the next month."""
    neighbourhood = await places.locked_neighbourhood(tx, event.neighbourhood_id or "")
    if neighbourhood is None or await repository.made(tx, neighbourhood.neighbourhood_id, event.month):
        return
    policy: Policy = tx.settings.policy.named(neighbourhood.policy)
    begins, ends = stretch(event.month, ZoneInfo(neighbourhood.timezone))
    id_ = neighbourhood.neighbourhood_id
    counts = await repository.counted(tx, id_, begins, ends, policy.visits.within_days)
    before = await repository.told_before(tx, id_)
    await repository.keep(tx, id_, event.month, domain.shown(counts, before, policy.figures.smallest_cell))
    await follow_months(tx, neighbourhood, month_of(ends, ZoneInfo(neighbourhood.timezone)))


@handles(ShowFigures)
async def show_figures(query: ShowFigures, tx: Transaction) -> Figures:
    """Counts of months that are over; for a partner, of the neighbourhoods that it was granted."""
    actor = actor_of(tx.sender, tx.actor)
    if actor.kind == "partner":
        check_grant(await access.grant_of(tx, tx.sender), query.neighbourhood_id, "neighbourhood_id")
    neighbourhood = await places.neighbourhood(tx, query.neighbourhood_id)
    if neighbourhood is None:
        raise Rejected("unknown_id", "there is no such neighbourhood: see the list of them", "neighbourhood_id")
    until = query.until or month_of(tx.now, ZoneInfo(neighbourhood.timezone))
    since = query.since or a_year_before(until)
    return Figures(months=await repository.between(tx, query.neighbourhood_id, since, until))
