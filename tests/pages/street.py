"""A street on real services, and the pages as a browser without scripts sees them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from services.notify import links
from shared import clock
from shared.contracts.envelope import Envelope
from shared.contracts.exchange import ExchangeRef, InviteNeighbour, ListInvitations, OpenExchange
from shared.contracts.profiles import (
    RegisterNeighbourhood,
    RegisterOrganisation,
    RegisterParticipant,
    RegisterWorker,
    ShowParticipant,
)
from shared.ids import new_id
from shared.messaging import Transaction
from shared.messaging.transaction import Pending
from tests.handling import ORGANISATION, PLACE
from tests.notify.setting import Whole
from tests.pages.visitor import Visitor
from tests.waiting import eventually

GARDEN: dict[str, Any] = {"kind": "garden", "words": "De haag is te hoog geworden. Wie snoeit mee?"}


@dataclass
class Street:
    """Neighbours and their worker, on a stack that runs."""

    whole: Whole
    worker_id: UUID = field(default_factory=new_id)

    async def someone(self, name: str, **more: Any) -> UUID:
        """A neighbour whom the pages know by name."""
        values: dict[str, Any] = {
            "neighbourhood_id": PLACE, "on_word_of": "participant", "languages": ["nl"],
            "home": {"lat": 51.0586, "lon": 3.7052}, "ceiling": 100, "quiet_hours": far_from_now(),
            "reach": {"by": "email", "email": f"p{new_id().hex[-8:]}@example.org", "phone": "+32 470 12 34 56"},
        } | more  # fmt: skip
        made = await self.whole.client.get(RegisterParticipant(name=name, **values), actor=self.worker)
        await self.known("participant", made.participant_id)
        return UUID(str(made.participant_id))

    @property
    def worker(self) -> str:
        return f"worker:{self.worker_id}"

    async def colleague_elsewhere(self, *more_places: str) -> UUID:
        """A worker of another organisation, in another neighbourhood, or in these as well."""
        ask, id_ = self.whole.client.get, new_id().hex[-8:]
        places = [f"n{id_}", *more_places]
        await ask(RegisterOrganisation(organisation_id=f"o{id_}", names={"nl": "Elders"}))
        for each in places:
            await ask(RegisterNeighbourhood(neighbourhood_id=each, names={"nl": "Elders"}, organisation_id=f"o{id_}"))
        made = await ask(
            RegisterWorker(
                name="Ellen Elders", email=f"{id_}@elders.example", organisation_id=f"o{id_}",
                neighbourhood_ids=places, language="nl",
            )
        )  # fmt: skip
        await self.known("worker", made.worker_id)
        return UUID(str(made.worker_id))

    async def known(self, table: str, id_: object) -> None:
        """Waits until notify has heard of it."""

        async def there() -> bool:
            rows = await self.whole.stack.fetch(
                "notify", f"SELECT 1 FROM {table} WHERE {table}_id::text = $1", str(id_)
            )
            return bool(rows)

        await eventually(there, within=20, what=f"notify to know {table}")

    async def opens(self, who: UUID, **more: Any) -> UUID:
        """An ask in the garden unless the test says otherwise."""
        values = {"opening": "ask", "when": {"weekday": "tuesday", "part": "afternoon"}} | GARDEN | more

        async def made() -> ExchangeRef | None:
            answer = await self.whole.client.ask(OpenExchange(participant_id=who, **values), actor=f"participant:{who}")
            return ExchangeRef.model_validate(answer.result) if answer.status == "accepted" else None

        ref = await eventually(made, within=20, what="exchange to know the person")
        return UUID(str(ref.exchange_id))

    async def invites(self, exchange_id: UUID, neighbour: UUID) -> UUID:
        """The worker asks this neighbour."""

        async def invited() -> UUID | None:
            answer = await self.whole.client.ask(
                InviteNeighbour(exchange_id=exchange_id, participant_id=neighbour), actor=self.worker
            )
            return UUID(answer.result["invitation_id"]) if answer.result else None

        found: UUID = await eventually(invited, within=20, what="exchange to know the neighbour")
        return found

    async def invitations(self, who: UUID) -> list[Any]:
        found = await self.whole.client.get(ListInvitations(participant_id=who), actor=f"participant:{who}")
        return list(found.invitations)

    async def link(self, purpose: Any, **to: Any) -> str:
        """A link as a mail would carry it, by its path."""
        url = await self.within(lambda tx: links.make(tx, purpose, **to))
        return str(url).removeprefix(self.whole.stack.settings("notify").pages_url)  # type: ignore[attr-defined]

    async def within(self, work: Any) -> Any:
        """Something in a transaction of notify's own."""
        connection = await asyncpg.connect(self.whole.stack.admin_dsn("notify"))
        try:
            async with connection.transaction():
                envelope = Envelope(id=new_id(), type="test", source="test", time=clock.now())
                tx = Transaction(
                    connection, Pending([], {}, set()), envelope, sender="test", now=clock.now(),  # type: ignore[arg-type]
                    service="notify", settings=self.whole.stack.settings("notify"),
                )  # fmt: skip
                return await work(tx)
        finally:
            await connection.close()

    def visitor(self, **headers: str) -> Visitor:
        """A browser without scripts, with its own cookies."""
        return Visitor(self.whole.pages_url, headers)

    async def show(self, who: UUID) -> Any:
        return await self.whole.client.get(ShowParticipant(participant_id=who), actor="operator")


def far_from_now() -> dict[str, str]:
    """Quiet hours of one hour, half a day from now: whenever the tests run, people may be asked."""
    there = clock.now() + timedelta(hours=12)
    return {"start": f"{there:%H}:00", "end": f"{there + timedelta(hours=1):%H}:00"}


@asynccontextmanager
async def on_a_street(whole: Whole) -> AsyncIterator[Street]:
    """An organisation, a neighbourhood, and a worker who is on duty at any hour."""
    ask = whole.client.get
    await ask(RegisterOrganisation(organisation_id=ORGANISATION, names={"nl": "Buurtpunt Brugse Poort"}))
    await ask(
        RegisterNeighbourhood(
            neighbourhood_id=PLACE, names={"nl": "Brugse Poort", "fr": "Porte de Bruges"}, organisation_id=ORGANISATION
        )
    )
    worker = await ask(
        RegisterWorker(
            name="Marie Claes", email="marie@buurtpunt.example", phone="09 123 45 67", organisation_id=ORGANISATION,
            neighbourhood_ids=[PLACE], language="nl",
        )
    )  # fmt: skip
    street = Street(whole, worker.worker_id)
    await street.known("worker", worker.worker_id)
    await street.known("neighbourhood", PLACE)
    yield street
