"""The measurements run from start to end; how fast anything is, no test asserts."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import measure
from benchmarks.report import GOALS


@pytest.mark.timeout(240)
async def test_every_figure_of_the_pipeline_is_measured() -> None:
    figures = await measure(rounds=1, seconds=1, starts=1, scale=0.01, idle=0.1)
    assert set(GOALS) <= set(figures)
    assert all(value > 0 for value in figures.values())
