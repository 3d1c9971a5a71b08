"""`make check`: every rule that a machine can hold us to. `python -m deploy.check NAME` runs one of them."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
DOWN = "-- migrate:down"
console = Console()

Outcome = tuple[bool, str]
"""Whether all is well, and what was said."""


async def _run(*command: str, stdin: str = "") -> Outcome:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"},
    )
    said, _ = await process.communicate(stdin.encode())
    return process.returncode == 0, said.decode(errors="replace").strip()


def _command(*command: str) -> Callable[[], Coroutine[None, None, Outcome]]:
    return lambda: _run(*command)


async def _squawk() -> Outcome:
    """Only what goes up: migrations go forward, what stands under `migrate:down` is for a developer's own machine."""
    found = []
    for path in sorted(ROOT.glob("*/**/migrations/*.sql")):
        if ".venv" in path.parts or "tests" in path.parts:
            continue
        up = path.read_text("utf-8").split(DOWN)[0]
        name = str(path.relative_to(ROOT))
        well, said = await _run("squawk", "--config", ".squawk.toml", "--stdin-filepath", name, stdin=up)
        if not well:
            found.append(said)
    return not found, "\n".join(found)


CHECKS: dict[str, Callable[[], Coroutine[None, None, Outcome]]] = {
    "ruff": _command("ruff", "check", "."),
    "format": _command("ruff", "format", "--check", "."),
    "mypy": _command("mypy"),
    "imports": _command("lint-imports"),
    "squawk": _squawk,
    "typos": _command("typos"),
    "generated": _command(sys.executable, "-m", "deploy.generate", "--check"),
}


async def main(names: list[str]) -> int:
    """0 when all is well."""
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        console.print(f"There is no check called {', '.join(unknown)}: choose from {', '.join(CHECKS)}.", style="red")
        return 2
    failed = False
    for name in names or CHECKS:
        started = time.monotonic()
        well, said = await CHECKS[name]()
        took = f"[dim]{time.monotonic() - started:.1f} s[/]"
        console.print(f"[green]✓[/] {name} {took}" if well else f"[red]✗ {name}[/] {took}")
        if not well:
            failed = True
            console.print(said, markup=False, highlight=False, soft_wrap=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
