"""Gatherings: planned by anyone, once or by a rule, changed, cancelled, and looked at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared import clock
from shared.contracts.exchange import (
    CancelGathering,
    ChangeGathering,
    GatheringBegan,
    GatheringCancelled,
    GatheringChanged,
    GatheringDue,
    GatheringPlanned,
    ListGatherings,
    NextStepReached,
    PlanGathering,
    RecordAttendance,
    ShowGathering,
    WorkerAsked,
)
from shared.contracts.profiles import ConsentsKept, NeighbourhoodKept, ParticipantErased
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.exchange.looking_back import MARIE, WORKER
from tests.exchange.meeting import BRUSSELS, Meeting, moment
from tests.exchange.meeting import meeting as made_meeting
from tests.handling import ORGANISATION


@pytest.fixture(scope="module")
async def made(module_stack: MakeStack) -> AsyncIterator[Meeting]:
    async with made_meeting(module_stack) as found:
        yield found


@pytest.fixture
def meeting(made: Meeting) -> Meeting:
    """It is ten in the morning, in neighbourhoods of one's own."""
    made.ten()
    return made


def command(meeting: Meeting, place: str, **more: Any) -> PlanGathering:
    day = meeting.today() + timedelta(days=7)
    values = {"neighbourhood_id": place, "title": "Koffie", "place": "Het buurthuis"}
    return PlanGathering.model_validate(values | {"starts_at": moment(day, 14), "ends_at": moment(day, 16)} | more)


# --- planning


async def test_anyone_plans_a_gathering(meeting: Meeting) -> None:
    """Someone for themselves, who holds their mandate, a worker, an operator, a partner where it may act."""
    place = await meeting.place()
    daughter = await meeting.someone(await meeting.place())
    host = await meeting.someone(place, mandate_holder_ids=[daughter])
    await meeting.grant("buurtpunt-app", place)
    mark = await meeting.mark()
    own = command(meeting, place, host_id=host)
    for actor in (f"participant:{host}", f"participant:{daughter}", WORKER, "operator"):
        ref = await meeting.get(own, actor=actor)
        assert (await meeting.show(ref.gathering_id)).host_id == host
    ref = await meeting.get(command(meeting, place), sender="buurtpunt-app")
    found = await meeting.show(ref.gathering_id)
    assert (found.host_id, found.worker_id, found.series_id, found.version) == (None, MARIE, None, 1)
    assert len(await meeting.told(GatheringPlanned, mark)) == 5


async def test_who_welcomes_people_takes_part_and_speaks_for_themselves(meeting: Meeting) -> None:
    place = await meeting.place()
    one, other = [await meeting.someone(place) for _ in range(2)]
    me = f"participant:{one}"
    assert await meeting.refused(command(meeting, place), actor=me) == ("missing", "host_id")
    assert await meeting.refused(command(meeting, place, host_id=other), actor=me) == ("no_mandate", "host_id")
    assert await meeting.refused(command(meeting, place, host_id=new_id()), actor=WORKER) == ("unknown_id", "host_id")
    for status in ("paused", "left"):
        away = await meeting.someone(place, status=status)
        assert await meeting.refused(command(meeting, place, host_id=away), actor=WORKER) == (status, "host_id")


async def test_who_welcomes_people_lives_there(meeting: Meeting) -> None:
    """Whoever moves away is no host any more: nor is who never lived there."""
    place = await meeting.place()
    host = await meeting.someone(await meeting.place())
    for actor in (f"participant:{host}", WORKER):
        refused = await meeting.refused(command(meeting, place, host_id=host), actor=actor)
        assert refused == ("elsewhere", "host_id")


