"""A real browser for tests of pages: where one is found, how it is opened, and what is kept of what it showed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, Playwright, Response, async_playwright
from playwright.async_api import Error as PlaywrightError

from tests.architecture.sources import ROOT

SHOTS = ROOT / ".screenshots"
"""What each page looked like the last time that the tests ran."""
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
SIZES = {"phone": PHONE, "desk": DESK}
SMALL, TWICE = {"width": 320, "height": 640}, {"width": 195, "height": 640}
"""The smallest phone that one still meets; and a phone of 390 px at 200 %."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_without: list[str] = []


@cache
def path() -> str | None:
    """The browser: CHROMIUM, else of the PATH, else from apt where we are root; None: Playwright's own, if any."""
    if given := os.environ.get("CHROMIUM"):
        return given
    for name in NAMES:
        if found := shutil.which(name):
            return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in ("update -qq", "install -y -qq --no-install-recommends chromium"):
            subprocess.run(
                ["apt-get", *command.split()], env=environment, capture_output=True, timeout=600, check=False
            )
        return shutil.which("chromium")
    return None


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """The browser, opened. Where none can be found the tests say so; in CI they fail."""
    async with async_playwright() as playwright:
        opened = await _open(playwright)
        try:
            yield opened
        finally:
            await opened.close()


async def _open(playwright: Playwright) -> Browser:
    try:
        return await playwright.chromium.launch(executable_path=path(), args=["--no-sandbox"])
    except PlaywrightError as error:
        reason = f"no browser: set CHROMIUM, or install chromium ({str(error).splitlines()[0]})"
        if os.environ.get("CI"):
            raise AssertionError(reason) from None
        _without.append(os.environ.get("PYTEST_CURRENT_TEST", "tests of pages").split(" ")[0])
        pytest.skip(reason)


def without() -> list[str]:
    """The tests that did not run for want of a browser."""
    return list(_without)


async def window(opened: Browser, size: str = "phone", language: str = "nl", **more: Any) -> BrowserContext:
    """A new window, with cookies of its own and without scripts from pages: ours have none."""
    return await opened.new_context(viewport=SIZES[size], locale=language, reduced_motion="reduce", **more)  # type: ignore[arg-type]


async def keep(page: Page, name: str) -> Path:
    """A picture of the whole page."""
    SHOTS.mkdir(exist_ok=True)
    file = SHOTS / f"{name}.png"
    await page.screenshot(path=file, full_page=True)
    return file


async def flaws(page: Page) -> list[str]:
    """What axe-core finds wrong, and what doesn't fit the width."""
    results = await Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    found = [
        f"{each['id']}: {each['help']} ({'; '.join(node['html'][:160] for node in each['nodes'][:3])})"
        for each in results.response["violations"]
    ]
    wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return found + (["it is wider than the window"] if wide else [])


_MISFITS = r"""() => {
  const found = new Set(), range = document.createRange();
  const hidden = ".skip, .visually-hidden, option, textarea, details:not([open]) > :not(summary)";
  const seen = node => {
    const box = node.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && !node.closest(hidden);
  };
  for (const node of document.querySelectorAll("a, button, input, select, h1, h2, h3, p, li, dt, dd, th, td")) {
    const box = node.getBoundingClientRect();
    const spills = node.matches("a, button") && getComputedStyle(node).display != "inline"
      && node.scrollWidth > node.clientWidth + 4;
    if (seen(node) && (spills || box.left < -1 || box.right > innerWidth + 1))
      found.add("sticks out: " + (node.textContent.trim() || node.name).slice(0, 60));
  }
  const texts = document.createTreeWalker(document.querySelector("body"), NodeFilter.SHOW_TEXT);
  for (let node; (node = texts.nextNode()); ) {
    if (!seen(node.parentElement)) continue;
    for (const word of node.data.matchAll(/(?<![\p{L}@.])\p{L}{2,16}(?![\p{L}@]|\.\p{L})/gu)) {
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map(each => Math.round(each.top)));
      if (lines.size > 1) found.add("cut in two: " + word[0]);
    }
  }
  return [...found];
}"""
"""What sticks out of the window, and words that stand on two lines (an address or a very long word may)."""


async def misfits(page: Page) -> list[str]:
    """What sticks out of the window, and words that are cut in two, on the smallest of phones and in this language."""
    await page.set_viewport_size(SMALL)  # type: ignore[arg-type]
    found: list[str] = await page.evaluate(_MISFITS)
    wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    await page.set_viewport_size(TWICE)  # type: ignore[arg-type]
    twice = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return (
        [f"at 320 px: {each}" for each in found]
        + (["at 320 px: it is wider than the window"] if wide else [])
        + (["at 200 %: it is wider than the window"] if twice else [])
    )


async def weight(page: Page, address: str) -> tuple[int, int]:
    """How a page is answered, and the bytes that it takes with its style sheet."""
    came: list[Response] = []

    def note(response: Response) -> None:
        came.append(response)

    page.on("response", note)
    answer = await page.goto(address)
    page.remove_listener("response", note)
    assert answer is not None
    return answer.status, sum([len(await each.body()) for each in came if each.status not in (301, 302, 303)])
