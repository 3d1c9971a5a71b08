"""Questions whose handlers only read: without a transaction, and several in one message."""

from __future__ import annotations

import pytest

from shared.contracts.envelope import Answer, Query
from shared.contracts.several import MOST, AskSeveral, Question
from shared.ids import new_id
from tests.messaging.conftest import Toy
from tests.messaging.toy import Count, Forget, Look, Make


def said(answer: Answer) -> str:
    """The number, or the code of the first problem."""
    return str(answer.result["n"]) if answer.result is not None else answer.problems[0].code


async def test_a_handler_that_only_reads_can_write_nothing(toys: Toy) -> None:
    await toys.do(Make(n=1))
    assert said(await toys.client.ask(Look())) == "1"
    assert said(await toys.client.ask(Look(how="write"))) == "failed"
    assert await toys.numbers() == [1]


async def test_what_only_reads_of_someone_who_was_erased_is_refused(toys: Toy) -> None:
    gone = new_id()
    await toys.client.get(Forget(person=gone))
    assert said(await toys.client.ask(Look(person=gone))) == "erased"
    assert said(await toys.client.ask(Look(person=new_id()))) == "0"


async def test_several_questions_are_answered_in_their_order_each_as_if_it_came_alone(toys: Toy) -> None:
    gone = new_id()
    await toys.client.get(Forget(person=gone))
    answers = await toys.client.ask_each([Look(), Look(how="reject"), Look(person=gone), Look()])
    assert [said(each) for each in answers] == ["0", "unwanted", "erased", "0"]


@pytest.mark.parametrize(
    ("odd", "code"),
    [(Count(), "0"), (Look(how="wordy"), "0"), (Look(how="break"), "failed"), (Look(how="write"), "failed")],
    ids=["it takes a transaction", "the answers don't fit together", "its handler breaks", "it writes"],
)
async def test_what_can_not_be_answered_with_others_is_answered_alone(toys: Toy, odd: Query, code: str) -> None:
    answers = await toys.client.ask_each([Look(how="wordy"), odd, Look()])
    assert [said(each) for each in answers] == ["0", code, "0"]


async def test_more_questions_than_one_message_takes_go_in_several(toys: Toy) -> None:
    """As of who answers for all neighbourhoods of a town."""
    answers = await toys.client.ask_each([Look(), Look(how="reject")] * MOST)
    assert [said(each) for each in answers] == ["0", "unwanted"] * MOST


@pytest.mark.parametrize(
    "question", [Count(how="whole-row"), Look(how="whole-row")], ids=["in a transaction", "without"]
)
async def test_a_column_that_a_newer_release_adds_disturbs_no_older_one(toys: Toy, question: Query) -> None:
    """It has planned its statements before there was one."""
    for _ in range(3):
        assert said(await toys.client.ask(question)) == "0"
    await toys.database.execute("ALTER TABLE pair ADD COLUMN more text")
    try:
        assert [said(await toys.client.ask(question)) for _ in range(5)] == ["0"] * 5
    finally:
        await toys.database.execute("ALTER TABLE pair DROP COLUMN more")


async def test_several_questions_at_once_hold_questions_alone(toys: Toy) -> None:
    """No command comes through, nothing that is nested, and nothing that is none."""
    hidden = [
        Question(type=Make.TYPE, data=Make(n=1).model_dump_json()), Question(type=Look.TYPE, data="{"),
        Question(type=AskSeveral.TYPE, data='{"questions": [{"type": "toy.thing.look.v1", "data": "{}"}]}'),
        Question(type="nothing", data="{}"),
    ]  # fmt: skip
    found = await toys.client.get(AskSeveral(questions=hidden), service="toy")
    codes = [said(Answer.model_validate_json(each)) for each in found.answers]
    assert codes == ["ask_alone", "json_invalid", "ask_alone", "wrong_subject"]
    assert await toys.numbers() == []
