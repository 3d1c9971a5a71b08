"""What may change in a contract and what may not, rule by rule, against the schema that was committed.

Whoever sends us something (a command, a query) must find accepted what was accepted before: it may only grow wider.
Whoever reads something of ours (an event, a state, a letter, a result) must understand it with the schema it has, and
old messages still stand in the streams: it may gain fields that can be left out, and nothing else. All else is a new
version.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.contracts.schemas import RESULT, Schema

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_COMPARED = (
    "anyOf",
    "oneOf",
    "const",
    "enum",
    "properties",
    "required",
    "items",
    "additionalProperties",
    "propertyNames",
)
_NOTES = ("title", "description", "examples", "default", "deprecated", "discriminator", "$defs", "$schema", "$id")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between a committed schema and its model."""

    name: str
    """The schema: a type, or `<type>.result`."""
    what: str
    breaking: bool

    def __str__(self) -> str:
        if not self.breaking:
            return f"{self.name}: {self.what}: run `make generate` and commit the result."
        stem, _, version = self.name.removesuffix(RESULT).rpartition(".v")
        way_out = f"keep it, or make it {stem}.v{int(version) + 1} and send both for a while"
        return f"{self.name}: {self.what}. That breaks who relies on it: {way_out}."


def drift(before: dict[str, Schema], after: dict[str, Schema]) -> list[Change]:
    """Every change between what was committed and what the models say, the breaking ones first."""
    changes = [Change(name, "the contract was removed", True) for name in sorted(before.keys() - after.keys())]
    changes += [Change(name, "the contract is new", False) for name in sorted(after.keys() - before.keys())]
    for name in sorted(before.keys() & after.keys()):
        found = list(_Comparison(name, before[name], after[name]).changes())
        if not found and json.dumps(before[name]) != json.dumps(after[name]):
            found = [Change(name, "its description, order or example differs", False)]
        changes += found
    return sorted(changes, key=lambda change: not change.breaking)


