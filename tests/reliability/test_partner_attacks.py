"""What a partner that means harm tries, on a real server: none of it reaches anything that is not its own.

Where silence is the proof, the test first shows that the same trick works where nothing stops it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import nats.errors
import nats.js.errors
import pytest

from deploy.nats import api
from tests.partners import Gate, Line, pull
from tests.partners import gate as gate
from tests.waiting import eventually

REGISTER = "weefsel.cmd.profiles.participant.register"
FEED = "weefsel.v1.feed.rabot.exchange.test.happened"
EVENT = "weefsel.v1.event.exchange.rabot.test.happened"
NEXT = "weefsel.js.CONSUMER.MSG.NEXT.FEED.p_mallory"

OF_OTHERS = [
    "weefsel.js.CONSUMER.MSG.NEXT.FEED.p_alice",
    "weefsel.js.CONSUMER.INFO.FEED.p_alice",
    "weefsel.js.CONSUMER.RESET.PARTNER.p_alice",
    "$JS.API.CONSUMER.MSG.NEXT.FEED.p_alice",
    "$JS.ACK.FEED.p_alice.1.1.1.1.0",
    "$JS.ACK._.hash.FEED.p_alice.1.1.1.1.0",
    "$JS.ACK.COMMANDS.profiles.1.1.1.1.0",
]
NOT_GRANTED = [
    "weefsel.v1.cmd.alice.profiles.participant.register",
    "weefsel.v1.cmd.cli.profiles.participant.register",
    "weefsel.cmd.alice.profiles.participant.register",
    "weefsel.cmd.profiles.participant.register.weefsel.v1.cmd.alice",
    "weefsel.cmd.profiles.participant.leave",
    "weefsel.cmd.profiles.participant.>",
    "weefsel.cmd.profiles.*.register",
    "weefsel.cmd.any.dead-letter.list",
    "weefsel.rpc.profiles.participant.show",
    "weefsel.rpc.profiles.dead-letter.list",
    "weefsel.v1.rpc.cli.profiles.participant.show",
    "weefsel.v1.event.exchange.rabot.test.happened",
    "weefsel.v1.feed.rabot.exchange.test.happened",
    "weefsel.v1.to.alice.command.1.accepted",
    "weefsel.v1.state.deploy.partner.mallory",
    "$JS.API.STREAM.INFO.STATE",
    "$JS.API.STREAM.MSG.GET.STATE",
    "$JS.API.DIRECT.GET.STATE",
    "$JS.API.STREAM.DELETE.EVENTS",
    "$JS.API.CONSUMER.CREATE.STATE.mine",
    "$JS.API.CONSUMER.DELETE.FEED.p_alice",
    "weefsel.js.CONSUMER.CREATE.FEED.p_mallory",
    "weefsel.js.STREAM.INFO.FEED",
    "$SYS.REQ.CLAIMS.UPDATE",
    "$SYS.REQ.ACCOUNT.PING.CONNZ",
    "_INBOX_profiles.anything",
    "_INBOX.anything",
]


@pytest.fixture
async def credentials(gate: Gate) -> Path:
    """Mallory is let in beside Alice, in the same neighbourhood, with the same grant."""
    await gate.let_in("alice", "rabot")
    return await gate.let_in("mallory", "rabot")


@pytest.fixture
async def mallory(gate: Gate, credentials: Path) -> AsyncIterator[Line]:
    async with gate.line(credentials) as line:
        yield line


async def settled(line: Line) -> None:
    """All that this connection published was handled: the server takes a connection's messages in order."""
    await line.jetstream(timeout=3).publish(REGISTER, b"{}")


async def test_reply_to_does_not_write_an_acknowledgement_into_the_event_stream(gate: Gate, mallory: Line) -> None:
    async with gate.grounds.user("cli") as ours:
        await ours.publish("weefsel.v1.cmd.cli.profiles.participant.register", b"{}", reply=EVENT)
    await eventually(lambda: stored(gate, "EVENTS", 1), what="within one account the trick works")
    assert not await mallory.refused(REGISTER, b"{}", reply=EVENT)
    await settled(mallory)
    assert await gate.grounds.stored("COMMANDS") == 3
    assert await gate.grounds.stored("EVENTS") == 1


async def test_reply_to_does_not_write_a_feed_message_into_the_event_stream(gate: Gate, mallory: Line) -> None:
    await gate.grounds.publish("exchange", FEED)
    async with gate.grounds.user("bootstrap") as ours:
        await ours.publish("$JS.API.CONSUMER.MSG.NEXT.FEED.p_alice", b'{"batch":1,"no_wait":true}', reply=EVENT)
    await eventually(lambda: stored(gate, "EVENTS", 1), what="within one account the trick works")
    assert not await mallory.refused(NEXT, b'{"batch":1,"no_wait":true}', reply=EVENT)
    assert len(await pull(mallory, "FEED", "mallory")) == 1, "the message was still to be had"
    await settled(mallory)
    assert await gate.grounds.stored("EVENTS") == 1


