"""The durable consumers: one per service and stream, the janitor's, and two per partner. None makes its own."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, cast

from nats.aio.client import Client

from deploy.nats import api
from deploy.nats.accounts import JANITOR, consumer
from deploy.nats.streams import differs
from shared.contracts import subjects
from shared.contracts.envelope import Event, State
from shared.contracts.subjects import COMMANDS, EVENTS, FEED, PARTNER, ROOT, STATE

Config = dict[str, Any]

_SECOND = 10**9
MOST_WAITING = 20_000
"""Messages of a service that may wait for another attempt. With so many, none is delivered: a sender of a thousand
commands that fail, on each subject it is granted, must not hold up everyone else's."""


class Listener(Protocol):
    """A service, as far as its consumers depend on it."""

    def events(self) -> Iterable[type[Event]]: ...

    def states(self) -> Iterable[type[State]]: ...


def listener(service: str) -> Listener:
    """The service's definition, from its `app` module."""
    return cast(Listener, importlib.import_module(f"services.{service}.app").service)


def of_service(name: str, service: Listener) -> dict[str, Config | None]:
    """By stream; None where it listens to nothing."""
    events = sorted(subjects.event_filter(each) for each in service.events())
    states = sorted(subjects.state_filter(each) for each in service.states())
    return {
        COMMANDS: _working(name, [subjects.commands_filter(name)], deliver_policy="all"),
        # A new handler's past comes from STATE: history starts when the service does.
        EVENTS: _working(name, events, deliver_policy="new") if events else None,
        STATE: _working(name, states, deliver_policy="last_per_subject") if states else None,
    }


def of_janitor() -> dict[str, Config | None]:
    filters = [f"{ROOT}.event.profiles.*.participant.erased", f"{ROOT}.event.*.*.erasure.confirmed"]
    return {EVENTS: _working(JANITOR, filters, deliver_policy="new")}


def of_partner(partner: str, neighbourhoods: Sequence[str]) -> dict[str, Config | None]:
    """`max_batch` and `max_expires` bound what one pull may ask of the server."""
    assert neighbourhoods, "a consumer without a filter would read every neighbourhood"
    filters = {
        FEED: sorted(f"{ROOT}.feed.{each}.>" for each in neighbourhoods),
        PARTNER: [f"{ROOT}.to.{partner}.>"],
    }
    return {
        stream: _durable(
            consumer(partner),
            wanted,
            deliver_policy="new",
            ack_wait=60 * _SECOND,
            max_ack_pending=256,
            max_waiting=4,
            max_batch=100,
            max_expires=30 * _SECOND,
            max_bytes=1_000_000,
        )
        for stream, wanted in filters.items()
    }


async def apply(client: Client, name: str, wanted: dict[str, Config | None]) -> list[str]:
    """Make, update or delete durable `name` per stream; returns what was done, a phrase each."""
    done = []
    for stream, config in wanted.items():
        known = await _known(client, stream, name)
        if config is None and known is not None:
            await api.call(client, f"CONSUMER.DELETE.{stream}.{name}")
            done.append(f"consumer {name} on {stream} deleted")
        elif config is not None and known is None:
            await _create(client, stream, config)
            done.append(f"consumer {name} on {stream} made")
        elif config is not None and known is not None and differs(config, known):
            if stream == STATE and config["filter_subjects"] != known.get("filter_subjects"):
                # An update skips what matches only the new filter; the whole state must come again.
                await api.call(client, f"CONSUMER.DELETE.{stream}.{name}")
            await _create(client, stream, config)
            done.append(f"consumer {name} on {stream} updated")
    return done


async def delete_of_partner(client: Client, partner: str) -> None:
    """Safe to run again."""
    await apply(client, consumer(partner), {FEED: None, PARTNER: None})


async def _known(client: Client, stream: str, name: str) -> Config | None:
    try:
        config: Config = (await api.call(client, f"CONSUMER.INFO.{stream}.{name}"))["config"]
    except api.Refused as refused:
        if refused.code == api.CONSUMER_NOT_FOUND:
            return None
        raise
    if filter_subject := config.pop("filter_subject", None):
        config["filter_subjects"] = [filter_subject]
    return config


async def _create(client: Client, stream: str, config: Config) -> None:
    await api.call(client, f"CONSUMER.CREATE.{stream}.{config['name']}", {"stream_name": stream, "config": config})


def _working(name: str, filters: list[str], *, deliver_policy: str) -> Config:
    """The server never gives up on a message: an outage must not eat deliveries. The messaging kit counts failures."""
    return _durable(
        name,
        filters,
        deliver_policy=deliver_policy,
        ack_wait=60 * _SECOND,
        max_ack_pending=MOST_WAITING,
        max_waiting=64,
    )


def _durable(name: str, filters: list[str], **settings: Any) -> Config:
    return {
        "name": name,
        "durable_name": name,
        "ack_policy": "explicit",
        "max_deliver": -1,
        "filter_subjects": filters,
        **settings,
    }
