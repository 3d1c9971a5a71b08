"""Workers, neighbourhoods and organisations on real servers: what is answered, kept and told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared import clock
from shared.contracts.profiles import (
    AssignWorker,
    CancelAbsence,
    ChangeNeighbourhood,
    ChangeOrganisation,
    ChangeWorker,
    DutyKept,
    EndWorker,
    ListNeighbourhoods,
    ListOrganisations,
    ListWorkers,
    NameBackup,
    NameCoordinator,
    RecordAbsence,
    RegisterNeighbourhood,
    RegisterOrganisation,
    RegisterWorker,
    RetireNeighbourhood,
    RetireOrganisation,
    SetWorkerHours,
    ShowDuty,
    ShowFigures,
    ShowNeighbourhood,
    ShowOrganisation,
    ShowWorker,
    WorkerKept,
)
from shared.ids import new_id
from shared.messaging.client import Client, Refused
from tests.conftest import MakeStack
from tests.profiles.setting import Setting, setting
from tests.waiting import eventually


@pytest.fixture(scope="module")
async def profiles(module_stack: MakeStack) -> AsyncIterator[Setting]:
    async with setting(module_stack) as made:
        yield made


async def a_place(client: Client, name: str) -> str:
    """An organisation and a neighbourhood of one test's own, both called `name`."""
    await client.get(RegisterOrganisation(organisation_id=name, names={"nl": name}))
    await client.get(RegisterNeighbourhood(neighbourhood_id=name, names={"nl": name}, organisation_id=name))
    return name


async def a_worker(client: Client, place: str, name: str, **more: Any) -> UUID:
    more = {"neighbourhood_ids": [place]} | more
    ref = await client.get(
        RegisterWorker(name=name, email=f"{name.lower()}@{place}.example", organisation_id=place, **more)
    )
    worker_id: UUID = ref.worker_id
    return worker_id


async def refused(client: Client, message: Any) -> tuple[str, str]:
    """Code and field of the first reason."""
    with pytest.raises(Refused) as caught:
        await client.get(message)
    return caught.value.problems[0].code, caught.value.problems[0].field


async def test_the_worker_on_duty_is_told_whenever_it_changes(profiles: Setting) -> None:
    """State of the neighbourhood's duty: nobody, coordinator, worker, backup while away, worker again."""
    client, place = profiles.client, await a_place(profiles.client, "duty")
    assert (await eventually(lambda: profiles.state(DutyKept, place))).role == "nobody"
    lieve = await a_worker(client, place, "Lieve", neighbourhood_ids=[])
    await client.get(NameCoordinator(organisation_id=place, coordinator_id=lieve))
    await eventually(lambda: profiles.on_duty(place, lieve, "coordinator"))
    karim = await a_worker(client, place, "Karim", neighbourhood_ids=[])
    marie = await a_worker(client, place, "Marie", backup_id=karim)
    await eventually(lambda: profiles.on_duty(place, marie, "worker"))
    kept = await profiles.state(DutyKept, place)
    assert (kept.backup_id, kept.coordinator_id, kept.until) == (karim, lieve, None)
    now = clock.now()
    away = await client.get(RecordAbsence(worker_id=marie, begins_at=now, ends_at=now + timedelta(days=7)))
    await eventually(lambda: profiles.on_duty(place, karim, "backup"))
    assert (await profiles.state(DutyKept, place)).until is not None
    await client.get(CancelAbsence(worker_id=marie, absence_id=away.absence_id))
    await eventually(lambda: profiles.on_duty(place, marie, "worker"))
    assert await refused(client, CancelAbsence(worker_id=marie, absence_id=away.absence_id)) == (
        "unknown_id", "absence_id",
    )  # fmt: skip
    assert (await client.get(ShowDuty(neighbourhood_id=place))).worker_id == marie


