"""What a directory's files say, row by row: what is good goes on, what is not is told with its file, row and column."""

from __future__ import annotations

import json
import math
import re
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from pydantic import TypeAdapter, ValidationError

from deploy.imports import directory_files, words
from deploy.imports.directory_files import LONGEST_CELL, Package, Unreadable
from deploy.imports.directory_tables import CHOICES, ENTITIES, FOLDED, TABLES, Column, Table
from deploy.trouble import Trouble
from shared.contracts.signals import Resource
from shared.contracts.types import Email

NAMED = {column.names for table in TABLES.values() for column in table.columns}
"""Tables of which rows are named by others."""
LARGEST_ROW = 20_000
"""Bytes of a row: one has to fit in a message."""
YEARS = {
    "nl": ("Vanaf {low} jaar.", "Tot {high} jaar.", "Van {low} tot {high} jaar."),
    "fr": ("À partir de {low} ans.", "Jusqu'à {high} ans.", "De {low} à {high} ans."),
    "de": ("Ab {low} Jahren.", "Bis {high} Jahre.", "Von {low} bis {high} Jahren."),
    "en": ("From {low} years on.", "Up to {high} years.", "From {low} to {high} years."),
}
"""How the years of who it is for are told, for which there is no field."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, and where."""

    file: str
    row: int
    """As a spreadsheet counts: the header is row 1. 0: the whole file."""
    field: str
    message: str

    def __str__(self) -> str:
        place = ", ".join(filter(None, (self.file, f"row {self.row}" if self.row else "", self.field)))
        return f"{place}: {self.message}" if not self.row or self.field else f"{place} {self.message}"


@dataclass(frozen=True, slots=True)
class Line:
    """A row that goes on; without its cells when it can't be read, and what is known of it stays."""

    resource: Resource
    id: str
    row: dict[str, str] | None


