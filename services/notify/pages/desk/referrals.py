"""Referrals: the list, one, and what its worker does with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from starlette.responses import Response

from services.notify.pages.choices import LANGUAGE_NAMES
from services.notify.pages.desk import words as called
from services.notify.pages.desk.at import (
    Words,
    asks,
    either,
    end_of,
    made,
    me,
    names,
    of_places,
    person,
    places,
    signal_kinds,
    words,
)
from services.notify.pages.desk.forms import Field, Form, Option, options, told
from services.notify.pages.desk.views import referrals as views
from services.notify.pages.desk.views.parts import Names, Section
from services.notify.pages.page import Page
from services.notify.pages.registry import desk
from shared import clock
from shared.contracts.envelope import Command
from shared.contracts.profiles import ParticipantDetails, Reach
from shared.contracts.signals import (
    CancelReferral,
    DraftReferral,
    GiveReferralConsent,
    KeepOpen,
    ListReferrals,
    MarkInError,
    Referral,
    ReferralSummary,
    ShowReferral,
    WithdrawReferralConsent,
    WriteDetails,
)

ASKED = ("requested", "accepted", "in-progress", "on-hold")
STOPPED = (
    "found-another-way", "declined-by-person", "other-service-fits-better", "no-answer", "moved-away", "person-left",
    "service-ended", "other",
)  # fmt: skip
"""Why a worker stops a referral."""


@desk("/referrals")
async def all_referrals(page: Page) -> Response:
    """Those that go on in this worker's neighbourhoods; on demand those that ended."""
    say, mine, here, now = words(page), me(page).worker_id, places(page), clock.now()
    ended = page.request.query_params.get("show") == "ended"
    queries = [ListReferrals(neighbourhood_id=each, open_only=not ended, limit=100) for each in here]
    found = await of_places(page, ListReferrals(worker_id=mine, open_only=not ended, limit=100), *queries)
    shown = {each.referral_id: each for answer in found for each in answer.referrals}
    if ended:
        shown = {id_: each for id_, each in shown.items() if each.state in views.ENDED}
    named = await names(page, {each.participant_id for each in shown.values()})
    groups = _ended(list(shown.values()), say) if ended else _running(list(shown.values()), say, now)
    sections = [
        Section(key, heading, tuple(views.line(each, named, say, now) for each in those))
        for key, heading, those in groups
    ]
    return page.show("desk/referrals.html", sections=sections, show="ended" if ended else "", nothing=not shown)


def _running(found: list[ReferralSummary], say: Words, now: datetime) -> list[tuple[str, str, list[ReferralSummary]]]:
    late = [each for each in found if each.decide_by and each.decide_by <= now]
    waits = [each for each in found if each.state == "requested" and each not in late]
    return [
        ("late", say("No answer came: decide"), late),
        ("drafts", say("Being prepared"), [each for each in found if each.state == "draft"]),
        ("asked", say("Waits for an answer"), waits),
        ("under-way", say("Under way"),
         [each for each in found if each.state in ASKED and each not in late and each not in waits]),
    ]  # fmt: skip


def _ended(found: list[ReferralSummary], say: Words) -> list[tuple[str, str, list[ReferralSummary]]]:
    return [("ended", say("Ended"), found)]


@desk("/referrals/{matter_id:uuid}")
async def one_referral(page: Page) -> Response:
    """A referral, where it stands, and what can be done with it."""
    me(page)
    say, referral = words(page), await _referral(page)
    named = await names(page, {referral.participant_id})
    now = clock.now()
    first, rest = views.actions(referral, say, now)
    return page.show(
        "desk/referral.html", referral=referral, title=named.person(referral.participant_id),
        state=views.state(referral, say), waiting=views.waiting(referral, say, now), late=views.is_late(referral, now),
        preparing=views.preparing(referral, say) if referral.state == "draft" else [],
        facts=views.facts(referral, named, say), consent=views.consent(referral, named, say),
        steps=views.steps(referral, named, say), first=first, rest=rest,
    )  # fmt: skip


