"""`weefsel status` of a system whose services run in containers, or on other machines: they are asked over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import urllib.error
import urllib.request
from datetime import UTC, datetime

import typer
from prometheus_client.parser import text_string_to_metric_families
from pydantic import BaseModel

from deploy.commands.asking import table
from deploy.commands.common import console, print_json
from deploy.nats.accounts import JANITOR

_PATIENCE = 5.0


class Health(BaseModel):
    """A service, as it answers."""

    name: str
    state: str
    """`ready`, `not ready` or `not answering`."""
    address: str
    since: datetime | None = None
    note: str = ""
    """What is wrong, in its own words."""


def named() -> bool:
    """Whether the environment says where services answer: WEEFSEL_HEALTH, `http://{name}:7400`."""
    return "WEEFSEL_HEALTH" in os.environ


def status(as_json: bool) -> None:
    """Show each deployed service and the janitor. Exit code 1 unless all are ready."""
    names = [name.strip() for name in os.environ["WEEFSEL_SERVICES"].split(",")]
    found = asyncio.run(_ask([*names, JANITOR], os.environ["WEEFSEL_HEALTH"]))
    if as_json:
        print_json({"running": True, "parts": [each.model_dump(mode="json") for each in found]})
    else:
        rows = [(each.name, each.state, each.address, each.since or "", each.note) for each in found]
        console.print(table("part", "state", "address", "since", "note", rows=rows, empty=""))
    if any(each.state != "ready" for each in found):
        raise typer.Exit(1)


async def _ask(names: list[str], pattern: str) -> list[Health]:
    addresses = [pattern.replace("{name}", name) for name in names]
    return await asyncio.gather(*(asyncio.to_thread(_health, *each) for each in zip(names, addresses, strict=True)))


def _health(name: str, address: str) -> Health:
    try:
        parts = json.loads(_get(f"{address}/readyz"))["parts"]
        since = _started(_get(f"{address}/metrics"))
    except (OSError, ValueError, KeyError) as error:
        return Health(name=name, state="not answering", address=address, note=str(error))
    note = "; ".join(f"{part}: {text}" for part, text in parts.items() if text != "ok")
    return Health(name=name, state="not ready" if note else "ready", address=address, since=since, note=note)


def _get(url: str) -> str:
    """The page; that of a service that isn't ready comes with status 503."""
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE) as answer:  # noqa: S310 - as the operator set it
            return str(answer.read().decode())
    except urllib.error.HTTPError as answer:
        return answer.read().decode()


def _started(metrics: str) -> datetime | None:
    for family in text_string_to_metric_families(metrics):
        if family.name == "process_start_time_seconds":
            return datetime.fromtimestamp(family.samples[0].value, UTC)
    return None
