"""What someone wants to be written about, and when. Language, quiet hours and pause are with profiles."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from shared.contracts.envelope import Command, Contract, Query
from shared.contracts.profiles.participants import ClockTime
from shared.contracts.types import ParticipantId, WorkerId

MailGroup = Literal["invitations", "gatherings", "steps", "afterwards", "circle"]
"""What a participant can do without: to be asked, to hear of gatherings, each step of what they asked or offered, how
it was and thanks, circles. That two have agreed, and what changes in that, is always told."""
DigestRhythm = Literal["daily", "weekly"]


class ParticipantPreferences(Contract):
    """What a participant gets."""

    participant_id: ParticipantId
    without: list[MailGroup]
    """What they do without."""


class WorkerPreferences(Contract):
    """When a worker gets the digest. What is urgent comes at once in any case."""

    worker_id: WorkerId
    digest: DigestRhythm
    """`weekly`: on Monday."""
    digest_at: time
    """On the clock of their neighbourhood."""


class ShowPreferences(Query, type="notify.preferences.show.v1", result=ParticipantPreferences):
    """What a participant gets: for that person, who holds their mandate, and workers."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e61"}
    participant_id: ParticipantId


class SetPreferences(Command, type="notify.preferences.set.v1", result=ParticipantPreferences):
    """What a participant does without, all of it: what isn't named comes again."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "participant_id": "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e61",
        "without": ["gatherings"],
    }
    participant_id: ParticipantId
    without: Annotated[list[MailGroup], Field(max_length=10)]


class DoWithout(Command, type="notify.preferences.do-without.v1", result=ParticipantPreferences):
    """No more mail of one group, the rest stays as it is: what the button of a mail program asks (RFC 8058)."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "participant_id": "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e61",
        "group": "invitations",
    }
    participant_id: ParticipantId
    group: MailGroup


class ShowWorkerPreferences(Query, type="notify.worker-preferences.show.v1", result=WorkerPreferences):
    """When a worker gets the digest."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"worker_id": "019a1b2c-0000-7000-8000-000000000001"}
    worker_id: WorkerId


class SetWorkerPreferences(Command, type="notify.worker-preferences.set.v1", result=WorkerPreferences):
    """When a worker wants the digest. Null leaves as it is."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "worker_id": "019a1b2c-0000-7000-8000-000000000001",
        "digest": "weekly",
        "digest_at": "08:00",
    }
    worker_id: WorkerId
    digest: DigestRhythm | None = None
    digest_at: ClockTime | None = None


__all__ = [
    "DigestRhythm",
    "DoWithout",
    "MailGroup",
    "ParticipantPreferences",
    "SetPreferences",
    "SetWorkerPreferences",
    "ShowPreferences",
    "ShowWorkerPreferences",
    "WorkerPreferences",
]
