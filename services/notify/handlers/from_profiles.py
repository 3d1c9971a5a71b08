"""What profiles tells besides how people stand, and who hears of it."""

from __future__ import annotations

from services.notify.domain.mails import Matter
from services.notify.handlers import telling
from shared.contracts.profiles import CircleAgreed, CircleAsked, VisitOverdue
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
