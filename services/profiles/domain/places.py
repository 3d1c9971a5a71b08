"""Neighbourhoods and the organisations behind their workers: begun, changed, retired."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.contracts.profiles import (
    ChangeNeighbourhood,
    ChangeOrganisation,
    NeighbourhoodKept,
    NeighbourhoodRef,
    OrganisationKept,
    OrganisationKind,
    OrganisationRef,
    RegisterNeighbourhood,
    RegisterOrganisation,
)
from shared.contracts.profiles import Neighbourhood as NeighbourhoodView
from shared.contracts.profiles import Organisation as OrganisationView
from shared.messaging import Rejected


@dataclass(frozen=True, slots=True)
class Organisation:
    """One organisation."""

    organisation_id: str
    version: int
    names: Mapping[str, str]
    kind: OrganisationKind
    email: str | None
    phone: str | None
    coordinator_id: UUID | None = None
    retired_at: datetime | None = None

    def ref(self) -> OrganisationRef:
        return OrganisationRef(organisation_id=self.organisation_id, version=self.version)


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """One neighbourhood."""

    neighbourhood_id: str
    version: int
    names: Mapping[str, str]
    timezone: str
    policy: str
    organisation_id: str
    cells: tuple[str, ...]
    registered_at: datetime
    retired_at: datetime | None = None

    def ref(self) -> NeighbourhoodRef:
        return NeighbourhoodRef(neighbourhood_id=self.neighbourhood_id, version=self.version)


def register_organisation(command: RegisterOrganisation, known: Organisation | None) -> Organisation:
    """A new organisation; the one that is known when this says the same of it."""
    if known is None:
        return Organisation(command.organisation_id, 1, dict(command.names), command.kind, command.email, command.phone)
    if known.retired_at or (dict(known.names), known.kind, known.email, known.phone) != (
        dict(command.names), command.kind, command.email, command.phone,
    ):  # fmt: skip
        raise _taken("organisation_id", "organisation", known.retired_at)
    return known


def change_organisation(organisation: Organisation, command: ChangeOrganisation) -> Organisation:
    """What is given replaces what was; empty text takes an address away."""
    given: dict[str, Any] = {
        name: getattr(command, name) for name in ("names", "kind") if getattr(command, name) is not None
    }
    given |= {name: getattr(command, name) or None for name in ("email", "phone") if getattr(command, name) is not None}
    return _organisation_changed(organisation, **given)


def name_coordinator(organisation: Organisation, worker_id: UUID, works_for: str) -> Organisation:
    """One of its own workers."""
    if works_for != organisation.organisation_id:
        raise Rejected(
            "other_organisation", "coordinator_id works for another organisation: name a worker of it", "coordinator_id"
        )
    return _organisation_changed(organisation, coordinator_id=worker_id)


def retire_organisation(
    organisation: Organisation, now: datetime, *, workers: int, neighbourhoods: int
) -> Organisation:
    """Only when nobody and nothing depends on it. Its coordinator is the last worker, and stops being it."""
    if neighbourhoods:
        raise Rejected(
            "in_use", f"it stands behind {neighbourhoods} neighbourhoods: retire or move them", "organisation_id"
        )
    if workers:
        raise Rejected("in_use", f"it has {workers} workers besides the coordinator: end them first", "organisation_id")
    return _organisation_changed(organisation, retired_at=now, coordinator_id=None)


def register_neighbourhood(
    command: RegisterNeighbourhood, known: Neighbourhood | None, policies: Collection[str], now: datetime
) -> Neighbourhood:
    """A new neighbourhood; the one that is known when this says the same of it."""
    check_policy(command.policy, policies)
    new = Neighbourhood(
        neighbourhood_id=command.neighbourhood_id,
        version=1,
        names=dict(command.names),
        timezone=command.timezone,
        policy=command.policy,
        organisation_id=command.organisation_id,
        cells=tuple(sorted(set(command.cells))),
        registered_at=now,
    )
    if known is None:
        return new
    if replace(new, version=known.version, registered_at=known.registered_at) != known:
        raise _taken("neighbourhood_id", "neighbourhood", known.retired_at)
    return known


def change_neighbourhood(
    neighbourhood: Neighbourhood, command: ChangeNeighbourhood, policies: Collection[str]
) -> Neighbourhood:
    """What is given replaces what was."""
    if command.policy is not None:
        check_policy(command.policy, policies)
    given: dict[str, Any] = {
        name: value
        for name in ("names", "timezone", "policy", "organisation_id")
        if (value := getattr(command, name)) is not None
    }
    if command.cells is not None:
        given["cells"] = tuple(sorted(set(command.cells)))
    return _neighbourhood_changed(neighbourhood, **given)


def retire_neighbourhood(neighbourhood: Neighbourhood, now: datetime, *, participants: int) -> Neighbourhood:
    """Only when nobody lives there any more."""
    if participants:
        raise Rejected(
            "in_use", f"participants live in it ({participants}): they move or leave first", "neighbourhood_id"
        )
    return neighbourhood if neighbourhood.retired_at else _neighbourhood_changed(neighbourhood, retired_at=now)


def check_policy(name: str, policies: Collection[str]) -> None:
    """Refuse a policy that the policy file doesn't have."""
    if name not in policies:
        raise Rejected("unknown_policy", f"policy is not in the policy file: choose {', '.join(policies)}", "policy")