async def test_a_partner_plans_where_it_was_granted_and_names_a_host_who_consents(meeting: Meeting) -> None:
    place, elsewhere = await meeting.place(), await meeting.place()
    host = await meeting.someone(place)
    await meeting.grant("deelpunt", place)
    outside = command(meeting, elsewhere)
    assert await meeting.refused(outside, sender="deelpunt") == ("outside_grant", "neighbourhood_id")
    with_host = command(meeting, place, host_id=host)
    assert await meeting.refused(with_host, sender="deelpunt") == ("no_consent", "host_id")
    running = {
        "consent_id": new_id(), "purpose": "ask-on-behalf", "organisation_id": ORGANISATION, "fields": [],
        "until": clock.now() + timedelta(days=90),
    }  # fmt: skip
    await meeting.tell(ConsentsKept.model_validate({"participant_id": host, "version": 1, "running": [running]}))
    ref = await meeting.get(with_host, sender="deelpunt")
    change = ChangeGathering(gathering_id=ref.gathering_id, title="Thee")
    await meeting.grant("ander-punt", place)
    assert await meeting.refused(change, sender="ander-punt") == ("unknown_id", "gathering_id")
    assert (await meeting.get(change, sender="deelpunt")).version == 2
    meeting.move(timedelta(days=8))
    away = await meeting.someone(elsewhere)
    record = RecordAttendance(gathering_id=ref.gathering_id, participant_ids=[host, away])
    assert await meeting.refused(record, sender="deelpunt") == ("outside_grant", "participant_ids")
    await meeting.get(
        RecordAttendance(gathering_id=ref.gathering_id, participant_ids=[host, await meeting.someone(place)]),
        sender="deelpunt",
    )
    await meeting.grant("deelpunt", elsewhere)
    assert await meeting.refused(record, sender="deelpunt") == ("outside_grant", "gathering_id")


async def test_a_time_in_which_nobody_can_meet_is_refused(meeting: Meeting) -> None:
    place = await meeting.place()
    day = meeting.today()
    for starts, ends, refused in (
        (moment(day - timedelta(days=1), 14), moment(day - timedelta(days=1), 16), ("in_the_past", "starts_at")),
        (moment(day + timedelta(days=400), 14), moment(day + timedelta(days=400), 16), ("too_far", "starts_at")),
        (moment(day + timedelta(days=4), 14), moment(day + timedelta(days=5), 14, 1), ("too_long", "ends_at")),
    ):
        plan = command(meeting, place, starts_at=starts, ends_at=ends)
        assert await meeting.refused(plan, actor=WORKER) == refused
    night = command(meeting, place, ends_at=moment(day + timedelta(days=8), 14))
    assert (await meeting.get(night, actor=WORKER)).version == 1
    assert await meeting.refused(command(meeting, "nowhere"), actor=WORKER) == ("unknown_id", "neighbourhood_id")
    unknown = command(meeting, place, kind="bungee")
    assert await meeting.refused(unknown, actor=WORKER) == ("unknown_kind", "kind")
    for rule in ("every tuesday", "FREQ=HOURLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"):
        plan = command(meeting, place, repeats=rule)
        assert await meeting.refused(plan, actor=WORKER) == ("bad_rule", "repeats")
    assert await meeting.rows("SELECT * FROM series WHERE neighbourhood_id = $1", place) == []


# --- by a rule


async def test_a_series_keeps_its_hour_when_the_clocks_change(meeting: Meeting) -> None:
    """The ones of the next six weeks are planned; a timer plans those after them, once, however often it comes."""
    place = await meeting.place()
    change = next(
        day for day in (meeting.today() + timedelta(days=n) for n in range(400))
        if moment(day, 0).utcoffset() != moment(day + timedelta(days=1), 0).utcoffset()
    )  # fmt: skip
    meeting.at(moment(change - timedelta(days=24), 10))
    ref = await meeting.plan(place, days=7, repeats="FREQ=WEEKLY", invite=False)
    planned = await meeting.of_series(ref)
    assert [each.starts_at.astimezone(BRUSSELS).hour for each in planned] == [14] * 5
    assert len({each.starts_at.astimezone(BRUSSELS).utcoffset() for each in planned}) == 2
    assert {each.repeats for each in planned} == {"FREQ=WEEKLY"}
    assert ref.gathering_id == planned[0].gathering_id
    await meeting.fire()
    assert len(await meeting.of_series(ref)) == 5
    meeting.move(timedelta(days=7, hours=2))
    assert ref.series_id is not None
    due = GatheringDue(neighbourhood_id=place, gathering_id=ref.series_id, to="plan-next")
    await asyncio.gather(meeting.fire(), meeting.tell(due))
    await meeting.tell(due)
    later = await meeting.of_series(ref)
    assert len(later) == 6
    assert later[-1].starts_at.astimezone(BRUSSELS) == moment(change + timedelta(days=18), 14)
    assert len(await meeting.told(GatheringPlanned, neighbourhood_id=place)) == 6


