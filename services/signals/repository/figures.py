"""SQL of figures of referrals: counts, and what was shown of them."""

from __future__ import annotations

import json
from datetime import datetime

from services.signals.domain.figures import Referred, Shown
from shared.contracts.signals import ReferralCount, ReferralMonth
from shared.messaging import Transaction


async def referred(tx: Transaction, neighbourhood_id: str, begins: datetime, ends: datetime) -> list[Referred]:
    """The last referral of each person that was requested between `begins` and `ends`."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT ON (participant_id) kind, requested_at, answered_at,
            CASE WHEN ended_at IS NULL THEN 'open' ELSE outcome END AS outcome
        FROM referral
        WHERE neighbourhood_id = $1 AND requested_at >= $2 AND requested_at < $3 AND state <> 'entered-in-error'
        ORDER BY participant_id, requested_at DESC, referral_id DESC
        """,
        neighbourhood_id, begins, ends,
    )  # fmt: skip
    return [Referred(**dict(row)) for row in rows]


async def keep(tx: Transaction, neighbourhood_id: str, month: str, shown: Shown) -> None:
    """What is shown of a month, once and for all."""
    await tx.execute(
        """
        INSERT INTO referral_figure (
            neighbourhood_id, month, requested, answered, working_days_to_answer, unreachable, still_open, counts,
            made_at
        ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING
        """,
        neighbourhood_id, month, shown.requested, shown.answered, shown.working_days_to_answer, shown.unreachable,
        shown.still_open, json.dumps([each.model_dump(mode="json") for each in shown.counts]), tx.now,
    )  # fmt: skip


async def lock(tx: Transaction, neighbourhood_id: str) -> None:
    """Figures of one neighbourhood are made one after another."""
    await tx.execute("SELECT FROM neighbourhood WHERE neighbourhood_id = $1 FOR UPDATE", neighbourhood_id)


async def made(tx: Transaction, neighbourhood_id: str, month: str) -> bool:
    """Whether the figures of a month are made already."""
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM referral_figure WHERE neighbourhood_id = $1 AND month = $2)",
            neighbourhood_id, month,
        )
    )  # fmt: skip


async def between(tx: Transaction, neighbourhood_id: str, since: str, until: str) -> list[ReferralMonth]:
    """The figures of these months that were made."""
    rows = await tx.fetch(
        """
        SELECT neighbourhood_id, month, requested, answered, working_days_to_answer, unreachable, still_open, counts
        FROM referral_figure WHERE neighbourhood_id = $1 AND month BETWEEN $2 AND $3 ORDER BY month
        """,
        neighbourhood_id, since, until,
    )  # fmt: skip
    return [
        ReferralMonth(**dict(row) | {"counts": [ReferralCount(**each) for each in json.loads(row["counts"])]})
        for row in rows
    ]


async def remove_old(tx: Transaction, before: datetime) -> int:
    """Figures of long ago."""
    status = await tx.execute("DELETE FROM referral_figure WHERE made_at < $1", before)
    return int(status.rpartition(" ")[2])
