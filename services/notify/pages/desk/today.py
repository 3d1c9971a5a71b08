"""What needs me today: everything is asked at once, and shown with what can be done about it."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from starlette.responses import Response

from services.notify.domain.tasks import shown
from services.notify.pages.desk.at import me, names, places, tried, words
from services.notify.pages.desk.views import today as views
from services.notify.pages.desk.views.parts import Go
from services.notify.pages.page import Page
from services.notify.pages.registry import desk
from services.notify.repository import tasks as repository
from shared import clock
from shared.contracts.envelope import Query
from shared.contracts.exchange import ShowWaiting, Waiting
from shared.contracts.notify import Task
from shared.contracts.profiles import ListParticipants
from shared.contracts.signals import ListReferrals, ListSignals


@desk("")
async def today(page: Page) -> Response:
    """The first page of the desk."""
    worker, say, now = me(page), words(page), clock.now()
    found = await _found(page)
    named = await names(page, found.people())
    at = views.At(worker.worker_id, now, page.policy.visits.within_days, say, named)
    return page.show(
        "desk/today.html", sections=views.sections(found, at), away=found.away, name=worker.name.split()[0],
        day=say.day(now), starts=starts(page),
    )  # fmt: skip


def starts(page: Page) -> list[Go]:
    """What a worker most often begins with."""
    say = words(page)
    return [
        Go(say("Record a visit"), "/desk/visit"),
        Go(say("Record an answer"), "/desk/answer"),
        Go(say("Raise a signal"), "/desk/signals/raise"),
        Go(say("An ask or an offer"), "/desk/exchanges/open"),
        Go(say("Register someone"), "/desk/register"),
        Go(say("Refer to a service"), "/desk/refer"),
        Go(say("Introduce people"), "/desk/introduce"),
        Go(say("Plan a gathering"), "/desk/gatherings/plan"),
    ]


@desk("/more")
async def more(page: Page) -> Response:
    """Every page there is, for who looks on a phone."""
    me(page)
    return page.show("desk/more.html", starts=starts(page))


async def _found(page: Page) -> views.Found:
    """One question to each service, and what notify knows itself."""
    mine, here = me(page).worker_id, places(page)
    queries: list[Query] = [
        ListSignals(worker_id=mine, limit=50),
        ListReferrals(worker_id=mine, open_only=True, limit=50),
        *([ShowWaiting(neighbourhood_ids=here, limit=views.MOST + 1)] if here else []),
        *(ListParticipants(neighbourhood_id=each, not_yet_visited=True, limit=20) for each in here),
    ]
    tasks, (signals, referrals, *there) = await asyncio.gather(_tasks(page, mine), tried(page, *queries))
    waiting, newcomers = (there[0], there[1:]) if here else (_NOTHING, [])
    return views.Found(
        signals=signals and signals.signals, referrals=referrals and referrals.referrals, tasks=tasks,
        newcomers=None if None in newcomers else [one for each in newcomers for one in each.participants],
        **_waiting(waiting),
    )  # fmt: skip


async def _tasks(page: Page, mine: UUID) -> list[Task]:
    found = await page.context.look(
        lambda tx: repository.page(
            tx, neighbourhood_id=None, worker_id=mine, participant_id=None, stage="open", after=None, limit=60,
            seen_by=mine,
        )
    )  # fmt: skip
    return [shown(each) for each in found]


def _waiting(found: Waiting | None) -> dict[str, Any]:
    """As the page is made of it; None where exchange is away."""
    if found is None:
        return dict.fromkeys(("held", "drafts", "attention", "past"))
    return {
        "held": found.invitations, "drafts": [*found.half, *found.doubted, *found.wishes, *found.handed_over],
        "attention": found.attention, "past": found.gatherings,
        "openers": {each.exchange_id: each.other_id for each in found.invitations},
    }  # fmt: skip


_NOTHING = Waiting(
    invitations=[], half=[], doubted=[], wishes=[], handed_over=[], gatherings=[], attention=[]
)  # fmt: skip
