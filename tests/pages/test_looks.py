"""Each page in a real browser: what it looks like is kept, axe-core finds nothing, it is light, and it fits."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext

from tests import browser as browsers
from tests.pages.gallery import Gallery, gallery
from tests.pages.street import Street

LIGHT = 100_000
SIGHTS = (
    "invitation", "invitation-answered", "proposal", "agreed", "done", "circle-asked", "gathering", "gathering-host",
    "page", "home", "ask", "ask-mistakes", "offer", "draft", "me", "likes", "when", "reach", "mail", "pause", "leave",
    "circle", "consents", "held", "plan", "gatherings", "act-for", "expired", "unknown", "new-link", "sent", "front",
    "desk-door", "unsubscribe", "session-over", "not-found", "close",
)  # fmt: skip
STOPS = {"expired": 410, "unknown": 404, "session-over": 401, "not-found": 404}
PARTS = [SIGHTS[n : n + 10] for n in range(0, len(SIGHTS), 10)]


@pytest.fixture(scope="module")
async def seen(street: Street) -> Gallery:
    return await gallery(street)


@pytest.fixture(scope="module")
async def opened() -> AsyncIterator[Browser]:
    async with browsers.browser() as found:
        yield found


@pytest.mark.parametrize("part", PARTS, ids=[each[0] for each in PARTS])
@pytest.mark.parametrize("language", ["nl", "fr"])
async def test_every_page_is_clear_light_and_fits(
    seen: Gallery, opened: Browser, language: str, part: tuple[str, ...]
) -> None:
    """On a phone and at a desk: what axe-core finds, the width, the weight; and that the smallest phone holds it."""
    outside, inside = [await browsers.window(opened, "phone", language) for _ in range(2)]
    await inside.add_cookies([{"name": "weefsel", "value": seen.cookie, "url": seen.base}])
    wrong = [
        f"{name}: {each}"
        for name in part
        for each in await _look(seen, inside if name in seen.inside else outside, name, language)
    ]
    await outside.close()
    await inside.close()
    assert not wrong, "\n".join(wrong)


async def _look(seen: Gallery, context: BrowserContext, name: str, language: str) -> list[str]:
    page = await context.new_page()
    status, weight = await browsers.weight(page, seen.address(name, language))
    assert status == STOPS.get(name, 200), name
    if name in seen.steps:
        await seen.steps[name](page)
    found = [] if weight <= LIGHT else [f"it weighs {weight} bytes"]
    for size, pixels in browsers.SIZES.items():
        await page.set_viewport_size(pixels)  # type: ignore[arg-type]
        found += [f"{size}: {each}" for each in await browsers.flaws(page)]
        await browsers.keep(page, f"{name}-{language}-{size}")
    found += await browsers.misfits(page)
    await page.close()
    return found
