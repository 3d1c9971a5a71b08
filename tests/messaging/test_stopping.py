"""A service that is told to stop finishes or hands back what it holds; one that can't go on ends itself."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from deploy.embedded.nats import Nats
from deploy.nats import accounts, api, jwt
from shared.messaging.watchdog import EXIT_CODE
from tests import servers
from tests.messaging import toy
from tests.messaging.conftest import Process, Toy, surroundings
from tests.messaging.toy import Made, Make
from tests.servers import NatsServer, Server
from tests.waiting import eventually

ENDED = 20.0
"""Seconds: far less than the minute after which the server would deliver again by itself."""


async def test_stop_hands_back_what_waits_and_finishes_what_it_does(surrounded: Toy) -> None:
    async with contextlib.AsyncExitStack() as first:
        await first.enter_async_context(surrounded.running(batch=4))
        async with await surrounded.locked():
            await surrounded.client.send(Make(n=0, how="wait"))
            await surrounded.waiting()
            for n in range(1, 6):
                await surrounded.client.send(Make(n=n))

            async def fetched() -> bool:
                return (await surrounded.consumer("COMMANDS"))["num_ack_pending"] >= 3

            await eventually(fetched)
            async with surrounded.running():
                stopping = asyncio.create_task(first.aclose())
                for n in range(6, 9):
                    await surrounded.client.send(Make(n=n))

                async def others_done() -> bool:
                    return await surrounded.numbers() == list(range(1, 9))

                await eventually(others_done, within=ENDED)
                assert not stopping.done()
                await surrounded.client.ask(Make(n=9))
        await stopping
    async with surrounded.running():
        await surrounded.idle()
        assert await surrounded.numbers() == list(range(10))


async def test_what_takes_longer_than_a_stop_may_take_is_handed_back(
    surrounded: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.service.GRACE", 0.3)
    async with await surrounded.locked():
        async with surrounded.running():
            await surrounded.client.send(Make(n=1, how="wait"))
            await surrounded.waiting()
        async with surrounded.running():
            await surrounded.waiting()
    async with surrounded.running():
        await eventually(surrounded.numbers, within=ENDED)
        await surrounded.idle()
        assert await surrounded.numbers() == [1]


async def test_requests_go_to_another_replica_while_one_stops(surrounded: Toy) -> None:
    async with contextlib.AsyncExitStack() as first:
        await first.enter_async_context(surrounded.running())
        async with await surrounded.locked():
            waiting = asyncio.create_task(surrounded.client.ask(Make(n=0, how="wait")))
            await surrounded.waiting()
            async with surrounded.running():
                stopping = asyncio.create_task(first.aclose())
                await eventually(lambda: surrounded.client.ask(Make(n=1, how="silent")))
                for n in range(2, 12):
                    assert (await surrounded.client.ask(Make(n=n, how="silent"), timeout=2)).status == "accepted"
                assert not stopping.done()
                assert not waiting.done()
        assert (await waiting).status == "accepted"
        await stopping


async def test_sigterm_finishes_publishes_and_ends_well(surrounded: Toy, processes: Callable[..., Process]) -> None:
    process = await processes().ready()
    for n in range(300):
        await surrounded.client.send(Make(n=n))
    await eventually(surrounded.numbers)
    process.signal(signal.SIGTERM)
    assert await process.ended(ENDED) == 0
    done = await surrounded.numbers()
    assert sorted(made.n for made in await surrounded.published(Made)) == done
    assert (await surrounded.consumer("COMMANDS"))["num_ack_pending"] <= 300 - len(done)
    async with surrounded.running():
        await surrounded.idle()
        assert await surrounded.numbers() == list(range(300))


async def test_sigterm_while_it_still_waits_for_its_servers(surrounded: Toy, processes: Callable[..., Process]) -> None:
    process = processes(database_url="postgresql://toy@127.0.0.1:1/toy")
    await eventually(lambda: "the database does not answer yet" in process.output())
    process.signal(signal.SIGTERM)
    assert await process.ended() == 0


async def test_wrong_setting_ends_it_with_a_sentence(surrounded: Toy, processes: Callable[..., Process]) -> None:
    process = processes(batch="many")
    assert await process.ended() == 2
    assert "toy: setting WEEFSEL_BATCH: " in process.output()


async def test_trap_05_consumer_missing_at_start_ends_it_with_a_sentence(
    surrounded: Toy, processes: Callable[..., Process]
) -> None:
    """5: a missing consumer makes thousands of requests a second, and never recovers."""
    await delete_consumer(surrounded)
    process = processes()
    assert await process.ended() == 1
    assert "toy: stream EVENTS has no consumer toy: run the bootstrap job first" in process.output()


async def test_trap_05_consumer_deleted_while_it_runs_ends_it(
    surrounded: Toy, processes: Callable[..., Process]
) -> None:
    process = await processes().ready()
    await delete_consumer(surrounded)
    assert await process.ended(ENDED) == EXIT_CODE
    assert "EVENTS has no consumer toy any more: run the bootstrap job" in process.output()


async def test_event_loop_that_stands_still_ends_it(surrounded: Toy, processes: Callable[..., Process]) -> None:
    process = await processes(stuck_limit="1").ready()
    await surrounded.client.send(Make(n=1, how="stick"))
    assert await process.ended(ENDED) == EXIT_CODE
    assert "the event loop has stood still for 1 s" in process.output()


@pytest.fixture
async def own_nats(tmp_path: Path) -> AsyncIterator[Server]:
    """A NATS that the test may stop."""
    server = servers.own_nats(tmp_path)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def on_own_nats(own_nats: Server, postgres: str, tmp_path: Path) -> AsyncIterator[Toy]:
    """The toy's surroundings on that NATS."""
    assert isinstance(own_nats.part, Nats)
    folder = tmp_path / "stack"
    folder.mkdir()
    nats = NatsServer(own_nats.part.url, own_nats.part.keys)
    async with servers.stack(postgres, nats, folder, [toy.service]) as stack, surroundings(stack) as made:
        yield made


