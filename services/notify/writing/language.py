"""In whose language, and how formally, something is said. Pages and mails speak through the same `Speech`."""

from __future__ import annotations

import gettext
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from services.notify.writing import text
from shared.contracts.exchange import When
from shared.policy import Policy

LOCALES = Path(__file__).parents[1] / "locales"
SOURCE = "en"
"""The language of the message ids."""
_FRENCH = re.compile(r"(?<=\S) (?=[?!:;»])|(?<=«) ")
_FIRST = re.compile(r"\b1(?=\s[^\W\d])")
"""The first of a month, as French says it."""
_EITHER = re.compile(r"\[([^\[\]|]*)\|([^\[\]|]*)\]")


@cache
def languages() -> tuple[str, ...]:
    """Those that there is a catalogue for, and that of the message ids."""
    return tuple(sorted({SOURCE, *(path.name for path in LOCALES.iterdir() if path.is_dir())}))


@cache
def read(language: str) -> Catalog:
    """All catalogues of a language as one."""
    whole = Catalog(locale=language)
    for path in sorted((LOCALES / language / "LC_MESSAGES").glob("*.po")):
        for message in read_po(BytesIO(path.read_bytes()), locale=language):
            if message.id and not message.fuzzy and message.id not in whole:
                message.string = _set(message.string, language)
                whole[message.id] = message
    return whole


def _set(string: Any, language: str) -> Any:
    """As it is printed: in French a mark keeps to its word with a space that doesn't break."""
    if language != "fr":
        return string
    if isinstance(string, str):
        return _FRENCH.sub("\u00a0", string)
    return tuple(_FRENCH.sub("\u00a0", each) for each in string or ())


