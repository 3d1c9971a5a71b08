"""What profiles and the operator tell of people and places, as exchange keeps it."""

from __future__ import annotations

from services.exchange.domain import enjoyments
from services.exchange.domain import people as domain
from services.exchange.domain.leaving import stands_otherwise
from services.exchange.domain.people import Person
from services.exchange.handlers import leaving, rounds
from services.exchange.repository import people as repository
from shared.contracts.deploy import PartnerGranted
from shared.contracts.profiles import (
    CircleKept,
    ConsentsKept,
    DutyKept,
    NeighbourhoodKept,
    ParticipantKept,
    VisitRecorded,
)
from shared.messaging import Transaction, handles
from shared.policy import Policy


@handles(ParticipantKept)
async def on_participant_kept(state: ParticipantKept, tx: Transaction) -> None:
    """Someone as they are now. What is older than what is held changes nothing, and who was merged stays so."""
    if domain.is_away(state):
        await leaving.hold(tx, state.participant_id)
    before = await repository.locked(tx, state.participant_id)
    if before is not None and before.version >= state.version:
        return
    if state.merged_into is not None:
        await leaving.merge(tx, state.participant_id, state.merged_into)
    elif state.removed:
        await repository.drop(tx, state.participant_id)
        await leaving.settle(tx, state.participant_id, None)
    elif await repository.survivor(tx, state.participant_id) is None:
        await _keep(tx, before, state)


@handles(CircleKept)
async def on_circle_kept(state: CircleKept, tx: Transaction) -> None:
    """Who is in someone's circle now."""
    if state.removed:
        await repository.drop_circle(tx, state.participant_id)
    elif await repository.survivor(tx, state.participant_id) is None:
        await repository.keep_circle(tx, state)


@handles(ConsentsKept)
async def on_consents_kept(state: ConsentsKept, tx: Transaction) -> None:
    """What someone consents to now."""
    if state.removed:
        await repository.drop_consents(tx, state.participant_id)
    elif await repository.survivor(tx, state.participant_id) is None:
        await repository.keep_consents(tx, state)


@handles(NeighbourhoodKept)
async def on_neighbourhood_kept(state: NeighbourhoodKept, tx: Transaction) -> None:
    """A neighbourhood as it is now, and when it is looked at by itself."""
    if await repository.keep_neighbourhood(tx, state):
        neighbourhood = await repository.neighbourhood(tx, state.neighbourhood_id)
        assert neighbourhood is not None
        await rounds.follow(tx, neighbourhood)


@handles(DutyKept)
async def on_duty_kept(state: DutyKept, tx: Transaction) -> None:
    """In whose name neighbours are asked from now on."""
    await repository.keep_duty(tx, state)


@handles(PartnerGranted)
async def on_partner_granted(state: PartnerGranted, tx: Transaction) -> None:
    """Where a partner may act from now on."""
    if state.removed:
        await repository.drop_grant(tx, state.partner)
    else:
        await repository.keep_grant(tx, state)


@handles(VisitRecorded)
async def on_visit_recorded(event: VisitRecorded, tx: Transaction) -> None:
    """Whom a worker has spoken with is not silent."""
    survivor_id = await repository.survivor(tx, event.participant_id)
    await repository.visited(tx, survivor_id or event.participant_id, event.visited_at)


async def _keep(tx: Transaction, before: Person | None, state: ParticipantKept) -> None:
    policy: Policy = tx.settings.policy
    neighbourhood = await repository.neighbourhood(tx, state.neighbourhood_id or "")
    enjoyed = enjoyments.by_kind(policy.named(neighbourhood.policy) if neighbourhood else policy, state)
    after = await repository.keep(tx, state, enjoyed, afresh=domain.comes_afresh(before, state))
    if stands_otherwise(before, after):
        await leaving.settle(tx, after.participant_id, after)
