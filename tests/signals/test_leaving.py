"""Copies, two entries of one person, erasure, who leaves, and what has had its time."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.erasure import SignalsErasureConfirmed
from shared.contracts.exchange import ExchangeOpened, LimitReached, MediationAsked, SilenceNoticed, WorkerAsked
from shared.contracts.operations import RunRetention
from shared.contracts.person import CopyOfPerson, PersonCopy
from shared.contracts.profiles import ParticipantErased, ParticipantKept, ParticipantMerged
from shared.contracts.signals import (
    CloseSignal,
    ListReadings,
    ReadNotes,
    RecordMediationTalk,
    SnoozeSignal,
    StartMediation,
    TakeSignal,
    WorkerTold,
    WriteNote,
)
from shared.ids import new_id
from shared.policy import load
from tests.handling import later
from tests.signals.neighbourhood import Place, Signals, by, me
from tests.signals.raising import about, in_days, raised, show, taken

KEEP = load().retention


async def eventful(signals: Signals, place: Place, who: UUID, other: UUID) -> UUID:
    """Someone about whom there is everything, also a mediation in which another has their part: its signal."""
    own = await raised(signals, place, participant_id=who, how=me(who))
    await signals.get(WriteNote(signal_id=own.signal_id, note="Ik slaap slecht."), **me(who))
    ref = await taken(signals, place, participant_id=who, kind="mediation")
    await signals.get(WriteNote(signal_id=ref.signal_id, note="Ze durft niet bellen."), **by(place.marie))
    await signals.get(ReadNotes(signal_id=ref.signal_id), **by(place.karim))
    start = StartMediation(signal_id=ref.signal_id, participant_id=other, other_id=who)
    made = await signals.get(start, **by(place.marie))
    await signals.get(RecordMediationTalk(mediation_id=made.mediation_id, participant_id=other), **by(place.marie))
    rests = await taken(signals, place, participant_id=who)
    await signals.get(SnoozeSignal(signal_id=rests.signal_id, until=in_days(20)), **by(place.marie))
    await signals.tell(SilenceNoticed(neighbourhood_id=place.neighbourhood_id, participant_id=who, since=later(-40)))
    return ref.signal_id


def merged(place: Place, double: UUID, survivor: UUID) -> ParticipantMerged:
    return ParticipantMerged(
        participant_id=double, survivor_id=survivor, neighbourhood_id=place.neighbourhood_id, version=9
    )


def erased(who: UUID, *merged_ids: UUID) -> ParticipantErased:
    return ParticipantErased(
        participant_id=who, erasure_id=new_id(), neighbourhood_id="here", merged_ids=list(merged_ids)
    )


async def copy_of(signals: Signals, who: UUID, **how: Any) -> list[tuple[str, dict[str, Any]]]:
    items: list[tuple[str, dict[str, Any]]] = []
    page: int | None = 1
    while page is not None:
        found: PersonCopy = await signals.get(CopyOfPerson(participant_id=who, page=page), **how)
        assert (found.service, found.participant_id, found.page) == ("signals", who, page)
        items += [(item.kind, item.data) for item in found.items]
        page = found.next_page
    return items


# --- a copy


async def test_a_copy_holds_all_that_is_kept_of_a_person_with_the_notes_as_they_were_written(signals: Signals) -> None:
    place = await signals.place()
    who, other, double = [await signals.someone(place) for _ in range(3)]
    await signals.tell(merged(place, double, who))
    await eventful(signals, place, who, other)
    found = await copy_of(signals, who, **me(who))
    assert {kind for kind, _ in found} == {
        "participant", "merged_entry", "signal", "signal_step", "note", "mediation", "reading",
    }  # fmt: skip
    assert {data["note"] for kind, data in found if kind == "note"} == {"Ik slaap slecht.", "Ze durft niet bellen."}
    assert str(other) not in str(found), "who the other of the two is, is not theirs to have"
    assert "token" not in str(found)


async def test_a_copy_through_a_worker_shows_a_note_to_who_may_read_it_and_that_is_recorded(signals: Signals) -> None:
    place = await signals.place()
    who, other = await signals.someone(place), await signals.someone(place)
    await eventful(signals, place, who, other)
    before = len((await signals.get(ListReadings(participant_id=who), **me(who))).readings)
    theirs = [data for kind, data in await copy_of(signals, who, **by(place.lieve)) if kind == "note"]
    assert len(theirs) == 2
    assert not [data for data in theirs if "note" in data]
    assert not [data for kind, data in await copy_of(signals, who, actor="operator") if "note" in data]
    seen = [data for kind, data in await copy_of(signals, who, **by(place.marie)) if "note" in data]
    assert len(seen) == 2
    readings = (await signals.get(ListReadings(participant_id=who), **me(who))).readings
    assert {each.by for each in readings[before:]} == {f"worker:{place.marie}"}
    assert await signals.refused(CopyOfPerson(participant_id=who), **me(other)) == ("no_mandate", "participant_id")


# --- erasure


@pytest.mark.parametrize("known", ["as they were", "merged before", "tombstone first"])
async def test_nothing_of_an_erased_person_is_left_in_any_table(signals: Signals, known: str) -> None:
    """Nor a timer, nor their part in what is kept of others; and it is confirmed."""
    place = await signals.place()
    who, other, double = [await signals.someone(place) for _ in range(3)]
    ward = await signals.someone(place, mandate_holder_ids=[who])
    recorded = await raised(signals, place, participant_id=ward, how=me(who))
    await signals.get(WriteNote(signal_id=recorded.signal_id, note="Voor haar."), **me(who))
    await eventful(signals, place, who, other)
    of_other = await eventful(signals, place, other, who)
    merged_ids = []
    if known == "merged before":
        await signals.tell(merged(place, double, who))
        merged_ids = [double]
    if known == "tombstone first":
        await signals.tell(ParticipantKept(participant_id=who, version=99, removed=True))
    await signals.tell(erased(who, *merged_ids))
    left = await signals.left_of(who, *merged_ids)
    assert set(left) <= {"messaging.outbox"}, left
    assert [json.loads(row["headers"])["ce-type"] for row in left["messaging.outbox"]] == [SignalsErasureConfirmed.TYPE]
    assert len(await signals.told(SignalsErasureConfirmed, participant_id=who)) == 1
    assert (await show(signals, of_other)).mediation is None
    assert (await show(signals, recorded.signal_id)).raised_by == "participant"
    running = [row["key"] for row in await signals.rows("SELECT key FROM messaging.timer")]
    known_ids = [str(row["signal_id"]) for row in await signals.rows("SELECT signal_id FROM signal")]
    assert not [key for key in running if key.startswith("signal-") and key.split(":")[1] not in known_ids]


async def test_who_was_never_known_is_confirmed_too_and_what_comes_later_is_not_kept(signals: Signals) -> None:
    place = await signals.place()
    who = new_id()
    await signals.tell(erased(who))
    await signals.tell(
        MediationAsked(neighbourhood_id=place.neighbourhood_id, exchange_id=new_id(), participant_id=who)
    )
    assert len(await signals.told(SignalsErasureConfirmed, participant_id=who)) == 1
    assert not await signals.rows("SELECT 1 FROM signal WHERE participant_id = $1", who)


# --- two entries of one person


@pytest.mark.parametrize("told_by", ["the event", "the tombstone", "both"])
async def test_what_is_kept_of_two_entries_is_of_one_person(signals: Signals, told_by: str) -> None:
    place = await signals.place()
    double, survivor, other = [await signals.someone(place) for _ in range(3)]
    signal_id = await eventful(signals, place, double, other)
    of_other = await eventful(signals, place, other, double)
    if told_by != "the tombstone":
        await signals.tell(merged(place, double, survivor))
    if told_by != "the event":
        await signals.tell(
            ParticipantKept(participant_id=double, version=99, removed=True, merged_into=survivor)
        )  # fmt: skip
    found = await about(signals, survivor)
    assert len(found) == 4
    assert {each.raised_by for each in found} >= {f"participant:{survivor}"}
    for id_ in (signal_id, of_other):
        mediation = (await show(signals, id_)).mediation
        assert mediation is not None
        assert {mediation.participant_id, mediation.other_id} == {other, survivor}
    assert len((await signals.get(ListReadings(participant_id=survivor), **me(survivor))).readings) == 1
    left = await signals.left_of(double)
    assert set(left) <= {"public.merged_entry", "messaging.outbox"}, left


async def test_what_the_system_raised_of_both_for_one_cause_is_one(signals: Signals) -> None:
    place = await signals.place()
    double, survivor = await signals.someone(place), await signals.someone(place)
    exchange_id = new_id()
    for who in (survivor, double):
        await signals.tell(
            LimitReached(
                neighbourhood_id=place.neighbourhood_id, exchange_id=exchange_id, participant_id=who, why="not-small"
            )
        )
    (second,) = await about(signals, double)
    await signals.get(TakeSignal(signal_id=second.signal_id), **by(place.karim))
    await signals.tell(merged(place, double, survivor))
    found = await about(signals, survivor)
    assert [(each.stage, each.worker_id) for each in found] == [("taken", place.karim), ("merged", place.karim)]


async def test_nobody_mediates_between_someone_and_themselves(signals: Signals) -> None:
    place = await signals.place()
    one, other = await signals.someone(place), await signals.someone(place)
    ref = await taken(signals, place, participant_id=one)
    await signals.get(
        StartMediation(signal_id=ref.signal_id, participant_id=one, other_id=other), **by(place.marie)
    )  # fmt: skip
    await signals.tell(merged(place, other, one))
    assert (await show(signals, ref.signal_id)).mediation is None


# --- leaving


async def test_what_is_open_about_who_left_stays_with_the_worker(signals: Signals) -> None:
    place = await signals.place()
    who = await signals.someone(place)
    ref, waits = await taken(signals, place, participant_id=who), await raised(signals, place, participant_id=who)
    await signals.someone(place, id_=who, status="left", reached_by=None)
    assert (await show(signals, ref.signal_id)).worker_id == place.marie
    await signals.get(CloseSignal(signal_id=ref.signal_id, outcome="nothing-to-do"), **by(place.marie))
    signals.move(timedelta(days=8))
    await signals.fire()
    assert len(await signals.told(WorkerTold, signal_id=waits.signal_id)) > 1, "it climbs until someone has it"


# --- what has had its time


async def test_what_ended_is_kept_as_long_as_the_policy_says_and_what_goes_on_stays(signals: Signals) -> None:
    place = await signals.place()
    who = await signals.someone(place)
    ended, goes_on = await taken(signals, place, participant_id=who), await taken(signals, place, participant_id=who)
    await signals.get(WriteNote(signal_id=ended.signal_id, note="Weg na drie jaar"), **by(place.marie))
    await signals.get(ReadNotes(signal_id=ended.signal_id), **by(place.marie))
    await signals.get(CloseSignal(signal_id=ended.signal_id, outcome="talk"), **by(place.marie))
    event = WorkerAsked(
        neighbourhood_id=place.neighbourhood_id, worker_id=place.marie, to="decide", exchange_id=new_id()
    )
    await signals.tell(event)
    await signals.tell(
        ExchangeOpened(
            neighbourhood_id=place.neighbourhood_id, exchange_id=new_id(), version=1, opening="ask"
        )
    )  # fmt: skip
    await signals.get(RunRetention())
    assert (await show(signals, ended.signal_id)).notes_written == 1
    signals.move(timedelta(days=max(KEEP.signals, KEEP.readings, KEEP.exchanges) + 1))
    removed = (await signals.get(RunRetention())).removed
    assert min(removed[name] for name in ("signals", "readings", "asked", "heard")) >= 1, removed
    assert [each.signal_id for each in await about(signals, who)] == [goes_on.signal_id]
    assert not await signals.rows("SELECT 1 FROM note WHERE signal_id = $1", ended.signal_id)
    assert not {key for key in await signals.timers() if key.startswith("asked:")}
    assert set((await signals.get(RunRetention())).removed.values()) == {0}
