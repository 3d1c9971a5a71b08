"""Signals: who raises one, whose it becomes, and how it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.signals import (
    AnswerOffer,
    ChangeSignal,
    CloseSignal,
    ListSignals,
    MergeSignals,
    OfferSignal,
    RaiseSignal,
    ReadNotes,
    ReopenSignal,
    ShowSignal,
    SignalCameBack,
    SignalClosed,
    SignalMerged,
    SignalOfferAnswered,
    SignalOffered,
    SignalRaised,
    SignalTaken,
    SnoozeSignal,
    TakeSignal,
    WorkerTold,
    WriteNote,
)
from shared.ids import new_id
from tests.handling import PLACE
from tests.signals.neighbourhood import Signals, by, me
from tests.signals.raising import in_days, raised, show, taken


async def what(signals: Signals, signal_id: UUID) -> list[str]:
    """What happened to it."""
    return [step.what for step in (await show(signals, signal_id)).steps]


# --- raising


async def test_a_worker_raises_a_signal_and_the_worker_of_the_moment_is_told(signals: Signals) -> None:
    place = await signals.place()
    ref = await raised(signals, place, urgency="today", on_word_of="relative", how=by(place.karim))
    assert ref.stage == "open"
    (told,) = await signals.told(WorkerTold, signal_id=ref.signal_id)
    assert (told.worker_id, told.step, told.urgency, told.why) == (place.marie, "worker", "today", "new")
    found = await show(signals, ref.signal_id)
    assert (found.raised_by, found.on_word_of, found.cause) == (f"worker:{place.karim}", "relative", "noticed")
    assert (found.told_id, found.worker_id, found.stage) == (place.marie, None, "open")
    assert [step.what for step in found.steps] == ["raised", "told"]
    assert len(await signals.told(SignalRaised, signal_id=ref.signal_id)) == 1


async def test_someone_raises_one_about_themselves_and_who_holds_their_mandate_may(signals: Signals) -> None:
    place = await signals.place()
    holder = await signals.someone(place)
    who = await signals.someone(place, mandate_holder_ids=[holder])
    own = await raised(signals, place, participant_id=who, how=me(who))
    theirs = await raised(signals, place, participant_id=who, how=me(holder))
    assert (await show(signals, own.signal_id)).on_word_of == "participant"
    assert (await show(signals, theirs.signal_id)).on_word_of == "relative"
    stranger = await signals.someone(place)
    command = RaiseSignal(participant_id=who, kind="mood")
    assert await signals.refused(command, **me(stranger)) == ("no_mandate", "participant_id")


async def test_a_partner_raises_one_within_its_grant_and_sees_nothing_back_but_the_reference(signals: Signals) -> None:
    place, elsewhere = await signals.place(), await signals.place()
    who, other = await signals.someone(place), await signals.someone(elsewhere)
    await signals.grant("huisarts", place.neighbourhood_id)
    partner: dict[str, Any] = {"sender": "huisarts"}
    ref = await raised(signals, place, participant_id=who, how=partner)
    assert set(ref.model_dump()) == {"signal_id", "version", "stage"}
    assert (await show(signals, ref.signal_id)).on_word_of == "organisation"
    outside = RaiseSignal(participant_id=other, kind="food")
    assert await signals.refused(outside, **partner) == ("outside_grant", "participant_id")
    assert await signals.refused(ShowSignal(signal_id=ref.signal_id), **partner) == ("not_allowed", "ce-actor")
    assert await signals.refused(ReadNotes(signal_id=ref.signal_id), **partner) == ("not_allowed", "ce-actor")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"kind": "no-such-kind"}, ("unknown_kind", "kind")),
        ({"participant_id": UUID(int=7)}, ("unknown_id", "participant_id")),
    ],
)
async def test_what_cannot_be_raised_is_refused(
    signals: Signals, changes: dict[str, Any], refusal: tuple[str, str]
) -> None:
    place = await signals.place()
    who = await signals.someone(place)
    command = RaiseSignal.model_validate({"participant_id": who, "kind": "food"} | changes)
    assert await signals.refused(command, **by(place.marie)) == refusal


async def test_nothing_is_raised_about_who_left(signals: Signals) -> None:
    place = await signals.place()
    who = await signals.someone(place, status="left", reached_by=None)
    command = RaiseSignal(participant_id=who, kind="food")
    assert await signals.refused(command, **by(place.marie)) == ("left", "participant_id")


async def test_the_same_command_twice_raises_one(signals: Signals) -> None:
    place = await signals.place()
    command, id_ = RaiseSignal(participant_id=await signals.someone(place), kind="food"), new_id()
    first = await signals.get(command, message_id=id_, **by(place.marie))
    assert await signals.get(command, message_id=id_, **by(place.marie)) == first


# --- who sees it


async def test_a_signal_is_seen_by_workers_who_answer_for_the_neighbourhood_alone(signals: Signals) -> None:
    """To any other worker there is no such signal, and no such person."""
    place, elsewhere = await signals.place(), await signals.place(organisation_id="welzijn-rabot")
    who = await signals.someone(place)
    ref = await raised(signals, place, participant_id=who)
    stranger = by(elsewhere.marie)
    for message in (
        ShowSignal(signal_id=ref.signal_id), TakeSignal(signal_id=ref.signal_id), ReadNotes(signal_id=ref.signal_id),
        WriteNote(signal_id=ref.signal_id, note="Hallo"), ChangeSignal(signal_id=ref.signal_id, urgency="today"),
        CloseSignal(signal_id=ref.signal_id, outcome="talk"), ReopenSignal(signal_id=ref.signal_id),
        SnoozeSignal(signal_id=ref.signal_id, until=in_days(3)),
        OfferSignal(signal_id=ref.signal_id, worker_id=elsewhere.karim),
        AnswerOffer(signal_id=ref.signal_id, agreed=True),
        MergeSignals(signal_id=ref.signal_id, into_id=new_id()),
    ):  # fmt: skip
        theirs = await signals.problems(message, **stranger)
        gone = await signals.problems(message.model_copy(update={"signal_id": new_id()}), **stranger)
        assert theirs == gone, message.TYPE
        assert theirs[0].code == "unknown_id"
    assert await signals.refused(RaiseSignal(participant_id=who, kind="food"), **stranger) == (
        "unknown_id", "participant_id",
    )  # fmt: skip
    assert (await signals.get(ListSignals(participant_id=who), **stranger)).signals == []
    for worker in (place.marie, place.karim, place.lieve):
        assert (await show(signals, ref.signal_id, **by(worker))).signal_id == ref.signal_id


async def test_a_list_has_the_most_urgent_first_and_is_read_in_pages(signals: Signals) -> None:
    place = await signals.place()
    watch, first, today, second = [
        (await raised(signals, place, urgency=urgency)).signal_id
        for urgency in ("watch", "this-week", "today", "this-week")
    ]
    found, after = [], None
    while True:
        page = await signals.get(
            ListSignals(neighbourhood_id=place.neighbourhood_id, limit=1, after=after), **by(place.marie)
        )
        found += [each.signal_id for each in page.signals]
        after = page.next
        if after is None:
            break
    assert found == [today, first, second, watch]
    await signals.get(TakeSignal(signal_id=first), **by(place.karim))
    mine = await signals.get(ListSignals(worker_id=place.karim), **by(place.karim))
    assert [each.signal_id for each in mine.signals] == [first]
    assert await signals.refused(ListSignals(after="x y z"), **by(place.marie)) == ("malformed", "after")


# --- having it


async def test_a_signal_has_one_worker_at_most(signals: Signals) -> None:
    place = await signals.place()
    ref = await taken(signals, place)
    assert await signals.get(TakeSignal(signal_id=ref.signal_id), **by(place.marie)) == ref, "once is enough"
    assert await signals.refused(TakeSignal(signal_id=ref.signal_id), **by(place.karim)) == (
        "wrong_stage", "signal_id",
    )  # fmt: skip
    (told,) = await signals.told(SignalTaken, signal_id=ref.signal_id)
    assert told.worker_id == place.marie
    assert f"signal-climb:{ref.signal_id}" not in await signals.timers()


async def test_the_coordinator_can_take_what_another_has(signals: Signals) -> None:
    """Both can fall back on the coordinator: a worker who fell ill can't hand over."""
    place = await signals.place()
    ref = await taken(signals, place)
    await signals.get(TakeSignal(signal_id=ref.signal_id), **by(place.lieve))
    assert (await show(signals, ref.signal_id)).worker_id == place.lieve


