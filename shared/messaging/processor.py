"""The reliable handler: one message, one transaction; what arrived together may share one.

The order of things: read, claim (inbox or kept answer), handle, write outbox and answers, commit. Acknowledging comes
after, so a crash at any point means that the message is delivered again and either starts afresh or is found done.
What becomes of a message that isn't done, `failing` says; what a transaction leaves behind, `unit`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import asyncpg

from shared import clock
from shared.contracts.envelope import SOURCE, Answer, Envelope, Problem
from shared.database import CONTENTION, Connection, Pool, is_away
from shared.ids import new_id
from shared.messaging import incoming as reading
from shared.messaging import store
from shared.messaging.failing import BROKEN_REQUEST, Failing, failure, place_of, reason_of
from shared.messaging.handlers import Handlers, Rejected, only_reads
from shared.messaging.incoming import Incoming
from shared.messaging.transaction import Transaction
from shared.messaging.unit import ERASED, Outage, Outcome, Unit, in_transaction, is_question, persons, rejection
from shared.telemetry import handling, logger

if TYPE_CHECKING:
    from shared.messaging.metrics import Metrics
    from shared.settings import ServiceSettings

log = logger(__name__)
T = TypeVar("T")
BUSY = Problem(code="try_again", message="the service can't reach its database at the moment: ask again in a while")
SHARE, MOST_SHARES = 64, 4
"""Messages that are worth a transaction of their own, and how many transactions a batch is split over at most."""


class Processor:
    """Handles messages for one service."""

    def __init__(
        self, service: str, handlers: Handlers, pool: Pool, settings: ServiceSettings, metrics: Metrics,
        readers: Pool | None = None,
    ) -> None:  # fmt: skip
        self.service = service
        self.handlers = handlers
        self.pool = pool
        self.readers = readers or pool
        """For what only reads."""
        self.settings = settings
        self.metrics = metrics
        self.committed: Callable[[], None] = lambda: None
        """Called after each commit that left something to publish."""
        self.failing = Failing(service, pool, settings, metrics, lambda: self.committed())

    async def process(self, batch: Sequence[Incoming]) -> list[Outcome]:
        """Handle what arrived together: in few transactions, or one by one when anything fails. Raises Outage."""
        now = clock.now()
        for incoming in batch:
            reading.read(incoming, self.handlers, now)
        outcomes = [await self.failing.unreadable(incoming) for incoming in batch if incoming.problems]
        shares = _shares([incoming for incoming in batch if not incoming.problems])
        for done in await asyncio.gather(*(self._together(share) for share in shares), return_exceptions=True):
            if isinstance(done, BaseException):  # what another share committed meanwhile comes again, and is known
                raise done
            outcomes += done
        return outcomes

    async def _together(self, share: Sequence[Incoming]) -> list[Outcome]:
        if len(share) > 1:
            try:
                return await self._run(share)
            except Exception as error:
                # Whatever it was, unless the database is away: each message now gets a transaction of its own.
                if await is_away(self.pool, error):
                    raise Outage from error
                log.debug(
                    "a shared transaction is replayed one by one", messages=len(share), error=type(error).__name__
                )
                self.metrics.replayed.inc()
        return [await self._alone(incoming) for incoming in share]

    async def ask(self, incoming: Incoming) -> Answer:
        """Handle a request: always an answer."""
        reading.read(incoming, self.handlers, clock.now())
        try:
            if incoming.problems:
                return rejection(incoming, incoming.problems)
            outcome = await self._alone(incoming)
        except Outage:
            return rejection(incoming, [BUSY])
        return outcome.answer or rejection(incoming, [BROKEN_REQUEST])

    async def within(self, work: Callable[[Transaction], Awaitable[object]]) -> None:
        """Do something of the service's own, such as retention, in a transaction like a handler's. Raises Outage."""
        envelope = Envelope(id=new_id(), type="", source=f"{SOURCE}/{self.service}", time=clock.now())

        async def run(connection: Connection) -> bool:
            unit = Unit(self.service)
            await work(self._transaction(connection, unit, envelope, sender=self.service))
            await unit.write(connection)
            return bool(unit.pending.outbox)

        if await in_transaction(self.pool, run):
            self.committed()

    async def looking(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Look at the service's own tables, and return what was found: nothing is written. Raises Outage."""
        envelope = Envelope(id=new_id(), type="", source=f"{SOURCE}/{self.service}", time=clock.now())
        try:
            async with self.readers.acquire() as connection:
                return await work(
                    self._transaction(connection, Unit(self.service), envelope, sender=self.service, reads=True)
                )
        except Exception as error:
            if await is_away(self.readers, error):
                raise Outage from error
            raise

    async def replay(self, incoming: Incoming, connection: Connection) -> Outcome:
        """Hand a dead letter to its handler again, in the caller's transaction. Raises what the handler raises."""
        reading.read(incoming, self.handlers, clock.now())
        if incoming.problems:
            raise Rejected(problems=incoming.problems)
        unit = Unit(self.service)
        await self._handle(incoming, connection, unit)
        await unit.write(connection, again=True)
        return unit.outcomes[0]

    async def _alone(self, incoming: Incoming) -> Outcome:
        collided = False
        reads = reads_only(incoming)
        for _ in range(4):
            try:
                return await self._look(incoming) if reads else (await self._run([incoming]))[0]
            except CONTENTION:
                continue
            except Rejected as rejected:
                return await self.failing.reject(incoming, rejected.problems)
            except Exception as error:
                if isinstance(error, asyncpg.UniqueViolationError) and not collided:
                    collided = True  # two made the same at once: what the other made is there to be found now
                    continue
                # Every failure is counted, retried and in the end buried.
                writes = reads and isinstance(error, asyncpg.ReadOnlySQLTransactionError)  # a mistake, and no outage
                if not writes and await is_away(self.pool, error):
                    raise Outage from error
                return await self.failing.failed(incoming, reason_of(error), place_of(error))
        return await self.failing.failed(incoming, "two transactions kept waiting for each other", "")

    async def _run(self, batch: Sequence[Incoming]) -> list[Outcome]:
        unit = Unit(self.service)
        async with self.pool.acquire() as connection, connection.transaction():
            for incoming in await self._claim(connection, batch, unit):
                if unit.pending.forgotten.intersection(persons(incoming)):
                    raise _Entangled
                await self._handle(incoming, connection, unit)
            await unit.write(connection)
        if unit.pending.outbox:
            self.committed()
        return unit.outcomes

    async def _look(self, incoming: Incoming) -> Outcome:
        """Answer what only reads: there is nothing to claim, to keep or to commit."""
        named = persons(incoming)
        async with self.readers.acquire() as connection:
            erased = await store.erased(connection, named) if named else set()
            return await self.looked(incoming, connection, erased)

    async def looked(self, incoming: Incoming, connection: Connection, erased: set[UUID]) -> Outcome:
        """The same on a connection that somebody has. Raises what the handler raises."""
        if erased.intersection(persons(incoming)):
            raise Rejected(problems=[ERASED])
        unit = Unit(self.service)
        await self._handle(incoming, connection, unit, reads=True)
        assert not unit.pending.outbox, "what only reads has nothing to tell"
        return unit.outcomes[0]

    async def _claim(self, connection: Connection, batch: Sequence[Incoming], unit: Unit) -> list[Incoming]:
        """Leave out what was handled before (its answer is given again) and what names someone erased."""
        named = [person for incoming in batch for person in persons(incoming)]
        if not batch[0].asks:
            return await self._claim_events(connection, batch, named, unit)
        asked = [each.key for each in batch if not is_question(each)]
        kept, erased = await store.kept_answers(connection, asked, named) if asked or named else ({}, set())
        fresh: dict[tuple[str, UUID], Incoming] = {}
        for incoming in batch:
            key = incoming.key
            answer = kept.get(key)
            if key in fresh:
                raise _Entangled
            if answer is not None:
                self.metrics.duplicates.inc()
                unit.again(incoming, answer)
            elif erased.intersection(persons(incoming)):
                unit.answer(incoming, rejection(incoming, [ERASED]))
            else:
                fresh[key] = incoming
        return list(fresh.values())

    async def _claim_events(
        self, connection: Connection, batch: Sequence[Incoming], named: list[UUID], unit: Unit
    ) -> list[Incoming]:
        if named:
            await store.hold(connection, named)
        ids = {incoming.key[1]: incoming for incoming in reversed(batch)}  # the first of those with the same id
        new, erased = await store.claim(connection, batch[0].stream, list(ids), named, clock.now())
        fresh = []
        for incoming in batch:
            id_ = incoming.key[1]
            if id_ not in new or ids[id_] is not incoming:
                self.metrics.duplicates.inc()
                unit.outcomes.append(Outcome(incoming))
            elif erased.intersection(persons(incoming)):
                unit.outcomes.append(Outcome(incoming))
            else:
                fresh.append(incoming)
        return fresh

    async def _handle(
        self, incoming: Incoming, connection: Connection, unit: Unit, *, reads: bool = False
    ) -> None:  # fmt: skip
        assert incoming.envelope is not None
        assert incoming.handle is not None
        envelope = incoming.envelope
        started = time.perf_counter()
        with handling(envelope.type, envelope.traceparent):
            tx = self._transaction(connection, unit, envelope, sender=incoming.sender, reads=reads)
            result = await incoming.handle(incoming.message, tx)
        self.metrics.handled.labels(envelope.type).observe(time.perf_counter() - started)
        if incoming.asks:
            data = result.model_dump(mode="json") if result is not None else {}
            unit.answer(incoming, Answer(id=envelope.id, status="accepted", result=data))
        else:
            unit.outcomes.append(Outcome(incoming))

    def _transaction(
        self, connection: Connection, unit: Unit, envelope: Envelope, *, sender: str, reads: bool = False
    ) -> Transaction:
        return Transaction(
            connection,
            unit.pending,
            envelope,
            sender=sender,
            now=clock.now(),
            service=self.service,
            settings=self.settings,
            reads=reads,
        )


class _Entangled(Exception):
    """One message of a batch bears on another (the same command twice, an erasure): one by one, each finds the last."""


def _shares(batch: Sequence[Incoming]) -> list[Sequence[Incoming]]:
    """A large batch of one type, in parts that are handled at the same time; what names one person stays in order.

    One type may build on what another did just before it: a mixed batch is not divided.
    """
    alike = len({incoming.envelope.type for incoming in batch if incoming.envelope}) == 1
    if not alike or len(batch) < SHARE:
        return [batch] if batch else []
    shares: list[list[Incoming]] = [[] for _ in range(min(MOST_SHARES, len(batch) // SHARE + 1))]
    for incoming in batch:
        whose = next(iter(persons(incoming)), incoming.key[1])
        shares[whose.int % len(shares)].append(incoming)
    return [share for share in shares if share]


def reads_only(incoming: Incoming) -> bool:
    """Whether its handler only reads."""
    return incoming.handle is not None and only_reads(incoming.handle, incoming.sender)


__all__ = ["Outage", "Outcome", "Processor", "failure", "reads_only"]
