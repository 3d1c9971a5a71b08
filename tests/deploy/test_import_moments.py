"""Moments as people write them, in the languages that they write in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from deploy.imports import moments
from deploy.imports.words import Unclear

ZONE = ZoneInfo("Europe/Brussels")
TODAY = date(2026, 6, 4)
"""A Thursday."""


def at(*parts: int) -> dict[str, Any]:
    return {"at": datetime(*parts, tzinfo=ZONE)}  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("some time", {}),
        ("Maakt niet uit", {}),
        ("n'importe quand", {}),
        ("tuesday afternoon", {"weekday": "tuesday", "part": "afternoon"}),
        ("dinsdag namiddag", {"weekday": "tuesday", "part": "afternoon"}),
        ("dinsdag morgen", {"weekday": "tuesday", "part": "morning"}),
        ("mardi après-midi", {"weekday": "tuesday", "part": "afternoon"}),
        ("evening", {"part": "evening"}),
        ("zaterdag", {"weekday": "saturday"}),
        ("2026-06-09", {"day": date(2026, 6, 9)}),
        ("2026-06-09 morning", {"day": date(2026, 6, 9), "part": "morning"}),
        ("9/6 namiddag", {"day": date(2026, 6, 9), "part": "afternoon"}),
        ("9 juni", {"day": date(2026, 6, 9)}),
        ("1 maart", {"day": date(2027, 3, 1)}),
        ("le 9 juin 2027", {"day": date(2027, 6, 9)}),
        ("tomorrow morning", {"day": date(2026, 6, 5), "part": "morning"}),
        ("morgen namiddag", {"day": date(2026, 6, 5), "part": "afternoon"}),
        ("vandaag", {"day": date(2026, 6, 4)}),
        ("next thursday", {"day": date(2026, 6, 11)}),
        ("2026-06-09 14:00", at(2026, 6, 9, 14)),
        ("2026-06-09T14:30", at(2026, 6, 9, 14, 30)),
        ("dinsdag 14u30", at(2026, 6, 9, 14, 30)),
        ("friday at 9h", at(2026, 6, 5, 9)),
        ("9 juni om 10:15", at(2026, 6, 9, 10, 15)),
    ],
)
def test_a_moment_is_read_as_people_write_it(text: str, expected: dict[str, Any]) -> None:
    assert moments.when(text, TODAY, ZONE) == expected


@pytest.mark.parametrize("text", ["", "soon", "14:00", "2026-02-30", "tuesday 25:00", "31/2", "zoals vorige keer"])
def test_what_is_no_moment_is_answered_with_an_example(text: str) -> None:
    with pytest.raises(Unclear, match=r"write it like|is no day that exists|is no time of day"):
        moments.when(text, TODAY, ZONE)


def test_a_time_alone_is_on_the_day_that_is_meant() -> None:
    assert moments.moment("16u30", TODAY, ZONE) == datetime(2026, 6, 4, 16, 30, tzinfo=ZONE)
    assert moments.moment("dinsdag 16:30", TODAY, ZONE) == datetime(2026, 6, 9, 16, 30, tzinfo=ZONE)
    with pytest.raises(Unclear, match="no day and time"):
        moments.moment("tuesday afternoon", TODAY, ZONE)
