"""Pausing, leaving, moving, merging or being erased at any moment of any lifecycle leaves nothing dangling, and the
other side is told what they must know, once, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Literal
from uuid import UUID

import pytest

from shared import clock
from shared.contracts.erasure import ExchangeErasureConfirmed
from shared.contracts.exchange import (
    AnswerInvitation,
    AnswerProposal,
    CancelAgreement,
    ExchangeDropped,
    ExchangeWithdrawn,
    NextStepReached,
    OpenDraft,
    OpenExchange,
    WorkerAsked,
)
from shared.contracts.profiles import ParticipantErased, ParticipantKept, ParticipantMerged
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.exchange.lives import LIVES, Life, Lived, Lives
from tests.exchange.lives import lives as made_lives
from tests.handling import PLACE, later

Way = Literal["pauses", "is taken out of matching", "leaves", "moves", "is gone", "is erased", "is erased and gone"]
RESTING: tuple[Way, ...] = ("pauses", "is taken out of matching")
GONE: tuple[Way, ...] = ("leaves", "moves", "is gone", "is erased", "is erased and gone")
CASES = [
    (way, life)
    for way in (*RESTING, *GONE)
    for life in LIVES
    if way in ("pauses", "leaves", "is erased") or life in ("asked", "proposed", "agreed", "over")
]
"""Each way at each stage, but for the ways that are much alike: those at the stages where most is at stake."""


@pytest.fixture(scope="module")
async def lives(module_stack: MakeStack) -> AsyncIterator[Lives]:
    """Each test lives in a neighbourhood of its own."""
    async with made_lives(module_stack) as made:
        yield made


async def go(lives: Lives, way: Way, place: str, who: UUID) -> None:
    """Someone goes, as profiles tells it; what is told twice changes nothing."""
    gone = ParticipantKept(participant_id=who, version=9, removed=True)
    erased = ParticipantErased(participant_id=who, erasure_id=new_id(), neighbourhood_id=place)
    left = ParticipantKept(participant_id=who, version=9, neighbourhood_id=place, status="left")
    messages: dict[Way, list[ParticipantKept | ParticipantErased]] = {
        "pauses": [left.model_copy(update={"status": "paused", "reached_by": "email"})],
        "is taken out of matching": [left.model_copy(update={"status": "active", "out_of_matching": True})],
        "leaves": [left],
        "moves": [left.model_copy(update={"status": "active", "neighbourhood_id": PLACE})],
        "is gone": [gone],
        "is erased": [gone, erased],
        "is erased and gone": [erased, gone],
    }
    for message in messages[way] * 2:
        await lives.tell(message)


async def dangling(lives: Lives, found: Lived, who: UUID, *, resting: bool) -> list[str]:
    """What of someone still waits for something; what is agreed may, when they only rest."""
    waiting = [
        *await lives.rows(
            """
            SELECT 'opened: ' || stage FROM exchange
            WHERE participant_id = $1 AND ended_at IS NULL AND NOT (stage = 'agreed' AND $2)
            """,
            who, resting,
        ),
        *await lives.rows(
            """
            SELECT 'asked: ' || i.stage FROM invitation AS i JOIN exchange AS e USING (exchange_id)
            WHERE i.participant_id = $1 AND (
                i.stage IN ('held', 'waiting', 'asked') OR (i.stage = 'yes' AND e.ended_at IS NULL)
            ) AND NOT (e.stage = 'agreed' AND $2)
            """,
            who, resting,
        ),
        *await lives.rows(
            """
            SELECT 'agreed: ' || e.stage FROM agreement AS a JOIN exchange AS e USING (exchange_id)
            WHERE a.participant_id = $1 AND a.ended_at IS NULL AND e.ended_at IS NULL AND NOT $2
            """,
            who, resting,
        ),
    ]  # fmt: skip
    return [row[0] for row in waiting] + await timers_of_nothing(lives, found)


async def timers_of_nothing(lives: Lives, found: Lived) -> list[str]:
    """Timers of an exchange that has ended, but for how it was; and of questions that nobody is asked."""
    timers = await lives.timers()
    stage = await lives.stage(found.exchange_id)
    ended = {key for key in timers if str(found.exchange_id) in key and stage in (None, "withdrawn", "expired")}
    asked = {
        f"invitation:{row['invitation_id']}"
        for row in await lives.rows(
            "SELECT invitation_id FROM invitation WHERE stage IN ('waiting', 'asked', 'not-now')"
        )
    }
    return sorted(ended | {key for key in timers if key.startswith("invitation:") and key not in asked})


OPENED: dict[Life, list[str]] = {
    "asked": ["taken-back"], "one-yes": ["taken-back"], "proposed": ["taken-back"], "agreed": ["cancelled"],
}  # fmt: skip
"""What a neighbour is told when who opened it goes, at each stage; at the others, nothing."""


@pytest.mark.parametrize(("way", "life"), CASES)
async def test_what_someone_opened_ends_with_them(lives: Lives, way: Way, life: Life) -> None:
    """What is agreed goes on when they only rest; what had ended, and what had its moment, is not told of again."""
    found = await lives.lived(life)
    before, mark = await lives.stage(found.exchange_id), await lives.mark()
    await go(lives, way, found.place, found.opener)
    resting = way in RESTING
    goes_on = life == "over" or (life == "agreed" and resting)
    told = [] if goes_on else OPENED.get(life, [])
    assert await lives.steps(found.neighbour, mark) == told
    assert await lives.steps(found.other, mark) == (told if life == "one-yes" else [])
    assert await lives.steps(found.opener, mark) == []
    after = await lives.stage(found.exchange_id)
    if way in ("is erased", "is erased and gone"):
        assert after is None
    elif life in ("done", "withdrawn", "expired") or (goes_on and way != "is gone"):
        assert after == before
    else:
        assert after == ("expired" if life == "over" else "withdrawn")
        fact = ExchangeDropped if life in ("draft", "handed-over") else ExchangeWithdrawn
        assert len(await lives.told(fact, mark)) == (life != "over")
    if not (life == "over" and way in (*RESTING, "leaves", "moves")):
        assert await dangling(lives, found, found.opener, resting=resting) == []


@pytest.mark.parametrize(("way", "life"), CASES)
async def test_what_someone_was_asked_ends_for_them(lives: Lives, way: Way, life: Life) -> None:
    """Who opened it is told when they knew of them, and others are sought."""
    found = await lives.lived(life)
    before, mark = await lives.stage(found.exchange_id), await lives.mark()
    await go(lives, way, found.place, found.neighbour)
    resting = way in RESTING
    told = life == "proposed" or (life == "agreed" and not resting)
    assert (await lives.steps(found.opener, mark)).count("cancelled") == told
    assert set(await lives.steps(found.opener, mark)) <= {"cancelled"}
    assert await lives.steps(found.neighbour, mark) == []
    assert set(await lives.steps(found.other, mark)) <= ({"invited"} if told else set())
    after = await lives.stage(found.exchange_id)
    if told:
        assert after in ("open", "inviting")
    elif life == "over" and way not in (*RESTING, "leaves", "moves"):
        assert after == "expired"
    else:
        assert after == before
    if life != "over" or way not in (*RESTING, "leaves", "moves"):
        assert await dangling(lives, found, found.neighbour, resting=resting) == []


@pytest.mark.parametrize("way", ["pauses", "leaves", "is erased"])
async def test_a_wish_that_was_put_to_someone_who_goes_is_let_go_in_silence(lives: Lives, way: Way) -> None:
    """They are told nothing of their own wish, and the worker's proposal is dropped."""
    place = await lives.place()
    who = await lives.someone(place, wishes=[{"kind": "garden"}])
    id_ = await lives.had(
        place, who, stage="draft", kind="garden", by_system=True, opened_at=None, drafted_at=clock.now()
    )
    await lives.get(OpenDraft(exchange_id=id_), actor="operator")
    mark = await lives.mark()
    await go(lives, way, place, who)
    assert await lives.told(NextStepReached, mark) == []
    assert await lives.stage(id_) == (None if way == "is erased" else "withdrawn")
    assert len(await lives.told(ExchangeDropped, mark)) == 1
    assert await dangling(lives, Lived(id_, place, who, who, who), who, resting=way == "pauses") == []


