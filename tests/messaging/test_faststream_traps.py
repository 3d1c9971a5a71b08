"""What FastStream does by itself and must not, each tried on the real server. Traps 4 and 5: test_stopping.py."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import nats.errors
import pytest

from deploy.nats import accounts, api
from shared import clock
from shared.contracts.envelope import Answer, Envelope
from shared.ids import new_id
from shared.messaging.puller import Puller
from tests.messaging.conftest import Toy, fetch
from tests.messaging.toy import Made, Make, Note, Noted
from tests.waiting import eventually

STREAMS = ("EVENTS", "STATE", "FEED", "PARTNER", "COMMANDS", "DEAD_LETTERS", "ADVISORIES")
SUBJECT = "weefsel.v1.cmd.cli.toy.thing.make"
FORGED = "weefsel.v1.event.toy.here.thing.made"


async def settings_of(toy: Toy, what: str) -> dict[str, Any]:
    async with api.connected(toy.stack.nats_url, toy.stack.keys, accounts.BOOTSTRAP) as bootstrap:
        config: dict[str, Any] = (await api.call(bootstrap, what))["config"]
        return config


async def test_trap_01_starting_a_service_changes_no_stream(surrounded: Toy) -> None:
    """1: `stream="NAME"` declares the stream, and rewrites it."""
    before = [await settings_of(surrounded, f"STREAM.INFO.{name}") for name in STREAMS]
    async with surrounded.running():
        await surrounded.do(Make(n=1))
        assert [await settings_of(surrounded, f"STREAM.INFO.{name}") for name in STREAMS] == before
        with pytest.raises(nats.errors.TimeoutError):  # and could not: it has no right to
            await surrounded.publisher.request("$JS.API.STREAM.INFO.EVENTS", timeout=0.3)


async def test_trap_02_an_exception_neither_loses_the_event_nor_burns_deliveries(surrounded: Toy) -> None:
    """2: by default the first exception rejects the event for good; a bare nack comes back within milliseconds."""
    async with surrounded.running(retry_after=(0.2, 0.2)):
        await surrounded.publish(Noted(neighbourhood_id="here", n=1, how="break"))
        loop = asyncio.get_running_loop()
        started = loop.time()
        (letter,) = await eventually(surrounded.dead)
        assert loop.time() - started >= 0.4
        assert letter["attempts"] == 3
        assert (await surrounded.consumer("EVENTS"))["delivered"]["consumer_seq"] == 3


async def test_trap_02_what_can_never_be_read_is_buried_at_once(surrounded: Toy) -> None:
    async with surrounded.running(retry_after=(60,)):
        headers = Envelope(id=new_id(), type=Made.TYPE, source="test", time=clock.now()).headers()
        await surrounded.put(FORGED, b"{}", headers)
        (letter,) = await eventually(surrounded.dead)
        assert (letter["attempts"], letter["reason"]) == (
            1,
            "neighbourhood_id is missing: send it; n is missing: send it",
        )


async def test_trap_03_what_a_handler_returns_goes_nowhere_that_a_sender_chose(toys: Toy) -> None:
    """3: a return value is published, with the service's rights, on a subject that the sender names."""
    headers = Envelope(id=new_id(), type=Make.TYPE, source="test", time=clock.now()).headers()
    await toys.put(SUBJECT, b'{"n": 1, "how": "silent"}', headers | {"reply_to": FORGED})
    asked = Envelope(id=new_id(), type=Make.TYPE, source="test", time=clock.now()).headers()
    await toys.client.connection.publish(
        SUBJECT.replace("cmd", "rpc"), b'{"n": 2, "how": "silent"}', reply=FORGED, headers=asked
    )

    async def both_done() -> bool:
        return await toys.numbers() == [1, 2]

    await eventually(both_done)
    await toys.client.ask(Make(n=3, how="silent"))
    await toys.idle()
    assert await toys.stored("EVENTS") == []


async def test_trap_06_every_pull_has_the_service_inbox(surrounded: Toy) -> None:
    """6: the broker's inbox prefix isn't applied to pull subscribers; another's inbox could be listened to."""
    async with surrounded.running() as running:
        pullers = [each for each in running.broker.subscribers if isinstance(each, Puller)]
        assert len(pullers) == 3
        for puller in pullers:
            assert puller.subscription is not None
            assert puller.subscription.subject.startswith("_INBOX_toy.")  # type: ignore[union-attr]


async def test_trap_07_a_consumer_is_as_the_bootstrap_job_made_it(surrounded: Toy) -> None:
    """7: a subscriber never updates an existing durable: what it says of it would be believed, and not be so."""
    await surrounded.ack_wait(17)
    async with surrounded.running():
        await surrounded.do(Make(n=1))
        assert (await settings_of(surrounded, "CONSUMER.INFO.COMMANDS.toy"))["ack_wait"] == 17e9


async def test_trap_08_what_no_stream_has_stored_is_not_taken_for_sent(surrounded: Toy) -> None:
    """8: `publish()` without `stream=` returns None also when nobody stored the message."""
    async with api.connected(surrounded.stack.nats_url, surrounded.stack.keys, accounts.BOOTSTRAP) as bootstrap:
        partner = (await api.call(bootstrap, "STREAM.INFO.PARTNER"))["config"]
        await api.call(bootstrap, "STREAM.DELETE.PARTNER")
        async with surrounded.running() as running:
            await surrounded.client.get(Make(n=1, how="write"))
            await eventually(lambda: running.relay.problem)
            assert (await fetch(running.health_port, "/readyz"))[0] == 503
            await api.call(bootstrap, "STREAM.CREATE.PARTNER", partner)
            await surrounded.idle()
    assert [note.n for note in await surrounded.published(Note, "PARTNER")] == [1]


async def test_trap_09_a_lone_message_does_not_wait_for_company(toys: Toy) -> None:
    """9: a pull of a batch waits until it is full or its time is over: seconds for each lone message."""
    await toys.do(Make(n=0))
    loop = asyncio.get_running_loop()
    waits = []
    for n in range(1, 6):
        started = loop.time()
        await toys.do(Make(n=n))
        waits.append(loop.time() - started)
    assert min(waits) < 0.5


def test_trap_10_no_test_relies_on_the_broker_that_is_none() -> None:
    """10: TestNatsBroker has no redelivery, no dedupe, no acknowledgement and no metadata."""
    assert _files_that_say("TestNats" + "Broker", "tests") == ["test_faststream_traps.py"]


def test_trap_11_the_handlers_are_not_what_is_documented() -> None:
    """11: FastStream's AsyncAPI lacks stream, durable and parameters: the contracts are documented instead."""
    assert _files_that_say("faststream.*(AsyncAPI|specification)", "shared", "services", "deploy") == []


def _files_that_say(pattern: str, *folders: str) -> list[str]:
    root = Path(__file__).parents[2]
    paths = [path for folder in folders for path in sorted((root / folder).rglob("*.py"))]
    return [path.name for path in paths if re.search(pattern, path.read_text(encoding="utf-8"))]


async def test_an_answer_still_reaches_who_asked(toys: Toy) -> None:
    reply = await toys.client.connection.request(
        SUBJECT.replace("cmd", "rpc"), b'{"n": 1}', timeout=5,
        headers=Envelope(id=new_id(), type=Make.TYPE, source="test", time=clock.now()).headers(),
    )  # fmt: skip
    assert Answer.model_validate_json(reply.data).status == "accepted"
