"""Agreements: the side that opened an exchange looks at who said yes; then both have each other's contact, and meet."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from services.exchange.domain import agreements as domain
from services.exchange.domain.exchanges import ENDED, Exchange, changed, ref, refuse_stage, to_stage
from services.exchange.domain.invitations import WAITS
from services.exchange.domain.leaving import standing
from services.exchange.domain.opening import at_another_moment, rests
from services.exchange.handlers import access
from services.exchange.handlers.looking import look, release
from services.exchange.handlers.resting import resting
from services.exchange.repository import agreements as repository
from services.exchange.repository import invitations, people
from shared.access import OURS, Actor
from shared.contracts.exchange import (
    AnswerHow,
    AnswerProposal,
    CancelAgreement,
    ContactShared,
    ExchangeAgreed,
    ExchangeChanged,
    ExchangeDropped,
    ExchangeDue,
    ExchangeExpired,
    ExchangeProposed,
    ExchangeRef,
    ExchangeReleased,
    ExchangeWithdrawn,
    InvitationDue,
    MoveMoment,
    NextStep,
    When,
)
from shared.messaging import Rejected, Transaction, handles
from shared.policy import Policy

Ending = Literal["withdrawn", "expired"]
To = Literal["look-again", "tell-nobody-found", "end", "ask-how-it-was", "close", "decide", "rest-over"]


@handles(AnswerProposal)
async def answer_proposal(command: AnswerProposal, tx: Transaction) -> ExchangeRef:
    """Yes, not this time, or not now; no reason is asked."""
    exchange = await access.opened(tx, command.exchange_id)
    actor = await access.may(tx, [exchange.participant_id], OURS, "exchange_id")
    await people.heard_of(tx, exchange.participant_id)
    asked = await invitations.of_exchange(tx, exchange.exchange_id)
    if not domain.answered_so(exchange, command, asked, tx.now):
        domain.refuse_answer(exchange, command, asked, tx.now)
        if command.answer == "yes":
            exchange = await _agree(tx, exchange, domain.said_yes(asked), str(actor), command.how)
        elif command.answer == "not-now":
            exchange = await _not_now(tx, exchange)
        else:
            exchange = await _not_this_time(tx, exchange, command.participant_id)
    return ref(exchange, domain.next_for_opener(exchange, tx.now))


@handles(MoveMoment)
async def move_moment(command: MoveMoment, tx: Transaction) -> ExchangeRef:
    """The others in it are told, and can cancel when it doesn't suit them."""
    exchange, neighbours, _ = await joined(tx, command.exchange_id, command.participant_id)
    refuse_stage(exchange, {"agreed"})
    if command.when != exchange.when:
        exchange = await _move(tx, exchange, command.when)
        for each in domain.others_in(exchange, neighbours, command.participant_id):
            await access.tell(tx, each, "moment-changed", exchange)
    return ref(exchange, "how-was-it")


@handles(CancelAgreement)
async def cancel_agreement(command: CancelAgreement, tx: Transaction) -> ExchangeRef:
    """By the side that opened it: it ends. By another: someone else is sought."""
    exchange, neighbours, _ = await joined(tx, command.exchange_id, command.participant_id, once=True)
    if command.participant_id in neighbours:
        refuse_stage(exchange, {"agreed"})
        exchange = await drop_out(tx, exchange, command.participant_id)
    elif command.participant_id == exchange.participant_id and exchange.stage != "withdrawn":
        refuse_stage(exchange, {"agreed"})
        exchange = await end(tx, exchange, "withdrawn", step="cancelled")
    return ref(exchange)


async def joined(
    tx: Transaction, exchange_id: UUID, participant_id: UUID, *, once: bool = False
) -> tuple[Exchange, list[UUID], Actor]:
    """An exchange, locked, for someone who is in it; the neighbours in its agreement; and who acts for them.

    Who isn't in it hears that there is none. `once`: who was in it and no longer is, may too.
    """
    actor = await access.may(tx, [participant_id], OURS, "participant_id")
    exchange = await access.opened(tx, exchange_id)
    neighbours = await repository.neighbours(tx, exchange_id)
    if participant_id not in (exchange.participant_id, *neighbours) and not (
        once and await repository.ever_agreed(tx, exchange_id, participant_id)
    ):
        raise _not_in_it(actor)
    await people.heard_of(tx, participant_id)
    return exchange, neighbours, actor


