"""Whom a worker might visit, and why: reasons to visit, never a score."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared import clock
from shared.contracts.exchange import Attention, AttentionPage, ListAttention, Stage
from tests.conftest import MakeStack
from tests.exchange.looking_back import WORKER, LookingBack, looking_back

Reasons = set[tuple[UUID, str]]


@pytest.fixture(scope="module")
async def back(module_stack: MakeStack) -> AsyncIterator[LookingBack]:
    async with looking_back(module_stack) as made:
        yield made


async def reasons(back: LookingBack, place: str, *but: str) -> Reasons:
    """Who is listed and why; `knows-nobody` only where it is asked for, as most in these tests know nobody."""
    items = [item for reason in _OTHERS for item in await listed(back, place, reason=reason)]
    return {(item.participant_id, item.reason) for item in items if item.reason not in but}


async def listed(back: LookingBack, place: str, **more: Any) -> list[Attention]:
    page: AttentionPage = await back.get(ListAttention(neighbourhood_id=place, **more), actor=WORKER)
    return page.items


_OTHERS = ("fell-silent", "nobody-found", "much-rests-on-them", "one-way")


async def test_who_knows_nobody_is_a_reason_to_visit_once_they_had_time_to_meet(back: LookingBack) -> None:
    place = await back.place()
    alone, met, other, befriended, friend = [await back.someone(place) for _ in range(5)]
    await back.rows(
        "INSERT INTO acquaintance VALUES ($1, $2, $3, 'gathering')", *sorted((met, other)), clock.now()
    )  # fmt: skip
    await back.circle(befriended, friend)
    await back.circle(friend, befriended)
    assert await listed(back, place) == []
    back.move(timedelta(days=14, minutes=1))
    newcomer = await back.someone(place)
    (item,) = await listed(back, place)
    assert (item.participant_id, item.reason, item.exchange_id) == (alone, "knows-nobody", None)
    assert newcomer != item.participant_id


async def test_reasons_to_visit_never_a_score(back: LookingBack) -> None:
    """Whatever was counted to find someone, no number of it comes out."""
    place = await back.place()
    one, other = await back.someone(place), await back.someone(place)
    for _ in range(9):
        await back.had(place, one, other)
    await back.had(place, one, stage="open", nobody_told_at=clock.now())
    back.move(timedelta(days=1))
    page = await back.get(ListAttention(neighbourhood_id=place), actor=WORKER)
    assert {item.reason for item in page.items} == {"one-way", "much-rests-on-them", "nobody-found"}
    for item in page.model_dump()["items"]:
        assert set(item) == {"participant_id", "reason", "since", "exchange_id"}
        assert not any(isinstance(value, int | float) for value in item.values())


async def test_who_only_gives_or_only_receives_is_a_reason_to_visit_whichever_it_was(back: LookingBack) -> None:
    place = await back.place()
    asks, does, both, third = [await back.someone(place) for _ in range(4)]
    for _ in range(3):
        await back.had(place, asks, does)
        await back.had(place, both, third, opening="offer")
    await back.had(place, both, third)
    found = await reasons(back, place)
    assert (asks, "one-way") in found
    assert (does, "one-way") in found
    assert not {who for who, reason in found if reason == "one-way"} & {both, third}
    back.move(timedelta(days=181))
    assert not {who for who, reason in await reasons(back, place) if reason == "one-way"}


async def test_two_of_three_one_way_is_no_reason_yet_and_what_was_not_done_does_not_count(back: LookingBack) -> None:
    place = await back.place()
    one, other = await back.someone(place), await back.someone(place)
    for stage in ("done", "done", "agreed", "withdrawn", "expired"):
        await back.had(place, one, other, stage=stage)
    assert await reasons(back, place) == set()


async def test_on_whom_much_rests_is_a_reason_to_visit_by_their_yes_or_their_offer(back: LookingBack) -> None:
    place = await back.place()
    says_yes, offers, *others = [await back.someone(place) for _ in range(6)]
    for number in range(4):
        stage: Stage = "agreed" if number % 2 else "done"
        await back.had(place, others[number], says_yes, stage=stage)
        await back.had(place, offers, others[number], opening="offer", stage=stage)
    found = await reasons(back, place, "one-way")
    assert found == {(says_yes, "much-rests-on-them"), (offers, "much-rests-on-them")}
    back.move(timedelta(days=43))
    assert await reasons(back, place, "one-way", "fell-silent") == set()


async def test_one_thing_done_for_several_at_once_is_one_thing(back: LookingBack) -> None:
    place = await back.place()
    offers, *others = [await back.someone(place) for _ in range(6)]
    await back.had(place, offers, *others, opening="offer")
    assert await reasons(back, place) == set()


async def test_what_was_agreed_and_cancelled_rests_on_nobody(back: LookingBack) -> None:
    place = await back.place()
    one, other = await back.someone(place), await back.someone(place)
    ids = [await back.had(place, one, other, stage="agreed") for _ in range(4)]
    assert await reasons(back, place) == {(other, "much-rests-on-them")}
    await back.rows("UPDATE agreement SET ended_at = $2 WHERE exchange_id = $1", ids[0], clock.now())
    assert await reasons(back, place) == set()


async def test_what_found_nobody_is_listed_until_someone_is_found(back: LookingBack) -> None:
    place = await back.place()
    one, other = await back.someone(place), await back.someone(place)
    told = clock.now()
    id_ = await back.had(place, one, stage="inviting", nobody_told_at=told)
    for stage in ("proposed", "done", "withdrawn", "handed-over"):
        await back.had(place, other, stage=stage, nobody_told_at=told)
    await back.had(place, other, stage="open")
    (item,) = await listed(back, place)
    assert (item.participant_id, item.reason, item.exchange_id, item.since) == (one, "nobody-found", id_, told)


@pytest.mark.parametrize("change", [{"status": "paused"}, {"status": "left"}, {"neighbourhood_id": "elsewhere"}])
async def test_who_paused_left_or_moved_is_not_listed(back: LookingBack, change: dict[str, Any]) -> None:
    place = await back.place()
    one, other = await back.someone(place), await back.someone(place)
    for _ in range(4):
        await back.had(place, one, other)
    await back.had(place, other, stage="open", nobody_told_at=clock.now())
    back.move(timedelta(days=20))
    assert {item.participant_id for item in await listed(back, place)} == {one, other}
    for who in (one, other):
        await back.someone(place, id_=who, version=2, **change)
    assert await listed(back, place) == []


async def test_who_is_out_of_matching_is_still_someone_to_visit(back: LookingBack) -> None:
    place = await back.place()
    one = await back.someone(place, out_of_matching=True)
    back.move(timedelta(days=15))
    assert [(item.participant_id, item.reason) for item in await listed(back, place)] == [(one, "knows-nobody")]


async def test_the_longest_standing_comes_first_and_pages_hold_each_once(back: LookingBack) -> None:
    place = await back.place()
    people = []
    for _ in range(5):
        people.append(await back.someone(place))
        back.move(timedelta(hours=1))
    same_moment = clock.now()
    asks = {await back.had(place, people[0], stage="open", nobody_told_at=same_moment) for _ in range(3)}
    back.move(timedelta(days=90))
    seen: list[Attention] = []
    after = None
    while True:
        page = await back.get(ListAttention(neighbourhood_id=place, after=after, limit=3), actor=WORKER)
        seen += page.items
        if page.next is None:
            break
        after = page.next
    assert len(seen) == len({(item.participant_id, item.reason, item.exchange_id) for item in seen}) == 13
    assert [item.since for item in seen] == sorted(item.since for item in seen)
    assert {item.exchange_id for item in seen} - {None} == asks
    assert seen == await listed(back, place, limit=100)


AN_ID = "019b2c51-7e00-7000-8000-000000000001"
"""Fixed: pytest-xdist wants the same names of tests in each of its processes."""


@pytest.mark.parametrize(
    "after", ["", "x", "2026-01-01 x one-way y", f"2026-01-01T00:00 {AN_ID} one-way {AN_ID}",
              f"2026-01-01T00:00:00+00:00 {AN_ID} needy {AN_ID}", "a b c d e",
              f"0001-01-01T00:00:00+14:00 {AN_ID} one-way {AN_ID}"],
)  # fmt: skip
async def test_a_page_that_never_was_is_refused(back: LookingBack, after: str) -> None:
    place = await back.place()
    query = ListAttention(neighbourhood_id=place, after=after)
    assert await back.refused(query, actor=WORKER) == ("malformed", "after")


async def test_it_is_for_workers_alone(back: LookingBack) -> None:
    place = await back.place()
    one = await back.someone(place)
    query = ListAttention(neighbourhood_id=place)
    assert await back.refused(query, actor=f"participant:{one}") == ("not_allowed", "ce-actor")
    await back.grant("stad", place)
    assert (await back.refused(query, sender="stad"))[0] == "not_allowed"
    assert await back.refused(ListAttention(neighbourhood_id="nowhere"), actor=WORKER) == (
        "unknown_id", "neighbourhood_id",
    )  # fmt: skip
