"""What profiles and the operator tell of people, places and workers, as signals keeps it."""

from __future__ import annotations

from services.signals.handlers import figures, leaving, referrals_leaving
from services.signals.repository import people as repository
from shared.contracts.deploy import PartnerGranted
from shared.contracts.profiles import DutyKept, NeighbourhoodKept, OrganisationKept, ParticipantKept
from shared.messaging import Transaction, handles


@handles(ParticipantKept)
async def on_participant_kept(state: ParticipantKept, tx: Transaction) -> None:
    """Someone as they are now. What is older than what is held changes nothing, and who was merged stays so."""
    before = await repository.locked(tx, state.participant_id)
    if before is not None and before.version >= state.version:
        return
    if state.merged_into is not None:
        await leaving.merge(tx, state.participant_id, state.merged_into)
    elif state.removed:
        await repository.drop(tx, state.participant_id)
        await referrals_leaving.settle(tx, state.participant_id, erased=True)
    elif await repository.survivor(tx, state.participant_id) is None:
        await repository.keep(tx, state)
        if state.status == "left":
            await referrals_leaving.settle(tx, state.participant_id)


@handles(NeighbourhoodKept)
async def on_neighbourhood_kept(state: NeighbourhoodKept, tx: Transaction) -> None:
    """A neighbourhood as it is now; from then on its months are counted."""
    await repository.keep_neighbourhood(tx, state)
    neighbourhood = await repository.neighbourhood(tx, state.neighbourhood_id)
    if neighbourhood is not None and not neighbourhood.retired:
        await figures.follow_months(tx, neighbourhood)


@handles(DutyKept)
async def on_duty_kept(state: DutyKept, tx: Transaction) -> None:
    """Who answers for a neighbourhood from now on."""
    await repository.keep_duty(tx, state)


@handles(OrganisationKept)
async def on_organisation_kept(state: OrganisationKept, tx: Transaction) -> None:
    """An organisation as it is now."""
    await repository.keep_organisation(tx, state)


@handles(PartnerGranted)
async def on_partner_granted(state: PartnerGranted, tx: Transaction) -> None:
    """Where a partner may act from now on."""
    if state.removed:
        await repository.drop_grant(tx, state.partner)
    else:
        await repository.keep_grant(tx, state)
