"""What is kept of workers goes when the policy says so."""

from __future__ import annotations

from datetime import timedelta

from shared import clock
from shared.contracts.operations import RunRetention
from shared.contracts.profiles import (
    EndWorker,
    RecordAbsence,
    RegisterNeighbourhood,
    RegisterOrganisation,
    RegisterWorker,
)
from tests.conftest import MakeStack
from tests.profiles.setting import setting


async def test_old_absences_and_workers_who_stopped_long_ago_are_removed(stack: MakeStack) -> None:
    async with setting(stack) as profiles:
        client = profiles.client
        await client.get(RegisterOrganisation(organisation_id="buurtpunt", names={"nl": "Buurtpunt"}))
        await client.get(
            RegisterNeighbourhood(neighbourhood_id="here", names={"nl": "Hier"}, organisation_id="buurtpunt")
        )
        ids = []
        for name in ("marie", "karim"):
            command = RegisterWorker(name=name, email=f"{name}@x.example", organisation_id="buurtpunt")
            ids.append((await client.get(command)).worker_id)
        now = clock.now()
        for days in (1, 200):
            absence = RecordAbsence(worker_id=ids[0], begins_at=now, ends_at=now + timedelta(days=days))
            await client.get(absence)
        await client.get(EndWorker(worker_id=ids[1]))

        async def removed() -> dict[str, int]:
            found: dict[str, int] = (await client.get(RunRetention(), service="profiles")).removed
            return found

        assert {name: number for name, number in (await removed()).items() if number} == {}
        profiles.move(timedelta(days=100))
        assert (await removed())["absences"] == 1
        profiles.move(timedelta(days=300))
        assert ((await removed())["absences"], await profiles.stack.fetch("profiles", "SELECT name FROM worker")) == (
            1, [("marie",)],
        )  # fmt: skip
