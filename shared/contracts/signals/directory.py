"""The directory: services that one can be referred to, after Open Referral HSDS 3.0 (https://docs.openreferral.org)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from shared.contracts.envelope import Contract, Query
from shared.contracts.profiles.participants import Limit
from shared.contracts.types import Language, NeighbourhoodId, Text, Token

DirectoryId = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\s/]+$")]
"""An id as the directory's publisher gave it; HSDS wants a UUID and takes any text."""
Capacity = Literal["yes", "no", "unknown"]

_SERVICE = "ac148810-d857-441c-9679-408f346de14b"


class ServiceSummary(Contract):
    """One line of what was found."""

    service_id: DirectoryId
    name: str
    organisation_name: str
    kinds: list[Token]
    """What it is about, of the policy's kinds of signals."""
    stepping_stone: bool
    """Whether it is volunteering or an association: a way to take part, and no care."""
    summary: str | None
    languages: list[Language]
    capacity: Capacity
    open_now: bool | None
    """Null when its hours are not known."""
    distance_km: float | None
    """From the neighbourhood's middle; null when either place is not known."""


class ServicePage(Contract):
    """A page of services, the best fit first."""

    services: list[ServiceSummary]
    next: str | None
    """Give it as `after` to read on; null on the last page."""


class SearchDirectory(Query, type="signals.directory.search.v1", result=ServicePage):
    """Services that fit: all that is given has to hold. For workers and operators."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"words": "poetsen", "neighbourhood_id": "brugse-poort", "language": "nl"}
    words: Annotated[Text, StringConstraints(max_length=200)] | None = None
    """In Dutch, French or English; accents make no difference."""
    kind: Token | None = None
    neighbourhood_id: NeighbourhoodId | None = None
    """Services that serve it, or lie within `within_km` of it."""
    within_km: Annotated[float, Field(gt=0, le=200)] | None = None
    language: Language | None = None
    open_now: bool = False
    has_capacity: bool = False
    """Leaves out those that are known to have none."""
    stepping_stone: bool | None = None
    """Only volunteering and associations, or none of them; null: both."""
    after: Text | None = None
    limit: Limit = 20


class DirectoryService(ServiceSummary):
    """One service, with all that is known of it."""

    organisation_id: DirectoryId
    by_partner: bool
    """Whether it answers a referral by events; else by the link in a mail, when it has an e-mail address."""
    description: str | None
    url: str | None
    email: str | None
    phones: list[str]
    addresses: list[str]
    """In one line each; of the service, never of a person."""
    opening_hours: list[str]
    eligibility: str | None
    how_to_apply: str | None
    fees: str | None
    retired: bool
    """No longer in the directory; kept for referrals that name it."""


class ShowService(Query, type="signals.directory.show.v1", result=DirectoryService):
    """One service of the directory."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"service_id": _SERVICE}
    service_id: DirectoryId


__all__ = [
    "Capacity",
    "DirectoryId",
    "DirectoryService",
    "SearchDirectory",
    "ServicePage",
    "ServiceSummary",
    "ShowService",
]
