"""A newcomer without a visit: told to the worker, then the backup, then the coordinator; a visit stops it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from shared import clock
from shared.contracts.profiles import (
    AgreeToCircle,
    AskIntoCircle,
    LeaveNetwork,
    MonthFigures,
    NameBackup,
    NameCoordinator,
    PauseParticipant,
    RecordVisit,
    RegisterNeighbourhood,
    RegisterOrganisation,
    RegisterParticipant,
    RegisterWorker,
    ResumeParticipant,
    RetireNeighbourhood,
    ShowFigures,
    VisitOverdue,
)
from shared.messaging.client import Client, Refused
from tests.conftest import MakeStack
from tests.profiles.setting import Setting, setting
from tests.waiting import eventually

STEP, WITHIN = timedelta(days=7, minutes=1), timedelta(days=21, minutes=1)


@pytest.fixture
async def profiles(stack: MakeStack) -> AsyncIterator[Setting]:
    async with setting(stack) as made:
        yield made


@pytest.fixture
async def staff(profiles: Setting) -> dict[str, UUID]:
    """The worker, the backup and the coordinator of the neighbourhood `here`."""
    client = profiles.client
    await client.get(RegisterOrganisation(organisation_id="buurtpunt", names={"nl": "Buurtpunt"}))
    await client.get(RegisterNeighbourhood(neighbourhood_id="here", names={"nl": "Hier"}, organisation_id="buurtpunt"))
    ids = {}
    for role, places in (("worker", ["here"]), ("backup", []), ("coordinator", [])):
        command = RegisterWorker(
            name=role, email=f"{role}@x.example", organisation_id="buurtpunt", neighbourhood_ids=places
        )
        ids[role] = (await client.get(command)).worker_id
    await client.get(NameBackup(worker_id=ids["worker"], backup_id=ids["backup"]))
    await client.get(NameCoordinator(organisation_id="buurtpunt", coordinator_id=ids["coordinator"]))
    return ids


async def newcomer(client: Client, name: str = "Jos") -> UUID:
    command = RegisterParticipant(name=name, neighbourhood_id="here", on_word_of="participant", reference=name)
    id_: UUID = (await client.get(command)).participant_id
    return id_


async def told(profiles: Setting, number: int) -> list[VisitOverdue]:
    async def so_many() -> bool:
        return len(await profiles.events(VisitOverdue)) >= number

    if number:
        await eventually(so_many)
    return await profiles.events(VisitOverdue)


async def nothing_left(profiles: Setting) -> bool:
    """No timer waits and nothing is unsent."""
    rows = await profiles.stack.fetch(
        "profiles",
        "SELECT key FROM messaging.timer WHERE key LIKE 'visit-due:%' UNION ALL SELECT 'outbox' FROM messaging.outbox",
    )
    return not rows


async def test_it_climbs_from_worker_to_backup_to_coordinator_and_ends(
    profiles: Setting, staff: dict[str, UUID]
) -> None:
    jos = await newcomer(profiles.client)
    profiles.move(WITHIN)
    assert [(each.step, each.worker_id) for each in await told(profiles, 1)] == [("worker", staff["worker"])]
    profiles.move(STEP)
    assert [each.step for each in await told(profiles, 2)] == ["worker", "backup"]
    profiles.move(STEP)
    events = await told(profiles, 3)
    assert [(each.step, each.worker_id) for each in events] == list(staff.items())
    assert {each.participant_id for each in events} == {jos}
    await eventually(lambda: nothing_left(profiles))


async def test_a_visit_stops_it(profiles: Setting, staff: dict[str, UUID]) -> None:
    jos = await newcomer(profiles.client)
    profiles.move(WITHIN)
    await told(profiles, 1)
    await profiles.client.get(RecordVisit(participant_id=jos, worker_id=staff["worker"]))
    await eventually(lambda: nothing_left(profiles))
    profiles.move(STEP)
    assert len(await told(profiles, 1)) == 1


async def test_who_has_left_is_left_in_peace_and_who_pauses_too(profiles: Setting, staff: dict[str, UUID]) -> None:
    del staff
    client = profiles.client
    gone, paused = await newcomer(client, "Gone"), await newcomer(client, "Paused")
    await client.get(LeaveNetwork(participant_id=gone))
    await client.get(PauseParticipant(participant_id=paused))
    profiles.move(WITHIN)
    waits = "SELECT FROM messaging.timer WHERE key = $1 AND due_at > $2"

    async def put_off() -> bool:
        return bool(await profiles.stack.fetch("profiles", waits, f"visit-due:{paused}", clock.now()))

    await eventually(put_off)
    assert await told(profiles, 0) == []
    await client.get(ResumeParticipant(participant_id=paused))
    profiles.move(STEP)
    assert [each.participant_id for each in await told(profiles, 1)] == [paused]


async def test_figures_count_circles_and_visits_in_time(profiles: Setting, staff: dict[str, UUID]) -> None:
    """Twelve newcomers, six visited in time, six with a circle; a month later nothing that one person changed shows."""
    client = profiles.client
    people = [await newcomer(client, f"P{number}") for number in range(12)]
    for person in people[:6]:
        await client.get(RecordVisit(participant_id=person, worker_id=staff["worker"]))
    for one, other in zip(people[::2][:3], people[1::2][:3], strict=True):
        await client.get(AskIntoCircle(participant_id=one, other_id=other))
        await client.get(AgreeToCircle(participant_id=other, other_id=one))
    first = await month(profiles, 1)
    assert (first.participants, first.with_circle) == (12, 6)
    await newcomer(client, "One more")
    second = await month(profiles, 2)
    assert (second.participants, second.with_circle) == (12, 6)
    counted = [(each.newcomers, each.visited_in_time) for each in (first, second)]
    assert (12, 6) in counted


async def test_a_neighbourhood_where_people_live_is_not_retired(profiles: Setting, staff: dict[str, UUID]) -> None:
    del staff
    await newcomer(profiles.client)
    with pytest.raises(Refused, match=r"participants live in it \(1\)"):
        await profiles.client.get(RetireNeighbourhood(neighbourhood_id="here"))


async def month(profiles: Setting, number: int) -> MonthFigures:
    """The figures of the month that ends when the clock moves on a month, once they are made."""
    profiles.move(timedelta(days=31))

    async def made() -> bool:
        query = ShowFigures(neighbourhood_id="here")
        return len((await profiles.client.get(query)).months) >= number

    await eventually(made)
    found: MonthFigures = (await profiles.client.get(ShowFigures(neighbourhood_id="here"))).months[number - 1]
    return found
