"""Gatherings: planned, also recurring, with whom is invited and who was there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from services.notify.pages.desk import words as called
from services.notify.pages.desk.at import (
    asks,
    either,
    given_id,
    kinds,
    made,
    me,
    names,
    of_places,
    on_clock,
    person,
    places,
    words,
)
from services.notify.pages.desk.choosing import choose_person, found_by_name
from services.notify.pages.desk.forms import Field, Form, Option, hidden, options
from services.notify.pages.desk.views import gatherings as views
from services.notify.pages.desk.views.parts import Do, Item, Section, kept
from services.notify.pages.page import Page
from services.notify.pages.registry import desk
from shared import clock
from shared.contracts.exchange import (
    CancelGathering,
    ChangeGathering,
    Gathering,
    InviteToGathering,
    ListGatherings,
    PlanGathering,
    RecordAttendance,
    ShowGathering,
)

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@desk("/gatherings")
async def all_gatherings(page: Page) -> Response:
    """What is planned, and what was lately and has nobody recorded yet."""
    say, here, now = words(page), places(page), clock.now()
    queries = [ListGatherings(neighbourhood_id=each, since=now - timedelta(days=21), limit=60) for each in here]
    found = [each for answer in await of_places(page, *queries) for each in answer.gatherings]
    coming = [each for each in found if each.starts_at > now and each.stage != "cancelled"]
    past = [each for each in found if each.starts_at <= now and each.stage == "planned"]
    sections = [
        Section("past", say("Who was there?"), tuple(views.line(each, say) for each in past)),
        Section("coming", say("Planned"), tuple(views.line(each, say) for each in coming),
                empty=say("Nothing is planned yet.")),
    ]  # fmt: skip
    return page.show("desk/gatherings.html", sections=sections)


@desk("/gatherings/plan")
async def plan(page: Page) -> Response:
    """A gathering, once or again and again, with a host or with the worker as one."""
    say, here, named = words(page), places(page), await names(page)
    soon = (clock.now() + timedelta(days=7)).astimezone(page.speech.zone).replace(hour=14, minute=0)
    form = Form(
        say("Plan a gathering"),
        say("Plan it"),
        back="/desk/gatherings",
        intro=(say("People who know each other and people who don't are invited, half and half."),),
        fields=(
            Field(
                "title", say("What is it called?"), required=True, longest=100, hint=say("Such as: coffee and cake.")
            ),
            Field(
                "neighbourhood_id",
                say("Neighbourhood"),
                "select",
                [Option(each, named.place(each)) for each in here],
                required=True,
                value=here[0] if here else "",
            ),
            Field("place", say("Where?"), required=True, longest=200, hint=say("A place that people can find.")),
            *_times(page, soon, soon + timedelta(hours=2)),
            Field("rhythm", say("How often?"), "select", options(called.RHYTHM, say), about=("repeats",)),
            Field("times", say("How many times?"), "number", value="6", hint=say("Only when it comes back.")),
            Field(
                "kind",
                say("What is done there?"),
                "select",
                [Option("", say("Just meeting")), *kinds(page)],
                hint=say("Who enjoys it is thought of first."),
            ),
            Field(
                "seats", say("How many seats are there?"), "number", hint=say("Leave it empty when everyone fits in.")
            ),
            Field("bring", say("What can people bring?"), longest=140, hint=say("Never a condition.")),
            Field("invite", say("Invite neighbours who may enjoy it"), "tick", value="yes"),
        ),
    )
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    starts, ends = _given_times(page)
    command = made(
        page, form, PlanGathering, neighbourhood_id=page.text("neighbourhood_id"), title=page.text("title"),
        place=page.text("place"), starts_at=starts, ends_at=ends, kind=page.text("kind"), seats=page.number("seats"),
        bring=page.text("bring"), repeats=repeats(page.text("rhythm"), starts, page.number("times")),
        invite=bool(page.text("invite")),
    )  # fmt: skip
    ref = await page.do(command, fields=form.places())
    return page.go(views.address(ref.gathering_id), said="gathering-planned")


def repeats(rhythm: str, starts: datetime | None, times: int | None) -> str | None:
    """A recurrence rule (RFC 5545) on the day of the week of the first one."""
    if not rhythm or starts is None:
        return None
    day, count = _DAYS[starts.weekday()], f"COUNT={max(2, min(times or 6, 60))}"
    nth = (starts.day - 1) // 7 + 1
    return {
        "weekly": f"FREQ=WEEKLY;BYDAY={day};{count}",
        "two-weeks": f"FREQ=WEEKLY;INTERVAL=2;BYDAY={day};{count}",
        "monthly": f"FREQ=MONTHLY;BYDAY={nth if nth < 5 else -1}{day};{count}",
    }.get(rhythm)


@desk("/gatherings/{matter_id:uuid}")
async def one_gathering(page: Page) -> Response:
    """A gathering, who comes, and who was invited."""
    me(page)
    say, gathering = words(page), await _gathering(page)
    named = await names(page, views.people(gathering))
    coming, others = views.guests(gathering, named, say)
    begun = gathering.starts_at <= clock.now()
    first, rest = views.actions(gathering, begun, say)
    sections = [
        Section("coming", say("Was coming") if begun else say("Comes"), tuple(coming), empty=say("Nobody yet.")),
        Section("invited", say("Invited"), tuple(others)),
    ]
    return page.show(
        "desk/gathering.html", gathering=gathering, facts=views.facts(gathering, named, say), sections=sections,
        tags=views.tags(gathering, say), first=first, rest=rest,
    )  # fmt: skip


@desk("/gatherings/{matter_id:uuid}/invite")
async def invite(page: Page) -> Response:
    """A neighbour, in person."""
    gathering = await _gathering(page)
    at = views.address(gathering.gathering_id)
    chosen = await choose_person(page, f"{at}/invite", title=words(page).say("Invite a neighbour"), back=at)
    if isinstance(chosen, Response):
        return chosen
    say, someone = words(page), await person(page, chosen)
    form = Form(
        say("Invite a neighbour"), say("Invite"), back=at,
        about=say("{one} → {other}", one=someone.name or "", other=gathering.title),
        intro=kept(say.moment(gathering.starts_at), gathering.place), fields=hidden(participant_id=chosen),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    await page.do(InviteToGathering(gathering_id=gathering.gathering_id, participant_id=chosen), fields=form.places())
    return page.go(at, said="invite-to-gathering")


@desk("/people/{matter_id:uuid}/gatherings")
async def gatherings_for(page: Page) -> Response:
    """The gatherings that somebody could be invited to."""
    say, someone = words(page), await person(page, page.matter_id)
    found = await page.ask(ListGatherings(neighbourhood_id=someone.neighbourhood_id or "-", stage="planned", limit=30))
    items = []
    for each in found.gatherings:
        line = views.line(each, say)
        here = {"gathering_id": str(each.gathering_id), "participant_id": str(page.matter_id)}
        do = Do(say("Invite"), "invite-to-gathering", here, main=True, whom=each.title)
        items.append(Item(line.title, line.to, line.lines, tags=line.tags, doing=(do,)))
    section = Section("gatherings", say("Planned"), tuple(items), empty=say("Nothing is planned yet."))
    back = f"/desk/people/{page.matter_id}"
    return page.show(
        "desk/list.html", title=say("Invite to a gathering"), about=someone.name or "", back=back, back_here=back,
        sections=[section], intro="",
    )  # fmt: skip


@desk("/gatherings/{matter_id:uuid}/attendance")
async def attendance(page: Page) -> Response:
    """Who was there, also who came unasked: they know each other from now on."""
    me(page)
    say, gathering = words(page), await _gathering(page)
    extra = given_id(page, "also")
    ids = {each.participant_id for each in gathering.guests} | ({extra} if extra else set())
    named = await names(page, ids)
    there = {
        each.participant_id for each in gathering.guests if each.was_there or (each.was_there is None and each.coming)
    }
    people = sorted((named.person(each), str(each)) for each in ids)
    ticked = frozenset(str(each) for each in there | ({extra} if extra else set()))
    sought = page.text("name") if page.posted and page.text("what") == "look" else ""
    if sought:
        found = await found_by_name(page, sought)
        named = await names(page)
        section = Section("found", say("Found"), tuple(
            Item(each.name, f"{page.path}?also={each.participant_id}", kept(named.place(each.neighbourhood_id)))
            for each in found
        ), empty=say("Nobody here is called that. Try a part of the name."))  # fmt: skip
        return page.show("desk/choose.html", title=say("Who else was there?"), question="", path=page.path, name=sought,
                         back=page.path, section=section, kept={}, what="look")  # fmt: skip
    form = Form(
        say("Record who was there"),
        say("Record it"),
        back=views.address(gathering.gathering_id),
        about=gathering.title,
        intro=(say("Whoever was there has met: from now on they count as people who know each other."),),
        fields=(
            Field(
                "people",
                say("Who was there?"),
                "checks",
                [Option(id_, name) for name, id_ in people],
                values=ticked,
                about=("participant_ids",),
            ),
        ),
    )
    if not page.posted:
        return page.show("desk/attendance.html", form=form, named=form.naming(page.mistakes))
    command = made(
        page, form, RecordAttendance, gathering_id=gathering.gathering_id, participant_ids=page.several("people")
    )
    await page.do(command, fields=form.places())
    return page.go(views.address(gathering.gathering_id), said="attendance-recorded")


@desk("/gatherings/{matter_id:uuid}/change")
async def change(page: Page) -> Response:
    """Another time, place or wording."""
    say, gathering = words(page), await _gathering(page)
    form = Form(
        say("Change the gathering"),
        say("Change it"),
        back=views.address(gathering.gathering_id),
        about=gathering.title,
        intro=(say("Whoever comes hears of it."),),
        fields=(
            Field("title", say("What is it called?"), required=True, longest=100, value=gathering.title),
            Field("place", say("Where?"), required=True, longest=200, value=gathering.place),
            *_times(page, gathering.starts_at, gathering.ends_at),
            Field("seats", say("How many seats are there?"), "number", value=str(gathering.seats or "")),
            Field("bring", say("What can people bring?"), longest=140, value=gathering.bring or ""),
        ),
    )
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    starts, ends = _given_times(page)
    command = made(
        page, form, ChangeGathering, gathering_id=gathering.gathering_id, title=page.text("title"),
        place=page.text("place"), starts_at=starts, ends_at=ends, seats=page.number("seats"), bring=page.text("bring"),
    )  # fmt: skip
    await page.do(command, fields=form.places())
    return page.go(views.address(gathering.gathering_id), said="gathering-changed")


@desk("/gatherings/{matter_id:uuid}/cancel")
async def cancel(page: Page) -> Response:
    """It does not go on; who was to come is told."""
    say, gathering = words(page), await _gathering(page)
    following = Field("and_following", say("Also all that come after it"), "tick")
    form = Form(
        say("It is not going ahead"),
        say("Tell everyone"),
        back=views.address(gathering.gathering_id),
        about=gathering.title,
        intro=kept(say.moment(gathering.starts_at), say("Whoever was coming hears of it.")),
        grave=True,
        fields=(following,) if gathering.series_id else (),
    )
    if not page.posted:
        return asks(page, form)
    await page.do(CancelGathering(gathering_id=gathering.gathering_id, and_following=bool(page.text("and_following"))),
                  fields=form.places())  # fmt: skip
    return page.go(views.address(gathering.gathering_id), said="gathering-cancelled")


def _times(page: Page, starts: datetime, ends: datetime) -> tuple[Field, ...]:
    say = words(page)
    return (
        Field("starts", say("When does it begin?"), "moment", required=True, value=on_clock(page, starts),
              about=("starts_at",)),
        Field("ends", say("Until what time?"), "time", required=True, value=on_clock(page, ends)[-5:],
              about=("ends_at", "")),
    )  # fmt: skip


def _given_times(page: Page) -> tuple[datetime | None, datetime | None]:
    """From when until when, on one day; what runs past midnight ends the day after."""
    starts, until = page.moment("starts", "starts_time"), page.clock("ends")
    either((starts is None, "starts", "missing"), (until is None, "ends", "missing"))
    assert starts is not None
    assert until is not None
    ends = datetime.combine(starts.date(), until, page.speech.zone)
    return starts, ends if ends > starts else ends + timedelta(days=1)


async def _gathering(page: Page) -> Gathering:
    found: Any = await page.ask(ShowGathering(gathering_id=page.matter_id))
    return found  # type: ignore[no-any-return]
