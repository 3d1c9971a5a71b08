"""What needs me today: everything is asked at once, and shown with what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from starlette.responses import Response

from services.notify.pages.desk.at import me, names, places, tried, words
from services.notify.pages.desk.views import today as views
from services.notify.pages.desk.views.parts import Go
from services.notify.pages.page import Page
from services.notify.pages.registry import desk
from shared import clock
from shared.contracts.envelope import Query
from shared.contracts.exchange import (
    ExchangeSummary,
    Gathering,
    Invitation,
    ListAttention,
    ListExchanges,
    ListGatherings,
    ListInvitations,
    ShowExchange,
)
from shared.contracts.notify import ListTasks
from shared.contracts.profiles import ListParticipants
from shared.contracts.signals import ListReferrals, ListSignals

Ask = tuple[str, Query, Callable[[Any], list[Any]]]


@desk("")
async def today(page: Page) -> Response:
    """The first page of the desk."""
    worker, say, here, now = me(page), words(page), await places(page), clock.now()
    wanted = _queries(page, here)
    answers = await tried(page, *(query for _, query, _ in wanted))
    lists: dict[str, Any] = {name: [] for name in ("past", "held", "sought", *(name for name, _, _ in wanted))}
    for (name, _, items), answer in zip(wanted, answers, strict=True):
        so_far = lists[name]
        lists[name] = None if answer is None or so_far is None else so_far + items(answer)
    whose = await _openers(page, lists["held"], lists.pop("sought"))
    found = views.Found(**(lists | {"past": _over(lists["past"], now)}), openers=whose)
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


def _queries(page: Page, here: list[str]) -> list[Ask]:
    mine, past = me(page).worker_id, clock.now() - timedelta(days=14)
    wanted: list[Ask] = [
        ("signals", ListSignals(worker_id=mine, limit=50), lambda found: found.signals),
        ("referrals", ListReferrals(worker_id=mine, open_only=True, limit=50), lambda found: found.referrals),
        ("tasks", ListTasks(worker_id=mine, limit=30), lambda found: found.tasks),
    ]
    for each in here:
        wanted += [
            ("held", ListInvitations(neighbourhood_id=each, stage="held", limit=20), lambda found: found.invitations),
            ("drafts", ListExchanges(neighbourhood_id=each, stage="draft", limit=30), lambda found: found.exchanges),
            (
                "drafts",
                ListExchanges(neighbourhood_id=each, stage="handed-over", limit=20),
                lambda found: found.exchanges,
            ),
            ("sought", ListExchanges(neighbourhood_id=each, stage="open", limit=30), lambda found: found.exchanges),
            ("sought", ListExchanges(neighbourhood_id=each, stage="inviting", limit=30), lambda found: found.exchanges),
            ("attention", ListAttention(neighbourhood_id=each, limit=30), lambda found: found.items),
            (
                "past",
                ListGatherings(neighbourhood_id=each, since=past, until=clock.now(), stage="planned", limit=20),
                lambda found: found.gatherings,
            ),
            (
                "newcomers",
                ListParticipants(neighbourhood_id=each, not_yet_visited=True, limit=20),
                lambda found: found.participants,
            ),
        ]
    return wanted


def _over(past: list[Gathering] | None, now: datetime) -> list[Gathering] | None:
    return None if past is None else [each for each in past if each.ends_at <= now]


async def _openers(
    page: Page, held: list[Invitation] | None, sought: list[ExchangeSummary] | None
) -> dict[UUID, UUID]:  # fmt: skip
    """Whose ask or offer it is for which neighbours wait to be asked: from what is sought there, else one by one."""
    whose = {each.exchange_id: each.participant_id for each in sought or () if each.participant_id}
    ids = dict.fromkeys(each.exchange_id for each in (held or ())[: views.MOST] if each.exchange_id not in whose)
    found = await tried(page, *(ShowExchange(exchange_id=each) for each in ids))
    whose |= {each.exchange_id: each.participant_id for each in found if each and each.participant_id}
    return {each.exchange_id: whose[each.exchange_id] for each in held or () if each.exchange_id in whose}
