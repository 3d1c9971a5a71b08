"""The demo neighbourhood: through commands, believable, and there once however often it is loaded."""

from __future__ import annotations

from deploy import demo
from shared.contracts.profiles import ListDoubles, ListParticipants, ListWorkers, ShowDuty
from tests.conftest import MakeStack


async def test_the_demo_is_there_once_however_often_it_is_loaded(stack: MakeStack) -> None:
    made = await stack(["profiles"])
    async with made.running("profiles"), made.connect() as client:
        await demo.load(client)
        await made.execute("profiles", "TRUNCATE messaging.answer")  # kept answers don't outlive 45 days
        await demo.load(client)
        people = (await client.get(ListParticipants(limit=100))).participants
        workers = (await client.get(ListWorkers())).workers
        duty = await client.get(ShowDuty(neighbourhood_id=demo.BRUGSE_POORT))
        doubles = (await client.get(ListDoubles())).doubles
    assert sorted(each.name for each in people) == sorted(person.name for person in demo.PEOPLE)
    assert {"Jos De Smet", "Martine Van den Berghe"} <= {each.name for each in people}
    assert 0 < len([each for each in people if each.visited_at is None]) < len(people)
    assert [each.name for each in workers] == ["Karim Haddad", "Lieve Goossens", "Marie Claes"]
    assert duty.coordinator_id == next(each.worker_id for each in workers if each.name == "Lieve Goossens")
    assert doubles == []
