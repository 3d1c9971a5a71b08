"""Participants through their handlers, on a real database: in, changed, paused, moved, out of matching, out."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.profiles.repository import participants as repository
from shared import clock
from shared.contracts.person import CopyOfPerson
from shared.contracts.problems import CODES
from shared.contracts.profiles import (
    AddressForLetter,
    AgreeToCircle,
    AskIntoCircle,
    ChangeParticipant,
    CircleKept,
    ConsentEnded,
    ConsentsKept,
    ContactKept,
    GiveConsent,
    GiveMandate,
    LeaveNetwork,
    ListConsents,
    ListFetches,
    ListMandates,
    ListParticipants,
    MandateEnded,
    MoveParticipant,
    ParticipantChanged,
    ParticipantKept,
    ParticipantLeft,
    ParticipantMovedIn,
    ParticipantMovedOut,
    ParticipantPaused,
    ParticipantRegistered,
    ParticipantResumed,
    ParticipantReturned,
    ParticipantTakenOutOfMatching,
    PauseParticipant,
    Reach,
    RecordVisit,
    RegisterParticipant,
    ResumeParticipant,
    ReturnToMatching,
    ReturnToNetwork,
    ShowCircle,
    ShowParticipant,
    TakeOutOfMatching,
    VisitDue,
)
from shared.ids import new_id
from shared.messaging import Transaction
from shared.policy import load
from tests.handling import ELSEWHERE, ORGANISATION, PLACE, later
from tests.profiles.people import People

EVERYTHING: dict[str, Any] = RegisterParticipant.EXAMPLE | {
    "neighbourhood_id": PLACE,
    "address": "Phoenixstraat 1, Gent",
}


async def test_someone_registered_is_known_to_the_other_services(people: People) -> None:
    """One state says what matching needs, another how they are reached, and the event holds no content."""
    command = RegisterParticipant.model_validate(EVERYTHING | {"name": "Wide Known", "reference": None})
    ref = await people.get(command)
    kept = await people.kept(ref.participant_id)
    assert (kept.version, kept.status, kept.cell) == (1, "active", "89194dbacabffff")
    assert kept.talents == command.talents
    assert kept.availability == command.availability
    contact = await people.contact(ref.participant_id)
    assert (contact.name, contact.version, contact.reach) == ("Wide Known", 1, command.reach)
    assert "Wide Known" not in kept.model_dump_json()
    (told,) = await people.told(ParticipantRegistered, participant_id=ref.participant_id)
    assert set(told.model_dump()) == {"participant_id", "neighbourhood_id", "version", "by_worker"}


async def test_who_a_worker_brings_in_is_told_apart_from_who_an_import_does(people: People) -> None:
    """With a reference it is an import: hundreds may come at once, and none of them has been spoken with."""
    command = RegisterParticipant.model_validate(EVERYTHING | {"reference": None})
    by_worker = await people.get(command.model_copy(update={"name": "Nieuw Gezicht"}), actor=people.worker)
    listed = command.model_copy(update={"name": "Uit Lijst", "reference": "row-of-a-list"})
    imported = await people.get(listed, actor=people.worker)
    for ref, so in ((by_worker, True), (imported, False)):
        (told,) = await people.told(ParticipantRegistered, participant_id=ref.participant_id)
        assert told.by_worker is so


async def test_what_is_registered_is_what_is_shown(people: People) -> None:
    """Every field comes back as it was given, with where it came from; the address does not."""
    command = RegisterParticipant.model_validate(EVERYTHING | {"reference": "shown"})
    shown = await people.show((await people.get(command)).participant_id)
    for field in ("name", "languages", "reach", "talents", "wishes", "availability", "ceiling", "quiet_hours"):
        assert getattr(shown, field) == getattr(command, field)
    assert shown.origin.model_dump() == {"sender": people.worker, "on_word_of": "participant", "reference": "shown"}
    assert "Phoenixstraat" not in shown.model_dump_json()


async def test_the_same_reference_of_a_sender_is_the_same_person(people: People) -> None:
    """An import row that comes again answers who was registered then, and tells nothing."""
    first = await people.register("Row One", reference="row-1")
    mark = await people.mark()
    assert await people.register("ONE, Rów", reference="row-1") == first
    assert await people.everything_told(mark) == []
    await people.grant("partner-of-rows", PLACE)
    assert await people.register("Row One", reference="row-1", sender="partner-of-rows") != first


async def test_a_reference_with_another_name_is_refused_and_nobody_is_lost(people: People) -> None:
    await people.register("Ref A", reference="same-1")
    second = RegisterParticipant(name="Ref B", neighbourhood_id=PLACE, on_word_of="worker", reference="same-1")
    assert await people.refused(second) == ("reference_taken", "reference")
    assert (await people.problems(second))[0].code in CODES
    assert not await people.rows("SELECT 1 FROM participant WHERE name = 'Ref B'")


async def test_two_at_once_with_the_same_reference_become_one(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has looked before any has written, and both are answered with the one: no failure for who was second."""
    command = RegisterParticipant(
        name="At Once", neighbourhood_id=PLACE, on_word_of="worker", reference="at-once"
    )  # fmt: skip
    both, look, looks = asyncio.Barrier(2), repository.standing, []

    async def standing(tx: Transaction, command: RegisterParticipant) -> repository.Standing:
        found = await look(tx, command)
        looks.append(found)
        if len(looks) <= 2:
            await both.wait()
        return found

    monkeypatch.setattr(repository, "standing", standing)
    one, other = await asyncio.gather(*(people.ask(command) for _ in range(2)))
    assert [found.participant_id is None for found in looks] == [True, True, False]
    assert one.status == other.status == "accepted"
    assert one.result == other.result
    assert len(await people.rows("SELECT 1 FROM participant WHERE reference = 'at-once'")) == 1
    assert len(await people.told(ParticipantRegistered, participant_id=UUID((one.result or {})["participant_id"]))) == 1


