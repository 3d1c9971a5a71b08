"""Profiles' handlers on a real database, with two neighbourhoods, an organisation and a worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.profiles.app import service
from shared.contracts.profiles import (
    ContactKept,
    ParticipantKept,
    ParticipantRef,
    RegisterNeighbourhood,
    RegisterOrganisation,
    RegisterParticipant,
    RegisterWorker,
    ShowParticipant,
)
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.handling import ELSEWHERE, ORGANISATION, PLACE, Handling, handling


@dataclass
class People(Handling):
    """What a test of profiles works with. The worker of both neighbourhoods asks, when a test doesn't say who."""

    worker_id: UUID = field(default_factory=new_id)

    @property
    def worker(self) -> str:
        """The actor that is the neighbourhood's worker."""
        return f"worker:{self.worker_id}"

    async def kept(self, participant_id: UUID) -> ParticipantKept:
        """What matching knows of a person."""
        return await self.state(ParticipantKept, participant_id)

    async def contact(self, participant_id: UUID) -> ContactKept:
        """How a person is called and reached, for who sends."""
        return await self.state(ContactKept, participant_id)

    async def register(self, name: str = "Maria Peeters", **more: Any) -> UUID:
        """Someone new, by the worker."""
        how = {key: more.pop(key) for key in ("actor", "sender", "message_id") if key in more}
        values = {"neighbourhood_id": PLACE, "on_word_of": "participant"} | more
        ref: ParticipantRef = await self.get(RegisterParticipant(name=name, **values), **how)
        return ref.participant_id

    async def show(self, participant_id: UUID) -> Any:
        return await self.get(ShowParticipant(participant_id=participant_id))


@asynccontextmanager
async def people(make: MakeStack, **settings_changes: Any) -> AsyncIterator[People]:
    """Profiles' handlers with a database and a clock of their own, and whom they need before anyone registers."""
    async with handling(make, "profiles", service, **settings_changes) as made:
        found = People(**vars(made))
        await _settle(found)
        yield found


async def _settle(made: People) -> None:
    operator: dict[str, Any] = {"actor": "operator"}
    await made.get(RegisterOrganisation(organisation_id=ORGANISATION, names={"nl": "Buurtpunt"}), **operator)
    for place in (PLACE, ELSEWHERE):
        await made.get(
            RegisterNeighbourhood(neighbourhood_id=place, names={"nl": place}, organisation_id=ORGANISATION), **operator
        )
    worker = await made.get(
        RegisterWorker(
            name="Marie Claes", email="marie@buurtpunt.example", organisation_id=ORGANISATION,
            neighbourhood_ids=[PLACE, ELSEWHERE],
        ),
        **operator,
    )  # fmt: skip
    made.worker_id = worker.worker_id
    made.actor = made.worker
