"""What the commands share: where the system is, how to ask it, how a failure is shown."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import ssl
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import nats.errors
import typer
from pydantic import BaseModel, ValidationError
from rich.console import Console

from deploy.embedded.home import Home, Ports
from deploy.embedded.state import RunState
from deploy.trouble import Trouble
from shared.messaging.client import Client, Refused, Unanswered
from shared.messaging.incoming import problems_of

console = Console()
complaints = Console(stderr=True)
T = TypeVar("T")


@dataclass(frozen=True)
class Site:
    """Where the system is that the commands speak to."""

    nats_url: str
    credentials: Path
    """Of the user `cli`."""
    keys: Path
    """The folder of keys; only `weefsel partner` needs it."""
    database_url: str
    """The operator's own database, with its password; only `weefsel partner` needs it."""
    tls: ssl.SSLContext | None = None


def site() -> Site:
    """What the environment names, else this project's embedded stack. Raises Trouble when there is neither."""
    if "WEEFSEL_NATS_URL" in os.environ:
        return _named()
    home = Home.here()
    state = RunState.read(home.run)
    if state is None or not home.in_use:
        raise Trouble(
            "Nothing runs here: start it with `weefsel up`, or name a system with WEEFSEL_NATS_URL and "
            "WEEFSEL_NATS_CREDENTIALS."
        )
    os.environ["WEEFSEL_CLOCK_FILE"] = str(home.clock)  # its time, not ours: it may have been moved
    if home.policy.exists():
        os.environ["WEEFSEL_POLICY"] = str(home.policy)
    ports = Ports(state.ports)
    password = quote((home.passwords / "deploy").read_text(encoding="utf-8"), safe="")
    return Site(
        nats_url=f"nats://127.0.0.1:{ports.nats}",
        credentials=home.keys / "creds" / "cli.creds",
        keys=home.keys,
        database_url=f"postgresql://deploy:{password}@127.0.0.1:{ports.postgres}/deploy",
    )


def on_this_machine() -> Home:
    """The embedded stack, whatever other system the shell names: demo data must never reach that one."""
    other = ("WEEFSEL_NATS_", "WEEFSEL_DATABASE_", "WEEFSEL_KEYS", "WEEFSEL_HEALTH", "WEEFSEL_SERVICES")
    for name in [name for name in os.environ if name.startswith(other)]:
        del os.environ[name]
    return Home.here()


@asynccontextmanager
async def connected() -> AsyncIterator[Client]:
    """A client as the user `cli`. Raises Trouble when the system can't be reached."""
    where = site()
    try:
        async with Client.connect(where.nats_url, where.credentials, tls=where.tls) as client:
            yield client
    except (OSError, nats.errors.NoServersError) as error:
        raise Trouble(f"NATS at {where.nats_url} can't be reached ({error}): see `weefsel status`.") from error


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do it. What an operator can put right is a sentence on stderr, and exit code 1."""
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # it warns of every TLS connection that the server closes
    with sentences():
        return asyncio.run(work)


@contextmanager
def sentences() -> Iterator[None]:
    """Show what goes wrong as a sentence, and end with exit code 1."""
    try:
        yield
    except Refused as refused:
        for problem in refused.problems:
            complaints.print(problem.message, style="red", markup=False, highlight=False, soft_wrap=True)
    except ValidationError as error:  # what was typed can't stand in a message
        for problem in problems_of(error):
            complaints.print(problem.message, style="red", markup=False, highlight=False, soft_wrap=True)
    except (Trouble, Unanswered, nats.errors.Error, ConnectionError) as error:
        complaints.print(str(error) or type(error).__name__, style="red", markup=False, highlight=False, soft_wrap=True)
    else:
        return
    raise typer.Exit(1)


def print_json(value: BaseModel | list[Any] | dict[str, Any]) -> None:
    """For scripts: one JSON document on stdout."""
    sys.stdout.write(json.dumps(value, default=_plain, indent=2, ensure_ascii=False) + "\n")


def _plain(value: object) -> object:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)


def _named() -> Site:
    from shared.settings import NatsSettings, ServiceSettings

    if "WEEFSEL_NATS_CREDENTIALS" not in os.environ:
        raise Trouble("WEEFSEL_NATS_URL is set: set WEEFSEL_NATS_CREDENTIALS too, to the path of cli.creds.")
    settings = NatsSettings()
    return Site(
        nats_url=settings.nats_url,
        credentials=settings.nats_credentials,
        keys=Path(os.environ.get("WEEFSEL_KEYS") or settings.nats_credentials.absolute().parents[1]),
        database_url=ServiceSettings().dsn() if "WEEFSEL_DATABASE_URL" in os.environ else "",
        tls=settings.tls(),
    )
