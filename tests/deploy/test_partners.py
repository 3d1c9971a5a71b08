"""Partners: what the operator does, and what a partner can do from then on, without any restart."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from deploy import databases
from deploy.embedded.home import Home, Ports
from deploy.embedded.parts import Blueprint
from deploy.nats import api, jwt
from deploy.nats.jwt import ACCOUNT, USER, Key
from deploy.trouble import Trouble
from shared.contracts.deploy import PartnerGranted
from tests.partners import REGISTER, Gate, pull
from tests.partners import gate as gate
from tests.waiting import eventually

FEED_OF_RABOT = "weefsel.v1.feed.rabot.exchange.test.happened"
FEED_OF_SLUIZEKEN = "weefsel.v1.feed.sluizeken.exchange.test.happened"


async def granted(gate: Gate, partner: str) -> PartnerGranted:
    """What services last heard of a partner."""
    async with api.connected(gate.grounds.url, gate.grounds.keys, "bootstrap") as client:
        message = await client.jetstream().get_last_msg("STATE", f"weefsel.v1.state.deploy.partner.{partner}")
        assert message.data is not None
        return PartnerGranted.model_validate_json(message.data)


async def test_a_partner_reads_the_feed_of_its_neighbourhoods_and_no_other(gate: Gate) -> None:
    credentials = await gate.let_in("buurtpunt", "rabot")
    await gate.grounds.publish("exchange", FEED_OF_SLUIZEKEN)
    await gate.grounds.publish("exchange", FEED_OF_RABOT)
    async with gate.line(credentials) as line:
        messages = await pull(line, "FEED", "buurtpunt", batch=5, wait=1)
        assert [message.subject for message in messages] == [FEED_OF_RABOT]
        await messages[0].ack_sync()
        assert await pull(line, "FEED", "buurtpunt", wait=0.3) == []


async def test_its_command_arrives_with_its_name_in_the_subject(gate: Gate) -> None:
    credentials = await gate.let_in("buurtpunt", "rabot")
    async with gate.line(credentials) as line:
        stored = await line.jetstream(timeout=3).publish("weefsel.cmd.profiles.participant.register", b"{}")
    assert stored.stream == "COMMANDS"
    async with gate.grounds.user("profiles") as service:
        queue = await service.jetstream().pull_subscribe_bind("profiles", "COMMANDS")
        (message,) = await queue.fetch(1, timeout=3)
    assert message.subject == "weefsel.v1.cmd.buurtpunt.profiles.participant.register"


async def test_a_service_answers_its_request_once(gate: Gate) -> None:
    credentials = await gate.let_in("buurtpunt", "rabot")
    async with gate.grounds.user("profiles") as service, gate.line(credentials) as line:

        async def reply(message: object) -> None:
            await service.publish(message.reply, b"first")  # type: ignore[attr-defined]
            await service.publish(message.reply, b"second")  # type: ignore[attr-defined]

        await service.subscribe("weefsel.v1.rpc.*.profiles.*.*", queue="profiles", cb=reply)
        await service.settle()
        answered = await line.request("weefsel.rpc.profiles.participant.register", b"{}", timeout=3)
        assert answered.data == b"first"
        await eventually(lambda: any("permissions violation for publish" in each.lower() for each in service.refusals))


async def test_services_hear_what_a_partner_is_granted(gate: Gate) -> None:
    await gate.let_in("buurtpunt", "rabot", "sluizeken")
    state = await granted(gate, "buurtpunt")
    assert state.neighbourhood_ids == ["rabot", "sluizeken"]
    assert (state.organisation_id, state.commands, state.removed) == ("buurtpunt-org", [REGISTER], False)


async def test_a_changed_grant_reaches_a_live_client(gate: Gate) -> None:
    """Added again with another grant: the same credentials, the same connection's client, other rights."""
    register, pause = "weefsel.cmd.profiles.participant.register", "weefsel.cmd.profiles.participant.pause"
    credentials = await gate.let_in("buurtpunt", "rabot")
    async with gate.line(credentials, allow_reconnect=True, reconnect_time_wait=0.05) as line:
        assert not await line.refused(register)
        assert await line.refused(pause)
        changed = await gate.office.add("buurtpunt", "other-org", ["sluizeken"], ["profiles.participant.pause"])
        assert not changed.is_new
        assert changed.key is None

        async def turned() -> bool:
            return line.is_connected and await line.refused(register) and not await line.refused(pause)

        await eventually(turned)
        await gate.grounds.publish("exchange", FEED_OF_RABOT)
        await gate.grounds.publish("exchange", FEED_OF_SLUIZEKEN)
        messages = await pull(line, "FEED", "buurtpunt", batch=5, wait=1)
        assert [message.subject for message in messages] == [FEED_OF_SLUIZEKEN]
    assert (await granted(gate, "buurtpunt")).organisation_id == "other-org"


