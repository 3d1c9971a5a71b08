"""What workers do with a signal. It has one worker at most, and each step is kept and told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.signals.domain import mediation as mediations
from services.signals.domain import signals as domain
from services.signals.domain.signals import GOING, HAD, Happened, Signal, What, told
from services.signals.handlers import access, climbing
from services.signals.repository import mediation, people
from services.signals.repository import signals as repository
from shared.access import STAFF, WORKER, Actor, Kind, who
from shared.contracts.signals import (
    AnswerOffer,
    ChangeSignal,
    CloseSignal,
    MergeSignals,
    OfferSignal,
    ReopenSignal,
    SignalChanged,
    SignalClosed,
    SignalFact,
    SignalMerged,
    SignalOfferAnswered,
    SignalOffered,
    SignalOutcome,
    SignalRef,
    SignalReopened,
    SignalSnoozed,
    SignalTaken,
    SnoozeSignal,
    TakeSignal,
)
from shared.messaging import Rejected, Transaction, handles


@handles(TakeSignal)
async def take_signal(command: TakeSignal, tx: Transaction) -> SignalRef:
    """It is theirs, and climbs no further."""
    signal, actor = await seen(tx, command.signal_id, WORKER)
    if signal.stage == "taken" and signal.worker_id == actor.uuid:
        return domain.ref(signal)
    domain.refuse_taken(signal, actor.uuid, coordinates=await _coordinates(tx, signal, actor))
    taken = domain.taken(signal, actor.uuid)
    await climbing.stop(tx, signal.signal_id)
    return await keep(tx, taken, actor, "taken", SignalTaken, worker_id=actor.uuid)


@handles(OfferSignal)
async def offer_signal(command: OfferSignal, tx: Transaction) -> SignalRef:
    """Ask a colleague to take it over."""
    signal, actor = await seen(tx, command.signal_id, WORKER)
    domain.refuse_not_theirs(signal, actor)
    if signal.offered_to == command.worker_id:
        return domain.ref(signal)
    await _check_colleague(tx, signal, actor, command.worker_id)
    offered = domain.changed(signal, offered_to=command.worker_id)
    return await keep(
        tx,
        offered,
        actor,
        "offered",
        SignalOffered,
        worker_id=command.worker_id,
        fact_says={"to_id": command.worker_id},
    )


@handles(AnswerOffer)
async def answer_offer(command: AnswerOffer, tx: Transaction) -> SignalRef:
    """The colleague takes it over or doesn't; its worker can take the offer back."""
    signal, actor = await seen(tx, command.signal_id, WORKER)
    if command.agreed and signal.worker_id == actor.uuid and signal.offered_to is None:
        return domain.ref(signal)
    domain.refuse_stage(signal, HAD)
    if signal.offered_to is None or not _may_answer(signal, actor, agreed=command.agreed):
        raise Rejected("not_asked", "signal_id is not offered to you: ask its worker to offer it", "signal_id")
    after = (
        domain.handed_over(signal, actor.uuid) if command.agreed else domain.changed(signal, offered_to=None)
    )  # fmt: skip
    what: What = "handed-over" if command.agreed else "offer-declined"
    fact = {"from_id": signal.worker_id, "agreed": command.agreed}
    return await keep(tx, after, actor, what, SignalOfferAnswered, worker_id=after.worker_id, fact_says=fact)


@handles(ChangeSignal)
async def change_signal(command: ChangeSignal, tx: Transaction) -> SignalRef:
    """Of another kind, or more or less urgent than it seemed."""
    signal, actor = await seen(tx, command.signal_id, STAFF)
    domain.refuse_stage(signal, GOING)
    kind, urgency = command.kind or signal.kind, command.urgency or signal.urgency
    if (kind, urgency) == (signal.kind, signal.urgency):
        return domain.ref(signal)
    await _check_kind(tx, signal, kind)
    changed = await _told_again(tx, signal, domain.changed(signal, kind=kind, urgency=urgency), actor)
    return await keep(tx, changed, actor, "changed", SignalChanged)


