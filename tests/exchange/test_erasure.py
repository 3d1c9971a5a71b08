"""Erasure: nothing of a person is left in exchange, in whichever order it hears of it, and the others keep theirs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared import clock
from shared.contracts.erasure import ExchangeErasureConfirmed
from shared.contracts.exchange import (
    AnswerGathering,
    AnswerInvitation,
    AnswerProposal,
    OpenExchange,
    PlanGathering,
    SayThanks,
    ShowExchange,
    WithdrawExchange,
)
from shared.contracts.profiles import CircleKept, ConsentsKept, ParticipantErased, ParticipantKept, ParticipantMerged
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.exchange.lives import LIVES, Lives
from tests.exchange.lives import lives as made_lives
from tests.handling import ORGANISATION, later


@pytest.fixture(scope="module")
async def lives(module_stack: MakeStack) -> AsyncIterator[Lives]:
    async with made_lives(module_stack) as made:
        yield made


async def eventful(lives: Lives) -> tuple[UUID, UUID]:
    """Someone who has been everywhere: on each side of each exchange, in each list; and another entry of theirs."""
    who, double = new_id(), new_id()
    for life in LIVES:
        for side in ("opener", "neighbour"):
            found = await lives.lived(life)
            await lives.tell(
                ParticipantMerged(
                    participant_id=getattr(found, side), survivor_id=who, neighbourhood_id=found.place, version=9
                )
            )
    place = await lives.place()
    friend, ward = await lives.someone(place), await lives.someone(place, mandate_holder_ids=[who])
    await lives.someone(place, id_=who, talents=[{"kind": "meal", "words": "soep"}], mandate_holder_ids=[friend])
    await lives.someone(place, id_=double)
    await lives.circle(who, friend)
    await lives.circle(friend, who)
    consent = {"consent_id": new_id(), "purpose": "ask-on-behalf", "fields": ["name"], "until": later(9)}
    await lives.tell(
        ConsentsKept.model_validate(
            {"participant_id": who, "version": 1, "running": [consent | {"organisation_id": ORGANISATION}]}
        )
    )
    await lives.rows("INSERT INTO never_kind (participant_id, kind, since) VALUES ($1, 'pet', $2)", who, clock.now())
    await _for_another(lives, ward, who)
    await _gatherings(lives, place, who, friend)
    await lives.tell(ParticipantMerged(participant_id=double, survivor_id=who, neighbourhood_id=place, version=9))
    return who, double


async def _for_another(lives: Lives, ward: UUID, holder: UUID) -> None:
    """What a holder of a mandate recorded stands with what it was about."""
    as_holder: dict[str, Any] = {"actor": f"participant:{holder}"}
    ref = await lives.get(OpenExchange(opening="offer", participant_id=ward, kind="game"), **as_holder)
    await lives.get(WithdrawExchange(exchange_id=ref.exchange_id), **as_holder)
    found = await lives.lived("asked")
    await lives.someone(found.place, id_=found.neighbour, version=2, mandate_holder_ids=[holder])
    invitation_id = await lives.invitation(found.exchange_id, found.neighbour)
    await lives.get(AnswerInvitation(invitation_id=invitation_id, answer="yes", how="phone"), **as_holder)
    await lives.act(found.opener, AnswerProposal(exchange_id=found.exchange_id, answer="yes"))
    await lives.get(
        SayThanks(exchange_id=found.exchange_id, participant_id=found.neighbour, words="Graag gedaan"), **as_holder
    )


async def _gatherings(lives: Lives, place: str, who: UUID, friend: UUID) -> None:
    starts_at = later(9)
    for host, repeats in ((who, "FREQ=WEEKLY;COUNT=3"), (friend, None)):
        ref = await lives.act(
            host,
            PlanGathering(
                neighbourhood_id=place, host_id=host, title="Koffie", place="Buurthuis", starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=2), repeats=repeats,
            ),
        )  # fmt: skip
        guest = friend if host == who else who
        await lives.act(guest, AnswerGathering(gathering_id=ref.gathering_id, participant_id=guest, coming=True))


async def left_of(lives: Lives, *people: UUID) -> dict[str, list[Any]]:
    """In which tables someone is still named, in any column; the marks that they are erased are not among them."""
    tables = await lives.rows(
        "SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables "
        "WHERE table_schema IN ('public', 'messaging') AND table_type = 'BASE TABLE'"
    )
    assert len(tables) > 20
    found = {}
    for table in {row["name"] for row in tables} - {"messaging.erased", "messaging.answer"}:
        rows = await lives.rows(
            f"SELECT to_jsonb(t) AS row FROM {table} t WHERE t::text LIKE ANY($1::text[])",
            [f"%{id_}%" for id_ in people],
        )
        if rows:
            found[table] = [row["row"] for row in rows]
    return found


def erased(who: UUID, *merged_ids: UUID) -> ParticipantErased:
    return ParticipantErased(
        participant_id=who, erasure_id=new_id(), neighbourhood_id="here", merged_ids=list(merged_ids)
    )


async def test_nothing_of_an_erased_person_is_left_in_any_table(lives: Lives) -> None:
    """Not in exchange's own tables, not in what waits to be sent, not in timers; only that they were erased."""
    who, double = await eventful(lives)
    everywhere = await left_of(lives, who, double)
    assert set(everywhere) >= {
        f"public.{table}"
        for table in (
            "participant", "enjoyment", "circle", "consents", "exchange", "invitation", "agreement", "experience",
            "thanks", "never_kind", "acquaintance", "gathering", "series", "guest", "merged_entry",
        )
    }, "the test knows someone who is in every table"  # fmt: skip
    event = erased(who, double)
    await lives.tell(event)
    left = await left_of(lives, who, double)
    assert set(left) == {"messaging.outbox"}
    assert len(left["messaging.outbox"]) == 1, "the confirmation"
    (confirmed,) = await lives.told(ExchangeErasureConfirmed, erasure_id=event.erasure_id)
    assert (confirmed.participant_id, confirmed.confirmed_by) == (who, "exchange")


