"""People and places as notify knows them: names and contacts, two entries of one person, erasure."""

from __future__ import annotations

from uuid import UUID

from services.notify.repository import people
from shared.contracts.erasure import NotifyErasureConfirmed
from shared.contracts.profiles import ContactKept, ParticipantErased, ParticipantMerged, Reach
from shared.ids import new_id
from tests.handling import PLACE
from tests.notify.setting import Notified, by_phone


def _merged(double: UUID, survivor: UUID) -> ParticipantMerged:
    return ParticipantMerged(neighbourhood_id=PLACE, participant_id=double, survivor_id=survivor, version=2)


async def _name(notified: Notified, id_: object) -> str | None:
    async with notified.transaction() as tx:
        found = await people.person(tx, id_)  # type: ignore[arg-type]
    return found.name if found else None


async def test_what_is_older_than_what_is_held_changes_nothing(notified: Notified) -> None:
    id_ = await notified.someone(name="Jos")
    await notified.someone(id_, name="Jos Peeters")
    notified.versions[id_] = 0
    await notified.someone(id_, name="Jos")
    assert await _name(notified, id_) == "Jos Peeters"


async def test_who_is_written_to_in_their_own_language(notified: Notified) -> None:
    id_ = await notified.someone(languages=["tr", "fr", "nl"])
    async with notified.transaction() as tx:
        found = await people.person(tx, id_)
    assert found
    assert found.language(notified.processor.settings.policy) == "fr"


async def test_a_merged_entry_is_found_under_the_one_that_goes_on(notified: Notified) -> None:
    double, survivor = await notified.someone(name="Jos"), await notified.someone(name="Jos Peeters")
    for _ in range(2):
        await notified.tell(_merged(double, survivor))
    await notified.tell(ContactKept(participant_id=double, version=9, removed=True, merged_into=survivor))
    assert await _name(notified, double) == "Jos Peeters"


async def test_what_comes_late_of_a_merged_entry_changes_nothing(notified: Notified) -> None:
    double, survivor = await notified.someone(name="Jos"), await notified.someone(name="Jos Peeters")
    await notified.tell(_merged(double, survivor))
    await notified.someone(double, name="Jos van vroeger")
    assert await _name(notified, double) == "Jos Peeters"


async def test_who_left_has_no_name_and_no_contact(notified: Notified) -> None:
    id_ = await notified.someone()
    await notified.someone(id_, name=None, reach=None, status="left")
    assert await _name(notified, id_) is None


async def test_people_are_found_by_their_address_however_it_is_written(notified: Notified) -> None:
    id_ = await notified.someone(reach=Reach(by="email", email="An.Claes@example.org"))
    other = await notified.someone(reach=by_phone())
    async with notified.transaction() as tx:
        found = [each.participant_id for each in await people.people_at(tx, "an.claes@EXAMPLE.org")]
    assert found == [id_]
    assert other not in found


async def test_an_erasure_leaves_nothing_and_is_confirmed(notified: Notified) -> None:
    id_, erasure_id, friend = await notified.someone(), new_id(), await notified.someone()
    await notified.someone(friend, mandate_holder_ids=[id_])
    await notified.tell(ParticipantErased(neighbourhood_id=PLACE, participant_id=id_, erasure_id=erasure_id))
    assert await _name(notified, id_) is None
    assert await notified.rows("SELECT FROM participant WHERE participant_id = $1", id_) == []
    assert await notified.rows("SELECT FROM participant WHERE mandate_holder_ids @> ARRAY[$1::uuid]", id_) == []
    assert [each.erasure_id for each in await notified.told(NotifyErasureConfirmed, participant_id=id_)] == [erasure_id]


async def test_a_worker_who_stopped_has_no_address(notified: Notified) -> None:
    id_ = await notified.worker()
    await notified.worker(id_, removed=True, name="", email="", phone=None, language="", organisation_id="",
                          neighbourhood_ids=[])  # fmt: skip
    async with notified.transaction() as tx:
        found = await people.worker(tx, id_)
        assert await people.workers_at(tx, "") == []
    assert found
    assert (found.ended, found.email) == (True, "")


async def test_a_place_knows_who_answers_for_it_now(notified: Notified) -> None:
    worker = await notified.worker()
    await notified.on_duty(worker)
    async with notified.transaction() as tx:
        found = await people.neighbourhood(tx, PLACE)
    assert found
    assert (found.worker_id, found.name("fr"), found.name("tr")) == (worker, "Porte de Bruges", "Brugse Poort")
