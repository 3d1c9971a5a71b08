"""What profiles tells of people and places, as exchange keeps it: in any order, and never older than what is held."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.exchange.app import service
from services.exchange.repository import people as repository
from shared import clock
from shared.contracts.deploy import PartnerGranted
from shared.contracts.exchange import NeighbourhoodDue
from shared.contracts.profiles import (
    CircleKept,
    ConsentsKept,
    DutyKept,
    NeighbourhoodKept,
    ParticipantKept,
    ParticipantMerged,
    RunningConsent,
    VisitRecorded,
)
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.handling import ELSEWHERE, ORGANISATION, PLACE, Handling, handling, later


@pytest.fixture(scope="module")
async def exchange(module_stack: MakeStack) -> AsyncIterator[Handling]:
    """Handlers on a real database, without a broker, shared by the tests of this module."""
    async with handling(module_stack, "exchange", service) as made:
        await made.tell(NeighbourhoodKept(neighbourhood_id=PLACE, version=1, names={"nl": "Brugse Poort"}))
        yield made


def kept(participant_id: UUID, version: int = 1, **more: Any) -> ParticipantKept:
    values = {"neighbourhood_id": PLACE, "languages": ["nl"], "reached_by": "email", "status": "active"} | more
    return ParticipantKept(participant_id=participant_id, version=version, **values)


def merged(participant_id: UUID, survivor_id: UUID, version: int = 3) -> ParticipantMerged:
    return ParticipantMerged(
        participant_id=participant_id, survivor_id=survivor_id, neighbourhood_id=PLACE, version=version
    )


async def held(exchange: Handling, participant_id: UUID) -> Any:
    rows = await exchange.rows("SELECT * FROM participant WHERE participant_id = $1", participant_id)
    return rows[0] if rows else None


async def enjoyed(exchange: Handling, participant_id: UUID) -> set[tuple[str, str, str | None]]:
    rows = await exchange.rows("SELECT part, kind, words FROM enjoyment WHERE participant_id = $1", participant_id)
    return {(row["part"], row["kind"], row["words"]) for row in rows}


async def test_someone_is_kept_as_matching_needs_them(exchange: Handling) -> None:
    who, holder = new_id(), new_id()
    await exchange.tell(
        kept(
            who, languages=["nl", "tr"], cell="891fa4a1a0fffff", ceiling=2, reached_by="letter",
            availability=[{"weekday": "tuesday", "part": "afternoon"}], quiet_hours={"start": "19:00", "end": "10:00"},
            talents=[{"kind": "meal", "words": "soep koken"}], wishes=[{"kind": "game"}], mandate_holder_ids=[holder],
        )
    )  # fmt: skip
    row = await held(exchange, who)
    assert (row["languages"], row["availability"], row["ceiling"]) == (["nl", "tr"], ["tuesday-afternoon"], 2)
    assert (row["cell"], row["reached_by"], row["mandate_holder_ids"]) == ("891fa4a1a0fffff", "letter", [holder])
    assert (row["quiet_from"].hour, row["quiet_until"].hour) == (19, 10)
    assert await enjoyed(exchange, who) == {("talent", "meal", "soep koken"), ("wish", "game", None)}


async def test_what_only_words_say_is_kept_by_its_kind(exchange: Handling) -> None:
    """What no kind is recognised in is not kept; of two of one kind the words are."""
    who = new_id()
    await exchange.tell(
        kept(
            who, talents=[{"kind": "game"}, {"words": "een spelletje rummikub"}, {"words": "kwantummechanica"}],
            wishes=[{"words": "samen wandelen langs het water"}],
        )
    )  # fmt: skip
    assert await enjoyed(exchange, who) == {
        ("talent", "game", "een spelletje rummikub"),
        ("wish", "walk", "samen wandelen langs het water"),
    }


async def test_what_is_older_changes_nothing(exchange: Handling) -> None:
    who = new_id()
    await exchange.tell(kept(who, 3, status="paused", talents=[{"kind": "meal"}]))
    await exchange.tell(kept(who, 2, talents=[{"kind": "game"}]))
    await exchange.tell(kept(who, 3, talents=[{"kind": "game"}]))
    assert ((await held(exchange, who))["version"], (await held(exchange, who))["status"]) == (3, "paused")
    assert await enjoyed(exchange, who) == {("talent", "meal", None)}
    await exchange.tell(kept(who, 4))
    assert (await held(exchange, who))["status"] == "active"
    assert await enjoyed(exchange, who) == set()


async def test_a_tombstone_removes_someone(exchange: Handling) -> None:
    who = new_id()
    await exchange.tell(kept(who, 2, talents=[{"kind": "meal"}]))
    await exchange.tell(ParticipantKept(participant_id=who, version=1, removed=True))
    assert await held(exchange, who), "older than what is held"
    await exchange.tell(ParticipantKept(participant_id=who, version=3, removed=True))
    assert not await held(exchange, who)
    assert not await enjoyed(exchange, who)


async def test_an_entry_that_was_merged_does_not_come_back(exchange: Handling) -> None:
    """What was told of it before, and comes late, is told of nobody."""
    survivor, double, third = new_id(), new_id(), new_id()
    await exchange.tell(kept(survivor))
    await exchange.tell(merged(double, survivor))
    await exchange.tell(kept(double, 2))
    await exchange.tell(CircleKept(participant_id=double, version=2, member_ids=[survivor]))
    await exchange.tell(ConsentsKept(participant_id=double, version=2))
    assert not await held(exchange, double)
    for table in ("circle", "consents"):
        assert not await exchange.rows(f"SELECT 1 FROM {table} WHERE participant_id = $1", double)
    await exchange.tell(merged(survivor, third))
    async with exchange.transaction() as tx:
        assert await repository.survivor(tx, double) == third, "one leads on to the other"


async def test_who_left_is_kept_as_that_alone(exchange: Handling) -> None:
    who = new_id()
    await exchange.tell(kept(who, talents=[{"kind": "meal"}]))
    await exchange.tell(ParticipantKept(participant_id=who, version=2, neighbourhood_id=PLACE, status="left"))
    row = await held(exchange, who)
    assert (row["status"], row["languages"], row["cell"], row["reached_by"]) == ("left", [], None, "letter")
    assert not await enjoyed(exchange, who)


async def test_a_visit_is_a_sign_of_life(exchange: Handling) -> None:
    """And so is coming back; a visit of long ago, recorded today, is not."""
    who = new_id()
    await exchange.tell(kept(who))
    began = (await held(exchange, who))["heard_at"]
    await exchange.rows("UPDATE participant SET silence_told_at = $2 WHERE participant_id = $1", who, clock.now())

    def visit(days: float, participant_id: UUID = who) -> VisitRecorded:
        return VisitRecorded(
            visit_id=new_id(), participant_id=participant_id, worker_id=new_id(), visited_at=later(days),
            neighbourhood_id=PLACE,
        )  # fmt: skip

    await exchange.tell(visit(-30))
    assert (await held(exchange, who))["heard_at"] == began
    assert (await held(exchange, who))["silence_told_at"] is not None
    exchange.move(timedelta(days=3))
    await exchange.tell(visit(-1))
    assert (await held(exchange, who))["heard_at"] - began > timedelta(days=1)
    assert (await held(exchange, who))["silence_told_at"] is None
    exchange.move(timedelta(days=90))
    await exchange.tell(kept(who, 2, status="paused"))
    assert clock.now() - (await held(exchange, who))["heard_at"] > timedelta(days=80)
    await exchange.tell(kept(who, 3))
    assert clock.now() - (await held(exchange, who))["heard_at"] < timedelta(days=1)
    await exchange.tell(visit(0, new_id()))
    double, before = new_id(), (await held(exchange, who))["heard_at"]
    await exchange.tell(merged(double, who))
    exchange.move(timedelta(days=3))
    await exchange.tell(visit(0, double))
    assert (await held(exchange, who))["heard_at"] - before > timedelta(days=2), "told of the entry that was merged"


async def test_circles_and_consents_are_kept(exchange: Handling) -> None:
    who, member = new_id(), new_id()
    ended, runs = [
        RunningConsent(
            consent_id=new_id(), purpose="ask-on-behalf", fields=["name"], organisation_id=ORGANISATION,
            until=later(days),
        )
        for days in (-1, 9)
    ]  # fmt: skip
    await exchange.tell(CircleKept(participant_id=who, version=2, member_ids=[member]))
    await exchange.tell(CircleKept(participant_id=who, version=1, member_ids=[]))
    await exchange.tell(ConsentsKept(participant_id=who, version=2, running=[ended, runs]))
    await exchange.tell(ConsentsKept(participant_id=who, version=1, running=[]))
    rows = await exchange.rows("SELECT member_ids FROM circle WHERE participant_id = $1", who)
    assert [row["member_ids"] for row in rows] == [[member]]
    async with exchange.transaction() as tx:
        assert [each.until for each in await repository.running_consents(tx, who)] == [runs.until]
        assert await repository.running_consents(tx, member) == []
    await exchange.tell(CircleKept(participant_id=who, version=3, removed=True))
    await exchange.tell(ConsentsKept(participant_id=who, version=3, removed=True))
    for table in ("circle", "consents"):
        assert not await exchange.rows(f"SELECT 1 FROM {table} WHERE participant_id = $1", who)


async def test_places_their_worker_and_partners_are_kept(exchange: Handling) -> None:
    worker = new_id()
    await exchange.tell(
        NeighbourhoodKept(neighbourhood_id=ELSEWHERE, version=2, timezone="Europe/Paris", policy="rural")
    )
    await exchange.tell(NeighbourhoodKept(neighbourhood_id=ELSEWHERE, version=1))
    await exchange.tell(DutyKept(neighbourhood_id=ELSEWHERE, version=2, worker_id=worker))
    await exchange.tell(DutyKept(neighbourhood_id=ELSEWHERE, version=1))
    await exchange.grant("buurtpunt", ELSEWHERE)
    async with exchange.transaction() as tx:
        place = await repository.neighbourhood(tx, ELSEWHERE)
        grant = await repository.grant_of(tx, "buurtpunt")
    assert place is not None
    assert (place.timezone, place.policy, place.retired, place.worker_id) == ("Europe/Paris", "rural", False, worker)
    assert grant is not None
    assert grant.neighbourhood_ids == {ELSEWHERE}
    await exchange.tell(
        PartnerGranted(
            partner="buurtpunt", organisation_id=ORGANISATION, neighbourhood_ids=[], commands=[], removed=True
        )
    )
    async with exchange.transaction() as tx:
        assert await repository.grant_of(tx, "buurtpunt") is None


async def test_a_neighbourhood_is_looked_at_from_when_it_is_known(exchange: Handling) -> None:
    """Until it has ended."""
    place = "sluizeken"
    keys = {NeighbourhoodDue.timer(place, "look-for-silence"), NeighbourhoodDue.timer(place, "propose")}
    await exchange.tell(NeighbourhoodKept(neighbourhood_id=place, version=1))
    assert keys <= await exchange.timers()
    await exchange.tell(NeighbourhoodKept(neighbourhood_id=place, version=2, retired=True))
    assert not keys & await exchange.timers()
