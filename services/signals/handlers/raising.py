"""Signals come in: from a worker, a partner, someone about themselves, or the system. The same is raised once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.signals.domain import signals as domain
from services.signals.domain.people import Person
from services.signals.domain.signals import SYSTEM, Happened, Signal, told
from services.signals.handlers import access, climbing
from services.signals.repository import people
from services.signals.repository import signals as repository
from shared.access import ANYONE, who
from shared.contracts.signals import RaiseSignal, SignalCause, SignalRaised, SignalRef, Urgency
from shared.ids import new_id
from shared.messaging import NotYetKnown, Rejected, Transaction, handles

URGENCY: dict[SignalCause, Urgency] = {"drift": "watch", "silence": "watch"}
"""Of what the system raises; the rest is for this week."""
KIND: dict[SignalCause, str] = {"limit": "limit", "drift": "limit", "silence": "silence", "not-good": "mediation"}
"""What the system's signals are about; the rest is `other`."""


@handles(RaiseSignal)
async def raise_signal(command: RaiseSignal, tx: Transaction) -> SignalRef:
    """Someone noticed something about a person."""
    actor = who(tx, ANYONE)
    person = await access.person(tx, command.participant_id, ANYONE)
    await _check(tx, person, command.kind)
    signal = Signal(
        signal_id=new_id(), version=1, participant_id=person.participant_id, neighbourhood_id=person.neighbourhood_id,
        kind=command.kind, urgency=command.urgency, cause="noticed", stage="open", raised_by=str(actor),
        raised_at=tx.now, on_word_of=domain.word_of(actor, command.on_word_of, person.participant_id),
        exchange_id=command.exchange_id,
    )  # fmt: skip
    return domain.ref(await _raise(tx, signal))


async def raise_by_system(
    tx: Transaction, cause: SignalCause, participant_id: UUID, *, kind: str = "", urgency: Urgency | None = None,
    exchange_id: UUID | None = None, referral_id: UUID | None = None, unless_visited_since: datetime | None = None,
    told_id: UUID | None = None,
) -> UUID | None:  # fmt: skip
    """Raise what the system noticed; returns the signal.

    While one of this cause about this person and exchange or referral goes on, it is that one: none is added. None when
    it is about someone who left, or whom a worker has spoken with since. `told_id`: a worker who hears of it by another
    event; else it is brought to the worker of the moment.
    """
    person = await known(tx, participant_id)
    visited = unless_visited_since is not None and person.visited_at is not None
    if (person.status == "left" and cause != "not-good") or (visited and person.visited_at > unless_visited_since):  # type: ignore[operator]
        return None
    going = await repository.going(tx, person.participant_id, cause, exchange_id, referral_id)
    if going is not None:
        return going
    signal = Signal(
        signal_id=new_id(), version=1, participant_id=person.participant_id, neighbourhood_id=person.neighbourhood_id,
        kind=kind or KIND.get(cause, "other"), urgency=urgency or URGENCY.get(cause, "this-week"), cause=cause,
        stage="open", raised_by=SYSTEM, raised_at=tx.now, exchange_id=exchange_id, referral_id=referral_id,
    )  # fmt: skip
    return (await _raise(tx, signal, told_id)).signal_id


async def known(tx: Transaction, participant_id: UUID) -> Person:
    """Whom an event names, under the entry they go on under, held: two that raise the same wait for each other. When
    profiles has not told of them yet, the message comes again."""
    found = await people.locked(tx, await people.survivor(tx, participant_id) or participant_id)
    if found is None:
        raise NotYetKnown("participant")
    return found


async def _raise(tx: Transaction, signal: Signal, told_id: UUID | None = None) -> Signal:
    """Keep it, and bring it to the worker of the moment, unless someone is told already."""
    await repository.add(tx, signal)
    await repository.add_step(tx, signal.signal_id, Happened("raised", signal.raised_by))
    await tx.emit(told(SignalRaised, signal))
    signal = await (climbing.told_elsewhere(tx, signal, told_id) if told_id else climbing.bring(tx, signal))
    await repository.save(tx, signal)
    return signal


async def _check(tx: Transaction, person: Person, kind: str) -> None:
    """Someone who takes part, and a kind that the policy knows."""
    if person.status == "left":
        raise Rejected("left", "participant_id has left the network: they return first", "participant_id")
    place = await access.place(tx, person.neighbourhood_id)
    if not access.policy(tx, place).has_signal_kind(kind):
        raise Rejected(
            "unknown_kind", "kind is no kind of signal of the neighbourhood's policy: choose one from its list", "kind"
        )
