"""`weefsel directory …` against running services."""

from __future__ import annotations

import asyncio
import csv
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import application
from deploy.imports.directory_tables import TABLES
from shared.contracts.signals import Resource
from tests.conftest import MakeStack
from tests.signals.only_directory import service

ROOT = Path(__file__).parents[2]
GENT = ROOT / "examples" / "data" / "sociale-kaart-gent"
PUBLISHED = ROOT.parent / "shared" / "data" / "hsds-3.0"


@dataclass
class Weefsel:
    """The command, as typed; and a folder for files."""

    folder: Path

    async def __call__(self, *words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, application(words[0]), list(words))

    async def ok(self, *words: str) -> str:
        result = await self(*words)
        assert result.exit_code == 0, result.output + result.stderr
        return result.output

    async def json(self, *words: str, code: int = 0) -> Any:
        result = await self(*words, "--json")
        assert result.exit_code == code, result.output + result.stderr
        return json.loads(result.stdout)


@pytest.fixture(scope="module")
async def weefsel(module_stack: MakeStack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Weefsel]:
    """Signals runs, as far as it is about the directory."""
    stack = await module_stack([service])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEEFSEL_NATS_URL", stack.nats_url)
        patch.setenv("WEEFSEL_NATS_CREDENTIALS", str(stack.keys.creds("cli")))
        async with stack.running("signals"):
            yield Weefsel(tmp_path_factory.mktemp("files"))


def files(folder: Path, rows: dict[Resource, list[dict[str, str]]]) -> Path:
    """A directory's files, without a datapackage.json."""
    folder.mkdir(parents=True, exist_ok=True)
    for resource, lines in rows.items():
        with (folder / TABLES[resource].file).open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, [each.name for each in TABLES[resource].columns])
            writer.writeheader()
            writer.writerows(lines)
    return folder


def everything(folder: Path) -> dict[str, list[dict[str, str]]]:
    """All rows of all files, in the order of their ids."""
    found = {}
    for file in sorted(folder.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            found[file.name] = sorted(csv.DictReader(lines), key=lambda row: row["id"])
    return found


def reported(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text("utf-8-sig").splitlines()))


async def test_the_made_up_directory_comes_in_is_found_shown_and_comes_out_again(weefsel: Weefsel) -> None:
    looked = await weefsel.json("directory", "import", str(GENT), "--dry-run")
    assert (looked["good"]["service"], looked["mistakes"], looked["result"]) == (163, 0, None)
    assert "No" in await weefsel.ok("directory", "search", "poetsen")
    done = await weefsel.json("directory", "import", str(GENT))
    assert done["result"]["services"]["new"] == 163
    assert "163 services" in await weefsel.ok("directory", "import", str(GENT)), "the same again changes nothing"

    found = await weefsel.json("directory", "search", "poetsen")
    assert "Poetshulp" in [each["name"] for each in found["services"]]
    assert "Aide" not in await weefsel.ok("directory", "search", "poetshulp", "--kind", "money")
    shown = await weefsel.ok("directory", "show", "Samen op stap")
    assert "De Horizon" in shown
    assert "ma–vr 9:00–12:00" in shown, shown
    assert "can be any of these" in (await weefsel("directory", "show", "Huisartsen huis")).stderr
    assert "sociale-kaart-gent" in await weefsel.ok("directory", "sources")

    out = weefsel.folder / "out"
    await weefsel.ok("directory", "export", str(out), "--source", "sociale-kaart-gent")
    assert everything(out) == everything(GENT)
    assert json.loads((out / "datapackage.json").read_text()) == json.loads((GENT / "datapackage.json").read_text())
    again = await weefsel.json("directory", "import", str(out))
    assert again["result"]["rows"]["new"] + again["result"]["rows"]["changed"] + again["result"]["rows"]["gone"] == 0