@desk("/referrals/{matter_id:uuid}/details")
async def details(page: Page) -> Response:
    """What the service gets to know, gone through with the person: filled in from what profiles holds."""
    say, referral = words(page), await _referral(page)
    someone = await person(page, referral.participant_id)
    form = Form(
        say("Go through the details together"), say("Keep the details"), back=views.address(referral.referral_id),
        about=someone.name or "",
        intro=(
            say("What the service may see is only what the person agrees to in the next step."),
            say("Empty what is not to be passed on."),
        ),
        fields=(*_person_fields(page, someone), Field(
            "question", say("The question, in the words of the person"), "area", longest=4000,
            hint=say("What would they like? Only what the service has to know to begin."),
        )),
    )  # fmt: skip
    if referral.has_details and not page.mistakes:
        again = say("The details were filled in before. They are kept where nobody can read them: fill them in anew.")
        form = Form(form.title, form.send, (told(again), *form.fields), form.intro, form.back, form.about)
    if not page.posted:
        return asks(page, form)
    by, phone, email = page.text("by"), page.text("phone"), page.text("email")
    either((bool(by) and by in ("phone", "email") and not page.text(by), by or "by", "missing"))
    reach = made(page, form, Reach, by=by, phone=phone, email=email) if by and (phone or email) else None
    command = made(
        page, form, WriteDetails, referral_id=referral.referral_id, name=page.text("name"), reach=reach,
        address=page.text("address"), languages=page.several("languages"), question=page.text("question"),
    )  # fmt: skip
    await page.do(command, fields=form.places())
    return page.go(f"{views.address(referral.referral_id)}/consent", said="details-kept")


def _person_fields(page: Page, someone: ParticipantDetails) -> tuple[Field, ...]:
    say, reach = words(page), someone.reach
    ways = {key: called.WAY[key] for key in ("phone", "email")}
    known = list(dict.fromkeys([*(someone.languages or ()), *page.policy.languages]))
    return (
        Field("name", say("Name"), value=someone.name or "", longest=200),
        Field(
            "by",
            say("How do they like to be reached?"),
            "radios",
            options(ways, say),
            about=("reach", "reach.by"),
            value=reach.by if reach and reach.by in ways else "phone" if reach and reach.phone else "",
        ),
        Field("phone", say("Phone number"), "tel", value=(reach.phone if reach else "") or "", about=("reach.phone",)),
        Field(
            "email", say("E-mail address"), "email", value=(reach.email if reach else "") or "", about=("reach.email",)
        ),
        Field("address", say("Address"), longest=300),
        Field(
            "languages",
            say("Languages"),
            "checks",
            [Option(each, LANGUAGE_NAMES.get(each, each)) for each in known],
            values=frozenset(someone.languages or ()),
        ),
    )


@desk("/referrals/{matter_id:uuid}/consent")
async def consent(page: Page) -> Response:
    """Which fields, until when, how they said so and whose word it is; given again, it takes the place of the last."""
    say, referral = words(page), await _referral(page)
    named = await names(page, {referral.participant_id})
    before = referral.consent if referral.consent and referral.consent.ended_at is None else None
    filled = tuple(referral.has_details)
    ends = clock.now().astimezone(page.speech.zone) + timedelta(days=page.policy.referrals.consent_days)
    form = Form(
        say("What the person agrees to"),
        say("Record the consent"),
        back=views.address(referral.referral_id),
        about=_whereto(referral, named, say),
        intro=(
            say(
                "Read it out: the service sees only this, only until that day. The person can take it back at any time."
            ),
        ),
        fields=(
            Field(
                "fields",
                say("What may the service see?"),
                "checks",
                options(called.REFERRAL_FIELD, say, filled),
                required=True,
                values=frozenset(before.fields if before else filled),
            ),
            Field(
                "until",
                say("Until when?"),
                "date",
                required=True,
                value=f"{page.speech.last_day(before.until) if before else ends:%Y-%m-%d}",
            ),
            Field(
                "how",
                say("How did they agree?"),
                "radios",
                options(called.RECORDED, say),
                required=True,
                value=before.how if before else "spoken",
            ),
            Field(
                "on_word_of",
                say("Whose word is it?"),
                "radios",
                value="participant",
                required=True,
                options=options(called.ON_WHOSE_WORD, say, ("participant", "relative")),
            ),
        ),
    )
    if not filled:
        return page.go(f"{views.address(referral.referral_id)}/details")
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    command = made(
        page, form, GiveReferralConsent, referral_id=referral.referral_id, fields=page.several("fields"),
        until=end_of(page, "until"), how=page.text("how"), on_word_of=page.text("on_word_of"),
    )  # fmt: skip
    await page.do(command, fields=form.places())
    return page.go(views.address(referral.referral_id), said="consent-recorded")


