"""A command is answered, and does its work once, however often and whichever way it comes."""

from __future__ import annotations

import asyncio

from shared.ids import new_id
from tests.messaging import toy
from tests.messaging.conftest import Toy
from tests.messaging.toy import Count, Made, Make, Note
from tests.waiting import eventually


async def test_command_is_answered_and_its_event_follows(toys: Toy) -> None:
    answer = await toys.do(Make(n=1))
    assert (answer.status, answer.result) == ("accepted", {"n": 1, "text": ""})
    await eventually(lambda: toys.seen("made"))
    assert await toys.numbers() == [1]
    assert [made.n for made in await toys.published(Made)] == [1]
    assert [made.n for made in await toys.published(Made, "FEED")] == [1]


async def test_query_is_answered_by_request_reply(toys: Toy) -> None:
    await toys.do(Make(n=1))
    assert (await toys.client.get(Count())).n == 1


async def test_letter_reaches_its_partner(toys: Toy) -> None:
    await toys.do(Make(n=1, how="write"))
    await toys.idle()
    stored = [each for each in await toys.stored("PARTNER") if each[2]["ce-type"] == Note.TYPE]
    assert [subject for subject, _, _ in stored] == ["weefsel.v1.to.friends.note.1.sent"]


async def test_same_id_durable_twice_is_done_once_and_answered_twice(toys: Toy) -> None:
    id_ = await toys.client.send(Make(n=1))
    await toys.answer(id_)
    again = await toys.put(*_as_sent(Make(n=1), str(id_)))
    assert again
    assert await toys.answer(id_, nth=2) == await toys.answer(id_)
    assert await toys.numbers() == [1]


async def test_same_id_by_request_twice_is_done_once(toys: Toy) -> None:
    id_ = new_id()
    first, second = [await toys.client.ask(Make(n=1), id=id_) for _ in range(2)]
    assert first == second
    assert await toys.numbers() == [1]


async def test_same_id_once_by_each_way_is_done_once(toys: Toy) -> None:
    id_ = await toys.client.send(Make(n=1))
    durable = await toys.answer(id_)
    assert await toys.client.ask(Make(n=1), id=id_) == durable
    assert await toys.numbers() == [1]


async def test_same_id_by_both_ways_at_the_same_moment_is_done_once(toys: Toy) -> None:
    """The one that comes second to the commit fails on what the first wrote, and must find its answer."""
    ids = [new_id() for _ in range(20)]
    pairs = [
        (toys.client.send(Make(n=n), id=id_), toys.client.ask(Make(n=n), id=id_), toys.client.ask(Make(n=n), id=id_))
        for n, id_ in enumerate(ids)
    ]
    got = await asyncio.gather(*(each for pair in pairs for each in pair))
    for n, id_ in enumerate(ids):
        durable = await toys.answer(id_)
        assert got[3 * n + 1] == got[3 * n + 2] == durable
        assert durable.status == "accepted"
    assert await toys.numbers() == list(range(20))


async def test_same_id_with_other_content_is_refused(toys: Toy) -> None:
    id_ = await toys.client.send(Make(n=1))
    await toys.answer(id_)
    answer = await toys.client.ask(Make(n=2), id=id_)
    assert (answer.status, answer.problems[0].code) == ("rejected", "id_reused")
    assert await toys.numbers() == [1]


async def test_same_command_twice_in_one_batch_is_done_once(surrounded: Toy) -> None:
    id_ = str(new_id())
    for _ in range(2):
        subject, data, headers = _as_sent(Make(n=1), id_)
        del headers["Nats-Msg-Id"]
        await surrounded.put(subject, data, headers)
    await surrounded.client.send(Make(n=2))
    async with surrounded.running():
        await surrounded.idle()
        assert await surrounded.numbers() == [1, 2]
        assert len([a for answers in surrounded.answers.values() for a in answers]) == 3


async def test_rejection_undoes_what_was_written_and_is_kept(toys: Toy) -> None:
    id_ = await toys.client.send(Make(n=1, how="reject"))
    answer = await toys.answer(id_)
    assert (answer.status, answer.problems[0].code, answer.problems[0].field) == ("rejected", "unwanted", "n")
    assert await toys.client.ask(Make(n=1, how="reject"), id=id_) == answer
    assert await toys.numbers() == []
    assert await toys.rows("SELECT FROM messaging.failure") == []


async def test_answer_too_large_for_the_stream_says_so_and_stops_nothing(toys: Toy) -> None:
    answer = await toys.do(Make(n=1, how="wordy"))
    assert (answer.status, answer.problems[0].code) == ("accepted", "too_large")
    assert (await toys.do(Make(n=2))).status == "accepted"


async def test_lone_message_does_not_wait_for_company(toys: Toy) -> None:
    """Waiting for a batch, or for a pull's end, would take seconds."""
    await toys.do(Make(n=0))
    loop = asyncio.get_running_loop()
    for n in range(1, 4):
        started = loop.time()
        await toys.do(Make(n=n))
        assert loop.time() - started < 1.0


async def test_what_arrived_together_shares_a_transaction(surrounded: Toy) -> None:
    for n in range(50):
        await surrounded.client.send(Make(n=n))
    async with surrounded.running():
        await surrounded.idle()
        (transactions,) = await surrounded.rows("SELECT count(DISTINCT xmin::text) AS of_rows FROM thing")
        assert transactions["of_rows"] == 1
        assert await surrounded.numbers() == list(range(50))


async def test_answer_given_while_the_sender_is_away_is_not_missed(toys: Toy) -> None:
    async with await toys.locked():
        id_ = await toys.client.send(Make(n=1, how="wait"))
        await toys.waiting()
        transport = toys.client.connection._transport
        assert transport is not None
        transport.close()  # type: ignore[no-untyped-call]
    assert (await toys.answer(id_)).status == "accepted"


async def test_next_messages_are_fetched_while_these_are_handled(surrounded: Toy) -> None:
    async with surrounded.running(batch=2), await surrounded.locked():
        await surrounded.client.send(Make(n=1, how="wait"))
        await surrounded.waiting()
        for n in range(2, 6):
            await surrounded.client.send(Make(n=n))

        async def fetched() -> bool:
            return (await surrounded.consumer("COMMANDS"))["num_ack_pending"] >= 2

        await eventually(fetched)


def _as_sent(command: Make, id_: str) -> tuple[str, bytes, dict[str, str]]:
    headers = {
        "ce-specversion": "1.0", "ce-id": id_, "ce-type": toy.Make.TYPE, "ce-time": "2026-01-01T00:00:00Z",
        "Nats-Msg-Id": str(new_id()),
    }  # fmt: skip
    return "weefsel.v1.cmd.cli.toy.thing.make", command.model_dump_json().encode(), headers
