"""The measurements of referrals and timers run from start to end; how fast anything is, no test asserts."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import measure_referrals, measure_timers
from benchmarks.report import SIGNALS_GOALS


@pytest.mark.timeout(240)
async def test_every_figure_of_referrals_and_timers_is_measured() -> None:
    figures = await measure_referrals(seconds=1) | await measure_timers(idle=0.5, seconds=1, pending=2_000)
    wanted = {key for key in SIGNALS_GOALS if key.startswith(("referrals.", "timers."))}
    assert wanted <= set(figures)
    assert figures["timers.lost"] == 0
    assert all(value > 0 for key, value in figures.items() if key.endswith("_ms"))
