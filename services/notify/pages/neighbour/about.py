"""What someone says about themselves, and changes here: what they like, when, how they are reached, what they get."""

from __future__ import annotations

from typing import Any, get_args

from starlette.responses import Response

from services.notify.pages.choices import LANGUAGE_NAMES, PARTS, WEEKDAYS
from services.notify.pages.moments import hour
from services.notify.pages.page import Page
from services.notify.pages.registry import mine
from services.notify.pages.trouble import Mistake, Mistakes
from shared.contracts.notify import MailGroup, SetPreferences, ShowPreferences
from shared.contracts.profiles import (
    ChangeParticipant,
    LeaveNetwork,
    ParticipantDetails,
    PauseParticipant,
    ResumeParticipant,
    ReturnToNetwork,
    ShowParticipant,
    Way,
)

ROWS_TO_ADD = 2
MOST_ROWS = 20


@mine("/me")
async def about(page: Page) -> Response:
    """The way to each part."""
    return page.show("neighbour/about.html", someone=await _someone(page))


@mine("/likes")
async def likes(page: Page) -> Response:
    """Talents and wishes: both have the same shape."""
    if page.posted:
        values: dict[str, Any] = {what: _rows(page, what) for what in ("talents", "wishes")}
        fields = {f"{what}.{n}": f"{what}-{n}-words" for what in values for n in range(MOST_ROWS)}
        command = page.build_at(fields, ChangeParticipant, participant_id=page.person_id, **values)
        await page.do(command, fields=fields)
        return page.go("/mine/me", said="saved")
    someone = await _someone(page)
    shown = {
        "talents": [*(someone.talents or []), *[None] * ROWS_TO_ADD][:MOST_ROWS],
        "wishes": [*(someone.wishes or []), *[None] * ROWS_TO_ADD][:MOST_ROWS],
    }
    return page.show("neighbour/likes.html", rows=shown)


@mine("/when")
async def free_when(page: Page) -> Response:
    """When they are usually free, when not to be disturbed, and how often to be asked at most."""
    if page.posted:
        free = [each.split("-", 1) for each in page.several("free") if "-" in each]
        values: dict[str, Any] = {
            "availability": [{"weekday": weekday, "part": part} for weekday, part in free],
            "ceiling": page.number("ceiling"), "clear": [],
        }  # fmt: skip
        if (page.clock("quiet-from") is None) != (page.clock("quiet-until") is None):
            raise Mistakes([Mistake("quiet-until", "time")])
        if page.clock("quiet-from") is not None:
            values["quiet_hours"] = {"start": page.clock("quiet-from"), "end": page.clock("quiet-until")}
        values["clear"] = [name for name in ("ceiling", "quiet_hours") if values.get(name) is None]
        fields = {"quiet_hours": "quiet-until", "ceiling": "ceiling", "availability": "free"}
        command = page.build_at(fields, ChangeParticipant, participant_id=page.person_id, **values)
        await page.do(command, fields=fields)
        return page.go("/mine/me", said="saved")
    return page.show("neighbour/when.html", someone=await _someone(page), weekdays=WEEKDAYS, parts=PARTS, hour=hour)


@mine("/reach")
async def reach(page: Page) -> Response:
    """What they are called, which language they speak, how they are reached."""
    if page.posted:
        spoken = [page.text("language"), *page.several("languages")]
        by: dict[str, Any] = {
            "by": page.text("by"), "email": page.text("email") or None, "phone": page.text("phone") or None,
            "organisation_id": page.text("organisation") or None,
        }  # fmt: skip
        fields = {
            "reach.email": "email", "reach.phone": "phone", "reach": _way_field(page), "name": "name",
            "languages": "languages", "address": "address",
        }  # fmt: skip
        values: dict[str, Any] = {"name": page.text("name"), "reach": by, "languages": list(dict.fromkeys(spoken))}
        if page.text("address"):
            values["address"] = page.text("address")
        command = page.build_at(fields, ChangeParticipant, participant_id=page.person_id, **values)
        await page.do(command, fields=fields)
        return page.go("/mine/me", said="saved")
    someone = await _someone(page)
    known = dict.fromkeys([*page.policy.languages, *LANGUAGE_NAMES, *(someone.languages or ())])
    languages = [(each, LANGUAGE_NAMES.get(each, each)) for each in known]
    others = [LANGUAGE_NAMES.get(each, each) for each in (someone.languages or ())[1:]]
    return page.show(
        "neighbour/reach.html", someone=someone, ways=get_args(Way), languages=languages, others=others,
    )  # fmt: skip


@mine("/mail")
async def mail(page: Page) -> Response:
    """About what they are written to. That two have agreed, and what changes in that, is always told."""
    if page.posted:
        wanted = set(page.several("wanted"))
        without = [each for each in get_args(MailGroup) if each not in wanted]
        await page.do(page.build(SetPreferences, participant_id=page.person_id, without=without))
        return page.go("/mine/me", said="mail")
    kept = await page.ask(ShowPreferences(participant_id=page.person_id))
    return page.show("neighbour/mail.html", without=kept.without, groups=get_args(MailGroup))


@mine("/pause")
async def pause(page: Page) -> Response:
    """Nothing is asked for a while, without a reason."""
    if page.posted and page.text("do") == "resume":
        await page.do(ResumeParticipant(participant_id=page.person_id))
        return page.go("/mine", said="resumed")
    if page.posted:
        until = page.day("until")
        moment = page.at_start(until) if until else None
        await page.do(page.build(PauseParticipant, participant_id=page.person_id, until=moment))
        return page.go("/mine", said="paused")
    return page.show("neighbour/pause.html", someone=await _someone(page))


@mine("/leave")
async def leave(page: Page) -> Response:
    """Leave at any time; what that means stands there before. Coming back is as easy."""
    if page.posted and page.text("do") == "return":
        await page.do(ReturnToNetwork(participant_id=page.person_id))
        return page.go("/mine", said="returned")
    if page.posted:
        if "sure" not in page.several("sure"):
            raise Mistakes([Mistake("sure", "sure")])
        await page.do(LeaveNetwork(participant_id=page.person_id))
        return page.go("/mine/leave")
    return page.show("neighbour/leave.html", someone=await _someone(page))


async def _someone(page: Page) -> ParticipantDetails:
    found: ParticipantDetails = await page.ask(ShowParticipant(participant_id=page.person_id))
    return found


def _rows(page: Page, what: str) -> list[dict[str, str | None]]:
    """Each row with a kind, words, or both; empty ones are left out, and so is what was emptied."""
    rows = [
        {"kind": page.text(f"{what}-{n}-kind") or None, "words": page.text(f"{what}-{n}-words") or None}
        for n in range(MOST_ROWS)
    ]
    return [each for each in rows if each["kind"] or each["words"]]


def _way_field(page: Page) -> str:
    way = page.text("by")
    return way if way in ("email", "phone") else "by"
