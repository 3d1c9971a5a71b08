"""The transaction that a handler gets: reads and writes the service's tables, and says what shall be sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.contracts import subjects
from shared.contracts.envelope import SOURCE, Contract, Envelope, Event, Letter, State
from shared.database import Connection, Record
from shared.ids import new_id
from shared.messaging import store
from shared.settings import ServiceSettings
from shared.telemetry import traceparent

LIMITS = {subjects.EVENTS: 16_384, subjects.STATE: 32_768, subjects.FEED: 8_192, subjects.PARTNER: 16_384}
"""Bytes that a stream takes, headers included."""
SUBJECTS = re.compile(r"weefsel\.v1\.(state|(event|feed|to)\.[A-Za-z0-9_-]{1,100})(\.[A-Za-z0-9_-]{1,100}){3}")
"""What the streams take. One that they don't would stand in the outbox for ever, and all that comes after it."""


@dataclass(slots=True)
class Pending:
    """What the messages of one database transaction want sent and timed; written together at its end."""

    outbox: list[store.OutboxRow]
    timers: dict[str, tuple[datetime, store.OutboxRow] | None]
    """By key; None cancels."""
    forgotten: set[UUID]
    """Participants whom one of the messages erases."""


class Transaction:
    """One message's share of a database transaction. The handler never commits and never publishes."""

    def __init__(
        self, connection: Connection, pending: Pending, envelope: Envelope, *, sender: str, now: datetime,
        service: str, settings: ServiceSettings, reads: bool = False,
    ) -> None:  # fmt: skip
        self.now = now
        """The present moment."""
        self.sender = sender
        """Who sent the message, from its subject: a partner, `cli`, `desk` or a service."""
        self.actor = envelope.actor
        """For whom a sender of ours acts: `worker:<id>`, `participant:<id>`, `operator`; empty for others."""
        self.message_id = envelope.id
        self.correlation_id = envelope.correlation_id or envelope.id
        self.settings: Any = settings
        self.reads = reads
        """Whether it only looks: then each statement is a transaction, which writes and sets nothing, and its plan is
        made once."""
        self.connection = connection
        """For the kit alone: repository modules use the methods below."""
        self._pending = pending
        self._service = service

    async def fetch(self, sql: str, *values: Any) -> list[Record]:
        return await self.connection.fetch(sql, *values)

    async def fetchrow(self, sql: str, *values: Any) -> Record | None:
        return await self.connection.fetchrow(sql, *values)

    async def fetchval(self, sql: str, *values: Any) -> Any:
        return await self.connection.fetchval(sql, *values)

    async def execute(self, sql: str, *values: Any) -> str:
        return await self.connection.execute(sql, *values)

    async def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        await self.connection.executemany(sql, rows)

    async def emit(self, message: Contract, *, partner: str = "", id: object = "", verb: str = "") -> None:  # noqa: A002
        """Send a message when, and only when, this transaction commits.

        An Event goes to EVENTS and, when its contract says so, to the partners' FEED; a State to STATE; a Letter
        to one `partner`, about `id`, with the `verb` that ends its subject. Raises ValueError when it is too large.
        """
        self._pending.outbox.extend(self._rows(message, self.now, partner=partner, id=id, verb=verb))

    async def at(self, time: datetime, event: Event, key: str) -> None:
        """Send an event at a later time; an earlier timer of the same key is replaced."""
        row = self._rows(event, time)[0]
        self._pending.timers[key] = (time, row)

    async def cancel(self, key: str) -> None:
        """Drop the timer of this key, if there is one."""
        self._pending.timers[key] = None

    async def forget(self, participant_id: UUID) -> None:
        """Drop whatever the messaging tables hold of a participant, and refuse what names them from now on.

        First of all: it waits for events and states about them that are being handled, so that what the service then
        deletes of its own includes what those wrote.
        """
        pending = self._pending
        pending.forgotten.add(participant_id)
        pending.outbox[:] = [row for row in pending.outbox if participant_id not in row.persons]
        for key, timer in list(pending.timers.items()):
            if timer is not None and participant_id in timer[1].persons:
                del pending.timers[key]
        await store.forget(self.connection, participant_id, self.now)

    def _rows(
        self, message: Contract, time: datetime, *, partner: str = "", id: object = "", verb: str = ""  # noqa: A002
    ) -> list[store.OutboxRow]:  # fmt: skip
        envelope = Envelope(
            id=new_id(), type=message.TYPE, source=f"{SOURCE}/{self._service}", time=time,
            correlation_id=self.correlation_id, causation_id=self.message_id, traceparent=traceparent(),
        )  # fmt: skip
        body = message.model_dump_json()
        headers = store.encode(envelope.headers())
        persons = tuple(message.persons())
        rows = [
            store.OutboxRow(envelope.id, stream, subject, headers, body, persons)
            for stream, subject in _places(message, partner, id, verb)
        ]
        size = len(body.encode()) + len(headers)
        for row in rows:
            if not SUBJECTS.fullmatch(row.subject):
                raise ValueError(f"{message.TYPE} has no subject: what its tokens are made of can't stand in one")
            if size > LIMITS[row.stream]:
                raise ValueError(f"{message.TYPE} is {size} bytes, and {row.stream} takes {LIMITS[row.stream]}")
        return rows


def _places(message: Contract, partner: str, id: object, verb: str) -> list[tuple[str, str]]:  # noqa: A002
    """Where a message goes: stream and subject."""
    if isinstance(message, Event):
        places = [(subjects.EVENTS, subjects.event(message))]
        return [*places, (subjects.FEED, subjects.feed(message))] if message.FEED else places
    if isinstance(message, State):
        return [(subjects.STATE, subjects.state(message))]
    if isinstance(message, Letter):
        return [(subjects.PARTNER, subjects.letter(message, partner, id, verb))]
    raise TypeError(f"{type(message).__name__} can't be sent from a handler: only events, states and letters")
