"""When somebody is told: quiet hours, pauses, and the hour of a digest."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.people import Person
from services.notify.domain.timing import after_quiet, for_participant, gets_mail, next_digest
from shared.ids import new_id
from shared.policy import QuietHours, load
from shared.working_days import is_working_day

BRUSSELS = ZoneInfo("Europe/Brussels")
POLICY = load()
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
TIMES = st.times().map(lambda each: each.replace(second=0, microsecond=0))


def _person(**more: Any) -> Person:
    values: dict[str, Any] = {
        "participant_id": new_id(), "version": 1, "neighbourhood_id": "brugse-poort", "name": "Jos",
        "languages": ("nl",),
        "reached_by": "email", "email": "jos@example.org", "phone": None, "organisation_id": None, "quiet_from": None,
        "quiet_until": None, "status": "active", "paused_until": None, "mandate_holder_ids": (),
    } | more  # fmt: skip
    return Person(**values)


def _at(hour: int, day: int = 4) -> datetime:
    return datetime(2026, 5, day, hour, tzinfo=BRUSSELS)


@given(MOMENTS, TIMES, TIMES)
def test_after_quiet_hours_it_is_not_quiet_and_no_day_later(now: datetime, start: time, end: time) -> None:
    if start == end:
        return
    quiet = QuietHours(start=start, end=end)
    at = after_quiet(now, quiet, BRUSSELS)
    assert at >= now
    assert (at - now).total_seconds() <= 25 * 3600
    assert after_quiet(at, quiet, BRUSSELS) == at


@pytest.mark.parametrize(("hour", "due"), [(23, (9, 5)), (3, (9, 4)), (12, (12, 4))])
def test_in_the_night_it_waits_for_the_morning(hour: int, due: tuple[int, int]) -> None:
    person = _person()
    verdict = for_participant("found", person, person, POLICY, BRUSSELS, without=(), now=_at(hour))
    expected = _at(*due)
    assert (verdict.at or _at(hour)) == expected


def test_a_link_that_someone_waits_for_comes_at_any_hour() -> None:
    person = _person()
    verdict = for_participant("new-link", person, person, POLICY, BRUSSELS, without=(), now=_at(3))
    assert verdict.what == "send"


def test_what_someone_does_without_is_not_sent_and_what_they_agreed_to_always_is() -> None:
    person = _person()
    told = {
        kind: for_participant(
            kind, person, person, POLICY, BRUSSELS,
            without=("invitations", "gatherings", "steps", "afterwards", "circle"), now=_at(12),
        ).what
        for kind in ("invited", "gathering-invited", "looking", "thanked", "circle-asked", "agreed", "cancelled")
    }  # fmt: skip
    assert [kind for kind, what in told.items() if what == "send"] == ["agreed", "cancelled"]


def test_who_prefers_the_phone_gets_no_mail_though_an_address_is_known() -> None:
    assert gets_mail(_person(), failing=False)
    assert not gets_mail(_person(), failing=True)
    assert not gets_mail(_person(reached_by="phone", phone="09 123 45 67"), failing=False)
    assert not gets_mail(_person(status="left", reached_by=None, email=None, name=None), failing=False)


@given(MOMENTS, st.sampled_from(["daily", "weekly"]), TIMES)
def test_a_digest_comes_on_a_working_day_and_never_in_quiet_hours(now: datetime, rhythm: Any, at: time) -> None:
    due = next_digest(now, rhythm, at, POLICY, BRUSSELS)
    local = due.astimezone(BRUSSELS)
    assert due > now
    assert is_working_day(local.date(), "BE") or local.time() == POLICY.invitations.quiet_hours.end
    assert after_quiet(due, POLICY.invitations.quiet_hours, BRUSSELS) == due
    assert (due - now).days <= (12 if rhythm == "weekly" else 6)


@pytest.mark.parametrize(
    ("now", "rhythm", "day"),
    [
        (datetime(2026, 5, 4, 7, tzinfo=BRUSSELS), "daily", date(2026, 5, 4)),
        (datetime(2026, 5, 4, 12, tzinfo=BRUSSELS), "daily", date(2026, 5, 5)),
        (datetime(2026, 5, 8, 12, tzinfo=BRUSSELS), "daily", date(2026, 5, 11)),
        (datetime(2026, 5, 5, 12, tzinfo=BRUSSELS), "weekly", date(2026, 5, 11)),
        (datetime(2026, 4, 3, 12, tzinfo=BRUSSELS), "weekly", date(2026, 4, 7)),  # Easter Monday
    ],
)
def test_a_digest_skips_the_weekend_and_holidays(now: datetime, rhythm: Any, day: date) -> None:
    due = next_digest(now, rhythm, time(10), POLICY, BRUSSELS).astimezone(BRUSSELS)
    assert (due.date(), due.time()) == (day, time(10))
