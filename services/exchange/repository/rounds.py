"""SQL of what exchange does by itself in a neighbourhood."""

from __future__ import annotations

from shared.messaging import Transaction


async def lock(tx: Transaction, neighbourhood_id: str) -> None:
    """Nobody else looks at this neighbourhood until this transaction ends."""
    await tx.execute("SELECT FROM neighbourhood WHERE neighbourhood_id = $1 FOR UPDATE", neighbourhood_id)
