"""Which days a recurrence rule (RFC 5545) gives, on the clock of a neighbourhood.

A rule gives days; the hour is that of the first one, also when the clocks change in between. python-dateutil works them
out. It takes more than the standard allows and, asked for the next day of a rule that has none, looks on until the year
9999: so what a rule may say is read here first, and it must give the day on which it begins. Then the next one, if
there is any, is never far to look for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from shared.messaging import Rejected

MOST_AT_ONCE = 100
"""How many moments are worked out in one go."""
_WEEKDAY = "(MO|TU|WE|TH|FR|SA|SU)"
_ONE_DAY = rf"([+-]?[1-9][0-9]?)?{_WEEKDAY}"
_PARTS: dict[str, tuple[str, str]] = {
    "FREQ": ("DAILY|WEEKLY|MONTHLY|YEARLY", "DAILY WEEKLY MONTHLY YEARLY"),
    "INTERVAL": ("[1-9][0-9]{0,2}", "DAILY WEEKLY MONTHLY YEARLY"),
    "COUNT": ("[1-9][0-9]{0,3}", "DAILY WEEKLY MONTHLY YEARLY"),
    "UNTIL": ("[0-9]{8}(T[0-9]{6}Z?)?", "DAILY WEEKLY MONTHLY YEARLY"),
    "WKST": (_WEEKDAY, "DAILY WEEKLY MONTHLY YEARLY"),
    "BYDAY": (rf"{_ONE_DAY}(,{_ONE_DAY})*", "DAILY WEEKLY MONTHLY YEARLY"),
    "BYMONTH": (r"(0?[1-9]|1[0-2])(,(0?[1-9]|1[0-2]))*", "DAILY WEEKLY MONTHLY YEARLY"),
    "BYMONTHDAY": (r"[+-]?[1-9][0-9]?(,[+-]?[1-9][0-9]?)*", "DAILY MONTHLY YEARLY"),
    "BYYEARDAY": (r"[+-]?[1-9][0-9]{0,2}(,[+-]?[1-9][0-9]{0,2})*", "YEARLY"),
    "BYWEEKNO": (r"[+-]?[1-9][0-9]?(,[+-]?[1-9][0-9]?)*", "YEARLY"),
    "BYSETPOS": (r"[+-]?[1-9][0-9]?(,[+-]?[1-9][0-9]?)*", "DAILY WEEKLY MONTHLY YEARLY"),
}  # fmt: skip
"""What a rule can be made of: the shape of each part, and with which frequencies the standard allows it."""
_BEYOND = "9999999"
"""An interval after which there is no second period: so much is looked at, and no more."""


@dataclass(frozen=True, slots=True)
class Moments:
    """The moments of a stretch of time that a rule gives, in order, and the first one after it."""

    within: tuple[datetime, ...]
    then: datetime | None
    """None: there are no more."""


def read(repeats: str, first: datetime, zone: ZoneInfo) -> str:
    """A rule as it is kept, without blanks and in capitals. Refused unless it gives the day of the first moment."""
    text = re.sub(r"\s", "", repeats).upper().removeprefix("RRULE:")
    parts = _parts(text)
    local = _local(first, zone)
    with_until = _with_until(parts, zone)
    if (until := with_until.get("UNTIL")) is not None and until < _written(local):
        raise _refused("ends before starts_at: give a later UNTIL")
    begins = with_until | {"INTERVAL": _BEYOND}
    try:
        given = next(iter(rrulestr(_joined(begins), dtstart=local)), None)
    except ValueError as error:
        raise _refused("holds a number that lies beyond any calendar: look at each one") from error
    if given != local:
        raise _refused(f"doesn't give the day of starts_at, {local:%A} {local:%-d %B}: begin on a day that it gives")
    return _joined(parts)


def moments(repeats: str, first: datetime, zone: ZoneInfo, *, after: datetime | None, until: datetime) -> Moments:
    """What a rule that was read gives after a moment (None: from the first one on), until another, inclusive.

    No more than MOST_AT_ONCE: the next one is then the first of the rest.
    """
    found: list[datetime] = []
    for moment in _all(repeats, first, zone):
        if after is not None and moment <= after:
            continue
        if moment > until or len(found) == MOST_AT_ONCE:
            return Moments(tuple(found), moment)
        found.append(moment)
    return Moments(tuple(found), None)


def _all(repeats: str, first: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Each moment from the first on. An hour that the clocks skip is an hour later, one that comes twice the first."""
    start = _local(first, zone)
    parts = dict(part.split("=") for part in repeats.split(";"))
    for local in rrulestr(_joined(_with_until(parts, zone)), dtstart=start):
        yield first if local == start else local.replace(tzinfo=zone).astimezone(UTC)


