"""What exchange tells, and who hears of it."""

from __future__ import annotations

from services.notify.domain.mails import Matter
from services.notify.handlers import telling
from shared.contracts.exchange import InvitationAnswered, NextStepReached, WorkerAsked
from shared.messaging import Transaction, handles


@handles(NextStepReached)
async def on_next_step_reached(event: NextStepReached, tx: Transaction) -> None:
    """Someone is told where something stands for them."""
    matter = Matter(
        exchange_id=event.exchange_id, invitation_id=event.invitation_id, gathering_id=event.gathering_id,
        other_id=event.other_id,
    )  # fmt: skip
    await telling.tell_participant(tx, event.step, event.participant_id, matter)


@handles(InvitationAnswered)
async def on_invitation_answered(event: InvitationAnswered, tx: Transaction) -> None:
    """A worker who was to ring has rung: their task is done with the answer that they recorded."""
    await telling.done_with(tx, event.participant_id, event.invitation_id)


@handles(WorkerAsked)
async def on_worker_asked(event: WorkerAsked, tx: Transaction) -> None:
    """What waits for a worker, exchange lists when the digest is written; that a gathering has no host, it doesn't."""
    if event.to == "welcome-people":
        await telling.to_digest(
            tx, "welcome-people", event.worker_id, event.neighbourhood_id, matter_id=event.gathering_id
        )