async def test_a_zip_does_as_well_as_a_folder(weefsel: Weefsel) -> None:
    with zipfile.ZipFile(weefsel.folder / "kaart.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in GENT.iterdir():
            archive.write(file, f"kaart-main/{file.name}")
    done = await weefsel.json("directory", "import", str(weefsel.folder / "kaart.zip"), "--dry-run")
    assert (done["source"], done["good"]["schedule"], done["mistakes"]) == ("sociale-kaart-gent", 227, 0)


async def test_mistakes_are_told_by_file_row_and_field_and_what_is_good_goes_in(weefsel: Weefsel) -> None:
    folder = files(weefsel.folder / "stuk", {
        "organization": [{"id": "o1", "name": "Huis"}],
        "service": [
            {"id": "stuk-1", "organization_id": "o1", "name": "Goed", "status": "active", "email": "geen adres"},
            {"id": "stuk-2", "organization_id": "weg", "name": "Los", "status": "active"},
            {"id": "stuk-3", "organization_id": "o1", "name": "", "status": "active"},
            {"id": "stuk-1", "organization_id": "o1", "name": "Dubbel", "status": "active"},
        ],
        "schedule": [{"id": "h1", "service_id": "stuk-2", "opens_at": "09:00"}],
    })  # fmt: skip
    result = await weefsel("directory", "import", str(folder))
    assert result.exit_code == 1
    for sentence in (
        "services.csv, row 2, email: is no e-mail address: write it like info@steunpunt.example; it was left out",
        "services.csv, row 3, organization_id: names no organization of the files: correct it",
        "services.csv, row 4, name: is empty, and a row can't do without it: fill it in",
        "services.csv, row 5, id: stands in an earlier row already: give each row its own",
        f"All that is wrong stands in {folder}.errors.csv",
        "1 new, 0 changed",
    ):
        assert sentence in result.output, result.output
    assert [row["row"] for row in reported(Path(f"{folder}.errors.csv"))] == ["2", "3", "4", "5"]
    assert (await weefsel.json("directory", "show", "stuk-1"))["email"] is None


async def test_an_update_retires_what_is_gone_and_leaves_other_sources_alone(weefsel: Weefsel) -> None:
    base: dict[Resource, list[dict[str, str]]] = {
        "organization": [{"id": "o1", "name": "Huis"}],
        "service": [
            {"id": f"weg-{n}", "organization_id": "o1", "name": f"Dienst {n}", "status": "active"} for n in (1, 2)
        ],
    }
    await weefsel.json("directory", "import", str(files(weefsel.folder / "eerst", base)), "--source", "bron")
    base["service"].pop()
    done = await weefsel.json("directory", "import", str(files(weefsel.folder / "later", base)), "--source", "bron")
    assert done["result"]["services"] == {"new": 0, "changed": 0, "gone": 1, "same": 1}
    assert (await weefsel.json("directory", "show", "weg-2"))["retired"]
    assert [each["name"] for each in (await weefsel.json("directory", "search", "Dienst 2"))["services"]] == []
    assert (await weefsel.json("directory", "search", "Samen op stap"))["services"], "of another source"


async def test_what_is_no_directory_is_told_so(weefsel: Weefsel) -> None:
    empty = weefsel.folder / "leeg"
    empty.mkdir()
    assert "holds no organizations.csv" in (await weefsel("directory", "import", str(empty))).stderr
    assert "is not there" in (await weefsel("directory", "import", str(empty / "nergens"))).stderr
    (empty / "x.zip").write_bytes(b"PK\x03\x04 and no more")
    assert "no zip that can be read" in (await weefsel("directory", "import", str(empty / "x.zip"))).stderr
    (empty / "other").write_text("mine")
    assert "holds other files" in (await weefsel("directory", "export", str(empty), "--source", "bron")).stderr
    assert "give --source" in (await weefsel("directory", "export", str(empty), "--source", "geen")).stderr


@pytest.mark.parametrize("form", ["csv"])
async def test_the_published_examples_of_hsds_come_in(weefsel: Weefsel, form: str) -> None:
    """Where they lie beside the project; everything else of the suite does without."""
    folder = PUBLISHED / "examples" / form
    if not folder.exists():
        return
    done = await weefsel.json(
        "directory", "import", str(folder), "--source", "hsds", "--report", str(weefsel.folder / "r.csv"), code=1
    )
    assert done["result"]["services"]["new"] == 1
    assert {(each["file"], each["field"]) for each in done["first_mistakes"]} >= {
        ("locations.csv", "latitude"), ("locations.csv", "organization_id"), ("attributes.csv", "link_entity"),
    }  # fmt: skip
    shown = await weefsel.json("directory", "show", "ac148810-d857-441c-9679-408f346de14b")
    assert "Van 12 tot 100 jaar." in shown["eligibility"]
    assert shown["phones"][0].startswith('"+44 1234 234567"')


async def test_what_is_exported_is_what_the_specification_describes(weefsel: Weefsel) -> None:
    """Every file and column is one of HSDS 3.0, and every column that it requires is there."""
    if not PUBLISHED.exists():
        return
    published = {
        each["path"]: each["schema"] for each in json.loads((PUBLISHED / "datapackage.json").read_text())["resources"]
    }
    for file, rows in everything(GENT).items():
        fields = {each["name"]: each for each in published[file]["fields"]}
        for row in rows:
            assert set(row) <= set(fields), file
            assert not [name for name, each in fields.items() if each["constraints"]["required"] and not row[name]], (
                file,
                row,
            )
            for name, value in row.items():
                allowed = fields[name]["constraints"].get("enum")
                assert not (value and allowed) or value in allowed
