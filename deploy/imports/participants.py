"""Rows of a table as registrations of participants, or as sentences that say what is wrong with them."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from deploy.imports import words
from deploy.imports.table import REASON, Row, Table, read
from deploy.trouble import Trouble
from shared.contracts.envelope import Problem
from shared.contracts.profiles import RegisterParticipant
from shared.contracts.subjects import CLI
from shared.ids import id_from
from shared.messaging.incoming import problems_of
from shared.policy import Policy

MANY = frozenset({"talents", "wishes", "availability", "languages", "phone", "email"})
"""What several columns may hold: of phone and e-mail the first that is filled in counts."""
MADE = "row-"
"""How a reference begins that is made of what a row says."""
MOST_SHOWN, LONGEST_SHOWN = 20, 60
_FIELDS = {
    "neighbourhood_id": ("neighbourhood",), "home.lat": ("lat",), "home.lon": ("lon",), "home": ("lat", "lon"),
    "reach.email": ("email",), "reach.phone": ("phone",), "reach.organisation_id": ("organisation",),
    "reach.by": ("reach_by",), "reach": ("reach_by", "phone", "email"), "name": ("name", "last_name", "first_name"),
    "address": ("address", "street"),
}  # fmt: skip
"""Which column a field of the command comes from."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a row, and in which column; the column is empty when it is about the row as a whole."""

    column: str
    message: str

    def __str__(self) -> str:
        return f"{self.column}: {self.message}" if self.column else self.message


@dataclass(frozen=True, slots=True)
class Registration:
    """A good row: the same row is the same command, however often it is sent."""

    row: Row
    id: UUID
    command: RegisterParticipant


@dataclass
class Reading:
    """A file, understood."""

    table: Table
    columns: Columns
    good: list[Registration] = field(default_factory=list)
    bad: dict[int, tuple[Row, list[Mistake]]] = field(default_factory=dict)
    """By row number."""
    repeated: dict[int, int] = field(default_factory=dict)
    """Rows that say exactly what an earlier row says, and which."""

    def refuse(self, row: Row, mistakes: Iterable[Mistake]) -> None:
        self.bad.setdefault(row.number, (row, []))[1].extend(mistakes)


@dataclass(frozen=True)
class Columns:
    """Which column means what."""

    header: tuple[str, ...]
    places: Mapping[str, tuple[int, ...]]
    """By meaning: the columns, counted from 0."""
    unknown: tuple[str, ...]
    """Headers that mean nothing here; what stands under them is not imported."""

    @classmethod
    def of(cls, table: Table) -> Columns:
        """Raises Trouble when no column holds a name, or two columns mean the same."""
        places: dict[str, list[int]] = {}
        unknown = []
        for number, name in enumerate(table.header):
            meaning = words.COLUMNS.get(words.key(name))
            if meaning:
                places.setdefault(meaning, []).append(number)
            elif name and name != REASON:
                unknown.append(name)
        if "number" in places:
            numbers = places.pop("number")
            if "street" in places:
                places.setdefault("house_number", []).extend(numbers)
            else:
                unknown += [table.header[number] for number in numbers]
        _refuse_doubles(table, places)
        if not places.keys() & {"name", "first_name", "last_name"}:
            raise Trouble(
                f"{table.path}: no column holds a name. The first row must name the columns, such as"
                f" naam;buurt;telefoon;talenten. It says: {shown(name for name in table.header if name) or 'nothing'}."
            )
        return cls(table.header, {meaning: tuple(numbers) for meaning, numbers in places.items()}, tuple(unknown))

    def value(self, row: Row, meaning: str) -> str:
        """What a row says, on one line; of several columns the first that says something."""
        said = next((row.cells[number] for number in self.places.get(meaning, ()) if row.cells[number]), "")
        return " ".join(said.split())

    def all(self, row: Row, meaning: str) -> str:
        """What a row says in all columns of this meaning."""
        return "\n".join(row.cells[number] for number in self.places.get(meaning, ()) if row.cells[number])

    def name_of(self, *meanings: str) -> str:
        """The header of the first column there is of these."""
        return next((self.header[self.places[meaning][0]] for meaning in meanings if meaning in self.places), "")

    def of_field(self, path: str) -> str:
        """The header of the column that a field of the command comes from; empty when there is none."""
        parts = path.split(".")
        for length in range(len(parts), 0, -1):
            name = ".".join(parts[:length])
            found = self.name_of(*_FIELDS.get(name, (name,)))
            if found:
                return found
        return ""


