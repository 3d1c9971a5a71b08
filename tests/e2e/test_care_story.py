"""From a small ask that was more than that to a service that helps, and a second one that nobody answers.

The demo neighbourhood on all four services: what exchange can't carry becomes a signal, its worker takes it, a partner
takes the referral on, and it returns to the worker. All of it is in the mail of those it concerns.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from deploy import demo
from deploy.demo import care
from deploy.partners import Office
from shared import clock
from shared.contracts.profiles import ListParticipants
from shared.contracts.signals import ListReferrals, ListSignals, Referral, ShowReferral, ShowService, ShowSignal
from tests.conftest import MakeStack
from tests.notify.setting import Caught, Whole
from tests.notify.setting import whole as whole_stack
from tests.waiting import eventually

MARIE, KARIM, LIEVE = "marie@buurtpunt.example", "karim@buurtpunt.example", "lieve@buurtpunt.example"


@dataclass(frozen=True)
class Told:
    """The demo, loaded, and its people by their first name."""

    whole: Whole
    people: dict[str, Any]

    async def get(self, message: Any) -> Any:
        return await self.whole.client.get(message)

    async def referral(self, key: str) -> Referral:
        (summary,) = (await self.get(ListReferrals(participant_id=self.people[key]))).referrals
        found: Referral = await self.get(ShowReferral(referral_id=summary.referral_id))
        return found

    async def mail(self, address: str, *words: str) -> Caught:
        """The first mail to an address in which all these words stand."""

        def found() -> Caught | None:
            mails = self.whole.catcher.to(address)
            return next((each for each in mails if all(word in each.text for word in words)), None)

        mail = await eventually(found, within=60, what=f"a mail to {address} with {words}")
        assert isinstance(mail, Caught)
        return mail


@pytest.fixture(scope="module")
async def told(module_stack: MakeStack) -> AsyncIterator[Told]:
    async with whole_stack(module_stack, "profiles", "exchange", "signals", "notify") as whole:
        whole.move(_until_monday_at_eleven())
        stack = whole.stack
        await demo.load(whole.client, Office(stack.nats_url, stack.keys, stack.admin_dsn("deploy")))
        found = (await whole.client.get(ListParticipants(limit=100))).participants
        yield Told(whole, {each.name.split()[0].lower(): each.participant_id for each in found})


async def test_a_limit_becomes_a_signal_and_finds_its_way_to_a_partner_and_back(told: Told) -> None:
    referral = await told.referral("roger")
    assert (referral.state, referral.outcome, referral.by_partner) == ("completed", "helped", True)
    assert referral.signal_id is not None
    signal = await told.get(ShowSignal(signal_id=referral.signal_id))
    assert (signal.cause, signal.kind) == ("limit", "limit")
    assert signal.worker_id == referral.worker_id
    steps = [(each.by.partition(":")[0], each.state or each.what) for each in referral.steps]
    assert [step for step in steps if step[1] in ("requested", "accepted", "completed")] == [
        ("worker", "requested"), ("partner", "accepted"), ("partner", "completed"),
    ]  # fmt: skip
    assert referral.has_details == [], "what was told of the person is gone once it has ended"
    ended = await told.mail(MARIE, "Roger")
    assert "markt" not in ended.message["Subject"].lower()


async def test_what_nobody_answers_is_asked_again_and_then_climbs(told: Told) -> None:
    referral = await told.referral("godelieve")
    assert (referral.state, referral.by_partner) == ("requested", False)
    service = await told.get(ShowService(service_id=care.CLEANING))
    assert service.email is not None
    asked = await told.mail(service.email, "Marie")
    assert not re.search("Godelieve|Pauwels|poetsen", asked.text), "who it is about is behind the link"
    await _goes_by(told, days=3)
    await eventually(lambda: len(told.whole.catcher.to(service.email)) == 2, within=60, what="the service is reminded")
    await _goes_by(told, days=5)
    assert "worker-told" in [each.what for each in (await told.referral("godelieve")).steps]
    await _goes_by(told, days=9)
    for colleague in (MARIE, KARIM, LIEVE):
        await told.mail(colleague, "Godelieve")
        await _goes_by(told, days=3)


async def test_no_signal_is_left_with_nobody(told: Told) -> None:
    signals = (await told.get(ListSignals(neighbourhood_id=demo.BRUGSE_POORT, limit=100))).signals
    assert signals
    assert all(each.worker_id or each.told_id for each in signals)
    for service in told.whole.stack.services:
        dead = await told.whole.stack.fetch(service, "SELECT message_type, reason FROM messaging.dead_letter")
        assert [tuple(each) for each in dead] == []


async def _goes_by(told: Told, *, days: int) -> None:
    """A day at a time, each at eleven, so that what falls due in it is there before the next."""
    for _ in range(days):
        told.whole.move(timedelta(days=1))
        for service in told.whole.stack.services:
            await eventually(lambda service=service: _nothing_due(told, service), within=60, what=f"{service} rests")


async def _nothing_due(told: Told, service: str) -> bool:
    rows = await told.whole.stack.fetch(
        service,
        "SELECT (SELECT count(*) FROM messaging.timer WHERE due_at <= $1) + (SELECT count(*) FROM messaging.outbox)",
        clock.now(),
    )
    return rows[0][0] == 0


def _until_monday_at_eleven() -> timedelta:
    now = clock.now().astimezone(ZoneInfo("Europe/Brussels"))
    monday = now.date() + timedelta(days=(-now.weekday() - 1) % 7 + 1)
    return datetime.combine(monday, time(11), now.tzinfo) - now
