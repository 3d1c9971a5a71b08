"""When the figures of a month have been made everywhere, and go out."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.figures import stretch
from shared.policy import Policy

ROOM = timedelta(days=1)
"""After the last of the services has made its own."""


def told_at(month: str, policy: Policy, zone: ZoneInfo) -> datetime:
    """In the morning of the day after what was opened or referred in the month has had its time to be answered."""
    _, ends = stretch(month, zone)
    days = max(policy.exchanges.open_days, policy.referrals.decide_days)
    day = (ends + timedelta(days=days) + ROOM).date()
    return datetime(day.year, day.month, day.day, 9, tzinfo=zone)


def next_month(month: str) -> str:
    """`2026-06` after `2026-05`."""
    year, number = (int(part) for part in month.split("-"))
    return f"{year + 1}-01" if number == 12 else f"{year}-{number + 1:02}"
