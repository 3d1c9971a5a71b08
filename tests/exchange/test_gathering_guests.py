"""Guests: a free answer, a seat for each, and who was there has met."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import combinations
from uuid import UUID

import pytest

from shared import clock
from shared.contracts.exchange import (
    AnswerGathering,
    GatheringAnswered,
    GatheringHeld,
    Introduce,
    ListAcquaintances,
    RecordAttendance,
)
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.exchange.looking_back import WORKER
from tests.exchange.meeting import Meeting
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


def pairs(*people: UUID) -> set[frozenset[UUID]]:
    return {frozenset(pair) for pair in combinations(people, 2)}


# --- a free answer


async def test_an_answer_to_a_gathering_is_free_until_it_begins(meeting: Meeting) -> None:
    """Yes, no, yes again, with or without an invitation, and no answer at all."""
    place = await meeting.place()
    host, guest, silent = [await meeting.someone(place) for _ in range(3)]
    ref = await meeting.plan(place, host_id=host)
    for coming in (True, True, False, False, True):
        assert await meeting.comes(ref.gathering_id, guest, coming, bringing="een taart") == coming
    found = {each.participant_id: each for each in (await meeting.show(ref.gathering_id)).guests}
    assert (found[guest].coming, found[guest].bringing) == (True, "een taart")
    assert (found[silent].coming, found[silent].was_there) == (None, None)
    await meeting.comes(ref.gathering_id, guest, False, bringing="een taart")
    (gone,) = [each for each in (await meeting.show(ref.gathering_id)).guests if each.participant_id == guest]
    assert (gone.coming, gone.bringing) == (False, None)
    meeting.move(timedelta(days=7, hours=4))
    late = AnswerGathering(gathering_id=ref.gathering_id, participant_id=guest, coming=True)
    assert await meeting.refused(late, actor=f"participant:{guest}") == ("too_late", "gathering_id")


async def test_that_somebody_answered_is_told_without_which_it_was(meeting: Meeting) -> None:
    place = await meeting.place()
    guest = await meeting.someone(place)
    ref = await meeting.plan(place)
    await meeting.comes(ref.gathering_id, guest, False)
    (told,) = await meeting.told(GatheringAnswered, gathering_id=ref.gathering_id)
    assert set(told.model_dump()) == {"neighbourhood_id", "gathering_id", "participant_id"}


async def test_an_answer_is_a_sign_of_life(meeting: Meeting) -> None:
    place = await meeting.place()
    guest = await meeting.someone(place)
    ref = await meeting.plan(place)
    meeting.move(timedelta(days=1))
    for coming in (True, False):
        meeting.move(timedelta(hours=1))
        await meeting.comes(ref.gathering_id, guest, coming)
        (row,) = await meeting.rows("SELECT heard_at FROM participant WHERE participant_id = $1", guest)
        assert clock.now() - row["heard_at"] < timedelta(minutes=1)


async def test_two_at_once_for_the_last_seat_one_gets_it(meeting: Meeting) -> None:
    """The other is told that they don't come, and hears nothing unkind; when a seat comes free it is theirs."""
    place = await meeting.place()
    host, *people = [await meeting.someone(place) for _ in range(8)]
    ref = await meeting.plan(place, host_id=host, seats=2)
    assert await meeting.comes(ref.gathering_id, host)
    first, *rest = people
    assert await meeting.comes(ref.gathering_id, first)
    found = await asyncio.gather(*(meeting.comes(ref.gathering_id, each) for each in rest))
    assert sum(found) == 1
    assert (await meeting.show(ref.gathering_id)).full
    winner, loser = rest[found.index(True)], rest[found.index(False)]
    assert not await meeting.comes(ref.gathering_id, loser)
    assert await meeting.comes(ref.gathering_id, winner, bringing="koekjes")
    await meeting.comes(ref.gathering_id, first, False)
    assert not (await meeting.show(ref.gathering_id)).full
    assert await meeting.comes(ref.gathering_id, loser)


async def test_without_a_size_there_is_room_for_as_many_as_the_policy_says(meeting: Meeting) -> None:
    place = await meeting.place()
    ref = await meeting.plan(place, invite=False)
    people = [new_id() for _ in range(60)]
    await meeting.rows(
        "INSERT INTO guest (gathering_id, participant_id, coming) SELECT $1, unnest($2::uuid[]), true",
        ref.gathering_id, people,
    )  # fmt: skip
    assert not await meeting.comes(ref.gathering_id, await meeting.someone(place))


