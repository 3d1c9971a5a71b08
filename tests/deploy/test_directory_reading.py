"""Files of a directory as people make them: what is wrong costs what is wrong, and is told where it stands."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.imports import directory_files
from deploy.imports.directory import Line, Mistake, Reading
from deploy.imports.directory_report import Report
from deploy.imports.directory_sending import LARGEST_MESSAGE, batches
from deploy.imports.directory_tables import TABLES
from deploy.trouble import Trouble
from shared.contracts.signals import BringRows, Resource
from shared.ids import new_id

SERVICES = "id,organization_id,name,status,description\n"
GOOD = {"organizations.csv": b"id,name\no1,Huis\n"}


def read(folder: Path, files: dict[str, bytes], language: str = "nl") -> tuple[list[Line], list[str], Reading]:
    """The lines that go on, and what is wrong, as sentences."""
    folder.mkdir(exist_ok=True)
    for name, content in (GOOD | files).items():
        (folder / name).write_bytes(content)
    wrong: list[Mistake] = []
    reading = Reading(directory_files.find(folder), language, wrong.append)
    lines = list(reading.lines())
    return lines, [str(each) for each in wrong], reading


def services(lines: list[Line]) -> dict[str, dict[str, str] | None]:
    return {line.id: line.row for line in lines if line.resource == "service"}


def test_a_quotation_mark_that_never_closes_costs_its_row_and_no_other(tmp_path: Path) -> None:
    rows = 's1,o1,Eerste,active,"open\ns2,o1,Tweede,active,goed\ns3,o1,Derde,active,"ook, goed"\n'
    lines, wrong, _ = read(tmp_path, {"services.csv": (SERVICES + rows).encode()})
    assert wrong == [f"services.csv, row 2 {directory_files.RUNS_ON}"]
    found = services(lines)
    assert (found["s1"], found["s2"], found["s3"]) == (
        None,
        {"id": "s2", "organization_id": "o1", "name": "Tweede", "status": "active", "description": "goed"},
        {"id": "s3", "organization_id": "o1", "name": "Derde", "status": "active", "description": "ook, goed"},
    )


def test_a_cell_may_run_over_several_lines(tmp_path: Path) -> None:
    lines, wrong, _ = read(
        tmp_path, {"services.csv": (SERVICES + 's1,o1,A,active,"een\r\ntwee ""drie"""\r\n').encode()}
    )
    assert not wrong
    assert (services(lines)["s1"] or {})["description"] == 'een\ntwee "drie"'


def test_what_is_no_utf_8_is_read_as_windows_1252_and_told(tmp_path: Path) -> None:
    content = (SERVICES + "s1,o1,Goed,active,é\n").encode() + "s2,o1,Café,active,\n".encode("cp1252")
    lines, wrong, _ = read(tmp_path, {"services.csv": content})
    assert (services(lines)["s2"] or {})["name"] == "Café"
    assert wrong == [
        "services.csv, row 3 is not in UTF-8 (byte E9): it was read as Windows-1252; save the file as UTF-8"
    ]
    with pytest.raises(Trouble, match="UTF-16"):
        read(tmp_path, {"services.csv": SERVICES.encode("utf-16")})


def test_semicolons_and_a_mark_at_the_beginning_do_too(tmp_path: Path) -> None:
    content = "\ufeff" + SERVICES.replace(",", ";") + "s1;o1;Naam;active;een, twee\n"
    lines, wrong, _ = read(tmp_path, {"services.csv": content.encode()})
    assert not wrong
    assert (services(lines)["s1"] or {})["description"] == "een, twee"


def test_a_row_with_too_few_or_too_many_cells_is_told(tmp_path: Path) -> None:
    rows = "s1,o1,Te kort\ns2,o1,Te lang,active,x,y,z\ns3,o1,Goed,active,,,\n\n"
    lines, wrong, reading = read(tmp_path, {"services.csv": (SERVICES + rows).encode()})
    assert [text.split(":")[0] for text in wrong] == [
        "services.csv, row 2 has 3 cells where the header has 5",
        "services.csv, row 3 has 7 cells where the header has 5",
    ]
    assert {id_: row is not None for id_, row in services(lines).items()} == {"s1": False, "s2": False, "s3": True}
    assert not reading.unsure, "their ids could be read"