@dataclass(frozen=True)
class Places:
    """The neighbourhoods that there are."""

    by_name: Mapping[str, str]
    """Ids, by id and by name in any language; None of them known when it is empty."""
    default: str = ""
    """For rows that name none."""

    @classmethod
    def of(cls, neighbourhoods: Iterable[Any], default: str = "") -> Places:
        """Raises Trouble when the default is none of them."""
        by_name: dict[str, str] = {}
        for each in neighbourhoods:
            for name in (each.neighbourhood_id, *each.names.values()):
                by_name.setdefault(words.key(name), each.neighbourhood_id)
        if default and words.key(default) not in by_name:
            raise Trouble(f"There is no neighbourhood {default}: see `weefsel neighbourhoods list`.")
        return cls(by_name, by_name.get(words.key(default), ""))

    def find(self, text: str) -> str:
        """Raises Unclear."""
        found = self.by_name.get(words.key(text)) if text else self.default
        if found:
            return found
        if not text:
            raise words.Unclear("is empty: name a neighbourhood here, or all at once with --neighbourhood")
        close = difflib.get_close_matches(words.key(text), self.by_name, 1)
        hint = f" Did you mean {self.by_name[close[0]]}?" if close else " See `weefsel neighbourhoods list`."
        raise words.Unclear(f"there is no neighbourhood '{text}'.{hint}")


def shown(names: Iterable[str]) -> str:
    """Names of columns in a sentence: not all of them when there are many, nor the whole of a long one."""
    names = [name if len(name) <= LONGEST_SHOWN else f"{name[:LONGEST_SHOWN]}…" for name in names]
    more = [f"… and {len(names) - MOST_SHOWN} more"] if len(names) > MOST_SHOWN else []
    return ", ".join([*names[:MOST_SHOWN], *more])


def recognised(name: str) -> bool:
    """Whether a header is one of those that we know."""
    return words.key(name) in words.COLUMNS


def understand(path: Path, places: Places, policy: Policy, on_word_of: str) -> Reading:
    """Read a file of participants. Raises Trouble when it can't be read at all."""
    table = read(path, recognised)
    reading = Reading(table, Columns.of(table))
    seen: dict[UUID, int] = {}
    references: dict[str, int] = {}
    for row in table.rows:
        reference = reading.columns.value(row, "reference")
        first = references.setdefault(reference, row.number) if reference else row.number
        mistakes: list[Mistake] = []
        command = _command(row, reading.columns, places, policy, on_word_of, mistakes)
        if command is None:
            reading.refuse(row, mistakes)
            continue
        id_ = id_from(CLI, "import", command.model_dump_json())
        if id_ in seen:
            reading.repeated[row.number] = seen[id_]
            continue
        if first != row.number:
            sentence = f"has the same reference as row {first}, and says something else: each person has their own"
            reading.refuse(row, [Mistake(reading.columns.name_of("reference"), sentence)])
            continue
        seen[id_] = row.number
        reading.good.append(Registration(row, id_, command))
    return reading


def mistakes_of(problems: Iterable[Problem], columns: Columns) -> list[Mistake]:
    """Why a command was refused, in terms of the file."""
    found = []
    for problem in problems:
        column = columns.of_field(problem.field)
        message = problem.message.removeprefix(problem.field).strip() if problem.field else problem.message
        found.append(Mistake(column, message if column or not problem.field else f"{problem.field} {message}"))
    return list(dict.fromkeys(found))


def _command(
    row: Row, columns: Columns, places: Places, policy: Policy, on_word_of: str, mistakes: list[Mistake]
) -> RegisterParticipant | None:
    values = _values(row, columns, places, policy, mistakes)
    values.setdefault("on_word_of", on_word_of)
    if row.surplus:
        mistakes.append(
            Mistake("", f"has more cells than there are columns ('{row.surplus[0]}'): quote what holds a separator")
        )
    try:
        command = RegisterParticipant.model_validate(values)
    except ValidationError as error:
        missing = {mistake.column for mistake in mistakes}
        mistakes += [each for each in mistakes_of(problems_of(error), columns) if each.column not in missing]
        return None
    if mistakes:
        return None
    return command if command.reference else command.model_copy(update={"reference": _reference_of(command)})


