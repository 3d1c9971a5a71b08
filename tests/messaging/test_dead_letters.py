"""What can't be handled is retried with a growing delay, then lies with its reason where an operator can mend it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from shared.contracts.operations import (
    DeadLetterPointer,
    DiscardDeadLetter,
    ListDeadLetters,
    ReplayDeadLetter,
    ShowDeadLetter,
)
from shared.ids import new_id
from shared.messaging.client import Refused
from shared.messaging.incoming import Incoming
from tests.messaging.conftest import Toy
from tests.messaging.toy import Linked, Make, Noted
from tests.waiting import eventually


async def test_delay_grows_and_the_last_failure_makes_a_dead_letter(surrounded: Toy) -> None:
    await surrounded.stack.execute(
        "toy",
        """
        CREATE TABLE attempt (at timestamptz);
        CREATE FUNCTION attempted() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN INSERT INTO attempt VALUES (clock_timestamp()); RETURN NEW; END';
        CREATE TRIGGER attempted AFTER INSERT OR UPDATE ON messaging.failure
            FOR EACH ROW EXECUTE FUNCTION attempted();
        """,
    )
    async with surrounded.running(retry_after=(0.1, 0.3, 0.6)):
        await surrounded.publish(Noted(neighbourhood_id="here", n=1, how="break"))
        (letter,) = await eventually(surrounded.dead)
    moments = [row["at"] for row in await surrounded.rows("SELECT at FROM attempt ORDER BY at")]
    delays = [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]
    assert len(delays) == 3
    for delay, least in zip(delays, (0.1, 0.3, 0.6), strict=True):
        assert delay >= least
    assert letter["attempts"] == 4
    assert await surrounded.rows("SELECT FROM messaging.failure") == []


async def test_dead_letter_says_why_and_where(toys: Toy) -> None:
    await toys.publish(Noted(neighbourhood_id="here", n=1, how="break"))
    (letter,) = await eventually(toys.dead)
    assert letter["reason"] == "RuntimeError"
    assert "_go_wrong (toy.py:" in letter["place"]
    assert letter["stream"] == "EVENTS"
    assert letter["message_type"] == Noted.TYPE
    assert Noted.model_validate_json(letter["body"]).how == "break"


async def test_pointer_on_dead_letters_says_where_to_look_and_nothing_of_the_content(toys: Toy) -> None:
    await toys.do(Make(n=1, how="break", text="Marie Marker"))
    await toys.idle()
    ((subject, data, _),) = await toys.stored("DEAD_LETTERS")
    (letter,) = await toys.dead()
    assert subject == "weefsel.v1.dead.COMMANDS.toy.cli"
    assert DeadLetterPointer.model_validate_json(data) == DeadLetterPointer(
        service="toy", dead_letter_id=letter["id"], stream="COMMANDS"
    )
    assert b"Marie" not in data


async def test_command_that_died_is_answered(toys: Toy) -> None:
    answer = await toys.do(Make(n=1, how="break"))
    assert (answer.status, answer.problems[0].code) == ("rejected", "failed")
    assert await toys.numbers() == []


async def test_request_that_fails_is_answered_and_may_be_asked_again(toys: Toy) -> None:
    answer = await toys.client.ask(command := Make(n=1, how="break-until-mended"))
    assert (answer.status, answer.problems[0].code) == ("rejected", "failed")
    assert answer.id is not None
    await toys.do(Make(n=2, text="mend"))
    assert (await toys.client.ask(command, id=answer.id)).status == "accepted"


async def test_event_never_known_dies_with_that_reason(toys: Toy) -> None:
    await toys.publish(Linked(neighbourhood_id="here", n=404))
    (letter,) = await eventually(toys.dead)
    assert letter["reason"] == "not yet known: the thing that is linked"


async def test_replay_does_what_could_not_be_done_and_tells_the_sender(toys: Toy) -> None:
    id_ = await toys.client.send(Make(n=1, how="break-until-mended"))
    assert (await toys.answer(id_)).status == "rejected"
    (letter,) = await toys.dead()
    await toys.do(Make(n=2, text="mend"))
    closed = await toys.client.get(ReplayDeadLetter(id=letter["id"]), service="toy")
    assert closed.status == "replayed"
    assert (await toys.answer(id_, nth=2)).status == "accepted"
    assert await toys.numbers() == [1, 2]
    (letter,) = await toys.dead()
    assert (letter["status"], letter["body"], letter["headers"]) == ("replayed", b"", "{}")


async def test_replay_with_a_mended_body(toys: Toy) -> None:
    await toys.publish(Noted(neighbourhood_id="here", n=1, how="break"))
    (letter,) = await eventually(toys.dead)
    mended = Noted(neighbourhood_id="here", n=2).model_dump(mode="json")
    await toys.client.get(ReplayDeadLetter(id=letter["id"], body=mended), service="toy")
    assert await toys.seen("noted") == [2]


async def test_replay_that_fails_again_leaves_the_letter_open(toys: Toy) -> None:
    await toys.publish(Noted(neighbourhood_id="here", n=1, how="wrong-sql"))
    (letter,) = await eventually(toys.dead)
    for body in (None, {"n": "no number"}):
        with pytest.raises(Refused):
            await toys.client.get(ReplayDeadLetter(id=letter["id"], body=body), service="toy")
    (letter,) = await toys.dead()
    assert letter["status"] == "open"
    assert await toys.seen("noted") == []


async def test_replayed_twice_is_done_once(toys: Toy) -> None:
    await toys.publish(Noted(neighbourhood_id="here", n=1, how="break"))
    (letter,) = await eventually(toys.dead)
    mended = Noted(neighbourhood_id="here", n=1).model_dump(mode="json")
    await toys.client.get(ReplayDeadLetter(id=letter["id"], body=mended), service="toy")
    with pytest.raises(Refused, match="replayed already"):
        await toys.client.get(ReplayDeadLetter(id=letter["id"], body=mended), service="toy")
    assert await toys.seen("noted") == [1]


async def test_buried_event_that_is_delivered_again_stays_buried(toys: Toy) -> None:
    """An acknowledgement can be lost: the event is the operator's now, and not handled behind their back."""
    id_ = await toys.publish(Noted(neighbourhood_id="here", n=1, how="break-until-mended"))
    await eventually(toys.dead)
    await toys.do(Make(n=2, text="mend"))
    message = Noted(neighbourhood_id="here", n=1, how="break-until-mended")
    await toys.publish(message, id_=id_, **{"Nats-Msg-Id": "another"})
    await toys.idle()
    assert await toys.seen("noted") == []
    assert len(await toys.dead()) == 1


