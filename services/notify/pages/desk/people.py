"""People: by name, newcomers, whom to visit, and the page of one."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from services.notify.pages import trouble
from services.notify.pages.desk import doubles
from services.notify.pages.desk import words as called
from services.notify.pages.desk.at import me, names, of_places, person, places, tried, words
from services.notify.pages.desk.choosing import FEW, found_by_name, section
from services.notify.pages.desk.views import exchanges, referrals, signals
from services.notify.pages.desk.views import people as views
from services.notify.pages.desk.views.parts import Go, Item, Section
from services.notify.pages.page import Page
from services.notify.pages.registry import desk
from services.notify.repository import people as repository
from shared import clock
from shared.contracts.exchange import (
    AttentionReason,
    ListAcquaintances,
    ListAttention,
    ListExchanges,
    ListInvitations,
)
from shared.contracts.profiles import (
    ListDoubles,
    ListMandates,
    ListParticipants,
    ListVisits,
    ShowCircle,
    ShowParticipant,
)
from shared.contracts.signals import ListReadings, ListReferrals, ListSignals

REASONS: tuple[AttentionReason, ...] = (
    "knows-nobody", "fell-silent", "nobody-found", "one-way", "much-rests-on-them",
)  # fmt: skip


@desk("/people")
async def people(page: Page) -> Response:
    """By name: what is looked for goes in a form, so that no address holds a name."""
    me(page)
    say, name = words(page), page.text("name") if page.posted else ""
    found = await found_by_name(page, name, limit=60)
    named = await names(page)
    items = tuple(views.line(each, named, say) for each in found)
    more = not name and len(found) > FEW
    return page.show("desk/people.html", name=name, section=section(items, name, named, page), more=more)


@desk("/newcomers")
async def newcomers(page: Page) -> Response:
    """Who has had no visit yet, the longest-waiting first."""
    say, here = words(page), places(page)
    found = await of_places(
        page, *(ListParticipants(neighbourhood_id=each, not_yet_visited=True, limit=100) for each in here)
    )
    people = sorted((each for answer in found for each in answer.participants), key=lambda each: each.registered_at)
    days = page.policy.visits.within_days
    items = tuple(views.newcomer(each, say, clock.now(), days) for each in people)
    shown = Section("newcomers", say("No visit yet"), items, empty=say("Everyone has had a visit."))
    return page.show(
        "desk/list.html", title=say("Newcomers"), sections=[shown], back="/desk", about="", back_here="/desk/newcomers",
        intro=say("Every newcomer gets a visit: who they are, what they enjoy, whom they know."),
    )  # fmt: skip


@desk("/attention")
async def attention(page: Page) -> Response:
    """Reasons to visit someone: never a list of who does most or least."""
    say, here = words(page), places(page)
    found = await of_places(page, *(ListAttention(neighbourhood_id=each, limit=100) for each in here))
    items = [each for answer in found for each in answer.items]
    named = await names(page, {each.participant_id for each in items})
    sections = [
        Section(reason, say(called.ATTENTION[reason]),
                tuple(views.attention(each, named, say) for each in items if each.reason == reason))
        for reason in REASONS
    ]  # fmt: skip
    nobody = "" if items else say("There is no reason to visit anyone in particular.")
    return page.show(
        "desk/list.html", title=say("Whom to visit"), sections=sections, back="/desk", about="",
        back_here="/desk/attention", intro=nobody,
    )  # fmt: skip


@desk("/people/{matter_id:uuid}")
async def one(page: Page) -> Response:
    """Someone: what they enjoy first, then whom they know and what runs. Everything is asked at once."""
    worker, say, id_ = me(page), words(page), page.matter_id
    someone, *rest = await tried(
        page, ShowParticipant(participant_id=id_),
        ShowCircle(participant_id=id_), ListVisits(participant_id=id_, limit=100),
        ListMandates(participant_id=id_, limit=50), ListAcquaintances(participant_id=id_, limit=views.SHOWN),
        ListExchanges(participant_id=id_, limit=20), ListInvitations(participant_id=id_, open_only=True, limit=20),
        ListSignals(participant_id=id_, limit=20), ListReferrals(participant_id=id_, open_only=True, limit=20),
        ListDoubles(participant_id=id_, limit=5),
    )  # fmt: skip
    if someone is None:
        raise trouble.away()
    circle, visits, mandates, known, opened, invited, noticed, referred, twice = rest
    ids = {each.participant_id for each in known.acquaintances} if known else set()
    ids |= {one for each in (mandates.mandates if mandates else ()) for one in (each.holder_id, each.participant_id)}
    ids |= {id_, *(someone.mandate_holder_ids or ())}
    named = await names(page, ids)
    organisation = await _organisation(page, someone.reach.organisation_id if someone.reach else None)
    live = [each for each in (opened.exchanges if opened else ()) if each.stage in exchanges.LIVE]
    now = clock.now()
    sections = [
        Section("doubles", say("Perhaps here twice"),
                tuple(doubles.line(each, named, say) for each in (twice.doubles if twice else ()))),
        Section("circle", say("Circle"), tuple(views.circle(circle, id_, say)) if circle else (),
                empty=say("There is nobody in the circle yet."), away=circle is None),
        Section("known", say("Knows"), tuple(views.acquaintances(known.acquaintances, named, say)) if known else (),
                empty=say("Has met nobody here yet: a gathering or an introduction can help."), away=known is None),
        Section("runs", say("What runs"),
                tuple(_titled(exchanges.line(each, named, say), each.kind, say) for each in live)
                + tuple(_invited(each, named, say) for each in (invited.invitations if invited else ())),
                empty=say("Nothing runs now."), away=opened is None),
        Section("signals", say("Signals"),
                tuple(_about(signals.line(each, named, say, worker.worker_id), say.signal_kind(each.kind)) for each in
                      (noticed.signals if noticed else ())), away=noticed is None),
        Section("referrals", say("Referrals"),
                tuple(_about(referrals.line(each, named, say, now), each.service_name) for each in
                      (referred.referrals if referred else ())), away=referred is None),
        Section("mandates", say("Who answers for whom"),
                tuple(views.mandates(mandates.mandates if mandates else (), id_, named, say))),
    ]  # fmt: skip
    return page.show(
        "desk/person.html", person=someone, name=someone.name or say("Somebody who left"),
        tags=tuple(views.status(someone.status, someone.paused_until, bool(someone.out_of_matching), say)),
        talents=views.enjoyments(someone.talents, say), wishes=views.enjoyments(someone.wishes, say),
        facts=views.about(someone, named, organisation, say), sections=sections,
        visits=views.visits(visits.visits if visits else (), named, say), actions=views.actions(someone, say),
    )  # fmt: skip


@desk("/people/{matter_id:uuid}/readings")
async def readings(page: Page) -> Response:
    """Who read notes or details about someone, and when."""
    say, id_ = words(page), page.matter_id
    someone, found = await asyncio.gather(person(page, id_), page.ask(ListReadings(participant_id=id_, limit=100)))
    named = await names(page)
    return page.show(
        "desk/facts.html", title=say("Who read about this person"), about=someone.name or "", back=views.address(id_),
        facts=views.readings(found.readings, named, say), empty=say("Nobody has read notes or details."),
        intro=say("Each reading of a note or of details is recorded. The person can see this list too."),
    )  # fmt: skip


async def _organisation(page: Page, organisation_id: str | None) -> str:
    if organisation_id is None:
        return ""
    found = await page.context.look(lambda tx: repository.organisation(tx, organisation_id))
    return found.name(page.speech.language) if found else organisation_id


def _titled(item: Item, kind: str | None, say) -> Item:  # type: ignore[no-untyped-def]
    """On their own page a line is called after what it is about, not after them."""
    return _about(item, say.kind(kind) if kind else say("An ask or an offer"))


def _about(item: Item, title: str) -> Item:
    return Item(title, item.to, item.lines, item.quote, item.tags, item.doing, item.when)


def _invited(invitation, named, say) -> Item:  # type: ignore[no-untyped-def]
    item = exchanges.invitation(invitation, named, say)
    title = exchanges.about(invitation, say) or say("A question to them")
    look = Go(say("Look"), exchanges.address(invitation.exchange_id), whom=title)
    return Item(title, exchanges.address(invitation.exchange_id), (say("Was asked"), *item.lines[1:]),
                invitation.words or "", item.tags, item.doing or (look,))  # fmt: skip
