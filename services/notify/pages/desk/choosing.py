"""Whom something is about: found by name, without a name in any address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode
from uuid import UUID

from starlette.responses import Response

from services.notify.pages.desk.at import given_id, names, of_places, places, words
from services.notify.pages.desk.views import people as views
from services.notify.pages.desk.views.parts import Names, Section
from services.notify.pages.page import Page
from shared.contracts.profiles import ListParticipants, ParticipantSummary

FEW = 30
"""So many people are shown without a search."""


async def found_by_name(page: Page, name: str | None, limit: int = FEW) -> list[ParticipantSummary]:
    """People of this worker's neighbourhoods, by part of their name; everyone there when none is given."""
    queries = [
        page.build(ListParticipants, neighbourhood_id=each, name=name or None, limit=limit) for each in places(page)
    ]
    answers = await of_places(page, *queries)
    people = [each for answer in answers for each in answer.participants]
    return sorted(people, key=lambda each: each.name.casefold())[:limit]


async def choose_person(
    page: Page, path: str, *, title: str, question: str = "", back: str = "/desk",
    kept: Mapping[str, str] | None = None,
) -> UUID | Response:  # fmt: skip
    """Whoever was chosen (`participant` in the address, `participant_id` in the form); else the page to choose on.

    `kept` goes along in the address.
    """
    chosen = given_id(page, "participant_id") or given_id(page, "participant")
    if chosen is not None:
        return chosen
    say = words(page)
    name = page.text("name") if page.posted else ""
    people = await found_by_name(page, name) if not page.mistakes else []
    few = len(people) < FEW
    named = await names(page)
    items = tuple(views.chosen(each, named, say, _to(path, each.participant_id, kept)) for each in people)
    if not name and not few:
        items = ()
    question = question or (say("Who is it about?") if back == "/desk" else "")
    return page.show(
        "desk/choose.html", title=title, question=question, path=path, back=back, name=name,
        section=section(items, name, named, page), kept=kept or {},
    )  # fmt: skip


def section(items: tuple, name: str, named: Names, page: Page) -> Section:  # type: ignore[type-arg]
    """What was found."""
    say = words(page)
    if len({each.lines for each in items}) == 1:  # all in one neighbourhood: which one is no news
        items = tuple(replace(each, lines=()) for each in items)
    empty = say("Nobody here is called that. Try a part of the name.") if name else ""
    return Section("found", say("Found") if name else say("People in your neighbourhood"), items, empty=empty)


def _to(path: str, participant_id: UUID, kept: Mapping[str, str] | None) -> str:
    return f"{path}?{urlencode({**(kept or {}), 'participant': str(participant_id)})}"
