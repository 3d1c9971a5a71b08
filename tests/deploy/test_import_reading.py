"""Reading files as people have them: encodings, separators, headers in three languages, and every oddity."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.imports import places, words
from deploy.imports.participants import Places, Reading, recognised, understand
from deploy.imports.table import REASON, write_bad_rows
from deploy.trouble import Trouble
from shared.policy import load

ROOT = Path(__file__).parents[2]
PLACES = Places({words.key(each): "brugse-poort" for each in ("brugse-poort", "Brugse Poort", "Porte de Bruges")})
HERE = Places(PLACES.by_name, "brugse-poort")


def written(folder: Path, content: str | bytes, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(folder: Path, content: str | bytes, there: Places = HERE) -> Reading:
    return understand(written(folder, content), there, load(), "participant")


def sentences(reading: Reading, row: int) -> list[str]:
    return [str(mistake) for mistake in reading.bad[row][1]]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("naam;buurt\nZoë Ğül;Brugse Poort\n".encode(), "utf-8"),
        ("naam;buurt\nZoë Ğül;Brugse Poort\n".encode("utf-8-sig"), "utf-8"),
        ("naam;buurt\nZoë Ğül;Brugse Poort\n".encode("utf-16"), "utf-16"),
        ("naam,buurt\r\nZoë Ğül,Brugse Poort\r\n".encode(), "utf-8"),
        ("naam\tbuurt\rZoë Ğül\tBrugse Poort\r".encode(), "utf-8"),
        ("sep=;\nnaam;buurt\nZoë Ğül;Brugse Poort".encode(), "utf-8"),
    ],
)
def test_any_encoding_and_separator_says_the_same(tmp_path: Path, content: bytes, encoding: str) -> None:
    reading = read(tmp_path, content, PLACES)
    assert reading.table.encoding == encoding
    assert [each.command.name for each in reading.good] == ["Zoë Ğül"]
    assert reading.bad == {}


def test_windows_1252_is_read_too(tmp_path: Path) -> None:
    reading = read(tmp_path, "prénom;nom;quartier\nFrançois;Léger – d’Hoop;Porte de Bruges".encode("cp1252"), PLACES)
    assert reading.good[0].command.name == "François Léger – d’Hoop"
    assert reading.table.encoding == "cp1252"


@pytest.mark.parametrize(
    "header",
    [
        "Naam;Buurt;E-mail;GSM;Talenten;Wensen;Beschikbaarheid;Talen;Max. per maand;Stille uren",
        "NOM;QUARTIER;Courriel;Téléphone;Talents;Souhaits;Disponibilité;Langues;Plafond;Heures calmes",
        "name;neighbourhood;email address;phone number;talents;wishes;availability;languages;ceiling;quiet hours",
        " naam ;wijk;E-MAILADRES;Tel.;talent;wens;beschikbaar;taal;maximum;niet storen",
    ],
)
def test_headers_in_three_languages_mean_the_same(tmp_path: Path, header: str) -> None:
    header = header.replace("Max. per maand", "Maximum per maand")
    row = "Jos;Brugse Poort;jos@x.example;0470 12 34 56;een lift, soep koken;un trajet en voiture;di nm;nl/fr;3;20u-9u"
    command = read(tmp_path, f"{header}\n{row}").good[0].command
    assert command.model_dump(mode="json", exclude_defaults=True, exclude={"reference"}) == {
        "name": "Jos",
        "neighbourhood_id": "brugse-poort",
        "on_word_of": "participant",
        "languages": ["nl", "fr"],
        "reach": {"by": "email", "email": "jos@x.example", "phone": "0470 12 34 56"},
        "talents": [{"kind": "lift"}, {"words": "soep koken"}],
        "wishes": [{"kind": "lift"}],
        "availability": [{"weekday": "tuesday", "part": "afternoon"}],
        "ceiling": 3,
        "quiet_hours": {"start": "20:00:00", "end": "09:00:00"},
    }


def test_every_row_with_a_mistake_is_named_by_row_and_column(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        "Naam;Wijk;Telefoon;Mail;Taal;Vrij\n"
        "Jos;nergens;09;jos@;Klingon;x\n"
        ";Brugse Poort;;;;\n"
        "Els;Brugse Poort;09 123 45 67;;;\n",
        PLACES,
    )
    assert [each.command.name for each in reading.good] == ["Els"]
    assert [sentence.partition(":")[0] for sentence in sentences(reading, 2)] == ["Wijk", "Taal", "Mail", "Telefoon"]
    assert sentences(reading, 3) == ["Naam: is empty: fill it in"]
    assert reading.columns.unknown == ("Vrij",)


def test_oddities_of_spreadsheets(tmp_path: Path) -> None:
    """Quoted newlines, empty lines, separators at the end, NUL, leading zeros, formulas, one cell too many."""
    reading = read(
        tmp_path,
        "naam;straat;nr;postcode;gemeente;gsm;;\n"
        "\n"
        '"Jos\nDe Smet";"Brugstraat";12;9000;Gent;0032 470 12 34 56;;\n'
        ";;;;;;;\n"
        "Els;;;;;0470123456\n"
        "A\0n;;;;;\n"
        "=1+1;;;;;;;;surplus\n"
        "   ;;;;;x;\n",
    )
    jos, els = (each.command for each in reading.good)
    assert (jos.name, jos.address) == ("Jos De Smet", "Brugstraat 12, 9000 Gent")
    assert (els.reach.phone, jos.reach.phone) == ("0470123456", "0032 470 12 34 56")
    assert list(reading.bad) == [6, 7, 8]
    assert "control character (U+0000)" in sentences(reading, 6)[0]
    assert "more cells than there are columns" in sentences(reading, 7)[0]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is empty"),
        ("sep=;\n", "is empty"),
        ("voornaam;naam;naam\nJos;De Smet;x", "'naam' (column 2) and 'naam' (column 3) mean the same"),
        ("naam;name\nJos;De Smet", "'naam' (column 1) and 'name' (column 2) mean the same"),
        ("gsm;gsm;naam\n1;2;x", "'gsm' (column 1) and 'gsm' (column 2) mean the same"),
        ("a;b\n1;2", "no column holds a name"),
        ('naam;buurt\nJos;"Brugse\nEls;x\n', "row 2: a quotation mark"),
        (f"naam;buurt\nJos;{'x' * 100_001}\n", "row 2: a cell holds more than 100,000 characters"),
        (f"{'x' * 100_001};naam\nJos;x\n", "row 1: a cell holds more than 100,000 characters"),
        ("naam;buurt\nJos;x\n".encode("utf-16-le"), "save it as 'CSV UTF-8'"),
        ("naam;buurt\nJos;x\n".encode("utf-16-be"), "save it as 'CSV UTF-8'"),
        ("naam;buurt\nJos;x\n".encode("utf-32"), "save it as 'CSV UTF-8'"),
        (";".join(f"k{number}" for number in range(3000)), "k19, … and 2980 more"),
        (b"naam\n\x81\x8d", "neither UTF-8 nor Windows-1252"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(
    tmp_path: Path, content: str | bytes, sentence: str
) -> None:
    with pytest.raises(Trouble) as caught:
        read(tmp_path, content)
    assert sentence in str(caught.value)
    with pytest.raises(Trouble, match="can't be read"):
        understand(tmp_path / "none.csv", HERE, load(), "participant")


def test_a_header_of_phones_may_stand_beside_one_of_mobiles(tmp_path: Path) -> None:
    reading = read(tmp_path, "naam;telefoon;gsm\nJos;;0470 12 34 56\nEls;09 123 45 67;0471 00 00 00")
    assert [each.command.reach.phone for each in reading.good] == ["0470 12 34 56", "09 123 45 67"]


def test_the_same_row_is_the_same_command_and_the_same_person(tmp_path: Path) -> None:
    first = read(tmp_path, "naam;ref\nJos;1\nEls;\nEls;\n")
    second = read(tmp_path, "ref,naam\n1,Jos\n,Els")
    assert [each.id for each in first.good] == [each.id for each in second.good]
    assert first.repeated == {4: 3}
    assert first.good[0].command.reference == "1"
    assert (first.good[1].command.reference or "").startswith("row-")


def test_a_reference_that_stands_at_two_people_is_a_mistake(tmp_path: Path) -> None:
    header = "naam;gsm;referentie\n"
    reading = read(tmp_path, f"{header}A;;same-1\nB;;same-1\nA;;same-1\nC;x;2\nD;;2\nE;;3\n")
    assert [each.command.name for each in reading.good] == ["A", "E"]
    assert reading.repeated == {4: 2}
    assert sentences(reading, 3) == [
        "referentie: has the same reference as row 2, and says something else: each person has their own"
    ]
    assert "the same reference as row 5" in sentences(reading, 6)[0]


@pytest.mark.parametrize("header", ["nummer", "Nr.", "numéro", "n°"])
def test_a_number_without_a_street_is_not_taken_for_a_reference(tmp_path: Path, header: str) -> None:
    reading = read(tmp_path, f"naam;adres;{header}\nJos;Brugstraat;12\nEls;Rabot;12\n")
    assert len(reading.good) == 2
    assert reading.columns.unknown == (header,)
    assert all((each.command.reference or "").startswith("row-") for each in reading.good)


def test_bad_rows_can_be_corrected_and_read_again(tmp_path: Path) -> None:
    reading = read(tmp_path, 'naam;e-mail;talenten\n"De ""Jos""";jos@;"a;b"\nEls;els@x.example;\n')
    bad = [(row, [str(each) for each in mistakes]) for row, mistakes in reading.bad.values()]
    path = write_bad_rows(reading.table, bad)
    assert path.name == "people.errors.csv"
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text("utf-8-sig")
    assert REASON in text.splitlines()[0]
    assert "is no e-mail address" in text
    corrected = understand(
        written(tmp_path, text.replace("jos@;", "jos@x.example;"), "again.csv"), HERE, load(), "worker"
    )
    assert [each.command.name for each in corrected.good] == ['De "Jos"']
    assert corrected.columns.unknown == ()
    path.write_text("someone's corrections", "utf-8")
    assert write_bad_rows(reading.table, bad).name == "people.errors-2.csv"
    assert path.read_text("utf-8") == "someone's corrections"


