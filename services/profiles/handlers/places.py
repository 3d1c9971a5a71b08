"""What profiles does with messages about neighbourhoods and organisations."""

from __future__ import annotations

from services.profiles.domain import places as domain
from services.profiles.domain.places import Neighbourhood, Organisation
from services.profiles.handlers.duty import end_duty, renew_duty
from services.profiles.handlers.figures import follow_months
from services.profiles.handlers.workers import leave_neighbourhood
from services.profiles.repository import places as repository
from services.profiles.repository import workers
from shared.access import STAFF, who
from shared.contracts.profiles import (
    ChangeNeighbourhood,
    ChangeOrganisation,
    ListNeighbourhoods,
    ListOrganisations,
    NameCoordinator,
    NeighbourhoodChanged,
    NeighbourhoodPage,
    NeighbourhoodRef,
    NeighbourhoodRegistered,
    NeighbourhoodRetired,
    OrganisationChanged,
    OrganisationPage,
    OrganisationRef,
    OrganisationRegistered,
    OrganisationRetired,
    RegisterNeighbourhood,
    RegisterOrganisation,
    RetireNeighbourhood,
    RetireOrganisation,
    ShowNeighbourhood,
    ShowOrganisation,
)
from shared.contracts.profiles import Neighbourhood as NeighbourhoodView
from shared.contracts.profiles import Organisation as OrganisationView
from shared.messaging import Rejected, Transaction, handles


@handles(RegisterOrganisation)
async def register_organisation(command: RegisterOrganisation, tx: Transaction) -> OrganisationRef:
    """An organisation joins. The same again changes nothing."""
    _staff_only(tx)
    known = await repository.organisation(tx, command.organisation_id)
    organisation = domain.register_organisation(command, known)
    if known is None:
        if not await repository.add_organisation(tx, organisation):
            raise _just_taken("organisation_id")
        await tx.emit(OrganisationRegistered(neighbourhood_id=None, **organisation.ref().model_dump()))
        await tx.emit(domain.organisation_kept(organisation))
    return organisation.ref()


@handles(ChangeOrganisation)
async def change_organisation(command: ChangeOrganisation, tx: Transaction) -> OrganisationRef:
    """Other names, kind or contact."""
    organisation = await _organisation_to_change(tx, command.organisation_id)
    return await _keep_organisation(tx, organisation, domain.change_organisation(organisation, command))


@handles(NameCoordinator)
async def name_coordinator(command: NameCoordinator, tx: Transaction) -> OrganisationRef:
    """On whom the workers fall back from now on."""
    organisation = await _organisation_to_change(tx, command.organisation_id)
    worker = await workers.locked(tx, command.coordinator_id)
    if worker is None:
        raise Rejected("unknown_id", "there is no such worker: see the list of them", "coordinator_id")
    changed = domain.name_coordinator(organisation, worker.worker_id, worker.organisation_id)
    ref = await _keep_organisation(tx, organisation, changed)
    await renew_duty(tx, await repository.neighbourhoods_of(tx, organisation.organisation_id))
    return ref


@handles(RetireOrganisation)
async def retire_organisation(command: RetireOrganisation, tx: Transaction) -> OrganisationRef:
    """An organisation stops, when nobody and nothing depends on it."""
    organisation = await _organisation_to_change(tx, command.organisation_id)
    retired = domain.retire_organisation(
        organisation,
        tx.now,
        workers=await workers.others_working_for(tx, organisation.organisation_id, organisation.coordinator_id),
        neighbourhoods=len(await repository.neighbourhoods_of(tx, organisation.organisation_id)),
    )
    await repository.save_organisation(tx, retired)
    await tx.emit(OrganisationRetired(neighbourhood_id=None, **retired.ref().model_dump()))
    await tx.emit(domain.organisation_kept(retired))
    return retired.ref()


@handles(ShowOrganisation, reads=True)
async def show_organisation(query: ShowOrganisation, tx: Transaction) -> OrganisationView:
    """One organisation."""
    organisation = await repository.organisation(tx, query.organisation_id)
    if organisation is None or organisation.retired_at is not None:
        raise _unknown("organisation")
    return domain.organisation_view(organisation)


@handles(ListOrganisations, reads=True)
async def list_organisations(query: ListOrganisations, tx: Transaction) -> OrganisationPage:
    """Organisations, by id."""
    found = await repository.organisations(tx, query.after, query.limit + 1)
    page = found[: query.limit]
    following = page[-1].organisation_id if len(found) > query.limit else None
    return OrganisationPage(organisations=[domain.organisation_view(each) for each in page], next=following)