def test_a_file_without_the_columns_that_it_needs_is_left_out_whole(tmp_path: Path) -> None:
    files = {"services.csv": (SERVICES + "s1,o1,A,active,\n").encode(), "phones.csv": b"id,service_id,tel\np1,s1,09\n"}
    lines, wrong, reading = read(tmp_path, files)
    assert wrong == [
        "phones.csv: has no column number: the first row has to name the columns as HSDS 3.0 does; nothing of it was"
        " read"
    ]
    assert reading.unsure == {"phone"}, "so that no phone counts as gone"
    assert services(lines)["s1"]
    with pytest.raises(Trouble, match=r"services\.csv has no column status"):
        read(tmp_path, {"services.csv": b"id,organization_id,name\n"})
    with pytest.raises(Trouble, match=r"two columns name"):
        read(tmp_path, {"services.csv": b"id,organization_id,name,name,status\n"})


def test_a_wrong_value_is_left_out_and_costs_the_row_only_where_it_can_t_do_without(tmp_path: Path) -> None:
    files = {
        "services.csv": b"id,organization_id,name,status,url,email,last_modified,description\n"
        b"s1,o1,A,Active,www.huis.be,a@b,gisteren,tekst\x07\n"
        b"s2,o1,B,closed,,,,\n",
        "locations.csv": b"id,location_type,latitude,longitude\nl1,physical,100,3.7\nl2,huis,51,x\n",
        "service_at_location.csv": b"id,service_id,location_id\nsl1,s1,l1\n",
        "schedules.csv": b"id,service_id,byday,opens_at,closes_at,freq,interval\n"
        b'h1,s1,maandag,9u,24:00,daily,0\nh2,s1,"mo, TU",9:00,17.30,weekly,2\n',
    }
    lines, wrong, _ = read(tmp_path, files)
    rows = {line.id: line.row for line in lines}
    assert rows["s1"] == {"id": "s1", "organization_id": "o1", "name": "A", "status": "active"}
    assert rows["s2"] is None
    assert rows["l1"] == {"id": "l1", "location_type": "physical", "longitude": "3.7"}
    assert rows["h1"] == {"id": "h1", "service_id": "s1", "closes_at": "00:00"}
    assert rows["h2"] == {
        "id": "h2", "service_id": "s1", "byday": "MO,TU", "opens_at": "09:00", "closes_at": "17:30", "freq": "WEEKLY",
        "interval": "2",
    }  # fmt: skip
    assert [text.split(": ")[0] for text in wrong] == [
        "services.csv, row 2, description", "services.csv, row 2, url", "services.csv, row 2, email",
        "services.csv, row 2, last_modified", "services.csv, row 3, status", "locations.csv, row 2, latitude",
        "locations.csv, row 3, location_type", "locations.csv, row 3, longitude", "schedules.csv, row 2, freq",
        "schedules.csv, row 2, interval", "schedules.csv, row 2, byday", "schedules.csv, row 2, opens_at",
    ]  # fmt: skip
    assert not any("www.huis.be" in text or "gisteren" in text for text in wrong), "no value is said again"


def test_what_names_nothing_is_told_and_what_belongs_to_a_bad_row_is_left_out_in_silence(tmp_path: Path) -> None:
    files = {
        "services.csv": (SERVICES + "s1,o1,A,active,\ns2,o1,,active,\n").encode(),
        "phones.csv": b"id,service_id,organization_id,number\np1,weg,,1\np2,s2,,2\np3,weg,o1,3\np4,,,4\n",
        "attributes.csv": b"id,link_id,link_entity,taxonomy_term_id\nk1,s1,service,t9\n",
    }
    lines, wrong, reading = read(tmp_path, files)
    rows = {line.id: line.row for line in lines}
    assert (rows["p1"], rows["p2"], rows["p4"], rows["k1"]) == (None, None, None, None)
    assert rows["p3"] == {"id": "p3", "organization_id": "o1", "number": "3"}
    alone = "belongs to nothing: name a location or service or organization or contact or service_at_location"
    assert wrong == [
        "services.csv, row 3, name: is empty, and a row can't do without it: fill it in",
        "phones.csv, row 2, service_id: names no service of the files: correct it; it was left out",
        f"phones.csv, row 2 {alone}",
        "phones.csv, row 4, service_id: names no service of the files: correct it; it was left out",
        f"phones.csv, row 5 {alone}",
        "attributes.csv, row 2, taxonomy_term_id: names no taxonomy_term of the files: correct it",
    ]
    assert reading.with_others == {"phone": 1}


