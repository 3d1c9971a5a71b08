"""`weefsel partner …`, as an operator runs it: sentences, JSON for scripts, files that only their owner can read."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from deploy.certificates import Authority
from deploy.nats.jwt import USER, Key
from shared.contracts.envelope import Answer, Problem
from tests.partners import REGISTER, Gate
from tests.partners import gate as gate

GRANT = [
    "--organisation",
    "buurtpunt",
    "--neighbourhood",
    "rabot",
    "--neighbourhood",
    "sluizeken",
    "--command",
    REGISTER,
]


@dataclass
class Outcome:
    code: int
    out: str
    complaint: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
async def weefsel(gate: Gate, tmp_path: Path) -> Any:
    url = urlsplit(gate.office.database_dsn)
    (tmp_path / "password").write_text(url.password or "")
    environment = {
        **os.environ,
        "COLUMNS": "200",
        "WEEFSEL_NATS_URL": gate.grounds.url,
        "WEEFSEL_NATS_CREDENTIALS": str(gate.grounds.keys.creds("cli")),
        "WEEFSEL_KEYS": str(gate.grounds.keys.directory),
        "WEEFSEL_DATABASE_URL": urlunsplit(url._replace(netloc=f"deploy@{url.hostname}:{url.port}")),
        "WEEFSEL_DATABASE_PASSWORD_FILE": str(tmp_path / "password"),
    }

    async def run(*words: str, **changes: str) -> Outcome:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from deploy.cli import main; main()",
            "partner",
            *words,
            env=environment | {"PYTHONPATH": str(Path.cwd())} | changes,
            cwd=tmp_path,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, complaint = await asyncio.wait_for(process.communicate(), 60)
        return Outcome(process.returncode or 0, out.decode(), complaint.decode())

    return run


async def test_from_let_in_to_shut_out(weefsel: Any, gate: Gate, tmp_path: Path) -> None:
    added = await weefsel("add", "buurtpunt", *GRANT)
    assert (added.code, added.complaint) == (0, "")
    assert "buurtpunt is let in" in added.out
    credentials = tmp_path / "buurtpunt.creds"
    assert stat.S_IMODE(credentials.stat().st_mode) == 0o600
    async with gate.line(credentials) as line:
        assert not await line.refused("weefsel.cmd.profiles.participant.register")

    changed = await weefsel("add", "buurtpunt", "--organisation", "buurtpunt", "--neighbourhood", "rabot")
    assert "The grant of buurtpunt is changed" in changed.out
    async with gate.line(credentials) as line:
        assert await line.refused("weefsel.cmd.profiles.participant.register")

    (listed,) = (await weefsel("list", "--json")).json
    assert (listed["name"], listed["neighbourhood_ids"], listed["commands"]) == ("buurtpunt", ["rabot"], [])
    assert (await weefsel("show", "buurtpunt", "--json")).json == listed
    assert "it only reads" in (await weefsel("show", "buurtpunt")).out

    kept = await weefsel("remove", "buurtpunt")
    assert kept.code != 0, "nobody said yes"
    assert (await weefsel("remove", "buurtpunt", "--yes")).code == 0
    assert "No partner yet" in (await weefsel("list")).out


async def test_with_a_key_of_its_own_no_seed_is_written(weefsel: Any, tmp_path: Path) -> None:
    key = Key.new(USER)
    added = await weefsel("add", "buurtpunt", *GRANT, "--public-key", key.public, "--creds", "user.jwt", "--json")
    assert added.json["user_key"] == key.public
    assert added.json["files"] == ["user.jwt"]
    assert (tmp_path / "user.jwt").read_text().strip() == added.json["user_jwt"]


async def test_where_nats_asks_for_certificates_a_partner_gets_one(weefsel: Any, gate: Gate, tmp_path: Path) -> None:
    Authority.load_or_create(gate.grounds.keys.directory / "certificates")
    added = await weefsel("add", "buurtpunt", *GRANT, "--json")
    assert added.json["files"] == ["buurtpunt.creds", "buurtpunt.crt", "buurtpunt.key", "authority.crt"]
    assert all(stat.S_IMODE((tmp_path / each).stat().st_mode) == 0o600 for each in added.json["files"])


async def test_a_file_that_is_there_is_not_overwritten_and_nothing_is_granted(weefsel: Any, tmp_path: Path) -> None:
    (tmp_path / "buurtpunt.creds").write_text("mine")
    refused = await weefsel("add", "buurtpunt", *GRANT)
    assert refused.code == 1
    assert "buurtpunt.creds is there already" in refused.complaint
    assert (tmp_path / "buurtpunt.creds").read_text() == "mine"
    assert (await weefsel("list", "--json")).json == []


async def test_a_neighbourhood_that_nobody_knows_is_granted_and_doubted(
    weefsel: Any, gate: Gate, tmp_path: Path
) -> None:
    rejected = Answer(id=None, status="rejected", problems=[Problem(code="unknown_id", message="unknown")])
    accepted = Answer(id=None, status="accepted", result=None)

    async def profiles(message: Any) -> None:
        answer = rejected if b"sluizeken" in message.data else accepted
        await line.publish(message.reply, answer.model_dump_json().encode())

    async with gate.grounds.user("profiles") as line:
        await line.subscribe("weefsel.v1.rpc.*.profiles.*.*", cb=profiles)
        await line.settle()
        added = await weefsel("add", "buurtpunt", *GRANT)
    assert added.code == 0
    assert "There is no neighbourhood sluizeken (yet): is it spelled right?" in added.complaint


async def test_what_goes_wrong_is_a_sentence(weefsel: Any, tmp_path: Path) -> None:
    cases = [
        (["show", "nobody"], {}, "There is no partner called nobody"),
        (["add", "cli", *GRANT], {}, "can't be called cli"),
        (["add", "x", *GRANT, "--command", "profiles.participant.regster"], {}, "did you mean"),
        (["list"], {"WEEFSEL_KEYS": str(tmp_path / "none")}, "There are no keys in"),
        (["list"], {"WEEFSEL_DATABASE_URL": "postgresql://deploy@127.0.0.1:1/deploy"}, "can't be reached"),
        (["add", "x", *GRANT], {"WEEFSEL_NATS_URL": "nats://127.0.0.1:1"}, "is it running"),
    ]
    outcomes = await asyncio.gather(*(weefsel(*words, **changes) for words, changes, _ in cases))
    for outcome, (words, _, sentence) in zip(outcomes, cases, strict=True):
        assert outcome.code == 1, words
        assert sentence in " ".join(outcome.complaint.split()), words
        assert "Traceback" not in outcome.complaint
