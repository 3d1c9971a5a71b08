"""The janitor on a real server: an erased person's states go from the stream and from the disk, and it says so."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from deploy.embedded.nats import Nats, healthy
from deploy.embedded.process import free_port
from deploy.janitor import Janitor, Settings, clear
from deploy.nats import api, bootstrap, consumers
from deploy.trouble import Trouble
from shared import clock
from shared.contracts import subjects
from shared.contracts.envelope import Envelope, Event
from shared.contracts.erasure import ExchangeErasureConfirmed, JanitorErasureConfirmed
from shared.contracts.profiles.erasure import ParticipantErased
from shared.ids import new_id
from tests.partners import SERVICES, Gate, Grounds, StandIn
from tests.partners import gate as gate
from tests.servers import own_nats
from tests.waiting import eventually

MARIA, JEF, ERASURE = new_id(), new_id(), new_id()


def erased(person: UUID, *merged: UUID) -> ParticipantErased:
    return ParticipantErased(
        neighbourhood_id="rabot", participant_id=person, merged_ids=list(merged), erasure_id=ERASURE
    )


async def tell(grounds: Grounds, event: Event) -> None:
    """As the service that sends it."""
    envelope = Envelope(id=new_id(), type=event.TYPE, source="weefsel/test", time=clock.now())
    service = subjects.parts(event).service
    body = event.model_dump_json().encode()
    await grounds.publish(service, subjects.event(event), body, **envelope.headers())


async def keep(grounds: Grounds, service: str, entity: str, person: UUID, name: str = "Maria") -> None:
    state = json.dumps({"name": name}).encode()
    await grounds.publish(service, f"weefsel.v1.state.{service}.{entity}.{person}", state)


async def confirmations(gate: Gate) -> list[JanitorErasureConfirmed]:
    async with api.connected(gate.grounds.url, gate.grounds.keys, "bootstrap") as client:
        search = {"subjects_filter": "weefsel.v1.event.deploy.>"}
        found = (await api.call(client, "STREAM.INFO.EVENTS", search))["state"].get("subjects") or {}
        messages = []
        for subject, count in found.items():
            message = await client.jetstream().get_last_msg("EVENTS", subject)
            assert message.data is not None
            messages += [JanitorErasureConfirmed.model_validate_json(message.data)] * count
        return messages


@asynccontextmanager
async def at_work(grounds: Grounds) -> AsyncIterator[Janitor]:
    settings = Settings(nats_url=grounds.url, nats_credentials=grounds.keys.creds("janitor"))
    janitor = Janitor(settings)
    async with janitor.running():
        yield janitor


async def test_every_state_of_an_erased_person_goes_and_no_other(gate: Gate) -> None:
    old = new_id()
    for person in (MARIA, JEF, old):
        await keep(gate.grounds, "profiles", "participant", person)
        await keep(gate.grounds, "profiles", "contact", person)
    await keep(gate.grounds, "exchange", "ceiling", MARIA)
    async with at_work(gate.grounds):
        await tell(gate.grounds, erased(MARIA, old))
        (confirmed,) = await eventually(lambda: confirmations(gate))
    assert (confirmed.erasure_id, confirmed.participant_id, confirmed.confirmed_by) == (ERASURE, MARIA, "janitor")
    assert await gate.grounds.stored("STATE") == 2


async def test_a_state_that_a_slow_service_still_sent_goes_when_that_service_confirms(gate: Gate) -> None:
    async with at_work(gate.grounds):
        await tell(gate.grounds, erased(MARIA))
        await eventually(lambda: confirmations(gate))
        await keep(gate.grounds, "exchange", "ceiling", MARIA)
        await tell(
            gate.grounds,
            ExchangeErasureConfirmed(erasure_id=ERASURE, participant_id=MARIA, confirmed_by="exchange"),
        )

        async def gone() -> bool:
            return await gate.grounds.stored("STATE") == 0

        await eventually(gone)


async def test_an_erasure_while_it_was_down_is_done_when_it_is_back(gate: Gate) -> None:
    await keep(gate.grounds, "profiles", "participant", MARIA)
    await tell(gate.grounds, erased(MARIA))
    assert await gate.grounds.stored("STATE") == 1
    async with at_work(gate.grounds):
        await eventually(lambda: confirmations(gate))
    assert await gate.grounds.stored("STATE") == 0


async def test_the_same_erasure_twice_is_confirmed_once(gate: Gate) -> None:
    async with at_work(gate.grounds):
        await tell(gate.grounds, erased(MARIA))
        await tell(gate.grounds, erased(MARIA))
        async with api.connected(gate.grounds.url, gate.grounds.keys, "bootstrap") as client:

            async def acknowledged() -> bool:
                known = await api.call(client, "CONSUMER.INFO.EVENTS.janitor")
                return bool(known["ack_floor"]["stream_seq"] >= 3 and known["num_ack_pending"] == 0)

            await eventually(acknowledged)
    assert len(await confirmations(gate)) == 1


async def test_what_it_can_not_read_is_kept_and_shown_and_stops_nothing(gate: Gate) -> None:
    async with at_work(gate.grounds) as janitor:
        headers = Envelope(id=new_id(), type=ParticipantErased.TYPE, source="weefsel/test", time=clock.now()).headers()
        await gate.grounds.publish("profiles", subjects.event(erased(JEF)), b'{"participant_id": "?"}', **headers)
        await eventually(lambda: "can't be handled (ValidationError)" in janitor.problem)
        await tell(gate.grounds, erased(MARIA))
        await eventually(lambda: confirmations(gate))
    async with api.connected(gate.grounds.url, gate.grounds.keys, "bootstrap") as client:
        assert (await api.call(client, "CONSUMER.INFO.EVENTS.janitor"))["num_ack_pending"] == 1


async def test_a_state_replaced_while_it_is_deleted_is_found_again(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    await keep(gate.grounds, "profiles", "participant", MARIA)
    asked = api.call

    async def overtaken(client: object, subject: str, body: object = None) -> object:
        answer = await asked(client, subject, body)  # type: ignore[arg-type]
        if subject == "STREAM.MSG.GET.STATE" and not late:
            late.append(True)
            await keep(gate.grounds, "profiles", "participant", MARIA)
        return answer

    late: list[bool] = []
    monkeypatch.setattr(api, "call", overtaken)
    async with gate.grounds.user("janitor") as line:
        assert await clear(line, MARIA) == 1
    assert await gate.grounds.stored("STATE") == 0


async def test_it_may_delete_from_state_alone(gate: Gate) -> None:
    forbidden = [
        "$JS.API.STREAM.MSG.DELETE.EVENTS",
        "$JS.API.STREAM.PURGE.STATE",
        "$JS.API.STREAM.DELETE.STATE",
        "$JS.API.STREAM.UPDATE.STATE",
        "$JS.API.CONSUMER.CREATE.STATE.x",
        "$JS.API.CONSUMER.MSG.NEXT.EVENTS.profiles",
        "weefsel.v1.state.profiles.participant.x",
        "weefsel.v1.event.profiles.rabot.participant.erased",
        "weefsel.v1.event.deploy.rabot.partner.granted",
    ]
    async with gate.grounds.user("janitor") as line:
        assert [each for each in forbidden if not await line.refused(each, b"{}")] == []


@pytest.mark.parametrize("encrypted", [True, False])
async def test_nothing_readable_is_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encrypted: bool) -> None:
    """With the cipher a name is never there; without, it is there to be found: the search works."""
    monkeypatch.setattr(consumers, "listener", lambda service: StandIn())
    server = own_nats(tmp_path, SERVICES)
    assert isinstance(server.part, Nats)
    if not encrypted:
        written = type(server.part).prepare

        def unencrypted(part: Nats) -> None:
            written(part)
            config = part.folder / "nats.conf"
            lines = config.read_text().splitlines()
            config.write_text("\n".join(each for each in lines if not each.strip().startswith(("cipher:", "key:"))))

        monkeypatch.setattr(type(server.part), "prepare", unencrypted)
    await server.start()
    try:
        grounds = Grounds(server.part.url, server.part.keys, tmp_path)
        await bootstrap.bootstrap(server.part.url, server.part.keys, SERVICES)
        await keep(grounds, "profiles", "participant", MARIA, name="Godelieve Vandenabeele")
    finally:
        await server.stop()
    files = [each for each in server.part.folder.rglob("*") if each.is_file()]
    found = [each for each in files if b"Godelieve Vandenabeele" in each.read_bytes()]
    assert bool(found) is not encrypted
    assert any(each.suffix == ".blk" for each in files)


async def test_it_runs_as_a_process_of_its_own_and_ends_when_asked(gate: Gate) -> None:
    port = free_port()
    environment = {
        **os.environ,
        "WEEFSEL_NATS_URL": gate.grounds.url,
        "WEEFSEL_NATS_CREDENTIALS": str(gate.grounds.keys.creds("janitor")),
        "WEEFSEL_HEALTH_PORT": str(port),
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "deploy.janitor", env=environment)
    try:
        await eventually(lambda: healthy(f"http://127.0.0.1:{port}/readyz"))
        await tell(gate.grounds, erased(MARIA))
        await eventually(lambda: confirmations(gate))
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_without_its_consumer_it_says_what_to_do(gate: Gate) -> None:
    async with api.connected(gate.grounds.url, gate.grounds.keys, "bootstrap") as client:
        await api.call(client, "CONSUMER.DELETE.EVENTS.janitor")
    with pytest.raises(Trouble, match="run the bootstrap job first"):
        async with at_work(gate.grounds):
            pass
