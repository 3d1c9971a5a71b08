"""What one transaction leaves behind: what is done with, the answers that are kept, and what is to be published."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

import asyncpg

from shared import clock
from shared.contracts import subjects
from shared.contracts.envelope import SOURCE, Answer, Confidence, Envelope, Problem, Query
from shared.database import CONTENTION, Connection, Pool, is_away
from shared.ids import new_id
from shared.messaging import store
from shared.messaging.incoming import Incoming
from shared.messaging.transaction import LIMITS, Pending

T = TypeVar("T")
REUSED = Problem(
    code="id_reused", field="ce-id", message="this id was used for another command: send a new one with each command"
)
ERASED = Problem(
    code="erased", message="this names a participant whose data was erased: nothing can be done with it any more"
)
TOO_LARGE = Problem(code="too_large", message="the answer is too large for the stream: ask again by request/reply")
LARGEST_ANSWER = LIMITS[subjects.PARTNER] - 2_000
"""Bytes, with room for headers."""


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
class Unit:
    """What one database transaction will have written."""

    service: str
    pending: Pending = field(default_factory=lambda: Pending([], {}, set()))
    answers: list[tuple[str, UUID, bytes, str]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def answer(self, incoming: Incoming, answer: Answer) -> None:
        """Keep the answer to a command, and send it when the command came durably. A question's is kept nowhere."""
        if not is_question(incoming):
            body = answer.model_dump_json()
            self.answers.append((*incoming.key, incoming.digest(), body))
            self._tell(incoming, answer, body)
        self.outcomes.append(Outcome(incoming, answer=answer))

    def again(self, incoming: Incoming, kept: store.KeptAnswer) -> None:
        """Give the answer that was kept."""
        if kept.digest != incoming.digest():
            answer = rejection(incoming, [REUSED])
        elif kept.erased:
            answer = rejection(incoming, [ERASED])
        else:
            answer = Answer.model_validate_json(kept.body)
        self._tell(incoming, answer, answer.model_dump_json())
        self.outcomes.append(Outcome(incoming, answer=answer))

    async def write(self, connection: Connection, *, again: bool = False) -> None:
        """Into the tables of the kit. `again`: an answer takes the place of the one that was kept."""
        if self.answers:
            await store.keep_answers(connection, self.answers, clock.now(), again=again)
        if self.pending.timers:
            await store.set_timers(connection, self.pending.timers)
        if self.pending.outbox:
            await store.write_outbox(connection, self.pending.outbox, clock.now())
        done = [outcome.incoming for outcome in self.outcomes if outcome.incoming.delivered > 1]
        if done:
            await store.clear_failures(connection, done[0].stream, [incoming.sequence for incoming in done])

    def publish(self, stream: str, subject: str, type_: str, body: str, cause: Envelope | None) -> None:
        """Something of the kit's own, because of a message."""
        envelope = Envelope(
            id=new_id(), type=type_, source=f"{SOURCE}/{self.service}", time=clock.now(),
            correlation_id=(cause.correlation_id or cause.id) if cause else None,
            causation_id=cause.id if cause else None,
            traceparent=cause.traceparent if cause else "",
        )  # fmt: skip
        headers = store.encode(envelope.headers())
        self.pending.outbox.append(store.OutboxRow(envelope.id, stream, subject, headers, body))

    def _tell(self, incoming: Incoming, answer: Answer, body: str) -> None:
        if incoming.kind != "cmd":
            return
        if len(body.encode()) > LARGEST_ANSWER:  # the stream would refuse it, and all that waits behind it
            body = Answer(id=answer.id, status=answer.status, problems=[TOO_LARGE]).model_dump_json()
        subject = subjects.letter(answer, incoming.sender, answer.id, answer.status)
        self.publish(subjects.PARTNER, subject, Answer.TYPE, body, incoming.envelope)


def is_question(incoming: Incoming) -> bool:
    """Whether its answer is kept nowhere: asked again, it is answered anew."""
    return isinstance(incoming.message, Query) and not isinstance(incoming.message, Confidence)


def persons(incoming: Incoming) -> list[UUID]:
    """The participants whom it names."""
    return list(incoming.message.persons()) if incoming.message else []


def rejection(incoming: Incoming, problems: list[Problem]) -> Answer:
    """The answer that says why not."""
    return Answer(id=incoming.id, status="rejected", problems=problems)


async def in_transaction(pool: Pool, work: Callable[[Connection], Awaitable[T]]) -> T:
    """Statements of the kit's own, and of a service's own work. Raises Outage."""
    for attempt in range(4):
        try:
            async with pool.acquire() as connection, connection.transaction():
                return await work(connection)
        except (*CONTENTION, asyncpg.UniqueViolationError):  # another replica was at the same message
            if attempt == 3:
                raise
        except Exception as error:
            if await is_away(pool, error):
                raise Outage from error
            raise
    raise AssertionError
