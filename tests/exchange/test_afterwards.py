"""After both agreed, through handlers on a real database: moved, cancelled, how it was, and what then becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.envelope import Command
from shared.contracts.exchange import (
    AcquaintanceMade,
    CancelAgreement,
    ExchangeDone,
    FinishExchange,
    HowItWasSaid,
    MediationAsked,
    MoveMoment,
    SayHowItWas,
    SayThanks,
    ShowExchange,
    When,
)
from tests.conftest import MakeStack
from tests.exchange.agreeing import Agreeing, agreeing, me, moment
from tests.handling import later


@pytest.fixture(scope="module")
async def exchange(module_stack: MakeStack) -> AsyncIterator[Agreeing]:
    async with agreeing(module_stack) as made:
        yield made


# --- moving and cancelling


async def test_anyone_in_it_moves_the_moment_and_the_others_are_told(exchange: Agreeing) -> None:
    street = await exchange.agreed(2, people=2, yes=2, when=moment(3))
    when, mark = moment(10), await exchange.mark()
    command = MoveMoment(exchange_id=street.exchange_id, participant_id=street.other, when=when)
    ref = await exchange.get(command, **me(street.other))
    assert (ref.stage, ref.next) == ("agreed", "how-was-it")
    told = await street.steps(mark)
    assert told == {street.opener: ["moment-changed"], street.neighbours[1]: ["moment-changed"]}
    assert (await street.seen_by(street.opener)).when == when
    mark = await exchange.mark()
    await exchange.get(command, **me(street.other))
    assert await exchange.everything_told(mark) == [], "the same moment again tells nobody"
    exchange.move(timedelta(days=5))
    await exchange.fire()
    assert not (await street.steps(mark)), "the question how it was moved too"
    exchange.move(timedelta(days=6, hours=1))
    await exchange.fire()
    assert set(await street.steps(mark)) == {street.opener, *street.neighbours}


async def test_a_moment_moves_only_forward_and_only_once_both_agreed(exchange: Agreeing) -> None:
    street = await exchange.proposed(when=moment(3))

    def move(when: When) -> MoveMoment:
        return MoveMoment(exchange_id=street.exchange_id, participant_id=street.opener, when=when)

    assert await exchange.refused(move(moment(4)), **me(street.opener)) == ("wrong_stage", "exchange_id")
    await street.answers("yes")
    assert await exchange.refused(move(moment(-1)), **me(street.opener)) == ("in_the_past", "when")
    assert await exchange.refused(move(moment(900)), **me(street.opener)) == ("too_far", "when")
    await exchange.get(FinishExchange(exchange_id=street.exchange_id, participant_id=street.opener))
    assert await exchange.refused(move(moment(4)), **me(street.opener)) == ("wrong_stage", "exchange_id")


async def test_when_the_side_that_opened_it_cancels_it_ends(exchange: Agreeing) -> None:
    street = await exchange.agreed()
    mark = await exchange.mark()
    command = CancelAgreement(exchange_id=street.exchange_id, participant_id=street.opener)
    assert (await exchange.get(command, **me(street.opener))).stage == "withdrawn"
    assert await street.steps(mark) == {street.other: ["cancelled"]}
    assert await street.timers() == set()
    mark = await exchange.mark()
    assert (await exchange.get(command, **me(street.opener))).stage == "withdrawn"
    assert await exchange.everything_told(mark) == []


async def test_when_a_neighbour_cancels_someone_else_is_sought(exchange: Agreeing) -> None:
    street = await exchange.agreed()
    mark = await exchange.mark()
    command = CancelAgreement(exchange_id=street.exchange_id, participant_id=street.other)
    assert (await exchange.get(command, **me(street.other))).stage == "open"
    assert await street.steps(mark) == {street.opener: ["cancelled"]}
    assert {"end", "tell-nobody-found"} <= await street.timers()
    assert not {"ask-how-it-was", "close", "decide"} & await street.timers()
    mark = await exchange.mark()
    assert (await exchange.get(command, **me(street.other))).stage == "open"
    assert await exchange.everything_told(mark) == []
    assert await exchange.refused(
        SayHowItWas(exchange_id=street.exchange_id, participant_id=street.other, answer="good"), **me(street.other)
    ) == ("unknown_id", "exchange_id")


async def test_cancelled_when_the_moment_is_there_it_ends(exchange: Agreeing) -> None:
    street = await exchange.agreed(when=moment(2))
    exchange.move(timedelta(days=2, minutes=5))
    command = CancelAgreement(exchange_id=street.exchange_id, participant_id=street.other)
    assert (await exchange.get(command, **me(street.other))).stage == "expired"


async def test_one_of_several_cancels_and_it_goes_on_with_the_others(exchange: Agreeing) -> None:
    street = await exchange.agreed(2, people=2, yes=2)
    mark = await exchange.mark()
    command = CancelAgreement(exchange_id=street.exchange_id, participant_id=street.other)
    assert (await exchange.get(command, **me(street.other))).stage == "agreed"
    assert await street.steps(mark) == {street.opener: ["cancelled"]}
    assert [each.participant_id for each in (await street.seen_by(street.opener)).others] == [street.neighbours[1]]


# --- how it was


async def test_both_are_asked_how_it_was_after_the_moment(exchange: Agreeing) -> None:
    street = await exchange.agreed(when=moment(3))
    mark = await exchange.mark()
    exchange.move(timedelta(days=3, hours=12))
    await exchange.fire()
    assert await street.steps(mark) == {}
    exchange.move(timedelta(hours=13))
    await exchange.fire()
    assert await street.steps(mark) == {street.opener: ["how-was-it"], street.other: ["how-was-it"]}


async def test_moved_to_some_time_they_are_asked_later_too(exchange: Agreeing) -> None:
    street = await exchange.agreed(when=moment(30))
    exchange.move(timedelta(days=20))
    await exchange.get(
        MoveMoment(exchange_id=street.exchange_id, participant_id=street.opener, when=When()), **me(street.opener)
    )
    mark = await exchange.mark()
    exchange.move(timedelta(days=7))
    await exchange.fire()
    assert await street.steps(mark) == {}
    exchange.move(timedelta(days=1, hours=1))
    await exchange.fire()
    assert set(await street.steps(mark)) == {street.opener, street.other}


async def test_who_is_asked_late_has_time_to_say_how_it_was(exchange: Agreeing) -> None:
    """An outage of weeks: then they are asked, and it closes as long after as ever."""
    street = await exchange.agreed(when=moment(3))
    exchange.move(timedelta(days=30))
    await exchange.fire()
    assert await street.stage() == "agreed"
    exchange.move(timedelta(days=13))
    await exchange.fire()
    assert await street.stage() == "agreed"


async def test_two_who_say_how_it_was_at_once_make_it_done_once(exchange: Agreeing) -> None:
    street = await exchange.agreed()
    await asyncio.gather(
        *(
            exchange.get(SayHowItWas(exchange_id=street.exchange_id, participant_id=each, answer="good"), **me(each))
            for each in (street.opener, street.other)
        )
    )
    assert len(await exchange.told(ExchangeDone, exchange_id=street.exchange_id)) == 1
    rows = await exchange.rows("SELECT 1 FROM experience WHERE exchange_id = $1", street.exchange_id)
    assert len(rows) == 2


async def test_who_has_said_how_it_was_is_not_asked(exchange: Agreeing) -> None:
    street = await exchange.agreed()
    await exchange.get(
        SayHowItWas(exchange_id=street.exchange_id, participant_id=street.other, answer="good"), **me(street.other)
    )
    (said,) = await exchange.told(HowItWasSaid, exchange_id=street.exchange_id)
    assert (said.participant_id, "good" in said.model_dump_json()) == (street.other, False)
    mark = await exchange.mark()
    exchange.move(timedelta(days=8, hours=1))
    await exchange.fire()
    assert await street.steps(mark) == {street.opener: ["how-was-it"]}


async def test_how_it_was_makes_it_done_and_those_who_met_acquaintances(exchange: Agreeing) -> None:
    street = await exchange.agreed()
    await exchange.rows("DELETE FROM acquaintance WHERE $1 IN (first_id, second_id)", street.opener)
    said = SayHowItWas(exchange_id=street.exchange_id, participant_id=street.opener, answer="good")
    assert (await exchange.get(said, **me(street.opener))).stage == "done"
    assert len(await exchange.told(ExchangeDone, exchange_id=street.exchange_id)) == 1
    made = await exchange.told(AcquaintanceMade, neighbourhood_id=street.neighbourhood_id, through="exchange")
    assert [{each.participant_id, each.other_id} for each in made] == [{street.opener, street.other}]
    mark = await exchange.mark()
    await exchange.get(said, **me(street.opener))
    await exchange.get(FinishExchange(exchange_id=street.exchange_id, participant_id=street.other), **me(street.other))
    assert await exchange.everything_told(mark) == []


async def test_which_worker_recorded_that_it_was_not_good_is_told_so_that_they_need_not_hear_it(
    exchange: Agreeing,
) -> None:
    street, mark = await exchange.agreed(), await exchange.mark()
    said = SayHowItWas(exchange_id=street.exchange_id, participant_id=street.other, answer="not-good", how="phone")
    await exchange.get(said, actor=exchange.actor)
    (asked,) = await exchange.told(MediationAsked, mark)
    assert f"worker:{asked.worker_id}" == exchange.actor


async def test_not_good_is_seen_by_nobody_else(exchange: Agreeing) -> None:
    """The worker hears it, once; the other side sees nothing of it, and nor does what is shown to a worker."""
    street = await exchange.agreed()
    mark = await exchange.mark()
    said = SayHowItWas(exchange_id=street.exchange_id, participant_id=street.other, answer="not-good")
    ref = await exchange.get(said, **me(street.other))
    await exchange.get(said, **me(street.other))
    (asked,) = await exchange.told(MediationAsked, mark)
    assert (asked.participant_id, asked.worker_id) == (street.other, None)
    assert not MediationAsked.FEED
    assert ref.stage == "done"
    assert await street.steps(mark) == {}
    assert (await street.seen_by(street.other)).how_it_was == "not-good"
    for actor in (f"participant:{street.opener}", exchange.actor, "operator"):
        shown = await exchange.get(ShowExchange(exchange_id=street.exchange_id), actor=actor)
        assert "not-good" not in shown.model_dump_json()


async def test_a_word_on_how_it_was_is_changed_until_it_closes(exchange: Agreeing) -> None:
    street = await exchange.agreed()

    def say(answer: Any) -> SayHowItWas:
        return SayHowItWas(exchange_id=street.exchange_id, participant_id=street.opener, answer=answer)

    await exchange.get(say("fine"), **me(street.opener))
    await exchange.get(say("not-good"), **me(street.opener))
    assert len(await exchange.told(MediationAsked, exchange_id=street.exchange_id)) == 1
    exchange.move(timedelta(days=40))
    assert await exchange.refused(say("good"), **me(street.opener)) == ("closed", "answer")
    late = SayHowItWas(exchange_id=street.exchange_id, participant_id=street.other, answer="not-good")
    await exchange.get(late, **me(street.other))
    assert len(await exchange.told(MediationAsked, exchange_id=street.exchange_id)) == 2, "a first word is never late"


async def test_what_did_not_happen_ends_quietly(exchange: Agreeing) -> None:
    street = await exchange.agreed()
    mark = await exchange.mark()
    said = SayHowItWas(exchange_id=street.exchange_id, participant_id=street.other, answer="did-not-happen")
    assert (await exchange.get(said, **me(street.other))).stage == "withdrawn"
    assert await street.steps(mark) == {}
    assert await street.timers() == set()
    other = SayHowItWas(exchange_id=street.exchange_id, participant_id=street.opener, answer="not-good")
    assert (await exchange.get(other, **me(street.opener))).stage == "withdrawn"
    assert len(await exchange.told(MediationAsked, mark)) == 1, "the other side is heard all the same"


async def test_what_is_done_stays_done_when_one_says_that_it_did_not_happen(exchange: Agreeing) -> None:
    street = await exchange.agreed()
    await exchange.get(FinishExchange(exchange_id=street.exchange_id, participant_id=street.opener))
    said = SayHowItWas(exchange_id=street.exchange_id, participant_id=street.other, answer="did-not-happen")
    assert (await exchange.get(said, **me(street.other))).stage == "done"


async def test_of_several_who_was_not_there_is_no_acquaintance(exchange: Agreeing) -> None:
    street = await exchange.agreed(2, people=2, yes=2)
    await exchange.rows("DELETE FROM acquaintance WHERE $1 IN (first_id, second_id)", street.opener)
    away = SayHowItWas(exchange_id=street.exchange_id, participant_id=street.other, answer="did-not-happen")
    assert (await exchange.get(away, **me(street.other))).stage == "agreed"
    there = SayHowItWas(exchange_id=street.exchange_id, participant_id=street.neighbours[1], answer="good")
    assert (await exchange.get(there, **me(street.neighbours[1]))).stage == "done"
    made = await exchange.told(AcquaintanceMade, neighbourhood_id=street.neighbourhood_id, through="exchange")
    assert [{each.participant_id, each.other_id} for each in made] == [{street.opener, street.neighbours[1]}]


async def test_what_is_still_to_come_is_cancelled_and_not_said_to_have_failed(exchange: Agreeing) -> None:
    street = await exchange.agreed(when=moment(3))
    said = SayHowItWas(exchange_id=street.exchange_id, participant_id=street.other, answer="did-not-happen")
    assert await exchange.refused(said, **me(street.other)) == ("in_the_future", "answer")


async def test_without_a_word_it_ends_and_nobody_is_told(exchange: Agreeing) -> None:
    street = await exchange.agreed(when=moment(3))
    exchange.move(timedelta(days=4, hours=1))
    await exchange.fire()
    mark = await exchange.mark()
    exchange.move(timedelta(days=14, hours=1))
    await exchange.fire()
    assert await street.stage() == "expired"
    assert await street.steps(mark) == {}
    assert await street.timers() == set()
    late = SayHowItWas(exchange_id=street.exchange_id, participant_id=street.other, answer="not-good")
    await exchange.get(late, **me(street.other))
    assert len(await exchange.told(MediationAsked, mark)) == 1, "a letter may come late"


async def test_saying_how_it_was_is_a_sign_of_life(exchange: Agreeing) -> None:
    street = await exchange.agreed()
    await exchange.rows("UPDATE participant SET heard_at = $2 WHERE participant_id = $1", street.other, later(-300))
    await exchange.get(SayHowItWas(exchange_id=street.exchange_id, participant_id=street.other, answer="fine"))
    (row,) = await exchange.rows("SELECT heard_at FROM participant WHERE participant_id = $1", street.other)
    assert row["heard_at"] > later(-1)


# --- every step is told


TOLD: list[tuple[str, type[Command], dict[str, Any], list[str]]] = [
    ("moved", MoveMoment, {"when": {}}, ["moment-changed"]),
    ("cancelled", CancelAgreement, {}, ["cancelled"]),
    ("done", FinishExchange, {}, []),
    ("good", SayHowItWas, {"answer": "good"}, []),
    ("not good", SayHowItWas, {"answer": "not-good"}, []),
    ("did not happen", SayHowItWas, {"answer": "did-not-happen"}, []),
    ("thanks", SayThanks, {"words": "Merci"}, ["thanked"]),
]


@pytest.mark.parametrize("by_opener", [True, False], ids=["by who opened it", "by the neighbour"])
@pytest.mark.parametrize(("what", "command", "values", "told"), TOLD, ids=[each[0] for each in TOLD])
async def test_the_other_side_hears_what_it_must_know_and_no_more(
    exchange: Agreeing, what: str, command: type[Command], values: dict[str, Any], told: list[str], by_opener: bool
) -> None:
    """The same whichever side it is; nobody hears what they said themselves."""
    street = await exchange.agreed(when=moment(2))
    exchange.move(timedelta(days=1.99) if command in (MoveMoment, CancelAgreement) else timedelta(days=2.01))
    by, other = (street.opener, street.other) if by_opener else (street.other, street.opener)
    mark = await exchange.mark()
    message = command.model_validate({"exchange_id": street.exchange_id, "participant_id": by, **values})
    await exchange.get(message, **me(by))
    assert await street.steps(mark) == ({other: told} if told else {}), what
