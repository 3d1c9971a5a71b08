"""Contracts of places: neighbourhoods, the organisations behind their workers, and the figures of a neighbourhood."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from shared.contracts.envelope import Command, Contract, Event, Query, State
from shared.contracts.profiles.participants import Limit
from shared.contracts.types import (
    Cell,
    Email,
    LocalNames,
    NeighbourhoodId,
    OrganisationId,
    Phone,
    Text,
    Timezone,
    Token,
    Version,
    WorkerId,
)

_LIEVE = "019a1b2c-0000-7000-8000-000000000003"

OrganisationKind = Literal["local-service-centre", "municipality", "care-provider", "association", "other"]
Cells = Annotated[list[Cell], Field(max_length=1000)]
"""The H3 cells of an area; empty when it was never drawn."""
Month = Annotated[str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
"""`2026-05`"""


class OrganisationRef(Contract):
    """The organisation that a command was about."""

    organisation_id: OrganisationId
    version: Version


class Organisation(Contract):
    """All that is kept on one organisation."""

    organisation_id: OrganisationId
    version: Version
    names: LocalNames
    kind: OrganisationKind
    email: Email | None
    phone: Phone | None
    coordinator_id: WorkerId | None


class RegisterOrganisation(Command, type="profiles.organisation.register.v1", result=OrganisationRef):
    """An organisation joins: one that employs workers, or one that plugs in as a partner."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "organisation_id": "buurtpunt",
        "names": {"nl": "Buurtpunt Brugse Poort"},
        "kind": "local-service-centre",
        "email": "onthaal@buurtpunt.example",
    }
    organisation_id: OrganisationId
    """Chosen by people; it stands in grants and consents, and never changes."""
    names: LocalNames
    kind: OrganisationKind = "other"
    email: Email | None = None
    """A mailbox of a role (`onthaal@…`), not of a person."""
    phone: Phone | None = None


class ChangeOrganisation(Command, type="profiles.organisation.change.v1", result=OrganisationRef):
    """Other names, kind or contact. A field that is left out stays as it is."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"organisation_id": "buurtpunt", "phone": "09 765 43 21"}
    organisation_id: OrganisationId
    names: LocalNames | None = None
    """All of them: a language that is not named goes."""
    kind: OrganisationKind | None = None
    email: Email | Literal[""] | None = None
    """Empty text takes it away; so does it for the phone."""
    phone: Phone | Literal[""] | None = None


class NameCoordinator(Command, type="profiles.organisation.name-coordinator.v1", result=OrganisationRef):
    """On whom the workers of an organisation fall back, and where escalation ends: one of its workers."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"organisation_id": "buurtpunt", "coordinator_id": _LIEVE}
    organisation_id: OrganisationId
    coordinator_id: WorkerId


class RetireOrganisation(Command, type="profiles.organisation.retire.v1", result=OrganisationRef):
    """An organisation stops. Refused while it has workers or neighbourhoods."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"organisation_id": "buurtpunt"}
    organisation_id: OrganisationId


class ShowOrganisation(Query, type="profiles.organisation.show.v1", result=Organisation):
    """One organisation."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"organisation_id": "buurtpunt"}
    organisation_id: OrganisationId


class OrganisationPage(Contract):
    """Organisations, by id."""

    organisations: list[Organisation]
    next: str | None
    """Give it as `after` to read on; null on the last page."""


class ListOrganisations(Query, type="profiles.organisation.list.v1", result=OrganisationPage):
    """The organisations there are."""

    EXAMPLE: ClassVar[dict[str, Any]] = {}
    after: Text | None = None
    limit: Limit = 50


class OrganisationRegistered(Event, type="profiles.organisation.registered.v1"):
    """An organisation joined."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": None, "organisation_id": "buurtpunt", "version": 1}
    organisation_id: OrganisationId
    version: Version


class OrganisationChanged(Event, type="profiles.organisation.changed.v1"):
    """Something about an organisation changed: its state says what it is now."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": None, "organisation_id": "buurtpunt", "version": 2}
    organisation_id: OrganisationId
    version: Version


class OrganisationRetired(Event, type="profiles.organisation.retired.v1"):
    """An organisation stopped."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": None, "organisation_id": "buurtpunt", "version": 3}
    organisation_id: OrganisationId
    version: Version


class OrganisationKept(State, type="profiles.organisation.kept.v1"):
    """An organisation as the other services need one."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "organisation_id": "buurtpunt",
        "version": 2,
        "names": {"nl": "Buurtpunt Brugse Poort"},
        "kind": "local-service-centre",
        "email": "onthaal@buurtpunt.example",
        "phone": None,
        "coordinator_id": _LIEVE,
    }
    organisation_id: OrganisationId
    version: Version
    names: dict[str, str] = {}
    """Empty once removed."""
    kind: OrganisationKind = "other"
    email: str | None = None
    phone: str | None = None
    coordinator_id: WorkerId | None = None

    @property
    def key(self) -> str:
        return self.organisation_id


class NeighbourhoodRef(Contract):
    """The neighbourhood that a command was about."""

    neighbourhood_id: NeighbourhoodId
    version: Version


class Neighbourhood(Contract):
    """All that is kept on one neighbourhood."""

    neighbourhood_id: NeighbourhoodId
    version: Version
    names: LocalNames
    timezone: Timezone
    policy: Token
    organisation_id: OrganisationId
    """Whose workers know it on foot, and whose coordinator stands behind them."""
    cells: Cells
    retired: bool
    """Nobody joins it any more."""


