"""Agreements, through their handlers on a real database: from the first yes to how it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.exchange.handlers import agreements
from services.exchange.repository import exchanges
from shared.contracts.exchange import (
    AnswerInvitation,
    AnswerProposal,
    CancelAgreement,
    ContactShared,
    ExchangeAgreed,
    ExchangeDue,
    ExchangeExpired,
    ExchangeReleased,
    ExchangeWithdrawn,
    FinishExchange,
    HandToWorker,
    Introduce,
    InviteNeighbour,
    LimitReached,
    ListExchanges,
    MoveMoment,
    NeighbourhoodDue,
    NextStepReached,
    OpenDraft,
    OpenExchange,
    ReopenExchange,
    SayHowItWas,
    When,
    WithdrawExchange,
)
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.exchange.agreeing import Agreeing, Street, agreeing, due, me, moment


@pytest.fixture(scope="module")
async def exchange(module_stack: MakeStack) -> AsyncIterator[Agreeing]:
    async with agreeing(module_stack) as made:
        yield made


# --- both agree


async def test_contact_is_shared_only_after_both_agreed(exchange: Agreeing) -> None:
    """Not when it is opened, nor when a neighbour says yes; then for each pair, once."""
    street = await exchange.proposed()
    assert not await exchange.told(ContactShared, exchange_id=street.exchange_id)
    assert not await exchange.rows("SELECT 1 FROM agreement WHERE exchange_id = $1", street.exchange_id)
    ref = await street.answers("yes")
    assert (ref.stage, ref.next) == ("agreed", "agreed")
    (shared,) = await exchange.told(ContactShared, exchange_id=street.exchange_id)
    assert (shared.participant_id, shared.other_id) == (street.opener, street.other)
    assert len(await exchange.told(ExchangeAgreed, exchange_id=street.exchange_id)) == 1
    assert not ContactShared.FEED


async def test_both_are_told_when_they_agreed(exchange: Agreeing) -> None:
    street = await exchange.proposed()
    mark = await exchange.mark()
    await street.answers("yes")
    assert await street.steps(mark) == {street.opener: ["agreed"], street.other: ["agreed"]}
    told = await exchange.told(NextStepReached, mark)
    assert {each.worker_id for each in told} == {exchange.worker_id}, "in the worker's name"


async def test_an_offer_goes_the_same_way(exchange: Agreeing) -> None:
    street = await exchange.agreed(opening="offer")
    (shared,) = await exchange.told(ContactShared, exchange_id=street.exchange_id)
    assert (shared.participant_id, shared.other_id) == (street.opener, street.other)


async def test_neighbours_do_not_get_each_others_contact(exchange: Agreeing) -> None:
    """Each agreed with the side that opened it, and with nobody else."""
    street = await exchange.agreed(2, people=2, yes=2)
    shared = await exchange.told(ContactShared, exchange_id=street.exchange_id)
    assert {(each.participant_id, each.other_id) for each in shared} == {
        (street.opener, each) for each in street.neighbours
    }


async def test_a_yes_that_comes_again_changes_nothing(exchange: Agreeing) -> None:
    street = await exchange.agreed()
    mark = await exchange.mark()
    assert (await street.answers("yes")).stage == "agreed"
    assert await exchange.everything_told(mark) == []


async def test_two_answers_at_once_make_one_agreement(exchange: Agreeing) -> None:
    """A yes beside a yes; and a yes beside a no of the neighbour: agreed, or not, and never half."""
    street = await exchange.proposed()
    refs = await asyncio.gather(*(street.answers("yes") for _ in range(4)))
    assert {ref.stage for ref in refs} == {"agreed"}
    assert len(await exchange.told(ContactShared, exchange_id=street.exchange_id)) == 1
    for _ in range(4):
        street = await exchange.proposed()
        no = AnswerInvitation(invitation_id=await street.invitation(street.other), answer="no")
        yes = AnswerProposal(exchange_id=street.exchange_id, answer="yes")
        one, other = await asyncio.gather(
            exchange.ask(yes, **me(street.opener)), exchange.ask(no, **me(street.other))
        )  # fmt: skip
        agreed = await street.stage() == "agreed"
        assert (one.status, other.status) == (
            ("accepted", "rejected") if agreed else ("rejected", "accepted")
        )  # fmt: skip
        assert len(await exchange.told(ContactShared, exchange_id=street.exchange_id)) == agreed


async def test_two_neighbours_who_say_yes_at_once_are_one_agreement(exchange: Agreeing) -> None:
    """The other is told kindly that it is arranged."""
    street = await exchange.street(2)
    ids = [(each, await street.invitation(each)) for each in street.neighbours]
    await asyncio.gather(
        *(exchange.ask(AnswerInvitation(invitation_id=id_, answer="yes"), **me(each)) for each, id_ in ids)
    )
    assert sorted((await street.stages()).values()) == ["arranged", "yes"]
    await street.answers("yes")
    assert len(await exchange.told(ContactShared, exchange_id=street.exchange_id)) == 1


async def test_an_answer_given_by_phone_or_at_the_door_is_theirs(exchange: Agreeing) -> None:
    """A worker records it as theirs, and so does who holds their mandate; nobody else hears that there is anything."""
    street = await exchange.proposed()
    answer = AnswerProposal(exchange_id=street.exchange_id, answer="yes", how="phone")
    holder = new_id()
    assert await exchange.refused(answer, **me(street.other)) == ("unknown_id", "exchange_id")
    assert await exchange.refused(answer, **me(holder)) == ("unknown_id", "exchange_id")
    assert (await exchange.get(answer)).stage == "agreed"
    (row,) = await exchange.rows("SELECT answered_by, how FROM agreement WHERE exchange_id = $1", street.exchange_id)
    assert (row["answered_by"], row["how"]) == (exchange.actor, "phone")
    street = await exchange.proposed()
    await exchange.rows(
        "UPDATE participant SET mandate_holder_ids = $2 WHERE participant_id = $1", street.opener, [holder]
    )
    assert (await street.answers("yes", **me(holder))).stage == "agreed"


async def test_partners_answer_for_nobody(exchange: Agreeing) -> None:
    street = await exchange.proposed()
    await exchange.grant("huisarts", street.neighbourhood_id)
    for command in (
        AnswerProposal(exchange_id=street.exchange_id, answer="yes"),
        FinishExchange(exchange_id=street.exchange_id, participant_id=street.opener),
        CancelAgreement(exchange_id=street.exchange_id, participant_id=street.opener),
        SayHowItWas(exchange_id=street.exchange_id, participant_id=street.opener, answer="good"),
        MoveMoment(exchange_id=street.exchange_id, participant_id=street.opener, when=When()),
    ):
        assert (await exchange.refused(command, sender="huisarts"))[0] == "not_allowed"


async def test_whose_wish_the_system_proposed_agrees_with_a_neighbour_and_not_with_themselves(
    exchange: Agreeing,
) -> None:
    """Their own yes opens it; it is not among the answers that are looked at, and is told of nobody."""
    street = await exchange.street(0)
    neighbour = await exchange.neighbour(street.neighbourhood_id, talents=[{"kind": "game"}])
    wishes = await exchange.neighbour(street.neighbourhood_id, wishes=[{"kind": "game"}])
    await exchange.get(Introduce(participant_id=wishes, other_id=neighbour))
    await exchange.tell(NeighbourhoodDue(neighbourhood_id=street.neighbourhood_id, to="propose"))
    (line,) = (await exchange.get(ListExchanges(participant_id=wishes))).exchanges
    proposal = replace(street, opener=wishes, neighbours=[neighbour], exchange_id=line.exchange_id)
    await exchange.get(OpenDraft(exchange_id=line.exchange_id, consented="spoken"))
    assert await proposal.steps() == {wishes: ["invited"]}
    await proposal.says(wishes, "yes")
    await proposal.says(neighbour, "yes")
    assert await proposal.stage() == "proposed"
    assert (await proposal.answers("yes")).stage == "agreed"
    shared = await exchange.told(ContactShared, exchange_id=line.exchange_id)
    assert [(each.participant_id, each.other_id) for each in shared] == [(wishes, neighbour)]
    assert "arranged" not in (await proposal.steps())[wishes]
    await exchange.get(CancelAgreement(exchange_id=line.exchange_id, participant_id=wishes))
    assert (await proposal.stages())[wishes] == "yes"
    assert (await proposal.stages())[neighbour] == "taken-back"


async def test_the_same_two_for_the_fourth_time_is_told_to_the_worker_and_nothing_is_cut(exchange: Agreeing) -> None:
    """What rests on one neighbour is a signal; the agreement stands, and the two hear nothing of it."""
    street = await exchange.agreed()
    for kind in ("garden", "garden", "game"):
        await exchange.rows("UPDATE exchange SET kind = 'walk' WHERE participant_id = $1", street.opener)
        ref = await exchange.get(
            OpenExchange(opening="ask", participant_id=street.opener, kind=kind), **me(street.opener)
        )
        street = replace(street, exchange_id=ref.exchange_id)
        if kind == "game":
            assert not await exchange.told(LimitReached, neighbourhood_id=street.neighbourhood_id)
            await exchange.get(InviteNeighbour(exchange_id=ref.exchange_id, participant_id=street.other))
        await street.says(street.other, "yes")
        mark = await exchange.mark()
        assert (await street.answers("yes")).stage == "agreed"
        assert await street.steps(mark) == {street.opener: ["agreed"], street.other: ["agreed"]}
    (reached,) = await exchange.told(LimitReached, neighbourhood_id=street.neighbourhood_id)
    assert (reached.why, reached.participant_id, reached.other_id) == ("drift", street.opener, street.other)


# --- several people


async def test_several_are_put_before_the_side_that_opened_it_together(exchange: Agreeing) -> None:
    street = await exchange.street(3, people=3)
    for each in street.neighbours[:2]:
        await street.says(each, "yes")
        assert await street.stage() == "inviting"
    await street.says(street.neighbours[2], "yes")
    assert await street.stage() == "proposed"


async def test_with_some_who_said_yes_and_nobody_left_it_goes_on_with_those(exchange: Agreeing) -> None:
    """Three were wanted, two said yes, and nobody is left to ask."""
    street = await exchange.street(3, people=3)
    for each in street.neighbours[:2]:
        await street.says(each, "yes")
    await street.says(street.neighbours[2], "no")
    assert await street.stage() == "proposed"
    await street.answers("yes")
    assert len(await exchange.told(ContactShared, exchange_id=street.exchange_id)) == 2


async def test_silence_of_the_last_one_is_an_answer_too(exchange: Agreeing) -> None:
    street = await exchange.street(2, people=2)
    await street.says(street.other, "yes")
    exchange.move(timedelta(days=4))
    await exchange.fire()
    assert await street.stage() == "proposed"
    assert (await street.stages())[street.neighbours[1]] == "silent"


async def test_no_more_are_put_forward_than_are_wanted(exchange: Agreeing) -> None:
    """Two said yes while the worker had it: who said it first is put forward, the other is told kindly."""
    street = await exchange.street(2)
    await exchange.get(HandToWorker(exchange_id=street.exchange_id), **me(street.opener))
    other, first = street.neighbours
    await street.says(first, "yes")
    exchange.move(timedelta(minutes=1))
    await street.says(other, "yes")
    mark = await exchange.mark()
    await exchange.get(OpenDraft(exchange_id=street.exchange_id))
    assert await street.stages() == {first: "yes", other: "arranged"}
    assert await street.steps(mark) == {street.opener: ["looking", "found"], other: ["arranged"]}


async def test_with_whom_it_was_agreed_in_an_earlier_life_is_told_nothing_of_a_later_one(exchange: Agreeing) -> None:
    """It ended, was reopened, and is beyond the limits by now."""
    street = await exchange.agreed()
    await _days(exchange, 45)
    for _ in range(3):
        await exchange.get(
            OpenExchange(opening="ask", participant_id=street.opener, kind="garden"), **me(street.opener)
        )
    command = ReopenExchange(exchange_id=street.exchange_id)
    assert (await exchange.get(command, **me(street.opener))).stage == "handed-over"
    assert (await street.seen_by(street.opener)).others == []
    mark = await exchange.mark()
    await exchange.get(WithdrawExchange(exchange_id=street.exchange_id), **me(street.opener))
    assert await street.steps(mark) == {}


async def test_halfway_to_the_moment_those_who_said_yes_are_put_forward(exchange: Agreeing) -> None:
    """However long the last answer takes, both sides still have time; who hasn't answered hears that it is arranged."""
    street = await exchange.street(2, people=2, when=moment(4))
    await street.says(street.other, "yes")
    mark = await exchange.mark()
    exchange.move(timedelta(days=1.9))
    await exchange.tell(due(street, "decide"))
    await exchange.fire()
    assert await street.stage() == "inviting"
    exchange.move(timedelta(days=0.2))
    await exchange.fire()
    assert await street.stage() == "proposed"
    assert await street.steps(mark) == {street.opener: ["found"], street.neighbours[1]: ["arranged"]}
    assert await street.timers() == {"decide"}


