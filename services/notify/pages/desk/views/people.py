"""People as the desk shows them: what they enjoy first. Never a count of what anyone did."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from services.notify.pages.desk import words
from services.notify.pages.desk.views import exchanges
from services.notify.pages.desk.views.parts import Do, Fact, Go, Item, Names, Say, Tag, kept
from shared.contracts.exchange import Acquaintance, Attention
from shared.contracts.profiles import (
    Circle,
    Enjoyment,
    Mandate,
    ParticipantDetails,
    ParticipantSummary,
    Reach,
    Slot,
    Visit,
)
from shared.contracts.signals import Reading

SHOWN = 12
"""Of whom someone has met: the rest is no list to read."""


def address(participant_id: UUID) -> str:
    return f"/desk/people/{participant_id}"


def line(person: ParticipantSummary, names: Names, say: Say) -> Item:
    """Someone in a list."""
    return Item(
        title=person.name, to=address(person.participant_id), lines=kept(names.place(person.neighbourhood_id)),
        tags=tuple(status(person.status, person.paused_until, bool(person.out_of_matching), say)),
    )  # fmt: skip


def chosen(person: ParticipantSummary, names: Names, say: Say, to: str) -> Item:
    """Someone to choose, for a form that is about somebody."""
    return Item(title=person.name, to=to, lines=kept(names.place(person.neighbourhood_id)))


def newcomer(person: ParticipantSummary, say: Say, now: datetime, within_days: int) -> Item:
    """Someone who has had no visit yet."""
    late = (now - person.registered_at).days >= within_days
    return Item(
        title=person.name, to=address(person.participant_id),
        lines=kept(say("Since {day}", day=say.day(person.registered_at))),
        tags=(Tag(say("Visit is late"), "urgent"),) if late else (Tag(say("Newcomer"), "warm"),),
        doing=(visited(person.participant_id, person.name, say, main=True),),
    )  # fmt: skip


def visited(participant_id: UUID, name: str, say: Say, *, main: bool = False) -> Go:
    return Go(say("Record a visit"), f"{address(participant_id)}/visit", main=main, whom=name)


def attention(found: Attention, names: Names, say: Say) -> Item:
    """A reason to visit someone."""
    name = names.person(found.participant_id)
    doing: list[Go | Do] = [visited(found.participant_id, name, say, main=found.reason != "nobody-found")]
    if found.exchange_id:
        doing.insert(
            0, Go(say("Ask a neighbour yourself"), f"{exchanges.address(found.exchange_id)}/candidates", True, name)
        )
    return Item(
        title=name, to=address(found.participant_id), lines=(say(words.ATTENTION[found.reason]),), doing=tuple(doing),
        when=say("since {day}", day=say.day(found.since)),
    )  # fmt: skip


def status(status: str | None, until: datetime | None, out: bool, say: Say) -> Iterable[Tag]:
    """What to know before anything is asked."""
    if status == "paused":
        yield Tag(say("Pauses until {day}", day=say.day(until)) if until else say("Pauses"), "warm")
    if status == "left":
        yield Tag(say("Left the network"), "warm")
    if out:
        yield Tag(say("No questions between neighbours"), "warm")


def enjoyments(found: Iterable[Enjoyment] | None, say: Say) -> list[str]:
    """Talents or wishes, in their own words where they gave any."""
    shown = []
    for each in found or ():
        kind = say.kind(each.kind) if each.kind else ""
        shown.append(f"{kind}{say.colon} {each.words}" if kind and each.words else each.words or kind)
    return shown


def reach(found: Reach | None, organisation: str, say: Say) -> list[Fact]:
    """How someone is reached, the way they prefer first."""
    if found is None:
        return []
    facts = [Fact(say("Prefers"), say(words.WAY[found.by]))]
    if found.phone:
        facts.append(Fact(say("Phone"), found.phone, f"tel:{_dialled(found.phone)}"))
    if found.email:
        facts.append(Fact(say("E-mail"), found.email, f"mailto:{found.email}"))
    if organisation:
        facts.append(Fact(say("Through"), organisation))
    return facts


def _dialled(phone: str) -> str:
    return "".join(each for each in phone if each.isdigit() or each == "+")


def about(person: ParticipantDetails, names: Names, organisation: str, say: Say) -> list[Fact]:
    """What else is known, in short."""
    facts = [Fact(say("Neighbourhood"), names.place(person.neighbourhood_id))]
    if person.languages:
        facts.append(
            Fact(say("Languages"), ", ".join(say(words.LANGUAGE.get(each, each)) for each in person.languages))
        )
    facts += reach(person.reach, organisation, say)
    if person.availability:
        facts.append(Fact(say("Usually free"), ", ".join(slot(each, say) for each in person.availability)))
    if person.quiet_hours:
        quiet = person.quiet_hours
        facts.append(
            Fact(
                say("Not to be disturbed"),
                say("from {start} to {end}", start=say.hour(quiet.start), end=say.hour(quiet.end)),
            )
        )
    if person.mandate_holder_ids:
        facts.append(
            Fact(say("May answer for them"), ", ".join(names.person(each) for each in person.mandate_holder_ids))
        )
    return facts


def slot(found: Slot, say: Say) -> str:
    return f"{say.weekday(found.weekday)} {say(words.DAY_PART[found.part])}"


def circle(found: Circle, person_id: UUID, say: Say) -> list[Item]:
    """Whom they can fall back on; and who waits for their answer, with the answer right there."""
    shown = [Item(title=each.name, to=address(each.participant_id)) for each in found.members]
    for each in found.asked_by:
        here = {"participant_id": str(person_id), "other_id": str(each.participant_id)}
        shown.append(
            Item(
                title=each.name, to=address(each.participant_id), tags=(Tag(say("Asks to be in the circle"), "warm"),),
                doing=(
                    Do(say("They say yes"), "agree-to-circle", here, main=True, whom=each.name),
                    Do(say("Rather not"), "decline-circle", here, whom=each.name),
                ),
            )
        )  # fmt: skip
    return shown


def acquaintances(found: Iterable[Acquaintance], names: Names, say: Say) -> list[Item]:
    """Whom they have met, and how."""
    return [
        Item(
            title=names.person(each.participant_id), to=address(each.participant_id),
            lines=(say(words.THROUGH[each.through]),),
        )
        for each in found
    ]  # fmt: skip


def visits(found: Iterable[Visit], names: Names, say: Say) -> list[Fact]:
    """Who was with them and when, the latest first; never what was said."""
    latest = sorted(found, key=lambda each: each.visited_at, reverse=True)[:5]
    return [Fact(say.day(each.visited_at), names.worker(each.worker_id)) for each in latest]


def mandates(found: Iterable[Mandate], person_id: UUID, names: Names, say: Say) -> list[Item]:
    """Who may answer for them, and for whom they may."""
    shown = []
    for each in found:
        if each.ended_at is not None:
            continue
        theirs = each.participant_id == person_id
        name = names.person(each.holder_id if theirs else each.participant_id)
        text = say("May answer for them") if theirs else say("They may answer for this person")
        until = say("until {day}", day=say.last_day(each.until)) if each.until else ""
        end = Do(
            say("End it"), "end-mandate",
            {"participant_id": str(each.participant_id), "mandate_id": str(each.mandate_id)}, whom=name,
        )  # fmt: skip
        shown.append(Item(title=name, lines=kept(text, until, say(words.ON_WHOSE_WORD[each.on_word_of])), doing=(end,)))
    return shown


def readings(found: Iterable[Reading], names: Names, say: Say) -> list[Fact]:
    """Who read notes or details, the latest first."""
    latest = sorted(found, key=lambda each: each.at, reverse=True)
    what = {"notes": say("read the notes of a signal"), "details": say("saw the details of a referral")}
    return [Fact(say.moment(each.at), f"{names.actor(each.by, say)} {what[each.what]}") for each in latest]


def actions(person: ParticipantDetails, say: Say) -> list[tuple[str, list[Go | Do]]]:
    """What a worker can do for someone, in groups."""
    at, here = address(person.participant_id), {"participant_id": str(person.participant_id)}
    who = f"participant={person.participant_id}"
    if person.status == "left":
        return [(say("Network"), [Do(say("They come back"), "return-to-network", here)])]
    pause: Go | Do = (
        Do(say("End the pause"), "resume", here) if person.status == "paused" else Go(say("Pause"), f"{at}/pause")
    )
    matching = (
        Go(say("Questions between neighbours again"), f"{at}/into-matching")
        if person.out_of_matching
        else Go(say("No questions between neighbours"), f"{at}/out-of-matching")
    )
    return [
        (say("Speak and follow up"), [
            Go(say("Record a visit"), f"{at}/visit", main=True),
            Go(say("Record an answer"), f"{at}/answer"),
            Go(say("Raise a signal"), f"/desk/signals/raise?{who}"),
            Go(say("Refer to a service"), f"/desk/refer/{person.participant_id}"),
        ]),
        (say("Bring together"), [
            Go(say("An ask or an offer for them"), f"/desk/exchanges/open?{who}"),
            Go(say("Introduce to somebody"), f"{at}/introduce"),
            Go(say("Ask into a circle"), f"{at}/circle"),
            Go(say("Invite to a gathering"), f"{at}/gatherings"),
        ]),
        (say("Change"), [
            Go(say("Talents and wishes"), f"{at}/enjoys"),
            Go(say("Name, language and how to reach them"), f"{at}/change"),
            Go(say("Who may answer for them"), f"{at}/mandate"),
            pause, matching,
            Go(say("Calls and letters"), f"{at}/tasks"),
            Go(say("Leave the network"), f"{at}/leave"),
        ]),
    ]  # fmt: skip
