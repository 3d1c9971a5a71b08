"""A person's copy of all that is held on them: every service answers for itself."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field

from shared.contracts.envelope import Contract, Query
from shared.contracts.types import ParticipantId

_MARIA = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f"


class CopiedItem(Contract):
    """One thing that is held."""

    kind: str
    """`participant`, `consent`, `visit`, … : each service names its own."""
    data: dict[str, Any]


class PersonCopy(Contract):
    """One page of what one service holds."""

    service: str
    participant_id: UUID
    page: int
    next_page: int | None
    """Null on the last page."""
    items: list[CopiedItem]


class CopyOfPerson(Query, type="any.person.copy.v1", result=PersonCopy):
    """All that this service holds on a person, for the person, a worker or an operator."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA, "page": 1}
    participant_id: ParticipantId
    page: Annotated[int, Field(ge=1, le=10_000)] = 1
