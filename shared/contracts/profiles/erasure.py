"""Erasure of a participant, asked of and led by profiles. How the others confirm is in `shared.contracts.erasure`."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from shared.contracts.envelope import Command, Contract, Event, Query
from shared.contracts.profiles.participants import Limit
from shared.contracts.types import Moment, NeighbourhoodId, ParticipantId

_MARIA = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f"
_ERASURE = "019432c0-0a10-7c00-8000-1f2e3d4c5b6a"


class ErasureRef(Contract):
    """An erasure that has begun."""

    erasure_id: UUID
    """Ask with it how far the erasure is; it says nothing of the person."""


class EraseParticipant(Command, type="profiles.participant.erase.v1", result=ErasureRef):
    """Erase all that is held on a person, everywhere. Asked by the person, a worker or an operator; final."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _MARIA}
    participant_id: ParticipantId


class ParticipantErased(Event, type="profiles.participant.erased.v1", feed=True):
    """A person is erased: delete all that you hold on them. Our services confirm it with `erasure_id`."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "participant_id": _MARIA,
        "erasure_id": _ERASURE,
        "neighbourhood_id": "brugse-poort",
    }
    neighbourhood_id: NeighbourhoodId
    participant_id: ParticipantId
    merged_ids: list[ParticipantId] = []
    """Ids of entries that were merged into this one: they go too."""
    erasure_id: UUID


class ErasureCompleted(Event, type="profiles.participant.erasure-completed.v1"):
    """Everyone has confirmed an erasure. Names nobody."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"erasure_id": _ERASURE, "neighbourhood_id": None}
    erasure_id: UUID


class ErasureConfirmation(Contract):
    """One who has confirmed."""

    confirmed_by: str
    confirmed_at: Moment


class Erasure(Contract):
    """How far an erasure is. The record of it holds no personal data."""

    erasure_id: UUID
    requested_at: Moment
    expected: list[str]
    """Who must confirm: the services that were deployed at the time, and the janitor of the streams."""
    confirmations: list[ErasureConfirmation]
    completed_at: Moment | None


class ErasurePage(Contract):
    """A page of erasures, the oldest first."""

    erasures: list[Erasure]
    next: UUID | None
    """Give it as `after` to read on; null on the last page."""


class ListErasures(Query, type="profiles.erasure.list.v1", result=ErasurePage):
    """Erasures, for operators and workers."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"open_only": True}
    open_only: bool = False
    after: UUID | None = None
    limit: Limit = 50


class ShowErasure(Query, type="profiles.erasure.show.v1", result=Erasure):
    """How far one erasure is."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"erasure_id": _ERASURE}
    erasure_id: UUID


__all__ = [
    "EraseParticipant",
    "Erasure",
    "ErasureCompleted",
    "ErasureConfirmation",
    "ErasurePage",
    "ErasureRef",
    "ListErasures",
    "ParticipantErased",
    "ShowErasure",
]
