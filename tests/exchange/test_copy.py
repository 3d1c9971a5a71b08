"""A person's copy of all that exchange holds on them, and of nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from shared import clock
from shared.contracts.exchange import AnswerGathering, PlanGathering, SayHowItWas
from shared.contracts.person import CopyOfPerson, PersonCopy
from shared.contracts.profiles import ConsentsKept, ParticipantMerged
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.exchange.lives import Lives
from tests.exchange.lives import lives as made_lives
from tests.handling import ORGANISATION, later


@pytest.fixture(scope="module")
async def lives(module_stack: MakeStack) -> AsyncIterator[Lives]:
    async with made_lives(module_stack) as made:
        yield made


async def copy_of(lives: Lives, who: UUID, **how: Any) -> list[tuple[str, dict[str, Any]]]:
    """Every page, put together."""
    items: list[tuple[str, dict[str, Any]]] = []
    page: int | None = 1
    while page is not None:
        found: PersonCopy = await lives.get(CopyOfPerson(participant_id=who, page=page), **how)
        assert (found.service, found.participant_id, found.page) == ("exchange", who, page)
        items += [(item.kind, item.data) for item in found.items]
        page = found.next_page
    return items


async def test_a_copy_holds_all_that_is_kept_of_a_person(lives: Lives) -> None:
    """Every table in which a person can stand is in it, for both sides of an exchange."""
    found = await lives.lived("done")
    who, friend = found.opener, await lives.someone(found.place)
    await lives.circle(who, friend)
    await lives.someone(found.place, id_=who, version=2, wishes=[{"kind": "game", "words": "rummikub"}])
    runs = {
        "consent_id": new_id(), "purpose": "newsletter", "fields": ["name"], "organisation_id": ORGANISATION,
        "until": later(9),
    }  # fmt: skip
    await lives.tell(ConsentsKept.model_validate({"participant_id": who, "version": 1, "running": [runs]}))
    await lives.tell(
        ParticipantMerged(participant_id=new_id(), survivor_id=who, neighbourhood_id=found.place, version=2)
    )
    now = clock.now()
    await lives.rows("INSERT INTO never_kind (participant_id, kind, since) VALUES ($1, 'pet', $2)", who, now)
    await lives.rows(
        "INSERT INTO deviation (deviation_id, exchange_id, reason, recorded_at) VALUES ($1, $2, 'Nog een keer', $3)",
        new_id(), found.exchange_id, now,
    )  # fmt: skip
    plan = PlanGathering(
        neighbourhood_id=found.place, host_id=who, title="Koffie", place="Buurthuis", starts_at=later(9),
        ends_at=later(9.1), repeats="FREQ=WEEKLY;COUNT=2", invite=False,
    )  # fmt: skip
    await lives.act(who, plan)
    other = await lives.act(friend, plan.model_copy(update={"host_id": friend, "repeats": None}))
    await lives.act(who, AnswerGathering(gathering_id=other.gathering_id, participant_id=who, coming=True))
    mine = await copy_of(lives, who, actor=f"participant:{who}")
    theirs = await copy_of(lives, found.neighbour, actor=f"participant:{found.neighbour}")
    tables = await lives.rows(
        """
        SELECT DISTINCT table_name AS name FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name IN ('participant_id', 'first_id', 'host_id')
        """
    )
    assert {kind for kind, _ in [*mine, *theirs]} == {row["name"] for row in tables} | {"deviation"}
    held = dict(mine)
    assert held["exchange"]["words"] == "Wie snoeit mee?"
    assert held["deviation"]["reason"] == "Nog een keer"
    assert held["experience"]["answer"] == "good"
    assert held["guest"]["title"] == "Koffie"
    assert (held["agreement"]["other_id"], dict(theirs)["agreement"]["other_id"]) == (str(found.neighbour), str(who))
    for items in (mine, theirs):
        assert len([kind for kind, _ in items if kind == "thanks"]) == 2, "what they said, and what was said to them"
    assert dict(theirs)["invitation"]["words"] == "Wie snoeit mee?"


async def test_every_column_of_the_person_and_of_what_they_opened_is_in_the_copy(lives: Lives) -> None:
    found = await lives.lived("agreed")
    held = dict(await copy_of(lives, found.opener))
    for table in ("participant", "exchange"):
        names = await lives.rows(
            "SELECT column_name AS name FROM information_schema.columns WHERE table_name = $1", table
        )
        empty = await lives.rows(
            f"SELECT key FROM {table} t, jsonb_each(to_jsonb(t)) WHERE participant_id = $1 AND value = 'null'",
            found.opener,
        )
        assert {row["name"] for row in names} - {row["key"] for row in empty} == held[table].keys()


@pytest.mark.parametrize("life", ["held", "asked", "proposed"])
async def test_a_copy_does_not_tell_who_the_other_is_before_both_agreed(lives: Lives, life: Any) -> None:
    """Not to who was asked, not to who opened it; and of a question that never came, not what it was."""
    found = await lives.lived(life)
    mine, theirs = await copy_of(lives, found.opener), await copy_of(lives, found.neighbour)
    assert "invitation" not in dict(mine)
    told = [data for kind, data in theirs if kind == "invitation"]
    assert ("words" in told[0]) == (life != "held")
    for items, other in ((mine, found.neighbour), (theirs, found.opener)):
        assert not [kind for kind, data in items if str(other) in str(data) and kind != "acquaintance"]


async def test_a_copy_does_not_tell_what_another_said(lives: Lives) -> None:
    """How it was for the other is theirs, "not good" above all."""
    found = await lives.lived("done")
    await lives.act(
        found.neighbour,
        SayHowItWas(exchange_id=found.exchange_id, participant_id=found.neighbour, answer="not-good"),
    )
    mine = await copy_of(lives, found.opener)
    assert [data["answer"] for kind, data in mine if kind == "experience"] == ["good"]
    theirs = await copy_of(lives, found.neighbour)
    assert [data["answer"] for kind, data in theirs if kind == "experience"] == ["not-good"]


async def test_a_copy_comes_in_pages(lives: Lives) -> None:
    """And each fits in one reply, also of who writes much."""
    place = await lives.place()
    who = await lives.someone(place)
    kinds = [f"kind-{number}" for number in range(45)]
    for kind in kinds:
        await lives.rows(
            "INSERT INTO never_kind (participant_id, kind, since) VALUES ($1, $2, $3)", who, kind, clock.now()
        )
        await lives.had(place, who, stage="withdrawn", words="😀" * 280)
    first = await lives.get(CopyOfPerson(participant_id=who))
    assert first.next_page == 2
    assert len(first.model_dump_json().encode()) < 50_000
    items = await copy_of(lives, who)
    assert len(items) == 1 + 2 * len(kinds)
    assert {data["kind"] for kind, data in items if kind == "never_kind"} == set(kinds)


async def test_a_copy_is_for_the_person_and_staff(lives: Lives) -> None:
    """Not for who holds their mandate, and for nobody else."""
    place = await lives.place()
    holder = await lives.someone(place)
    who = await lives.someone(place, mandate_holder_ids=[holder])
    query = CopyOfPerson(participant_id=who)
    await lives.get(query, actor=f"worker:{new_id()}")
    await lives.get(query, actor="operator")
    assert (await lives.refused(query, actor=f"participant:{holder}"))[0] == "not_allowed"
    assert (await lives.refused(query, actor=f"participant:{new_id()}"))[0] == "no_mandate"
    assert await lives.refused(CopyOfPerson(participant_id=new_id())) == ("unknown_id", "participant_id")
