"""An ask can be proposed by the system from a wish that fits a neighbour's talent, so that nobody has to ask at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import h3
import pytest

from services.exchange.domain import proposals as domain
from services.exchange.domain.people import Neighbourhood
from services.exchange.domain.proposals import Fit, Wish
from services.exchange.matching import Likely
from shared import clock
from shared.contracts.exchange import (
    AnswerInvitation,
    ExchangeDrafted,
    ExchangeDropped,
    ExchangeDue,
    ExchangeOpened,
    ListExchanges,
    MatchReason,
    NeighbourhoodDue,
    NextStepReached,
    OpenDraft,
    ShowExchange,
    WorkerAsked,
    WorkerLooked,
)
from shared.contracts.profiles import NeighbourhoodKept
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.exchange.looking_back import MARIE, WORKER, LookingBack, looking_back

CELL = "891fa4a1a0fffff"


@pytest.fixture(scope="module")
async def back(module_stack: MakeStack) -> AsyncIterator[LookingBack]:
    async with looking_back(module_stack) as made:
        yield made


async def propose(back: LookingBack, place: str) -> None:
    await back.tell(NeighbourhoodDue(neighbourhood_id=place, to="propose"))


async def next_week(back: LookingBack) -> None:
    back.move(timedelta(days=7))


async def wishing(back: LookingBack, place: str, kind: str = "game", **more: Any) -> UUID:
    return await back.someone(place, wishes=[{"kind": kind, "words": "nog eens kaarten"}], **more)


async def enjoying(back: LookingBack, place: str, kind: str = "game", **more: Any) -> UUID:
    return await back.someone(place, talents=[{"kind": kind}], **more)


async def proposed(back: LookingBack, place: str) -> list[UUID]:
    """Whose wishes were put before the worker, in order."""
    rows = await back.rows(
        "SELECT participant_id FROM exchange WHERE neighbourhood_id = $1 AND by_system ORDER BY exchange_id", place
    )
    return [row["participant_id"] for row in rows]


async def _until_noon(back: LookingBack) -> None:
    """The middle of the day after this one: nobody's quiet hours."""
    now = clock.now().astimezone(ZoneInfo("Europe/Brussels"))
    back.move(now.replace(hour=12) + timedelta(days=1) - now)


async def acquainted(back: LookingBack, one: UUID, other: UUID) -> None:
    await back.rows("INSERT INTO acquaintance VALUES ($1, $2, $3, 'gathering')", *sorted((one, other)), clock.now())


async def test_asked_by_the_system_from_a_wish_that_fits_a_neighbours_talent(back: LookingBack) -> None:
    place = await back.place()
    one, _ = await wishing(back, place), await enjoying(back, place)
    mark = await back.mark()
    await propose(back, place)
    (drafted,) = await back.told(ExchangeDrafted, neighbourhood_id=place)
    (asked,) = await back.told(WorkerAsked, neighbourhood_id=place)
    assert (asked.to, asked.exchange_id, asked.worker_id) == ("send-on", drafted.exchange_id, MARIE)
    assert await back.everything_told(mark) == [ExchangeDrafted.TYPE, WorkerAsked.TYPE]
    found = await back.get(ShowExchange(exchange_id=drafted.exchange_id), actor=WORKER)
    assert (found.participant_id, found.kind, found.words) == (one, "game", "nog eens kaarten")
    assert (found.opening, found.stage, found.by_system, found.half) == ("ask", "draft", True, False)
    assert (found.often, found.people) == ("once", 1)


