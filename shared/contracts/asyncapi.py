"""AsyncAPI 3.0 of what a partner can send and read, generated from the contracts; for tools, and for strangers."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.contracts import load, subjects
from shared.contracts.describe import feed_address, is_for_partners, letter_address, local
from shared.contracts.envelope import Answer, Command, Contract, Event, Letter, Query
from shared.contracts.problems import CODES
from shared.contracts.schemas import Plain, Schema, example_of, result_of

DOCUMENT = Path(__file__).parents[2] / "docs" / "asyncapi.yaml"
GUIDE = Path(__file__).with_name("guide.md")
CONSUMER = "p_{partner}"
JETSTREAM_PREFIX = "weefsel.js"
CONSUMING = {
    "ackPolicy": "explicit",
    "ackWaitSeconds": 60,
    "maxAckPending": 256,
    "maxBatch": 100,
    "maxExpiresSeconds": 30,
}
"""How a partner's two consumers are set: made by the operator, the same for everyone."""
KEPT_DAYS = {subjects.FEED: 14, subjects.PARTNER: 30, subjects.COMMANDS: 7}

PARAMETERS: dict[str, Schema] = {
    "partner": {"description": "Your name in subjects, given with your credentials.", "examples": ["buurtpunt"]},
    "neighbourhood": {
        "description": "The id of a neighbourhood that you were granted; `all` for what belongs to no single one.",
        "examples": ["brugse-poort", "rabot"],
    },
    "id": {
        "description": "What the letter is about: for an answer the `ce-id` of the command.",
        "examples": ["019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f"],
    },
    "status": {"description": "How the command ended.", "enum": ["accepted", "rejected"]},
    "verb": {"description": "What happened to it.", "examples": ["requested"]},
}
_ENVELOPE_EXAMPLE = {
    "ce-specversion": "1.0",
    "ce-id": "019432a1-9d10-7c11-8e55-0d2f6b7a1c33",
    "ce-time": "2026-05-01T09:30:00+00:00",
    "content-type": "application/json",
}


def for_partners() -> dict[str, type[Contract]]:
    """The contracts that a partner can meet: what it may be granted, the feed, and letters to it."""
    return {name: contract for name, contract in load().items() if is_for_partners(contract)}


def document() -> Schema:
    """The whole document."""
    contracts = for_partners()
    return {
        "asyncapi": "3.0.0",
        "id": "urn:weefsel:partners",
        "info": {
            "title": "Weefsel for partners",
            "version": version("weefsel"),
            "description": GUIDE.read_text("utf-8"),
            "tags": [{"name": name} for name in sorted({each.split(".")[0] for each in contracts})],
        },
        "defaultContentType": "application/json",
        "x-jetstream": _jetstream(),
        "servers": {"municipality": _server()},
        "channels": dict(_channels(contracts)),
        "operations": dict(_operations(contracts)),
        "components": {
            "messages": dict(_messages(contracts)),
            "schemas": _schemas(contracts),
            "parameters": PARAMETERS,
            "securitySchemes": {
                "credentials": {
                    "type": "asymmetricEncryption",
                    "description": "A NATS user JWT and its nkey (`.creds`), as the operator handed it over.",
                }
            },
            "correlationIds": {
                "cause": {
                    "location": "$message.header#/ce-causationid",
                    "description": "The id of the message that this one follows from.",
                }
            },
        },
    }


def _server() -> Schema:
    return {
        "host": "{host}:{port}",
        "protocol": "nats",
        "description": "The municipality's NATS server, over TLS wherever it is not this very machine.",
        "variables": {
            "host": {"default": "localhost", "description": "Given by the operator."},
            "port": {"default": "4222", "description": "7422 for `make up` on your own machine."},
        },
        "security": [{"$ref": "#/components/securitySchemes/credentials"}],
        "bindings": {"nats": {}},
    }