# --- what other handlers call


async def consider(tx: Transaction, exchange: Exchange) -> Exchange:
    """After a yes, a silence, or an end of candidates: put who said yes before the side that opened it, or look on.

    It is put before them when enough said yes; or some did, and nobody is left whose answer may come, or half of the
    time has gone.
    """
    if exchange.stage not in ("open", "inviting") or rests(exchange, tx.now) or domain.moment_passed(exchange, tx.now):
        return exchange
    if len(domain.said_yes(await invitations.of_exchange(tx, exchange.exchange_id))) < exchange.people:
        exchange = await look(tx, exchange)
    asked = await invitations.of_exchange(tx, exchange.exchange_id)
    at = domain.puts_forward_at(exchange, await policy_for(tx, exchange), asked)
    if at is None:
        return exchange
    yes = domain.first_yes(asked, exchange.people)
    if len(yes) >= exchange.people or at <= tx.now or not domain.some_wait(asked):
        return await _propose(tx, exchange, yes)
    await _set(tx, exchange, "decide", at)
    return exchange


async def end(tx: Transaction, exchange: Exchange, stage: Ending, *, step: NextStep) -> Exchange:
    """End an exchange at any stage. Who was asked is told `step`, who agreed "cancelled"; who opened it, nothing."""
    if exchange.stage in ENDED:
        return exchange
    neighbours = await repository.neighbours(tx, exchange.exchange_id)
    await _part(tx, exchange, neighbours)
    exchange = await _ended(tx, exchange, stage)
    await _let_go(tx, exchange, step)
    for each in neighbours:
        await access.tell(tx, each, "cancelled", exchange)
    return exchange


async def drop_out(tx: Transaction, exchange: Exchange, participant_id: UUID) -> Exchange:
    """A neighbour who was asked, said yes or agreed can't any more: someone else is sought.

    An agreement with several goes on with the others. The side that opened it is told when it knew of them.
    """
    asked = await invitations.of_exchange(tx, exchange.exchange_id)
    theirs = [each for each in asked if each.stage in WAITS | {"yes"} and each.participant_id == participant_id]
    if exchange.stage in ENDED or not domain.taken_back(theirs, [participant_id]):
        return exchange
    await _part(tx, exchange, [participant_id])
    if exchange.stage not in ("proposed", "agreed"):
        return await consider(tx, exchange)
    await access.tell(tx, exchange.participant_id, "cancelled", exchange)
    if exchange.stage == "agreed" and await repository.neighbours(tx, exchange.exchange_id):
        return exchange
    return await _seek_again(tx, exchange)


async def end_quietly(tx: Transaction, exchange: Exchange, stage: Ending) -> Exchange:
    """End what was agreed, and tell nobody. What people say of it afterwards is still heard."""
    asked = await invitations.of_exchange(tx, exchange.exchange_id)
    await invitations.keep(tx, *domain.taken_back(asked, domain.said_yes(asked)))
    return await _ended(tx, exchange, stage)


async def policy_for(tx: Transaction, exchange: Exchange) -> Policy:
    """The policy of its neighbourhood, also of one that is no more."""
    found = await people.neighbourhood(tx, exchange.neighbourhood_id)
    whole: Policy = tx.settings.policy
    return access.policy(tx, found) if found else whole


# --- when a timer goes off; the exchange is locked


async def decide_due(tx: Transaction, exchange: Exchange) -> Exchange:
    """The time to look at who said yes has come, or is over: silence is an answer, and is not chased.

    A timer that comes too soon, as they have come to need time for a letter, goes on.
    """
    asked = await invitations.of_exchange(tx, exchange.exchange_id)
    if exchange.stage != "proposed":
        return await consider(tx, exchange)
    at = await _decides_by(tx, exchange, domain.last_yes_at(asked, tx.now))
    if tx.now >= at:
        return await end(tx, exchange, "expired", step="taken-back")
    await _set(tx, exchange, "decide", at)
    return exchange


async def rest_over_due(tx: Transaction, exchange: Exchange) -> Exchange:
    """Weeks after a "not now": neighbours are sought once more."""
    if exchange.stage not in ("open", "inviting") or not exchange.rested or rests(exchange, tx.now):
        return exchange
    await _set_seeking(tx, exchange)
    return await consider(tx, exchange)