async def test_handing_over_takes_both(signals: Signals) -> None:
    place = await signals.place()
    ref = await taken(signals, place)
    offer = OfferSignal(signal_id=ref.signal_id, worker_id=place.karim)
    assert await signals.refused(offer, **by(place.karim)) == ("not_yours", "signal_id")
    await signals.get(offer, **by(place.marie))
    assert (await signals.told(SignalOffered, signal_id=ref.signal_id))[-1].to_id == place.karim
    assert (await show(signals, ref.signal_id)).worker_id == place.marie, "theirs until the colleague agrees"
    answer = AnswerOffer(signal_id=ref.signal_id, agreed=True)
    assert await signals.refused(answer, **by(place.lieve)) == ("not_asked", "signal_id")
    assert await signals.refused(answer, **by(place.marie)) == ("not_asked", "signal_id")
    await signals.get(answer, **by(place.karim))
    await signals.get(answer, **by(place.karim))
    found = await show(signals, ref.signal_id)
    assert (found.worker_id, found.offered_to) == (place.karim, None)
    (told,) = await signals.told(SignalOfferAnswered, signal_id=ref.signal_id)
    assert (told.from_id, told.worker_id, told.agreed) == (place.marie, place.karim, True)


async def test_an_offer_can_be_declined_or_taken_back(signals: Signals) -> None:
    place = await signals.place()
    ref = await taken(signals, place)
    no = AnswerOffer(signal_id=ref.signal_id, agreed=False)
    for worker in (place.karim, place.marie):
        await signals.get(OfferSignal(signal_id=ref.signal_id, worker_id=place.karim), **by(place.marie))
        await signals.get(no, **by(worker))
        found = await show(signals, ref.signal_id)
        assert (found.worker_id, found.offered_to) == (place.marie, None)
    assert (await what(signals, ref.signal_id))[-4:] == ["offered", "offer-declined", "offered", "offer-declined"]


