"""When a service is open: what schedules say of a moment, of a week, and to people."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

import pytest
from dateutil import rrule
from hypothesis import given
from hypothesis import strategies as st

from services.signals.domain import directory_hours as hours

CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MORNING = {"opens_at": "09:00", "closes_at": "12:00"}
MONDAY = date(2026, 3, 2)


def opens(day: date, **row: str) -> bool | None:
    """At ten on this day."""
    return hours.open_at(hours.read([MORNING | row]), datetime(day.year, day.month, day.day, 10))


@pytest.mark.parametrize(
    ("row", "days"),
    [
        ({}, [2, 3, 4, 5, 6, 7, 8, 9]),
        ({"freq": "WEEKLY", "byday": "MO,WE"}, [2, 4, 9]),
        ({"freq": "MONTHLY", "byday": "1TU"}, [3]),
        ({"freq": "MONTHLY", "byday": "2MO,1WE"}, [4, 9]),
        ({"freq": "MONTHLY", "bymonthday": "5,-23"}, [5, 9]),
        ({"freq": "MONTHLY", "dtstart": "2026-01-06"}, [6]),
        ({"freq": "WEEKLY", "byday": "MO", "interval": "2", "dtstart": "2026-02-16"}, [2]),
        ({"freq": "WEEKLY", "byday": "MO", "interval": "2", "dtstart": "2026-02-23"}, [9]),
        ({"byday": "MO", "byweekno": "10"}, [2]),
        ({"byyearday": "64"}, [5]),
        ({"valid_from": "2026-03-04", "valid_to": "2026-03-06"}, [4, 5, 6]),
        ({"freq": "WEEKLY", "byday": "MO", "dtstart": "2026-02-23", "count": "2"}, [2]),
    ],
)
def test_a_schedule_opens_on_the_days_that_it_says(row: dict[str, str], days: list[int]) -> None:
    assert [day for day in range(2, 10) if opens(date(2026, 3, day), **row)] == days


@given(
    days=st.lists(st.sampled_from(CODES), unique=True, min_size=1),
    interval=st.integers(1, 5),
    begins=st.dates(date(2025, 1, 1), date(2026, 12, 31)),
    ahead=st.integers(0, 400),
    count=st.none() | st.integers(1, 30),
)
def test_weeks_are_counted_as_the_standard_counts_them(
    days: list[str], interval: int, begins: date, ahead: int, count: int | None
) -> None:
    """RFC 5545, as the library that the exchanges use works it out."""
    row = {"freq": "WEEKLY", "byday": ",".join(days), "interval": str(interval), "dtstart": begins.isoformat()}
    row |= {"count": str(count)} if count else {}
    start = datetime(begins.year, begins.month, begins.day)
    rule = rrule.rrule(
        rrule.WEEKLY, dtstart=start, interval=interval, byweekday=[CODES.index(each) for each in days], count=count
    )
    day = start + timedelta(ahead)
    (read,) = hours.read([MORNING | row])
    assert read.on(day.date()) == (day in rule)


@given(
    opens=st.integers(0, 1439), closes=st.integers(0, 1439), day=st.sampled_from(CODES), minute=st.integers(0, 10_079)
)
def test_the_minutes_of_the_week_are_those_at_which_it_is_open(opens: int, closes: int, day: str, minute: int) -> None:
    """Also past midnight, and from Sunday into Monday."""
    row = {
        "byday": day,
        "opens_at": f"{opens // 60:02}:{opens % 60:02}",
        "closes_at": f"{closes // 60:02}:{closes % 60:02}",
    }
    read = hours.read([row])
    local = datetime(MONDAY.year, MONDAY.month, MONDAY.day) + timedelta(minutes=minute)
    assert hours.minute_of_week(local) == minute
    week = hours.in_week(read)
    assert week is not None
    assert any(begins <= minute < ends for begins, ends in week) == hours.open_at(read, local)
    assert minute // hours.AN_HOUR in hours.hours_of_week(week) or not hours.open_at(read, local)
    assert hours.hours_of_week(week) == {at // hours.AN_HOUR for begins, ends in week for at in range(begins, ends)}


def test_on_a_public_holiday_the_hours_of_a_week_say_nothing() -> None:
    """What never closes is open, and what has hours for that very day keeps to them."""
    at_ten = datetime(2026, 4, 6, 10)  # Easter Monday
    day = at_ten.date().isoformat()

    def there(*rows: dict[str, str]) -> bool | None:
        return hours.open_at(hours.read(rows), at_ten, holiday=True)

    assert there(MORNING) is None
    assert there({"byday": "MO", **MORNING}) is None
    assert there({"opens_at": "00:00", "closes_at": "00:00"}) is True
    assert there({"byday": "MO", "opens_at": "00:00", "closes_at": "00:00"}) is None
    assert there(MORNING, {"valid_from": day, "valid_to": day, **MORNING}) is True
    assert there({"valid_from": day, "valid_to": day, "opens_at": "13:00", "closes_at": "17:00"}) is False


def test_without_hours_it_is_not_known_whether_it_is_open() -> None:
    assert opens(MONDAY, valid_to="2020-01-01") is None, "they are over"
    assert hours.open_at(hours.read([{"description": "na afspraak"}]), datetime(2026, 3, 2, 10)) is None
    assert hours.in_week([]) is None


@pytest.mark.parametrize(
    ("language", "rows", "lines"),
    [
        (
            "nl",
            [{"byday": "MO"}, {"byday": "TU,WE"}, {"byday": "SA", "opens_at": "10:00"}],
            ["ma–wo 9:00–12:00", "za 10:00–12:00"],
        ),
        ("nl", [{}], ["elke dag 9:00–12:00"]),
        ("fr", [{"byday": "MO,TH"}], ["lu, je 9:00–12:00"]),
        ("nl", [{"freq": "MONTHLY", "byday": "2SA"}], ["de 2e za van de maand 9:00–12:00"]),
        ("en", [{"freq": "MONTHLY", "byday": "-1SU"}], ["the last Sun of the month 9:00–12:00"]),
        ("nl", [{"byday": "MO", "interval": "2", "dtstart": "2026-01-05"}], ["ma, om de 2 weken, 9:00–12:00"]),
        ("nl", [{"byday": "MO", "valid_to": "2026-06-30"}], ["ma 9:00–12:00 tot 30/06/2026"]),
        ("nl", [{"byday": "MO", "description": "zonder afspraak"}], ["ma 9:00–12:00 (zonder afspraak)"]),
        ("tr", [{"byday": "MO"}], ["Mon 9:00–12:00"]),
    ],
)
def test_hours_are_told_in_a_line_in_the_language_of_the_service(
    language: str, rows: list[dict[str, str]], lines: list[str]
) -> None:
    assert list(hours.lines([MORNING | row for row in rows], language)) == lines


@pytest.mark.parametrize(
    "row",
    [
        {"freq": "WEEKLY", "bymonthday": "999"},
        {"freq": "MONTHLY", "bymonthday": "1", "byday": "5MO"},
        {"freq": "WEEKLY", "byday": "MO", "dtstart": "0001-01-01"},
    ],
)
def test_hours_that_come_on_no_day_at_all_hold_nobody_up(row: dict[str, str]) -> None:
    """A directory may say anything: looked for until the year 9999, it held up the service for twenty seconds."""
    began = time.process_time()
    assert opens(MONDAY, **({"count": "5", "dtstart": "2020-01-01"} | row)) is False
    assert time.process_time() - began < 1


def test_hours_that_are_only_told_in_words_are_told_in_those() -> None:
    assert hours.lines([{"description": "Na telefonische afspraak."}], "nl") == ("Na telefonische afspraak.",)