async def test_not_this_time_to_one_of_several_lets_the_others_stay(exchange: Agreeing) -> None:
    """It goes on with the others when nobody else is left to ask."""
    street = await exchange.proposed(3, people=3, yes=3)
    mark = await exchange.mark()
    ref = await street.answers("not-this-time", street.other)
    assert (ref.stage, ref.next) == ("proposed", "found")
    assert (await street.steps(mark))[street.other] == ["not-this-time"]
    assert set(await street.steps(mark)) == {street.other, street.opener}
    assert (await street.answers("not-this-time", street.other)).stage == "proposed", "said before"
    await street.answers("yes")
    shared = await exchange.told(ContactShared, exchange_id=street.exchange_id)
    assert {each.other_id for each in shared} == set(street.neighbours[1:])


# --- no, not now


async def test_no_is_free_and_needs_no_reason(exchange: Agreeing) -> None:
    """No command has a field for one, a neighbour's no is told to nobody, and nothing is said against who gives it."""
    for contract in (AnswerInvitation, AnswerProposal, CancelAgreement):
        assert not {"reason", "why", "words"} & set(contract.model_fields)
    street = await exchange.street(2)
    mark = await exchange.mark()
    await street.says(street.other, "no")
    assert await street.steps(mark) == {}
    assert await street.stages() == {street.other: "no", street.neighbours[1]: "asked"}
    await street.says(street.neighbours[1], "yes")
    mark = await exchange.mark()
    await street.answers("not-this-time")
    assert await street.steps(mark) == {street.neighbours[1]: ["not-this-time"]}