def organisation_kept(organisation: Organisation) -> OrganisationKept:
    """An organisation as the other services need one; a tombstone once it stopped."""
    if organisation.retired_at is not None:
        return OrganisationKept(
            organisation_id=organisation.organisation_id, version=organisation.version, removed=True
        )
    return OrganisationKept(**_organisation_fields(organisation))


def organisation_view(organisation: Organisation) -> OrganisationView:
    return OrganisationView(**_organisation_fields(organisation))


def neighbourhood_kept(neighbourhood: Neighbourhood) -> NeighbourhoodKept:
    return NeighbourhoodKept(**_neighbourhood_fields(neighbourhood))


def neighbourhood_view(neighbourhood: Neighbourhood) -> NeighbourhoodView:
    return NeighbourhoodView(**_neighbourhood_fields(neighbourhood))


def _organisation_fields(organisation: Organisation) -> dict[str, Any]:
    return {
        "organisation_id": organisation.organisation_id,
        "version": organisation.version,
        "names": dict(organisation.names),
        "kind": organisation.kind,
        "email": organisation.email,
        "phone": organisation.phone,
        "coordinator_id": organisation.coordinator_id,
    }


def _neighbourhood_fields(neighbourhood: Neighbourhood) -> dict[str, Any]:
    return {
        "neighbourhood_id": neighbourhood.neighbourhood_id,
        "version": neighbourhood.version,
        "names": dict(neighbourhood.names),
        "timezone": neighbourhood.timezone,
        "policy": neighbourhood.policy,
        "organisation_id": neighbourhood.organisation_id,
        "cells": list(neighbourhood.cells),
        "retired": neighbourhood.retired_at is not None,
    }


def _organisation_changed(organisation: Organisation, **given: Any) -> Organisation:
    new = replace(organisation, **given)
    return organisation if new == organisation else replace(new, version=organisation.version + 1)


def _neighbourhood_changed(neighbourhood: Neighbourhood, **given: Any) -> Neighbourhood:
    new = replace(neighbourhood, **given)
    return neighbourhood if new == neighbourhood else replace(new, version=neighbourhood.version + 1)


def _taken(field: str, what: str, retired_at: datetime | None) -> Rejected:
    if retired_at is not None:
        return Rejected("retired", f"{field} belonged to a {what} that has ended: choose another id", field)
    return Rejected("id_taken", f"{field} belongs to a {what} of which other things are known: change that one", field)
