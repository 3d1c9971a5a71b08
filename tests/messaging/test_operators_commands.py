"""`weefsel dead-letters` and `weefsel retention`, as an operator runs them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from shared import clock
from shared.ids import new_id
from tests.messaging.conftest import Toy
from tests.messaging.toy import Make, Noted
from tests.waiting import eventually


@dataclass
class Outcome:
    code: int
    out: str
    complaint: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Weefsel: TypeAlias = Callable[..., Awaitable[Outcome]]


@pytest.fixture
def weefsel(toys: Toy) -> Weefsel:
    """The command, with the toy as the one service that is asked."""
    environment = os.environ | {
        "COLUMNS": "250",
        "WEEFSEL_NATS_URL": toys.stack.nats_url,
        "WEEFSEL_NATS_CREDENTIALS": str(toys.stack.keys.creds("cli")),
    }

    async def run(*words: str, stdin: str = "") -> Outcome:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "deploy.cli", *words, "--service", "toy", env=environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, complaint = await asyncio.wait_for(process.communicate(stdin.encode()), 30)
        return Outcome(process.returncode or 0, out.decode(), complaint.decode())

    return run


async def test_from_dead_to_mended(toys: Toy, weefsel: Weefsel, tmp_path: Path) -> None:
    assert "There are no dead letters." in (await weefsel("dead-letters", "list")).out
    await toys.publish(Noted(neighbourhood_id="here", n=1, how="break"))
    await eventually(toys.dead)

    (listed,) = (await weefsel("dead-letters", "list", "--json")).json
    assert (listed["service"], listed["message_type"], listed["reason"]) == ("toy", Noted.TYPE, "RuntimeError")
    assert "body" not in listed
    id_ = listed["id"]
    shown = (await weefsel("dead-letters", "show", id_, "--json")).json
    assert "_go_wrong" in shown["place"]
    assert '"how":"break"' in (await weefsel("dead-letters", "show", id_)).out

    again = await weefsel("dead-letters", "replay", id_)
    assert (again.code, again.complaint) == (1, "it failed again: RuntimeError; it stays a dead letter\n")
    (tmp_path / "mended.json").write_text(json.dumps(json.loads(shown["body"]) | {"how": ""}))
    replayed = await weefsel("dead-letters", "replay", id_, "--body", str(tmp_path / "mended.json"))
    assert (replayed.code, replayed.out) == (0, "It is handled now.\n")
    assert await toys.seen("noted") == [1]
    assert (await weefsel("dead-letters", "list", "--json")).json == []
    assert [each["status"] for each in (await weefsel("dead-letters", "list", "--all", "--json")).json] == ["replayed"]


async def test_discard_asks_first(toys: Toy, weefsel: Weefsel) -> None:
    await toys.do(Make(n=1, how="break"))
    (listed,) = (await weefsel("dead-letters", "list", "--json")).json
    assert (await weefsel("dead-letters", "discard", listed["id"], stdin="n\n")).code == 1
    assert (await toys.dead())[0]["status"] == "open"
    assert (await weefsel("dead-letters", "discard", listed["id"], stdin="y\n")).code == 0
    assert (await toys.dead())[0]["status"] == "discarded"


async def test_mistakes_get_a_sentence(weefsel: Weefsel, tmp_path: Path) -> None:
    unknown = await weefsel("dead-letters", "show", str(new_id()))
    assert (unknown.code, unknown.complaint.split(" ")[:5]) == (1, ["There", "is", "no", "dead", "letter"])
    (tmp_path / "no.json").write_text("[]")
    for body, words in ((str(tmp_path / "no.json"), "must hold a JSON object"), ("nowhere", "can't be read")):
        outcome = await weefsel("dead-letters", "replay", str(new_id()), "--body", body)
        assert outcome.code == 1
        assert words in outcome.complaint


async def test_retention_deletes_what_has_had_its_time(toys: Toy, weefsel: Weefsel) -> None:
    await toys.do(Make(n=1))
    await toys.do(Make(n=2, how="break"))
    await toys.idle()
    assert "Nothing had its time." in (await weefsel("retention", "run")).out
    for table, column in (("inbox", "received_at"), ("answer", "answered_at"), ("dead_letter", "died_at")):
        await toys.rows(f"UPDATE messaging.{table} SET {column} = $1", clock.now() - timedelta(days=46))
    removed = (await weefsel("retention", "run", "--json")).json["toy"]
    assert (removed["inbox"], removed["dead_letters"]) == (1, 1)
    assert removed["answers"] >= 2