async def test_timers_that_come_weeks_late_plan_what_lies_ahead(meeting: Meeting) -> None:
    place = await meeting.place()
    ref = await meeting.plan(place, days=7, repeats="FREQ=WEEKLY", invite=False)
    meeting.move(timedelta(days=90))
    now = clock.now()
    await meeting.fire()
    found = [each.starts_at for each in await meeting.of_series(ref)][5:]
    assert len(found) == 6
    assert all(now < each <= now + timedelta(days=42) for each in found)


async def test_a_series_that_is_over_plans_no_more(meeting: Meeting) -> None:
    place = await meeting.place()
    ref = await meeting.plan(place, days=7, repeats="FREQ=MONTHLY;COUNT=3", invite=False)
    for _ in range(6):
        meeting.move(timedelta(days=31))
        await meeting.fire()
    assert len(await meeting.of_series(ref)) == 3
    assert f"plan-next:{ref.series_id}" not in await meeting.timers()
    (row,) = await meeting.rows("SELECT ended_at FROM series WHERE series_id = $1", ref.series_id)
    assert row["ended_at"] is not None


async def test_a_series_ends_with_its_neighbourhood_and_goes_on_without_a_host_who_paused(meeting: Meeting) -> None:
    place = await meeting.place()
    host = await meeting.someone(place)
    ref = await meeting.plan(place, days=7, repeats="FREQ=WEEKLY", host_id=host, invite=False)
    await meeting.someone(place, id_=host, version=2, status="paused")
    meeting.move(timedelta(days=8))
    mark = await meeting.mark()
    await meeting.fire()
    assert [each.host_id for each in await meeting.of_series(ref)] == [*[host] * 5, None, None]
    assert [each.to for each in await meeting.told(WorkerAsked, mark)] == ["welcome-people"] * 2
    gone = NeighbourhoodKept(neighbourhood_id=place, version=2, names={"nl": "Hier"}, retired=True)
    await meeting.tell(gone)
    meeting.move(timedelta(days=30))
    await meeting.fire()
    assert len(await meeting.of_series(ref)) == 7


async def test_a_series_that_begins_far_ahead_is_planned_from_its_first_one(meeting: Meeting) -> None:
    place = await meeting.place()
    ref = await meeting.plan(place, days=100, repeats="FREQ=DAILY", invite=False)
    assert len(await meeting.of_series(ref)) == 1
    meeting.move(timedelta(days=60))
    await meeting.fire()
    assert len(await meeting.of_series(ref)) == 2


# --- changing and cancelling


async def test_a_change_is_told_to_who_comes(meeting: Meeting) -> None:
    """And to who was asked and did not say no; not to who made it."""
    place = await meeting.place()
    host, comes, silent, no, walks_in = [await meeting.someone(place) for _ in range(5)]
    late = await meeting.someone(place, quiet_hours={"start": "09:00", "end": "12:30"})
    ref = await meeting.plan(place, host_id=host)
    await meeting.comes(ref.gathering_id, comes)
    await meeting.comes(ref.gathering_id, no, False)
    away = await meeting.someone(place, version=1)
    await meeting.comes(ref.gathering_id, away)
    await meeting.someone(place, id_=away, version=2, status="left")
    rests, rests_unanswered = [await meeting.someone(place, ceiling=0) for _ in range(2)]
    await meeting.comes(ref.gathering_id, rests)
    for each in (rests, rests_unanswered):
        await meeting.someone(place, id_=each, version=2, status="paused")
    mark = await meeting.mark()
    change = ChangeGathering(gathering_id=ref.gathering_id, place="De tuin")
    for _ in range(2):
        changed = await meeting.get(change, actor=f"participant:{host}")
    assert changed.version == 2
    told = await meeting.told(NextStepReached, mark, step="gathering-changed")
    assert {each.participant_id for each in told} == {comes, silent, walks_in, rests}
    assert len(told) == 4
    assert late not in {each.participant_id for each in told}
    assert len(await meeting.told(GatheringChanged, mark)) == 1
    mark = await meeting.mark()
    await meeting.get(ChangeGathering(gathering_id=ref.gathering_id, seats=9), actor=WORKER)
    assert await meeting.told(NextStepReached, mark) == []
    await meeting.get(ChangeGathering(gathering_id=ref.gathering_id, title="Thee"), actor=WORKER)
    assert host in {each.participant_id for each in await meeting.told(NextStepReached, mark)}


