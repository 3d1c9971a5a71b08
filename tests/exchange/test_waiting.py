"""What waits for a worker, in one answer: of several neighbourhoods, for nobody else, and never more than fits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from services.exchange.domain import waiting as domain
from shared import clock
from shared.contracts.envelope import Answer
from shared.contracts.exchange import (
    CancelGathering,
    ListInvitations,
    PlanGathering,
    RecordAttendance,
    ShowInvitation,
    ShowWaiting,
    Waiting,
)
from shared.contracts.several import AskSeveral, Question
from tests.conftest import MakeStack
from tests.exchange.lives import Lives, lives
from tests.exchange.looking_back import WORKER
from tests.exchange.opening import me


@pytest.fixture(scope="module")
async def back(module_stack: MakeStack) -> AsyncIterator[Lives]:
    async with lives(module_stack) as made:
        yield made


async def waiting(back: Lives, *places: str, **more: Any) -> Waiting:
    found: Waiting = await back.get(ShowWaiting(neighbourhood_ids=list(places), **more), actor=WORKER)
    return found


async def test_all_that_waits_for_a_worker_is_one_answer(back: Lives) -> None:
    held = await back.lived("held")
    place, opener = held.place, held.opener
    half = await back.had(place, opener, stage="draft", half=True)
    doubted = await back.had(place, opener, stage="draft")
    wish = await back.had(place, opener, stage="draft", by_system=True)
    handed_over = await back.had(place, opener, stage="handed-over", why="not-small")
    nobody = await back.had(place, opener, stage="open", nobody_told_at=clock.now())
    await back.had(place, opener, stage="agreed")
    found = await waiting(back, place)
    assert [(each.participant_id, each.other_id) for each in found.invitations] == [(held.neighbour, opener)]
    assert [each.exchange_id for each in found.half] == [half]
    assert [each.exchange_id for each in found.doubted] == [doubted]
    assert [each.exchange_id for each in found.wishes] == [wish]
    assert [(each.exchange_id, each.why) for each in found.handed_over] == [(handed_over, "not-small")]
    assert [(each.reason, each.exchange_id) for each in found.attention] == [("nobody-found", nobody)]
    assert found.gatherings == []


async def test_gatherings_wait_until_somebody_says_who_was_there_and_two_weeks_at_most(back: Lives) -> None:
    place = await back.place()
    starts = clock.now() + timedelta(days=1)
    planned = [
        (await back.get(PlanGathering(
            neighbourhood_id=place, title="Koffie", place="Buurthuis", starts_at=starts, invite=False,
            ends_at=starts + timedelta(hours=2),
        ), actor=WORKER)).gathering_id
        for _ in range(3)
    ]  # fmt: skip
    await back.get(CancelGathering(gathering_id=planned[2]), actor=WORKER)
    assert (await waiting(back, place)).gatherings == []
    back.move(timedelta(days=2))
    assert {each.gathering_id for each in (await waiting(back, place)).gatherings} == set(planned[:2])
    await back.get(RecordAttendance(gathering_id=planned[0], participant_ids=[]), actor=WORKER)
    (left,) = (await waiting(back, place)).gatherings
    assert (left.gathering_id, left.guests) == (planned[1], [])
    back.move(timedelta(days=14))
    assert (await waiting(back, place)).gatherings == []


async def test_of_several_neighbourhoods_at_once_and_of_no_other(back: Lives) -> None:
    here, there, elsewhere = [await back.place() for _ in range(3)]
    made = [
        await back.had(place, await back.someone(place), stage="draft", half=True) for place in (here, there, elsewhere)
    ]
    found = await waiting(back, here, there, here)
    assert [each.exchange_id for each in found.half] == [made[1], made[0]]
    assert {each.neighbourhood_id for each in found.half} == {here, there}


async def test_of_each_kind_the_first_whatever_there_is_of_the_others(back: Lives) -> None:
    """Many newer proposals of the system don't hide a half question."""
    place = await back.place()
    who = await back.someone(place)
    half = await back.had(place, who, stage="draft", half=True)
    wishes = [await back.had(place, who, stage="draft", by_system=True) for _ in range(4)]
    found = await waiting(back, place, limit=2)
    assert [each.exchange_id for each in found.half] == [half]
    assert [each.exchange_id for each in found.wishes] == [wishes[3], wishes[2]]


async def test_it_is_for_workers_and_operators(back: Lives) -> None:
    place = await back.place()
    who = await back.someone(place)
    query = ShowWaiting(neighbourhood_ids=[place])
    assert await back.refused(query, **me(who)) == ("not_allowed", "ce-actor")
    assert await back.refused(query, sender="samen") == ("not_allowed", "ce-actor")
    for nowhere in (["nowhere"], [place, "nowhere"]):
        unknown = ShowWaiting(neighbourhood_ids=nowhere)
        assert await back.refused(unknown, **me(who)) == ("not_allowed", "ce-actor"), "nobody learns which there are"
        assert await back.refused(unknown, sender="samen") == ("not_allowed", "ce-actor")
    assert await back.get(query, actor="operator") == await waiting(back, place)


async def test_a_neighbourhood_that_is_not_known_keeps_nothing_of_the_others(back: Lives) -> None:
    """It may be new, or have just ended."""
    here, ended = await back.place(), await back.place()
    made = [await back.had(each, await back.someone(each), stage="draft", half=True) for each in (here, ended)]
    await back.rows("UPDATE neighbourhood SET retired = true WHERE neighbourhood_id = $1", ended)
    found = await waiting(back, "nowhere", here, ended)
    assert [each.exchange_id for each in found.half] == [made[0]]
    assert found == await waiting(back, here)
    assert await waiting(back, "nowhere", ended) == await waiting(back, await back.place())


async def test_a_partner_asks_one_by_one_and_a_worker_several_at_once_with_the_same_answers(back: Lives) -> None:
    place = await back.place()
    who = await back.someone(place)
    await back.had(place, who, stage="draft", half=True)
    query = ShowWaiting(neighbourhood_ids=[place])
    both = AskSeveral(questions=[Question(type=query.TYPE, data=query.model_dump_json())] * 2)
    assert await back.refused(both, sender="samen") == ("not_allowed", "")
    together = await back.get(both, actor=WORKER)
    for each in together.answers:
        assert Waiting.model_validate(Answer.model_validate_json(each).result) == await waiting(back, place)
    refused = await back.get(both, **me(who))
    assert {Answer.model_validate_json(each).problems[0].code for each in refused.answers} == {"not_allowed"}


async def test_whose_it_is_stays_with_the_worker(back: Lives) -> None:
    """Who is asked learns it when both have agreed: not from what is shown of their invitation."""
    asked = await back.lived("asked")
    invitation_id = await back.invitation(asked.exchange_id, asked.neighbour)
    shown = await back.ask(ShowInvitation(invitation_id=invitation_id), **me(asked.neighbour))
    listed = await back.ask(ListInvitations(participant_id=asked.neighbour), **me(asked.neighbour))
    for answer in (shown, listed):
        assert answer.status == "accepted"
        assert str(asked.opener) not in answer.model_dump_json()


async def test_no_more_is_given_than_an_answer_takes(back: Lives) -> None:
    place = await back.place()
    who = await back.someone(place)
    for by_system in (True, False):
        for half in (True, False):
            for _ in range(20):
                await back.had(place, who, stage="draft", half=half, by_system=by_system, words="🌳" * 280)
    found = await waiting(back, place, limit=20)
    assert len(found.model_dump_json().encode()) <= domain.MOST_BYTES
    assert len(found.doubted) == len(found.wishes) >= 5
