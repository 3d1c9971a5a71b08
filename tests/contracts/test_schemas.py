"""Every contract: its schema is committed, its example is true, and what is written is read back as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import ValidationError

from shared.contracts import load, subjects
from shared.contracts.drift import drift
from shared.contracts.envelope import Contract, Event, Letter, State
from shared.contracts.schemas import committed, example_of, kind_of, result_of, schema_of, schemas
from shared.contracts.types import LARGEST_NUMBER
from tests.contracts.strategies import fitting

CONTRACTS = load()
RESULTS = {result.__name__: result for each in CONTRACTS.values() if (result := result_of(each))}
MODELS = CONTRACTS | RESULTS


def test_every_number_in_a_message_is_one_that_any_reader_and_any_column_keeps() -> None:
    """What is larger is refused by name, where it would otherwise fail in the database."""
    found = [
        contract.TYPE
        for contract in CONTRACTS.values()
        for part in _parts(schema_of(contract))
        if part.get("type") == "integer"
        and not -LARGEST_NUMBER <= part.get("minimum", -(2**64)) <= part.get("maximum", 2**64) <= LARGEST_NUMBER
    ]
    assert not found, found


def test_committed_schemas_are_those_of_the_models() -> None:
    changes = [str(change) for change in drift(committed(), schemas())]
    assert not changes, "\n" + "\n".join(changes)


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
class TestEveryContract:
    def test_says_what_it_means(self, contract: type[Contract]) -> None:
        assert contract.__doc__, f"{contract.__name__} needs a docstring: what it means, for a stranger"

    def test_its_tokens_can_stand_in_a_subject(self, contract: type[Contract]) -> None:
        Draft202012Validator({"pattern": r"^[a-z0-9_-]+(\.[a-z0-9_-]+){2}\.v[1-9][0-9]*$"}).validate(contract.TYPE)
        assert kind_of(contract)

    def test_its_example_is_true(self, contract: type[Contract]) -> None:
        message = contract.model_validate(contract.EXAMPLE)
        _validator(contract).validate(example_of(contract))
        assert contract.model_validate_json(message.model_dump_json()) == message
        assert set(contract.EXAMPLE) <= set(contract.model_fields), "the example holds a field that does not exist"

    def test_its_example_has_a_subject(self, contract: type[Contract]) -> None:
        message = contract.model_validate(contract.EXAMPLE)
        for subject in _subjects(message):
            assert all(subject.split(".")), subject
            assert not set(subject) & set(" *>"), subject

    def test_its_schema_is_valid_and_open(self, contract: type[Contract]) -> None:
        schema = schema_of(contract)
        Draft202012Validator.check_schema(schema)
        assert '"additionalProperties": false' not in json.dumps(schema), "readers ignore fields that they don't know"
        assert contract.model_validate(contract.EXAMPLE | {"a_field_of_tomorrow": 1})


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_written_is_read_back_as_it_was(model: type[Contract], data: st.DataObject) -> None:
    """What fits the schema is accepted or refused with a reason; what is accepted travels unchanged, and fits too."""
    schema = schema_of(model, model.__name__)
    drawn: dict[str, Any] = data.draw(fitting(schema, schema))
    if model.EXAMPLE:
        kept = data.draw(st.sets(st.sampled_from(sorted(drawn)), max_size=2)) if drawn else set()
        drawn = example_of(model) | {name: drawn[name] for name in kept}
    try:
        message = model.model_validate_json(json.dumps(drawn))
    except ValidationError as refused:
        assert all(error["msg"] for error in refused.errors(include_url=False))
        return
    written = message.model_dump_json()
    assert model.model_validate_json(written) == message
    _validator(model).validate(json.loads(written))


def _validator(model: type[Contract]) -> Draft202012Validator:
    return Draft202012Validator(schema_of(model, model.__name__), format_checker=FormatChecker(["uuid", "date"]))


def _subjects(message: Contract) -> list[str]:
    if isinstance(message, Event):
        return [subjects.event(message), subjects.feed(message)]
    if isinstance(message, State):
        return [subjects.state(message)]
    if isinstance(message, Letter):
        return [subjects.letter(message, "partner", "id", "verb")]
    return []


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema and all schemas in it."""
    if isinstance(schema, dict):
        yield schema
        for each in schema.values():
            yield from _parts(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _parts(each)
