"""Asking and offering: both are equal ways in. Nothing is posted; a half question is the worker's alone."""

from __future__ import annotations

from typing import Any, get_args

from starlette.responses import Response

from services.notify.pages import moments
from services.notify.pages.page import Page
from services.notify.pages.registry import mine
from services.notify.pages.trouble import Mistake, Mistakes
from shared.contracts.exchange import ExchangeRef, Often, OpenExchange, Opening

FIELDS = moments.FIELDS | {"kind": "kind", "words": "words", "often": "often", "people": "people"}


@mine("/ask")
async def ask(page: Page) -> Response:
    """Ask for something small."""
    return await _opens(page, "ask")


@mine("/offer")
async def offer(page: Page) -> Response:
    """Offer something, to nobody in particular."""
    return await _opens(page, "offer")


async def _opens(page: Page, opening: Opening) -> Response:
    if not page.posted:
        return page.show("neighbour/opening.html", opening=opening, often=get_args(Often))
    if not page.text("kind") and not page.text("words"):
        raise Mistakes([Mistake("words", "says_something")])
    values: dict[str, Any] = {
        "kind": page.text("kind") or None, "words": page.text("words") or None, "when": moments.when(page),
        "often": page.text("often") or "once", "people": page.number("people") or 1,
        "half": "half" in page.several("half"),
    }  # fmt: skip
    command = page.build_at(FIELDS, OpenExchange, opening=opening, participant_id=page.person_id, **values)
    made: ExchangeRef = await page.do(command, fields=FIELDS)
    return page.go(f"/mine/exchange/{made.exchange_id}", said=f"next-{made.next}" if made.next else "saved")
