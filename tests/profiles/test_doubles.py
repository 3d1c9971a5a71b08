"""Possible doubles: found, shown to the worker, merged or dismissed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from shared.contracts.profiles import (
    AgreeToCircle,
    AskIntoCircle,
    ChangeParticipant,
    CircleKept,
    ConsentsKept,
    ContactKept,
    DismissDouble,
    DoubleFound,
    GiveConsent,
    GiveMandate,
    ListConsents,
    ListDoubles,
    ListVisits,
    MergeParticipants,
    ParticipantKept,
    ParticipantMerged,
    PauseParticipant,
    RecordVisit,
    VisitDue,
)
from shared.ids import new_id
from tests.handling import ELSEWHERE, ORGANISATION, later
from tests.profiles.people import People
from tests.waiting import eventually


async def pairs(people: People) -> dict[frozenset[UUID], list[str]]:
    """What the worker sees: pairs and what is the same."""
    found: dict[frozenset[UUID], list[str]] = {}
    after = None
    while True:
        page = await people.get(ListDoubles(limit=2, after=after))
        found |= {frozenset((p.first.participant_id, p.second.participant_id)): p.by for p in page.doubles}
        after = page.next
        if after is None:
            return found


async def test_possible_doubles_are_shown_and_merged_or_dismissed(people: People) -> None:
    """By name in one neighbourhood, by e-mail or phone anywhere."""
    first = await people.register("José Dubbel", reach={"by": "email", "email": "jose@example.org"})
    by_name = await people.register("dubbel jose")
    by_email = await people.register(
        "Other Name", neighbourhood_id=ELSEWHERE, reach={"by": "email", "email": "JOSE@example.org"}
    )
    elsewhere = await people.register("Jose Dubbel", neighbourhood_id=ELSEWHERE)
    found = await pairs(people)
    assert found[frozenset((first, by_name))] == ["name"]
    assert found[frozenset((first, by_email))] == ["email"]
    assert not any(elsewhere in pair for pair in found)
    assert len(await people.told(DoubleFound, participant_id=by_name, other_id=first)) == 1
    await people.get(DismissDouble(first_id=by_email, second_id=first))
    await people.get(MergeParticipants(survivor_id=first, double_id=by_name))
    left = await pairs(people)
    assert frozenset((first, by_name)) not in left
    assert frozenset((first, by_email)) not in left
    assert (await people.kept(by_name)).removed


async def test_a_changed_contact_shows_a_double_and_a_dismissed_pair_stays_away(people: People) -> None:
    one = await people.register("One Of Two", reach={"by": "phone", "phone": "0470 11 22 33"})
    two = await people.register("Two Of Two")
    change = ChangeParticipant.model_validate(
        {"participant_id": two, "reach": {"by": "phone", "phone": "+32 470 11 22 33"}}
    )
    await people.get(change)
    assert (await pairs(people))[frozenset((one, two))] == ["phone"]
    await people.get(DismissDouble(first_id=one, second_id=two))
    await people.get(change)
    assert frozenset((one, two)) not in await pairs(people)


async def test_what_belonged_to_the_double_belongs_to_the_survivor(people: People) -> None:
    """Circle, mandates, consents, visits, and the reference of an import; the double points to the survivor."""
    survivor = await people.register("Survivor")
    double = await people.register("Double", reference="row-of-double")
    friend, ward, holder = [await people.register(name) for name in ("Friend", "Ward", "Holder")]
    await people.get(AskIntoCircle(participant_id=double, other_id=friend))
    await people.get(AgreeToCircle(participant_id=friend, other_id=double))
    await people.get(GiveMandate(participant_id=ward, holder_id=double, on_word_of="participant"))
    await people.get(GiveMandate(participant_id=double, holder_id=holder, on_word_of="participant"))
    await people.get(GiveMandate(participant_id=survivor, holder_id=double, on_word_of="participant"))
    consent = await people.get(
        GiveConsent(
            participant_id=double, purpose="newsletter", fields=["name"], organisation_id=ORGANISATION, how="spoken",
            until=later(9),
        )
    )  # fmt: skip
    await people.get(RecordVisit(participant_id=double))
    ref = await people.get(MergeParticipants(survivor_id=survivor, double_id=double))
    assert ref.participant_id == survivor

    kept = await people.kept(survivor)
    assert kept.version == ref.version
    assert kept.mandate_holder_ids == [holder]
    assert (await people.kept(ward)).mandate_holder_ids == [survivor]
    assert (await people.state(CircleKept, survivor)).member_ids == [friend]
    assert (await people.state(CircleKept, friend)).member_ids == [survivor]
    assert (await people.state(CircleKept, double)).removed
    running = (await people.state(ConsentsKept, survivor)).running
    assert [each.consent_id for each in running] == [consent.consent_id]
    assert len((await people.get(ListVisits(participant_id=survivor))).visits) == 1
    assert len((await people.get(ListConsents(participant_id=survivor))).consents) == 1
    assert not {key for key in (VisitDue.timer(survivor), VisitDue.timer(double)) if key in await people.timers()}

    gone: dict[str, Any] = {"participant_id": double, "removed": True, "merged_into": survivor}
    tombstone = await people.kept(double)
    assert tombstone == ParticipantKept(version=tombstone.version, **gone)
    assert await people.contact(double) == ContactKept(version=tombstone.version, **gone)
    assert (await people.contact(survivor)).mandate_holder_ids == [holder]
    assert (await people.contact(ward)).mandate_holder_ids == [survivor]
    (told,) = await people.told(ParticipantMerged, participant_id=double)
    assert told.survivor_id == survivor
    assert await people.register("Double", reference="row-of-double") == survivor
    assert await people.refused(PauseParticipant(participant_id=double)) == ("merged", "participant_id")


async def test_a_pause_of_the_double_goes_on_and_ends_with_the_survivor(people: People) -> None:
    survivor, double = await people.register("Rested"), await people.register("Resting")
    await people.get(PauseParticipant(participant_id=double, until=later(3)))
    await people.get(MergeParticipants(survivor_id=survivor, double_id=double))
    assert (await people.kept(survivor)).status == "paused"
    people.move(timedelta(days=4))
    await people.fire()
    assert (await people.kept(survivor)).status == "active"


async def test_a_chain_of_merges_ends_at_one_survivor(people: People) -> None:
    first, second, third = [await people.register(name, reference=f"chain-{name}") for name in ("A", "B", "C")]
    await people.get(MergeParticipants(survivor_id=second, double_id=first))
    await people.get(MergeParticipants(survivor_id=third, double_id=second))
    assert await people.register("A", reference="chain-A") == third


async def test_merging_is_for_workers_and_refused_by_field(people: People) -> None:
    one, two = await people.register(), await people.register()
    merge = MergeParticipants(survivor_id=one, double_id=two)
    assert (await people.refused(merge, actor="operator"))[0] == "not_allowed"
    assert await people.refused(MergeParticipants(survivor_id=one, double_id=one)) == ("same_person", "double_id")
    assert await people.refused(MergeParticipants(survivor_id=one, double_id=new_id())) == ("unknown_id", "double_id")
    assert await people.refused(DismissDouble(first_id=one, second_id=new_id())) == ("unknown_id", "first_id")
    await people.get(merge)
    assert await people.refused(merge) == ("merged", "double_id")
    assert (await people.refused(ListDoubles(after="nonsense")))[1] == "after"


async def test_a_number_that_many_share_makes_few_pairs(people: People) -> None:
    """The phone of an organisation says nothing about who someone is."""
    reach = {"by": "phone", "phone": "09 555 55 55"}
    for n in range(30):
        await people.register(f"Shares A Phone {n}", reach=reach)
    (row,) = await people.rows(
        "SELECT max(n) AS most FROM (SELECT count(*) AS n FROM possible_double WHERE same_by = '{phone}' "
        "GROUP BY greatest(first_id, second_id)) AS pairs"
    )
    assert row["most"] <= 20


async def test_finding_doubles_never_reads_through_everyone(people: People) -> None:
    """An import fills a table that PostgreSQL planned for when it was empty: an index finds each row all the same."""
    table = "FROM pg_stat_user_tables WHERE relname = 'participant'"
    for pool in (people.processor.readers, people.processor.pool):  # what other tests read counts from here on
        await pool.execute("SELECT pg_stat_force_next_flush()")
    (before,) = await people.rows(f"SELECT seq_scan, idx_scan {table}")
    for n in range(40):
        await people.register(
            f"Looked For {n}", reference=f"looked-{n}", reach={"by": "email", "email": f"l{n}@example.org"}
        )

    async def counted() -> bool:
        await people.rows("SELECT pg_stat_force_next_flush()")
        (now,) = await people.rows(f"SELECT seq_scan, idx_scan {table}")
        assert now["seq_scan"] == before["seq_scan"]
        return bool(now["idx_scan"] >= before["idx_scan"] + 40)

    await eventually(counted)
