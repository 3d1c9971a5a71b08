"""Erasure: gone here at once, gone everywhere when all have confirmed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from shared.contracts.erasure import (
    ErasureConfirmed,
    ExchangeErasureConfirmed,
    JanitorErasureConfirmed,
    NotifyErasureConfirmed,
    ProfilesErasureConfirmed,
    SignalsErasureConfirmed,
)
from shared.contracts.profiles import (
    AgreeToCircle,
    AskIntoCircle,
    ChangeParticipant,
    CircleKept,
    ConsentsKept,
    ContactKept,
    EraseParticipant,
    Erasure,
    ErasureCompleted,
    GiveConsent,
    GiveMandate,
    ListErasures,
    MergeParticipants,
    ParticipantErased,
    ParticipantKept,
    PauseDue,
    PauseParticipant,
    RecordVisit,
    RegisterParticipant,
    ShowErasure,
    ShowParticipant,
)
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.handling import ORGANISATION, PLACE, later
from tests.profiles.people import People
from tests.profiles.people import people as made_people

OTHERS: dict[str, type[ErasureConfirmed]] = {
    "exchange": ExchangeErasureConfirmed,
    "signals": SignalsErasureConfirmed,
    "notify": NotifyErasureConfirmed,
    "janitor": JanitorErasureConfirmed,
}


@pytest.fixture(scope="module")
async def people(module_stack: MakeStack) -> AsyncIterator[People]:
    """As when all four services are deployed."""
    async with made_people(module_stack, services=("profiles", "exchange", "signals", "notify")) as made:
        yield made


async def confirm(people: People, told: ParticipantErased, by: str) -> None:
    await people.tell(
        OTHERS[by](
            erasure_id=told.erasure_id, participant_id=told.participant_id, confirmed_by=by, neighbourhood_id=None
        )
    )


async def test_erasure_ends_with_a_record_that_each_has_confirmed(people: People) -> None:
    """And the record names nobody."""
    who = await people.register("Erased Everywhere", reach={"by": "email", "email": "erased@example.org"})
    ref = await people.get(EraseParticipant(participant_id=who), actor=f"participant:{who}")
    (told,) = await people.told(ParticipantErased, participant_id=who)
    assert (told.erasure_id, told.FEED) == (ref.erasure_id, True)
    assert len(await people.told(ProfilesErasureConfirmed, erasure_id=ref.erasure_id)) == 1
    for name in OTHERS:
        assert not await people.told(ErasureCompleted, erasure_id=ref.erasure_id)
        await confirm(people, told, name)
        await confirm(people, told, name)
    assert len(await people.told(ErasureCompleted, erasure_id=ref.erasure_id)) == 1
    record: Erasure = await people.get(ShowErasure(erasure_id=ref.erasure_id))
    assert record.completed_at is not None
    assert {each.confirmed_by for each in record.confirmations} == {"profiles", *OTHERS} == set(record.expected)
    assert str(who) not in record.model_dump_json()
    held = await people.rows(
        "SELECT to_jsonb(e) || to_jsonb(c) AS data FROM erasure e JOIN erasure_confirmation c USING (erasure_id)"
    )
    assert not any(str(who) in row["data"] for row in held)


async def test_a_service_that_is_down_delays_erasure(people: People) -> None:
    """The record stays open, and says who hasn't confirmed; weeks later the confirmation still counts."""
    who = await people.register("Delayed")
    ref = await people.get(EraseParticipant(participant_id=who))
    (told,) = await people.told(ParticipantErased, participant_id=who)
    for name in ("exchange", "signals", "janitor"):
        await confirm(people, told, name)
    people.move(timedelta(days=20))
    waiting = (await people.get(ListErasures(open_only=True))).erasures
    (mine,) = [each for each in waiting if each.erasure_id == ref.erasure_id]
    assert set(mine.expected) - {each.confirmed_by for each in mine.confirmations} == {"notify"}
    await confirm(people, told, "notify")
    assert (await people.get(ShowErasure(erasure_id=ref.erasure_id))).completed_at is not None
    assert not (await people.get(ListErasures(open_only=True))).erasures


