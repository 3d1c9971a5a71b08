"""Where each kind of message travels: stream and subject. The only place where a subject is put together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from shared.contracts.envelope import Command, Contract, Event, Letter, Query, State, neighbourhood_token

ROOT = "weefsel.v1"
EVENTS, STATE, FEED, PARTNER, COMMANDS, DEAD_LETTERS, ADVISORIES = (
    "EVENTS",
    "STATE",
    "FEED",
    "PARTNER",
    "COMMANDS",
    "DEAD_LETTERS",
    "ADVISORIES",
)
CLI, DESK = "cli", "desk"
RESERVED_SENDERS = frozenset({CLI, DESK})
"""Senders of our own: only they may name an actor."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The tokens of a contract's type."""

    service: str
    entity: str
    verb: str
    version: str


def parts(contract: type[Contract] | Contract) -> Parts:
    """`profiles.participant.registered.v1` taken apart."""
    return _taken_apart(contract.TYPE)


@cache
def _taken_apart(type_: str) -> Parts:
    return Parts(*type_.split("."))


def event(message: Event) -> str:
    p = parts(message)
    return f"{ROOT}.event.{p.service}.{neighbourhood_token(message.neighbourhood_id)}.{p.entity}.{p.verb}"


def feed(message: Event) -> str:
    p = parts(message)
    return f"{ROOT}.feed.{neighbourhood_token(message.neighbourhood_id)}.{p.service}.{p.entity}.{p.verb}"


def state(message: State) -> str:
    p = parts(message)
    return f"{ROOT}.state.{p.service}.{p.entity}.{message.key}"


def letter(message: Letter, partner: str, id: object, verb: str) -> str:  # noqa: A002
    return f"{ROOT}.to.{partner}.{message.KIND}.{id}.{verb}"


def command(message: type[Command] | Command, sender: str, service: str = "") -> str:
    """`service` is needed only for what every service answers (types that start with `any.`)."""
    p = parts(message)
    return f"{ROOT}.cmd.{sender}.{service or p.service}.{p.entity}.{p.verb}"


def request(message: type[Command | Query] | Command | Query, sender: str, service: str = "") -> str:
    p = parts(message)
    return f"{ROOT}.rpc.{sender}.{service or p.service}.{p.entity}.{p.verb}"


def dead(stream: str, consumer: str, sender: str) -> str:
    return f"{ROOT}.dead.{stream}.{consumer}.{sender}"


def sender_of(subject: str) -> str:
    """Who sent it, from the subject alone: `weefsel.v1.cmd.<sender>.…`, `weefsel.v1.event.<service>.…`."""
    return subject.split(".")[3]


def event_filter(contract: type[Event]) -> str:
    """What a consumer of this event filters on: any neighbourhood."""
    p = parts(contract)
    return f"{ROOT}.event.{p.service}.*.{p.entity}.{p.verb}"


def state_filter(contract: type[State]) -> str:
    p = parts(contract)
    return f"{ROOT}.state.{p.service}.{p.entity}.*"


def commands_filter(service: str) -> str:
    return f"{ROOT}.cmd.*.{service}.*.*"


def requests_filter(service: str) -> str:
    return f"{ROOT}.rpc.*.{service}.*.*"