def _parts(text: str) -> dict[str, str]:
    """What a rule says, part by part. Refused when the standard, or one gathering a day, doesn't allow it."""
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        if name in parts:
            raise _refused(f"says {name} twice: say it once")
        if name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
            raise _refused(f"says {name}: the hour is that of starts_at, leave it out")
        if name not in _PARTS:
            raise _refused("is no recurrence rule: write one like FREQ=WEEKLY;BYDAY=TU")
        if not re.fullmatch(_PARTS[name][0], value):
            raise _refused(f"has a {name} that can't be used: {_MEANT.get(name, 'see RFC 5545')}")
        parts[name] = value
    _refuse_together(parts)
    return parts


def _refuse_together(parts: dict[str, str]) -> None:
    """Refuse parts that can't stand beside each other."""
    if "FREQ" not in parts:
        raise _refused("has no FREQ: say DAILY, WEEKLY, MONTHLY or YEARLY")
    for name in parts:
        if parts["FREQ"] not in _PARTS[name][1].split():
            raise _refused(f"says {name}, which can't go with FREQ={parts['FREQ']}: leave it out")
    if "COUNT" in parts and "UNTIL" in parts:
        raise _refused("says COUNT and UNTIL: choose one")
    numbered = re.search("[0-9]", parts.get("BYDAY", ""))
    if numbered and (parts["FREQ"] in ("DAILY", "WEEKLY") or "BYWEEKNO" in parts):
        raise _refused("numbers a day in BYDAY: that goes with a month or a year, leave the number out")
    if "BYSETPOS" in parts and not {"BYDAY", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"} & set(parts):
        raise _refused("says BYSETPOS without the days to choose from: add BYDAY, for example")


def _with_until(parts: dict[str, str], zone: ZoneInfo) -> dict[str, str]:
    """The same with an UNTIL on the clock of the neighbourhood; a day without an hour counts whole."""
    if "UNTIL" not in parts:
        return dict(parts)
    text = parts["UNTIL"]
    try:
        if len(text) == 8:
            until = datetime.combine(datetime.strptime(text, "%Y%m%d").date(), time(23, 59, 59))  # noqa: DTZ007
        elif text.endswith("Z"):
            until = _local(datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC), zone)
        else:
            until = datetime.strptime(text, "%Y%m%dT%H%M%S")  # noqa: DTZ007
    except (ValueError, OverflowError):
        raise _refused("has an UNTIL that is no day: write it like 20261231") from None
    return parts | {"UNTIL": _written(until)}


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    """The clock and the calendar on the wall; rules know no more."""
    return moment.astimezone(zone).replace(tzinfo=None, microsecond=0)


def _written(local: datetime) -> str:
    return f"{local.year:04}{local:%m%dT%H%M%S}"


def _joined(parts: dict[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _refused(why: str) -> Rejected:
    return Rejected("bad_rule", f"repeats {why}", "repeats")


_MEANT = {
    "FREQ": "say DAILY, WEEKLY, MONTHLY or YEARLY; more than once a day can't be",
    "INTERVAL": "give a number from 1 to 999",
    "COUNT": "give a number from 1 to 9999",
    "UNTIL": "write it like 20261231",
    "BYDAY": "write days like MO,TH or 3SA",
}
