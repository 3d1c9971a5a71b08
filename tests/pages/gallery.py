"""A street with something at every stage, so that every page has something to show."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from playwright.async_api import Page

from services.notify import links
from services.notify.domain.links import Link
from shared import clock
from shared.contracts.exchange import (
    AnswerInvitation,
    AnswerProposal,
    FinishExchange,
    Introduce,
    InviteToGathering,
    PlanGathering,
    SayThanks,
)
from shared.contracts.profiles import AgreeToCircle, AskIntoCircle, ChangeParticipant, GiveConsent, GiveMandate
from shared.ids import new_id
from tests.handling import ORGANISATION, PLACE
from tests.pages.street import Street

Step = Callable[[Page], Awaitable[None]]
TALENTS = [{"kind": "garden", "words": "buiten bezig zijn"}, {"kind": "meal"}]
FREE: list[Any] = [{"weekday": "tuesday", "part": "afternoon"}, {"weekday": "friday", "part": "morning"}]
WISHES = [{"words": "nog eens naar zee"}, {"kind": "game"}]


@dataclass
class Gallery:
    """Where each page is, and what opens it."""

    base: str
    paths: dict[str, str] = field(default_factory=dict)
    cookie: str = ""
    inside: frozenset[str] = frozenset()
    """Which stand behind the session that the cookie opens."""
    steps: dict[str, Step] = field(default_factory=dict)

    def address(self, name: str, language: str) -> str:
        path = self.paths[name]
        return f"{self.base}{path}{'&' if '?' in path else '?'}lang={language}"


async def gallery(street: Street) -> Gallery:
    made = Gallery(street.whole.pages_url)
    ask = street.whole.client.get
    me = await street.someone("Martine De Smet", talents=TALENTS, wishes=WISHES)
    jos = await street.someone("Jos Peeters", talents=TALENTS)
    noor = await street.someone("نور الحسن", languages=["ar", "nl"], talents=[{"kind": "garden"}])
    fatima = await street.someone("Fatima El Idrissi", wishes=WISHES)

    # --- at each stage
    waiting = await street.invites(await street.opens(me), jos)
    made.paths["invitation"] = await street.link("invitation", participant=jos, matter=waiting)
    said_no = await street.invites(await street.opens(fatima), jos)
    await ask(AnswerInvitation(invitation_id=said_no, answer="not-now"), actor=f"participant:{jos}")
    made.paths["invitation-answered"] = await street.link("invitation", participant=jos, matter=said_no)

    async def yes(exchange_id: UUID, who: UUID) -> UUID:
        invited = await street.invites(exchange_id, who)
        await ask(AnswerInvitation(invitation_id=invited, answer="yes"), actor=f"participant:{who}")
        return exchange_id

    proposed = await yes(await street.opens(me, kind="meal", words="Wie eet er eens mee op zondag?"), noor)
    made.paths["proposal"] = await street.link("proposal", participant=me, matter=proposed)
    agreed = await yes(await street.opens(me, kind="errand", words="Wie neemt brood voor mij mee?"), jos)
    await ask(AnswerProposal(exchange_id=agreed, answer="yes"), actor=f"participant:{me}")
    made.paths["agreed"] = await street.link("exchange", participant=me, matter=agreed)
    done = await yes(await street.opens(me, kind="game", words="Een spelletje kaarten?"), fatima)
    await ask(AnswerProposal(exchange_id=done, answer="yes"), actor=f"participant:{me}")
    await ask(FinishExchange(exchange_id=done, participant_id=me), actor=f"participant:{me}")
    await ask(
        SayThanks(exchange_id=done, participant_id=fatima, words="Merci, dat was gezellig!"),
        actor=f"participant:{fatima}",
    )
    made.paths["done"] = await street.link("exchange", participant=me, matter=done)
    draft = await street.opens(me, half=True, words="Misschien iemand om eens mee te wandelen?", kind=None)

    # --- people
    await ask(AskIntoCircle(participant_id=jos, other_id=me), actor=f"participant:{jos}")
    made.paths["circle-asked"] = await street.link("circle", participant=me, matter=jos)
    await ask(AskIntoCircle(participant_id=fatima, other_id=me), actor=f"participant:{fatima}")
    await ask(AgreeToCircle(participant_id=me, other_id=fatima), actor=f"participant:{me}")
    await ask(Introduce(participant_id=me, other_id=noor), actor=street.worker)
    await ask(GiveMandate(participant_id=noor, holder_id=me, on_word_of="participant"), actor=f"participant:{noor}")
    await ask(
        GiveConsent(
            participant_id=me, purpose="newsletter", fields=["name", "reach"], organisation_id=ORGANISATION,
            how="spoken", until=clock.now() + timedelta(days=200),
        ),
        actor=street.worker,
    )  # fmt: skip
    await ask(
        ChangeParticipant(
            participant_id=me, availability=FREE
        ),
        actor=f"participant:{me}",
    )  # fmt: skip

    # --- meeting
    starts = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=9)
    plan: dict[str, Any] = {
        "neighbourhood_id": PLACE, "title": "Koffie en taart in het buurthuis", "place": "Buurthuis, Weverstraat 12",
        "starts_at": starts, "ends_at": starts + timedelta(hours=2), "bring": "een spel, of gewoon goesting",
        "invite": False,
    }  # fmt: skip
    gathering = await ask(PlanGathering(**plan, host_id=jos), actor=f"participant:{jos}")
    hosted = await ask(
        PlanGathering(**plan | {"title": "Wandeling langs het water"}, host_id=me), actor=f"participant:{me}"
    )
    await ask(InviteToGathering(gathering_id=hosted.gathering_id, participant_id=noor), actor=street.worker)
    made.paths["gathering"] = await street.link("gathering", participant=me, matter=gathering.gathering_id)

    # --- doors
    made.paths["page"] = await street.link("page", participant=me)
    made.paths["desk-door"] = await street.link("desk", worker=street.worker_id)
    made.paths["unsubscribe"] = await street.link("unsubscribe", participant=me, detail="gatherings")
    made.paths["expired"] = await street.link("page", participant=me, expires_at=clock.now() - timedelta(days=1))
    made.paths |= {
        "unknown": "/l/nothing-of-ours", "new-link": "/new-link", "sent": "/new-link?sent=yes", "front": "/",
        "session-over": "/mine",
    }  # fmt: skip

    # --- one's own page
    made.cookie = await street.within(lambda tx: links.open_session(tx, _link_of(me)))
    mine = {
        "home": "/mine", "ask": "/mine/ask", "ask-mistakes": "/mine/ask", "offer": "/mine/offer",
        "draft": f"/mine/exchange/{draft}", "me": "/mine/me", "likes": "/mine/likes", "when": "/mine/when",
        "reach": "/mine/reach", "mail": "/mine/mail", "pause": "/mine/pause", "leave": "/mine/leave",
        "circle": "/mine/circle", "consents": "/mine/consents", "held": "/mine/held", "plan": "/mine/plan",
        "gatherings": "/mine/gatherings", "act-for": "/mine/for", "not-found": f"/mine/exchange/{new_id()}",
        "close": "/mine/close", "gathering-host": f"/mine/gathering/{hosted.gathering_id}",
    }  # fmt: skip
    made.paths |= mine
    made.inside = frozenset(mine)
    made.steps["ask-mistakes"] = _send_empty
    return made


async def _send_empty(page: Page) -> None:
    await page.fill("[name=when-time]", "14:00")
    await page.click("main form button")


def _link_of(participant_id: UUID) -> Link:
    now = clock.now()
    return Link(b"", "participant", participant_id, "page", None, None, "", now, now + timedelta(days=1))