@dataclass
class Reading:
    """What was read so far."""

    package: Package
    language: str
    complain: Callable[[Mistake], None]
    advance: Callable[[int], None] = lambda _: None
    """Told how many bytes were read."""
    good: Counter[Resource] = field(default_factory=Counter)
    bad: Counter[Resource] = field(default_factory=Counter)
    """Rows that were left out for what is wrong with them."""
    with_others: Counter[Resource] = field(default_factory=Counter)
    """Rows that were left out as what they belong to was."""
    unsure: set[Resource] = field(default_factory=set)
    """Tables with something that can't even be told which row it is: nothing of them counts as gone."""
    _read: dict[Resource, set[int]] = field(default_factory=dict)
    """Hashes of the ids that were read: numbers take a third of the room."""
    _lost: dict[Resource, set[int]] = field(default_factory=dict)

    def lines(self) -> Iterator[Line]:
        """Every row of every table, in an order in which what is named comes first. Raises Trouble."""
        for resource, table in TABLES.items():
            self._read[resource], self._lost[resource] = set(), set()
            if resource in self.package.files:
                yield from self._table(table)
            if resource not in NAMED:  # make room
                self._read[resource] = self._lost[resource] = set()

    def _table(self, table: Table) -> Iterator[Line]:
        file = self.package.files[table.resource]

        def complain(row: int, column: str, message: str) -> None:
            self.complain(Mistake(file, row, column, message))

        above: list[tuple[int, int, Column]] = []
        try:
            with self.package.open(table.resource) as raw:
                for read in directory_files.rows(raw, table, complain, self.advance):
                    if (line := self._line(table, read, complain, above)) is not None:
                        yield line
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise Trouble(f"{self.package.path}: {file} can't be read to its end ({error}).") from None
        except Unreadable as unreadable:
            if table.resource in ("organization", "service"):
                raise Trouble(f"{file} {unreadable}.") from None
            self.complain(Mistake(file, 0, "", f"{unreadable}; nothing of it was read"))
            self.unsure.add(table.resource)
        for number, id_, column in above:
            if id_ not in self._read[table.resource]:
                complain(number, column.name, f"names no {column.names} of the file: correct it, or leave it empty")

    def _line(
        self, table: Table, read: directory_files.Read, complain: directory_files.Complain,
        above: list[tuple[int, int, Column]],
    ) -> Line | None:  # fmt: skip
        """The row as it goes on; None when there is nothing that could stay of it."""
        resource, id_, lost_with = table.resource, read.cells.get("id", ""), False
        if not _ID.fullmatch(id_):
            if read.whole:
                complain(read.number, "id", "is missing: give each row its own" if not id_ else _NO_ID)
            self.bad[resource] += 1
            self.unsure.add(resource)
            return None
        key = hash(id_)
        if key in self._read[resource] or key in self._lost[resource]:
            complain(read.number, "id", "stands in an earlier row already: give each row its own")
            self.bad[resource] += 1
            return None
        row = None
        if read.whole:
            row, lost_with = self._row(table, read.number, read.cells, complain, above)
        if row is None:
            self._lost[resource].add(key)
            (self.with_others if lost_with else self.bad)[resource] += 1
            return Line(resource, id_, None)
        self._read[resource].add(key)
        self.good[resource] += 1
        return Line(resource, id_, row)

    def _row(
        self, table: Table, number: int, cells: dict[str, str], complain: directory_files.Complain,
        above: list[tuple[int, int, Column]],
    ) -> tuple[dict[str, str] | None, bool]:  # fmt: skip
        """What is good of it; None when it can't do without what is not. And whether that is another row's doing."""
        row: dict[str, str] = {}
        refused = lost_with = False
        links = 0
        for column in table.columns:
            cell = cells.get(column.name)
            if cell is None:
                if column.required:
                    complain(number, column.name, "is empty, and a row can't do without it: fill it in")
                    refused = True
                continue
            if column.names is not None:
                state = self._named(table, column, cell, number, above)
                if state == "read":
                    row[column.name] = cell
                    links += 1
                elif state == "lost":
                    lost_with = True
                    refused = refused or column.required
                else:
                    left = "" if column.required else "; it was left out"
                    complain(number, column.name, f"names no {column.names} of the files: correct it{left}")
                    refused = refused or column.required
                continue
            try:
                row[column.name] = SHAPES[column.shape](cell)
            except ValueError as error:
                left = "" if column.required else "; it was left out"
                complain(number, column.name, f"{error}{left}")
                refused = refused or column.required
        if table.belongs and not links and not refused:
            if not lost_with:
                complain(number, "", f"belongs to nothing: name a {' or '.join(_owners(table))}")
            refused = True
        if refused:
            return None, lost_with
        return self._whole(table, number, row, complain)

    def _whole(
        self, table: Table, number: int, row: dict[str, str], complain: directory_files.Complain
    ) -> tuple[dict[str, str] | None, bool]:
        """What only the row as a whole tells."""
        if table.resource == "attribute":
            entity = row["link_entity"]
            if entity not in ENTITIES:
                complain(number, "link_entity", "is no table: write service, organization, location, …")
                return None, False
            resource = entity
            if resource in NAMED and hash(row["link_id"]) not in self._read[resource]:
                lost = hash(row["link_id"]) in self._lost[resource]
                if not lost:
                    complain(number, "link_id", f"names no {entity} of the files: correct it")
                return None, lost
        elif table.resource == "service":
            _fold_years(row, self.language)
        elif table.resource == "service_area" and row.get("extent_type") == "geojson" and "extent" in row:
            if not _is_geojson(row["extent"]):
                complain(number, "extent", "is no GeoJSON: write a Polygon or a MultiPolygon; it was left out")
                del row["extent"]
        elif table.resource == "language" and "code" not in row and words.key(row.get("name", "")) in words.LANGUAGES:
            row["code"] = words.LANGUAGES[words.key(row["name"])]
        may_be_large = 6 * sum(map(len, row.values())) > LARGEST_ROW  # what a character takes at the most
        if may_be_large and len(json.dumps(row, ensure_ascii=False).encode()) > LARGEST_ROW:
            complain(number, "", f"holds more than {LARGEST_ROW:,} bytes: shorten it")
            return None, False
        return row, False

    def _named(self, table: Table, column: Column, id_: str, number: int, above: list[tuple[int, int, Column]]) -> str:
        """Whether what a cell names was `read`, was `lost`, or is `nowhere`."""
        assert column.names is not None
        key = hash(id_)
        if key in self._read[column.names]:
            return "read"
        if column.names == table.resource:  # it may still come
            above.append((number, key, column))
            return "read"
        return "lost" if key in self._lost[column.names] else "nowhere"


def _owners(table: Table) -> list[str]:
    return [each.names for each in table.columns if each.names]


def _fold_years(row: dict[str, str], language: str) -> None:
    low, high = row.pop("minimum_age", ""), row.pop("maximum_age", "")
    if low or high:
        only_low, only_high, both = YEARS.get(language, YEARS["en"])
        said = (both if low and high else only_low if low else only_high).format(low=low, high=high)
        row["eligibility_description"] = " ".join(filter(None, (row.get("eligibility_description", ""), said)))


