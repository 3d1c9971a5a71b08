"""SQL of gatherings and of series of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.exchange.domain.gatherings import Gathering, Series
from shared.conditions import Conditions
from shared.contracts.exchange import GatheringStage
from shared.database import Record
from shared.messaging import Transaction

_COLUMNS = (
    "gathering_id", "series_id", "day", "version", "neighbourhood_id", "host_id", "title", "kind", "place", "cell",
    "starts_at", "ends_at", "seats", "bring", "invites_at", "stage", "planned_by", "planned_at",
)  # fmt: skip
_NAMES = ", ".join(_COLUMNS)
_PLACES = ", ".join(f"${number}" for number in range(1, len(_COLUMNS) + 1))
_SETS = ", ".join(f"{name} = ${number}" for number, name in enumerate(_COLUMNS, start=1) if number > 1)
_SERIES_COLUMNS = (
    "series_id", "neighbourhood_id", "repeats", "first_at", "lasts", "planned_until", "host_id", "title", "kind",
    "place", "cell", "seats", "bring", "invite", "planned_by", "ended_at",
)  # fmt: skip
_SERIES_NAMES = ", ".join(_SERIES_COLUMNS)
_SERIES_PLACES = ", ".join(f"${number}" for number in range(1, len(_SERIES_COLUMNS) + 1))
_SERIES_SETS = ", ".join(f"{name} = excluded.{name}" for name in _SERIES_COLUMNS[1:])


async def add(tx: Transaction, gathering: Gathering) -> bool:
    """A new gathering. False when there is one of its series on that day already."""
    added = await tx.execute(
        f"INSERT INTO gathering ({_NAMES}) VALUES ({_PLACES}) ON CONFLICT (series_id, day) DO NOTHING",  # noqa: S608
        *_values(gathering),
    )
    return added.endswith(" 1")


async def save(tx: Transaction, gathering: Gathering) -> None:
    """What a gathering is from now on."""
    await tx.execute(f"UPDATE gathering SET {_SETS} WHERE gathering_id = $1", *_values(gathering))  # noqa: S608


async def locked(tx: Transaction, gathering_id: UUID) -> Gathering | None:
    """One gathering, to change: nobody else can meanwhile, and nobody takes a seat."""
    row = await tx.fetchrow("SELECT * FROM gathering WHERE gathering_id = $1 FOR UPDATE", gathering_id)
    return gathering_from(row) if row else None


async def read(tx: Transaction, gathering_id: UUID) -> Gathering | None:
    """One gathering, to look at."""
    row = await tx.fetchrow("SELECT * FROM gathering WHERE gathering_id = $1", gathering_id)
    return gathering_from(row) if row else None


async def following(tx: Transaction, gathering: Gathering) -> list[Gathering]:
    """Those of its series that are planned to begin after it, to change."""
    rows = await tx.fetch(
        """
        SELECT * FROM gathering WHERE series_id = $1 AND starts_at > $2 AND stage = 'planned'
        ORDER BY gathering_id FOR UPDATE
        """,
        gathering.series_id, gathering.starts_at,
    )  # fmt: skip
    return [gathering_from(row) for row in rows]


async def listed(
    tx: Transaction, neighbourhood_id: str, since: datetime, until: datetime | None, stage: GatheringStage | None,
    after: tuple[datetime, UUID] | None, limit: int,
) -> list[Gathering]:  # fmt: skip
    """Those of a neighbourhood that end after one moment and begin before another, in order of time."""
    asked = Conditions()
    asked.add("neighbourhood_id = {} AND ends_at > {}", neighbourhood_id, since)
    asked.given("starts_at < {}", until)
    asked.given("stage = {}", stage)
    if after is not None:
        asked.add("(starts_at, gathering_id) > ({}, {}::uuid)", *after)
    rows = await tx.fetch(
        f"SELECT * FROM gathering WHERE {asked} ORDER BY starts_at, gathering_id LIMIT {asked.value(limit)}",  # noqa: S608 - constants
        *asked.values,
    )
    return [gathering_from(row) for row in rows]


async def unrecorded(
    tx: Transaction, neighbourhood_ids: Sequence[str], since: datetime, until: datetime, limit: int
) -> list[Gathering]:
    """Those that ended between two moments, and of which nobody has said who was there; in order of time."""
    rows = await tx.fetch(
        """
        SELECT * FROM gathering
        WHERE neighbourhood_id = ANY($1::text[]) AND ends_at > $2 AND ends_at <= $3 AND stage = 'planned'
        ORDER BY starts_at, gathering_id LIMIT $4
        """,
        list(neighbourhood_ids), since, until, limit,
    )  # fmt: skip
    return [gathering_from(row) for row in rows]


async def hosted(tx: Transaction, host_id: UUID, *, still_in: str | None) -> list[Gathering]:
    """Where someone is to welcome people, but where they still live; to change."""
    rows = await tx.fetch(
        """
        SELECT * FROM gathering
        WHERE host_id = $1 AND ends_at > $2 AND stage = 'planned' AND neighbourhood_id IS DISTINCT FROM $3
        ORDER BY gathering_id FOR UPDATE
        """,
        host_id, tx.now, still_in,
    )  # fmt: skip
    return [gathering_from(row) for row in rows]


async def keep_series(tx: Transaction, series: Series) -> None:
    """What a series is from now on, new or known."""
    await tx.execute(
        f"""
        INSERT INTO series ({_SERIES_NAMES}) VALUES ({_SERIES_PLACES})
        ON CONFLICT (series_id) DO UPDATE SET {_SERIES_SETS}
        """,  # noqa: S608 - constants
        *(getattr(series, name) for name in _SERIES_COLUMNS),
    )


async def locked_series(tx: Transaction, series_id: UUID) -> Series | None:
    """One series, to change."""
    row = await tx.fetchrow("SELECT * FROM series WHERE series_id = $1 FOR UPDATE", series_id)
    return Series(**dict(row)) if row else None


async def rules(tx: Transaction, gatherings: list[Gathering]) -> dict[UUID, str]:
    """How the series of these gatherings repeat."""
    rows = await tx.fetch(
        "SELECT series_id, repeats FROM series WHERE series_id = ANY($1::uuid[])",
        [each.series_id for each in gatherings if each.series_id],
    )
    return {row["series_id"]: row["repeats"] for row in rows}


async def leave_series(tx: Transaction, host_id: UUID, *, still_in: str | None) -> None:
    """The next ones of what someone hosted are welcomed by the worker, but where they still live."""
    await tx.execute(
        """
        UPDATE series SET host_id = NULL
        WHERE host_id = $1 AND ended_at IS NULL AND neighbourhood_id IS DISTINCT FROM $2
        """,
        host_id, still_in,
    )  # fmt: skip


def gathering_from(row: Record) -> Gathering:
    return Gathering(**dict(row))


def _values(gathering: Gathering) -> tuple[object, ...]:
    return tuple(getattr(gathering, name) for name in _COLUMNS)