async def test_nats_gone_for_too_long_ends_it(on_own_nats: Toy, own_nats: Server, tmp_path: Path) -> None:
    process = await Process(on_own_nats.stack, tmp_path, disconnected_limit="2").start().ready()
    try:
        await own_nats.kill()
        assert await process.ended(ENDED) == EXIT_CODE
        assert "NATS has been out of reach for 2 s" in process.output()
    finally:
        process.kill()
        await own_nats.start()


async def test_sigterm_while_nats_is_away_ends_well(on_own_nats: Toy, own_nats: Server, tmp_path: Path) -> None:
    process = await Process(on_own_nats.stack, tmp_path).start().ready()
    try:
        await own_nats.kill()
        await eventually(lambda: "NATS reports an error" in process.output())
        process.signal(signal.SIGTERM)
        assert await process.ended(ENDED) == 0, process.output()
    finally:
        process.kill()
        await own_nats.start()


async def test_trap_04_nats_away_for_a_while_is_outlived(on_own_nats: Toy, own_nats: Server) -> None:
    """4: a client gives up after 60 attempts, unless told never to."""
    await on_own_nats.ack_wait(1)  # an acknowledgement may be lost with the connection
    async with on_own_nats.running() as running:
        assert running.broker._connection_kwargs["max_reconnect_attempts"] == -1
        await on_own_nats.do(Make(n=1))
        await own_nats.kill()
        await eventually(lambda: not running.broker.connection.is_connected)
        await own_nats.start()
        assert (await on_own_nats.do(Make(n=2))).status == "accepted"
        await on_own_nats.idle()
        assert [made.n for made in await on_own_nats.published(Made)] == [1, 2]


async def test_trap_04_connection_closed_for_good_ends_it(on_own_nats: Toy, tmp_path: Path) -> None:
    """4: after a refusal to log in again, the client never tries once more, and its loops spin."""
    process = await Process(on_own_nats.stack, tmp_path, disconnected_limit="3").start().ready()
    keys = on_own_nats.stack.keys
    try:
        async with api.connected(on_own_nats.stack.nats_url, keys, accounts.SYSTEM) as system:
            await api.remove_account(system, jwt.removal([keys.account], signer=keys.operator_signing))
        assert await process.ended(ENDED) == EXIT_CODE, process.output()
    finally:
        process.kill()


async def delete_consumer(toy_: Toy) -> None:
    async with api.connected(toy_.stack.nats_url, toy_.stack.keys, accounts.BOOTSTRAP) as bootstrap:
        await api.call(bootstrap, "CONSUMER.DELETE.EVENTS.toy")