def test_an_id_that_stands_there_twice_is_told_and_the_first_one_counts(tmp_path: Path) -> None:
    rows = "s1,o1,Eerste,active,\ns1,o1,Tweede,active,\n,o1,Zonder,active,\ns 4,o1,Blank,active,\n"
    lines, wrong, reading = read(tmp_path, {"services.csv": (SERVICES + rows).encode()})
    assert (services(lines)["s1"] or {})["name"] == "Eerste"
    assert [text.split(": ")[0] for text in wrong] == [f"services.csv, row {row}, id" for row in (3, 4, 5)]
    assert reading.unsure == {"service"}, "which ones they were is not known: none counts as gone"


@pytest.mark.parametrize(
    ("language", "low", "high", "said"),
    [
        ("nl", "12", "25", "Voor wie wil. Van 12 tot 25 jaar."),
        ("nl", "60", "", "Voor wie wil. Vanaf 60 jaar."),
        ("fr", "", "3", "Voor wie wil. Jusqu'à 3 ans."),
        ("nl", "veel", "", "Voor wie wil."),
        ("nl", "", "", "Voor wie wil."),
    ],
)
def test_years_have_no_field_and_are_told_in_words(
    tmp_path: Path, language: str, low: str, high: str, said: str
) -> None:
    content = "id,organization_id,name,status,eligibility_description,minimum_age,maximum_age\n"
    content += f"s1,o1,A,active,Voor wie wil.,{low},{high}\n"
    lines, _, _ = read(tmp_path, {"services.csv": content.encode()}, language)
    assert services(lines)["s1"] == {
        "id": "s1", "organization_id": "o1", "name": "A", "status": "active", "eligibility_description": said,
    }  # fmt: skip


def test_a_language_without_its_code_gets_it_by_its_name(tmp_path: Path) -> None:
    files = {
        "services.csv": (SERVICES + "s1,o1,A,active,\n").encode(),
        "languages.csv": "id,service_id,name,code\ng1,s1,Türkçe,\ng2,s1,Klingon,\n".encode(),
    }
    rows = {line.id: line.row for line in read(tmp_path, files)[0]}
    assert ((rows["g1"] or {})["code"], "code" in (rows["g2"] or {})) == ("tr", False)


def test_a_datapackage_names_files_and_publisher_and_leads_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "diensten.csv").write_bytes((SERVICES + "s1,o1,A,active,\n").encode())
    (tmp_path / "organizations.csv").write_bytes(GOOD["organizations.csv"])
    (tmp_path / "extra.csv").write_bytes(b"x\n")
    described = (
        '{"name": "Kaart van Gent", "title": "De kaart", "resources": ['
        '{"name": "service", "path": "diensten.csv"}, {"name": "organization", "path": "../organizations.csv"}]}'
    )
    (tmp_path / "datapackage.json").write_text(described)
    package = directory_files.find(tmp_path / "datapackage.json")
    assert (package.name, package.title, package.aside, package.remark) == (
        "kaart-van-gent",
        "De kaart",
        ("extra.csv",),
        "",
    )
    assert package.files == {"organization": "organizations.csv", "service": "diensten.csv"}
    for broken in ("../../datapackage.json", "[" * 100_000, '{"resources": [1]}', '{"resources": null}'):
        (tmp_path / "datapackage.json").write_text(broken)
        (tmp_path / "services.csv").write_bytes(SERVICES.encode())
        assert "usual file names" in directory_files.find(tmp_path).remark


