"""A CSV file as spreadsheets and people make them: read whole, row by row, without guessing in silence."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.trouble import Trouble

DELIMITERS = ";,\t"
REASON = "weefsel: reason"
"""The column with what was wrong, in a file of bad rows; ignored when that file is read."""
LONGEST_CELL = 100_000
_RUNS = re.compile(r"'*[=+\-@]")
"""How a cell starts that a spreadsheet would run, or that was kept from it with an apostrophe."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row that isn't empty."""

    number: int
    """As a spreadsheet counts: the header is row 1."""
    cells: tuple[str, ...]
    """As many as the header has; trimmed."""
    surplus: tuple[str, ...] = ()
    """What stood beyond the last column."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file, read."""

    path: Path
    delimiter: str
    encoding: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]


def read(path: Path, recognise: Callable[[str], bool]) -> Table:
    """Read a CSV file. The separator is the one with which most of the header is recognised.

    Raises Trouble when it is no such file: not there, no text, empty, or with a quotation mark that never closes.
    """
    csv.field_size_limit(LONGEST_CELL)
    text, encoding = _text(path)
    first, _, rest = text.partition("\n")
    named = _named_delimiter(first)
    if named:
        text = rest
    if not text.strip():
        raise Trouble(f"{path} is empty: the first row names the columns, each next row is a person or a place.")
    delimiter = named or max(DELIMITERS, key=lambda each: _worth(text, each, recognise))
    records = _records(path, text, delimiter)
    start = next(number for number, record in enumerate(records) if any(record))
    if REASON in records[start]:
        records = [[_unguarded(cell) for cell in record] for record in records]
    header = _without_tail(records[start])
    rows = tuple(
        _row(number, record, len(header))
        for number, record in enumerate(records[start + 1 :], start + 2)
        if any(record)
    )
    return Table(path, delimiter, encoding, header, rows)


def write_bad_rows(table: Table, bad: Sequence[tuple[Row, Sequence[str]]]) -> Path:
    """The bad rows beside the file, as they were, with the reasons; can be read again once they are corrected.

    A cell that a spreadsheet would run as a formula gets an apostrophe before it, which reading takes off again.
    A file that is already there may hold someone's corrections: it is left alone unless it says the same.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=table.delimiter)
    kept = [number for number, name in enumerate(table.header) if name != REASON]
    writer.writerow([*(_guarded(table.header[number]) for number in kept), REASON])
    for row, reasons in bad:
        writer.writerow([*(_guarded(row.cells[number]) for number in kept), _guarded(" | ".join(reasons))])
    data = b"\xef\xbb\xbf" + out.getvalue().encode()
    for number in range(1, 1000):
        path = table.path.with_name(f"{table.path.stem}.errors{f'-{number}' if number > 1 else ''}.csv")
        try:
            if not path.exists() or path.read_bytes() == data:
                path.touch(mode=0o600)  # names and contacts: for its owner's eyes only
                path.write_bytes(data)
                return path
        except OSError as error:
            raise Trouble(
                f"The bad rows can't be written to {path} ({error.strerror}): import from a folder of yours."
            ) from None
    raise Trouble(f"There are a thousand files of bad rows beside {table.path}: remove some.")


def _text(path: Path) -> tuple[str, str]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Trouble(f"{path} can't be read ({error.strerror}).") from None
    encodings = ["utf-8-sig", "cp1252"]
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if "\0" in text.partition("\n")[0]:
            raise Trouble(f"{path} is not in an encoding that can be told for sure: save it as 'CSV UTF-8'.")
        return text, encoding.removesuffix("-sig")
    raise Trouble(f"{path} is neither UTF-8 nor Windows-1252: save it as 'CSV UTF-8'.")


def _named_delimiter(line: str) -> str:
    """What Excel's first line `sep=;` names, if it is that."""
    line = line.strip().strip('"')
    return line[4:5] if line.lower().startswith("sep=") and len(line) in (4, 5) else ""


def _worth(text: str, delimiter: str, recognise: Callable[[str], bool]) -> tuple[int, int]:
    try:
        header = next((record for record in csv.reader(io.StringIO(text), delimiter=delimiter) if any(record)), [])
    except csv.Error:
        return 0, 0
    return sum(recognise(name) for name in header), len(header)


def _records(path: Path, text: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    records: list[list[str]] = []
    try:
        for record in reader:
            records.append([cell.strip() for cell in record])  # noqa: PERF401 - what was read counts when it fails
    except csv.Error:
        if text.count('"') % 2:
            raise _unclosed(path, len(records) + 1) from None
        raise Trouble(
            f"{path}, row {len(records) + 1}: a cell holds more than {LONGEST_CELL:,} characters: shorten it."
        ) from None
    # Without its closing quotation mark a cell runs on to the end of the file, and takes all rows with it.
    if records and text.count('"') % 2 and any("\n" in cell for cell in records[-1]):
        raise _unclosed(path, len(records))
    return records


def _unclosed(path: Path, number: int) -> Trouble:
    return Trouble(
        f'{path}, row {number}: a quotation mark (") opens a cell and nothing closes it: close it, or remove it.'
    )


def _guarded(cell: str) -> str:
    return f"'{cell}" if _RUNS.match(cell) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell) else cell


def _without_tail(names: Sequence[str]) -> tuple[str, ...]:
    """A header without the empty columns behind it, which separators at the end of a line make."""
    names = list(names)
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def _row(number: int, record: Sequence[str], width: int) -> Row:
    cells = (*record[:width], *[""] * (width - len(record)))
    return Row(number, cells, tuple(cell for cell in record[width:] if cell))
