"""Profiles' handlers on a real database, without a broker: what is asked, what is answered, what would be sent."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from services.profiles.app import service
from shared import clock, database
from shared.contracts import subjects
from shared.contracts.deploy import PartnerGranted
from shared.contracts.envelope import REGISTRY, Answer, Command, Contract, Envelope, Event, Problem, State
from shared.contracts.profiles import (
    ContactKept,
    ParticipantKept,
    ParticipantRef,
    RegisterNeighbourhood,
    RegisterOrganisation,
    RegisterParticipant,
    RegisterWorker,
    ShowParticipant,
)
from shared.ids import new_id
from shared.messaging import Transaction, store
from shared.messaging.incoming import Incoming
from shared.messaging.metrics import Metrics
from shared.messaging.operations import handlers as kit
from shared.messaging.processor import Processor
from shared.messaging.transaction import Pending
from tests.conftest import MakeStack
from tests.servers import Stack

C = TypeVar("C", bound=Contract)
S = TypeVar("S", bound=State)
PLACE, ELSEWHERE, ORGANISATION = "brugse-poort", "rabot", "buurtpunt"


class RejectedInTest(AssertionError):
    """A command of a test was refused, and the test didn't expect it."""


@dataclass
class People:
    """What a test works with. `told` looks at the outbox, in which everything stays: no relay runs."""

    stack: Stack
    processor: Processor
    clock: Path
    worker_id: UUID

    @property
    def worker(self) -> str:
        """The actor that is the neighbourhood's worker."""
        return f"worker:{self.worker_id}"

    def move(self, by: timedelta) -> None:
        """Move the clock forward."""
        clock.move(self.clock, by)

    async def ask(
        self, message: Contract, *, actor: str | None = None, sender: str = "cli", message_id: UUID | None = None
    ) -> Answer:
        """By request/reply; from the neighbourhood's worker unless another actor is given."""
        if actor is None:
            actor = self.worker if sender == "cli" else ""
        assert isinstance(message, Contract)
        subject = subjects.request(message, sender, "profiles")  # type: ignore[arg-type]
        return await self.processor.ask(_incoming(subject, message, actor, message_id))

    async def get(self, message: Any, **how: Any) -> Any:
        """The result; the test fails when it is refused."""
        answer = await self.ask(message, **how)
        if answer.status == "rejected":
            raise RejectedInTest([f"{each.code} {each.field}: {each.message}" for each in answer.problems])
        return message.RESULT.model_validate(answer.result or {})

    async def refused(self, message: Contract, **how: Any) -> tuple[str, str]:
        """Code and field of the first reason; the test fails when it is accepted."""
        answer = await self.ask(message, **how)
        assert answer.status == "rejected", f"{message.TYPE} was accepted"
        assert all(problem.message and problem.code for problem in answer.problems)
        return answer.problems[0].code, answer.problems[0].field

    async def problems(self, message: Contract, **how: Any) -> list[Problem]:
        return (await self.ask(message, **how)).problems

    async def tell(self, event: Event | State) -> None:
        """An event or state arrives."""
        subject = subjects.event(event) if isinstance(event, Event) else subjects.state(event)
        incoming = _incoming(subject, event, "", None)
        incoming.stream = subjects.EVENTS if isinstance(event, Event) else subjects.STATE
        incoming.sequence = new_id().int % 2**62
        (outcome,) = await self.processor.process([incoming])
        assert outcome.retry_in is None, "it failed and would be tried again"

    async def fire(self) -> None:
        """Every timer that is due goes off, and what it says arrives, until none is left."""
        while True:
            before = await self.rows("SELECT max(seq) FROM messaging.outbox")
            async with self.processor.pool.acquire() as connection:
                fired = await store.fire_timers(connection, clock.now())
            if not fired:
                return
            due = await self.rows(
                "SELECT headers, body FROM messaging.outbox WHERE seq > $1 ORDER BY seq", before[0][0] or 0
            )
            for row in due:
                contract = REGISTRY[store.decode(row["headers"])["ce-type"]]
                message = contract.model_validate_json(row["body"])
                assert isinstance(message, Event)
                await self.tell(message)

    async def timers(self) -> set[str]:
        """The keys of the timers that run."""
        return {row["key"] for row in await self.rows("SELECT key FROM messaging.timer")}

    async def told(self, contract: type[C], since: int = 0, **fields: Any) -> list[C]:
        """What would be sent of one type, in order; of events with a copy on the feed, only the original."""
        rows = await self.rows(
            "SELECT headers, body FROM messaging.outbox WHERE seq > $1 AND stream <> 'FEED' ORDER BY seq", since
        )
        found = [
            contract.model_validate_json(row["body"])
            for row in rows
            if store.decode(row["headers"])["ce-type"] == contract.TYPE
        ]
        return [each for each in found if all(getattr(each, name) == value for name, value in fields.items())]

    async def everything_told(self, since: int = 0) -> list[str]:
        """The types of all that would be sent after a mark, in order."""
        rows = await self.rows(
            "SELECT headers FROM messaging.outbox WHERE seq > $1 AND stream <> 'FEED' ORDER BY seq", since
        )
        return [store.decode(row["headers"])["ce-type"] for row in rows]

    async def mark(self) -> int:
        """Where the outbox ends now."""
        return int((await self.rows("SELECT coalesce(max(seq), 0) FROM messaging.outbox"))[0][0])

    async def state(self, contract: type[S], key: UUID) -> S:
        """The last state of one thing."""
        found = [each for each in await self.told(contract) if each.key == str(key)]
        return found[-1]

    async def kept(self, participant_id: UUID) -> ParticipantKept:
        """What matching knows of a person."""
        return await self.state(ParticipantKept, participant_id)

    async def contact(self, participant_id: UUID) -> ContactKept:
        """How a person is called and reached, for who sends."""
        return await self.state(ContactKept, participant_id)

    async def rows(self, sql: str, *arguments: Any) -> list[Any]:
        async with self.processor.pool.acquire() as connection:
            return list(await connection.fetch(sql, *arguments))

    async def register(self, name: str = "Maria Peeters", **more: Any) -> UUID:
        """Someone new, by the worker."""
        how = {key: more.pop(key) for key in ("actor", "sender", "message_id") if key in more}
        values = {"neighbourhood_id": PLACE, "on_word_of": "participant"} | more
        ref: ParticipantRef = await self.get(RegisterParticipant(name=name, **values), **how)
        return ref.participant_id

    async def show(self, participant_id: UUID) -> Any:
        return await self.get(ShowParticipant(participant_id=participant_id))

    async def grant(self, partner: str, *neighbourhood_ids: str, organisation_id: str = ORGANISATION) -> None:
        """A partner may act in these neighbourhoods."""
        await self.tell(
            PartnerGranted(
                partner=partner, organisation_id=organisation_id, neighbourhood_ids=list(neighbourhood_ids), commands=[]
            )
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction of a message from the command line, for the repository's own tests."""
        async with self.processor.pool.acquire() as connection, connection.transaction():
            envelope = Envelope(id=new_id(), type="test", source="test", time=clock.now())
            yield Transaction(
                connection, Pending([], {}), envelope, sender="cli", now=clock.now(), service="profiles",
                settings=self.processor.settings,
            )  # fmt: skip


def _incoming(subject: str, message: Contract, actor: str, message_id: UUID | None) -> Incoming:
    envelope = Envelope(id=message_id or new_id(), type=message.TYPE, source="test", time=clock.now(), actor=actor)
    return Incoming(subject, envelope.headers(), message.model_dump_json().encode())


@asynccontextmanager
async def people(make: MakeStack, **changes: Any) -> AsyncIterator[People]:
    """Profiles' handlers with a database and a clock of their own, two neighbourhoods, an organisation and a worker."""
    stack = await make(["profiles"])
    before, file = os.environ.get("WEEFSEL_CLOCK_FILE"), stack.folder / "clock"
    os.environ["WEEFSEL_CLOCK_FILE"] = str(file)
    settings = stack.settings("profiles", **changes)
    pool = await database.connect(settings, "test")
    try:
        processor = Processor("profiles", service.handlers, pool, settings, Metrics("profiles"))
        operators = kit(lambda: processor, service.retention)
        processor.handlers = type(service.handlers)({**service.handlers.by_type, **operators.by_type})
        made = People(stack, processor, file, new_id())
        await _settle(made)
        yield made
    finally:
        await pool.close()
        os.environ.pop("WEEFSEL_CLOCK_FILE")
        if before is not None:
            os.environ["WEEFSEL_CLOCK_FILE"] = before


async def _settle(made: People) -> None:
    operator: dict[str, Any] = {"actor": "operator"}
    await made.get(RegisterOrganisation(organisation_id=ORGANISATION, names={"nl": "Buurtpunt"}), **operator)
    for place in (PLACE, ELSEWHERE):
        command: Command = RegisterNeighbourhood(
            neighbourhood_id=place, names={"nl": place}, organisation_id=ORGANISATION
        )
        await made.get(command, **operator)
    worker = await made.get(
        RegisterWorker(
            name="Marie Claes", email="marie@buurtpunt.example", organisation_id=ORGANISATION,
            neighbourhood_ids=[PLACE, ELSEWHERE],
        ),
        **operator,
    )  # fmt: skip
    made.worker_id = worker.worker_id


def parsed(text: str) -> Any:
    return json.loads(text)


def later(days: float) -> datetime:
    """A moment so many days from now."""
    return clock.now() + timedelta(days=days)