async def test_duty_changes_by_itself_when_an_absence_begins(profiles: Setting) -> None:
    client, place = profiles.client, await a_place(profiles.client, "by-itself")
    karim = await a_worker(client, place, "Karim", neighbourhood_ids=[])
    marie = await a_worker(client, place, "Marie", backup_id=karim)
    begins = clock.now() + timedelta(days=2)
    await client.get(RecordAbsence(worker_id=marie, begins_at=begins, ends_at=begins + timedelta(days=1)))
    profiles.move(timedelta(days=2, minutes=1))
    await eventually(lambda: profiles.on_duty(place, karim, "backup"))
    profiles.move(timedelta(days=1))
    await eventually(lambda: profiles.on_duty(place, marie, "worker"))


async def test_a_worker_changes_moves_and_ends(profiles: Setting) -> None:
    client, place = profiles.client, await a_place(profiles.client, "worker")
    await client.get(RegisterNeighbourhood(neighbourhood_id="other", names={"nl": "Ander"}, organisation_id=place))
    karim = await a_worker(client, place, "Karim")
    marie = await a_worker(client, place, "Marie", backup_id=karim, phone="09 123 45 67")
    changed = await client.get(ChangeWorker(worker_id=marie, name="Marie Claes", phone=""))
    assert changed.version == 2
    assert (await client.get(ChangeWorker(worker_id=marie, name="Marie Claes"))).version == 2
    await client.get(AssignWorker(worker_id=marie, neighbourhood_ids=["other"]))
    await client.get(
        SetWorkerHours.model_validate(
            {"worker_id": marie, "hours": [{"weekday": "monday", "begins": "09:00", "ends": "12:30"}]}
        )
    )
    shown = await client.get(ShowWorker(worker_id=marie))
    assert (shown.name, shown.phone, shown.neighbourhood_ids, shown.backup_id) == (
        "Marie Claes",
        None,
        ["other"],
        karim,
    )
    assert shown.hours[0].weekday == "monday"
    await client.get(EndWorker(worker_id=karim))
    assert (await client.get(ShowWorker(worker_id=marie))).backup_id is None
    await eventually(lambda: profiles.removed(WorkerKept, karim))
    assert await refused(client, ShowWorker(worker_id=karim)) == ("unknown_id", "worker_id")
    kept = await profiles.state(WorkerKept, marie)
    assert (kept.name, kept.backup_id, kept.neighbourhood_ids) == ("Marie Claes", None, ["other"])


async def test_what_makes_no_sense_of_a_worker_is_refused(profiles: Setting) -> None:
    client, place = profiles.client, await a_place(profiles.client, "sense")
    elsewhere = await a_place(client, "elsewhere")
    marie, stranger = await a_worker(client, place, "Marie"), await a_worker(client, elsewhere, "Piet")
    now = clock.now()
    for message, reason in [
        (RegisterWorker(name="A", email=f"MARIE@{place}.example", organisation_id=place), ("email_taken", "email")),
        (RegisterWorker(name="A", email="a@b.example", organisation_id="none"), ("unknown_id", "organisation_id")),
        (
            RegisterWorker(name="A", email="a@b.example", organisation_id=place, neighbourhood_ids=["none"]),
            ("unknown_id", "neighbourhood_ids"),
        ),
        (NameBackup(worker_id=marie, backup_id=marie), ("same_worker", "backup_id")),
        (NameBackup(worker_id=marie, backup_id=stranger), ("other_organisation", "backup_id")),
        (NameBackup(worker_id=marie, backup_id=new_id()), ("unknown_id", "backup_id")),
        (ChangeWorker(worker_id=new_id(), name="B"), ("unknown_id", "worker_id")),
        (
            RecordAbsence(worker_id=marie, begins_at=now - timedelta(days=2), ends_at=now - timedelta(days=1)),
            ("in_the_past", "ends_at"),
        ),
        (NameCoordinator(organisation_id=place, coordinator_id=stranger), ("other_organisation", "coordinator_id")),
    ]:
        assert await refused(client, message) == reason


