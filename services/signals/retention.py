"""What signals removes when it has had its time, and what it encrypts anew when the key was replaced."""

from __future__ import annotations

from shared.messaging import Transaction


async def retention(tx: Transaction) -> dict[str, int]:
    """Remove what the policy no longer lets us keep, and nothing that goes on. Returns how many of each kind went."""
    del tx
    return {}