def test_a_zip_that_is_cut_off_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "kaart.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("organizations.csv", GOOD["organizations.csv"])
        archive.writestr("services.csv", SERVICES + "s1,o1,A,active,\n" * 500)
    whole = path.read_bytes()
    at = whole.index(b"s1,o1,A,active")
    path.write_bytes(whole[:at] + b"\0" * 200 + whole[at + 200 :])
    reading = Reading(directory_files.find(path), "nl", lambda _: None)
    with pytest.raises(Trouble, match=r"services\.csv can't be read to its end"):
        list(reading.lines())


def test_a_line_of_many_megabytes_and_a_cell_of_many_thousands_cost_themselves(tmp_path: Path) -> None:
    rows = f"s1,o1,{'x' * 5_000_000},active,\ns2,o1,Kort,active,{'y' * 30_000}\ns3,o1,Goed,active,z\n"
    rows += f's4,o1,Goed,active,"{"é" * 15_000}"\n'
    lines, wrong, _ = read(tmp_path, {"services.csv": (SERVICES + rows).encode()})
    assert [text.split(":")[0] for text in wrong] == [
        "services.csv, row 2 is longer than 1,000,000 bytes", "services.csv, row 3, description",
        "services.csv, row 5 holds more than 20,000 bytes",
    ]  # fmt: skip
    assert (services(lines)["s2"] or {}).get("description") is None
    assert (services(lines)["s3"] or {})["description"] == "z"


def test_rows_fit_in_messages_and_keep_their_numbers(tmp_path: Path) -> None:
    rows = "".join(f"s{n},o1,Dienst {n},active,{'é' * (n % 50) * 100}\n" for n in range(300)) + "s9,o1,Dubbel,active,\n"
    lines, _, _ = read(tmp_path, {"services.csv": (SERVICES + rows + "s300,o1,,active,\n").encode()})
    made = list(batches(lines))
    import_id = new_id()
    for batch in made:
        message = BringRows(
            import_id=import_id, resource=batch.resource, first=batch.first, rows=batch.rows, kept=batch.kept
        )
        assert len(message.model_dump_json().encode()) < LARGEST_MESSAGE + 2_000
    numbers = [batch.first + at for batch in made if batch.resource == "service" for at in range(len(batch))]
    assert numbers == list(range(1, 302))
    assert [id_ for batch in made for id_ in batch.kept] == ["s300"]


def test_a_report_holds_every_mistake_and_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    with Report(path) as report:
        tracemalloc.start()
        for number in range(20_000):
            report.add(Mistake("services.csv", number + 2, "email", "is no e-mail address"))
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    assert (report.count, len(report.first), held < 500_000) == (20_000, 20, True)
    assert len(path.read_text("utf-8-sig").splitlines()) == 20_001


def test_a_file_of_a_hundred_megabytes_is_read_in_little_memory(tmp_path: Path) -> None:
    """In a process of its own, whose memory is its own: the largest that it ever was."""
    (tmp_path / "organizations.csv").write_bytes(GOOD["organizations.csv"])
    with (tmp_path / "services.csv").open("w") as out:
        out.write(SERVICES)
        for n in range(50_000):
            out.write(f's{n},o1,Dienst {n},active,"{"hulp en raad, " * 145}"\n')
    assert (tmp_path / "services.csv").stat().st_size > 100_000_000
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from deploy.imports import directory_files; from deploy.imports.directory import Reading\n"
        "reading = Reading(directory_files.find(Path(sys.argv[1])), 'nl', print)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "count = sum(1 for _ in reading.lines())\n"
        "print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    count, grown = map(int, done.stdout.split())
    assert count == 50_001
    assert grown < 30_000, f"{grown} KB more than before it began"


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=400))
def test_whatever_stands_in_a_file_reading_ends_and_says_what_is_wrong(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("files")
    good = "goed,o1,Goed,active,\n"
    lines, _, _ = read(folder, {"services.csv": SERVICES.encode() + content + b"\n" + good.encode()})
    for line in lines:
        if line.row is not None:
            BringRows(import_id=new_id(), resource=line.resource, first=1, rows=[line.row])


def test_the_tables_are_those_of_the_contract() -> None:
    assert set(TABLES) == set(get_args(Resource))
