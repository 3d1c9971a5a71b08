"""Invitations: what a worker sends or holds back, and what is answered. Any answer is free, and so is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from services.exchange.domain import invitations as domain
from services.exchange.domain.exchanges import Exchange, changed
from services.exchange.domain.invitations import Invitation
from services.exchange.handlers import access, agreements, asking, looking, opening
from services.exchange.repository import candidates, exchanges, people
from services.exchange.repository import invitations as repository
from shared.access import OURS, STAFF, who
from shared.contracts.exchange import (
    AllowKind,
    AnswerInvitation,
    InvitationAnswer,
    InvitationAnswered,
    InvitationDue,
    InvitationRef,
    InviteNeighbour,
    KindRef,
    ReviewInvitation,
)
from shared.messaging import Rejected, Transaction, handles


@handles(ReviewInvitation)
async def review_invitation(command: ReviewInvitation, tx: Transaction) -> InvitationRef:
    """The worker has seen it: it goes out, or the next likely one comes."""
    actor = who(tx, STAFF)
    exchange, invitation = await _locked(tx, command.invitation_id)
    if domain.reviewed_so(invitation, send=command.send):
        return domain.ref(invitation)
    domain.refuse_not_sought(exchange, tx.now)
    await access.looked(tx, exchange, invitation.invitation_id)
    if command.send:
        return domain.ref(await _send(tx, exchange, replace(invitation, reviewed_by=str(actor))))
    back = replace(invitation, stage="held-back", reviewed_by=str(actor))
    await repository.keep(tx, back)
    await agreements.consider(tx, exchange)
    return domain.ref(back)


@handles(InviteNeighbour)
async def invite_neighbour(command: InviteNeighbour, tx: Transaction) -> InvitationRef:
    """The worker knows whom to ask."""
    actor = who(tx, STAFF)
    exchange = await access.opened(tx, command.exchange_id)
    domain.refuse_not_sought(exchange, tx.now)
    invitation = await looking.ask_one(tx, exchange, command.participant_id, own=False)
    domain.refuse_answered(invitation)
    if invitation.reviewed_by is None:
        await repository.keep(tx, replace(invitation, reviewed_by=str(actor)))
    await asking.inviting(tx, exchange, invitation)
    await access.looked(tx, exchange, invitation.invitation_id)
    return domain.ref(invitation)


@handles(AnswerInvitation)
async def answer_invitation(command: AnswerInvitation, tx: Transaction) -> InvitationRef:
    """Yes, not now, no, or never this kind."""
    seen = await _read(tx, command.invitation_id)
    actor = await access.may(tx, [seen.participant_id], OURS, "invitation_id")
    exchange, before = await _locked(tx, command.invitation_id)
    domain.refuse_unheard(before, recorded=actor.kind in STAFF)
    agreed = exchange.stage in ("agreed", "done")
    after = domain.answered(before, command.answer, by=str(actor), how=command.how, agreed=agreed, now=tx.now)
    if after is not None:
        await people.heard_of(tx, before.participant_id)
        await _answered(tx, exchange, before, after, command.answer)
    return domain.ref(after or before)


@handles(InvitationDue)
async def on_invitation_due(event: InvitationDue, tx: Transaction) -> None:
    """Quiet hours are over, the time to answer has passed, or weeks went by since a "not now"."""
    exchange = await exchanges.locked(tx, event.exchange_id)
    invitation = await repository.read(tx, event.invitation_id)
    if exchange is None or invitation is None:
        return
    if event.to == "ask" and invitation.stage == "waiting":
        await _ask_now(tx, exchange, invitation)
    elif event.to == "end" and domain.time_passed(invitation, tx.now):
        await _silent(tx, exchange, invitation)
    elif event.to == "ask-again" and domain.comes_back(invitation):
        await _ask_again(tx, exchange, invitation)


@handles(AllowKind)
async def allow_kind(command: AllowKind, tx: Transaction) -> KindRef:
    """They may be asked for it again."""
    await access.may(tx, [command.participant_id], OURS, "participant_id")
    access.known(await people.person(tx, command.participant_id))
    await candidates.drop_never(tx, command.participant_id, command.kind)
    await people.heard_of(tx, command.participant_id)
    return KindRef(participant_id=command.participant_id, kind=command.kind)


# --- sending


async def _send(tx: Transaction, exchange: Exchange, invitation: Invitation) -> Invitation:
    """To someone who may still be asked; refused when they may not any more."""
    neighbourhood = await access.place(tx, exchange.neighbourhood_id)
    place = asking.Place(neighbourhood, access.policy(tx, neighbourhood))
    found = await candidates.held(tx, [invitation.participant_id], wait=True)
    person = access.known(found[0] if found else None)
    await asking.refuse(tx, exchange, person, invitation, own=invitation.own)
    sent = await asking.send(tx, exchange, place, invitation, person)
    await asking.inviting(tx, exchange, sent)
    return sent


async def _ask_now(tx: Transaction, exchange: Exchange, invitation: Invitation) -> None:
    """Their quiet hours are over. Whom it can't be asked any more hears nothing, and the next likely one comes."""
    if not (domain.sought(exchange, invitation) and await _sent(tx, exchange, invitation)):
        await repository.keep(tx, replace(invitation, stage="taken-back"))
        await _without(tx, exchange, invitation)


