"""SQL of agreements, of how it was, and of thanks."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from shared.contracts.exchange import AnswerHow, HowItWas, Thanks
from shared.ids import new_id
from shared.messaging import Transaction


async def agree(
    tx: Transaction, exchange_id: UUID, participant_ids: Collection[UUID], answered_by: str, how: AnswerHow
) -> None:
    """The side that opened it agreed with these neighbours."""
    await tx.executemany(
        """
        INSERT INTO agreement (exchange_id, participant_id, agreed_at, answered_by, how) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (exchange_id, participant_id) DO UPDATE SET agreed_at = excluded.agreed_at,
            answered_by = excluded.answered_by, how = excluded.how, ended_at = NULL
        """,
        [(exchange_id, each, tx.now, answered_by, how) for each in participant_ids],
    )


async def end(tx: Transaction, exchange_id: UUID, participant_ids: Collection[UUID]) -> None:
    """What was agreed with these neighbours isn't any more."""
    await tx.execute(
        """
        UPDATE agreement SET ended_at = $3
        WHERE exchange_id = $1 AND participant_id = ANY($2::uuid[]) AND ended_at IS NULL
        """,
        exchange_id, list(participant_ids), tx.now,
    )  # fmt: skip


async def neighbours(tx: Transaction, exchange_id: UUID) -> list[UUID]:
    """With whom the side that opened it has an agreement; what was agreed before it was reopened is past, and so it is
    while the worker has it."""
    rows = await tx.fetch(
        """
        SELECT a.participant_id FROM agreement AS a JOIN exchange AS e USING (exchange_id)
        WHERE a.exchange_id = $1 AND a.ended_at IS NULL AND a.agreed_at >= e.opened_at
            AND e.stage <> 'handed-over'
        ORDER BY a.participant_id
        """,
        exchange_id,
    )
    return [row["participant_id"] for row in rows]


async def ever_agreed(tx: Transaction, exchange_id: UUID, participant_id: UUID) -> bool:
    """Whether there was an agreement with this neighbour, also one that has ended."""
    return bool(
        await tx.fetchval(
            "SELECT true FROM agreement WHERE exchange_id = $1 AND participant_id = $2", exchange_id, participant_id
        )
    )


async def experiences(tx: Transaction, exchange_id: UUID) -> dict[UUID, HowItWas]:
    """What each said of how it was, of what was agreed last."""
    rows = await tx.fetch(
        """
        SELECT x.participant_id, x.answer FROM experience AS x JOIN exchange AS e USING (exchange_id)
        WHERE x.exchange_id = $1 AND x.said_at >= e.agreed_at
        """,
        exchange_id,
    )
    return {row["participant_id"]: row["answer"] for row in rows}


async def keep_experience(
    tx: Transaction, exchange_id: UUID, participant_id: UUID, answer: HowItWas, recorded_by: str
) -> None:
    """How it was for someone; an earlier word of theirs is replaced."""
    await tx.execute(
        """
        INSERT INTO experience (exchange_id, participant_id, answer, said_at, recorded_by) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (exchange_id, participant_id) DO UPDATE SET answer = excluded.answer, said_at = excluded.said_at,
            recorded_by = excluded.recorded_by
        """,
        exchange_id, participant_id, answer, tx.now, recorded_by,
    )  # fmt: skip


async def say_thanks(tx: Transaction, exchange_id: UUID, participant_id: UUID, words: str, recorded_by: str) -> None:
    """A word of thanks."""
    await tx.execute(
        """
        INSERT INTO thanks (thanks_id, exchange_id, participant_id, words, said_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        new_id(), exchange_id, participant_id, words, tx.now, recorded_by,
    )  # fmt: skip


async def thanks(tx: Transaction, exchange_id: UUID) -> list[Thanks]:
    """The words of thanks in an exchange, in the order in which they were said."""
    rows = await tx.fetch(
        "SELECT participant_id, words, said_at FROM thanks WHERE exchange_id = $1 ORDER BY thanks_id", exchange_id
    )
    return [Thanks(participant_id=row["participant_id"], words=row["words"], said_at=row["said_at"]) for row in rows]
