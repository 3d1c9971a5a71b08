"""docker-compose.yml and the image, as they are written: what holds without a Docker engine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.embedded.home import Ports
from deploy.embedded.parts import deployed

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "deploy" / "image" / "Dockerfile").read_text(encoding="utf-8")
PARTS: dict[str, dict[str, Any]] = COMPOSE["services"]
RUNNING = {name: part for name, part in PARTS.items() if part["restart"] != "no"}
SECRETS = re.compile(r"PASSWORD|SECRET|TOKEN|SEED|PRIVATE|JS_KEY", re.IGNORECASE)


def each_part() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", PARTS)


def test_every_service_of_this_release_is_in_it() -> None:
    assert COMPOSE["x-services"].split(",") == list(deployed())
    for name in deployed():
        assert PARTS[name]["command"] == ["python", "-m", f"services.{name}"]
        assert PARTS[name]["environment"]["WEEFSEL_DATABASE_URL"] == f"postgresql://{name}@postgres:5432/{name}"


@each_part()
def test_images_are_pinned(name: str) -> None:
    _, _, tag = PARTS[name]["image"].partition(":")
    assert re.search(r"\d", tag), f"{PARTS[name]['image']} may be another image tomorrow"


def test_the_image_is_built_from_a_pinned_one_and_from_the_lock() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    stages = re.findall(r"^FROM \S+ AS (\S+)", DOCKERFILE, re.MULTILINE)
    assert {base for base in bases if base not in stages} == {"python:3.13-slim"}
    # A frontend named on the first line would have to be fetched before anything is built.
    assert not DOCKERFILE.startswith("# syntax=")
    final = DOCKERFILE[DOCKERFILE.rindex("FROM ") :]
    assert "\nUSER 999:999\n" in final
    assert "pip" not in final
    for install in re.findall(r"pip \S*.*?install(?:[^\n]|\\\n)*", DOCKERFILE):
        assert "--require-hashes" in install or "--no-deps --no-build-isolation" in install, install


@each_part()
def test_nobody_is_root_or_can_become_it(name: str) -> None:
    part = PARTS[name]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", part["user"])
    assert part["cap_drop"] == ["ALL"]
    assert "cap_add" not in part
    assert "privileged" not in part
    assert part["security_opt"] == ["no-new-privileges:true"]


@each_part()
def test_nothing_writes_outside_its_volumes(name: str) -> None:
    part = PARTS[name]
    assert part["read_only"] is True
    assert all("noexec" in each for each in part["tmpfs"])
    for volume in part.get("volumes", ()):
        source = volume["source"] if isinstance(volume, dict) else volume.split(":")[0]
        assert source in COMPOSE["volumes"], f"{source} is a folder of the machine"


@each_part()
def test_memory_processes_and_logs_have_a_limit(name: str) -> None:
    part = PARTS[name]
    assert part["mem_limit"] == part["memswap_limit"]
    assert part["pids_limit"] <= 200
    assert part["logging"] == {"driver": "json-file", "options": {"max-size": "10m", "max-file": "5"}}


@each_part()
def test_ports_are_on_loopback_alone(name: str) -> None:
    for port in PARTS[name].get("ports", ()):
        assert re.fullmatch(r"127\.0\.0\.1:\$\{WEEFSEL_[A-Z]+_PORT:-\d+\}:\d+", port)
    assert PARTS[name].get("network_mode", "none") == "none"


def test_ports_are_those_of_the_stack_on_one_machine() -> None:
    for name in (*deployed(), "janitor"):
        assert PARTS[name]["ports"][0].endswith(f":-{Ports().health(name)}}}:7400")


def test_postgresql_is_reached_by_what_needs_it_and_from_nowhere_else() -> None:
    assert COMPOSE["networks"]["database"] == {"internal": True}
    assert PARTS["postgres"]["networks"] == ["database"]
    assert "ports" not in PARTS["postgres"]
    reaching = {name for name, part in PARTS.items() if "database" in part.get("networks", ())}
    assert reaching == {"postgres", "bootstrap", "cli", *deployed()}


@each_part()
def test_no_secret_in_the_environment(name: str) -> None:
    for variable, value in PARTS[name].get("environment", {}).items():
        if SECRETS.search(variable) or variable.endswith("_KEY"):
            assert str(value).startswith(("/secrets/", "/keys/")), f"{variable} must name a file"
        assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), f"{variable} holds a password"
    assert "env_file" not in PARTS[name]


def test_the_operators_keys_are_seen_by_what_makes_or_uses_them_alone() -> None:
    seeing = {name for name, part in PARTS.items() if "keys" in _sources(part)}
    assert seeing == {"keys", "bootstrap", "cli", "backup", "restore"}


def test_each_part_sees_its_own_secrets_alone() -> None:
    for name, part in PARTS.items():
        for volume in part.get("volumes", ()):
            if isinstance(volume, dict) and volume["source"] == "secrets":
                assert volume["volume"] == {"subpath": name, "nocopy": True}
                assert volume["read_only"] is True
    assert {name for name, part in PARTS.items() if "secrets:/secrets" in part.get("volumes", ())} == {"keys"}


def test_services_speak_tls_with_a_certificate_of_their_own() -> None:
    for name in (*deployed(), "janitor", "bootstrap", "cli"):
        environment = PARTS[name]["environment"]
        assert environment["WEEFSEL_NATS_URL"].startswith("tls://")
        for variable in ("WEEFSEL_NATS_CA", "WEEFSEL_NATS_CERT", "WEEFSEL_NATS_KEY"):
            assert environment[variable]


@pytest.mark.parametrize("name", sorted(RUNNING.keys() - {"mail"}))
def test_what_runs_says_whether_it_is_well_and_has_time_to_stop(name: str) -> None:
    part = RUNNING[name]
    assert part["restart"] == "unless-stopped"
    assert part["healthcheck"]["test"][0] == "CMD"
    assert int(part["stop_grace_period"].removesuffix("s")) >= 30


def test_parts_start_when_what_they_need_is_there() -> None:
    assert _needs("nats") == _needs("postgres") == {"keys": "service_completed_successfully"}
    assert _needs("bootstrap") == {"nats": "service_healthy", "postgres": "service_healthy"}
    for name in (*deployed(), "janitor"):
        assert _needs(name) == {**_needs("bootstrap"), "bootstrap": "service_completed_successfully"}


def test_keys_and_data_of_a_stack_never_get_into_an_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {".git", ".venv", ".weefsel", "**/*.creds", "**/*.nk", "backups"} <= set(ignored)


def _needs(name: str) -> dict[str, str]:
    return {needed: how["condition"] for needed, how in PARTS[name]["depends_on"].items()}


def _sources(part: dict[str, Any]) -> set[str]:
    return {each["source"] if isinstance(each, dict) else each.split(":")[0] for each in part.get("volumes", ())}
