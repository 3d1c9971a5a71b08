"""Whom a gathering asks: people who know someone there and people who don't, never too many, never at a bad hour."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.exchange import (
    ChangeGathering,
    GatheringDue,
    InviteToGathering,
    NextStepReached,
    PlanGathering,
)
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.exchange.looking_back import MARIE, WORKER
from tests.exchange.meeting import Meeting, moment
from tests.exchange.meeting import meeting as made_meeting


@pytest.fixture(scope="module")
async def made(module_stack: MakeStack) -> AsyncIterator[Meeting]:
    async with made_meeting(module_stack) as found:
        yield found


@pytest.fixture
def meeting(made: Meeting) -> Meeting:
    """It is ten in the morning, in neighbourhoods of one's own."""
    made.ten()
    return made


async def many(meeting: Meeting, place: str, number: int, **more: Any) -> list[UUID]:
    return [await meeting.someone(place, **more) for _ in range(number)]


async def acquaint(meeting: Meeting, one: UUID, *others: UUID) -> None:
    for other in others:
        await meeting.rows(
            "INSERT INTO acquaintance VALUES ($1, $2, now(), 'introduction')", *sorted((one, other))
        )  # fmt: skip


async def test_invitations_to_a_gathering_mix_acquaintances_and_strangers(meeting: Meeting) -> None:
    """Half of each, as the policy says; the circle counts as known. Nobody's age is looked at: nobody knows it."""
    place = await meeting.place()
    host, friend = await many(meeting, place, 2)
    known = [*await many(meeting, place, 9), friend]
    strangers = await many(meeting, place, 30)
    await acquaint(meeting, host, *known[:9])
    await meeting.circle(host, friend)
    ref = await meeting.plan(place, host_id=host)
    invited = await meeting.invited(ref.gathering_id)
    assert len(invited) == len(set(invited)) == 12
    assert len(set(invited) & set(known)) == 6
    assert len(set(invited) & set(strangers)) == 6
    assert host not in invited
    (told, *_) = await meeting.told(NextStepReached, gathering_id=ref.gathering_id)
    assert (told.worker_id, told.exchange_id, told.other_id) == (MARIE, None, None)


async def test_where_few_know_the_host_strangers_fill_the_table_and_the_other_way_round(meeting: Meeting) -> None:
    place = await meeting.place()
    host, friend, *strangers = await many(meeting, place, 25)
    await acquaint(meeting, host, friend)
    invited = await meeting.invited((await meeting.plan(place, host_id=host)).gathering_id)
    assert friend in invited
    assert len(invited) == 12
    assert set(invited) - {friend} <= set(strangers)
    small = await meeting.place()
    host, stranger, *known = await many(meeting, small, 25)
    await acquaint(meeting, host, *known)
    invited = await meeting.invited((await meeting.plan(small, host_id=host)).gathering_id)
    assert stranger in invited
    assert len(invited) == 12


async def test_who_enjoys_it_and_who_knows_nobody_is_thought_of_first(meeting: Meeting) -> None:
    place = await meeting.place()
    settled, neighbour = await many(meeting, place, 2)
    crowd = await many(meeting, place, 20)
    await acquaint(meeting, neighbour, settled, *crowd)
    alone = await many(meeting, place, 6)
    fond = await many(meeting, place, 4, wishes=[{"kind": "coffee"}])
    await acquaint(meeting, neighbour, *fond)
    invited = await meeting.invited((await meeting.plan(place, kind="coffee")).gathering_id)
    assert set(fond) | set(alone) <= set(invited)
    assert len(invited) == 12


async def test_gatherings_stay_open_to_who_is_out_of_matching(meeting: Meeting) -> None:
    place = await meeting.place()
    (someone,) = await many(meeting, place, 1, out_of_matching=True)
    ref = await meeting.plan(place)
    assert await meeting.invited(ref.gathering_id) == [someone]
    assert await meeting.comes(ref.gathering_id, someone)


async def test_who_paused_or_left_or_lives_elsewhere_is_not_invited(meeting: Meeting) -> None:
    place, elsewhere = await meeting.place(), await meeting.place()
    paused = await meeting.someone(place, status="paused")
    left = await meeting.someone(place, status="left")
    away = await meeting.someone(elsewhere)
    never = await meeting.someone(place)
    await meeting.rows("INSERT INTO never_kind VALUES ($1, 'coffee', now())", never)
    ref = await meeting.plan(place, kind="coffee")
    assert await meeting.invited(ref.gathering_id) == []
    for who, code in ((paused, "paused"), (left, "left"), (away, "elsewhere"), (new_id(), "unknown_id")):
        invite = InviteToGathering(gathering_id=ref.gathering_id, participant_id=who)
        assert await meeting.refused(invite, actor=WORKER) == (code, "participant_id")


