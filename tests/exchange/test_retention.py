"""Whatever nobody acts on expires: each kind of record of exchange has its time, and what goes on is left alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from services.exchange.domain.exchanges import ENDED
from shared import clock
from shared.contracts.operations import RunRetention
from shared.ids import new_id
from shared.policy import load
from tests.conftest import MakeStack
from tests.exchange.lives import LIVES, Lives
from tests.exchange.lives import lives as made_lives

KEEP = load().retention


@pytest.fixture
async def lives(stack: MakeStack) -> AsyncIterator[Lives]:
    """Each test has its own: retention looks at all there is."""
    async with made_lives(stack) as made:
        yield made


async def run(lives: Lives) -> dict[str, int]:
    removed: dict[str, int] = (await lives.get(RunRetention(), actor="operator")).removed
    return {kind: count for kind, count in removed.items() if count and kind in _KINDS}


_KINDS = ("exchanges", "deviations", "gatherings", "never_kinds")


async def exists(lives: Lives, table: str, column: str, id_: UUID) -> bool:
    return bool(await lives.rows(f"SELECT 1 FROM {table} WHERE {column} = $1", id_))


async def deviate(lives: Lives, exchange_id: UUID) -> None:
    await lives.rows(
        "INSERT INTO deviation (deviation_id, exchange_id, reason, recorded_at) VALUES ($1, $2, 'Toch', $3)",
        new_id(), exchange_id, clock.now(),
    )  # fmt: skip


async def test_exchanges_have_their_time_after_their_end(lives: Lives) -> None:
    """Not a day before; and what goes on, at any stage, is kept however old it is. Who has met stays acquainted."""
    found = {life: await lives.lived(life) for life in LIVES}
    ended = {life for life in LIVES if await lives.stage(found[life].exchange_id) in ENDED}
    assert ended >= {"done", "withdrawn", "expired"}
    (last,) = await lives.rows("SELECT max(ended_at) AS at FROM exchange")
    (first,) = await lives.rows("SELECT min(ended_at) AS at FROM exchange")
    met = await lives.rows("SELECT * FROM acquaintance")
    lives.move(first["at"] + timedelta(days=KEEP.exchanges - 1) - clock.now())
    assert await run(lives) == {}
    lives.move(last["at"] + timedelta(days=KEEP.exchanges + 1) - clock.now())
    assert await run(lives) == {"exchanges": len(ended)}
    for life, each in found.items():
        assert (await lives.stage(each.exchange_id) is None) == (life in ended)
        for table in ("invitation", "agreement", "experience", "thanks") if life in ended else ():
            assert not await exists(lives, table, "exchange_id", each.exchange_id)
    lives.move(timedelta(days=9_000))
    assert await run(lives) == {}
    assert await lives.rows("SELECT * FROM acquaintance") == met


async def test_of_an_exchange_in_which_a_limit_was_set_aside_that_fact_stays_its_time(lives: Lives) -> None:
    """Not who else was in it, nor what was said; what has not ended keeps its deviation."""
    done, runs = await lives.lived("done"), await lives.lived("agreed")
    for each in (done, runs):
        await deviate(lives, each.exchange_id)
    lives.move(timedelta(days=KEEP.exchanges + 1))
    assert await run(lives) == {}
    assert await lives.stage(done.exchange_id) == "done"
    for table in ("invitation", "agreement", "experience", "thanks"):
        assert not await exists(lives, table, "exchange_id", done.exchange_id)
    (row,) = await lives.rows("SELECT kind, words FROM exchange WHERE exchange_id = $1", done.exchange_id)
    assert tuple(row) == ("garden", None)
    lives.move(timedelta(days=KEEP.deviations - KEEP.exchanges))
    assert await run(lives) == {"deviations": 1, "exchanges": 1}
    assert await exists(lives, "deviation", "exchange_id", runs.exchange_id)


async def test_gatherings_have_their_time_after_they_took_place(lives: Lives) -> None:
    """A series goes with the last of them, once it has ended."""
    place = await lives.place()
    who, series_id, now = await lives.someone(place), new_id(), clock.now()
    await lives.rows(
        """
        INSERT INTO series (
            series_id, neighbourhood_id, repeats, first_at, lasts, planned_until, title, place, invite, planned_by,
            ended_at
        ) VALUES ($1, $2, 'FREQ=WEEKLY', $3, interval '2 hours', $3, 'Koffie', 'Buurthuis', false, 'operator', $3)
        """,
        series_id, place, now,
    )  # fmt: skip
    ids = []
    for days in (0, 30):
        ids.append(id_ := new_id())
        await lives.rows(
            """
            INSERT INTO gathering (
                gathering_id, series_id, day, version, neighbourhood_id, title, place, starts_at, ends_at, stage,
                planned_by, planned_at
            ) VALUES ($1, $2, $3::timestamptz::date, 1, $4, 'Koffie', 'Buurthuis', $3, $3::timestamptz
                + interval '2 hours', 'planned', 'operator', $3)
            """,
            id_, series_id, now + timedelta(days=days), place,
        )  # fmt: skip
        await lives.rows("INSERT INTO guest (gathering_id, participant_id) VALUES ($1, $2)", id_, who)
    lives.move(timedelta(days=KEEP.gatherings - 1))
    assert await run(lives) == {}
    lives.move(timedelta(days=2))
    assert await run(lives) == {"gatherings": 1}
    assert [await exists(lives, "guest", "gathering_id", id_) for id_ in ids] == [False, True]
    assert await exists(lives, "series", "series_id", series_id)
    lives.move(timedelta(days=30))
    assert await run(lives) == {"gatherings": 1}
    assert not await exists(lives, "series", "series_id", series_id)


async def test_never_this_kind_is_remembered_its_time(lives: Lives) -> None:
    who = new_id()
    await lives.rows("INSERT INTO never_kind (participant_id, kind, since) VALUES ($1, 'pet', $2)", who, clock.now())
    lives.move(timedelta(days=KEEP.never_kinds - 1))
    assert await run(lives) == {}
    lives.move(timedelta(days=2))
    assert await run(lives) == {"never_kinds": 1}
