"""What waits for the worker today, from what each service answered: each line with what can be done about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import islice
from uuid import UUID

from services.notify.pages.desk import words
from services.notify.pages.desk.views import exchanges, gatherings, people, referrals, signals
from services.notify.pages.desk.views.parts import Do, Go, Item, Names, Say, Section, Tag
from shared.contracts.exchange import Attention, ExchangeSummary, Gathering, Invitation
from shared.contracts.notify import Task, TaskWay
from shared.contracts.profiles import ParticipantSummary
from shared.contracts.signals import ReferralSummary, SignalSummary

MOST = 5
"""Lines of one kind; the rest is a page further."""
URGENCIES = ("today", "this-week", "watch")
TO_VISIT = frozenset({"knows-nobody", "fell-silent", "one-way", "much-rests-on-them"})


@dataclass(frozen=True, slots=True)
class Found:
    """What the services answered; None for what is away."""

    signals: Sequence[SignalSummary] | None = ()
    referrals: Sequence[ReferralSummary] | None = ()
    held: Sequence[Invitation] | None = ()
    drafts: Sequence[ExchangeSummary] | None = ()
    attention: Sequence[Attention] | None = ()
    past: Sequence[Gathering] | None = ()
    """Gatherings that are over, and of which nobody has said who was there."""
    newcomers: Sequence[ParticipantSummary] | None = ()
    tasks: Sequence[Task] | None = ()
    openers: Mapping[UUID, UUID] = field(default_factory=dict)
    """Whose the ask or offer is about which a neighbour waits to be asked, by exchange."""

    def people(self) -> set[UUID]:
        """Whose names the page shows."""
        found: set[UUID] = set()
        for those in (self.signals, self.referrals, self.held, self.attention, self.tasks):
            found |= {each.participant_id for each in those or ()}
        found |= set(self.openers.values())
        return found | {each.participant_id for each in self.drafts or () if each.participant_id}

    @property
    def away(self) -> bool:
        return any(getattr(self, each.name) is None for each in fields(self))


@dataclass(frozen=True, slots=True)
class At:
    """Who looks, and when."""

    me: UUID
    now: datetime
    visit_within_days: int
    words: Say
    names: Names = field(repr=False)


def sections(found: Found, at: At) -> list[Section]:
    """All that waits, what waits least well first; what holds nothing is left out."""
    say, names = at.words, at.names
    drafts = found.drafts or ()
    attention = found.attention or ()
    made = [
        *_signals(found.signals or (), at),
        _section(
            "invitations",
            say("Look before a neighbour is asked"),
            (exchanges.held(each, names, say, found.openers.get(each.exchange_id)) for each in found.held or ()),
            "/desk/exchanges",
            at,
            say("They don't know each other yet: you decide whether the question goes."),
        ),
        _section(
            "half",
            say("Half questions"),
            (exchanges.line(each, names, say) for each in drafts if _half(each)),
            "/desk/exchanges",
            at,
            say("For your eyes alone, until you open them together."),
        ),
        _section(
            "doubt",
            say("Is this a small thing?"),
            (
                exchanges.line(each, names, say)
                for each in drafts
                if each.stage == "draft" and not _half(each) and not each.by_system
            ),
            "/desk/exchanges",
            at,
        ),
        _section(
            "handed-over",
            say("Left to you"),
            (exchanges.line(each, names, say) for each in drafts if each.stage == "handed-over"),
            "/desk/exchanges",
            at,
        ),
        _section(
            "tasks",
            say("To ring, or to bring a letter"),
            to_tell(found.tasks or (), at),
            "/desk/tasks",
            at,
        ),
        *_referrals(found.referrals or (), at),
        _section(
            "newcomers",
            say("Newcomers"),
            (people.newcomer(each, say, at.now, at.visit_within_days) for each in _late_first(found.newcomers or ())),
            "/desk/newcomers",
            at,
        ),
        _section(
            "gatherings",
            say("Who was there?"),
            (_past(each, say) for each in found.past or ()),
            "/desk/gatherings",
            at,
        ),
        _section(
            "wishes",
            say("A wish that fits a talent"),
            (exchanges.line(each, names, say) for each in drafts if each.by_system and each.stage == "draft"),
            "/desk/exchanges",
            at,
            say("Nobody asked for it. You can send it on, or leave it."),
        ),
        _section(
            "nobody",
            say("Nobody was found yet"),
            (people.attention(each, names, say) for each in attention if each.reason == "nobody-found"),
            "/desk/attention",
            at,
        ),
        _section(
            "visit",
            say("A reason to drop by"),
            (people.attention(each, names, say) for each in attention if each.reason in TO_VISIT),
            "/desk/attention",
            at,
        ),
    ]
    return [each for each in made if each.items]


def _section(key: str, heading: str, items: Iterable[Item], more: str, at: At, intro: str = "") -> Section:
    """Of the items no more are made than are shown."""
    say, first = at.words, tuple(islice(items, MOST + 1))
    further = Go(say("See all"), more, whom=heading) if len(first) > MOST else None
    return Section(key, heading, first[:MOST], intro=intro, more=further)


def _signals(found: Sequence[SignalSummary], at: At) -> Iterable[Section]:
    """By urgency: what is this worker's, what they were told of, and what a colleague asks them to take over."""
    say = at.words
    headings = {
        "today": say("Signals for today"), "this-week": say("Signals for this week"),
        "watch": say("Signals to keep an eye on"),
    }  # fmt: skip
    live = [each for each in found if each.stage in ("open", "taken")]
    for urgency in URGENCIES:
        those = [each for each in live if each.urgency == urgency]
        lines = (signals.line(each, at.names, at.words, at.me) for each in those)
        yield _section(f"signals-{urgency}", headings[urgency], lines, "/desk/signals", at)