def _channels(contracts: dict[str, type[Contract]]) -> Iterator[tuple[str, Schema]]:
    for contract in contracts.values():
        name = _name(contract)
        if issubclass(contract, Command):
            yield (
                f"commands.{name}",
                _channel(
                    contract,
                    local(subjects.command(contract, ""), ""),
                    "Stored, done once, answered.",
                    stream=subjects.COMMANDS,
                ),
            )
        if issubclass(contract, (Command, Query)):
            yield (
                f"requests.{name}",
                _channel(contract, local(subjects.request(contract, ""), ""), "Answered at once, or not at all."),
            )
        if issubclass(contract, Event):
            address = feed_address(contract, "{neighbourhood}")
            yield f"feed.{name}", _channel(contract, address, "A fact, without content.", stream=subjects.FEED)
        if issubclass(contract, Letter):
            verb = "{status}" if contract is Answer else "{verb}"
            address = letter_address(contract, "{partner}", "{id}", verb)
            channel = _channel(contract, address, "Addressed to you alone.", stream=subjects.PARTNER)
            yield f"letters.{contract.KIND}", channel
    yield (
        "replies",
        {
            "address": None,
            "title": "Replies",
            "description": "Your inbox: your NATS client makes it up, names it in the request, and waits there.",
            "messages": {
                f"{each}.answer": {"$ref": f"#/components/messages/{each}.answer"}
                for each, contract in contracts.items()
                if issubclass(contract, (Command, Query))
            },
        },
    )


def _channel(contract: type[Contract], address: str, what: str, stream: str = "") -> Schema:
    channel: Schema = {
        "address": address,
        "title": contract.__name__,
        "summary": what,
        "messages": {contract.TYPE: {"$ref": f"#/components/messages/{contract.TYPE}"}},
    }
    names = re.findall(r"\{(\w+)\}", address)
    if names:
        channel["parameters"] = {name: {"$ref": f"#/components/parameters/{name}"} for name in names}
    if stream:
        channel["x-stream"] = stream
    return channel


def _jetstream() -> Schema:
    """What AsyncAPI has no place for: the streams, and the two consumers that are made for a partner."""
    return {
        "apiPrefix": JETSTREAM_PREFIX,
        "streams": {
            subjects.COMMANDS: {"keptDays": KEPT_DAYS[subjects.COMMANDS]},
            subjects.FEED: _read(subjects.FEED),
            subjects.PARTNER: _read(subjects.PARTNER),
        },
    }


def _read(stream: str) -> Schema:
    verbs = {"next": "MSG.NEXT", "info": "INFO", "reset": "RESET"}
    asked = {key: f"{JETSTREAM_PREFIX}.CONSUMER.{verb}.{stream}.{CONSUMER}" for key, verb in verbs.items()}
    return {"keptDays": KEPT_DAYS[stream], "consumer": CONSUMER, "durable": True, **CONSUMING, "subjects": asked}


def _operations(contracts: dict[str, type[Contract]]) -> Iterator[tuple[str, Schema]]:
    for contract in contracts.values():
        name = _name(contract)
        if issubclass(contract, Command):
            yield f"send.{name}", _operation("send", contract, f"commands.{name}", "Send durably", "letters.command")
        if issubclass(contract, (Command, Query)):
            yield f"ask.{name}", _operation("send", contract, f"requests.{name}", "Ask and wait", "replies")
        if issubclass(contract, Event):
            yield f"follow.{name}", _operation("receive", contract, f"feed.{name}", "Follow")
        if issubclass(contract, Letter):
            yield f"read.{name}", _operation("receive", contract, f"letters.{contract.KIND}", "Read")


def _operation(action: str, contract: type[Contract], channel: str, title: str, reply: str = "") -> Schema:
    operation: Schema = {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "title": f"{title}: {contract.__name__}",
        "summary": _summary(contract),
        "tags": [{"name": contract.TYPE.split(".")[0]}],
        "messages": [{"$ref": f"#/channels/{channel}/messages/{contract.TYPE}"}],
    }
    if reply:
        answer = Answer.TYPE if reply == "letters.command" else f"{contract.TYPE}.answer"
        operation["reply"] = {
            "channel": {"$ref": f"#/channels/{reply}"},
            "messages": [{"$ref": f"#/channels/{reply}/messages/{answer}"}],
        }
    return operation


def _messages(contracts: dict[str, type[Contract]]) -> Iterator[tuple[str, Schema]]:
    for name, contract in contracts.items():
        yield name, _message(contract)
        if issubclass(contract, (Command, Query)):
            yield f"{name}.answer", _answer(contract)


def _message(contract: type[Contract]) -> Schema:
    ours = not issubclass(contract, (Command, Query))
    headers = {**_ENVELOPE_EXAMPLE, "ce-type": contract.TYPE}
    message: Schema = {
        "name": contract.TYPE,
        "title": contract.__name__,
        "summary": _summary(contract),
        "description": inspect.cleandoc(contract.__doc__ or ""),
        "contentType": "application/json",
        "headers": {"$ref": f"#/components/schemas/{'Headers' if ours else 'SentHeaders'}"},
        "payload": {"$ref": f"#/components/schemas/{contract.__name__}"},
        "examples": [{"name": "example", "headers": headers, "payload": example_of(contract)}],
    }
    if ours:
        message["correlationId"] = {"$ref": "#/components/correlationIds/cause"}
        headers["ce-source"] = "weefsel/profiles"
    return message