async def test_nobody_is_told_before_the_worker_sends_it_on_and_then_who_wishes_is_asked_first(
    back: LookingBack,
) -> None:
    place = await back.place()
    one, _ = await wishing(back, place), await enjoying(back, place)
    await propose(back, place)
    assert not await back.told(NextStepReached, neighbourhood_id=place)
    (drafted,) = await back.told(ExchangeDrafted, neighbourhood_id=place)
    await back.get(OpenDraft(exchange_id=drafted.exchange_id), actor=WORKER)
    rows = await back.rows("SELECT * FROM invitation WHERE exchange_id = $1", drafted.exchange_id)
    assert [(row["participant_id"], row["own"]) for row in rows] == [(one, True)]
    assert not await back.told(ExchangeOpened, neighbourhood_id=place)
    assert [each.exchange_id for each in await back.told(WorkerLooked, neighbourhood_id=place)] == [drafted.exchange_id]
    await _until_noon(back)
    await back.fire()
    answer = AnswerInvitation(invitation_id=rows[0]["invitation_id"], answer="yes")
    await back.get(answer, actor=f"participant:{one}")
    (opened,) = await back.told(ExchangeOpened, neighbourhood_id=place)
    assert opened.exchange_id == drafted.exchange_id


async def test_a_proposal_that_nobody_sends_on_ends_by_itself(back: LookingBack) -> None:
    place = await back.place()
    await wishing(back, place), await enjoying(back, place)
    await propose(back, place)
    (drafted,) = await back.told(ExchangeDrafted, neighbourhood_id=place)
    assert ExchangeDue.timer(drafted.exchange_id, "end") in await back.timers()
    back.move(timedelta(days=61))
    await back.fire()
    assert [each.exchange_id for each in await back.told(ExchangeDropped, neighbourhood_id=place)] == [
        drafted.exchange_id
    ]


async def test_as_many_a_week_as_the_policy_says_also_when_the_timer_comes_twice(back: LookingBack) -> None:
    place = await back.place()
    people = {await wishing(back, place) for _ in range(8)}
    await enjoying(back, place)
    for _ in range(3):
        await propose(back, place)
    first = await proposed(back, place)
    assert len(first) == 3
    await next_week(back)
    await propose(back, place)
    second = (await proposed(back, place))[3:]
    assert len(second) == 3
    assert len(set(first) | set(second)) == 6
    assert set(first) | set(second) <= people


async def test_two_timers_in_the_same_moment_propose_no_more(back: LookingBack) -> None:
    place = await back.place()
    for _ in range(6):
        await wishing(back, place)
    await enjoying(back, place)
    await asyncio.gather(propose(back, place), propose(back, place))
    assert len(await proposed(back, place)) == 3


async def test_a_wish_comes_back_only_after_the_window(back: LookingBack) -> None:
    place = await back.place()
    one, _ = await wishing(back, place), await enjoying(back, place)
    await propose(back, place)
    back.move(timedelta(days=62))
    await back.fire()
    await propose(back, place)
    assert await proposed(back, place) == [one]
    back.move(timedelta(days=120))
    await propose(back, place)
    assert await proposed(back, place) == [one, one]


async def test_one_wish_of_a_person_at_a_time(back: LookingBack) -> None:
    place = await back.place()
    one = await back.someone(place, wishes=[{"kind": "game"}, {"kind": "coffee"}])
    await back.someone(place, talents=[{"kind": "game"}, {"kind": "coffee"}])
    await propose(back, place)
    assert await proposed(back, place) == [one]


@pytest.mark.parametrize(
    "change",
    [
        {"status": "paused"},
        {"status": "left"},
        {"out_of_matching": True},
        {"neighbourhood_id": "elsewhere"},
        {"ceiling": 0},
    ],
    ids=str,
)
@pytest.mark.parametrize("which", ["who wishes", "who enjoys it"])
async def test_who_is_not_to_be_asked_is_in_no_proposal(back: LookingBack, change: dict[str, Any], which: str) -> None:
    place = await back.place()
    wish, talent = [{"kind": "game"}], [{"kind": "game"}]
    here = {"neighbourhood_id": place}
    await back.someone(place, wishes=wish, **here | (change if which == "who wishes" else {}))
    await back.someone(place, talents=talent, **here | (change if which == "who enjoys it" else {}))
    await propose(back, place)
    assert await proposed(back, place) == []


