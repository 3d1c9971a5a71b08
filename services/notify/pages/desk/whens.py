"""When something is to be: a moment, a day, any such weekday, or some time; and how a form asks for it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from services.notify.pages.desk import words as called
from services.notify.pages.desk.forms import Field, Option
from services.notify.pages.desk.views.parts import Say
from services.notify.pages.page import Page
from shared.contracts.exchange import When

BRUSSELS = ZoneInfo("Europe/Brussels")


def when_fields(say: Say, heading: str, before: When | None = None, zone: ZoneInfo = BRUSSELS) -> tuple[Field, ...]:
    """A day with an hour, or a weekday and a part of the day; nothing at all is some time."""
    before = before or When()
    at = before.at.astimezone(zone) if before.at else None
    day = f"{at:%Y-%m-%d}T{at:%H:%M}" if at else f"{before.day:%Y-%m-%d}T" if before.day else ""
    weekdays = [Option("", say("No fixed day")), *(Option(each, say(label)) for each, label in called.WEEKDAY.items())]
    parts = [Option("", say("Any time of day")), *(Option(each, say(label)) for each, label in called.DAY_PART.items())]
    return (
        Field(
            "day",
            say("Day and hour"),
            "moment",
            value=day,
            heading=heading,
            about=("when", "when.at", "when.day"),
            hint=say("Leave both empty when any day will do. The hour may stay empty too."),
        ),
        Field(
            "weekday", say("Or: any such day"), "select", weekdays, value=before.weekday or "", about=("when.weekday",)
        ),
        Field("part", say("Part of the day"), "select", parts, value=before.part or "", about=("when.part",)),
    )


def when_given(page: Page) -> When:
    """What was filled in. Raises Mistakes for what can't be together."""
    day, at = page.day("day"), page.clock("day_time")
    moment = page.moment("day", "day_time") if day and at else None
    values = {"day": None if moment else day, "at": moment, "weekday": page.text("weekday"), "part": page.text("part")}
    places = {name: {"at": "day"}.get(name, name) for name in values}
    return page.build_at(places, When, **{name: value for name, value in values.items() if value})
