"""When someone leaves, is erased, or turns out to stand here twice, no referral of theirs is left hanging."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args
from uuid import UUID

from services.signals.domain import referrals as domain
from services.signals.domain.referrals import OPEN
from services.signals.handlers import referrals_telling as telling
from services.signals.repository import people
from services.signals.repository import referrals as repository
from shared.contracts.signals import ReferralDue
from shared.messaging import Transaction


async def settle(tx: Transaction, participant_id: UUID, *, erased: bool = False) -> None:
    """Whoever left takes their consent with them: what runs is cancelled, and what the service may still keep of what
    ended before has to go. Of who was `erased` the worker has nothing to look at."""
    for referral_id in await repository.unsettled_of(tx, participant_id):
        referral = await repository.locked(tx, referral_id)
        if referral is None:
            continue
        if referral.state in OPEN:
            after = domain.moved(referral, "cancelled", "person", tx.now, reason="person-left")
            await telling.end(tx, after, telling.SYSTEM, silent=False, ending="referral-ended", back=not erased)
        else:
            await telling.end_consent(tx, referral, "referral-ended")


async def merge(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    """The referrals of the one are of the other, who may have left."""
    await repository.move(tx, double_id, survivor_id)
    survivor = await people.person(tx, survivor_id)
    if survivor is not None and survivor.status == "left":
        await settle(tx, survivor_id)


async def erase(tx: Transaction, participant_ids: Sequence[UUID]) -> None:
    """Services are told first that it is over; then every row goes, and every timer."""
    for id_ in participant_ids:
        await settle(tx, id_, erased=True)
        for referral_id in await repository.all_of(tx, id_):
            for to in get_args(ReferralDue.model_fields["to"].annotation):
                await tx.cancel(ReferralDue.timer(referral_id, to))
        await repository.erase(tx, id_)
