"""When a service is open: schedules as HSDS has them, after RFC 5545, on the clock of the neighbourhood."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice

from dateutil import rrule

AN_HOUR, A_DAY, A_WEEK = 60, 24 * 60, 7 * 24 * 60
"""In minutes."""
LONGEST_COUNT = timedelta(days=30 * 366)
"""What began longer ago, and comes so many times, is over."""
KEPT = (
    "freq", "byday", "interval", "count", "bymonthday", "byweekno", "byyearday", "dtstart", "until", "valid_from",
    "valid_to", "opens_at", "closes_at",
)  # fmt: skip
"""Of a schedule's columns, those that say when."""
_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAYS = {
    "nl": ("ma", "di", "wo", "do", "vr", "za", "zo"),
    "fr": ("lu", "ma", "me", "je", "ve", "sa", "di"),
    "de": ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_WORDS = {
    "nl": {
        "every-day": "elke dag", "nth": "de {nth}e {day} van de maand", "last": "de laatste {day} van de maand",
        "weeks": "om de {n} weken", "since": "vanaf {day}", "until": "tot {day}",
    },
    "fr": {
        "every-day": "chaque jour", "nth": "le {nth}e {day} du mois", "last": "le dernier {day} du mois",
        "weeks": "toutes les {n} semaines", "since": "dès le {day}", "until": "jusqu'au {day}",
    },
    "de": {
        "every-day": "täglich", "nth": "am {nth}. {day} im Monat", "last": "am letzten {day} im Monat",
        "weeks": "alle {n} Wochen", "since": "ab {day}", "until": "bis {day}",
    },
    "en": {
        "every-day": "every day", "nth": "{day} {nth} of the month", "last": "the last {day} of the month",
        "weeks": "every {n} weeks", "since": "from {day}", "until": "until {day}",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hours:
    """One schedule that says from when until when it is open on a day."""

    opens: int
    closes: int
    """Minutes after midnight; more than a day's when it closes after midnight."""
    days: tuple[tuple[int, int], ...]
    """Which weekday (0 is Monday), and which of the month (0: each, -1: the last)."""
    monthly: bool
    every: int
    """Each so many weeks or months."""
    month_days: tuple[int, ...]
    weeks: tuple[int, ...]
    year_days: tuple[int, ...]
    count: int | None
    first: date | None
    """The day from which weeks are counted."""
    since: date | None
    until: date | None

    def regular(self) -> bool:
        """Whether it is the same each week."""
        return not (self.monthly or self.every > 1 or self.month_days or self.weeks or self.year_days or self.count)

    def in_use(self, day: date) -> bool:
        """Whether it has begun and isn't over."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    def also_on_holidays(self, day: date) -> bool:
        """Whether it says something of a public holiday: it never closes, or is for that day alone."""
        never_closes = self.regular() and not self.days and self.closes - self.opens >= A_DAY
        return never_closes or (self.since == self.until == day)

    def on(self, day: date) -> bool:
        """Whether it opens on this day."""
        if not self.in_use(day):
            return False
        return self._period_holds(day) and self._day_holds(day) and (self.count is None or self._counted(day))

    def _period_holds(self, day: date) -> bool:
        if self.weeks and day.isocalendar().week not in self.weeks:
            return False
        if self.year_days and day.timetuple().tm_yday not in self.year_days:
            return False
        if self.every == 1 or self.first is None:
            return True
        if self.monthly:
            return ((day.year - self.first.year) * 12 + day.month - self.first.month) % self.every == 0
        return ((day - timedelta(day.weekday())) - (self.first - timedelta(self.first.weekday()))).days // 7 % (
            self.every
        ) == 0

    def _day_holds(self, day: date) -> bool:
        if self.month_days:
            length = monthrange(day.year, day.month)[1]
            if day.day not in self.month_days and day.day - length - 1 not in self.month_days:
                return False
        elif not self.days:
            return self.monthly is False or self.first is None or day.day == self.first.day
        return not self.days or any(
            weekday == day.weekday() and (not self.monthly or _is_nth(day, nth)) for nth, weekday in self.days
        )

    def _counted(self, day: date) -> bool:
        """By the library, from its first day on: so many times and no more. Asked of a day that it would fall on alone:
        what falls on no day at all, the library would look for until the year 9999."""
        begins, at = datetime.combine(self.first or self.since or day, time(0)), datetime.combine(day, time(0))
        if at - begins > LONGEST_COUNT:
            return False
        weekdays = [rrule.weekday(weekday, nth or None) if self.monthly else rrule.weekday(weekday)
                    for nth, weekday in self.days]  # fmt: skip
        rule = rrule.rrule(
            rrule.MONTHLY if self.monthly else rrule.WEEKLY, dtstart=begins, interval=self.every, until=at,
            byweekday=weekdays or None, bymonthday=self.month_days or None,
        )  # fmt: skip
        return at in islice(rule, self.count or 1)


def read(rows: Iterable[Mapping[str, str]]) -> list[Hours]:
    """Of schedules, those that say from when until when. What says it only in words is for people to read."""
    return [_hours(row) for row in rows if row.get("opens_at") and row.get("closes_at")]


def open_at(hours: Sequence[Hours], local: datetime, *, holiday: bool = False) -> bool | None:
    """Whether it is open at a moment; None when that isn't known. `holiday`: it is a public one, of which the hours of
    a week say nothing; what is open round the clock is open, and what has hours for that very day keeps to them."""
    day, minute = local.date(), local.hour * 60 + local.minute
    before = day - timedelta(1)
    known = [each for each in hours if each.in_use(day) and (not holiday or each.also_on_holidays(day))]
    if not known:
        return None
    return any(
        (each.on(day) and each.opens <= minute < each.closes)
        or (each.closes > A_DAY and each.on(before) and minute < each.closes - A_DAY)
        for each in known
    )


def in_week(hours: Sequence[Hours]) -> list[tuple[int, int]] | None:
    """Minutes of the week at which it may be open, in stretches; None when that isn't known."""
    if not hours:
        return None
    stretches = []
    for each in hours:
        weekdays = {weekday for _, weekday in each.days} if each.days else set(range(7))
        for begins in (weekday * A_DAY + each.opens for weekday in weekdays):
            ends = begins + each.closes - each.opens
            stretches.append((begins, min(ends, A_WEEK)))
            if ends > A_WEEK:
                stretches.append((0, ends - A_WEEK))
    return sorted(set(stretches))


def hours_of_week(stretches: Iterable[tuple[int, int]]) -> set[int]:
    """The hours in which any of these minutes lie."""
    return {hour for begins, ends in stretches for hour in range(begins // AN_HOUR, -(-ends // AN_HOUR))}


def minute_of_week(local: datetime) -> int:
    return local.weekday() * A_DAY + local.hour * 60 + local.minute


def lines(rows: Iterable[Mapping[str, str]], language: str) -> tuple[str, ...]:
    """When it is open, as people read it: days with the same hours together."""
    together: dict[tuple[str, str, str, date | None], list[Hours]] = {}
    said: list[str] = []
    for row in rows:
        words = row.get("description", "")
        if not (row.get("opens_at") and row.get("closes_at")):
            said += [words] if words else []
            continue
        each = _hours(row)
        together.setdefault((_times(each), _not_each_week(each, language), words, each.until), []).append(each)
    made = []
    for (times, otherwise, words, _), hours in together.items():
        days = sorted({weekday for each in hours for _, weekday in each.days})
        when = otherwise or _run(days, language)
        begins = min(days, default=0) * A_DAY + hours[0].opens
        made.append((begins, " ".join(filter(None, (when, times, _dates(hours[0], language), words and f"({words})")))))
    return tuple(dict.fromkeys([*(text for _, text in sorted(made)), *said]))


def _hours(row: Mapping[str, str]) -> Hours:
    return _made(tuple(row.get(name, "") for name in KEPT))


@lru_cache(maxsize=4096)
def _made(said: tuple[str, ...]) -> Hours:
    """Of what a schedule says, in the order of `KEPT`: a directory has the same hours again and again."""
    row = {name: text for name, text in zip(KEPT, said, strict=True) if text}
    opens, closes = _minutes(row["opens_at"]), _minutes(row["closes_at"])
    since = [each for each in (_day(row.get("valid_from")), _day(row.get("dtstart"))) if each]
    until = [each for each in (_day(row.get("valid_to")), _day(row.get("until"))) if each]
    return Hours(
        opens=opens, closes=closes if closes > opens else closes + A_DAY,
        days=tuple(_weekdays(row.get("byday", ""))), monthly=row.get("freq") == "MONTHLY",
        every=int(row.get("interval") or 1), month_days=_numbers(row.get("bymonthday")),
        weeks=_numbers(row.get("byweekno")), year_days=_numbers(row.get("byyearday")),
        count=int(row["count"]) if row.get("count") else None, first=_day(row.get("dtstart")),
        since=max(since, default=None), until=min(until, default=None),
    )  # fmt: skip


def _minutes(text: str) -> int:
    hour, minute = re.split(r"[:.]", text)[:2]
    return int(hour) * 60 + int(minute)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _numbers(text: str | None) -> tuple[int, ...]:
    return tuple(int(each) for each in (text or "").split(",") if each.strip())


def _weekdays(text: str) -> Iterator[tuple[int, int]]:
    for nth, code in re.findall(r"([+-]?\d*)(MO|TU|WE|TH|FR|SA|SU)", text):
        yield int(nth or 0), _CODES.index(code)


def _is_nth(day: date, nth: int) -> bool:
    if nth == 0:
        return True
    length = monthrange(day.year, day.month)[1]
    return (day.day - 1) // 7 + 1 == nth if nth > 0 else (length - day.day) // 7 + 1 == -nth


def _times(hours: Hours) -> str:
    opens, closes = hours.opens, hours.closes % A_DAY
    return f"{opens // 60}:{opens % 60:02}–{closes // 60}:{closes % 60:02}"


def _not_each_week(hours: Hours, language: str) -> str:
    """On which days, when it isn't the same each week."""
    words, names = _WORDS.get(language, _WORDS["en"]), _DAYS.get(language, _DAYS["en"])
    if hours.monthly and hours.month_days:
        return ", ".join(" ".join(words["nth"].format(nth=nth, day="").split()) for nth in hours.month_days)
    if hours.monthly and hours.days:
        return ", ".join(
            words["last"].format(day=names[weekday]) if nth == -1 else words["nth"].format(nth=nth, day=names[weekday])
            for nth, weekday in hours.days
        )
    if hours.every > 1:
        return f"{_run([weekday for _, weekday in hours.days], language)}, {words['weeks'].format(n=hours.every)},"
    return ""


def _dates(hours: Hours, language: str) -> str:
    """Since when and until when, when it says so."""
    words = _WORDS.get(language, _WORDS["en"])
    since = hours.since if hours.first is None else None
    parts = [
        words[name].format(day=f"{day:%d/%m/%Y}") for name, day in (("since", since), ("until", hours.until)) if day
    ]
    return " ".join(parts)


def _run(days: Sequence[int], language: str) -> str:
    """`ma–vr`, `ma, wo`; every day when there are none, or all."""
    names = _DAYS.get(language, _DAYS["en"])
    if len(days) in (0, 7):
        return _WORDS.get(language, _WORDS["en"])["every-day"]
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(
        f"{names[run[0]]}–{names[run[-1]]}" if len(run) > 2 else ", ".join(names[day] for day in run) for run in runs
    )
