"""Asks and offers: the list, one, and opened, changed or set going on someone's behalf."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

from starlette.responses import Response

from services.notify.pages.desk import words as called
from services.notify.pages.desk.at import asked, asks, kinds, made, me, names, of_places, person, places, tried, words
from services.notify.pages.desk.choosing import choose_person
from services.notify.pages.desk.forms import Field, Form, Option, hidden, options
from services.notify.pages.desk.views import exchanges as views
from services.notify.pages.desk.views.parts import Item, Section
from services.notify.pages.desk.whens import when_fields, when_given
from services.notify.pages.page import Page
from services.notify.pages.registry import desk
from services.notify.pages.trouble import Mistakes
from shared.contracts.envelope import Command
from shared.contracts.exchange import (
    CancelAgreement,
    ChangeExchange,
    Deviate,
    Exchange,
    ExchangePage,
    ExchangeRef,
    ExchangeSummary,
    ListExchanges,
    ListInvitations,
    MoveMoment,
    OpenDraft,
    OpenExchange,
    ReopenExchange,
    SayThanks,
    ShowCandidates,
    ShowExchange,
    Stage,
)
from shared.contracts.signals import ListSignals, WriteNote

MOST_PAGES, AT_ONCE = 4, 50
GROUPS: tuple[Stage, ...] = ("draft", "handed-over", "proposed", "inviting", "open", "agreed")


@desk("/exchanges")
async def all_exchanges(page: Page) -> Response:
    """What runs in this worker's neighbourhoods, by where it stands."""
    say, here = words(page), places(page)
    found = await _running(page, here)
    named = await names(page, {each.participant_id for each in found if each.participant_id})
    sections = [
        Section(
            stage,
            say(called.GROUPS[stage]),
            tuple(views.line(each, named, say) for each in found if each.stage == stage),
        )
        for stage in GROUPS
    ]
    return page.show("desk/exchanges.html", sections=sections, nothing=not found)


async def _running(page: Page, here: list[str]) -> list[ExchangeSummary]:
    """What runs in these neighbourhoods, as far as a page can hold it: asked of all at once, then of where there is
    more."""
    found: list[ExchangeSummary] = []
    further: dict[str, UUID | None] = dict.fromkeys(here)
    for _ in range(MOST_PAGES if here else 0):
        queries = [
            ListExchanges(neighbourhood_id=each, stages=list(GROUPS), limit=AT_ONCE, after=after)
            for each, after in further.items()
        ]
        answers: list[ExchangePage] = await of_places(page, *queries)
        found += [each for answer in answers for each in answer.exchanges]
        further = {each.exchanges[-1].neighbourhood_id: each.next for each in answers if each.next}
        if not further:
            break
    return found


