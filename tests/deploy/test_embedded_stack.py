"""`weefsel up` and its kin, as processes: what a person at the keyboard meets."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import shutil
import signal
import socket
import stat
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from deploy.commands.municipality import identifier, person
from deploy.commands.stack import duration
from deploy.embedded.home import Home, Ports, disk_trouble
from deploy.embedded.parts import deployed
from deploy.embedded.process import require_free
from deploy.embedded.state import PartState, ProcessId, RunState
from deploy.trouble import Trouble
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(300)


@dataclass
class Keyboard:
    """Types commands; each test has a stack of its own, in a path with a space."""

    home: Path
    base: int
    elsewhere: dict[str, str] = field(default_factory=dict)
    """What the shell names of another system."""

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WEEFSEL_")}
        own = {"WEEFSEL_HOME": str(self.home), "WEEFSEL_PORTS": str(self.base), "COLUMNS": "200"}
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "deploy.cli", *arguments,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env={**environment, **self.elsewhere, **own},
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

    def table(self) -> RunState:
        found = RunState.read(self.home / "run.json")
        assert found is not None, "nothing ran here"
        return found

    def part(self, name: str) -> PartState:
        return next(part for part in self.table().parts if part.name == name)

    def pids(self) -> list[int]:
        return [part.process.pid for part in self.table().parts if part.process]

    def kill_supervisor(self) -> None:
        supervisor = psutil.Process(self.table().supervisor.pid)
        supervisor.kill()
        psutil.wait_procs([supervisor], timeout=10)


@pytest.fixture
async def keyboard(tmp_path: Path) -> AsyncIterator[Keyboard]:
    typing = Keyboard(tmp_path / "a stack", _free_base())
    yield typing
    await typing.type("down")


def _free_base() -> int:
    """The base of ports that are all free, below those that the system gives to connections (32768)."""
    for attempt in range(200):
        base = 10000 + (os.getpid() + attempt) % 200 * 100
        with contextlib.suppress(Trouble):
            for offset in (1, 2, 3, 4, 5, 22, 23, 25, 32, 80):
                require_free(base + offset, "a test")
            return base
    raise AssertionError("no free ports")


async def test_up_keeps_everything_running_and_finds_its_data_again(keyboard: Keyboard) -> None:
    code, shown = await keyboard.type("up", "--detach")
    assert code == 0, shown
    assert "Try next" in shown
    _, shown = await keyboard.type("status", "--json")
    states = {part["name"]: part["state"] for part in json.loads(shown)["parts"]}
    assert states == dict.fromkeys((*deployed(), "postgres", "nats", "janitor", "mail"), "ready")
    _, people = await keyboard.type("participants", "list", "--json")
    assert len(json.loads(people)) > 20
    _, shown = await keyboard.type("up")
    assert shown == "It runs already: `weefsel status` shows what runs where, `weefsel down` stops it.\n"

    _secrets_are_for_their_owner_alone(Home(keyboard.home))
    await _what_crashes_is_started_again(keyboard)

    pids = keyboard.pids()
    assert await keyboard.type("down") == (0, "Stopped.\n")
    assert not [pid for pid in pids if psutil.pid_exists(pid)]
    assert (await keyboard.type("status"))[0] == 1

    await _ctrl_c_stops_all_in_order(keyboard, people)


def _secrets_are_for_their_owner_alone(home: Home) -> None:
    for folder in (home.keys, home.passwords, home.nats, home.mail):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for folder in (home.keys, home.passwords):
        for path in (each for each in folder.rglob("*") if each.is_file()):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


async def _what_crashes_is_started_again(keyboard: Keyboard) -> None:
    for name in ("profiles", "exchange", "nats", "postgres"):
        before = keyboard.part(name).process
        assert before is not None
        os.kill(before.pid, signal.SIGKILL)

        def again(name: str = name, before: ProcessId = before) -> bool:
            part = keyboard.part(name)
            return part.state == "ready" and part.process is not None and part.process != before

        await eventually(again, within=60, what=f"{name} runs again")
        assert keyboard.part(name).restarts == 1
    assert "restarted 1×" in (await keyboard.type("status"))[1]

    async def answers() -> bool:
        return (await keyboard.type("workers", "list", "--json"))[0] == 0

    await eventually(answers, within=60, what="profiles answers")


async def _ctrl_c_stops_all_in_order(keyboard: Keyboard, people: str) -> None:
    """And what was there before is there again."""
    process = await keyboard.start("up")
    assert process.stdout is not None
    lines: list[str] = []
    while "Try next" not in (line := (await process.stdout.readline()).decode()):
        assert line, "".join(lines)
        lines.append(line)
    assert (await keyboard.type("participants", "list", "--json"))[1] == people
    pids = keyboard.pids()
    process.send_signal(signal.SIGINT)
    rest = (await process.stdout.read()).decode().splitlines()
    assert await process.wait() == 0
    ends = [line.split()[0] for line in rest if line.endswith(" stopped")]
    assert ends[-2:] == ["nats", "postgres"]
    assert rest[-1] == "Stopped."
    assert not [pid for pid in pids if psutil.pid_exists(pid)]


async def test_two_ups_at_once_make_one_stack_and_a_killed_supervisor_is_replaced(keyboard: Keyboard) -> None:
    both = await asyncio.gather(keyboard.type("up", "-d", "--no-demo"), keyboard.type("up", "-d", "--no-demo"))
    assert sorted(code for code, _ in both) == [0, 1], both
    assert "It runs already" in next(shown for code, shown in both if code)

    left = keyboard.pids()
    keyboard.kill_supervisor()
    assert "The run was cut off, and left postgres, nats, profiles" in (await keyboard.type("status"))[1]
    assert all(psutil.pid_exists(pid) for pid in left)
    await keyboard.up()
    assert not set(left) & set(keyboard.pids())
    assert not [pid for pid in left if psutil.pid_exists(pid)]

    left = keyboard.pids()
    keyboard.kill_supervisor()
    code, shown = await keyboard.type("down")
    assert (code, shown[:40]) == (0, "Stopped what a run that was cut off had ")
    assert not [pid for pid in left if psutil.pid_exists(pid)]


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
    assert (await keyboard.type("demo"))[1].startswith("A real municipality is set up here")


async def test_the_clock_goes_forward_only(keyboard: Keyboard) -> None:
    keyboard.home.mkdir()
    assert "14 days" in (await keyboard.type("clock", "+14d"))[1]
    assert "15 days" in (await keyboard.type("clock", "+1d"))[1]
    code, shown = await keyboard.type("clock", "-1d")
    assert (code, "doesn't go back" in shown) == (1, True)


async def test_demo_data_never_goes_to_a_system_elsewhere(keyboard: Keyboard) -> None:
    keyboard.elsewhere = {"WEEFSEL_NATS_URL": "nats://192.0.2.1:4222", "WEEFSEL_NATS_CREDENTIALS": "cli.creds"}
    code, shown = await keyboard.type("demo")
    assert (code, shown.startswith("Nothing runs here: start it with `weefsel up`")) == (1, True)
    code, shown = await keyboard.type("workers", "list")
    assert (code, shown.startswith("NATS at nats://192.0.2.1:4222 can't be reached")) == (1, True)


def test_a_folder_that_cannot_be_written_is_a_sentence() -> None:
    with pytest.raises(Trouble, match="can't be written by this user"):
        Home(Path("/sys/weefsel")).prepare()


def test_a_disk_that_is_nearly_full_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1))
    with pytest.raises(Trouble, match=r"nearly full .* make room for 300 MB and start again"):
        Home(tmp_path / "stack").prepare()


def test_a_disk_that_fills_up_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="is full: make room"), disk_trouble(tmp_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


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
