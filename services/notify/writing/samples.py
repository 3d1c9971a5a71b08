"""A mail of every kind, made up: for the gallery, and for the tests. Nobody in it exists."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.notify.writing import data
from services.notify.writing.data import DigestItem, Mail, Meeting, Neighbour, Reader, Thing, Worker
from shared.contracts.exchange import When
from shared.contracts.profiles import Enjoyment
from shared.policy import Policy

ZONE = ZoneInfo("Europe/Brussels")
NOW = datetime(2026, 5, 5, 8, 30, tzinfo=ZONE)
LINK = "https://weefsel.example/l/v1.Qk9vbXRhYWtqZS1pbi1kZS1icmllZg"
DESK = "https://weefsel.example/desk"
MARIE = Worker(name="Marie Claes", phone="09 123 45 67", email="marie@buurtpunt.example")
KARIM = Worker(name="Karim Haddad", phone="09 123 45 68", email="karim@buurtpunt.example")
JOS = Neighbour(name="Jos Peeters", phone="0470 12 34 56", email="jos@post.example")
YUSUF = Neighbour(name="يوسف العلي", phone="0471 65 43 21")
PHONE = "09 222 33 44"
EXCHANGE = UUID("019a2c00-0a10-7c00-8000-1f2e3d4c5b6a")
HEDGE = Thing(
    opening="ask", kind="garden", words="De haag is te hoog geworden, wie snoeit mee? Er is taart.",
    when=When(weekday="tuesday", part="afternoon"),
)  # fmt: skip
HEDGE_AT = Thing(
    opening="ask", kind="garden", words=HEDGE.words, when=When(at=datetime(2026, 5, 12, 14, 0, tzinfo=ZONE))
)
SOUP = Thing(
    opening="offer", kind="meal", words="Ik kook elke zaterdag te veel soep. Wie eet er eens mee?",
    when=When(day=date(2026, 5, 16), part="afternoon"),
)  # fmt: skip
FORM = Thing(opening="ask", kind="phone-or-form", when=When(), often="a-few-times")
NURSING = Thing(opening="ask", words="Kan iemand elke morgen mijn steunkousen aandoen?", when=When(part="morning"))
COFFEE = Meeting(
    gathering_id=UUID("019a2c00-0a10-7c00-8000-1f2e3d4c5b7a"), version=1, title="Koffie en taart in het buurthuis",
    place="Buurthuis, Weverstraat 12", starts_at=datetime(2026, 5, 16, 14, 0, tzinfo=ZONE),
    ends_at=datetime(2026, 5, 16, 16, 30, tzinfo=ZONE), bring="een spel, of gewoon goesting", host="Fatima El Amrani",
)  # fmt: skip


FOR_ANOTHER = data.GatheringInvited(url=LINK, meeting=COFFEE)
"""What goes to who holds the mandate of another."""


def reader(policy: Policy, language: str = "nl", *, of: Mail | None = None) -> Reader:
    """Who reads a sample: a participant, a worker, the contact of a service or the municipality."""
    name, worker = "Martine De Smet", MARIE
    if isinstance(of, data.ToService):
        name = "Poetsen aan Huis"
    elif isinstance(of, data.MonthlyFigures | data.Test):
        name = "Stad Gent"
    elif of is not None and is_to_worker(of):
        name = "Marie Claes"
    from_us = of is not None and (is_to_worker(of) or isinstance(of, data.MonthlyFigures | data.Test))
    return Reader(
        name=name, language=language, policy=policy, zone=ZONE, now=NOW, neighbourhood="Brugse Poort",
        email="martine@post.example", sender="buurt@weefsel.example", worker=None if from_us else worker,
        preferences_url=None if isinstance(of, data.ToService | data.Test) else f"{LINK}/keuzes",
        acts_for="Godelieve Van Hecke" if of is FOR_ANOTHER else None,
    )  # fmt: skip


def is_to_worker(mail: Mail) -> bool:
    return isinstance(mail, data.ToWorker | data.WelcomePeople | data.Digest | data.DeskLink)


def samples() -> dict[str, Mail]:
    """By name: that of the kind, and where one kind can be several things a word behind it."""
    return {**_to_participants(), **_to_workers(), **_to_others()}


def _to_participants() -> dict[str, Mail]:
    url, others = LINK, (JOS,)
    pleasure = Enjoyment(kind="garden", words="buiten bezig zijn, en babbelen")
    by = datetime(2026, 5, 8, 14, 0, tzinfo=ZONE)
    id_ = EXCHANGE
    return {
        "received": data.Received(url=url, thing=FORM),
        "with-worker": data.WithWorker(url=url, thing=NURSING),
        "looking": data.Looking(url=url, thing=HEDGE),
        "looking (offer)": data.Looking(url=url, thing=SOUP),
        "invited": data.Invited(url=url, thing=HEDGE, answer_by=by, pleasure=pleasure, minutes_on_foot=10),
        "invited (offer)": data.Invited(url=url, thing=SOUP, answer_by=by, minutes_on_foot=5),
        "invited (own wish)": data.Invited(url=url, thing=SOUP, answer_by=by, own_wish=True),
        "invited-again": data.InvitedAgain(url=url, thing=HEDGE, answer_by=by, pleasure=pleasure, minutes_on_foot=10),
        "waiting": data.Waiting(url=url, thing=HEDGE),
        "arranged": data.Arranged(url=url, thing=HEDGE),
        "taken-back": data.TakenBack(url=url, thing=HEDGE),
        "found": data.Found(url=url, thing=HEDGE, pleasures=(pleasure,), decide_by=by),
        "found (two)": data.Found(url=url, thing=FORM, people=2, pleasures=(pleasure, Enjoyment(kind="company"))),
        "not-this-time": data.NotThisTime(url=url, thing=HEDGE),
        "resting": data.Resting(url=url, thing=HEDGE, until=date(2026, 5, 26)),
        "agreed": data.Agreed(url=url, exchange_id=id_, version=4, thing=HEDGE_AT, others=others),
        "agreed (no moment yet)": data.Agreed(url=url, exchange_id=id_, version=4, thing=FORM, others=(JOS, YUSUF)),
        "moment-changed": data.MomentChanged(url=url, exchange_id=id_, version=5, thing=HEDGE_AT, others=others),
        "moment-changed (no day yet)": data.MomentChanged(
            url=url, exchange_id=id_, version=5, thing=HEDGE, others=others
        ),
        "cancelled": data.Cancelled(url=url, exchange_id=id_, version=6, thing=HEDGE_AT, others=others),
        "cancelled (sought)": data.Cancelled(url=url, exchange_id=id_, version=6, thing=HEDGE_AT, then="sought"),
        "cancelled (others)": data.Cancelled(url=url, exchange_id=id_, version=6, thing=HEDGE_AT, then="with-others"),
        "nobody-yet": data.NobodyYet(url=url, thing=FORM),
        "ended": data.Ended(url=url, thing=FORM),
        "ended (asked)": data.Ended(url=url, thing=FORM, theirs=False),
        "how-was-it": data.HowWasIt(url=url, thing=HEDGE_AT, others=others),
        "thanked": data.Thanked(
            url=url, thing=HEDGE_AT, name=YUSUF.name, thanks="Merci Martine! Zaterdag staat de koffie klaar."
        ),
        "gathering-invited": data.GatheringInvited(
            url=url, meeting=COFFEE, answer_until=datetime(2026, 5, 15, 14, 0, tzinfo=ZONE)
        ),
        "gathering-invited (for another)": FOR_ANOTHER,
        "gathering-changed": data.GatheringChanged(url=url, meeting=COFFEE),
        "gathering-cancelled": data.GatheringCancelled(url=url, meeting=COFFEE),
        "introduced": data.Introduced(url=url, name=JOS.name),
        "welcome": data.Welcome(url=url, visit_within_days=21),
        "welcome (after a visit)": data.Welcome(url=url, visit_within_days=None),
        "mandate-given": data.MandateGiven(url=url, name=JOS.name, until=date(2027, 4, 30)),
        "mandate-held": data.MandateHeld(url=url, name=YUSUF.name),
        "new-link": data.NewLink(url=url, days=30),
        "circle-asked": data.CircleAsked(url=url, name=JOS.name),
        "circle-agreed": data.CircleAgreed(url=url, name=JOS.name),
        "referral-consent": data.ReferralConsent(
            url=url, fields=("name", "reach", "question"), until=date(2026, 8, 1)
        ),
        "referral-ended": data.ReferralEnded(url=url, next_meeting=COFFEE),
    }  # fmt: skip


def _to_workers() -> dict[str, Mail]:
    url, name, service = DESK, "Martine De Smet", "Poetsen aan Huis"
    on = datetime(2026, 4, 27, 10, 15, tzinfo=ZONE)
    return {
        "urgent-signal": data.UrgentSignal(url=url, name=name, about="mood", raised_at=NOW),
        "escalated": data.Escalated(
            url=url, name=name, about="signal", step="backup", urgency="today", since=NOW, before=KARIM
        ),
        "escalated (coordinator)": data.Escalated(
            url=url, name=name, about="referral", step="coordinator", urgency="this-week", since=on, before=KARIM
        ),
        "signal-back": data.SignalBack(url=url, name=name, about="household"),
        "signal-offered": data.SignalOffered(url=url, name=name, from_name=KARIM.name),
        "mediation-asked": data.MediationAsked(url=url, name=name, thing=HEDGE_AT),
        "limit-reached": data.LimitReached(url=url, name=name, thing=NURSING, why="structural"),
        "referral-answered": data.ReferralAnswered(url=url, name=name, service=service, state="accepted"),
        "referral-answered (no)": data.ReferralAnswered(
            url=url, name=name, service=service, state="rejected", reason="waiting-list"
        ),
        "referral-silent": data.ReferralSilent(url=url, name=name, service=service, requested_at=on, phone=PHONE),
        "ring-service": data.RingService(url=url, name=name, service=service, why="no-address", phone=PHONE),
        "ring-service (mail comes back)": data.RingService(
            url=url, name=name, service=service, why="address-fails", phone=PHONE
        ),
        "referral-decide": data.ReferralDecide(url=url, name=name, service=service, requested_at=on),
        "referral-closed": data.ReferralClosed(
            url=url, name=name, service=service, state="completed", outcome="helped", next_meeting=COFFEE
        ),
        "referral-closed (failed)": data.ReferralClosed(
            url=url, name=name, service=service, state="failed", outcome="could-not-be-reached",
            reason="could-not-reach",
        ),
        "referral-closed (own)": data.ReferralClosed(
            url=url, name=name, service=service, state="completed", outcome="helped", next_meeting=COFFEE, own=True
        ),
        "consent-ran-out": data.ConsentRanOut(url=url, name=name, service=service, ended_at=on),
        "see-invitation": data.SeeInvitation(
            url=url, name=JOS.name, thing=HEDGE, reasons=("enjoys-it", "near", "not-asked-lately"), minutes_on_foot=10
        ),
        "see-half-question": data.SeeHalfQuestion(url=url, name=name, thing=FORM),
        "decide": data.Decide(url=url, name=name, thing=NURSING),
        "send-on": data.SendOn(url=url, name=name, thing=SOUP),
        "welcome-people": data.WelcomePeople(url=url, meeting=COFFEE),
        "visit-overdue": data.VisitOverdue(url=url, name=name, step="worker", registered_at=on),
        "visit-overdue (backup)": data.VisitOverdue(url=url, name=name, step="backup", registered_at=on),
        "address-fails": data.AddressFails(url=url, name=name),
        "ring": data.Ring(url=url, name=YUSUF.name, way="phone", phone=YUSUF.phone, by=date(2026, 5, 7)),
        "ring (letter)": data.Ring(url=url, name=name, way="letter", by=date(2026, 5, 11)),
        "ring (organisation)": data.Ring(url=url, name=name, way="organisation", by=date(2026, 5, 7)),
        "digest": data.Digest(url=DESK, items=_digest()),
        "digest (one)": data.Digest(url=DESK, items=_digest()[:1]),
        "desk-link": data.DeskLink(url=LINK, minutes=60),
    }  # fmt: skip


def _digest() -> tuple[DigestItem, ...]:
    day = datetime(2026, 5, 4, 9, 0, tzinfo=ZONE)
    return (
        DigestItem(what="signal", url=f"{DESK}/1", name="Martine De Smet", since=day),
        DigestItem(what="signal", url=f"{DESK}/2", name="Jos Peeters", since=day, climbed=True),
        DigestItem(what="see-invitation", url=f"{DESK}/3", name="Fatima El Amrani", words=HEDGE.words, since=day),
        DigestItem(what="see-half-question", url=f"{DESK}/4", name="Jos Peeters", words="Ik zou eens willen weten of"),
        DigestItem(what="ring", url=f"{DESK}/5", name=YUSUF.name, number=3, by=datetime(2026, 5, 7, 12, tzinfo=ZONE)),
        DigestItem(what="letter", url=f"{DESK}/11", name="Martine De Smet", since=day),
        DigestItem(what="visit", url=f"{DESK}/6", name="Elke Wouters", since=day),
        DigestItem(what="referral-decide", url=f"{DESK}/7", name="Martine De Smet", since=day),
        DigestItem(what="fell-silent", url=f"{DESK}/8", name="Roger Maes", since=datetime(2026, 3, 1, tzinfo=ZONE)),
        DigestItem(what="welcome-people", url=f"{DESK}/9", words=COFFEE.title),
        DigestItem(what="address-fails", url=f"{DESK}/10", name="Roger Maes"),
        DigestItem(what="double", url=f"{DESK}/12", number=2),
    )


def _to_others() -> dict[str, Mail]:
    url, service = LINK, "Poetsen aan Huis"
    on = datetime(2026, 5, 1, 10, 15, tzinfo=ZONE)
    return {
        "referral-asked": data.ReferralAsked(url=url, service=service),
        "referral-reminder": data.ReferralReminder(url=url, service=service, requested_at=on),
        "referral-withdrawn": data.ReferralWithdrawn(url=url, service=service, requested_at=on),
        "access-ended": data.AccessEnded(url=url, service=service, requested_at=on),
        "figures": data.MonthlyFigures(
            url=url, month=date(2026, 4, 1),
            neighbourhoods=(
                data.NeighbourhoodFigures(
                    name="Brugse Poort", participants=212, with_circle=61, newcomers=14, visited_in_time=12, opened=57,
                    agreed=36, days_to_yes=1.5, people_in_exchanges=58, people_who_gave_a_turn=31, gatherings=6,
                    people_at_gatherings=84, referred=11, answered=9, working_days_to_answer=2, still_open=5,
                    outcomes={"helped": 6, "no-capacity": None},
                ),
                data.NeighbourhoodFigures(name="Rabot", participants=48, opened=9, gatherings=2),
            ),
        ),
        "test": data.Test(url=url, sent_at=NOW),
    }  # fmt: skip
