"""Whatever arrives: a rejection or a dead letter that names field and reason, and the next message is handled."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from shared import clock
from shared.contracts.envelope import Answer, Envelope, Problem
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.messaging import toy
from tests.messaging.conftest import Refused, Toy, fetch, surroundings
from tests.messaging.toy import Count, Made, Make, Noted
from tests.waiting import eventually

SUBJECT = "weefsel.v1.cmd.cli.toy.thing.make"
EVENT = "weefsel.v1.event.toy.here.thing.made"
DEEP = 10_000
often = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
async def running_toy(module_stack: MakeStack) -> AsyncIterator[Toy]:
    """One toy for the whole module: what one test sends must not harm the next."""
    async with surroundings(await module_stack([toy.service])) as made, made.running(retry_after=(0.01,)) as running:
        made.port = running.health_port
        yield made


def good_headers(type_: str = Make.TYPE) -> dict[str, str]:
    return Envelope(id=new_id(), type=type_, source="test", time=clock.now()).headers()


async def fate(toy_: Toy, sequence: int, id_: str, stream: str = "COMMANDS") -> Answer | dict[str, Any]:
    """What became of a message: its answer, or its dead letter."""

    async def known() -> Answer | dict[str, Any] | None:
        sql = "SELECT reason, attempts FROM messaging.dead_letter WHERE stream = $1 AND sequence = $2"
        if rows := await toy_.rows(sql, stream, sequence):
            return dict(rows[0])
        with contextlib.suppress(ValueError):
            return next(iter(toy_.answers.get(UUID(id_), ())), None)
        return None

    found: Answer | dict[str, Any] = await eventually(known, what=f"the fate of message {sequence}")
    return found


async def still_works(toy_: Toy) -> None:
    assert (await toy_.client.ask(Make(n=1, how="silent"))).status == "accepted"


def assert_reasons(problems: list[Problem]) -> None:
    assert problems
    for problem in problems:
        assert problem.code
        assert problem.message


words = some.text(max_size=60) | some.sampled_from(
    [
        "",
        " ",
        "\x00",
        "👩‍👩‍👧‍👦",
        "محمد",
        "‮evil",
        "9" * 5000,
        "1e999",
        "null",
        "../../etc/passwd",
        "'; DROP TABLE thing; --",
        "a" * 9000,
    ]
)
anything = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | words | some.just(10**400),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(words, inner, max_size=3),
    max_leaves=10,
)
bodies = (
    some.binary(max_size=300)
    | anything.map(lambda value: json.dumps(value).encode())
    | some.dictionaries(some.sampled_from(["n", "how", "text", "person", "names", "extra"]), anything).map(
        lambda value: json.dumps(value).encode()
    )
    | some.sampled_from(
        [
            b"", b"{}", b"[]", b"null", b"{", b'{"n": 1', b'{"n": 1}{"n": 2}', b'{"n": NaN}', b'{"n": 1e400}',
            b'{"n": 1, "text": "\\u0000"}', b'{"n": 1, "text": "\\ud800"}', b'{"n": 1, "text": "\xff"}',
            b"\xef\xbb\xbf" + b'{"n": 1}', '{"n": 1, "text": "🏳️‍🌈 مرحبا"}'.encode("utf-16"),
            b"[" * DEEP + b"]" * DEEP, b'{"n":' * 3000 + b"1" + b"}" * 3000, b'{"n": ' + b"9" * 20_000 + b"}",
            b'{"n": 1, "names": {"\\u0000": "x", "\\n": []}}', json.dumps({"n": 1, "text": "x" * 30_000}).encode(),
        ]
    )
)  # fmt: skip
lines = some.text(some.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=50)
changes = some.dictionaries(
    some.sampled_from(
        ["ce-id", "ce-type", "ce-time", "ce-source", "ce-correlationid", "traceparent", "ce-specversion"]
    ),
    lines
    | some.none()
    | some.sampled_from(
        [
            Made.TYPE,
            Count.TYPE,
            "toy.thing.make.v2",
            "2999-01-01T00:00:00Z",
            "2026-01-01",
            "0001-01-01T00:00:00Z",
            "9" * 4000,
        ]
    ),
    max_size=3,
)


@often
@given(data=bodies, changed=changes)
@example(data=b'{"n": "no number"}', changed={})
@example(data=b'{"n": 99999999999999999999}', changed={})
async def test_any_command_is_answered_or_buried(running_toy: Toy, data: bytes, changed: dict[str, str | None]) -> None:
    headers = {k: v for k, v in (good_headers() | changed).items() if v is not None}
    block = "".join(f"\r\n{name}: {value}" for name, value in headers.items() if name != "Nats-Msg-Id")
    try:
        sequence = await running_toy.put_raw(SUBJECT, block.encode(), data)
    except Refused:
        return  # too large
    found = await fate(running_toy, sequence, headers.get("ce-id", ""))
    if isinstance(found, dict):
        assert found["reason"]
    elif found.status == "rejected":
        assert_reasons(found.problems)
    await still_works(running_toy)


@often
@given(headers=some.binary(max_size=80), data=some.binary(max_size=20))
@example(headers=b" \xff\xff\xff", data=b"")
@example(headers=b" 100 Idle Heartbeat", data=b"")
@example(headers=b" 409 Consumer Deleted", data=b"")
@example(headers=b" 503", data=b"")
@example(headers=b"\r\nStatus: 409\r\nDescription: Consumer Deleted", data=b"")
@example(headers=b"\r\nStatus: 100", data=b"")
@example(headers=b"\r\nStatus: 503", data=b"")
async def test_any_header_bytes_are_survived(running_toy: Toy, headers: bytes, data: bytes) -> None:
    """Headers that look like the server's own words stop nothing, and those that no client can read are buried."""
    sequence = await running_toy.put_raw(SUBJECT, headers, data)
    found = await fate(running_toy, sequence, "")
    assert isinstance(found, dict)
    assert "ce-id" in found["reason"]
    await still_works(running_toy)


