"""The clock that demos and tests move forward."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from shared import clock


def test_the_clock_moves_forward_and_adds_up(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    clock.move(path, timedelta(days=14))
    assert clock.move(path, timedelta(days=1)) == timedelta(days=15)


@pytest.mark.parametrize("by", [timedelta(days=-1), clock.FURTHEST + timedelta(seconds=1), timedelta(days=999_999)])
def test_the_clock_goes_neither_back_nor_to_where_dates_end(tmp_path: Path, by: timedelta) -> None:
    """What is refused leaves the clock as it was: there is no way back."""
    path = tmp_path / "clock"
    clock.move(path, timedelta(days=1))
    with pytest.raises(ValueError, match="clock"):
        clock.move(path, by)
    assert float(path.read_text()) == timedelta(days=1).total_seconds()
