"""Afterwards: it happened, how it was, and a word of thanks."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from services.exchange.domain import agreements as domain
from services.exchange.domain.exchanges import Exchange, ref, refuse_stage, to_stage
from services.exchange.handlers import access
from services.exchange.handlers.agreements import end_quietly, joined, policy_for
from services.exchange.handlers.ties import met
from services.exchange.repository import agreements as repository
from shared.access import OURS, who
from shared.contracts.exchange import (
    ExchangeDone,
    ExchangeDue,
    ExchangeRef,
    FinishExchange,
    HowItWas,
    HowItWasSaid,
    MediationAsked,
    SayHowItWas,
    SayThanks,
    ThanksSaid,
)
from shared.messaging import Transaction, handles


@handles(FinishExchange)
async def finish_exchange(command: FinishExchange, tx: Transaction) -> ExchangeRef:
    """It happened, and those who met are acquainted."""
    exchange, neighbours, _ = await joined(tx, command.exchange_id, command.participant_id)
    refuse_stage(exchange, domain.MEET)
    if exchange.stage == "agreed":
        exchange = await _done(tx, exchange, neighbours)
    said = await repository.experiences(tx, exchange.exchange_id)
    return ref(exchange, None if command.participant_id in said else "how-was-it")


@handles(SayHowItWas)
async def say_how_it_was(command: SayHowItWas, tx: Transaction) -> ExchangeRef:
    """One tap. "Not good" is for the worker, and changes nothing that the others see."""
    exchange, neighbours, actor = await joined(tx, command.exchange_id, command.participant_id)
    domain.refuse_apart(exchange, neighbours)
    before = (await repository.experiences(tx, exchange.exchange_id)).get(command.participant_id)
    if command.answer != before:
        policy = await policy_for(tx, exchange)
        domain.refuse_answer_on_it(exchange, command.answer, before, policy, tx.now)
        await repository.keep_experience(
            tx, exchange.exchange_id, command.participant_id, command.answer, str(actor)
        )  # fmt: skip
        exchange = await _heard(tx, exchange, neighbours, command.participant_id, command.answer)
    return ref(exchange)


@handles(SayThanks)
async def say_thanks(command: SayThanks, tx: Transaction) -> ExchangeRef:
    """Kept for the two; whom it is for hears that there is a word for them."""
    exchange, neighbours, actor = await joined(tx, command.exchange_id, command.participant_id)
    domain.refuse_apart(exchange, neighbours)
    said = domain.said_since(exchange, await repository.thanks(tx, exchange.exchange_id))
    if not domain.said_before(said, command.participant_id, command.words):
        domain.refuse_too_much(said, command.participant_id)
        await repository.say_thanks(tx, exchange.exchange_id, command.participant_id, command.words, str(actor))
        await _thanked(tx, exchange, neighbours, command.participant_id)
    return ref(exchange)


async def _heard(
    tx: Transaction, exchange: Exchange, neighbours: Collection[UUID], participant_id: UUID, answer: HowItWas
) -> Exchange:
    """What comes of a word on how it was. That it did not happen counts only while nobody said otherwise."""
    await tx.emit(
        HowItWasSaid(
            neighbourhood_id=exchange.neighbourhood_id, exchange_id=exchange.exchange_id, participant_id=participant_id
        )
    )  # fmt: skip
    if answer == "not-good":
        by = who(tx, OURS)
        await tx.emit(
            MediationAsked(
                neighbourhood_id=exchange.neighbourhood_id, exchange_id=exchange.exchange_id,
                participant_id=participant_id, worker_id=by.uuid if by.kind == "worker" else None,
            )
        )  # fmt: skip
    if exchange.stage != "agreed":
        return exchange
    if answer != "did-not-happen":
        return await _done(tx, exchange, neighbours)
    said = await repository.experiences(tx, exchange.exchange_id)
    if domain.did_not_happen(exchange, neighbours, said):
        return await end_quietly(tx, exchange, "withdrawn")
    return exchange


async def _done(tx: Transaction, exchange: Exchange, neighbours: Collection[UUID]) -> Exchange:
    exchange = await access.keep(tx, to_stage(exchange, "done", tx.now), ExchangeDone)
    await tx.cancel(ExchangeDue.timer(exchange.exchange_id, "close"))
    said = await repository.experiences(tx, exchange.exchange_id)
    for each in domain.met_in(neighbours, said):
        await met(tx, [exchange.participant_id, each], "exchange", exchange.neighbourhood_id)
    return exchange


async def _thanked(tx: Transaction, exchange: Exchange, neighbours: Collection[UUID], participant_id: UUID) -> None:
    await tx.emit(
        ThanksSaid(
            neighbourhood_id=exchange.neighbourhood_id, exchange_id=exchange.exchange_id, participant_id=participant_id
        )
    )
    for each in domain.beside(exchange, neighbours, participant_id):
        await access.tell(tx, each, "thanked", exchange)
