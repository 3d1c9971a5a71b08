"""Consent to a referral: before anything is seen, for these fields, until that day; withdrawn at any time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared import clock
from shared.contracts.envelope import Answer
from shared.contracts.signals import (
    AcceptReferral,
    CancelReferral,
    CompleteReferral,
    FetchDetails,
    GiveReferralConsent,
    ListReadings,
    ReferralConsentEnded,
    RejectReferral,
    RequestReferral,
    StartReferral,
    WithdrawReferralConsent,
    WriteDetails,
)
from shared.policy import load
from tests.conftest import MakeStack
from tests.signals.referring import DETAILS, Referring, by, contact, me, referring


@pytest.fixture(scope="module")
async def here(module_stack: MakeStack) -> AsyncIterator[Referring]:
    async with referring(module_stack) as made:
        yield made


async def test_nothing_is_requested_without_a_consent_that_runs(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.drafted(place, await here.service(partner_organisation=partner))
    assert await here.refused(RequestReferral(referral_id=id_), **by(place.marie)) == ("no_consent", "referral_id")
    await here.consent(place, id_, days=1)
    here.move(timedelta(days=2))
    assert await here.refused(RequestReferral(referral_id=id_), **by(place.marie)) == ("no_consent", "referral_id")
    await here.consent(place, id_)
    await here.get(RequestReferral(referral_id=id_), **by(place.marie))


async def test_nothing_is_requested_before_what_the_consent_names_was_written_down(here: Referring) -> None:
    place = await here.place()
    id_ = await here.drafted(place, await here.service())
    await here.consent(place, id_, fields=["name", "address"])
    assert await here.refused(RequestReferral(referral_id=id_), **by(place.marie)) == ("details_missing", "fields")
    await here.get(WriteDetails(referral_id=id_, name="Martine", address="Weverstraat 12"), **by(place.marie))
    await here.get(RequestReferral(referral_id=id_), **by(place.marie))


async def test_a_consent_is_kept_with_the_referral_with_its_fields_day_way_and_word(here: Referring) -> None:
    place = await here.place()
    holder = await here.someone(place)
    who = await here.someone(place, mandate_holder_ids=[holder])
    id_ = await here.drafted(place, await here.service(), who)
    until = clock.now() + timedelta(days=30)
    values: dict[str, Any] = {"referral_id": id_, "fields": ["name"], "until": until}
    for actor, how, said, word in (
        (by(place.marie), "phone", "relative", "relative"),
        (me(who), "online", "worker", "participant"),
        (me(holder), "online", "participant", "relative"),
    ):
        await here.get(GiveReferralConsent(**values, how=how, on_word_of=said), **actor)
        consent = (await here.shown(place, id_)).consent
        assert consent is not None
        assert (consent.fields, consent.until, consent.how, consent.on_word_of) == (["name"], until, how, word)
        assert consent.recorded_by == actor["actor"]
        assert consent.ending is None


async def test_a_consent_without_a_day_runs_as_long_as_the_policy_says_and_never_for_ever(here: Referring) -> None:
    place = await here.place()
    id_ = await here.drafted(place, await here.service())
    before = clock.now()
    await here.consent(place, id_, until=None)
    consent = (await here.shown(place, id_)).consent
    assert consent is not None
    assert timedelta(0) <= consent.until - before - timedelta(days=load().referrals.consent_days) < timedelta(minutes=1)
    for days, code in ((-1, "in_the_past"), (800, "too_far")):
        command = GiveReferralConsent(
            referral_id=id_, fields=["name"], how="spoken", until=clock.now() + timedelta(days=days)
        )
        assert await here.refused(command, **by(place.marie)) == (code, "until")


async def test_withdrawn_consent_ends_access_in_the_same_transaction_and_cancels_the_referral(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    holder = await here.someone(place)
    who = await here.someone(place, mandate_holder_ids=[holder])
    service = await here.service(partner_organisation=partner)
    for actor in (me(who), me(holder), by(place.marie)):
        id_ = await here.requested(place, service, who)
        await here.get(AcceptReferral(referral_id=id_), sender=partner)
        await here.fetch(id_, partner)
        await here.get(WithdrawReferralConsent(referral_id=id_), **actor)
        shown = await here.shown(place, id_)
        assert (shown.state, shown.reason, shown.outcome) == ("cancelled", "consent-withdrawn", "declined-by-person")
        assert shown.consent is not None
        assert (shown.consent.ending, shown.has_details) == ("withdrawn", [])
        assert await here.letters(id_) == ["requested", "cancelled", "access-ended"]
        assert await here.refused(FetchDetails(referral_id=id_), sender=partner) == ("wrong_stage", "referral_id")
        assert await here.timed(id_) == set()
        assert await here.rows("SELECT FROM referral_details WHERE referral_id = $1", id_) == []
        assert [each.ending for each in await here.told(ReferralConsentEnded, referral_id=id_)] == ["withdrawn"]


async def test_a_withdrawal_comes_through_in_every_state_and_twice_changes_nothing(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    who = await here.someone(place)
    draft = await here.drafted(place, await here.service(), who)
    assert await here.refused(WithdrawReferralConsent(referral_id=draft), **me(who)) == ("no_consent", "referral_id")
    await here.consent(place, draft)
    for _ in range(2):
        await here.get(WithdrawReferralConsent(referral_id=draft), **me(who))
    shown = await here.shown(place, draft)
    assert (shown.state, shown.version) == ("cancelled", 2)
    done = await here.requested(place, await here.service(partner_organisation=partner), who)
    await here.get(AcceptReferral(referral_id=done), sender=partner)
    await here.fetch(done, partner)
    await here.get(CompleteReferral(referral_id=done, outcome="helped"), sender=partner)
    assert await here.letters(done) == ["requested"]
    await here.get(WithdrawReferralConsent(referral_id=done), **me(who))
    assert await here.letters(done) == ["requested", "access-ended"]
    assert (await here.shown(place, done)).state == "completed"


async def test_a_partner_that_fetched_nothing_has_nothing_that_must_go(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    who = await here.someone(place)
    id_ = await here.requested(place, await here.service(partner_organisation=partner), who)
    await here.get(WithdrawReferralConsent(referral_id=id_), **me(who))
    assert await here.letters(id_) == ["requested", "cancelled"]


async def test_a_consent_that_ran_out_ends_access_and_the_worker_is_asked_to_renew_or_stop(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.requested(place, await here.service(partner_organisation=partner), days=3)
    await here.get(AcceptReferral(referral_id=id_), sender=partner)
    await here.fetch(id_, partner)
    here.move(timedelta(days=3))
    assert await here.refused(FetchDetails(referral_id=id_), sender=partner) == ("no_consent", "referral_id")
    await here.fire()
    shown = await here.shown(place, id_)
    assert shown.consent is not None
    assert (shown.state, shown.consent.ending) == ("accepted", "run-out")
    assert await here.letters(id_) == ["requested", "access-ended"]
    assert await here.heard(id_) == [("renew-consent", "worker", place.marie)]
    await here.get(StartReferral(referral_id=id_), sender=partner)
    await here.consent(place, id_)
    assert await here.letters(id_) == ["requested", "access-ended", "access-renewed"]
    assert (await here.fetch(id_, partner)).name == DETAILS["name"]


async def test_a_consent_that_was_renewed_in_time_does_not_run_out(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.requested(place, await here.service(partner_organisation=partner), days=3)
    await here.fetch(id_, partner)
    await here.get(AcceptReferral(referral_id=id_), sender=partner)
    await here.consent(place, id_, days=13)
    await here.pass_(4)
    assert await here.heard(id_) == []
    assert await here.letters(id_) == ["requested", "access-renewed"]
    await here.fetch(id_, partner)
    await here.pass_(9)
    assert await here.letters(id_) == ["requested", "access-renewed", "access-ended"]


async def test_what_was_fetched_under_a_wider_consent_has_to_go_when_less_may_be_seen(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.requested(place, await here.service(partner_organisation=partner))
    await here.fetch(id_, partner)
    await here.consent(place, id_, fields=["name"])
    assert await here.letters(id_) == ["requested", "access-ended", "access-renewed"]
    details = await here.fetch(id_, partner)
    assert (details.fields, details.name, details.reach) == (["name"], DETAILS["name"], None)
    assert await here.refused(
        GiveReferralConsent(referral_id=id_, fields=["address"], how="spoken"), **by(place.marie)
    ) == ("details_missing", "fields")


async def test_the_service_sees_the_fields_that_the_consent_names_and_no_others(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.drafted(place, await here.service(partner_organisation=partner))
    await here.consent(place, id_, fields=["question", "languages"])
    await here.get(RequestReferral(referral_id=id_), **by(place.marie))
    details = await here.fetch(id_, partner)
    assert details.fields == ["languages", "question"]
    assert (details.question, details.languages) == (DETAILS["question"], ["nl"])
    assert (details.name, details.reach, details.address) == (None, None, None)


async def test_details_are_for_the_service_alone(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    who = await here.someone(place)
    id_ = await here.requested(place, await here.service(partner_organisation=partner), who)
    for actor in (by(place.marie), me(who), {"actor": "operator"}):
        assert await here.refused(FetchDetails(referral_id=id_), **actor) == ("not_allowed", "ce-actor")


async def test_every_fetch_is_recorded_and_can_be_listed_for_the_person(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    who = await here.someone(place)
    id_ = await here.requested(place, await here.service(partner_organisation=partner), who)
    mailed = await here.requested(place, await here.service(email="info@zorgpunt.example"), who)
    await here.fetch(id_, partner)
    await here.fetch(id_, partner)
    await here.get(FetchDetails(referral_id=mailed), **contact(mailed))
    await here.refused(FetchDetails(referral_id=mailed), sender=partner)
    read = (await here.get(ListReadings(participant_id=who), **me(who))).readings
    assert [(each.by, each.what, each.referral_id) for each in read] == [
        (f"partner:{partner}", "details", id_), (f"partner:{partner}", "details", id_),
        (f"contact:{mailed}", "details", mailed),
    ]  # fmt: skip
    assert read[0].fields == ["name", "reach", "question"]


async def test_details_can_not_be_read_in_the_database_and_go_when_the_referral_ends(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.requested(place, await here.service(partner_organisation=partner))
    (row,) = await here.rows("SELECT * FROM referral_details WHERE referral_id = $1", id_)
    assert "Martine" not in str(dict(row))
    assert "poetsen" not in str(dict(row))
    await here.get(RejectReferral(referral_id=id_, reason="no-capacity", outcome="no-capacity"), sender=partner)
    assert await here.rows("SELECT FROM referral_details WHERE referral_id = $1", id_) == []


async def test_what_was_completed_may_be_kept_until_the_consent_ends(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.requested(place, await here.service(partner_organisation=partner), days=10)
    await here.get(AcceptReferral(referral_id=id_), sender=partner)
    await here.fetch(id_, partner)
    await here.get(CompleteReferral(referral_id=id_, outcome="helped"), sender=partner)
    assert await here.timed(id_) == {"end-consent"}
    assert await here.refused(FetchDetails(referral_id=id_), sender=partner) == ("wrong_stage", "referral_id")
    await here.pass_(10)
    assert await here.letters(id_) == ["requested", "access-ended"]
    assert await here.heard(id_) == [("ended", "worker", place.marie)]


async def test_what_came_to_nothing_closes_access_at_once(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.requested(place, await here.service(partner_organisation=partner))
    await here.fetch(id_, partner)
    await here.get(CancelReferral(referral_id=id_, reason="no-capacity"), sender=partner)
    assert await here.letters(id_) == ["requested", "access-ended"]
    shown = await here.shown(place, id_)
    assert shown.consent is not None
    assert shown.consent.ending == "referral-ended"


async def test_withdrawn_and_fetched_in_the_same_moment_nothing_is_fetched_after_the_end(here: Referring) -> None:
    """Many times: whoever comes first, who fetched is told that it has to go, and who came after got nothing."""
    place, partner = await here.place(), await here.partner()
    who = await here.someone(place)
    service = await here.service(partner_organisation=partner)
    seen = set()
    for number in range(30):
        id_ = await here.requested(place, service, who)
        withdraw = here.ask(WithdrawReferralConsent(referral_id=id_), **me(who))
        fetches = [here.ask(FetchDetails(referral_id=id_), sender=partner) for _ in range(3)]
        both = [*fetches[:1], withdraw, *fetches[1:]] if number % 2 else [withdraw, *fetches]
        answers: list[Answer] = await asyncio.gather(*both)
        fetched = [each for each in answers if each.result and "fields" in each.result]
        letters = await here.letters(id_)
        assert letters == ["requested", "cancelled", *(["access-ended"] if fetched else [])]
        assert len(await _readings(here, id_)) == len(fetched)
        assert await here.refused(FetchDetails(referral_id=id_), sender=partner) == ("wrong_stage", "referral_id")
        seen.add(bool(fetched))
    assert True in seen


async def test_two_that_answer_at_once_are_one_answer(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    service = await here.service(partner_organisation=partner)
    for _ in range(10):
        id_ = await here.requested(place, service)
        answers = await asyncio.gather(
            here.ask(AcceptReferral(referral_id=id_), sender=partner),
            here.ask(RejectReferral(referral_id=id_, reason="other", outcome="other"), sender=partner),
            here.ask(AcceptReferral(referral_id=id_), sender=partner),
        )
        assert [each.status for each in answers].count("accepted") == 1
        refused = [each.problems[0].code for each in answers if each.status == "rejected"]
        assert refused == ["wrong_stage", "wrong_stage"]


async def _readings(here: Referring, referral_id: UUID) -> list[Any]:
    return await here.rows("SELECT at FROM reading WHERE referral_id = $1", referral_id)
