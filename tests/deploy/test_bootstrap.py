"""The bootstrap job on a real server: what it makes, what it changes, what it leaves alone."""

from __future__ import annotations

import pytest

from deploy.nats import api, consumers, streams
from deploy.nats.bootstrap import bootstrap
from deploy.nats.keys import Keys
from shared.contracts.envelope import Event
from tests.partners import SERVICES, Gate, Happened, Kept, StandIn
from tests.partners import gate as gate


async def info(gate: Gate, subject: str) -> dict[str, object]:
    async with api.connected(gate.grounds.url, gate.grounds.keys, "bootstrap") as client:
        config: dict[str, object] = (await api.call(client, subject))["config"]
        return config


async def test_the_second_time_nothing_changes(gate: Gate) -> None:
    assert await bootstrap(gate.grounds.url, gate.grounds.keys, SERVICES) == []


async def test_a_stream_that_was_changed_by_hand_is_put_right(gate: Gate) -> None:
    async with api.connected(gate.grounds.url, gate.grounds.keys, "bootstrap") as client:
        wanted = next(each for each in streams.configs() if each["name"] == "EVENTS")
        await api.call(client, "STREAM.UPDATE.EVENTS", wanted | {"max_age": 10**12, "discard": "old"})
    assert await bootstrap(gate.grounds.url, gate.grounds.keys, SERVICES) == ["stream EVENTS updated"]
    config = await info(gate, "STREAM.INFO.EVENTS")
    assert (config["max_age"], config["discard"]) == (30 * 86_400 * 10**9, "new")


async def test_a_consumer_setting_that_changed_is_updated(gate: Gate) -> None:
    """A subscriber never updates a durable that exists: the bootstrap job must."""
    async with api.connected(gate.grounds.url, gate.grounds.keys, "bootstrap") as client:
        wanted = consumers.of_service("profiles", StandIn())["COMMANDS"]
        assert wanted is not None
        old = {"stream_name": "COMMANDS", "config": wanted | {"max_ack_pending": 7, "max_deliver": 3}}
        await api.call(client, "CONSUMER.CREATE.COMMANDS.profiles", old)
    assert await bootstrap(gate.grounds.url, gate.grounds.keys, SERVICES) == ["consumer profiles on COMMANDS updated"]
    config = await info(gate, "CONSUMER.INFO.COMMANDS.profiles")
    assert (config["max_ack_pending"], config["max_deliver"]) == (consumers.MOST_WAITING, -1)


