"""JSON Schema (draft 2020-12) of every contract, for whoever reads or writes messages without our code.

A file per type, and `<type>.result.json` for what a command or query is answered with. They describe what is *accepted*
(pydantic's validation mode): a field with a default may be left out, also by an older release whose messages still
stand in a stream. Fields that a reader doesn't know are ignored, so `additionalProperties` is never refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import to_jsonable_python

from shared.contracts import load
from shared.contracts.envelope import Command, Contract, Event, Letter, Query, State

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FOLDER = Path(__file__).parent / "schemas"
KINDS: dict[type[Contract], str] = {
    Event: "event",
    State: "state",
    Command: "command",
    Query: "query",
    Letter: "letter",
}
RESULT = ".result"


class Plain(GenerateJsonSchema):
    """Without the titles that pydantic derives from field names: they repeat the name and hide the description."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def kind_of(contract: type[Contract]) -> str:
    """`event`, `state`, `command`, `query` or `letter`; `record` for what only operators read."""
    return next((kind for base, kind in KINDS.items() if issubclass(contract, base)), "record")


def result_of(contract: type[Contract]) -> type[Contract] | None:
    """The model of the answer's `result`, for a command or query that gives one."""
    if issubclass(contract, (Command, Query)) and contract.RESULT is not Contract:
        return contract.RESULT
    return None


def example_of(contract: type[Contract]) -> Schema:
    """The contract's example as it stands on the wire."""
    example: Schema = to_jsonable_python(contract.EXAMPLE)
    return example


def schema_of(contract: type[Contract], name: str = "", ref_template: str = "#/$defs/{model}") -> Schema:
    """One contract's schema; `name` when it has no type of its own, as a result."""
    body = contract.model_json_schema(by_alias=True, ref_template=ref_template, schema_generator=Plain)
    schema: Schema = {"$schema": DIALECT, "$id": f"urn:weefsel:{name or contract.TYPE}"}
    if contract.TYPE:
        schema["x-weefsel-kind"] = kind_of(contract)
    if issubclass(contract, Event):
        schema["x-weefsel-feed"] = contract.FEED
    schema |= body
    if contract.EXAMPLE:
        schema["examples"] = [example_of(contract)]
    return schema


def schemas() -> dict[str, Schema]:
    """Every schema by the name of its file, without `.json`."""
    found: dict[str, Schema] = {}
    for name, contract in load().items():
        found[name] = schema_of(contract)
        if result := result_of(contract):
            found[name + RESULT] = schema_of(result, name + RESULT)
    return found


def committed() -> dict[str, Schema]:
    """What the files say: the promise that was made to readers."""
    return {path.name.removesuffix(".json"): json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}


def write(found: dict[str, Schema]) -> None:
    """Make the files say what the models say."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.json"):
        if path.name.removesuffix(".json") not in found:
            path.unlink()
    for name, schema in found.items():
        (FOLDER / f"{name}.json").write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", "utf-8")
