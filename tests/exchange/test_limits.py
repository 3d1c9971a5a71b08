"""The limits of small help, through handlers: what lies beyond is a signal for the worker, and no refusal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.exchange import (
    AnswerProposal,
    ChangeExchange,
    Deviate,
    ExchangeHandedOver,
    ExchangeOpened,
    FinishExchange,
    LimitReached,
    LimitSetAside,
    OpenDraft,
    ShowExchange,
    WorkerAsked,
)
from tests.conftest import MakeStack
from tests.exchange.looking_back import WORKER
from tests.exchange.opening import BY_WORKER, CALM, CARE, DOUBT, Opening, me, opening


@pytest.fixture(scope="module")
async def exchange(module_stack: MakeStack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Opening]:
    async with opening(module_stack, tmp_path_factory.mktemp("policy")) as made:
        yield made


# --- not small


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"kind": None, "words": CARE}, "not-small"),
        ({"kind": None, "words": "Wie kan mijn pillen klaarzetten?"}, "not-small"),
        ({"kind": None, "words": "Wie leent mij geld voor de huur?"}, "not-small"),
        ({"kind": "odd-job", "words": "Asbest van het dak halen"}, "not-small"),
        ({"kind": "errand", "words": "Elke week boodschappen doen"}, "structural"),
        ({"often": "weekly"}, "structural"),
        ({"often": "daily", "opening": "offer"}, "structural"),
    ],
)
async def test_an_ask_that_is_not_small_is_not_refused_but_becomes_a_signal(
    exchange: Opening, said: dict[str, Any], why: str
) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    friend = await exchange.friend(place, who)
    mark = await exchange.mark()
    ref = await exchange.opens(who, **said)
    assert (ref.stage, ref.next) == ("handed-over", "with-worker"), "a kind answer, with what happens next"
    assert [each.why for each in await exchange.told(LimitReached, mark)] == [why]
    assert [each.why for each in await exchange.told(ExchangeHandedOver, mark)] == [why]
    assert await exchange.steps(who, mark) == ["with-worker"]
    assert not await exchange.asked(ref.exchange_id)
    assert not await exchange.steps(friend, mark)
    assert not await exchange.on_feed(mark), "limits never reach the feed"


async def test_the_reason_why_it_is_with_the_worker_is_shown_to_the_worker_alone(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    ref = await exchange.opens(who, kind=None, words=CARE)
    query = ShowExchange(exchange_id=ref.exchange_id)
    assert (await exchange.get(query, **BY_WORKER)).why == "not-small"
    assert (await exchange.get(query, **me(who))).why is None


async def test_what_runs_is_not_cut(exchange: Opening) -> None:
    """What was agreed and what is being asked go on when a later ask is beyond the limits."""
    place = await exchange.place()
    who = await exchange.someone(place)
    friend = await exchange.friend(place, who)
    agreed = await exchange.opens(who)
    await exchange.answer(agreed.exchange_id, friend, "yes")
    await exchange.act(who, AnswerProposal(exchange_id=agreed.exchange_id, answer="yes"))
    running = await exchange.opens(who)
    assert running.stage == "inviting"
    mark = await exchange.mark()
    assert (await exchange.opens(who, often="weekly")).stage == "handed-over"
    assert await exchange.stage(agreed.exchange_id) == "agreed"
    assert await exchange.stage(running.exchange_id) == "inviting"
    assert await exchange.asked(running.exchange_id) == {friend: "asked"}
    assert not await exchange.steps(friend, mark)


async def test_other_words_are_looked_at_again_and_beyond_the_limits_nobody_is_asked_any_more(
    exchange: Opening,
) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    friend = await exchange.friend(place, who)
    ref = await exchange.opens(who)
    mark = await exchange.mark()
    changed = await exchange.get(ChangeExchange(exchange_id=ref.exchange_id, words=CARE), **me(who))
    assert (changed.stage, changed.next) == ("handed-over", "with-worker")
    assert [each.why for each in await exchange.told(LimitReached, mark)] == ["not-small"]
    assert await exchange.asked(ref.exchange_id) == {friend: "taken-back"}
    assert await exchange.steps(friend, mark) == ["taken-back"]
    assert await exchange.timed(ref.exchange_id) == {"end"}


# --- drift


async def test_the_same_kind_week_after_week_drifts_and_the_worker_hears_it(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    for week in range(3):
        assert (await exchange.opens(who)).stage == "open", f"week {week}"
        exchange.move(timedelta(days=7))
    mark = await exchange.mark()
    fourth = await exchange.opens(who)
    assert fourth.stage == "handed-over"
    assert [each.why for each in await exchange.told(LimitReached, mark)] == ["drift"]
    assert (await exchange.opens(who)).stage == "handed-over", "what was never opened is no time more, and it drifts on"
    assert (await exchange.opens(who, kind="pet", words="Past er iemand op de kat?")).stage == "open"
    exchange.move(timedelta(days=42))
    assert (await exchange.opens(who)).stage == "open", "the window has passed"


async def test_what_was_never_opened_makes_no_rhythm(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    for _ in range(5):
        await exchange.half(who)
    assert (await exchange.opens(who)).stage == "open"


async def test_what_someone_else_asks_or_the_same_offered_is_no_drift(exchange: Opening) -> None:
    place = await exchange.place()
    who, other = await exchange.someone(place), await exchange.someone(place)
    for _ in range(3):
        await exchange.opens(who)
    assert (await exchange.opens(other)).stage == "open"
    assert (await exchange.opens(who, opening="offer")).stage == "open"


async def test_a_kind_that_only_the_words_said_drifts_too(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    said = ("Wie snoeit de haag mee?", "Het gras staat hoog", "Onkruid wieden in de tuin", "De rozen snoeien")
    stages = [(await exchange.opens(who, kind=None, words=words)).stage for words in said]
    assert stages == ["open", "open", "open", "handed-over"]


async def _meet(exchange: Opening, opener: Any, other: Any, opening_: str) -> None:
    """An ask of one, or an offer of the other, on which the two agree, and which happens."""
    kind, words = ("walk", "Samen wandelen") if opening_ == "ask" else ("coffee", "Een tas koffie")
    ref = await exchange.opens(opener, kind=kind, words=words, opening=opening_)
    if ref.stage == "handed-over":
        command = Deviate(exchange_id=ref.exchange_id, reason="Nog even.")
        await exchange.get(command, **BY_WORKER)
    await exchange.answer(ref.exchange_id, other, "yes")
    await exchange.act(opener, AnswerProposal(exchange_id=ref.exchange_id, answer="yes"))
    for each in (opener, other):
        await exchange.act(each, FinishExchange(exchange_id=ref.exchange_id, participant_id=each))


async def test_what_rests_on_one_neighbour_is_told_once_in_the_window_and_goes_on(exchange: Opening) -> None:
    place = await exchange.place()
    enjoys: dict[str, Any] = {"talents": [{"kind": "walk"}], "wishes": [{"kind": "coffee"}], "ceiling": 50}
    who, other = await exchange.someone(place, **enjoys), await exchange.someone(place, **enjoys)
    await exchange.acquaint(who, other)
    mark = await exchange.mark()
    rests: dict[str, Any] = {"why": "drift", "other_id": other}
    for _ in range(3):
        await _meet(exchange, who, other, "ask")
        exchange.move(timedelta(days=7))
    for _ in range(3):
        await _meet(exchange, other, who, "ask")
    assert not await exchange.told(LimitReached, mark, **rests), "what goes both ways rests on nobody"
    await _meet(exchange, other, who, "offer")
    told = [each for each in await exchange.told(LimitReached, mark) if each.other_id is not None]
    assert [(each.participant_id, each.other_id) for each in told] == [(other, who)], "offered by who does it each time"
    exchange.move(timedelta(days=2))
    await _meet(exchange, who, other, "ask")
    again = [each for each in await exchange.told(LimitReached, mark) if each.other_id is not None]
    assert again == told, "once in the window"


# --- in doubt


async def test_in_doubt_the_worker_decides(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    friend = await exchange.friend(place, who)
    mark = await exchange.mark()
    ref = await exchange.opens(who, kind=None, words=DOUBT)
    assert (ref.stage, ref.next) == ("handed-over", "with-worker")
    assert [(each.to, each.exchange_id) for each in await exchange.told(WorkerAsked, mark)] == [
        ("decide", ref.exchange_id)
    ]
    assert not await exchange.told(LimitReached, mark), "a doubt is no limit"
    command = OpenDraft(exchange_id=ref.exchange_id)
    assert (await exchange.get(command, **me(who))).next == "with-worker", "what happens next is told again"
    assert await exchange.refused(command, **BY_WORKER) == ("missing", "kind"), "nobody can be sought without a kind"
    opened = await exchange.get(OpenDraft(exchange_id=ref.exchange_id, kind="garden"), **BY_WORKER)
    assert opened.stage == "inviting"
    assert await exchange.asked(ref.exchange_id) == {friend: "asked"}
    assert (await exchange.seen(ref.exchange_id)).why is None


async def test_what_is_small_in_some_cases_is_for_the_worker_to_tell(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    ref = await exchange.opens(who, kind="errand", words="Mijn medicatie afhalen bij de apotheek")
    assert (await exchange.seen(ref.exchange_id)).why == "in-doubt"
    assert (await exchange.get(OpenDraft(exchange_id=ref.exchange_id), **BY_WORKER)).stage == "open"


async def test_an_ask_of_someone_out_of_matching_is_for_the_worker_to_open(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place(), out_of_matching=True)
    ref = await exchange.opens(who)
    assert (await exchange.seen(ref.exchange_id)).why == "in-doubt"
    assert (await exchange.get(OpenDraft(exchange_id=ref.exchange_id), **BY_WORKER)).stage == "open"


async def test_a_doubt_that_is_decided_does_not_set_a_limit_aside(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    ref = await exchange.opens(who, kind=None, words=CARE)
    command = OpenDraft(exchange_id=ref.exchange_id, kind="company")
    assert await exchange.refused(command, **BY_WORKER) == ("beyond_limits", "exchange_id")
    smaller = OpenDraft(exchange_id=ref.exchange_id, kind="company", words="Komt er iemand een tas koffie drinken?")
    assert (await exchange.get(smaller, **BY_WORKER)).stage == "open", "with a wording that is small help it opens"


# --- deviating


async def test_a_worker_may_deviate_with_a_reason_which_is_kept(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    friend = await exchange.friend(place, who)
    ref = await exchange.opens(who, often="weekly")
    mark = await exchange.mark()
    command = Deviate(exchange_id=ref.exchange_id, reason="Tot de thuishulp begint.")
    opened = await exchange.get(command, **BY_WORKER)
    assert (opened.stage, opened.next) == ("inviting", "looking")
    assert await exchange.asked(ref.exchange_id) == {friend: "asked"}
    assert [f"worker:{each.worker_id}" for each in await exchange.told(LimitSetAside, mark)] == [WORKER]
    assert not await exchange.told(LimitReached, mark)
    query = ShowExchange(exchange_id=ref.exchange_id)
    shown = (await exchange.get(query, **BY_WORKER)).deviations
    assert [(f"worker:{each.worker_id}", each.reason) for each in shown] == [(WORKER, "Tot de thuishulp begint.")]
    assert not (await exchange.get(query, **me(who))).deviations
    assert not (await exchange.get(query, **me(friend))).deviations


async def test_only_a_worker_deviates_and_only_with_a_reason(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    ref = await exchange.opens(who, often="weekly")
    command = Deviate(exchange_id=ref.exchange_id, reason="Het mag van mij.")
    for actor in (me(who), {"actor": "operator"}):
        assert await exchange.refused(command, **actor) == ("not_allowed", "ce-actor")
    empty = command.model_copy(update={"reason": "  "})
    assert (await exchange.refused(empty, **BY_WORKER))[1] == "reason"
    assert await exchange.stage(ref.exchange_id) == "handed-over"
    opened = await exchange.opens(who)
    small = Deviate(exchange_id=opened.exchange_id, reason="Zomaar.")
    assert await exchange.refused(small, **BY_WORKER) == ("wrong_stage", "exchange_id")


async def test_a_rhythm_set_aside_stays_so_when_the_words_change_and_care_does_not_pass_with_it(
    exchange: Opening,
) -> None:
    who = await exchange.someone(await exchange.place())
    ref = await exchange.opens(who, often="weekly")
    await exchange.get(Deviate(exchange_id=ref.exchange_id, reason="Nog twee keer."), **BY_WORKER)
    words = ChangeExchange(exchange_id=ref.exchange_id, words="Wie snoeit? Er is taart.")
    assert (await exchange.get(words, **me(who))).stage == "open"
    care = ChangeExchange(exchange_id=ref.exchange_id, words=CARE)
    assert (await exchange.get(care, **me(who))).stage == "handed-over"


# --- the policy is of the neighbourhood


async def test_a_neighbourhood_with_another_policy_has_other_limits(exchange: Opening) -> None:
    ours = await exchange.someone(await exchange.place())
    theirs = await exchange.someone(await exchange.place(policy=CALM))
    assert (await exchange.opens(ours, often="weekly")).stage == "handed-over"
    assert (await exchange.opens(theirs, often="weekly")).stage == "open"
    assert (await exchange.opens(ours, people=3)).stage == "open"
    for _ in range(4):
        assert (await exchange.opens(theirs)).stage == "open", "drift begins later there"
    mark = await exchange.mark()
    with pytest.raises(AssertionError, match="too_many_people people"):
        await exchange.opens(theirs, people=3)
    assert not await exchange.told(ExchangeOpened, mark)