@handles(SnoozeSignal)
async def snooze_signal(command: SnoozeSignal, tx: Transaction) -> SignalRef:
    """Not before that day."""
    signal, actor = await seen(tx, command.signal_id, WORKER)
    domain.refuse_not_theirs(signal, actor)
    if (signal.look_again_on, signal.outcome) == (command.until, None):
        return domain.ref(signal)
    place = await access.place(tx, signal.neighbourhood_id)
    domain.check_rest(command.until, tx.now.astimezone(place.zone).date(), "until")
    resting = domain.resting(signal, command.until)
    await climbing.rest(tx, resting)
    return await keep(tx, resting, actor, "snoozed", SignalSnoozed)


@handles(MergeSignals)
async def merge_signals(command: MergeSignals, tx: Transaction) -> SignalRef:
    """Both are the same matter: one goes on, with the notes of both."""
    actor = who(tx, WORKER)
    found = await repository.both_locked(tx, command.signal_id, command.into_id)
    signal = await _theirs(tx, actor, found.get(command.signal_id), "signal_id")
    into = await _theirs(tx, actor, found.get(command.into_id), "into_id")
    if signal.merged_into == into.signal_id:
        return domain.ref(into)
    domain.check_same_matter(signal, into)
    domain.check_merges(signal, into, actor.uuid)
    return domain.ref(await merge(tx, signal, into, by=str(actor)))


@handles(CloseSignal)
async def close_signal(command: CloseSignal, tx: Transaction) -> SignalRef:
    """How it ended; to keep an eye is no end."""
    signal, actor = await seen(tx, command.signal_id, WORKER)
    if signal.stage == "closed" and signal.outcome == command.outcome:
        return domain.ref(signal)
    domain.refuse_not_theirs(signal, actor)
    if command.look_again_on is not None:
        return await _keep_an_eye(tx, signal, actor, command)
    mediations.check_closes(command.outcome, await mediation.last_of(tx, signal.signal_id))
    return domain.ref(await close(tx, signal, command.outcome, by=str(actor)))


@handles(ReopenSignal)
async def reopen_signal(command: ReopenSignal, tx: Transaction) -> SignalRef:
    """It was not over: it is theirs."""
    signal, actor = await seen(tx, command.signal_id, WORKER)
    if signal.stage == "taken" and signal.worker_id == actor.uuid:
        return domain.ref(signal)
    if signal.stage in GOING:
        raise Rejected("wrong_stage", "signal_id goes on: there is nothing to reopen", "signal_id")
    domain.refuse_stage(signal, domain.CLOSED)
    await raised_anew(tx, signal)
    return await keep(tx, domain.taken(signal, actor.uuid), actor, "reopened", SignalReopened, worker_id=actor.uuid)


# --- what other handlers call


async def seen(
    tx: Transaction, signal_id: UUID, allowed: Collection[Kind], field: str = "signal_id"
) -> tuple[Signal, Actor]:
    """A signal, locked, of a neighbourhood for which the sender answers; to others there is none. And who acts."""
    actor = who(tx, allowed)
    return await _theirs(tx, actor, await repository.locked(tx, signal_id), field), actor


async def keep(
    tx: Transaction, signal: Signal, by: Actor | str, what: What, fact: type[SignalFact], *,
    worker_id: UUID | None = None, outcome: SignalOutcome | None = None, fact_says: Mapping[str, Any] = {},
) -> SignalRef:  # fmt: skip
    """Keep a signal that changed, with what happened to it, and tell that."""
    await repository.save(tx, signal)
    step = Happened(what, str(by), worker_id=worker_id, outcome=outcome)
    await repository.add_step(tx, signal.signal_id, step)
    await tx.emit(told(fact, signal, **fact_says))
    if signal.stage == "taken":
        await climbing.look_after(tx, signal)
    return domain.ref(signal)


async def close(tx: Transaction, signal: Signal, outcome: SignalOutcome, *, by: str) -> Signal:
    """It has ended, and nothing is waited for."""
    signal = domain.closed(signal, outcome, tx.now)
    await climbing.stop(tx, signal.signal_id)
    await keep(tx, signal, by, "closed", SignalClosed, outcome=outcome, fact_says={"outcome": outcome})
    return signal


