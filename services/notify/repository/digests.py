"""SQL of what a worker reads in the next digest, beside what other services say is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.notify.repository.people import ANSWERS_FOR
from shared.messaging import Transaction


@dataclass(frozen=True, slots=True)
class Item:
    """One line, by ids."""

    item_id: UUID
    worker_id: UUID
    what: str
    neighbourhood_id: str | None
    participant_id: UUID | None
    matter_id: UUID | None
    """A referral, or a gathering."""
    climbed: bool
    since: datetime


_COLUMNS = tuple(Item.__dataclass_fields__)


async def add(tx: Transaction, item: Item) -> None:
    """Once, however often it is told."""
    await tx.execute(
        f"""
        INSERT INTO digest_item ({", ".join(_COLUMNS)}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (item_id) DO NOTHING
        """,  # noqa: S608 - constants
        *(getattr(item, name) for name in _COLUMNS),
    )


async def waiting(tx: Transaction, worker_id: UUID, mail_id: UUID) -> list[Item]:
    """What a worker has not read yet; with what stood in this very digest, when it is sent once more."""
    rows = await tx.fetch(
        f"""
        SELECT {", ".join(_COLUMNS)} FROM digest_item
        WHERE worker_id = $1 AND (gathered_in IS NULL OR gathered_in = $2) ORDER BY since LIMIT 50
        """,  # noqa: S608 - constants
        worker_id,
        mail_id,
    )
    return [Item(**dict(row)) for row in rows]


async def told_of_doubles(tx: Transaction, worker_id: UUID) -> list[str]:
    """The neighbourhoods of which a digest told, or will tell, a worker that people may be here twice: as they answered
    there at that hour. Only those for which they answer still."""
    answers = ANSWERS_FOR.format(worker="$1::uuid", place="i.neighbourhood_id")
    rows = await tx.fetch(
        f"""
        SELECT DISTINCT neighbourhood_id FROM digest_item AS i WHERE worker_id = $1 AND what = 'double' AND {answers}
        """,  # noqa: S608 - constants
        worker_id,
    )
    return [row["neighbourhood_id"] for row in rows]


async def gathered(tx: Transaction, item_ids: Sequence[UUID], mail_id: UUID) -> None:
    """These stood in a digest."""
    await tx.execute("UPDATE digest_item SET gathered_in = $2 WHERE item_id = ANY($1::uuid[])", list(item_ids), mail_id)


async def places_of(tx: Transaction, worker_id: UUID) -> list[str]:
    """The neighbourhoods for which a worker answers at this moment."""
    rows = await tx.fetch(
        """
        SELECT d.neighbourhood_id FROM duty AS d JOIN neighbourhood AS n USING (neighbourhood_id)
        WHERE d.worker_id = $1 AND NOT n.retired ORDER BY d.neighbourhood_id
        """,
        worker_id,
    )
    return [row["neighbourhood_id"] for row in rows]


async def home_of(tx: Transaction, worker_id: UUID) -> str | None:
    """A neighbourhood of theirs, for its clock; None when they have none."""
    home: str | None = await tx.fetchval(
        """
        SELECT n.neighbourhood_id FROM worker AS w
        JOIN neighbourhood AS n ON n.neighbourhood_id = ANY(w.neighbourhood_ids)
        WHERE w.worker_id = $1 ORDER BY array_position(w.neighbourhood_ids, n.neighbourhood_id) LIMIT 1
        """,
        worker_id,
    )
    return home


async def neighbourhoods(tx: Transaction) -> list[str]:
    """All that are there."""
    rows = await tx.fetch("SELECT neighbourhood_id FROM neighbourhood WHERE NOT retired ORDER BY neighbourhood_id")
    return [row["neighbourhood_id"] for row in rows]


async def move(tx: Transaction, double_id: UUID, survivor_id: UUID) -> None:
    await tx.execute("UPDATE digest_item SET participant_id = $2 WHERE participant_id = $1", double_id, survivor_id)


async def erase(tx: Transaction, participant_ids: Sequence[UUID]) -> None:
    await tx.execute("DELETE FROM digest_item WHERE participant_id = ANY($1::uuid[])", list(participant_ids))


async def expire(tx: Transaction, before: datetime) -> int:
    return int((await tx.execute("DELETE FROM digest_item WHERE since < $1", before)).split()[-1])
