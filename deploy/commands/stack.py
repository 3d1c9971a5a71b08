"""The stack on this machine: up, down, status, logs, demo, clock. `weefsel init` is in `municipality.py`."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from datetime import timedelta
from typing import Annotated

import psutil
import typer

from deploy.commands import common, elsewhere, running
from deploy.commands.common import console, sentences
from deploy.embedded.home import Home, Ports
from deploy.embedded.state import RunState, stop_left_behind
from deploy.trouble import Trouble
from shared import clock

app = typer.Typer(help="The stack on this machine.")
PortsOption = Annotated[
    int | None, typer.Option("--ports", help="Count every port from this one (7400), also WEEFSEL_PORTS.")
]


@app.command()
def up(
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Return once it runs; `weefsel down` stops it.")
    ] = False,
    ports: PortsOption = None,
    demo: Annotated[bool, typer.Option(help="Load the demo neighbourhood, the first time.")] = True,
) -> None:
    """Start everything on this machine and keep it running, until Ctrl-C."""
    with sentences():
        home, chosen = common.on_this_machine(), Ports.chosen(ports)
        if detach:
            state = running.start_detached(home, chosen, demo=demo)
            console.print(running.table(state), running.what_to_try(home, state))
        else:
            asyncio.run(running.in_foreground(home, chosen, demo=demo))


@app.command()
def down() -> None:
    """Stop what `up` started, services first; nothing stays behind."""
    with sentences():
        home = Home.here()
        state = RunState.read(home.run)
        supervisor = state.supervisor.find() if state else None
        if supervisor is not None and home.in_use:
            supervisor.send_signal(signal.SIGTERM)
            psutil.wait_procs([supervisor], timeout=90)
            if supervisor.is_running():
                raise Trouble(f"It doesn't stop: `kill -9 {supervisor.pid}`, then `weefsel down` again.")
            console.print("Stopped.")
        elif state and (names := stop_left_behind(state)):
            console.print(f"Stopped what a run that was cut off had left: {', '.join(names)}.")
        else:
            console.print("Nothing runs here.")
        home.run.unlink(missing_ok=True)


@app.command()
def status(json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """What runs where, in which state, since when. Exit code 1 unless everything is ready."""
    if elsewhere.named():
        elsewhere.status(json)
        return
    home = Home.here()
    state = RunState.read(home.run)
    goes_on = state is not None and home.in_use
    if json:
        common.print_json({"running": goes_on, **(state.model_dump(mode="json") if state else {"parts": []})})
    elif state is None:
        console.print("Nothing runs here: `weefsel up` starts it.")
    else:
        console.print(running.table(state))
        if not goes_on:
            left = ", ".join(part.name for part, _ in state.left_behind())
            console.print(
                f"The run was cut off, and left {left} running: `weefsel up` takes over, `weefsel down` stops them."
                if left
                else "The run was cut off: `weefsel up` starts it again."
            )
    if not (state and goes_on and all(part.state == "ready" for part in state.parts)):
        raise typer.Exit(1)


@app.command()
def logs(
    name: Annotated[str, typer.Argument(help="A part: profiles, nats, postgres, mail, …")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what it writes from now.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many lines of before.")] = 100,
) -> None:
    """What a part has written."""
    with sentences():
        home = Home.here()
        known = sorted(path.stem for path in (home.folder / "logs").glob("*.log"))
        if name not in known:
            raise Trouble(f"There is no log of {name}; there are: {', '.join(known) or 'none yet'}.")
        with home.log(name).open(encoding="utf-8", errors="replace") as log:
            sys.stdout.writelines(log.readlines()[-lines:] if lines else [])
            sys.stdout.flush()
            while follow:
                sys.stdout.write(log.read())
                sys.stdout.flush()
                time.sleep(0.3)


@app.command()
def demo() -> None:
    """Load the demo neighbourhood into the stack that runs. A second time changes nothing."""
    common.run(running.load_demo(common.on_this_machine()))
    console.print("The demo neighbourhood is loaded.")


@app.command(name="clock", context_settings={"ignore_unknown_options": True})
def move_clock(
    by: Annotated[str, typer.Argument(help="How far: +14d, +6h, +30m. Nothing shows the time.")] = "",
) -> None:
    """Move the time of the stack on this machine forward, for demos: deadlines come, reminders go out."""
    with sentences():
        home = Home.here()
        if not home.folder.exists():
            raise Trouble("There is no stack on this machine yet: `weefsel up` makes it.")
        if by:
            try:
                clock.move(home.clock, duration(by))
            except ValueError as error:
                raise Trouble(f"{str(error).capitalize()}.") from error
        os.environ["WEEFSEL_CLOCK_FILE"] = str(home.clock)
        console.print(f"It is {clock.now():%A %d %B %Y, %H:%M} UTC for the stack, {clock.offset()} ahead of real time.")


def duration(text: str) -> timedelta:
    """`+14d`, `+6h` or `+30m`. Raises Trouble."""
    units = {"d": "days", "h": "hours", "m": "minutes"}
    found = re.fullmatch(r"\+?(\d{1,6})([dhm])", text)
    if found is None:
        raise Trouble(f"{text} is no time to move forward by: write +14d, +6h or +30m. The clock doesn't go back.")
    return timedelta(**{units[found[2]]: int(found[1])})
