"""Opening: an ask or an offer comes in, is opened, changed, handed to the worker, taken back, reopened."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.exchange.domain import opening as domain
from services.exchange.domain.exchanges import SEEKING, Exchange, changed, ref, refuse_stage, told
from services.exchange.domain.limits import Before
from services.exchange.domain.people import Neighbourhood, Person, refuse_absent
from services.exchange.handlers import access, agreements, looking
from services.exchange.repository import exchanges, invitations, people
from services.exchange.repository import opening as repository
from shared.access import ANYONE, OURS, STAFF, WORKER, Actor, Kind, check_kind, who
from shared.contracts.exchange import (
    ChangeExchange,
    Deviate,
    ExchangeChanged,
    ExchangeDrafted,
    ExchangeDue,
    ExchangeHandedOver,
    ExchangeOpened,
    ExchangeRef,
    ExchangeReopened,
    HandToWorker,
    InvitationDue,
    LimitReached,
    LimitSetAside,
    OpenDraft,
    OpenExchange,
    ReopenExchange,
    Why,
    WithdrawExchange,
)
from shared.ids import new_id
from shared.messaging import Transaction, handles
from shared.policy import Policy


@handles(OpenExchange)
async def open_exchange(command: OpenExchange, tx: Transaction) -> ExchangeRef:
    """Neighbours are sought, one by one; or the worker sees it first."""
    actor = who(tx, ANYONE)
    domain.check_consented(actor, command.consented)
    person = await _person(tx, actor, command.participant_id)
    place = await access.place(tx, person.neighbourhood_id)
    exchange = domain.drafted(
        command, new_id(), place, access.policy(tx, place), recorded_by=str(actor), now=tx.now
    )  # fmt: skip
    await exchanges.add(tx, exchange)
    entered = await _keep_half(tx, exchange) if command.half else await enter(tx, exchange)
    return ref(entered, domain.next_of(entered, tx.now))


@handles(OpenDraft)
async def open_draft(command: OpenDraft, tx: Transaction) -> ExchangeRef:
    """What the worker alone saw is opened, or sent on to the person whose wish it is."""
    exchange, actor = await _theirs(tx, command.exchange_id, OURS)
    if domain.opened_so(exchange, command, actor):
        return ref(exchange, domain.next_of(exchange, tx.now))
    refuse_stage(exchange, domain.opens_from(actor))
    worded = await _worded(tx, exchange, command, command.words)
    if domain.is_proposed(exchange):
        return await _send_on(tx, actor, exchange, worded)
    domain.check_opens(actor, exchange, command.consented)
    entered = await enter(tx, worded, seen=actor.kind in STAFF)
    return ref(entered, domain.next_of(entered, tx.now))


@handles(Deviate)
async def deviate(command: Deviate, tx: Transaction) -> ExchangeRef:
    """A worker sets the limit aside, and says why."""
    exchange, actor = await _theirs(tx, command.exchange_id, WORKER)
    refuse_stage(exchange, ("draft", "handed-over"))
    domain.refuse_proposed(exchange)
    domain.check_opens(actor, exchange, command.consented)
    worded = await _worded(tx, exchange, command)
    await repository.add_deviation(tx, exchange.exchange_id, actor.uuid, command.reason)
    await tx.emit(
        LimitSetAside(
            neighbourhood_id=exchange.neighbourhood_id, exchange_id=exchange.exchange_id,
            participant_id=exchange.participant_id, worker_id=actor.uuid,
        )
    )  # fmt: skip
    entered = await enter(tx, worded, deviation=True)
    return ref(entered, domain.next_of(entered, tx.now))


@handles(ChangeExchange)
async def change_exchange(command: ChangeExchange, tx: Transaction) -> ExchangeRef:
    """Another wording or moment; who was asked stays asked, and is told nothing."""
    exchange, actor = await _theirs(tx, command.exchange_id, OURS)
    refuse_stage(exchange, ("draft", "open", "inviting", "handed-over"))
    if domain.is_proposed(exchange):
        check_kind(actor, STAFF)
    domain.refuse_said_yes(await invitations.of_exchange(tx, exchange.exchange_id))
    place, policy = await _place(tx, exchange)
    other = domain.changed_as_said(exchange, command, place, policy, tx.now)
    if other != exchange:
        other = await _change(tx, exchange, other, policy)
    return ref(other, domain.next_of(other, tx.now))


@handles(HandToWorker)
async def hand_to_worker(command: HandToWorker, tx: Transaction) -> ExchangeRef:
    """The worker looks what fits, and nobody new is asked meanwhile."""
    exchange, _ = await _theirs(tx, command.exchange_id, OURS)
    if exchange.stage != "handed-over":
        refuse_stage(exchange, ("draft", "open", "inviting"))
        domain.refuse_proposed(exchange)
        exchange = await _hand_over(tx, exchange, "asked", (await _place(tx, exchange))[1])
    return ref(exchange, "with-worker")


@handles(WithdrawExchange)
async def withdraw_exchange(command: WithdrawExchange, tx: Transaction) -> ExchangeRef:
    """Taken back; who was asked is told kindly, and the person when somebody else did it for them."""
    exchange, actor = await _theirs(tx, command.exchange_id, ANYONE)
    if exchange.stage == "withdrawn":
        return ref(exchange)
    refuse_stage(exchange, SEEKING | {"draft", "handed-over"})
    ended = await agreements.end(tx, exchange, "withdrawn", step="taken-back")
    if actor.id != str(exchange.participant_id) and not domain.is_proposed(exchange):
        await access.tell(tx, exchange.participant_id, "ended", ended)
    return ref(ended)


@handles(ReopenExchange)
async def reopen_exchange(command: ReopenExchange, tx: Transaction) -> ExchangeRef:
    """Open again what was withdrawn or has ended; the limits are looked at anew."""
    exchange, actor = await _theirs(tx, command.exchange_id, OURS)
    if exchange.stage in SEEKING and command.when in (None, exchange.when):
        return ref(exchange, domain.next_of(exchange, tx.now))
    refuse_stage(exchange, ("withdrawn", "expired"))
    domain.refuse_proposed(exchange)
    domain.check_consented(actor, command.consented)
    place, policy = await _place(tx, exchange)
    again = domain.reopened(exchange, command, place, policy, tx.now)
    await repository.forget_unasked(tx, exchange.exchange_id)
    entered = await enter(tx, again)
    return ref(entered, domain.next_of(entered, tx.now))


async def enter(tx: Transaction, exchange: Exchange, *, deviation: bool = False, seen: bool = False) -> Exchange:
    """Look at the limits; then neighbours are sought, or the worker gets it. Returns it as it stands then.

    The exchange is kept already, locked, and a draft, with the worker, or ended. `deviation`: a worker set the limits
    aside. `seen`: a worker has read it and is not in doubt.
    """
    _, policy = await _place(tx, exchange)
    person = access.known(await people.present(tx, exchange.participant_id))
    refuse_absent(person)
    domain.refuse_elsewhere(exchange, person)
    domain.refuse_passed(exchange, tx.now)
    found = domain.read(exchange, policy)
    before = await _before(tx, exchange, found.kind, policy)
    why = None if deviation else domain.beyond(exchange, policy, found, before, person, seen=seen)
    exchange = replace(exchange, kind=found.kind, half=False)
    return await _hand_over(tx, exchange, why, policy) if why else await _seek(tx, exchange, policy)


async def expect(
    tx: Transaction, exchange: Exchange, to: Literal["end", "tell-nobody-found"], at: datetime | None
) -> None:
    """Set one of its timers, or drop it when there is nothing to wait for."""
    key = ExchangeDue.timer(exchange.exchange_id, to)
    if at is None:
        await tx.cancel(key)
        return
    due = ExchangeDue(neighbourhood_id=exchange.neighbourhood_id, exchange_id=exchange.exchange_id, to=to)
    await tx.at(at, due, key=key)


async def _seek(tx: Transaction, exchange: Exchange, policy: Policy) -> Exchange:
    domain.require_kind(exchange.kind)
    sought = domain.sought(exchange, tx.now)
    await access.keep(tx, sought, ExchangeReopened if exchange.opened_at else ExchangeOpened)
    await access.tell(tx, sought.participant_id, "looking", sought)
    await expect(tx, sought, "end", domain.end_of(sought, policy))
    await expect(tx, sought, "tell-nobody-found", domain.tells_nobody_found_at(sought, (), policy, tx.now))
    return await (agreements.consider if exchange.opened_at else looking.look)(tx, sought)


async def _hand_over(tx: Transaction, exchange: Exchange, why: Why, policy: Policy) -> Exchange:
    handed = domain.handed_over(exchange, why, tx.now)
    await access.keep(tx, handed, ExchangeHandedOver, why=why)
    for to in ("look-again", "tell-nobody-found"):
        await tx.cancel(ExchangeDue.timer(handed.exchange_id, to))
    await expect(tx, handed, "end", domain.end_of(handed, policy))
    if why in ("in-doubt", "asked"):
        await access.ask_worker(tx, "decide", handed)
    else:
        await tx.emit(
            LimitReached(
                neighbourhood_id=handed.neighbourhood_id, exchange_id=handed.exchange_id,
                participant_id=handed.participant_id, why=why,
            )
        )  # fmt: skip
    await access.tell(tx, handed.participant_id, "with-worker", handed)
    return handed


async def _keep_half(tx: Transaction, exchange: Exchange) -> Exchange:
    _, policy = await _place(tx, exchange)
    await tx.emit(told(ExchangeDrafted, exchange))
    await access.tell(tx, exchange.participant_id, "received", exchange)
    await access.ask_worker(tx, "see-half-question", exchange)
    await expect(tx, exchange, "end", domain.end_of(exchange, policy))
    return exchange


async def _worded(
    tx: Transaction, exchange: Exchange, command: OpenDraft | Deviate, words: str | None = None
) -> Exchange:
    """As the worker words it; what a neighbour said yes to meanwhile stays as it was."""
    _, policy = await _place(tx, exchange)
    worded = domain.worded(exchange, policy, kind=command.kind, words=words, consented=command.consented)
    if (worded.kind, worded.words) != (exchange.kind, exchange.words):
        domain.refuse_said_yes(await invitations.of_exchange(tx, exchange.exchange_id))
    return worded


async def _send_on(tx: Transaction, actor: Actor, exchange: Exchange, worded: Exchange) -> ExchangeRef:
    """The person whose wish it is, is asked in the worker's name; once."""
    check_kind(actor, STAFF)
    domain.refuse_passed(exchange, tx.now)
    if any(each.own for each in await invitations.of_exchange(tx, exchange.exchange_id)):
        return ref(exchange)
    if worded != exchange:
        worded = await access.keep(tx, changed(worded), ExchangeChanged)
    await looking.ask_one(tx, worded, worded.participant_id, own=True)
    await access.looked(tx, worded)
    return ref(worded)