async def test_silence_is_an_answer_and_is_never_chased(exchange: Agreeing) -> None:
    """Of a neighbour, nobody hears it; of the side that opened it, the neighbour hears that it is no longer asked."""
    street = await exchange.street()
    mark = await exchange.mark()
    exchange.move(timedelta(days=4))
    await exchange.fire()
    assert await street.steps(mark) == {}
    assert await street.stages() == {street.other: "silent"}
    street = await exchange.proposed()
    mark = await exchange.mark()
    for _ in range(20):
        exchange.move(timedelta(days=2))
        await exchange.fire()
    assert await street.steps(mark) == {street.other: ["taken-back"]}


async def test_a_proposal_is_declined_without_a_reason_and_others_are_sought(exchange: Agreeing) -> None:
    """Not this time: the neighbour is told kindly, at once, and the next one is asked."""
    street = await exchange.proposed(1)
    fresh = await exchange.neighbour(street.neighbourhood_id, talents=[{"kind": "garden"}])
    await exchange.rows(
        "INSERT INTO acquaintance VALUES (least($1::uuid, $2), greatest($1::uuid, $2), now(), 'introduction')",
        street.opener, fresh,
    )  # fmt: skip
    mark = await exchange.mark()
    ref = await street.answers("not-this-time")
    assert (ref.stage, ref.next) == ("inviting", "looking")
    assert await street.steps(mark) == {street.other: ["not-this-time"], fresh: ["invited"]}
    assert await street.stages() == {street.other: "taken-back", fresh: "asked"}
    assert len(await exchange.told(ExchangeReleased, exchange_id=street.exchange_id)) == 1
    assert {"end", "tell-nobody-found"} <= await street.timers()
    assert "decide" not in await street.timers()
    assert (await street.answers("not-this-time")).stage == "inviting", "a second tap is no second answer"
    assert "reason" not in AnswerProposal.model_fields


