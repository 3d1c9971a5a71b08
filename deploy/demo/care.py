"""What the worker of the demo notices, and where people are guided to. Each story goes on from where it stands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from deploy.demo.horizon import Horizon
from shared import clock
from shared.contracts.envelope import Command, Query
from shared.contracts.profiles import ShowParticipant
from shared.contracts.signals import (
    AcceptReferral,
    CompleteReferral,
    DraftReferral,
    FetchDetails,
    GiveReferralConsent,
    ListReferrals,
    ListSignals,
    RaiseSignal,
    ReferralSummary,
    RequestReferral,
    SeeReferral,
    SignalSummary,
    TakeSignal,
    WriteDetails,
    WriteNote,
)
from shared.messaging.client import Client, Refused

MARKET_TOGETHER, CLEANING = "ce28627a-4826-5a02-be34-46fa9c87bd11", "80515ec1-fe8b-5e51-a407-b8cdef3e113e"
"""Services of the demo's directory: one of a partner, one that answers from a link in a mail."""
TO_HEAR = timedelta(seconds=30)
"""In which signals has heard of what happened in exchange."""


async def happen(client: Client, people: dict[str, UUID], worker: str, horizon: Horizon) -> None:
    """All of it. `worker`: who has the signals, as `worker:<id>`."""
    here = Here(client, people, worker, horizon)
    await here.a_limit_finds_its_way()
    await here.nobody_answers()
    await here.something_is_noticed()


@dataclass(frozen=True)
class Here:
    client: Client
    people: dict[str, UUID]
    worker: str
    horizon: Horizon

    async def a_limit_finds_its_way(self) -> None:
        """Roger asked for something every week: his worker takes it up, and a partner takes it on."""
        signal = await self._soon(lambda: self._signal("roger", "limit"))
        if signal.stage == "open":
            await self.tell(TakeSignal(signal_id=signal.signal_id))
            note = "Roger gaat graag naar de markt en durft niet meer alleen. Zijn dochter woont in Leuven."
            await self.tell(WriteNote(signal_id=signal.signal_id, note=note))
        referral = await self.referred(
            "roger",
            MARKET_TOGETHER,
            "mobility",
            signal.signal_id,
            "Elke vrijdag samen naar de markt.",
        )
        if referral.state == "requested":
            id_ = referral.referral_id
            answers = (SeeReferral, FetchDetails, AcceptReferral)
            for answer in answers:
                await self.horizon.ask(answer(referral_id=id_))
            await self.horizon.ask(CompleteReferral(referral_id=id_, outcome="helped"))

    async def nobody_answers(self) -> None:
        """A service that doesn't answer: with the clock moved forward it is reminded, and then the worker hears."""
        await self.referred("godelieve", CLEANING, "household", None, "Twee keer in de maand hulp bij het poetsen.")

    async def something_is_noticed(self) -> None:
        """What a colleague noticed waits for the worker."""
        if await self._signal("annelies", "noticed") is None:
            raised = RaiseSignal(
                participant_id=self.people["annelies"], kind="carer", urgency="this-week", on_word_of="worker"
            )
            found = await self.tell(raised)
            await self.tell(WriteNote(signal_id=found.signal_id, note="Zorgt alleen voor haar moeder, oogt moe."))

    # --- how

    async def referred(
        self, key: str, service_id: str, kind: str, signal_id: UUID | None, question: str
    ) -> ReferralSummary:
        """Their referral to this service, put before it with their consent when it isn't yet."""
        found = await self._referral(key, service_id)
        if found is None:
            draft = DraftReferral(
                participant_id=self.people[key], service_id=service_id, kind=kind, signal_id=signal_id
            )
            await self._known(draft)
            found = await self._referral(key, service_id)
            assert found is not None
        if found.state == "draft":
            id_ = found.referral_id
            person = await self.tell(ShowParticipant(participant_id=self.people[key]))
            details = WriteDetails(
                referral_id=id_, name=person.name, reach=person.reach, languages=person.languages, question=question
            )
            await self.tell(details)
            fields: Any = ["name", "reach", "question"]
            await self.tell(GiveReferralConsent(referral_id=id_, fields=fields, how="spoken"))
            await self.tell(RequestReferral(referral_id=id_))
            found = await self._referral(key, service_id)
            assert found is not None
        return found

    async def _referral(self, key: str, service_id: str) -> ReferralSummary | None:
        listed = await self._known(ListReferrals(participant_id=self.people[key], limit=100))
        return next((each for each in listed.referrals if each.service_id == service_id), None)

    async def _signal(self, key: str, cause: str) -> SignalSummary | None:
        """The last one of this cause, also when it is closed."""
        stages: tuple[Any, ...] = (None, "closed")
        for stage in stages:
            listed = await self._known(ListSignals(participant_id=self.people[key], stage=stage, limit=100))
            for each in listed.signals:
                if each.cause == cause:
                    found: SignalSummary = each
                    return found
        return None

    async def _soon(self, look: Callable[[], Awaitable[SignalSummary | None]]) -> SignalSummary:
        """What signals will have heard of before long."""
        deadline = clock.now() + TO_HEAR
        while True:
            found = await look()
            if found is not None:
                return found
            if clock.now() > deadline:
                raise TimeoutError("signals has not heard of what was asked in exchange")
            await asyncio.sleep(0.05)

    async def _known(self, message: Command | Query) -> Any:
        """By the worker; waits, for a while, until signals has heard of whom profiles has just registered."""
        deadline = clock.now() + TO_HEAR
        while True:
            try:
                return await self.tell(message)
            except Refused as refused:
                if refused.problems[0].code != "unknown_id" or clock.now() > deadline:
                    raise
            await asyncio.sleep(0.05)

    async def tell(self, message: Command | Query) -> Any:
        return await self.client.get(message, actor=self.worker)
