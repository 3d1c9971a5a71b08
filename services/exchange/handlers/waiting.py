"""What waits for a worker, in one answer."""

from __future__ import annotations

from services.exchange.domain import attention as reasons
from services.exchange.domain import waiting as domain
from services.exchange.domain.people import Neighbourhood
from services.exchange.handlers import access, calendar
from services.exchange.repository import attention, gatherings, invitations, people, showing
from shared.access import STAFF, who
from shared.contracts.exchange import Attention, Gathering, ShowWaiting, Waiting
from shared.messaging import Transaction, handles


@handles(ShowWaiting, reads=True)
async def show_waiting(query: ShowWaiting, tx: Transaction) -> Waiting:
    """Of some neighbourhoods at once; one that isn't known here, not yet or not any more, is left out."""
    who(tx, STAFF)
    places = await people.running_neighbourhoods(tx, query.neighbourhood_ids)
    here = [each.neighbourhood_id for each in places]
    held = await invitations.held(tx, here, query.limit)
    exchanges = await showing.for_worker(tx, here, query.limit)
    return domain.waiting(
        [domain.held(*each) for each in held], exchanges, await _unrecorded(tx, places, query.limit),
        await _reasons(tx, places, query.limit), query.limit,
    )  # fmt: skip


async def _unrecorded(tx: Transaction, places: list[Neighbourhood], limit: int) -> list[Gathering]:
    by_id = {each.neighbourhood_id: each for each in places}
    found = await gatherings.unrecorded(tx, list(by_id), tx.now - domain.RECORDED_WITHIN, tx.now, limit)
    shown: list[Gathering] = []
    for id_, place in by_id.items():
        shown += await calendar.seen(tx, [each for each in found if each.neighbourhood_id == id_], {}, place)
    return sorted(shown, key=lambda each: each.starts_at)


async def _reasons(tx: Transaction, places: list[Neighbourhood], limit: int) -> list[Attention]:
    """Each neighbourhood has a policy, which says what is a reason."""
    found: list[Attention] = []
    for place in places:
        bounds = reasons.bounds(access.policy(tx, place), tx.now)
        found += await attention.reasons_to_visit(tx, place.neighbourhood_id, None, bounds, None, limit)
    return sorted(found, key=lambda each: each.since)[:limit]