async def _change(tx: Transaction, exchange: Exchange, other: Exchange, policy: Policy) -> Exchange:
    """Keep what changed; what is sought and is beyond the limits now goes to the worker, and is no longer asked."""
    seeking = exchange.stage in SEEKING
    why = await _beyond_now(tx, exchange, other, policy) if seeking else None
    if why:
        await looking.release(tx, other, "taken-back")
        return await _hand_over(tx, other, why, policy)
    await access.keep(tx, other, ExchangeChanged)
    await expect(tx, other, "end", domain.end_of(other, policy))
    await _clip(tx, other)
    return await agreements.consider(tx, other) if seeking else other


async def _beyond_now(tx: Transaction, exchange: Exchange, other: Exchange, policy: Policy) -> Why | None:
    """Why the worker gets what was worded anew; a rhythm that a worker set aside stays set aside."""
    if (other.kind, other.words) == (exchange.kind, exchange.words):
        return None
    person = access.known(await people.present(tx, other.participant_id))
    before = await _before(tx, other, other.kind, policy) if other.kind != exchange.kind else Before(same_kind=0)
    why = domain.beyond(other, policy, domain.read(other, policy), before, person, seen=False)
    rhythm = why in ("structural", "drift")
    return None if rhythm and await repository.deviated(tx, other.exchange_id) else why


