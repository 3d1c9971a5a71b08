"""What somebody said by phone, at the door or by letter, recorded as theirs."""

from __future__ import annotations

import asyncio
from uuid import UUID

from starlette.responses import Response

from services.notify.pages.desk import words as called
from services.notify.pages.desk.at import Words, asked, asks, given_id, made, me, names, person, words
from services.notify.pages.desk.choosing import choose_person
from services.notify.pages.desk.forms import Field, Form, Option, hidden, options
from services.notify.pages.desk.saying import was_told
from services.notify.pages.desk.views import exchanges, gatherings
from services.notify.pages.desk.views import people as people_views
from services.notify.pages.desk.views.parts import Do, Go, Item, Section, kept
from services.notify.pages.page import Page
from services.notify.pages.registry import desk
from shared.contracts.exchange import (
    AnswerInvitation,
    AnswerProposal,
    FinishExchange,
    Invitation,
    ListExchanges,
    ListGatherings,
    ListInvitations,
    SayHowItWas,
    ShowExchange,
    ShowInvitation,
)
from shared.contracts.notify import ListTasks
from shared.contracts.profiles import ParticipantDetails


@desk("/answer")
async def answer_anyone(page: Page) -> Response:
    """Of whoever is chosen."""
    chosen = await choose_person(page, "/desk/answer", title=words(page).say("Record an answer"))
    return chosen if isinstance(chosen, Response) else page.go(f"{people_views.address(chosen)}/answer")


@desk("/people/{matter_id:uuid}/answer")
async def open_questions(page: Page) -> Response:
    """All that somebody can be asked about on the phone: what waits for their answer, what they may want to say."""
    me(page)
    say, id_ = words(page), page.matter_id
    someone, found = await asyncio.gather(person(page, id_), _of_person(page, id_))
    invited, opened, planned = found
    invitations = [_invitation(each, page) for each in invited]
    decide = [_exchange(each, page, "answer", say("Record the answer")) for each in opened if each.stage == "proposed"]
    after = [
        _exchange(each, page, "how-it-was", say("Record how it was")) for each in opened
        if each.stage in ("agreed", "done")
    ]  # fmt: skip
    thanks = [_exchange(each, page, "thanks", say("Record thanks")) for each in opened if each.stage == "done"]
    sections = [
        Section("invitations", say("Would they like to?"), tuple(invitations)),
        Section("proposals", say("Somebody said yes to them"), tuple(decide)),
        Section("afterwards", say("How was it?"), tuple(after)),
        Section("thanks", say("A word of thanks"), tuple(thanks)),
        Section("gatherings", say("Do they come?"), tuple(_gathering(each, id_, someone, page) for each in planned)),
    ]
    return page.show(
        "desk/list.html", title=say("Record an answer"), about=someone.name or "", sections=sections,
        back=people_views.address(id_), back_here=f"{people_views.address(id_)}/answer",
        intro=say("What somebody said by phone, at the door or by letter counts as their own answer.")
        if any(each.items for each in sections) else say("Nothing waits for an answer of this person."),
    )  # fmt: skip


async def _of_person(page: Page, id_: UUID):  # type: ignore[no-untyped-def]
    someone = await person(page, id_)
    invited, opened, planned = await asked(
        page,
        ListInvitations(participant_id=id_, open_only=True, limit=20),
        ListExchanges(participant_id=id_, limit=20),
        ListGatherings(neighbourhood_id=someone.neighbourhood_id or "-", stage="planned", limit=10),
    )
    return invited.invitations, opened.exchanges, planned.gatherings


def _invitation(invitation: Invitation, page: Page) -> Item:
    say = words(page)
    title = exchanges.about(invitation, say) or say("A question to them")
    go = Go(say("Record the answer"), f"/desk/invitations/{invitation.invitation_id}/answer", main=True, whom=title)
    return Item(title, lines=(say.when(invitation.when),), quote=invitation.words or "", doing=(go,))


def _exchange(exchange, page: Page, what: str, label: str) -> Item:  # type: ignore[no-untyped-def]
    say = words(page)
    title = exchanges.about(exchange, say) or say("An ask or an offer")
    go = Go(label, f"{exchanges.address(exchange.exchange_id)}/{what}", main=True, whom=title)
    return Item(title, exchanges.address(exchange.exchange_id), kept(say.when(exchange.when)), exchange.words or "",
                doing=(go,))  # fmt: skip


def _gathering(gathering, id_: UUID, someone: ParticipantDetails, page: Page) -> Item:  # type: ignore[no-untyped-def]
    say = words(page)
    line = gatherings.line(gathering, say)
    here = {"gathering_id": str(gathering.gathering_id), "participant_id": str(id_), "how": "phone"}
    return Item(
        line.title, line.to, line.lines, tags=line.tags, doing=(
            Do(say("Comes"), "answer-gathering", {**here, "coming": "true"}, main=True, whom=line.title),
            Do(say("Does not come"), "answer-gathering-no", {**here, "coming": "false"}, whom=line.title),
        ),
    )  # fmt: skip


