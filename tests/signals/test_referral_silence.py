"""No referral stays silent: the service is reminded, the worker hears, and it can't be open without a word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, timedelta

import pytest

from shared import clock
from shared.contracts.signals import (
    AcceptReferral,
    CancelReferral,
    HoldReferral,
    KeepOpen,
    ReferralDue,
    ReferralMoved,
    WorkerTold,
)
from tests.conftest import MakeStack
from tests.signals.neighbourhood import ZONE
from tests.signals.referring import Referring, by, referring


@pytest.fixture
async def here(module_stack: MakeStack) -> AsyncIterator[Referring]:
    async with referring(module_stack) as made:
        yield made


async def test_a_partner_is_reminded_after_two_working_days_and_the_worker_told_after_five(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    here.move_to(
        4, 10
    )  # a Friday; the Monday after may be a holiday in the country, so days are looked at as they come
    id_ = await here.requested(place, await here.service(partner_organisation=partner))
    asked = clock.now()
    days: dict[str, int] = {}
    for day in range(1, 11):
        await here.pass_(1)
        for what, seen in (
            ("reminded", await here.letters(id_)),
            ("told", [each[0] for each in await here.heard(id_)]),
        ):
            if {"reminded", "no-answer"} & set(seen):
                days.setdefault(what, day)
    expected = {
        row["key"].split(":")[0]: row["due_at"] for row in await here.rows("SELECT key, due_at FROM messaging.timer")
    }
    assert "referral-remind" not in expected
    assert 4 <= days["reminded"] <= 6
    assert days["told"] > days["reminded"]
    assert (asked + timedelta(days=days["reminded"])).astimezone(ZONE).weekday() < 5
    assert await here.letters(id_) == ["requested", "reminded"]
    assert await here.heard(id_) == [("no-answer", "worker", place.marie)]


async def test_a_service_without_a_connection_is_reminded_by_mail(here: Referring) -> None:
    place = await here.place()
    id_ = await here.requested(place, await here.service(email="info@zorgpunt.example"))
    await here.pass_(6)
    assert await here.mails(id_) == ["requested", "reminded"]


async def test_who_answered_is_not_reminded(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.accepted(place, partner)
    assert await here.timed(id_) == {"decide", "end-consent"}
    await here.pass_(10)
    for to in ("remind", "tell-worker", "decide"):
        await here.tell(ReferralDue(neighbourhood_id=place.neighbourhood_id, referral_id=id_, to=to))
    assert (await here.letters(id_), await here.heard(id_)) == (["requested"], [])


async def test_after_fourteen_days_it_can_not_be_open_without_the_worker_having_said_so(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.requested(place, await here.service(partner_organisation=partner))
    await here.get(AcceptReferral(referral_id=id_), sender=partner)
    await here.get(HoldReferral(referral_id=id_, reason="waiting-list"), sender=partner)
    await here.pass_(13)
    assert await here.heard(id_) == []
    await here.pass_(4)
    assert await here.heard(id_) == [
        ("decide", "worker", place.marie), ("decide", "backup", place.karim), ("decide", "coordinator", place.lieve),
        ("decide", "coordinator", place.lieve),
    ]  # fmt: skip
    assert {each.urgency for each in await here.told(WorkerTold, referral_id=id_)} == {"today"}
    until = clock.now() + timedelta(days=20)
    await here.get(KeepOpen(referral_id=id_, until=until), **by(place.marie))
    assert (await here.shown(place, id_)).decide_by == until
    await here.pass_(19)
    assert len(await here.heard(id_)) == 4
    await here.pass_(1)
    assert (await here.heard(id_))[4:] == [("decide", "worker", place.marie)]


async def test_what_ended_waits_for_nothing(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.requested(place, await here.service(partner_organisation=partner))
    assert await here.timed(id_) == {"remind", "tell-worker", "decide", "end-consent"}
    await here.get(CancelReferral(referral_id=id_, reason="other"), **by(place.marie))
    assert await here.timed(id_) == set()
    await here.pass_(16)
    assert await here.heard(id_) == []
    assert len(await here.told(ReferralMoved, referral_id=id_)) == 3


async def test_a_draft_waits_for_nothing_but_its_consent(here: Referring) -> None:
    place = await here.place()
    id_ = await here.drafted(place, await here.service())
    assert await here.timed(id_) == set()
    await here.consent(place, id_)
    assert await here.timed(id_) == {"end-consent"}


async def test_of_a_worker_who_ended_whoever_is_on_duty_hears_it(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.accepted(place, partner)
    await here.worker(place.marie, removed=True)
    await here.duty(place, place.karim)
    await here.get(CancelReferral(referral_id=id_, reason="no-capacity"), sender=partner)
    assert await here.heard(id_) == [("ended", "worker", place.karim)]


async def test_when_the_worker_is_away_who_stands_in_hears_it(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.accepted(place, partner)
    await here.duty(place, place.karim)
    await here.get(CancelReferral(referral_id=id_, reason="no-capacity"), sender=partner)
    assert await here.heard(id_) == [("ended", "worker", place.karim)]


async def test_at_night_its_worker_hears_it_all_the_same_and_not_the_coordinator(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.accepted(place, partner)
    await here.duty(place, place.lieve, role="coordinator")
    await here.get(CancelReferral(referral_id=id_, reason="no-capacity"), sender=partner)
    assert await here.heard(id_) == [("ended", "worker", place.marie)]


async def test_the_country_of_the_neighbourhood_says_which_days_are_working_days(here: Referring) -> None:
    """The timers are set from shared/working_days.py; the moment itself is looked at in tests/shared."""
    place, partner = await here.place(), await here.partner()
    here.move_to(5, 10)  # a Saturday
    id_ = await here.requested(place, await here.service(partner_organisation=partner))
    rows = await here.rows("SELECT key, due_at FROM messaging.timer WHERE key LIKE '%' || $1", str(id_))
    due = {row["key"].split(":")[0]: row["due_at"].astimezone(ZONE) for row in rows}
    assert due["referral-remind"].weekday() < 5
    assert due["referral-remind"] - clock.now() > timedelta(days=2)
    assert due["referral-tell-worker"] > due["referral-remind"]
    assert due["referral-decide"].astimezone(UTC) <= clock.now() + timedelta(days=14)
