"""Someone's entry: registered, and changed; talents and wishes first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

from services.notify.pages.choices import LANGUAGE_NAMES
from services.notify.pages.desk import words as called
from services.notify.pages.desk.at import asks, either, kinds, made, me, names, person, places, words
from services.notify.pages.desk.forms import Field, Form, Option, options
from services.notify.pages.desk.views import people as views
from services.notify.pages.page import Page
from services.notify.pages.registry import desk
from services.notify.pages.trouble import Mistakes
from shared.contracts.profiles import (
    ChangeParticipant,
    Enjoyment,
    ListOrganisations,
    Reach,
    RecordVisit,
    RegisterParticipant,
)

MANY = 3
"""Lines for what the list has no word for."""


@desk("/register")
async def register(page: Page) -> Response:
    """Someone new, on their word: a name, how to reach them, what they enjoy. No more than that is asked."""
    say, here, named = words(page), places(page), await names(page)
    places_ = [Option(each, named.place(each)) for each in here]
    form = Form(
        say("Register someone"),
        say("Register them"),
        back="/desk/people",
        intro=(say("Only what the person wants to give. Talents and wishes can come later."),),
        fields=(
            Field("name", say("Name"), required=True, longest=200),
            Field(
                "neighbourhood_id",
                say("Neighbourhood"),
                "select",
                places_,
                required=True,
                value=here[0] if here else "",
            ),
            Field(
                "on_word_of",
                say("Whose word is it?"),
                "radios",
                options(called.ON_WORD_OF, say),
                value="participant",
                required=True,
            ),
            *_reaching(page, await _organisations(page), None),
            *_enjoying(page, "talents", say("What do they enjoy doing for others?"), [], folded=True),
            *_enjoying(page, "wishes", say("What would they enjoy?"), [], folded=True),
            Field("visited", say("I have just spoken with them: record it as a visit"), "tick"),
        ),
    )
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    command = made(
        page, form, RegisterParticipant, name=page.text("name"), neighbourhood_id=page.text("neighbourhood_id"),
        on_word_of=page.text("on_word_of"), languages=_languages(page), reach=_reach(page, form),
        address=page.text("address"), talents=_enjoyments(page, "talents"), wishes=_enjoyments(page, "wishes"),
    )  # fmt: skip
    ref = await page.do(command, fields=form.places())
    if page.text("visited"):
        await page.do(RecordVisit(participant_id=ref.participant_id, worker_id=me(page).worker_id))
    return page.go(views.address(ref.participant_id), said="registered")


@desk("/people/{matter_id:uuid}/enjoys")
async def enjoys(page: Page) -> Response:
    """What someone enjoys giving, and what they would enjoy: both are asked alike."""
    say, someone = words(page), await person(page, page.matter_id)
    form = Form(
        say("Talents and wishes"), say("Keep it"), back=views.address(page.matter_id), about=someone.name or "",
        intro=(say("Everyone is asked for both: what they enjoy doing for others, and what they would enjoy."),),
        fields=(
            *_enjoying(page, "talents", say("What do they enjoy doing for others?"), list(someone.talents or ())),
            *_enjoying(page, "wishes", say("What would they enjoy?"), list(someone.wishes or ())),
            Field("availability", say("When are they usually free?"), "checks", _slots(page),
                  values=frozenset(f"{each.weekday}-{each.part}" for each in someone.availability or ())),
        ),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    slots = [dict(zip(("weekday", "part"), each.split("-", 1), strict=False)) for each in page.several("availability")]
    command = made(
        page, form, ChangeParticipant, participant_id=page.matter_id, availability=slots,
        talents=_enjoyments(page, "talents"), wishes=_enjoyments(page, "wishes"),
    )  # fmt: skip
    await page.do(command, fields=form.places())
    return page.go(views.address(page.matter_id), said="kept")


@desk("/people/{matter_id:uuid}/change")
async def change(page: Page) -> Response:
    """Name, languages, how they are reached, how much they want to be asked."""
    say = words(page)
    someone, organisations = await asyncio.gather(person(page, page.matter_id), _organisations(page))
    quiet = someone.quiet_hours
    form = Form(
        say("Name, language and how to reach them"), say("Keep it"), back=views.address(page.matter_id),
        about=someone.name or "",
        fields=(
            Field("name", say("Name"), required=True, longest=200, value=someone.name or ""),
            *_reaching(page, organisations, someone.reach, list(someone.languages or ())),
            Field("ceiling", say("How many questions do they want in a month at most?"), "number",
                  value="" if someone.ceiling is None else str(someone.ceiling),
                  hint=say("Leave it empty: then as many as is usual here.")),
            Field("quiet_from", say("Not to be disturbed from"), "time", about=("quiet_hours", "quiet_hours.start"),
                  value=f"{quiet.start:%H:%M}" if quiet else ""),
            Field("quiet_until", say("To what time"), "time", about=("quiet_hours.end",),
                  value=f"{quiet.end:%H:%M}" if quiet else ""),
        ),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    start, end = page.clock("quiet_from"), page.clock("quiet_until")
    either(
        (start is None and end is not None, "quiet_from", "missing"),
        (end is None and start is not None, "quiet_until", "missing"),
    )
    ceiling = page.number("ceiling")
    clear = [name for name, value in (("ceiling", ceiling), ("quiet_hours", start)) if value is None]
    command = made(
        page,
        form,
        ChangeParticipant,
        participant_id=page.matter_id,
        name=page.text("name"),
        languages=_languages(page),
        reach=_reach(page, form),
        address=page.text("address"),
        ceiling=ceiling,
        quiet_hours={"start": start, "end": end} if start else None,
        clear=clear,
    )
    await page.do(command, fields=form.places())
    return page.go(views.address(page.matter_id), said="kept")


def _reaching(
    page: Page, organisations: list[Option], reach: Reach | None, languages: list[str] | None = None
) -> Iterator[Field]:
    say = words(page)
    by = reach.by if reach else "phone"
    yield Field("by", say("How do they like to be reached?"), "radios", options(called.WAY, say), value=by,
                required=True, about=("reach", "reach.by"), heading=say("How to reach them"))  # fmt: skip
    yield Field("phone", say("Phone number"), "tel", value=(reach.phone if reach else "") or "", about=("reach.phone",))
    yield Field(
        "email", say("E-mail address"), "email", value=(reach.email if reach else "") or "", about=("reach.email",)
    )
    yield Field(
        "address",
        say("Address"),
        "text",
        longest=300,
        hint=say("For letters only: looked up when one is printed. Leave it empty to keep what is there.")
        if reach
        else say("For letters only. It is kept apart, and looked up when a letter is printed."),
    )
    if organisations:
        yield Field(
            "organisation_id", say("Organisation that passes messages on"), "select",
            [Option("", say("None")), *organisations], value=(reach.organisation_id if reach else "") or "",
            about=("reach.organisation_id",),
        )  # fmt: skip
    spoken = [Option(code, LANGUAGE_NAMES.get(code, code)) for code in _known_languages(page)]
    first, more = (languages or [""])[0], frozenset((languages or [])[1:])
    yield Field(
        "language",
        say("Language they prefer"),
        "select",
        [Option("", say("That of the neighbourhood")), *spoken],
        value=first,
        about=("languages", "languages.0"),
    )
    yield Field("more_languages", say("Other languages"), "checks", spoken, values=more, folded=True)


def _enjoying(
    page: Page, name: str, label: str, given: list[Enjoyment], *, folded: bool = False
) -> Iterator[Field]:  # fmt: skip
    """The list to tick from, what they said of it, and lines for what has no word there."""
    say = words(page)
    ticked = {each.kind for each in given if each.kind}
    theirs = [each for each in given if each.words]
    lines = "\n".join(_line(page, each) for each in theirs)
    yield Field(name, label, "checks", kinds(page), values=frozenset(ticked), about=(f"{name}.0",), folded=folded)
    yield Field(f"{name}_words", say("In their own words"), "area", value=lines,
                hint=say("One on each line, such as: soup for whoever drops by.") if name == "talents"
                else say("One on each line, such as: to the sea once more."))  # fmt: skip


def _line(page: Page, each: Enjoyment) -> str:
    return f"{page.speech.label(each.kind)}{page.speech.colon} {each.words}" if each.kind else each.words or ""


def _enjoyments(page: Page, name: str) -> list[dict[str, str]]:
    """What was ticked, each with its own words where a line begins with its name; other lines stand by themselves."""
    said: dict[str, str] = {}
    alone: list[dict[str, str]] = []
    labels = {page.speech.label(each.id).casefold(): each.id for each in page.policy.kinds}
    for line in page.text(f"{name}_words").splitlines():
        head, colon, rest = line.partition(":")
        kind = labels.get(head.strip().casefold()) if colon else None
        if kind and rest.strip() and kind not in said:
            said[kind] = rest.strip()
        elif line.strip():
            alone.append({"words": line.strip()})
    ticked = list(dict.fromkeys([*page.several(name), *said]))
    return [{"kind": each, **({"words": said[each]} if each in said else {})} for each in ticked] + alone


def _languages(page: Page) -> list[str]:
    first = page.text("language")
    return list(dict.fromkeys([*([first] if first else []), *page.several("more_languages")]))


def _known_languages(page: Page) -> list[str]:
    return list(dict.fromkeys([*page.policy.languages, *LANGUAGE_NAMES]))


def _reach(page: Page, form: Form) -> Reach:
    values: dict[str, Any] = {each: page.text(each) for each in ("by", "phone", "email", "organisation_id")}
    by = values["by"]
    box = {"organisation": "organisation_id"}.get(by, by)
    if by in ("phone", "email", "organisation") and not values[box]:
        either((True, box, "missing"))
    try:
        return made(page, form, Reach, **values)
    except Mistakes as found:
        raise Mistakes(found.mistakes) from None


async def _organisations(page: Page) -> list[Option]:
    found = await page.ask(ListOrganisations(limit=100))
    language = page.speech.language
    return [
        Option(each.organisation_id, each.names.get(language) or next(iter(each.names.values()), each.organisation_id))
        for each in found.organisations
    ]


def _slots(page: Page) -> list[Option]:
    say = words(page)
    return [
        Option(f"{day}-{part}", f"{say(called.WEEKDAY[day])} {say(called.DAY_PART[part])}")
        for day in called.WEEKDAY for part in called.DAY_PART
    ]  # fmt: skip
