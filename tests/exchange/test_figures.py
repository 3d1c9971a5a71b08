"""Figures of exchanges in which nobody can be found: no count, rest or difference of fewer than five people."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.exchange.domain.figures import Counts, Shown, Told, ready_at, shown
from shared import clock, policy
from shared.contracts.exchange import ExchangeMonth, ExchangeMonthEnded, ShowExchangeFigures
from shared.contracts.profiles import NeighbourhoodKept
from shared.figures import month_of, stretch
from tests.conftest import MakeStack
from tests.exchange.looking_back import WORKER, LookingBack, looking_back

ENOUGH = Counts(
    opened=30, openers=12, agreed=18, openers_agreed=9, openers_not_agreed=8, days_to_yes=1.8, openers_with_yes=10,
    people_in_exchanges=22, people_who_gave_a_turn=13, gatherings=3, people_at_gatherings=17,
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "hidden"),
    [
        ({}, set()),
        ({"openers": 4}, {"opened"}),
        ({"openers_agreed": 4}, {"agreed"}),
        ({"openers_not_agreed": 4}, {"agreed"}),
        ({"openers_not_agreed": 0, "agreed": 30}, {"agreed"}),
        ({"openers_with_yes": 4}, {"days_to_yes"}),
        ({"days_to_yes": None}, {"days_to_yes"}),
        ({"people_in_exchanges": 4, "people_who_gave_a_turn": 2}, {"people_in_exchanges", "people_who_gave_a_turn"}),
        ({"people_who_gave_a_turn": 4}, {"people_who_gave_a_turn"}),
        ({"people_who_gave_a_turn": 18}, {"people_who_gave_a_turn"}),
        ({"people_at_gatherings": 4}, {"people_at_gatherings", "gatherings"}),
    ],
)
def test_what_fewer_than_five_people_stand_behind_is_not_shown(change: dict[str, Any], hidden: set[str]) -> None:
    found = shown(replace(ENOUGH, **change), Told(), 5)
    assert {name for name in Shown.__slots__ if getattr(found, name) is None} == hidden


def test_many_exchanges_of_few_people_are_few_people() -> None:
    assert shown(replace(ENOUGH, opened=200, openers=4), Told(), 5).opened is None
    assert shown(replace(ENOUGH, gatherings=31, people_at_gatherings=4), Told(), 5).gatherings is None


def test_nothing_at_all_is_nothing_shown() -> None:
    assert shown(Counts(), Told(), 5) == Shown()


@pytest.mark.parametrize(("days", "told"), [(0.1, 0.0), (0.3, 0.5), (1.8, 2.0), (2.3, 2.5), (6.6, 6.5)])
def test_the_days_to_a_yes_are_rounded_to_half_days(days: float, told: float) -> None:
    assert shown(replace(ENOUGH, days_to_yes=days), Told(), 5).days_to_yes == told


def test_one_person_more_or_fewer_changes_no_count_of_people() -> None:
    first = shown(ENOUGH, Told(), 5)
    before = _told(Told(), first)
    more = replace(ENOUGH, people_in_exchanges=23, people_who_gave_a_turn=14, people_at_gatherings=16)
    second = shown(more, before, 5)
    assert (second.people_in_exchanges, second.people_who_gave_a_turn, second.people_at_gatherings) == (22, 13, 17)


def test_the_month_before_last_gives_nobody_away_either() -> None:
    """12, then 18, then 13: the last differs enough from the second, and by one person from the first."""
    before = Told()
    told = []
    for people in (12, 18, 13):
        month = shown(replace(ENOUGH, people_at_gatherings=people), before, 5)
        before = _told(before, month)
        told.append(month.people_at_gatherings)
    assert told == [12, 18, 12]


def _told(before: Told, month: Shown) -> Told:
    """As it is read back from what was kept."""
    people, turn = month.people_in_exchanges, month.people_who_gave_a_turn
    rest = None if people is None or turn is None else people - turn
    return Told(
        _with(before.people_in_exchanges, people), _with(before.people_who_gave_a_turn, turn),
        _with(before.the_others, rest), _with(before.people_at_gatherings, month.people_at_gatherings),
    )  # fmt: skip


def _with(before: Collection[int], count: int | None) -> set[int]:
    return {*before} if count is None else {*before, count}


months = st.lists(
    st.integers(0, 60).flatmap(
        lambda people: st.builds(
            Counts, people_in_exchanges=st.just(people), people_who_gave_a_turn=st.integers(0, people),
            gatherings=st.integers(0, 4), people_at_gatherings=st.integers(0, 60),
        )
    ),
    min_size=2, max_size=12,
)  # fmt: skip


@given(months, st.integers(5, 9))
def test_no_difference_gives_fewer_than_five(counts: list[Counts], smallest: int) -> None:
    """Not of any two months, whichever; not of the whole and its part; and no count by itself."""
    before, told = Told(), []
    for month in counts:
        told.append(shown(month, before, smallest))
        before = _told(before, told[-1])
    of_people: list[list[int | None]] = [
        [each.people_in_exchanges for each in told],
        [each.people_who_gave_a_turn for each in told],
        [each.people_at_gatherings for each in told],
        [
            each.people_in_exchanges - each.people_who_gave_a_turn
            for each in told
            if each.people_in_exchanges is not None and each.people_who_gave_a_turn is not None
        ],
    ]
    for values in of_people:
        here = [value for value in values if value is not None]
        assert all(value >= smallest for value in here)
        assert all(one == other or abs(one - other) >= smallest for one, other in combinations(here, 2))
    assert all(each.gatherings is None or each.people_at_gatherings is not None for each in told)


@given(st.lists(st.tuples(st.integers(0, 14), st.booleans()), max_size=60))
def test_asks_and_offers_that_found_someone_hide_those_that_did_not(opened: list[tuple[int, bool]]) -> None:
    """Each with who opened it, and whether both sides agreed."""
    agreed, not_agreed = ({who for who, found in opened if found is yes} for yes in (True, False))
    told = shown(
        Counts(
            opened=len(opened), openers=len(agreed | not_agreed), agreed=sum(found for _, found in opened),
            openers_agreed=len(agreed), openers_not_agreed=len(not_agreed),
        ),
        Told(), 5,
    )  # fmt: skip
    if told.opened is not None:
        assert len(agreed | not_agreed) >= 5
    if told.agreed is not None:
        assert told.opened is not None
        assert min(len(agreed), len(not_agreed)) >= 5
        assert min(told.agreed, told.opened - told.agreed) >= 5


# --- on a real database


@pytest.fixture(scope="module")
async def back(module_stack: MakeStack) -> AsyncIterator[LookingBack]:
    async with looking_back(module_stack) as made:
        yield made


async def figures(back: LookingBack, place: str, **more: Any) -> list[ExchangeMonth]:
    query = ShowExchangeFigures(neighbourhood_id=place, **more)
    return list((await back.get(query, actor=WORKER)).months)


async def lived_month(back: LookingBack, place: str) -> str:
    """A month in which six asks of six people were done by three neighbours each, and six found nobody."""
    people = [await back.someone(place) for _ in range(12)]
    at = clock.now()
    for number, one in enumerate(people[:6]):
        await back.had(place, one, *people[6:9], opened_at=at, at=at + timedelta(minutes=5), days_to_yes=1 + number / 9)
    for one in people[6:]:
        await back.had(place, one, stage="expired", opened_at=at, at=at + timedelta(minutes=5))
    await _gathering(back, place, at, people[:7])
    await _gathering(back, place, at, people[3:8])
    await _gathering(back, place, at, people, stage="cancelled")
    return at.astimezone(UTC).strftime("%Y-%m")


async def _gathering(
    back: LookingBack, place: str, at: datetime, people: list[UUID], stage: str = "held"
) -> None:  # fmt: skip
    await back.rows(
        """
        WITH made AS (
            INSERT INTO gathering (
                gathering_id, version, neighbourhood_id, title, place, starts_at, ends_at, stage, planned_by, planned_at
            ) VALUES (
                gen_random_uuid(), 1, $1, 'Koffie', 'Zaal', $2, $2::timestamptz + interval '1 hour', $3, 'operator', $2
            ) RETURNING gathering_id
        )
        INSERT INTO guest (gathering_id, participant_id, was_there)
        SELECT gathering_id, unnest($4::uuid[]), true FROM made
        """,
        place, at, stage, people,
    )  # fmt: skip


async def to_mid_month(back: LookingBack) -> None:
    """The middle of a month, so that what a test lives through falls in one."""
    now = clock.now()
    ahead = (15 - now.day) % 31 or 31
    back.move(timedelta(days=ahead))
    while clock.now().day not in range(10, 20):
        back.move(timedelta(days=1))


async def test_asks_answered_time_to_a_yes_and_how_widely_it_is_spread_are_counts_only(back: LookingBack) -> None:
    await to_mid_month(back)
    place = await back.place()
    month = await lived_month(back, place)
    assert await figures(back, place) == []
    back.move(timedelta(days=62))
    await back.fire()
    first, *_ = await figures(back, place)
    assert first == ExchangeMonth(
        month=month, opened=12, agreed=6, days_to_yes=1.5, people_in_exchanges=9, people_who_gave_a_turn=None,
        gatherings=2, people_at_gatherings=8,
    )  # fmt: skip
    (row,) = await back.rows("SELECT * FROM figure WHERE neighbourhood_id = $1 AND month = $2", place, month)
    assert row["people_who_gave_a_turn"] is None, "a small count was written down"


async def test_a_month_is_made_once_when_what_was_opened_in_it_has_had_its_time(back: LookingBack) -> None:
    await to_mid_month(back)
    place = await back.place()
    month = await lived_month(back, place)
    early = ExchangeMonthEnded(neighbourhood_id=place, month=month)
    await back.tell(early)
    assert await figures(back, place, until="2199-12") == []
    zone = ZoneInfo("Europe/Brussels")
    ready = ready_at(month, zone, policy.load())
    ((due,),) = await back.rows("SELECT due_at FROM messaging.timer WHERE key = $1", f"month:{place}:{month}")
    assert due == ready == stretch(month, zone)[1] + timedelta(days=28)
    back.move(ready - clock.now() + timedelta(minutes=1))
    await back.fire()
    before = await figures(back, place)
    extra = [await back.someone(place) for _ in range(20)]
    for one in extra:
        await back.had(place, one, opened_at=stretch(month, zone)[0])
    for _ in range(2):
        await back.tell(early)
    assert await figures(back, place) == before
    assert f"month:{place}:{month_of(stretch(month, zone)[1], zone)}" in await back.timers()


async def test_months_that_were_missed_are_made_one_after_the_other(back: LookingBack) -> None:
    await to_mid_month(back)
    place = await back.place()
    back.move(timedelta(days=140))
    await back.fire()
    months = [each.month for each in await figures(back, place)]
    assert len(months) == len(set(months)) >= 3
    assert months == sorted(months)


async def test_a_neighbourhood_that_ended_has_its_last_months_and_then_no_more(back: LookingBack) -> None:
    await to_mid_month(back)
    place = await back.place()
    await back.tell(NeighbourhoodKept(neighbourhood_id=place, version=2, names={"nl": "Hier"}, retired=True))
    back.move(timedelta(days=62))
    await back.fire()
    assert len(await figures(back, place)) == 1
    assert not [key for key in await back.timers() if place in key]


async def test_a_partner_sees_the_neighbourhoods_that_it_was_granted(back: LookingBack) -> None:
    place, other = await back.place(), await back.place()
    await back.grant("stad-gent", place)
    assert (await back.get(ShowExchangeFigures(neighbourhood_id=place), sender="stad-gent")).months == []
    assert await back.refused(ShowExchangeFigures(neighbourhood_id=other), sender="stad-gent") == (
        "outside_grant", "neighbourhood_id",
    )  # fmt: skip
    nowhere = ShowExchangeFigures(neighbourhood_id="nowhere")
    assert await back.refused(nowhere, actor="operator") == ("unknown_id", "neighbourhood_id")


async def test_nobody_is_shown_counts_of_their_own_street(back: LookingBack) -> None:
    """No public counts: they are for those who fund the work."""
    place = await back.place()
    one = await back.someone(place)
    query = ShowExchangeFigures(neighbourhood_id=place)
    assert await back.refused(query, actor=f"participant:{one}") == ("not_allowed", "ce-actor")


async def test_the_months_that_are_asked_for(back: LookingBack) -> None:
    await to_mid_month(back)
    place = await back.place()
    back.move(timedelta(days=200))
    await back.fire()
    made = [each.month for each in await figures(back, place)]
    assert [each.month for each in await figures(back, place, since=made[1], until=made[2])] == made[1:3]
    assert await figures(back, place, since=made[2], until=made[1]) == []