async def test_it_is_offered_to_a_colleague_who_answers_for_the_neighbourhood(signals: Signals) -> None:
    place, elsewhere = await signals.place(), await signals.place(organisation_id="welzijn-rabot")
    ref = await taken(signals, place)
    for worker_id, code in ((elsewhere.marie, "unknown_id"), (place.marie, "same_worker"), (new_id(), "unknown_id")):
        command = OfferSignal(signal_id=ref.signal_id, worker_id=worker_id)
        assert await signals.refused(command, **by(place.marie)) == (code, "worker_id")


async def test_more_urgent_than_it_seemed_is_told_again(signals: Signals) -> None:
    place = await signals.place()
    ref = await raised(signals, place, urgency="watch")
    await signals.get(ChangeSignal(signal_id=ref.signal_id, urgency="today", kind="safety"), **by(place.karim))
    told = await signals.told(WorkerTold, signal_id=ref.signal_id)
    assert [(each.worker_id, each.urgency) for each in told] == [(place.marie, "watch"), (place.marie, "today")]
    await signals.get(ChangeSignal(signal_id=ref.signal_id, urgency="watch"), **by(place.karim))
    assert len(await signals.told(WorkerTold, signal_id=ref.signal_id)) == 2, "less urgent: nobody is disturbed"
    found = await show(signals, ref.signal_id)
    assert (found.kind, found.urgency) == ("safety", "watch")
    refused = ChangeSignal(signal_id=ref.signal_id, kind="no-such-kind")
    assert await signals.refused(refused, **by(place.karim)) == ("unknown_kind", "kind")