@pytest.mark.parametrize("which", [0, 1], ids=["who wishes", "who enjoys it"])
async def test_never_this_kind_is_remembered(back: LookingBack, which: int) -> None:
    place = await back.place()
    pair = await wishing(back, place), await enjoying(back, place)
    await back.rows("INSERT INTO never_kind VALUES ($1, 'game', $2)", pair[which], clock.now())
    await propose(back, place)
    assert await proposed(back, place) == []


@pytest.mark.parametrize("stage", ["draft", "open", "inviting", "proposed", "agreed", "handed-over"])
async def test_nothing_is_proposed_to_who_has_something_of_that_kind_running(back: LookingBack, stage: Any) -> None:
    place = await back.place()
    one, other = await wishing(back, place), await enjoying(back, place)
    await back.had(place, one, other, kind="game", stage=stage)
    await propose(back, place)
    assert await proposed(back, place) == []


@pytest.mark.parametrize("opening", ["ask", "offer"])
async def test_a_wish_that_came_true_is_not_proposed_again_before_the_window_is_over(
    back: LookingBack, opening: Any
) -> None:
    """Asked for by who wished it, or offered by the neighbour: to the same two it is the same thing."""
    place = await back.place()
    one, other = await wishing(back, place), await enjoying(back, place)
    pair = (one, other) if opening == "ask" else (other, one)
    await back.had(place, *pair, kind="game", stage="done", opening=opening)
    await propose(back, place)
    assert await proposed(back, place) == []
    window = back.processor.settings.policy.matching.window_days
    back.move(timedelta(days=window - 1))
    await propose(back, place)
    assert await proposed(back, place) == []
    back.move(timedelta(days=1, hours=1))
    await propose(back, place)
    assert await proposed(back, place) == [one]


async def test_what_they_did_for_a_neighbour_makes_no_wish_of_their_own_come_true(back: LookingBack) -> None:
    place = await back.place()
    one, other = await wishing(back, place), await enjoying(back, place)
    await back.had(place, other, one, kind="game", stage="done", opening="ask")
    await back.had(place, one, other, kind="game", stage="done", opening="offer")
    await propose(back, place)
    assert await proposed(back, place) == [one]


async def test_what_is_past_or_of_another_kind_stands_in_no_ones_way(back: LookingBack) -> None:
    place = await back.place()
    one, other = await wishing(back, place), await enjoying(back, place)
    for stage in ("withdrawn", "expired"):
        await back.had(place, one, other, kind="game", stage=stage)
    await back.had(place, one, other, kind="coffee", stage="open")
    await back.had(place, one, other, kind="meal", stage="done")
    await propose(back, place)
    assert await proposed(back, place) == [one]


async def test_two_between_whom_it_was_not_good_are_not_brought_together_again(back: LookingBack) -> None:
    place = await back.place()
    one, other = await wishing(back, place), await enjoying(back, place)
    had = await back.had(place, other, one, kind="coffee")
    await back.rows("INSERT INTO experience VALUES ($1, $2, 'not-good', $3, 'operator')", had, one, clock.now())
    await propose(back, place)
    assert await proposed(back, place) == []


async def test_a_wish_without_a_neighbour_who_enjoys_it_or_too_far_away_waits(back: LookingBack) -> None:
    place = await back.place()
    await back.someone(place, wishes=[{"kind": "game"}], talents=[{"kind": "game"}])
    await wishing(back, place, kind="music", cell=CELL)
    await enjoying(back, place, kind="music", cell=next(iter(h3.grid_ring(CELL, 13))))
    await propose(back, place)
    assert await proposed(back, place) == []