async def test_another_start_keeps_how_long_it_lasts_and_seats_that_are_taken_stay(meeting: Meeting) -> None:
    place = await meeting.place()
    ref = await meeting.plan(place, invite=False)
    day = meeting.today() + timedelta(days=9)
    await meeting.get(ChangeGathering(gathering_id=ref.gathering_id, starts_at=moment(day, 10)), actor=WORKER)
    assert (await meeting.show(ref.gathering_id)).ends_at == moment(day, 12)
    for _ in range(3):
        await meeting.comes(ref.gathering_id, await meeting.someone(place))
    fewer = ChangeGathering(gathering_id=ref.gathering_id, seats=2)
    assert await meeting.refused(fewer, actor=WORKER) == ("too_few_seats", "seats")
    for change, refused in (
        ({"starts_at": clock.now() - timedelta(days=1)}, ("in_the_past", "starts_at")),
        ({"ends_at": moment(day, 9)}, ("not_in_order", "ends_at")),
        ({"ends_at": moment(day + timedelta(days=2), 9)}, ("too_long", "ends_at")),
    ):
        wrong = ChangeGathering.model_validate({"gathering_id": ref.gathering_id} | change)
        assert await meeting.refused(wrong, actor=WORKER) == refused
    meeting.at(moment(day, 11))
    late = ChangeGathering(gathering_id=ref.gathering_id, title="Thee")
    assert await meeting.refused(late, actor=WORKER) == ("too_late", "gathering_id")


async def test_cancelled_is_told_once_and_asks_nobody_any_more(meeting: Meeting) -> None:
    place = await meeting.place()
    comes = await meeting.someone(place)
    late = await meeting.someone(place, quiet_hours={"start": "09:00", "end": "12:30"})
    ref = await meeting.plan(place)
    await meeting.comes(ref.gathering_id, comes)
    mark = await meeting.mark()
    cancel = CancelGathering(gathering_id=ref.gathering_id)
    refs = [await meeting.get(cancel, actor=WORKER) for _ in range(2)]
    assert [each.version for each in refs] == [2, 2]
    assert len(await meeting.told(GatheringCancelled, mark)) == 1
    assert await meeting.steps(comes, mark) == ["gathering-cancelled"]
    meeting.move(timedelta(hours=6))
    await meeting.fire()
    assert await meeting.steps(late, mark) == []
    assert await meeting.rows("SELECT * FROM guest WHERE participant_id = $1", late) == []
    assert (await meeting.show(ref.gathering_id)).stage == "cancelled"
    record = RecordAttendance(gathering_id=ref.gathering_id, participant_ids=[comes])
    assert await meeting.refused(record, actor=WORKER) == ("wrong_stage", "gathering_id")


async def test_one_of_a_series_is_cancelled_or_all_that_follow(meeting: Meeting) -> None:
    """Who was to come to several hears of it once."""
    place = await meeting.place()
    someone = await meeting.someone(place)
    ref = await meeting.plan(place, days=7, repeats="FREQ=WEEKLY", invite=False)
    planned = await meeting.of_series(ref)
    for each in planned:
        await meeting.comes(each.gathering_id, someone)
    await meeting.get(CancelGathering(gathering_id=planned[1].gathering_id), actor=WORKER)
    assert [each.stage for each in await meeting.of_series(ref)] == ["planned", "cancelled", *["planned"] * 3]
    mark = await meeting.mark()
    cancel = CancelGathering(gathering_id=planned[2].gathering_id, and_following=True)
    for _ in range(2):
        await meeting.get(cancel, actor=WORKER)
    assert [each.stage for each in await meeting.of_series(ref)] == ["planned", *["cancelled"] * 4]
    assert await meeting.steps(someone, mark) == ["gathering-cancelled"]
    meeting.move(timedelta(days=60))
    await meeting.fire()
    assert len(await meeting.of_series(ref)) == 5