async def test_nothing_of_an_erased_person_is_left_in_any_table(people: People) -> None:
    """Not in profiles' own tables, not in what still waits to be sent, not in timers."""
    who = await people.register(
        "Trace Lessova", address="Spoorloosstraat 1", reach={"by": "email", "email": "trace@example.org"},
        talents=[{"words": "spoorloos verdwijnen"}], reference="trace-1",
    )  # fmt: skip
    friend, ward = await people.register("Friend Of"), await people.register("Ward Of")
    await people.get(AskIntoCircle(participant_id=who, other_id=friend))
    await people.get(AgreeToCircle(participant_id=friend, other_id=who))
    await people.get(GiveMandate(participant_id=ward, holder_id=who, on_word_of="participant"))
    consent = GiveConsent(
        participant_id=ward, purpose="newsletter", fields=["name"], organisation_id=ORGANISATION, how="online",
        until=later(10),
    )  # fmt: skip
    await people.get(consent, actor=f"participant:{who}")
    await people.get(consent.model_copy(update={"participant_id": who}))
    await people.get(PauseParticipant(participant_id=who, until=later(4)))
    await people.get(RecordVisit(participant_id=who))
    await people.grant("looker", PLACE)
    await people.get(ShowParticipant(participant_id=who), sender="looker")
    mark = await people.mark()
    await people.get(EraseParticipant(participant_id=who))

    tables = await people.rows(
        "SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables "
        "WHERE table_schema IN ('public', 'messaging') AND table_type = 'BASE TABLE'"
    )
    assert len(tables) > 15
    for table in tables:
        for trace in (str(who), "Lessova", "Spoorloos", "trace-1"):
            found = await people.rows(
                f"SELECT to_jsonb(t) AS row FROM {table['name']} t WHERE t::text ILIKE $1", f"%{trace}%"
            )
            assert table["name"] in ("messaging.outbox", "messaging.erased", "messaging.answer") or not found, found
            if trace != str(who):
                assert not found, f"{trace} in {table['name']}"
    assert not [
        row
        for row in await people.rows("SELECT seq FROM messaging.outbox WHERE $1 = ANY(persons)", who)
        if row["seq"] <= mark
    ]
    assert (await people.state(CircleKept, friend)).member_ids == []
    assert (await people.kept(ward)).mandate_holder_ids == (await people.contact(ward)).mandate_holder_ids == []


async def test_an_erased_person_leaves_tombstones(people: People) -> None:
    """On each state that the person had; there is nothing in them but the id."""
    who = await people.register("Tombstone")
    await people.get(EraseParticipant(participant_id=who))
    for contract in (ParticipantKept, ContactKept, CircleKept, ConsentsKept):
        state = await people.state(contract, who)
        assert state == contract(participant_id=who, version=2, removed=True)


async def test_an_erased_person_can_not_be_named_again(people: People) -> None:
    """Commands are refused, and what arrives late changes nothing."""
    who = await people.register("Named Again")
    await people.get(EraseParticipant(participant_id=who))
    for message in (ChangeParticipant(participant_id=who, name="Back"), EraseParticipant(participant_id=who)):
        assert (await people.refused(message))[0] == "erased"
    mark = await people.mark()
    await people.tell(PauseDue(participant_id=who, neighbourhood_id=PLACE))
    assert await people.everything_told(mark) == []


async def test_entries_that_were_merged_are_erased_with_the_survivor(people: People) -> None:
    survivor, double = await people.register("Survives"), await people.register("Doubled", reference="doubled")
    await people.get(MergeParticipants(survivor_id=survivor, double_id=double))
    await people.get(EraseParticipant(participant_id=survivor))
    (told,) = await people.told(ParticipantErased, participant_id=survivor)
    assert told.merged_ids == [double]
    assert not await people.rows("SELECT 1 FROM participant WHERE participant_id = ANY($1)", [survivor, double])
    assert (await people.refused(PauseParticipant(participant_id=double)))[0] == "erased"
    assert await people.register("Doubled", reference="doubled") not in (survivor, double)


async def test_who_registers_someone_erased_with_the_same_message_hears_that_they_are_erased(people: People) -> None:
    """A row of an import that comes again: what was answered then holds no more."""
    command = RegisterParticipant(name="Row Erased", neighbourhood_id=PLACE, on_word_of="worker", reference="erased-1")
    id_ = new_id()
    first = await people.ask(command, message_id=id_)
    assert await people.ask(command, message_id=id_) == first
    await people.get(EraseParticipant(participant_id=UUID((first.result or {})["participant_id"])))
    again = await people.ask(command, message_id=id_)
    assert (again.status, [each.code for each in again.problems]) == ("rejected", ["erased"])
    assert not await people.rows("SELECT 1 FROM participant WHERE name = 'Row Erased'")


async def test_erasure_is_asked_in_person_or_by_staff(people: People) -> None:
    who, other = await people.register(), await people.register()
    command = EraseParticipant(participant_id=who)
    assert (await people.refused(command, actor=f"participant:{other}"))[0] == "no_mandate"
    await people.get(GiveMandate(participant_id=who, holder_id=other, on_word_of="participant"))
    assert (await people.refused(command, actor=f"participant:{other}"))[0] == "not_allowed"
    await people.get(command, actor="operator")


async def test_an_unknown_erasure_is_refused(people: People) -> None:
    assert await people.refused(ShowErasure(erasure_id=new_id())) == ("unknown_id", "erasure_id")


async def test_the_same_request_twice_is_one_erasure(people: People) -> None:
    """The answer is kept: the second time the same erasure is named."""
    who, id_ = await people.register(), new_id()
    first = await people.get(EraseParticipant(participant_id=who), message_id=id_)
    assert await people.get(EraseParticipant(participant_id=who), message_id=id_) == first
