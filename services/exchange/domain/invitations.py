"""An invitation: one quiet, personal question to one neighbour, and how it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.exchange import AnswerHow, InvitationStage, MatchReason

WAITS: frozenset[InvitationStage] = frozenset({"held", "waiting", "asked"})
"""Nothing has come of it yet."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """One question to one neighbour."""

    invitation_id: UUID
    exchange_id: UUID
    participant_id: UUID
    own: bool
    stage: InvitationStage
    again: bool
    acquainted: bool
    reasons: tuple[MatchReason, ...]
    worker_id: UUID | None
    made_at: datetime
    reviewed_by: str | None = None
    asked_at: datetime | None = None
    answer_by: datetime | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
    how: AnswerHow | None = None