async def test_removal_cuts_a_live_client_and_leaves_nothing(gate: Gate) -> None:
    credentials = await gate.let_in("buurtpunt", "rabot")
    await gate.grounds.publish("profiles", "weefsel.v1.to.buurtpunt.command.1.accepted")
    async with gate.line(credentials) as line:
        await gate.office.remove("buurtpunt")
        await eventually(lambda: line.is_closed, within=3)
    with pytest.raises(Exception, match=r"(?i)authorization"):
        async with gate.line(credentials):
            pass
    assert await gate.grounds.stored("PARTNER") == 0
    async with api.connected(gate.grounds.url, gate.grounds.keys, "bootstrap") as client:
        for stream in ("FEED", "PARTNER"):
            with pytest.raises(api.Refused) as refused:
                await api.call(client, f"CONSUMER.INFO.{stream}.p_buurtpunt")
            assert refused.value.code == api.CONSUMER_NOT_FOUND
    state = await granted(gate, "buurtpunt")
    assert (state.removed, state.neighbourhood_ids, state.commands) == (True, [], [])
    assert await gate.office.all() == []


async def test_who_was_removed_and_comes_back_needs_new_credentials(gate: Gate) -> None:
    old = await gate.let_in("buurtpunt", "rabot")
    old = old.rename(old.with_name("old.creds"))
    await gate.office.remove("buurtpunt")
    new = await gate.let_in("buurtpunt", "rabot")
    with pytest.raises(Exception, match=r"(?i)authorization"):
        async with gate.line(old):
            pass
    async with gate.line(new) as line:
        assert line.is_connected


async def test_a_new_key_shuts_the_old_one_out(gate: Gate) -> None:
    credentials = await gate.let_in("buurtpunt", "rabot")
    async with gate.line(credentials) as line:
        changed = await gate.office.add("buurtpunt", "buurtpunt-org", ["rabot"], [], new_key=True)
        assert changed.key is not None
        await eventually(lambda: line.is_closed, within=3)
    with pytest.raises(Exception, match=r"(?i)authorization"):
        async with gate.line(credentials):
            pass


async def test_a_partner_may_keep_its_seed_to_itself(gate: Gate) -> None:
    key = Key.new(USER)
    admission = await gate.office.add("buurtpunt", "buurtpunt", ["rabot"], [REGISTER], key.public)
    assert admission.key is None
    assert "SEED" not in admission.credentials()
    path = gate.grounds.folder / "own.creds"
    path.write_text(jwt.credentials(admission.user_jwt, key))
    async with gate.line(path) as line:
        assert not await line.refused("weefsel.cmd.profiles.participant.register")


async def test_adding_twice_changes_nothing(gate: Gate) -> None:
    first = await gate.office.add("buurtpunt", "buurtpunt", ["rabot"], [REGISTER])
    again = await gate.office.add("buurtpunt", "buurtpunt", ["rabot"], [REGISTER])
    assert again.partner.account == first.partner.account
    assert again.partner.user_key == first.partner.user_key
    assert len(await gate.office.all()) == 1