@cache
def translations(language: str) -> gettext.NullTranslations:
    """A catalogue, compiled in memory: nobody has to build one, and none grows old beside its source."""
    compiled = BytesIO()
    write_mo(compiled, read(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def chosen(template: str, formal: bool) -> str:
    """`[Leest u|Lees je]` as it is said to this one."""
    return _EITHER.sub(r"\1" if formal else r"\2", template) if "|" in template else template


@lru_cache(maxsize=8192)
def _message(language: str, formal: bool, id_: str) -> str:
    return chosen(translations(language).gettext(id_) if language != SOURCE else id_, formal)


@lru_cache(maxsize=8192)
def _plural(language: str, formal: bool, one: str, many: str, number: int) -> str:
    return chosen(translations(language).ngettext(one, many, number), formal)


@lru_cache(maxsize=4096)
def _date(day: date, pattern: str, language: str) -> str:
    """Written once: Babel takes its time, and a page says the same day again and again."""
    return format_date(day, pattern, locale=language)


@lru_cache(maxsize=4096)
def _time(at: time, pattern: str, language: str) -> str:
    return format_time(at, pattern, locale=language)


@cache
def _rtl(language: str) -> bool:
    return bool(Locale.parse(language).text_direction == "rtl")


@dataclass(frozen=True)
class Speech:
    """One language, formal or not, on one clock."""

    language: str
    formal: bool
    zone: ZoneInfo
    policy: Policy

    @classmethod
    def of(cls, language: str, policy: Policy, zone: ZoneInfo) -> Speech:
        """In this language; where there is no catalogue for it, in the policy's first that has one."""
        known = languages()
        spoken = next((each for each in (language, *policy.languages) if each in known), SOURCE)
        return cls(spoken, policy.notify.address == "u", zone, policy)

    @property
    def rtl(self) -> bool:
        return _rtl(self.language)

    @property
    def language_name(self) -> str:
        return Locale.parse(self.language).get_display_name() or self.language

    @property
    def colon(self) -> str:
        """As it is printed behind a word."""
        return "\u00a0:" if self.language == "fr" else ":"

    @property
    def dir(self) -> str:
        return "rtl" if self.rtl else "ltr"

    # --- words

    def say(self, id_: str, /, **values: Any) -> str:
        """A message in this language. Values are set apart where they are written the other way round."""
        message = _message(self.language, self.formal, id_)
        return message.format_map({key: self._value(value) for key, value in values.items()}) if values else message

    def count(self, one: str, many: str, number: int, /, **values: Any) -> str:
        """The same for a number of things: `{number}`."""
        message = _plural(self.language, self.formal, one, many, number)
        return message.format_map({"number": self.number(number), **{k: self._value(v) for k, v in values.items()}})

    def label(self, kind: str | None) -> str:
        """What a kind of small thing is called."""
        return self.policy.label(kind, self.language) if kind else ""

    def signal_label(self, kind: str) -> str:
        return self.policy.signal_label(kind, self.language)

    def number(self, value: float) -> str:
        return str(format_decimal(value, locale=self.language))

    def several(self, items: list[str]) -> str:
        """`Jos, Fatima en Karim`."""
        items = [self.apart(item) for item in items]
        if len(items) < 2:
            return "".join(items)
        return self.say("{several} and {last}").format(several=", ".join(items[:-1]), last=items[-1])

    def apart(self, words: str) -> str:
        """Words of someone, set apart where they are written the other way round."""
        return text.isolated(words, rtl=self.rtl)

    def _value(self, value: Any) -> Any:
        return self.apart(value) if isinstance(value, str) else value

    # --- moments, on the clock of the neighbourhood

    def day(self, day: date | datetime, *, year: bool = False) -> str:
        """`dinsdag 12 mei`"""
        pattern = self.say("EEEE d MMMM y") if year else self.say("EEEE d MMMM")
        written = _date(self._local(day), pattern, self.language)
        return _FIRST.sub("1er", written) if self.language == "fr" else written

    def last_day(self, until: datetime) -> date:
        """The last day on which something holds that ends at this moment: at midnight, the day before."""
        return self._local(until - timedelta(microseconds=1))

    def time(self, at: datetime) -> str:
        """`14 uur`, `14.30 uur`, `2 pm`"""
        local = at.astimezone(self.zone)
        pattern = self.say("h:mm a") if local.minute else self.say("h a")
        written = _time(local.time(), pattern, self.language)
        return written.lower() if self.language == SOURCE else written

    def moment(self, at: datetime) -> str:
        """`dinsdag 12 mei om 14 uur`"""
        return self.say("{day} at {time}", day=self.day(at), time=self.time(at))

    def stretch(self, begins: datetime, ends: datetime) -> str:
        """`zaterdag 16 mei, van 14 uur tot 16.30 uur`"""
        if self._local(begins) != self._local(ends):
            return self.say("{begins} to {ends}", begins=self.moment(begins), ends=self.moment(ends))
        return self.say(
            "{day}, from {begins} to {ends}", day=self.day(begins), begins=self.time(begins), ends=self.time(ends)
        )

    def month(self, first: date) -> str:
        """`mei 2026`"""
        return format_date(first, "MMMM y", locale=self.language)

    def when(self, when: When) -> str:
        """A moment, a day, a part of one, any such weekday; or some time."""
        if when.at is not None:
            return self.moment(when.at)
        part = {
            "morning": self.say("in the morning"),
            "afternoon": self.say("in the afternoon"),
            "evening": self.say("in the evening"),
        }.get(when.part or "", "")
        if when.day is not None:
            day = self.day(when.day)
        elif when.weekday is not None:
            day = self.say("on a {weekday}", weekday=self.weekday(when.weekday))
        else:
            return self.say("some day {part}", part=part) if part else self.say("some time, to be agreed")
        return self.say("{day}, {part}", day=day, part=part) if part else day

    def weekday(self, name: str) -> str:
        """`dinsdag`"""
        names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        return str(Locale.parse(self.language).days["format"]["wide"][names.index(name)])

    def _local(self, day: date | datetime) -> date:
        return day.astimezone(self.zone).date() if isinstance(day, datetime) else day
