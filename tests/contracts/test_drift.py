"""Each way in which a contract can drift from its promise is caught, and what does no harm is let through."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from shared.contracts.drift import Change, drift
from shared.contracts.envelope import REGISTRY, Command, Contract, Event
from shared.contracts.schemas import schema_of
from shared.contracts.types import Name

SENT, READ = "test.thing.keep.v1", "test.thing.kept.v1"


class Part(Contract):
    a: int
    b: str = "b"


BEFORE: dict[str, Any] = {
    "name": (Name, ...),
    "kind": (Literal["coffee", "walk"], ...),
    "often": (Annotated[int, Field(ge=1, le=10)], 1),
    "part": (Part, ...),
    "parts": (list[Part], ...),
    "note": (Annotated[str, Field(max_length=50)] | None, None),
    "by_language": (dict[Annotated[str, Field(pattern="^[a-z]{2}$")], Name], ...),
}


def _changes(promise: str, /, **changed: Any) -> list[Change]:
    """What `drift` says once these fields have changed; None takes a field away."""
    after = {name: field for name, field in (BEFORE | changed).items() if field is not None}
    return drift({promise: _schema(promise, BEFORE)}, {promise: _schema(promise, after)})


def _schema(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    base = Event if name == READ else Command
    body: dict[str, Any] = {
        "__annotations__": {name: hint for name, (hint, _) in fields.items()},
        "__module__": __name__,
    }
    body |= {name: default for name, (_, default) in fields.items() if default is not ...}
    try:
        return schema_of(_made(base, body, name))
    finally:
        REGISTRY.pop(name, None)


def _made(base: type[Contract], body: dict[str, Any], name: str) -> type[Contract]:
    made: type[Contract] = type(base)("Thing", (base,), body, type=name)
    return made


class Fewer(Contract):
    a: int


class Stricter(Contract):
    a: int
    b: str


class More(Contract):
    a: int
    b: str = "b"
    c: int = 0


BREAKS_ALL: dict[str, dict[str, Any]] = {
    "a field removed": {"kind": None},
    "an optional field removed": {"note": None},
    "a new required field": {"more": (str, ...)},
    "a field that became required": {"often": (Annotated[int, Field(ge=1, le=10)], ...)},
    "another type": {"often": (str, "1")},
    "another format": {"name": (Annotated[str, Field(json_schema_extra={"format": "email"})], ...)},
    "null refused": {"note": (Annotated[str, Field(max_length=50)], "")},
    "a value fewer": {"kind": (Literal["coffee"], ...)},
    "values where any was right": {"name": (Literal["a"], ...)},
    "a lower maximum": {"often": (Annotated[int, Field(ge=1, le=9)], 1)},
    "a higher minimum": {"often": (Annotated[int, Field(ge=2, le=10)], 1)},
    "a shorter text": {"note": (Annotated[str, Field(max_length=49)] | None, None)},
    "a pattern": {"note": (Annotated[str, Field(max_length=50, pattern="^a")] | None, None)},
    "a field of a part removed": {"part": (Fewer, ...)},
    "a field of each part that became required": {"parts": (list[Stricter], ...)},
    "another type of items": {"parts": (list[str], ...)},
    "a list where one was": {"part": (list[Part], ...)},
    "other names in a map": {"by_language": (dict[Annotated[str, Field(pattern="^[a-z]{3}$")], Name], ...)},
    "other values in a map": {"by_language": (dict[Annotated[str, Field(pattern="^[a-z]{2}$")], int], ...)},
}
BREAKS_READERS: dict[str, dict[str, Any]] = {
    "a value more": {"kind": (Literal["coffee", "walk", "lift"], ...)},
    "a higher maximum": {"often": (Annotated[int, Field(ge=1, le=11)], 1)},
    "no maximum": {"often": (Annotated[int, Field(ge=1)], 1)},
    "null allowed": {"name": (Name | None, ...)},
    "another type besides": {"often": (Annotated[int, Field(ge=1, le=10)] | str, 1)},
}
BREAKS_SENDERS: dict[str, dict[str, Any]] = {
    "another default": {"often": (Annotated[int, Field(ge=1, le=10)], 2)},
}
HARMLESS: dict[str, dict[str, Any]] = {
    "a new field that may be left out": {"more": (str, "")},
    "a field that may now be left out": {"name": (Name, "someone")},
    "a part with a field more": {"part": (More, ...), "parts": (list[More], ...)},
}


@pytest.mark.parametrize("name", [SENT, READ])
@pytest.mark.parametrize("changed", BREAKS_ALL.values(), ids=BREAKS_ALL)
def test_what_breaks_everyone_asks_for_a_new_version(name: str, changed: dict[str, Any]) -> None:
    changes = _changes(name, **changed)
    assert any(change.breaking for change in changes), changes
    assert name.replace(".v1", ".v2") in str(changes[0]), "the sentence says what to do"


@pytest.mark.parametrize("changed", BREAKS_READERS.values(), ids=BREAKS_READERS)
def test_more_may_be_sent_to_us_but_not_to_readers(changed: dict[str, Any]) -> None:
    assert any(change.breaking for change in _changes(READ, **changed))
    sent = _changes(SENT, **changed)
    assert sent
    assert not any(change.breaking for change in sent), sent


@pytest.mark.parametrize("changed", BREAKS_SENDERS.values(), ids=BREAKS_SENDERS)
def test_what_is_left_out_keeps_its_meaning(changed: dict[str, Any]) -> None:
    assert any(change.breaking for change in _changes(SENT, **changed))


@pytest.mark.parametrize("name", [SENT, READ])
@pytest.mark.parametrize("changed", HARMLESS.values(), ids=HARMLESS)
def test_what_does_no_harm_only_asks_to_be_generated(name: str, changed: dict[str, Any]) -> None:
    changes = _changes(name, **changed)
    assert changes
    assert not any(change.breaking for change in changes), changes
    assert all("make generate" in str(change) for change in changes)


def test_nothing_changed_says_nothing() -> None:
    assert _changes(SENT) == []


def test_another_description_only_asks_to_be_generated() -> None:
    before, after = _schema(SENT, BEFORE), _schema(SENT, BEFORE)
    after["description"] = "Said better."
    assert [change.breaking for change in drift({SENT: before}, {SENT: after})] == [False]


def test_a_contract_removed_breaks_and_a_new_one_does_not() -> None:
    schema = _schema(SENT, BEFORE)
    assert [change.breaking for change in drift({SENT: schema}, {})] == [True]
    assert [change.breaking for change in drift({}, {SENT: schema})] == [False]


def test_another_kind_breaks() -> None:
    before, after = _schema(SENT, BEFORE), _schema(SENT, BEFORE)
    after["x-weefsel-kind"] = "query"
    assert any(change.breaking for change in drift({SENT: before}, {SENT: after}))


def test_leaving_the_feed_breaks_and_joining_it_does_not() -> None:
    off, on = _schema(READ, BEFORE), _schema(READ, BEFORE)
    on["x-weefsel-feed"] = True
    assert [change.breaking for change in drift({READ: on}, {READ: off})] == [True]
    assert [change.breaking for change in drift({READ: off}, {READ: on})] == [False]


def test_a_result_is_read_whatever_its_command() -> None:
    name = f"{SENT}.result"
    before, after = schema_of(Part, name), schema_of(Fewer, name)
    assert "test.thing.keep.v2" in str(drift({name: before}, {name: after})[0])
