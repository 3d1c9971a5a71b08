"""Days on which people work: Monday to Friday, but for the public holidays of the neighbourhood's country."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

_DAY = timedelta(days=1)
_WEEKEND = (5, 6)


def is_working_day(day: date, country: str) -> bool:
    """Whether people work that day. `country` as the policy has it: `BE`, or with a part of it `DE-BE`."""
    return day.weekday() not in _WEEKEND and day not in _holidays(country)


def is_public_holiday(day: date, country: str) -> bool:
    """Whether it is a public holiday there."""
    return day in _holidays(country)


def after_working_days(begins: datetime, days: int, zone: ZoneInfo, country: str) -> datetime:
    """The moment so many working days later, at the same time of day; the day on which it begins doesn't count."""
    local = begins.astimezone(zone)
    day = local.date()
    while days > 0:
        day += _DAY
        days -= is_working_day(day, country)
    return datetime.combine(day, local.timetz().replace(tzinfo=zone)).astimezone(begins.tzinfo)


def after_working_hours(begins: datetime, hours: int, zone: ZoneInfo, country: str) -> datetime:
    """The moment when so many hours of working days have passed: each has 24, and what lies between counts for none.

    48 hours from Friday at ten is Tuesday at ten.
    """
    at = begins.astimezone(zone).replace(tzinfo=None)
    left = timedelta(hours=hours)
    while True:
        ends = datetime.combine(at.date() + _DAY, time())
        if is_working_day(at.date(), country):
            if left <= ends - at:
                return (at + left).replace(tzinfo=zone).astimezone(begins.tzinfo)
            left -= ends - at
        at = ends


@cache
def _holidays(country: str) -> holidays.HolidayBase:
    name, _, part = country.partition("-")
    return holidays.country_holidays(name, subdiv=part or None)
