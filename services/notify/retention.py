"""What notify removes when it has had its time. What a mail said was never kept."""

from __future__ import annotations

from datetime import timedelta

from services.notify.repository import digests, links, mails, tasks
from shared.messaging import Transaction
from shared.policy import Policy


async def retention(tx: Transaction) -> dict[str, int]:
    """Remove what the policy no longer lets us keep. Returns how many of each kind went."""
    policy: Policy = tx.settings.policy
    before = tx.now - timedelta(days=policy.retention.mails)
    return {
        "mails": await mails.expire(tx, before),
        "tasks": await tasks.expire(tx, before),
        "digest_items": await digests.expire(tx, before),
        "links": await links.expire(tx, before),
    }
