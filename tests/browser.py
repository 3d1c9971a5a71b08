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
