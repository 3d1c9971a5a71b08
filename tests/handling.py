"""A service's handlers on a real database, without a broker: what is asked, what is answered, what would be sent."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from shared import clock, database
from shared.contracts import subjects
from shared.contracts.deploy import PartnerGranted
from shared.contracts.envelope import Answer, Command, Contract, Envelope, Event, Problem, Query, State
from shared.ids import new_id
from shared.messaging import Service, Transaction, operations, several, store
from shared.messaging.handlers import Handlers
from shared.messaging.incoming import Incoming
from shared.messaging.metrics import Metrics
from shared.messaging.processor import Outcome, Processor
from shared.messaging.transaction import Pending
from tests.conftest import MakeStack
from tests.servers import Stack

C = TypeVar("C", bound=Contract)
S = TypeVar("S", bound=State)
PLACE, ELSEWHERE, ORGANISATION = "brugse-poort", "rabot", "buurtpunt"


class RejectedInTest(AssertionError):
    """A command of a test was refused, and the test didn't expect it."""


@dataclass
class Handling:
    """What a test of handlers works with. `told` looks at the outbox, in which everything stays: no relay runs.

    A service that has more to say makes its own of it: `People(**vars(made))`.
    """

    stack: Stack
    service_name: str
    processor: Processor
    clock: Path
    actor: str = ""
    """Who asks by the command line when a test doesn't say: `worker:<id>`; empty: the operator."""

    def move(self, by: timedelta) -> None:
        """Move the clock forward."""
        clock.move(self.clock, by)

    async def ask(
        self,
        message: Command | Query,
        *,
        actor: str | None = None,
        sender: str = subjects.CLI,
        message_id: UUID | None = None,
    ) -> Answer:
        """By request/reply; from the default actor unless another actor, or another sender, is given."""
        if actor is None:
            actor = self.actor if sender == subjects.CLI else ""
        subject = subjects.request(message, sender, self.service_name)
        return await self.processor.ask(_incoming(subject, message, actor, message_id))

    async def get(self, message: Any, **how: Any) -> Any:
        """The result; the test fails when it is refused."""
        answer = await self.ask(message, **how)
        if answer.status == "rejected":
            raise RejectedInTest([f"{each.code} {each.field}: {each.message}" for each in answer.problems])
        return message.RESULT.model_validate(answer.result or {})

    async def refused(self, message: Command | Query, **how: Any) -> tuple[str, str]:
        """Code and field of the first reason; the test fails when it is accepted."""
        answer = await self.ask(message, **how)
        assert answer.status == "rejected", f"{message.TYPE} was accepted"
        assert all(problem.message and problem.code for problem in answer.problems)
        return answer.problems[0].code, answer.problems[0].field

    async def problems(self, message: Command | Query, **how: Any) -> list[Problem]:
        return (await self.ask(message, **how)).problems

    async def tell(self, event: Event | State, *, message_id: UUID | None = None) -> None:
        """An event or state arrives; the test fails when it would have to come again."""
        outcome = await self.arrive(event, message_id=message_id)
        assert outcome.retry_in is None, "it failed and would be tried again"

    async def arrive(self, event: Event | State, *, message_id: UUID | None = None) -> Outcome:
        """An event or state arrives, maybe too early: then `retry_in` says when it would come again."""
        subject = subjects.event(event) if isinstance(event, Event) else subjects.state(event)
        incoming = _incoming(subject, event, "", message_id)
        incoming.stream = subjects.EVENTS if isinstance(event, Event) else subjects.STATE
        incoming.sequence = new_id().int % 2**62
        (outcome,) = await self.processor.process([incoming])
        return outcome

    async def fire(self) -> None:
        """Every timer that is due goes off, and what it says arrives when this service listens, until none is left."""
        while True:
            mark = await self.mark()
            async with self.processor.pool.acquire() as connection:
                fired = await store.fire_timers(connection, clock.now())
            if not fired:
                return
            for row in await self.rows("SELECT headers, body FROM messaging.outbox WHERE seq > $1 ORDER BY seq", mark):
                handled = self.processor.handlers.get(_type(row))
                if handled is not None:
                    message = handled[0].model_validate_json(row["body"])
                    assert isinstance(message, Event)
                    await self.tell(message)

    async def timers(self) -> set[str]:
        """The keys of the timers that run."""
        return {row["key"] for row in await self.rows("SELECT key FROM messaging.timer")}

    async def told(self, contract: type[C], since: int = 0, **fields: Any) -> list[C]:
        """What would be sent of one type, in order; of events with a copy on the feed, only the original."""
        found = [
            contract.model_validate_json(row["body"]) for row in await self._sent(since) if _type(row) == contract.TYPE
        ]
        return [each for each in found if all(getattr(each, name) == value for name, value in fields.items())]

    async def everything_told(self, since: int = 0) -> list[str]:
        """The types of all that would be sent after a mark, in order."""
        return [_type(row) for row in await self._sent(since)]

    async def mark(self) -> int:
        """Where the outbox ends now."""
        return int((await self.rows("SELECT coalesce(max(seq), 0) FROM messaging.outbox"))[0][0])

    async def state(self, contract: type[S], key: object) -> S:
        """The last state of one thing; the test fails when there is none."""
        found = [each for each in await self.told(contract) if each.key == str(key)]
        assert found, f"nothing was told of {contract.TYPE} {key}"
        return found[-1]

    async def rows(self, sql: str, *arguments: Any) -> list[Any]:
        """Rows of the service's database, as its own role sees them."""
        async with self.processor.pool.acquire() as connection:
            return list(await connection.fetch(sql, *arguments))

    async def grant(self, partner: str, *neighbourhood_ids: str, organisation_id: str = ORGANISATION) -> None:
        """A partner may act in these neighbourhoods."""
        await self.tell(
            PartnerGranted(
                partner=partner, organisation_id=organisation_id, neighbourhood_ids=list(neighbourhood_ids), commands=[]
            )
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction that commits, for the repository's own tests; what is emitted in it goes nowhere."""
        async with self.processor.pool.acquire() as connection, connection.transaction():
            envelope = Envelope(id=new_id(), type="test", source="test", time=clock.now())
            yield Transaction(
                connection, Pending([], {}, set()), envelope, sender=subjects.CLI, now=clock.now(),
                service=self.service_name, settings=self.processor.settings,
            )  # fmt: skip

    async def _sent(self, since: int) -> list[Any]:
        return await self.rows(
            "SELECT headers, body FROM messaging.outbox WHERE seq > $1 AND stream <> 'FEED' ORDER BY seq", since
        )


@asynccontextmanager
async def handling(
    make: MakeStack, service_name: str, service: Service, **settings_changes: Any
) -> AsyncIterator[Handling]:
    """The handlers of one service, with the kit's own, on a database and with a clock of their own."""
    stack = await make([service])
    before, file = os.environ.get("WEEFSEL_CLOCK_FILE"), stack.folder / "clock"
    os.environ["WEEFSEL_CLOCK_FILE"] = str(file)
    settings = stack.settings(service_name, **settings_changes)
    pool = await database.connect(settings, "test")
    readers = await database.connect(settings, "test reads", readers=4)
    try:
        processor = Processor(service_name, service.handlers, pool, settings, Metrics(service_name), readers)
        kit = operations.handlers(lambda: processor, service.retention)
        together = several.handlers(lambda: processor, service_name)
        processor.handlers = Handlers(service.handlers.by_type | kit.by_type | together.by_type)
        yield Handling(stack, service_name, processor, file)
    finally:
        await readers.close()
        await pool.close()
        os.environ.pop("WEEFSEL_CLOCK_FILE")
        if before is not None:
            os.environ["WEEFSEL_CLOCK_FILE"] = before


def later(days: float) -> datetime:
    """A moment so many days from now."""
    return clock.now() + timedelta(days=days)


def _incoming(subject: str, message: Contract, actor: str, message_id: UUID | None) -> Incoming:
    envelope = Envelope(id=message_id or new_id(), type=message.TYPE, source="test", time=clock.now(), actor=actor)
    return Incoming(subject, envelope.headers(), message.model_dump_json().encode())


def _type(row: Any) -> str:
    return store.decode(row["headers"])["ce-type"]