async def test_what_rests_and_becomes_more_urgent_is_before_its_worker_at_once(signals: Signals) -> None:
    place = await signals.place()
    ref = await taken(signals, place)
    await signals.get(SnoozeSignal(signal_id=ref.signal_id, until=in_days(20)), **by(place.marie))
    await signals.get(ChangeSignal(signal_id=ref.signal_id, urgency="today"), **by(place.karim))
    assert (await show(signals, ref.signal_id)).stage == "taken"
    told = (await signals.told(WorkerTold, signal_id=ref.signal_id))[-1]
    assert (told.worker_id, told.why, told.urgency) == (place.marie, "came-back", "today")


# --- resting


async def test_a_snoozed_signal_comes_back_on_its_day(signals: Signals) -> None:
    place = await signals.place()
    ref = await taken(signals, place)
    until = in_days(10)
    await signals.get(SnoozeSignal(signal_id=ref.signal_id, until=until), **by(place.marie))
    assert (await show(signals, ref.signal_id)).look_again_on == until
    signals.move(timedelta(days=8))
    await signals.fire()
    assert (await show(signals, ref.signal_id)).stage == "snoozed"
    signals.move(timedelta(days=3))
    await signals.fire()
    found = await show(signals, ref.signal_id)
    assert (found.stage, found.worker_id, found.look_again_on) == ("taken", place.marie, None)
    assert len(await signals.told(SignalCameBack, signal_id=ref.signal_id)) == 1
    told = (await signals.told(WorkerTold, signal_id=ref.signal_id))[-1]
    assert (told.worker_id, told.why) == (place.marie, "came-back")


async def test_keep_an_eye_is_no_end_but_a_next_look(signals: Signals) -> None:
    place = await signals.place()
    ref = await taken(signals, place)
    close = CloseSignal(signal_id=ref.signal_id, outcome="keep-an-eye", look_again_on=in_days(30))
    await signals.get(close, **by(place.marie))
    found = await show(signals, ref.signal_id)
    assert (found.stage, found.outcome, found.look_again_on) == ("snoozed", "keep-an-eye", close.look_again_on)
    assert not await signals.told(SignalClosed, signal_id=ref.signal_id)
    signals.move(timedelta(days=32))
    await signals.fire()
    assert (await show(signals, ref.signal_id)).stage == "taken"


@pytest.mark.parametrize(("days", "code"), [(0, "in_the_past"), (-3, "in_the_past"), (400, "too_far")])
async def test_a_day_to_look_again_is_to_come_and_not_too_far(signals: Signals, days: int, code: str) -> None:
    place = await signals.place()
    ref = await taken(signals, place)
    snooze = SnoozeSignal(signal_id=ref.signal_id, until=in_days(days))
    assert await signals.refused(snooze, **by(place.marie)) == (code, "until")
    eye = CloseSignal(signal_id=ref.signal_id, outcome="keep-an-eye", look_again_on=in_days(days))
    assert await signals.refused(eye, **by(place.marie)) == (code, "look_again_on")


# --- ending


@pytest.mark.parametrize("outcome", ["talk", "introduction", "gathering", "referral", "nothing-to-do"])
async def test_a_signal_ends_with_an_outcome(signals: Signals, outcome: Any) -> None:
    place = await signals.place()
    ref = await raised(signals, place)
    close = CloseSignal(signal_id=ref.signal_id, outcome=outcome)
    assert await signals.refused(close, **by(place.marie)) == ("wrong_stage", "signal_id"), "take it first"
    await signals.get(TakeSignal(signal_id=ref.signal_id), **by(place.marie))
    assert await signals.refused(close, **by(place.karim)) == ("not_yours", "signal_id")
    await signals.get(close, **by(place.marie))
    await signals.get(close, **by(place.marie))
    (told,) = await signals.told(SignalClosed, signal_id=ref.signal_id)
    assert told.outcome == outcome
    assert (await show(signals, ref.signal_id)).outcome == outcome


