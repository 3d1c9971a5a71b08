"""The directory, as workers and operators look in it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from services.signals.domain import directory as domain
from services.signals.domain import directory_search as searching
from services.signals.domain.directory_search import Found, Wanted
from services.signals.domain.people import Neighbourhood
from services.signals.handlers import access
from services.signals.repository import directory as repository
from services.signals.repository import directory_search, people
from shared.access import STAFF, who
from shared.contracts.signals import (
    DirectoryService,
    DirectorySources,
    ListDirectorySources,
    SearchDirectory,
    ServicePage,
    ShowService,
)
from shared.messaging import Transaction, handles
from shared.policy import Policy
from shared.working_days import is_public_holiday

CLOCK = ZoneInfo("Europe/Brussels")
"""Where no neighbourhood is named."""
MOST_LOOKS = 10
"""How often is looked on, among services that are open in some weeks only."""


@handles(SearchDirectory)
async def search_directory(query: SearchDirectory, tx: Transaction) -> ServicePage:
    """Services that fit, the best first."""
    who(tx, STAFF)
    neighbourhood = await _place(tx, query.neighbourhood_id)
    local = _local(tx, neighbourhood)
    holiday = _holiday(tx, neighbourhood, local)
    found = await _open(tx, searching.wanted(query, neighbourhood, local), local, holiday)
    page, more = found[: query.limit], len(found) > query.limit
    return ServicePage(
        services=[domain.line(each.service, each.schedules, local, each.distance_km, holiday=holiday) for each in page],
        next=str(page[-1].at) if more else None,
    )


@handles(ShowService)
async def show_service(query: ShowService, tx: Transaction) -> DirectoryService:
    """One service, also when it is retired."""
    who(tx, STAFF)
    service = await repository.service(tx, query.service_id)
    if service is None:
        raise domain.unknown()
    by_partner = await repository.answers_by_events(tx, service.partner_organisation)
    hours = await repository.hours(tx, query.service_id)
    local = _local(tx, None)
    return domain.shown(service, hours, local, holiday=_holiday(tx, None, local), by_partner=by_partner)


@handles(ListDirectorySources)
async def list_directory_sources(query: ListDirectorySources, tx: Transaction) -> DirectorySources:
    """Whose directories were brought in."""
    who(tx, STAFF)
    return DirectorySources(sources=await repository.sources(tx))


async def _open(tx: Transaction, wanted: Wanted, local: datetime, holiday: bool) -> list[Found]:
    """One more than fits on the page, so that it is known whether there are more."""
    after, found = wanted.after, list[Found]()
    for _ in range(MOST_LOOKS):
        rows = await directory_search.found(tx, wanted, wanted.limit + 1, after)
        found += rows if wanted.minute is None else searching.open_now(rows, local, holiday=holiday)
        if len(found) > wanted.limit or len(rows) <= wanted.limit:
            break
        after = rows[-1].at
    return found


async def _place(tx: Transaction, neighbourhood_id: str | None) -> Neighbourhood | None:
    if neighbourhood_id is None:
        return None
    found = await people.neighbourhood(tx, neighbourhood_id)
    if found is None:
        raise access.unknown("neighbourhood_id")
    return found


def _holiday(tx: Transaction, neighbourhood: Neighbourhood | None, local: datetime) -> bool:
    """Whether it is a public holiday there."""
    policy: Policy = tx.settings.policy
    policy = access.policy(tx, neighbourhood) if neighbourhood else policy
    return is_public_holiday(local.date(), policy.signals.country)


def _local(tx: Transaction, neighbourhood: Neighbourhood | None) -> datetime:
    return tx.now.astimezone(neighbourhood.zone if neighbourhood else CLOCK)
