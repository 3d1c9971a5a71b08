"""Days on which people work: what is counted in them, and what lies between."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.working_days import after_working_days, after_working_hours, is_working_day

ZONE = ZoneInfo("Europe/Brussels")


def at(*when: int) -> datetime:
    return datetime(*when, tzinfo=ZONE)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("day", "country", "works"),
    [
        (date(2026, 7, 20), "BE", True),
        (date(2026, 7, 21), "BE", False),  # the national holiday
        (date(2026, 7, 21), "NL", True),
        (date(2026, 7, 18), "BE", False),  # a Saturday
        (date(2026, 6, 4), "DE-NW", False),  # Corpus Christi: in some parts only
        (date(2026, 6, 4), "DE-BE", True),
    ],
)
def test_people_work_on_weekdays_that_are_no_holiday_of_theirs(day: date, country: str, works: bool) -> None:
    assert is_working_day(day, country) is works


@pytest.mark.parametrize(
    ("begins", "hours", "ends"),
    [
        (at(2026, 6, 5, 10), 48, at(2026, 6, 9, 10)),  # Friday to Tuesday
        (at(2026, 6, 6, 15), 24, at(2026, 6, 9, 0)),  # from a Saturday, the whole of Monday
        (at(2026, 7, 20, 9), 24, at(2026, 7, 22, 9)),  # over the national holiday
        (at(2026, 3, 27, 9), 24, at(2026, 3, 30, 9)),  # over the night in which clocks change
    ],
)
def test_hours_of_working_days_are_counted(begins: datetime, hours: int, ends: datetime) -> None:
    assert after_working_hours(begins, hours, ZONE, "BE") == ends


@pytest.mark.parametrize(
    ("begins", "days", "ends"),
    [
        (at(2026, 6, 4, 16, 30), 2, at(2026, 6, 8, 16, 30)),  # Thursday to Monday
        (at(2026, 6, 6, 9), 1, at(2026, 6, 8, 9)),  # from a Saturday
        (at(2026, 3, 27, 9), 2, at(2026, 3, 31, 9)),  # the same time of day, also when clocks change
        (at(2026, 6, 4, 9), 0, at(2026, 6, 4, 9)),
    ],
)
def test_working_days_are_counted_from_the_next(begins: datetime, days: int, ends: datetime) -> None:
    assert after_working_days(begins, days, ZONE, "BE") == ends


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)), st.integers(1, 240))
def test_it_ends_on_a_working_day_and_later_than_it_began(begins: datetime, hours: int) -> None:
    moment = begins.replace(tzinfo=UTC)
    ends = after_working_hours(moment, hours, ZONE, "BE")
    assert ends > moment
    before = (ends.astimezone(ZONE).replace(tzinfo=None)) - datetime.resolution
    assert is_working_day(before.date(), "BE")
    assert is_working_day(after_working_days(moment, hours % 30 + 1, ZONE, "BE").astimezone(ZONE).date(), "BE")
