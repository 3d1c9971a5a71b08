"""What profiles removes when it has had its time. How long that is, the policy says."""

from __future__ import annotations

from datetime import timedelta

from services.profiles.handlers import erasure
from services.profiles.repository import figures, workers
from shared.messaging import Transaction
from shared.policy import Policy


async def retention(tx: Transaction) -> dict[str, int]:
    """Remove what the policy no longer lets us keep. Returns how many records of each kind went."""
    policy: Policy = tx.settings.policy
    keep = policy.retention
    return await erasure.retention(tx) | {
        "absences": await workers.remove_old_absences(tx, tx.now - timedelta(days=keep.absences)),
        "workers_ended": await workers.remove_ended(tx, tx.now - timedelta(days=keep.workers_ended)),
        "figures": await figures.remove_old(tx, tx.now - timedelta(days=keep.figures)),
    }
