"""A referral and the signals around it: what came of one, and what is left open when a service could not help."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from shared.contracts.signals import (
    AcceptReferral,
    CloseSignal,
    CompleteReferral,
    RaiseSignal,
    RejectReferral,
    TakeSignal,
    WithdrawReferralConsent,
    WorkerTold,
)
from tests.conftest import MakeStack
from tests.signals.neighbourhood import by, me
from tests.signals.raising import about, show
from tests.signals.referring import Referring, referring

NO = {"reason": "no-capacity", "outcome": "no-capacity"}


@pytest.fixture(scope="module")
async def here(module_stack: MakeStack) -> AsyncIterator[Referring]:
    async with referring(module_stack) as made:
        yield made


async def test_a_signal_shows_the_referral_that_came_of_it_and_goes_on_with_its_worker(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    who = await here.someone(place)
    signal = await here.get(RaiseSignal(participant_id=who, kind="household"), **by(place.marie))
    await here.get(TakeSignal(signal_id=signal.signal_id), **by(place.marie))
    service_id = await here.service(partner_organisation=partner)
    id_ = await here.requested(place, service_id, who, signal_id=signal.signal_id)
    assert (await show(here, signal.signal_id)).referral_id == id_
    await here.get(RejectReferral.model_validate({"referral_id": id_, **NO}), sender=partner)
    assert [each.cause for each in await about(here, who)] == ["noticed"], "it is with its worker already"


async def test_a_referral_that_did_not_help_leaves_a_signal_that_climbs(here: Referring) -> None:
    """Its worker heard of it as the news of the referral; when they do nothing, the next is told."""
    place, partner = await here.place(), await here.partner()
    who = await here.someone(place)
    id_ = await here.requested(place, await here.service(partner_organisation=partner), who)
    await here.get(RejectReferral.model_validate({"referral_id": id_, **NO}), sender=partner)
    assert await here.heard(id_) == [("ended", "worker", place.marie)]
    (left,) = await about(here, who)
    assert (left.cause, left.kind, left.referral_id, left.told_id) == ("referral-ended", "household", id_, place.marie)
    assert not await here.told(WorkerTold, signal_id=left.signal_id), "nobody is told twice of one thing"
    here.move(timedelta(days=7))
    await here.fire()
    (climbed,) = await here.told(WorkerTold, signal_id=left.signal_id, step="backup")
    assert climbed.worker_id == place.karim


@pytest.mark.parametrize("how", ["it helped", "the person chose otherwise", "the person withdrew"])
async def test_what_came_out_well_or_was_the_persons_choice_leaves_nothing(here: Referring, how: str) -> None:
    place, partner = await here.place(), await here.partner()
    who = await here.someone(place)
    service_id = await here.service(partner_organisation=partner)
    id_ = await here.requested(place, service_id, who)
    if how == "the person withdrew":
        await here.get(WithdrawReferralConsent(referral_id=id_), **me(who))
    elif how == "the person chose otherwise":
        reject = RejectReferral(referral_id=id_, reason="declined-by-person", outcome="declined-by-person")
        await here.get(reject, sender=partner)
    else:
        await here.get(AcceptReferral(referral_id=id_), sender=partner)
        await here.get(CompleteReferral(referral_id=id_, outcome="helped"), sender=partner)
    assert not await about(here, who)


async def test_a_consent_that_ran_out_stays_open_until_it_is_renewed_or_stopped(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    who = await here.someone(place)
    id_ = await here.requested(place, await here.service(partner_organisation=partner), who, days=3)
    await here.get(AcceptReferral(referral_id=id_), sender=partner)
    await here.pass_(4)
    (left,) = await about(here, who)
    assert (left.cause, left.stage, left.told_id) == ("consent-ran-out", "open", place.marie)
    await here.consent(place, id_)
    (renewed,) = await about(here, who)
    assert (renewed.stage, renewed.outcome) == ("closed", "nothing-to-do")


async def test_what_a_worker_has_taken_of_it_is_up_to_them(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    who = await here.someone(place)
    id_ = await here.requested(place, await here.service(partner_organisation=partner), who, days=3)
    await here.get(AcceptReferral(referral_id=id_), sender=partner)
    await here.pass_(4)
    (left,) = await about(here, who)
    await here.get(TakeSignal(signal_id=left.signal_id), **by(place.karim))
    await here.consent(place, id_)
    assert (await show(here, left.signal_id)).stage == "taken"
    await here.get(CloseSignal(signal_id=left.signal_id, outcome="referral"), **by(place.karim))
