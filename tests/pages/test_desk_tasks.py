"""Three tasks, tried as a new user would: on a phone, from nothing but the mail, by the words on the page."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from shared.contracts.signals import (
    DraftReferral,
    GiveReferralConsent,
    ListReferrals,
    ListSignals,
    RequestReferral,
    ShowReferral,
    WriteDetails,
)
from tests import browser as browsers
from tests.conftest import MakeStack
from tests.pages.office import CLEANING, Office, opened


@pytest.fixture(scope="module")
async def office(module_stack: MakeStack) -> AsyncIterator[Office]:
    async with opened(module_stack) as made:
        yield made


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with browsers.browser() as found:
        yield found


async def from_the_mail(office: Office, chromium: Browser) -> tuple[BrowserContext, Page]:
    """A phone, on which somebody pressed the link in the mail that came."""
    mail = await office.whole.catcher.arrives("marie@buurtpunt.example", within=60)
    link = re.search(r"https?://\S+/l/[\w-]+", mail.text)
    assert link, mail.text
    context = await browsers.window(chromium, "phone", "nl")
    page = await context.new_page()
    path = re.sub(r"^https?://[^/]+", "", link.group())
    await page.goto(office.whole.pages_url + await fresh(office, path))
    await page.locator("main").get_by_role("button").first.click()
    return context, page


async def fresh(office: Office, path: str) -> str:
    """The link of the mail; a link of the same kind where an earlier test has used it: it works once."""
    asked = await office.visitor().see(path)
    return (
        path
        if asked.forms and "email" not in asked.forms[0]["fields"]
        else await office.link("desk", worker=office.worker_id)
    )


async def press(page: Page, words: str) -> None:
    """Whatever is called so, and can be pressed."""
    named = re.compile(f"^{re.escape(words)}")
    await page.get_by_role("link", name=named).or_(page.get_by_role("button", name=named)).first.click()


async def test_raise_a_signal(office: Office, chromium: Browser) -> None:
    context, page = await from_the_mail(office, chromium)
    await press(page, "Vandaag")
    await press(page, "Een signaal melden")
    await page.get_by_label("Naam, of een deel ervan").fill("fatima")
    await press(page, "Zoeken")
    await press(page, "Fatima El Amrani")
    await page.get_by_label("Waarover gaat het?").select_option(label="Eenzaamheid")
    await page.get_by_label("Deze week").check()
    await page.get_by_label("De persoon zei het me").check()
    await press(page, "Het signaal melden")
    await expect(page.get_by_role("status")).to_contain_text("Het signaal is gemeld")
    assert not await browsers.flaws(page)
    await browsers.keep(page, "task-signal-raised")
    found = (await office.tell(ListSignals(participant_id=office.people["fatima"]))).signals
    assert [(each.kind, each.urgency) for each in found] == [("loneliness", "this-week")]
    await context.close()


async def test_refer(office: Office, chromium: Browser) -> None:
    context, page = await from_the_mail(office, chromium)
    await press(page, "Verwijzen")
    await press(page, "Doorverwijzen naar een dienst")
    await page.get_by_label("Naam, of een deel ervan").fill("martine")
    await press(page, "Zoeken")
    await press(page, "Martine De Smet")
    await page.get_by_label("Wat zoekt u?").fill("poetsen")
    await press(page, "Zoeken")
    await press(page, "Poetshulp aan huis")
    await page.get_by_label("Waarover gaat het?").select_option(label="Huishouden")
    await press(page, "De doorverwijzing voorbereiden")
    await page.get_by_label("De vraag, in de woorden van de persoon").fill("Hulp bij het poetsen.")
    await press(page, "De gegevens bewaren")
    await page.get_by_label("In een gesprek").check()
    await press(page, "De toestemming noteren")
    await press(page, "Het nu aan de dienst vragen")
    await expect(page.get_by_role("status")).to_contain_text("De dienst kreeg de vraag")
    assert not await browsers.flaws(page)
    await browsers.keep(page, "task-referred")
    found = (await office.tell(ListReferrals(participant_id=office.people["martine"]))).referrals
    assert [(each.service_id, each.state) for each in found] == [("poetshulp", "requested")]
    await context.close()


async def test_answer_a_referral(office: Office, chromium: Browser) -> None:
    """As the contact of a service: from its mail to whom it is about, to an answer that the worker hears."""
    who = await office.someone("Rosa Verlinden")
    made = await office.tell(DraftReferral(participant_id=who, service_id=CLEANING, kind="household"))
    id_ = made.referral_id
    await office.tell(WriteDetails(referral_id=id_, name="Rosa Verlinden", question="Hulp bij de ramen."))
    await office.tell(GiveReferralConsent(referral_id=id_, fields=["name", "question"], how="spoken"))
    await office.tell(RequestReferral(referral_id=id_))
    context = await browsers.window(chromium, "phone", "nl")
    page = await context.new_page()
    await page.goto(office.whole.pages_url + await office.link_in_mail("poetsen@steunpunt.example", str(id_)))
    await page.get_by_label("kijk alleen voor deze doorverwijzing").check()
    await press(page, "Toon de gegevens")
    await expect(page.get_by_text("Hulp bij de ramen.")).to_be_visible()
    assert not await browsers.flaws(page)
    await browsers.keep(page, "task-details-seen")
    await press(page, "We nemen het op")
    await expect(page.get_by_role("status")).to_contain_text("Het is genoteerd")
    await browsers.keep(page, "task-referral-answered")
    assert (await office.tell(ShowReferral(referral_id=id_))).state == "accepted"
    mail = await office.whole.catcher.arrives("marie@buurtpunt.example", "Een dienst heeft geantwoord", within=60)
    assert "Hulp bij de ramen" not in mail.text, "what it is about stands in no mail"
    await context.close()
