"""What workers read at once. Signals and referrals are shown to them as the desk shows them; notes never are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from services.notify.asking import Asker
from services.notify.content.to_participants import meeting, thing
from services.notify.content.writing import DESK_LINK_LASTS, Moot, Writing, question, writes
from services.notify.domain.mails import Mail
from services.notify.repository import people, tasks
from services.notify.writing import data
from shared.contracts.exchange import (
    Exchange,
    Gathering,
    Invitation,
    ShowExchange,
    ShowGathering,
    ShowInvitation,
)
from shared.contracts.signals import (
    Referral,
    ReferralState,
    ServiceContact,
    ShowReferral,
    ShowServiceContact,
    ShowSignal,
    Signal,
)

FOR_THE_DIGEST = "in the digest"
"""Why a signal that can wait is no mail of its own."""


def _signal(mail: Mail) -> ShowSignal:
    assert mail.matter.signal_id is not None
    return ShowSignal(signal_id=mail.matter.signal_id)


def _referral(mail: Mail) -> ShowReferral:
    assert mail.matter.referral_id is not None
    return ShowReferral(referral_id=mail.matter.referral_id)


# --- signals


async def _signal_and_exchange(asker: Asker, mail: Mail) -> tuple[Signal, Exchange | None]:
    """A signal; and of a limit, or what was not good, the exchange that it came from."""
    signal: Signal = await question(asker, _signal(mail), mail.actor)
    if signal.exchange_id is None or signal.cause not in ("limit", "drift", "not-good"):
        return signal, None
    return signal, await question(asker, ShowExchange(exchange_id=signal.exchange_id), mail.actor)


@writes("signal", asks=_signal_and_exchange)
async def signal(writing: Writing, asked: tuple[Signal, Exchange | None]) -> data.Mail:
    """What is pressing, beyond a limit, or went wrong. The rest can wait for the digest."""
    found, exchange = asked
    _refuse_taken(found, writing.mail.to_id)
    common: dict[str, Any] = {
        "url": await writing.desk(f"/signals/{found.signal_id}"), "name": await writing.name(found.participant_id),
    }  # fmt: skip
    if exchange is not None and found.cause == "not-good":
        return data.MediationAsked(thing=thing(exchange), **common)
    if exchange is not None:
        return data.LimitReached(thing=thing(exchange), why=exchange.why or "drift", **common)
    if writing.mail.detail.get("why") == "new" and found.raised_by == f"worker:{writing.mail.to_id}":
        raise Moot("they raised it themselves")
    if found.urgency != "today":
        raise Moot(FOR_THE_DIGEST)
    if writing.mail.detail.get("why") == "came-back":
        return data.SignalBack(about=found.kind, **common)
    return data.UrgentSignal(
        about=found.kind, raised_at=found.raised_at, cause=found.cause,
        climbs_in_hours=writing.policy.signals.climb_today_hours, **common,
    )  # fmt: skip


@writes("signal-offered", asks=_signal)
async def signal_offered(writing: Writing, found: Signal) -> data.Mail:
    """As long as the colleague waits for an answer."""
    if found.offered_to != writing.mail.to_id:
        raise Moot("it is answered, or no longer asked")
    colleague = await writing.worker_called(found.worker_id)
    return data.SignalOffered(
        url=await writing.desk(f"/signals/{found.signal_id}"), name=await writing.name(found.participant_id),
        from_name=colleague.name if colleague else "",
    )  # fmt: skip


def _refuse_taken(found: Signal, worker_id: UUID | None) -> None:
    if found.stage in ("closed", "merged") or found.worker_id not in (None, worker_id):
        raise Moot("a colleague has it, or it has ended")


# --- what climbed to them


async def _whatever_it_is(asker: Asker, mail: Mail) -> Any:
    """What climbed, by the one id that says it."""
    matter = mail.matter
    if matter.signal_id:
        return await question(asker, _signal(mail), mail.actor)
    if matter.referral_id:
        return await question(asker, _referral(mail), mail.actor)
    if matter.invitation_id:
        return await question(asker, ShowInvitation(invitation_id=matter.invitation_id), mail.actor)
    if matter.gathering_id:
        return await question(asker, ShowGathering(gathering_id=matter.gathering_id), mail.actor)
    assert matter.exchange_id is not None
    return await question(asker, ShowExchange(exchange_id=matter.exchange_id), mail.actor)


@writes("escalated", asks=_whatever_it_is)
async def escalated(writing: Writing, found: Any) -> data.Mail:
    """Nobody got to it in time: to the backup, or the coordinator."""
    mail = writing.mail
    if isinstance(found, Signal):
        _refuse_taken(found, mail.to_id)
        path, name, since = f"/signals/{found.signal_id}", await writing.name(found.participant_id), found.raised_at
    elif isinstance(found, Referral):
        path, since = f"/referrals/{found.referral_id}", found.requested_at or found.drafted_at
        name = await writing.name(found.participant_id)
        if found.ended_at is not None:
            raise Moot("the referral has ended")
    elif isinstance(found, Invitation):
        if found.stage != "held":
            raise Moot("the invitation was looked at")
        path, name = f"/exchanges/{found.exchange_id}", await writing.name(found.participant_id)
        since = mail.made_at
    elif isinstance(found, Exchange):
        if found.stage not in ("draft", "handed-over"):
            raise Moot("it was looked at")
        path, name = f"/exchanges/{found.exchange_id}", await writing.name(found.participant_id)
        since = found.drafted_at
    else:
        assert isinstance(found, Gathering)
        path, name, since = f"/gatherings/{found.gathering_id}", found.title, mail.made_at
    before = writing.place.worker_id if writing.place else None
    return data.Escalated(
        url=await writing.desk(path), name=name, about=mail.detail["about"], step=mail.detail["step"],
        urgency=mail.detail["urgency"], since=since,
        before=await writing.worker_called(before) if before != mail.to_id else None,
    )  # fmt: skip


@writes("visit-overdue")
async def visit_overdue(writing: Writing, _: None) -> data.Mail:
    """A newcomer waits for a visit."""
    participant_id = writing.mail.matter.participant_id
    return data.VisitOverdue(
        url=await writing.desk(f"/people/{participant_id}/visit"), name=await writing.name(participant_id),
        step=writing.mail.detail["step"],
    )  # fmt: skip


# --- referrals


@writes("referral-answered", asks=_referral)
async def referral_answered(writing: Writing, found: Referral) -> data.Mail:
    """The service answered. What the worker recorded themselves they know."""
    if found.state != writing.mail.detail["state"]:
        raise Moot("it has gone on since")
    if _recorded(found, found.state, writing.mail.to_id):
        raise Moot("they recorded it themselves")
    return data.ReferralAnswered(state=found.state, reason=found.reason, **await _about(writing, found))


async def _referral_and_contact(asker: Asker, mail: Mail) -> tuple[Referral, ServiceContact | None]:
    """A referral, and how its service is reached; null when that is not known any more."""
    referral: Referral = await question(asker, _referral(mail), mail.actor)
    try:
        return referral, await question(asker, ShowServiceContact(referral_id=referral.referral_id), "operator")
    except Moot:
        return referral, None


@writes("ring-service", asks=_referral_and_contact)
async def ring_service(writing: Writing, asked: tuple[Referral, ServiceContact | None]) -> data.Mail:
    """No mail reaches the service, and it has not answered."""
    found, contact = asked
    if found.state != "requested":
        raise Moot("the service answered")
    why: Literal["no-address", "address-fails"] = (
        "address-fails" if writing.mail.detail.get("why") == "address-fails" else "no-address"
    )
    return data.RingService(why=why, phone=contact.phone if contact else None, **await _about(writing, found))


@writes("referral-silent", asks=_referral_and_contact)
async def referral_silent(writing: Writing, asked: tuple[Referral, ServiceContact | None]) -> data.Mail:
    """As long as there is no answer."""
    found, contact = asked
    if found.state != "requested" or found.requested_at is None:
        raise Moot("the service answered")
    return data.ReferralSilent(
        requested_at=found.requested_at, phone=contact.phone if contact else None, **await _about(writing, found)
    )


@writes("referral-decide", asks=_referral)
async def referral_decide(writing: Writing, found: Referral) -> data.Mail:
    """As long as the worker hasn't said so."""
    if found.ended_at is not None or found.requested_at is None:
        raise Moot("the referral has ended")
    return data.ReferralDecide(requested_at=found.requested_at, **await _about(writing, found))


