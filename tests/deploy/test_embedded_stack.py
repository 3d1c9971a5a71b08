"""`weefsel up` and its kin, as processes: what a person at the keyboard meets."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy.commands.municipality import identifier, person
from deploy.commands.stack import duration
from deploy.embedded.home import Home, Ports
from deploy.trouble import Trouble
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(300)


@dataclass
class Keyboard:
    """Types commands; the stack is one of this module's own, in a path with a space."""

    home: Path
    base: int

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WEEFSEL_")}
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "deploy.cli", *arguments,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env={**environment, "WEEFSEL_HOME": str(self.home), "WEEFSEL_PORTS": str(self.base), "COLUMNS": "200"},
        )  # fmt: skip

    async def type(self, *arguments: str) -> tuple[int, str]:
        """Exit code and what is shown."""
        process = await self.start(*arguments)
        shown, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, shown.decode()

    async def up(self) -> None:
        code, shown = await self.type("up", "--detach", "--no-demo")
        assert code == 0, shown

    async def status(self) -> dict[str, Any]:
        _, shown = await self.type("status", "--json")
        found: dict[str, Any] = json.loads(shown)
        return found

    async def part(self, name: str) -> dict[str, Any]:
        return next(part for part in (await self.status())["parts"] if part["name"] == name)

    async def pids(self) -> list[int]:
        return [part["process"]["pid"] for part in (await self.status())["parts"]]


@pytest.fixture
async def keyboard(tmp_path: Path) -> AsyncIterator[Keyboard]:
    typing = Keyboard(tmp_path / "a stack", _free_base())
    yield typing
    await typing.type("down")


def _free_base() -> int:
    """The base of ports that are all free."""
    for base in range(20000 + os.getpid() % 200 * 100, 60000, 100):
        with socket.socket() as probe:
            if all(probe.connect_ex(("127.0.0.1", base + offset)) for offset in (1, 5, 22, 23, 25, 32, 80)):
                return base
    raise AssertionError("no free ports")


async def test_up_runs_everything_and_a_second_up_finds_the_data(keyboard: Keyboard) -> None:
    code, shown = await keyboard.type("up", "--detach")
    assert code == 0, shown
    assert "Try next" in shown
    found = await keyboard.status()
    assert {part["name"]: part["state"] for part in found["parts"]}.items() >= {
        ("postgres", "ready"),
        ("nats", "ready"),
        ("profiles", "ready"),
        ("janitor", "ready"),
        ("mail", "ready"),
    }
    _, before = await keyboard.type("participants", "list", "--json")
    assert len(json.loads(before)) > 20

    code, shown = await keyboard.type("up")
    assert (code, shown.strip()) == (
        1,
        "It runs already: `weefsel status` shows what runs where, `weefsel down` stops it.",
    )

    pids = await keyboard.pids()
    assert await keyboard.type("down") == (0, "Stopped.\n")
    assert not [pid for pid in pids if psutil.pid_exists(pid)]
    assert (await keyboard.type("status"))[0] == 1

    await keyboard.up()
    assert (await keyboard.type("participants", "list", "--json"))[1] == before


async def test_secrets_are_for_their_owner_alone(keyboard: Keyboard) -> None:
    await keyboard.up()
    home = Home(keyboard.home)
    for folder in (home.keys, home.passwords, home.nats, home.mail):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for path in (each for each in folder.rglob("*") if each.is_file() and folder in (home.keys, home.passwords)):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


async def test_what_crashes_is_started_again_and_the_table_says_so(keyboard: Keyboard) -> None:
    await keyboard.up()
    for name in ("profiles", "nats", "postgres"):
        before = await keyboard.part(name)
        os.kill(before["process"]["pid"], signal.SIGKILL)

        async def again(name: str = name, before: dict[str, Any] = before) -> bool:
            now = await keyboard.part(name)
            return bool(now["state"] == "ready" and now["process"]["pid"] != before["process"]["pid"])

        await eventually(again, within=30, what=f"{name} runs again")
        assert (await keyboard.part(name))["restarts"] == 1
    assert "restarted 1×" in (await keyboard.type("status"))[1]

    async def whole() -> bool:
        return (await keyboard.type("workers", "list", "--json"))[0] == 0

    await eventually(whole, within=30, what="profiles answers")


async def test_a_killed_supervisor_leaves_what_the_next_up_takes_over(keyboard: Keyboard) -> None:
    await keyboard.up()
    found = await keyboard.status()
    os.kill(found["supervisor"]["pid"], signal.SIGKILL)

    async def cut_off() -> bool:
        return not (await keyboard.status())["running"]

    await eventually(cut_off)
    assert "The run was cut off, and left postgres, nats, profiles" in (await keyboard.type("status"))[1]
    left = [part["process"]["pid"] for part in found["parts"]]
    assert all(psutil.pid_exists(pid) for pid in left)

    await keyboard.up()
    assert not set(left) & set(await keyboard.pids())
    assert not [pid for pid in left if psutil.pid_exists(pid)]

    os.kill((await keyboard.status())["supervisor"]["pid"], signal.SIGKILL)
    left = await keyboard.pids()
    await eventually(cut_off)
    code, shown = await keyboard.type("down")
    assert (code, shown[:40]) == (0, "Stopped what a run that was cut off had ")
    assert not [pid for pid in left if psutil.pid_exists(pid)]


