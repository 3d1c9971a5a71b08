"""What exchange does so that a worker knows whom to visit."""

from __future__ import annotations

from services.exchange.domain import attention as domain
from services.exchange.domain.people import Neighbourhood
from services.exchange.handlers import access
from services.exchange.repository import attention as repository
from shared.access import STAFF, who
from shared.contracts.exchange import AttentionPage, ListAttention, SilenceNoticed
from shared.messaging import Transaction, handles

_AT_ONCE = 200
"""How many silences are told in one transaction."""


@handles(ListAttention, reads=True)
async def list_attention(query: ListAttention, tx: Transaction) -> AttentionPage:
    """Whom a worker might visit, and why."""
    who(tx, STAFF)
    neighbourhood = await access.place(tx, query.neighbourhood_id)
    bounds = domain.bounds(access.policy(tx, neighbourhood), tx.now)
    after = domain.place(query.after)
    items = await repository.reasons_to_visit(tx, query.neighbourhood_id, query.reason, bounds, after, query.limit)
    return AttentionPage(items=items, next=domain.next_after(items, query.limit))


async def look_for_silence(tx: Transaction, neighbourhood: Neighbourhood) -> bool:
    """Tell, once each, of whom nothing has been heard for a while. Returns whether there may be more of them."""
    before = domain.silent_before(access.policy(tx, neighbourhood), tx.now)
    silent = await repository.notice_silence(tx, neighbourhood.neighbourhood_id, before, _AT_ONCE)
    for participant_id, since in silent:
        noticed = SilenceNoticed(
            neighbourhood_id=neighbourhood.neighbourhood_id, participant_id=participant_id, since=since
        )
        await tx.emit(noticed)
    return len(silent) == _AT_ONCE
