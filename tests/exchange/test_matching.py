"""Who is asked first, and who is never asked: each rule by itself."""

from __future__ import annotations

import ast
import inspect
from collections.abc import AsyncIterator
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.exchange import matching
from services.exchange.domain import distances
from services.exchange.matching import Neighbour, ranked, reasons
from services.exchange.repository import candidates
from shared import clock
from shared.contracts.exchange import MatchReason, OpenExchange, ShowCandidates, When
from shared.contracts.profiles import ParticipantKept
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.exchange.looking_back import WORKER, LookingBack, looking_back
from tests.exchange.street import HOME, Street, away

BRUSSELS = ZoneInfo("Europe/Brussels")
EXCHANGE = UUID("019a2c00-0a10-7c00-8000-1f2e3d4c5b6a")


@pytest.fixture(scope="module")
async def back(module_stack: MakeStack) -> AsyncIterator[LookingBack]:
    async with looking_back(module_stack) as made:
        yield made


# --- the order: the first difference counts, and no other neighbour is asked before


async def test_people_who_have_met_come_first(back: LookingBack) -> None:
    street = await Street.of(back)
    strangers = [await street.neighbour() for _ in range(3)]
    met = await street.neighbour(cell=away(9))
    await street.met(street.opener, met)
    assert (await street.order())[0] == met
    assert "acquainted" in await street.why(met)
    assert set(await street.order()) == {met, *strangers}


async def test_who_is_in_the_circle_comes_first(back: LookingBack) -> None:
    street = await Street.of(back)
    await street.neighbour()
    close = await street.neighbour(cell=away(9))
    await back.circle(street.opener, close)
    found = await street.found()
    assert found[0].participant_id == close
    assert found[0].acquainted
    assert "circle" in found[0].reasons


async def test_who_has_mostly_been_helped_is_offered_a_chance_to_give(back: LookingBack) -> None:
    """A reason without a number, worked out when it is asked: no table changes, and no number comes out."""
    street = await Street.of(back)
    others = [await street.neighbour() for _ in range(2)]
    turn = await street.neighbour(cell=away(3))
    for _ in range(2):
        await back.had(street.place, turn, new_id())
    assert "likes-a-turn" not in await street.why(turn)
    await back.had(street.place, new_id(), turn, opening="offer")
    exchange_id = await street.asks()
    before = await everything(back)
    found = await street.found(exchange_id)
    assert (found[0].participant_id, "likes-a-turn" in found[0].reasons) == (turn, True)
    assert not any("likes-a-turn" in each.reasons for each in found if each.participant_id in others)
    assert not any(isinstance(value, int | float) and not isinstance(value, bool)
                   for each in found for value in each.model_dump().values())  # fmt: skip
    assert await everything(back) == before
    ask = OpenExchange(opening="ask", participant_id=street.opener, kind="coffee", people=3)
    await back.get(ask, actor=f"participant:{street.opener}")
    rows = await back.rows("SELECT reasons FROM invitation WHERE participant_id = $1", turn)
    assert rows, "they are asked"
    assert "likes-a-turn" not in rows[-1]["reasons"], "with the invitation it is not kept"


async def test_what_they_did_for_others_and_what_is_long_ago_is_no_reason_for_a_turn(back: LookingBack) -> None:
    street = await Street.of(back)
    both, long_ago = await street.neighbour(), await street.neighbour()
    for _ in range(3):
        await back.had(street.place, both, new_id())
        await back.had(street.place, long_ago, new_id(), at=clock.now() - timedelta(days=181))
    await back.had(street.place, new_id(), both)
    assert "likes-a-turn" not in await street.why(both)
    assert "likes-a-turn" not in await street.why(long_ago)


async def test_who_is_known_to_be_free_then_comes_before_who_left_it_open(back: LookingBack) -> None:
    street = await Street.of(back)
    left_open = await street.neighbour()
    free = await street.neighbour(cell=away(3), availability=[{"weekday": "tuesday", "part": "afternoon"}])
    tuesday = When(weekday="tuesday", part="afternoon")
    assert await street.order(when=tuesday) == [free, left_open]
    assert "free-then" in await street.why(free, when=tuesday)
    assert "free-then" not in await street.why(free)