async def _clip(tx: Transaction, exchange: Exchange) -> None:
    """Nobody answers after the moment itself."""
    clipped = domain.clipped(await invitations.of_exchange(tx, exchange.exchange_id), exchange.ends_at)
    await invitations.keep(tx, *clipped)
    for each in clipped:
        due = InvitationDue(
            neighbourhood_id=exchange.neighbourhood_id, exchange_id=exchange.exchange_id,
            invitation_id=each.invitation_id, to="end",
        )  # fmt: skip
        await tx.at(each.answer_by or tx.now, due, key=InvitationDue.timer(each.invitation_id))


async def _before(tx: Transaction, exchange: Exchange, kind: str | None, policy: Policy) -> Before:
    since = domain.window_of(policy, tx.now)
    return Before(same_kind=await repository.same_kind(tx, exchange, kind, since))


async def _person(tx: Transaction, actor: Actor, participant_id: UUID) -> Person:
    """Whose ask or offer it is: they were heard of. Two of theirs at once wait for each other."""
    await people.heard_of(tx, participant_id)
    person = await access.person(tx, participant_id, ANYONE)
    refuse_absent(person)
    if actor.kind == "partner":
        await _check_partner(tx, actor, participant_id)
    return person


async def _check_partner(tx: Transaction, actor: Actor, participant_id: UUID) -> None:
    grant = await people.grant_of(tx, actor.id)
    running = await repository.consents(tx, participant_id)
    domain.check_partner(running, grant.organisation_id if grant else "", tx.now)


async def _theirs(tx: Transaction, exchange_id: UUID, allowed: Collection[Kind]) -> tuple[Exchange, Actor]:
    """An exchange to change, of someone for whom the sender acts; a partner's, when it opened it."""
    actor = who(tx, allowed)
    exchange = await access.opened(tx, exchange_id)
    if actor.kind == "partner":
        domain.refuse_not_brought(exchange, str(actor))
        await access.person(tx, exchange.participant_id, ANYONE)
        await _check_partner(tx, actor, exchange.participant_id)
    else:
        await access.may(tx, [exchange.participant_id], allowed, "exchange_id")
    if actor.kind == "participant":
        await people.heard_of(tx, exchange.participant_id)
    return exchange, actor


async def _place(tx: Transaction, exchange: Exchange) -> tuple[Neighbourhood, Policy]:
    place = await access.place(tx, exchange.neighbourhood_id)
    return place, access.policy(tx, place)
