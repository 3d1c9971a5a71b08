"""What the operator makes known: which organisations plug in, and what each is granted."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from shared.contracts.envelope import State
from shared.contracts.types import NeighbourhoodId, OrganisationId, Token


class PartnerGranted(State, type="deploy.partner.granted.v1"):
    """What one partner may do. NATS keeps it to its subjects; a service keeps it to its neighbourhoods and consents."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "partner": "buurtpunt",
        "organisation_id": "buurtpunt",
        "neighbourhood_ids": ["brugse-poort", "rabot"],
        "commands": ["profiles.participant.register"],
    }
    partner: Token
    """Its name in subjects: the sender of its commands."""
    organisation_id: OrganisationId
    """The organisation for which it acts, and that consents name."""
    neighbourhood_ids: Annotated[list[NeighbourhoodId], Field(max_length=100)]
    """Where it may act, and whose feed it reads. Empty once it is removed."""
    commands: Annotated[list[str], Field(max_length=100)]
    """The commands and queries that it may send: types without their version."""

    @property
    def key(self) -> str:
        return self.partner


__all__ = ["PartnerGranted"]
