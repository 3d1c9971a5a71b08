"""What exchange removes when it has had its time. How long that is, the policy says. Acquaintances stay."""

from __future__ import annotations

from datetime import timedelta

from services.exchange.repository import figures
from services.exchange.repository import retention as repository
from shared.messaging import Transaction
from shared.policy import Policy


async def retention(tx: Transaction) -> dict[str, int]:
    """Remove what the policy no longer lets us keep, and nothing that goes on. Returns how many of each kind went."""
    policy: Policy = tx.settings.policy
    keep = policy.retention
    return {
        "deviations": await repository.expire_deviations(tx, tx.now - timedelta(days=keep.deviations)),
        "exchanges": await repository.expire_exchanges(tx, tx.now - timedelta(days=keep.exchanges)),
        "gatherings": await repository.expire_gatherings(tx, tx.now - timedelta(days=keep.gatherings)),
        "never_kinds": await repository.expire_never_kinds(tx, tx.now - timedelta(days=keep.never_kinds)),
        "figures": await figures.remove_old(tx, tx.now - timedelta(days=keep.figures)),
    }