async def test_an_organisation_and_a_neighbourhood_live_and_end(profiles: Setting) -> None:
    client, place = profiles.client, await a_place(profiles.client, "ending")
    same = RegisterNeighbourhood(neighbourhood_id=place, names={"nl": place}, organisation_id=place)
    assert (await client.get(same)).version == 1
    assert await refused(client, same.model_copy(update={"names": {"nl": "Anders"}})) == (
        "id_taken", "neighbourhood_id",
    )  # fmt: skip
    marie = await a_worker(client, place, "Marie")
    await client.get(NameCoordinator(organisation_id=place, coordinator_id=marie))
    assert await refused(client, EndWorker(worker_id=marie)) == ("still_coordinator", "worker_id")
    assert await refused(client, RetireOrganisation(organisation_id=place)) == ("in_use", "organisation_id")
    changed = ChangeNeighbourhood(neighbourhood_id=place, names={"nl": "Rabot", "fr": "Rabot"}, timezone="Europe/Paris")
    assert (await client.get(changed)).version == 2
    assert await refused(client, ChangeNeighbourhood(neighbourhood_id=place, policy="rural")) == (
        "unknown_policy", "policy",
    )  # fmt: skip
    await client.get(ChangeOrganisation(organisation_id=place, email="onthaal@x.example"))
    await client.get(ChangeOrganisation(organisation_id=place, email=""))
    assert (await client.get(ShowOrganisation(organisation_id=place))).email is None
    await client.get(RetireNeighbourhood(neighbourhood_id=place))
    assert (await client.get(ShowNeighbourhood(neighbourhood_id=place))).retired
    await eventually(lambda: profiles.removed(DutyKept, place))
    assert (await client.get(ShowWorker(worker_id=marie))).neighbourhood_ids == []
    await client.get(RetireOrganisation(organisation_id=place))
    assert await refused(client, ShowOrganisation(organisation_id=place)) == ("unknown_id", "organisation_id")
    assert (await client.get(EndWorker(worker_id=marie))).version


async def test_lists_are_read_in_pages(profiles: Setting) -> None:
    client, place = profiles.client, await a_place(profiles.client, "pages")
    await a_place(client, "pages-too")
    names = ["Ännie", "bart", "Bart", "Cis", "Zoë"]
    for number, name in enumerate(names):
        more = {"name": name, "email": f"w{number}@pages.example", "organisation_id": place}
        await client.get(RegisterWorker.model_validate(more))
    seen: list[str] = []
    query = ListWorkers(organisation_id=place, limit=2)
    while True:
        page = await client.get(query)
        seen += [worker.name for worker in page.workers]
        if page.next is None:
            break
        query = query.model_copy(update={"after": page.next})
    assert sorted(seen) == sorted(names)
    assert await refused(client, ListWorkers(after="nonsense")) == ("malformed", "after")
    assert place in [each.organisation_id for each in (await client.get(ListOrganisations(limit=100))).organisations]
    assert (await client.get(ListNeighbourhoods(limit=1))).next


async def test_only_workers_and_operators_may_change_places(profiles: Setting) -> None:
    message = RegisterOrganisation(organisation_id="mine", names={"nl": "Mijn"})
    with pytest.raises(Refused) as caught:
        await profiles.client.get(message, actor=f"participant:{new_id()}")
    assert caught.value.problems[0].code == "not_allowed"
    assert (await profiles.client.get(message, actor=f"worker:{new_id()}")).organisation_id == "mine"


async def test_figures_of_a_month_come_when_it_is_over(profiles: Setting) -> None:
    client, place = profiles.client, await a_place(profiles.client, "months")
    assert (await client.get(ShowFigures(neighbourhood_id=place))).months == []
    profiles.move(timedelta(days=32))

    async def made() -> bool:
        return bool((await client.get(ShowFigures(neighbourhood_id=place))).months)

    await eventually(made)
    month = (await client.get(ShowFigures(neighbourhood_id=place))).months[0]
    assert (month.participants, month.with_circle, month.newcomers, month.visited_in_time) == (None,) * 4
    assert await refused(client, ShowFigures(neighbourhood_id="none")) == ("unknown_id", "neighbourhood_id")