async def test_ctrl_c_stops_all_in_order(keyboard: Keyboard) -> None:
    process = await keyboard.start("up", "--no-demo")
    assert process.stdout is not None
    lines: list[str] = []
    while "Try next" not in (line := (await process.stdout.readline()).decode()):
        assert line, "".join(lines)
        lines.append(line)
    pids = await keyboard.pids()
    process.send_signal(signal.SIGINT)
    rest = (await process.stdout.read()).decode().splitlines()
    assert await process.wait() == 0
    ends = [line.split()[0] for line in rest if line.endswith(" stopped")]
    assert ends[-2:] == ["nats", "postgres"]
    assert rest[-1] == "Stopped."
    assert not [pid for pid in pids if psutil.pid_exists(pid)]


async def test_two_ups_at_once_make_one_stack(keyboard: Keyboard) -> None:
    both = await asyncio.gather(keyboard.type("up", "-d", "--no-demo"), keyboard.type("up", "-d", "--no-demo"))
    assert sorted(code for code, _ in both) == [0, 1]
    assert "It runs already" in next(shown for code, shown in both if code)
    assert (await keyboard.status())["running"]


async def test_a_taken_port_is_a_sentence(keyboard: Keyboard) -> None:
    with socket.create_server(("127.0.0.1", Ports(keyboard.base).postgres)):
        code, shown = await keyboard.type("up")
    assert code == 1
    assert shown.startswith(f"Port {Ports(keyboard.base).postgres}, meant for PostgreSQL, is taken by another program")
    assert "--ports 8400" in shown
    assert "Traceback" not in shown


async def test_a_stale_run_file_stops_nobody(keyboard: Keyboard) -> None:
    """Its process numbers belong to others by now: to this test, here."""
    keyboard.home.mkdir()
    line = {"name": "profiles", "since": "2026-01-01T00:00:00Z", "process": {"pid": os.getpid(), "started": 1.0}}
    run = {"supervisor": {"pid": 1, "started": 1.0}, "ports": 7400, "since": "2026-01-01T00:00:00Z", "parts": [line]}
    (keyboard.home / "run.json").write_text(json.dumps(run))
    assert await keyboard.type("down") == (0, "Nothing runs here.\n")


async def test_a_municipality_without_demo_data(keyboard: Keyboard) -> None:
    code, shown = await keyboard.type("init", "--neighbourhood", "Rabot")
    assert (code, shown) == (1, "Give --organisation: there is no terminal to ask in.\n")
    given = [
        "--organisation",
        "Buurtpunt",
        "--neighbourhood",
        "Sint-Antonius",
        "--worker",
        "Leen Maes <leen@a.example>",
    ]
    given += ["--worker", "Jo Claes <jo@a.example>", "--coordinator", "An Thijs <an@a.example>"]
    code, shown = await keyboard.type("init", *given)
    assert code == 0, shown
    workers = json.loads((await keyboard.type("workers", "list", "--json"))[1])
    assert sorted(each["name"] for each in workers) == ["An Thijs", "Jo Claes", "Leen Maes"]
    assert all(each["backup_id"] for each in workers if each["neighbourhood_ids"])
    assert json.loads((await keyboard.type("participants", "list", "--json"))[1]) == []
    assert Home(keyboard.home).policy.exists()
    assert (await keyboard.type("init", *given))[1].startswith("A municipality is set up here already")


async def test_the_clock_goes_forward_only(keyboard: Keyboard) -> None:
    keyboard.home.mkdir()
    assert "14 days" in (await keyboard.type("clock", "+14d"))[1]
    assert "15 days" in (await keyboard.type("clock", "+1d"))[1]
    code, shown = await keyboard.type("clock", "-1d")
    assert (code, "doesn't go back" in shown) == (1, True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere: run it as a plain user to see it")
async def test_a_folder_that_cannot_be_written_is_a_sentence(keyboard: Keyboard) -> None:
    keyboard.home.mkdir(mode=0o500)
    code, shown = await keyboard.type("up")
    assert (code, "can't be written by this user" in shown) == (1, True)


@pytest.mark.parametrize("text", ["14d", "+6h", "+30m"])
def test_durations(text: str) -> None:
    assert duration(text)


@pytest.mark.parametrize("text", ["", "d", "+1y", "1.5d", "-2h"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(Trouble):
        duration(text)


def test_names_become_ids() -> None:
    assert identifier("Brugse Poort – Rooigem") == "brugse-poort-rooigem"
    assert identifier("Sint-Élooi") == "sint-elooi"
    with pytest.raises(Trouble):
        identifier("東京")


def test_people_are_named_with_their_address() -> None:
    assert person("Leen Maes <leen@a.example>").name == "Leen Maes"
    with pytest.raises(Trouble):
        person("leen@a.example")


@pytest.mark.parametrize("text", ["80", "seven", "70000"])
def test_ports_that_cannot_be(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("WEEFSEL_PORTS", text)
    with pytest.raises(Trouble):
        Ports.chosen()
