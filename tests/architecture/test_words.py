"""Words that have no place here: nobody is a giver, nothing is a score, no field holds a problem."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.contracts import load
from shared.contracts.envelope import Contract
from shared.contracts.schemas import schemas
from tests.architecture.sources import ROOT, SERVICES, python

WORDS: dict[str, dict[str, list[str]]] = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))
KIT = {
    "envelope",
    "operations",
    "subjects",
    "types",
    "deploy",
    "schemas",
    "drift",
    "asyncapi",
    "describe",
    "page",
    "problems",
}
"""Modules of shared/contracts that are about messages, not about people."""
NOT_PEOPLE = re.compile(r"\b(?:shared\.messaging\.client|request\.client|prometheus_client|Client)\b")
"""Who asks by NATS or HTTP, as libraries call it."""
PAGES = ("*.j2", "*.html", "*.txt", "*.toml", "*.json", "*.po", "*.ftl", "*.md")


def test_nobody_is_a_giver_or_a_receiver() -> None:
    """No text of the domain uses a word that puts people on two sides, or help on a scale."""
    found = [
        f"{place}: {word}"
        for place, text, languages in _texts()
        for language in languages
        for word in _forbidden(text, WORDS[language]["anywhere"])
    ]
    assert not found, "\n".join(found)


def test_nothing_is_called_a_score_and_no_field_holds_a_problem_or_an_age() -> None:
    """Contracts and tables, by the names in them: types, fields, values, tables, columns."""
    found = [
        f"{place}: {word}"
        for place, names in [*_contract_names(), *_sql_names()]
        for word in _forbidden(" ".join(names), WORDS["en"]["names"])
    ]
    assert not found, "\n".join(found)


def test_no_page_or_mail_shows_a_score_a_problem_or_an_age() -> None:
    found = [
        f"{place}: {word}"
        for path in _page_files()
        for place, text, languages in [(path.relative_to(ROOT), _shown(path), _languages(path))]
        for language in languages
        for word in _forbidden(text, WORDS[language]["names"])
    ]
    assert not found, "\n".join(found)


def test_what_is_never_small_is_recognised_by_words_that_no_page_shows() -> None:
    """Of a policy only that is left out: the labels of the same few, which people do read, are held to the list."""
    policy = """# medication 1
