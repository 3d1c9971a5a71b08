"""The files of a directory: a folder or a zip of CSV, read row by row, whatever is wrong with them."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from deploy.imports.directory_tables import LEFT_OUT, TABLES, Table
from deploy.trouble import Trouble
from shared.contracts.signals import Resource
from shared.policy import folded

DELIMITERS = ",;\t"
LONGEST_CELL, LONGEST_LINE = 20_000, 1_000_000
"""Characters of a cell, bytes of a line."""
LARGEST_DESCRIPTION = 5_000_000
PUBLISHED = "human_services_data"
"""The name of the specification's own datapackage, which says nothing of who publishes a directory."""
Complain = Callable[[int, str, str], None]
"""Told what is wrong: in which row, in which column, and the rest of a sentence."""


@dataclass(frozen=True)
class Package:
    """Where the files of a directory are."""

    path: Path
    name: str
    """Of its publisher, as far as it says so."""
    title: str
    files: Mapping[Resource, str]
    sizes: Mapping[Resource, int]
    """In bytes."""
    aside: tuple[str, ...]
    """Files that are not read."""
    remark: str
    """What is wrong with its datapackage.json; empty when nothing is."""

    def open(self, resource: Resource) -> IO[bytes]:
        """Raises Trouble when it can't be read."""
        name = self.files[resource]
        try:
            if self.path.is_dir():
                return (self.path / name).open("rb")
            return zipfile.ZipFile(self.path).open(name)
        except (OSError, KeyError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            raise Trouble(f"{self.path}: {name} can't be read ({error}).") from None


def find(path: Path) -> Package:
    """The files of a directory. Raises Trouble when there are none, or those are missing that must be there."""
    if path.name == "datapackage.json":
        path = path.parent
    names = _names(path)
    base = _base(names)
    described, remark = _described(path, base, names)
    files = {
        resource: name
        for resource, table in TABLES.items()
        if (name := described["paths"].get(resource, f"{base}{table.file}")) in names
    }
    for resource in ("organization", "service"):
        if resource not in files:
            raise Trouble(
                f"{path} holds no {TABLES[resource].file}: it must be a folder or zip of CSV files, as Open Referral"
                " HSDS 3.0 has them."
            )
    aside = sorted(
        name.removeprefix(base) for name in names
        if name.endswith(".csv") and name not in files.values() and name.removeprefix(base) not in LEFT_OUT
    )  # fmt: skip
    name = described["name"] if described["name"] != PUBLISHED else ""
    source = re.sub(r"[^a-z0-9._-]+", "-", folded(name).replace(" ", "-") or folded(path.stem).replace(" ", "-"))[:100]
    sizes = {resource: names[name] for resource, name in files.items()}
    return Package(path, source.strip("-._"), described["title"] or path.stem, files, sizes, tuple(aside), remark)


@dataclass(frozen=True, slots=True)
class Read:
    """One row of a file."""

    number: int
    """As a spreadsheet counts: the header is row 1."""
    cells: dict[str, str]
    """By column; empty ones are left out."""
    whole: bool = True
    """False: it can't be told what it says; of its cells there is at most the id."""


def rows(raw: IO[bytes], table: Table, complain: Complain, advance: Callable[[int], None]) -> Iterator[Read]:
    """Each row, one by one. One that breaks the quoting costs that row alone.

    Raises Unreadable when the first row doesn't name the columns.
    """
    csv.field_size_limit(LONGEST_CELL * 2)
    lines = _Lines(raw, advance)
    first = next(lines, "")
    delimiter = max(DELIMITERS, key=lambda each: _known(first, each, table))
    header = [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
    _check_header(header, table)
    names = {each.name for each in table.columns}
    ours = [(at, name) for at, name in enumerate(header) if name in names]
    reader, number = csv.reader(lines, delimiter=delimiter), 1
    while True:
        number += 1
        lines.taken.clear()
        wrong = ""
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error:
            record, wrong = [], RUNS_ON
        if found := lines.foreign():
            complain(number, "", f"is not in UTF-8 ({found}): it was read as Windows-1252; save the file as UTF-8")
        wrong = wrong or _wrong(record, header, lines)
        if wrong:
            complain(number, "", wrong)
            if len(lines.taken) > 1:
                reader = lines.again_after_first(delimiter)
            id_ = dict(zip(header, record, strict=False)).get("id", "").strip()
            yield Read(number, {"id": id_}, whole=False)
        elif any(record):
            yield Read(number, {name: cell for at, name in ours if at < len(record) and (cell := record[at].strip())})


def unknown_columns(raw: IO[bytes], table: Table) -> list[str]:
    """The columns of a file that are not read."""
    line = raw.readline(LONGEST_LINE).removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    delimiter = max(DELIMITERS, key=lambda each: _known(line, each, table))
    header = next(csv.reader([line], delimiter=delimiter), [])
    return [name for name in map(str.strip, header) if name and name not in {each.name for each in table.columns}]


class Unreadable(Exception):
    """A file of which nothing can be read; the text is a sentence."""


class _Lines:
    """The lines of a file, decoded one by one; those of a row that can't be told apart can be read once more."""

    def __init__(self, raw: IO[bytes], advance: Callable[[int], None]) -> None:
        self._raw = raw
        self._advance = advance
        self._waiting: list[str] = []
        self._encoding = "utf-8"
        self._first = True
        self._foreign = ""
        self.taken: list[str] = []
        """Those of the row that is read now."""
        self.too_long = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._waiting.pop() if self._waiting else self._decoded()
        self.taken.append(line)
        return line

    def again_after_first(self, delimiter: str) -> Any:
        """A reader that goes on with the second line of the row that was read last."""
        self._waiting += reversed(self.taken[1:])
        self.taken.clear()
        return csv.reader(self, delimiter=delimiter)

    def foreign(self) -> str:
        """The first that was not in UTF-8 since this was last asked; empty when all was."""
        found, self._foreign = self._foreign, ""
        return found

    def _decoded(self) -> str:
        raw = self._raw.readline(LONGEST_LINE)
        if not raw:
            raise StopIteration
        self._advance(len(raw))
        if len(raw) == LONGEST_LINE and not raw.endswith(b"\n"):
            self.too_long = True
            while rest := self._raw.readline(LONGEST_LINE):
                self._advance(len(rest))
                if rest.endswith(b"\n"):
                    break
            return "\n"
        if self._first:
            self._first = False
            if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
                raise Unreadable("is in UTF-16: save it as 'CSV UTF-8'")
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            self._foreign = self._foreign or f"byte {raw[error.start]:02X}"
            return raw.decode("cp1252", "replace")


RUNS_ON = "has a quotation mark (\") that opens a cell and doesn't close it well: close it, or remove it"


def _wrong(record: list[str], header: list[str], lines: _Lines) -> str:
    """What keeps a row from being told: cells that don't fit, a quotation mark that ran away; else empty."""
    if lines.too_long:
        lines.too_long = False
        return f"is longer than {LONGEST_LINE:,} bytes: shorten it"
    several = len(lines.taken) > 1
    fits = len(record) >= len(header) and not any(record[len(header) :])
    if several and (not fits or "".join(lines.taken).count('"') % 2 == 1):
        return RUNS_ON
    if record and not fits:
        return f"has {len(record)} cells where the header has {len(header)}: check its commas and quotation marks"
    return ""


def _known(line: str, delimiter: str, table: Table) -> int:
    names = next(csv.reader([line], delimiter=delimiter), [])
    return len({name.strip() for name in names} & {each.name for each in table.columns})


def _check_header(header: list[str], table: Table) -> None:
    missing = [each.name for each in table.columns if each.required and each.name not in header]
    if missing:
        raise Unreadable(f"has no column {', '.join(missing)}: the first row has to name the columns as HSDS 3.0 does")
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise Unreadable(f"has two columns {', '.join(twice)}: leave one")


def _names(path: Path) -> dict[str, int]:
    """The files that are there, with their sizes."""
    try:
        if path.is_dir():
            return {each.name: each.stat().st_size for each in path.iterdir() if each.is_file()}
        with zipfile.ZipFile(path) as archive:
            return {each.filename: each.file_size for each in archive.infolist() if not each.is_dir()}
    except FileNotFoundError:
        raise Trouble(f"{path} is not there.") from None
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise Trouble(f"{path} is no folder and no zip that can be read ({error}).") from None


def _base(names: Mapping[str, int]) -> str:
    """The folder within a zip in which the files stand."""
    for wanted in ("datapackage.json", TABLES["service"].file):
        found = sorted((name for name in names if PurePosixPath(name).name == wanted), key=len)
        if found:
            return found[0].removesuffix(wanted)
    return ""


def _described(path: Path, base: str, names: Mapping[str, int]) -> tuple[dict[str, Any], str]:
    """Name, title and paths that datapackage.json gives; with what is wrong with it."""
    nothing: dict[str, Any] = {"name": "", "title": "", "paths": {}}
    name = f"{base}datapackage.json"
    if name not in names:
        return nothing, "there is no datapackage.json: the usual file names are taken"
    try:
        if names[name] > LARGEST_DESCRIPTION:
            raise ValueError("too large")
        text = (path / name).read_bytes() if path.is_dir() else zipfile.ZipFile(path).read(name)
        document = json.loads(text.decode("utf-8-sig"))
        paths = {
            each["name"]: f"{base}{each['path']}"
            for each in document["resources"]
            if each.get("name") in TABLES and isinstance(each.get("path"), str) and not _leads_out(each["path"])
        }
        title = document.get("title") if isinstance(document.get("title"), str) else ""
        return {"name": str(document.get("name") or ""), "title": " ".join(title.split())[:200], "paths": paths}, ""
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, zipfile.BadZipFile):
        return nothing, "datapackage.json can't be read as JSON that describes files: the usual file names are taken"


def _leads_out(path: str) -> bool:
    parts = PurePosixPath(path.replace("\\", "/"))
    return parts.is_absolute() or ".." in parts.parts