def test_what_a_spreadsheet_would_run_goes_out_guarded_and_comes_back_as_it_was(tmp_path: Path) -> None:
    cells = ["=1+1", "-x", "@sum", "'=quoted", "'s Gravenweg"]
    lines = "".join(f"{cell};jos@;+32470123456\n" for cell in cells)
    reading = read(tmp_path, f"naam;e-mail;gsm\n{lines}")
    assert len(reading.bad) == len(cells)
    path = write_bad_rows(reading.table, [(row, [str(each) for each in found]) for row, found in reading.bad.values()])
    kept = list(csv.reader(io.StringIO(path.read_text("utf-8-sig")), delimiter=";"))
    assert not [cell for row in kept for cell in row if cell.startswith(("=", "+", "-", "@"))]
    again = read(tmp_path, path.read_text("utf-8").replace("jos@;", "jos@x.example;"))
    assert [each.command.name for each in again.good] == cells
    assert {each.command.reach.phone for each in again.good} == {"+32470123456"}


def test_a_place_in_the_sea_is_a_mistake(tmp_path: Path) -> None:
    reading = read(tmp_path, "naam;lat;lon\nJos;0;0,0\nEls;51,05;3,7\nAn;0;3,7\n")
    assert sentences(reading, 2) == ["lat: 0 and 0 lie in the sea: leave both empty when not known"]
    assert [each.command.name for each in reading.good] == ["Els", "An"]


