"""The envelope: what every message has in common, and how it stands on NATS.

A message is a pydantic model (its data, JSON) plus CloudEvents 1.0 attributes in `ce-*` headers (binary mode).
There are five kinds, and the base class says which: `Event`, `State`, `Command`, `Query`, `Letter`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from shared.contracts.types import EVERYWHERE, Person

CONTENT_TYPE = "application/json"
SOURCE = "weefsel"


class Contract(BaseModel):
    """Anything that crosses a service's border. Readers ignore fields that they don't know."""

    model_config = ConfigDict(extra="ignore", frozen=True, use_attribute_docstrings=True, ser_json_timedelta="iso8601")

    TYPE: ClassVar[str] = ""
    """`<service>.<entity>.<verb>.v<n>`; empty for parts of a message."""
    EXAMPLE: ClassVar[dict[str, Any]] = {}
    _PERSON_FIELDS: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, type: str = "", **kwargs: Any) -> None:  # noqa: A002 - CloudEvents calls it type
        super().__init_subclass__(**kwargs)
        if type:
            service, entity, verb, version = type.split(".")
            assert version.startswith("v"), type
            assert all((service, entity, verb)), type
            cls.TYPE = type

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        assert cls.__pydantic_fields_complete__, f"{cls.__name__}: declare what it is made of first"
        cls._PERSON_FIELDS = tuple(
            name for name, field in cls.model_fields.items() if _names_person(field.annotation, *field.metadata)
        )
        if cls.TYPE:
            other = REGISTRY.get(cls.TYPE)
            assert other is None or other.__qualname__ == cls.__qualname__, f"{cls.TYPE} is declared twice"
            REGISTRY[cls.TYPE] = cls

    def persons(self) -> Iterator[UUID]:
        """The participants that this message names, in fields of its own and of its parts."""
        for name in self._PERSON_FIELDS:
            yield from _ids_in(getattr(self, name))


def _names_person(annotation: Any, *metadata: Any) -> bool:
    """Whether a value of this type can name a participant: it is marked so, or holds a type that is."""
    if any(isinstance(each, Person) for each in metadata):
        return True
    if isinstance(annotation, type) and issubclass(annotation, Contract):
        return bool(annotation._PERSON_FIELDS)
    if get_origin(annotation) is Annotated:
        return _names_person(*get_args(annotation))
    return any(_names_person(part) for part in get_args(annotation))


def _ids_in(value: Any) -> Iterator[UUID]:
    """Every id in a value whose type names a participant; that of a worker beside it does no harm."""
    if isinstance(value, UUID):
        yield value
    elif isinstance(value, Contract):
        yield from value.persons()
    elif isinstance(value, Mapping):
        yield from _ids_in([*value.keys(), *value.values()])
    elif isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from _ids_in(each)


REGISTRY: dict[str, type[Contract]] = {}
"""Every contract by its type; filled by importing `shared.contracts`."""


class Event(Contract):
    """Something that happened: a content-free fact on EVENTS and, with `feed=True`, on the partners' FEED."""

    FEED: ClassVar[bool] = False
    neighbourhood_id: str | None
    """Where it happened; null for what belongs to no single neighbourhood."""

    def __init_subclass__(cls, type: str = "", feed: bool = False, **kwargs: Any) -> None:  # noqa: A002
        super().__init_subclass__(type=type, **kwargs)
        cls.FEED = feed


class State(Contract):
    """The last known state of one thing, kept per id on STATE; `removed` is its tombstone."""

    removed: bool = False
    """True once it is gone: forget what you keep of it."""

    @property
    def key(self) -> str:
        """The id under which it is kept: the last token of its subject."""
        raise NotImplementedError


