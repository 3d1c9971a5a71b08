"""A moment as people write it: `tuesday afternoon`, `4 juni 14:00`, `tomorrow`, `some time`."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from deploy.imports.words import PARTS, WEEKDAYS, Unclear, indexed, key

MONTHS = indexed(
    {
        "1": "januari|jan|janvier|january|januar",
        "2": "februari|feb|février|february|februar",
        "3": "maart|mrt|mars|march|märz",
        "4": "april|apr|avril",
        "5": "mei|mai|may",
        "6": "juni|jun|juin|june",
        "7": "juli|jul|juillet|july",
        "8": "augustus|aug|août|august",
        "9": "september|sep|sept|septembre",
        "10": "oktober|okt|octobre|october|oct",
        "11": "november|nov|novembre",
        "12": "december|dec|décembre|dezember",
    }
)
_NEARBY = indexed(
    {"0": "vandaag|aujourd'hui|today|heute", "1": "morgen|demain|tomorrow", "2": "overmorgen|après-demain|übermorgen"}
)
_SOME_TIME = {
    key(word)
    for word in (
        "some time", "sometime", "any time", "whenever", "ooit", "eens", "om het even wanneer", "gelijk wanneer",
        "maakt niet uit", "un jour", "n'importe quand", "irgendwann",
    )
}  # fmt: skip
_NEXT = {key(word) for word in ("next", "volgende", "komende", "prochain", "prochaine", "nächsten")}
_FILLERS = {"at", "on", "the", "of", "in", "s", "op", "om", "de", "uur", "le", "a", "h", "um", "am", "den"}
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})(?:T(?=\d))?")
_SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2})(?:/(\d{4}))?\b")
_NAMED = re.compile(r"\b(\d{1,2})\.?(?:st|nd|rd|th)? +([^\W\d]+)\.?(?: +(\d{4}))?\b")
_CLOCK = re.compile(r"\b(\d{1,2}) ?(?:[:.] ?(\d{2})|[uh] ?(\d{2})?)(?!\w)")
_EXAMPLES = "write it like 'tuesday afternoon', '2026-06-04 14:00', 'tomorrow morning' or 'some time'"


def when(text: str, today: date, zone: ZoneInfo) -> dict[str, Any]:
    """A moment, a day or a part of it, a part of any such weekday, or, empty, some time. Raises Unclear."""
    if key(text) in _SOME_TIME:
        return {}
    day, rest = _day(text, today)
    clock, rest = _clock(rest)
    found: dict[str, str] = {}
    soon = False
    for word in key(rest).replace("apres midi", "aprem").split():
        if word in WEEKDAYS:
            found["weekday"] = WEEKDAYS[word]
        elif word in _NEARBY and day is None and not found:
            day = today + timedelta(days=int(_NEARBY[word]))
        elif word in PARTS:
            found["part"] = PARTS[word]
        elif word in _NEXT:
            soon = True
        elif word not in _FILLERS:
            raise Unclear(f"'{text}' is no moment: {_EXAMPLES}")
    if day is None and "weekday" in found and (soon or clock is not None):
        day = _following(found["weekday"], today)
    if clock is not None:
        if day is None:
            raise Unclear(f"'{text}' has no day: {_EXAMPLES}")
        return {"at": datetime.combine(day, clock, zone)}
    if day is not None:
        return {"day": day} | {name: value for name, value in found.items() if name == "part"}
    if not found:
        raise Unclear(f"'{text}' is no moment: {_EXAMPLES}")
    return dict(found)


def moment(text: str, today: date, zone: ZoneInfo) -> datetime:
    """One moment; a time alone is on `today`. Raises Unclear."""
    clock, rest = _clock(text)
    if clock is not None and not key(rest):
        return datetime.combine(today, clock, zone)
    found: datetime | None = when(text, today, zone).get("at")
    if found is None:
        raise Unclear(f"'{text}' has no day and time: write it like '2026-06-04 14:00' or 'tuesday 14:00'")
    return found


def _day(text: str, today: date) -> tuple[date | None, str]:
    """The date in it, and what is left. Without a year it is the next such day."""
    for pattern, order in ((_ISO, (1, 2, 3)), (_SLASHED, (3, 2, 1)), (_NAMED, (3, 2, 1))):
        if not (match := pattern.search(text)):
            continue
        year, month, number = (match[each] for each in order)
        month = MONTHS.get(key(month)) if pattern is _NAMED else month
        if month is None:
            continue
        try:
            day = date(int(year or today.year), int(month), int(number))
            if not year and day < today:
                day = day.replace(year=today.year + 1)
        except ValueError:
            raise Unclear(f"'{match[0].strip()}' is no day that exists") from None
        return day, f"{text[: match.start()]} {text[match.end() :]}"
    return None, text


def _clock(text: str) -> tuple[time | None, str]:
    match = _CLOCK.search(text)
    if not match:
        return None, text
    hour, minute = int(match[1]), int(match[2] or match[3] or 0)
    if hour > 23 or minute > 59:
        raise Unclear(f"'{match[0].strip()}' is no time of day")
    return time(hour, minute), f"{text[: match.start()]} {text[match.end() :]}"


def _following(weekday: str, today: date) -> date:
    """The first such day after today."""
    ahead = list(dict.fromkeys(WEEKDAYS.values())).index(weekday) - today.weekday()
    return today + timedelta(days=ahead if ahead > 0 else ahead + 7)
