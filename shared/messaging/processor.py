"""The reliable handler: one message, one transaction; what arrived together may share one.

The order of things: read, claim (inbox or kept answer), handle, write outbox and answers, commit. Acknowledging comes
after, so a crash at any point means that the message is delivered again and either starts afresh or is found done.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import asyncpg

from shared import clock
from shared.contracts import subjects
from shared.contracts.envelope import SOURCE, Answer, Command, Confidence, Envelope, Problem, Query
from shared.contracts.operations import DeadLetterPointer
from shared.database import CONTENTION, Connection, Pool, is_away
from shared.ids import new_id
from shared.messaging import incoming as reading
from shared.messaging import store
from shared.messaging.handlers import Handlers, NotYetKnown, Rejected, only_reads
from shared.messaging.incoming import Incoming
from shared.messaging.transaction import LIMITS, Pending, Transaction
from shared.telemetry import handling, logger

if TYPE_CHECKING:
    from shared.messaging.metrics import Metrics
    from shared.settings import ServiceSettings

log = logger(__name__)
T = TypeVar("T")
REUSED = Problem(
    code="id_reused", field="ce-id", message="this id was used for another command: send a new one with each command"
)
ERASED = Problem(
    code="erased", message="this names a participant whose data was erased: nothing can be done with it any more"
)
BROKEN = Problem(
    code="failed", message="it could not be handled, through no fault of yours: the operator has it and will look at it"
)
BROKEN_REQUEST = Problem(
    code="failed", message="it could not be handled, through no fault of yours: ask again, or tell the operator"
)
BUSY = Problem(code="try_again", message="the service can't reach its database at the moment: ask again in a while")


TOO_LARGE = Problem(code="too_large", message="the answer is too large for the stream: ask again by request/reply")
LARGEST_ANSWER = LIMITS[subjects.PARTNER] - 2_000
"""Bytes, with room for headers."""


SHARE, MOST_SHARES = 64, 4
"""Messages that are worth a transaction of their own, and how many transactions a batch is split over at most."""


class Outage(Exception):
    """The database is away: nothing was handled, and it counts against no message."""


@dataclass(slots=True)
class Outcome:
    """What is to be told to the stream about one message."""

    incoming: Incoming
    retry_in: float | None = None
    """Seconds until it shall come again; None when it is done with."""
    answer: Answer | None = None
    """For who asked."""


@dataclass(slots=True)
class _Unit:
    """What one database transaction will have written."""

    pending: Pending = field(default_factory=lambda: Pending([], {}, set()))
    answers: list[tuple[str, UUID, bytes, str]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)


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

    async def process(self, batch: Sequence[Incoming]) -> list[Outcome]:
        """Handle what arrived together: in few transactions, or one by one when anything fails. Raises Outage."""
        now = clock.now()
        for incoming in batch:
            reading.read(incoming, self.handlers, now)
        outcomes = [await self._unreadable(incoming) for incoming in batch if incoming.problems]
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
            unit = _Unit()
            await work(self._transaction(connection, unit, envelope, sender=self.service))
            await self._write(connection, unit)
            return bool(unit.pending.outbox)

        if await self._in_transaction(run, tells=False):
            self.committed()

    async def looking(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Look at the service's own tables, and return what was found: nothing is written. Raises Outage."""
        envelope = Envelope(id=new_id(), type="", source=f"{SOURCE}/{self.service}", time=clock.now())
        try:
            async with self.readers.acquire() as connection:
                return await work(self._transaction(connection, _Unit(), envelope, sender=self.service, reads=True))
        except Exception as error:
            if await is_away(self.readers, error):
                raise Outage from error
            raise

    async def replay(self, incoming: Incoming, connection: Connection) -> Outcome:
        """Hand a dead letter to its handler again, in the caller's transaction. Raises what the handler raises."""
        reading.read(incoming, self.handlers, clock.now())
        if incoming.problems:
            raise Rejected(problems=incoming.problems)
        unit = _Unit()
        await self._handle(incoming, connection, unit)
        await self._write(connection, unit, again=True)
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
                return await self._reject(incoming, rejected.problems)
            except Exception as error:
                if isinstance(error, asyncpg.UniqueViolationError) and not collided:
                    collided = True  # two made the same at once: what the other made is there to be found now
                    continue
                # Every failure is counted, retried and in the end buried.
                writes = reads and isinstance(error, asyncpg.ReadOnlySQLTransactionError)  # a mistake, and no outage
                if not writes and await is_away(self.pool, error):
                    raise Outage from error
                return await self._failed(incoming, _reason(error), _place(error))
        return await self._failed(incoming, "two transactions kept waiting for each other", "")

    async def _run(self, batch: Sequence[Incoming]) -> list[Outcome]:
        unit = _Unit()
        async with self.pool.acquire() as connection, connection.transaction():
            for incoming in await self._claim(connection, batch, unit):
                if unit.pending.forgotten.intersection(_persons(incoming)):
                    raise _Entangled
                await self._handle(incoming, connection, unit)
            await self._write(connection, unit)
        if unit.pending.outbox:
            self.committed()
        return unit.outcomes

    async def _look(self, incoming: Incoming) -> Outcome:
        """Answer what only reads: there is nothing to claim, to keep or to commit."""
        persons = _persons(incoming)
        async with self.readers.acquire() as connection:
            erased = await store.erased(connection, persons) if persons else set()
            return await self.looked(incoming, connection, erased)

    async def looked(self, incoming: Incoming, connection: Connection, erased: set[UUID]) -> Outcome:
        """The same on a connection that somebody has. Raises what the handler raises."""
        if erased.intersection(_persons(incoming)):
            raise Rejected(problems=[ERASED])
        unit = _Unit()
        await self._handle(incoming, connection, unit, reads=True)
        assert not unit.pending.outbox, "what only reads has nothing to tell"
        return unit.outcomes[0]

    async def _claim(self, connection: Connection, batch: Sequence[Incoming], unit: _Unit) -> list[Incoming]:
        """Leave out what was handled before (its answer is given again) and what names someone erased."""
        persons = [person for incoming in batch for person in _persons(incoming)]
        if not batch[0].asks:
            return await self._claim_events(connection, batch, persons, unit)
        asked = [
            each.key for each in batch if not isinstance(each.message, Query) or isinstance(each.message, Confidence)
        ]
        kept, erased = await store.kept_answers(connection, asked, persons) if asked or persons else ({}, set())
        fresh: dict[tuple[str, UUID], Incoming] = {}
        for incoming in batch:
            key = incoming.key
            answer = kept.get(key)
            if key in fresh:
                raise _Entangled
            if answer is not None:
                self._again(incoming, answer, unit)
            elif erased.intersection(_persons(incoming)):
                self._answer(incoming, rejection(incoming, [ERASED]), unit)
            else:
                fresh[key] = incoming
        return list(fresh.values())

    async def _claim_events(
        self, connection: Connection, batch: Sequence[Incoming], persons: list[UUID], unit: _Unit
    ) -> list[Incoming]:
        if persons:
            await store.hold(connection, persons)
        ids = {incoming.key[1]: incoming for incoming in reversed(batch)}  # the first of those with the same id
        new, erased = await store.claim(connection, batch[0].stream, list(ids), persons, clock.now())
        fresh = []
        for incoming in batch:
            id_ = incoming.key[1]
            if id_ not in new or ids[id_] is not incoming:
                self.metrics.duplicates.inc()
                unit.outcomes.append(Outcome(incoming))
            elif erased.intersection(_persons(incoming)):
                unit.outcomes.append(Outcome(incoming))
            else:
                fresh.append(incoming)
        return fresh

    async def _handle(
        self, incoming: Incoming, connection: Connection, unit: _Unit, *, reads: bool = False
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
            self._answer(incoming, Answer(id=envelope.id, status="accepted", result=data), unit)
        else:
            unit.outcomes.append(Outcome(incoming))

    def _transaction(
        self, connection: Connection, unit: _Unit, envelope: Envelope, *, sender: str, reads: bool = False
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

    def _again(self, incoming: Incoming, kept: store.KeptAnswer, unit: _Unit) -> None:
        self.metrics.duplicates.inc()
        if kept.digest != incoming.digest():
            answer = rejection(incoming, [REUSED])
        elif kept.erased:
            answer = rejection(incoming, [ERASED])
        else:
            answer = Answer.model_validate_json(kept.body)
        self._tell(incoming, answer, answer.model_dump_json(), unit)
        unit.outcomes.append(Outcome(incoming, answer=answer))

    def _answer(self, incoming: Incoming, answer: Answer, unit: _Unit) -> None:
        """Keep the answer to a command, and send it when the command came durably. A question's is kept nowhere."""
        if not _is_question(incoming):
            body = answer.model_dump_json()
            unit.answers.append((*incoming.key, incoming.digest(), body))
            self._tell(incoming, answer, body, unit)
        unit.outcomes.append(Outcome(incoming, answer=answer))

    def _tell(self, incoming: Incoming, answer: Answer, body: str, unit: _Unit) -> None:
        if incoming.kind == "cmd":
            unit.pending.outbox.append(self._letter(incoming, answer, body))

    async def _write(self, connection: Connection, unit: _Unit, *, again: bool = False) -> None:
        if unit.answers:
            await store.keep_answers(connection, unit.answers, clock.now(), again=again)
        if unit.pending.timers:
            await store.set_timers(connection, unit.pending.timers)
        if unit.pending.outbox:
            await store.write_outbox(connection, unit.pending.outbox, clock.now())
        done = [outcome.incoming for outcome in unit.outcomes if outcome.incoming.delivered > 1]
        if done:
            await store.clear_failures(connection, done[0].stream, [incoming.sequence for incoming in done])

    async def _reject(self, incoming: Incoming, problems: list[Problem]) -> Outcome:
        """Answer 'rejected' in a transaction of its own. What isn't a command can't be refused: it has failed."""
        if not incoming.asks:
            word = "rejected: " + ", ".join(problem.code for problem in problems)
            return await self._failed(incoming, "; ".join(problem.message for problem in problems), "", word=word)
        self.metrics.rejected.labels(_label(incoming)).inc()
        if incoming.kind == "rpc" and not isinstance(incoming.message, Command):
            return Outcome(incoming, answer=rejection(incoming, problems))
        return await self._in_transaction(lambda connection: self._settle(connection, incoming, *problems))

    async def _settle(self, connection: Connection, incoming: Incoming, *problems: Problem) -> Outcome:
        """The answer that is kept, or else a rejection."""
        unit = _Unit()
        kept, _ = await store.kept_answers(connection, [incoming.key], [])
        if incoming.key in kept:
            self._again(incoming, kept[incoming.key], unit)
        else:
            self._answer(incoming, rejection(incoming, list(problems)), unit)
        await self._write(connection, unit)
        return unit.outcomes[0]

    async def _unreadable(self, incoming: Incoming) -> Outcome:
        """What can't be read can't succeed later: a rejection where someone can be told, else a dead letter."""
        reason = "; ".join(problem.message for problem in incoming.problems)
        if incoming.unknown_type and incoming.problems[0].code == "unknown_type":
            return await self._failed(incoming, reason, "")
        if incoming.asks and incoming.envelope is not None:
            return await self._reject(incoming, incoming.problems)
        return await self._bury(incoming, reason, "", attempts=1)

    async def _answered(self, incoming: Incoming) -> Outcome | None:
        """The answer that the same command got meanwhile, the other way or in a replica, and failed here for that."""

        async def look(connection: Connection) -> Outcome | None:
            kept, _ = await store.kept_answers(connection, [incoming.key], [])
            return await self._settle(connection, incoming, BROKEN_REQUEST) if incoming.key in kept else None

        return await self._in_transaction(look)

    async def _failed(self, incoming: Incoming, reason: str, place: str, *, word: str = "") -> Outcome:
        """Count the failure: come again after a growing delay, or be buried after the last. The log gets `word`."""
        if incoming.asks and incoming.handle and (twin := await self._answered(incoming)):
            return twin
        type_ = _label(incoming)
        self.metrics.failed.labels(type_).inc()
        log.warning(
            "a message failed", type=type_, id=str(incoming.id), stream=incoming.stream,
            sequence=incoming.sequence, reason=word or reason, place=place,
        )  # fmt: skip
        if incoming.kind == "rpc":
            return Outcome(incoming, answer=rejection(incoming, [BROKEN_REQUEST]))
        attempts = await self._in_transaction(
            lambda connection: store.count_failure(
                connection, incoming.stream, incoming.sequence, _storable(reason), clock.now()
            )
        )
        if attempts <= len(self.settings.retry_after):
            self.metrics.retried.labels(type_).inc()
            return Outcome(incoming, retry_in=self.settings.retry_after[attempts - 1])
        return await self._bury(incoming, reason, place, attempts)

    async def _bury(self, incoming: Incoming, reason: str, place: str, attempts: int) -> Outcome:
        id_ = new_id()

        async def bury(connection: Connection) -> bool:
            envelope = incoming.envelope
            if not incoming.asks and envelope is not None:
                # Delivered once more, it does nothing: from here on it is the operator's to replay.
                new, _ = await store.claim(connection, incoming.stream, [envelope.id], [], clock.now())
                if not new:
                    return False
            buried = await store.bury(
                connection,
                {
                    "id": id_, "stream": incoming.stream, "sequence": incoming.sequence,
                    "subject": _storable(incoming.subject), "headers": store.encode(incoming.headers),
                    "body": incoming.data, "message_type": _storable(incoming.headers.get("ce-type", "")[:200]),
                    "persons": _persons(incoming), "reason": _storable(reason), "place": place,
                    "attempts": attempts, "died_at": clock.now(), "digest": incoming.whole(),
                },
            )  # fmt: skip
            if not buried:
                return False
            unit = _Unit()
            unit.pending.outbox.append(self._pointer(incoming, id_))
            if incoming.asks and envelope is not None:
                problem = incoming.problems[0] if incoming.problems else BROKEN
                self._answer(incoming, rejection(incoming, [problem]), unit)
            await store.clear_failures(connection, incoming.stream, [incoming.sequence])
            await self._write(connection, unit)
            return True

        if await self._in_transaction(bury):
            self.metrics.dead.labels(_label(incoming)).inc()
            log.error(
                "a message is now a dead letter", dead_letter=str(id_), type=_label(incoming), stream=incoming.stream,
                sequence=incoming.sequence, attempts=attempts,
            )  # fmt: skip
        return Outcome(incoming)

    async def _in_transaction(self, work: Callable[[Connection], Awaitable[T]], *, tells: bool = True) -> T:
        """The kit's own statements. Raises Outage. `tells`: they may leave something to publish."""
        for attempt in range(4):
            try:
                async with self.pool.acquire() as connection, connection.transaction():
                    result = await work(connection)
                if tells:
                    self.committed()
                return result
            except (*CONTENTION, asyncpg.UniqueViolationError):  # another replica was at the same message
                if attempt == 3:
                    raise
            except Exception as error:
                if await is_away(self.pool, error):
                    raise Outage from error
                raise
        raise AssertionError

    def _letter(self, incoming: Incoming, answer: Answer, body: str) -> store.OutboxRow:
        subject = subjects.letter(answer, incoming.sender, answer.id, answer.status)
        if len(body.encode()) > LARGEST_ANSWER:  # the stream would refuse it, and all that waits behind it
            body = Answer(id=answer.id, status=answer.status, problems=[TOO_LARGE]).model_dump_json()
        return self._row(subjects.PARTNER, subject, Answer.TYPE, body, incoming)

    def _pointer(self, incoming: Incoming, dead_letter_id: UUID) -> store.OutboxRow:
        """What operators see on DEAD_LETTERS: where to look, and nothing of what was sent."""
        pointer = DeadLetterPointer(service=self.service, dead_letter_id=dead_letter_id, stream=incoming.stream)
        subject = subjects.dead(incoming.stream, self.service, incoming.sender)
        return self._row(subjects.DEAD_LETTERS, subject, DeadLetterPointer.TYPE, pointer.model_dump_json(), incoming)

    def _row(self, stream: str, subject: str, type_: str, body: str, incoming: Incoming) -> store.OutboxRow:
        cause = incoming.envelope
        envelope = Envelope(
            id=new_id(), type=type_, source=f"{SOURCE}/{self.service}", time=clock.now(),
            correlation_id=(cause.correlation_id or cause.id) if cause else None,
            causation_id=cause.id if cause else None,
            traceparent=cause.traceparent if cause else "",
        )  # fmt: skip
        return store.OutboxRow(envelope.id, stream, subject, store.encode(envelope.headers()), body)


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
        whose = next(iter(_persons(incoming)), incoming.key[1])
        shares[whose.int % len(shares)].append(incoming)
    return [share for share in shares if share]


def _persons(incoming: Incoming) -> list[UUID]:
    return list(incoming.message.persons()) if incoming.message else []


def reads_only(incoming: Incoming) -> bool:
    """Whether its handler only reads."""
    return incoming.handle is not None and only_reads(incoming.handle, incoming.sender)


def _is_question(incoming: Incoming) -> bool:
    """Whether its answer is kept nowhere: asked again, it is answered anew."""
    return isinstance(incoming.message, Query) and not isinstance(incoming.message, Confidence)


def _label(incoming: Incoming) -> str:
    """The type, when it is one of ours: what a sender makes up would make a counter each."""
    return incoming.envelope.type if incoming.envelope and incoming.handle else "unknown"


def _storable(text: str) -> str:
    """As PostgreSQL takes it: no NUL, no half of a surrogate pair."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def rejection(incoming: Incoming, problems: list[Problem]) -> Answer:
    """The answer that says why not."""
    return Answer(id=incoming.id, status="rejected", problems=problems)


def failure(error: Exception) -> dict[str, str]:
    """What a log may say of an error: not its words, in which a name may stand."""
    return {"reason": _reason(error), "place": _place(error)}


def _reason(error: Exception) -> str:
    """Why it failed, without the values in it: a name or note must not reach a log."""
    if isinstance(error, NotYetKnown):
        return f"not yet known: {error}"
    constraint = getattr(error, "constraint_name", None)
    return type(error).__name__ + (f" ({constraint})" if constraint else "")


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " < ".join(
        f"{frame.name} ({frame.filename.rsplit('/', 1)[-1]}:{frame.lineno})" for frame in reversed(frames)
    )