async def test_who_lives_near_comes_before_who_lives_further(back: LookingBack) -> None:
    street = await Street.of(back)
    unknown = await street.neighbour(cell=None, languages=["nl"])
    far, near, corner = [await street.neighbour(cell=away(rings)) for rings in (6, 3, 1)]
    order = await street.order()
    assert order[:2] == [corner, near]
    assert set(order[2:]) == {far, unknown}
    assert "near" in await street.why(near)
    assert "near" not in await street.why(far)
    assert "near" not in await street.why(unknown)


async def test_a_shared_language_comes_first_among_those_as_near(back: LookingBack) -> None:
    street = await Street.of(back, languages=["tr", "fr"])
    other, shared = await street.neighbour(languages=["nl"]), await street.neighbour(languages=["nl", "fr"])
    assert await street.order() == [shared, other]
    assert "same-language" in await street.why(shared)


async def test_who_was_asked_lately_comes_later(back: LookingBack) -> None:
    street = await Street.of(back)
    asked, quiet = await street.neighbour(), await street.neighbour()
    await street.invited(asked, "asked", days_ago=13)
    await street.invited(quiet, "asked", days_ago=15)
    assert await street.order() == [quiet, asked]
    assert "not-asked-lately" in await street.why(quiet)
    assert "not-asked-lately" not in await street.why(asked)


async def test_who_said_yes_before_comes_first_among_equals(back: LookingBack) -> None:
    street = await Street.of(back)
    plain, glad = await street.neighbour(), await street.neighbour()
    await street.invited(plain, "no", days_ago=20)
    await street.invited(glad, "yes", days_ago=20)
    assert await street.order() == [glad, plain]
    assert "said-yes-before" in await street.why(glad)


@pytest.mark.parametrize(("stage", "reason"), [("not-now", "said-not-now-before"), ("silent", "silent-before")])
async def test_who_said_not_now_or_nothing_the_last_time_comes_later(
    back: LookingBack, stage: str, reason: MatchReason
) -> None:
    street = await Street.of(back)
    busy, plain = await street.neighbour(), await street.neighbour()
    await street.invited(busy, stage, days_ago=20)
    await street.invited(plain, "no", days_ago=20)
    assert await street.order() == [plain, busy]
    assert reason in await street.why(busy)
    await street.invited(busy, "no", days_ago=16)
    assert reason not in await street.why(busy)


async def test_on_whom_much_rests_comes_last(back: LookingBack) -> None:
    street = await Street.of(back)
    loaded, plain = await street.neighbour(), await street.neighbour()
    for _ in range(3):
        await back.had(street.place, new_id(), loaded)
    await back.had(street.place, loaded, new_id(), opening="offer", stage="agreed")
    assert await street.order() == [plain, loaded]
    assert "much-rests-on-them" in await street.why(loaded)


# --- who is never asked


async def test_only_a_talent_of_the_kind_meets_an_ask_and_only_a_wish_an_offer(back: LookingBack) -> None:
    street = await Street.of(back)
    gives, wishes = await street.neighbour(), await street.neighbour(part="wishes")
    await street.neighbour(enjoys="game")
    assert await street.order() == [gives]
    assert await street.order(opening="offer") == [wishes]
    assert "enjoys-it" in await street.why(gives)
    assert "wished-for-it" in await street.why(wishes, opening="offer")


async def test_a_person_out_of_matching_is_never_proposed(back: LookingBack) -> None:
    street = await Street.of(back)
    await street.neighbour(out_of_matching=True)
    assert await street.order() == []


@pytest.mark.parametrize("status", ["paused", "left"])
async def test_who_paused_or_left_is_never_proposed(back: LookingBack, status: str) -> None:
    street = await Street.of(back)
    await street.neighbour(status=status)
    assert await street.order() == []


