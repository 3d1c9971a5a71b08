"""What tests of handlers stand on: it shows what would be sent, what comes too early, and what a timer does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from shared.ids import new_id
from tests.conftest import MakeStack
from tests.handling import Handling, RejectedInTest, handling
from tests.messaging import toy


@pytest.fixture(scope="module")
async def made(module_stack: MakeStack) -> AsyncIterator[Handling]:
    async with handling(module_stack, "toy", toy.service, retry_after=(7.0,)) as made:
        await made.stack.execute("toy", toy.TABLES)
        yield made


async def test_what_is_asked_is_answered_and_told_once(made: Handling) -> None:
    mark, id_ = await made.mark(), new_id()
    for _ in range(2):
        assert (await made.get(toy.Make(n=1), message_id=id_)).n == 1
    assert [event.n for event in await made.told(toy.Made, mark)] == [1]
    assert await made.everything_told(mark) == [toy.Made.TYPE]
    assert await made.refused(toy.Make(n=2, how="reject")) == ("unwanted", "n")
    with pytest.raises(RejectedInTest):
        await made.get(toy.Make(n=2, how="reject"))


async def test_what_comes_too_early_is_said_to_come_again(made: Handling) -> None:
    linked = toy.Linked(neighbourhood_id="here", n=11)
    assert (await made.arrive(linked)).retry_in
    with pytest.raises(AssertionError, match="tried again"):
        await made.tell(linked)
    await made.get(toy.Make(n=11))
    await made.tell(linked)


async def test_a_timer_goes_off_when_the_clock_is_moved(made: Handling) -> None:
    await made.get(toy.Make(n=21, how="later"))
    await made.fire()
    assert await made.timers() == {"later:21"}
    made.move(timedelta(hours=2))
    await made.fire()
    assert await made.timers() == set()
    assert await made.rows("SELECT FROM seen WHERE n = 21 AND what = 'later'")


async def test_a_transaction_opened_by_a_test_commits(made: Handling) -> None:
    async with made.transaction() as tx:
        await tx.execute("INSERT INTO thing VALUES (31)")
        await tx.emit(toy.Made(neighbourhood_id="here", n=31))
    assert await made.rows("SELECT FROM thing WHERE n = 31")
    assert not await made.told(toy.Made, n=31)


async def test_the_last_state_of_a_thing(made: Handling) -> None:
    for version in (1, 2):
        await made.get(toy.Make(n=version, how="keep"))
    assert (await made.state(toy.Kept, 0)).version == 2
    with pytest.raises(AssertionError, match="nothing was told"):
        await made.state(toy.Kept, 99)