async def test_a_not_now_comes_back_also_when_another_was_declined(exchange: Agreeing) -> None:
    street = await exchange.street(2)
    later, now = street.neighbours
    await street.says(later, "not-now")
    await street.says(now, "yes")
    await street.answers("not-this-time")
    mark = await exchange.mark()
    await _days(exchange, 22)
    assert (await street.steps(mark))[later] == ["invited-again"]


async def test_a_not_now_comes_back_when_the_side_that_opened_it_does(exchange: Agreeing) -> None:
    """They said it two days after: until then nobody is asked."""
    street = await exchange.street(2)
    later, now = street.neighbours
    await street.says(later, "not-now")
    await _days(exchange, 2)
    await street.says(now, "yes")
    await street.answers("not-now")
    mark = await exchange.mark()
    await _days(exchange, 20)
    assert later not in await street.steps(mark)
    await _days(exchange, 3)
    assert (await street.steps(mark))[later] == ["invited-again"]


async def test_a_not_now_is_asked_again_at_most_once_weeks_later(exchange: Agreeing) -> None:
    street = await exchange.proposed(1)
    mark = await exchange.mark()
    ref = await street.answers("not-now")
    assert (ref.stage, ref.next) == ("open", "resting")
    assert await street.steps(mark) == {street.other: ["not-this-time"]}
    assert await street.timers() == {"rest-over"}
    assert (await street.answers("not-now")).stage == "open", "said before"
    fresh = await exchange.neighbour(street.neighbourhood_id, talents=[{"kind": "garden"}])
    await exchange.rows(
        "INSERT INTO acquaintance VALUES (least($1::uuid, $2), greatest($1::uuid, $2), now(), 'introduction')",
        street.opener, fresh,
    )  # fmt: skip
    await exchange.tell(due(street, "look-again"))
    await exchange.tell(due(street, "rest-over"))
    assert fresh not in await street.stages(), "nobody is asked while it rests"
    exchange.move(timedelta(days=21))
    await exchange.fire()
    assert (await street.stages())[fresh] == "asked"
    await street.says(fresh, "yes")
    mark = await exchange.mark()
    ref = await street.answers("not-now")
    assert (ref.stage, ref.next) == ("withdrawn", "ended"), "a second time it is taken back"
    assert await street.steps(mark) == {fresh: ["not-this-time"], street.opener: ["ended"]}
    assert await street.timers() == set()
    assert (await street.answers("not-now")).stage == "withdrawn"