async def test_who_opened_it_is_never_asked_for_it(back: LookingBack) -> None:
    street = await Street.of(back, talents=[{"kind": "coffee"}])
    assert await street.order() == []


async def test_never_this_kind_is_remembered(back: LookingBack) -> None:
    street = await Street.of(back)
    never, other = await street.neighbour(), await street.neighbour()
    await back.rows("INSERT INTO never_kind VALUES ($1, 'coffee', $3), ($2, 'game', $3)", never, other, clock.now())
    assert await street.order() == [other]


async def test_nobody_is_asked_twice_for_the_same(back: LookingBack) -> None:
    street = await Street.of(back)
    exchange_id = await street.asks()
    for stage in ("held", "waiting", "asked", "yes", "not-now", "no", "never", "silent", "arranged", "taken-back"):
        await street.invited(await street.neighbour(), stage, exchange=exchange_id)
    assert await street.order(exchange_id) == []


async def test_who_never_heard_of_it_can_still_be_asked(back: LookingBack) -> None:
    """Held for them, and let go before the worker looked."""
    street = await Street.of(back)
    exchange_id, neighbour = await street.asks(), await street.neighbour()
    id_ = await street.invited(neighbour, "held", exchange=exchange_id)
    await back.rows("UPDATE invitation SET stage = 'arranged' WHERE invitation_id = $1", id_)
    assert await street.order(exchange_id) == [neighbour]


@pytest.mark.parametrize("by_opener", [True, False])
@pytest.mark.parametrize("opened", [True, False])
async def test_two_between_whom_it_was_not_good_are_not_brought_together(
    back: LookingBack, by_opener: bool, opened: bool
) -> None:
    street = await Street.of(back)
    neighbour = await street.neighbour()
    pair = (street.opener, neighbour) if opened else (neighbour, street.opener)
    before = await back.had(street.place, *pair)
    assert await street.order() == [neighbour]
    who = street.opener if by_opener else neighbour
    await back.rows(
        "INSERT INTO experience VALUES ($1, $2, 'not-good', $3, 'operator')", before, who, clock.now()
    )  # fmt: skip
    assert await street.order() == []


async def test_another_neighbourhood_is_not_looked_in(back: LookingBack) -> None:
    street, other = await Street.of(back), await Street.of(back)
    await other.neighbour()
    assert await street.order() == []


async def test_beyond_the_widest_ring_nobody_is_asked(back: LookingBack) -> None:
    street = await Street.of(back)
    edge = await street.neighbour(cell=away(12))
    await street.neighbour(cell=away(13))
    assert await street.order() == [edge]


async def test_where_nobody_knows_who_lives_where_everyone_can_be_asked(back: LookingBack) -> None:
    street = await Street.of(back, cell=None)
    both = {await street.neighbour(cell=away(13)), await street.neighbour(cell=None)}
    assert set(await street.order()) == both


async def test_nobody_is_asked_more_often_than_they_want(back: LookingBack) -> None:
    """Their own ceiling, else the policy's; what is held or waits counts, and what was asked of them for gatherings."""
    street = await Street.of(back)
    own, usual, none, often = [await street.neighbour(ceiling=each) for each in (2, None, 0, 9)]
    for _ in range(2):
        await street.invited(own, "no", days_ago=29)
        await street.invited(usual, "held")
        await street.invited(usual, "waiting")
    for _ in range(8):
        await street.invited(often, "no")
    assert await street.order() == [often]
    gathering = new_id()
    await back.rows(
        """
        INSERT INTO gathering (gathering_id, version, neighbourhood_id, title, place, starts_at, ends_at, stage,
            planned_by, planned_at)
        VALUES ($1, 1, $2, 'Koffie', 'Hier', $3, $3::timestamptz + interval '2 hours', 'planned', 'operator', $3)
        """,
        gathering, street.place, clock.now(),
    )  # fmt: skip
    await back.rows(
        "INSERT INTO guest (gathering_id, participant_id, invited_at) VALUES ($1, $2, $3)",
        gathering, often, clock.now(),
    )  # fmt: skip
    assert await street.order() == []
    async with back.transaction() as tx:
        assert await candidates.room(tx, [own, usual, none, often]) == set()
    back.move(timedelta(days=2))
    assert await street.order() == [own]
    back.move(timedelta(days=29))
    assert set(await street.order()) == {own, usual, often}