class RegisterNeighbourhood(Command, type="profiles.neighbourhood.register.v1", result=NeighbourhoodRef):
    """A neighbourhood begins. Registered again under the same id with other content it is refused: change it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": "brugse-poort",
        "names": {"nl": "Brugse Poort", "fr": "Porte de Bruges"},
        "timezone": "Europe/Brussels",
        "policy": "default",
        "organisation_id": "buurtpunt",
    }
    neighbourhood_id: NeighbourhoodId
    """Chosen by people; it stands in subjects and grants, and never changes."""
    names: LocalNames
    timezone: Timezone = "Europe/Brussels"
    policy: Token = "default"
    """Which policy of the policy file holds here."""
    organisation_id: OrganisationId
    cells: Cells = []


class ChangeNeighbourhood(Command, type="profiles.neighbourhood.change.v1", result=NeighbourhoodRef):
    """Other names, timezone, policy, organisation or area. A field that is left out stays as it is."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort", "timezone": "Europe/Brussels"}
    neighbourhood_id: NeighbourhoodId
    names: LocalNames | None = None
    """All of them: a language that is not named goes."""
    timezone: Timezone | None = None
    policy: Token | None = None
    organisation_id: OrganisationId | None = None
    cells: Cells | None = None


class RetireNeighbourhood(Command, type="profiles.neighbourhood.retire.v1", result=NeighbourhoodRef):
    """A neighbourhood ends. Refused while participants live in it: first they move or leave."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort"}
    neighbourhood_id: NeighbourhoodId


class ShowNeighbourhood(Query, type="profiles.neighbourhood.show.v1", result=Neighbourhood):
    """One neighbourhood."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort"}
    neighbourhood_id: NeighbourhoodId


class NeighbourhoodPage(Contract):
    """Neighbourhoods, by id."""

    neighbourhoods: list[Neighbourhood]
    next: str | None
    """Give it as `after` to read on; null on the last page."""


class ListNeighbourhoods(Query, type="profiles.neighbourhood.list.v1", result=NeighbourhoodPage):
    """The neighbourhoods there are, without their cells."""

    EXAMPLE: ClassVar[dict[str, Any]] = {}
    after: Text | None = None
    limit: Limit = 50


class NeighbourhoodRegistered(Event, type="profiles.neighbourhood.registered.v1", feed=True):
    """A neighbourhood began."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort", "version": 1}
    version: Version


class NeighbourhoodChanged(Event, type="profiles.neighbourhood.changed.v1", feed=True):
    """Something about a neighbourhood changed: its state says what it is now."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort", "version": 2}
    version: Version


class NeighbourhoodRetired(Event, type="profiles.neighbourhood.retired.v1", feed=True):
    """A neighbourhood ended: nobody joins it any more."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort", "version": 3}
    version: Version


class NeighbourhoodKept(State, type="profiles.neighbourhood.kept.v1"):
    """A neighbourhood as the other services need one. A retired one is kept, for what still refers to it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "neighbourhood_id": "brugse-poort",
        "version": 2,
        "names": {"nl": "Brugse Poort", "fr": "Porte de Bruges"},
        "timezone": "Europe/Brussels",
        "policy": "default",
        "organisation_id": "buurtpunt",
        "cells": [],
        "retired": False,
    }
    neighbourhood_id: NeighbourhoodId
    version: Version
    names: dict[str, str] = {}
    timezone: str = "Europe/Brussels"
    policy: str = "default"
    organisation_id: str = ""
    cells: list[str] = []
    retired: bool = False

    @property
    def key(self) -> str:
        return self.neighbourhood_id


class MonthFigures(Contract):
    """Counts of one month in one neighbourhood, made once when the month was over, and never made again.

    A count is null when it, or what can be worked out from it (the people it leaves out, the change since it was last
    given), would be fewer than five people.
    """

    neighbourhood_id: NeighbourhoodId
    month: Month
    participants: int | None
    """At the end of the month. Given anew when it has changed by five or more, as the next one."""
    with_circle: int | None
    """Of those, how many have a circle."""
    newcomers: int | None
    """Whose time for a first visit ran out in this month."""
    visited_in_time: int | None
    """Of those, who had had their visit."""


class Figures(Contract):
    """Figures of neighbourhoods, by neighbourhood and month."""

    months: list[MonthFigures]


class ShowFigures(Query, type="profiles.figures.show.v1", result=Figures, partners=True):
    """What profiles can tell those who fund the work: counts of months that are over, never one person."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort", "since": "2026-01", "until": "2026-06"}
    neighbourhood_id: NeighbourhoodId
    since: Month | None = None
    """Null: a year back."""
    until: Month | None = None
    """Null: the last month that is over."""


class MonthEnded(Event, type="profiles.month.ended.v1"):
    """A month is over in a neighbourhood: its figures are made now. Sent by profiles to itself."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort", "month": "2026-05"}
    month: Month


__all__ = [
    "ChangeNeighbourhood",
    "ChangeOrganisation",
    "Figures",
    "ListNeighbourhoods",
    "ListOrganisations",
    "MonthEnded",
    "MonthFigures",
    "NameCoordinator",
    "Neighbourhood",
    "NeighbourhoodChanged",
    "NeighbourhoodKept",
    "NeighbourhoodPage",
    "NeighbourhoodRef",
    "NeighbourhoodRegistered",
    "NeighbourhoodRetired",
    "Organisation",
    "OrganisationChanged",
    "OrganisationKept",
    "OrganisationKind",
    "OrganisationPage",
    "OrganisationRef",
    "OrganisationRegistered",
    "OrganisationRetired",
    "RegisterNeighbourhood",
    "RegisterOrganisation",
    "RetireNeighbourhood",
    "RetireOrganisation",
    "ShowFigures",
    "ShowNeighbourhood",
    "ShowOrganisation",
]
