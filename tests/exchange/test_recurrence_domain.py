"""Which days a rule gives: on the clock of the neighbourhood, once a day at most, and never looked for without end."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.exchange.domain import recurrence
from services.exchange.domain.recurrence import MOST_AT_ONCE, Moments
from shared.messaging import Rejected

BRUSSELS = ZoneInfo("Europe/Brussels")
SATURDAY = datetime(2026, 5, 16, 14, tzinfo=BRUSSELS)


def days(rule: str, first: datetime = SATURDAY, weeks: int = 26) -> list[str]:
    """The days and hours that a rule gives, on the wall."""
    found = given_by(rule, first, weeks)
    return [f"{each.astimezone(BRUSSELS):%Y-%m-%d %H:%M}" for each in found.within]


def given_by(rule: str, first: datetime = SATURDAY, weeks: int = 26) -> Moments:
    read = recurrence.read(rule, first, BRUSSELS)
    return recurrence.moments(read, first, BRUSSELS, after=None, until=first + timedelta(weeks=weeks))


def refusal(rule: str, first: datetime = SATURDAY) -> str:
    with pytest.raises(Rejected) as refused:
        recurrence.read(rule, first, BRUSSELS)
    (problem,) = refused.value.problems
    assert (problem.code, problem.field) == ("bad_rule", "repeats")
    assert problem.message.startswith("repeats ")
    return problem.message


def test_the_third_saturday_of_six_months() -> None:
    assert days("FREQ=MONTHLY;BYDAY=3SA;COUNT=6") == [
        "2026-05-16 14:00", "2026-06-20 14:00", "2026-07-18 14:00", "2026-08-15 14:00", "2026-09-19 14:00",
        "2026-10-17 14:00",
    ]  # fmt: skip
    assert given_by("FREQ=MONTHLY;BYDAY=3SA;COUNT=6").then is None


def test_at_the_same_hour_when_the_clocks_change() -> None:
    for first in (datetime(2026, 10, 18, 14, tzinfo=BRUSSELS), datetime(2027, 3, 21, 14, tzinfo=BRUSSELS)):
        before, _, after = given_by("FREQ=WEEKLY;COUNT=3", first).within
        assert [each.astimezone(BRUSSELS).hour for each in (before, after)] == [14, 14]
        assert abs((after - before) - timedelta(weeks=2)) == timedelta(hours=1)


def test_an_hour_that_the_clocks_skip_is_an_hour_later_and_one_that_comes_twice_the_first() -> None:
    assert days("FREQ=WEEKLY;COUNT=2", datetime(2027, 3, 21, 2, 30, tzinfo=BRUSSELS))[1] == "2027-03-28 03:30"
    first = datetime(2026, 10, 18, 2, 30, tzinfo=BRUSSELS)
    assert given_by("FREQ=WEEKLY;COUNT=2", first).within[1] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_the_first_one_is_the_moment_that_was_given() -> None:
    second_time = datetime(2026, 10, 25, 2, 30, tzinfo=BRUSSELS, fold=1).astimezone(UTC)
    assert given_by("FREQ=WEEKLY", second_time).within[0] == second_time


@pytest.mark.parametrize(
    ("rule", "last"),
    [
        ("FREQ=WEEKLY;UNTIL=20260530", "2026-05-30 14:00"),
        ("FREQ=WEEKLY;UNTIL=20260530T140000", "2026-05-30 14:00"),
        ("FREQ=WEEKLY;UNTIL=20260530T135959", "2026-05-23 14:00"),
        ("FREQ=WEEKLY;UNTIL=20260530T120000Z", "2026-05-30 14:00"),
        ("FREQ=WEEKLY;UNTIL=20260530T115959Z", "2026-05-23 14:00"),
    ],
)
def test_until_a_day_that_counts_whole_or_a_moment(rule: str, last: str) -> None:
    assert days(rule)[-1] == last


def test_as_people_write_it() -> None:
    assert recurrence.read(" rrule:freq=weekly; byday=sa ", SATURDAY, BRUSSELS) == "FREQ=WEEKLY;BYDAY=SA"


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("every week", "is no recurrence rule"),
        ("FREQ=WEEKLY;", "is no recurrence rule"),
        ("FREQ", "FREQ"),
        ("BYDAY=SA", "no FREQ"),
        ("FREQ=HOURLY", "more than once a day"),
        ("FREQ=MINUTELY", "more than once a day"),
        ("FREQ=SECONDLY;COUNT=3", "more than once a day"),
        ("FREQ=DAILY;BYHOUR=9,14", "leave it out"),
        ("FREQ=DAILY;BYMINUTE=0,30", "leave it out"),
        ("FREQ=WEEKLY;FREQ=DAILY", "twice"),
        ("FREQ=WEEKLY;INTERVAL=0", "INTERVAL"),
        ("FREQ=WEEKLY;INTERVAL=-1", "INTERVAL"),
        ("FREQ=WEEKLY;COUNT=0", "COUNT"),
        ("FREQ=WEEKLY;COUNT=2;UNTIL=20261231", "choose one"),
        ("FREQ=WEEKLY;UNTIL=20261399", "no day"),
        ("FREQ=WEEKLY;UNTIL=20250101", "ends before"),
        ("FREQ=WEEKLY;UNTIL=tomorrow", "UNTIL"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=3SA", "numbers a day"),
        ("FREQ=WEEKLY;BYMONTHDAY=16", "can't go with"),
        ("FREQ=MONTHLY;BYYEARDAY=3", "can't go with"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=YEARLY;BYEASTER=0", "is no recurrence rule"),
        ("FREQ=WEEKLY\nDTSTART:19700101", "FREQ"),
        ("FREQ=MONTHLY;BYMONTHDAY=٣", "BYMONTHDAY"),
        ("FREQ=WEEKLY;BYDAY=TU", "Saturday 16 May"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "Saturday 16 May"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "Saturday 16 May"),
        ("FREQ=MONTHLY;BYDAY=SA;BYSETPOS=9", "Saturday 16 May"),
    ],
)
def test_what_gives_no_gathering_is_refused_with_a_sentence(rule: str, says: str) -> None:
    started = time.process_time()
    assert says in refusal(rule)
    assert time.process_time() - started < 1


def test_no_more_than_a_hundred_at_once_and_the_rest_after_them() -> None:
    first = given_by("FREQ=DAILY", weeks=52)
    assert len(first.within) == MOST_AT_ONCE
    rest = recurrence.moments("FREQ=DAILY", SATURDAY, BRUSSELS, after=first.within[-1], until=SATURDAY + timedelta(105))
    assert rest.within[0] == first.then
    assert len(rest.within) == 6


def test_a_day_that_comes_once_in_a_generation_is_found_quickly() -> None:
    leap = datetime(2028, 2, 29, 14, tzinfo=BRUSSELS)
    for interval in (1, 2, 4, 97, 400, 999):
        started = time.process_time()
        rule = f"FREQ=DAILY;INTERVAL={interval};BYMONTH=2;BYMONTHDAY=29;BYDAY=TU"
        assert given_by(rule, leap).within == (leap,)
        assert time.process_time() - started < 1


_numbers = st.lists(st.integers(-60, 400), min_size=1, max_size=4).map(lambda many: ",".join(map(str, many)))
_days = st.lists(st.sampled_from(["MO", "SA", "2TU", "-1SA", "5FR", "+3SA", "9WE"]), min_size=1, max_size=4)
_parts = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])},
    optional={
        "INTERVAL": st.integers(0, 1200).map(str), "COUNT": st.integers(0, 12_000).map(str),
        "UNTIL": st.dates().map(lambda day: f"{day.year:04}{day:%m%d}"), "WKST": st.sampled_from(["MO", "SU"]),
        "BYDAY": _days.map(",".join), "BYMONTH": _numbers, "BYMONTHDAY": _numbers, "BYYEARDAY": _numbers,
        "BYWEEKNO": _numbers, "BYSETPOS": _numbers,
    },
)  # fmt: skip
_moments = st.datetimes(datetime(2026, 1, 1), datetime(2126, 1, 1), timezones=st.just(BRUSSELS)).map(
    lambda at: at.astimezone(UTC)
)


@settings(max_examples=400, deadline=timedelta(seconds=2))
@given(parts=_parts, first=_moments)
def test_any_rule_is_refused_or_gives_days_in_order_from_the_first_on(parts: dict[str, str], first: datetime) -> None:
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        read = recurrence.read(rule, first, BRUSSELS)
    except Rejected as refused:
        assert refused.problems[0].field == "repeats"
        return
    found = recurrence.moments(read, first, BRUSSELS, after=None, until=first + timedelta(days=100))
    assert found.within[0] == first
    local = [each.astimezone(BRUSSELS) for each in found.within]
    assert all(one < other for one, other in pairwise(found.within))
    assert len({each.date() for each in local}) == len(local)
    assert found.then is None or found.then > found.within[-1]
    if "COUNT" in parts:
        assert len(found.within) <= int(parts["COUNT"])
    again = recurrence.moments(read, first, BRUSSELS, after=found.within[0], until=first + timedelta(days=100))
    assert again.within[:50] == found.within[1:51]


@settings(max_examples=300, deadline=timedelta(seconds=2))
@given(st.text(max_size=60) | st.text("FREQ=WKLYDAI;BUNT0123456789,SOMH:", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        recurrence.read(text, SATURDAY, BRUSSELS)
    except Rejected as refused:
        assert refused.problems[0].message.startswith("repeats ")
