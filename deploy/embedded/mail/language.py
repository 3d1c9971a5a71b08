"""What the page says, in the language that the browser asks for."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

_WORDS: dict[str, dict[str, str]] = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))
_HERE = ZoneInfo("Europe/Brussels")
LANGUAGES = ("nl", "en", "fr", "de")


@dataclass(frozen=True)
class Language:
    """One of the languages; called with a key of `words.toml`, and with what is filled in there."""

    code: str

    def __call__(self, key: str, **values: object) -> str:
        return _WORDS[key][self.code].format(**values)

    def count(self, count: int) -> str:
        return self({0: "mails_none", 1: "mails_one"}.get(count, "mails_many"), count=count)

    def day(self, moment: datetime) -> str:
        """`di 24 november 2026`"""
        day = moment.astimezone(_HERE)
        weekday, month = self("days").split()[day.weekday()], self("months").split()[day.month - 1]
        return self("date", weekday=weekday, day=day.day, month=month, year=day.year)

    def time(self, moment: datetime) -> str:
        return f"{moment.astimezone(_HERE):%H:%M}"

    def size(self, size: int) -> str:
        """In bytes, kB or MB, as people write it."""
        if size < 1000:
            return f"{size} bytes"
        amount, unit = (size / 1000, "kB") if size < 1_000_000 else (size / 1_000_000, "MB")
        return f"{amount:.1f} {unit}".replace(".", self("decimal"))


def preferred(accepted: str) -> Language:
    """The best of ours for an Accept-Language header; Dutch when it names none."""
    wishes: list[tuple[float, int, str]] = []
    for place, item in enumerate(accepted.split(",")):
        tag, _, weight = item.partition(";q=")
        code = tag.strip().lower()[:2]
        try:
            quality = float(weight or 1)
        except ValueError:
            continue
        if code in LANGUAGES and quality > 0:
            wishes.append((-quality, place, code))
    return Language(min(wishes)[2] if wishes else "nl")
