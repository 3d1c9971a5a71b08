"""The example partner against the real profiles service: it knows its credentials, an AsyncAPI file and schemas."""

from __future__ import annotations

import ast
import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from deploy.databases import ROOT
from deploy.partners import Office
from shared import clock
from shared.contracts.profiles import GiveConsent, RegisterNeighbourhood, RegisterOrganisation
from shared.contracts.signals import DraftReferral, GiveReferralConsent, RequestReferral, WriteDetails
from tests.conftest import MakeStack
from tests.partners import deploy_dsn
from tests.profiles.setting import Setting, setting
from tests.signals.referring import ADD_SERVICE
from tests.waiting import eventually

EXAMPLE = ROOT / "examples" / "partner-python"
PERSON = json.loads((EXAMPLE / "person.json").read_text())
ASK, OPEN = json.loads((EXAMPLE / "ask.json").read_text()), "exchange.exchange.open.v1"
REFERRALS = ["signals.details.fetch", *(f"signals.referral.{verb}" for verb in ("accept", "complete"))]
HERE, ELSEWHERE = PERSON["neighbourhood_id"], "elsewhere"
REGISTERED, ANSWERED = "profiles.participant.registered.v1", "any.command.answered.v1"


class Partner:
    """The example, run as its own process by whoever holds the credentials."""

    def __init__(self, url: str, office: Office, folder: Path) -> None:
        self.url = url
        self.office = office
        self.folder = folder

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            str(EXAMPLE / "partner.py"),
            f"--asyncapi={ROOT / 'docs' / 'asyncapi.yaml'}",
            f"--schemas={ROOT / 'shared' / 'contracts' / 'schemas'}",
            f"--creds={self.folder / 'buurtpunt.creds'}",
            f"--url={self.url}",
            *words,
            cwd=self.folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def run(self, verb: str, person: dict[str, Any], *words: str) -> tuple[int, Any, str]:
        """Exit code, the last line that it printed, and what it complained about."""
        file = self.folder / f"{uuid4()}.json"
        file.write_text(json.dumps(person))
        process = await self.start(verb, str(file), *words)
        out, complaint = await asyncio.wait_for(process.communicate(), 60)
        lines = out.decode().splitlines()
        return process.returncode or 0, json.loads(lines[-1]) if lines else None, complaint.decode()

    @asynccontextmanager
    async def following(self) -> AsyncIterator[Following]:
        process = await self.start("follow")
        following = Following(process)
        reading = asyncio.create_task(following.read())
        try:
            await eventually(lambda: following.of("following"), within=30)
            yield following
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
            await reading


