"""What an invitation looks like: to who is asked, and to the worker."""

from __future__ import annotations

from dataclasses import replace

from services.exchange.domain import invitations as domain
from services.exchange.domain.invitations import Seen
from services.exchange.handlers import access, looking
from services.exchange.repository import candidates, exchanges
from services.exchange.repository import invitations as repository
from shared.access import OURS, STAFF, who
from shared.contracts.exchange import Invitation, InvitationPage, ListInvitations, ShowInvitation
from shared.messaging import Rejected, Transaction, handles


@handles(ShowInvitation, reads=True)
async def show_invitation(query: ShowInvitation, tx: Transaction) -> Invitation:
    """One invitation; to who wasn't asked it doesn't exist."""
    seen = await repository.shown(tx, query.invitation_id)
    if seen is None:
        raise domain.unknown()
    actor = await access.may(tx, [seen.invitation.participant_id], OURS, "invitation_id")
    domain.refuse_unheard(seen.invitation, recorded=actor.kind in STAFF)
    return domain.shown(await _with_pleasure(tx, seen), reasons=actor.kind in STAFF)


@handles(ListInvitations, reads=True)
async def list_invitations(query: ListInvitations, tx: Transaction) -> InvitationPage:
    """For workers; and for who is asked, those that went out to them."""
    actor = who(tx, OURS)
    if actor.kind == "participant" and query.participant_id is None:
        raise Rejected("missing", "participant_id is missing: name who was asked, yourself", "participant_id")
    if query.participant_id is not None:
        await access.may(tx, [query.participant_id], OURS, "participant_id")
    staff = actor.kind in STAFF
    found = await repository.page(tx, query, heard_only=not staff, limit=query.limit + 1)
    page = [domain.shown(await _with_pleasure(tx, each), reasons=staff) for each in found[: query.limit]]
    return InvitationPage(invitations=page, next=page[-1].invitation_id if len(found) > query.limit else None)


async def _with_pleasure(tx: Transaction, seen: Seen) -> Seen:
    """Who is asked whether a wish of theirs may be fulfilled reads what a likely neighbour enjoys in it."""
    exchange = await exchanges.read(tx, seen.invitation.exchange_id) if seen.invitation.own else None
    found = await looking.likely(tx, exchange) if exchange else []
    if not found:
        return seen
    return replace(seen, pleasure=await candidates.talent(tx, found[0].participant_id, seen.kind))
