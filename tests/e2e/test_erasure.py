"""An erasure from end to end: the services and the janitor as they run, the streams as they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from deploy.janitor import Janitor, Settings
from deploy.nats import api
from shared.contracts.profiles import (
    EraseParticipant,
    Erasure,
    RegisterNeighbourhood,
    RegisterOrganisation,
    RegisterParticipant,
    ShowErasure,
)
from shared.messaging.client import Refused
from tests.conftest import MakeStack
from tests.profiles.setting import Setting, setting
from tests.waiting import eventually


@pytest.fixture(scope="module")
async def profiles(module_stack: MakeStack) -> AsyncIterator[Setting]:
    async with setting(module_stack, "exchange") as made:
        names = {"nl": "Rabot"}
        await made.client.get(RegisterOrganisation(organisation_id="buurtpunt", names=names, kind="association"))
        place = RegisterNeighbourhood(neighbourhood_id="rabot", names=names, organisation_id="buurtpunt")
        await made.client.get(place)
        yield made


async def states(profiles: Setting, participant_id: UUID) -> list[str]:
    """The subjects on STATE that name this person."""
    search = {"subjects_filter": f"weefsel.v1.state.*.*.{participant_id}"}
    found = (await api.call(profiles.admin, "STREAM.INFO.STATE", search))["state"].get("subjects")
    return list(found or {})


async def registered(profiles: Setting) -> UUID:
    command = RegisterParticipant(name="Maria Peeters", neighbourhood_id="rabot", on_word_of="participant")
    participant_id: UUID = (await profiles.client.get(command)).participant_id
    await eventually(lambda: states(profiles, participant_id))
    return participant_id


async def erasure(profiles: Setting, erasure_id: UUID) -> Erasure:
    found: Erasure = await profiles.client.get(ShowErasure(erasure_id=erasure_id))
    return found


async def test_it_ends_with_a_record_that_each_has_confirmed(profiles: Setting) -> None:
    participant_id = await registered(profiles)
    asked = await profiles.client.get(EraseParticipant(participant_id=participant_id))
    settings = Settings(nats_url=profiles.stack.nats_url, nats_credentials=profiles.stack.keys.creds("janitor"))

    async def confirmed_by_services() -> bool:
        known = await erasure(profiles, asked.erasure_id)
        assert known.completed_at is None, "the janitor has not been yet"
        return {each.confirmed_by for each in known.confirmations} == {"profiles", "exchange"}

    await eventually(confirmed_by_services)
    async with Janitor(settings).running():

        async def completed() -> bool:
            return (await erasure(profiles, asked.erasure_id)).completed_at is not None

        await eventually(completed)
    known = await erasure(profiles, asked.erasure_id)
    assert (
        {each.confirmed_by for each in known.confirmations}
        == set(known.expected)
        == {"profiles", "exchange", "janitor"}
    )
    assert "Maria" not in known.model_dump_json()
    assert str(participant_id) not in known.model_dump_json()
    assert await states(profiles, participant_id) == []


async def test_an_erased_person_can_not_be_asked_for_again(profiles: Setting) -> None:
    participant_id = await registered(profiles)
    await profiles.client.get(EraseParticipant(participant_id=participant_id))
    with pytest.raises(Refused):
        await profiles.client.get(EraseParticipant(participant_id=participant_id))