async def test_when_it_begins_that_is_told_once_and_of_nothing_that_is_cancelled_or_moved(meeting: Meeting) -> None:
    place = await meeting.place()
    begins, moved, cancelled = [(await meeting.plan(place, days=1, invite=False)).gathering_id for _ in range(3)]
    mark = await meeting.mark()
    later = moment(meeting.today() + timedelta(days=2), 14)
    await meeting.get(ChangeGathering(gathering_id=moved, starts_at=later), actor=WORKER)
    await meeting.get(CancelGathering(gathering_id=cancelled), actor=WORKER)

    async def began() -> list[UUID]:
        await meeting.fire()
        return [each.gathering_id for each in await meeting.told(GatheringBegan, mark, neighbourhood_id=place)]

    meeting.at(moment(meeting.today() + timedelta(days=1), 13, 59))
    assert await began() == []
    meeting.move(timedelta(minutes=2))
    assert await began() == [begins]
    for each in (moved, cancelled):
        await meeting.tell(GatheringDue(neighbourhood_id=place, gathering_id=each, to="begin"))
    assert await began() == [begins]
    meeting.move(timedelta(days=1))
    assert await began() == [begins, moved]


async def test_a_gathering_is_for_its_host_or_a_worker_to_change(meeting: Meeting) -> None:
    place = await meeting.place()
    host, other = [await meeting.someone(place) for _ in range(2)]
    ref = await meeting.plan(place, host_id=host)
    for what in (
        ChangeGathering(gathering_id=ref.gathering_id, title="Thee"),
        CancelGathering(gathering_id=ref.gathering_id),
    ):
        assert await meeting.refused(what, actor=f"participant:{other}") == ("not_allowed", "gathering_id")
        await meeting.get(what, actor=f"participant:{host}")
    assert await meeting.refused(CancelGathering(gathering_id=new_id()), actor=WORKER) == ("unknown_id", "gathering_id")
    held = await meeting.held(place, [host])
    assert await meeting.refused(CancelGathering(gathering_id=held), actor=WORKER) == ("wrong_stage", "gathering_id")


# --- who goes


@pytest.mark.parametrize("way", ["leaves", "moves", "is erased"])
async def test_when_a_host_goes_the_worker_welcomes_people(meeting: Meeting, way: str) -> None:
    """And a place that someone had is free."""
    place = await meeting.place()
    host, guest = [await meeting.someone(place) for _ in range(2)]
    hosted = await meeting.plan(place, host_id=host, repeats="FREQ=MONTHLY", invite=False)
    other = await meeting.plan(place, seats=2, invite=False)
    await meeting.comes(other.gathering_id, host)
    await meeting.comes(other.gathering_id, guest)
    mark = await meeting.mark()
    if way == "is erased":
        await meeting.tell(ParticipantErased(participant_id=host, erasure_id=new_id(), neighbourhood_id=place))
    else:
        home = place if way == "leaves" else await meeting.place()
        await meeting.someone(home, id_=host, version=2, status="left" if way == "leaves" else "active")
    found = await meeting.of_series(hosted)
    assert {each.host_id for each in found} == {None}
    assert [each.version for each in found] == [2] * len(found)
    asked = await meeting.told(WorkerAsked, mark, to="welcome-people")
    assert {each.gathering_id for each in asked} == {each.gathering_id for each in found}
    assert await meeting.comes(other.gathering_id, await meeting.someone(place))
    meeting.move(timedelta(days=40))
    await meeting.fire()
    assert {each.host_id for each in await meeting.of_series(hosted)} == {None}


