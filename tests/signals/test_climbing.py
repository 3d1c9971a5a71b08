"""What is open climbs: worker, backup, coordinator, by timers that survive restarts, until someone has taken it."""

from __future__ import annotations

from datetime import timedelta

from shared import clock
from shared.contracts.profiles import WorkerEnded, WorkerKept
from shared.contracts.signals import (
    AnswerOffer,
    ChangeSignal,
    OfferSignal,
    SignalDue,
    SnoozeSignal,
    TakeSignal,
    WorkerTold,
)
from shared.ids import new_id
from tests.signals.neighbourhood import ZONE, Signals, by
from tests.signals.raising import in_days, raised, show, taken, told_whom


async def test_an_urgent_signal_reaches_a_person_at_once_and_climbs_until_someone_has_taken_it(
    signals: Signals,
) -> None:
    """At the coordinator it is told again each day: a signal for today is never left lying."""
    place = await signals.place()
    ref = await raised(signals, place, urgency="today")
    for _ in range(4):
        signals.move(timedelta(hours=1, minutes=1))
        await signals.fire()
    expected = [(place.marie, "worker", "new"), (place.karim, "backup", "climbed"),
                (place.lieve, "coordinator", "climbed")]  # fmt: skip
    assert await told_whom(signals, ref.signal_id) == expected
    signals.move(timedelta(days=1))
    await signals.fire()
    assert await told_whom(signals, ref.signal_id) == [*expected, (place.lieve, "coordinator", "climbed")]
    await signals.get(TakeSignal(signal_id=ref.signal_id), **by(place.karim))
    signals.move(timedelta(days=3))
    await signals.fire()
    assert len(await told_whom(signals, ref.signal_id)) == 4, "taken: nobody is disturbed any more"
    found = await show(signals, ref.signal_id)
    assert [step.step for step in found.steps if step.what == "told"] == [
        "worker", "backup", "coordinator", "coordinator",
    ]  # fmt: skip


async def test_what_is_not_urgent_waits_for_working_days(signals: Signals) -> None:
    """From Friday at ten, 48 hours of working days end on Tuesday at ten."""
    place = await signals.place()
    signals.move_to(4, 10)
    ref = await raised(signals, place, urgency="this-week")
    signals.move_to(0, 20)
    await signals.fire()
    assert len(await told_whom(signals, ref.signal_id)) == 1, "a weekend is no time to react"
    signals.move_to(1, 11)
    await signals.fire()
    assert (await told_whom(signals, ref.signal_id))[-1] == (place.karim, "backup", "climbed")
    signals.move_to(4, 9)
    await signals.fire()
    assert (await told_whom(signals, ref.signal_id))[-1] == (place.lieve, "coordinator", "climbed")
    signals.move(timedelta(days=60))
    await signals.fire()
    assert len(await told_whom(signals, ref.signal_id)) == 3, "it stays open there, and is not repeated"
    assert (await show(signals, ref.signal_id)).stage == "open"
    assert not {key for key in await signals.timers() if str(ref.signal_id) in key}


async def test_what_can_wait_goes_to_who_is_at_work_next_and_what_is_for_today_to_who_answers_now(
    signals: Signals,
) -> None:
    """At night the coordinator answers: what is for this week is no reason to go past the worker."""
    place = await signals.place()
    await signals.duty(place, place.lieve, backup_id=None)
    tonight = await raised(signals, place, urgency="today")
    week = await raised(signals, place, urgency="this-week")
    assert (await told_whom(signals, tonight.signal_id))[0] == (place.lieve, "coordinator", "new")
    assert (await told_whom(signals, week.signal_id))[0] == (place.marie, "worker", "new")
    signals.move(timedelta(days=6))
    await signals.fire()
    assert (place.karim, "backup", "climbed") in await told_whom(signals, week.signal_id)


async def test_a_neighbourhood_without_anyone_keeps_it_open_and_the_coordinator_of_the_organisation_hears(
    signals: Signals,
) -> None:
    chief = new_id()
    place = await signals.place(organisation_id="alleen")
    await signals.organisation("alleen", names={"nl": "Alleen"}, coordinator_id=chief)
    await signals.duty(place, None, backup_id=None, coordinator_id=None)
    ref = await raised(signals, place, urgency="today", how={"actor": "operator"})
    assert await told_whom(signals, ref.signal_id) == [(chief, "coordinator", "new")]