async def test_what_was_not_over_is_reopened_and_is_theirs(signals: Signals) -> None:
    place = await signals.place()
    ref = await taken(signals, place)
    again = ReopenSignal(signal_id=ref.signal_id)
    assert await signals.refused(again, **by(place.karim)) == ("wrong_stage", "signal_id")
    await signals.get(CloseSignal(signal_id=ref.signal_id, outcome="talk"), **by(place.marie))
    await signals.get(again, **by(place.karim))
    await signals.get(again, **by(place.karim))
    found = await show(signals, ref.signal_id)
    assert (found.stage, found.worker_id, found.outcome) == ("taken", place.karim, None)
    assert (await what(signals, ref.signal_id))[-2:] == ["closed", "reopened"]


# --- one matter


async def test_two_signals_of_one_matter_go_on_as_one_with_the_notes_of_both(signals: Signals) -> None:
    place = await signals.place()
    who = await signals.someone(place)
    one = await raised(signals, place, participant_id=who, urgency="today")
    other = await raised(signals, place, participant_id=who)
    for ref, note in ((one, "Eerste"), (other, "Tweede")):
        await signals.get(WriteNote(signal_id=ref.signal_id, note=note), **by(place.marie))
    merge = MergeSignals(signal_id=one.signal_id, into_id=other.signal_id)
    assert (await signals.get(merge, **by(place.marie))).signal_id == other.signal_id
    await signals.get(merge, **by(place.marie))
    gone, stays = await show(signals, one.signal_id), await show(signals, other.signal_id)
    assert (gone.stage, gone.merged_into, stays.urgency) == ("merged", other.signal_id, "today")
    notes = await signals.get(ReadNotes(signal_id=other.signal_id), **by(place.marie))
    assert [each.note for each in notes.notes] == ["Eerste", "Tweede"]
    (told,) = await signals.told(SignalMerged, signal_id=one.signal_id)
    assert told.into_id == other.signal_id
    assert await signals.refused(TakeSignal(signal_id=one.signal_id), **by(place.marie)) == ("merged", "signal_id")
    told_again = (await signals.told(WorkerTold, signal_id=other.signal_id))[-1]
    assert told_again.urgency == "today", "what became more urgent by it is told again"


async def test_what_a_colleague_has_does_not_disappear_into_anothers(signals: Signals) -> None:
    place = await signals.place()
    who = await signals.someone(place)
    theirs = await taken(signals, place, participant_id=who)
    mine = await raised(signals, place, participant_id=who)
    merge = MergeSignals(signal_id=theirs.signal_id, into_id=mine.signal_id)
    assert await signals.refused(merge, **by(place.karim)) == ("not_yours", "signal_id")
    await signals.get(merge, **by(place.marie))
    assert (await show(signals, mine.signal_id)).worker_id == place.marie, "who had one has both"
    assert f"signal-climb:{mine.signal_id}" not in await signals.timers()


async def test_only_signals_of_one_person_are_one_matter(signals: Signals) -> None:
    place = await signals.place()
    one, other = await raised(signals, place), await raised(signals, place)
    merge = MergeSignals(signal_id=one.signal_id, into_id=other.signal_id)
    assert await signals.refused(merge, **by(place.marie)) == ("other_person", "into_id")
    same = MergeSignals(signal_id=one.signal_id, into_id=one.signal_id)
    assert await signals.refused(same, **by(place.marie)) == ("same_signal", "into_id")


async def test_no_event_of_a_signal_says_what_it_is_about(signals: Signals) -> None:
    place = await signals.place()
    mark = await signals.mark()
    ref = await taken(signals, place, kind="money")
    await signals.get(CloseSignal(signal_id=ref.signal_id, outcome="talk"), **by(place.marie))
    rows = await signals.rows("SELECT body, stream FROM messaging.outbox WHERE seq > $1", mark)
    assert len(rows) >= 4
    assert not [row["body"] for row in rows if "money" in row["body"] or row["stream"] != "EVENTS"]
    assert PLACE not in {row["stream"] for row in rows}
