"""What the system raises, once for each cause; and what makes it moot, in whichever order that comes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared import clock
from shared.contracts.envelope import Event
from shared.contracts.exchange import (
    ExchangeAgreed,
    ExchangeExpired,
    ExchangeWithdrawn,
    LimitReached,
    LimitSetAside,
    MediationAsked,
    NobodyFound,
    SilenceNoticed,
)
from shared.contracts.notify import TaskUndone
from shared.contracts.profiles import ParticipantMerged, VisitRecorded
from shared.contracts.signals import ChangeSignal, MergeSignals, SignalRaised, TakeSignal, WriteNote
from shared.ids import new_id
from tests.signals.neighbourhood import Place, Signals, by
from tests.signals.raising import about, raised, show, told_whom


def of(contract: type[Event], place: Place, who: UUID, exchange_id: UUID | None = None, **more: Any) -> Event:
    values: dict[str, Any] = {
        "neighbourhood_id": place.neighbourhood_id, "participant_id": who, "exchange_id": exchange_id or new_id(),
    }  # fmt: skip
    if contract is LimitReached:
        values["why"] = "structural"
    if contract is SilenceNoticed:
        values["since"] = clock.now() - timedelta(days=40)
    if contract is TaskUndone:
        values |= {"task_id": new_id(), "way": "phone", "worker_id": place.marie}
    return contract.model_validate(values | more)


def fact(contract: type[Event], place: Place, exchange_id: UUID) -> Event:
    return contract.model_validate(
        {"neighbourhood_id": place.neighbourhood_id, "exchange_id": exchange_id, "version": 3, "opening": "ask"}
    )


def visited(place: Place, who: UUID, days_ago: float = 0) -> VisitRecorded:
    return VisitRecorded(
        neighbourhood_id=place.neighbourhood_id, visit_id=new_id(), participant_id=who, worker_id=place.marie,
        visited_at=clock.now() - timedelta(days=days_ago),
    )  # fmt: skip


RAISED: list[tuple[type[Event], dict[str, Any], tuple[str, str, str]]] = [
    (LimitReached, {}, ("limit", "limit", "this-week")),
    (LimitReached, {"why": "drift"}, ("drift", "limit", "watch")),
    (NobodyFound, {}, ("nobody-found", "other", "this-week")),
    (MediationAsked, {}, ("not-good", "mediation", "this-week")),
    (SilenceNoticed, {}, ("silence", "silence", "watch")),
    (TaskUndone, {}, ("task-undone", "other", "this-week")),
]


@pytest.mark.parametrize(("contract", "more", "expected"), RAISED, ids=lambda each: getattr(each, "__name__", ""))
async def test_the_system_raises_signals_too(
    signals: Signals, contract: type[Event], more: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    """Limit reached, drift, nobody found, something not good, silence, a task undone: each to the worker, and once."""
    place = await signals.place()
    who, exchange_id = await signals.someone(place), new_id()
    event, id_ = of(contract, place, who, exchange_id, **more), new_id()
    for message_id in (id_, id_, new_id()):
        await signals.tell(event, message_id=message_id)
    (found,) = await about(signals, who)
    assert (found.cause, found.kind, found.urgency) == expected
    assert (found.raised_by, found.on_word_of, found.told_id) == ("system", None, place.marie)
    await signals.get(TakeSignal(signal_id=found.signal_id), **by(place.marie))
    await signals.tell(event)
    assert len(await about(signals, who)) == 1, "while it goes on, none is added"


async def test_of_another_exchange_it_is_another_signal(signals: Signals) -> None:
    place = await signals.place()
    who = await signals.someone(place)
    for _ in range(2):
        await signals.tell(of(LimitReached, place, who))
    assert len(await about(signals, who)) == 2


async def test_what_was_merged_is_not_raised_anew_while_the_other_goes_on(signals: Signals) -> None:
    place = await signals.place()
    who, exchange_id = await signals.someone(place), new_id()
    await signals.tell(of(LimitReached, place, who, exchange_id))
    (limit,) = await about(signals, who)
    mine = await raised(signals, place, participant_id=who)
    await signals.get(MergeSignals(signal_id=limit.signal_id, into_id=mine.signal_id), **by(place.marie))
    await signals.tell(of(LimitReached, place, who, exchange_id))
    assert len(await about(signals, who)) == 2


@pytest.mark.parametrize("contract", [ExchangeAgreed, ExchangeWithdrawn, ExchangeExpired])
@pytest.mark.parametrize("in_order", [True, False])
async def test_nobody_found_is_moot_once_nobody_is_sought(
    signals: Signals, contract: type[Event], in_order: bool
) -> None:
    place = await signals.place()
    who, exchange_id = await signals.someone(place), new_id()
    nobody, moot = new_id(), new_id()
    story = [(of(NobodyFound, place, who, exchange_id), nobody), (fact(contract, place, exchange_id), moot)]
    for event, id_ in story if in_order else reversed(story):
        await signals.tell(event, message_id=id_)
    found = await about(signals, who)
    assert [(each.stage, each.outcome) for each in found] == ([("closed", "nothing-to-do")] if in_order else [])
    assert not {key for key in await signals.timers() if found and str(found[0].signal_id) in key}


async def test_what_a_worker_has_taken_is_up_to_them(signals: Signals) -> None:
    place = await signals.place()
    who, exchange_id = await signals.someone(place), new_id()
    await signals.tell(of(NobodyFound, place, who, exchange_id))
    await signals.tell(of(SilenceNoticed, place, who))
    for each in await about(signals, who):
        await signals.get(TakeSignal(signal_id=each.signal_id), **by(place.marie))
    await signals.tell(fact(ExchangeAgreed, place, exchange_id))
    await signals.tell(visited(place, who))
    assert {each.stage for each in await about(signals, who)} == {"taken"}


async def test_a_visit_ends_a_silence_by_itself(signals: Signals) -> None:
    place = await signals.place()
    who = await signals.someone(place)
    await signals.tell(of(SilenceNoticed, place, who))
    await signals.tell(visited(place, who))
    (found,) = await about(signals, who)
    assert (found.stage, found.outcome, found.steps[-1].by) == ("closed", "talk", "system")


async def test_of_who_was_visited_since_no_silence_is_raised(signals: Signals) -> None:
    """Whichever comes first; a visit of before they fell silent doesn't count."""
    place = await signals.place()
    who, other = await signals.someone(place), await signals.someone(place)
    await signals.tell(visited(place, who, days_ago=1))
    await signals.tell(visited(place, other, days_ago=90))
    for each in (who, other):
        await signals.tell(of(SilenceNoticed, place, each))
    assert not await about(signals, who)
    assert len(await about(signals, other)) == 1