async def test_who_have_met_come_first_then_who_live_near(
    back: LookingBack, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    place = await back.place()
    far = next(iter(h3.grid_ring(CELL, 9)))
    kinds = {"far": "game", "near": "music", "met": "meal"}
    wishes = {name: await wishing(back, place, kind, cell=CELL) for name, kind in kinds.items()}
    await enjoying(back, place, "game", cell=far)
    await enjoying(back, place, "music", cell=CELL)
    friend = await enjoying(back, place, "meal", cell=far)
    await acquainted(back, wishes["met"], friend)
    real = domain.best
    orders: list[list[UUID]] = []

    def best(fits: Any, most: int) -> Any:
        found = real(fits, most)
        orders.append([fit.exchange.participant_id for fit in found])
        return found

    monkeypatch.setattr(domain, "best", best)
    await propose(back, place)
    assert orders == [[wishes["met"], wishes["near"], wishes["far"]]]


async def test_who_was_asked_least_comes_first(back: LookingBack) -> None:
    place = await back.place()
    talent = await enjoying(back, place)
    often = [await wishing(back, place) for _ in range(3)]
    for one in often:
        ask = await back.had(place, talent, stage="expired", kind="coffee")
        await back.rows(
            """
            INSERT INTO invitation (invitation_id, exchange_id, participant_id, own, stage, again, acquainted, reasons,
                made_at, asked_at)
            VALUES (gen_random_uuid(), $1, $2, false, 'no', false, false, '{}', $3, $3)
            """,
            ask, one, clock.now(),
        )  # fmt: skip
    seldom = [await wishing(back, place) for _ in range(2)]
    await propose(back, place)
    assert set(seldom) < set(await proposed(back, place))


async def test_each_monday_at_six_also_when_it_comes_late(back: LookingBack) -> None:
    place = await back.place()
    one, _ = await wishing(back, place), await enjoying(back, place)
    back.move(timedelta(days=8))
    await back.fire()
    assert await proposed(back, place) == [one]
    key = NeighbourhoodDue.timer(place, "propose")
    ((due,),) = await back.rows("SELECT due_at FROM messaging.timer WHERE key = $1", key)
    assert clock.now() < due <= clock.now() + timedelta(days=7, hours=1)


async def test_a_neighbourhood_that_ended_proposes_nothing(back: LookingBack) -> None:
    place = await back.place()
    await wishing(back, place), await enjoying(back, place)
    await back.tell(NeighbourhoodKept(neighbourhood_id=place, version=2, names={"nl": "Hier"}, retired=True))
    await propose(back, place)
    assert await proposed(back, place) == []


async def test_what_the_system_proposed_is_before_the_worker_alone(back: LookingBack) -> None:
    place = await back.place()
    one, other = await wishing(back, place), await enjoying(back, place)
    await propose(back, place)
    (drafted,) = await back.told(ExchangeDrafted, neighbourhood_id=place)
    show = ShowExchange(exchange_id=drafted.exchange_id)
    assert (await back.refused(show, actor=f"participant:{other}"))[0] == "unknown_id"
    listed = await back.get(ListExchanges(neighbourhood_id=place, stages=["draft"]), actor=WORKER)
    assert [each.participant_id for each in listed.exchanges] == [one]


def test_of_the_same_fits_the_same_are_chosen() -> None:
    place = Neighbourhood("here", "Europe/Brussels", "default", False, None)
    near: tuple[MatchReason, ...] = ("near",)
    chances = ((False, ()), (False, near), (True, ()), (True, near), (False, ()))
    fits = [
        Fit(
            domain.drafted(Wish(new_id(), "game", None), new_id(), place, clock.now()),
            Likely(new_id(), acquainted, reasons),
        )
        for acquainted, reasons in chances
    ]
    twice = replace(fits[0], neighbour=Likely(new_id(), False, ()))
    order = [fits[index] for index in (3, 2, 1, 0, 4)]
    assert domain.best([*fits, twice], 9) == order
    assert domain.best([*fits, twice], 2) == order[:2]
    assert domain.best(fits, -1) == []
