"""Opening: by whom and for whom, changed, handed to the worker, taken back, reopened, and what time does to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest

from shared import clock
from shared.contracts.exchange import (
    AnswerInvitation,
    AnswerProposal,
    ChangeExchange,
    Deviate,
    ExchangeChanged,
    ExchangeDue,
    ExchangeExpired,
    ExchangeInvited,
    ExchangeOpened,
    ExchangeReopened,
    ExchangeWithdrawn,
    HandToWorker,
    LimitReached,
    NobodyFound,
    OpenDraft,
    OpenExchange,
    ReopenExchange,
    ReviewInvitation,
    When,
    WithdrawExchange,
    WorkerAsked,
)
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.exchange.looking_back import WORKER
from tests.exchange.opening import BY_WORKER, DOUBT, GARDEN, TIMERS, Opening, in_days, me, opening


@pytest.fixture(scope="module")
async def exchange(module_stack: MakeStack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Opening]:
    async with opening(module_stack, tmp_path_factory.mktemp("policy")) as made:
        yield made


# --- opening


@pytest.mark.parametrize(("way", "part"), [("ask", "talents"), ("offer", "wishes")])
async def test_an_ask_and_an_offer_are_equal_ways_in(exchange: Opening, way: str, part: str) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    friend = await exchange.friend(place, who, **({"talents": []} | {part: [{"kind": "garden"}]}))
    mark = await exchange.mark()
    ref = await exchange.opens(who, opening=way)
    assert (ref.stage, ref.next) == ("inviting", "looking")
    assert await exchange.steps(who, mark) == ["looking"]
    assert await exchange.steps(friend, mark) == ["invited"]
    assert [each.opening for each in await exchange.told(ExchangeOpened, mark)] == [way]
    assert await exchange.timed(ref.exchange_id) >= {"end", "tell-nobody-found"}


async def test_nothing_is_posted_publicly(exchange: Opening) -> None:
    """Nobody but who is asked hears of it; what partners read says that there is something, and nothing of it."""
    place = await exchange.place()
    who = await exchange.someone(place)
    friend = await exchange.friend(place, who)
    neighbours = [await exchange.someone(place) for _ in range(3)]
    mark = await exchange.mark()
    ref = await exchange.opens(who)
    for each in neighbours:
        assert not await exchange.steps(each, mark)
    assert await exchange.asked(ref.exchange_id) == {friend: "asked"}
    bodies = await exchange.rows("SELECT body FROM messaging.outbox WHERE seq > $1 AND stream = 'FEED'", mark)
    assert bodies
    for body in bodies:
        assert str(who) not in body["body"]
        assert "garden" not in body["body"]
        assert GARDEN["words"] not in body["body"]


async def test_the_words_say_the_kind_when_nobody_chose_one(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    ref = await exchange.opens(who, kind=None, words="Wie maait mijn gras?")
    assert (ref.stage, (await exchange.seen(ref.exchange_id)).kind) == ("open", "garden")


async def test_opening_is_a_sign_of_life(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    exchange.move(timedelta(days=30))
    await exchange.opens(who)
    heard = await exchange.rows("SELECT heard_at FROM participant WHERE participant_id = $1", who)
    assert clock.now() - heard[0]["heard_at"] < timedelta(hours=1)


async def test_the_same_message_twice_is_opened_once(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    mark, id_ = await exchange.mark(), new_id()
    one = await exchange.opens(who, message_id=id_)
    assert await exchange.opens(who, message_id=id_) == one
    assert len(await exchange.told(ExchangeOpened, mark)) == 1


async def test_two_asks_of_one_person_at_once_are_counted_one_after_the_other(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    refs = await asyncio.gather(*(exchange.opens(who) for _ in range(5)))
    assert sorted(each.stage for each in refs) == ["handed-over", "handed-over", "open", "open", "open"]


# --- on behalf


async def test_a_worker_opens_for_someone_only_with_how_they_agreed(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place(), reached_by="phone")
    command = OpenExchange(opening="ask", participant_id=who, **GARDEN)
    for actor in (BY_WORKER, {"actor": "operator"}):
        assert await exchange.refused(command, **actor) == ("missing", "consented")
    ref = await exchange.opens(who, consented="phone", **BY_WORKER)
    found = await exchange.seen(ref.exchange_id)
    assert (found.recorded_by, found.consented) == (WORKER, "phone")


async def test_who_opens_for_themselves_records_no_consent(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    command = OpenExchange(opening="ask", participant_id=who, consented="online", **GARDEN)
    assert await exchange.refused(command, **me(who)) == ("not_allowed", "consented")


async def test_who_holds_a_mandate_opens_for_someone_and_nobody_else_does(exchange: Opening) -> None:
    place = await exchange.place()
    child, stranger = await exchange.someone(place), await exchange.someone(place)
    who = await exchange.someone(place, mandate_holder_ids=[child])
    ref = await exchange.opens(who, **me(child))
    assert (await exchange.seen(ref.exchange_id)).recorded_by == f"participant:{child}"
    command = OpenExchange(opening="ask", participant_id=who, **GARDEN)
    assert await exchange.refused(command, **me(stranger)) == ("no_mandate", "participant_id")


async def test_a_partner_asks_for_someone_only_where_granted_and_with_their_consent(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    partner = f"partner-{new_id().hex[-8:]}"
    command = OpenExchange(opening="ask", participant_id=who, **GARDEN)
    by: dict[str, Any] = {"sender": partner}
    assert await exchange.refused(command, **by) == ("outside_grant", "participant_id")
    await exchange.grant(partner, place)
    assert await exchange.refused(command, **by) == ("no_consent", "participant_id")
    ref = None
    for purpose, days, fine in (("newsletter", 30, False), ("ask-on-behalf", -1, False), ("ask-on-behalf", 30, True)):
        await exchange.rows("DELETE FROM consents WHERE participant_id = $1", who)
        await exchange.consent(who, purpose=purpose, days=days)
        if not fine:
            assert await exchange.refused(command, **by) == ("no_consent", "participant_id")
        else:
            ref = await exchange.get(command, **by)
    assert ref is not None
    assert (await exchange.seen(ref.exchange_id)).recorded_by == f"partner:{partner}"
    recorded = command.model_copy(update={"consented": "written"})
    assert await exchange.refused(recorded, **by) == ("not_allowed", "consented")


async def test_a_partner_takes_back_what_it_opened_and_nothing_else(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    partner, other = (f"partner-{new_id().hex[-8:]}" for _ in range(2))
    await exchange.grant(partner, place)
    await exchange.grant(other, place)
    await exchange.consent(who)
    mine = await exchange.get(OpenExchange(opening="ask", participant_id=who, **GARDEN), sender=partner)
    theirs = await exchange.opens(who)
    command = WithdrawExchange(exchange_id=mine.exchange_id)
    assert await exchange.refused(command, sender=other) == ("unknown_id", "exchange_id")
    foreign = WithdrawExchange(exchange_id=theirs.exchange_id)
    assert await exchange.refused(foreign, sender=partner) == ("unknown_id", "exchange_id")
    mark = await exchange.mark()
    assert (await exchange.get(command, sender=partner)).stage == "withdrawn"
    assert await exchange.steps(who, mark) == ["ended"], "they are told when somebody else takes it back"


# --- bad input


def _said(**more: Any) -> dict[str, Any]:
    return {"opening": "ask"} | GARDEN | more


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        ({"kind": "rocket"}, "unknown_kind", "kind"),
        ({"people": 9}, "too_many_people", "people"),
        ({"when": When(day=date(2020, 1, 1))}, "in_the_past", "when"),
        ({"when": When(day=date(1, 1, 1))}, "in_the_past", "when"),
        ({"when": When(day=date(2526, 1, 1))}, "too_far", "when"),
        ({"when": When(day=date(9999, 12, 31), part="evening")}, "too_far", "when"),
    ],
)
async def test_bad_input_is_refused_with_a_sentence_and_the_field(
    exchange: Opening, said: dict[str, Any], code: str, field: str
) -> None:
    who = await exchange.someone(await exchange.place())
    mark = await exchange.mark()
    command = OpenExchange(participant_id=who, **_said(**said))
    (problem,) = await exchange.problems(command, **me(who))
    assert (problem.code, problem.field) == (code, field)
    assert ":" in problem.message, "it says what to do"
    assert not await exchange.everything_told(mark)
    half = command.model_copy(update={"half": True})
    assert await exchange.refused(half, **me(who)) == (code, field), "half a question is no way around it"


@pytest.mark.parametrize(
    ("said", "field"), [({"people": 0}, "people"), ({"people": -1}, "people"), ({"words": "x" * 281}, "words")]
)
async def test_what_breaks_the_schema_is_refused_with_its_field(
    exchange: Opening, said: dict[str, Any], field: str
) -> None:
    who = await exchange.someone(await exchange.place())
    command = OpenExchange.model_construct(participant_id=who, when=When(), **_said(**said))
    assert (await exchange.refused(command, **me(who)))[1] == field


async def test_a_moment_of_earlier_today_has_passed(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    for when in (When(at=clock.now() - timedelta(minutes=1)), When(at=clock.now())):
        command = OpenExchange(participant_id=who, **_said(when=when))
        assert await exchange.refused(command, **me(who)) == ("in_the_past", "when")
    assert (await exchange.opens(who, when=When(day=clock.now().date() + timedelta(days=1)))).stage == "open"


async def test_someone_unknown_absent_or_elsewhere_opens_nothing(exchange: Opening) -> None:
    place = await exchange.place()
    paused, left = await exchange.someone(place, status="paused"), await exchange.someone(place, status="left")
    nowhere = await exchange.someone(f"no-{new_id().hex[-8:]}")
    for who, refusal in (
        (new_id(), ("unknown_id", "participant_id")), (paused, ("paused", "participant_id")),
        (left, ("left", "participant_id")), (nowhere, ("unknown_id", "neighbourhood_id")),
    ):  # fmt: skip
        command = OpenExchange(participant_id=who, **_said())
        assert await exchange.refused(command, **me(who)) == refusal


async def test_a_foreign_exchange_is_as_one_that_does_not_exist(exchange: Opening) -> None:
    place = await exchange.place()
    who, stranger = await exchange.someone(place), await exchange.someone(place)
    ref = await exchange.half(who)
    for id_ in (ref.exchange_id, new_id()):
        for command in (
            OpenDraft(exchange_id=id_), ChangeExchange(exchange_id=id_, people=2), HandToWorker(exchange_id=id_),
            WithdrawExchange(exchange_id=id_), ReopenExchange(exchange_id=id_),
        ):  # fmt: skip
            assert await exchange.refused(command, **me(stranger)) == ("unknown_id", "exchange_id")
    assert (await exchange.seen(ref.exchange_id)).version == 1


# --- changing


async def test_another_wording_leaves_who_was_asked_alone(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    friend = await exchange.friend(place, who)
    ref = await exchange.opens(who)
    mark = await exchange.mark()
    command = ChangeExchange(exchange_id=ref.exchange_id, words="Wie snoeit mee de haag? Er is taart.")
    changed = await exchange.act(who, command)
    assert (changed.stage, changed.version) == ("inviting", (await exchange.seen(ref.exchange_id)).version)
    assert (await exchange.seen(ref.exchange_id)).kind == "garden", "a cake makes no meal of it"
    assert await exchange.asked(ref.exchange_id) == {friend: "asked"}
    assert not await exchange.steps(friend, mark)
    assert len(await exchange.told(ExchangeChanged, mark)) == 1
    mark = await exchange.mark()
    assert (await exchange.act(who, command)).version == changed.version
    assert not await exchange.everything_told(mark), "the same again changes nothing"


async def test_a_nearer_moment_brings_the_deadlines_nearer(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    friend = await exchange.friend(place, who)
    ref = await exchange.opens(who)
    soon = in_days(1)
    await exchange.act(who, ChangeExchange(exchange_id=ref.exchange_id, when=soon))
    rows = await exchange.rows("SELECT answer_by FROM invitation WHERE participant_id = $1", friend)
    assert rows[0]["answer_by"] <= soon.at
    await exchange.pass_(1)
    assert await exchange.stage(ref.exchange_id) == "expired"
    assert set((await exchange.asked(ref.exchange_id)).values()) <= {"silent", "taken-back"}


async def test_a_later_moment_gives_more_time(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    ref = await exchange.opens(who, when=in_days(2))
    await exchange.act(who, ChangeExchange(exchange_id=ref.exchange_id, when=in_days(10)))
    await exchange.pass_(3)
    assert await exchange.stage(ref.exchange_id) == "open"
    await exchange.pass_(8)
    assert await exchange.stage(ref.exchange_id) == "expired"


async def test_more_people_means_that_more_are_asked(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    for _ in range(6):
        await exchange.friend(place, who)
    ref = await exchange.opens(who)
    assert len(await exchange.asked(ref.exchange_id)) == 3
    await exchange.act(who, ChangeExchange(exchange_id=ref.exchange_id, people=2))
    assert len(await exchange.asked(ref.exchange_id)) == 6


async def test_what_a_neighbour_said_yes_to_is_not_changed(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    friends = [await exchange.friend(place, who) for _ in range(2)]
    ref = await exchange.opens(who, people=2)
    await exchange.answer(ref.exchange_id, friends[0], "yes")
    command = ChangeExchange(exchange_id=ref.exchange_id, words="Liever de rozen")
    assert await exchange.refused(command, **me(who)) == ("wrong_stage", "exchange_id")
    await exchange.answer(ref.exchange_id, friends[1], "yes")
    assert await exchange.refused(command, **me(who)) == ("wrong_stage", "exchange_id")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"kind": "rocket"}, "unknown_kind", "kind"),
        ({"people": 9}, "too_many_people", "people"),
        ({"when": When(day=date(2020, 1, 1))}, "in_the_past", "when"),
        ({"when": When(day=date(2526, 1, 1))}, "too_far", "when"),
    ],
)
async def test_a_change_is_looked_at_as_an_opening_is(
    exchange: Opening, change: dict[str, Any], code: str, field: str
) -> None:
    who = await exchange.someone(await exchange.place())
    ref = await exchange.opens(who)
    command = ChangeExchange(exchange_id=ref.exchange_id, **change)
    assert await exchange.refused(command, **me(who)) == (code, field)


# --- handing to the worker


async def test_who_leaves_it_to_the_worker_has_nobody_new_asked_meanwhile(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    friend = await exchange.friend(place, who)
    ref = await exchange.opens(who)
    mark = await exchange.mark()
    command = HandToWorker(exchange_id=ref.exchange_id)
    handed = await exchange.act(who, command)
    assert (handed.stage, handed.next) == ("handed-over", "with-worker")
    assert [each.to for each in await exchange.told(WorkerAsked, mark)] == ["decide"]
    assert not await exchange.told(LimitReached, mark), "to leave it to the worker is no limit"
    assert await exchange.act(who, command) == handed
    stranger = await exchange.friend(place, who)
    await exchange.pass_(8)
    assert not await exchange.steps(stranger, mark)
    assert not await exchange.told(NobodyFound, mark, exchange_id=ref.exchange_id)
    assert await exchange.stage(ref.exchange_id) == "handed-over"
    opened = await exchange.get(OpenDraft(exchange_id=ref.exchange_id), **BY_WORKER)
    assert opened.stage == "inviting"
    assert (await exchange.asked(ref.exchange_id)) == {friend: "silent", stranger: "asked"}


async def test_who_was_asked_before_it_went_to_the_worker_can_still_say_yes(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    friend = await exchange.friend(place, who)
    ref = await exchange.opens(who)
    await exchange.act(who, HandToWorker(exchange_id=ref.exchange_id))
    await exchange.answer(ref.exchange_id, friend, "yes")
    assert await exchange.stage(ref.exchange_id) == "handed-over"
    opened = await exchange.get(OpenDraft(exchange_id=ref.exchange_id), **BY_WORKER)
    assert (opened.stage, opened.next) == ("proposed", "found")
    await exchange.act(who, AnswerProposal(exchange_id=ref.exchange_id, answer="yes"))
    assert await exchange.stage(ref.exchange_id) == "agreed"


async def test_what_a_neighbour_said_yes_to_is_not_worded_anew_by_the_worker(exchange: Opening) -> None:
    """They said it while the worker had it; as it is, it is opened and put forward."""
    place = await exchange.place()
    who = await exchange.someone(place)
    friend = await exchange.friend(place, who)
    ref = await exchange.opens(who)
    await exchange.act(who, HandToWorker(exchange_id=ref.exchange_id))
    await exchange.answer(ref.exchange_id, friend, "yes")
    for command in (
        OpenDraft(exchange_id=ref.exchange_id, words="Wie doet de hele tuin?"),
        Deviate(exchange_id=ref.exchange_id, kind="coffee", reason="Anders."),
    ):
        assert await exchange.refused(command, **BY_WORKER) == ("wrong_stage", "exchange_id")
    await exchange.get(OpenDraft(exchange_id=ref.exchange_id), **BY_WORKER)
    assert await exchange.stage(ref.exchange_id) == "proposed"


async def test_what_stays_with_the_worker_ends_in_the_end(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    some_time = await exchange.opens(who, kind=None, words=DOUBT)
    moment = await exchange.opens(who, kind=None, words=DOUBT, when=in_days(3))
    mark = await exchange.mark()
    await exchange.pass_(4)
    assert await exchange.stage(moment.exchange_id) == "expired"
    assert await exchange.stage(some_time.exchange_id) == "handed-over"
    await exchange.pass_(57)
    assert await exchange.stage(some_time.exchange_id) == "expired"
    assert await exchange.steps(who, mark) == ["ended", "ended"]


# --- taking back


async def test_taken_back_at_any_time_before_both_agreed_and_who_was_asked_is_told_kindly(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    friend = await exchange.friend(place, who)
    strangers = [await exchange.someone(place, talents=[{"kind": "garden"}]) for _ in range(2)]
    ref = await exchange.opens(who)
    assert sorted((await exchange.asked(ref.exchange_id)).values()) == ["asked", "held", "held"]
    mark = await exchange.mark()
    command = WithdrawExchange(exchange_id=ref.exchange_id)
    gone = await exchange.act(who, command)
    assert gone.stage == "withdrawn"
    assert await exchange.steps(friend, mark) == ["taken-back"]
    for each in (who, *strangers):
        assert not await exchange.steps(each, mark)
    assert len(await exchange.told(ExchangeWithdrawn, mark)) == 1
    assert not await exchange.timed(ref.exchange_id)
    assert await exchange.act(who, command) == gone, "again changes nothing"
    assert len(await exchange.told(ExchangeWithdrawn, mark)) == 1


async def test_what_was_agreed_is_cancelled_and_not_taken_back(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    friend = await exchange.friend(place, who)
    ref = await exchange.opens(who)
    await exchange.answer(ref.exchange_id, friend, "yes")
    await exchange.act(who, AnswerProposal(exchange_id=ref.exchange_id, answer="yes"))
    command = WithdrawExchange(exchange_id=ref.exchange_id)
    assert await exchange.refused(command, **me(who)) == ("wrong_stage", "exchange_id")


async def test_a_worker_takes_it_back_for_someone_who_is_told(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    ref = await exchange.opens(who)
    mark = await exchange.mark()
    await exchange.get(WithdrawExchange(exchange_id=ref.exchange_id), **BY_WORKER)
    assert await exchange.steps(who, mark) == ["ended"]


# --- reopening


async def test_a_closed_ask_can_be_reopened_and_a_no_of_before_is_remembered(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    said_no, silent, asked = [await exchange.friend(place, who) for _ in range(3)]
    ref = await exchange.opens(who)
    await exchange.answer(ref.exchange_id, said_no, "no")
    stranger = await exchange.someone(place, talents=[{"kind": "garden"}])
    await exchange.due(ref.exchange_id, "look-again")
    assert (await exchange.asked(ref.exchange_id))[stranger] == "held"
    await exchange.act(who, WithdrawExchange(exchange_id=ref.exchange_id))
    mark = await exchange.mark()
    again = await exchange.act(who, ReopenExchange(exchange_id=ref.exchange_id))
    assert (again.stage, again.next) == ("open", "looking")
    stages = await exchange.asked(ref.exchange_id)
    assert stages == {said_no: "no", silent: "taken-back", asked: "taken-back", stranger: "held"}
    assert not await exchange.steps(said_no, mark)
    assert len(await exchange.told(ExchangeReopened, mark)) == 1
    assert await exchange.act(who, ReopenExchange(exchange_id=ref.exchange_id)) == again, "again changes nothing"
    rows = await exchange.rows("SELECT invitation_id FROM invitation WHERE participant_id = $1", stranger)
    await exchange.get(ReviewInvitation(invitation_id=rows[0]["invitation_id"], send=True), **BY_WORKER)
    await exchange.act(stranger, AnswerInvitation(invitation_id=rows[0]["invitation_id"], answer="yes"))
    assert await exchange.stage(ref.exchange_id) == "proposed"


async def test_what_ended_with_its_moment_gets_another_one(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    ref = await exchange.opens(who, when=in_days(2))
    await exchange.pass_(3)
    assert await exchange.stage(ref.exchange_id) == "expired"
    command = ReopenExchange(exchange_id=ref.exchange_id)
    assert await exchange.refused(command, **me(who)) == ("in_the_past", "when")
    later = command.model_copy(update={"when": in_days(5)})
    assert await exchange.refused(later, **BY_WORKER) == ("missing", "consented")
    assert (await exchange.act(who, later)).stage == "open"
    await exchange.pass_(4)
    assert await exchange.stage(ref.exchange_id) == "open", "no timer of before ends it"
    await exchange.pass_(2)
    assert await exchange.stage(ref.exchange_id) == "expired"


async def test_the_limits_are_looked_at_anew_when_it_reopens(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    ref = await exchange.opens(who)
    await exchange.act(who, WithdrawExchange(exchange_id=ref.exchange_id))
    for _ in range(2):
        await exchange.opens(who)
    third = await exchange.opens(who)
    await exchange.get(Deviate(exchange_id=third.exchange_id, reason="Nog één keer."), **BY_WORKER)
    mark = await exchange.mark()
    again = await exchange.act(who, ReopenExchange(exchange_id=ref.exchange_id))
    assert (again.stage, again.next) == ("handed-over", "with-worker")
    assert [each.why for each in await exchange.told(LimitReached, mark)] == ["drift"]


async def test_what_is_open_agreed_or_left_behind_is_not_reopened(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    ref = await exchange.opens(who)
    other = ReopenExchange(exchange_id=ref.exchange_id, when=in_days(3))
    assert await exchange.refused(other, **me(who)) == ("wrong_stage", "exchange_id")
    await exchange.act(who, WithdrawExchange(exchange_id=ref.exchange_id))
    await exchange.someone(await exchange.place(), id_=who, version=2)
    command = ReopenExchange(exchange_id=ref.exchange_id)
    assert await exchange.refused(command, **me(who)) == ("closed", "exchange_id")


# --- time


async def test_when_nobody_is_found_the_worker_hears_it_once_and_the_looking_goes_on(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    ref = await exchange.opens(who)
    mark = await exchange.mark()
    await exchange.pass_(6)
    assert not await exchange.told(NobodyFound, mark, exchange_id=ref.exchange_id)
    await exchange.pass_(14)
    assert len(await exchange.told(NobodyFound, mark, exchange_id=ref.exchange_id)) == 1
    assert await exchange.steps(who, mark) == ["nobody-yet"]
    assert await exchange.stage(ref.exchange_id) == "open"
    await exchange.pass_(9)
    assert await exchange.stage(ref.exchange_id) == "expired"
    assert await exchange.steps(who, mark) == ["nobody-yet", "ended"]
    assert len(await exchange.told(ExchangeExpired, mark, exchange_id=ref.exchange_id)) == 1
    again = await exchange.act(who, ReopenExchange(exchange_id=ref.exchange_id))
    mark = await exchange.mark()
    await exchange.pass_(8)
    assert again.stage == "open"
    assert await exchange.steps(who, mark) == ["nobody-yet"], "once more in its next life"


async def test_who_comes_to_live_here_is_asked_when_it_is_looked_again(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    ref = await exchange.opens(who)
    assert ref.stage == "open"
    friend = await exchange.friend(place, who)
    mark = await exchange.mark()
    await exchange.pass_(3)
    assert await exchange.steps(friend, mark) == ["invited"]
    assert len(await exchange.told(ExchangeInvited, mark, exchange_id=ref.exchange_id)) == 1


@pytest.mark.parametrize("life", ["draft", "handed-over", "asked", "proposed", "agreed", "withdrawn", "expired"])
async def test_every_timer_that_comes_too_soon_or_twice_changes_nothing(exchange: Opening, life: Any) -> None:
    found = await exchange.lived(life)
    before = await exchange.seen(found.exchange_id)
    asked, timed = await exchange.asked(found.exchange_id), await exchange.timed(found.exchange_id)
    mark = await exchange.mark()
    for to in (*TIMERS, *TIMERS):
        await exchange.due(found.exchange_id, to)
    assert await exchange.seen(found.exchange_id) == before
    assert await exchange.asked(found.exchange_id) == asked
    assert not await exchange.steps(found.opener, mark)
    assert not await exchange.steps(found.neighbour, mark)
    assert await exchange.timed(found.exchange_id) - {"look-again"} <= timed | {"end", "tell-nobody-found", "close"}


@pytest.mark.parametrize("life", ["draft", "handed-over", "held", "asked", "not-now", "one-yes", "proposed"])
async def test_every_timer_that_comes_late_and_twice_ends_it_once(exchange: Opening, life: Any) -> None:
    found = await exchange.lived(life)
    mark = await exchange.mark()
    exchange.move(timedelta(days=90))
    for to in (*TIMERS, *TIMERS):
        await exchange.due(found.exchange_id, to)
    await exchange.fire()
    exchange.move(timedelta(days=90))
    await exchange.fire()
    told = await exchange.steps(found.opener, mark)
    assert (await exchange.seen(found.exchange_id)).ended_at is not None
    assert told.count("ended") <= 1
    assert told.count("nobody-yet") <= 1
    assert not await exchange.timed(found.exchange_id)


async def test_a_timer_of_what_is_no_more_is_let_go(exchange: Opening) -> None:
    found = await exchange.lived("withdrawn")
    await exchange.rows("DELETE FROM exchange WHERE exchange_id = $1", found.exchange_id)
    for to in TIMERS:
        await exchange.tell(
            ExchangeDue.model_validate({"neighbourhood_id": found.place, "exchange_id": found.exchange_id, "to": to})
        )