async def test_nobody_gets_more_invitations_than_their_ceiling(meeting: Meeting) -> None:
    """Not by many gatherings that invite at the same moment, nor by a host; they may come of themselves."""
    place = await meeting.place()
    once = await meeting.someone(place, ceiling=1)
    none = await meeting.someone(place, ceiling=0)
    usual = await meeting.someone(place)
    host = await meeting.someone(place, ceiling=0)
    refs = [await meeting.plan(place, host_id=host, inviting=False) for _ in range(7)]
    due = [GatheringDue(neighbourhood_id=place, gathering_id=ref.gathering_id, to="invite") for ref in refs]
    await asyncio.gather(*(meeting.tell(each) for each in due))
    invited = [each for ref in refs for each in await meeting.invited(ref.gathering_id)]
    assert (invited.count(once), invited.count(none), invited.count(usual)) == (1, 0, 4)
    for actor in (WORKER, f"participant:{host}"):
        invite = InviteToGathering(gathering_id=refs[0].gathering_id, participant_id=none)
        assert await meeting.refused(invite, actor=actor) == ("not_to_be_asked", "participant_id")
    assert await meeting.comes(refs[0].gathering_id, none)
    meeting.move(timedelta(days=31))
    meeting.ten()
    assert once in await meeting.invited((await meeting.plan(place)).gathering_id)


async def test_a_host_does_not_hear_why_someone_is_not_invited(meeting: Meeting) -> None:
    place = await meeting.place()
    host = await meeting.someone(place)
    ref = await meeting.plan(place, host_id=host, invite=False)
    paused = await meeting.someone(place, status="paused")
    full = await meeting.someone(place, ceiling=0)
    said = [
        (await meeting.problems(InviteToGathering(gathering_id=ref.gathering_id, participant_id=who),
                                actor=f"participant:{host}"))[0].message
        for who in (paused, full)
    ]  # fmt: skip
    assert said[0] == said[1]


async def test_quiet_hours_are_kept(meeting: Meeting) -> None:
    """Who may not be disturbed now is told when their quiet hours are over, by a timer that comes twice or late."""
    place = await meeting.place()
    late = await meeting.someone(place, quiet_hours={"start": "09:00", "end": "12:30"})
    early = await meeting.someone(place)
    ref = await meeting.plan(place)
    assert await meeting.invited(ref.gathering_id) == [early]
    meeting.at(moment(meeting.today(), 12, 29))
    await meeting.fire()
    assert await meeting.invited(ref.gathering_id) == [early]
    meeting.at(moment(meeting.today(), 12, 30))
    await meeting.fire()
    assert await meeting.invited(ref.gathering_id) == [early, late]
    due = GatheringDue(
        neighbourhood_id=place, gathering_id=ref.gathering_id, to="ask", participant_id=late
    )  # fmt: skip
    await meeting.tell(due)
    assert await meeting.invited(ref.gathering_id) == [early, late]


async def test_nobody_is_disturbed_at_night(meeting: Meeting) -> None:
    place = await meeting.place()
    someone = await meeting.someone(place)
    meeting.at(moment(meeting.today(), 23))
    ref = await meeting.plan(place)
    assert await meeting.invited(ref.gathering_id) == []
    meeting.at(moment(meeting.today() + timedelta(days=1), 9))
    await meeting.fire()
    assert await meeting.invited(ref.gathering_id) == [someone]


@pytest.mark.parametrize("what", ["answers", "pauses", "leaves", "moves"])
async def test_who_answers_or_goes_before_they_are_asked_is_not_asked(meeting: Meeting, what: str) -> None:
    place = await meeting.place()
    late = await meeting.someone(place, quiet_hours={"start": "09:00", "end": "12:30"})
    ref = await meeting.plan(place)
    if what == "answers":
        assert await meeting.comes(ref.gathering_id, late)
    else:
        change = {"moves": {"status": "active"}, "pauses": {"status": "paused"}, "leaves": {"status": "left"}}[what]
        await meeting.someone(await meeting.place() if what == "moves" else place, id_=late, version=2, **change)
    meeting.move(timedelta(hours=6))
    await meeting.fire()
    assert await meeting.invited(ref.gathering_id) == []
    (asked,) = await meeting.rows(
        "SELECT count(*) FROM guest WHERE participant_id = $1 AND (waiting OR invited_at IS NOT NULL)", late
    )
    assert asked["count"] == 0