@desk("/referrals/{matter_id:uuid}/withdraw")
async def withdraw(page: Page) -> Response:
    """The person takes back their consent: access ends and the referral is cancelled in the same moment."""
    return await _ask_about(
        page, "withdraw", "consent-withdrawn",
        lambda referral, _: WithdrawReferralConsent(referral_id=referral.referral_id),
        grave=True,
    )  # fmt: skip


@desk("/referrals/{matter_id:uuid}/cancel")
async def cancel(page: Page) -> Response:
    """It doesn't go on, and why."""
    say = words(page)
    reason = Field("reason", say("Why?"), "radios", options(called.REFERRAL_REASON, say, STOPPED), required=True)
    return await _ask_about(
        page,
        "cancel",
        "referral-stopped",
        lambda referral, form: made(
            page, form, CancelReferral, referral_id=referral.referral_id, reason=page.text("reason")
        ),
        fields=(reason,),
        grave=True,
    )


@desk("/referrals/{matter_id:uuid}/mistake")
async def mistake(page: Page) -> Response:
    """It should never have been made."""
    return await _ask_about(
        page, "mistake", "referral-mistake",
        lambda referral, _: MarkInError(referral_id=referral.referral_id),
        grave=True,
    )  # fmt: skip


@desk("/referrals/{matter_id:uuid}/keep-open")
async def keep_open(page: Page) -> Response:
    """It may stay unanswered until a day."""
    say = words(page)
    soon = clock.now().astimezone(page.speech.zone) + timedelta(days=14)
    day = Field("until", say("Until which day?"), "date", required=True, value=f"{soon:%Y-%m-%d}",
                hint=say("Ring the service first: often that is all it takes."))  # fmt: skip
    return await _ask_about(
        page,
        "keep-open",
        "referral-kept-open",
        lambda referral, form: made(
            page, form, KeepOpen, referral_id=referral.referral_id, until=end_of(page, "until")
        ),
        fields=(day,),
    )


@desk("/referrals/{matter_id:uuid}/retry")
async def retry(page: Page) -> Response:
    """A new referral to the same service, which names this one."""
    say, referral = words(page), await _referral(page)
    named = await names(page, {referral.participant_id})
    kind = Field(
        "kind", say("What is it about?"), "select", signal_kinds(page), value=referral.kind or "other", required=True
    )
    form = Form(
        say("Try the same service again"), say("Prepare it"), back=views.address(referral.referral_id), fields=(kind,),
        about=_whereto(referral, named, say),
        intro=(say("A new referral begins. The details and the consent are gone through again."),),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    command = made(
        page, form, DraftReferral, participant_id=referral.participant_id, service_id=referral.service_id,
        kind=page.text("kind"), signal_id=referral.signal_id, previous_id=referral.referral_id, follows_as="retry",
    )  # fmt: skip
    ref = await page.do(command, fields=form.places())
    return page.go(f"{views.address(ref.referral_id)}/details", said="referral-drafted")


async def _ask_about(
    page: Page, what: str, said: str, command: Callable[[Referral, Form], Command], *, fields: Sequence[Field] = (),
    grave: bool = False,
) -> Response:  # fmt: skip
    """A form about this referral, and what it does."""
    say, referral, form_words = words(page), await _referral(page), called.REFERRAL_FORM
    named = await names(page, {referral.participant_id})
    intro = (say(form_words[f"{what}-intro"]),) if f"{what}-intro" in form_words else ()
    form = Form(
        say(form_words[what]),
        say(form_words[f"{what}-send"]),
        tuple(fields),
        intro,
        views.address(referral.referral_id),
        _whereto(referral, named, say),
        grave,
    )
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    await page.do(command(referral, form), fields=form.places())
    return page.go(views.address(referral.referral_id), said=said)


def _whereto(referral: Referral, named: Names, say: Words) -> str:
    return say("{one} → {other}", one=named.person(referral.participant_id), other=referral.service_name)


async def _referral(page: Page) -> Referral:
    found: Referral = await page.ask(ShowReferral(referral_id=page.matter_id))
    return found
