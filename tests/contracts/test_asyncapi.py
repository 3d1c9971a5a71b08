"""The AsyncAPI document: it is what the contracts say, it holds together, and the tools of others can read it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from deploy.nats import consumers, streams
from deploy.nats.accounts import PARTNER_LIMITS, consumer, partner_scope
from shared.contracts import asyncapi, load, subjects
from shared.contracts.envelope import Command, Query
from shared.contracts.problems import CODES

ROOT = Path(__file__).parents[2]
DOCUMENT = asyncapi.document()
MESSAGES = DOCUMENT["components"]["messages"]


def test_the_committed_document_is_that_of_the_contracts() -> None:
    assert asyncapi.DOCUMENT.read_text("utf-8") == asyncapi.text(), "run `make generate` and commit the result"


def test_every_reference_leads_somewhere() -> None:
    for path, reference in _references(DOCUMENT):
        target: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            assert step in target, f"{path} refers to {reference}"
            target = target[step]


def test_what_a_partner_can_be_granted_can_be_asked_and_commands_sent() -> None:
    operations = DOCUMENT["operations"]
    for type_, contract in load().items():
        name = type_.rpartition(".")[0]
        granted = issubclass(contract, (Command, Query)) and contract.FOR_PARTNERS
        assert (f"ask.{name}" in operations) == granted
        assert (f"send.{name}" in operations) == (granted and issubclass(contract, Command))


def test_every_address_names_its_parameters() -> None:
    for name, channel in DOCUMENT["channels"].items():
        wanted = set(re.findall(r"\{(\w+)\}", channel["address"] or ""))
        assert wanted == set(channel.get("parameters", {})), name


@pytest.mark.parametrize("name", MESSAGES)
def test_the_examples_fit_their_schemas(name: str) -> None:
    message = MESSAGES[name]
    for example in message["examples"]:
        _validator(message["payload"]).validate(example["payload"])
        if "headers" in example:
            _validator(message["headers"]).validate(example["headers"])


def test_it_says_nothing_that_only_our_own_services_send() -> None:
    text = asyncapi.text()
    for type_ in ("profiles.participant.kept.v1", "any.dead-letter.show.v1", "profiles.participant.address.v1"):
        assert type_ not in text


def test_streams_and_consumers_are_as_the_operator_makes_them() -> None:
    kept = {each["name"]: each.get("max_age", 0) // (86_400 * 10**9) for each in streams.configs()}
    assert {name: kept[name] for name in asyncapi.KEPT_DAYS} == asyncapi.KEPT_DAYS
    assert consumer("{partner}") == asyncapi.CONSUMER
    for config in consumers.of_partner("acme", ["rabot"]).values():
        assert config is not None
        second = 10**9
        assert {
            "ackPolicy": config["ack_policy"],
            "ackWaitSeconds": config["ack_wait"] // second,
            "maxAckPending": config["max_ack_pending"],
            "maxBatch": config["max_batch"],
            "maxExpiresSeconds": config["max_expires"] // second,
        } == asyncapi.CONSUMING


def test_a_partner_may_publish_where_the_document_says() -> None:
    name = "profiles.participant.register"
    allowed = partner_scope("acme", [name], []).publish
    channels = DOCUMENT["channels"]
    assert channels[f"commands.{name}"]["address"] in allowed
    assert channels[f"requests.{name}"]["address"] in allowed
    for stream in (subjects.FEED, subjects.PARTNER):
        for subject in DOCUMENT["x-jetstream"]["streams"][stream]["subjects"].values():
            assert subject.replace("{partner}", "acme") in allowed


def test_the_guide_tells_the_limits_that_hold() -> None:
    guide = DOCUMENT["info"]["description"]
    assert f"{PARTNER_LIMITS['conn']} connections, {PARTNER_LIMITS['subs']} subscriptions" in guide
    assert f"{PARTNER_LIMITS['payload'] // 1024} KB a message" in guide


def test_every_known_code_is_explained() -> None:
    codes = DOCUMENT["components"]["schemas"]["Problem"]["properties"]["code"]
    assert codes["examples"] == list(CODES)
    assert all(f"`{code}`" in codes["description"] for code in CODES)


def test_the_yaml_says_what_was_meant() -> None:
    assert yaml.safe_load(asyncapi.text()) == DOCUMENT


@pytest.fixture(scope="module")
def parser() -> Path:
    """Node with the parser installed; in a folder without it, it is installed from the lock, once."""
    if not (node := shutil.which("node")):
        pytest.skip("Node.js is not there: the AsyncAPI parser did not read docs/asyncapi.yaml (CI does)")
    if not (ROOT / "node_modules" / "@asyncapi" / "parser").exists():
        npm = shutil.which("npm")
        installed = npm and subprocess.run([npm, "ci"], cwd=ROOT, capture_output=True, timeout=110).returncode == 0
        if not installed:
            pytest.skip("`npm ci` failed: the AsyncAPI parser did not read docs/asyncapi.yaml (CI does)")
    return Path(node)


def test_the_asyncapi_parser_finds_it_valid(parser: Path) -> None:
    found = _parsed(parser, asyncapi.DOCUMENT)
    assert [problem for problem in found["problems"] if problem["severity"] <= 1] == []
    assert found["version"] == "3.0.0"
    assert set(found["operations"]) == set(DOCUMENT["operations"])
    assert set(found["channels"]) == {channel["address"] for channel in DOCUMENT["channels"].values()}
    assert found["info"] == DOCUMENT["info"], "the YAML says what we meant"


def test_the_asyncapi_parser_would_have_found_it_invalid(parser: Path, tmp_path: Path) -> None:
    broken = json.loads(json.dumps(DOCUMENT))
    broken["operations"]["ask.profiles.participant.show"]["channel"] = {"$ref": "#/channels/nowhere"}
    (tmp_path / "broken.yaml").write_text(asyncapi.to_yaml(broken), "utf-8")
    assert [problem for problem in _parsed(parser, tmp_path / "broken.yaml")["problems"] if problem["severity"] == 0]


def _parsed(node: Path, document: Path) -> Any:
    script = Path(__file__).with_name("parse_asyncapi.mjs")
    ran = subprocess.run([node, script, document], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(ran.stdout)


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    whole = DRAFT202012.create_resource(DOCUMENT)
    absolute = json.loads(json.dumps(schema).replace('"#/components', '"urn:weefsel#/components'))
    return Draft202012Validator(absolute, registry=Registry().with_resource("urn:weefsel", whole))


def _references(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "$ref":
                yield path, item
            else:
                yield from _references(item, f"{path}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _references(item, f"{path}/{index}")
