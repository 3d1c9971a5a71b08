"""Referrals over the handlers of signals: services of three kinds, a partner, and a person to refer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from shared import clock
from shared.contracts.deploy import PartnerGranted
from shared.contracts.envelope import Answer
from shared.contracts.exchange import GatheringPlanned
from shared.contracts.signals import (
    AcceptReferral,
    DraftReferral,
    FetchDetails,
    GiveReferralConsent,
    Referral,
    ReferralDetails,
    ReferralTold,
    RequestReferral,
    ServiceAsked,
    ShowReferral,
    WorkerTold,
    WriteDetails,
)
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.signals import neighbourhood
from tests.signals.neighbourhood import Place, Signals, by, me

DETAILS: dict[str, Any] = {
    "name": "Martine De Smet",
    "reach": {"by": "phone", "phone": "+32 470 12 34 56"},
    "languages": ["nl"],
    "question": "Zoekt iemand die twee keer per maand komt poetsen.",
}
FIELDS = ["name", "reach", "question"]
COMMANDS = [
    f"signals.referral.{verb}"
    for verb in ("see", "accept", "reject", "start", "hold", "complete", "fail", "cancel", "look")
] + ["signals.details.fetch"]


@dataclass
class Referring(Signals):
    """What a test of referrals works with."""

    async def service(self, *, email: str | None = None, partner_organisation: str | None = None, **more: Any) -> str:
        """A service of the directory."""
        id_ = str(new_id())
        async with self.transaction() as tx:
            await tx.execute(ADD_SERVICE, id_, email, partner_organisation, more.get("retired", False))
        return id_

    async def partner(self, organisation_id: str = "", *, name: str = "") -> str:
        """A partner that answers referrals for an organisation. Returns its name, which is that of the organisation."""
        organisation_id = organisation_id or f"org-{new_id().hex[-12:]}"
        await self.tell(
            PartnerGranted(
                partner=name or organisation_id, organisation_id=organisation_id, neighbourhood_ids=[],
                commands=COMMANDS,
            )
        )  # fmt: skip
        return organisation_id

    async def drafted(self, place: Place, service_id: str, who: UUID | None = None, **more: Any) -> UUID:
        """A referral with details, that Marie drafted."""
        who = who or await self.someone(place)
        values = {"kind": "household"} | more
        found = await self.get(DraftReferral(participant_id=who, service_id=service_id, **values), **by(place.marie))
        await self.get(WriteDetails(referral_id=found.referral_id, **DETAILS), **by(place.marie))
        id_: UUID = found.referral_id
        return id_

    async def consent(self, place: Place, referral_id: UUID, *, days: float = 60, **more: Any) -> None:
        """Their consent, as Marie recorded it."""
        values = {"fields": FIELDS, "how": "spoken", "until": clock.now() + timedelta(days=days)} | more
        await self.get(GiveReferralConsent(referral_id=referral_id, **values), **by(place.marie))

    async def requested(
        self, place: Place, service_id: str, who: UUID | None = None, *, days: float = 60, **more: Any
    ) -> UUID:
        """A referral before its service, with the consent of the person."""
        id_ = await self.drafted(place, service_id, who, **more)
        await self.consent(place, id_, days=days)
        await self.get(RequestReferral(referral_id=id_), **by(place.marie))
        return id_

    async def accepted(self, place: Place, partner: str, **more: Any) -> UUID:
        """One that a partner has taken on."""
        id_ = await self.requested(place, await self.service(partner_organisation=partner), **more)
        await self.get(AcceptReferral(referral_id=id_), sender=partner)
        return id_

    async def shown(self, place: Place, referral_id: UUID) -> Referral:
        found: Referral = await self.get(ShowReferral(referral_id=referral_id), **by(place.marie))
        return found

    async def fetch(self, referral_id: UUID, partner: str) -> ReferralDetails:
        found: ReferralDetails = await self.get(FetchDetails(referral_id=referral_id), sender=partner)
        return found

    async def letters(self, referral_id: UUID) -> list[str]:
        """What its service was told as a partner, in order."""
        return [each.verb for each in await self.told(ReferralTold, referral_id=referral_id)]

    async def mails(self, referral_id: UUID) -> list[str]:
        """What its service is to be written, in order."""
        return [each.verb for each in await self.told(ServiceAsked, referral_id=referral_id)]

    async def heard(self, referral_id: UUID) -> list[tuple[str, str, UUID | None]]:
        """What workers were told of it, in order: why, at which step, and who."""
        return [(each.why, each.step, each.worker_id) for each in await self.told(WorkerTold, referral_id=referral_id)]

    async def timed(self, referral_id: UUID) -> set[str]:
        """Which of its timers run."""
        return {
            each.removeprefix("referral-").removesuffix(f":{referral_id}")
            for each in await self.timers()
            if each.endswith(str(referral_id))
        }

    async def gathering(self, place: Place, *, days: float = 5, **more: Any) -> UUID:
        """A gathering that is planned."""
        id_ = new_id()
        values = {"version": 1, "starts_at": clock.now() + timedelta(days=days)} | more
        await self.tell(GatheringPlanned(neighbourhood_id=place.neighbourhood_id, gathering_id=id_, **values))
        return id_

    async def pass_(self, days: int) -> None:
        """So many days go by, one by one, with all that comes in them."""
        for _ in range(days):
            self.move(timedelta(days=1))
            await self.fire()


def contact(referral_id: UUID) -> dict[str, Any]:
    """By the contact person of the service, through the link in a mail."""
    return {"actor": f"contact:{referral_id}"}


def problem(answer: Answer) -> tuple[str, str, str]:
    """Code, field and sentence of a refusal."""
    assert answer.status == "rejected"
    return answer.problems[0].code, answer.problems[0].field, answer.problems[0].message


Way = Literal["partner", "mail", "phone"]

ADD_SERVICE = """
WITH source AS (
    INSERT INTO directory_source (source, title, import_id, finished)
    VALUES ('test', 'Test', gen_random_uuid(), true) ON CONFLICT DO NOTHING
)
INSERT INTO service (
    service_id, source, organisation_id, organisation_name, partner_organisation, name, topics, email, phones,
    addresses, opening_hours, language, languages, kinds, stepping_stone, capacity, areas, places, schedules, retired,
    digest, sort_key, words
) VALUES (
    $1, 'test', 'organisation', 'Zorgpunt', $3, 'Poetshulp', '', $2, '{"09 123 45 67"}', '{}', '{}', 'nl', '{nl}',
    '{household}', false, 'unknown', '{*}', '{}', '[]', $4, '', '', ''
)
"""

__all__ = ["DETAILS", "FIELDS", "Referring", "by", "contact", "me", "problem", "referring"]


@asynccontextmanager
async def referring(make: MakeStack, **settings_changes: Any) -> AsyncIterator[Referring]:
    """The handlers of signals, with what referrals are made of."""
    async with neighbourhood.signals(make, **settings_changes) as made:
        yield Referring(**vars(made))
