"""The measurement of the directory runs from start to end, and its plans are sound; how fast it is, no test asserts."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import measure_directory
from benchmarks.report import DIRECTORY_GOALS


@pytest.mark.timeout(240)
async def test_every_figure_of_the_directory_is_measured() -> None:
    """Brought in by the command, and the same again; no search reads the table of services whole."""
    figures = await measure_directory(rounds=1, services=2_000, searches=10)
    assert set(DIRECTORY_GOALS) <= set(figures)
    assert all(value > 0 for value in figures.values())
