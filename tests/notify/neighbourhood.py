"""A street in which people are who get mail: registered with profiles, known to exchange."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Self
from uuid import UUID

from shared.contracts.exchange import Introduce, Invitation, ListInvitations
from shared.contracts.notify import ListMails
from shared.contracts.profiles import (
    NameCoordinator,
    Reach,
    RegisterNeighbourhood,
    RegisterOrganisation,
    RegisterParticipant,
    RegisterWorker,
)
from shared.ids import new_id
from tests.notify.setting import Caught, Whole
from tests.waiting import eventually


@dataclass(frozen=True)
class Neighbour:
    """Someone of the street."""

    id: UUID
    name: str
    email: str

    @property
    def actor(self) -> str:
        return f"participant:{self.id}"


@dataclass
class Street:
    """A neighbourhood of its own, with its worker."""

    whole: Whole
    place: str
    worker: Neighbour
    """Not a neighbour, but with an id, a name and an address all the same."""

    @classmethod
    async def begin(cls, whole: Whole, **place: Any) -> Self:
        token = new_id().hex[-8:]
        ask = whole.client.get
        await ask(RegisterOrganisation(organisation_id=f"buurtpunt-{token}", names={"nl": "Buurtpunt"},
                                       kind="local-service-centre", email=f"onthaal.{token}@example.org"))  # fmt: skip
        await ask(RegisterNeighbourhood(neighbourhood_id=f"wijk-{token}", names={"nl": "Brugse Poort"},
                                        organisation_id=f"buurtpunt-{token}", **place))  # fmt: skip
        email = f"marie.{token}@example.org"
        ref = await ask(RegisterWorker(name="Marie Claes", email=email, organisation_id=f"buurtpunt-{token}",
                                       neighbourhood_ids=[f"wijk-{token}"]))  # fmt: skip
        await ask(NameCoordinator(organisation_id=f"buurtpunt-{token}", coordinator_id=ref.worker_id))
        return cls(whole, f"wijk-{token}", Neighbour(ref.worker_id, "Marie Claes", email))

    async def someone(self, name: str, **more: Any) -> Neighbour:
        """Someone reached by e-mail at any hour, unless the test says otherwise; known to all services."""
        email = f"{name.lower()}.{new_id().hex[-8:]}@example.org"
        values: dict[str, Any] = {
            "reach": Reach(by="email", email=email), "languages": ["nl"], "on_word_of": "worker",
            "quiet_hours": {"start": "03:00", "end": "03:01"},
        } | more  # fmt: skip
        ref = await self.whole.client.get(
            RegisterParticipant(name=name, neighbourhood_id=self.place, **values), actor=f"worker:{self.worker.id}"
        )
        for service in ("exchange", "notify"):
            await eventually(partial(self._knows, service, ref.participant_id))
        return Neighbour(ref.participant_id, name, email)

    async def acquainted(self, one: Neighbour, other: Neighbour) -> None:
        await self.whole.client.get(
            Introduce(participant_id=one.id, other_id=other.id), actor=f"worker:{self.worker.id}"
        )

    async def invitation(self, who: Neighbour) -> Invitation:
        """The one that waits for their answer."""
        page = await self.whole.client.get(ListInvitations(participant_id=who.id, open_only=True), actor=who.actor)
        found: Invitation = page.invitations[0]
        return found

    async def gets(self, who: Neighbour, kind: str) -> Caught:
        """The mail of this kind: the one that arrived as such."""

        async def sent() -> str:
            page = await self.whole.client.get(ListMails(participant_id=who.id))
            mails = [each for each in page.mails if each.kind == kind]
            assert mails, f"no {kind}: {[(each.kind, each.stage, each.reason) for each in page.mails]}"
            assert mails[0].stage == "sent", (mails[0].stage, mails[0].reason)
            return str(mails[0].mail_id)

        mail_id = await eventually(sent, within=20, what=f"{kind} to {who.name}")
        return next(each for each in self.whole.catcher.to(who.email) if mail_id in each.message["Message-ID"])

    async def _knows(self, service: str, id_: UUID) -> bool:
        sql = "SELECT true FROM participant WHERE participant_id = $1"
        return bool(await self.whole.stack.fetch(service, sql, id_))