@desk("/invitations/{matter_id:uuid}/answer")
async def invitation(page: Page) -> Response:
    """What a neighbour who was asked says."""
    me(page)
    say = words(page)
    found: Invitation = await page.ask(ShowInvitation(invitation_id=page.matter_id))
    named = await names(page, {found.participant_id})
    form = Form(
        say("Record the answer"), say("Record it"), back=people_views.address(found.participant_id),
        about=named.person(found.participant_id),
        intro=kept(exchanges.about(found, say), _quoted(found.words, say), say.when(found.when)),
        fields=(
            Field("answer", say("What do they say?"), "radios", options(called.INVITATION_ANSWER, say), required=True),
            _how(page), *_task(page),
        ),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    command = made(
        page, form, AnswerInvitation, invitation_id=page.matter_id, answer=page.text("answer"), how=page.text("how")
    )
    await page.do(command, fields=form.places())
    return await _noted(page, people_views.address(found.participant_id), found.participant_id)


@desk("/exchanges/{matter_id:uuid}/answer")
async def proposal(page: Page) -> Response:
    """What the side that opened it says to who said yes."""
    me(page)
    say, found = words(page), await page.ask(ShowExchange(exchange_id=page.matter_id))
    ids = {each.participant_id for each in found.others}
    named = await names(page, ids | {found.participant_id})
    others = [
        Option(str(each.participant_id), named.person(each.participant_id), exchanges.pleasure(each.pleasure, say))
        for each in found.others
    ]
    whom = Field("participant", say("To whom?"), "radios", [Option("", say("To all who said yes")), *others],
                 about=("participant_id",))  # fmt: skip
    form = Form(
        say("Record the answer"), say("Record it"), back=exchanges.address(found.exchange_id),
        about=named.person(found.participant_id),
        intro=kept(
            say("Said yes: {names}.", names=say.list(each.label for each in others)),
            _quoted(found.words, say),
        ),
        fields=(
            Field("answer", say("What do they say?"), "radios", options(called.PROPOSAL_ANSWER, say), required=True),
            *((whom,) if len(others) > 1 else ()), _how(page), *_task(page),
        ),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    command = made(
        page, form, AnswerProposal, exchange_id=found.exchange_id, answer=page.text("answer"), how=page.text("how"),
        participant_id=page.text("participant") if page.text("answer") == "not-this-time" else None,
    )  # fmt: skip
    await page.do(command, fields=form.places())
    return await _noted(page, exchanges.address(found.exchange_id), found.participant_id)


@desk("/exchanges/{matter_id:uuid}/how-it-was")
async def how_it_was(page: Page) -> Response:
    """How it was for one of them; a not good brings the worker in and nobody else sees it."""
    me(page)
    say, found = words(page), await page.ask(ShowExchange(exchange_id=page.matter_id))
    ids = [each for each in (found.participant_id, *(other.participant_id for other in found.others)) if each]
    named = await names(page, set(ids))
    people = [Option(str(each), named.person(each)) for each in ids]
    form = Form(
        say("Record how it was"),
        say("Record it"),
        back=exchanges.address(found.exchange_id),
        about=named.person(found.participant_id),
        fields=(
            Field("participant", say("Whose word is it?"), "radios", people, required=True, about=("participant_id",)),
            Field(
                "answer",
                say("How was it?"),
                "radios",
                required=True,
                options=[
                    *options(called.HOW_IT_WAS, say),
                    Option("took-place", say("It took place, nothing more was said")),
                ],
            ),
            _how(page),
            *_task(page),
        ),
    )
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    values = {"exchange_id": found.exchange_id, "participant_id": page.text("participant")}
    if page.text("answer") == "took-place":
        await page.do(made(page, form, FinishExchange, **values), fields=form.places())
    else:
        command = made(page, form, SayHowItWas, answer=page.text("answer"), how=page.text("how"), **values)
        await page.do(command, fields=form.places())
    return await _noted(page, exchanges.address(found.exchange_id), page.id("participant"))


def _task(page: Page) -> tuple[Field, ...]:
    """The call or letter that it came of goes along."""
    return hidden(task=given_id(page, "task"))


async def _noted(page: Page, here: str, whose: UUID | None) -> Response:
    """With the answer the call or letter is done; what else there is to tell in the same call comes next."""
    if (id_ := given_id(page, "task")) is not None:
        await was_told(page, id_)
    more = id_ and whose and (await page.ask(ListTasks(participant_id=whose, limit=1))).tasks
    return page.go(f"{people_views.address(whose)}/tasks" if more and whose else here, said="answer-recorded")


def _how(page: Page) -> Field:
    say = words(page)
    return Field(
        "how", say("How did you hear it?"), "radios", options(called.ANSWER_HOW, say), required=True, value="phone"
    )


def _quoted(text: str | None, say: Words) -> str:
    return say("“{words}”", words=text) if text else ""
