"""Who is perhaps in the network twice: side by side, joined after asking once more, or two people after all."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.notify.repository import digests
from services.notify.repository.digests import Item
from shared import clock
from shared.contracts.profiles import ListDoubles, RegisterWorker, ShowParticipant
from shared.ids import new_id
from tests.handling import ORGANISATION, PLACE
from tests.pages.street import Street
from tests.pages.test_desk_pages import at_the_desk
from tests.pages.visitor import Visitor

ALL = "/desk/people/doubles"


@pytest.fixture
async def desk(street: Street) -> Visitor:
    return await at_the_desk(street)


async def pair(street: Street, name: str) -> tuple[UUID, UUID]:
    """Two entries that are called the same."""
    one = await street.someone(name, reach={"by": "letter"})
    return one, await street.someone(name, reach={"by": "letter"}, wishes=[{"words": "nog eens naar zee"}])


async def address_of(street: Street, pair: tuple[UUID, UUID]) -> str:
    found = await street.whole.client.get(ListDoubles(participant_id=pair[0]), actor=street.worker)
    (double,) = found.doubles
    return f"{ALL}/{double.first.participant_id}/{double.second.participant_id}"


async def test_two_entries_are_shown_side_by_side_and_joined_after_asking_once_more(
    street: Street, desk: Visitor
) -> None:
    keep, goes = both = await pair(street, "Roos Wit")
    here = await address_of(street, both)
    assert here in (await desk.see(ALL)).response.text
    assert here in (await desk.see(f"/desk/people/{keep}")).response.text, "the page of a person leads there"
    shown = await desk.see(here)
    assert "nog eens naar zee" in shown.text
    assert "Hetzelfde: de naam." in shown.text
    nothing = await desk.send(shown.form("choose"), do="choose")
    assert nothing.status == 422
    asks = await desk.send(shown.form("choose"), do="choose", keep=str(keep))
    assert "Van de twee één maken?" in asks.text
    assert (await detail(street, goes)).status == "active", "a choice alone joins nothing"
    joined = await desk.send(asks.form("keep"), do="join")
    assert "De twee inschrijvingen zijn nu één." in joined.text
    assert joined.response.url.split("?")[0].endswith(f"/desk/people/{keep}")
    assert [each.words for each in (await detail(street, keep)).wishes] == ["nog eens naar zee"]
    assert (await desk.see(here)).status == 404


async def test_two_people_after_all_are_not_shown_again(street: Street, desk: Visitor) -> None:
    both = await pair(street, "Stan Blauw")
    here = await address_of(street, both)
    answered = await desk.send((await desk.see(here)).form("two"), do="two")
    assert "Het zijn twee mensen" in answered.text
    assert here not in answered.response.text
    assert (await desk.see(here)).status == 404
    assert {(await detail(street, each)).status for each in both} == {"active"}


async def test_two_who_only_seem_the_same_to_a_form_are_not_joined(street: Street, desk: Visitor) -> None:
    """Only what is a pair can be joined here, whatever a form says."""
    both = await pair(street, "Lou Groen")
    other = await street.someone("Iemand Anders")
    shown = await desk.see(await address_of(street, both))
    answered = await desk.send(shown.form("choose"), do="join", keep=str(other))
    assert answered.status == 422
    assert (await desk.see(f"{ALL}/{both[0]}/{other}")).status == 404


async def test_a_colleague_elsewhere_sees_no_pair_of_this_neighbourhood(street: Street) -> None:
    here = await address_of(street, await pair(street, "Bo Geel"))
    stranger = await street.colleague_elsewhere()
    visitor = street.visitor()
    await visitor.send((await visitor.see(await street.link("desk", worker=stranger))).form("form"))
    assert here not in (await visitor.see(ALL)).response.text
    assert (await visitor.see(here)).status == 404


async def test_who_read_of_a_pair_in_their_digest_sees_it_also_when_another_is_on_duty_by_then(street: Street) -> None:
    here = await address_of(street, await pair(street, "Flo Paars"))
    made = await street.whole.client.get(RegisterWorker(
        name="Lieve Nacht", email=f"{new_id().hex[-8:]}@buurtpunt.example", organisation_id=ORGANISATION,
        neighbourhood_ids=[], language="nl",
    ))  # fmt: skip
    await street.known("worker", made.worker_id)
    visitor = street.visitor()
    await visitor.send((await visitor.see(await street.link("desk", worker=made.worker_id))).form("form"))
    assert here not in (await visitor.see(ALL)).response.text
    item = Item(new_id(), made.worker_id, "double", PLACE, None, None, climbed=False, since=clock.now())
    await street.within(lambda tx: digests.add(tx, item))
    assert here in (await visitor.see(ALL)).response.text
    assert (await visitor.see(here)).status == 200


async def detail(street: Street, id_: UUID):  # type: ignore[no-untyped-def]
    return await street.whole.client.get(ShowParticipant(participant_id=id_), actor=street.worker)