async def test_steps_go_on_from_whoever_is_there(signals: Signals) -> None:
    """No backup: it goes to the coordinator at once."""
    place = await signals.place()
    await signals.worker(place.marie, place.neighbourhood_id, backup_id=None)
    await signals.duty(place, place.marie, backup_id=None)
    ref = await raised(signals, place, urgency="today")
    signals.move(timedelta(hours=2))
    await signals.fire()
    assert (await told_whom(signals, ref.signal_id))[-1] == (place.lieve, "coordinator", "climbed")


async def test_a_timer_that_comes_twice_or_too_soon_changes_nothing(signals: Signals) -> None:
    place = await signals.place()
    ref = await raised(signals, place, urgency="today")
    due = SignalDue(
        neighbourhood_id=place.neighbourhood_id, signal_id=ref.signal_id, to="climb", step="backup"
    )  # fmt: skip
    await signals.tell(due)
    assert len(await told_whom(signals, ref.signal_id)) == 1, "too soon"
    signals.move(timedelta(hours=1, minutes=1))
    id_ = new_id()
    for message_id in (id_, id_, new_id()):
        await signals.tell(due, message_id=message_id)
    assert len(await told_whom(signals, ref.signal_id)) == 2
    await signals.tell(SignalDue(neighbourhood_id=place.neighbourhood_id, signal_id=new_id(), to="climb"))


async def test_less_urgent_it_waits_longer(signals: Signals) -> None:
    place = await signals.place()
    signals.move_to(0, 9)
    ref = await raised(signals, place, urgency="today")
    await signals.get(ChangeSignal(signal_id=ref.signal_id, urgency="this-week"), **by(place.karim))
    signals.move(timedelta(hours=5))
    await signals.fire()
    assert len(await told_whom(signals, ref.signal_id)) == 1
    signals.move(timedelta(days=2))
    await signals.fire()
    assert (await told_whom(signals, ref.signal_id))[-1] == (place.karim, "backup", "climbed")


async def test_it_comes_back_in_the_morning_on_the_clock_of_the_neighbourhood(signals: Signals) -> None:
    place = await signals.place()
    ref = await taken(signals, place)
    await signals.get(SnoozeSignal(signal_id=ref.signal_id, until=in_days(4)), **by(place.marie))
    (row,) = await signals.rows(
        "SELECT due_at FROM messaging.timer WHERE key = $1", SignalDue.timer(ref.signal_id, "come-back")
    )  # fmt: skip
    assert row["due_at"].astimezone(ZONE).strftime("%H:%M") == "09:00"
    assert row["due_at"].astimezone(ZONE).date() == in_days(4)


# --- a worker who stops


async def ended(signals: Signals, worker_id: object, backup_id: object) -> WorkerEnded:
    return WorkerEnded.model_validate(
        {"neighbourhood_id": None, "worker_id": worker_id, "backup_id": backup_id,
         "version": signals.version(worker_id)}
    )  # fmt: skip


async def test_what_was_of_a_worker_who_stops_is_their_backups(signals: Signals) -> None:
    """Taken or resting; what was brought to them goes to the next; what was offered to them stays with who has it."""
    place = await signals.place()
    had, rests, waits, offered = [
        await how(signals, place) for how in (taken, taken, raised, taken)
    ]  # fmt: skip
    await signals.get(SnoozeSignal(signal_id=rests.signal_id, until=in_days(9)), **by(place.marie))
    await signals.get(OfferSignal(signal_id=offered.signal_id, worker_id=place.karim), **by(place.marie))
    await signals.get(AnswerOffer(signal_id=offered.signal_id, agreed=True), **by(place.karim))
    await signals.get(OfferSignal(signal_id=offered.signal_id, worker_id=place.marie), **by(place.karim))
    event = await ended(signals, place.marie, place.karim)
    await signals.tell(event)
    mark = await signals.mark()
    await signals.tell(WorkerKept(worker_id=place.marie, version=event.version, removed=True))
    assert not await signals.everything_told(mark), "told by the event and by the state, it happens once"
    assert (await show(signals, had.signal_id)).worker_id == place.karim
    resting = await show(signals, rests.signal_id)
    assert (resting.worker_id, resting.stage) == (place.karim, "snoozed")
    assert (await told_whom(signals, waits.signal_id))[-1] == (place.karim, "backup", "climbed")
    stays = await show(signals, offered.signal_id)
    assert (stays.worker_id, stays.offered_to) == (place.karim, None)
    assert (await told_whom(signals, had.signal_id))[-1] == (place.karim, "backup", "climbed")
    assert await signals.refused(TakeSignal(signal_id=waits.signal_id), **by(place.marie)) == (
        "unknown_id", "signal_id",
    )  # fmt: skip


