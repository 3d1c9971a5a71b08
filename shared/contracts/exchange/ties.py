"""Acquaintances: two people who have met, at a gathering, in an exchange, or brought together by the worker."""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from uuid import UUID

from shared.contracts.envelope import Command, Contract, Query
from shared.contracts.profiles.participants import Limit
from shared.contracts.types import Moment, ParticipantId

_MARTINE = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f"
_JOS = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e61"

Through = Literal["gathering", "exchange", "introduction"]
"""How two people met first."""


class AcquaintanceRef(Contract):
    """Two people who have met."""

    participant_id: ParticipantId
    other_id: ParticipantId


class Introduce(Command, type="exchange.introduction.make.v1", result=AcquaintanceRef):
    """By a worker who has brought two people together: they are acquaintances from now on."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARTINE, "other_id": _JOS}
    participant_id: ParticipantId
    other_id: ParticipantId


class Acquaintance(Contract):
    """Someone a person has met."""

    participant_id: ParticipantId
    since: Moment
    through: Through


class AcquaintancePage(Contract):
    """A page of acquaintances."""

    acquaintances: list[Acquaintance]
    next: UUID | None
    """Give it as `after` to read on; null on the last page."""


class ListAcquaintances(Query, type="exchange.acquaintance.list.v1", result=AcquaintancePage):
    """Whom a person has met; for that person and for workers."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARTINE}
    participant_id: ParticipantId
    after: UUID | None = None
    limit: Limit = 50


__all__ = [
    "Acquaintance",
    "AcquaintancePage",
    "AcquaintanceRef",
    "Introduce",
    "ListAcquaintances",
    "Through",
]
