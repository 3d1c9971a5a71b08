"""What exchange tells, and who hears of it."""

from __future__ import annotations

from collections.abc import Mapping

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
    GatheringFact,
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


_STANDS: Mapping[type[ExchangeFact], str] = {
    ExchangeOpened: "opened",  # neighbours are sought: it is before the worker no more
    ExchangeReopened: "opened",  # so that it had ended, nobody has to hear
    ExchangeHandedOver: "handed-over",  # nobody is asked about it now
    ExchangeReleased: "released",  # what was found or agreed isn't any more
    ExchangeAgreed: "agreed",
    ExchangeDone: "done",
    ExchangeWithdrawn: "over",
    ExchangeExpired: "over",  # how it was is not asked after that: silence is an answer
    ExchangeDropped: "over",  # what the worker alone saw
}


@handles(*_STANDS)
async def on_exchange_stands_otherwise(event: ExchangeFact, tx: Transaction) -> None:
    """How an exchange stood before, nobody has to hear any more."""
    await telling.is_over(tx, ENDS[_STANDS[type(event)]], Matter(exchange_id=event.exchange_id))


@handles(GatheringBegan, GatheringCancelled, GatheringHeld)
async def on_gathering_over(event: GatheringFact, tx: Transaction) -> None:
    """Nobody is asked any more whether they come. That it began is enough: who was there, perhaps nobody says."""
    await telling.is_over(tx, ENDS["gathering-over"], Matter(gathering_id=event.gathering_id))
