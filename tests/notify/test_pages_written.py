"""Days and times as people write them."""

from __future__ import annotations

from datetime import date, time

import pytest

from services.notify.pages import written


@pytest.mark.parametrize("text", ["2026-05-12", "12/05/2026", "12.5.2026", " 12-05-26 ", "12 5 2026"])
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    assert written.day(text) == date(2026, 5, 12)


@pytest.mark.parametrize("text", ["14:30", "14u30", "14h30", "14.30 uur", "14.30 Uhr", "14:30:00"])
def test_a_time_is_read_however_it_is_written(text: str) -> None:
    assert written.clock(text) == time(14, 30)


@pytest.mark.parametrize("text", ["14", "14u", "14 uur", "14 h", "14:00"])
def test_a_whole_hour_is_read(text: str) -> None:
    assert written.clock(text) == time(14)


@pytest.mark.parametrize("text", ["", "morgen", "31/02/2026", "2026", "12/13/2026", "٣/٤/٢٠٢٦"])
def test_what_is_no_day_is_none(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        written.day(text)


@pytest.mark.parametrize("text", ["", "straks", "25:00", "14:60", "14:3"])
def test_what_is_no_time_is_none(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        written.clock(text)
