"""What is held on someone, of every service: to read, and to take along. And who has looked at it."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from services.notify.pages import trouble
from services.notify.pages.neighbour import holding
from services.notify.pages.neighbour.home import tried
from services.notify.pages.page import Page
from services.notify.pages.registry import mine
from services.notify.repository import pages as repository
from shared import clock
from shared.contracts.person import CopyOfPerson, PersonCopy
from shared.contracts.profiles import ListFetches
from shared.contracts.signals import ListReadings

MOST_PAGES = 200
SERVICES = ("profiles", "exchange", "signals", "notify")


@mine("/held")
async def held(page: Page) -> Response:
    """All of it on one page, in words. A service that is away is named, not passed over in silence."""
    found, away = await _everything(page)
    readings = (
        await tried(page, ListReadings(participant_id=page.person_id, limit=100)) if _runs(page, "signals") else None
    )
    fetches = await tried(page, ListFetches(participant_id=page.person_id, limit=100))
    names = await _names_of(page, [*(readings.readings if readings else []), *(fetches.fetches if fetches else [])])
    items = [each for those in found.values() for each in those]
    wanted = holding.ids_in(items)
    called = await page.context.look(lambda tx: repository.called(tx, wanted, page.speech.language))
    groups = holding.grouped(items, holding.Names(called), page.speech)
    return page.show(
        "neighbour/held.html", groups=groups, away=away, readings=readings.readings if readings else [],
        fetches=fetches.fetches if fetches else [], names=names,
    )  # fmt: skip


@mine("/held.json")
async def held_as_file(page: Page) -> Response:
    """The same as a file: everything or nothing, so that nobody takes a part for the whole."""
    found, away = await _everything(page)
    if away:
        raise trouble.away()
    whole = {"participant_id": str(page.person_id), "made_at": clock.now().isoformat(), "services": found}
    return Response(
        json.dumps(whole, ensure_ascii=False, indent=2), media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="weefsel.json"'},
    )  # fmt: skip


async def _everything(page: Page) -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
    """What each service holds, and which don't answer."""
    found: dict[str, list[dict[str, Any]]] = {}
    away: list[str] = []
    for service in SERVICES:
        if _runs(page, service):
            try:
                found[service] = await _of(page, service)
            except trouble.Stop as stop:
                if stop.status != 503:
                    raise
                away.append(service)
    return found, away


async def _of(page: Page, service: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    number: int | None = 1
    while number is not None and number <= MOST_PAGES:
        query = CopyOfPerson(participant_id=page.person_id, page=number)
        part: PersonCopy = await page.ask(query, service=service)
        items += [{"kind": each.kind, "data": each.data} for each in part.items]
        number = part.next_page
    return items


def _runs(page: Page, service: str) -> bool:
    """Whether this service is deployed here."""
    services = page.context.settings.services
    return not services or service in services


async def _names_of(page: Page, records: list[Any]) -> dict[str, str]:
    return await page.context.look(lambda tx: repository.names_of_actors(tx, {each.by for each in records}))
