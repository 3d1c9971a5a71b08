"""docker-compose.yml, run for real: an operator installs, looks, loses containers, backs up, restores, renews keys.

Needs a Docker engine with Compose that can fetch or has the images. Without one this is skipped, and
test_compose.py, which reads the file, is what remains.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.embedded.parts import deployed
from deploy.embedded.process import free_port
from tests.servers import engine_answers
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
OURS = (*deployed(), "janitor")

pytestmark = [
    pytest.mark.skipif(
        not (shutil.which("docker") and engine_answers()),
        reason="no Docker engine answers: docker-compose.yml was read (test_compose.py), but not run",
    ),
    pytest.mark.timeout(900),
]


@dataclass(frozen=True)
class Project:
    """An installation of its own: containers, volumes and ports that nothing else uses."""

    name: str
    environment: dict[str, str]

    def compose(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
        command = ["docker", "compose", "--project-name", self.name, "--project-directory", str(ROOT), *arguments]
        return subprocess.run(command, env={**os.environ, **self.environment}, **({"capture_output": True} | options))

    def do(self, *arguments: str, stdin: bytes = b"") -> str:
        """What it wrote; an error shows why."""
        done = self.compose(*arguments, input=stdin, timeout=600)
        assert done.returncode == 0, f"{' '.join(arguments)}:\n{(done.stdout + done.stderr).decode()[-3000:]}"
        return done.stdout.decode(errors="replace")

    def weefsel(self, *arguments: str) -> Any:
        return json.loads(self.do("run", "--rm", "-T", "cli", "weefsel", *arguments, "--json"))

    def up(self, *options: str) -> None:
        """Returns once everything is healthy."""
        self.do("up", "--detach", "--wait", "--wait-timeout", "180", *options)

    def states(self) -> dict[str, str]:
        """Of what runs: `healthy`, or what it is otherwise."""
        rows = [json.loads(line) for line in self.do("ps", "--format", "json").splitlines()]
        return {row["Service"]: row["Health"] or row["State"] for row in rows}

    def page(self, port: str, path: str = "/") -> str:
        """What a browser gets on the port that the environment calls `port`."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.environment[port]}{path}", timeout=10) as answer:
            return str(answer.read().decode())


@pytest.fixture(scope="module")
def project() -> Iterator[Project]:
    ports = {f"WEEFSEL_{name.upper()}_PORT": str(free_port()) for name in ("nats", "mail", "pages", *OURS)}
    made = Project(f"weefsel-test-{uuid.uuid4().hex[:8]}", ports)
    made.do("build")
    try:
        yield made
    finally:
        made.compose("--profile", "*", "down", "--volumes", "--timeout", "10")


def test_an_operator_installs_looks_and_loses_nothing(project: Project, tmp_path: Path) -> None:
    project.up()
    assert project.states() == dict.fromkeys(("nats", "postgres", *OURS), "healthy")
    assert {part["name"]: part["state"] for part in project.weefsel("status")["parts"]} == dict.fromkeys(OURS, "ready")
    assert _readable_by_others(project) == ""

    partner = ("--organisation", "buurtpunt", "--neighbourhood", "brugse-poort")
    assert project.weefsel("partner", "add", "acme", *partner)["is_new"] is True
    known = project.weefsel("partner", "list")
    handed_over = project.do("run", "--rm", "-T", "cli", "ls").split()
    assert handed_over == ["acme.creds", "acme.crt", "acme.key", "authority.crt"]

    # Mail waits while no mail server is there, and arrives once one is; the pages behind its links answer.
    sent = project.weefsel("mail", "test", "marie@ldc.example")
    assert project.weefsel("mail", "show", sent["mail_id"])["stage"] == "waiting"
    project.up("mail")
    inbox = ("WEEFSEL_MAIL_PORT", "/api/v1/messages")
    asyncio.run(eventually(lambda: "marie@ldc.example" in project.page(*inbox), within=120))
    assert "<html" in project.page("WEEFSEL_PAGES_PORT")
    project.do("rm", "--stop", "--force", "mail")

    # A part that is lost comes back, and so does everything after `down`.
    for part in ("profiles", "nats", "postgres"):
        project.do("kill", part)
        project.up()
    project.do("down")
    project.up()
    assert project.weefsel("partner", "list") == known
    assert "NATS: nothing to change." in project.do("logs", "--no-log-prefix", "bootstrap")

    # A backup is refused while it would not fit together; restored elsewhere, it is all there.
    running = project.compose("run", "--rm", "-T", "backup")
    assert running.returncode == 1
    assert b"first `docker compose stop`" in running.stderr
    project.do("stop")
    backup = tmp_path / "weefsel.tar"
    with backup.open("wb") as file:
        project.compose("run", "--rm", "-T", "backup", stdout=file, capture_output=False, check=True)
    over = project.compose("run", "--rm", "-T", "restore", input=backup.read_bytes())
    assert b"isn't empty" in over.stderr
    project.do("--profile", "*", "down", "--volumes")
    project.do("run", "--rm", "-T", "restore", stdin=backup.read_bytes())
    project.up()
    assert project.weefsel("partner", "list") == known

    # Every key can be made anew.
    for what in ("profiles", "certificates", "operator"):
        project.do("run", "--rm", "-T", "keys", "weefsel", "keys", "--renew", what)
    project.up("--force-recreate")
    assert project.weefsel("partner", "list") == known
    assert {part["state"] for part in project.weefsel("status")["parts"]} == {"ready"}


def _readable_by_others(project: Project) -> str:
    """Files of keys and secrets that are open to more than their owner."""
    return project.do(
        "run", "--rm", "-T", "keys", "find", "/keys", "/secrets", "-type", "f", "!", "-perm", "600"
    ).strip()