def _referrals(found: Sequence[ReferralSummary], at: At) -> Iterable[Section]:
    say = at.words

    def lines(those: Iterable[ReferralSummary]) -> Iterable[Item]:
        return (referrals.line(each, at.names, say, at.now) for each in those)

    late = [each for each in found if each.decide_by and each.decide_by <= at.now]
    silent = [each for each in found if each.state == "requested" and each not in late]
    yield _section("decide", say("No answer came: decide"), lines(late), "/desk/referrals", at)
    drafts = [each for each in found if each.state == "draft"]
    yield _section("referral-drafts", say("Referrals being prepared"), lines(drafts), "/desk/referrals", at)
    yield _section("silent", say("Referrals without an answer"), lines(silent), "/desk/referrals", at)


def _half(exchange: ExchangeSummary) -> bool:
    return exchange.half and exchange.stage == "draft"


def _late_first(found: Sequence[ParticipantSummary]) -> list[ParticipantSummary]:
    return sorted(found, key=lambda each: each.registered_at)


def _past(gathering: Gathering, say: Say) -> Item:
    line = gatherings.line(gathering, say)
    at = f"{gatherings.address(gathering.gathering_id)}/attendance"
    return Item(line.title, line.to, line.lines, doing=(Go(say("Record who was there"), at, True, line.title),))


def to_tell(found: Iterable[Task], at: At) -> list[Item]:
    """Whom to ring, or to bring letters: each person once, whatever there is to tell; what is due first in front."""
    whose: dict[UUID, list[Task]] = {}
    for each in sorted(found, key=lambda task: (task.do_by, task.task_id)):
        whose.setdefault(each.participant_id, []).append(each)
    return [_to_tell(each, at) for each in whose.values()]


def way_to(found: Sequence[Task]) -> TaskWay:
    """By which way one tells somebody all of it: the one that they prefer now."""
    return max(found, key=lambda task: (task.given_at, task.task_id)).way


def _to_tell(found: Sequence[Task], at: At) -> Item:
    say, first, way = at.words, found[0], way_to(found)
    name, here = at.names.person(first.participant_id), f"/desk/people/{first.participant_id}/tasks"
    late = (Tag(say("Late"), "urgent"),) if first.do_by <= at.now else ()
    see = Go(say("See what to say") if way != "letter" else say("See the letter"), here, True, name)
    done = (Do(say("Done"), "do-task", {"task_id": str(first.task_id)}, whom=name),) if len(found) == 1 else ()
    return Item(
        title=name, to=here, tags=(Tag(say(words.TASK_WAY[way]), "warm"), *late),
        lines=(say.count("About {number} thing", "About {number} things", len(found)),) if len(found) > 1 else (),
        when=say("by {day}", day=say.day(first.do_by)), doing=(see, *done),
    )  # fmt: skip
