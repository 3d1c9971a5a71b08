"""Signals: the list, one, and what its worker does with it."""

from __future__ import annotations

from uuid import UUID

from starlette.responses import Response

from services.notify.pages.desk import words as called
from services.notify.pages.desk.at import asks, either, made, me, names, of_places, person, places, signal_kinds, words
from services.notify.pages.desk.choosing import choose_person
from services.notify.pages.desk.forms import Field, Form, Option, hidden, options
from services.notify.pages.desk.views import signals as views
from services.notify.pages.desk.views.parts import Do, Item, Names, Section
from services.notify.pages.page import Page
from services.notify.pages.registry import desk
from services.notify.pages.trouble import Mistakes
from services.notify.repository import desk as repository
from shared.contracts.signals import (
    ChangeSignal,
    CloseSignal,
    ListSignals,
    Notes,
    OfferSignal,
    RaiseSignal,
    ReadNotes,
    ShowSignal,
    Signal,
    SignalStage,
    SnoozeSignal,
    StartMediation,
    WriteNote,
)

RESTING: dict[str, SignalStage] = {"snoozed": "snoozed", "closed": "closed"}


@desk("/signals")
async def all_signals(page: Page) -> Response:
    """What this worker has, what waits in their neighbourhoods, and what rests."""
    say, mine, here = words(page), me(page).worker_id, places(page)
    stage = RESTING.get(page.request.query_params.get("show", ""))
    queries = [ListSignals(neighbourhood_id=each, stage=stage, limit=100) for each in here]
    found = await of_places(page, ListSignals(worker_id=mine, stage=stage, limit=100), *queries)
    unique = {each.signal_id: each for answer in found for each in answer.signals}
    shown = list(unique.values())
    named = await names(page, views.people(shown))

    def lines(*, ours: bool) -> tuple[Item, ...]:
        return tuple(
            views.line(each, named, say, mine) for each in shown
            if (mine in (each.worker_id, each.offered_to) or each.stage == "open") == ours
        )  # fmt: skip

    sections = [
        Section("mine", say("For you"), lines(ours=True), empty=say("Nothing waits for you here.")),
        Section("others", say("With your colleagues"), lines(ours=False)),
    ]
    if stage:
        sections = [Section(stage, say(called.SIGNAL_STAGE[stage]), lines(ours=True) + lines(ours=False),
                            empty=say("There is nothing here."))]  # fmt: skip
    return page.show("desk/signals.html", sections=sections, show=stage or "")


