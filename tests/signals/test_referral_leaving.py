"""When someone leaves, is erased, or stands here twice, no referral of theirs is left hanging."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from shared.contracts.operations import RunRetention
from shared.contracts.person import CopyOfPerson
from shared.contracts.profiles import ParticipantErased, ParticipantKept, ParticipantMerged
from shared.contracts.signals import (
    AcceptReferral,
    CompleteReferral,
    FetchDetails,
    GiveReferralConsent,
    NextStepProposed,
    ShowReferral,
    ShowServiceContact,
    WithdrawReferralConsent,
)
from shared.ids import new_id
from shared.policy import load
from tests.conftest import MakeStack
from tests.signals.referring import FIELDS, Referring, me, referring


@pytest.fixture(scope="module")
async def here(module_stack: MakeStack) -> AsyncIterator[Referring]:
    async with referring(module_stack) as made:
        yield made


async def test_a_referral_of_who_leaves_is_cancelled_and_its_service_told(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    who = await here.someone(place)
    id_ = await here.requested(place, await here.service(partner_organisation=partner), who)
    await here.fetch(id_, partner)
    draft = await here.drafted(place, await here.service(), who)
    await here.someone(place, id_=who, status="left")
    for each in (id_, draft):
        shown = await here.shown(place, each)
        assert (shown.state, shown.reason, shown.has_details) == ("cancelled", "person-left", [])
        assert await here.timed(each) == set()
    assert await here.letters(id_) == ["requested", "cancelled", "access-ended"]
    assert await here.heard(id_) == [("ended", "worker", place.marie)]
    assert await here.told(NextStepProposed, referral_id=id_) == []
    await here.get(WithdrawReferralConsent(referral_id=id_), **me(who))


async def test_who_pauses_keeps_their_referral(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    who = await here.someone(place)
    id_ = await here.requested(place, await here.service(partner_organisation=partner), who)
    await here.someone(place, id_=who, status="paused")
    await here.someone(place, id_=who, out_of_matching=True)
    await here.get(AcceptReferral(referral_id=id_), sender=partner)


@pytest.mark.parametrize("known", [True, False], ids=["told-before", "tombstone-first"])
async def test_of_who_is_erased_nothing_is_left_and_the_service_is_still_told(here: Referring, known: bool) -> None:
    place, partner = await here.place(), await here.partner()
    who = await here.someone(place)
    by_events = await here.requested(place, await here.service(partner_organisation=partner), who)
    await here.fetch(by_events, partner)
    by_mail = await here.requested(place, await here.service(email="info@zorgpunt.example"), who)
    done = await here.requested(place, await here.service(partner_organisation=partner), who)
    await here.get(AcceptReferral(referral_id=done), sender=partner)
    await here.fetch(done, partner)
    await here.get(CompleteReferral(referral_id=done, outcome="helped"), sender=partner)
    if not known:
        await here.tell(
            ParticipantKept(participant_id=who, version=9, removed=True, neighbourhood_id=None, status="left")
        )
    await here.tell(
        ParticipantErased(
            erasure_id=new_id(), participant_id=who, merged_ids=[], neighbourhood_id=place.neighbourhood_id
        )
    )
    assert await _left(here, who) == []
    assert await here.rows("SELECT FROM referral WHERE referral_id = ANY($1)", [by_events, by_mail, done]) == []
    assert await here.rows("SELECT FROM reading WHERE referral_id = ANY($1)", [by_events, by_mail, done]) == []
    assert (await here.letters(by_events))[-2:] == ["cancelled", "access-ended"]
    assert (await here.letters(done))[-1] == "access-ended"
    assert (await here.mails(by_mail))[-1] == "cancelled"
    found = await here.get(ShowServiceContact(referral_id=by_mail), actor="operator")
    assert found.email == "info@zorgpunt.example"
    assert await here.timed(by_events) | await here.timed(by_mail) | await here.timed(done) == set()
    for each in (by_events, done):
        assert await here.refused(FetchDetails(referral_id=each), sender=partner) == ("unknown_id", "referral_id")


async def test_who_recorded_a_consent_for_another_and_is_erased_is_named_no_more(here: Referring) -> None:
    place = await here.place()
    holder = await here.someone(place)
    who = await here.someone(place, mandate_holder_ids=[holder])
    id_ = await here.drafted(place, await here.service(), who)
    await here.get(GiveReferralConsent(referral_id=id_, fields=FIELDS, how="online"), **me(holder))
    await here.tell(
        ParticipantErased(
            erasure_id=new_id(), participant_id=holder, merged_ids=[], neighbourhood_id=place.neighbourhood_id
        )
    )
    assert await _left(here, holder) == []
    consent = (await here.shown(place, id_)).consent
    assert consent is not None
    assert consent.recorded_by == "participant"


async def test_referrals_of_an_entry_that_was_a_double_are_of_the_survivor(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    double, who = await here.someone(place), await here.someone(place)
    id_ = await here.requested(place, await here.service(partner_organisation=partner), double)
    await here.tell(
        ParticipantMerged(participant_id=double, survivor_id=who, neighbourhood_id=place.neighbourhood_id, version=2)
    )
    assert (await here.shown(place, id_)).participant_id == who
    assert (await here.get(ShowReferral(referral_id=id_), **me(who))).state == "requested"
    await here.get(WithdrawReferralConsent(referral_id=id_), **me(who))
    assert await here.letters(id_) == ["requested", "cancelled"]


async def test_a_double_that_is_merged_into_who_left_leaves_with_them(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    double, who = await here.someone(place), await here.someone(place, status="left")
    id_ = await here.requested(place, await here.service(partner_organisation=partner), double)
    await here.tell(
        ParticipantMerged(participant_id=double, survivor_id=who, neighbourhood_id=place.neighbourhood_id, version=2)
    )
    assert (await here.shown(place, id_)).state == "cancelled"


async def test_referrals_stand_in_the_copy_with_consents_steps_and_details(here: Referring) -> None:
    place = await here.place()
    who, other = await here.someone(place), await here.someone(place)
    id_ = await here.requested(place, await here.service(), who)
    await here.requested(place, await here.service(), other)
    pages = [await here.get(CopyOfPerson(participant_id=who, page=page), **me(who)) for page in range(1, 6)]
    items = {each.kind: each.data for page in pages for each in page.items if each.kind.startswith("referral")}
    assert set(items) >= {"referral", "referral_step", "referral_consent", "referral_details"}
    assert items["referral"]["referral_id"] == str(id_)
    assert "poetsen" in str(items["referral_details"])
    assert all(str(other) not in page.model_dump_json() for page in pages)


async def test_referrals_are_kept_as_long_as_the_policy_says_and_what_is_open_stays(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    done, going = await here.accepted(place, partner), await here.accepted(place, partner)
    draft = await here.drafted(place, await here.service())
    await here.get(CompleteReferral(referral_id=done, outcome="helped"), sender=partner)
    days = load().retention.referrals
    here.move(timedelta(days=days - 1))
    await here.get(RunRetention(), actor="operator")
    assert await _there(here, done, going, draft) == {done, going, draft}
    here.move(timedelta(days=2))
    await here.get(RunRetention(), actor="operator")
    assert await _there(here, done, going, draft) == {going}


async def _there(here: Referring, *ids: object) -> set[object]:
    return {row[0] for row in await here.rows("SELECT referral_id FROM referral WHERE referral_id = ANY($1)", ids)}


async def _left(here: Referring, who: UUID) -> list[str]:
    """Where they are still named, but for the word that they are erased."""
    found = await here.left_of(who)
    rows = [f"{table}: {row}" for table, each in found.items() for row in each]
    return [row for row in rows if "signals.erasure.confirmed.v1" not in row]