async def test_another_message_of_the_same_number_lies_beside_the_first(surrounded: Toy) -> None:
    """A stream that was lost begins anew, and its numbers come again; the same message twice lies there once."""
    async with surrounded.running() as running:
        for data in (b"{1", b"{2", b"{2"):
            message = Incoming("weefsel.v1.event.toy.here.thing.noted", {}, data, "EVENTS", 7)
            await running.processor.process([message])
    assert sorted(bytes(letter["body"]) for letter in await surrounded.dead()) == [b"{1", b"{2"]


async def test_discard_drops_the_content_and_keeps_that_it_was_there(toys: Toy) -> None:
    await toys.do(Make(n=1, how="break", text="Marie Marker"))
    (letter,) = await toys.dead()
    await toys.client.get(DiscardDeadLetter(id=letter["id"]), service="toy")
    (letter,) = await toys.dead()
    assert (letter["status"], letter["body"], letter["headers"]) == ("discarded", b"", "{}")


async def test_list_and_show(toys: Toy) -> None:
    for n in range(3):
        await toys.do(Make(n=n, how="break"))
    page = await toys.client.get(ListDeadLetters(limit=2), service="toy")
    rest = await toys.client.get(ListDeadLetters(limit=2, after=page.next), service="toy")
    assert [len(page.dead_letters), len(rest.dead_letters), rest.next] == [2, 1, None]
    shown = await toys.client.get(ShowDeadLetter(id=rest.dead_letters[0].id), service="toy")
    assert Make.model_validate_json(shown.body) == Make(n=0, how="break")
    assert shown.headers["ce-type"] == Make.TYPE


async def test_dead_letter_of_any_bytes_can_be_shown(toys: Toy) -> None:
    await toys.put("weefsel.v1.cmd.cli.toy.thing.make", b"\xff\x00\\" * 10_000, None)
    await eventually(toys.dead)
    (summary,) = (await toys.client.get(ListDeadLetters(), service="toy")).dead_letters
    assert (await toys.client.get(ShowDeadLetter(id=summary.id), service="toy")).body.startswith("\\xff")


async def test_only_an_operator_may_look(toys: Toy) -> None:
    async with toys.stack.connect("desk") as desk:
        for query in (ListDeadLetters(), ShowDeadLetter.model_validate(ShowDeadLetter.EXAMPLE)):
            with pytest.raises(Refused, match="only an operator"):
                await desk.get(query, service="toy")


async def test_an_id_that_nobody_knows_is_refused_by_name(toys: Toy) -> None:
    for message in (ShowDeadLetter(id=new_id()), ReplayDeadLetter(id=new_id()), DiscardDeadLetter(id=new_id())):
        answer = await toys.client.ask(message, service="toy")
        assert [(problem.code, problem.field) for problem in answer.problems] == [("unknown_id", "id")]


async def test_too_large_a_message_dies_with_the_name_of_the_mistake(toys: Toy) -> None:
    await toys.do(Make(n=1, how="too-large"))
    (letter,) = await toys.dead()
    assert letter["reason"] == "ValueError"
    assert "_rows (transaction.py:" in letter["place"]