@often
@given(headers=some.binary(max_size=80))
@example(headers=b" \xff\xff\xff")
@example(headers=b" 100 \xff")
@example(headers=b" 503")
async def test_any_header_bytes_of_a_request_are_survived(running_toy: Toy, headers: bytes) -> None:
    """One that nats-py can't read would end its reading: a single request could silence the service."""
    connection = running_toy.client.connection
    block = b"NATS/1.0" + headers + b"\r\n\r\n"
    line = f"HPUB {SUBJECT.replace('cmd', 'rpc')} {connection.new_inbox()} {len(block)} {len(block)}\r\n".encode()
    await connection._send_command(line + block + b"\r\n")
    await connection.flush()
    await still_works(running_toy)


@often
@given(data=bodies, changed=changes)
async def test_any_event_is_handled_or_buried(running_toy: Toy, data: bytes, changed: dict[str, str | None]) -> None:
    headers = {k: v for k, v in (good_headers(Made.TYPE) | changed).items() if v is not None}
    block = "".join(f"\r\n{name}: {value}" for name, value in headers.items() if name != "Nats-Msg-Id")
    before = len(await running_toy.numbers("seen"))
    try:
        sequence = await running_toy.put_raw(EVENT, block.encode(), data)
    except Refused:
        return  # too large
    sql = "SELECT reason FROM messaging.dead_letter WHERE stream = 'EVENTS' AND sequence = $1"

    async def over() -> bool:
        dead = await running_toy.rows(sql, sequence)
        return bool(dead and dead[0]["reason"]) or len(await running_toy.numbers("seen")) == before + 1

    await eventually(over)
    await still_works(running_toy)


@often
@given(data=bodies, changed=changes)
async def test_any_request_is_answered(running_toy: Toy, data: bytes, changed: dict[str, str | None]) -> None:
    headers = {k: v.replace("\x00", "0") for k, v in (good_headers() | changed).items() if v}
    reply = await running_toy.client.connection.request(SUBJECT.replace("cmd", "rpc"), data, timeout=5, headers=headers)
    answer = Answer.model_validate_json(reply.data)
    if answer.status == "rejected":
        assert_reasons(answer.problems)
    await still_works(running_toy)