async def merge(tx: Transaction, signal: Signal, into: Signal, *, by: str) -> Signal:
    """The one goes on as the other. Both are locked, about one person, and go on. Returns the other."""
    gone, stays = domain.merged(signal, into.signal_id, tx.now), domain.took_in(into, signal)
    await climbing.stop(tx, gone.signal_id)
    await keep(tx, gone, by, "merged", SignalMerged, fact_says={"into_id": into.signal_id})
    await repository.point_to(tx, gone.signal_id, into.signal_id)
    if into.stage == "open" and stays.stage == "open" and domain.more_urgent(stays.urgency, into.urgency):
        stays = await climbing.bring(tx, stays, stays.step or "worker", again=True)
    elif into.stage == "open" and stays.stage == "taken":
        await climbing.stop(tx, into.signal_id)
    await keep(tx, stays, by, "changed", SignalChanged)
    return stays


async def raised_anew(tx: Transaction, signal: Signal) -> None:
    """Whom it is about is still known: a signal about nobody can't go on."""
    if await people.person(tx, signal.participant_id) is None:
        raise access.unknown("signal_id")


# --- the steps


async def _theirs(tx: Transaction, actor: Actor, signal: Signal | None, field: str) -> Signal:
    if signal is None:
        raise access.unknown(field)
    has_it = actor.kind == "worker" and actor.uuid in (signal.worker_id, signal.told_id, signal.offered_to)
    ended = has_it and (worker := await people.worker(tx, actor.uuid)) is not None and worker.ended
    if ended or not (has_it or await access.answers_for(tx, actor, signal.neighbourhood_id)):
        raise access.unknown(field)
    return signal


async def _coordinates(tx: Transaction, signal: Signal, actor: Actor) -> bool:
    """Whether they are whom all can fall back on there."""
    place = await access.place(tx, signal.neighbourhood_id)
    return actor.uuid == (await climbing.ladder(tx, place)).coordinator_id


def _may_answer(signal: Signal, actor: Actor, *, agreed: bool) -> bool:
    return signal.offered_to == actor.uuid or (signal.worker_id == actor.uuid and not agreed)


async def _check_colleague(tx: Transaction, signal: Signal, actor: Actor, worker_id: UUID) -> None:
    """A colleague who answers for the same neighbourhood."""
    if worker_id == actor.uuid:
        raise Rejected("same_worker", "worker_id is yourself: name a colleague", "worker_id")
    place = await access.place(tx, signal.neighbourhood_id)
    if not place.answered_for_by(await people.worker(tx, worker_id), worker_id):
        raise Rejected("unknown_id", "worker_id is no worker for this neighbourhood: check the id", "worker_id")


async def _check_kind(tx: Transaction, signal: Signal, kind: str) -> None:
    place = await access.place(tx, signal.neighbourhood_id)
    if kind != signal.kind and not access.policy(tx, place).has_signal_kind(kind):
        raise access.unknown_kind()


async def _told_again(tx: Transaction, before: Signal, after: Signal, actor: Actor) -> Signal:
    """More urgent than it was: whoever is to look at it hears so at once. Less urgent: it waits longer."""
    more = domain.more_urgent(after.urgency, before.urgency)
    if after.stage == "open":
        if more:
            return await climbing.bring(tx, after, after.step or "worker", again=True)
        await climbing.wait(tx, after, await access.place(tx, after.neighbourhood_id))
    elif more and after.stage == "snoozed":
        after = replace(await climbing.back(tx, after, by=str(actor)), version=after.version + 1)
    elif more and str(actor) != f"worker:{after.worker_id}":
        await climbing.tell(tx, after, "worker", after.worker_id, why="new")
    return after


async def _keep_an_eye(tx: Transaction, signal: Signal, actor: Actor, command: CloseSignal) -> SignalRef:
    """It comes back on the day."""
    assert command.look_again_on is not None
    if (signal.look_again_on, signal.outcome) == (command.look_again_on, "keep-an-eye"):
        return domain.ref(signal)
    mediations.check_closes(command.outcome, await mediation.last_of(tx, signal.signal_id))
    place = await access.place(tx, signal.neighbourhood_id)
    domain.check_rest(command.look_again_on, tx.now.astimezone(place.zone).date(), "look_again_on")
    resting = domain.resting(signal, command.look_again_on, "keep-an-eye")
    await climbing.rest(tx, resting)
    return await keep(tx, resting, actor, "snoozed", SignalSnoozed, outcome="keep-an-eye")