def test_a_header_alone_holds_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path, "naam;buurt\n").table.rows == ()


@given(st.lists(st.lists(st.text(max_size=20), min_size=3, max_size=5), max_size=5), st.sampled_from(";,\t"))
def test_whatever_stands_in_the_cells_each_row_is_good_or_bad_or_repeated(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], delimiter: str
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([["naam", "gsm", "talenten"], *rows])
    data = out.getvalue().encode("utf-8", "replace")
    try:
        reading = read(tmp_path_factory.mktemp("any"), data)
    except Trouble:
        return
    assert len(reading.good) + len(reading.bad) + len(reading.repeated) == len(reading.table.rows)
    assert all(mistakes for _, mistakes in reading.bad.values())


def geojson(*features: dict[str, Any]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features)})


SQUARE = [[[3.69, 51.05], [3.71, 51.05], [3.71, 51.06], [3.69, 51.06], [3.69, 51.05]]]


def test_neighbourhoods_from_geojson_get_an_area(tmp_path: Path) -> None:
    feature = {
        "type": "Feature",
        "properties": {"naam": "Brugse Poort", "naam_fr": "Porte de Bruges", "OPPERVLAKTE": 12},
        "geometry": {"type": "Polygon", "coordinates": SQUARE},
    }
    tiny = {"type": "Polygon", "coordinates": [[[3.7, 51.05], [3.70001, 51.05], [3.7, 51.05001], [3.7, 51.05]]]}
    point = feature | {"geometry": {"type": "Point", "coordinates": [3.7, 51.05]}, "properties": {"naam": "Punt"}}
    text = geojson(feature, feature, point, {"properties": {"naam": "Klein"}, "geometry": tiny}, {"properties": None})
    found = places.neighbourhoods(written(tmp_path, text, "places.geojson"), "buurtpunt")
    place, small = (each.command for each in found.good)
    assert (place.neighbourhood_id, place.names) == ("brugse-poort", {"nl": "Brugse Poort", "fr": "Porte de Bruges"})
    assert 5 < len(place.cells) < 100
    assert len(small.cells) == 1
    assert [each.partition(":")[0] for each in found.bad] == ["feature 2", "feature 3", "feature 5", "feature 5"]


