"""Keeps the catalogues beside what is said: `python -m services.notify.writing.catalogues [mail]` adds and drops.

A catalogue of each language is in three files, by who says it: `mail.po`, `pages.po`, `desk.po`. What one of them
translates, the next ones don't repeat.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from services.notify.writing.language import LOCALES, SOURCE, languages

SERVICE = Path(__file__).parents[1]
DOMAINS: dict[str, Callable[[str], bool]] = {
    "mail": lambda place: place.startswith(("templates/mail/", "writing/")),
    "desk": lambda place: place.startswith(("templates/pages/desk/", "templates/desk/", "pages/desk/")),
    "pages": lambda place: place.startswith(("templates/", "pages/")),
}
"""Which file of a language says what stands where; the first that fits."""
WORDS = {
    "_": None, "say": None, "subject": None, "preview": None, "heading": None, "small": None, "fact": None, "row": None,
    "action": None, "answer": None, "count": (1, 2), "say_count": (1, 2), "ngettext": (1, 2), "gettext": None,
    "marked": None,
}  # fmt: skip
"""The functions whose first words are a message id."""

_DAY = datetime(2026, 5, 1, tzinfo=UTC)
"""In the header, so that a catalogue changes only with what it says."""
Id = str | tuple[str, str]


def said(domain: str) -> dict[Id, list[str]]:
    """Every message id of a domain, with where it is said."""
    return _said()[domain]


@cache
def _said() -> dict[str, dict[Id, list[str]]]:
    found: dict[str, dict[Id, list[str]]] = {domain: {} for domain in DOMAINS}
    for path in sorted([*SERVICE.rglob("*.j2"), *SERVICE.rglob("*.html"), *SERVICE.rglob("*.py")]):
        place = path.relative_to(SERVICE).as_posix()
        domain = next((name for name, holds in DOMAINS.items() if holds(place)), None)
        for id_ in _said_in(path) if domain else ():
            found[domain or ""].setdefault(id_, []).append(place)
    return found


def update(*only: str) -> int:
    """Write each catalogue anew: what is said and not translated comes with nothing. Returns how many of those."""
    missing = 0
    for (language, domain), catalog in renewed().items():
        if domain not in (only or DOMAINS):
            continue
        path = path_of(language, domain)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(catalog))
        missing += sum(1 for each in catalog if each.id and not _whole(each.string))
    return missing


def renewed() -> dict[tuple[str, str], Catalog]:
    """Each catalogue as it should be: all that is said, in the order in which it is said, and nothing else."""
    catalogs = {}
    for language in languages():
        elsewhere: set[Id] = set()
        for domain in DOMAINS if language != SOURCE else ():
            messages = {id_: places for id_, places in said(domain).items() if id_ not in elsewhere}
            catalogs[language, domain] = _renewed(language, domain, messages)
            elsewhere |= set(messages)
    return catalogs


def written(catalog: Catalog) -> bytes:
    """A catalogue as its file holds it."""
    file = BytesIO()
    write_po(file, catalog, width=0)
    return file.getvalue()


def path_of(language: str, domain: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / f"{domain}.po"


def _renewed(language: str, domain: str, messages: dict[Id, list[str]]) -> Catalog:
    path = path_of(language, domain)
    known = read_po(BytesIO(path.read_bytes()), locale=language) if path.exists() else Catalog()
    catalog = Catalog(
        locale=language, project="Weefsel", version="1", header_comment="# [u|je] stands for: formal, informal.",
        msgid_bugs_address="none", last_translator="Weefsel", language_team="Weefsel", charset="utf-8", fuzzy=False,
        creation_date=_DAY, revision_date=_DAY,
    )  # fmt: skip
    for id_, places in messages.items():
        before = known.get(id_[0] if isinstance(id_, tuple) else id_)
        string = before.string if before is not None and before.id == id_ else ""
        catalog.add(id_, string, locations=[(place, None) for place in dict.fromkeys(places)])  # type: ignore[misc]
    return catalog


def _whole(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def _said_in(path: Path) -> Iterator[Id]:
    method: Any = "python" if path.suffix == ".py" else babel_extract
    with path.open("rb") as file:
        for _line, message, _comments, _context in extract(method, file, WORDS):
            if message:
                yield (message[0], message[1]) if isinstance(message, tuple) else message
    if path.name == "words.py":
        yield from _values(path)


def _values(path: Path) -> Iterator[str]:
    """In a module of words: what its tables say, each value."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
            for value in node.value.values:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value


if __name__ == "__main__":
    open_ = update(*sys.argv[1:])
    sys.stdout.write(f"{open_} messages have no translation yet.\n" if open_ else "Every message is translated.\n")