async def test_a_new_handler_of_state_gets_all_that_is_kept(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the old filter skipped must come now: an update alone would pass it by."""
    monkeypatch.setattr(consumers, "listener", lambda service: StandIn(known=[]))
    await bootstrap(gate.grounds.url, gate.grounds.keys, SERVICES)
    await gate.grounds.publish("profiles", "weefsel.v1.state.profiles.test.one")
    monkeypatch.setattr(consumers, "listener", lambda service: StandIn(known=[Kept]))
    await bootstrap(gate.grounds.url, gate.grounds.keys, SERVICES)
    async with gate.grounds.user("exchange") as line:
        queue = await line.jetstream().pull_subscribe_bind("exchange", "STATE")
        (message,) = await queue.fetch(1, timeout=3)
        await message.ack_sync()

    class Other(Kept, type="profiles.other.kept.v1"):
        """Another state, handled from the next release on."""

    await gate.grounds.publish("profiles", "weefsel.v1.state.profiles.other.two")
    monkeypatch.setattr(consumers, "listener", lambda service: StandIn(known=[Kept, Other]))
    assert "consumer exchange on STATE updated" in await bootstrap(gate.grounds.url, gate.grounds.keys, SERVICES)
    async with gate.grounds.user("exchange") as line:
        queue = await line.jetstream().pull_subscribe_bind("exchange", "STATE")
        subjects = {message.subject for message in await queue.fetch(5, timeout=1)}
    assert subjects == {"weefsel.v1.state.profiles.test.one", "weefsel.v1.state.profiles.other.two"}


async def test_a_service_that_no_longer_listens_loses_its_consumer(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "listener", lambda service: StandIn(heard=[]))
    done = await bootstrap(gate.grounds.url, gate.grounds.keys, SERVICES)
    assert done == [f"consumer {name} on EVENTS deleted" for name in SERVICES]


async def test_a_service_that_joins_needs_no_restart_and_no_new_credentials(gate: Gate) -> None:
    before = gate.grounds.keys.creds("profiles").read_text()
    keys = Keys.load_or_create(gate.grounds.keys.directory, (*SERVICES, "notify"))
    async with gate.grounds.user("profiles") as old:
        done = await bootstrap(gate.grounds.url, keys, (*SERVICES, "notify"))
        assert done[0] == "account updated"
        stored = await old.jetstream().publish("weefsel.v1.event.profiles.all.test.happened", b"{}")
    assert stored.stream == "EVENTS"
    assert keys.creds("profiles").read_text() == before
    async with gate.grounds.line(keys.creds("notify"), inbox="_INBOX_notify") as notify:
        assert (await notify.jetstream().publish("weefsel.v1.event.notify.all.test.happened", b"{}")).stream == "EVENTS"


async def test_rights_that_a_release_takes_away_are_gone_with_the_same_credentials(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deploy.nats import accounts
    from deploy.nats.jwt import Scope

    subject = "weefsel.v1.event.profiles.all.test.happened"
    async with gate.grounds.user("profiles") as line:
        assert not await line.refused(subject)
    scopes = accounts.scopes(SERVICES) | {"profiles": Scope("profiles", ["nothing"], ["_INBOX_profiles.>"])}
    monkeypatch.setattr(accounts, "scopes", lambda services: scopes)
    await bootstrap(gate.grounds.url, gate.grounds.keys, SERVICES)
    async with gate.grounds.user("profiles") as line:
        assert await line.refused(subject)


async def test_overlapping_filters_on_the_work_queue_are_refused(gate: Gate) -> None:
    """Two durables for one command would each get half: the server says no (10100)."""
    config = consumers.of_service("profiles", StandIn())["COMMANDS"]
    assert config is not None
    second = config | {"name": "second", "durable_name": "second"}
    async with api.connected(gate.grounds.url, gate.grounds.keys, "bootstrap") as client:
        with pytest.raises(api.Refused) as refused:
            await consumers.apply(client, "second", {"COMMANDS": second})
    assert refused.value.code == 10100


def test_the_filters_follow_from_what_a_service_handles() -> None:
    class Met(Event, type="signals.gathering.met.v1"):
        """Another event."""

    wanted = consumers.of_service("notify", StandIn(heard=[Met, Happened], known=[]))
    assert wanted["COMMANDS"] is not None
    assert wanted["COMMANDS"]["filter_subjects"] == ["weefsel.v1.cmd.*.notify.*.*"]
    assert wanted["EVENTS"] is not None
    assert wanted["EVENTS"]["filter_subjects"] == [
        "weefsel.v1.event.exchange.*.test.happened",
        "weefsel.v1.event.signals.*.gathering.met",
    ]
    assert wanted["STATE"] is None


KEPT: list[tuple[str, dict[str, object]]] = [
    ("EVENTS", {"max_age": 30 * 86_400 * 10**9, "max_msg_size": 16_384, "discard": "new"}),
    ("STATE", {"max_msgs_per_subject": 1, "discard": "new"}),
    ("FEED", {"max_age": 14 * 86_400 * 10**9, "max_msg_size": 8192, "max_consumers": 400}),
    ("PARTNER", {"max_age": 30 * 86_400 * 10**9, "max_msg_size": 16_384, "allow_msg_ttl": True}),
    ("COMMANDS", {"retention": "workqueue", "max_msgs_per_subject": 1000, "discard_new_per_subject": True}),
    ("COMMANDS", {"max_msg_size": 32_768, "duplicate_window": 10**8, "max_age": 7 * 86_400 * 10**9}),
    ("ADVISORIES", {"retention": "workqueue", "max_bytes": 8 * 1024**2, "discard": "old"}),
    ("DEAD_LETTERS", {"max_age": 14 * 86_400 * 10**9, "max_bytes": 32 * 1024**2, "discard": "old"}),
]


async def test_a_stream_keeps_what_the_design_says(gate: Gate) -> None:
    for stream, settings in KEPT:
        config = await info(gate, f"STREAM.INFO.{stream}")
        assert {name: config.get(name) for name in settings} == settings, stream
        assert config["storage"] == "file"
        assert not config.get("allow_msg_schedules")
        assert not config.get("allow_rollup_hdrs")