@desk("/signals/raise")
async def raise_signal(page: Page) -> Response:
    """Something noticed about someone: kind, urgency, whose word, and a note for the worker's eyes alone."""
    participant_id = await choose_person(page, "/desk/signals/raise", title=words(page).say("Raise a signal"))
    if isinstance(participant_id, Response):
        return participant_id
    say, someone = words(page), await person(page, participant_id)
    form = Form(
        say("Raise a signal"), say("Raise the signal"), back=f"/desk/people/{participant_id}", about=someone.name or "",
        intro=(say("Write down as little as possible. Only the worker of the neighbourhood and the backup see it."),),
        fields=(
            Field("kind", say("What is it about?"), "select", signal_kinds(page), required=True),
            Field("urgency", say("When should somebody look at it?"), "radios", options(called.URGENCY, say),
                  value="this-week", required=True),
            Field("on_word_of", say("Whose word is it?"), "radios", options(called.ON_WORD_OF, say), value="worker"),
            Field("note", say("Note"), "area", longest=4000,
                  hint=say("If it has to be. Only you and the backup can read it, and each reading is recorded.")),
            *hidden(participant_id=participant_id, exchange_id=page.request.query_params.get("exchange")),
        ),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    command = made(page, form, RaiseSignal, participant_id=participant_id, kind=page.text("kind"),
        urgency=page.text("urgency"), on_word_of=page.text("on_word_of"), exchange_id=page.id("exchange_id"),
    )  # fmt: skip
    raised = await page.do(command, fields=form.places())
    said = "signal-raised"
    if note := page.text("note"):
        try:
            await page.do(made(page, form, WriteNote, signal_id=raised.signal_id, note=note))
        except Mistakes:
            said = "signal-raised-without-note"
    return page.go(views.address(raised.signal_id), said=said)


@desk("/signals/{matter_id:uuid}")
async def one_signal(page: Page) -> Response:
    """A signal, and what can be done with it."""
    say, mine = words(page), me(page).worker_id
    signal: Signal = await page.ask(ShowSignal(signal_id=page.matter_id))
    return await _show(page, signal, await _names(page, signal), None, views.actions, mine, say)


@desk("/signals/{matter_id:uuid}/notes")
async def notes(page: Page) -> Response:
    """The notes, once the worker asks for them: each reading is recorded. And a new one."""
    say, mine = words(page), me(page).worker_id
    signal: Signal = await page.ask(ShowSignal(signal_id=page.matter_id))
    if page.posted and page.text("what") == "write":
        form = _note_form(page)
        form.check(page.given)
        await page.do(made(page, form, WriteNote, signal_id=signal.signal_id, note=page.text("note")))
        return page.go(views.address(signal.signal_id), said="note-written")
    read = await _read(page, signal) if page.posted else None
    return await _show(page, signal, await _names(page, signal), read, views.actions, mine, say)


async def _read(page: Page, signal: Signal) -> Notes:
    found: Notes = await page.do(ReadNotes(signal_id=signal.signal_id))
    while found.next is not None:
        more: Notes = await page.do(ReadNotes(signal_id=signal.signal_id, after=found.next))
        found = more.model_copy(update={"notes": [*found.notes, *more.notes]})
    return found


async def _show(page: Page, signal: Signal, named: Names, read, actions, mine: UUID, say) -> Response:  # type: ignore[no-untyped-def]
    first, rest = actions(signal, named, say, mine)
    return page.show(
        "desk/signal.html", signal=signal, title=named.person(signal.participant_id), tags=views.tags(signal, say),
        facts=views.facts(signal, named, say), steps=views.steps(signal, named, say), first=first, rest=rest,
        mediation=views.mediation(signal.mediation, named, say) if signal.mediation else None,
        read=views.notes(read, named, say) if read else None, note=_note_form(page),
    )  # fmt: skip


async def _names(page: Page, signal: Signal) -> Names:
    others = {signal.mediation.participant_id, signal.mediation.other_id} if signal.mediation else set()
    return await names(page, {signal.participant_id} | others)


def _note_form(page: Page) -> Form:
    say = words(page)
    hint = say("Only you and the backup can read it, and each reading is recorded.")
    field = Field("note", say("A new note"), "area", hint=hint, required=True, longest=4000)
    return Form(say("Write a note"), say("Keep the note"), (field,))


@desk("/signals/{matter_id:uuid}/close")
async def close(page: Page) -> Response:
    """How it ended; or a day to look again."""
    say, signal, about = await _signal(page)
    form = Form(
        say("Close the signal"), say("Close it"), back=views.address(signal.signal_id), about=about,
        fields=(
            Field("outcome", say("How did it end?"), "radios", options(called.OUTCOME, say), required=True),
            Field("look_again_on", say("Look again on"), "date", about=("",),
                  hint=say("For keeping an eye on it: it comes before you again that day.")),
        ),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    outcome, day = page.text("outcome"), page.day("look_again_on")
    either((outcome == "keep-an-eye" and day is None, "look_again_on", "missing"))
    command = made(page, form, CloseSignal, signal_id=signal.signal_id, outcome=outcome,
        look_again_on=day if outcome == "keep-an-eye" else None,
    )  # fmt: skip
    await page.do(command, fields=form.places())
    onward = {"referral": f"/desk/refer/{signal.participant_id}?signal={signal.signal_id}"}
    return (
        page.go(onward.get(outcome) or "/desk/signals", said="signal-closed")
        if outcome not in onward
        else page.go(f"/desk/refer/{signal.participant_id}", said="signal-closed", signal=str(signal.signal_id))
    )


@desk("/signals/{matter_id:uuid}/snooze")
async def snooze(page: Page) -> Response:
    """Not before a day."""
    say, signal, about = await _signal(page)
    form = Form(
        say("Put off until later"), say("Put it off"), back=views.address(signal.signal_id), about=about,
        fields=(Field("until", say("Until which day?"), "date", required=True,
                      hint=say("It comes before you again that day.")),),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    await page.do(SnoozeSignal(signal_id=signal.signal_id, until=page.day("until")), fields=form.places())  # type: ignore[arg-type]
    return page.go("/desk/signals", said="signal-snoozed")


@desk("/signals/{matter_id:uuid}/offer")
async def offer(page: Page) -> Response:
    """Ask a colleague to take it over: the backup first."""
    say, signal, about = await _signal(page)
    worker = me(page)
    found = await page.context.look(lambda tx: repository.colleagues(tx, worker))
    found.sort(key=lambda each: each.worker_id != worker.backup_id)
    form = Form(
        say("Ask a colleague to take it over"), say("Ask"), back=views.address(signal.signal_id), about=about,
        intro=(say("It stays yours until your colleague agrees."),),
        fields=(
            Field("worker_id", say("Which colleague?"), "radios", required=True, options=[
                Option(str(each.worker_id), each.name, say("Your backup") if each.worker_id == worker.backup_id else "")
                for each in found
            ], value=str(worker.backup_id or "")),
        ),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    command = made(page, form, OfferSignal, signal_id=signal.signal_id, worker_id=page.text("worker_id"))
    await page.do(command, fields=form.places())
    return page.go(views.address(signal.signal_id), said="signal-offered")


@desk("/signals/{matter_id:uuid}/change")
async def change(page: Page) -> Response:
    """Another kind, more or less urgent."""
    say, signal, about = await _signal(page)
    form = Form(
        say("Change how urgent it is, or what it is about"), say("Change it"), back=views.address(signal.signal_id),
        about=about,
        fields=(
            Field("urgency", say("When should somebody look at it?"), "radios", options(called.URGENCY, say),
                  value=signal.urgency, required=True),
            Field("kind", say("What is it about?"), "select", signal_kinds(page), value=signal.kind, required=True),
        ),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    command = made(
        page, form, ChangeSignal, signal_id=signal.signal_id, kind=page.text("kind"), urgency=page.text("urgency")
    )
    await page.do(command, fields=form.places())
    return page.go(views.address(signal.signal_id), said="signal-changed")


@desk("/signals/{matter_id:uuid}/join")
async def join(page: Page) -> Response:
    """Other signals of the same person, to go on as one."""
    say, signal, about = await _signal(page)
    found = await page.ask(ListSignals(participant_id=signal.participant_id, limit=50))
    others = [each for each in found.signals if each.signal_id != signal.signal_id]
    named = await names(page, {signal.participant_id})
    items = tuple(
        Item(
            title=say.signal_kind(each.kind),
            to=views.address(each.signal_id),
            lines=(views.standing(each, named, say),),
            when=say.day(each.raised_at),
            tags=views.tags(each, say)[:1],
            doing=(
                Do(
                    say("Go on as this one"),
                    "join-signal",
                    {"signal_id": str(signal.signal_id), "into_id": str(each.signal_id)},
                    main=True,
                    whom=say.signal_kind(each.kind),
                ),
            ),
        )
        for each in others
    )
    section = Section("others", say("Other signals of the same person"), items,
                      empty=say("There is no other signal of this person."))  # fmt: skip
    return page.show(
        "desk/list.html", title=say("Join with another signal"), about=about, back=views.address(signal.signal_id),
        intro=say("Both are the same matter: one goes on, with the notes of both."), sections=[section],
        back_here=views.address(signal.signal_id),
    )  # fmt: skip


@desk("/signals/{matter_id:uuid}/mediate")
async def mediate(page: Page) -> Response:
    """Between whom: the person whom the signal is about, and somebody else."""
    say, signal, about = await _signal(page)
    other = await choose_person(
        page, f"/desk/signals/{signal.signal_id}/mediate", title=say("Mediate between two people"),
        question=say("Who is the other one?"), back=views.address(signal.signal_id),
    )  # fmt: skip
    if isinstance(other, Response):
        return other
    someone = await person(page, other)
    form = Form(
        say("Mediate between two people"), say("Begin the mediation"), back=views.address(signal.signal_id),
        about=say("{one} and {other}", one=about, other=someone.name or ""),
        intro=(say("You speak with each of the two first, and only then with both together."),),
        fields=hidden(participant_id=other),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    command = StartMediation(signal_id=signal.signal_id, participant_id=signal.participant_id, other_id=other)
    await page.do(command, fields=form.places())
    return page.go(views.address(signal.signal_id), said="mediation-started")


async def _signal(page: Page):  # type: ignore[no-untyped-def]
    """The words, the signal of this page, and whom it is about."""
    me(page)
    signal: Signal = await page.ask(ShowSignal(signal_id=page.matter_id))
    named = await names(page, {signal.participant_id})
    return words(page), signal, named.person(signal.participant_id)
