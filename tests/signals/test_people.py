"""People, places and workers as signals keeps them: told in any order, never older than what is held."""

from __future__ import annotations

from shared.contracts.erasure import SignalsErasureConfirmed
from shared.contracts.profiles import DutyKept, ParticipantErased, ParticipantKept, ParticipantMerged, WorkerKept
from shared.ids import new_id
from tests.signals.neighbourhood import Signals


async def test_what_is_older_than_what_is_held_changes_nothing(signals: Signals) -> None:
    place = await signals.place()
    who = await signals.someone(place, status="active")
    await signals.someone(place, id_=who, status="paused")
    await signals.tell(
        ParticipantKept(participant_id=who, version=1, neighbourhood_id=place.neighbourhood_id, status="active")
    )
    await signals.tell(DutyKept(neighbourhood_id=place.neighbourhood_id, version=1, worker_id=new_id(), role="worker"))
    await signals.tell(WorkerKept(worker_id=place.marie, version=2, removed=True))
    await signals.tell(WorkerKept(worker_id=place.marie, version=1, organisation_id="x", neighbourhood_ids=["x"]))
    assert (await signals.rows("SELECT status FROM participant WHERE participant_id = $1", who))[0][0] == "paused"
    (worker,) = await signals.rows("SELECT * FROM worker WHERE worker_id = $1", place.marie)
    assert (worker["ended"], worker["backup_id"]) == (True, place.karim), "who stood in last stays known"
    duty = await signals.rows("SELECT worker_id FROM duty WHERE neighbourhood_id = $1", place.neighbourhood_id)
    assert duty[0][0] == place.marie


async def test_who_was_merged_goes_on_under_the_other_entry(signals: Signals) -> None:
    place = await signals.place()
    double, survivor = await signals.someone(place), await signals.someone(place)
    await signals.tell(
        ParticipantMerged(
            participant_id=double, survivor_id=survivor, neighbourhood_id=place.neighbourhood_id, version=2
        )
    )
    await signals.someone(place, id_=double)
    rows = await signals.rows(
        "SELECT participant_id FROM participant WHERE participant_id IN ($1, $2)", double, survivor
    )
    assert [row[0] for row in rows] == [survivor]


async def test_who_is_erased_is_gone_from_here_and_it_is_said_once(signals: Signals) -> None:
    place = await signals.place()
    double, who = await signals.someone(place), await signals.someone(place)
    await signals.someone(place, mandate_holder_ids=[who])
    await signals.tell(
        ParticipantMerged(participant_id=double, survivor_id=who, neighbourhood_id=place.neighbourhood_id, version=2)
    )
    erased = ParticipantErased(
        participant_id=who, erasure_id=new_id(), neighbourhood_id=place.neighbourhood_id, merged_ids=[double]
    )
    id_ = new_id()
    await signals.tell(erased, message_id=id_)
    await signals.tell(erased, message_id=id_)
    assert len(await signals.told(SignalsErasureConfirmed, participant_id=who)) == 1
    left = await signals.left_of(who, double)
    assert set(left) == {"messaging.outbox"}, left
