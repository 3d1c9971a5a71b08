"""What our own users may do on a real server: each service its own, the command its own name, and no more."""

from __future__ import annotations

import json
from typing import Any

import nats.errors
import nats.js.errors
import pytest
from faststream.nats import JStream, NatsBroker, NatsCredentials
from nats.aio.client import Client

from deploy.nats import api
from tests.partners import Gate
from tests.partners import gate as gate
from tests.waiting import eventually

OF_PROFILES = [
    "weefsel.v1.event.profiles.rabot.participant.registered",
    "weefsel.v1.feed.rabot.profiles.participant.registered",
    "weefsel.v1.state.profiles.participant.1",
    "weefsel.v1.to.buurtpunt.command.1.accepted",
    "weefsel.v1.dead.EVENTS.profiles.exchange",
    *(f"$JS.API.CONSUMER.{verb}.{stream}.profiles" for verb in ("INFO", "MSG.NEXT") for stream in ("EVENTS", "STATE")),
    "$JS.ACK.COMMANDS.profiles.1.1.1.1.0",
]
NOT_OF_PROFILES = [
    "weefsel.v1.event.exchange.rabot.test.happened",
    "weefsel.v1.feed.rabot.exchange.test.happened",
    "weefsel.v1.feed.profiles.exchange.test.happened",
    "weefsel.v1.state.exchange.ceiling.1",
    "weefsel.v1.state.deploy.partner.profiles",
    "weefsel.v1.dead.EVENTS.exchange.profiles",
    "weefsel.v1.cmd.cli.profiles.participant.register",
    "weefsel.v1.cmd.profiles.exchange.offer.make",
    "weefsel.v1.rpc.cli.exchange.offer.show",
    *(f"$JS.API.STREAM.{verb}.EVENTS" for verb in ("CREATE", "UPDATE", "INFO", "DELETE", "PURGE")),
    *(f"$JS.API.STREAM.MSG.{verb}.STATE" for verb in ("GET", "DELETE")),
    "$JS.API.STREAM.NAMES",
    "$JS.API.STREAM.LIST",
    "$JS.API.DIRECT.GET.STATE",
    "$JS.API.CONSUMER.CREATE.EVENTS.profiles",
    "$JS.API.CONSUMER.CREATE.EVENTS",
    "$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.profiles",
    "$JS.API.CONSUMER.DELETE.EVENTS.profiles",
    "$JS.API.CONSUMER.MSG.NEXT.EVENTS.exchange",
    "$JS.API.CONSUMER.MSG.NEXT.EVENTS.janitor",
    "$JS.API.CONSUMER.MSG.NEXT.FEED.p_buurtpunt",
    "$JS.ACK.COMMANDS.exchange.1.1.1.1.0",
    "_INBOX_exchange.1",
    "$SYS.REQ.CLAIMS.UPDATE",
]
OF_CLI = ["weefsel.v1.cmd.cli.profiles.participant.register", "weefsel.v1.rpc.cli.profiles.participant.show"]
NOT_OF_CLI = [
    "weefsel.v1.cmd.desk.profiles.participant.register",
    "weefsel.v1.cmd.buurtpunt.profiles.participant.register",
    "weefsel.v1.rpc.desk.profiles.participant.show",
    "weefsel.v1.event.profiles.rabot.participant.registered",
    "weefsel.v1.to.buurtpunt.command.1.accepted",
    "weefsel.v1.state.deploy.partner.buurtpunt",
    "$JS.API.CONSUMER.CREATE.PARTNER.x.weefsel.v1.to.desk.>",
    "$JS.API.CONSUMER.CREATE.PARTNER.x.weefsel.v1.to.>",
    "$JS.API.CONSUMER.CREATE.PARTNER.x",
    "$JS.API.CONSUMER.CREATE.PARTNER",
    "$JS.API.CONSUMER.CREATE.STATE.x.weefsel.v1.to.cli.>",
    "$JS.API.CONSUMER.DURABLE.CREATE.PARTNER.x",
    "$JS.API.CONSUMER.MSG.NEXT.PARTNER.p_buurtpunt",
    "$JS.API.CONSUMER.DELETE.PARTNER.p_buurtpunt",
    "$JS.API.STREAM.INFO.PARTNER",
]
NOT_OF_DESK = [
    *OF_CLI,
    "$JS.API.CONSUMER.CREATE.PARTNER.p_buurtpunt.weefsel.v1.to.desk.>",
    "$JS.API.CONSUMER.CREATE.PARTNER.x.weefsel.v1.to.cli.>",
    "$JS.API.CONSUMER.INFO.PARTNER.p_buurtpunt",
    "$JS.FC.PARTNER.x",
]


