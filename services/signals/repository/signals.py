"""SQL of signals and of what happened to each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from services.signals.domain.signals import Happened, Signal
from shared.conditions import Conditions
from shared.contracts.signals import SignalCause, SignalStep
from shared.database import Record
from shared.ids import new_id
from shared.messaging import Transaction

_COLUMNS = tuple(Signal.__dataclass_fields__)
_INSERT = f"""
INSERT INTO signal ({", ".join(_COLUMNS)}) VALUES ({", ".join(f"${n}" for n, _ in enumerate(_COLUMNS, 1))})
"""  # noqa: S608
_UPDATE = f"""
UPDATE signal SET {", ".join(f"{column} = ${n}" for n, column in enumerate(_COLUMNS[1:], 2))} WHERE signal_id = $1
"""  # noqa: S608
assert _COLUMNS[0] == "signal_id"


async def add(tx: Transaction, signal: Signal) -> None:
    """A new one."""
    await tx.execute(_INSERT, *asdict(signal).values())


async def save(tx: Transaction, signal: Signal) -> None:
    """One that changed; it is locked."""
    await tx.execute(_UPDATE, *asdict(signal).values())


async def read(tx: Transaction, signal_id: UUID) -> Signal | None:
    """One, to look at."""
    row = await tx.fetchrow("SELECT * FROM signal WHERE signal_id = $1", signal_id)
    return signal_from(row) if row else None


async def locked(tx: Transaction, signal_id: UUID) -> Signal | None:
    """One, to change."""
    row = await tx.fetchrow("SELECT * FROM signal WHERE signal_id = $1 FOR UPDATE", signal_id)
    return signal_from(row) if row else None


async def both_locked(tx: Transaction, one_id: UUID, other_id: UUID) -> dict[UUID, Signal]:
    """Two, to change, in the order in which everybody locks them."""
    rows = await tx.fetch(
        "SELECT * FROM signal WHERE signal_id IN ($1, $2) ORDER BY signal_id FOR UPDATE", one_id, other_id
    )
    return {row["signal_id"]: signal_from(row) for row in rows}


async def going(
    tx: Transaction, participant_id: UUID, cause: SignalCause, exchange_id: UUID | None, referral_id: UUID | None
) -> UUID | None:
    """The signal of this cause and object that goes on, also under another that it was merged into. For who holds the
    person."""
    id_: UUID | None = await tx.fetchval(
        """
        SELECT coalesce(s.merged_into, s.signal_id)
        FROM signal AS s LEFT JOIN signal AS i ON i.signal_id = s.merged_into
        WHERE s.participant_id = $1 AND s.cause = $2 AND s.exchange_id IS NOT DISTINCT FROM $3
            AND ($4::uuid IS NULL OR s.referral_id = $4)
            AND coalesce(i.stage, s.stage) IN ('open', 'taken', 'snoozed')
        ORDER BY s.signal_id LIMIT 1
        """,
        participant_id, cause, exchange_id, referral_id,
    )  # fmt: skip
    return id_


async def of_exchange(tx: Transaction, exchange_id: UUID, causes: Collection[SignalCause]) -> list[Signal]:
    """The signals of these causes that an exchange gave and that go on, to change."""
    rows = await tx.fetch(
        """
        SELECT * FROM signal
        WHERE exchange_id = $1 AND cause = ANY($2::text[]) AND stage IN ('open', 'taken', 'snoozed')
        ORDER BY signal_id FOR UPDATE
        """,
        exchange_id, sorted(causes),
    )  # fmt: skip
    return [signal_from(row) for row in rows]


async def open_of(tx: Transaction, participant_id: UUID, cause: SignalCause) -> list[Signal]:
    """The signals of this cause about someone that nobody has yet, to change."""
    rows = await tx.fetch(
        """
        SELECT * FROM signal WHERE participant_id = $1 AND cause = $2 AND stage = 'open'
        ORDER BY signal_id FOR UPDATE
        """,
        participant_id, cause,
    )  # fmt: skip
    return [signal_from(row) for row in rows]


async def of_referral(tx: Transaction, referral_id: UUID, cause: SignalCause) -> list[Signal]:
    """The signals of this cause about a referral that nobody has yet, to change."""
    rows = await tx.fetch(
        "SELECT * FROM signal WHERE referral_id = $1 AND cause = $2 AND stage = 'open' ORDER BY signal_id FOR UPDATE",
        referral_id, cause,
    )  # fmt: skip
    return [signal_from(row) for row in rows]


async def name_referral(tx: Transaction, signal_id: UUID, referral_id: UUID) -> None:
    """The referral that came of a signal last."""
    await tx.execute("UPDATE signal SET referral_id = $2 WHERE signal_id = $1", signal_id, referral_id)


async def of_worker(tx: Transaction, worker_id: UUID) -> list[Signal]:
    """What goes on and is with a worker, was brought to them last, or is offered to them; to change."""
    rows = await tx.fetch(
        """
        SELECT * FROM signal
        WHERE (worker_id = $1 OR told_id = $1 OR offered_to = $1) AND stage IN ('open', 'taken', 'snoozed')
        ORDER BY signal_id FOR UPDATE
        """,
        worker_id,
    )
    return [signal_from(row) for row in rows]


async def point_to(tx: Transaction, signal_id: UUID, into_id: UUID) -> None:
    """What was merged into the one is now under the other, and so are its notes and mediations."""
    for statement in (
        "UPDATE signal SET merged_into = $2 WHERE merged_into = $1",
        "UPDATE note SET signal_id = $2 WHERE signal_id = $1",
        "UPDATE mediation SET signal_id = $2 WHERE signal_id = $1",
    ):
        await tx.execute(statement, signal_id, into_id)


async def add_step(tx: Transaction, signal_id: UUID, happened: Happened) -> None:
    """What happened to a signal, after all that happened before."""
    await tx.execute(
        """
        INSERT INTO signal_step (step_id, signal_id, at, by, what, step, worker_id, outcome)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        new_id(), signal_id, tx.now, happened.by, happened.what, happened.step, happened.worker_id, happened.outcome,
    )  # fmt: skip