async def _referral_and_gathering(asker: Asker, mail: Mail) -> tuple[Referral, Gathering | None]:
    referral: Referral = await question(asker, _referral(mail), mail.actor)
    next_id = mail.detail.get("next_gathering_id")
    if next_id is None:
        return referral, None
    try:
        return referral, await question(asker, ShowGathering(gathering_id=UUID(next_id)), mail.actor)
    except Moot:
        return referral, None


@writes("referral-closed", asks=_referral_and_gathering)
async def referral_closed(writing: Writing, asked: tuple[Referral, Gathering | None]) -> data.Mail:
    """It ended, and what could come next."""
    found, following = asked
    if found.ended_at is None:
        raise Moot("it goes on")
    ahead = following if following and following.starts_at > writing.tx.now else None
    own = _recorded(found, found.state, writing.mail.to_id)
    if own and ahead is None:
        raise Moot("they recorded it themselves")
    return data.ReferralClosed(
        own=own, state=found.state, outcome=found.outcome, reason=found.reason,
        next_meeting=meeting(ahead) if ahead else None, **await _about(writing, found),
    )  # fmt: skip


@writes("consent-ran-out", asks=_referral)
async def consent_ran_out(writing: Writing, found: Referral) -> data.Mail:
    """Renew it, or stop."""
    if found.ended_at is not None or found.consent is None or found.consent.ended_at is None:
        raise Moot("it is renewed, or has ended")
    return data.ConsentRanOut(ended_at=found.consent.ended_at, **await _about(writing, found))


def _recorded(found: Referral, state: ReferralState, worker_id: UUID | None) -> bool:
    """Whether this worker recorded themselves that it came to stand so."""
    moved = [each for each in found.steps if each.what == "moved" and each.state == state]
    return bool(moved) and moved[-1].by == f"worker:{worker_id}"


async def _about(writing: Writing, found: Referral) -> dict[str, Any]:
    return {
        "url": await writing.desk(f"/referrals/{found.referral_id}"),
        "name": await writing.name(found.participant_id), "service": found.service_name,
    }  # fmt: skip


# --- tasks and links


@writes("ring")
async def ring(writing: Writing, _: None) -> data.Mail:
    """Somebody without e-mail is to hear of a change today."""
    task = await tasks.read(writing.tx, UUID(writing.mail.detail["task_id"]))
    if task is None or task.stage != "open":
        raise Moot("somebody has told them")
    person = await people.person(writing.tx, task.participant_id)
    zone = writing.place.zone if writing.place else None
    return data.Ring(
        url=await writing.desk(f"/people/{task.participant_id}/tasks"), name=await writing.name(task.participant_id),
        way=task.way, phone=person.phone if person else None, by=task.do_by.astimezone(zone).date(),
    )  # fmt: skip


@writes("desk-link")
async def desk_link(writing: Writing, _: None) -> data.Mail:
    """They asked for a link to the desk."""
    return data.DeskLink(url=await writing.desk(), minutes=DESK_LINK_LASTS // timedelta(minutes=1))
