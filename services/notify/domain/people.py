"""People and places as notify knows them: what profiles tells of them, with how they are called and reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.contracts.profiles import Status, Way
from shared.policy import Policy, QuietHours


@dataclass(frozen=True, slots=True)
class Person:
    """A participant. Who left has no name and no contact any more."""

    participant_id: UUID
    version: int
    neighbourhood_id: str
    name: str | None
    languages: tuple[str, ...]
    reached_by: Way | None
    email: str | None
    phone: str | None
    organisation_id: str | None
    quiet_from: time | None
    quiet_until: time | None
    status: Status
    paused_until: datetime | None
    mandate_holder_ids: tuple[UUID, ...]

    def quiet_hours(self, policy: Policy) -> QuietHours:
        """When they are not to be disturbed."""
        if self.quiet_from is None or self.quiet_until is None:
            return policy.invitations.quiet_hours
        return QuietHours(start=self.quiet_from, end=self.quiet_until)

    def language(self, policy: Policy) -> str:
        """In which they are written to: the first of theirs that the municipality writes in."""
        return next((each for each in self.languages if each in policy.languages), policy.languages[0])


@dataclass(frozen=True, slots=True)
class Standing:
    """A participant, with what notify alone knows of them."""

    person: Person
    failing: bool
    """Their address takes no mail."""
    without: frozenset[str]
    """Groups of mails that they do without."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker. Who stopped has no address any more."""

    worker_id: UUID
    version: int
    name: str
    email: str
    phone: str | None
    language: str
    organisation_id: str
    neighbourhood_ids: tuple[str, ...]
    backup_id: UUID | None
    ended: bool


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A neighbourhood, and who answers for it now."""

    neighbourhood_id: str
    names: Mapping[str, str]
    timezone: str
    policy: str
    organisation_id: str
    retired: bool
    worker_id: UUID | None
    role: str | None
    backup_id: UUID | None
    coordinator_id: UUID | None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def name(self, language: str) -> str:
        """What it is called, in this language or whichever there is."""
        return self.names.get(language) or next(iter(self.names.values()), self.neighbourhood_id)


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation."""

    organisation_id: str
    names: Mapping[str, str]
    email: str | None
    phone: str | None
    coordinator_id: UUID | None

    def name(self, language: str) -> str:
        return self.names.get(language) or next(iter(self.names.values()), self.organisation_id)
