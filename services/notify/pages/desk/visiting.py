"""What a worker notes about someone they spoke with: a visit, an introduction, a circle, a pause."""

from __future__ import annotations

from uuid import UUID

from starlette.responses import Response

from services.notify.pages.desk import words as called
from services.notify.pages.desk.at import (
    asks,
    end_of,
    made,
    me,
    names,
    now_on_clock,
    person,
    signal_kinds,
    start_of,
    words,
)
from services.notify.pages.desk.choosing import choose_person
from services.notify.pages.desk.forms import Field, Form, hidden, options, told
from services.notify.pages.desk.views import people as views
from services.notify.pages.page import Page
from services.notify.pages.registry import desk
from shared.contracts.exchange import Introduce
from shared.contracts.profiles import (
    AskIntoCircle,
    EraseParticipant,
    GiveMandate,
    LeaveNetwork,
    ParticipantDetails,
    PauseParticipant,
    RecordVisit,
    ReturnToMatching,
    TakeOutOfMatching,
)
from shared.contracts.signals import RaiseSignal, WriteNote


@desk("/visit")
async def visit_anyone(page: Page) -> Response:
    """A visit to whoever is chosen."""
    chosen = await choose_person(page, "/desk/visit", title=words(page).say("Record a visit"))
    return chosen if isinstance(chosen, Response) else page.go(f"{views.address(chosen)}/visit")