@pytest.mark.parametrize("way", RESTING)
@pytest.mark.parametrize("neighbour", ["cancels", "is erased"])
async def test_for_who_rests_nobody_is_sought_when_a_neighbour_falls_away(
    lives: Lives, way: Way, neighbour: str
) -> None:
    """What is agreed goes on while they rest; when it can't, it ends."""
    found = await lives.lived("agreed")
    await lives.acquaint(found.opener, await lives.someone(found.place, talents=[{"kind": "garden"}]))
    await go(lives, way, found.place, found.opener)
    mark = await lives.mark()
    if neighbour == "cancels":
        await lives.act(found.neighbour, CancelAgreement(exchange_id=found.exchange_id, participant_id=found.neighbour))
    else:
        await go(lives, "is erased", found.place, found.neighbour)
    assert await lives.stage(found.exchange_id) == "withdrawn"
    assert await lives.steps(found.opener, mark) == ["cancelled"]
    assert not await lives.told(NextStepReached, mark, step="invited")
    assert not await dangling(lives, found, found.opener, resting=True)


async def test_what_was_agreed_and_has_had_its_moment_can_still_be_spoken_of(lives: Lives) -> None:
    """Who stays is asked how it was, though the other has left meanwhile; and then it closes."""
    found = await lives.lived("over")
    await go(lives, "leaves", found.place, found.neighbour)
    mark = await lives.mark()
    lives.move(timedelta(days=2))
    await lives.fire()
    assert await lives.steps(found.opener, mark) == ["how-was-it"]
    assert await lives.steps(found.neighbour, mark) == []
    lives.move(timedelta(days=20))
    await lives.fire()
    assert await lives.stage(found.exchange_id) == "expired"
    assert await dangling(lives, found, found.neighbour, resting=False) == []


