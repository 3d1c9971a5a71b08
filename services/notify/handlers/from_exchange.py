"""What exchange tells, and who hears of it."""

from __future__ import annotations

from services.notify.domain.mails import ENDS, QUESTIONS, Matter
from services.notify.handlers import telling
from shared.contracts.exchange import (
    ExchangeAgreed,
    ExchangeDone,
    ExchangeDropped,
    ExchangeExpired,
    ExchangeFact,
    ExchangeHandedOver,
    ExchangeOpened,
    ExchangeReleased,
    ExchangeReopened,
    ExchangeWithdrawn,
    GatheringAnswered,
    GatheringBegan,
    GatheringCancelled,
    GatheringHeld,
    HowItWasSaid,
    InvitationAnswered,
    NextStepReached,
    WorkerAsked,
)
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
    await telling.answered(tx, QUESTIONS, person_id=event.participant_id, invitation_id=event.invitation_id)


@handles(WorkerAsked)
async def on_worker_asked(event: WorkerAsked, tx: Transaction) -> None:
    """What waits for a worker, exchange lists when the digest is written; that a gathering has no host, it doesn't."""
    if event.to == "welcome-people":
        await telling.to_digest(
            tx, "welcome-people", event.worker_id, event.neighbourhood_id, matter_id=event.gathering_id
        )


# --- what needs no telling any more


@handles(GatheringAnswered)
async def on_gathering_answered(event: GatheringAnswered, tx: Transaction) -> None:
    """Somebody said whether they come: they have not to be asked any more."""
    await telling.answered(tx, QUESTIONS, person_id=event.participant_id, gathering_id=event.gathering_id)


@handles(HowItWasSaid)
async def on_how_it_was_said(event: HowItWasSaid, tx: Transaction) -> None:
    """They have not to be asked any more how it was."""
    thread = Matter(exchange_id=event.exchange_id).thread
    await telling.answered(tx, {"how-was-it"}, person_id=event.participant_id, thread=thread)


@handles(ExchangeOpened)
async def on_exchange_opened(event: ExchangeOpened, tx: Transaction) -> None:
    """Neighbours are sought: it is before the worker no more."""
    await _over(event, tx, "opened")


@handles(ExchangeReopened)
async def on_exchange_reopened(event: ExchangeReopened, tx: Transaction) -> None:
    """Neighbours are sought again: that it had ended is not so any more."""
    await _over(event, tx, "opened")


@handles(ExchangeHandedOver)
async def on_exchange_handed_over(event: ExchangeHandedOver, tx: Transaction) -> None:
    """It is with the worker: nobody is asked about it now."""
    await _over(event, tx, "handed-over")


@handles(ExchangeReleased)
async def on_exchange_released(event: ExchangeReleased, tx: Transaction) -> None:
    """What was found or agreed isn't any more."""
    await _over(event, tx, "released")


@handles(ExchangeAgreed)
async def on_exchange_agreed(event: ExchangeAgreed, tx: Transaction) -> None:
    """Both sides agreed: how it stood before, nobody has to hear."""
    await _over(event, tx, "agreed")


@handles(ExchangeDone)
async def on_exchange_done(event: ExchangeDone, tx: Transaction) -> None:
    """It happened."""
    await _over(event, tx, "done")


@handles(ExchangeWithdrawn)
async def on_exchange_withdrawn(event: ExchangeWithdrawn, tx: Transaction) -> None:
    """It was taken back."""
    await _over(event, tx, "over")


@handles(ExchangeExpired)
async def on_exchange_expired(event: ExchangeExpired, tx: Transaction) -> None:
    """It ended by itself. How it was is not asked after that: silence is an answer."""
    await _over(event, tx, "over")


@handles(ExchangeDropped)
async def on_exchange_dropped(event: ExchangeDropped, tx: Transaction) -> None:
    """What the worker alone saw has ended."""
    await _over(event, tx, "over")


@handles(GatheringCancelled)
async def on_gathering_cancelled(event: GatheringCancelled, tx: Transaction) -> None:
    """Nobody has to be asked any more."""
    await telling.is_over(tx, ENDS["gathering-over"], Matter(gathering_id=event.gathering_id))


@handles(GatheringBegan)
async def on_gathering_began(event: GatheringBegan, tx: Transaction) -> None:
    """Whether they come, nobody has to be asked any more; perhaps nobody ever says who was there."""
    await telling.is_over(tx, ENDS["gathering-over"], Matter(gathering_id=event.gathering_id))


@handles(GatheringHeld)
async def on_gathering_held(event: GatheringHeld, tx: Transaction) -> None:
    """It has been."""
    await telling.is_over(tx, ENDS["gathering-over"], Matter(gathering_id=event.gathering_id))


async def _over(event: ExchangeFact, tx: Transaction, what: str) -> None:
    await telling.is_over(tx, ENDS[what], Matter(exchange_id=event.exchange_id))
