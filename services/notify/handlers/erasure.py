"""What notify holds on a person is gone when they are."""

from __future__ import annotations

from services.notify.handlers import tasks
from services.notify.repository import digests, links, mails, preferences
from services.notify.repository import people as repository
from services.notify.repository import tasks as kept_tasks
from shared.contracts.erasure import NotifyErasureConfirmed
from shared.contracts.profiles import ParticipantErased
from shared.messaging import Transaction, handles


@handles(ParticipantErased)
async def on_participant_erased(event: ParticipantErased, tx: Transaction) -> None:
    """Gone from here, whether we ever knew them or not."""
    ids = sorted({event.participant_id, *event.merged_ids})
    for id_ in ids:
        await tx.forget(id_)
    await tasks.drop(tx, await kept_tasks.erase(tx, ids))
    for each in (mails, digests, preferences, repository):
        await each.erase(tx, ids)
    for id_ in ids:
        await links.forget(tx, id_)
    await tx.emit(
        NotifyErasureConfirmed(
            erasure_id=event.erasure_id, participant_id=event.participant_id, confirmed_by="notify",
            neighbourhood_id=None,
        )
    )  # fmt: skip