async def test_registering_takes_two_statements(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way that an import of thousands goes."""
    asked: list[str] = []
    for name in ("fetch", "fetchrow", "fetchval", "execute"):
        original = getattr(Transaction, name)

        async def counted(tx: Transaction, sql: str, *values: Any, _original: Any = original) -> Any:
            asked.append(sql)
            return await _original(tx, sql, *values)

        monkeypatch.setattr(Transaction, name, counted)
    await people.register("Counted")
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"neighbourhood_id": "atlantis"}, "unknown_id", "neighbourhood_id"),
        ({"talents": [{"kind": "surgery"}]}, "unknown_kind", "talents.0.kind"),
        ({"wishes": [{"kind": "game"}, {"kind": "surgery"}]}, "unknown_kind", "wishes.1.kind"),
        ({"reach": {"by": "organisation", "organisation_id": "nobody"}}, "unknown_id", "reach.organisation_id"),
    ],
)
async def test_a_registration_is_refused_by_field(people: People, change: Any, code: str, field: str) -> None:
    command = RegisterParticipant.model_validate(EVERYTHING | {"reference": None} | change)
    assert await people.refused(command) == (code, field)


@pytest.mark.parametrize("actor", ["participant:019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f", "worker:nonsense", "nobody"])
async def test_a_participant_or_an_unknown_actor_registers_nobody(people: People, actor: str) -> None:
    command = RegisterParticipant.model_validate(EVERYTHING | {"reference": None})
    code, _ = await people.refused(command, actor=actor)
    assert code in ("not_allowed", "malformed")


async def test_what_is_given_changes_and_the_rest_stays(people: People) -> None:
    who = (await people.get(RegisterParticipant.model_validate(EVERYTHING | {"reference": None}))).participant_id
    await people.get(ChangeParticipant(participant_id=who, wishes=[], clear=["ceiling", "home"]))
    kept = await people.kept(who)
    assert (kept.version, kept.wishes, kept.ceiling, kept.cell) == (2, [], None, None)
    assert kept.talents
    contact = await people.contact(who)
    assert (contact.version, contact.quiet_hours) == (2, RegisterParticipant.model_validate(EVERYTHING).quiet_hours)
    assert [told.version for told in await people.told(ParticipantChanged, participant_id=who)] == [2]


async def test_ceiling_and_quiet_hours_reach_the_other_services(people: People) -> None:
    who = await people.register("Quiet One", ceiling=0, quiet_hours={"start": "21:00", "end": "08:30"})
    kept, contact = await people.kept(who), await people.contact(who)
    assert kept.ceiling == 0
    for quiet in (kept.quiet_hours, contact.quiet_hours):
        assert quiet is not None
        assert (str(quiet.start), str(quiet.end)) == ("21:00:00", "08:30:00")
    no_wish = await people.kept(await people.register("No Wish For It"))
    assert (no_wish.ceiling, no_wish.quiet_hours) == (None, None)


async def test_who_invites_knows_by_which_way_someone_is_reached_and_no_contact(people: People) -> None:
    """A letter needs longer to be answered than a call."""
    who = await people.register("By Phone", reach={"by": "phone", "phone": "+32 470 12 34 56"})
    kept = await people.kept(who)
    assert kept.reached_by == "phone"
    assert "470" not in kept.model_dump_json()
    await people.get(ChangeParticipant(participant_id=who, reach=Reach(by="letter", phone="+32 470 12 34 56")))
    assert (await people.kept(who)).reached_by == "letter"


async def test_a_pause_ends_by_itself(people: People) -> None:
    """Until a moment, or until they say so; no reason is asked."""
    who = await people.register("Pausing")
    await people.get(PauseParticipant(participant_id=who, until=later(3)), actor=f"participant:{who}")
    assert (await people.kept(who)).status == "paused"
    people.move(timedelta(days=2))
    await people.fire()
    assert (await people.kept(who)).status == "paused"
    people.move(timedelta(days=1, minutes=1))
    await people.fire()
    assert (await people.kept(who)).status == "active"
    await people.get(PauseParticipant(participant_id=who))
    await people.get(ResumeParticipant(participant_id=who))
    assert len(await people.told(ParticipantPaused, participant_id=who)) == 2
    assert len(await people.told(ParticipantResumed, participant_id=who)) == 2


async def test_a_pause_that_was_made_longer_does_not_end_early(people: People) -> None:
    who = await people.register("Longer")
    await people.get(PauseParticipant(participant_id=who, until=later(1)))
    await people.get(PauseParticipant(participant_id=who, until=later(30)))
    people.move(timedelta(days=2))
    await people.fire()
    assert (await people.kept(who)).status == "paused"
    await people.get(PauseParticipant(participant_id=who))
    people.move(timedelta(days=40))
    await people.fire()
    assert (await people.kept(who)).status == "paused", "this one lasts until they say so"


async def test_a_pause_in_the_past_is_refused(people: People) -> None:
    who = await people.register("Past")
    assert await people.refused(PauseParticipant(participant_id=who, until=later(-1))) == ("in_the_past", "until")


async def test_resuming_who_is_not_paused_tells_nothing(people: People) -> None:
    who = await people.register("Not Paused")
    mark = await people.mark()
    assert (await people.get(ResumeParticipant(participant_id=who))).version == 1
    assert await people.everything_told(mark) == []


async def test_leaving_needs_no_reason_and_ends_circles_mandates_and_consents(people: People) -> None:
    """And nobody is told: the others' states change, no event says why."""
    who, friend, ward = [await people.register(name) for name in ("Leaver", "Friend", "Ward")]
    for one, two in ((who, friend), (ward, friend)):
        await people.get(AskIntoCircle(participant_id=one, other_id=two))
        await people.get(AgreeToCircle(participant_id=two, other_id=one))
    await people.get(GiveMandate(participant_id=who, holder_id=friend, on_word_of="participant"))
    await people.get(GiveMandate(participant_id=ward, holder_id=who, on_word_of="relative"))
    await people.get(
        GiveConsent(
            participant_id=who, purpose="newsletter", fields=["name"], organisation_id=ORGANISATION, how="spoken",
            until=later(100),
        )
    )  # fmt: skip
    mark = await people.mark()
    await people.get(LeaveNetwork(participant_id=who), actor=f"participant:{who}")
    kept, contact = await people.kept(who), await people.contact(who)
    left: dict[str, Any] = {"participant_id": who, "status": "left", "neighbourhood_id": PLACE}
    assert kept == ParticipantKept(version=kept.version, **left)
    assert contact == ContactKept(version=kept.version, **left)
    assert (await people.state(CircleKept, friend)).member_ids == [ward]
    assert (await people.state(CircleKept, who)).member_ids == []
    assert (await people.state(ConsentsKept, who)).running == []
    assert (await people.kept(ward)).mandate_holder_ids == []
    consents = (await people.get(ListConsents(participant_id=who))).consents
    assert [each.ending for each in consents] == ["left"]
    assert {each.ending for each in (await people.get(ListMandates(participant_id=who))).mandates} == {"left"}
    facts = {type_ for type_ in await people.everything_told(mark) if ".kept." not in type_}
    assert facts == {ParticipantLeft.TYPE, MandateEnded.TYPE, ConsentEnded.TYPE, ParticipantChanged.TYPE}
    assert not {key for key in await people.timers() if str(who) in key}
    assert not (await people.get(ShowCircle(participant_id=friend))).asked


async def test_who_left_can_do_nothing_but_return(people: People) -> None:
    who = await people.register("Returning")
    await people.get(LeaveNetwork(participant_id=who))
    assert (await people.get(LeaveNetwork(participant_id=who))).version == 2, "twice is once"
    refusals = [
        ChangeParticipant(participant_id=who, name="Other"),
        PauseParticipant(participant_id=who),
        MoveParticipant(participant_id=who, neighbourhood_id=ELSEWHERE),
        TakeOutOfMatching(participant_id=who),
        RecordVisit(participant_id=who),
    ]
    for command in refusals:
        assert await people.refused(command) == ("left", "participant_id")
    await people.get(ReturnToNetwork(participant_id=who))
    contact = await people.contact(who)
    assert (contact.status, contact.name, contact.version) == ("active", "Returning", 3)
    assert (await people.kept(who)).status == "active"
    assert VisitDue.timer(who) in await people.timers()
    assert len(await people.told(ParticipantReturned, participant_id=who)) == 1


async def test_moving_tells_each_neighbourhood_its_own_half(people: People) -> None:
    """The old one doesn't hear where to, the new one not where from; the old home is forgotten."""
    who = (await people.get(RegisterParticipant.model_validate(EVERYTHING | {"reference": None}))).participant_id
    await people.get(RecordVisit(participant_id=who))
    await people.get(MoveParticipant(participant_id=who, neighbourhood_id=ELSEWHERE))
    (out,) = await people.told(ParticipantMovedOut, participant_id=who)
    (into,) = await people.told(ParticipantMovedIn, participant_id=who)
    assert (out.neighbourhood_id, into.neighbourhood_id) == (PLACE, ELSEWHERE)
    assert ELSEWHERE not in out.model_dump_json()
    assert PLACE not in into.model_dump_json()
    kept = await people.kept(who)
    assert (kept.neighbourhood_id, kept.cell) == (ELSEWHERE, None)
    assert (await people.contact(who)).neighbourhood_id == ELSEWHERE
    assert (await people.get(AddressForLetter(participant_id=who))).address is None
    assert VisitDue.timer(who) in await people.timers(), "a newcomer to the new worker"
    assert await people.refused(MoveParticipant(participant_id=who, neighbourhood_id=ELSEWHERE)) == (
        "same_neighbourhood",
        "neighbourhood_id",
    )
    assert await people.refused(MoveParticipant(participant_id=who, neighbourhood_id="atlantis")) == (
        "unknown_id",
        "neighbourhood_id",
    )


async def test_out_of_matching_keeps_someone_in_the_network_and_keeps_no_reason(people: People) -> None:
    """By a worker alone, and back."""
    who = await people.register("Out Of Matching")
    await people.get(TakeOutOfMatching(participant_id=who))
    kept = await people.kept(who)
    assert (kept.out_of_matching, kept.status) == (True, "active")
    assert set(TakeOutOfMatching.model_fields) == {"participant_id"}
    assert not ParticipantTakenOutOfMatching.FEED
    for other in ("operator", f"participant:{who}"):
        assert (await people.refused(ReturnToMatching(participant_id=who), actor=other))[0] == "not_allowed"
    await people.get(ReturnToMatching(participant_id=who))
    assert not (await people.kept(who)).out_of_matching


async def test_an_address_is_shown_to_a_worker_alone_and_each_time_is_logged(people: People) -> None:
    """Asked when a letter is printed; it is in no state and no event."""
    who = await people.register("Addressed", address="Phoenixstraat 7, 9000 Gent")
    assert (await people.get(AddressForLetter(participant_id=who))).address == "Phoenixstraat 7, 9000 Gent"
    await people.grant("curious", PLACE)
    assert (await people.refused(AddressForLetter(participant_id=who), sender="curious"))[0] == "not_allowed"
    assert (await people.refused(AddressForLetter(participant_id=who), actor=f"participant:{new_id()}"))[0]
    (fetch,) = (await people.get(ListFetches(participant_id=who))).fetches
    assert (fetch.by, fetch.fields) == (people.worker, ["name", "address"])
    assert not await people.rows("SELECT 1 FROM messaging.outbox WHERE body LIKE '%Phoenixstraat 7%'")


async def test_a_newcomer_is_expected_to_be_visited_within_the_time_of_the_policy(people: People) -> None:
    """The timer stands from the registration, and a visit stops it."""
    who = await people.register("Newcomer")
    assert VisitDue.timer(who) in await people.timers()
    (row,) = await people.rows("SELECT due_at FROM messaging.timer WHERE key = $1", VisitDue.timer(who))
    assert timedelta(days=20) < row["due_at"] - clock.now() <= timedelta(days=21)
    await people.get(RecordVisit(participant_id=who))
    assert VisitDue.timer(who) not in await people.timers()
    assert (await people.show(who)).visited_at is not None


async def test_participants_are_listed_by_name_a_page_at_a_time(people: People) -> None:
    names = [f"Listed Person {letter}" for letter in "édcba"]
    for name in names:
        await people.register(name)
    query = ListParticipants(neighbourhood_id=PLACE, name="LISTED pérson", limit=2)
    seen: list[str] = []
    after = None
    while True:
        page = await people.get(query.model_copy(update={"after": after}))
        seen += [each.name for each in page.participants]
        after = page.next
        if after is None:
            break
    assert seen == sorted(names, key=lambda name: name.replace("é", "e"))
    assert await people.refused(query.model_copy(update={"after": "nonsense"})) == ("malformed", "after")
    assert (await people.get(query.model_copy(update={"name": "100%_no"}))).participants == []
    assert (await people.refused(query, actor=f"participant:{new_id()}"))[0] == "not_allowed"


async def test_those_not_yet_visited_can_be_listed(people: People) -> None:
    fresh, known = await people.register("Unvisited Soul"), await people.register("Visited Soul")
    await people.get(RecordVisit(participant_id=known))
    page = await people.get(ListParticipants(name="soul", not_yet_visited=True))
    assert [each.participant_id for each in page.participants] == [fresh]


async def test_who_left_is_listed_only_when_asked_for(people: People) -> None:
    who = await people.register("Gone Away")
    await people.get(LeaveNetwork(participant_id=who))
    assert not (await people.get(ListParticipants(name="gone away"))).participants
    assert (await people.get(ListParticipants(name="gone away", status="left"))).participants


async def test_an_unknown_id_is_refused_with_its_field(people: People) -> None:
    nobody = new_id()
    for message in (ShowParticipant, PauseParticipant, LeaveNetwork, TakeOutOfMatching, AddressForLetter):
        assert await people.refused(message(participant_id=nobody)) == ("unknown_id", "participant_id")


async def test_names_of_every_script_come_back_as_they_were(people: People) -> None:
    for name in ("مريم العلي", "李小龍", "Zoë 🌻 O'Brien-D’Hondt", "Ñandú Ørsted"):
        assert (await people.show(await people.register(name))).name == name


async def test_someone_else_may_look_or_act_only_with_a_mandate(people: People) -> None:
    who, holder = await people.register("Answered For"), await people.register("Answering")
    actor = f"participant:{holder}"
    assert await people.refused(ShowParticipant(participant_id=who), actor=actor) == ("no_mandate", "participant_id")
    await people.get(GiveMandate(participant_id=who, holder_id=holder, on_word_of="participant"))
    await people.get(PauseParticipant(participant_id=who), actor=actor)
    assert (await people.kept(who)).status == "paused"


async def test_the_largest_profile_still_fits_in_a_state_and_a_copy(people: People) -> None:
    """As much as the contract takes, in letters of four bytes each."""
    much = [{"kind": f"{n:03}", "words": "🌻" * 140} for n in range(20)]
    for each, kind in zip(much, (kind.id for kind in load().kinds), strict=True):
        each["kind"] = kind
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    slots = [{"weekday": day, "part": part} for day in days for part in ("morning", "afternoon", "evening")]
    who = await people.register(
        "🌻" * 200, talents=much, availability=slots, address="🌻" * 300, languages=[f"a{c}" for c in "bcdefghijk"],
        reach={"by": "email", "email": "s" * 60 + "@" + "example." * 20 + "org", "phone": "0470 12 34 56"},
    )  # fmt: skip
    await people.get(ChangeParticipant.model_validate({"participant_id": who, "wishes": much}))
    assert (await people.kept(who)).wishes[0].words == "🌻" * 140
    for message in (ShowParticipant(participant_id=who), CopyOfPerson(participant_id=who)):
        assert len((await people.ask(message)).model_dump_json().encode()) < 60_000
