"""Circles and visits through their handlers, on a real database."""

from __future__ import annotations

import asyncio

from shared.contracts.profiles import (
    AgreeToCircle,
    AskIntoCircle,
    CircleAgreed,
    CircleAsked,
    CircleKept,
    DeclineCircle,
    LeaveNetwork,
    ListVisits,
    RecordVisit,
    ShowCircle,
    StepOutOfCircle,
    VisitDue,
    VisitRecorded,
)
from shared.ids import new_id
from tests.handling import later
from tests.profiles.people import People


async def test_a_circle_is_agreed_by_both(people: People) -> None:
    """One asks, the other agrees; only then is each in the other's circle, and both states say so."""
    maria, jef = await people.register("Maria Kring"), await people.register("Jef Kring")
    await people.get(AskIntoCircle(participant_id=maria, other_id=jef), actor=f"participant:{maria}")
    assert len(await people.told(CircleAsked, participant_id=maria, other_id=jef)) == 1
    assert not await people.told(CircleKept)
    (waiting,) = (await people.get(ShowCircle(participant_id=jef))).asked_by
    assert (waiting.participant_id, waiting.name) == (maria, "Maria Kring")
    ref = await people.get(AgreeToCircle(participant_id=jef, other_id=maria), actor=f"participant:{jef}")
    assert ref.status == "agreed"
    assert (await people.state(CircleKept, maria)).member_ids == [jef]
    assert (await people.state(CircleKept, jef)).member_ids == [maria]
    assert len(await people.told(CircleAgreed, participant_id=maria, other_id=jef)) == 1
    assert not CircleAgreed.FEED


async def test_nobody_agrees_for_someone_else(people: People) -> None:
    maria, jef = await people.register(), await people.register()
    actor = f"participant:{maria}"
    await people.get(AskIntoCircle(participant_id=maria, other_id=jef), actor=actor)
    assert (await people.refused(AgreeToCircle(participant_id=jef, other_id=maria), actor=actor))[0] == "no_mandate"
    assert await people.refused(AgreeToCircle(participant_id=maria, other_id=jef), actor=actor) == (
        "not_asked",
        "other_id",
    )


async def test_two_who_ask_each_other_have_agreed(people: People) -> None:
    maria, jef = await people.register(), await people.register()
    await people.get(AskIntoCircle(participant_id=maria, other_id=jef))
    assert (await people.get(AskIntoCircle(participant_id=jef, other_id=maria))).status == "agreed"
    assert (await people.get(AskIntoCircle(participant_id=jef, other_id=maria))).status == "agreed"
    assert len(await people.told(CircleAgreed, participant_id=maria, other_id=jef)) == 1


async def test_either_steps_out_of_a_circle_silently(people: People) -> None:
    """The states of both change, no event says so, and asking again bothers nobody."""
    maria, jef = await people.register("Maria Uit"), await people.register("Jef Uit")
    await people.get(AskIntoCircle(participant_id=maria, other_id=jef))
    await people.get(AgreeToCircle(participant_id=jef, other_id=maria))
    mark = await people.mark()
    await people.get(StepOutOfCircle(participant_id=jef, other_id=maria), actor=f"participant:{jef}")
    assert set(await people.everything_told(mark)) == {CircleKept.TYPE}
    assert (await people.state(CircleKept, maria)).member_ids == []
    mark = await people.mark()
    ref = await people.get(AskIntoCircle(participant_id=maria, other_id=jef))
    assert ref.status == "asked", "as the first time"
    assert [each.name for each in (await people.get(ShowCircle(participant_id=maria))).asked] == ["Jef Uit"]
    assert not (await people.get(ShowCircle(participant_id=jef))).asked_by
    assert await people.everything_told(mark) == []


async def test_a_no_to_a_circle_is_told_to_nobody(people: People) -> None:
    maria, jef = await people.register("Maria Nee"), await people.register("Jef Nee")
    await people.get(AskIntoCircle(participant_id=maria, other_id=jef))
    before = await people.get(ShowCircle(participant_id=maria))
    mark = await people.mark()
    assert (await people.get(DeclineCircle(participant_id=jef, other_id=maria))).status == "none"
    assert await people.everything_told(mark) == []
    assert await people.get(ShowCircle(participant_id=maria)) == before
    assert (await people.get(AskIntoCircle(participant_id=maria, other_id=jef))).status == "asked"
    assert await people.everything_told(mark) == []
    assert (await people.get(AgreeToCircle(participant_id=jef, other_id=maria))).status == "agreed", (
        "on second thoughts"
    )


async def test_agreeing_at_once_makes_one_circle(people: People) -> None:
    """Two commands at the same moment, from both sides."""
    maria, jef = await people.register(), await people.register()
    answers = await asyncio.gather(
        people.ask(AskIntoCircle(participant_id=maria, other_id=jef)),
        people.ask(AskIntoCircle(participant_id=jef, other_id=maria)),
    )
    assert [answer.status for answer in answers] == ["accepted", "accepted"]
    assert (await people.state(CircleKept, maria)).member_ids == [jef]
    assert len(await people.rows("SELECT 1 FROM tie WHERE $1 IN (first_id, second_id)", maria)) == 1


async def test_a_circle_with_who_left_or_nobody_is_refused(people: People) -> None:
    maria, jef = await people.register(), await people.register()
    await people.get(LeaveNetwork(participant_id=jef))
    assert await people.refused(AskIntoCircle(participant_id=maria, other_id=jef)) == ("left", "other_id")
    assert await people.refused(AskIntoCircle(participant_id=maria, other_id=new_id())) == ("unknown_id", "other_id")
    assert await people.refused(AskIntoCircle(participant_id=maria, other_id=maria)) == ("same_person", "other_id")


async def test_a_visit_is_kept_by_who_and_when(people: People) -> None:
    """By the worker who sends it, or the one that an operator names; it stops the newcomer's timer."""
    who = await people.register()
    ref = await people.get(RecordVisit(participant_id=who, visited_at=later(-0.5)))
    (told,) = await people.told(VisitRecorded, participant_id=who)
    assert (told.visit_id, told.worker_id) == (ref.visit_id, people.worker_id)
    assert VisitDue.timer(who) not in await people.timers()
    await people.get(RecordVisit(participant_id=who, worker_id=people.worker_id), actor="operator")
    page = await people.get(ListVisits(participant_id=who, limit=1))
    assert page.visits[0].visit_id == ref.visit_id
    rest = await people.get(ListVisits(participant_id=who, limit=1, after=page.next))
    assert (len(rest.visits), rest.next) == (1, None)
    assert [each.first for each in await people.told(VisitRecorded, participant_id=who)] == [True, False]


async def test_a_visit_is_refused_by_field(people: People) -> None:
    who = await people.register()
    refused = people.refused
    assert await refused(RecordVisit(participant_id=who), actor="operator") == ("missing", "worker_id")
    assert await refused(RecordVisit(participant_id=who, visited_at=later(1))) == ("in_the_future", "visited_at")
    assert await refused(RecordVisit(participant_id=who, worker_id=new_id())) == ("unknown_id", "worker_id")
    assert (await refused(RecordVisit(participant_id=who), actor=f"participant:{who}"))[0] == "not_allowed"
