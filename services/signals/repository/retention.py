"""SQL of what has had its time."""

from __future__ import annotations

from datetime import datetime

from shared.messaging import Transaction


async def expire_signals(tx: Transaction, before: datetime) -> int:
    """Signals that ended before a moment, with their notes; not those under which another goes on."""
    gone = await tx.execute(
        """
        DELETE FROM signal AS s WHERE s.ended_at < $1 AND NOT EXISTS (
            SELECT FROM signal AS i WHERE i.signal_id = s.merged_into AND i.ended_at IS NULL
        )
        """,
        before,
    )
    return int(gone.split()[-1])
