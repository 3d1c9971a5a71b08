"""A contract in words: what it means, where it travels, its fields one by one. For the command line and the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.contracts import subjects
from shared.contracts.envelope import Answer, Command, Contract, Event, Letter, Query, State
from shared.contracts.schemas import Schema, example_of, kind_of, result_of, schema_of

_FORMATS = {
    "uuid": "UUID",
    "date-time": "time with its zone",
    "date": "date",
    "time": "time of day",
    "duration": "duration",
    "email": "e-mail address",
}


_PATTERNS = {
    "^[a-z0-9_-]{1,63}$": "token (a-z, 0-9, - and _)",
    "^[a-z]{2,3}$": "language code such as `nl`",
    "^89[0-9a-f]{13}$": "H3 cell of resolution 9",
}
_PLURALS = {"object": "objects", "UUID": "UUIDs", "text": "texts"}
_COMMON = {
    "participant_id": "The participant.",
    "neighbourhood_id": "The neighbourhood, by the token that was chosen for it.",
    "worker_id": "The worker.",
    "organisation_id": "The organisation, by the token that was chosen for it.",
    "version": "Grows with every change: ignore what is older than what you have.",
    "limit": "How many on one page.",
    "after": "Where the page before ended: its `next`.",
    "removed": "True once it is gone: forget what you keep of it.",
}
"""What fields mean that carry the same name everywhere, where the contract itself says nothing."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field, or a field of a part (`reach.by`, `talents[].kind`)."""

    path: str
    kind: str
    """What it may hold: `UUID`, `list of objects`, `morning, afternoon or evening`, …"""
    required: bool
    default: str
    """As JSON; empty when required or without one worth saying."""
    meaning: str


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a message travels."""

    stream: str
    """Empty for request/reply."""
    subject: str
    """With `<words>` where a token differs from message to message."""
    who: str


@dataclass(frozen=True, slots=True)
class Description:
    """All that can be said of a contract."""

    type: str
    name: str
    kind: str
    meaning: str
    for_partners: bool
    ways: list[Way]
    fields: list[Field]
    example: Schema
    result: list[Field]
    result_meaning: str
    result_example: Schema


def describe(contract: type[Contract]) -> Description:
    """Read from the contract's model, schema and registry entry; nothing is written by hand."""
    result = result_of(contract)
    return Description(
        type=contract.TYPE,
        name=contract.__name__,
        kind=kind_of(contract),
        meaning=_text(contract.__doc__),
        for_partners=is_for_partners(contract),
        ways=list(_ways(contract)),
        fields=_fields(contract),
        example=example_of(contract),
        result=_fields(result) if result else [],
        result_meaning=_text(result.__doc__) if result else "",
        result_example=example_of(result) if result else {},
    )


def is_for_partners(contract: type[Contract]) -> bool:
    """Whether a partner can meet it: it may be granted, stands on the feed, or is a letter."""
    if issubclass(contract, (Command, Query)):
        return contract.FOR_PARTNERS
    return issubclass(contract, Letter) or (issubclass(contract, Event) and contract.FEED)


def feed_address(contract: type[Event], neighbourhood: str) -> str:
    """Its subject on the feed, with a placeholder for the neighbourhood."""
    return subjects.feed(contract.model_construct(neighbourhood_id=neighbourhood))


def letter_address(contract: type[Letter], partner: str, id: str, verb: str) -> str:  # noqa: A002
    """Its subject on PARTNER, with placeholders."""
    return subjects.letter(contract.model_construct(), partner, id, verb)


def local(subject: str, sender: str) -> str:
    """A sender's own subject as a partner sees it from its account: `weefsel.cmd.…`, `weefsel.rpc.…`."""
    for kind in ("cmd", "rpc"):
        subject = subject.replace(f"{subjects.ROOT}.{kind}.{sender}.", f"weefsel.{kind}.")
    return subject


def _ways(contract: type[Contract]) -> Iterator[Way]:
    if issubclass(contract, Event):
        place = subjects.event_filter(contract).replace("*", "<neighbourhood>")
        yield Way(subjects.EVENTS, place, "our own services")
        if contract.FEED:
            yield Way(subjects.FEED, feed_address(contract, "<neighbourhood>"), "partners of that neighbourhood")
    elif issubclass(contract, State):
        yield Way(subjects.STATE, subjects.state_filter(contract).replace("*", "<id>"), "our own services")
    elif issubclass(contract, (Command, Query)):
        service = "<service>" if contract.TYPE.startswith("any.") else ""
        if issubclass(contract, Command):
            yield from _sent(contract, subjects.COMMANDS, subjects.command(contract, "<sender>", service))
        yield from _sent(contract, "", subjects.request(contract, "<sender>", service))
    elif issubclass(contract, Letter):
        verb = "<accepted|rejected>" if contract is Answer else "<verb>"
        yield Way(subjects.PARTNER, letter_address(contract, "<partner>", "<id>", verb), "that partner alone")
    else:
        yield Way(subjects.DEAD_LETTERS, subjects.dead("<stream>", "<service>", "<sender>"), "operators")


