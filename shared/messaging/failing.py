"""What becomes of a message that isn't done: it is refused, comes again after a growing delay, or is buried."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from shared import clock
from shared.contracts import subjects
from shared.contracts.envelope import Command, Problem
from shared.contracts.operations import DeadLetterPointer
from shared.database import Connection, Pool
from shared.ids import new_id
from shared.messaging import store
from shared.messaging.handlers import NotYetKnown
from shared.messaging.incoming import Incoming
from shared.messaging.unit import Outcome, Unit, in_transaction, persons, rejection
from shared.telemetry import logger

if TYPE_CHECKING:
    from shared.messaging.metrics import Metrics
    from shared.settings import ServiceSettings

log = logger(__name__)
T = TypeVar("T")
BROKEN = Problem(
    code="failed", message="it could not be handled, through no fault of yours: the operator has it and will look at it"
)
BROKEN_REQUEST = Problem(
    code="failed", message="it could not be handled, through no fault of yours: ask again, or tell the operator"
)


class Failing:
    """The messages of one service that were not done. Each method raises Outage."""

    def __init__(
        self, service: str, pool: Pool, settings: ServiceSettings, metrics: Metrics, committed: Callable[[], None]
    ) -> None:
        self.service = service
        self.pool = pool
        self.settings = settings
        self.metrics = metrics
        self.committed = committed
        """Called after each commit: it may have left something to publish."""

    async def reject(self, incoming: Incoming, problems: list[Problem]) -> Outcome:
        """Answer 'rejected' in a transaction of its own. What isn't a command can't be refused: it has failed."""
        if not incoming.asks:
            word = "rejected: " + ", ".join(problem.code for problem in problems)
            return await self.failed(incoming, "; ".join(problem.message for problem in problems), "", word=word)
        self.metrics.rejected.labels(_label(incoming)).inc()
        if incoming.kind == "rpc" and not isinstance(incoming.message, Command):
            return Outcome(incoming, answer=rejection(incoming, problems))
        return await self._in_transaction(lambda connection: self._settle(connection, incoming, *problems))

    async def unreadable(self, incoming: Incoming) -> Outcome:
        """What can't be read can't succeed later: a rejection where someone can be told, else a dead letter."""
        reason = "; ".join(problem.message for problem in incoming.problems)
        if incoming.unknown_type and incoming.problems[0].code == "unknown_type":
            return await self.failed(incoming, reason, "")
        if incoming.asks and incoming.envelope is not None:
            return await self.reject(incoming, incoming.problems)
        return await self._bury(incoming, reason, "", attempts=1)

    async def failed(self, incoming: Incoming, reason: str, place: str, *, word: str = "") -> Outcome:
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

    async def _settle(self, connection: Connection, incoming: Incoming, *problems: Problem) -> Outcome:
        """The answer that is kept, or else a rejection."""
        unit = Unit(self.service)
        kept, _ = await store.kept_answers(connection, [incoming.key], [])
        if incoming.key in kept:
            self.metrics.duplicates.inc()
            unit.again(incoming, kept[incoming.key])
        else:
            unit.answer(incoming, rejection(incoming, list(problems)))
        await unit.write(connection)
        return unit.outcomes[0]

    async def _answered(self, incoming: Incoming) -> Outcome | None:
        """The answer that the same command got meanwhile, the other way or in a replica, and failed here for that."""

        async def look(connection: Connection) -> Outcome | None:
            kept, _ = await store.kept_answers(connection, [incoming.key], [])
            return await self._settle(connection, incoming, BROKEN_REQUEST) if incoming.key in kept else None

        return await self._in_transaction(look)

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
                    "persons": persons(incoming), "reason": _storable(reason), "place": place,
                    "attempts": attempts, "died_at": clock.now(), "digest": incoming.whole(),
                },
            )  # fmt: skip
            if not buried:
                return False
            unit = Unit(self.service)
            # What operators see on DEAD_LETTERS: where to look, and nothing of what was sent.
            pointer = DeadLetterPointer(service=self.service, dead_letter_id=id_, stream=incoming.stream)
            subject = subjects.dead(incoming.stream, self.service, incoming.sender)
            body = pointer.model_dump_json()
            unit.publish(subjects.DEAD_LETTERS, subject, DeadLetterPointer.TYPE, body, envelope)
            if incoming.asks and envelope is not None:
                problem = incoming.problems[0] if incoming.problems else BROKEN
                unit.answer(incoming, rejection(incoming, [problem]))
            await store.clear_failures(connection, incoming.stream, [incoming.sequence])
            await unit.write(connection)
            return True

        if await self._in_transaction(bury):
            self.metrics.dead.labels(_label(incoming)).inc()
            log.error(
                "a message is now a dead letter", dead_letter=str(id_), type=_label(incoming), stream=incoming.stream,
                sequence=incoming.sequence, attempts=attempts,
            )  # fmt: skip
        return Outcome(incoming)

    async def _in_transaction(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        result = await in_transaction(self.pool, work)
        self.committed()
        return result


def failure(error: Exception) -> dict[str, str]:
    """What a log may say of an error: not its words, in which a name may stand."""
    return {"reason": reason_of(error), "place": place_of(error)}


def reason_of(error: Exception) -> str:
    """Why it failed, without the values in it: a name or note must not reach a log."""
    if isinstance(error, NotYetKnown):
        return f"not yet known: {error}"
    constraint = getattr(error, "constraint_name", None)
    return type(error).__name__ + (f" ({constraint})" if constraint else "")


def place_of(error: Exception) -> str:
    """Where it failed, the innermost call first."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " < ".join(
        f"{frame.name} ({frame.filename.rsplit('/', 1)[-1]}:{frame.lineno})" for frame in reversed(frames)
    )


def _label(incoming: Incoming) -> str:
    """The type, when it is one of ours: what a sender makes up would make a counter each."""
    return incoming.envelope.type if incoming.envelope and incoming.handle else "unknown"


def _storable(text: str) -> str:
    """As PostgreSQL takes it: no NUL, no half of a surrogate pair."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
