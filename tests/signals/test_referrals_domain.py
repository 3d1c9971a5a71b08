"""The states of a referral and who may set them, exactly as the table of the domain says; and what goes with each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.signals.domain import referrals as domain
from services.signals.domain.referrals import Part, Referral
from shared.contracts.signals import ReferralState
from shared.messaging import Rejected
from shared.policy import load

NOW = datetime(2027, 3, 5, 10, tzinfo=UTC)
"""A Friday."""
BRUSSELS = ZoneInfo("Europe/Brussels")
REFERRAL = Referral(
    UUID(int=1), 1, "brugse-poort", UUID(int=2), "service", "household", None, None, None, "draft", UUID(int=3), NOW
)
TABLE = """
draft | requested | worker
requested | accepted, rejected | service
accepted | in-progress, on-hold, completed, failed | service
in-progress | on-hold, completed, failed | service
on-hold | in-progress, completed, failed | service
draft, requested, accepted, in-progress, on-hold | cancelled | worker, service, person
any | entered-in-error | worker
"""
"""As the domain has it."""
STATES: tuple[ReferralState, ...] = get_args(ReferralState)
PARTS: tuple[Part, ...] = get_args(Part)


def allowed() -> set[tuple[str, str, str]]:
    found = set()
    for line in TABLE.strip().splitlines():
        sources, afters, parts = ([each.strip() for each in column.split(",")] for column in line.split("|"))
        for before in STATES if sources == ["any"] else sources:
            found |= {(before, after, part) for after in afters for part in parts if before != after}
    return found


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
@pytest.mark.parametrize("part", PARTS)
def test_a_referral_changes_only_as_and_by_whom_the_table_says(
    before: ReferralState, after: ReferralState, part: Part
) -> None:
    referral = replace(REFERRAL, state=before)
    if (before, after, part) in allowed():
        assert domain.moved(referral, after, part, NOW, reason="other", outcome="other").state == after
        return
    with pytest.raises(Rejected) as refused:
        domain.moved(referral, after, part, NOW, reason="other", outcome="other")
    others = any((before, after, each) in allowed() for each in PARTS)
    assert refused.value.problems[0].code == ("not_allowed" if others else "wrong_stage")


def test_who_is_refused_hears_what_they_can_do_now() -> None:
    for to, part, sentence in (
        ("completed", "service", "is requested: you can accept it, reject it or cancel it"),
        ("requested", "worker", "is requested: you can cancel it or mark it as made in error"),
        ("accepted", "worker", "that is for the service to say, and not for a worker: you can cancel it or mark it"),
        ("accepted", "person", "that is for the service to say, and not for the person: you can cancel it"),
    ):
        with pytest.raises(Rejected) as refused:
            domain.moved(replace(REFERRAL, state="requested"), to, part, NOW, outcome="helped")
        assert sentence in refused.value.problems[0].message
    with pytest.raises(Rejected) as refused:
        domain.moved(replace(REFERRAL, state="completed"), "cancelled", "service", NOW, reason="other")
    assert "is completed: nothing more can be done with it" in refused.value.problems[0].message


@pytest.mark.parametrize("to", sorted(domain.WITH_REASON))
def test_a_reason_goes_with_rejected_cancelled_on_hold_and_failed(to: ReferralState) -> None:
    before: ReferralState = "requested" if to == "rejected" else "accepted"
    with pytest.raises(Rejected) as refused:
        domain.moved(replace(REFERRAL, state=before), to, "service", NOW, outcome="other")
    assert (refused.value.problems[0].code, refused.value.problems[0].field) == ("missing", "reason")


@pytest.mark.parametrize("to", sorted(domain.WITH_OUTCOME))
def test_the_end_of_a_referral_carries_an_outcome(to: ReferralState) -> None:
    before: ReferralState = "requested" if to == "rejected" else "accepted"
    with pytest.raises(Rejected) as refused:
        domain.moved(replace(REFERRAL, state=before), to, "service", NOW, reason="other")
    assert (refused.value.problems[0].code, refused.value.problems[0].field) == ("missing", "outcome")


def test_how_a_cancelled_referral_ended_follows_from_its_reason() -> None:
    before = replace(REFERRAL, state="requested")
    for reason, outcome in (
        ("consent-withdrawn", "declined-by-person"), ("could-not-reach", "could-not-be-reached"),
        ("waiting-list", "no-capacity"), ("found-another-way", "other"),
    ):  # fmt: skip
        assert domain.moved(before, "cancelled", "worker", NOW, reason=reason).outcome == outcome


def test_a_reason_is_gone_once_it_goes_on() -> None:
    held = domain.moved(replace(REFERRAL, state="accepted"), "on-hold", "service", NOW, reason="waits-for-person")
    assert held.reason == "waits-for-person"
    assert domain.moved(held, "in-progress", "service", NOW).reason is None


def test_only_the_service_answers() -> None:
    asked = domain.requested(REFERRAL, None, load(), NOW)
    later = NOW + timedelta(days=1)
    assert domain.moved(asked, "accepted", "service", later).answered_at == later
    assert domain.moved(asked, "cancelled", "service", later, reason="other").answered_at == later
    assert domain.moved(asked, "cancelled", "person", later, reason="other").answered_at is None


def test_the_service_is_reminded_after_two_working_days_and_the_worker_told_after_five() -> None:
    asked = domain.requested(REFERRAL, None, load(), NOW)
    assert domain.due_at(asked, "remind", BRUSSELS, load()) == datetime(2027, 3, 9, 10, tzinfo=UTC)
    assert domain.due_at(asked, "tell-worker", BRUSSELS, load()) == datetime(2027, 3, 12, 10, tzinfo=UTC)
    assert domain.due_at(asked, "decide", BRUSSELS, load()) == NOW + timedelta(days=14)


def test_a_public_holiday_is_no_working_day() -> None:
    before_easter = domain.requested(REFERRAL, None, load(), datetime(2027, 3, 26, 9, tzinfo=UTC))
    assert domain.due_at(before_easter, "remind", BRUSSELS, load()) == datetime(2027, 3, 31, 8, tzinfo=UTC)


def test_the_worker_can_let_it_stay_open_and_is_asked_again_then() -> None:
    asked = replace(domain.requested(REFERRAL, None, load(), NOW), decide_step="backup")
    until = NOW + timedelta(days=30)
    kept = domain.kept_open(asked, until, "worker", NOW)
    assert (kept.decide_by, kept.decide_step) == (until, None)
    assert not domain.has_to_decide(kept, until - timedelta(seconds=1))
    assert domain.has_to_decide(kept, until)
    for wrong, code in ((NOW, "in_the_past"), (NOW + timedelta(days=93), "too_far")):
        with pytest.raises(Rejected) as refused:
            domain.kept_open(asked, wrong, "worker", NOW)
        assert refused.value.problems[0].code == code
    with pytest.raises(Rejected):
        domain.kept_open(REFERRAL, until, "worker", NOW)


def test_each_day_one_more_is_told_and_at_the_top_it_is_said_again() -> None:
    asked, told = domain.requested(REFERRAL, None, load(), NOW), []
    for _ in range(4):
        told.append(domain.next_step(asked))
        asked = replace(asked, decide_step=told[-1])
    assert told == ["worker", "backup", "coordinator", "coordinator"]


def test_a_retry_is_to_the_same_service_and_a_forward_to_another_once_the_first_is_over() -> None:
    over = replace(REFERRAL, state="rejected")
    domain.refuse_previous(over, REFERRAL.participant_id, "service", "retry")
    domain.refuse_previous(over, REFERRAL.participant_id, "another", "forward")
    for previous, service_id, as_, code in (
        (over, "another", "retry", "not_fitting"), (over, "service", "forward", "not_fitting"),
        (REFERRAL, "service", "retry", "wrong_stage"), (None, "service", "retry", "unknown_id"),
        (replace(over, participant_id=UUID(int=9)), "service", "retry", "unknown_id"),
    ):  # fmt: skip
        with pytest.raises(Rejected) as refused:
            domain.refuse_previous(previous, REFERRAL.participant_id, service_id, as_)
        assert refused.value.problems[0].code == code