@pytest.mark.parametrize("side", ["opener", "neighbour"])
@pytest.mark.parametrize("way", ["pauses", "leaves"])
async def test_what_both_do_at_the_moment_that_one_goes_leaves_nothing_hanging(
    lives: Lives, way: Way, side: str
) -> None:
    """A yes, a yes to that, and something new that is opened, all at once; and again, in case they came in order."""
    for life in ("asked", "proposed", "agreed", "one-yes"):
        found = await lives.lived(life)
        who: UUID = getattr(found, side)
        asked = found.other if life == "one-yes" else found.neighbour
        answer = AnswerInvitation(invitation_id=await lives.invitation(found.exchange_id, asked), answer="yes")
        agree = AnswerProposal(exchange_id=found.exchange_id, answer="yes")
        more = OpenExchange(opening="offer", participant_id=who, kind="game")
        other = OpenExchange(opening="ask", participant_id=found.other, kind="garden")
        await asyncio.gather(
            lives.ask(answer, actor=f"participant:{asked}"),
            lives.ask(more, actor=f"participant:{who}"),
            go(lives, way, found.place, who),
            lives.ask(agree, actor=f"participant:{found.opener}"),
            lives.ask(other, actor=f"participant:{found.other}"),
            lives.ask(more, actor=f"participant:{who}"),
        )
        assert await dangling(lives, found, who, resting=way == "pauses") == []


async def gathering(lives: Lives, place: str, host: UUID, guest: UUID, days: float) -> UUID:
    """Coffee, with a guest who comes."""
    id_, at = new_id(), later(days)
    await lives.rows(
        """
        INSERT INTO gathering (
            gathering_id, version, neighbourhood_id, host_id, title, place, starts_at, ends_at, stage, planned_by,
            planned_at
        ) VALUES ($1, 1, $2, $3, 'Koffie', 'Buurthuis', $4, $5, 'planned', $6, $4)
        """,
        id_, place, host, at, at + timedelta(hours=2), f"participant:{host}",
    )  # fmt: skip
    await lives.rows(
        "INSERT INTO guest (gathering_id, participant_id, coming, bringing) VALUES ($1, $2, true, 'taart')", id_, guest
    )
    return id_