async def test_a_question_asked_a_second_time_counts_for_two(back: LookingBack) -> None:
    street = await Street.of(back)
    twice = await street.neighbour(ceiling=2)
    id_ = await street.invited(twice, "asked")
    assert await street.order() == [twice]
    await back.rows("UPDATE invitation SET again = true WHERE invitation_id = $1", id_)
    assert await street.order() == []


@pytest.mark.parametrize(
    ("hours", "clock_time", "asked"),
    [
        (("19:00", "10:00"), 9, False),
        (("19:00", "10:00"), 14, True),
        (("13:00", "15:00"), 14, False),
        (("13:00", "15:00"), 15, True),
    ],
)
async def test_a_moment_in_their_own_quiet_hours_is_not_asked_of_them(
    back: LookingBack, hours: tuple[str, str], clock_time: int, asked: bool
) -> None:
    street = await Street.of(back)
    neighbour = await street.neighbour(quiet_hours={"start": hours[0], "end": hours[1]})
    at = datetime(2027, 3, 2, clock_time, tzinfo=BRUSSELS)
    assert await street.order(when=When(at=at)) == ([neighbour] if asked else [])


async def test_who_said_when_they_are_free_is_not_asked_for_another_moment(back: LookingBack) -> None:
    street = await Street.of(back)
    neighbour = await street.neighbour(availability=[{"weekday": "tuesday", "part": "afternoon"}])
    tuesday = datetime(2027, 3, 2, 14, tzinfo=BRUSSELS)
    assert await street.order(when=When(at=tuesday)) == [neighbour]
    assert await street.order(when=When(at=tuesday + timedelta(days=1))) == []
    assert await street.order(when=When(weekday="tuesday")) == [neighbour]
    assert await street.order() == [neighbour]


async def test_of_what_has_no_kind_nobody_can_tell(back: LookingBack) -> None:
    street = await Street.of(back)
    await street.neighbour()
    assert await street.order(kind=None, words="iets") == []


# --- how it is done


async def test_the_order_is_the_same_whenever_it_is_asked(back: LookingBack) -> None:
    street = await Street.of(back)
    for _ in range(12):
        await street.neighbour()
    one, other = await street.asks(), await street.asks()
    assert await street.order(one) == await street.order(one)
    assert await street.order(one) != await street.order(other), "always the same one first"


