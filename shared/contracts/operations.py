"""What an operator asks of any service: its dead letters, and to drop what has been kept long enough."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.envelope import Command, Contract, Query


class DeadLetterSummary(Contract):
    """A message that could not be handled, without what it holds."""

    id: UUID
    stream: str
    """Where it came from; `rpc` never appears: who asks hears at once."""
    sequence: int
    subject: str
    message_type: str
    """The contract's type; empty when even that could not be read."""
    reason: str
    attempts: int
    status: Literal["open", "replayed", "discarded"]
    died_at: datetime
    closed_at: datetime | None = None


class DeadLetterPointer(Contract, type="any.dead-letter.buried.v1"):
    """On DEAD_LETTERS: a service could not handle a message, and keeps it. Says where to look, not what was sent."""

    service: str
    dead_letter_id: UUID
    stream: str
    """The stream that the message came from."""
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "service": "profiles",
        "dead_letter_id": "0197f3a0-0000-7000-8000-000000000001",
        "stream": "EVENTS",
    }


class DeadLetterPage(Contract):
    """A page of dead letters, newest first."""

    dead_letters: list[DeadLetterSummary]
    next: UUID | None = None
    """Give it as `after` for the next page; null at the end."""


class ListDeadLetters(Query, type="any.dead-letter.list.v1", result=DeadLetterPage):
    """Which messages could this service not handle?"""

    status: Literal["open", "replayed", "discarded"] | None = "open"
    after: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    EXAMPLE: ClassVar[dict[str, Any]] = {"status": "open", "limit": 50}


class DeadLetter(DeadLetterSummary):
    """A dead letter with all that an operator needs to mend it."""

    headers: dict[str, str]
    body: str
    """What was sent; bytes that are no UTF-8 stand as `\\xNN`. Cut off when no answer can hold it, as junk may be."""
    place: str
    """Where in the code it failed: the last lines of the traceback, without values."""


class ShowDeadLetter(Query, type="any.dead-letter.show.v1", result=DeadLetter):
    """What does this dead letter hold, and where did it fail?"""

    id: UUID
    EXAMPLE: ClassVar[dict[str, Any]] = {"id": "0197f3a0-0000-7000-8000-000000000001"}


class DeadLetterClosed(Contract):
    """The dead letter is dealt with."""

    id: UUID
    status: Literal["replayed", "discarded"]


class ReplayDeadLetter(Command, type="any.dead-letter.replay.v1", result=DeadLetterClosed):
    """Hand the message to its handler once more, as it was or mended. What fails again stays a dead letter."""

    id: UUID
    body: dict[str, Any] | None = None
    """The message's data, mended; null leaves it as it was."""
    EXAMPLE: ClassVar[dict[str, Any]] = {"id": "0197f3a0-0000-7000-8000-000000000001"}


class DiscardDeadLetter(Command, type="any.dead-letter.discard.v1", result=DeadLetterClosed):
    """The message need not be handled any more: drop what it holds, keep that it was there."""

    id: UUID
    EXAMPLE: ClassVar[dict[str, Any]] = {"id": "0197f3a0-0000-7000-8000-000000000001"}


class Retained(Contract):
    """What was removed because it had been kept long enough."""

    removed: dict[str, int]
    """Rows by kind of record."""


class RunRetention(Command, type="any.retention.run.v1", result=Retained):
    """Remove what has been kept long enough: each kind of record has its time, in the policy."""

    EXAMPLE: ClassVar[dict[str, Any]] = {}
