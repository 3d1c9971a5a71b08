"""What opening decides, from values alone: when it can be, how long it waits, and what rests on one neighbour."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.exchange.domain import opening
from services.exchange.domain.exchanges import Exchange
from services.exchange.domain.people import Neighbourhood
from shared.contracts.exchange import When
from shared.ids import new_id
from shared.messaging import Rejected
from shared.policy import load

POLICY = load()
WINDOW = timedelta(days=POLICY.small_help.drift_days)
TIMES = POLICY.small_help.drift_same_neighbour
NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
PLACE = Neighbourhood("hier", "Europe/Brussels", "default", False, None)
WEEK = timedelta(days=7)


def an_exchange(**more: Any) -> Exchange:
    values: dict[str, Any] = {
        "exchange_id": new_id(), "version": 1, "neighbourhood_id": "hier", "opening": "ask", "participant_id": new_id(),
        "kind": "garden", "words": None, "when": When(), "starts_at": None, "ends_at": None, "often": "once",
        "people": 1, "stage": "open", "half": False, "by_system": False, "why": None, "recorded_by": "operator",
        "consented": None, "drafted_at": NOW, "opened_at": NOW,
    }  # fmt: skip
    return Exchange(**(values | more))


def told(times: list[datetime]) -> list[int]:
    """At which of these agreements the worker hears that it rests on one."""
    return [number for number in range(len(times)) if opening.tells_rest(times[: number + 1], POLICY)]


def test_what_rests_on_one_is_told_at_the_policys_time_and_once_in_a_window() -> None:
    weekly = [NOW + WEEK * number for number in range(20)]
    assert told(weekly) == [3, 9, 15], "the fourth time, and once in every six weeks after"
    assert told([NOW + WINDOW * number for number in range(20)]) == []
    assert not opening.tells_rest([], POLICY)


@given(st.lists(st.integers(min_value=0, max_value=400), unique=True, max_size=40))
def test_what_rests_on_one_is_never_told_twice_in_a_window_nor_before_its_time(days: list[int]) -> None:
    times = sorted(NOW + timedelta(days=day) for day in days)
    found = told(times)
    for number in found:
        lately = [each for each in times[: number + 1] if each > times[number] - WINDOW]
        assert len(lately) >= TIMES
    for one, other in pairwise(found):
        assert times[other] - times[one] >= WINDOW


@given(st.dates(), st.sampled_from([None, "morning", "afternoon", "evening"]))
def test_any_day_there_is_has_its_time_or_is_refused_with_the_field(day: date, part: Any) -> None:
    try:
        span = opening.when_it_can_be(When(day=day, part=part), PLACE, POLICY, NOW)
    except Rejected as refused:
        assert refused.problems[0].field == "when"
        assert day <= NOW.date() or day > NOW.date() + timedelta(days=opening.MOST_DAYS_AHEAD)
    else:
        assert span is not None
        assert span[1] > NOW


@pytest.mark.parametrize(
    ("changes", "days"),
    [
        ({"stage": "draft", "opened_at": None}, POLICY.exchanges.half_question_days),
        ({"stage": "handed-over", "handed_over_at": NOW + WEEK}, POLICY.exchanges.half_question_days + 7),
        ({"stage": "handed-over", "handed_over_at": NOW, "ends_at": NOW + WEEK}, 7),
        ({"stage": "open"}, POLICY.exchanges.open_days),
        ({"stage": "inviting", "ends_at": NOW + WEEK}, 7),
        ({"stage": "open", "rests_until": NOW + WEEK}, POLICY.exchanges.open_days + 7),
        ({"stage": "proposed"}, None),
        ({"stage": "proposed", "ends_at": NOW + WEEK}, 7),
        ({"stage": "agreed"}, None),
        ({"stage": "withdrawn"}, None),
    ],
)
def test_each_stage_waits_as_long_as_the_policy_says(changes: dict[str, Any], days: int | None) -> None:
    expected = None if days is None else NOW + timedelta(days=days)
    assert opening.end_of(an_exchange(**changes), POLICY) == expected


def test_what_is_sought_begins_afresh() -> None:
    before = an_exchange(
        stage="expired", ended_at=NOW, rested=True, rests_until=NOW + WEEK, nobody_told_at=NOW, first_yes_at=NOW,
        agreed_at=NOW, why="drift",
    )  # fmt: skip
    after = opening.sought(before, NOW + WEEK)
    fresh = an_exchange(exchange_id=before.exchange_id, participant_id=before.participant_id, drafted_at=NOW)
    assert after == replace(fresh, version=2, opened_at=NOW + WEEK, rested=True)
