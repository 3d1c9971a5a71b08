"""What tests of NATS rights and partners stand on: an account of their own, and a gate to let partners in by.

The services here are stand-ins: the rights come from their names, and the tests play them by hand.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import PubAck

from deploy.nats import api, consumers
from deploy.nats.bootstrap import bootstrap
from deploy.nats.keys import Keys
from deploy.partners import Office
from shared.contracts.envelope import Event, State
from tests.conftest import MakeStack
from tests.servers import Stack

SERVICES = ("profiles", "exchange")
REGISTER = "profiles.participant.register"


class Happened(Event, type="exchange.test.happened.v1", feed=True):
    """An event for tests."""


class Kept(State, type="profiles.test.kept.v1"):
    """A state for tests."""

    id: str

    @property
    def key(self) -> str:
        return self.id


@dataclass
class StandIn:
    """A service, as far as its consumers depend on it."""

    heard: list[type[Event]] = field(default_factory=lambda: [Happened])
    known: list[type[State]] = field(default_factory=lambda: [Kept])

    def events(self) -> list[type[Event]]:
        return self.heard

    def states(self) -> list[type[State]]:
        return self.known


class Line(Client):
    """A client that remembers what the server refused it."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals: list[str] = []

    async def settle(self) -> None:
        """Returns once the server took all that was sent. A first flush overtakes what still waits in the client."""
        await self.flush()
        await self.flush()

    async def refused(self, subject: str, data: bytes = b"", *, reply: str = "") -> bool:
        """Whether the server refuses to take this message."""
        before = len(self.refusals)
        await self.publish(subject, data, reply=reply)
        await self.settle()
        return any(subject.lower() in refusal.lower() for refusal in self.refusals[before:])


@dataclass
class Grounds:
    """One services' account on the server."""

    url: str
    keys: Keys
    folder: Path

    @asynccontextmanager
    async def line(self, credentials: Path | str, *, inbox: str = "_INBOX", **options: Any) -> AsyncIterator[Line]:
        """A connection with a user's credentials, as a client that means harm would use it."""
        line = Line()

        async def remember(error: Exception) -> None:
            line.refusals.append(str(error))

        settings = {"allow_reconnect": False, "connect_timeout": 5} | options
        await line.connect(
            self.url, user_credentials=str(credentials), inbox_prefix=inbox, error_cb=remember, **settings
        )
        try:
            yield line
        finally:
            await line.close()

    def user(self, name: str, **options: Any) -> Any:
        """A connection as one of our own users."""
        return self.line(self.keys.creds(name), inbox=f"_INBOX_{name}", **options)

    async def stored(self, stream: str) -> int:
        """How many messages a stream holds."""
        async with api.connected(self.url, self.keys, "bootstrap") as client:
            return int((await api.call(client, f"STREAM.INFO.{stream}"))["state"]["messages"])

    async def publish(self, service: str, subject: str, data: bytes = b"{}", **headers: str) -> PubAck:
        """As a service; stored, or an error."""
        async with self.user(service) as line:
            return await line.jetstream(timeout=2).publish(subject, data, headers=headers or None)


@dataclass
class Gate:
    """Where partners are let in, and what each was handed."""

    grounds: Grounds
    office: Office

    async def let_in(self, name: str, *neighbourhoods: str, commands: Sequence[str] = (REGISTER,)) -> Path:
        """A new partner; the path of its credentials."""
        admission = await self.office.add(name, f"{name}-org", neighbourhoods, commands)
        path = self.grounds.folder / f"{name}.creds"
        path.write_text(admission.credentials(), encoding="ascii")
        return path

    def line(self, credentials: Path, **options: Any) -> Any:
        return self.grounds.line(credentials, **options)


async def pull(line: Client, stream: str, partner: str, *, batch: int = 1, wait: float = 2.0) -> list[Msg]:
    """One pull on a partner's consumer, as a partner's client does it; empty when nothing comes."""
    subscription = await line.jetstream(prefix="weefsel.js", timeout=3).pull_subscribe_bind(f"p_{partner}", stream)
    try:
        messages: list[Msg] = await subscription.fetch(batch, timeout=wait)
        return messages
    except TimeoutError:
        return []
    finally:
        await subscription.unsubscribe()


def answer(message: Msg) -> dict[str, Any]:
    """The JSON that the server answered."""
    parsed: dict[str, Any] = json.loads(message.data)
    return parsed


@pytest.fixture
async def gate(stack: MakeStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """A fresh account with all streams and consumers for two services, and no partner yet."""
    monkeypatch.setattr(consumers, "listener", lambda service: StandIn())
    made = await stack([])
    keys = Keys.load_or_create(made.keys.directory, SERVICES)
    await bootstrap(made.nats_url, keys, SERVICES)
    return Gate(Grounds(made.nats_url, keys, tmp_path), Office(made.nats_url, keys, deploy_dsn(made)))


def deploy_dsn(stack: Stack) -> str:
    """The operator's own database, as its own role."""
    url = urlsplit(stack.admin_dsn("deploy"))
    password = (stack.folder / "passwords" / "deploy").read_text()
    return urlunsplit(url._replace(netloc=f"deploy:{password}@{url.netloc.rpartition('@')[2]}"))
