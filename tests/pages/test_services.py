"""A service without an event connection answers a referral from the link in a mail; and the person it is about."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Browser

from shared import clock
from shared.contracts.profiles import Reach
from shared.contracts.signals import (
    DraftReferral,
    GiveReferralConsent,
    ListReadings,
    Referral,
    RequestReferral,
    ShowReferral,
    WriteDetails,
)
from tests import browser as browsers
from tests.conftest import MakeStack
from tests.pages.office import Office, opened


@pytest.fixture(scope="module")
async def office(module_stack: MakeStack) -> AsyncIterator[Office]:
    async with opened(module_stack) as made:
        yield made


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with browsers.browser() as found:
        yield found


async def _referred(office: Office) -> tuple[str, Referral]:
    """A referral that was put before its service, and the link that its contact gets."""
    who = await office.someone("Godelieve Van Hecke")
    made = await office.tell(DraftReferral(participant_id=who, service_id="budget", kind="money"))
    id_ = made.referral_id
    await office.tell(
        WriteDetails(
            referral_id=id_, name="Godelieve Van Hecke", reach=Reach(by="phone", phone="0470 12 34 56"),
            question="Orde in de papieren.",
        )
    )  # fmt: skip
    await office.tell(GiveReferralConsent(referral_id=id_, fields=["name", "reach", "question"], how="spoken"))
    await office.tell(RequestReferral(referral_id=id_))
    return await office.link("service", contact=id_, matter=id_), await _how(office, id_)


async def _how(office: Office, referral_id: object) -> Referral:
    return await office.tell(ShowReferral(referral_id=referral_id))  # type: ignore[arg-type, no-any-return]


async def test_opening_the_link_tells_nothing_of_the_person_and_records_nothing(office: Office) -> None:
    path, referral = await _referred(office)
    shown = await office.visitor().see(path)
    assert shown.status == 200, shown.text
    assert "Godelieve" not in shown.text
    assert "papieren" not in shown.text
    after = await _how(office, referral.referral_id)
    assert after.seen_at is None
    assert after.version == referral.version


async def test_that_it_was_seen_is_a_step_of_their_own(office: Office) -> None:
    path, referral = await _referred(office)
    visitor = office.visitor()
    await visitor.send((await visitor.see(path)).form("see"))
    assert (await _how(office, referral.referral_id)).seen_at is not None


async def test_details_are_seen_after_confirming_and_the_person_can_see_by_whom(office: Office) -> None:
    path, referral = await _referred(office)
    visitor = office.visitor()
    form = (await visitor.see(path)).form("details")
    unsure = await visitor.send(form)
    assert unsure.status == 422
    assert "Godelieve" not in unsure.text
    details = await visitor.send(form, sure="sure")
    for words in ("Godelieve Van Hecke", "0470 12 34 56", "Orde in de papieren."):
        assert words in details.text
    readings = await office.tell(ListReadings(participant_id=referral.participant_id))
    assert [each.by for each in readings.readings] == [f"contact:{referral.referral_id}"]


async def test_a_service_accepts_begins_and_says_how_it_ended(office: Office) -> None:
    path, referral = await _referred(office)
    visitor = office.visitor()
    for step, more, state in (
        ("accept", {}, "accepted"),
        ("start", {}, "in-progress"),
        ("hold", {"hold-reason": "waits-for-person"}, "on-hold"),
        ("start", {}, "in-progress"),
        ("complete", {"complete-outcome": "helped"}, "completed"),
    ):  # fmt: skip
        shown = await visitor.send((await visitor.see(path)).form(step), **more)
        assert shown.status == 200, shown.text
        assert (await _how(office, referral.referral_id)).state == state
    assert (await _how(office, referral.referral_id)).outcome == "helped"
    assert not [form for form in (await visitor.see(path)).forms if form["fields"].get("do")]


async def test_a_service_says_why_it_cannot(office: Office) -> None:
    """A choice from a short list; without one it is asked for, at its field."""
    path, referral = await _referred(office)
    visitor = office.visitor()
    form = (await visitor.see(path)).form("reject")
    without = await visitor.send(form)
    assert without.status == 422
    assert "Kies er één" in without.text
    await visitor.send(form, **{"reject-reason": "no-capacity"})
    found = await _how(office, referral.referral_id)
    assert (found.state, found.reason, found.outcome) == ("rejected", "no-capacity", "no-capacity")


async def test_a_link_is_for_one_referral_alone(office: Office) -> None:
    _, one = await _referred(office)
    _, other = await _referred(office)
    crossed = await office.link("service", contact=one.referral_id, matter=other.referral_id)
    assert (await office.visitor().see(crossed)).status == 404


async def test_the_person_withdraws_and_at_that_moment_access_ends(office: Office) -> None:
    path, referral = await _referred(office)
    service = office.visitor()
    before = (await service.see(path)).form("details")
    theirs = await office.link("referral", participant=referral.participant_id, matter=referral.referral_id)
    person = office.visitor()
    shown = await person.see(theirs)
    assert "Orde in de papieren" not in shown.text
    withdrawn = await person.send(shown.forms[0])
    assert "ingetrokken" in withdrawn.text
    assert (await _how(office, referral.referral_id)).state == "cancelled"
    after = await service.send(before, sure="sure")
    assert "Godelieve" not in after.text
    assert after.status in (404, 422)


async def test_what_is_read_of_them_stands_on_their_own_page(office: Office) -> None:
    path, referral = await _referred(office)
    visitor = office.visitor()
    await visitor.send((await visitor.see(path)).form("details"), sure="sure")
    person = office.visitor()
    door = await person.see(await office.link("page", participant=referral.participant_id))
    await person.send(door.forms[0])
    shown = await person.see("/mine/held")
    assert "gegevens van uw doorverwijzing" in shown.text
    assert referral.service_name in (await person.see("/mine/consents")).text


async def test_the_pages_of_a_service_are_clear_light_and_fit(office: Office, chromium: Browser) -> None:
    path, referral = await _referred(office)
    theirs = await office.link("referral", participant=referral.participant_id, matter=referral.referral_id)
    wrong: list[str] = []
    for language in ("nl", "fr"):
        context = await browsers.window(chromium, "phone", language)
        page = await context.new_page()
        for name, where in (("service", path), ("service-details", path), ("referral", theirs)):
            status, weight = await browsers.weight(page, f"{office.whole.pages_url}{where}?lang={language}")
            assert status == 200
            assert weight < 100_000
            if name == "service-details":
                await page.check("[name=sure]")
                await page.click("form:has([name=sure]) button")
            for size, pixels in browsers.SIZES.items():
                await page.set_viewport_size(pixels)  # type: ignore[arg-type]
                wrong += [f"{name} {size}: {each}" for each in await browsers.flaws(page)]
                await browsers.keep(page, f"{name}-{language}-{size}")
        await context.close()
    assert not wrong, "\n".join(wrong)


async def test_a_consent_that_has_run_out_shows_no_details(office: Office) -> None:
    path, referral = await _referred(office)
    visitor = office.visitor()
    form = (await visitor.see(path)).form("details")
    assert referral.consent is not None
    office.whole.move(referral.consent.until - clock.now() + timedelta(minutes=5))
    assert "Godelieve" not in (await visitor.send(form, sure="sure")).text
