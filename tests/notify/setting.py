"""Notify in a test: its handlers alone on a database, or the whole stack on real servers with a mail catcher."""

from __future__ import annotations

import email
import email.policy
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.embedded.process import free_port
from services.notify.app import service
from shared import clock
from shared.contracts.profiles import (
    ContactKept,
    DutyKept,
    NeighbourhoodKept,
    OrganisationKept,
    QuietHours,
    Reach,
    WorkerKept,
)
from shared.ids import new_id
from shared.messaging.client import Client
from tests.conftest import MakeStack
from tests.handling import ORGANISATION, PLACE, Handling, handling
from tests.servers import Stack
from tests.waiting import eventually

NOON = timedelta(hours=12)


@dataclass
class Notified(Handling):
    """Notify's handlers on a database, without a broker and without mail going out; it is ten in the morning."""

    versions: dict[object, int] = field(default_factory=dict)

    async def place(self, neighbourhood_id: str = PLACE, **more: Any) -> str:
        """A neighbourhood."""
        values = {"names": {"nl": "Brugse Poort", "fr": "Porte de Bruges"}, "organisation_id": ORGANISATION} | more
        await self.tell(
            NeighbourhoodKept(neighbourhood_id=neighbourhood_id, version=self._next(neighbourhood_id), **values)
        )
        return neighbourhood_id

    async def organisation(self, organisation_id: str = ORGANISATION, **more: Any) -> str:
        values = {"names": {"nl": "Buurtpunt"}, "email": "onthaal@buurtpunt.example"} | more
        await self.tell(
            OrganisationKept(organisation_id=organisation_id, version=self._next(organisation_id), **values)
        )
        return organisation_id

    async def someone(self, participant_id: UUID | None = None, **more: Any) -> UUID:
        """A participant, reached by e-mail unless the test says otherwise; told again, they changed."""
        id_ = participant_id or new_id()
        values: dict[str, Any] = {
            "name": "Jos Peeters", "neighbourhood_id": PLACE, "languages": ["nl"], "status": "active",
            "reach": Reach(by="email", email=f"jos.{id_.hex[-6:]}@example.org"),
        }  # fmt: skip
        await self.tell(ContactKept(participant_id=id_, version=self._next(id_), **(values | more)))
        return id_

    async def worker(self, worker_id: UUID | None = None, **more: Any) -> UUID:
        """A worker."""
        id_ = worker_id or new_id()
        values = {
            "name": "Marie Claes", "email": f"marie.{id_.hex[-6:]}@buurtpunt.example", "phone": "09 123 45 67",
            "language": "nl", "organisation_id": ORGANISATION, "neighbourhood_ids": [PLACE],
        } | more  # fmt: skip
        await self.tell(WorkerKept(worker_id=id_, version=self._next(id_), **values))
        return id_

    async def on_duty(self, worker_id: UUID | None, neighbourhood_id: str = PLACE, **more: Any) -> None:
        """Who answers for a neighbourhood from now on."""
        values: dict[str, Any] = {"role": "worker" if worker_id else "nobody"} | more
        await self.tell(
            DutyKept(
                neighbourhood_id=neighbourhood_id, version=self._next(("duty", neighbourhood_id)),
                worker_id=worker_id, **values,
            )
        )  # fmt: skip

    def _next(self, key: object) -> int:
        self.versions[key] = self.versions.get(key, 0) + 1
        return self.versions[key]


def by_phone(number: str = "+32 470 12 34 56") -> Reach:
    return Reach(by="phone", phone=number)


def quiet(start: str, end: str) -> QuietHours:
    return QuietHours.model_validate({"start": start, "end": end})


@asynccontextmanager
async def notified(make: MakeStack, **settings: Any) -> AsyncIterator[Notified]:
    """Notify's handlers, with a neighbourhood and its organisation."""
    async with handling(make, "notify", service, **settings) as made:
        found = Notified(**vars(made))
        await found.organisation()
        await found.place()
        yield found


# --- the whole stack


@dataclass
class Caught:
    """A mail that arrived at the catcher."""

    sender: str
    recipients: list[str]
    message: EmailMessage

    @property
    def text(self) -> str:
        """What it says, as text."""
        part = self.message.get_body(("plain",))
        return part.get_content() if part else ""

    @property
    def html(self) -> str:
        part = self.message.get_body(("html",))
        return part.get_content() if part else ""


class Catcher:
    """A real SMTP server (aiosmtpd) in a thread, which keeps what it gets."""

    def __init__(self) -> None:
        self.mails: list[Caught] = []
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(Caught(envelope.mail_from or "", list(envelope.rcpt_tos), message))
        return "250 kept"

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    def to(self, address: str) -> list[Caught]:
        """What came for one address, in order."""
        return [each for each in self.mails if address in each.recipients]

    async def arrives(self, address: str, subject: str = "", within: float = 20) -> Caught:
        """The first mail to an address, whose subject has these words in it; waits for it."""

        def found() -> Caught | None:
            return next((each for each in self.to(address) if subject in (each.message["Subject"] or "")), None)

        mail = await eventually(found, within=within, what=f"a mail to {address} on {subject or 'anything'}")
        assert isinstance(mail, Caught)
        return mail


@dataclass
class Whole:
    """Profiles, exchange, signals and notify, running, and a catcher for their mail."""

    stack: Stack
    client: Client
    """Asks as `cli`: give `actor=`."""
    clock: Path
    catcher: Catcher
    pages_url: str

    def move(self, by: timedelta) -> None:
        """Move the clock of this process, and so of the services in it, forward."""
        clock.move(self.clock, by)


@asynccontextmanager
async def whole(make: MakeStack, *services: str, **settings: Any) -> AsyncIterator[Whole]:
    """The services (profiles, exchange and notify unless named) on real servers; mail goes to the catcher."""
    stack = await make(services or ["profiles", "exchange", "notify"])
    file, before = stack.folder / "clock", os.environ.get("WEEFSEL_CLOCK_FILE")
    os.environ["WEEFSEL_CLOCK_FILE"] = str(file)
    catcher = Catcher()
    catcher.start()
    try:
        async with AsyncExitStack() as running, stack.connect() as client:
            for each in stack.services:
                mail = {"smtp_port": catcher.port, "smtp_rate": 1000.0} | settings if each == "notify" else {}
                started = await running.enter_async_context(stack.running(each, **mail))
            ports = [each for each in started.beside if isinstance(each, int)]
            yield Whole(stack, client, file, catcher, f"http://127.0.0.1:{ports[0]}")
    finally:
        catcher.stop()
        os.environ.pop("WEEFSEL_CLOCK_FILE")
        if before is not None:
            os.environ["WEEFSEL_CLOCK_FILE"] = before