async def test_who_may_answer_for_whom(meeting: Meeting) -> None:
    place, elsewhere = await meeting.place(), await meeting.place()
    daughter, stranger, away = [await meeting.someone(each) for each in (elsewhere, place, elsewhere)]
    mother = await meeting.someone(place, mandate_holder_ids=[daughter])
    paused = await meeting.someone(place, status="paused")
    ref = await meeting.plan(place)

    def answer(who: UUID) -> AnswerGathering:
        return AnswerGathering(gathering_id=ref.gathering_id, participant_id=who, coming=True, how="phone")

    assert (await meeting.get(answer(mother), actor=f"participant:{daughter}")).coming
    assert (await meeting.get(answer(stranger), actor=WORKER)).coming
    assert await meeting.refused(answer(mother), actor=f"participant:{stranger}") == ("no_mandate", "participant_id")
    assert await meeting.refused(answer(away), actor=WORKER) == ("elsewhere", "participant_id")
    assert await meeting.refused(answer(paused), actor=WORKER) == ("paused", "participant_id")
    assert await meeting.refused(answer(new_id()), actor=WORKER) == ("unknown_id", "participant_id")
    no = AnswerGathering(gathering_id=ref.gathering_id, participant_id=paused, coming=False)
    assert not (await meeting.get(no, actor=f"participant:{paused}")).coming
    nowhere = AnswerGathering(gathering_id=new_id(), participant_id=mother, coming=True)
    assert await meeting.refused(nowhere, actor=WORKER) == ("unknown_id", "gathering_id")


# --- who was there


async def test_attendance_at_a_gathering_makes_acquaintances(meeting: Meeting) -> None:
    """Of each with each, invited or not, once; the next one adds who is new."""
    place = await meeting.place()
    one, two, three, four = [await meeting.someone(place) for _ in range(4)]
    mark = await meeting.mark()
    first = await meeting.held(place, [one, two, three])
    assert await meeting.pairs(mark) == pairs(one, two, three)
    assert [each.stage for each in [await meeting.show(first)]] == ["held"]
    assert len(await meeting.told(GatheringHeld, mark)) == 1
    meeting.ten()
    mark = await meeting.mark()
    await meeting.held(place, [three, four, one])
    assert await meeting.pairs(mark) == {frozenset((three, four)), frozenset((one, four))}
    assert await meeting.know(one) == {two, three, four}
    page = await meeting.get(ListAcquaintances(participant_id=two), actor=f"participant:{two}")
    assert [(each.participant_id, each.through) for each in page.acquaintances] == [
        (each, "gathering") for each in sorted((one, three))
    ]


async def test_who_comes_unasked_has_met_the_others_too(meeting: Meeting) -> None:
    place, elsewhere = await meeting.place(), await meeting.place()
    guest, passer_by = await meeting.someone(place), await meeting.someone(elsewhere)
    id_ = await meeting.held(place, [guest, passer_by])
    assert await meeting.know(passer_by) == {guest}
    assert [each.was_there for each in (await meeting.show(id_)).guests] == [True, True]


async def test_attendance_can_be_corrected(meeting: Meeting) -> None:
    """Who was not there after all did not meet the others there; who met otherwise too still knows them."""
    place = await meeting.place()
    one, two, wrong, friend, helped, told = [await meeting.someone(place) for _ in range(6)]
    await meeting.held(place, [wrong, friend])
    meeting.ten()
    everyone = [one, two, wrong, friend, helped, told]
    id_ = await meeting.held(place, everyone)
    await meeting.had(place, helped, wrong)
    mark = await meeting.mark()
    await meeting.record(id_, everyone)
    assert await meeting.everything_told(mark) == []
    await meeting.record(id_, [one, two, friend, helped, told])
    assert await meeting.know(wrong) == {friend, helped}
    assert await meeting.know(one) == {two, friend, helped, told}
    (guest,) = [each for each in (await meeting.show(id_)).guests if each.participant_id == wrong]
    assert guest.was_there is False
    await meeting.record(id_, everyone)
    assert await meeting.know(wrong) == {one, two, friend, helped, told}
    await meeting.record(id_, [])
    assert await meeting.know(one) == set()


