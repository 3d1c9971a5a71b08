"""From the mail alone, on a phone: asked, yes, who it is, yes, and how to reach each other. Nobody reads a manual."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page

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
    await _open(street, page, "jos.mail@example.org", "")
    await page.get_by_role("button", name="Ja, graag").click()
    assert await page.get_by_text("U zei ja.").is_visible()
    await _open(street, page, "martine.mail@example.org", "")
    await _through(street, page, asks)
    assert await page.get_by_role("link", name="jos.mail@example.org").is_visible()
    await browsers.keep(page, "from-the-mail-agreed")


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
