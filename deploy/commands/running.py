"""`weefsel up` as a person sees it: the table of what runs where, kept true, and what to try next."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from deploy.commands import common
from deploy.commands.common import console
from deploy.embedded.home import Home, Ports
from deploy.embedded.state import PartState, RunState
from deploy.embedded.supervisor import Supervisor
from deploy.trouble import Trouble
from shared import clock
from shared.messaging.client import Refused, Unanswered

COLOURS = {"ready": "green", "restarting": "red", "not answering": "red", "stopped": "dim"}
DEMO, MUNICIPALITY, EMPTY = "demo\n", "municipality\n", "nothing yet\n"
"""What a stack holds, as its file `contents` says: so that a later `up` brings no demo people among real ones."""
WORKDAYS, WORK_BEGINS, WORK_ENDS = range(4), time_of_day(10), time_of_day(16)
"""Within the hours of Marie, in the demo: Monday to Thursday."""
TO_START = 180.0
"""Seconds in which `up --detach` expects everything to run."""


async def in_foreground(home: Home, ports: Ports, *, demo: bool) -> None:
    """Run the stack until a signal ends it: a live table in a terminal, a line per change elsewhere."""
    if not console.is_terminal:
        await _run(home, ports, _Lines(home), demo=demo)
    else:
        with Live(console=console, auto_refresh=False) as live:
            await _run(home, ports, _LiveTable(home, live), demo=demo)
    console.print("Stopped.")


def start_detached(home: Home, ports: Ports, *, demo: bool) -> RunState:
    """Start a supervisor that goes on without us; returns what runs. Raises Trouble with what it said."""
    home.prepare()
    if home.in_use:
        raise Trouble("It runs already: `weefsel status` shows what runs where, `weefsel down` stops it.")
    with home.log("up").open("ab") as out, tempfile.TemporaryFile() as complaints:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "deploy.cli", "up", "--ports", str(ports.base), "--demo" if demo else "--no-demo"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=complaints,
            start_new_session=True,
        )
        deadline = time.monotonic() + TO_START
        while supervisor.poll() is None and time.monotonic() < deadline:
            state = RunState.read(home.run)
            if state and state.supervisor.pid == supervisor.pid and state.ready:
                return state
            time.sleep(0.1)
        complaints.seek(0)
        said = complaints.read().decode(errors="replace").strip()
    raise Trouble(said.splitlines()[-1] if said else "It didn't start: `weefsel logs up` may say why.")


async def load_demo(home: Home) -> None:
    """Load the demo neighbourhood, through commands as anyone else would; remembers that it was done.

    It begins while its worker works: the clock of a new stack is moved there, so that there is mail to look at.
    """
    from deploy.commands.partner import the_office
    from deploy.demo import load

    if home.contents.exists() and home.contents.read_text(encoding="utf-8") == MUNICIPALITY:
        raise Trouble("A real municipality is set up here, and demo people don't belong in it.")
    async with common.connected() as client:  # from here on it is known that the stack runs, and what time it has
        if not home.contents.exists():
            clock.move(home.clock, until_working_hours(clock.now()))
        await load(client, the_office())
    home.contents.write_text(DEMO, encoding="utf-8")


def until_working_hours(now: datetime) -> timedelta:
    """How long it is until ten o'clock of a day on which the demo's worker works; nothing when they do now."""
    here = now.astimezone(ZoneInfo("Europe/Brussels"))
    days = range(8)
    mornings = [datetime.combine(here.date() + timedelta(days=day), WORK_BEGINS, here.tzinfo) for day in days]
    if here.weekday() in WORKDAYS and WORK_BEGINS <= here.time() < WORK_ENDS:
        return timedelta()
    return next(each - now for each in mornings if each.weekday() in WORKDAYS and each > here)


def table(state: RunState) -> Group:
    """What runs where, in which state, since when; below it what ails a part."""
    shown = Table(title="Weefsel", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("part", "state", "address", "since", ""):
        shown.add_column(column, no_wrap=True)
    for part in state.parts:
        since = part.since.astimezone()
        moment = since.strftime("%H:%M:%S" if since.date() == datetime.now().astimezone().date() else "%d %b %H:%M")
        again = f"restarted {part.restarts}×" if part.restarts else ""
        shown.add_row(part.name, Text(part.state, COLOURS.get(part.state, "yellow")), part.address, moment, again)
    return Group(shown, *(Text(f"{part.name}: {part.note}\n", "red") for part in state.parts if part.note))


def what_to_try(home: Home, state: RunState) -> Text:
    """The next step for someone who sees it for the first time."""
    inbox = next((part.address for part in state.parts if part.name == "mail"), "")
    loaded = home.contents.exists() and home.contents.read_text(encoding="utf-8") == DEMO
    steps = [
        ("weefsel participants list", "who is in the network"),
        *(_IN_THE_DEMO if loaded else [("weefsel exchange --help", "asks and offers, and what comes of them")]),
        ("weefsel events list", "every message that services exchange"),
        ("weefsel logs exchange -f", "what a service does"),
        ("weefsel clock +14d", "two weeks later"),
        (inbox, "all mail of it, with links that work"),
    ]
    lines = ["Try next (. .venv/bin/activate makes `weefsel` known):", *(f"  {what:<36}{why}" for what, why in steps)]
    return Text("\n".join(lines))


_IN_THE_DEMO = [
    ("weefsel exchange list", "asks and offers, and how they stand"),
    ("weefsel exchange show martine:haag", "one of them, from ask to thanks"),
    ("weefsel exchange invitations lucas", "whom he met is asked at once; others ..."),
    ("weefsel exchange send ivana", "... when a worker has looked"),
    ("weefsel gatherings list --past", "where people met, and where they will"),
    ("weefsel signals list", "what was noticed, and who has it"),
    ("weefsel referrals list", "who was guided where, and how it ended"),
]


class _Lines:
    """Output that a file or another program keeps: a line per change."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def part_changed(self, state: RunState, part: PartState) -> None:
        note = f": {part.note}" if part.note else ""
        where = f" on {part.address}" if part.state == "ready" else ""
        self.tell(f"{part.name} {part.state}{where}{note}")

    def tell(self, sentence: str) -> None:
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)

    def ready(self, state: RunState) -> None:
        console.print(table(state), what_to_try(self.home, state))


class _LiveTable:
    """A table that stays true, for the person at the terminal."""

    def __init__(self, home: Home, live: Live) -> None:
        self.home = home
        self.live = live
        self.hints = Text("Starting …")

    def part_changed(self, state: RunState, part: PartState) -> None:
        self.live.update(Group(table(state), self.hints), refresh=True)

    def tell(self, sentence: str) -> None:
        self.live.console.print(sentence, markup=False, highlight=False)

    def ready(self, state: RunState) -> None:
        self.hints = Text.assemble(what_to_try(self.home, state), "\nCtrl-C stops all of it.")
        self.live.update(Group(table(state), self.hints), refresh=True)


async def _run(home: Home, ports: Ports, display: _Lines | _LiveTable, *, demo: bool) -> None:
    supervisor = Supervisor(home, ports, changed=display.part_changed, told=display.tell)

    async def when_running() -> None:
        if not demo and not home.contents.exists():
            home.contents.write_text(EMPTY, encoding="utf-8")
        if not home.contents.exists():
            display.tell("Loading the demo neighbourhood …")
            try:
                await load_demo(home)
            except (Trouble, Refused, Unanswered, OSError) as error:
                display.tell(f"The demo neighbourhood could not be loaded: {error}. Try `weefsel demo` later.")
        display.ready(supervisor.state)

    await supervisor.run(when_running)
