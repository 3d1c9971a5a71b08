"""Signals as workers and operators see them: each those of the neighbourhoods that they answer for."""

from __future__ import annotations

from services.signals.domain import showing as domain
from services.signals.domain.signals import GOING
from services.signals.handlers import working
from services.signals.repository import mediation, notes, people
from services.signals.repository import signals as repository
from shared.access import STAFF, who
from shared.contracts.signals import ListSignals, ShowSignal, Signal, SignalPage
from shared.messaging import Transaction, handles


@handles(ShowSignal)
async def show_signal(query: ShowSignal, tx: Transaction) -> Signal:
    """One, with all that happened to it. What was said is asked for apart."""
    signal, _ = await working.seen(tx, query.signal_id, STAFF)
    return domain.view(
        signal,
        await notes.how_many(tx, signal.signal_id),
        await mediation.last_of(tx, signal.signal_id),
        await repository.steps(tx, signal.signal_id),
    )


@handles(ListSignals, reads=True)
async def list_signals(query: ListSignals, tx: Transaction) -> SignalPage:
    """The most urgent first."""
    actor = who(tx, STAFF)
    is_worker = actor.kind == "worker"
    seen_by = (actor.uuid, await people.answered_for_by(tx, actor.uuid)) if is_worker else None
    found = await repository.listed(
        tx, neighbourhood_id=query.neighbourhood_id, worker_id=query.worker_id, participant_id=query.participant_id,
        stages=[query.stage] if query.stage else sorted(GOING), seen_by=seen_by,
        after=domain.read_cursor(query.after), limit=query.limit + 1,
    )  # fmt: skip
    return domain.page(found, query.limit)