@handles(RegisterNeighbourhood)
async def register_neighbourhood(command: RegisterNeighbourhood, tx: Transaction) -> NeighbourhoodRef:
    """A neighbourhood begins. The same again changes nothing."""
    _staff_only(tx)
    await _check_organisation(tx, command.organisation_id)
    known = await repository.neighbourhood(tx, command.neighbourhood_id)
    neighbourhood = domain.register_neighbourhood(command, known, tx.settings.policy.names(), tx.now)
    if known is None:
        if not await repository.add_neighbourhood(tx, neighbourhood):
            raise _just_taken("neighbourhood_id")
        await tx.emit(NeighbourhoodRegistered(**neighbourhood.ref().model_dump()))
        await tx.emit(domain.neighbourhood_kept(neighbourhood))
        await renew_duty(tx, [neighbourhood.neighbourhood_id])
        await follow_months(tx, neighbourhood)
    return neighbourhood.ref()


@handles(ChangeNeighbourhood)
async def change_neighbourhood(command: ChangeNeighbourhood, tx: Transaction) -> NeighbourhoodRef:
    """Other names, timezone, policy, organisation or area."""
    neighbourhood = await _neighbourhood_to_change(tx, command.neighbourhood_id)
    if command.organisation_id is not None:
        await _check_organisation(tx, command.organisation_id)
    changed = domain.change_neighbourhood(neighbourhood, command, tx.settings.policy.names())
    if changed != neighbourhood:
        await repository.save_neighbourhood(tx, changed)
        await tx.emit(NeighbourhoodChanged(**changed.ref().model_dump()))
        await tx.emit(domain.neighbourhood_kept(changed))
        await renew_duty(tx, [changed.neighbourhood_id])
    return changed.ref()


@handles(RetireNeighbourhood)
async def retire_neighbourhood(command: RetireNeighbourhood, tx: Transaction) -> NeighbourhoodRef:
    """A neighbourhood ends, when nobody lives there any more."""
    neighbourhood = await _neighbourhood_to_change(tx, command.neighbourhood_id)
    living_there = await repository.participants_of(tx, neighbourhood.neighbourhood_id)
    retired = domain.retire_neighbourhood(neighbourhood, tx.now, participants=living_there)
    await repository.save_neighbourhood(tx, retired)
    await tx.emit(NeighbourhoodRetired(**retired.ref().model_dump()))
    await tx.emit(domain.neighbourhood_kept(retired))
    await leave_neighbourhood(tx, retired.neighbourhood_id)
    await end_duty(tx, retired.neighbourhood_id)
    return retired.ref()


@handles(ShowNeighbourhood, reads=True)
async def show_neighbourhood(query: ShowNeighbourhood, tx: Transaction) -> NeighbourhoodView:
    """One neighbourhood, also when it has ended."""
    neighbourhood = await repository.neighbourhood(tx, query.neighbourhood_id)
    if neighbourhood is None:
        raise _unknown("neighbourhood")
    return domain.neighbourhood_view(neighbourhood)


@handles(ListNeighbourhoods, reads=True)
async def list_neighbourhoods(query: ListNeighbourhoods, tx: Transaction) -> NeighbourhoodPage:
    """Neighbourhoods, by id."""
    found = await repository.neighbourhoods(tx, query.after, query.limit + 1)
    page = [domain.neighbourhood_view(each).model_copy(update={"cells": []}) for each in found[: query.limit]]
    return NeighbourhoodPage(neighbourhoods=page, next=page[-1].neighbourhood_id if len(found) > query.limit else None)


async def _keep_organisation(tx: Transaction, before: Organisation, after: Organisation) -> OrganisationRef:
    """Save and tell what changed; nothing when nothing did."""
    if after != before:
        await repository.save_organisation(tx, after)
        await tx.emit(OrganisationChanged(neighbourhood_id=None, **after.ref().model_dump()))
        await tx.emit(domain.organisation_kept(after))
    return after.ref()


async def _organisation_to_change(tx: Transaction, organisation_id: str) -> Organisation:
    _staff_only(tx)
    organisation = await repository.locked_organisation(tx, organisation_id)
    if organisation is None:
        raise _unknown("organisation")
    return organisation


async def _neighbourhood_to_change(tx: Transaction, neighbourhood_id: str) -> Neighbourhood:
    _staff_only(tx)
    neighbourhood = await repository.locked_neighbourhood(tx, neighbourhood_id)
    if neighbourhood is None:
        raise _unknown("neighbourhood")
    return neighbourhood


async def _check_organisation(tx: Transaction, organisation_id: str) -> None:
    if await repository.locked_organisation(tx, organisation_id) is None:
        raise _unknown("organisation")


def _staff_only(tx: Transaction) -> None:
    who(tx, STAFF)


def _unknown(what: str) -> Rejected:
    return Rejected("unknown_id", f"there is no such {what}: see the list of them", f"{what}_id")


def _just_taken(field: str) -> Rejected:
    return Rejected("id_taken", f"{field} was used by someone else just now: look at it, then change it", field)
