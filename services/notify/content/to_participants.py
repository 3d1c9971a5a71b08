"""What participants read: what exchange says of where something stands for them, circles, referrals, links."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.notify.asking import Asker
from services.notify.content.writing import Moot, Writing, question, writes
from services.notify.domain.mails import ANSWERED, Mail
from services.notify.writing import data
from services.notify.writing.data import Meeting, Thing
from shared.contracts.exchange import (
    Exchange,
    ExchangeSummary,
    Gathering,
    Invitation,
    ShowExchange,
    ShowGathering,
    ShowInvitation,
)
from shared.contracts.profiles import Circle, ListMandates, ListVisits, MandatePage, ShowCircle, VisitPage
from shared.contracts.signals import Referral, ShowReferral
from shared.messaging.client import Refused

SEEKING = ("open", "inviting")
STANDS = {
    "received": ("draft",), "with-worker": ("handed-over", "draft"), "looking": SEEKING, "found": ("proposed",),
    "nobody-yet": SEEKING, "resting": SEEKING, "agreed": ("agreed", "done"), "moment-changed": ("agreed",),
    "how-was-it": ("agreed", "done"),
}  # fmt: skip
"""At which stage of the exchange it is still so."""


def _exchange(mail: Mail) -> ShowExchange:
    assert mail.matter.exchange_id is not None
    return ShowExchange(exchange_id=mail.matter.exchange_id)


def _invitation(mail: Mail) -> ShowInvitation:
    assert mail.matter.invitation_id is not None
    return ShowInvitation(invitation_id=mail.matter.invitation_id)


def _gathering(mail: Mail) -> ShowGathering:
    assert mail.matter.gathering_id is not None
    return ShowGathering(gathering_id=mail.matter.gathering_id)


def _circle(mail: Mail) -> ShowCircle:
    assert mail.about is not None
    return ShowCircle(participant_id=mail.about)


def _referral(mail: Mail) -> ShowReferral:
    assert mail.matter.referral_id is not None
    return ShowReferral(referral_id=mail.matter.referral_id)


def thing(of: Exchange | ExchangeSummary | Invitation) -> Thing:
    """What it is about, without whose it is."""
    often = of.often if isinstance(of, (Exchange, Invitation)) else "once"
    return Thing(opening=of.opening, kind=of.kind, words=of.words, when=of.when, often=often)


def meeting(gathering: Gathering, host: str | None = None) -> Meeting:
    return Meeting(
        gathering_id=gathering.gathering_id, version=gathering.version, title=gathering.title, place=gathering.place,
        starts_at=gathering.starts_at, ends_at=gathering.ends_at, bring=gathering.bring, host=host,
    )  # fmt: skip


# --- what they asked or offered


_SIMPLE = {
    "received": data.Received, "with-worker": data.WithWorker, "looking": data.Looking, "resting": data.Resting,
    "nobody-yet": data.NobodyYet, "found": data.Found, "ended": data.Ended,
}  # fmt: skip


@writes(*_SIMPLE, asks=_exchange)
async def where_it_stands(writing: Writing, exchange: Exchange) -> data.Mail:
    """As long as it stands so."""
    kind = writing.mail.kind
    _still(kind, exchange)
    theirs = exchange.participant_id == writing.mail.about
    more: dict[str, Any] = {}
    if kind == "found":
        said_yes = [each for each in exchange.others if not each.agreed]
        more = {"people": len(said_yes), "pleasures": tuple(each.pleasure for each in said_yes if each.pleasure)}
    if kind == "ended":
        more = {"theirs": theirs}
    url = await writing.link("proposal" if kind == "found" else "exchange", exchange.exchange_id)
    mail: data.Mail = _SIMPLE[kind](url=url, thing=thing(exchange), **more)
    return mail


@writes("agreed", "moment-changed", "cancelled", "how-was-it", asks=_exchange)
async def between_them(writing: Writing, exchange: Exchange) -> data.Mail:
    """Both sides agreed: names and contacts, for as long as that is so."""
    kind = writing.mail.kind
    _still(kind, exchange)
    if kind == "how-was-it" and exchange.how_it_was is not None:
        raise Moot("they said how it was")
    others = tuple([await writing.neighbour(each) for each in _agreed_with(exchange, writing.mail)])
    common: dict[str, Any] = {"url": await writing.link("exchange", exchange.exchange_id), "thing": thing(exchange)}
    if kind == "how-was-it":
        return data.HowWasIt(others=others, **common)
    common |= {"exchange_id": exchange.exchange_id, "version": exchange.version}
    if kind == "cancelled":
        return data.Cancelled(then=_then(exchange, writing.mail), **common)
    return (data.Agreed if kind == "agreed" else data.MomentChanged)(others=others, **common)


@writes("thanked", asks=_exchange)
async def thanked(writing: Writing, exchange: Exchange) -> data.Mail:
    """A word of thanks: the last one that another said."""
    said = [each for each in exchange.thanks if each.participant_id != writing.mail.about]
    if not said:
        raise Moot("the words are gone")
    last = max(said, key=lambda each: each.said_at)
    return data.Thanked(
        url=await writing.link("exchange", exchange.exchange_id), thing=thing(exchange),
        name=await writing.name(last.participant_id), thanks=last.words,
    )  # fmt: skip


# --- what they are asked


@writes("invited", "invited-again", asks=_invitation)
async def invited(writing: Writing, invitation: Invitation) -> data.Mail:
    """As long as it waits for their answer."""
    if invitation.stage != "asked":
        raise Moot("it is answered, or no longer asked")
    kind = data.InvitedAgain if writing.mail.kind == "invited-again" else data.Invited
    return kind(
        url=await writing.link("invitation", invitation.invitation_id), thing=thing(invitation),
        answer_by=invitation.answer_by, own_wish=invitation.own, pleasure=invitation.pleasure,
        minutes_on_foot=invitation.minutes_on_foot,
    )  # fmt: skip


_ANSWERED = {
    "waiting": data.Waiting, "arranged": data.Arranged, "taken-back": data.TakenBack,
    "not-this-time": data.NotThisTime,
}  # fmt: skip


async def _invitation_or_exchange(asker: Asker, mail: Mail) -> Invitation | Exchange:
    """What is taken back as a whole names no invitation."""
    query = _invitation(mail) if mail.matter.invitation_id else _exchange(mail)
    found: Invitation | Exchange = await question(asker, query, mail.actor)
    return found


@writes(*_ANSWERED, asks=_invitation_or_exchange)
async def what_came_of_it(writing: Writing, of: Invitation | Exchange) -> data.Mail:
    """What came of a question that they were asked."""
    if writing.mail.kind == "waiting" and isinstance(of, Invitation) and of.stage != "yes":
        raise Moot("it has gone on since")
    mail: data.Mail = _ANSWERED[writing.mail.kind](
        url=await writing.link("exchange", of.exchange_id), thing=thing(of)
    )  # fmt: skip
    return mail


@writes("gathering-invited", "gathering-changed", "gathering-cancelled", asks=_gathering)
async def gathering(writing: Writing, found: Gathering) -> data.Mail:
    """As long as it is planned, and lies ahead; that it is cancelled, as long as it does."""
    kind = writing.mail.kind
    if found.starts_at <= writing.tx.now or (found.stage == "cancelled") != (kind == "gathering-cancelled"):
        raise Moot("it stands otherwise by now")
    mine = [each for each in found.guests if each.participant_id == writing.mail.about]
    if kind == "gathering-invited" and any(each.coming is not None for each in mine):
        raise Moot(ANSWERED)
    host = await writing.name(found.host_id) if found.host_id and found.host_id != writing.mail.about else None
    common: dict[str, Any] = {
        "url": await writing.link("gathering", found.gathering_id), "meeting": meeting(found, host),
    }  # fmt: skip
    if kind == "gathering-invited":
        return data.GatheringInvited(**common)
    return (data.GatheringChanged if kind == "gathering-changed" else data.GatheringCancelled)(**common)


# --- people they know


@writes("introduced")
async def introduced(writing: Writing, _: None) -> data.Mail:
    """The worker brought two people together."""
    return data.Introduced(url=await writing.link("page"), name=await writing.name(writing.mail.matter.other_id))


@writes("circle-asked", asks=_circle)
async def circle_asked(writing: Writing, circle: Circle) -> data.Mail:
    """As long as the question waits for them."""
    other_id = writing.mail.matter.other_id
    if other_id not in {each.participant_id for each in circle.asked_by}:
        raise Moot("it is answered, or no longer asked")
    return data.CircleAsked(url=await writing.link("circle", other_id), name=await writing.name(other_id))


@writes("circle-agreed", asks=_circle)
async def circle_agreed(writing: Writing, circle: Circle) -> data.Mail:
    """As long as they are in each other's circle."""
    other_id = writing.mail.matter.other_id
    if other_id not in {each.participant_id for each in circle.members}:
        raise Moot("they are no longer in each other's circle")
    return data.CircleAgreed(url=await writing.link("page", detail="/mine/circle"), name=await writing.name(other_id))


