"""A moment as a form asks for it: a day, an hour, or any such day of the week; all of it may stay open."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.notify.pages.page import Page
from services.notify.pages.trouble import Mistake, Mistakes
from services.notify.writing.language import Speech
from shared import clock
from shared.contracts.exchange import When

FIELDS = {
    "when.at": "when-day", "when.day": "when-day", "when.weekday": "when-weekday", "when.part": "when-part",
    "when": "when-day", "starts_at": "day", "ends_at": "ends",
}  # fmt: skip


def when(page: Page) -> When:
    """What was filled in. Raises Mistakes for a day and a day of the week at once, or an hour without a day."""
    day, clock, weekday, part = page.day("when-day"), page.clock("when-time"), page.text("when-weekday"), None
    part = page.text("when-part") or None
    if day is not None and weekday:
        raise Mistakes([Mistake("when-weekday", "one_moment")])
    if clock is not None and day is None:
        raise Mistakes([Mistake("when-day", "day")])
    if day is not None and clock is not None:
        return page.build_at(FIELDS, When, at=datetime.combine(day, clock, page.speech.zone))
    return page.build_at(FIELDS, When, day=day, weekday=weekday or None, part=part)


def filled(moment: When, zone: ZoneInfo) -> dict[str, str]:
    """The same, as the fields show it."""
    at = moment.at.astimezone(zone) if moment.at else None
    day = at.date() if at else moment.day
    return {
        "when-day": day.isoformat() if day else "",
        "when-time": f"{at:%H:%M}" if at else "",
        "when-weekday": moment.weekday or "",
        "when-part": moment.part or "",
    }


def hour(speech: Speech, at: time) -> str:
    """An hour of any day, as it is written in this language: `20 uur`."""
    return speech.time(datetime.combine(clock.now().astimezone(speech.zone), at, speech.zone))


def lasting(page: Page) -> tuple[datetime, datetime]:
    """From when until when: a day, an hour, and the hour at which it ends, after midnight too. Raises Mistakes."""
    starts, ends = page.moment("day", "starts"), page.moment("day", "ends")
    if starts is None or ends is None:
        raise Mistakes([Mistake("day", "day")])
    return starts, ends if ends > starts else ends + timedelta(days=1)