async def ask_how_it_was_due(tx: Transaction, exchange: Exchange) -> Exchange:
    """After the moment: who is in it and hasn't said yet is asked how it was. Too soon, as the policy gives more time
    now: it goes on."""
    policy, since = await policy_for(tx, exchange), exchange.agreed_at or tx.now
    at = domain.asks_how_it_was_at(exchange, policy, since)
    if exchange.stage not in domain.MEET:
        return exchange
    if tx.now < at:
        await _set(tx, exchange, "ask-how-it-was", at)
        return exchange
    said = await repository.experiences(tx, exchange.exchange_id)
    for each in (exchange.participant_id, *await repository.neighbours(tx, exchange.exchange_id)):
        if each not in said:
            await access.tell(tx, each, "how-was-it", exchange)
    if exchange.stage == "agreed":
        await _set(tx, exchange, "close", domain.closes_at(exchange, policy, tx.now))
    return exchange


async def close_due(tx: Transaction, exchange: Exchange) -> Exchange:
    """Nobody said how it was: it ends, and nobody is told."""
    policy, since = await policy_for(tx, exchange), exchange.agreed_at or tx.now
    closes_at = domain.closes_at(exchange, policy, domain.asks_how_it_was_at(exchange, policy, since))
    if exchange.stage == "agreed" and tx.now >= closes_at:
        return await end_quietly(tx, exchange, "expired")
    if exchange.stage == "agreed":
        await _set(tx, exchange, "close", closes_at)
    return exchange


# --- the steps


async def _propose(tx: Transaction, exchange: Exchange, yes: Collection[UUID]) -> Exchange:
    """Who said yes is put before the side that opened it; the others are told kindly that it is arranged."""
    exchange = await access.keep(tx, to_stage(exchange, "proposed", tx.now), ExchangeProposed)
    await _let_go(tx, exchange, "arranged", but=yes)
    await _stop(tx, exchange)
    await _set(tx, exchange, "decide", await _decides_by(tx, exchange, tx.now))
    await access.tell(tx, exchange.participant_id, "found", exchange)
    return exchange


async def _decides_by(tx: Transaction, exchange: Exchange, since: datetime) -> datetime:
    opener = await people.person(tx, exchange.participant_id)
    return domain.decides_by(exchange, await policy_for(tx, exchange), opener, since)


async def _agree(
    tx: Transaction, exchange: Exchange, yes: Collection[UUID], answered_by: str, how: AnswerHow
) -> Exchange:
    """Both sides agreed: only now each gets the other's contact."""
    exchange = await access.keep(tx, to_stage(exchange, "agreed", tx.now, agreed_at=tx.now), ExchangeAgreed)
    await repository.agree(tx, exchange.exchange_id, yes, answered_by, how)
    for each in yes:
        await tx.emit(
            ContactShared(
                neighbourhood_id=exchange.neighbourhood_id, exchange_id=exchange.exchange_id,
                participant_id=exchange.participant_id, other_id=each,
            )
        )  # fmt: skip
    for each in (exchange.participant_id, *yes):
        await access.tell(tx, each, "agreed", exchange)
    for each in yes:
        await resting(tx, exchange, each)
    await _stop(tx, exchange)
    await _ask_later(tx, exchange)
    return exchange


async def _not_this_time(tx: Transaction, exchange: Exchange, participant_id: UUID | None) -> Exchange:
    """To one of them, or to all: they are told kindly, and others are sought."""
    asked = await invitations.of_exchange(tx, exchange.exchange_id)
    stay = [] if participant_id is None else [each for each in domain.said_yes(asked) if each != participant_id]
    await _let_go(tx, exchange, "not-this-time", but=stay)
    return await _seek_again(tx, exchange)


async def _not_now(tx: Transaction, exchange: Exchange) -> Exchange:
    """It rests for some weeks; when it did before, or its moment passes meanwhile, it is withdrawn."""
    until = domain.rests_until(exchange, await policy_for(tx, exchange), tx.now)
    if until is None:
        exchange = await end(tx, exchange, "withdrawn", step="not-this-time")
        await access.tell(tx, exchange.participant_id, "ended", exchange)
        return exchange
    resting = to_stage(exchange, "open", tx.now, rests_until=until, rested=True)
    exchange = await access.keep(tx, resting, ExchangeReleased)
    await _let_go(tx, exchange, "not-this-time")
    await _stop(tx, exchange)
    await _set(tx, exchange, "rest-over", until)
    return exchange


