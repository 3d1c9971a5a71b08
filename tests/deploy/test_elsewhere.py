"""`weefsel status` where services run in containers: asked over HTTP, and shown in their own words."""

from __future__ import annotations

import asyncio
import json

import pytest
from typer.testing import CliRunner

from deploy.cli import application
from deploy.embedded.process import free_port
from shared.messaging import health
from shared.messaging.metrics import Metrics


async def status(monkeypatch: pytest.MonkeyPatch, port: int, *options: str) -> tuple[int, str]:
    monkeypatch.setenv("WEEFSEL_SERVICES", "profiles")
    monkeypatch.setenv("WEEFSEL_HEALTH", f"http://127.0.0.1:{port}")
    result = await asyncio.to_thread(CliRunner().invoke, application("status"), ["status", *options])
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("said", "code", "state", "note"),
    [
        ({"database": "", "nats": ""}, 0, "ready", ""),
        ({"database": "", "nats": "not connected"}, 1, "not ready", "nats: not connected"),
    ],
)
async def test_each_part_says_how_it_is(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, str], code: int, state: str, note: str
) -> None:
    async def checks() -> dict[str, str]:
        return said

    async with health.serving(health.application(Metrics("profiles"), checks), "127.0.0.1", 0) as port:
        exit_code, output = await status(monkeypatch, port, "--json")
    assert exit_code == code
    assert [(each["name"], each["state"], each["note"]) for each in json.loads(output)["parts"]] == [
        ("profiles", state, note),
        ("janitor", state, note),
    ]
    assert json.loads(output)["parts"][0]["since"]


async def test_who_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    exit_code, output = await status(monkeypatch, free_port())
    assert exit_code == 1
    assert output.count("not answering") == 2
