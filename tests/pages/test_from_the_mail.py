"""From the mail alone, on a phone: asked, yes, who it is, yes, and how to reach each other. Nobody reads a manual."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from playwright.async_api import Browser, Page

from shared import clock
from shared.contracts.exchange import ListExchanges
from tests import browser as browsers
from tests.pages.street import Street


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with browsers.browser() as found:
        yield found


async def _open(street: Street, page: Page, address: str, wanted: str) -> None:
    """The page behind the first link of the mail that has these words in it."""
    mail = await street.whole.catcher.arrives(address, wanted, within=60)
    found = re.search(r"https?://[^\s/]+(/l/[\w-]{43}[^\s>)]*)", mail.text)
    assert found, mail.text
    await page.goto(street.whole.pages_url + found[1])


async def test_an_invitation_becomes_an_agreement_from_two_mails(street: Street, chromium: Browser) -> None:
    asks = await street.someone("Martine De Smet", reach=_by("martine"))
    asked = await street.someone("Jos Peeters", reach=_by("jos"))
    await street.invites(await street.opens(asks), asked)
    page = await (await browsers.window(chromium)).new_page()
    await _open(street, page, "jos.mail@example.org", "Een kleine vraag")
    await page.get_by_role("button", name="Ja, graag").click()
    assert await page.get_by_text("U zei ja.").is_visible()
    await _open(street, page, "martine.mail@example.org", "Iemand zei ja")
    await _through(street, page, asks)
    assert await page.get_by_role("link", name="jos.mail@example.org").is_visible()
    await browsers.keep(page, "from-the-mail-agreed")
    day = (clock.now() + timedelta(days=20)).date()
    await page.get_by_label("Dag", exact=True).fill(day.isoformat())
    await page.get_by_label("Uur").fill("14:00")
    await page.get_by_role("button", name="Bewaar het moment").click()
    await browsers.keep(page, "from-the-mail-moment")
    async with page.expect_download() as kept:
        await page.get_by_role("link", name="Zet het in uw agenda").click()
    event = Calendar.from_ical((await (await kept.value).path()).read_text()).walk("VEVENT")[0]
    assert event.decoded("DTSTART") == datetime.combine(day, time(14), ZoneInfo("Europe/Brussels"))
    mail = await street.whole.catcher.arrives("jos.mail@example.org", "Het is op een ander moment", within=60)
    (sent,) = [each for each in mail.message.walk() if each.get_content_type() == "text/calendar"]
    assert Calendar.from_ical(sent.get_content()).walk("VEVENT")[0]["UID"] == event["UID"], "one entry, whichever comes"


async def test_an_answer_pressed_in_the_mail_is_one_tap_from_given(street: Street, chromium: Browser) -> None:
    """It stands on top, with what was chosen; opening the page alone gave no answer."""
    asked = await street.someone("Jos Peeters")
    invitation = await street.invites(await street.opens(await street.someone("Martine De Smet")), asked)
    page = await (await browsers.window(chromium)).new_page()
    link = await street.link("invitation", participant=asked, matter=invitation)
    await page.goto(f"{street.whole.pages_url}{link}?choice=not-now")
    await browsers.keep(page, "from-the-mail-chosen")
    assert [each.stage for each in await street.invitations(asked)] == ["asked"]
    confirm = page.locator(".confirm").get_by_role("button", name="Nu niet")
    box = await confirm.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < browsers.PHONE["height"], "it is on the first screen"
    assert not await browsers.flaws(page)
    await confirm.click()
    assert [each.stage for each in await street.invitations(asked)] == ["not-now"]


async def _through(street: Street, page: Page, asks: UUID) -> None:
    """Her first mail may be an earlier one, on how it stands: its page shows what there is to decide as well."""
    for _ in range(100):
        if await page.get_by_role("button", name="Ja, graag").count():
            break
        await page.wait_for_timeout(100)
        await page.reload()
    await page.get_by_role("button", name="Ja, graag").click()
    found = await street.whole.client.get(ListExchanges(participant_id=asks), actor=f"participant:{asks}")
    assert [each.stage for each in found.exchanges] == ["agreed"]


async def test_a_keyboard_is_enough(street: Street, chromium: Browser) -> None:
    """The first stop goes past the head of the page; what is wrong leads to its field."""
    who = await street.someone("Karim Haddad")
    page = await (await browsers.window(chromium)).new_page()
    await page.goto(street.whole.pages_url + await street.link("page", participant=who))
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/mine")
    await page.goto(street.whole.pages_url + "/mine/ask")
    await page.locator("main form button").last.press("Enter")
    await page.get_by_role("alert").get_by_role("link").first.press("Enter")
    assert await page.evaluate("document.activeElement.name") == "words"
    assert await page.locator("[name=words]").get_attribute("aria-invalid") == "true"


@pytest.mark.parametrize("path", ["/mine", "/mine/ask", "/mine/when", "/mine/leave"])
async def test_it_is_as_clear_in_the_dark_and_on_the_smallest_screen(
    street: Street, chromium: Browser, path: str
) -> None:
    who = await street.someone("نور الحسن", wishes=[{"words": "nog eens naar zee"}])
    context = await browsers.window(chromium, color_scheme="dark")
    page = await context.new_page()
    await page.goto(street.whole.pages_url + await street.link("page", participant=who, detail=path))
    await page.locator("main form button").click()
    await page.goto(street.whole.pages_url + path)
    assert not await browsers.flaws(page)
    await browsers.keep(page, f"dark{path.replace('/', '-')}")
    await page.set_viewport_size({"width": 320, "height": 568})
    assert not await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    await context.close()


def _by(name: str) -> dict[str, str]:
    return {"by": "email", "email": f"{name}.mail@example.org"}
