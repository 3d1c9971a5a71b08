"""Who fell silent: told once, a reason to visit, and ended by any sign of life."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.exchange.domain import rounds
from services.exchange.handlers import attention
from services.exchange.repository import people
from shared import clock
from shared.contracts.exchange import ListAttention, NeighbourhoodDue, SilenceNoticed
from shared.contracts.profiles import NeighbourhoodKept
from tests.conftest import MakeStack
from tests.exchange.looking_back import WORKER, LookingBack, looking_back

BRUSSELS = ZoneInfo("Europe/Brussels")


@pytest.fixture(scope="module")
async def back(module_stack: MakeStack) -> AsyncIterator[LookingBack]:
    async with looking_back(module_stack) as made:
        yield made


async def look(back: LookingBack, place: str) -> None:
    await back.tell(NeighbourhoodDue(neighbourhood_id=place, to="look-for-silence"))


async def silent(back: LookingBack, place: str) -> set[object]:
    query = ListAttention(neighbourhood_id=place, reason="fell-silent")
    return {item.participant_id for item in (await back.get(query, actor=WORKER)).items}


async def test_a_silence_is_noticed_once_and_is_a_reason_to_visit(back: LookingBack) -> None:
    place = await back.place()
    since = clock.now()
    one = await back.someone(place)
    back.move(timedelta(days=59))
    heard = await back.someone(place)
    await look(back, place)
    assert not await back.told(SilenceNoticed, neighbourhood_id=place)
    back.move(timedelta(days=1, minutes=1))
    for _ in range(3):
        await look(back, place)
    (noticed,) = await back.told(SilenceNoticed, neighbourhood_id=place)
    assert noticed.participant_id == one
    assert since <= noticed.since <= since + timedelta(minutes=1)
    assert await silent(back, place) == {one}
    assert heard not in await silent(back, place)


async def test_a_visit_ends_a_silence_and_the_next_one_is_noticed_again(back: LookingBack) -> None:
    place = await back.place()
    one = await back.someone(place)
    back.move(timedelta(days=61))
    await look(back, place)
    await back.visit(place, one)
    assert await silent(back, place) == set()
    await look(back, place)
    assert len(await back.told(SilenceNoticed, neighbourhood_id=place)) == 1
    back.move(timedelta(days=61))
    await look(back, place)
    assert len(await back.told(SilenceNoticed, neighbourhood_id=place)) == 2


async def test_any_sign_of_life_ends_a_silence(back: LookingBack) -> None:
    place = await back.place()
    one = await back.someone(place)
    back.move(timedelta(days=61))
    assert await silent(back, place) == {one}
    async with back.transaction() as tx:
        await people.heard_of(tx, one)
    await look(back, place)
    assert await silent(back, place) == set()
    assert not await back.told(SilenceNoticed, neighbourhood_id=place)


@pytest.mark.parametrize("status", ["paused", "left"])
async def test_who_paused_or_left_is_left_in_peace(back: LookingBack, status: str) -> None:
    place = await back.place()
    one = await back.someone(place)
    await back.someone(place, id_=one, version=2, status=status)
    back.move(timedelta(days=200))
    await look(back, place)
    assert not await back.told(SilenceNoticed, neighbourhood_id=place)
    assert await silent(back, place) == set()


async def test_it_is_looked_at_each_morning_in_batches(back: LookingBack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "_AT_ONCE", 2)
    place = await back.place()
    for _ in range(5):
        await back.someone(place)
    back.move(timedelta(days=62))
    await back.fire()
    assert len(await back.told(SilenceNoticed, neighbourhood_id=place)) == 5
    key = NeighbourhoodDue.timer(place, "look-for-silence")
    ((due,),) = await back.rows("SELECT due_at FROM messaging.timer WHERE key = $1", key)
    assert due.astimezone(BRUSSELS).time().isoformat() == "06:00:00"
    assert clock.now() < due <= clock.now() + timedelta(days=1, hours=1)


async def test_a_timer_that_comes_late_or_of_a_neighbourhood_that_ended_does_no_harm(back: LookingBack) -> None:
    await look(back, "never-heard-of")
    place = await back.place()
    await back.someone(place)
    back.move(timedelta(days=300))
    await back.tell(NeighbourhoodKept(neighbourhood_id=place, version=2, names={"nl": "Hier"}, retired=True))
    mark = await back.mark()
    await look(back, place)
    assert not await back.told(SilenceNoticed, mark, neighbourhood_id=place)
    keys = {NeighbourhoodDue.timer(place, to) for to in rounds.NEXT}
    assert not keys & await back.timers()


async def test_among_a_hundred_thousand_it_reads_those_who_are_silent_and_no_others(back: LookingBack) -> None:
    place = await back.place()
    await back.rows(
        """
        INSERT INTO participant (participant_id, version, neighbourhood_id, status, out_of_matching, languages,
            availability, reached_by, mandate_holder_ids, known_since, heard_at)
        SELECT gen_random_uuid(), 1, $1, 'active', false, '{nl}', '{}', 'email', '{}', $2, $2
        FROM generate_series(1, 100000)
        """,
        place, clock.now(),
    )  # fmt: skip
    await back.stack.execute("exchange", "ANALYZE participant")
    plan = await back.rows(
        """
        EXPLAIN SELECT participant_id FROM participant
        WHERE neighbourhood_id = $1 AND status = 'active' AND silence_told_at IS NULL AND heard_at < $2
        ORDER BY heard_at LIMIT 200 FOR UPDATE SKIP LOCKED
        """,
        place, clock.now() - timedelta(days=60),
    )  # fmt: skip
    text = "\n".join(row[0] for row in plan)
    assert "participant_silent" in text
    assert "Seq Scan" not in text
    await look(back, place)
    assert not await back.told(SilenceNoticed, neighbourhood_id=place)
    await back.rows("DELETE FROM participant WHERE neighbourhood_id = $1", place)


@pytest.mark.parametrize(
    ("now", "morning", "monday"),
    [
        ("2026-03-28T23:30:00Z", "2026-03-29T06:00:00+02:00", "2026-03-30T06:00:00+02:00"),
        ("2026-10-25T03:59:00Z", "2026-10-25T06:00:00+01:00", "2026-10-26T06:00:00+01:00"),
        ("2026-10-26T05:00:00Z", "2026-10-27T06:00:00+01:00", "2026-11-02T06:00:00+01:00"),
        ("2026-10-26T04:59:59Z", "2026-10-26T06:00:00+01:00", "2026-10-26T06:00:00+01:00"),
    ],
)
def test_six_in_the_morning_is_that_of_the_neighbourhood_also_when_the_clock_changes(
    now: str, morning: str, monday: str
) -> None:
    at = datetime.fromisoformat(now).astimezone(UTC)
    assert rounds.next_morning(at, BRUSSELS).isoformat() == morning
    assert rounds.next_monday(at, BRUSSELS).isoformat() == monday


def test_a_week_begins_on_monday_there() -> None:
    at = datetime(2026, 3, 29, 22, 30, tzinfo=UTC)
    assert rounds.week_began(at, BRUSSELS).isoformat() == "2026-03-30T00:00:00+02:00"
