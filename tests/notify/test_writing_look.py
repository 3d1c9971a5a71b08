"""How mails look in a real browser: on a phone, at a desk, light, dark, twice as large; and what axe-core finds."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page

from services.notify.writing.compose import compose
from services.notify.writing.data import KINDS
from services.notify.writing.gallery import write_gallery
from services.notify.writing.look import STATIC, kept, tokens, worked_in
from services.notify.writing.paper import paper
from services.notify.writing.samples import reader, samples
from shared.policy import load
from tests import browser

POLICY = load()
SAMPLES = sorted(samples())
Scheme = Literal["light", "dark"]
PAIRS = [
    ("ink", "sheet"), ("ink", "ground"), ("quiet", "sheet"), ("quiet", "ground"), ("accent", "sheet"),
    ("accent", "ground"), ("on-accent", "accent"), ("ink", "tint"), ("accent", "tint"), ("notice", "sheet"),
    ("notice", "on-notice"),
]  # fmt: skip
BORDERS = [("edge", "sheet"), ("edge", "ground"), ("focus", "sheet"), ("focus", "ground"), ("accent", "sheet")]

LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunter"
THEIR_OWN = ("name", "words", "title", "place", "bring", "host", "thanks", "service", "from_name", "neighbourhood")


@pytest.fixture(scope="module")
async def opened() -> AsyncIterator[Browser]:
    async with browser.browser() as found:
        yield found


@pytest.mark.parametrize("dark", [False, True])
def test_every_pair_of_colours_can_be_read(dark: bool) -> None:
    """WCAG 2.2: 4.5 to 1 for text, 3 to 1 for what is pressed or filled in and for the ring of the focus."""
    colours = tokens(dark=dark)
    for one, other in PAIRS:
        assert contrast(colours[one], colours[other]) >= 4.5, (one, other)
    for one, other in BORDERS:
        assert contrast(colours[one], colours[other]) >= 3, (one, other)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_mail_is_light_and_asks_nothing_from_elsewhere(name: str) -> None:
    """No image, no font, no script, and small enough that no mail program cuts it off (102 kB)."""
    sample = samples()[name]
    html = compose(sample, reader(POLICY, of=sample)).html
    assert len(html.encode()) < 60_000
    assert not re.search(r"<(img|script|link|iframe|video|object|form)|url\(|@import|background=", html)
    assert set(re.findall(r'(?:src|href)="(\w+):', html)) <= {"https", "tel", "mailto"}


def test_each_element_has_its_style_and_what_stays_has_the_dark_colours() -> None:
    styled = worked_in('<a class="button full" href="#">x</a><p class="unknown">y</p>')
    assert f"background-color: {tokens()['accent']}" in styled
    assert '<p class="unknown">y' in styled
    assert "var(--" not in styled + kept()
    assert f"background-color: {tokens(dark=True)['accent']} !important" in kept()
    assert re.search(r"\d*\.?\d+rem", styled + kept()) is None


@pytest.mark.parametrize("part", range(3))
@pytest.mark.parametrize(
    ("language", "size", "scheme", "axe"),
    [
        ("nl", "phone", "light", True), ("fr", "desk", "dark", True), ("nl", "phone", "dark", False),
        ("nl", "desk", "light", False), ("fr", "phone", "light", False),
    ],
)  # fmt: skip
async def test_every_mail_in_a_browser(
    opened: Browser, language: str, size: str, scheme: Scheme, axe: bool, part: int
) -> None:
    """axe-core finds nothing, nothing is wider than the screen, and each button is 44 px high or more."""
    window = await browser.window(opened, size, language, color_scheme=scheme)
    page = await window.new_page()
    for name in SAMPLES[part::3]:
        sample = samples()[name]
        await page.set_content(compose(sample, reader(POLICY, language, of=sample)).html)
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth"), name
        assert await low_buttons(page) == [], name
        if axe and name in KINDS:
            assert await browser.flaws(page) == [], name
        await browser.keep(page, f"mail-{name}-{language}-{size}-{scheme}".replace(" ", "-"))
    await window.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_dark_screen_has_dark_colours(opened: Browser, scheme: Scheme) -> None:
    window = await browser.window(opened, color_scheme=scheme)
    page = await window.new_page()
    await page.set_content(compose(samples()["invited"], reader(POLICY)).html)
    for selector, name in ((".sheet", "sheet"), (".ground", "ground"), (".full", "accent"), (".quote", "tint")):
        found = await page.eval_on_selector(selector, "each => getComputedStyle(each).backgroundColor")
        assert found == rgb(tokens(dark=scheme == "dark")[name])
    await window.close()


async def test_at_twice_the_size_nothing_is_cut_off(opened: Browser) -> None:
    """A phone of 390 px at 200 % has room for 195."""
    window = await browser.window(opened)
    page = await window.new_page()
    await page.set_viewport_size({"width": 195, "height": 800})
    for name, sample in samples().items():
        for language in ("nl", "de"):
            await page.set_content(compose(sample, reader(POLICY, language, of=sample)).html)
            assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth"), (name, language)
    await window.close()


@pytest.mark.parametrize(
    "called", [LONG_WORD, "عبدالرحمنبنعبدالعزيزالسديري" * 3, "Maria " * 800], ids=["word", "rtl", "5 kB"]
)
async def test_whatever_people_and_places_are_called_fits_the_smallest_phone(opened: Browser, called: str) -> None:
    window = await browser.window(opened)
    page = await window.new_page()
    await page.set_viewport_size(browser.SMALL)  # type: ignore[arg-type]
    for name, sample in samples().items():
        reads = _called(reader(POLICY, "fr", of=sample), called)
        await page.set_content(compose(_called(sample, called), reads).html)
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth"), name
    await window.close()


def _called(said: Any, called: str, field: str = "") -> Any:
    """The same, with this in each place where people write what they like."""
    if isinstance(said, str):
        return called if field in THEIR_OWN else said
    if isinstance(said, tuple):
        return tuple(_called(each, called, field) for each in said)
    if not dataclasses.is_dataclass(said) or isinstance(said, type):
        return said
    changed = {each.name: _called(getattr(said, each.name), called, each.name) for each in dataclasses.fields(said)}
    return dataclasses.replace(said, **changed)


async def test_without_a_style_sheet_a_mail_still_reads_from_top_to_bottom(opened: Browser) -> None:
    """Some mail programs drop what stands in the head: then the light colours are there, and nothing is hidden."""
    window = await browser.window(opened, color_scheme="dark")
    page = await window.new_page()
    html = compose(samples()["invited"], reader(POLICY)).html
    await page.set_content(re.sub(r"<style>.*?</style>", "", html, flags=re.S))
    found = await page.eval_on_selector(".sheet", "each => getComputedStyle(each).backgroundColor")
    assert found == rgb(tokens()["sheet"])
    assert await page.locator(".before").is_hidden()
    assert await low_buttons(page) == []
    await window.close()


async def test_a_letter_on_paper_fits_a_page(opened: Browser) -> None:
    window = await browser.window(opened, "desk")
    page = await window.new_page()
    style = "".join((STATIC / name).read_text("utf-8") for name in ("tokens.css", "letter.css"))
    for name in ("invited", "agreed", "how-was-it", "gathering-invited", "welcome"):
        letter = paper(samples()[name], reader(POLICY), ("Weverstraat 12", "9000 Gent"))
        body = f"<style>{style}</style><main><h1 hidden>x</h1>{letter}</main>"
        await page.set_content(
            f'<!doctype html><html lang="nl"><head><title>x</title></head><body>{body}</body></html>'
        )
        await browser.keep(page, f"paper-{name}")
        pdf = await page.pdf(format="A4", margin=dict.fromkeys(("top", "bottom", "left", "right"), "18mm"))  # type: ignore[arg-type]
        assert len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) == 1, name
    await window.close()


async def test_the_gallery_can_be_looked_through(opened: Browser, tmp_path: Any) -> None:
    start = write_gallery(tmp_path)
    window = await browser.window(opened, "desk")
    page = await window.new_page()
    await page.goto(start.as_uri())
    assert await page.locator("main li").count() == len(SAMPLES)
    await page.get_by_role("link", name="invited", exact=True).click()
    await page.get_by_role("link", name="français, jij").click()
    await page.frame_locator("iframe").first.get_by_text("Nous avons pensé à toi").wait_for()
    assert await page.locator("iframe").count() == 4
    await page.locator('a[rel="next"]').click()
    await page.get_by_role("heading", name="invited (offer)").wait_for()
    await window.close()


async def low_buttons(page: Page) -> list[str]:
    """Buttons that are less than 44 px high, or whose words are cut off."""
    found: list[str] = await page.eval_on_selector_all(
        "a.button",
        "all => all.filter(each => each.getBoundingClientRect().height < 44 || each.scrollWidth > each.clientWidth + 4)"
        ".map(each => each.textContent)",
    )
    return found


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(each) for each in channels(colour))})"


def channels(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def contrast(one: str, other: str) -> float:
    """As WCAG works it out."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [each / 255 for each in channels(colour)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
