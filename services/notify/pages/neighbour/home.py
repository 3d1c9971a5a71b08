"""One's own page: what waits, what goes on, and the ways on from there."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from services.notify.pages.page import Page
from services.notify.pages.registry import mine
from services.notify.pages.trouble import Stop
from services.notify.repository import links
from services.notify.repository import pages as repository
from shared.contracts.envelope import Query
from shared.contracts.exchange import AllowKind, ListExchanges, ListGatherings, ListInvitations
from shared.contracts.profiles import ShowCircle, ShowParticipant

OVER = ("withdrawn", "expired")


@mine("")
async def home(page: Page) -> Response:
    """What waits for an answer first, then what goes on. What is away is left out, and said."""
    who = page.person_id
    place = page.neighbourhood.neighbourhood_id if page.neighbourhood else ""
    asked, exchanges, gatherings, circle, person = await asyncio.gather(
        tried(page, ListInvitations(participant_id=who, open_only=True, limit=20)),
        tried(page, ListExchanges(participant_id=who, limit=30)),
        tried(page, ListGatherings(neighbourhood_id=place, stage="planned", limit=5)) if place else nothing(),
        tried(page, ShowCircle(participant_id=who)),
        tried(page, ShowParticipant(participant_id=who)),
    )
    going_on = [each for each in exchanges.exchanges if each.stage not in OVER] if exchanges else []
    holders = await page.context.look(lambda tx: repository.may_act_for(tx, page.holder.holder_id))
    return page.show(
        "neighbour/home.html", asked=asked.invitations if asked else [], going_on=going_on,
        over=[each for each in exchanges.exchanges if each.stage in OVER] if exchanges else [],
        gatherings=gatherings.gatherings if gatherings else [], circle=circle, someone=person, holds_for=holders,
        away=None in (asked, exchanges, circle, person),
    )  # fmt: skip


@mine("/for")
async def act_for(page: Page) -> Response:
    """From here on for someone whose mandate they hold, or for themselves again."""
    assert page.session is not None
    holders = await page.context.look(lambda tx: repository.may_act_for(tx, page.holder.holder_id))
    if not page.posted:
        return page.show("neighbour/act-for.html", holds_for=holders)
    chosen, session = page.id("who"), page.session
    other = chosen if chosen in {each.participant_id for each in holders} else None
    await page.context.run(lambda tx: links.act_for(tx, session.digest, other))
    return page.go("/mine", said="acts-for" if other else "acts-for-oneself")


@mine("/never")
async def never(page: Page) -> Response:
    """Take back a "never this kind"."""
    if page.posted:
        await page.do(page.build(AllowKind, participant_id=page.person_id, kind=page.text("kind")))
        return page.go("/mine", said="allowed")
    return page.go("/mine")


async def tried(page: Page, query: Query) -> Any:
    """What a service answers; None when it is away, so that the rest of the page still shows."""
    try:
        return await page.ask(query)
    except Stop as stop:
        if stop.status == 503:
            return None
        raise


async def nothing() -> None:
    return None
