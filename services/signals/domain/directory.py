"""A service of the directory, as signals knows one, and as it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.signals.domain.directory_hours import Hours, open_at
from shared.contracts.signals import Capacity, DirectoryService, ServiceSummary
from shared.messaging import Rejected


@dataclass(frozen=True, slots=True)
class Service:
    """A service that one can be referred to."""

    service_id: str
    source: str
    """Who publishes it."""
    organisation_id: str
    """As the directory's publisher gave it; not one of profiles."""
    organisation_name: str
    partner_organisation: str | None
    """The organisation of profiles that it belongs to: a partner granted for that one answers its referrals."""
    name: str
    alternate_name: str | None
    topics: str
    """What it is about, in words of every language: it is found by them as by its name."""
    summary: str | None
    description: str | None
    url: str | None
    email: str | None
    phones: tuple[str, ...]
    addresses: tuple[str, ...]
    opening_hours: tuple[str, ...]
    eligibility: str | None
    how_to_apply: str | None
    fees: str | None
    language: str
    """In which it is written to."""
    languages: tuple[str, ...]
    kinds: tuple[str, ...]
    stepping_stone: bool
    """Volunteering or an association."""
    capacity: Capacity
    retired: bool
    """No longer in the directory; kept for referrals that name it."""


@dataclass(frozen=True, slots=True)
class Line:
    """As much of a service as one line of what was found needs."""

    service_id: str
    name: str
    organisation_name: str
    summary: str | None
    languages: tuple[str, ...]
    kinds: tuple[str, ...]
    stepping_stone: bool
    capacity: Capacity


def shown(
    service: Service, hours: Sequence[Hours], local: datetime, *, holiday: bool, by_partner: bool
) -> DirectoryService:  # fmt: skip
    """All that is known of one service, at a moment on the clock of who looks."""
    return DirectoryService(
        service_id=service.service_id, name=service.name, organisation_name=service.organisation_name,
        kinds=list(service.kinds), stepping_stone=service.stepping_stone, summary=service.summary,
        languages=list(service.languages), capacity=service.capacity, distance_km=None,
        open_now=open_at(hours, local, holiday=holiday),
        organisation_id=service.organisation_id, by_partner=by_partner, description=service.description,
        url=service.url, email=service.email, phones=list(service.phones), addresses=list(service.addresses),
        opening_hours=list(service.opening_hours), eligibility=service.eligibility, how_to_apply=service.how_to_apply,
        fees=service.fees, retired=service.retired,
    )  # fmt: skip


def line(
    service: Line, hours: Sequence[Hours], local: datetime, distance_km: float | None, *, holiday: bool
) -> ServiceSummary:  # fmt: skip
    """A service as one line of what was found."""
    return ServiceSummary(
        service_id=service.service_id, name=service.name, organisation_name=service.organisation_name,
        kinds=list(service.kinds), stepping_stone=service.stepping_stone, summary=service.summary,
        languages=list(service.languages), capacity=service.capacity, open_now=open_at(hours, local, holiday=holiday),
        distance_km=None if distance_km is None else round(distance_km, 1),
    )  # fmt: skip


def unknown() -> Rejected:
    return Rejected("unknown_id", "service_id is no service of the directory: look for it anew", "service_id")
