"""When a neighbourhood is looked at by itself: each morning, and on Monday morning, on its own clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

MORNING = time(6)


def next_morning(now: datetime, zone: ZoneInfo) -> datetime:
    """The next time that it is six in the morning there."""
    today = now.astimezone(zone).date()
    six = datetime.combine(today, MORNING, zone)
    return six if six > now else datetime.combine(today + timedelta(days=1), MORNING, zone)


def next_monday(now: datetime, zone: ZoneInfo) -> datetime:
    """The next time that it is six in the morning on a Monday there."""
    morning = next_morning(now, zone)
    return datetime.combine(morning.date() + timedelta(days=-morning.weekday() % 7), MORNING, zone)


def week_began(now: datetime, zone: ZoneInfo) -> datetime:
    """When this week began there."""
    today = now.astimezone(zone).date()
    return datetime.combine(today - timedelta(days=today.weekday()), time(0), zone)


To = Literal["look-for-silence", "propose"]
NEXT: dict[To, Callable[[datetime, ZoneInfo], datetime]] = {"look-for-silence": next_morning, "propose": next_monday}
"""When each is looked at next."""