class Following:
    """What the example has printed so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def of(self, what: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["what"] == what]


@pytest.fixture(scope="module")
async def profiles(module_stack: MakeStack) -> AsyncIterator[Setting]:
    async with setting(module_stack, "exchange", "signals") as made:
        names = {"nl": "Buurtpunt"}
        await made.client.get(RegisterOrganisation(organisation_id="buurtpunt", names=names, kind="association"))
        for place in (HERE, ELSEWHERE):
            neighbourhood = RegisterNeighbourhood(neighbourhood_id=place, names=names, organisation_id="buurtpunt")
            await made.client.get(neighbourhood)
        yield made


@pytest.fixture
async def partner(profiles: Setting, tmp_path: Path) -> AsyncIterator[Partner]:
    stack = profiles.stack
    office = Office(stack.nats_url, stack.keys, deploy_dsn(stack))
    commands = ["profiles.participant.register", "exchange.exchange.open", *REFERRALS]
    admission = await office.add("buurtpunt", "buurtpunt", [HERE], commands)
    (tmp_path / "buurtpunt.creds").write_text(admission.credentials())

    async def known() -> bool:
        grant = "SELECT 1 FROM partner_grant WHERE partner = 'buurtpunt'"
        return all([await stack.fetch(service, grant) for service in stack.services])

    await eventually(known)
    yield Partner(stack.nats_url, office, tmp_path)
    if await office.all():
        await office.remove("buurtpunt")


def someone(**differs: Any) -> dict[str, Any]:
    return PERSON | {"reference": str(uuid4())} | differs


def test_it_imports_nothing_of_ours() -> None:
    tree = ast.parse((EXAMPLE / "partner.py").read_text())
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {each.name for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names}
    assert {str(name).split(".")[0] for name in names}.isdisjoint({"shared", "services", "deploy", "tests"})


async def test_it_registers_durably_and_reads_the_answer_and_the_feed(profiles: Setting, partner: Partner) -> None:
    async with partner.following() as following:
        code, stored, complaint = await partner.run("send", someone())
        assert (code, complaint) == (0, "")
        (answer,) = await eventually(lambda: following.of(ANSWERED))
        (event,) = await eventually(lambda: following.of(REGISTERED))
    assert (answer["data"]["id"], answer["data"]["status"]) == (stored["id"], "accepted")
    assert event["data"]["participant_id"] == answer["data"]["result"]["participant_id"]
    assert event["data"]["neighbourhood_id"] == HERE
    assert "name" not in event["data"]


async def test_it_asks_and_is_answered_at_once(partner: Partner) -> None:
    code, answered, complaint = await partner.run("ask", someone())
    assert (code, complaint) == (0, "")
    assert answered["data"]["status"] == "accepted"


async def test_the_same_id_by_each_way_registers_one_person(profiles: Setting, partner: Partner) -> None:
    id_, person = uuid4(), someone()
    async with partner.following() as following:
        await partner.run("send", person, f"--id={id_}")
        (first,) = await eventually(lambda: following.of(ANSWERED))
        _, again, _ = await partner.run("ask", person, f"--id={id_}")
    assert again["data"]["result"] == first["data"]["result"]


async def test_outside_its_neighbourhoods_it_does_nothing_and_sees_nothing(profiles: Setting, partner: Partner) -> None:
    _, answered, _ = await partner.run("ask", someone(neighbourhood_id=ELSEWHERE))
    assert answered["data"]["status"] == "rejected"
    (problem,) = answered["data"]["problems"]
    assert (problem["code"], problem["field"]) == ("outside_grant", "neighbourhood_id")


async def test_it_asks_on_someones_behalf_once_they_have_consented(profiles: Setting, partner: Partner) -> None:
    _, registered, _ = await partner.run("ask", someone())
    id_ = registered["data"]["result"]["participant_id"]
    ask, type_ = ASK | {"participant_id": id_}, f"--type={OPEN}"

    async def about(table: str) -> bool:
        found = f"SELECT 1 FROM {table} WHERE participant_id = $1"
        return bool(await profiles.stack.fetch("exchange", found, UUID(id_)))

    await eventually(lambda: about("participant"))
    _, refused, _ = await partner.run("ask", ask, type_)
    assert [each["code"] for each in refused["data"]["problems"]] == ["no_consent"]

    until = clock.now() + timedelta(days=30)
    consent = {"participant_id": id_, "organisation_id": "buurtpunt", "purpose": "ask-on-behalf", "fields": ["name"]}
    await profiles.client.get(GiveConsent.model_validate({**consent, "how": "spoken", "until": until}))
    await eventually(lambda: about("consents"))
    async with partner.following() as following:
        code, answered, complaint = await partner.run("ask", ask, type_)
        assert (code, complaint) == (0, "")
        assert (answered["data"]["result"]["stage"], answered["data"]["result"]["next"]) == ("open", "looking")
        (event,) = await eventually(lambda: following.of("exchange.exchange.opened.v1"))
    assert event["data"]["exchange_id"] == answered["data"]["result"]["exchange_id"]
    assert id_ not in json.dumps(event), "the feed does not tell whose it is"


async def test_it_answers_a_referral_to_its_own_service(profiles: Setting, partner: Partner) -> None:
    """From the letter to the end: it fetches what the consent names, takes it on, and says how it ended."""
    _, registered, _ = await partner.run("ask", someone())
    id_, service, stack = UUID(registered["data"]["result"]["participant_id"]), str(uuid4()), profiles.stack
    await eventually(lambda: stack.fetch("signals", "SELECT 1 FROM participant WHERE participant_id = $1", id_))
    await stack.fetch("signals", ADD_SERVICE, service, None, "buurtpunt", False)
    drafted = await profiles.client.get(DraftReferral(participant_id=id_, service_id=service, kind="household"))
    which = {"referral_id": drafted.referral_id}
    await profiles.client.get(WriteDetails(**which, name="Martine De Smet", question="Zoekt poetshulp."))
    await profiles.client.get(GiveReferralConsent(**which, fields=["name"], how="spoken"))
    async with partner.following() as following:
        await profiles.client.get(RequestReferral(**which))
        (letter,) = await eventually(lambda: following.of("signals.referral.told.v1"))
        assert (letter["data"]["verb"], "Martine" in json.dumps(letter)) == ("requested", False)
        named = {"referral_id": letter["data"]["referral_id"]}
        _, fetched, _ = await partner.run("ask", named, "--type=signals.details.fetch.v1")
        assert (fetched["data"]["result"]["name"], fetched["data"]["result"]["question"]) == ("Martine De Smet", None)
        _, accepted, _ = await partner.run("ask", named, "--type=signals.referral.accept.v1")
        assert accepted["data"]["result"]["state"] == "accepted"
        code, _, _ = await partner.run("send", named | {"outcome": "helped"}, "--type=signals.referral.complete.v1")
        assert code == 0
        (answer,) = await eventually(lambda: following.of(ANSWERED))
    assert answer["data"]["result"]["state"] == "completed"
    _, foreign, _ = await partner.run("ask", {"referral_id": str(uuid4())}, "--type=signals.details.fetch.v1")
    assert [each["code"] for each in foreign["data"]["problems"]] == ["unknown_id"]


async def test_what_the_schema_refuses_is_never_sent(partner: Partner) -> None:
    code, printed, complaint = await partner.run("send", someone(ceiling="many"))
    assert code == 1
    assert printed is None
    assert "$.ceiling" in complaint
    assert "Traceback" not in complaint


async def test_shut_out_it_ends_with_a_sentence(partner: Partner) -> None:
    async with partner.following() as following:
        await partner.office.remove("buurtpunt")
        assert await asyncio.wait_for(following.process.wait(), 30) == 1
        assert following.process.stderr is not None
        assert b"does not let us in any more" in await following.process.stderr.read()