def test_neighbourhoods_from_csv(tmp_path: Path) -> None:
    header = "id;naam;naam fr;organisatie;tijdzone\n"
    text = f"{header}rabot;Rabot;Rabot (fr);ocmw;\n;Sint-Amandsberg;;;Europe/Paris\nx;X;;;Mars\n"
    found = places.neighbourhoods(written(tmp_path, text), "buurtpunt")
    assert [each.command.neighbourhood_id for each in found.good] == ["rabot", "sint-amandsberg"]
    assert [each.command.organisation_id for each in found.good] == ["ocmw", "buurtpunt"]
    assert found.bad == ["row 4: timezone is no timezone: write it like Europe/Brussels"]


def test_organisations_from_csv(tmp_path: Path) -> None:
    text = "naam;soort;e-mail\nLDC De Horizon;dienstencentrum;o@x.example\nOCMW;stad;\nX;winkel;\nY;vzw;nee\n"
    found = places.organisations(written(tmp_path, text))
    assert [(each.id, each.command.kind) for each in found.good] == [
        ("ldc-de-horizon", "local-service-centre"), ("ocmw", "municipality"),
    ]  # fmt: skip
    assert [each.partition(":")[0] for each in found.bad] == ["row 4", "row 5"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"type": "Feature"}', "[" * 100_000])
def test_what_is_no_geojson_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Trouble, match="GeoJSON"):
        places.neighbourhoods(written(tmp_path, text, "places.json"), "x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20:00-09:00", ("20:00", "09:00")),
        ("20u30 tot 8u", ("20:30", "08:00")),
        ("21h à 8h", ("21:00", "08:00")),
        ("22 - 7", ("22:00", "07:00")),
    ],
)
def test_quiet_hours_as_people_write_them(text: str, expected: tuple[str, str]) -> None:
    assert tuple(words.quiet_hours(text).values()) == expected


@pytest.mark.parametrize("text", ["", "altijd stil", "25:00-9:00", "9:00"])
def test_quiet_hours_that_are_none(text: str) -> None:
    with pytest.raises(words.Unclear):
        words.quiet_hours(text)


def test_every_header_that_the_documentation_names_is_understood() -> None:
    lines = (ROOT / "docs" / "import.md").read_text("utf-8").splitlines()
    rows = [line.split("|")[2] for line in lines if line.startswith("| ") and not line.startswith("| column")]
    headers = [each.strip() for row in rows for each in re.split(r"[,;]|\bor\b|\bwith\b", row) if each.strip()]
    assert len(headers) > 50
    assert [each for each in headers if not recognised(each)] == []
