"""The measurement of matching runs from start to end, and its plans are sound; how fast it is, no test asserts."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import measure_matching
from benchmarks.report import MATCHING_GOALS


@pytest.mark.timeout(240)
async def test_every_figure_of_matching_is_measured() -> None:
    """Among so few the plans are read too: no large table is read whole, with statistics that are up to date."""
    figures = await measure_matching(rounds=1, sizes=(1_000, 4_000), seconds=2, looks=10)
    wanted = {key.replace("1000000", "4000") for key in MATCHING_GOALS} | {"matching.vs_no_indexes"}
    assert wanted <= set(figures)
    assert figures["matching.open_to_invited_lost"] == 0
    assert all(value > 0 for key, value in figures.items() if not key.endswith("lost"))
