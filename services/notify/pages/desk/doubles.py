"""Who is perhaps in the network twice: side by side, one of the two kept, or two people after all."""

from __future__ import annotations

import asyncio
from uuid import UUID

from starlette.responses import Response

from services.notify.pages import trouble
from services.notify.pages.desk import words as called
from services.notify.pages.desk.at import Words, me, names, of_places, person, places, words
from services.notify.pages.desk.views import people as views
from services.notify.pages.desk.views.parts import Fact, Go, Item, Names, Section
from services.notify.pages.page import Page
from services.notify.pages.registry import desk
from services.notify.pages.trouble import Mistake, Mistakes
from services.notify.repository import digests
from shared.contracts.profiles import (
    DismissDouble,
    ListDoubles,
    MergeParticipants,
    ParticipantDetails,
    PossibleDouble,
)

ALL = "/desk/people/doubles"


@desk("/people/doubles")
async def doubles(page: Page) -> Response:
    """Each pair once, the longest known first."""
    me(page)
    say, here = words(page), await _places(page)
    found = await of_places(page, *(ListDoubles(neighbourhood_id=each, limit=100) for each in here))
    pairs = {_ids(each): each for answer in found for each in answer.doubles}
    named = await names(page)
    lines = tuple(line(each, named, say) for each in sorted(pairs.values(), key=lambda each: each.found_at))
    section = Section("doubles", say("Look at them side by side"), lines, empty=say("Nobody seems to be here twice."))
    return page.show(
        "desk/list.html", title=say("Perhaps here twice"), about="", sections=[section], back="/desk/people",
        back_here=ALL, intro=say("Two entries with the same name, phone or e-mail may be one person. You decide.")
        if lines else "",
    )  # fmt: skip


def line(found: PossibleDouble, named: Names, say: Words) -> Item:
    """A pair, with what is the same."""
    both = (found.first, found.second)
    title = say("{one} and {other}", one=found.first.name, other=found.second.name)
    to = address(found)
    where = dict.fromkeys(named.place(each.neighbourhood_id) for each in both)
    return Item(
        title, to, (say("The same: {what}.", what=_same(found, say)), " · ".join(where)),
        doing=(Go(say("Compare"), to, whom=title),),
    )  # fmt: skip


def address(found: PossibleDouble) -> str:
    return f"{ALL}/{found.first.participant_id}/{found.second.participant_id}"


@desk("/people/doubles/{first:uuid}/{second:uuid}")
async def compare(page: Page) -> Response:
    """Side by side. Joining them asks once more: it can't be taken apart again."""
    me(page)
    say, found = words(page), await _pair(page)
    one, other = await asyncio.gather(*(person(page, each) for each in _ids(found)))
    if page.posted:
        return await _decide(page, found)
    named = await names(page)
    keep = page.request.query_params.get("keep", "")
    kept, goes = (other, one) if keep == str(other.participant_id) else (one, other)
    return page.show(
        "desk/doubles.html",
        both=[(each, _facts(each, named, say)) for each in (one, other)],
        same=say("The same: {what}.", what=_same(found, say)),
        choices_to_keep=[
            (str(each.participant_id), _apart(each, (one, other), say), say("Here since {day}", day=_since(each, say)))
            for each in (one, other)
        ],
        sure=(kept, goes) if keep in {str(each) for each in _ids(found)} else None,
        back=ALL,
    )  # fmt: skip


async def _decide(page: Page, found: PossibleDouble) -> Response:
    ids, keep = _ids(found), page.id("keep")
    if page.text("do") == "two":
        await page.do(DismissDouble(first_id=ids[0], second_id=ids[1]))
        return page.go(ALL, said="two-people")
    if keep not in ids:
        raise Mistakes([Mistake("keep", "choose")])
    if page.text("do") != "join":
        return page.go(keep=str(keep))
    goes = ids[1] if keep == ids[0] else ids[0]
    await page.do(MergeParticipants(survivor_id=keep, double_id=goes))
    return page.go(views.address(keep), said="joined")


async def _pair(page: Page) -> PossibleDouble:
    """The pair, as long as it waits and one of the two lives where this worker answers. Raises Stop."""
    first, second = (UUID(str(page.request.path_params[each])) for each in ("first", "second"))
    answer, here = await asyncio.gather(page.ask(ListDoubles(participant_id=first, limit=100)), _places(page))
    for found in answer.doubles:
        theirs = {each.neighbourhood_id for each in (found.first, found.second)}
        if set(_ids(found)) == {first, second} and theirs & set(here):
            assert isinstance(found, PossibleDouble)
            return found
    raise trouble.not_found()


async def _places(page: Page) -> list[str]:
    """Where this worker answers now, and of where a digest told them: they answered there at that hour."""
    worker, here = me(page), places(page)
    told = await page.context.look(lambda tx: digests.told_of_doubles(tx, worker.worker_id))
    return list(dict.fromkeys([*here, *told]))


def _ids(found: PossibleDouble) -> tuple[UUID, UUID]:
    return found.first.participant_id, found.second.participant_id


def _same(found: PossibleDouble, say: Words) -> str:
    return say.list(say(called.SAME[each]) for each in found.by)


def _facts(someone: ParticipantDetails, named: Names, say: Words) -> list[Fact]:
    """What tells two entries apart: where, since when, how they are reached, what they enjoy."""
    likes = {
        say("Enjoys doing for others"): views.enjoyments(someone.talents, say),
        say("Would enjoy"): views.enjoyments(someone.wishes, say),
    }
    return [
        Fact(say("Here since"), _since(someone, say)),
        *views.about(someone, named, "", say),
        *(Fact(term, ", ".join(found)) for term, found in likes.items() if found),
        *(
            Fact(tag.text, say("yes"))
            for tag in views.status(someone.status, someone.paused_until, bool(someone.out_of_matching), say)
        ),
    ]


def _since(someone: ParticipantDetails, say: Words) -> str:
    return say.day(someone.registered_at) if someone.registered_at else ""


def _apart(someone: ParticipantDetails, both: tuple[ParticipantDetails, ...], say: Words) -> str:
    """How each of the two is called in a choice; where both are called the same, which one it is."""
    name = someone.name or say("somebody")
    same = len({each.name for each in both}) == 1
    place = say("first") if someone is both[0] else say("second")
    return f"{name} ({place})" if same else name