async def test_an_acknowledgement_that_asks_for_more_does_not_write_into_the_event_stream(
    gate: Gate, mallory: Line
) -> None:
    async with gate.grounds.user("profiles") as ours:
        for _ in range(2):
            await settled(mallory)
        (command,) = await (await ours.jetstream().pull_subscribe_bind("profiles", "COMMANDS")).fetch(1, timeout=3)
        await ours.publish(command.reply, b"+NXT", reply=EVENT)
    await eventually(lambda: stored(gate, "EVENTS", 1), what="within one account the trick works")
    for _ in range(2):
        await gate.grounds.publish("exchange", FEED)
    (first,) = await pull(mallory, "FEED", "mallory")
    assert not await mallory.refused(first.reply, b"+NXT", reply=EVENT)
    assert len(await pull(mallory, "FEED", "mallory")) == 1, "the second message was still to be had"
    await settled(mallory)
    assert await gate.grounds.stored("EVENTS") == 1


async def test_reply_to_does_not_make_another_partner_say_something(gate: Gate, mallory: Line) -> None:
    """The acknowledgement, sent on as a command of Alice."""
    victim = "weefsel.v1.cmd.alice.profiles.participant.register"
    await mallory.publish(REGISTER, b"{}", reply=victim)
    await settled(mallory)
    async with api.connected(gate.grounds.url, gate.grounds.keys, "bootstrap") as client:
        state = (await api.call(client, "STREAM.INFO.COMMANDS", {"subjects_filter": ">"}))["state"]
    assert state["subjects"] == {"weefsel.v1.cmd.mallory.profiles.participant.register": 2}


async def test_a_message_id_used_before_does_not_swallow_anothers_command(gate: Gate, mallory: Line) -> None:
    alice = gate.grounds.folder / "alice.creds"
    await mallory.jetstream().publish(REGISTER, b"{}", headers={"Nats-Msg-Id": "order-1"})
    async with gate.line(alice) as line:

        async def stored_as_new() -> bool:
            return not (await line.jetstream().publish(REGISTER, b"{}", headers={"Nats-Msg-Id": "order-1"})).duplicate

        await eventually(stored_as_new, within=2)
    assert await gate.grounds.stored("COMMANDS") == 2


async def test_anothers_consumer_is_out_of_reach(mallory: Line) -> None:
    assert [each for each in OF_OTHERS if not await mallory.refused(each, b'{"batch":1}')] == []


async def test_what_was_not_granted_is_refused(mallory: Line) -> None:
    assert [each for each in NOT_GRANTED if not await mallory.refused(each, b"{}")] == []


async def test_nothing_but_its_inbox_can_be_listened_to(mallory: Line) -> None:
    others = [">", "weefsel.>", "weefsel.v1.to.alice.>", "_INBOX_cli.>", "_R_.>", "$SYS.>", "$JS.EVENT.>", "*.x"]
    for subject in others:
        await mallory.subscribe(subject)
    await mallory.settle()
    refused = [each for each in mallory.refusals if "permissions violation for subscription" in each.lower()]
    assert len(refused) == len(others)


async def test_inboxes_of_others_stay_silent(gate: Gate, mallory: Line) -> None:
    """It may listen to `_INBOX.>`, but only in its own account."""
    heard: list[str] = []

    async def overhear(message: Any) -> None:
        heard.append(message.subject)

    await mallory.subscribe("_INBOX.>", cb=overhear)
    await mallory.settle()
    async with gate.line(gate.grounds.folder / "alice.creds") as alice:
        await alice.jetstream().publish(REGISTER, b"{}")
    assert heard == []
    await mallory.request(NEXT, b'{"batch":1,"no_wait":true}', timeout=3)
    await eventually(lambda: len(heard) == 1, what="its own answer it hears")


STEERING = [
    {"Nats-Rollup": "all"},
    {"Nats-Rollup": "sub"},
    {"Nats-TTL": "1s"},
    {"Nats-Schedule": "@at 2030-01-01T00:00:00Z", "Nats-Schedule-Target": "weefsel.v1.cmd.alice.x.y.z"},
    {"Nats-Batch-Id": "b", "Nats-Batch-Sequence": "1", "Nats-Batch-Commit": "1"},
]


