"""Gatherings: come or not, welcome people, plan one."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from services.notify.pages import moments
from services.notify.pages.neighbour.answers import one_of
from services.notify.pages.page import Page
from services.notify.pages.registry import mine, opens
from services.notify.writing import calendars, data
from shared import clock
from shared.contracts.exchange import (
    AnswerGathering,
    CancelGathering,
    Gathering,
    GatheringRef,
    GuestRef,
    ListGatherings,
    PlanGathering,
    RecordAttendance,
    ShowGathering,
)

RHYTHMS = {"": "", "weekly": "FREQ=WEEKLY", "fortnightly": "FREQ=WEEKLY;INTERVAL=2", "monthly": "FREQ=MONTHLY"}
FIELDS = moments.FIELDS | {"title": "title", "place": "place", "seats": "seats", "bring": "bring", "repeats": "repeats"}


@opens("gathering")
@mine("/gathering/{matter_id:uuid}")
async def gathering(page: Page) -> Response:
    """Who comes, and what they bring. A host welcomes, cancels, and says who was there."""
    if page.posted:
        action = {"answer": _answer, "cancel": _cancel, "was-there": _was_there}
        return page.go(said=await action[one_of(page, "do", action)](page))
    found: Gathering = await page.ask(ShowGathering(gathering_id=page.matter_id))
    if page.wants_calendar and found.stage == "planned":
        meeting = data.Meeting(
            gathering_id=found.gathering_id, version=found.version, title=found.title, place=found.place,
            starts_at=found.starts_at, ends_at=found.ends_at,
        )  # fmt: skip
        return page.file(calendars.gathering(meeting, page.speech.zone, clock.now()))
    hosts = found.host_id == page.person_id
    own = next((each for each in found.guests if each.participant_id == page.person_id), None)
    names = await page.names([found.host_id, *(each.participant_id for each in found.guests if hosts)])
    return page.show(
        "neighbour/gathering.html", gathering=found, own=own, names=names, hosts=hosts,
        begun=found.starts_at <= clock.now(),
    )  # fmt: skip


async def _answer(page: Page) -> str:
    coming = one_of(page, "answer", ("yes", "no")) == "yes"
    command = page.build(
        AnswerGathering, gathering_id=page.matter_id, participant_id=page.person_id, coming=coming,
        bringing=page.text("bringing") or None if coming else None,
    )  # fmt: skip
    answer: GuestRef = await page.do(command)
    return "full" if coming and not answer.coming else "coming" if coming else "not-coming"


async def _cancel(page: Page) -> str:
    await page.do(CancelGathering(gathering_id=page.matter_id, and_following=page.text("following") == "yes"))
    return "gathering-cancelled"


async def _was_there(page: Page) -> str:
    await page.do(page.build(RecordAttendance, gathering_id=page.matter_id, participant_ids=page.several("was-there")))
    return "saved"


@mine("/gatherings")
async def gatherings(page: Page) -> Response:
    """What there is to go to in the neighbourhood. Anyone can, invited or not."""
    place = page.neighbourhood.neighbourhood_id if page.neighbourhood else ""
    found = await page.ask(ListGatherings(neighbourhood_id=place, stage="planned", limit=30))
    return page.show("neighbour/gatherings.html", gatherings=found.gatherings)


@mine("/plan")
async def plan(page: Page) -> Response:
    """Plan a gathering; whoever plans it welcomes people."""
    if not page.posted:
        return page.show("neighbour/plan.html", rhythms=list(RHYTHMS))
    starts, ends = moments.lasting(page)
    repeats = RHYTHMS.get(page.text("repeats"), "")
    values: dict[str, Any] = {
        "title": page.text("title"), "place": page.text("place"), "starts_at": starts, "ends_at": ends,
        "seats": page.number("seats"), "bring": page.text("bring") or None,
        "repeats": f"{repeats};COUNT={page.number('times') or 6}" if repeats else None,
        "neighbourhood_id": page.neighbourhood.neighbourhood_id if page.neighbourhood else "",
    }  # fmt: skip
    command = page.build_at(FIELDS, PlanGathering, host_id=page.person_id, **values)
    made: GatheringRef = await page.do(command, fields=FIELDS)
    return page.go(f"/mine/gathering/{made.gathering_id}", said="planned")
