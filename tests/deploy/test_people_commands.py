"""`weefsel participants|workers|neighbourhoods|organisations` against a running service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deploy import demo
from deploy.cli import application
from deploy.demo import people
from shared import clock
from tests.conftest import MakeStack


@dataclass
class Weefsel:
    """The command, as typed."""

    folder: Path

    async def __call__(self, *words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, application(words[0]), list(words))

    async def ok(self, *words: str) -> str:
        result = await self(*words)
        assert result.exit_code == 0, result.output + result.stderr
        return result.output

    async def json(self, *words: str) -> Any:
        return json.loads(await self.ok(*words, "--json"))

    async def refused(self, *words: str) -> str:
        result = await self(*words)
        assert result.exit_code == 1
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.stderr


def replaced(file: Path, before: str, after: str) -> Path:
    """A file, corrected as someone would in a spreadsheet."""
    file.write_text(file.read_text("utf-8-sig").replace(before, after), "utf-8")
    return file


@pytest.fixture(scope="module")
async def weefsel(module_stack: MakeStack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Weefsel]:
    """Profiles runs, with the people of the demo."""
    stack = await module_stack(["profiles"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEEFSEL_NATS_URL", stack.nats_url)
        patch.setenv("WEEFSEL_NATS_CREDENTIALS", str(stack.keys.creds("cli")))
        patch.setenv("WEEFSEL_SERVICES", "profiles")
        async with stack.running("profiles"), stack.connect() as client:
            await people.bring_in(client)
            yield Weefsel(tmp_path_factory.mktemp("files"))


async def test_places_are_registered_changed_and_retired(weefsel: Weefsel) -> None:
    await weefsel.ok("organisations", "register", "ocmw", "--name", "OCMW", "--kind", "municipality")
    await weefsel.ok(
        "organisations", "change", "ocmw", "--name", "nl=OCMW", "--name", "fr=CPAS", "--email", "o@x.example"
    )
    assert (await weefsel.json("organisations", "show", "ocmw"))["names"] == {"nl": "OCMW", "fr": "CPAS"}
    await weefsel.ok("neighbourhoods", "register", "muide", "--name", "Muide", "--organisation", "ocmw")
    await weefsel.ok("neighbourhoods", "change", "muide", "--timezone", "Europe/Paris")
    assert (await weefsel.json("neighbourhoods", "show", "muide"))["timezone"] == "Europe/Paris"
    assert "Muide" in await weefsel.ok("neighbourhoods", "list")
    assert "OCMW" in await weefsel.ok("organisations", "list")
    assert "in_use" not in await weefsel.refused("organisations", "retire", "ocmw")
    await weefsel.ok("neighbourhoods", "retire", "muide")
    await weefsel.ok("organisations", "retire", "ocmw")
    assert "no neighbourhood" in await weefsel.refused("participants", "move", "jos", "muide")


async def test_workers_start_work_are_away_and_stop(weefsel: Weefsel) -> None:
    register = ("workers", "register", "Noor Aerts", "--email", "noor@x.example", "--organisation", demo.BUURTPUNT)
    await weefsel.ok(*register, "--neighbourhood", demo.RABOT, "--hours", "ma-vr 9:00-12:30", "--backup", "marie")
    await weefsel.ok("workers", "change", "noor", "--phone", "09 123 45 67")
    await weefsel.ok("workers", "hours", "noor", "di 9u-12u30", "vr-za 13:00-17:00")
    shown = await weefsel.json("workers", "show", "noor@x.example")
    assert [(each["weekday"], each["begins"]) for each in shown["hours"]] == [
        ("tuesday", "09:00:00"), ("friday", "13:00:00"), ("saturday", "13:00:00"),
    ]  # fmt: skip
    absence = ("workers", "away", "noor", "--from", "2199-07-01", "--until", "2199-07-14")
    assert "two years ahead" in await weefsel.refused(*absence)
    today = f"{clock.now():%Y-%m-%d}"
    away = await weefsel.json("workers", "away", "noor", "--from", today, "--until", today)
    await weefsel.ok("workers", "back", "noor", away["absence_id"])
    assert "write them like" in await weefsel.refused("workers", "hours", "noor", "soms")
    assert "stands in for" in await weefsel.ok("workers", "backup", "noor", "karim")
    assert "Noor Aerts" in await weefsel.ok("workers", "list", "--neighbourhood", demo.RABOT)
    await weefsel.ok("workers", "assign", "noor")
    await weefsel.ok("workers", "end", "noor")
    assert "Nobody is called 'noor'" in await weefsel.refused("workers", "show", "noor")


async def test_a_participant_through_the_whole_of_their_time(weefsel: Weefsel) -> None:
    register = ("participants", "register", "Zoë Ğül", "--neighbourhood", demo.RABOT, "--phone", "0470 11 22 33")
    await weefsel.ok(*register, "--talent", "een lift", "--wish", "koken of samen eten: soep", "--free", "di nm")
    shown = await weefsel.json("participants", "show", "zoe")
    assert (shown["talents"][0]["kind"], shown["wishes"][0]["words"]) == ("lift", "soep")
    await weefsel.ok("participants", "change", "zoe", "--email", "zoe@x.example", "--quiet", "21u-8u")
    assert (await weefsel.json("participants", "show", "zoe"))["reach"]["phone"] == "0470 11 22 33"
    await weefsel.ok("participants", "pause", "zoe", "--until", "2199-01-01")
    assert "paused" in await weefsel.ok("participants", "list", "--status", "paused")
    await weefsel.ok("participants", "resume", "zoe")
    await weefsel.ok("participants", "move", "zoe", demo.BRUGSE_POORT)
    await weefsel.ok("participants", "visit", "zoe", "--by", "marie")
    assert "no visit" not in await weefsel.ok("participants", "visits", "zoe")
    await weefsel.ok("participants", "circle", "ask", "zoe", "lucas")
    await weefsel.ok("participants", "circle", "agree", "lucas", "zoe")
    assert "Lucas Maes" in await weefsel.ok("participants", "circle", "show", "zoe")
    await weefsel.ok("participants", "mandates", "give", "zoe", "lucas", "--until", "2199-01-01")
    consent = ("participants", "consents", "give", "zoe", demo.HORIZON, "--purpose", "newsletter", "--field", "name")
    given = await weefsel.json(*consent, "--until", "2199-01-01")
    await weefsel.ok("participants", "consents", "withdraw", "zoe", given["consent_id"])
    copy = await weefsel.json("participants", "copy", "zoe")
    assert {"participant", "consent", "visit"} <= {item["kind"] for item in copy["services"]["profiles"]}
    await weefsel.ok("participants", "leave", "zoe")
    await weefsel.ok("participants", "return", "zoe")
    erasure = await weefsel.json("participants", "erase", "zoe", "--yes")
    assert "janitor" in await weefsel.ok("participants", "erasures", erasure["erasure_id"])
    assert "Nobody is called" in await weefsel.refused("participants", "show", "zoe")


async def test_who_is_meant_must_be_clear(weefsel: Weefsel) -> None:
    assert "can be any of these" in await weefsel.refused("participants", "show", "an")
    assert "is no e-mail address" in await weefsel.refused(
        "participants", "register", "X", "--neighbourhood", demo.RABOT, "--email", "x"
    )
    assert "worker" in await weefsel.refused("participants", "out-of-matching", "jos")
    marie = (await weefsel.json("workers", "show", "marie"))["worker_id"]
    await weefsel.ok("participants", "out-of-matching", "jos", "--as", f"worker:{marie}")
    await weefsel.ok("participants", "into-matching", "jos", "--as", f"worker:{marie}")


async def test_an_import_brings_in_the_good_and_hands_back_the_bad(weefsel: Weefsel) -> None:
    file = weefsel.folder / "buren.csv"
    file.write_bytes("naam;wijk;e-mail;diagnose\nAïcha;Rabot;a@x.example;x\nBob;nergens;;y\n".encode("cp1252"))
    looked = await weefsel("participants", "import", str(file), "--dry-run", "--json")
    summary = json.loads(looked.stdout)
    assert (looked.exit_code, summary["good"], summary["columns_not_imported"]) == (1, 1, ["diagnose"])
    assert summary["bad"] == [
        {
            "row": 3,
            "column": "wijk",
            "reason": "there is no neighbourhood 'nergens'. See `weefsel neighbourhoods list`.",
        }
    ]
    before = len(await weefsel.json("participants", "list"))
    for new in (1, 0):
        done = json.loads((await weefsel("participants", "import", str(file), "--json")).stdout)
        assert (done["good"], done["bad_rows"]) == (1, 1)
        assert (done["brought_in"], done["in_already"]) == (new, 1 - new)
    assert len(await weefsel.json("participants", "list")) == before + 1
    corrected = replaced(Path(done["errors_file"]), "nergens", "rabot")
    assert "1 of 1 rows are in the network" in await weefsel.ok("participants", "import", str(corrected))


async def test_someone_erased_is_named_and_not_counted(weefsel: Weefsel) -> None:
    file = weefsel.folder / "gewist.csv"
    file.write_text("naam;buurt\nGewiste Buur;rabot\n", "utf-8")
    assert "1 were brought in, 0 were in already" in await weefsel.ok("participants", "import", str(file))
    await weefsel.ok("participants", "erase", "gewiste", "--yes")
    result = await weefsel("participants", "import", str(file))
    assert result.exit_code == 1
    assert "row 2: is someone who was erased" in result.stdout
    assert not list(weefsel.folder.glob("gewist.errors*"))
    assert "0 of 1 rows are in the network" in result.stdout


async def test_what_only_the_service_can_see_comes_back_by_row_and_column(weefsel: Weefsel) -> None:
    file = weefsel.folder / "organisatie.csv"
    file.write_text("naam;buurt;via organisatie;bereiken via\nCis;rabot;bestaat-niet;organisatie\n", "utf-8")
    result = await weefsel("participants", "import", str(file))
    assert result.exit_code == 1
    assert "row 2, column via organisatie: " in result.stdout
    assert "0 of 1 rows are in the network" in result.stdout


async def test_organisations_are_imported_and_changed(weefsel: Weefsel) -> None:
    file = weefsel.folder / "organisaties.csv"
    for name in ("Thuiszorg Noord", "Thuiszorg Noord vzw"):
        file.write_text(f"id;naam;soort\nthuiszorg;{name};thuiszorg\n", "utf-8")
        assert "1 organisations are as the file says" in await weefsel.ok("organisations", "import", str(file))
    assert (await weefsel.json("organisations", "show", "thuiszorg"))["names"] == {"nl": "Thuiszorg Noord vzw"}


async def test_neighbourhoods_are_imported_twice_and_are_there_once(weefsel: Weefsel) -> None:
    file = weefsel.folder / "wijken.csv"
    file.write_text(f"id;naam;organisatie\nsluizeken;Sluizeken;{demo.BUURTPUNT}\n", "utf-8")
    assert "1 neighbourhoods would be" in await weefsel.ok("neighbourhoods", "import", str(file), "--dry-run")
    for _ in range(2):
        assert (await weefsel.json("neighbourhoods", "import", str(file)))["good"] == 1
    assert (await weefsel.json("neighbourhoods", "show", "sluizeken"))["version"] == 1
