"""The desk in a real browser: kept as pictures, clear for axe-core, light, and as wide as the window."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from tests import browser as browsers
from tests.conftest import MakeStack
from tests.pages.office import CLEANING, Office, opened

LIGHT = 100_000
PLACES = {
    "today": "/desk",
    "more": "/desk/more",
    "signals": "/desk/signals",
    "signal": "/desk/signals/{signal}",
    "raise": "/desk/signals/raise?participant={martine}",
    "close-signal": "/desk/signals/{signal}/close",
    "offer-signal": "/desk/signals/{signal}/offer",
    "change-signal": "/desk/signals/{signal}/change",
    "join-signal": "/desk/signals/{signal}/join",
    "referrals": "/desk/referrals",
    "referral": "/desk/referrals/{asked}",
    "referral-draft": "/desk/referrals/{draft}",
    "details": "/desk/referrals/{draft}/details",
    "consent": "/desk/referrals/{asked}/consent",
    "cancel-referral": "/desk/referrals/{asked}/cancel",
    "keep-open": "/desk/referrals/{asked}/keep-open",
    "directory": "/desk/directory",
    "refer": "/desk/refer/{martine}",
    "service": f"/desk/refer/{{martine}}/{CLEANING}",
    "people": "/desk/people",
    "person": "/desk/people/{martine}",
    "doubles": "/desk/people/doubles",
    "double": "/desk/people/doubles/{martine}/{jos}",
    "double-sure": "/desk/people/doubles/{martine}/{jos}?keep={jos}",
    "newcomers": "/desk/newcomers",
    "attention": "/desk/attention",
    "readings": "/desk/people/{martine}/readings",
    "choose": "/desk/visit",
    "visit": "/desk/people/{jos}/visit",
    "enjoys": "/desk/people/{martine}/enjoys",
    "register": "/desk/register",
    "change-person": "/desk/people/{martine}/change",
    "introduce": "/desk/people/{jos}/introduce?participant={martine}",
    "mandate-for": "/desk/people/{jos}/mandate?participant={martine}",
    "pause-person": "/desk/people/{jos}/pause",
    "leave-person": "/desk/people/{jos}/leave",
    "out-of-matching": "/desk/people/{jos}/out-of-matching",
    "answers": "/desk/people/{jos}/answer",
    "answer": "/desk/invitations/{invitation}/answer",
    "exchanges": "/desk/exchanges",
    "exchange": "/desk/exchanges/{ask}",
    "care": "/desk/exchanges/{care}",
    "open-for": "/desk/exchanges/open?participant={martine}",
    "open-draft": "/desk/exchanges/{half}/open",
    "candidates": "/desk/exchanges/{ask}/candidates",
    "deviate": "/desk/exchanges/{care}/deviate",
    "desk-gatherings": "/desk/gatherings",
    "desk-gathering": "/desk/gatherings/{gathering}",
    "plan-gathering": "/desk/gatherings/plan",
    "attendance": "/desk/gatherings/{gathering}/attendance",
    "tasks": "/desk/tasks",
    "telling": "/desk/people/{godelieve}/tasks",
    "letters": "/desk/people/{godelieve}/letters",
    "own-things": "/desk/me",
    "hours": "/desk/me/hours",
    "away": "/desk/me/away",
    "own-mail": "/desk/me/mail",
}
NAMES = tuple(PLACES)
PARTS = [NAMES[n : n + 5] for n in range(0, len(NAMES), 5)]


@pytest.fixture(scope="module")
async def office(module_stack: MakeStack) -> AsyncIterator[Office]:
    async with opened(module_stack) as made:
        yield made


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with browsers.browser() as found:
        yield found


async def inside(office: Office, chromium: Browser, size: str, language: str) -> tuple[BrowserContext, Page]:
    """A window with the desk open, from the link in a mail."""
    context = await browsers.window(chromium, size, language)
    page = await context.new_page()
    await page.goto(f"{office.whole.pages_url}{await office.link('desk', worker=office.worker_id)}?lang={language}")
    await page.locator("main button").first.click()
    await page.wait_for_url("**/desk")
    return context, page


@pytest.mark.parametrize("part", PARTS, ids=[each[0] for each in PARTS])
@pytest.mark.parametrize("language", ["nl", "fr"])
async def test_every_page_of_the_desk_is_clear_light_and_fits(
    office: Office, chromium: Browser, language: str, part: tuple[str, ...]
) -> None:
    ids = {name: str(id_) for name, id_ in (office.people | office.things).items()}
    context, page = await inside(office, chromium, "phone", language)
    wrong = []
    for name in part:
        status, weight = await browsers.weight(page, office.whole.pages_url + PLACES[name].format(**ids))
        assert (status, await page.locator("h1").count()) == (200, 1), name
        wrong += [f"{name}: it weighs {weight} bytes"] if weight > LIGHT else []
        for size, pixels in browsers.SIZES.items():
            await page.set_viewport_size(pixels)  # type: ignore[arg-type]
            wrong += [f"{name}: {size}: {each}" for each in await browsers.flaws(page)]
            await browsers.keep(page, f"desk-{name}-{language}-{size}")
        wrong += [f"{name}: {each}" for each in await browsers.misfits(page)]
    await context.close()
    assert not wrong, "\n".join(wrong)