async def test_all_partners_can_be_applied_again(gate: Gate) -> None:
    """After NATS lost what it knew: consumers and accounts come back from the database."""
    credentials = await gate.let_in("buurtpunt", "rabot")
    async with api.connected(gate.grounds.url, gate.grounds.keys, "bootstrap") as client:
        await api.call(client, "CONSUMER.DELETE.FEED.p_buurtpunt")
    assert [partner.name for partner in await gate.office.apply()] == ["buurtpunt"]
    await gate.grounds.publish("exchange", FEED_OF_RABOT)
    async with gate.line(credentials) as line:
        assert len(await pull(line, "FEED", "buurtpunt")) == 1


async def test_the_embedded_stack_applies_all_partners_when_it_starts(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a release which changed what partners can do takes effect."""
    monkeypatch.setattr(databases, "DEPLOY", urlsplit(gate.office.database_dsn).path.strip("/"))
    await gate.let_in("buurtpunt", "rabot")
    async with api.connected(gate.grounds.url, gate.grounds.keys, "bootstrap") as client:
        await api.call(client, "CONSUMER.DELETE.FEED.p_buurtpunt")
        blueprint = Blueprint(Home(tmp_path), Ports(7400))
        vars(blueprint).update(
            nats=SimpleNamespace(url=gate.grounds.url), keys=gate.grounds.keys,
            postgres=SimpleNamespace(dsn=gate.office.database_dsn),
        )  # fmt: skip
        await blueprint.bootstrap_partners()
        assert await api.call(client, "CONSUMER.INFO.FEED.p_buurtpunt")


async def test_our_own_names_are_refused_with_a_sentence(gate: Gate) -> None:
    for name in ("cli", "desk", "profiles", "notify", "janitor", "bootstrap", "deploy", "any"):
        with pytest.raises(Trouble, match=f"can't be called {name}: the name is our own"):
            await gate.office.add(name, "org", ["rabot"], [])


SENSELESS: list[tuple[str, str, list[str], list[str], str]] = [
    ("Buurt Punt", "org", ["rabot"], [], "may hold only a-z"),
    ("a.b", "org", ["rabot"], [], "may hold only a-z"),
    ("a>", "org", ["rabot"], [], "may hold only a-z"),
    ("", "org", ["rabot"], [], "may hold only a-z"),
    ("x", "*", ["rabot"], [], "can't be an organisation"),
    ("x", "org", [], [], "at least one neighbourhood"),
    ("x", "org", ["*"], [], "can't be a neighbourhood"),
    ("x", "org", ["all"], [], "reserved"),
    ("x", "org", ["rabot"], ["profiles.participant.regster"], "did you mean profiles.participant.register"),
    ("x", "org", ["rabot"], ["any.dead-letter.list"], "that a partner can be granted"),
    ("x", "org", ["rabot"], ["profiles.worker.register"], "that a partner can be granted"),
    ("x", "org", ["rabot"], ["profiles.>"], "that a partner can be granted"),
]


async def test_a_grant_that_makes_no_sense_is_refused_with_a_sentence(gate: Gate) -> None:
    for name, organisation, neighbourhoods, commands, sentence in SENSELESS:
        with pytest.raises(Trouble, match=re.escape(sentence)):
            await gate.office.add(name, organisation, neighbourhoods, commands)
    assert await gate.office.all() == []


async def test_a_public_key_that_is_none_is_refused(gate: Gate) -> None:
    for public_key in ("", "U123", Key.new(ACCOUNT).public, Key.new(USER).public[:-1] + "1"):
        with pytest.raises(Trouble, match="is not the public key"):
            await gate.office.add("x", "org", ["rabot"], [], public_key)


async def test_an_unknown_partner_is_a_sentence(gate: Gate) -> None:
    for ask in (gate.office.show, gate.office.remove):
        with pytest.raises(Trouble, match="no partner called nobody"):
            await ask("nobody")
