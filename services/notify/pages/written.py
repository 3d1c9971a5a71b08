"""Days and times as people write them, for browsers that have no field for one."""

from __future__ import annotations

import re
from datetime import date, time


def day(text: str) -> date:
    """`2026-05-12`, `12/05/2026`, `12.5.2026`, `12-5-26`. Raises ValueError."""
    if found := re.fullmatch(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{2}|\d{4})", text.strip(), re.ASCII):
        on, month, year = (int(each) for each in found.groups())
        return date(year + 2000 if year < 100 else year, month, on)
    return date.fromisoformat(text.strip())


def clock(text: str) -> time:
    """`14:00`, `14u30`, `14h`, `9.15 uur`, `14`. Raises ValueError."""
    if found := re.fullmatch(r"(\d{1,2})\s*(?:[:.hu]\s*(\d{2})?)?\s*(?:u|uur|h|Uhr)?", text.strip(), re.ASCII):
        return time(int(found[1]), int(found[2] or 0))
    return time.fromisoformat(text.strip())
