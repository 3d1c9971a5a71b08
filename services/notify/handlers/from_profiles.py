"""What profiles tells besides how people stand, and who hears of it."""

from __future__ import annotations

from services.notify.domain.mails import NOTHING, Matter
from services.notify.handlers import telling
from shared.contracts.profiles import (
    CircleAgreed,
    CircleAsked,
    DoubleFound,
    MandateGiven,
    ParticipantRegistered,
    VisitOverdue,
    VisitRecorded,
)
from shared.messaging import Transaction, handles


@handles(CircleAsked)
async def on_circle_asked(event: CircleAsked, tx: Transaction) -> None:
    """Someone is asked, quietly, whether another may fall back on them."""
    await telling.tell_participant(tx, "circle-asked", event.other_id, Matter(other_id=event.participant_id))


@handles(CircleAgreed)
async def on_circle_agreed(event: CircleAgreed, tx: Transaction) -> None:
    """Who asked hears the yes, and who said it has not to be asked any more. A no is never told."""
    asked = Matter(other_id=event.participant_id)
    await telling.answered(tx, {"circle-asked"}, person_id=event.other_id, thread=asked.thread)
    await telling.tell_participant(tx, "circle-agreed", event.participant_id, Matter(other_id=event.other_id))


@handles(ParticipantRegistered)
async def on_participant_registered(event: ParticipantRegistered, tx: Transaction) -> None:
    """A worker brought someone in: they are welcomed. Of those whom an import brought, none is, before the first visit:
    hundreds would hear from somebody of whom they never heard."""
    if event.by_worker:
        await telling.tell_participant(tx, "welcome", event.participant_id, NOTHING)


@handles(VisitRecorded)
async def on_visit_recorded(event: VisitRecorded, tx: Transaction) -> None:
    """Who was visited for the first time has in writing what was said; who was welcomed before, not again."""
    if event.first:
        await telling.tell_participant(tx, "welcome", event.participant_id, NOTHING)


@handles(MandateGiven)
async def on_mandate_given(event: MandateGiven, tx: Transaction) -> None:
    """Both hear what it means: for whom it was given, and who holds it."""
    held = Matter(other_id=event.participant_id)
    await telling.tell_participant(tx, "mandate-given", event.participant_id, Matter(other_id=event.holder_id))
    await telling.tell_participant(tx, "mandate-held", event.holder_id, held)


@handles(DoubleFound)
async def on_double_found(event: DoubleFound, tx: Transaction) -> None:
    """Two entries may be one person: a line for the worker, one for all that were found on a day."""
    await telling.doubles_to_digest(tx, event.neighbourhood_id)


@handles(VisitOverdue)
async def on_visit_overdue(event: VisitOverdue, tx: Transaction) -> None:
    """A newcomer waits for a visit: a line for their worker, a mail for who comes after."""
    if event.step == "worker":
        await telling.to_digest(
            tx, "visit", event.worker_id, event.neighbourhood_id, participant_id=event.participant_id
        )
        return
    matter = Matter(participant_id=event.participant_id)
    detail = {"step": event.step}
    await telling.tell_worker(tx, "visit-overdue", event.worker_id, matter, event.neighbourhood_id, detail)