async def _ask_again(tx: Transaction, exchange: Exchange, invitation: Invitation) -> None:
    """Once, weeks after a "not now", when it is still open, doesn't rest, and they may be asked at all."""
    if exchange.rests_until is not None and exchange.rests_until > tx.now:
        await asking.timer(tx, exchange, invitation, "ask-again", exchange.rests_until)
    elif not (domain.sought(exchange, invitation) and await _sent(tx, exchange, domain.again(invitation))):
        await _without(tx, exchange, invitation)


async def _sent(tx: Transaction, exchange: Exchange, invitation: Invitation) -> bool:
    """Whether it went out, or will."""
    try:
        await _send(tx, exchange, invitation)
    except Rejected:
        return False
    return True


# --- what comes of an answer


async def _answered(
    tx: Transaction, exchange: Exchange, before: Invitation, after: Invitation, answer: InvitationAnswer
) -> None:
    """Keep it, tell it, and go on with what follows. A yes that is taken back lets go first of what came of it."""
    if before.stage == "yes" and after.stage != "yes":
        exchange = await agreements.drop_out(tx, exchange, before.participant_id)
    await repository.keep(tx, after)
    if answer == "never" and exchange.kind is not None:
        await candidates.keep_never(tx, after.participant_id, exchange.kind)
    if after.stage != before.stage:
        await tx.cancel(InvitationDue.timer(after.invitation_id))
        await tx.emit(
            InvitationAnswered(
                neighbourhood_id=exchange.neighbourhood_id, exchange_id=exchange.exchange_id,
                invitation_id=after.invitation_id, participant_id=after.participant_id, answer=answer,
            )
        )  # fmt: skip
        await _go_on(tx, exchange, before, after)


async def _go_on(tx: Transaction, exchange: Exchange, before: Invitation, after: Invitation) -> None:
    if after.stage == "yes":
        await _said_yes(tx, exchange, after)
    elif after.stage == "not-now" and not after.again:
        await _not_now(tx, exchange, after)
    elif before.stage in domain.WAITS or before.own:
        await _without(tx, exchange, after)


async def _said_yes(tx: Transaction, exchange: Exchange, invitation: Invitation) -> None:
    """To their own wish: it opens. To another's: that side looks, once enough have."""
    if invitation.own:
        await opening.enter(tx, replace(exchange, consented=domain.CONSENTED[invitation.how or "online"]))
        return
    await access.tell(tx, invitation.participant_id, "waiting", exchange, invitation_id=invitation.invitation_id)
    if exchange.first_yes_at is None:
        exchange = await access.keep(tx, changed(exchange, first_yes_at=tx.now))
    await agreements.consider(tx, exchange)


async def _not_now(tx: Transaction, exchange: Exchange, invitation: Invitation) -> None:
    """It comes back once, later; meanwhile somebody else is asked."""
    neighbourhood = await people.neighbourhood(tx, exchange.neighbourhood_id)
    if neighbourhood is not None:
        days = access.policy(tx, neighbourhood).exchanges.again_after_days
        await asking.timer(tx, exchange, invitation, "ask-again", tx.now + timedelta(days=days))
    if not invitation.own:
        await agreements.consider(tx, exchange)


async def _silent(tx: Transaction, exchange: Exchange, invitation: Invitation) -> None:
    """Silence is an answer, and is never chased: nobody is told."""
    await repository.keep(tx, replace(invitation, stage="silent"))
    await _without(tx, exchange, invitation)


async def _without(tx: Transaction, exchange: Exchange, invitation: Invitation) -> None:
    """They don't take part: somebody else is asked; a wish whose own person doesn't want it has ended."""
    if not invitation.own:
        await agreements.consider(tx, exchange)
    elif exchange.stage == "draft":
        await agreements.end(tx, exchange, "expired", step="ended")


async def _read(tx: Transaction, invitation_id: UUID) -> Invitation:
    found = await repository.read(tx, invitation_id)
    if found is None:
        raise domain.unknown()
    return found


async def _locked(tx: Transaction, invitation_id: UUID) -> tuple[Exchange, Invitation]:
    """An invitation to change, and its exchange, which is locked first."""
    exchange = await exchanges.locked(tx, (await _read(tx, invitation_id)).exchange_id)
    if exchange is None:
        raise domain.unknown()
    return exchange, await _read(tx, invitation_id)