@pytest.mark.parametrize("way", [*RESTING, *GONE])
async def test_gatherings_that_lie_ahead_do_without_who_has_gone(lives: Lives, way: Way) -> None:
    """A worker welcomes people; the place is free. Who rests is still welcome, and what was is left as it was."""
    place = await lives.place()
    who, other = await lives.someone(place), await lives.someone(place)
    hosted, past = [await gathering(lives, place, who, other, days) for days in (3, -3)]
    visited = await gathering(lives, place, other, who, 3)
    mark = await lives.mark()
    await go(lives, way, place, who)
    hosts = {
        row["gathering_id"]: row["host_id"]
        for row in await lives.rows("SELECT gathering_id, host_id FROM gathering WHERE neighbourhood_id = $1", place)
    }
    assert hosts[hosted] == (who if way in RESTING else None)
    assert hosts[past] == (None if "erased" in way else who)
    coming = await lives.rows("SELECT participant_id FROM guest WHERE gathering_id = $1 AND coming", visited)
    assert [row["participant_id"] for row in coming] == ([who] if way in RESTING else [])
    asked = await lives.told(WorkerAsked, mark, to="welcome-people")
    assert [each.gathering_id for each in asked] == ([] if way in RESTING else [hosted])


@pytest.mark.parametrize(("side", "first"), [("opener", "event"), ("neighbour", "tombstone")])
@pytest.mark.parametrize("life", LIVES)
async def test_what_is_kept_of_one_entry_goes_on_under_the_survivor(
    lives: Lives, life: Life, side: str, first: str
) -> None:
    """By the event or the tombstone, whichever comes first; nobody is told anything."""
    found = await lives.lived(life)
    double, survivor = getattr(found, side), await lives.someone(found.place)
    before, mark = await traces(lives, double), await lives.mark()
    stage = await lives.stage(found.exchange_id)
    await merge(lives, found.place, double, survivor, first)
    assert await traces(lives, double) == set()
    assert await traces(lives, survivor) >= before - {("enjoyment", "participant_id")}
    assert await lives.stage(found.exchange_id) == stage
    assert await lives.told(NextStepReached, mark) == []


async def merge(lives: Lives, place: str, double: UUID, survivor: UUID, first: str = "event") -> None:
    event = ParticipantMerged(participant_id=double, survivor_id=survivor, neighbourhood_id=place, version=9)
    tombstone = ParticipantKept(participant_id=double, version=9, removed=True, merged_into=survivor)
    for message in (event, tombstone) if first == "event" else (tombstone, event):
        await lives.tell(message)


async def traces(lives: Lives, who: UUID) -> set[tuple[str, str]]:
    """In which columns someone is named."""
    found = set()
    for row in await lives.rows(
        """
        SELECT table_name AS t, column_name AS c FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> 'merged_entry'
        """
    ):
        if await lives.rows(f'SELECT 1 FROM "{row["t"]}" WHERE "{row["c"]}"::text LIKE $1 LIMIT 1', f"%{who}%"):
            found.add((row["t"], row["c"] if row["t"] != "acquaintance" else "either"))
    return found


async def test_two_entries_that_were_both_asked_are_asked_once(lives: Lives) -> None:
    """The answer that one of them gave stands."""
    found = await lives.lived("one-yes")
    mark = await lives.mark()
    await merge(lives, found.place, found.neighbour, found.other)
    rows = await lives.rows("SELECT participant_id, stage FROM invitation WHERE exchange_id = $1", found.exchange_id)
    assert [tuple(row) for row in rows] == [(found.other, "yes")]
    assert await timers_of_nothing(lives, found) == []
    assert set(await lives.steps(found.opener, mark)) <= {"found"}