class Command(Contract):
    """Something to do: sent durably on COMMANDS or asked by request/reply; answered with accepted or rejected."""

    RESULT: ClassVar[type[Contract]] = Contract
    FOR_PARTNERS: ClassVar[bool] = False
    """Whether a partner can be granted it. What only the person, a worker or an operator may do is not."""

    def __init_subclass__(
        cls,
        type: str = "",  # noqa: A002
        result: type[Contract] | None = None,
        partners: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init_subclass__(type=type, **kwargs)
        cls.FOR_PARTNERS = partners
        if result is not None:
            cls.RESULT = result


class Query(Contract):
    """A question, by request/reply only."""

    RESULT: ClassVar[type[Contract]] = Contract
    FOR_PARTNERS: ClassVar[bool] = False
    """Whether a partner can be granted it. What only the person, a worker or an operator may do is not."""

    def __init_subclass__(
        cls,
        type: str = "",  # noqa: A002
        result: type[Contract] | None = None,
        partners: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init_subclass__(type=type, **kwargs)
        cls.FOR_PARTNERS = partners
        if result is not None:
            cls.RESULT = result


class Confidence(Query):
    """Something to do that holds what no stream may keep, such as a note: by request/reply only.

    Unlike that of a question, its answer is kept: sent again with the same id, it is done once.
    """


class Letter(Contract):
    """A message to one partner, on PARTNER: a referral, or the answer to a command."""

    KIND: ClassVar[str] = ""
    """The `<kind>` token of its subject."""


class Problem(Contract):
    """One reason why a message was refused."""

    code: str
    """A constant to act on: `missing`, `unknown_id`, `too_long`, …"""
    field: str = ""
    """The field it is about (`talents.0.kind`, or a header such as `ce-time`); empty when it is about the whole."""
    message: str
    """A sentence that says what to do."""


class Answer(Letter, type="any.command.answered.v1"):
    """The answer to a command or query. The same for the durable way and for request/reply."""

    KIND: ClassVar[str] = "command"
    id: UUID | None
    """The id of the command or query that this answers; null when it carried none that could be read."""
    status: Literal["accepted", "rejected"]
    result: dict[str, Any] | None = None
    """What was made or asked for; its fields are those of the command's result. Null when rejected."""
    problems: list[Problem] = []
    """Why it was rejected: all that could be found at once."""
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": "0197f3a0-5c1e-7d2b-9a44-3f0e6c1b2d77",
        "status": "rejected",
        "result": None,
        "problems": [
            {"code": "missing", "field": "name", "message": "Field required"},
        ],
    }


@dataclass(frozen=True, slots=True)
class Envelope:
    """CloudEvents attributes of one message."""

    id: UUID
    type: str
    source: str
    time: datetime
    subject: str = ""
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    traceparent: str = ""
    actor: str = ""

    def headers(self) -> dict[str, str]:
        """As NATS headers. `Nats-Msg-Id` is the event id: a repeat within the stream's window is swallowed."""
        id_ = str(self.id)
        headers = {
            "ce-specversion": "1.0",
            "ce-id": id_,
            "ce-type": self.type,
            "ce-source": self.source,
            "ce-time": self.time.isoformat(),
            "content-type": CONTENT_TYPE,
            "Nats-Msg-Id": id_,
        }
        if self.subject:
            headers["ce-subject"] = self.subject
        if self.correlation_id:
            headers["ce-correlationid"] = str(self.correlation_id)
        if self.causation_id:
            headers["ce-causationid"] = str(self.causation_id)
        if self.traceparent:
            headers["traceparent"] = self.traceparent
        if self.actor:
            headers["ce-actor"] = self.actor
        return headers

    @classmethod
    def parse(cls, headers: Mapping[str, str] | None) -> Envelope:
        """From NATS headers. Raises Malformed with every header that is missing or wrong."""
        headers = headers or {}
        problems: list[Problem] = []

        def read(name: str, kind: Any, default: Any = ...) -> Any:
            text = headers.get(name)
            if not text or not text.strip():
                if default is ...:
                    problems.append(Problem(code="missing", field=name, message=f"header {name} is missing: send it"))
                return default
            try:
                return _ADAPTERS[kind].validate_python(text)
            except ValidationError:
                problems.append(Problem(code="malformed", field=name, message=f"header {name} {_SHAPES[kind]}"))
                return default

        envelope = cls(
            id=read("ce-id", UUID),
            type=read("ce-type", str),
            source=read("ce-source", str, ""),
            time=read("ce-time", datetime),
            subject=read("ce-subject", str, ""),
            correlation_id=read("ce-correlationid", UUID, None),
            causation_id=read("ce-causationid", UUID, None),
            traceparent=_traceparent(headers.get("traceparent", "")),
            actor=read("ce-actor", str, ""),
        )
        if problems:
            raise Malformed(problems)
        return envelope


def _traceparent(text: str) -> str:
    """As the W3C wants it: one that can't be read is as good as none. It is copied into what a message causes."""
    return text if re.fullmatch(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", text, re.ASCII) else ""


class Malformed(ValueError):
    """A message that can't be read, with every reason that was found."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(problem.message for problem in problems))


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}
_SHAPES: dict[Any, str] = {
    UUID: "must be a UUID",
    datetime: "must be a time with its zone, such as 2026-05-01T09:30:00Z",
    str: "must be text",
}


def _prepare() -> None:
    from shared.contracts.types import Moment, Text

    _ADAPTERS.update({UUID: TypeAdapter(UUID), datetime: TypeAdapter(Moment), str: TypeAdapter(Text)})


_prepare()


def neighbourhood_token(neighbourhood_id: str | None) -> str:
    """The neighbourhood's token in a subject."""
    return neighbourhood_id or EVERYWHERE


__all__ = [
    "REGISTRY",
    "Answer",
    "Command",
    "Confidence",
    "Contract",
    "Envelope",
    "Event",
    "Letter",
    "Malformed",
    "Person",
    "Problem",
    "Query",
    "State",
    "neighbourhood_token",
]