async def test_where_someone_welcomed_people_goes_when_they_are_erased(meeting: Meeting) -> None:
    place = await meeting.place()
    host, guest = [await meeting.someone(place) for _ in range(2)]
    past = await meeting.held(place, [host, guest], host_id=host, place="Bij Jos thuis, Weverstraat 12", bring="taart")
    await meeting.tell(ParticipantErased(participant_id=host, erasure_id=new_id(), neighbourhood_id=place))
    found = await meeting.show(past)
    assert (found.host_id, found.title, found.place, found.bring) == (None, "…", "…", None)
    assert [each.participant_id for each in found.guests] == [guest]
    assert await meeting.know(guest) == set()


# --- looking


async def test_guests_are_for_the_host_and_workers_to_see(meeting: Meeting) -> None:
    """Another sees only themselves, and whom they hold a mandate for."""
    place = await meeting.place()
    daughter, host, guest = [await meeting.someone(place) for _ in range(3)]
    mother = await meeting.someone(place, mandate_holder_ids=[daughter])
    ref = await meeting.plan(place, host_id=host, invite=False)
    for each in (mother, guest):
        await meeting.comes(ref.gathering_id, each)

    async def seen_by(actor: str) -> set[UUID]:
        return {each.participant_id for each in (await meeting.show(ref.gathering_id, actor=actor)).guests}

    for actor in (WORKER, "operator", f"participant:{host}"):
        assert await seen_by(actor) == {mother, guest}
    assert await seen_by(f"participant:{guest}") == {guest}
    assert await seen_by(f"participant:{daughter}") == {mother}
    show = ShowGathering(gathering_id=ref.gathering_id)
    assert await meeting.refused(show, actor=f"participant:{new_id()}") == ("unknown_id", "ce-actor")
    assert await meeting.refused(ShowGathering(gathering_id=new_id()), actor=WORKER) == ("unknown_id", "gathering_id")
    page = await meeting.get(ListGatherings(neighbourhood_id=place), actor=f"participant:{guest}")
    assert [[each.participant_id for each in found.guests] for found in page.gatherings] == [[guest]]


async def test_gatherings_are_listed_in_order_of_time_page_by_page(meeting: Meeting) -> None:
    place = await meeting.place()
    refs = [await meeting.plan(place, days=days, invite=False) for days in (5, 2, 9, 2)]
    await meeting.get(CancelGathering(gathering_id=refs[0].gathering_id), actor=WORKER)
    found: list[UUID] = []
    after = None
    while True:
        page = await meeting.get(ListGatherings(neighbourhood_id=place, limit=1, after=after), actor=WORKER)
        found += [each.gathering_id for each in page.gatherings]
        if (after := page.next) is None:
            break
    two = sorted((refs[1].gathering_id, refs[3].gathering_id))
    assert found == [*two, refs[0].gathering_id, refs[2].gathering_id]
    day = meeting.today() + timedelta(days=4)
    query = ListGatherings(neighbourhood_id=place, since=moment(day, 0), stage="planned")
    assert [each.gathering_id for each in (await meeting.get(query, actor=WORKER)).gatherings] == [refs[2].gathering_id]
    until = ListGatherings(neighbourhood_id=place, until=moment(day, 0))
    assert len((await meeting.get(until, actor=WORKER)).gatherings) == 2
    for wrong in ("rubbish", "2026-01-01T00:00:00 x", f"2026-01-01T00:00:00 {new_id()}"):
        query = ListGatherings(neighbourhood_id=place, after=wrong)
        assert await meeting.refused(query, actor=WORKER) == ("malformed", "after")
    nowhere = ListGatherings(neighbourhood_id="nowhere")
    assert await meeting.refused(nowhere, actor=WORKER) == ("unknown_id", "neighbourhood_id")


async def test_one_that_is_going_on_is_listed_still(meeting: Meeting) -> None:
    place = await meeting.place()
    ref = await meeting.plan(place, days=1, invite=False)
    meeting.at(moment(meeting.today() + timedelta(days=1), 15))
    page = await meeting.get(ListGatherings(neighbourhood_id=place), actor=WORKER)
    assert [each.gathering_id for each in page.gatherings] == [ref.gathering_id]
    meeting.move(timedelta(hours=2))
    assert (await meeting.get(ListGatherings(neighbourhood_id=place), actor=WORKER)).gatherings == []
