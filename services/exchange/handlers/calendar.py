"""Looking at gatherings: one, or those of a neighbourhood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from services.exchange.domain import gatherings as domain
from services.exchange.domain.gatherings import Gathering, Guest
from services.exchange.domain.people import Neighbourhood
from services.exchange.handlers import access
from services.exchange.handlers.gatherings import hosts
from services.exchange.repository import gatherings as repository
from services.exchange.repository import guests, people
from shared.access import OURS, Actor, who
from shared.contracts.exchange import Gathering as Seen
from shared.contracts.exchange import GatheringPage, ListGatherings, ShowGathering
from shared.messaging import Rejected, Transaction, handles


@handles(ShowGathering, reads=True)
async def show_gathering(query: ShowGathering, tx: Transaction) -> Seen:
    """One gathering; its guests for who welcomes them."""
    actor = await _of_the_network(tx)
    found = await repository.read(tx, query.gathering_id)
    if found is None:
        raise Rejected("unknown_id", "gathering_id is no gathering that we know: check the id", "gathering_id")
    if actor.kind != "participant" or await hosts(tx, actor, found):
        shown = await guests.shown(tx, found.gathering_id)
    else:
        shown = await guests.own(tx, [found.gathering_id], actor.uuid)
    place = await people.neighbourhood(tx, found.neighbourhood_id)
    return (await seen(tx, [found], {found.gathering_id: shown}, place))[0]


@handles(ListGatherings, reads=True)
async def list_gatherings(query: ListGatherings, tx: Transaction) -> GatheringPage:
    """Those of a neighbourhood, in order of time."""
    actor = await _of_the_network(tx)
    place = await access.place(tx, query.neighbourhood_id)
    found = await repository.listed(
        tx, query.neighbourhood_id, query.since or tx.now, query.until, query.stage, _after(query.after),
        query.limit + 1,
    )  # fmt: skip
    page = found[: query.limit]
    own = await _own(tx, actor, [each.gathering_id for each in page])
    return GatheringPage(
        gatherings=await seen(tx, page, own, place),
        next=f"{page[-1].starts_at.isoformat()} {page[-1].gathering_id}" if len(found) > query.limit else None,
    )


async def _of_the_network(tx: Transaction) -> Actor:
    """Who looks. Refused when it is someone whom we don't know."""
    actor = who(tx, OURS)
    if actor.kind == "participant":
        access.known(await people.person(tx, actor.uuid), "ce-actor")
    return actor


async def _own(tx: Transaction, actor: Actor, gathering_ids: Collection[UUID]) -> dict[UUID, list[Guest]]:
    """As which guest who looks, and whom they act for, stand in these gatherings."""
    found: dict[UUID, list[Guest]] = defaultdict(list)
    if actor.kind == "participant":
        for guest in await guests.own(tx, gathering_ids, actor.uuid):
            found[guest.gathering_id].append(guest)
    return found


async def seen(
    tx: Transaction, gatherings: list[Gathering], shown: dict[UUID, list[Guest]], place: Neighbourhood | None
) -> list[Seen]:
    """Gatherings of a neighbourhood as they are shown, each with these of its guests."""
    if not gatherings:
        return []
    assert place is not None
    most = access.policy(tx, place).gatherings.most_people
    rules = await repository.rules(tx, gatherings)
    coming = await guests.coming(tx, gatherings)
    return [
        domain.seen(
            each, shown.get(each.gathering_id, []), full=domain.full(each, coming.get(each.gathering_id, 0), most),
            repeats=rules.get(each.series_id) if each.series_id else None, on_duty=place.worker_id,
        )
        for each in gatherings
    ]  # fmt: skip


def _after(text: str | None) -> tuple[datetime, UUID] | None:
    """Where the page before ended."""
    if text is None:
        return None
    moment, _, id_ = text.partition(" ")
    try:
        at = datetime.fromisoformat(moment)
        assert at.tzinfo is not None
        return at, UUID(id_)
    except (ValueError, AssertionError):
        raise Rejected("malformed", "after is nothing that a page gave as next: send that", "after") from None
