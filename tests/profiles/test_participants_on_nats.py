"""People on real servers: what a partner's feed and the other services see of them, until nothing is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import nats.js.errors
import pytest

from deploy.janitor import Janitor
from deploy.janitor import Settings as JanitorSettings
from shared.contracts import subjects
from shared.contracts.profiles import (
    CircleKept,
    ContactKept,
    EraseParticipant,
    ErasureCompleted,
    ListParticipants,
    ParticipantErased,
    ParticipantKept,
    ParticipantRegistered,
    RegisterNeighbourhood,
    RegisterOrganisation,
    RegisterParticipant,
    ShowErasure,
    ShowParticipant,
)
from shared.ids import new_id
from shared.messaging.client import Refused
from tests.conftest import MakeStack
from tests.handling import ORGANISATION, PLACE
from tests.profiles.setting import Setting, setting
from tests.waiting import eventually

COMMAND = RegisterParticipant(
    name="Maria Peeters",
    neighbourhood_id=PLACE,
    on_word_of="participant",
    reach={"by": "email", "email": "maria@example.org"},  # type: ignore[arg-type]
)


@pytest.fixture(scope="module")
async def profiles(module_stack: MakeStack) -> AsyncIterator[Setting]:
    async with setting(module_stack) as made:
        await made.client.get(RegisterOrganisation(organisation_id=ORGANISATION, names={"nl": "Buurtpunt"}))
        await made.client.get(
            RegisterNeighbourhood(neighbourhood_id=PLACE, names={"nl": "Brugse Poort"}, organisation_id=ORGANISATION)
        )
        yield made


async def test_a_durable_registration_is_answered_kept_and_told(profiles: Setting) -> None:
    """Sent twice, by the stream and by request: one person, one answer, one event; the feed carries no content."""
    ready, id_ = asyncio.Event(), new_id()

    async def first_answer() -> str:
        async with aclosing(profiles.client.answers(ready=ready)) as answers:
            async for answer in answers:
                if answer.id == id_:
                    assert answer.result is not None
                    return str(answer.result["participant_id"])
        raise AssertionError("no answer came")

    waiting = asyncio.create_task(first_answer())
    await ready.wait()
    await profiles.client.send(COMMAND, id=id_)
    participant_id = await asyncio.wait_for(waiting, 15)
    again = await profiles.client.get(COMMAND, id=id_)
    assert str(again.participant_id) == participant_id
    contact = await eventually(lambda: profiles.state(ContactKept, participant_id))
    assert (contact.name, contact.version) == ("Maria Peeters", 1)
    kept = await eventually(lambda: profiles.state(ParticipantKept, participant_id))
    assert kept.version == 1
    assert "Maria" not in kept.model_dump_json()
    told = await profiles.events(ParticipantRegistered)
    assert [str(each.participant_id) for each in told] == [participant_id]
    subject = subjects.feed(told[0])
    fed = await profiles.admin.jetstream().get_last_msg(subjects.FEED, subject)
    assert ParticipantRegistered.model_validate_json(fed.data or b"") == told[0]
    assert b"Maria" not in (fed.data or b"")


async def test_an_erased_person_is_gone_from_database_and_streams(profiles: Setting) -> None:
    """Profiles and the janitor confirm, and the record is complete."""
    ref = await profiles.client.get(COMMAND.model_copy(update={"name": "Gaat Weg"}))
    await eventually(lambda: profiles.state(ContactKept, ref.participant_id))
    await eventually(lambda: profiles.state(ParticipantKept, ref.participant_id))
    settings = JanitorSettings(
        nats_url=profiles.stack.nats_url, nats_credentials=profiles.stack.keys.creds("janitor")
    )  # fmt: skip
    erasure = await profiles.client.get(EraseParticipant(participant_id=ref.participant_id))
    told = await eventually(lambda: profiles.events(ParticipantErased))
    assert [each.participant_id for each in told] == [ref.participant_id]
    waiting = await profiles.client.get(ShowErasure(erasure_id=erasure.erasure_id))
    assert waiting.completed_at is None, "the janitor has not confirmed"
    async with Janitor(settings).running():
        await eventually(lambda: profiles.events(ErasureCompleted))
    complete = await profiles.client.get(ShowErasure(erasure_id=erasure.erasure_id))
    assert {each.confirmed_by for each in complete.confirmations} == {"profiles", "janitor"}
    for contract in (ParticipantKept, ContactKept, CircleKept):
        with pytest.raises(AssertionError, match="nothing on"):
            await profiles.state(contract, ref.participant_id)
    with pytest.raises(Refused) as refused:
        await profiles.client.get(ShowParticipant(participant_id=ref.participant_id))
    assert refused.value.problems[0].code == "erased"
    page = await profiles.client.get(ListParticipants(name="gaat weg"))
    assert page.participants == []


async def test_what_can_not_be_is_refused_with_field_and_reason(profiles: Setting) -> None:
    """A question that no page can answer, an id that nobody has: each names its field."""
    with pytest.raises(Refused) as refused:
        await profiles.client.get(COMMAND.model_copy(update={"neighbourhood_id": "atlantis"}))
    (problem,) = refused.value.problems
    assert (problem.code, problem.field) == ("unknown_id", "neighbourhood_id")
    assert "neighbourhood_id" in problem.message
    with pytest.raises(nats.js.errors.NotFoundError):
        await profiles.admin.jetstream().get_last_msg(subjects.FEED, "weefsel.v1.feed.atlantis.>")
