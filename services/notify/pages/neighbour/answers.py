"""Answers: to an invitation, to someone who asks into their circle. By the link in the mail, or on one's own page."""

from __future__ import annotations

from starlette.responses import Response

from services.notify.domain.people import Person
from services.notify.pages.choices import INVITATION_ANSWERS
from services.notify.pages.page import Page
from services.notify.pages.registry import mine, opens
from services.notify.pages.trouble import Mistake, Mistakes, not_found
from services.notify.repository import people
from shared.contracts.exchange import AnswerInvitation, ShowInvitation
from shared.contracts.profiles import AgreeToCircle, DeclineCircle, ShowCircle


@opens("invitation")
@mine("/invitation/{matter_id:uuid}")
async def invitation(page: Page) -> Response:
    """One quiet question. Any answer is free, and so is none."""
    if page.posted:
        answer = one_of(page, "answer", INVITATION_ANSWERS)
        await page.do(page.build(AnswerInvitation, invitation_id=page.matter_id, answer=answer))
        await page.use()
        return page.go()
    asked = await page.ask(ShowInvitation(invitation_id=page.matter_id))
    worker = asked.worker_id
    name = await page.context.look(lambda tx: people.worker(tx, worker)) if worker else None
    return page.show(
        "neighbour/invitation.html", asked=asked, by=name, place=page.neighbourhood,
        for_name=await _for_another(page, asked.participant_id),
    )  # fmt: skip


@opens("circle")
@mine("/circle/asked/{matter_id:uuid}")
async def circle_asked(page: Page) -> Response:
    """Someone asks whether they two can fall back on each other. A no is never told."""
    if page.posted:
        answer = one_of(page, "answer", ("yes", "no"))
        command = AgreeToCircle if answer == "yes" else DeclineCircle
        await page.do(command(participant_id=page.person_id, other_id=page.matter_id))
        await page.use()
        return page.go(said="agreed" if answer == "yes" else "declined")
    circle = await page.ask(ShowCircle(participant_id=page.person_id))
    asks = next((each for each in circle.asked_by if each.participant_id == page.matter_id), None)
    member = next((each for each in circle.members if each.participant_id == page.matter_id), None)
    if asks is None and member is None and not page.said:
        return page.show("neighbour/circle-over.html")
    return page.show("neighbour/circle-asked.html", asks=asks, member=member)


def one_of(page: Page, name: str, allowed: object) -> str:
    """The choice that was made. Raises Mistakes for none, or one that there isn't."""
    chosen = page.text(name)
    if chosen not in allowed:  # type: ignore[operator]
        raise Mistakes([Mistake(name, "choose")])
    return chosen


async def _for_another(page: Page, participant_id: object) -> str:
    """For whom it is, when it is not for the one who looks."""
    if page.person is None or participant_id == page.person.participant_id:
        return ""
    found: Person | None = await page.context.look(lambda tx: people.person(tx, participant_id))  # type: ignore[arg-type]
    if found is None:
        raise not_found()
    return found.name or ""
