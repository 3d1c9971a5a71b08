"""A service of the directory, as signals knows one."""

from __future__ import annotations

from dataclasses import dataclass

from shared.contracts.signals import Capacity


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
