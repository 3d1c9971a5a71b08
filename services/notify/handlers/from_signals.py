"""What signals tells, and who hears of it. A kind beside a name stands in no event: it is asked when it is sent."""

from __future__ import annotations

from services.notify.domain.mails import ENDS, Matter
from services.notify.handlers import telling
from services.notify.repository import mails
from shared.contracts.signals import (
    NextStepProposed,
    ReferralConsentEnded,
    ReferralConsentGiven,
    ReferralMoved,
    ServiceAsked,
    SignalOffered,
    WorkerTold,
)
from shared.messaging import Transaction, handles

_REFERRAL = {
    "no-answer": "referral-silent", "decide": "referral-decide", "ended": "referral-closed",
    "renew-consent": "consent-ran-out", "ring-service": "ring-service",
}  # fmt: skip
_VERBS = {
    "requested": "referral-asked", "reminded": "referral-reminder", "cancelled": "referral-withdrawn",
    "access-ended": "access-ended",
}  # fmt: skip
_ANSWERS = ("accepted", "in-progress", "on-hold")
"""Of a service. That it has ended, the worker is told in another way."""
ENDED = ("rejected", "completed", "failed", "cancelled", "entered-in-error")


@handles(WorkerTold)
async def on_worker_told(event: WorkerTold, tx: Transaction) -> None:
    """Something open is brought to a worker, at once or in their digest."""
    place = event.neighbourhood_id
    if _can_wait(event):
        if event.signal_id is not None:
            what = "signal-still" if event.why == "lies-still" else "signal-back"
            await telling.to_digest(tx, what, event.worker_id, place, matter_id=event.signal_id)
        return
    matter = Matter(
        signal_id=event.signal_id, referral_id=event.referral_id, exchange_id=event.exchange_id,
        invitation_id=event.invitation_id, gathering_id=event.gathering_id,
    )  # fmt: skip
    detail = {"step": event.step, "about": event.about, "urgency": event.urgency, "why": event.why}
    await telling.tell_worker(tx, _kind(event), event.worker_id, matter, place, detail)


def _can_wait(event: WorkerTold) -> bool:
    """What exchange asked a worker stands in their digest until it climbs; what came back, unless it is pressing."""
    if event.step != "worker":
        return False
    came_back = event.why == "came-back" and event.urgency != "today"
    return event.about == "asked" or event.why == "lies-still" or came_back


def _kind(event: WorkerTold) -> str:
    """The mail that tells it. Of a signal, what it is about decides when it is sent."""
    if event.step != "worker":
        return "escalated"
    return "signal" if event.about == "signal" else _REFERRAL.get(event.why, "referral-decide")


@handles(SignalOffered)
async def on_signal_offered(event: SignalOffered, tx: Transaction) -> None:
    """A colleague waits for an answer."""
    detail = {"from_id": str(event.worker_id)} if event.worker_id else {}
    matter = Matter(signal_id=event.signal_id)
    await telling.tell_worker(tx, "signal-offered", event.to_id, matter, event.neighbourhood_id, detail)


@handles(ReferralMoved)
async def on_referral_moved(event: ReferralMoved, tx: Transaction) -> None:
    """A service has answered: its worker hears at once. With its end nobody has to hear any more what was agreed to."""
    if event.state in ENDED:
        await telling.is_over(tx, ENDS["referral-over"], Matter(referral_id=event.referral_id))
    if event.state in _ANSWERS and event.worker_id is not None:
        matter = Matter(referral_id=event.referral_id, participant_id=event.participant_id)
        detail = {"state": event.state}
        await telling.tell_worker(tx, "referral-answered", event.worker_id, matter, event.neighbourhood_id, detail)


@handles(NextStepProposed)
async def on_next_step_proposed(event: NextStepProposed, tx: Transaction) -> None:
    """A referral has ended: with the same mail that tells so, what could come next."""
    matter = Matter(referral_id=event.referral_id)
    detail = {"next_gathering_id": str(event.gathering_id)} if event.gathering_id else {}
    mail_id = await telling.tell_worker(
        tx, "referral-closed", event.worker_id, matter, event.neighbourhood_id, detail
    )  # fmt: skip
    if mail_id is not None and detail:
        await mails.add_to_detail(tx, mail_id, detail)


@handles(ServiceAsked)
async def on_service_asked(event: ServiceAsked, tx: Transaction) -> None:
    """The contact of a service that is no partner is written to."""
    await telling.tell_contact(tx, _VERBS[event.verb], event.referral_id, event.neighbourhood_id)


@handles(ReferralConsentGiven)
async def on_referral_consent_given(event: ReferralConsentGiven, tx: Transaction) -> None:
    """What someone agreed to, they have in writing, with the way to withdraw it."""
    await telling.tell_participant(tx, "referral-consent", event.participant_id, Matter(referral_id=event.referral_id))


@handles(ReferralConsentEnded)
async def on_referral_consent_ended(event: ReferralConsentEnded, tx: Transaction) -> None:
    """Access is closed, and they hear it, unless they closed it themselves."""
    await telling.is_over(tx, ENDS["referral-over"], Matter(referral_id=event.referral_id))
    if event.ending != "withdrawn":
        await telling.tell_participant(
            tx, "referral-ended", event.participant_id, Matter(referral_id=event.referral_id)
        )
