"""The worker's own things: hours, absences, the digest, the language of their mail."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time, timedelta
from typing import Any

from starlette.responses import Response

from services.notify.pages.choices import LANGUAGE_NAMES
from services.notify.pages.desk import words as called
from services.notify.pages.desk.at import asks, either, end_of, made, me, names, start_of, words
from services.notify.pages.desk.forms import Field, Form, Option, options
from services.notify.pages.desk.views.parts import Do, Fact, Item, Section
from services.notify.pages.page import Page
from services.notify.pages.registry import desk
from shared.contracts.notify import SetWorkerPreferences, ShowWorkerPreferences
from shared.contracts.profiles import ChangeWorker, RecordAbsence, SetWorkerHours, ShowWorker, Worker


@desk("/me")
async def own(page: Page) -> Response:
    """When this worker works, when they are away, who stands in."""
    say, worker = words(page), await _worker(page)
    named = await names(page)
    facts = [
        Fact(say("Neighbourhoods"), ", ".join(named.place(each) for each in worker.neighbourhood_ids)),
        Fact(say("Backup"), named.worker(worker.backup_id)),
        Fact(say("Coordinator"), named.worker(worker.coordinator_id)),
        Fact(say("E-mail"), worker.email),
        Fact(
            say("Hours"), "\n".join(_hours_in_words(worker, page)) or say("Always, as far as no absence says otherwise")
        ),
    ]
    absences = tuple(
        Item(say("From {start} to {end}", start=say.day(each.begins_at), end=say.day(_last_day(each.ends_at, page))),
             doing=(Do(say("I am there after all"), "cancel-absence",
                       {"worker_id": str(worker.worker_id), "absence_id": str(each.absence_id)}),))
        for each in worker.absences
    )  # fmt: skip
    section = Section("absences", say("Away"), absences, empty=say("No absence is planned."))
    return page.show("desk/own.html", name=worker.name, facts=facts, section=section)


@desk("/me/away")
async def away(page: Page) -> Response:
    """Away for a while: the backup is on duty meanwhile. Why has no field."""
    say = words(page)
    form = Form(
        say("I am away"), say("Record it"), back="/desk/me",
        intro=(say("Your backup is on duty meanwhile. Nobody asks why."),),
        fields=(
            Field("begins", say("First day away"), "date", required=True, about=("begins_at",)),
            Field("ends", say("Last day away"), "date", required=True, about=("ends_at", "")),
        ),
    )  # fmt: skip
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    begins, ends = start_of(page, "begins"), end_of(page, "ends")
    either((bool(begins and ends and ends <= begins), "ends", "not_in_order"))
    command = made(page, form, RecordAbsence, worker_id=me(page).worker_id, begins_at=begins, ends_at=ends)
    await page.do(command, fields=form.places())
    return page.go("/desk/me", said="absence-recorded")


@desk("/me/hours")
async def hours(page: Page) -> Response:
    """The hours of a week: two stretches a day."""
    say, worker = words(page), await _worker(page)
    fields = []
    for day, label in called.WEEKDAY.items():
        stretches = [each for each in worker.hours if each.weekday == day][:2]
        for number in (1, 2):
            there = stretches[number - 1] if len(stretches) >= number else None
            fields += [
                Field(
                    f"{day}_{number}_from",
                    say("{day}, from", day=say(label)) if number == 1 else say("{day}, and again from", day=say(label)),
                    "time",
                    value=f"{there.begins:%H:%M}" if there else "",
                    heading=say(label) if number == 1 else "",
                ),
                Field(
                    f"{day}_{number}_until", say("To what time"), "time", value=f"{there.ends:%H:%M}" if there else ""
                ),
            ]
    form = Form(
        say("My hours"),
        say("Keep it"),
        tuple(fields),
        (say("Leave everything empty without fixed hours: then you are on duty whenever you are not away."),),
        "/desk/me",
    )
    if not page.posted:
        return page.show("desk/hours.html", form=form, named=form.naming(page.mistakes))
    command = made(page, form, SetWorkerHours, worker_id=worker.worker_id, hours=_given_hours(page))
    await page.do(command, fields=form.places())
    return page.go("/desk/me", said="kept")


@desk("/me/mail")
async def mail(page: Page) -> Response:
    """When the digest comes, and in which language."""
    say, id_ = words(page), me(page).worker_id
    worker, chosen = await asyncio.gather(_worker(page), page.ask(ShowWorkerPreferences(worker_id=id_)))
    form = Form(
        say("My mail"),
        say("Keep it"),
        back="/desk/me",
        intro=(say("What is urgent comes at once in any case."),),
        fields=(
            Field(
                "digest",
                say("When do you want the overview?"),
                "radios",
                options(called.DIGEST, say),
                value=chosen.digest,
                required=True,
            ),
            Field("digest_at", say("At what time?"), "time", value=f"{chosen.digest_at:%H:%M}", required=True),
            Field(
                "language",
                say("In which language?"),
                "select",
                value=worker.language,
                options=[Option(each, LANGUAGE_NAMES.get(each, each)) for each in page.policy.languages],
            ),
        ),
    )
    if not page.posted:
        return asks(page, form)
    form.check(page.given)
    command = made(
        page, form, SetWorkerPreferences, worker_id=id_, digest=page.text("digest"), digest_at=page.clock("digest_at")
    )
    await page.do(command, fields=form.places())
    if page.text("language") and page.text("language") != worker.language:
        await page.do(
            made(page, form, ChangeWorker, worker_id=id_, language=page.text("language")), fields=form.places()
        )
    return page.go("/desk/me", said="kept")


async def _worker(page: Page) -> Worker:
    found: Worker = await page.ask(ShowWorker(worker_id=me(page).worker_id))
    return found


def _hours_in_words(worker: Worker, page: Page) -> list[str]:
    say = words(page)
    lines = []
    for day, label in called.WEEKDAY.items():
        stretches = [f"{each.begins:%H:%M}–{each.ends:%H:%M}" for each in worker.hours if each.weekday == day]
        if stretches:
            lines.append(f"{say(label)}{say.colon} {', '.join(stretches)}")
    return lines


def _given_hours(page: Page) -> list[dict[str, Any]]:
    """Raises Mistakes for a stretch of which one end is missing."""
    found: list[dict[str, Any]] = []
    for day in called.WEEKDAY:
        for number in (1, 2):
            begins, ends = page.clock(f"{day}_{number}_from"), page.clock(f"{day}_{number}_until")
            either(
                (begins is None and ends is not None, f"{day}_{number}_from", "missing"),
                (ends is None and begins is not None, f"{day}_{number}_until", "missing"),
                (bool(begins and ends and ends <= begins and ends != time(0)), f"{day}_{number}_until", "not_in_order"),
            )
            if begins is not None and ends is not None:
                found.append({"weekday": day, "begins": begins, "ends": ends})
    return found


def _last_day(ends: datetime, page: Page) -> date:
    """The last day away, which counts whole."""
    return (ends.astimezone(page.speech.zone) - timedelta(seconds=1)).date()