async def _seek_again(tx: Transaction, exchange: Exchange) -> Exchange:
    """What was proposed or agreed isn't any more: others are sought, as far as the moment still allows; for who paused
    since they agreed nobody is."""
    if domain.moment_passed(exchange, tx.now):
        return await end(tx, exchange, "expired", step="taken-back")
    opener = await people.person(tx, exchange.participant_id)
    if standing(opener, exchange.neighbourhood_id) != "here":
        return await end(tx, exchange, "withdrawn", step="taken-back")
    exchange = await access.keep(tx, to_stage(exchange, "open", tx.now, agreed_at=None), ExchangeReleased)
    await _stop(tx, exchange)
    await _set_seeking(tx, exchange)
    return await consider(tx, exchange)


async def _move(tx: Transaction, exchange: Exchange, when: When) -> Exchange:
    place = await access.place(tx, exchange.neighbourhood_id)
    moved = at_another_moment(exchange, when, place, access.policy(tx, place), tx.now)
    exchange = await access.keep(tx, changed(moved), ExchangeChanged)
    await tx.cancel(ExchangeDue.timer(exchange.exchange_id, "close"))
    await _ask_later(tx, exchange)
    return exchange


async def _part(tx: Transaction, exchange: Exchange, participant_ids: Collection[UUID]) -> None:
    """What was asked of these neighbours, or agreed with them, isn't any more; they are told nothing here."""
    asked = await invitations.of_exchange(tx, exchange.exchange_id)
    gone = domain.taken_back(asked, participant_ids)
    await invitations.keep(tx, *gone)
    for each in gone:
        await tx.cancel(InvitationDue.timer(each.invitation_id))
    for each in asked:
        if each.stage == "held" and each.participant_id in participant_ids:
            await access.looked(tx, exchange, each.invitation_id)
    await repository.end(tx, exchange.exchange_id, participant_ids)


async def _ended(tx: Transaction, exchange: Exchange, stage: Ending) -> Exchange:
    ended = ExchangeWithdrawn if stage == "withdrawn" else ExchangeExpired
    fact = ended if exchange.opened_at else ExchangeDropped
    await _stop(tx, exchange)
    return await access.keep(tx, to_stage(exchange, stage, tx.now), fact)


async def _let_go(tx: Transaction, exchange: Exchange, step: NextStep, *, but: Collection[UUID] = ()) -> None:
    """Let go of all who were asked, but these; a yes to one's own wish is no answer to be let go of."""
    asked = await invitations.of_exchange(tx, exchange.exchange_id)
    own = [each.participant_id for each in asked if each.own and each.stage == "yes"]
    await release(tx, exchange, step, but=[*but, *own])


# --- timers


async def _ask_later(tx: Transaction, exchange: Exchange) -> None:
    policy = await policy_for(tx, exchange)
    await _set(tx, exchange, "ask-how-it-was", domain.asks_how_it_was_at(exchange, policy, tx.now))


async def _set_seeking(tx: Transaction, exchange: Exchange) -> None:
    """Until when is sought, and when the worker hears that nobody was found."""
    policy = await policy_for(tx, exchange)
    await _set(tx, exchange, "end", domain.seeks_until(exchange, policy, tx.now))
    if exchange.nobody_told_at is None:
        await _set(tx, exchange, "tell-nobody-found", domain.tells_nobody_found_at(policy, tx.now))


async def _set(tx: Transaction, exchange: Exchange, to: To, time: datetime) -> None:
    due = ExchangeDue(neighbourhood_id=exchange.neighbourhood_id, exchange_id=exchange.exchange_id, to=to)
    await tx.at(time, due, ExchangeDue.timer(exchange.exchange_id, to))


async def _stop(tx: Transaction, exchange: Exchange) -> None:
    """None of its timers holds any more."""
    for to in get_args(To):
        await tx.cancel(ExchangeDue.timer(exchange.exchange_id, to))


def _not_in_it(actor: Actor) -> Rejected:
    if actor.kind == "participant":
        return Rejected("unknown_id", "exchange_id is no exchange that we know: check the id", "exchange_id")
    return Rejected("unknown_id", "participant_id is not in this exchange: check the id", "participant_id")
