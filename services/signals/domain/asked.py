"""What exchange asks a worker to look at before it goes on: open until they did, or it went by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.contracts.exchange import WorkerAsked
from shared.contracts.profiles import Step

NOTHING = UUID(int=0)
"""Before every message."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One such thing."""

    asked_id: UUID
    neighbourhood_id: str
    about: str
    exchange_id: UUID | None
    invitation_id: UUID | None
    gathering_id: UUID | None
    message_id: UUID
    """Of the event that asked: later ones can end it."""
    asked_at: datetime
    told_id: UUID | None
    step: Step
    told_at: datetime

    @property
    def ids(self) -> dict[str, Any]:
        """What it is about, as it is told."""
        return {
            "exchange_id": self.exchange_id, "invitation_id": self.invitation_id, "gathering_id": self.gathering_id,
        }  # fmt: skip


def objects(event: WorkerAsked) -> list[UUID]:
    """What it hangs on, in the order in which it is held."""
    return [each for each in (event.exchange_id, event.gathering_id, event.invitation_id) if each is not None]
