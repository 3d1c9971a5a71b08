"""Hypothesis values that fit a JSON Schema, as far as our contracts use it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import strategies as st

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_FORMATS: dict[str, st.SearchStrategy[str]] = {
    "uuid": st.uuids().map(str),
    "date": st.dates().map(str),
    "date-time": st.datetimes(datetime(1900, 1, 3), datetime(2200, 12, 30), timezones=st.timezones()).map(
        lambda moment: moment.isoformat()
    ),
    "time": st.times().map(str),
    "duration": st.timedeltas().map(lambda span: f"PT{int(span.total_seconds())}S"),
    "email": st.emails(),
}


def fitting(schema: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of this schema; `root` holds the definitions it refers to."""
    if "$ref" in schema:
        return fitting(root["$defs"][schema["$ref"].rsplit("/", 1)[-1]], root)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return st.one_of(*(fitting(each, root) for each in schema[choice]))
    match schema.get("type"):
        case "object":
            return _objects(schema, root)
        case "array":
            return _arrays(schema, root)
        case "string":
            return _strings(schema)
        case "integer":
            return st.integers(schema.get("minimum", -(2**31)), schema.get("maximum", 2**31))
        case "number":
            return st.floats(
                schema.get("minimum"), schema.get("maximum"), allow_nan=False, allow_infinity=False, width=32
            )
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
    return st.one_of(st.none(), st.booleans(), st.integers(-1000, 1000), _TEXT)


def _objects(schema: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: fitting(field, root) for name, field in schema.get("properties", {}).items()}
    if fields:
        required = {name: fields.pop(name) for name in schema.get("required", [])}
        return st.fixed_dictionaries(required, optional=fields)
    values = schema.get("additionalProperties", True)
    return st.dictionaries(
        fitting(schema.get("propertyNames", {"type": "string"}), root),
        fitting(values if isinstance(values, dict) else {}, root),
        min_size=schema.get("minProperties", 0),
        max_size=min(schema.get("maxProperties", 3), 3),
    )


def _arrays(schema: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[list[Any]]:
    if "prefixItems" in schema:
        return st.tuples(*(fitting(each, root) for each in schema["prefixItems"])).map(list)
    least = schema.get("minItems", 0)
    return st.lists(
        fitting(schema.get("items", {}), root), min_size=least, max_size=min(schema.get("maxItems", 4), least + 4)
    )


def _strings(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if "pattern" in schema:
        return st.from_regex(schema["pattern"].replace("$", r"\Z"), fullmatch=True)
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    return st.text(
        st.characters(exclude_categories=["Cs"]),
        min_size=schema.get("minLength", 0),
        max_size=min(schema.get("maxLength", 40), 40),
    )