async def test_headers_that_steer_a_stream_are_refused(gate: Gate, mallory: Line) -> None:
    await settled(mallory)
    for headers in STEERING:
        with pytest.raises(nats.js.errors.APIError):
            await mallory.jetstream(timeout=3).publish(REGISTER, b"{}", headers=headers)
    assert await gate.grounds.stored("COMMANDS") == 1


async def test_who_asked_can_not_be_forged_in_a_header(gate: Gate, mallory: Line) -> None:
    forged = json.dumps({"acc": gate.grounds.keys.account, "user": "cli"})
    await mallory.jetstream().publish(REGISTER, b"{}", headers={"Nats-Request-Info": forged})
    async with gate.grounds.user("profiles") as service:
        queue = await service.jetstream().pull_subscribe_bind("profiles", "COMMANDS")
        (message,) = await queue.fetch(1, timeout=3)
    assert message.subject == "weefsel.v1.cmd.mallory.profiles.participant.register"
    assert (message.headers or {}).get("Nats-Request-Info") != forged


TOO_MUCH = [
    ({"batch": 101, "expires": 10**9}, "Exceeded MaxRequestBatch of 100"),
    ({"batch": 1, "expires": 31 * 10**9}, "Exceeded MaxRequestExpires of 30s"),
    ({"batch": 1, "expires": 10**9, "max_bytes": 2_000_000}, "Exceeded MaxRequestMaxBytes of 1000000"),
]


async def test_a_pull_that_asks_too_much_is_refused(mallory: Line) -> None:
    for request, reason in TOO_MUCH:
        refused = await mallory.request(NEXT, json.dumps(request).encode(), timeout=3)
        assert (refused.headers or {}).get("Description") == reason


async def test_no_more_than_four_pulls_wait(mallory: Line) -> None:
    inbox = mallory.new_inbox()
    answers = await mallory.subscribe(inbox)
    for _ in range(5):
        await mallory.publish(NEXT, b'{"batch":1,"expires":5000000000}', reply=inbox)
    refused = await answers.next_msg(timeout=3)
    assert (refused.headers or {})["Status"] == "409"


async def test_a_flood_fills_only_its_own_subject(gate: Gate, mallory: Line) -> None:
    """1,000 unanswered commands of a kind: the next is refused, and says so; others come through."""
    stream = mallory.jetstream(timeout=10, publish_async_max_pending=1000)
    waiting = [await stream.publish_async(REGISTER, b"{}") for _ in range(1000)]
    for each in waiting:
        await each
    with pytest.raises(nats.js.errors.APIError, match="maximum messages per subject exceeded"):
        await mallory.jetstream(timeout=3).publish(REGISTER, b"{}")
    assert await gate.grounds.stored("COMMANDS") == 1000
    async with gate.line(gate.grounds.folder / "alice.creds") as alice:
        assert (await alice.jetstream(timeout=3).publish(REGISTER, b"{}")).stream == "COMMANDS"


async def test_a_payload_of_more_than_32_kb_ends_the_connection(gate: Gate, mallory: Line) -> None:
    assert not await mallory.refused(REGISTER, b"x" * 32_000)
    mallory._max_payload = 1 << 20  # a client that ignores what the server told it
    with contextlib.suppress(nats.errors.Error, OSError):
        await mallory.publish(REGISTER, b"x" * 33_000)
    await eventually(lambda: mallory.is_closed)
    assert await gate.grounds.stored("COMMANDS") == 1


async def test_a_sixth_connection_is_refused(gate: Gate, credentials: Path) -> None:
    lines = [gate.line(credentials) for _ in range(5)]
    for line in lines:
        await line.__aenter__()
    try:
        with pytest.raises(nats.errors.Error, match="maximum account active connections"):
            async with gate.line(credentials):
                pass
    finally:
        for line in lines:
            await line.__aexit__(None, None, None)


async def test_the_way_back_to_another_can_not_be_used(gate: Gate, mallory: Line) -> None:
    """The subject on which a service answers Alice means nothing when Mallory sends to it."""
    async with gate.grounds.user("profiles") as service, gate.line(gate.grounds.folder / "alice.creds") as alice:
        asked = await service.subscribe("weefsel.v1.rpc.*.profiles.*.*")
        await service.settle()
        inbox = alice.new_inbox()
        answers = await alice.subscribe(inbox)
        await alice.publish("weefsel.rpc.profiles.participant.register", b"{}", reply=inbox)
        request = await asked.next_msg(timeout=3)
        assert await mallory.refused(request.reply, b"forged")
        assert await mallory.refused(inbox, b"forged")
        await service.publish(request.reply, b"true")
        assert (await answers.next_msg(timeout=3)).data == b"true"


async def stored(gate: Gate, stream: str, count: int) -> bool:
    return await gate.grounds.stored(stream) == count