async def test_without_a_backup_it_is_open_again_and_climbs(signals: Signals) -> None:
    place = await signals.place()
    had = await taken(signals, place)
    await signals.tell(await ended(signals, place.karim, place.marie))
    await signals.duty(place, place.lieve, backup_id=None)
    await signals.tell(await ended(signals, place.marie, place.karim))
    found = await show(signals, had.signal_id)
    assert (found.stage, found.worker_id, found.told_id) == ("open", None, place.lieve)
    assert (await told_whom(signals, had.signal_id))[-1] == (place.lieve, "coordinator", "climbed")


async def test_each_step_is_an_event_without_content(signals: Signals) -> None:
    place = await signals.place()
    await raised(signals, place, urgency="today", kind="memory")
    signals.move(timedelta(hours=2))
    await signals.fire()
    (told,) = [each for each in await signals.told(WorkerTold, worker_id=place.karim) if each.step == "backup"]
    assert set(told.model_dump(exclude_none=True)) == {
        "neighbourhood_id", "worker_id", "step", "about", "urgency", "why", "signal_id",
    }  # fmt: skip
    assert clock.now()


async def test_what_a_worker_took_and_left_lying_is_told_to_them_and_then_climbs(signals: Signals) -> None:
    """Nobody is left waiting on a worker who fell silent: five working days, then five more."""
    place = await signals.place()
    signals.move_to(0, 10)
    ref = await raised(signals, place, urgency="this-week")
    await signals.get(TakeSignal(signal_id=ref.signal_id), **by(place.marie))
    before = len(await told_whom(signals, ref.signal_id))
    signals.move(timedelta(days=6, hours=23))
    await signals.fire()
    assert len(await told_whom(signals, ref.signal_id)) == before, "a weekend is no silence"
    signals.move(timedelta(hours=2))
    await signals.fire()
    assert (await told_whom(signals, ref.signal_id))[before:] == [(place.marie, "worker", "lies-still")]
    assert (await show(signals, ref.signal_id)).stage == "taken"
    signals.move(timedelta(days=7, hours=2))
    await signals.fire()
    assert (await told_whom(signals, ref.signal_id))[before + 1 :] == [(place.karim, "backup", "climbed")]
    found = await show(signals, ref.signal_id)
    assert (found.stage, found.worker_id) == ("open", None)
    await signals.get(TakeSignal(signal_id=ref.signal_id), **by(place.karim))


async def test_whatever_is_done_with_a_signal_shows_that_it_lies_not_still(signals: Signals) -> None:
    place = await signals.place()
    signals.move_to(0, 10)
    ref = await raised(signals, place, urgency="this-week")
    await signals.get(TakeSignal(signal_id=ref.signal_id), **by(place.marie))
    before = len(await told_whom(signals, ref.signal_id))
    for kind in ("mood", "household"):
        signals.move(timedelta(days=5))
        await signals.fire()
        await signals.get(ChangeSignal(signal_id=ref.signal_id, kind=kind), **by(place.marie))
    signals.move(timedelta(days=5))
    await signals.fire()
    assert len(await told_whom(signals, ref.signal_id)) == before


async def test_what_rests_or_has_ended_lies_not_still(signals: Signals) -> None:
    place = await signals.place()
    ref = await raised(signals, place, urgency="this-week")
    await signals.get(TakeSignal(signal_id=ref.signal_id), **by(place.marie))
    await signals.get(SnoozeSignal(signal_id=ref.signal_id, until=in_days(40)), **by(place.marie))
    before = len(await told_whom(signals, ref.signal_id))
    signals.move(timedelta(days=30))
    await signals.fire()
    assert len(await told_whom(signals, ref.signal_id)) == before