async def test_who_turns_out_to_be_on_both_sides_is_alone_with_it(lives: Lives) -> None:
    """A question to oneself is dropped, and others are sought; what one agreed with oneself is withdrawn, quietly."""
    for life in ("asked", "held", "proposed", "agreed", "done"):
        found = await lives.lived(life)
        mark = await lives.mark()
        await merge(lives, found.place, found.opener, found.neighbour)
        rows = await lives.rows(
            "SELECT 1 FROM invitation WHERE exchange_id = $1 AND participant_id = $2",
            found.exchange_id,
            found.neighbour,
        )
        assert not rows
        expected = {"done": ("done",), "proposed": ("withdrawn",), "agreed": ("withdrawn",)}
        assert await lives.stage(found.exchange_id) in expected.get(life, ("open", "inviting"))
        assert await lives.steps(found.neighbour, mark) == []
        assert await timers_of_nothing(lives, found) == []
        assert not await lives.rows("SELECT 1 FROM acquaintance WHERE $1 IN (first_id, second_id)", found.opener)


async def test_acquaintances_of_two_entries_become_those_of_one(lives: Lives) -> None:
    """A pair that had met twice is kept as the first time, and nobody is acquainted with themselves."""
    place = await lives.place()
    survivor, double, friend = [await lives.someone(place) for _ in range(3)]
    for one, other in ((survivor, double), (double, friend), (survivor, friend)):
        await lives.acquaint(one, other)
    await merge(lives, place, double, survivor)
    rows = await lives.rows("SELECT first_id, second_id FROM acquaintance WHERE $1 IN (first_id, second_id)", survivor)
    assert [{row["first_id"], row["second_id"]} for row in rows] == [{survivor, friend}]


async def test_places_at_gatherings_become_those_of_one(lives: Lives) -> None:
    """Two at one table are one, and none of who welcomes the others."""
    place = await lives.place()
    survivor, double, other = [await lives.someone(place) for _ in range(3)]
    hosted = await gathering(lives, place, double, survivor, 3)
    visited = await gathering(lives, place, other, double, 3)
    await lives.rows("INSERT INTO guest (gathering_id, participant_id) VALUES ($1, $2)", visited, survivor)
    await merge(lives, place, double, survivor)
    guests = await lives.rows(
        "SELECT gathering_id, participant_id, coming, bringing FROM guest WHERE gathering_id IN ($1, $2)",
        hosted, visited,
    )  # fmt: skip
    assert [tuple(row) for row in guests] == [(visited, survivor, True, "taart")]
    (row,) = await lives.rows("SELECT host_id, planned_by FROM gathering WHERE gathering_id = $1", hosted)
    assert tuple(row) == (survivor, f"participant:{survivor}")


async def test_a_survivor_who_rests_has_nothing_open_of_the_other_entry(lives: Lives) -> None:
    """The pause of the survivor was told before what moved to them."""
    found = await lives.lived("asked")
    survivor = await lives.someone(found.place, status="paused")
    mark = await lives.mark()
    await merge(lives, found.place, found.opener, survivor)
    assert await lives.stage(found.exchange_id) == "withdrawn"
    assert await lives.steps(found.neighbour, mark) == ["taken-back"]


async def test_a_merge_before_the_survivor_is_known_loses_nothing(lives: Lives) -> None:
    found, survivor = await lives.lived("asked"), new_id()
    await merge(lives, found.place, found.opener, survivor, "tombstone")
    assert await lives.stage(found.exchange_id) == "inviting"
    await lives.someone(found.place, id_=survivor)
    assert await lives.stage(found.exchange_id) == "inviting"
    (row,) = await lives.rows("SELECT participant_id FROM exchange WHERE exchange_id = $1", found.exchange_id)
    assert row["participant_id"] == survivor


async def test_erasure_is_confirmed_once_for_whoever_it_is(lives: Lives) -> None:
    """Also for someone who was never known here."""
    for who in (new_id(), (await lives.lived("agreed")).opener):
        event = ParticipantErased(
            participant_id=who, erasure_id=new_id(), neighbourhood_id=PLACE, merged_ids=[new_id()]
        )
        await lives.tell(event)
        await lives.tell(event)
        assert len(await lives.told(ExchangeErasureConfirmed, erasure_id=event.erasure_id)) == 1
