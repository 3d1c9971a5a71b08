"""Figures in which nobody can be found: no count under five, no rest under five, no difference under five."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profiles.domain.figures import Counts, Shown, Told, month_of, shown, stretch

NOTHING = Shown(None, None, None, None)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (Counts(40, 20, 12, 6), Shown(40, 20, 12, 6)),
        (Counts(4, 2, 4, 2), NOTHING),
        (Counts(40, 4, 12, 4), Shown(40, None, 12, None)),
        (Counts(40, 37, 12, 9), Shown(40, None, 12, None)),
        (Counts(40, 40, 12, 12), Shown(40, None, 12, None)),
        (Counts(10, 5, 10, 5), Shown(10, 5, 10, 5)),
        (Counts(0, 0, 0, 0), NOTHING),
    ],
)
def test_a_small_count_is_not_shown_and_neither_is_what_would_give_a_small_rest(
    counts: Counts, expected: Shown
) -> None:
    assert shown(counts, Told(), 5) == expected


def test_one_person_who_comes_or_goes_changes_no_figure() -> None:
    first = shown(Counts(40, 20, 0, 0), Told(), 5)
    second = shown(Counts(41, 21, 0, 0), _told(Told(), first), 5)
    assert (second.participants, second.with_circle) == (40, 20)
    third = shown(Counts(46, 21, 0, 0), _told(Told(), second), 5)
    assert (third.participants, third.with_circle) == (46, 20)


months = st.lists(
    st.integers(0, 60).flatmap(
        lambda here: st.builds(Counts, st.just(here), st.integers(0, here), st.just(0), st.just(0))
    ),
    min_size=2,
    max_size=12,
)


def _told(before: Told, month: Shown) -> Told:
    """As it is read back from what was kept."""
    if month.participants is None:
        return before
    if month.with_circle is None:
        return replace(before, participants=month.participants)
    return Told(month.participants, month.with_circle, month.participants - month.with_circle)


@given(months)
def test_no_subtraction_over_the_months_gives_fewer_than_five(counts: list[Counts]) -> None:
    before, told = Told(), []
    for month in counts:
        told.append(shown(month, before, 5))
        before = _told(before, told[-1])
    for name in ("participants", "with_circle"):
        values = [value for each in told if (value := getattr(each, name)) is not None]
        assert all(value >= 5 for value in values)
        assert all(one == other or abs(one - other) >= 5 for one, other in pairwise(values))
    rests = [
        each.participants - each.with_circle
        for each in told
        if each.participants is not None and each.with_circle is not None
    ]
    assert all(rest >= 5 for rest in rests)
    assert all(one == other or abs(one - other) >= 5 for one, other in pairwise(rests))


@given(st.integers(0, 60).flatmap(lambda here: st.tuples(st.just(here), st.integers(0, here))))
def test_newcomers_and_those_visited_hide_the_ones_that_were_not(pair: tuple[int, int]) -> None:
    came, visited = pair
    told = shown(Counts(0, 0, came, visited), Told(), 5)
    assert told.newcomers is None or told.newcomers >= 5
    if told.visited_in_time is not None:
        assert told.newcomers is not None
        assert told.visited_in_time >= 5
        assert told.newcomers - told.visited_in_time >= 5


def test_a_month_is_that_of_the_neighbourhood() -> None:
    zone = ZoneInfo("Europe/Brussels")
    assert month_of(datetime(2026, 12, 31, 23, 30, tzinfo=UTC), zone) == "2027-01"
    begins, ends = stretch("2026-12", zone)
    assert (begins.isoformat(), ends.isoformat()) == ("2026-12-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00")
