"""When something happens: a stretch of time from what people say, whether it suits someone, and quiet hours."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.contracts.exchange import When
from shared.policy import DayParts, QuietHours

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Stretch = tuple[datetime, datetime]


def stretch(when: When, zone: ZoneInfo, parts: DayParts) -> Stretch | None:
    """From when until when it can happen; None for some time, or any such weekday."""
    if when.at is not None:
        return when.at, when.at
    if when.day is None:
        return None
    if when.part is None:
        return _at(when.day, time(0), zone), _at(when.day + timedelta(days=1), time(0), zone)
    part = getattr(parts, when.part)
    return _at(when.day, part.begins, zone), _at(when.day, part.ends, zone)


def slots(when: When, zone: ZoneInfo, parts: DayParts) -> list[str]:
    """The parts of a week that it can fall in, as availability is kept: `tuesday-afternoon`. None: at any."""
    weekday = when.weekday
    if when.at is not None:
        local = when.at.astimezone(zone)
        weekday = WEEKDAYS[local.weekday()]  # type: ignore[assignment]
        named = [name for name in _PARTS if _within(getattr(parts, name), local.time())]
        return [f"{weekday}-{name}" for name in named]
    if when.day is not None:
        weekday = WEEKDAYS[when.day.weekday()]  # type: ignore[assignment]
    days = [weekday] if weekday is not None else list(WEEKDAYS) if when.part is not None else []
    return [f"{day}-{part}" for day in days for part in ([when.part] if when.part else _PARTS)]


def suits(availability: Collection[str], wanted: Collection[str]) -> bool | None:
    """Whether someone is usually free then; None when they or the question left it open."""
    if not availability or not wanted:
        return None
    return bool(set(availability) & set(wanted))


def quiet(at: datetime, hours: QuietHours, zone: ZoneInfo) -> bool:
    """Whether nobody is to be disturbed at this moment."""
    now = at.astimezone(zone).time()
    if hours.start <= hours.end:
        return hours.start <= now < hours.end
    return now >= hours.start or now < hours.end


def after_quiet(at: datetime, hours: QuietHours, zone: ZoneInfo) -> datetime:
    """This moment, or the first one after it at which someone may be disturbed."""
    if not quiet(at, hours, zone):
        return at
    local = at.astimezone(zone)
    day = local.date() if local.time() < hours.end else local.date() + timedelta(days=1)
    return _at(day, hours.end, zone)


_PARTS = ("morning", "afternoon", "evening")


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone)


def _within(part: object, clock: time) -> bool:
    return bool(part.begins <= clock < part.ends)  # type: ignore[attr-defined]