class _Comparison:
    """One schema beside its former self."""

    def __init__(self, name: str, before: Schema, after: Schema) -> None:
        self.name, self.before, self.after = name, before, after
        self.sent = before.get("x-weefsel-kind") in ("command", "query")

    def changes(self) -> Iterator[Change]:
        if self.before.get("x-weefsel-kind") != self.after.get("x-weefsel-kind"):
            yield self._broken("", f"became a {self.after.get('x-weefsel-kind')}")
        if self.before.get("x-weefsel-feed") and not self.after.get("x-weefsel-feed"):
            yield self._broken("", "is no longer on the feed")
        if self.after.get("x-weefsel-feed") and not self.before.get("x-weefsel-feed"):
            yield self._added("", "is now on the feed")
        yield from self._schema("", self.before, self.after)

    def _schema(self, field: str, before: Schema, after: Schema) -> Iterator[Change]:
        old, new = _alternatives(before, self.before), _alternatives(after, self.after)
        for kind in old.keys() - new.keys():
            yield self._broken(field, f"can no longer be {kind}")
        for kind in new.keys() - old.keys():
            yield self._wider(field, f"can now be {kind}")
        for kind in old.keys() & new.keys():
            yield from self._alternative(field, old[kind], new[kind])

    def _alternative(self, field: str, before: Schema, after: Schema) -> Iterator[Change]:
        yield from self._values(field, before, after)
        yield from self._limits(field, before, after)
        yield from self._others(field, before, after)
        yield from self._properties(field, before, after)
        for keyword, place in (("items", "[]"), ("additionalProperties", ".*"), ("propertyNames", ".* (name)")):
            one, other = before.get(keyword), after.get(keyword)
            if isinstance(one, dict) and isinstance(other, dict):
                yield from self._schema(field + place, one, other)
            elif one != other:
                yield self._broken(field + place, "changed in what it may hold")

    def _values(self, field: str, before: Schema, after: Schema) -> Iterator[Change]:
        old, new = _values(before), _values(after)
        if old is None and new is None:
            return
        if old is None:
            yield self._broken(field, f"now allows only {_listed(new or [])}")
        elif new is None:
            yield self._wider(field, "now allows any value")
        else:
            if gone := [value for value in old if value not in new]:
                yield self._broken(field, f"no longer allows {_listed(gone)}")
            if added := [value for value in new if value not in old]:
                yield self._wider(field, f"now allows {_listed(added)} too")

    def _limits(self, field: str, before: Schema, after: Schema) -> Iterator[Change]:
        for keyword in (*_LOWER, *_UPPER):
            old, new = before.get(keyword), after.get(keyword)
            if old == new:
                continue
            tighter = old is None or (new is not None and (new > old if keyword in _LOWER else new < old))
            what = f"has another {keyword}: {_shown(old)} became {_shown(new)}"
            yield self._broken(field, what) if tighter else self._wider(field, what)

    def _others(self, field: str, before: Schema, after: Schema) -> Iterator[Change]:
        """Keywords that no rule can weigh: a pattern, `not`, `uniqueItems`, … Dropping one only allows more."""
        known = {"type", "format", "$ref", *_COMPARED, *_NOTES, *_LOWER, *_UPPER}
        for keyword in sorted((before.keys() | after.keys()) - known):
            if keyword.startswith("x-") or before.get(keyword) == after.get(keyword):
                continue
            if keyword not in after:
                yield self._wider(field, f"is no longer bound by {keyword}")
            else:
                yield self._broken(field, f"has another {keyword}: {json.dumps(after[keyword])}")

    def _properties(self, field: str, before: Schema, after: Schema) -> Iterator[Change]:
        old, new = before.get("properties", {}), after.get("properties", {})
        needed_before, needed = before.get("required", []), after.get("required", [])
        for name in old.keys() - new.keys():
            yield self._broken(_join(field, name), "was removed")
        for name in new.keys() - old.keys():
            place = _join(field, name)
            yield self._broken(place, "is new and required") if name in needed else self._added(place, "is new")
        for name in old.keys() & new.keys():
            place = _join(field, name)
            if name in needed and name not in needed_before:
                yield self._broken(place, "became required")
            elif name in needed_before and name not in needed:
                yield self._added(place, "may now be left out")
            elif self.sent and old[name].get("default") != new[name].get("default"):
                yield self._broken(place, "means something else when it is left out: its default changed")
            yield from self._schema(place, old[name], new[name])

    def _broken(self, field: str, what: str) -> Change:
        return Change(self.name, f"field `{field}` {what}" if field else f"it {what}", True)

    def _added(self, field: str, what: str) -> Change:
        return Change(self.name, f"field `{field}` {what}" if field else f"it {what}", False)

    def _wider(self, field: str, what: str) -> Change:
        """More is allowed than before: harmless in what is sent to us, a surprise to who reads it."""
        return self._added(field, what) if self.sent else self._broken(field, what)


def _alternatives(schema: Schema, root: Schema) -> dict[str, Schema]:
    """What a value may be, each by its kind: `{"string (uuid)": …, "null": …}`, references followed."""
    schema = _followed(schema, root)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if not choices:
        return {_kind(schema): schema}
    found: dict[str, Schema] = {}
    for choice in choices:
        for kind, each in _alternatives(choice, root).items():
            found[kind + _marks(each)] = each
    return found


def _followed(schema: Schema, root: Schema) -> Schema:
    """What a reference stands for."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def _kind(schema: Schema) -> str:
    """`string (uuid)`, `array`, `null`, …"""
    kind = str(schema.get("type", _json_type(schema)))
    return f"{kind} ({schema['format']})" if "format" in schema else kind


def _marks(schema: Schema) -> str:
    """The constants that tell one object of a union from another."""
    fields = schema.get("properties", {}).items()
    return "".join(f" with {name}={field['const']}" for name, field in fields if "const" in field)


def _json_type(schema: Schema) -> str:
    values = _values(schema)
    if values is None:
        return "anything"
    return {str: "string", bool: "boolean", int: "integer", float: "number"}.get(type(values[0]), "null")


def _values(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _listed(values: list[Any]) -> str:
    return ", ".join(json.dumps(value, ensure_ascii=False) for value in values)


def _shown(limit: Any) -> str:
    return "none" if limit is None else str(limit)


def _join(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name