def _answer(contract: type[Contract]) -> Schema:
    """The answer to one command or query: an Answer whose result is known."""
    result = result_of(contract)
    payload: Schema = {"$ref": "#/components/schemas/Answer"}
    examples = [{"name": "rejected", "payload": example_of(Answer)}]
    if result:
        known = {"anyOf": [{"$ref": f"#/components/schemas/{result.__name__}"}, {"type": "null"}]}
        payload = {"allOf": [payload, {"type": "object", "properties": {"result": known}}]}
    if result and result.EXAMPLE:
        accepted = {
            "id": _ENVELOPE_EXAMPLE["ce-id"],
            "status": "accepted",
            "result": example_of(result),
            "problems": [],
        }
        examples.insert(0, {"name": "accepted", "payload": accepted})
    return {
        "name": f"{contract.TYPE}.answer",
        "title": f"Answer to {contract.__name__}",
        "summary": "Accepted with its result, or rejected with every reason that could be found.",
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": payload,
        "examples": examples,
    }


def _schemas(contracts: dict[str, type[Contract]]) -> Schema:
    results = [result for each in contracts.values() if (result := result_of(each))]
    models: dict[type[BaseModel], None] = dict.fromkeys([*contracts.values(), *results, Answer])
    _, found = models_json_schema(
        [(model, "validation") for model in models],
        ref_template="#/components/schemas/{model}",
        schema_generator=Plain,
    )
    schemas: Schema = dict(sorted(found["$defs"].items()))
    schemas["Problem"]["properties"]["code"] |= {
        "examples": list(CODES),
        "description": "A constant to act on:\n\n" + "\n".join(f"- `{code}`: {what}" for code, what in CODES.items()),
    }
    return schemas | {"Headers": _headers(ours=True), "SentHeaders": _headers(ours=False)}


def _headers(ours: bool) -> Schema:
    """CloudEvents 1.0 attributes as NATS headers."""
    uuid = {"type": "string", "format": "uuid"}
    fields: Schema = {
        "ce-specversion": {"type": "string", "const": "1.0"},
        "ce-id": uuid | {"description": "The message's identity. Twice the same id is once the same message."},
        "ce-type": {"type": "string", "description": "The contract: `<service>.<entity>.<verb>.v<n>`."},
        "ce-time": {"type": "string", "format": "date-time", "description": "When it happened, with its time zone."},
        "ce-source": {"type": "string", "description": "Who wrote it."},
        "ce-subject": {"type": "string", "description": "The id of what it is about."},
        "ce-correlationid": uuid | {"description": "The same for everything that follows from one first message."},
        "ce-causationid": uuid | {"description": "The id of the message that this one follows from."},
        "traceparent": {"type": "string", "description": "W3C trace context, handed on."},
        "content-type": {"type": "string", "const": "application/json"},
    }
    if ours:
        fields["Nats-Msg-Id"] = uuid | {"description": "The same as `ce-id`: how the stream tells a repeat."}
    return {"type": "object", "required": ["ce-id", "ce-type", "ce-time"], "properties": fields}


def _name(contract: type[Contract]) -> str:
    """`profiles.participant.register`: the type without its version."""
    return contract.TYPE.rpartition(".")[0]


def _summary(contract: type[Contract]) -> str:
    """The first sentence of what it means."""
    return " ".join((contract.__doc__ or "").strip().split("\n\n")[0].split())


def text() -> str:
    """The document as it is committed. PyYAML is asked for here alone: services start without it."""
    return "# Generated by `make generate` from shared/contracts: change those.\n" + to_yaml(document())


def to_yaml(value: Schema) -> str:
    """As YAML that reads well: in the order in which it was put together, and paragraphs as blocks."""
    import yaml

    def words(dumper: Any, text: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)

    readable: Any = type("Readable", (yaml.SafeDumper,), {"ignore_aliases": lambda *_: True})
    readable.add_representer(str, words)
    return str(yaml.dump(value, Dumper=readable, sort_keys=False, allow_unicode=True, width=120))
