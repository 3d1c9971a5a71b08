"""Half questions, and what the system proposes: seen by the worker alone, until the person says that it may open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from services.exchange.domain.exchanges import Exchange
from services.exchange.repository import exchanges
from shared import clock
from shared.contracts.exchange import (
    AnswerInvitation,
    ChangeExchange,
    Deviate,
    ExchangeDrafted,
    ExchangeDropped,
    ExchangeOpened,
    HandToWorker,
    ListExchanges,
    OpenDraft,
    ShowExchange,
    When,
    WithdrawExchange,
    WorkerAsked,
)
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.exchange.opening import BY_WORKER, CARE, GARDEN, Opening, me, opening


@pytest.fixture(scope="module")
async def exchange(module_stack: MakeStack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Opening]:
    async with opening(module_stack, tmp_path_factory.mktemp("policy")) as made:
        yield made


async def test_an_ask_can_start_as_a_half_question_seen_by_the_worker_alone(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    friend = await exchange.friend(place, who)
    mark = await exchange.mark()
    ref = await exchange.half(who)
    assert (ref.stage, ref.next) == ("draft", "received")
    assert await exchange.steps(who, mark) == ["received"]
    assert [each.to for each in await exchange.told(WorkerAsked, mark)] == ["see-half-question"]
    assert not await exchange.asked(ref.exchange_id)
    assert not await exchange.steps(friend, mark)
    query = ShowExchange(exchange_id=ref.exchange_id)
    assert (await exchange.get(query, **BY_WORKER)).half
    assert (await exchange.get(query, **me(who))).half
    assert await exchange.refused(query, **me(friend)) == ("unknown_id", "exchange_id")
    listed = await exchange.get(ListExchanges(neighbourhood_id=place, stages=["draft"]), **BY_WORKER)
    assert [each.exchange_id for each in listed.exchanges] == [ref.exchange_id]


async def test_a_half_question_never_reaches_the_feed(exchange: Opening) -> None:
    """Not when it is made, changed, handed over, found to be beyond the limits, withdrawn, or has ended by itself."""
    who = await exchange.someone(await exchange.place())
    mark = await exchange.mark()
    changed, handed, beyond, withdrawn, forgotten = [(await exchange.half(who)).exchange_id for _ in range(5)]
    await exchange.act(who, ChangeExchange(exchange_id=changed, words="Wie snoeit de rozen?"))
    await exchange.act(who, HandToWorker(exchange_id=handed))
    await exchange.act(who, OpenDraft(exchange_id=beyond, words=CARE))
    await exchange.act(who, WithdrawExchange(exchange_id=withdrawn))
    await exchange.pass_(61)
    assert await exchange.stage(forgotten) == "expired"
    assert not await exchange.on_feed(mark)
    dropped = {each.exchange_id for each in await exchange.told(ExchangeDropped, mark)}
    assert dropped >= {changed, handed, beyond, withdrawn, forgotten}


async def test_a_half_question_is_opened_by_the_person_in_their_time(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    friend = await exchange.friend(place, who)
    ref = await exchange.half(who)
    mark = await exchange.mark()
    opened = await exchange.act(who, OpenDraft(exchange_id=ref.exchange_id, words="De haag snoeien, met taart"))
    assert (opened.stage, opened.next) == ("inviting", "looking")
    assert await exchange.steps(who, mark) == ["looking"]
    assert await exchange.steps(friend, mark) == ["invited"]
    found = await exchange.seen(ref.exchange_id)
    assert (found.words, found.half) == ("De haag snoeien, met taart", False)
    assert len(await exchange.on_feed(mark)) == 1, "that it opened"


async def test_a_worker_opens_a_half_question_only_when_the_person_said_so(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    ref = await exchange.half(who)
    for command in (
        OpenDraft(exchange_id=ref.exchange_id),
        Deviate(exchange_id=ref.exchange_id, reason="Het is dringend."),
    ):
        assert await exchange.refused(command, **BY_WORKER) == ("missing", "consented")
    handed = await exchange.half(who)
    await exchange.act(who, HandToWorker(exchange_id=handed.exchange_id))
    left = OpenDraft(exchange_id=handed.exchange_id)
    assert await exchange.refused(left, **BY_WORKER) == ("missing", "consented"), "leaving it is not opening it"
    opened = await exchange.get(OpenDraft(exchange_id=ref.exchange_id, consented="spoken"), **BY_WORKER)
    assert opened.stage == "open"
    assert (await exchange.seen(ref.exchange_id)).consented == "spoken"


async def test_a_half_question_beyond_the_limits_becomes_a_signal_when_it_is_opened(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    ref = await exchange.half(who, kind=None, words=CARE)
    assert ref.stage == "draft", "half a question is not judged"
    opened = await exchange.get(OpenDraft(exchange_id=ref.exchange_id, consented="phone"), **BY_WORKER)
    assert (opened.stage, opened.next) == ("handed-over", "with-worker")
    command = Deviate(exchange_id=ref.exchange_id, reason="Eén keer, haar dochter is er.", kind="company")
    assert (await exchange.get(command, **BY_WORKER)).stage == "open", "they agreed when it was opened"


async def test_a_worker_deviates_for_a_half_question_in_one_step(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    ref = await exchange.half(who, often="weekly")
    command = Deviate(exchange_id=ref.exchange_id, reason="Tot de zomer.", consented="spoken")
    assert (await exchange.get(command, **BY_WORKER)).stage == "open"


async def test_two_who_open_a_half_question_at_once_open_it_once(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place)
    friend = await exchange.friend(place, who)
    ref = await exchange.half(who)
    mark = await exchange.mark()
    command = OpenDraft(exchange_id=ref.exchange_id)
    one, other = await asyncio.gather(exchange.get(command, **me(who)), exchange.get(command, **me(who)))
    assert one == other
    assert len(await exchange.told(ExchangeOpened, mark)) == 1
    assert await exchange.steps(friend, mark) == ["invited"]
    assert await exchange.steps(who, mark) == ["looking"]


async def test_a_half_question_that_nobody_opens_ends_and_the_person_is_told(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    ref = await exchange.half(who)
    mark = await exchange.mark()
    await exchange.due(ref.exchange_id, "end")
    assert await exchange.stage(ref.exchange_id) == "draft", "a timer that comes too soon changes nothing"
    await exchange.pass_(61)
    assert await exchange.stage(ref.exchange_id) == "expired"
    assert await exchange.steps(who, mark) == ["ended"]
    await exchange.due(ref.exchange_id, "end")
    assert await exchange.steps(who, mark) == ["ended"], "nor one that comes again"
    assert not await exchange.timed(ref.exchange_id)


async def test_a_half_question_for_a_moment_that_has_passed_gets_another_first(exchange: Opening) -> None:
    who = await exchange.someone(await exchange.place())
    ref = await exchange.half(who, when=When(day=clock.now().date()))
    await exchange.pass_(2)
    command = OpenDraft(exchange_id=ref.exchange_id)
    assert await exchange.refused(command, **me(who)) == ("in_the_past", "when")
    await exchange.act(who, ChangeExchange(exchange_id=ref.exchange_id, when=When(weekday="friday")))
    assert (await exchange.act(who, command)).stage == "open"


# --- what the system proposes


async def _proposed(exchange: Opening, who: UUID, place: str, **more: Any) -> UUID:
    """A wish that meets a talent, before the worker."""
    values: dict[str, Any] = {
        "exchange_id": new_id(), "version": 1, "neighbourhood_id": place, "opening": "ask", "participant_id": who,
        "when": When(), "starts_at": None, "ends_at": None, "often": "once", "people": 1, "stage": "draft",
        "half": False, "by_system": True, "why": None, "recorded_by": "system", "consented": None,
        "drafted_at": clock.now(),
    }  # fmt: skip
    made = Exchange(**(values | GARDEN | more))
    async with exchange.transaction() as tx:
        await exchanges.add(tx, made)
    return made.exchange_id


async def test_what_the_system_proposes_is_sent_on_by_the_worker_and_opens_when_the_person_says_yes(
    exchange: Opening,
) -> None:
    place = await exchange.place()
    who = await exchange.someone(place, wishes=[{"kind": "garden"}])
    friend = await exchange.friend(place, who)
    id_ = await _proposed(exchange, who, place)
    assert await exchange.refused(OpenDraft(exchange_id=id_), **me(who)) == ("not_allowed", "ce-actor")
    mark = await exchange.mark()
    sent = await exchange.get(OpenDraft(exchange_id=id_, words="Samen in de tuin?"), **BY_WORKER)
    assert sent.stage == "draft"
    assert await exchange.asked(id_) == {who: "asked"}
    assert await exchange.steps(who, mark) == ["invited"]
    assert not await exchange.steps(friend, mark), "nobody else hears of a wish before its own person does"
    again = await exchange.get(OpenDraft(exchange_id=id_), **BY_WORKER)
    assert (again.stage, await exchange.steps(who, mark)) == ("draft", ["invited"])
    invitation_id = await exchange.invitation(id_, who)
    await exchange.act(who, AnswerInvitation(invitation_id=invitation_id, answer="yes"))
    assert await exchange.stage(id_) == "inviting"
    assert (await exchange.asked(id_))[friend] == "asked"
    changed = await exchange.act(who, ChangeExchange(exchange_id=id_, words="Samen wieden?"))
    assert changed.stage == "inviting", "their own yes is no neighbour's"


async def test_what_the_system_proposes_is_opened_for_nobody_unasked(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place, wishes=[{"kind": "garden"}])
    id_ = await _proposed(exchange, who, place)
    deviate = Deviate(exchange_id=id_, reason="Dat doet haar goed.", consented="spoken")
    assert await exchange.refused(deviate, **BY_WORKER) == ("wrong_stage", "exchange_id")
    hand = HandToWorker(exchange_id=id_)
    assert await exchange.refused(hand, **BY_WORKER) == ("wrong_stage", "exchange_id")
    mark = await exchange.mark()
    await exchange.get(WithdrawExchange(exchange_id=id_), **BY_WORKER)
    assert not await exchange.steps(who, mark), "they never heard of it"


async def test_a_proposal_that_nobody_sends_on_ends_and_nobody_hears_of_it(exchange: Opening) -> None:
    place = await exchange.place()
    who = await exchange.someone(place, wishes=[{"kind": "garden"}])
    id_ = await _proposed(exchange, who, place)
    mark = await exchange.mark()
    await exchange.pass_(61)
    await exchange.due(id_, "end")
    assert await exchange.stage(id_) == "expired"
    assert not await exchange.steps(who, mark)
    assert not await exchange.told(ExchangeDrafted, mark)