async def last_moves(tx: Transaction, signal_id: UUID) -> tuple[datetime, datetime | None]:
    """When something was last done with a signal, by its worker or by itself; and when its worker was last reminded."""
    row = await tx.fetchrow(
        """
        SELECT max(at) FILTER (WHERE what <> 'reminded') AS moved_at,
            max(at) FILTER (WHERE what = 'reminded') AS told_at
        FROM signal_step WHERE signal_id = $1
        """,
        signal_id,
    )
    assert row is not None
    return row["moved_at"], row["told_at"]


async def is_referred(tx: Transaction, signal_id: UUID) -> bool:
    """Whether a referral that came of it goes on: that one has its own clock."""
    referred: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM referral WHERE signal_id = $1 AND ended_at IS NULL AND requested_at IS NOT NULL)",
        signal_id,
    )
    return referred


async def steps(tx: Transaction, signal_id: UUID) -> list[SignalStep]:
    """What happened to a signal, the oldest first."""
    rows = await tx.fetch(
        "SELECT at, by, what, step, worker_id, outcome FROM signal_step WHERE signal_id = $1 ORDER BY step_id",
        signal_id,
    )
    return [SignalStep(**dict(row)) for row in rows]


async def told_of(tx: Transaction, signal_id: UUID) -> set[UUID]:
    """Who was told of a signal."""
    rows = await tx.fetch(
        "SELECT DISTINCT worker_id FROM signal_step WHERE signal_id = $1 AND what = 'told' AND worker_id IS NOT NULL",
        signal_id,
    )
    return {row["worker_id"] for row in rows}


async def listed(
    tx: Transaction, *, neighbourhood_id: str | None, worker_id: UUID | None, participant_id: UUID | None,
    stages: Sequence[str], seen_by: tuple[UUID, Sequence[str]] | None, after: tuple[int, object, UUID] | None,
    limit: int,
) -> list[Signal]:  # fmt: skip
    """Signals, the most urgent first, of those the oldest. `seen_by`: a worker, and the neighbourhoods they answer
    for; None sees all."""
    asked = Conditions()
    asked.add("stage = ANY({}::text[])", list(stages))
    asked.given("neighbourhood_id = {}", neighbourhood_id)
    asked.given("participant_id = {}", participant_id)
    if worker_id is not None:
        asked.add(_WITH, *[worker_id] * 3)
    if seen_by is not None:
        who, places = seen_by
        asked.add(f"(neighbourhood_id = ANY({{}}::text[]) OR {_WITH})", list(places), *[who] * 3)
    if after is not None:
        asked.add(f"({_RANK}, raised_at, signal_id) > ({{}}, {{}}::timestamptz, {{}}::uuid)", *after)
    rows = await tx.fetch(
        f"SELECT * FROM signal WHERE {asked} ORDER BY {_RANK}, raised_at, signal_id LIMIT {asked.value(limit)}",  # noqa: S608 - constants
        *asked.values,
    )
    return [signal_from(row) for row in rows]


_RANK = "CASE urgency WHEN 'today' THEN 0 WHEN 'this-week' THEN 1 ELSE 2 END"
_WITH = "(worker_id = {} OR told_id = {} OR offered_to = {})"
"""With whom a signal is: who has it, was told of it last, or is asked to take it over."""


def signal_from(row: Record) -> Signal:
    return Signal(**{column: row[column] for column in _COLUMNS})