async def test_who_was_at_a_gathering_gave_a_sign_of_life(meeting: Meeting) -> None:
    place = await meeting.place()
    guest = await meeting.someone(place)
    await meeting.rows("UPDATE participant SET silence_told_at = now() WHERE participant_id = $1", guest)
    id_ = await meeting.held(place, [guest])
    (row,) = await meeting.rows("SELECT heard_at, silence_told_at FROM participant WHERE participant_id = $1", guest)
    assert (row["heard_at"], row["silence_told_at"]) == ((await meeting.show(id_)).ends_at, None)


async def test_a_hundred_who_met_are_written_down_in_one_go(meeting: Meeting) -> None:
    place = await meeting.place()
    people = [await meeting.someone(place) for _ in range(100)]
    mark = await meeting.mark()
    await meeting.held(place, people)
    assert len(await meeting.pairs(mark)) == 4950


async def test_who_may_say_who_was_there_and_when(meeting: Meeting) -> None:
    place = await meeting.place()
    host, guest = [await meeting.someone(place) for _ in range(2)]
    ref = await meeting.plan(place, host_id=host)
    record = RecordAttendance(gathering_id=ref.gathering_id, participant_ids=[host, guest])
    assert await meeting.refused(record, actor=f"participant:{host}") == ("in_the_future", "gathering_id")
    meeting.move(timedelta(days=7, hours=5))
    assert await meeting.refused(record, actor=f"participant:{guest}") == ("not_allowed", "gathering_id")
    await meeting.grant("thuishulp", place)
    assert await meeting.refused(record, sender="thuishulp") == ("unknown_id", "gathering_id")
    unknown = RecordAttendance(gathering_id=ref.gathering_id, participant_ids=[host, new_id()])
    assert await meeting.refused(unknown, actor=WORKER) == ("unknown_id", "participant_ids")
    await meeting.record(ref.gathering_id, [host, guest], actor=f"participant:{host}")
    assert await meeting.know(host) == {guest}


# --- introductions


async def test_the_worker_introduces_two_people(meeting: Meeting) -> None:
    """Both hear whom they met, once."""
    place = await meeting.place()
    one, other = [await meeting.someone(place) for _ in range(2)]
    introduce = Introduce(participant_id=one, other_id=other)
    mark = await meeting.mark()
    for _ in range(2):
        await meeting.get(introduce, actor=WORKER)
    assert await meeting.pairs(mark) == pairs(one, other)
    assert [await meeting.steps(each, mark) for each in (one, other)] == [["introduced"], ["introduced"]]
    page = await meeting.get(ListAcquaintances(participant_id=other), actor=WORKER)
    assert [(each.participant_id, each.through) for each in page.acquaintances] == [(one, "introduction")]


async def test_who_can_be_introduced_and_by_whom(meeting: Meeting) -> None:
    place = await meeting.place()
    one = await meeting.someone(place)
    paused, left = await meeting.someone(place, status="paused"), await meeting.someone(place, status="left")
    for other, code in ((one, "same_person"), (paused, "paused"), (left, "left"), (new_id(), "unknown_id")):
        introduce = Introduce(participant_id=one, other_id=other)
        assert await meeting.refused(introduce, actor=WORKER) == (code, "other_id")
    introduce = Introduce(participant_id=one, other_id=await meeting.someone(place))
    assert await meeting.refused(introduce, actor=f"participant:{one}") == ("not_allowed", "ce-actor")


async def test_acquaintances_are_for_the_person_their_mandate_holder_and_workers(meeting: Meeting) -> None:
    place = await meeting.place()
    daughter, friend, gone = [await meeting.someone(place) for _ in range(3)]
    mother = await meeting.someone(place, mandate_holder_ids=[daughter])
    await meeting.held(place, [mother, friend, gone, daughter])
    await meeting.someone(place, id_=gone, version=2, status="left")
    for actor in (f"participant:{mother}", f"participant:{daughter}", WORKER):
        first = await meeting.get(ListAcquaintances(participant_id=mother, limit=1), actor=actor)
        rest = await meeting.get(ListAcquaintances(participant_id=mother, after=first.next), actor=actor)
        assert {each.participant_id for each in (*first.acquaintances, *rest.acquaintances)} == {daughter, friend}
        assert rest.next is None
    query = ListAcquaintances(participant_id=mother)
    assert await meeting.refused(query, actor=f"participant:{friend}") == ("unknown_id", "participant_id")
    nobody = ListAcquaintances(participant_id=new_id())
    assert await meeting.refused(nobody, actor=WORKER) == ("unknown_id", "participant_id")