@pytest.mark.parametrize("contract", [LimitReached, NobodyFound, SilenceNoticed, TaskUndone])
async def test_the_system_raises_nothing_about_who_left(signals: Signals, contract: type[Event]) -> None:
    place = await signals.place()
    who = await signals.someone(place, status="left", reached_by=None)
    await signals.tell(of(contract, place, who))
    assert not await about(signals, who)


async def test_a_worker_who_recorded_that_it_was_not_good_is_not_told_so_and_has_to_take_it_all_the_same(
    signals: Signals,
) -> None:
    place = await signals.place()
    who = await signals.someone(place)
    await signals.tell(of(MediationAsked, place, who, new_id(), worker_id=place.marie))
    (signal,) = await about(signals, who)
    assert await told_whom(signals, signal.signal_id) == []
    assert signal.stage == "open"
    signals.move(timedelta(days=6))
    await signals.fire()
    assert (await told_whom(signals, signal.signal_id))[0][:2] == (place.karim, "backup")


async def test_who_is_not_known_yet_is_waited_for_and_who_was_merged_is_found(signals: Signals) -> None:
    place = await signals.place()
    who, double = new_id(), await signals.someone(place)
    event = of(MediationAsked, place, who)
    assert (await signals.arrive(event)).retry_in is not None
    await signals.someone(place, id_=who)
    await signals.tell(
        ParticipantMerged(participant_id=double, survivor_id=who, neighbourhood_id=place.neighbourhood_id, version=2)
    )
    await signals.tell(of(NobodyFound, place, double))
    assert [each.cause for each in await about(signals, who)] == ["nobody-found"]


# --- a limit that a worker set aside


@pytest.mark.parametrize("in_order", [True, False])
async def test_a_limit_that_was_set_aside_closes_the_signal_that_was_only_about_that(
    signals: Signals, in_order: bool
) -> None:
    place = await signals.place()
    who, exchange_id = await signals.someone(place), new_id()
    limit, aside = new_id(), new_id()
    story = [
        (of(LimitReached, place, who, exchange_id), limit),
        (of(LimitSetAside, place, who, exchange_id, worker_id=place.karim), aside),
    ]
    for event, id_ in story if in_order else reversed(story):
        await signals.tell(event, message_id=id_)
    found = await about(signals, who)
    assert len(found) == int(in_order)
    if in_order:
        assert (found[0].stage, found[0].outcome) == ("closed", "nothing-to-do")
        assert [step.what for step in found[0].steps][-2:] == ["limit-set-aside", "closed"]
        assert found[0].steps[-2].worker_id == place.karim


@pytest.mark.parametrize("more", ["a note", "another kind"])
async def test_a_signal_that_has_come_to_be_about_more_stays_with_its_worker(signals: Signals, more: str) -> None:
    place = await signals.place()
    who, exchange_id = await signals.someone(place), new_id()
    await signals.tell(of(LimitReached, place, who, exchange_id))
    (found,) = await about(signals, who)
    if more == "a note":
        await signals.get(WriteNote(signal_id=found.signal_id, note="Ze eet slecht."), **by(place.marie))
    else:
        await signals.get(ChangeSignal(signal_id=found.signal_id, kind="food"), **by(place.marie))
    await signals.tell(of(LimitSetAside, place, who, exchange_id, worker_id=place.marie))
    again = await show(signals, found.signal_id)
    assert again.stage == "open"
    assert again.steps[-1].what == "limit-set-aside"


async def test_the_reason_to_set_a_rule_aside_is_kept_with_the_signal(signals: Signals) -> None:
    """As a note, also once the signal has ended by it."""
    place = await signals.place()
    who, exchange_id = await signals.someone(place), new_id()
    await signals.tell(of(LimitReached, place, who, exchange_id))
    await signals.tell(of(LimitSetAside, place, who, exchange_id, worker_id=place.marie))
    (found,) = await about(signals, who)
    note = WriteNote(signal_id=found.signal_id, note="De buur doet dit graag, tot de zomer.", about="deviation")
    await signals.get(note, **by(place.marie))
    assert (await show(signals, found.signal_id)).notes_written == 1


async def test_raised_means_told(signals: Signals) -> None:
    place = await signals.place()
    who = await signals.someone(place)
    await signals.tell(of(SilenceNoticed, place, who))
    (found,) = await about(signals, who)
    (told,) = await signals.told(SignalRaised, signal_id=found.signal_id)
    assert told.neighbourhood_id == place.neighbourhood_id