# --- referrals


@writes("referral-consent", asks=_referral)
async def referral_consent(writing: Writing, referral: Referral) -> data.Mail:
    """What they agreed to, while it runs."""
    consent = referral.consent
    if consent is None or consent.ended_at is not None:
        raise Moot("the consent has ended")
    zone = writing.place.zone if writing.place else None
    return data.ReferralConsent(
        url=await writing.link("referral", referral.referral_id), fields=tuple(consent.fields),
        until=(consent.until - timedelta(microseconds=1)).astimezone(zone).date(),
    )  # fmt: skip


async def _referral_if_shown(asker: Asker, mail: Mail) -> Referral | None:
    try:
        found: Referral = await question(asker, _referral(mail), mail.actor)
    except (Moot, Refused):
        raise Moot("the referral is no longer theirs to see") from None
    return found


@writes("referral-ended", asks=_referral_if_shown)
async def referral_ended(writing: Writing, referral: Referral) -> data.Mail:
    """Access has ended."""
    return data.ReferralEnded(url=await writing.link("referral", referral.referral_id))


# --- links


@writes("new-link")
async def new_link(writing: Writing, _: None) -> data.Mail:
    """They asked for a new link."""
    return data.NewLink(url=await writing.link("page"), days=writing.policy.notify.link_days)