async def test_not_now_for_a_moment_that_comes_sooner_ends_it(exchange: Agreeing) -> None:
    street = await exchange.proposed(when=moment(5))
    assert (await street.answers("not-now")).stage == "withdrawn"
    assert len(await exchange.told(ExchangeWithdrawn, exchange_id=street.exchange_id)) == 1


async def test_silence_of_the_side_that_opened_it_is_an_answer_and_is_not_chased(exchange: Agreeing) -> None:
    """The neighbour is told; the side that opened it isn't."""
    street = await exchange.proposed()
    mark = await exchange.mark()
    exchange.move(timedelta(days=6))
    await exchange.fire()
    assert await street.stage() == "proposed"
    exchange.move(timedelta(days=1.1))
    await exchange.fire()
    assert await street.stage() == "expired"
    assert await street.steps(mark) == {street.other: ["taken-back"]}
    assert len(await exchange.told(ExchangeExpired, exchange_id=street.exchange_id)) == 1
    answer = AnswerProposal(exchange_id=street.exchange_id, answer="yes")
    assert await exchange.refused(answer, **me(street.opener)) == ("wrong_stage", "exchange_id")


async def test_the_time_to_decide_leaves_room_for_a_letter(exchange: Agreeing) -> None:
    street = await exchange.street()
    await exchange.tell(street.kept(street.opener, version=2, reached_by="letter"))
    await street.says(street.other, "yes")
    exchange.move(timedelta(days=7.5))
    await exchange.fire()
    assert await street.stage() == "proposed"
    exchange.move(timedelta(days=1))
    await exchange.fire()
    assert await street.stage() == "expired"


async def test_who_comes_to_need_a_letter_while_they_look_has_time_for_it_and_no_more(exchange: Agreeing) -> None:
    street = await exchange.proposed()
    await exchange.tell(street.kept(street.opener, version=2, reached_by="letter"))
    await _days(exchange, 7)
    assert await street.stage() == "proposed"
    await _days(exchange, 1)
    assert await street.stage() == "expired"


