"""When two entries turn out to be one person, or someone is erased: in one place, for all that signals keeps."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.signals.handlers import referrals_leaving, signals_leaving
from services.signals.repository import leaving as repository
from services.signals.repository import people
from shared.contracts.erasure import SignalsErasureConfirmed
from shared.contracts.profiles import ParticipantErased, ParticipantMerged
from shared.messaging import Transaction, handles


@handles(ParticipantMerged)
async def on_participant_merged(event: ParticipantMerged, tx: Transaction) -> None:
    """What is kept of the one is of the survivor."""
    await merge(tx, event.participant_id, event.survivor_id)


@handles(ParticipantErased)
async def on_participant_erased(event: ParticipantErased, tx: Transaction) -> None:
    """Gone from here, whether we ever knew them or not."""
    await _erase(tx, sorted({event.participant_id, *event.merged_ids}))
    await tx.emit(
        SignalsErasureConfirmed(
            erasure_id=event.erasure_id, participant_id=event.participant_id, confirmed_by="signals",
            neighbourhood_id=None,
        )
    )  # fmt: skip


async def merge(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    """Two entries are one person. Told twice, by the event and by the tombstone, the second time changes nothing."""
    survivor_id = await people.survivor(tx, survivor_id) or survivor_id
    if survivor_id == double_id:
        return
    await signals_leaving.hold(tx, [double_id, survivor_id])
    for id_ in sorted((double_id, survivor_id)):
        await people.locked(tx, id_)
    await repository.remember_merged(tx, double_id, survivor_id)
    await _move(tx, double_id, survivor_id)
    await people.drop(tx, double_id)


async def _move(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    """All that is kept of the one is of the other: a call for each subject."""
    await signals_leaving.merge(tx, double_id, survivor_id)
    await referrals_leaving.merge(tx, double_id, survivor_id)


async def _erase(tx: Transaction, ids: Sequence[UUID]) -> None:
    """First, so that what is being handled comes to its end; and then what it left."""
    for id_ in ids:
        await tx.forget(id_)
    await signals_leaving.hold(tx, ids)
    for id_ in ids:
        await people.locked(tx, id_)
    await _erase_subjects(tx, ids)
    await repository.erase_people(tx, ids)
    for id_ in ids:
        await tx.forget(id_)


async def _erase_subjects(tx: Transaction, ids: Sequence[UUID]) -> None:
    """All that is held on them: a call for each subject."""
    await referrals_leaving.erase(tx, ids)
    await signals_leaving.erase(tx, ids)
