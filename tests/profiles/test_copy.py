"""A person's copy of all that profiles holds on them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from shared.contracts.person import CopyOfPerson, PersonCopy
from shared.contracts.profiles import (
    AgreeToCircle,
    AskIntoCircle,
    DeclineCircle,
    EndMandate,
    GiveConsent,
    GiveMandate,
    MergeParticipants,
    RecordVisit,
    ShowParticipant,
    StepOutOfCircle,
    WithdrawConsent,
)
from shared.ids import new_id
from tests.handling import ORGANISATION, PLACE, later
from tests.profiles.people import People


async def copy_of(people: People, who: UUID, **how: Any) -> list[tuple[str, dict[str, Any]]]:
    """Every page, put together."""
    items: list[tuple[str, dict[str, Any]]] = []
    page: int | None = 1
    while page is not None:
        found: PersonCopy = await people.get(CopyOfPerson(participant_id=who, page=page), **how)
        assert (found.service, found.participant_id, found.page) == ("profiles", who, page)
        items += [(item.kind, item.data) for item in found.items]
        page = found.next_page
    return items


async def test_a_copy_holds_all_that_is_kept_of_a_person(people: People) -> None:
    """Every table that names a person is in it, ended things and the log of fetches too."""
    who = await people.register(
        "Copied Whole", address="Kopieerstraat 1", talents=[{"kind": "meal", "words": "soep"}], ceiling=3
    )  # fmt: skip
    await people.register("Whole Copied")
    other, holder = await people.register("Other"), await people.register("Holder")
    await people.get(AskIntoCircle(participant_id=who, other_id=other))
    mandate = await people.get(GiveMandate(participant_id=who, holder_id=holder, on_word_of="relative"))
    await people.get(EndMandate(participant_id=who, mandate_id=mandate.mandate_id))
    consent = await people.get(
        GiveConsent(
            participant_id=who, purpose="newsletter", fields=["name"], organisation_id=ORGANISATION, how="spoken",
            until=later(9),
        )
    )  # fmt: skip
    await people.grant("reader", PLACE)
    await people.get(ShowParticipant(participant_id=who), sender="reader")
    await people.get(WithdrawConsent(participant_id=who, consent_id=consent.consent_id))
    await people.get(RecordVisit(participant_id=who))
    items = dict(await copy_of(people, who, actor=f"participant:{who}"))
    assert items["participant"]["address"] == "Kopieerstraat 1"
    assert items["participant"]["talents"] == [{"kind": "meal", "words": "soep"}]
    assert items["mandate"]["ending"] == "ended"
    assert items["consent"]["ending"] == "withdrawn"
    assert items["fetch"]["fetched_by"] == "partner:reader"
    assert items["visit"]["worker_id"] == str(people.worker_id)
    tables = await people.rows(
        "SELECT DISTINCT conrelid::regclass::text AS name FROM pg_constraint "
        "WHERE contype = 'f' AND confrelid = 'participant'::regclass"
    )
    assert {row["name"].removesuffix("_log") for row in tables} | {"participant"} == items.keys()


async def test_every_column_of_the_person_is_in_the_copy(people: People) -> None:
    who = await people.register("Every Column")
    ((_, data),) = await copy_of(people, who)
    left_out = {"name_key", "email_key", "phone_key"}
    names = await people.rows(
        "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'participant'"
    )
    empty = await people.rows(
        "SELECT key FROM participant p, jsonb_each(to_jsonb(p)) WHERE participant_id = $1 AND value = 'null'", who
    )
    assert {row["name"] for row in names} - left_out - {row["key"] for row in empty} == data.keys()


async def test_a_copy_does_not_tell_what_another_decided(people: People) -> None:
    """A no and a step out are held on who said so; in the other's copy nothing shows it."""
    who, no, out, mine = [await people.register(name) for name in ("Asks", "Says No", "Steps Out", "Left By Me")]
    for other in (no, out, mine):
        await people.get(AskIntoCircle(participant_id=who, other_id=other))
    await people.get(DeclineCircle(participant_id=no, other_id=who))
    for other in (out, mine):
        await people.get(AgreeToCircle(participant_id=other, other_id=who))
    await people.get(StepOutOfCircle(participant_id=out, other_id=who))
    await people.get(StepOutOfCircle(participant_id=who, other_id=mine))
    ties = {data["other_id"]: data for kind, data in await copy_of(people, who) if kind == "tie"}
    assert set(ties[str(no)]) == {"other_id", "asked_by", "asked_at"}
    assert set(ties[str(out)]) == {"other_id", "asked_by", "asked_at", "agreed_at"}
    assert "ended_at" in ties[str(mine)]
    theirs = {data["other_id"]: data for kind, data in await copy_of(people, no) if kind == "tie"}
    assert "ended_at" in theirs[str(who)]


async def test_a_copy_comes_in_pages(people: People) -> None:
    who = await people.register("Many Pages")
    for _ in range(60):
        await people.get(RecordVisit(participant_id=who))
    first = await people.get(CopyOfPerson(participant_id=who))
    assert first.next_page == 2
    items = await copy_of(people, who)
    assert len(items) == 61
    assert len({data.get("visit_id") for _, data in items}) == 61


async def test_a_copy_holds_what_was_merged(people: People) -> None:
    survivor, double = await people.register("Copy Survivor"), await people.register("Copy Double", reference="copy-1")
    await people.get(MergeParticipants(survivor_id=survivor, double_id=double))
    entries = [data for kind, data in await copy_of(people, survivor) if kind == "participant"]
    assert {entry["status"] for entry in entries} == {"active", "merged"}
    assert any(entry.get("reference") == "copy-1" for entry in entries)


async def test_a_copy_is_for_the_person_and_staff(people: People) -> None:
    who, holder = await people.register(), await people.register()
    query = CopyOfPerson(participant_id=who)
    await people.get(GiveMandate(participant_id=who, holder_id=holder, on_word_of="participant"))
    assert (await people.refused(query, actor=f"participant:{holder}"))[0] == "not_allowed"
    assert await people.refused(CopyOfPerson(participant_id=new_id())) == ("unknown_id", "participant_id")