@desk("/people/{matter_id:uuid}/visit")
async def visit(page: Page) -> Response:
    """Who and when; there is no box for what was said."""
    say, someone = words(page), await _someone(page)
    form = Form(
        say("Record a visit"), say("Record the visit"), back=views.address(page.matter_id), about=someone.name or "",
        intro=(say("Only that you spoke with each other, and when. What was said stays between you."),),
        fields=(
            Field("visited_at", say("When?"), "moment", value=now_on_clock(page), required=True),
            Field("next", say("And then?"), "radios", value="person", options=[
                *options(called.AFTER_A_VISIT, say)]),
        ),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    at = page.moment("visited_at", "visited_at_time")
    command = made(page, form, RecordVisit, participant_id=page.matter_id, worker_id=me(page).worker_id, visited_at=at)
    await page.do(command, fields=form.places())
    if page.text("next") == "signal":
        return page.go("/desk/signals/raise", said="visit-recorded", participant=str(page.matter_id))
    return page.go(views.address(page.matter_id) + ("/enjoys" if page.text("next") == "enjoys" else ""),
                   said="visit-recorded")  # fmt: skip


@desk("/introduce")
async def introduce_anyone(page: Page) -> Response:
    """An introduction of whoever is chosen first."""
    chosen = await choose_person(page, "/desk/introduce", title=words(page).say("Introduce two people"))
    return chosen if isinstance(chosen, Response) else page.go(f"{views.address(chosen)}/introduce")


@desk("/people/{matter_id:uuid}/introduce")
async def introduce(page: Page) -> Response:
    """Two people whom the worker brought together: they know each other from now on."""
    say = words(page)
    pair = await _pair(page, "introduce", say("Introduce to somebody"), say("To whom were they introduced?"))
    if isinstance(pair, Response):
        return pair
    other, both = pair
    form = Form(
        say("Introduce to somebody"), say("They have met"), back=views.address(page.matter_id), about=both,
        intro=(say("You brought the two together. From now on they count as people who know each other."),),
        fields=hidden(participant_id=other),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    await page.do(Introduce(participant_id=page.matter_id, other_id=other), fields=form.places())
    return page.go(views.address(page.matter_id), said="introduced")


@desk("/people/{matter_id:uuid}/circle")
async def circle(page: Page) -> Response:
    """Ask somebody, on this person's word, whether the two can fall back on each other."""
    say = words(page)
    pair = await _pair(page, "circle", say("Ask into a circle"), say("Whom would they like in their circle?"))
    if isinstance(pair, Response):
        return pair
    other, both = pair
    form = Form(
        say("Ask into a circle"), say("Ask"), back=views.address(page.matter_id), about=both,
        intro=(say("The other one is asked quietly, and can say yes or no. A no is told to nobody."),),
        fields=hidden(participant_id=other),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    await page.do(AskIntoCircle(participant_id=page.matter_id, other_id=other), fields=form.places())
    return page.go(views.address(page.matter_id), said="circle-asked")


@desk("/people/{matter_id:uuid}/mandate")
async def mandate(page: Page) -> Response:
    """Who may answer for someone, on whose word, until when."""
    say = words(page)
    pair = await _pair(page, "mandate", say("Who may answer for them"), say("Who may answer for this person?"))
    if isinstance(pair, Response):
        return pair
    other, both = pair
    form = Form(
        say("Who may answer for them"), say("Record the mandate"), back=views.address(page.matter_id), about=both,
        fields=(
            told(say("The second one may answer for the first. Either can end it at any time.")),
            Field("on_word_of", say("Whose word is it?"), "radios", options(called.ON_WORD_OF, say),
                  value="participant", required=True),
            Field("until", say("Until when?"), "date", hint=say("Leave it empty when no day was agreed.")),
            *hidden(participant_id=other),
        ),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    command = made(
        page,
        form,
        GiveMandate,
        participant_id=page.matter_id,
        holder_id=other,
        on_word_of=page.text("on_word_of"),
        until=end_of(page, "until"),
    )
    await page.do(command, fields=form.places())
    return page.go(views.address(page.matter_id), said="mandate-recorded")


@desk("/people/{matter_id:uuid}/pause")
async def pause(page: Page) -> Response:
    """Nothing is asked of them for a while."""
    say, someone = words(page), await _someone(page)
    form = Form(
        say("Pause"), say("Pause"), back=views.address(page.matter_id), about=someone.name or "",
        intro=(say("Nothing is asked of them for a while. No reason is needed."),),
        fields=(Field("until", say("Until when?"), "date", hint=say("Leave it empty: then until they say so.")),),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    until = start_of(page, "until")
    await page.do(made(page, form, PauseParticipant, participant_id=page.matter_id, until=until),
                  fields=form.places())  # fmt: skip
    return page.go(views.address(page.matter_id), said="paused-for-them")


@desk("/people/{matter_id:uuid}/leave")
async def leave(page: Page) -> Response:
    """Out of the network, or erased for good: on the person's own word."""
    say, someone = words(page), await _someone(page)
    form = Form(
        say("Leave the network"),
        say("Do it"),
        back=views.address(page.matter_id),
        about=someone.name or "",
        grave=True,
        intro=(say("Only when the person asks for it. No reason is needed, and nobody is told."),),
        fields=(
            Field(
                "what",
                say("What does the person want?"),
                "radios",
                required=True,
                value="leave",
                options=options(called.LEAVING, say),
            ),
        ),
    )
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    erase = page.text("what") == "erase"
    await page.do((EraseParticipant if erase else LeaveNetwork)(participant_id=page.matter_id), fields=form.places())
    return page.go("/desk/people" if erase else views.address(page.matter_id), said="erasing" if erase else "left")


@desk("/people/{matter_id:uuid}/out-of-matching")
async def out_of_matching(page: Page) -> Response:
    """No questions between neighbours; gatherings stay open. The reason becomes a note in signals, and nothing else."""
    return await _matching(page, out=True)


@desk("/people/{matter_id:uuid}/into-matching")
async def into_matching(page: Page) -> Response:
    """Questions between neighbours again."""
    return await _matching(page, out=False)


async def _matching(page: Page, *, out: bool) -> Response:
    say, someone = words(page), await _someone(page)
    title = say("No questions between neighbours") if out else say("Questions between neighbours again")
    intro = (
        say("Somebody who asks for more than neighbours can do stays in the network: gatherings stay open to them."),
    )
    form = Form(
        title, say("Do it"), back=views.address(page.matter_id), about=someone.name or "", intro=intro if out else (),
        fields=(
            Field("kind", say("What is it about?"), "select", signal_kinds(page), value="other", required=True),
            Field("note", say("Why?"), "area", required=True, longest=4000,
                  hint=say("It is kept as a note with a signal: only you and the backup can read it.")),
        ),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    id_ = page.matter_id
    raised = await page.do(made(page, form, RaiseSignal, participant_id=id_, kind=page.text("kind"), urgency="watch"),
                           fields=form.places())  # fmt: skip
    note = made(page, form, WriteNote, signal_id=raised.signal_id, note=page.text("note"), about="out-of-matching")
    await page.do(note, fields=form.places())
    await page.do((TakeOutOfMatching if out else ReturnToMatching)(participant_id=id_), fields=form.places())
    return page.go(views.address(id_), said="out-of-matching" if out else "into-matching")


async def _someone(page: Page) -> ParticipantDetails:
    me(page)
    return await person(page, page.matter_id)


async def _pair(page: Page, what: str, title: str, question: str) -> tuple[UUID, str] | Response:
    """The other of two people, and what both are called; or the page to choose on."""
    at = views.address(page.matter_id)
    other = await choose_person(page, f"{at}/{what}", title=title, question=question, back=at)
    if isinstance(other, Response):
        return other
    named = await names(page, {page.matter_id, other})
    say = words(page)
    return other, say("{one} and {other}", one=named.person(page.matter_id), other=named.person(other))