async def test_one_that_is_far_ahead_is_invited_to_three_weeks_before(meeting: Meeting) -> None:
    place = await meeting.place()
    someone = await meeting.someone(place)
    ref = await meeting.plan(place, days=40)
    assert await meeting.invited(ref.gathering_id) == []
    meeting.move(timedelta(days=18))
    await meeting.fire()
    assert await meeting.invited(ref.gathering_id) == []
    meeting.move(timedelta(days=1, hours=6))
    await meeting.fire()
    await meeting.fire()
    await meeting.tell(GatheringDue(neighbourhood_id=place, gathering_id=ref.gathering_id, to="invite"))
    assert await meeting.invited(ref.gathering_id) == [someone]


async def test_one_that_is_moved_nearer_invites_at_once_and_one_moved_further_waits(meeting: Meeting) -> None:
    place = await meeting.place()
    someone = await meeting.someone(place)
    nearer, further = await meeting.plan(place, days=40), await meeting.plan(place, days=30)
    change = ChangeGathering(
        gathering_id=nearer.gathering_id, starts_at=moment(meeting.today() + timedelta(days=5), 14)
    )  # fmt: skip
    await meeting.get(change, actor=WORKER)
    await meeting.fire()
    assert await meeting.invited(nearer.gathering_id) == [someone]
    change = ChangeGathering(
        gathering_id=further.gathering_id, starts_at=moment(meeting.today() + timedelta(days=60), 14)
    )  # fmt: skip
    await meeting.get(change, actor=WORKER)
    meeting.move(timedelta(days=20))
    await meeting.fire()
    assert await meeting.invited(further.gathering_id) == []
    meeting.move(timedelta(days=20))
    await meeting.fire()
    assert await meeting.invited(further.gathering_id) == [someone]


async def test_a_timer_that_comes_after_it_began_invites_nobody(meeting: Meeting) -> None:
    place = await meeting.place()
    await meeting.someone(place)
    ref = await meeting.plan(place, days=40)
    meeting.move(timedelta(days=41))
    await meeting.fire()
    assert await meeting.invited(ref.gathering_id) == []


async def test_who_did_not_come_to_one_of_a_series_is_not_asked_for_the_next(meeting: Meeting) -> None:
    """Silence is never chased. Who came hears of the next one."""
    place = await meeting.place()
    silent, regular = await many(meeting, place, 2)
    ref = await meeting.plan(place, days=7, repeats="FREQ=MONTHLY;INTERVAL=1;COUNT=2")
    first, second = await meeting.of_series(ref)
    assert set(await meeting.invited(first.gathering_id)) == {silent, regular}
    await meeting.comes(first.gathering_id, regular)
    meeting.move(timedelta(days=20))
    await meeting.fire()
    assert await meeting.invited(second.gathering_id) == [regular]


async def test_the_host_and_a_worker_invite_by_name_and_once(meeting: Meeting) -> None:
    place = await meeting.place()
    host, someone, other = await many(meeting, place, 3)
    ref = await meeting.plan(place, host_id=host, invite=False)
    for actor in (f"participant:{host}", WORKER):
        invite = InviteToGathering(gathering_id=ref.gathering_id, participant_id=someone)
        assert not (await meeting.get(invite, actor=actor)).coming
    assert await meeting.invited(ref.gathering_id) == [someone]
    for who in (other, someone):
        invite = InviteToGathering(gathering_id=ref.gathering_id, participant_id=other)
        assert await meeting.refused(invite, actor=f"participant:{who}") == ("not_allowed", "gathering_id")


async def test_without_invitations_nobody_is_told(meeting: Meeting) -> None:
    place = await meeting.place()
    someone = await meeting.someone(place)
    ref = await meeting.plan(place, invite=False)
    meeting.move(timedelta(days=6))
    await meeting.fire()
    assert await meeting.invited(ref.gathering_id) == []
    assert await meeting.comes(ref.gathering_id, someone)


async def test_a_plan_that_arrives_twice_is_one(meeting: Meeting) -> None:
    place = await meeting.place()
    someone = await meeting.someone(place)
    day = meeting.today() + timedelta(days=3)
    plan = PlanGathering(
        neighbourhood_id=place, title="Koffie", place="Hier", starts_at=moment(day, 14), ends_at=moment(day, 16)
    )
    id_ = new_id()
    refs = [await meeting.get(plan, actor=WORKER, message_id=id_) for _ in range(2)]
    await meeting.fire()
    assert refs[0] == refs[1]
    assert await meeting.invited(refs[0].gathering_id) == [someone]
