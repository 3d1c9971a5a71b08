"""Who answers for a neighbourhood: hours, absences, backups, the coordinator, and the clock that is put back."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from services.profiles.domain.duty import NOBODY, WEEKDAYS, Staff, Working, after, on_duty, told, until
from shared.contracts.profiles import Hours

BRUSSELS = ZoneInfo("Europe/Brussels")
MARIE, KARIM, LIEVE = (UUID(int=n) for n in (1, 2, 3))
MONDAY = datetime(2026, 5, 4, tzinfo=BRUSSELS)


def hours(weekday: str, begins: str, ends: str) -> Hours:
    return Hours.model_validate({"weekday": weekday, "begins": begins, "ends": ends})


MARIE_WORKS = Working(MARIE, (hours("monday", "09:00", "12:30"),), backup_id=KARIM)
KARIM_WORKS = Working(KARIM, (hours("monday", "09:00", "17:00"),))
STAFF = Staff(BRUSSELS, (MARIE_WORKS,), {KARIM: KARIM_WORKS}, LIEVE)


def test_the_worker_is_on_duty_within_their_hours() -> None:
    present = on_duty(STAFF, MONDAY.replace(hour=10))
    assert (present.worker_id, present.role, present.backup_id, present.coordinator_id) == (
        MARIE, "worker", KARIM, LIEVE,
    )  # fmt: skip
    assert until(STAFF, MONDAY.replace(hour=10)) == MONDAY.replace(hour=12, minute=30)


def test_then_the_backup_then_the_coordinator() -> None:
    afternoon, evening = MONDAY.replace(hour=14), MONDAY.replace(hour=20)
    assert (on_duty(STAFF, afternoon).worker_id, on_duty(STAFF, afternoon).role) == (KARIM, "backup")
    assert (on_duty(STAFF, evening).worker_id, on_duty(STAFF, evening).role) == (LIEVE, "coordinator")
    assert until(STAFF, evening) == MONDAY.replace(hour=9) + timedelta(days=7)


def test_the_backup_stands_in_for_a_worker_who_is_away() -> None:
    away = Working(MARIE, MARIE_WORKS.hours, ((MONDAY, MONDAY + timedelta(days=1)),), KARIM)
    staff = Staff(BRUSSELS, (away,), {KARIM: KARIM_WORKS}, LIEVE)
    assert on_duty(staff, MONDAY.replace(hour=10)).role == "backup"
    assert on_duty(staff, MONDAY.replace(hour=10) + timedelta(days=7)).role == "worker"


def test_without_anyone_nobody_is_on_duty_and_that_never_changes_by_itself() -> None:
    assert on_duty(NOBODY, MONDAY).role == "nobody"
    assert until(NOBODY, MONDAY) is None


def test_who_has_no_hours_is_always_there() -> None:
    staff = Staff(BRUSSELS, (Working(MARIE),), {}, LIEVE)
    assert on_duty(staff, MONDAY.replace(hour=3)).worker_id == MARIE
    assert until(staff, MONDAY) is None


def test_an_absence_far_ahead_is_when_duty_changes() -> None:
    begins = MONDAY + timedelta(days=200)
    staff = Staff(BRUSSELS, (Working(MARIE, (), ((begins, begins + timedelta(days=3)),)),), {}, LIEVE)
    assert until(staff, MONDAY) == begins


def test_a_visit_climbs_from_worker_to_backup_to_coordinator_and_ends_there() -> None:
    steps, step = [], "worker"
    while step:
        step, worker_id = told(step, STAFF, MONDAY)  # type: ignore[arg-type]
        steps.append((step, worker_id))
        step = after(step)  # type: ignore[arg-type, assignment]
    assert steps == [("worker", MARIE), ("backup", KARIM), ("coordinator", LIEVE)]


def test_a_visit_goes_straight_to_the_backup_while_the_worker_is_away() -> None:
    away = Working(MARIE, (), ((MONDAY, MONDAY + timedelta(days=30)),), KARIM)
    staff = Staff(BRUSSELS, (away,), {KARIM: KARIM_WORKS}, LIEVE)
    assert told("worker", staff, MONDAY) == ("backup", KARIM)
    assert told("worker", NOBODY, MONDAY) == ("coordinator", None)


clock = st.times().map(lambda each: each.replace(minute=each.minute // 15 * 15, second=0, microsecond=0))
moments = st.integers(0, 60 * 24 * 4).map(lambda quarters: datetime(2026, 3, 20, tzinfo=UTC) + quarters * QUARTER)
QUARTER = timedelta(minutes=15)


@st.composite
def stretch(draw: st.DrawFn) -> Hours:
    begins, ends = sorted((draw(clock), draw(clock)))
    return Hours(weekday=draw(st.sampled_from(WEEKDAYS)), begins=begins, ends=ends if begins < ends else time(0))  # type: ignore[arg-type]


@st.composite
def absence(draw: st.DrawFn) -> tuple[datetime, datetime]:
    begins = draw(moments)
    return begins, begins + draw(st.integers(1, 1000)) * QUARTER


@st.composite
def anyone(draw: st.DrawFn, worker_id: UUID, others: list[UUID]) -> Working:
    return Working(
        worker_id,
        tuple(draw(st.lists(stretch(), max_size=4))),
        tuple(draw(st.lists(absence(), max_size=2))),
        draw(st.sampled_from([None, *others])),
    )


@st.composite
def staffs(draw: st.DrawFn) -> Staff:
    ids = [UUID(int=n) for n in range(4)]
    everyone = [draw(anyone(each, [other for other in ids if other != each])) for each in ids]
    zone = ZoneInfo(draw(st.sampled_from(["Europe/Brussels", "UTC", "America/New_York"])))
    workers = tuple(everyone[: draw(st.integers(0, 3))])
    return Staff(zone, workers, {each.worker_id: each for each in everyone}, draw(st.sampled_from([None, LIEVE])))


@settings(max_examples=150, deadline=None)
@given(staffs(), moments)
def test_until_is_the_first_quarter_at_which_something_differs(staff: Staff, at: datetime) -> None:
    """Everything is drawn in quarters of an hour, so looking at each quarter of 40 days finds the first change."""
    present, said = on_duty(staff, at), until(staff, at)
    quarters = (at + n * QUARTER for n in range(1, 40 * 96))
    seen = next((each for each in quarters if on_duty(staff, each) != present), None)
    assert said == seen or (seen is None and said is not None and said > at + timedelta(days=39))


@settings(max_examples=150, deadline=None)
@given(staffs(), moments)
def test_nobody_is_on_duty_while_away_unless_it_ends_with_them(staff: Staff, at: datetime) -> None:
    present = on_duty(staff, at)
    by_id = {each.worker_id: each for each in (*staff.workers, *staff.colleagues.values())}
    if present.role in ("worker", "backup"):
        assert present.worker_id is not None
        assert by_id[present.worker_id].at_work(at, staff.zone)
    else:
        assert present.worker_id == staff.coordinator_id
        assert not any(each.at_work(at, staff.zone) for each in staff.workers)
