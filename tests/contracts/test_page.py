"""The page of contracts: it says what the contracts say, needs nothing but itself, and can be searched."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright

from shared.contracts import load, page
from shared.contracts.describe import describe

TEXT = page.text()


def test_the_committed_page_is_that_of_the_contracts() -> None:
    assert page.PAGE.read_text("utf-8") == TEXT, "run `make generate` and commit the result"


def test_every_contract_stands_on_it_with_all_its_fields() -> None:
    for type_, contract in load().items():
        card = TEXT.split(f'id="{type_}"')[1].split("</details>")[0]
        for field in describe(contract).fields:
            assert f"<code>{field.path.replace('<', '&lt;').replace('>', '&gt;')}</code>" in card


def test_it_asks_for_nothing_outside_itself() -> None:
    assert not re.findall(r"""(?:src|href|url|@import)\s*[=(]?\s*["']?(?:https?:)?//""", TEXT)
    assert '<link rel="stylesheet"' not in TEXT
    assert "fetch(" not in TEXT


@pytest.fixture
async def browser_page(request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    """The page in a real browser, on a screen of the size that is asked for."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("Chromium is not there: docs/events.html was not opened in a browser (CI does)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = await browser.new_page(viewport=request.param)
        opened.on("pageerror", lambda error: pytest.fail(str(error)))
        yield opened
        await browser.close()


PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.mark.parametrize("browser_page", [PHONE, DESK], ids=["phone", "desk"], indirect=True)
async def test_it_can_be_searched_and_fits_the_screen(browser_page: Page) -> None:
    await browser_page.goto(page.PAGE.as_uri())
    for_partners = sum(describe(each).for_partners for each in load().values())
    assert await browser_page.locator(".contract:visible").count() == for_partners
    await browser_page.fill("#q", "bring someone into the network")
    assert await browser_page.locator(".contract:visible h4").all_inner_texts() == ["RegisterParticipant"]
    await browser_page.fill("#q", "no such words anywhere")
    assert await browser_page.locator("#none").is_visible()
    assert await browser_page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("browser_page", [DESK], ids=["desk"], indirect=True)
async def test_a_link_to_a_contract_opens_it_also_when_partners_never_meet_it(browser_page: Page) -> None:
    await browser_page.goto(f"{page.PAGE.as_uri()}#profiles.participant.kept.v1")
    assert await browser_page.locator("[id='profiles.participant.kept.v1'] pre").first.is_visible()