def _sent(contract: type[Command | Query], stream: str, subject: str) -> Iterator[Way]:
    if contract.FOR_PARTNERS:
        yield Way(stream, local(subject, "<sender>"), "a partner, from its own account")
    yield Way(stream, subject, "our own: `cli` and `desk`")


def _fields(contract: type[Contract]) -> list[Field]:
    schema = schema_of(contract, contract.__name__)
    return list(_walk(schema, schema, ""))


def _walk(schema: Schema, root: Schema, path: str) -> Iterator[Field]:
    """The fields of an object, and below each those of what it holds."""
    for name, field in schema.get("properties", {}).items():
        place = f"{path}{name}"
        default = field.get("default")
        yield Field(
            path=place,
            kind=kind_of_value(field, root),
            required=name in schema.get("required", []),
            default="" if name in schema.get("required", []) or default is None else _json(default),
            meaning=_text(field.get("description") or _of_its_type(field, root) or _COMMON.get(name)),
        )
        yield from _below(field, root, place)


def _of_its_type(field: Schema, root: Schema) -> str:
    """What the type of a field says, where the field says nothing."""
    found = (_followed(choice, root).get("description", "") for choice in _choices(field) or [field])
    return next(filter(None, found), "")


def _choices(field: Schema) -> list[Schema]:
    return list(field.get("anyOf") or field.get("oneOf") or [])


def _below(field: Schema, root: Schema, path: str) -> Iterator[Field]:
    field = _followed(field, root)
    for choice in _choices(field):
        yield from _below(choice, root, path)
    if field.get("type") == "object":
        yield from _walk(field, root, f"{path}.")
    if field.get("type") == "array" and "items" in field:
        yield from _below(field["items"], root, f"{path}[]")
    if isinstance(field.get("additionalProperties"), dict):
        yield from _below(field["additionalProperties"], root, f"{path}.<key>")


def kind_of_value(field: Schema, root: Schema) -> str:
    """What a value may hold, in words."""
    field = _followed(field, root)
    if choices := _choices(field):
        kinds = dict.fromkeys(kind_of_value(choice, root) for choice in choices)
        joined = " or ".join(kind for kind in kinds if kind != "null")
        return f"{joined}{',' if ',' in joined else ''} or null" if "null" in kinds else joined
    if "const" in field:
        return f"always `{field['const']}`"
    if "enum" in field:
        return "one of " + ", ".join(f"`{each}`" for each in field["enum"])
    kind = field.get("type", "anything")
    match kind:
        case "array":
            item = kind_of_value(field.get("items", {}), root)
            return f"list of {_PLURALS.get(item, item)}{_limits(field, 'Items')}"
        case "object" if isinstance(field.get("additionalProperties"), dict):
            return f"map to {kind_of_value(field['additionalProperties'], root)}"
        case "object":
            return "object"
        case "string" if field.get("format") in _FORMATS:
            return _FORMATS[field["format"]]
        case "string" if "pattern" in field:
            return _PATTERNS.get(field["pattern"], f"text like `{field['pattern']}`")
        case "string":
            return f"text{_limits(field, 'Length')}"
        case "integer" | "number":
            return f"{'whole number' if kind == 'integer' else 'number'}{_range(field)}"
        case "boolean":
            return "true or false"
    return str(kind)


def _limits(field: Schema, what: str) -> str:
    most = field.get(f"max{what}")
    return f", at most {most}" if most is not None else ""


def _range(field: Schema) -> str:
    least, most = field.get("minimum"), field.get("maximum")
    if least is not None and most is not None:
        return f" from {least} to {most}"
    return f", {least} or more" if least is not None else f", {most} or less" if most is not None else ""


def _followed(field: Schema, root: Schema) -> Schema:
    while "$ref" in field:
        field = root["$defs"][field["$ref"].rsplit("/", 1)[-1]]
    return field


def _text(doc: Any) -> str:
    """Paragraphs kept, lines joined."""
    paragraphs = str(doc or "").strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _json(value: Any) -> str:
    """As JSON, without what is null."""
    if isinstance(value, dict):
        value = {name: each for name, each in value.items() if each is not None}
    return json.dumps(value, ensure_ascii=False)