async def test_what_others_keep_names_nobody_who_was_erased(lives: Lives) -> None:
    """Theirs goes on: what they opened, what they said of it, and whom else they know."""
    found = await lives.lived("done")
    friend = await lives.someone(found.place)
    await lives.acquaint(found.opener, friend)
    await lives.tell(erased(found.neighbour))
    shown = await lives.act(found.opener, ShowExchange(exchange_id=found.exchange_id))
    assert (shown.stage, shown.how_it_was, shown.others, shown.thanks) == ("done", "good", [], [])
    known = await lives.rows("SELECT 1 FROM acquaintance WHERE $1 IN (first_id, second_id)", found.opener)
    assert len(known) == 2, "the other neighbour, and the friend"


async def test_what_someone_opened_goes_with_what_others_said_in_it(lives: Lives) -> None:
    found = await lives.lived("done")
    await lives.tell(erased(found.opener))
    assert await lives.stage(found.exchange_id) is None
    for table in ("invitation", "agreement", "experience", "thanks"):
        assert not await lives.rows(f"SELECT 1 FROM {table} WHERE exchange_id = $1", found.exchange_id)
    assert await lives.refused(
        ShowExchange(exchange_id=found.exchange_id), actor=f"participant:{found.neighbour}"
    ) == ("unknown_id", "exchange_id")  # fmt: skip


async def test_what_a_holder_of_a_mandate_recorded_stays_without_their_name(lives: Lives) -> None:
    place = await lives.place()
    holder = await lives.someone(place)
    ward = await lives.someone(place, mandate_holder_ids=[holder])
    ref = await lives.get(
        OpenExchange(opening="offer", participant_id=ward, kind="game"), actor=f"participant:{holder}"
    )
    await lives.tell(erased(holder))
    (row,) = await lives.rows("SELECT stage, recorded_by FROM exchange WHERE exchange_id = $1", ref.exchange_id)
    assert tuple(row) == ("open", "participant")
    (row,) = await lives.rows("SELECT mandate_holder_ids FROM participant WHERE participant_id = $1", ward)
    assert row["mandate_holder_ids"] == []


async def test_what_arrives_late_does_not_bring_someone_back(lives: Lives) -> None:
    """A state, a merge, a visit of before: whoever they name is erased. And a command is told so."""
    found = await lives.lived("agreed")
    who = found.opener
    await lives.tell(erased(who))
    await lives.someone(found.place, id_=who, version=3)
    await lives.tell(ParticipantMerged(participant_id=who, survivor_id=new_id(), neighbourhood_id="here", version=4))
    await lives.tell(ParticipantKept(participant_id=who, version=5, removed=True))
    await lives.tell(CircleKept(participant_id=who, version=5, member_ids=[found.neighbour]))
    await lives.visit(found.place, who)
    assert set(await left_of(lives, who)) == {"messaging.outbox"}
    assert (await lives.refused(OpenExchange(opening="ask", participant_id=who, kind="game")))[0] == "erased"


async def test_what_someone_does_at_the_moment_of_erasure_leaves_nothing(lives: Lives) -> None:
    """Their commands and what profiles still tells of them, at the same time, ten times over."""
    for _ in range(10):
        found = await lives.lived("asked")
        who = found.opener
        command = OpenExchange(opening="offer", participant_id=who, kind="game")
        invitation = AnswerInvitation(
            invitation_id=await lives.invitation(found.exchange_id, found.neighbour), answer="yes"
        )
        await asyncio.gather(
            lives.ask(command, actor=f"participant:{who}"),
            lives.tell(erased(who)),
            lives.ask(invitation, actor=f"participant:{found.neighbour}"),
            lives.someone(found.place, id_=who, version=2, status="paused"),
            lives.ask(WithdrawExchange(exchange_id=found.exchange_id), actor=f"participant:{who}"),
            lives.ask(command, actor=f"participant:{who}"),
        )
        left = await left_of(lives, who)
        assert set(left) == {"messaging.outbox"}, left
        assert len(left["messaging.outbox"]) == 1


@pytest.mark.parametrize("side", ["opener", "neighbour"])
async def test_a_word_of_thanks_at_the_moment_of_erasure_leaves_nothing(lives: Lives, side: str) -> None:
    """Of an exchange that had ended: from them, and to them."""
    for _ in range(10):
        found = await lives.lived("done")
        who: UUID = getattr(found, side)
        both = [
            SayThanks(exchange_id=found.exchange_id, participant_id=each, words="Nogmaals dank")
            for each in (found.opener, found.neighbour)
        ]
        await asyncio.gather(
            *(lives.ask(each, actor=f"participant:{each.participant_id}") for each in both), lives.tell(erased(who))
        )
        assert set(await left_of(lives, who)) == {"messaging.outbox"}
        assert not await lives.rows("SELECT 1 FROM thanks WHERE exchange_id = $1", found.exchange_id)