@pytest.mark.parametrize("to", ["ask-how-it-was", "close"])
async def test_what_a_changed_policy_makes_come_too_soon_comes_again(exchange: Agreeing, to: Any) -> None:
    street = await exchange.agreed()
    await exchange.rows("DELETE FROM messaging.timer WHERE key LIKE '%' || $1", str(street.exchange_id))
    await exchange.tell(due(street, to))
    assert to in await street.timers()
    await _days(exchange, 40)
    assert await street.stage() == "expired"


async def test_nobody_decides_after_the_moment_itself(exchange: Agreeing) -> None:
    street = await exchange.proposed(when=moment(2))
    exchange.move(timedelta(days=2, minutes=1))
    answer = AnswerProposal(exchange_id=street.exchange_id, answer="yes")
    assert await exchange.refused(answer, **me(street.opener)) == ("in_the_past", "exchange_id")
    await exchange.fire()
    assert await street.stage() == "expired"
    assert not await exchange.told(ContactShared, exchange_id=street.exchange_id)


async def test_a_neighbour_who_changes_their_mind_in_time_does_so_freely(exchange: Agreeing) -> None:
    street = await exchange.proposed()
    mark = await exchange.mark()
    await street.says(street.other, "no")
    assert await street.stage() == "open"
    assert await street.steps(mark) == {street.opener: ["cancelled"]}
    assert (await street.stages())[street.other] == "no"


async def test_a_proposal_may_be_tried_once_without_further_promise(exchange: Agreeing) -> None:
    """It is once unless said otherwise, and when it is done nothing of it goes on."""
    assert OpenExchange.model_fields["often"].default == "once"
    street = await exchange.agreed()
    await exchange.get(FinishExchange(exchange_id=street.exchange_id, participant_id=street.opener))
    exchange.move(timedelta(days=9))
    await exchange.fire()
    assert await street.timers() == set()
    rows = await exchange.rows("SELECT 1 FROM exchange WHERE participant_id = $1", street.opener)
    assert len(rows) == 1


# --- every step is told


STEPS: list[tuple[str, Callable[[Street], Awaitable[object]], dict[str, list[str]]]] = [
    ("yes", lambda street: street.answers("yes"), {"opener": ["agreed"], "other": ["agreed"]}),
    ("not-this-time", lambda street: street.answers("not-this-time"), {"other": ["not-this-time"]}),
    ("not-now", lambda street: street.answers("not-now"), {"other": ["not-this-time"]}),
    ("the neighbour's no", lambda street: street.says(street.other, "no"), {"opener": ["cancelled"]}),
]


@pytest.mark.parametrize(("answer", "step", "told"), STEPS, ids=[each[0] for each in STEPS])
async def test_each_side_is_told_what_happens_next(
    exchange: Agreeing, answer: str, step: Callable[[Street], Awaitable[object]], told: dict[str, list[str]]
) -> None:
    """From the moment that it is opened; nobody twice, and nobody what they just said themselves."""
    street = await exchange.street()
    assert await street.steps() == {street.opener: ["looking"], street.other: ["invited"]}, answer
    mark = await exchange.mark()
    await street.says(street.other, "yes")
    assert await street.steps(mark) == {street.opener: ["found"], street.other: ["waiting"]}
    mark = await exchange.mark()
    await step(street)
    names = {"opener": street.opener, "other": street.other}
    assert await street.steps(mark) == {names[who]: steps for who, steps in told.items()}


async def test_who_left_is_told_nothing(exchange: Agreeing) -> None:
    street = await exchange.proposed()
    await exchange.rows("UPDATE participant SET status = 'left' WHERE participant_id = $1", street.other)
    mark = await exchange.mark()
    await street.answers("not-this-time")
    assert await street.steps(mark) == {}


# --- timers and replays


async def test_timers_that_come_too_soon_or_late_change_nothing(exchange: Agreeing) -> None:
    """At every stage, any of its timers; each looks whether it still holds."""
    kinds: list[Any] = ["decide", "rest-over", "ask-how-it-was", "close"]
    open_, proposed, agreed = await exchange.street(), await exchange.proposed(), await exchange.agreed()
    done = await exchange.agreed()
    await exchange.get(FinishExchange(exchange_id=done.exchange_id, participant_id=done.opener))
    for street in (open_, proposed, agreed, done):
        before, mark = await street.stage(), await exchange.mark()
        for to in kinds:
            await exchange.tell(due(street, to))
        assert await street.stage() == before
        assert await street.steps(mark) == {}, before