@desk("/exchanges/open")
async def open_for(page: Page) -> Response:
    """An ask or an offer on someone's behalf, with how they agreed; or a half question, for the worker alone."""
    participant_id = await choose_person(
        page, "/desk/exchanges/open", title=words(page).say("An ask or an offer for somebody")
    )
    if isinstance(participant_id, Response):
        return participant_id
    say, someone = words(page), await person(page, participant_id)
    form = Form(
        say("An ask or an offer for them"), say("Send it on its way"), back=f"/desk/people/{participant_id}",
        about=someone.name or "",
        intro=(say("Nothing is posted anywhere: neighbours who may enjoy it are asked one by one."),),
        fields=(
            Field("opening", say("What is it?"), "radios", options(called.WAYS_IN, say), required=True, value="ask"),
            Field("kind", say("What kind of thing?"), "select", [Option("", say("The words say it")), *kinds(page)]),
            Field("words", say("In a sentence"), "area", longest=280, about=("",),
                  hint=say("Neighbours read this: no name and no address.")),
            *when_fields(say, say("When?")),
            Field("often", say("How often?"), "select", options(called.OFTEN, say), value="once"),
            Field("people", say("How many neighbours does it take?"), "number", value="1"),
            Field("consented", say("How did they agree?"), "radios",
                  [*options(called.RECORDED, say), Option("half", say("Not yet"),
                   say("It stays a half question, for your eyes alone, until you open it."))], required=True),
            *hidden(participant_id=participant_id),
        ),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    half = page.text("consented") == "half"
    command = made(
        page, form, OpenExchange, opening=page.text("opening"), participant_id=participant_id, kind=page.text("kind"),
        words=page.text("words"), when=when_given(page), often=page.text("often"), people=page.number("people"),
        half=half, consented="spoken" if half else page.text("consented"),
    )  # fmt: skip
    ref: ExchangeRef = await page.do(command, fields=form.places())
    said = {"draft": "half-question", "handed-over": "with-you"}.get(ref.stage, "exchange-opened")
    return page.go(views.address(ref.exchange_id), said=said)


@desk("/exchanges/{matter_id:uuid}")
async def one_exchange(page: Page) -> Response:
    """An ask or offer, who was asked, who said yes."""
    me(page)
    say = words(page)
    query = ListInvitations(exchange_id=page.matter_id, limit=50)
    exchange, invited = await asked(page, ShowExchange(exchange_id=page.matter_id), query)
    named = await names(page, views.people(exchange) | {each.participant_id for each in invited.invitations})
    first, rest = views.actions(exchange, say)
    sections = [
        Section("others", say("Said yes"), tuple(views.others(exchange, named, say))),
        Section("asked", say("Asked"), tuple(views.invitation(each, named, say) for each in invited.invitations)),
        Section("deviations", say("A rule was set aside"), tuple(views.deviations(exchange, named, say))),
    ]
    return page.show(
        "desk/exchange.html", exchange=exchange, title=named.person(exchange.participant_id),
        about=say(called.OPENING[exchange.opening]), tags=views.tags(exchange, say), sections=sections,
        facts=views.facts(exchange, named, say), first=first, rest=rest,
    )  # fmt: skip


@desk("/exchanges/{matter_id:uuid}/candidates")
async def candidates(page: Page) -> Response:
    """Neighbours who may enjoy it, and why; the worker asks one of them."""
    say, exchange, about = await _exchange(page)
    found = await page.ask(ShowCandidates(exchange_id=exchange.exchange_id, limit=10))
    named = await names(page, {each.participant_id for each in found.candidates})
    items = tuple(views.candidate(each, exchange.exchange_id, named, say) for each in found.candidates)
    section = Section("candidates", say("Neighbours who may enjoy it"), items,
                      empty=say("Nobody comes to mind now. Introduce people, or plan a gathering."))  # fmt: skip
    back = views.address(exchange.exchange_id)
    words_of_it = Item(title=about, quote=exchange.words or "", lines=(say.when(exchange.when),))
    return page.show(
        "desk/list.html", title=say("Ask a neighbour yourself"), about=about, back=back, back_here=back,
        intro=say("An order for this moment, kept nowhere. You know people better than any list."),
        sections=[Section("question", say("The question"), (words_of_it,)), section],
    )  # fmt: skip


@desk("/exchanges/{matter_id:uuid}/open")
async def open_draft(page: Page) -> Response:
    """A half question, or what was in doubt, goes on its way."""
    say, exchange, about = await _exchange(page)
    form = Form(
        say("Open this"), say("Send it on its way"), back=views.address(exchange.exchange_id), about=about,
        intro=(say("Put it in words that a neighbour can read: no name and no address."),),
        fields=(*_what(page, exchange), *((_consented(page),) if exchange.half else ())),
    )  # fmt: skip
    return await _done(page, form, lambda: made(
        page, form, OpenDraft, exchange_id=exchange.exchange_id, kind=page.text("kind"), words=page.text("words"),
        consented=page.text("consented"),
    ), "exchange-opened")  # fmt: skip


@desk("/exchanges/{matter_id:uuid}/deviate")
async def deviate(page: Page) -> Response:
    """A rule is set aside, with a reason: kept with the exchange, and as a note with the signal of that limit."""
    say, exchange, about = await _exchange(page)
    form = Form(
        say("Open it all the same, with a reason"),
        say("Open this"),
        back=views.address(exchange.exchange_id),
        about=about,
        intro=(
            *((say(called.WHY[exchange.why]),) if exchange.why else ()),
            say("You may set the rule aside. The reason is kept with it, for workers alone."),
        ),
        fields=(
            Field("reason", say("Why?"), "area", required=True, longest=500),
            _kind(page, exchange),
            *((_consented(page),) if exchange.half else ()),
        ),
    )
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    reason = page.text("reason")
    command = made(
        page, form, Deviate, exchange_id=exchange.exchange_id, reason=reason, kind=page.text("kind"),
        consented=page.text("consented"),
    )  # fmt: skip
    about_it = await _signals_of(page, exchange)
    await page.do(command, fields=form.places())
    for each in about_it:
        with contextlib.suppress(Mistakes):
            await page.do(WriteNote(signal_id=each, note=reason, about="deviation"))
    return page.go(form.back, said="rule-set-aside")


async def _signals_of(page: Page, exchange: Exchange) -> list[UUID]:
    """The signals that a limit of this exchange became; none where signals is away."""
    if exchange.participant_id is None:
        return []
    (found,) = await tried(page, ListSignals(participant_id=exchange.participant_id, limit=50))
    return [each.signal_id for each in found.signals if each.exchange_id == exchange.exchange_id] if found else []


@desk("/exchanges/{matter_id:uuid}/change")
async def change(page: Page) -> Response:
    """Other words or another moment, as long as nobody has said yes."""
    say, exchange, about = await _exchange(page)
    form = Form(
        say("Change the words or the moment"), say("Change it"), back=views.address(exchange.exchange_id), about=about,
        fields=(*_what(page, exchange), *when_fields(say, say("When?"), exchange.when, page.speech.zone)),
    )  # fmt: skip
    return await _done(page, form, lambda: made(
        page, form, ChangeExchange, exchange_id=exchange.exchange_id, kind=page.text("kind"), words=page.text("words"),
        when=when_given(page),
    ), "exchange-changed")  # fmt: skip


@desk("/exchanges/{matter_id:uuid}/reopen")
async def reopen(page: Page) -> Response:
    """Once more, with how they agreed."""
    say, exchange, about = await _exchange(page)
    form = Form(
        say("Open it again"), say("Open it again"), back=views.address(exchange.exchange_id), about=about,
        fields=(*when_fields(say, say("When?"), exchange.when, page.speech.zone), _consented(page)),
    )  # fmt: skip
    return await _done(page, form, lambda: made(
        page, form, ReopenExchange, exchange_id=exchange.exchange_id, when=when_given(page),
        consented=page.text("consented"),
    ), "exchange-opened")  # fmt: skip


@desk("/exchanges/{matter_id:uuid}/move")
async def move(page: Page) -> Response:
    """Another moment, on the word of one of the two."""
    say, exchange, about = await _exchange(page)
    form = Form(
        say("Another moment"), say("Change it"), back=views.address(exchange.exchange_id), about=about,
        fields=(await _whose(page, exchange), *when_fields(say, say("When?"), exchange.when, page.speech.zone)),
    )  # fmt: skip
    return await _done(page, form, lambda: made(
        page, form, MoveMoment, exchange_id=exchange.exchange_id, participant_id=page.text("participant"),
        when=when_given(page),
    ), "moment-moved")  # fmt: skip


@desk("/exchanges/{matter_id:uuid}/cancel")
async def cancel(page: Page) -> Response:
    """One of them can't; the others hear it kindly."""
    say, exchange, about = await _exchange(page)
    form = Form(
        say("It can't go ahead"), say("Tell the others"), back=views.address(exchange.exchange_id), about=about,
        intro=(say("No reason is needed. The others hear it kindly, and somebody else may be found."),),
        fields=(await _whose(page, exchange, say("Who can't?")),),
    )  # fmt: skip
    return await _done(page, form, lambda: made(
        page, form, CancelAgreement, exchange_id=exchange.exchange_id, participant_id=page.text("participant")
    ), "agreement-cancelled")  # fmt: skip


@desk("/exchanges/{matter_id:uuid}/thanks")
async def thanks(page: Page) -> Response:
    """A word of thanks, told on the phone or at the door."""
    say, exchange, about = await _exchange(page)
    form = Form(
        say("Record thanks"),
        say("Pass it on"),
        back=views.address(exchange.exchange_id),
        about=about,
        fields=(
            await _whose(page, exchange, say("Who says it?")),
            Field("words", say("What did they say?"), "area", required=True, longest=280),
            Field(
                "how",
                say("How did you hear it?"),
                "radios",
                options(called.ANSWER_HOW, say),
                required=True,
                value="phone",
            ),
        ),
    )
    return await _done(page, form, lambda: made(
        page, form, SayThanks, exchange_id=exchange.exchange_id, participant_id=page.text("participant"),
        words=page.text("words"), how=page.text("how"),
    ), "thanks-passed-on")  # fmt: skip


async def _done(page: Page, form: Form, command: Callable[[], Command], said: str) -> Response:
    """The form, or what it does and back to the exchange."""
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    await page.do(command(), fields=form.places())
    return page.go(form.back, said=said)


async def _exchange(page: Page) -> Any:
    """The words, the exchange of this page, and whose it is."""
    me(page)
    exchange: Exchange = await page.ask(ShowExchange(exchange_id=page.matter_id))
    named = await names(page, {exchange.participant_id} if exchange.participant_id else ())
    return words(page), exchange, named.person(exchange.participant_id)


async def _whose(page: Page, exchange: Exchange, label: str = "") -> Field:
    """One of those who have agreed."""
    ids = [each for each in (exchange.participant_id, *(other.participant_id for other in exchange.others)) if each]
    named = await names(page, set(ids))
    people = [Option(str(each), named.person(each)) for each in ids]
    return Field("participant", label or words(page).say("Whose word is it?"), "radios", people, required=True,
                 about=("participant_id",))  # fmt: skip


def _what(page: Page, exchange: Exchange) -> tuple[Field, ...]:
    say = words(page)
    return (
        _kind(page, exchange),
        Field("words", say("In a sentence"), "area", longest=280, value=exchange.words or "",
              hint=say("Neighbours read this: no name and no address.")),
    )  # fmt: skip


def _kind(page: Page, exchange: Exchange) -> Field:
    say = words(page)
    choices = [Option("", say("The words say it")), *kinds(page)]
    return Field("kind", say("What kind of thing?"), "select", choices, value=exchange.kind or "")


def _consented(page: Page) -> Field:
    say = words(page)
    return Field("consented", say("How did they agree?"), "radios", options(called.RECORDED, say), required=True)