[[kinds]]
id = "medication-2"
[kinds.terms]
en = ["medication 3"]
[[never_small]]
id = "medication"
labels = { en = "medication 4" }
[never_small.terms]
en = [
  "medication", "[debt]",
]
[never_small.unless]
en = ["medication"]
[[variants.rural.never_small]]
id = "medication"
[variants.rural.never_small.terms]
en = ["medication"]
[variants.rural]
note = "medication 5"
"""
    assert re.findall(r"medication.\d|debt", _without_recognising(policy)) == [
        "medication 1", "medication-2", "medication 3", "medication 4", "medication 5",
    ]  # fmt: skip
    assert "medication" not in re.sub(r"medication.\d", "", _without_recognising(policy))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("participant_age", "age"),
        ("giverId", "giver"),
        ("HelperFound", "helper"),
        ("de hulpvragers van de buurt", "hulpvragers"),
        ("die Empfängerin", "empfängerin"),
        ("profiles.client.register.v1", "client"),
        ("total_points integer", "points"),
    ],
)
def test_a_forbidden_word_is_found_however_it_is_written(text: str, word: str) -> None:
    every = [each for lists in WORDS.values() for words in lists.values() for each in words]
    assert word in list(_forbidden(text, every))


@pytest.mark.parametrize(
    "text", ["page", "language", "clientship", "forgiveness", "message", "the patience", "appointment"]
)
def test_a_word_that_only_holds_another_is_left_alone(text: str) -> None:
    every = [each for lists in WORDS.values() for words in lists.values() for each in words]
    assert not list(_forbidden(text, every))


def test_all_that_speaks_of_people_is_read() -> None:
    places = " ".join(place for place, _, _ in _texts())
    for expected in (
        "shared/contracts/profiles/participants.py",
        "shared/contracts/exchange/exchanges.py",
        "services/profiles/domain",
        "services/exchange/domain",
        "services/exchange/matching.py",
        "services/exchange/schema.sql",
        "migrations",
        "shared/policies",
    ):
        assert expected in places
    names = {name for name, _ in _contract_names()}
    assert {"contract profiles.participant.register.v1", "contract exchange.exchange.open.v1"} <= names


def _forbidden(text: str, words: list[str]) -> Iterator[str]:
    """Which of these words stand in the text; `snake_case` and `CamelCase` are taken apart."""
    apart = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])|_", " ", text).lower()
    patterns = [re.escape(word.rstrip("*")) + (r"\w*" if word.endswith("*") else "") for word in words]
    for found in re.finditer(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)", apart):
        yield found.group()


def _texts() -> Iterator[tuple[str, str, list[str]]]:
    """Everything that speaks of people, with the languages it may be in."""
    for path in [*_contract_files(), *python("services"), *_sql_files()]:
        text = NOT_PEOPLE.sub("", path.read_text("utf-8"))
        yield str(path.relative_to(ROOT)), text, list(WORDS)  # examples are in every language
    for path in _page_files():
        yield str(path.relative_to(ROOT)), path.read_text("utf-8"), _languages(path)


def _contract_files() -> list[Path]:
    return [path for path in python("shared/contracts") if path.stem not in KIT and not path.stem.startswith("__")]


def _sql_files() -> list[Path]:
    return [path for service in SERVICES for path in [*service.glob("migrations/*.sql"), *service.glob("schema.sql")]]


def _page_files() -> list[Path]:
    """What people read, or what decides what they read: templates, locales, policies."""
    folders = [service / name for service in SERVICES for name in ("templates", "locales")]
    folders += [ROOT / "shared/policies", ROOT / "deploy/embedded/mail"]
    return [path for folder in folders for pattern in PAGES for path in folder.rglob(pattern)]


def _shown(path: Path) -> str:
    text = path.read_text("utf-8")
    return _without_recognising(text) if path.parent == ROOT / "shared/policies" else text


def _without_recognising(policy: str) -> str:
    """A policy without the ids, terms and exceptions of what is never small: what people write, not what they read."""
    sections = re.split(r"^(?=\[)", policy, flags=re.M)
    never = r"\[(variants\.[\w-]+\.)?never_small\.(terms|unless)\]"
    kept = [section for section in sections if not re.match(never, section)]
    entry = r"\[\[(variants\.[\w-]+\.)?never_small\]\]"
    return "".join(
        re.sub(r"^id = .*$", "", section, flags=re.M) if re.match(entry, section) else section for section in kept
    )


def _languages(path: Path) -> list[str]:
    """`nl` for locales/nl.toml and templates/nl/…; every language for what doesn't say."""
    named = [part for part in re.split(r"[./\\_-]", str(path.relative_to(ROOT))) if part in WORDS]
    return named[-1:] or list(WORDS)


def _contract_names() -> Iterator[tuple[str, list[str]]]:
    ours = {type_: contract for type_, contract in load().items() if _is_about_people(contract)}
    for name, schema in schemas().items():
        if name.removesuffix(".result") in ours:
            yield f"contract {name}", [name.replace(".", " "), *_names_in(schema)]


def _is_about_people(contract: type[Contract]) -> bool:
    return contract.__module__.split(".")[-1] not in KIT


def _names_in(schema: Any) -> Iterator[str]:
    """Names of types and fields, and the values a field may have."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        yield from schema.get("$defs", {})
        yield str(schema.get("title", ""))
        yield from (str(value) for value in [*schema.get("enum", []), schema.get("const", "")])
        for key, value in schema.items():
            if key not in ("examples", "default"):
                yield from _names_in(value)
    elif isinstance(schema, list):
        for each in schema:
            yield from _names_in(each)


def _sql_names() -> Iterator[tuple[str, list[str]]]:
    """Tables, columns, types and values: SQL without its comments and what COMMENT says."""
    for path in _sql_files():
        text = re.sub(r"--.*", "", path.read_text("utf-8"))
        text = re.sub(r"(COMMENT ON [^;]+? IS )'(?:[^']|'')*'", r"\1''", text)
        yield str(path.relative_to(ROOT)), re.findall(r"[a-z_]+", text)