async def test_a_service_writes_and_reads_its_own(gate: Gate) -> None:
    async with gate.grounds.user("profiles") as line:
        assert [each for each in OF_PROFILES if await line.refused(each, b"{}")] == []


async def test_a_service_does_nothing_in_anothers_name_and_changes_no_stream(gate: Gate) -> None:
    async with gate.grounds.user("profiles") as line:
        assert [each for each in NOT_OF_PROFILES if not await line.refused(each, b"{}")] == []


async def test_a_service_listens_to_its_inbox_and_its_requests(gate: Gate) -> None:
    async with gate.grounds.user("profiles") as line:
        for subject in ("_INBOX_profiles.1", "weefsel.v1.rpc.*.profiles.*.*"):
            await line.subscribe(subject)
        await line.settle()
        assert line.refusals == []
        others = [">", "_INBOX.>", "_INBOX_exchange.>", "weefsel.v1.rpc.*.*.*.*", "weefsel.v1.event.>", "$JS.ACK.>"]
        for subject in others:
            await line.subscribe(subject)
        await line.settle()
        assert len(line.refusals) == len(others)


async def test_a_stream_declared_by_a_service_is_refused(gate: Gate) -> None:
    """FastStream's `stream=` declares and rewrites a stream unless told not to; here it can't."""
    credentials = str(gate.grounds.keys.creds("profiles"))
    broker = NatsBroker(
        gate.grounds.url,
        security=NatsCredentials(credentials),
        inbox_prefix="_INBOX_profiles",
        js_options={"timeout": 0.5},
        logger=None,
    )

    @broker.subscriber(
        "weefsel.v1.event.profiles.>", stream=JStream("EVENTS", subjects=["weefsel.v1.event.>"], max_msgs=1)
    )
    async def handler(body: dict[str, Any]) -> None:
        """Never called."""

    try:
        with pytest.raises((nats.errors.Error, nats.js.errors.Error, TimeoutError)):
            await broker.start()
    finally:
        await broker.stop()
    async with api.connected(gate.grounds.url, gate.grounds.keys, "bootstrap") as client:
        config = (await api.call(client, "STREAM.INFO.EVENTS"))["config"]
    assert (config["max_msgs"], config["subjects"]) == (-1, ["weefsel.v1.event.*.*.*.*"])


LARGEST = [
    ("weefsel.v1.event.profiles.rabot.participant.registered", 16),
    ("weefsel.v1.feed.rabot.profiles.participant.registered", 8),
    ("weefsel.v1.to.buurtpunt.command.1.accepted", 16),
]


async def test_a_message_that_is_too_large_for_its_stream_is_refused(gate: Gate) -> None:
    for subject, limit in LARGEST:
        await gate.grounds.publish("profiles", subject, b"x" * (limit - 1) * 1024)
        with pytest.raises(nats.js.errors.APIError, match="message size exceeds maximum allowed"):
            await gate.grounds.publish("profiles", subject, b"x" * (limit * 1024 + 1))


async def test_the_same_id_within_ten_minutes_is_stored_once(gate: Gate) -> None:
    for _ in range(2):
        stored = await gate.grounds.publish("profiles", OF_PROFILES[0], b"{}", **{"Nats-Msg-Id": "1"})
    assert stored.duplicate
    assert await gate.grounds.stored("EVENTS") == 1