def _is_geojson(text: str) -> bool:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("type") in (
        "Polygon", "MultiPolygon", "Feature", "FeatureCollection",
    )  # fmt: skip


# --- what a cell has to look like: what is kept of it, or a ValueError whose text is the rest of a sentence

_ID = re.compile(r"[^\s/]{1,100}")
_NO_ID = "may hold no blanks and no /, and at most 100 characters"
_EMAIL: TypeAdapter[str] = TypeAdapter(Email)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def _text(cell: str) -> str:
    if len(cell) > LONGEST_CELL:
        raise ValueError(f"holds more than {LONGEST_CELL:,} characters: shorten it")
    if cell.isascii() and cell.isprintable():
        return cell
    if _CONTROL.search(cell):
        raise ValueError("holds a control character: remove it")
    return unicodedata.normalize("NFC", cell.replace("\r\n", "\n").replace("\r", "\n"))


def _id(cell: str) -> str:
    if not _ID.fullmatch(cell):
        raise ValueError(_NO_ID)
    return cell


def _email(cell: str) -> str:
    try:
        return _EMAIL.validate_python(cell)
    except ValidationError:
        raise ValueError("is no e-mail address: write it like info@steunpunt.example") from None


def _uri(cell: str) -> str:
    if not re.fullmatch(r"https?://[^\s<>\"]{3,2000}", cell):
        raise ValueError("is no web address: write it like https://steunpunt.example")
    return cell


def _number(cell: str) -> str:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError("is no number: write it like 4 or 4.5")
    return cell


def _count(cell: str) -> str:
    if not re.fullmatch("[1-9][0-9]{0,3}", cell):
        raise ValueError("is no whole number from 1 on")
    return cell


def _years(cell: str) -> str:
    if not 0 <= float(_number(cell)) <= 150:
        raise ValueError("is no number of years")
    return f"{float(cell):g}"


def _between(most: int) -> Callable[[str], str]:
    def check(cell: str) -> str:
        if not -most <= float(_number(cell)) <= most:
            raise ValueError(f"lies outside -{most} to {most}: a coordinate is written in degrees")
        return cell

    return check


def _date(cell: str) -> str:
    try:
        return date.fromisoformat(cell[:10]).isoformat()
    except ValueError:
        raise ValueError("is no day: write it like 2026-07-01") from None


def _moment(cell: str) -> str:
    try:
        datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError("is no moment: write it like 2026-07-01T09:30:00Z") from None
    return cell


def _time(cell: str) -> str:
    found = re.fullmatch(r"([0-9]{1,2})[:.]([0-9]{2})([:.][0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?", cell)
    if not found or int(found[1]) > 24 or int(found[2]) > 59:
        raise ValueError("is no time of the day: write it like 09:30")
    return f"{int(found[1]) % 24:02}:{found[2]}"


def _days(cell: str) -> str:
    text = re.sub(r"\s", "", cell).upper()
    if not re.fullmatch(r"[+-]?[1-5]?(MO|TU|WE|TH|FR|SA|SU)(,[+-]?[1-5]?(MO|TU|WE|TH|FR|SA|SU))*", text):
        raise ValueError("holds no weekdays: write them like MO,TU or 1MO")
    return text


def _numbers(cell: str) -> str:
    text = re.sub(r"\s", "", cell)
    if not re.fullmatch(r"[+-]?[1-9][0-9]{0,2}(,[+-]?[1-9][0-9]{0,2})*", text):
        raise ValueError("holds no numbers of days or weeks: write them like 1,15")
    return text


def _language(cell: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*", cell):
        raise ValueError("is no code of a language: write nl, fr, en, …")
    return cell


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    lower = {each.lower(): each for each in choices}

    def check(cell: str) -> str:
        if cell.lower() not in lower:
            raise ValueError(f"is none of {', '.join(choices)}: write one of them")
        return lower[cell.lower()]

    return check


SHAPES: dict[str, Callable[[str], str]] = {
    "text": _text, "id": _id, "email": _email, "uri": _uri, "number": _number, "count": _count, "years": _years,
    "latitude": _between(90), "longitude": _between(180), "date": _date, "moment": _moment, "time": _time,
    "days": _days, "numbers": _numbers, "language": _language,
    **{shape: _one_of(choices) for shape, choices in CHOICES.items()},
}  # fmt: skip
assert {column.shape for table in TABLES.values() for column in table.columns} <= set(SHAPES)
assert {column.name for column in TABLES["service"].columns} >= FOLDED
