"""Whom a gathering asks: pure choice."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.exchange.domain.gatherings import Gathering, Neighbour, choose
from shared.ids import new_id
from shared.policy import DayParts, Stretch

BRUSSELS = ZoneInfo("Europe/Brussels")
PARTS = DayParts(
    morning=Stretch(begins=time(9), ends=time(12)), afternoon=Stretch(begins=time(12), ends=time(18)),
    evening=Stretch(begins=time(18), ends=time(21)),
)  # fmt: skip
SATURDAY = datetime(2026, 5, 16, 12, tzinfo=UTC)
GATHERING = Gathering(
    gathering_id=UUID(int=7), series_id=None, day=None, version=1, neighbourhood_id="here", host_id=None,
    title="Koffie", kind=None, place="Hier", cell=None, starts_at=SATURDAY, ends_at=SATURDAY + timedelta(hours=2),
    seats=None, bring=None, invites_at=None, stage="planned", planned_by="operator", planned_at=SATURDAY,
)  # fmt: skip


def chosen(near: list[Neighbour], *, wanted: int = 12, strangers_percent: int = 50) -> list[UUID]:
    return choose(near, GATHERING, BRUSSELS, PARTS, wanted=wanted, strangers_percent=strangers_percent)


def neighbour(
    *, known: bool = False, alone: bool = False, enjoys: bool = False, free: tuple[str, ...] = ()
) -> Neighbour:  # fmt: skip
    return Neighbour(new_id(), known, alone, enjoys, free)


@pytest.mark.parametrize(("strangers_percent", "known"), [(0, 12), (25, 9), (50, 6), (100, 0)])
def test_the_shares_are_those_of_the_policy(strangers_percent: int, known: int) -> None:
    near = [neighbour(known=n % 3 == 0) for n in range(60)]
    found = chosen(near, strangers_percent=strangers_percent)
    assert sum(each.knows_someone for each in near if each.participant_id in found) == known


def test_who_enjoys_it_comes_before_who_knows_nobody_and_that_before_who_is_free() -> None:
    busy, free = neighbour(free=("monday-morning",)), neighbour(free=("saturday-afternoon",))
    alone, fond = neighbour(alone=True), neighbour(enjoys=True, free=("monday-morning",))
    assert chosen([busy, free, alone, fond]) == [each.participant_id for each in (fond, alone, free, busy)]


_neighbours = st.lists(
    st.builds(Neighbour, st.uuids(), st.booleans(), st.booleans(), st.booleans(), st.just(())),
    max_size=40, unique_by=lambda each: each.participant_id,
)  # fmt: skip


@given(near=_neighbours, wanted=st.integers(1, 30), strangers_percent=st.integers(0, 100), data=st.data())
def test_as_many_as_there_are_nobody_twice_and_the_same_in_any_order(
    near: list[Neighbour], wanted: int, strangers_percent: int, data: st.DataObject
) -> None:
    found = chosen(near, wanted=wanted, strangers_percent=strangers_percent)
    assert len(found) == len(set(found)) == min(wanted, len(near))
    again = chosen(data.draw(st.permutations(near)), wanted=wanted, strangers_percent=strangers_percent)
    assert found == again