async def test_however_many_there_are_only_so_many_are_compared(
    back: LookingBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whom the person knows, wherever they live; then who lives nearest."""
    street = await Street.of(back)
    met = await street.neighbour(cell=away(9))
    await street.met(street.opener, met)
    near = [await street.neighbour(cell=away(rings)) for rings in (1, 2, 3)]
    await street.neighbour(cell=away(4))
    monkeypatch.setattr(candidates, "MOST", 4)
    assert set(await street.order()) == {met, *near}


async def test_reasons_are_for_the_worker_alone(back: LookingBack) -> None:
    street = await Street.of(back)
    query = ShowCandidates(exchange_id=await street.asks())
    code, _ = await back.refused(query, actor=f"participant:{street.opener}")
    assert code == "not_allowed"
    assert await back.refused(ShowCandidates(exchange_id=new_id()), actor=WORKER) == ("unknown_id", "exchange_id")


def test_no_rule_reads_age_or_a_problem() -> None:
    """All that matching knows of someone, by name; and profiles tells exchange neither."""
    assert {field.name for field in fields(Neighbour)} == {
        "participant_id", "acquainted", "circle", "likes_a_turn", "free_then", "ring", "same_language", "asked_lately",
        "said_yes", "said_not_now", "silent", "much_rests_on_them",
    }  # fmt: skip
    names = {node.id for node in ast.walk(ast.parse(inspect.getsource(matching))) if isinstance(node, ast.Name)}
    assert not names & {"age", "birth", "born", "problem", "need"}
    assert not {"age", "birth_date", "born", "birthday"} & set(ParticipantKept.model_fields)


def test_a_ring_is_five_minutes_on_foot() -> None:
    assert [distances.minutes_on_foot(HOME, away(rings)) for rings in (0, 1, 3, 12)] == [5, 5, 15, 60]
    assert distances.minutes_on_foot(HOME, None) is None
    assert distances.minutes_on_foot(HOME, h3.latlng_to_cell(-33.9, 18.4, 9)) is None


# --- the ranking, whoever comes in


flags = st.booleans()
neighbours = st.builds(
    Neighbour, participant_id=st.uuids(), acquainted=flags, circle=flags, likes_a_turn=flags,
    free_then=st.sampled_from([True, None]), ring=st.none() | st.integers(0, 12), same_language=flags,
    asked_lately=flags, said_yes=flags, said_not_now=flags, silent=flags, much_rests_on_them=flags,
)  # fmt: skip
streets = st.lists(neighbours, max_size=30, unique_by=lambda each: each.participant_id)


@given(streets, st.randoms(use_true_random=False), st.sampled_from(["ask", "offer"]))
def test_the_order_does_not_depend_on_the_order_in_which_they_are_found(
    street: list[Neighbour], random: Any, opening: Literal["ask", "offer"]
) -> None:
    shuffled = random.sample(street, len(street))
    assert ranked(EXCHANGE, opening, street) == ranked(EXCHANGE, opening, shuffled)


@given(streets)
def test_nobody_is_added_or_left_out_by_the_ranking(street: list[Neighbour]) -> None:
    found = ranked(EXCHANGE, "ask", street)
    assert sorted(each.participant_id for each in found) == sorted(each.participant_id for each in street)


@given(streets)
def test_who_has_met_comes_before_who_has_not(street: list[Neighbour]) -> None:
    acquainted = [each.acquainted for each in ranked(EXCHANGE, "ask", street)]
    assert acquainted == sorted(acquainted, reverse=True)


@given(neighbours, st.uuids())
def test_one_thing_for_someone_never_puts_them_behind_who_is_otherwise_the_same(one: Neighbour, twin: UUID) -> None:
    for better in (
        replace(one, acquainted=True), replace(one, likes_a_turn=True), replace(one, free_then=True),
        replace(one, ring=0), replace(one, same_language=True), replace(one, asked_lately=False),
        replace(one, said_yes=True), replace(one, said_not_now=False, silent=False),
        replace(one, much_rests_on_them=False),
    ):  # fmt: skip
        plain = replace(one, participant_id=twin)
        if replace(better, participant_id=twin) != plain and matching._order(better) != matching._order(plain):
            assert ranked(EXCHANGE, "ask", [plain, better])[0].participant_id == one.participant_id


@given(neighbours)
def test_every_reason_holds_and_is_said_once(one: Neighbour) -> None:
    found = reasons("ask", one)
    assert len(set(found)) == len(found)
    assert ("acquainted" in found, "circle" in found) == (one.acquainted, one.circle)
    assert ("likes-a-turn" in found, "free-then" in found) == (one.likes_a_turn, one.free_then is True)
    assert "enjoys-it" in found
    assert "wished-for-it" not in found


async def everything(back: LookingBack) -> dict[str, str]:
    """What each table of the service holds, as a number that changes with it."""
    tables = [row[0] for row in await back.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    tables = [table for table in tables if not table.endswith("migrations")]
    counted = {}
    for table in tables:
        query = f'SELECT coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM "{table}" AS t'
        counted[table] = (await back.rows(query))[0][0]
    return counted