async def refused(toy_: Toy, data: bytes = b'{"n": 1}', subject: str = SUBJECT, **changed: str | None) -> Problem:
    """Send a command with other headers than it should have; returns the first reason for its rejection."""
    headers = good_headers() | {name.replace("_", "-"): value for name, value in changed.items()}
    kept = {name: value for name, value in headers.items() if value is not None}
    sequence = await toy_.put(subject, data, kept)
    found = await fate(toy_, sequence, kept["ce-id"])
    if isinstance(found, dict):
        found = await toy_.answer(UUID(kept["ce-id"]))
    assert found.status == "rejected"
    return found.problems[0]


@pytest.mark.parametrize(
    ("data", "field", "code"),
    [
        (b"{}", "n", "missing"),
        (b'{"n": "ten"}', "n", "int_parsing"),
        (b"", "", "json_invalid"),
        (b"[" * DEEP + b"]" * DEEP, "", "json_invalid"),
        (b'{"n": 1, "text": "\\u0000"}', "text", "value_error"),
        (b'{"n": 1, "text": "\\ud800"}', "", "json_invalid"),
        (b'{"n": 1, "person": "nobody"}', "person", "uuid_parsing"),
        (b'{"n": 1, "names": {"Marie": "x"}}', "names.Marie", "int_parsing"),
    ],
    ids=["missing", "wrong type", "empty", "too deep", "NUL", "half a surrogate pair", "wrong id", "in a part"],
)
async def test_rejection_names_field_and_reason(running_toy: Toy, data: bytes, field: str, code: str) -> None:
    problem = await refused(running_toy, data)
    assert (problem.field, problem.code) == (field, code)


async def test_of_a_key_given_twice_the_last_counts(running_toy: Toy) -> None:
    sequence = await running_toy.put(SUBJECT, b'{"n": 1, "n": 2, "how": "silent"}', headers := good_headers())
    answer = await fate(running_toy, sequence, headers["ce-id"])
    assert isinstance(answer, Answer)
    assert answer.result == {"n": 2, "text": ""}


@pytest.mark.parametrize("name", ["Zoë 👩🏽‍🦱", "عبد الرحمن", "שָׁלוֹם", "Nguyễn Thị Minh Khai", "𠜎𠜱"])
async def test_names_of_any_script_arrive_as_they_are(running_toy: Toy, name: str) -> None:
    await running_toy.do(Make(n=77, how="silent", text=name))
    (row,) = await running_toy.rows("SELECT text FROM thing WHERE text = $1 LIMIT 1", Make(n=1, text=name).text)
    assert row["text"]


async def test_command_from_the_future(running_toy: Toy) -> None:
    problem = await refused(running_toy, ce_time=(clock.now() + timedelta(days=1)).isoformat())
    assert (problem.field, problem.code) == ("ce-time", "from_the_future")


async def test_event_from_the_future_is_buried(running_toy: Toy) -> None:
    time = (clock.now() + timedelta(days=1)).isoformat()
    await running_toy.publish(Made(neighbourhood_id="here", n=4711), **{"ce-time": time})
    await eventually(lambda: running_toy.rows("SELECT FROM messaging.dead_letter WHERE reason LIKE 'ce-time lies in%'"))
    assert 4711 not in await running_toy.seen("made")


async def test_version_that_nobody_knows_waits_for_a_newer_release_then_is_answered(running_toy: Toy) -> None:
    problem = await refused(running_toy, ce_type="toy.thing.make.v2")
    assert (problem.field, problem.code) == ("ce-type", "unknown_type")
    sql = "SELECT attempts FROM messaging.dead_letter WHERE message_type = $1 ORDER BY id DESC LIMIT 1"
    (letter,) = await running_toy.rows(sql, "toy.thing.make.v2")
    assert letter["attempts"] == 2


async def test_type_that_no_release_will_know_is_refused_at_once(running_toy: Toy) -> None:
    """Waiting, it would take a place among those that may be unacknowledged."""
    problem = await refused(running_toy, ce_type="what.ever.you-like.v1")
    assert (problem.field, problem.code) == ("ce-type", "wrong_subject")
    assert not await running_toy.rows("SELECT FROM messaging.dead_letter WHERE message_type = 'what.ever.you-like.v1'")


async def test_command_on_the_subject_of_another(running_toy: Toy) -> None:
    problem = await refused(running_toy, subject=SUBJECT.replace("make", "forget"))
    assert (problem.field, problem.code) == ("ce-type", "wrong_subject")


