"""How each service says that it holds nothing more on a person who was erased."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from shared.contracts.envelope import Event


class ErasureConfirmed(Event):
    """All that was held here on this person is gone."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "erasure_id": "019432c0-0a10-7c00-8000-1f2e3d4c5b6a",
        "participant_id": "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f",
        "confirmed_by": "exchange",
        "neighbourhood_id": None,
    }
    erasure_id: UUID
    participant_id: UUID
    """Not marked as a person: whoever it named is forgotten already, and the confirmation must still arrive."""
    confirmed_by: str
    """A service, or `janitor`."""
    neighbourhood_id: str | None = None


class ProfilesErasureConfirmed(ErasureConfirmed, type="profiles.erasure.confirmed.v1"):
    """Profiles holds nothing more on this person."""


class ExchangeErasureConfirmed(ErasureConfirmed, type="exchange.erasure.confirmed.v1"):
    """Exchange holds nothing more on this person."""


class SignalsErasureConfirmed(ErasureConfirmed, type="signals.erasure.confirmed.v1"):
    """Signals holds nothing more on this person."""


class NotifyErasureConfirmed(ErasureConfirmed, type="notify.erasure.confirmed.v1"):
    """Notify holds nothing more on this person."""


class JanitorErasureConfirmed(ErasureConfirmed, type="deploy.erasure.confirmed.v1"):
    """The streams hold nothing more on this person."""
