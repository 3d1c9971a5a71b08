"""The circle: the people someone can fall back on, agreed by both."""

from __future__ import annotations

from starlette.responses import Response

from services.notify.pages.neighbour.answers import one_of
from services.notify.pages.neighbour.home import tried
from services.notify.pages.page import Page
from services.notify.pages.registry import mine
from services.notify.pages.trouble import Mistake, Mistakes
from shared.contracts.exchange import ListAcquaintances
from shared.contracts.profiles import AskIntoCircle, Circle, ShowCircle, StepOutOfCircle


@mine("/circle")
async def circle(page: Page) -> Response:
    """Who is in it, who asks, and whom one could ask: people one has met."""
    if page.posted:
        other = page.id("other")
        if other is None:
            raise Mistakes([Mistake("other", "choose")])
        command, said = {
            "ask": (AskIntoCircle, "asked"), "step-out": (StepOutOfCircle, "stepped-out"),
        }[one_of(page, "do", ("ask", "step-out"))]  # fmt: skip
        await page.do(command(participant_id=page.person_id, other_id=other), fields={"other_id": "other"})
        return page.go(said=said)
    found: Circle = await page.ask(ShowCircle(participant_id=page.person_id))
    met = await tried(page, ListAcquaintances(participant_id=page.person_id, limit=100))
    there = {each.participant_id for each in (*found.members, *found.asked, *found.asked_by)}
    others = [each.participant_id for each in met.acquaintances if each.participant_id not in there] if met else []
    return page.show("neighbour/circle.html", circle=found, others=await page.names(others))