async def test_question_sent_durably(running_toy: Toy) -> None:
    problem = await refused(running_toy, subject=SUBJECT.replace("make", "count"), ce_type=Count.TYPE)
    assert (problem.field, problem.code) == ("ce-type", "not_durable")


@pytest.mark.parametrize("header", ["ce-id", "ce-type", "ce-time"])
@pytest.mark.parametrize("value", [None, "", "é\x00🙂"])
async def test_header_missing_or_malformed(running_toy: Toy, header: str, value: str | None) -> None:
    """Without an id nobody can be told by the stream: a dead letter, and by request/reply an answer."""
    headers = {k: v for k, v in (good_headers() | {header: value}).items() if v is not None and k != "Nats-Msg-Id"}
    block = "".join(f"\r\n{name}: {text}" for name, text in headers.items())
    sequence = await running_toy.put_raw(SUBJECT, block.encode(), b'{"n": 1}')
    found = await fate(running_toy, sequence, "")
    assert isinstance(found, dict)
    assert f"header {header} " in found["reason"]


async def test_message_larger_than_the_stream_takes_is_refused_at_the_door(running_toy: Toy) -> None:
    with pytest.raises(Refused, match="message size exceeds"):
        await running_toy.put_raw(SUBJECT, b"\r\nce-id: x", b"x" * 33_000)
    await still_works(running_toy)


async def test_rejection_is_bounded_however_long_the_fields_names(running_toy: Toy) -> None:
    """The answer stands on a stream of its own, which would refuse it, and all answers after it."""
    data = json.dumps({"n": 1, "names": {f"{n}" + "é\x01" * 100: "x" for n in range(20)}}).encode()
    problem = await refused(running_toy, data)
    assert problem.code == "int_parsing"
    assert len(problem.field) <= 100
    await still_works(running_toy)


async def test_trace_that_is_none_is_left_out(running_toy: Toy) -> None:
    """It would be copied to the answer, which could be refused for it."""
    id_ = new_id()
    headers = good_headers() | {"ce-id": str(id_), "traceparent": "x" * 20_000}
    await running_toy.put(SUBJECT, b'{"n": 1, "how": "silent"}', headers)
    assert (await running_toy.answer(id_)).status == "accepted"


async def test_types_that_senders_make_up_make_no_counters(running_toy: Toy) -> None:
    reply = await running_toy.client.connection.request(
        SUBJECT.replace("cmd", "rpc"), b"{}", headers=good_headers("made.up.type.v1"), timeout=5
    )
    assert Answer.model_validate_json(reply.data).problems[0].code == "wrong_subject"
    await refused(running_toy, ce_type="made.up.type.v2")
    await refused(running_toy, ce_type="made.thing.make.v2")
    page = (await fetch(running_toy.port, "/metrics"))[1]
    assert 'type="unknown"' in page
    assert "made.up" not in page


async def test_nothing_is_lost_among_rubbish(surrounded: Toy) -> None:
    """What goes in comes out: handled, rejected or dead, and nothing waits."""
    ids = [new_id() for _ in range(120)]
    for n, id_ in enumerate(ids):
        headers = good_headers() | {"ce-id": str(id_), "Nats-Msg-Id": str(id_)}
        if n % 3 == 1:
            del headers["ce-time"]
        await surrounded.put(SUBJECT, b"rubbish" if n % 3 == 2 else b'{"n": %d}' % n, headers)
    for n in range(40):
        await surrounded.publish(Noted(neighbourhood_id="here", n=n, how="break" if n % 2 else ""))
    async with surrounded.running():
        await surrounded.idle()

        async def all_answered() -> bool:
            return len(surrounded.answers) == 80

        await eventually(all_answered)
        dead = await surrounded.dead()
    accepted = [a for answers in surrounded.answers.values() for a in answers if a.status == "accepted"]
    rejected = [a for answers in surrounded.answers.values() for a in answers if a.status == "rejected"]
    assert (len(accepted), len(rejected)) == (40, 40)
    assert len([letter for letter in dead if letter["stream"] == "COMMANDS"]) == 40
    assert len([letter for letter in dead if letter["stream"] == "EVENTS"]) == 20
    assert await surrounded.numbers() == [n for n in range(120) if n % 3 == 0]
    assert await surrounded.seen("noted") == [n for n in range(40) if n % 2 == 0]