async def test_a_timer_that_arrives_twice_is_heard_once(exchange: Agreeing) -> None:
    street = await exchange.agreed(when=moment(1))
    exchange.move(timedelta(days=2, hours=1))
    mark, id_ = await exchange.mark(), new_id()
    for _ in range(2):
        await exchange.tell(due(street, "ask-how-it-was"), message_id=id_)
    assert await street.steps(mark) == {street.opener: ["how-was-it"], street.other: ["how-was-it"]}


async def test_a_timer_of_something_unknown_is_no_failure(exchange: Agreeing) -> None:
    await exchange.tell(ExchangeDue(neighbourhood_id="nergens", exchange_id=new_id(), to="decide"))


# --- what other handlers call


@pytest.mark.parametrize("ending", ["withdrawn", "expired"])
@pytest.mark.parametrize("reached", ["street", "proposed", "agreed"])
async def test_ending_leaves_nothing_hanging(exchange: Agreeing, reached: str, ending: Any) -> None:
    """At whichever stage: no invitation waits, no agreement runs, no timer goes off; and once more changes nothing."""
    street: Street = await getattr(exchange, reached)(2, people=2, **({"yes": 2} if reached != "street" else {}))
    for _ in range(2):
        async with exchange.transaction() as tx:
            found = await exchanges.locked(tx, street.exchange_id)
            assert found is not None
            ended = await agreements.end(tx, found, ending, step="taken-back")
        assert ended.stage == ending
    assert set((await street.stages()).values()) == {"taken-back"}
    assert not await exchange.rows(
        "SELECT 1 FROM agreement WHERE exchange_id = $1 AND ended_at IS NULL", street.exchange_id
    )


# --- bad input


async def test_bad_input_is_refused_in_words(exchange: Agreeing) -> None:
    street = await exchange.proposed(2, people=2, yes=2)
    unknown, stranger = new_id(), await exchange.neighbour(street.neighbourhood_id)
    id_ = street.exchange_id
    cases: list[tuple[Any, dict[str, str], tuple[str, str]]] = [
        (AnswerProposal(exchange_id=unknown, answer="yes"), {}, ("unknown_id", "exchange_id")),
        (
            AnswerProposal(exchange_id=id_, answer="not-this-time", participant_id=stranger),
            {},
            ("unknown_id", "participant_id"),
        ),
        (
            AnswerProposal(exchange_id=id_, answer="yes", participant_id=street.other),
            {},
            ("not_allowed", "participant_id"),
        ),
        (FinishExchange(exchange_id=unknown, participant_id=stranger), {}, ("unknown_id", "exchange_id")),
        (FinishExchange(exchange_id=id_, participant_id=stranger), {}, ("unknown_id", "participant_id")),
        (FinishExchange(exchange_id=id_, participant_id=stranger), me(stranger), ("unknown_id", "exchange_id")),
        (FinishExchange(exchange_id=id_, participant_id=street.opener), {}, ("wrong_stage", "exchange_id")),
        (
            FinishExchange(exchange_id=id_, participant_id=street.opener),
            me(stranger),
            ("unknown_id", "participant_id"),
        ),
        (CancelAgreement(exchange_id=id_, participant_id=street.opener), {}, ("wrong_stage", "exchange_id")),
        (
            SayHowItWas(exchange_id=id_, participant_id=street.opener, answer="good"),
            {},
            ("wrong_stage", "exchange_id"),
        ),
        (MoveMoment(exchange_id=id_, participant_id=street.other, when=When()), {}, ("unknown_id", "participant_id")),
    ]
    for command, how, expected in cases:
        assert await exchange.refused(command, **how) == expected, command
    assert await street.stage() == "proposed"


async def _days(exchange: Agreeing, days: int) -> None:
    """They go by, one by one, with all that comes in them."""
    for _ in range(days):
        exchange.move(timedelta(days=1))
        await exchange.fire()