async def test_state_keeps_the_last_of_each(gate: Gate) -> None:
    for body in (b"1", b"2"):
        await gate.grounds.publish("profiles", "weefsel.v1.state.profiles.participant.1", body)
    await gate.grounds.publish("profiles", "weefsel.v1.state.profiles.participant.2", b"3")
    assert await gate.grounds.stored("STATE") == 2


async def test_the_command_sends_in_its_own_name_alone(gate: Gate) -> None:
    async with gate.grounds.user("cli") as line:
        assert [each for each in OF_CLI if await line.refused(each, b"{}")] == []
        assert [each for each in NOT_OF_CLI if not await line.refused(each, b"{}")] == []


async def test_the_desk_asks_and_sends_and_reads_no_stream(gate: Gate) -> None:
    """Stolen, it could otherwise put a consumer of its own in the place of a partner's."""
    async with gate.grounds.user("desk") as line:
        assert [each for each in OF_CLI if await line.refused(each.replace(".cli.", ".desk."), b"{}")] == []
        forbidden = [*NOT_OF_DESK, *(each for each in NOT_OF_CLI if ".desk." not in each or "$JS" in each)]
        assert [each for each in forbidden if not await line.refused(each, b"{}")] == []


async def test_the_command_reads_its_own_answers(gate: Gate) -> None:
    async with gate.grounds.user("cli") as line:
        inbox = line.new_inbox()
        heard = await line.subscribe(inbox)
        assert "error" not in await create(line, filter_subject="weefsel.v1.to.cli.>", deliver_subject=inbox)
        await gate.grounds.publish("profiles", "weefsel.v1.to.buurtpunt.command.1.accepted", b"not mine")
        await gate.grounds.publish("profiles", "weefsel.v1.to.cli.command.2.accepted", b"mine")
        assert (await heard.next_msg(timeout=3)).data == b"mine"


NOT_ITS_LETTERS: list[dict[str, Any]] = [
    {"filter_subject": "weefsel.v1.to.buurtpunt.>"},
    {"filter_subject": ">"},
    {"filter_subjects": ["weefsel.v1.to.buurtpunt.>"]},
    {"filter_subjects": ["weefsel.v1.to.cli.>", "weefsel.v1.to.buurtpunt.>"]},
    {"filter_subject": "weefsel.v1.to.cli.>", "filter_subjects": ["weefsel.v1.to.buurtpunt.>"]},
    {},
]


async def test_the_command_can_not_ask_for_letters_of_others(gate: Gate) -> None:
    """The subject of the request is allowed; what stands in its body must agree with it."""
    async with gate.grounds.user("cli") as line:
        for filters in NOT_ITS_LETTERS:
            assert "error" in await create(line, deliver_subject=line.new_inbox(), **filters), filters


async def test_an_answer_is_allowed_once_and_only_to_who_asked(gate: Gate) -> None:
    async with gate.grounds.user("cli") as cli, gate.grounds.user("profiles") as service:
        asked = await service.subscribe("weefsel.v1.rpc.*.profiles.*.*")
        await service.settle()
        inbox = cli.new_inbox()
        heard = await cli.subscribe(inbox)
        assert await service.refused(inbox, b"unasked")
        await cli.publish("weefsel.v1.rpc.cli.profiles.participant.show", b"{}", reply=inbox)
        request = await asked.next_msg(timeout=3)
        assert not await service.refused(request.reply, b"first")
        assert await service.refused(request.reply, b"second")
        assert (await heard.next_msg(timeout=3)).data == b"first"
        await eventually(lambda: heard.pending_msgs == 0)


async def create(line: Client, **config: Any) -> dict[str, Any]:
    body = {"stream_name": "PARTNER", "config": {"name": "mine", "ack_policy": "none", **config}}
    subject = "$JS.API.CONSUMER.CREATE.PARTNER.mine.weefsel.v1.to.cli.>"
    answer: dict[str, Any] = json.loads((await line.request(subject, json.dumps(body).encode(), timeout=3)).data)
    return answer
