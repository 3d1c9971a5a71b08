"""A worker's office: a street in which a few things wait for her, on all four services."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.notify import links
from shared import clock
from shared.contracts.envelope import Command, Query
from shared.contracts.exchange import (
    PlanGathering,
)
from shared.contracts.profiles import NameBackup, NameCoordinator, RecordVisit, RegisterWorker
from shared.contracts.signals import (
    BeginImport,
    BringRows,
    DraftReferral,
    FinishImport,
    GiveReferralConsent,
    RaiseSignal,
    RequestReferral,
    WriteDetails,
    WriteNote,
)
from shared.messaging.client import Refused
from tests.conftest import MakeStack
from tests.handling import ORGANISATION, PLACE
from tests.notify.setting import Whole, whole
from tests.pages.street import Street, on_a_street
from tests.pages.visitor import Visitor
from tests.waiting import eventually

CLEANING, CHOIR = "poetshulp", "koor"
DIRECTORY: dict[str, list[dict[str, str]]] = {
    "organization": [
        {
            "id": "o-1",
            "name": "Het Steunpunt",
            "description": "Diensten voor de buurt.",
            "email": "info@steunpunt.example",
        },
        {"id": "o-2", "name": "De Zangvogels", "description": "Een koor."},
    ],
    "service": [
        {
            "id": CLEANING,
            "organization_id": "o-1",
            "name": "Poetshulp aan huis",
            "status": "active",
            "description": "Iemand komt om de twee weken poetsen. Voor wie het zelf niet meer kan.",
            "email": "poetsen@steunpunt.example",
            "fees_description": "7 euro per uur, minder met een laag inkomen.",
            "application_process": "Via een praktijkwerker of rechtstreeks.",
        },
        {
            "id": "budget",
            "organization_id": "o-1",
            "name": "Budgetbegeleiding",
            "status": "active",
            "description": "Samen orde in rekeningen en papieren.",
            "email": "budget@steunpunt.example",
        },
        {
            "id": CHOIR,
            "organization_id": "o-2",
            "name": "Buurtkoor De Zangvogels",
            "status": "active",
            "description": "Zingen op dinsdagavond. Iedereen kan meedoen, noten lezen hoeft niet.",
        },
    ],
    "phone": [{"id": "p-1", "service_id": CLEANING, "number": "09 222 33 44"}],
}


@dataclass
class Office(Street):
    """A street, with a worker who has things to do."""

    people: dict[str, UUID] = field(default_factory=dict)
    things: dict[str, UUID] = field(default_factory=dict)

    async def tell(self, message: Command | Query, actor: str = "") -> Any:
        """Asked in the worker's name until the service has heard of whom it is about."""

        async def done() -> list[Any]:
            try:
                return [await self.whole.client.get(message, actor=actor or self.worker)]
            except Refused as refused:
                if refused.problems[0].code in ("unknown_id", "not_allowed", "elsewhere"):
                    return []
                raise

        return (await eventually(done, within=30, what=f"{message.TYPE} to be accepted"))[0]

    async def link_in_mail(self, address: str, referral_id: str) -> str:
        """The link of the mail about this referral that came to this address, by its path."""
        seen = 0

        async def found() -> str:
            nonlocal seen
            mails = self.whole.catcher.to(address)[seen:]
            for mail in mails:
                seen += 1
                link = re.search(r"https?://[^\s/]+(/l/[\w-]{43})", mail.text)
                if link and await self._is_about(link[1], referral_id):
                    return link[1]
            return ""

        return str(await eventually(found, within=60, what="a mail about the referral"))

    async def _is_about(self, path: str, referral_id: str) -> bool:
        found = await self.within(lambda tx: links.find(tx, path.removeprefix("/l/")))
        return found is not None and str(found.matter_id) == referral_id

    async def at_the_desk(self, worker_id: UUID | None = None) -> Visitor:
        """A browser with a worker's desk open, by the link in a mail; Marie's unless the test says otherwise."""
        visitor = self.visitor()
        door = await visitor.see(await self.link("desk", worker=worker_id or self.worker_id))
        inside = await visitor.send(door.form("form"))
        assert inside.status == 200, inside.text
        return visitor

    async def fill(self) -> None:
        """What waits for the worker: of each kind something."""
        say = self.people
        say["martine"] = await self.someone(
            "Martine De Smet",
            wishes=[{"kind": "coffee"}, {"words": "nog eens naar zee"}],
            talents=[{"kind": "meal", "words": "soep voor wie langskomt"}],
        )
        say["jos"] = await self.someone("Jos Peeters", talents=[{"kind": "garden"}, {"kind": "odd-job"}])
        say["fatima"] = await self.someone("Fatima El Amrani", talents=[{"kind": "garden"}], languages=["nl", "fr"])
        say["godelieve"] = await self.someone("Godelieve Van Hecke", reach={"by": "phone", "phone": "09 111 22 33"})
        await self.tell(RecordVisit(participant_id=say["martine"], visited_at=clock.now() - timedelta(days=3)))
        await self.directory()
        await self.noticed()
        await self.referred()
        await self.between_neighbours()

    async def noticed(self) -> None:
        """Two signals, one with a note."""
        martine, godelieve = self.people["martine"], self.people["godelieve"]
        raised = await self.tell(RaiseSignal(participant_id=martine, kind="household", on_word_of="participant"))
        self.things["signal"] = raised.signal_id
        await self.tell(WriteNote(signal_id=raised.signal_id, note="Het huishouden wordt te veel sinds de val."))
        urgent = await self.tell(RaiseSignal(participant_id=godelieve, kind="safety", urgency="today"))
        self.things["urgent"] = urgent.signal_id

    async def referred(self) -> None:
        """One referral that is asked, one that is being prepared."""
        jos, godelieve = self.people["jos"], self.people["godelieve"]
        asked = await self.tell(DraftReferral(participant_id=jos, service_id="budget", kind="money"))
        self.things["asked"] = asked.referral_id
        await self.tell(
            WriteDetails(referral_id=asked.referral_id, name="Jos Peeters", question="Orde in de papieren.")
        )
        await self.tell(GiveReferralConsent(referral_id=asked.referral_id, fields=["name", "question"], how="spoken"))
        await self.tell(RequestReferral(referral_id=asked.referral_id))
        draft = await self.tell(DraftReferral(participant_id=godelieve, service_id=CLEANING, kind="household"))
        self.things["draft"] = draft.referral_id

    async def between_neighbours(self) -> None:
        """A half question, an ask for strangers, one beyond small help, one agreed, a gathering."""
        martine, jos = self.people["martine"], self.people["jos"]
        self.things["ask"] = await self.opens(martine)
        self.things["half"] = await self.opens(
            jos, half=True, kind="coffee", words="Misschien eens een koffie met iemand"
        )
        self.things["care"] = await self.opens(martine, kind=None, words="Kan iemand mij elke morgen helpen wassen?")
        agreed = await self.opens(martine, words="Wie helpt eens met het onkruid?")
        self.things["invitation"] = await self.invites(agreed, jos)
        self.things["agreed"] = agreed
        starts = clock.now() + timedelta(days=5)
        planned = await self.tell(
            PlanGathering(
                neighbourhood_id=PLACE, title="Koffie en taart", place="Buurthuis, Weverstraat 12", starts_at=starts,
                ends_at=starts + timedelta(hours=2), seats=16, bring="een spel", invite=False,
            )
        )  # fmt: skip
        self.things["gathering"] = planned.gathering_id

    async def directory(self) -> None:
        """A small directory."""
        client = self.whole.client
        begun = await client.get(BeginImport(source="gent", title="Sociale kaart"))
        for resource, rows in DIRECTORY.items():
            await client.get(BringRows(import_id=begun.import_id, resource=resource, first=1, rows=rows))  # type: ignore[arg-type]
        counts: Any = {resource: len(rows) for resource, rows in DIRECTORY.items()}
        await client.get(FinishImport(import_id=begun.import_id, rows=counts))

    async def colleagues(self) -> None:
        """Karim stands in for Marie; Lieve is the coordinator."""
        ask = self.whole.client.get
        for name in ("Karim Haddad", "Lieve Maes"):
            made = await ask(
                RegisterWorker(
                    name=name, email=f"{name.split()[0].lower()}@buurtpunt.example", organisation_id=ORGANISATION,
                    neighbourhood_ids=[PLACE] if name.startswith("Karim") else [],
                )
            )  # fmt: skip
            self.things[name.split()[0].lower()] = made.worker_id
            await self.known("worker", made.worker_id)
        await ask(NameBackup(worker_id=self.worker_id, backup_id=self.things["karim"]))
        await ask(NameCoordinator(organisation_id=ORGANISATION, coordinator_id=self.things["lieve"]))


@asynccontextmanager
async def opened(make: MakeStack) -> AsyncIterator[Office]:
    """All four services, and an office on them."""
    async with whole(make, "profiles", "exchange", "signals", "notify", pages_port=0) as made, office(made) as found:
        yield found


@asynccontextmanager
async def office(running: Whole) -> AsyncIterator[Office]:
    """The street, filled."""
    async with on_a_street(running) as street:
        made = Office(**vars(street))
        await made.colleagues()
        await made.fill()
        yield made