async def _visits(asker: Asker, mail: Mail) -> VisitPage:
    assert mail.about is not None
    found: VisitPage = await question(asker, ListVisits(participant_id=mail.about, limit=1), "operator")
    return found


@writes("welcome", asks=_visits)
async def welcome(writing: Writing, found: VisitPage) -> data.Mail:
    """To a newcomer, whom their worker comes to see, or has seen."""
    days = None if found.visits else writing.policy.visits.within_days
    return data.Welcome(url=await writing.link("page"), visit_within_days=days)


# --- mandates


def _mandates(mail: Mail) -> ListMandates:
    assert mail.about is not None
    return ListMandates(participant_id=mail.about)


@writes("mandate-given", "mandate-held", asks=_mandates)
async def mandate(writing: Writing, found: MandatePage) -> data.Mail:
    """To both, as long as it runs."""
    mail, other_id = writing.mail, writing.mail.matter.other_id
    given = mail.kind == "mandate-given"
    running = [
        each for each in found.mandates
        if each.ended_at is None and other_id == (each.holder_id if given else each.participant_id)
    ]  # fmt: skip
    if not running:
        raise Moot("it has ended")
    until, zone = running[-1].until, writing.place.zone if writing.place else None
    kind = data.MandateGiven if given else data.MandateHeld
    return kind(
        url=await writing.link("page"), name=await writing.name(other_id),
        until=(until - timedelta(microseconds=1)).astimezone(zone).date() if until else None,
    )  # fmt: skip


def _still(kind: str, exchange: Exchange) -> None:
    if kind in STANDS and exchange.stage not in STANDS[kind]:
        raise Moot("it stands otherwise by now")


def _agreed_with(exchange: Exchange, mail: Mail) -> list[Any]:
    """The others of an agreement, as exchange shows them to who is in it. Who only said yes is not among them."""
    others = [each.participant_id for each in exchange.others if each.agreed]
    if exchange.participant_id is None or mail.about not in (*others, exchange.participant_id):
        return []
    if mail.about == exchange.participant_id:
        return others
    return [exchange.participant_id]


def _then(exchange: Exchange, mail: Mail) -> Any:
    """What comes of it, for the side that opened it."""
    if exchange.participant_id != mail.about or exchange.ended_at is not None:
        return "ended"
    return "with-others" if exchange.stage == "agreed" else "sought"
