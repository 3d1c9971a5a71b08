"""Reading a message: from bytes on a subject to a contract, or to every reason why it can't be one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from shared.contracts import subjects
from shared.contracts.envelope import Command, Contract, Envelope, Event, Malformed, Problem, Query, State
from shared.messaging.handlers import Handle, Handlers

MOST_PROBLEMS = 20
FUTURE = timedelta(minutes=10)
"""How far ahead of our clock a sender's may be."""
WRONG_SUBJECT = Problem(code="wrong_subject", field="ce-type", message="ce-type doesn't belong on this subject")
_KINDS = {"cmd": (Command,), "rpc": (Command, Query), "event": (Event,), "state": (State,)}
_SENTENCES = {
    "missing": "is missing: send it",
    "extra_forbidden": "is not known: leave it out",
    "string_type": "must be text",
    "uuid_parsing": "must be a UUID",
    "uuid_type": "must be a UUID",
    "timezone_aware": "must have a time zone, such as 2026-05-01T09:30:00Z",
    "datetime_from_date_parsing": "must be a time with its zone, such as 2026-05-01T09:30:00Z",
    "json_invalid": "is not valid JSON (deeper than 200 levels, cut off, or malformed): send a JSON object",
    "model_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
    "list_type": "must be a list",
}


@dataclass(slots=True)
class Incoming:
    """A message that arrived, by whichever way. Either `message` and `handle` are there, or `problems` say why not."""

    subject: str
    headers: Mapping[str, str]
    data: bytes
    stream: str = ""
    """Empty for request/reply."""
    sequence: int = 0
    delivered: int = 1
    envelope: Envelope | None = None
    message: Contract | None = None
    handle: Handle | None = None
    problems: list[Problem] = field(default_factory=list)
    unknown_type: bool = False
    """A type that this release doesn't know: a newer release may be on its way."""

    @property
    def sender(self) -> str:
        return subjects.sender_of(self.subject)

    @property
    def kind(self) -> str:
        """`cmd`, `rpc`, `event` or `state`."""
        return self.subject.split(".")[2]

    @property
    def asks(self) -> bool:
        """True when the sender must hear an answer."""
        return self.kind in ("cmd", "rpc")

    @property
    def id(self) -> UUID | None:
        """The message's id, also when the rest can't be read."""
        if self.envelope is not None:
            return self.envelope.id
        try:
            return UUID(self.headers.get("ce-id", ""))
        except ValueError:
            return None

    @property
    def key(self) -> tuple[str, UUID]:
        assert self.envelope is not None
        return self.sender, self.envelope.id

    def whole(self) -> bytes:
        """What tells it from another message that got the same number, as when a stream was lost and begins anew."""
        headers = "\0".join(f"{name}:{value}" for name, value in self.headers.items())
        return hashlib.sha256(headers.encode("utf-8", "surrogatepass") + b"\0\0" + self.data).digest()

    def digest(self) -> bytes:
        """What was asked: the same id with another digest is another command."""
        type_ = self.envelope.type if self.envelope else ""
        return hashlib.sha256(type_.encode() + b"\0" + self.data).digest()


def read(incoming: Incoming, handlers: Handlers, now: datetime) -> Incoming:
    """Fill in envelope, message and handler, or the problems. Never raises."""
    try:
        incoming.envelope = envelope = incoming.envelope or Envelope.parse(incoming.headers)
    except Malformed as malformed:
        incoming.problems = malformed.problems
        return incoming
    found = handlers.get(envelope.type)
    if found is None or not issubclass(found[0], _KINDS[incoming.kind]):
        incoming.unknown_type = True
        incoming.problems = [_unknown(incoming, found is not None)]
        return incoming
    contract, incoming.handle = found
    incoming.problems = _check(incoming, envelope, contract, now)
    if not incoming.problems:
        try:
            incoming.message = contract.model_validate_json(incoming.data)
        except ValidationError as error:
            incoming.problems = problems_of(error)
        except Exception:  # noqa: BLE001 - a validator that stumbles must not hold up the messages behind this one
            incoming.problems = [
                Problem(code="unreadable", message="the body can't be read: check it against its schema")
            ]
    return incoming


def problems_of(error: ValidationError) -> list[Problem]:
    """Pydantic's errors as sentences that name the field and never repeat what was sent."""
    problems = []
    for each in error.errors(include_url=False, include_input=False)[:MOST_PROBLEMS]:
        path = _printable(".".join(str(part) for part in each["loc"]))
        sentence = _SENTENCES.get(each["type"]) or _lower(each["msg"].removeprefix("Value error, "))
        problems.append(Problem(code=each["type"], field=path, message=f"{path or 'the body'} {sentence[:200]}"))
    return problems


def _printable(path: str) -> str:
    """A field's path may hold keys that the sender chose: bounded, and nothing that a database or terminal minds."""
    return "".join(character if character.isprintable() else "?" for character in path[:100])


def _check(incoming: Incoming, envelope: Envelope, contract: type[Contract], now: datetime) -> list[Problem]:
    problems = []
    if envelope.time > now + FUTURE:
        problems.append(
            Problem(code="from_the_future", field="ce-time", message="ce-time lies in the future: set your clock")
        )
    if envelope.actor and incoming.asks and incoming.sender not in subjects.RESERVED_SENDERS:
        problems.append(
            Problem(code="not_allowed", field="ce-actor", message="ce-actor is not yours to set: leave it out")
        )
    if incoming.asks and not _fits(contract.TYPE, incoming.subject):
        problems.append(WRONG_SUBJECT)
    return problems


def _fits(type_: str, subject: str) -> bool:
    """Whether a command or question of this type is asked on this subject: both end in its entity and verb."""
    return type_.split(".")[1:3] == subject.split(".")[-2:]


def _unknown(incoming: Incoming, known: bool) -> Problem:
    if known and incoming.kind == "cmd":
        return Problem(code="not_durable", field="ce-type", message="this is a question: ask it by request/reply")
    if incoming.asks and incoming.envelope and not _fits(incoming.envelope.type, incoming.subject):
        return WRONG_SUBJECT  # no newer release will know it either
    return Problem(
        code="unknown_type",
        field="ce-type",
        message="ce-type is not one that this service knows: see the AsyncAPI document",
    )


def _lower(sentence: Any) -> str:
    text = str(sentence)
    return text[:1].lower() + text[1:]
