"""SQL of what expires."""

from __future__ import annotations

from datetime import datetime

from shared.messaging import Transaction


async def expire_exchanges(tx: Transaction, before: datetime) -> int:
    """Exchanges that ended before this moment. Of one in which a limit was set aside, only the fact of that stays."""
    for table in ("thanks", "experience", "agreement", "invitation"):
        await tx.execute(
            f"DELETE FROM {table} AS t USING exchange AS e WHERE e.exchange_id = t.exchange_id AND e.ended_at < $1",  # noqa: S608
            before,
        )
    await tx.execute("UPDATE exchange SET words = NULL WHERE ended_at < $1 AND kind IS NOT NULL", before)
    return _rows(
        await tx.execute(
            """
            DELETE FROM exchange AS e
            WHERE ended_at < $1 AND NOT EXISTS (SELECT FROM deviation AS d WHERE d.exchange_id = e.exchange_id)
            """,
            before,
        )
    )


async def expire_deviations(tx: Transaction, before: datetime) -> int:
    """Limits that were set aside before this moment, in exchanges that have ended."""
    return _rows(
        await tx.execute(
            """
            DELETE FROM deviation AS d USING exchange AS e
            WHERE d.recorded_at < $1 AND e.exchange_id = d.exchange_id AND e.ended_at IS NOT NULL
            """,
            before,
        )
    )


async def expire_gatherings(tx: Transaction, before: datetime) -> int:
    """Gatherings that were over before this moment, and the series of which none are left and none will come."""
    removed = _rows(await tx.execute("DELETE FROM gathering WHERE ends_at < $1", before))
    await tx.execute(
        """
        DELETE FROM series AS s
        WHERE ended_at < $1 AND NOT EXISTS (SELECT FROM gathering AS g WHERE g.series_id = s.series_id)
        """,
        before,
    )
    return removed


async def expire_never_kinds(tx: Transaction, before: datetime) -> int:
    """Kinds that someone did not want to be asked for, said before this moment."""
    return _rows(await tx.execute("DELETE FROM never_kind WHERE since < $1", before))


def _rows(status: str) -> int:
    return int(status.split()[-1])
