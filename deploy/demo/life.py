"""What happens in the demo neighbourhood. Each story goes on from where it stands, so that it happens once.

Everything holds at any hour: a worker writes down what people say on the phone, also in their quiet hours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from deploy.demo.people import BRUGSE_POORT
from shared import clock
from shared.contracts.envelope import Command, Query
from shared.contracts.exchange import (
    AnswerInvitation,
    AnswerProposal,
    Exchange,
    FinishExchange,
    Gathering,
    Invitation,
    InviteNeighbour,
    ListAcquaintances,
    ListExchanges,
    ListGatherings,
    ListInvitations,
    OpenExchange,
    PlanGathering,
    RecordAttendance,
    ReviewInvitation,
    SayHowItWas,
    SayThanks,
    ShowExchange,
)
from shared.messaging.client import Client, Refused

HEDGE = "De haag is te hoog geworden, wie snoeit mee?"
COFFEE = "Koffie met zelfgebakken appeltaart, zaterdag bij mij"
MARKET = "Elke week samen naar de markt"
COOKING = "Wie leert me iets uit eigen keuken koken?"
WALK = "Een ommetje langs de Coupure, met een babbel"
CEMETERY = "Ik zou nog eens naar het kerkhof willen, maar ik durf het bijna niet te vragen"
RUMMIKUB, GAMES = "Koffie en rummikub in het buurthuis", "Spelnamiddag in het buurthuis"
ZONE = ZoneInfo("Europe/Brussels")
TO_KNOW = timedelta(seconds=30)
"""In which exchange has heard of everyone who was just registered."""


async def happen(client: Client, people: dict[str, UUID], worker: str) -> None:
    """All of it. `worker`: who writes down what people say, as `worker:<id>`."""
    here = Here(client, people, worker)
    for id_ in people.values():
        await here.tell(ListAcquaintances(participant_id=id_, limit=1))  # who is known to all is found by all
    await here.in_the_garden()
    await here.coffee_afterwards()
    await here.beyond_the_limits()
    await here.people_meet()
    await here.who_has_met_comes_first()
    await here.waits_for_the_worker()


@dataclass(frozen=True)
class Here:
    """The neighbourhood, and how its worker works in it."""

    client: Client
    people: dict[str, UUID]
    worker: str

    # --- what happens

    async def in_the_garden(self) -> None:
        """An ask, from opening to thanks."""
        found = await self.opened("ask", "martine", HEDGE, "garden")
        found = await self.agreed(found, "jos")
        await self.done(found, {"martine": "Merci Jos! Zaterdag staat de koffie klaar.", "jos": "Graag gedaan!"})

    async def coffee_afterwards(self) -> None:
        """An offer, from opening to thanks."""
        found = await self.opened("offer", "martine", COFFEE, "coffee")
        found = await self.agreed(found, "jos")
        await self.done(found, {"jos": "Dankjewel Martine, wat een taart!", "martine": "Het was gezellig, tot gauw."})

    async def beyond_the_limits(self) -> None:
        """An ask on a fixed rhythm, which is with the worker from then on."""
        await self.opened("ask", "roger", MARKET, "together", often="weekly")

    async def people_meet(self) -> None:
        """A gathering at which people got to know each other, and some to come."""
        if await self.gathering(RUMMIKUB) is None:
            await self.plan(RUMMIKUB, clock.now() + timedelta(seconds=2), host="simonne", invite=False)
        met = await self.gathering(RUMMIKUB)
        if met is not None and met.stage == "planned":
            await asyncio.sleep(max(0.0, (met.starts_at - clock.now()).total_seconds()) + 0.1)
            there = [self.people[key] for key in ("simonne", "lucas", "fatma", "yusuf", "elif")]
            await self.tell(RecordAttendance(gathering_id=met.gathering_id, participant_ids=there))
        if await self.gathering(GAMES) is None:
            rule = "FREQ=WEEKLY;INTERVAL=2;COUNT=4"
            await self.plan(GAMES, _next_saturday(), host="bart", kind="game", repeats=rule)

    async def who_has_met_comes_first(self) -> None:
        """Lucas has met Fatma: she is asked at once, and whom he hasn't met when the worker has seen it."""
        found = await self.opened("ask", "lucas", COOKING, "meal")
        await self.asked(found, "fatma")

    async def waits_for_the_worker(self) -> None:
        """An ask for which nobody is asked before the worker has looked; and a half question."""
        await self.opened("ask", "godelieve", WALK, "walk")
        await self.opened("ask", "simonne", CEMETERY, "together", half=True)

    # --- how

    async def opened(self, opening: Any, key: str, words: str, kind: str, **more: Any) -> Exchange:
        """The exchange with these words, opened with their consent when it isn't there yet."""
        listed = await self.tell(ListExchanges(participant_id=self.people[key], limit=100))
        known = [each.exchange_id for each in listed.exchanges if each.words == words]
        if known:
            return await self.shown(known[0])
        command = OpenExchange(
            opening=opening, participant_id=self.people[key], kind=kind, words=words, consented="spoken", **more
        )
        return await self.shown((await self.tell(command)).exchange_id)

    async def asked(self, found: Exchange, key: str) -> Invitation | None:
        """What this neighbour was asked; None when the exchange has gone past that."""
        if found.stage not in ("open", "inviting"):
            return None
        invitation = await self._invitation(found, key)
        if invitation is None:
            ids = {"exchange_id": found.exchange_id, "participant_id": self.people[key]}
            await self.tell(InviteNeighbour.model_validate(ids))
        elif invitation.stage == "held":
            await self.tell(ReviewInvitation(invitation_id=invitation.invitation_id, send=True))
        return await self._invitation(found, key)

    async def agreed(self, found: Exchange, key: str) -> Exchange:
        """This neighbour says yes, and then the side that opened it does."""
        invitation = await self.asked(found, key)
        if invitation is not None and invitation.stage in ("held", "waiting", "asked"):
            await self.tell(AnswerInvitation(invitation_id=invitation.invitation_id, answer="yes", how="phone"))
        if (await self.shown(found.exchange_id)).stage == "proposed":
            await self.tell(AnswerProposal(exchange_id=found.exchange_id, answer="yes", how="phone"))
        return await self.shown(found.exchange_id)

    async def done(self, found: Exchange, thanks: dict[str, str]) -> None:
        """It happened, it was good, and they thank each other."""
        if found.stage not in ("agreed", "done"):
            return
        if found.stage == "agreed":
            by = self.people[next(iter(thanks))]
            await self.tell(FinishExchange(exchange_id=found.exchange_id, participant_id=by))
            for key in thanks:
                id_ = self.people[key]
                answer = SayHowItWas(exchange_id=found.exchange_id, participant_id=id_, answer="good", how="phone")
                await self.tell(answer)
        for key, words in thanks.items():
            id_ = self.people[key]
            between_the_two = await self.client.get(
                ShowExchange(exchange_id=found.exchange_id), actor=f"participant:{id_}"
            )
            if id_ not in {each.participant_id for each in between_the_two.thanks}:
                ids = {"exchange_id": found.exchange_id, "participant_id": id_}
                await self.tell(SayThanks.model_validate({**ids, "words": words, "how": "phone"}))

    async def gathering(self, title: str) -> Gathering | None:
        """The first one of this title; None when there is none yet."""
        query = ListGatherings(neighbourhood_id=BRUGSE_POORT, since=clock.now() - timedelta(days=365), limit=100)
        found: list[Gathering] = (await self.tell(query)).gatherings
        return next((each for each in found if each.title == title), None)

    async def plan(self, title: str, starts_at: datetime, *, host: str, **more: Any) -> None:
        values = {"neighbourhood_id": BRUGSE_POORT, "host_id": self.people[host], "title": title}
        values |= {"place": "Buurthuis, Weverstraat 12", "starts_at": starts_at, "seats": 16}
        values |= {"ends_at": starts_at + timedelta(hours=3), "bring": "een spel, of gewoon goesting"}
        await self.tell(PlanGathering.model_validate(values | more))

    async def shown(self, exchange_id: UUID) -> Exchange:
        found: Exchange = await self.tell(ShowExchange(exchange_id=exchange_id))
        return found

    async def _invitation(self, found: Exchange, key: str) -> Invitation | None:
        query = ListInvitations(exchange_id=found.exchange_id, limit=100)
        listed: Sequence[Invitation] = (await self.tell(query)).invitations
        return next((each for each in listed if each.participant_id == self.people[key]), None)

    async def tell(self, message: Command | Query) -> Any:
        """By the worker. Waits, for a while, until exchange has heard of whom profiles has just registered."""
        deadline = clock.now() + TO_KNOW
        while True:
            try:
                return await self.client.get(message, actor=self.worker)
            except Refused as refused:
                if refused.problems[0].code != "unknown_id" or clock.now() > deadline:
                    raise
            await asyncio.sleep(0.05)


def _next_saturday() -> datetime:
    today = clock.now().astimezone(ZONE).date()
    return datetime.combine(today + timedelta(days=(4 - today.weekday()) % 7 + 1), time(14), ZONE)