def _values(row: Row, columns: Columns, places: Places, policy: Policy, mistakes: list[Mistake]) -> dict[str, Any]:
    """The command's fields, as far as they are clear."""
    values: dict[str, Any] = {"name": _name(row, columns), "reach": _reach(row, columns, mistakes)}
    if address := _address(row, columns):
        values["address"] = address
    if columns.value(row, "lat") or columns.value(row, "lon"):
        home = {each: words.number(columns.value(row, each)) or None for each in ("lat", "lon")}
        if all(text and re.fullmatch(r"[+-]?0+(\.0*)?", text) for text in home.values()):
            mistakes.append(Mistake(columns.name_of("lat"), "0 and 0 lie in the sea: leave both empty when not known"))
        else:
            values["home"] = home
    values |= {name: text for name in ("reference", "ceiling") if (text := columns.value(row, name))}
    readers = {
        "neighbourhood_id": ("neighbourhood", places.find),
        "languages": ("languages", words.languages),
        "availability": ("availability", words.availability),
        "quiet_hours": ("quiet_hours", words.quiet_hours),
        "on_word_of": ("on_word_of", lambda text: words.one_of(words.WORDS_OF, text)),
        "talents": ("talents", lambda text: words.enjoyments(text, policy)),
        "wishes": ("wishes", lambda text: words.enjoyments(text, policy)),
    }
    for name, (meaning, reader) in readers.items():
        text = columns.all(row, meaning) if meaning in MANY else columns.value(row, meaning)
        if text or meaning == "neighbourhood":
            try:
                values[name] = reader(text)
            except words.Unclear as unclear:
                mistakes.append(Mistake(columns.name_of(meaning) or "buurt", str(unclear)))
                values[name] = _STAND_INS.get(name, [])
    return values


_STAND_INS: Mapping[str, Any] = {"neighbourhood_id": "unclear", "quiet_hours": None, "on_word_of": "organisation"}
"""In place of what was not clear, so that the rest of the row is looked at too."""


def _name(row: Row, columns: Columns) -> str:
    last = columns.value(row, "last_name") or columns.value(row, "name")
    return " ".join(part for part in (columns.value(row, "first_name"), last) if part)


def _reach(row: Row, columns: Columns, mistakes: list[Mistake]) -> dict[str, Any]:
    """How someone is reached: as they prefer, else by what was given."""
    email, phone, organisation = (columns.value(row, each) for each in ("email", "phone", "organisation"))
    by = "email" if email else "phone" if phone else "letter"
    if text := columns.value(row, "reach_by"):
        try:
            by = words.one_of(words.WAYS, text)
        except words.Unclear as unclear:
            mistakes.append(Mistake(columns.name_of("reach_by"), str(unclear)))
    return {
        "by": by,
        "email": email.removeprefix("mailto:") or None,
        "phone": phone or None,
        "organisation_id": words.key(organisation).replace(" ", "-") or None,
    }


def _address(row: Row, columns: Columns) -> str:
    """`Bruggestraat 12 bus 3, 9000 Gent`, from one column or from several."""
    if whole := columns.value(row, "address"):
        return whole
    street, number, box, postcode, town = (
        columns.value(row, each) for each in ("street", "house_number", "box", "postcode", "town")
    )
    first = " ".join(part for part in (street, number, f"bus {box}" if box else "") if part)
    return ", ".join(part for part in (first, " ".join(part for part in (postcode, town) if part)) if part)


def _reference_of(command: RegisterParticipant) -> str:
    """For a row without a reference of its own: the same row is the same person, also years later."""
    return MADE + hashlib.sha256(command.model_dump_json().encode()).hexdigest()[:40]


def _refuse_doubles(table: Table, places: Mapping[str, list[int]]) -> None:
    for meaning, numbers in places.items():
        names = [table.header[number] for number in numbers]
        if len(numbers) > 1 and (meaning not in MANY or len({words.key(name) for name in names}) < len(names)):
            letters = " and ".join(f"'{table.header[number]}' (column {number + 1})" for number in numbers)
            raise Trouble(f"{table.path}: {letters} mean the same: leave one, or rename one.")
