"""What a partner may do with people: where it was granted, and what a consent names."""

from __future__ import annotations

from datetime import timedelta

from shared.contracts.deploy import PartnerGranted
from shared.contracts.person import CopyOfPerson
from shared.contracts.profiles import (
    AddressForLetter,
    AskIntoCircle,
    ChangeParticipant,
    DismissDouble,
    EraseParticipant,
    GiveConsent,
    GiveMandate,
    LeaveNetwork,
    ListConsents,
    ListDoubles,
    ListErasures,
    ListFetches,
    ListMandates,
    ListParticipants,
    ListVisits,
    MergeParticipants,
    MoveParticipant,
    PauseParticipant,
    RecordVisit,
    RegisterParticipant,
    ReturnToMatching,
    ShowCircle,
    ShowParticipant,
    TakeOutOfMatching,
)
from shared.ids import new_id
from tests.handling import ELSEWHERE, ORGANISATION, PLACE, later
from tests.profiles.people import People

OUTSIDE = ("outside_grant", "participant_id")


async def test_a_partner_acts_only_in_its_neighbourhoods(people: People) -> None:
    """Also when it moves someone, and also after its grant changed."""
    await people.grant("local", PLACE)
    mine = await people.register("Mine", sender="local")
    theirs = await people.register("Theirs", neighbourhood_id=ELSEWHERE)
    command = RegisterParticipant(name="Elsewhere", neighbourhood_id=ELSEWHERE, on_word_of="organisation")
    assert await people.refused(command, sender="local") == ("outside_grant", "neighbourhood_id")
    await people.get(PauseParticipant(participant_id=mine), sender="local")
    for message in (PauseParticipant, LeaveNetwork, ShowParticipant):
        assert await people.refused(message(participant_id=theirs), sender="local") == OUTSIDE
    assert await people.refused(ChangeParticipant(participant_id=theirs, name="X"), sender="local") == OUTSIDE
    move = MoveParticipant(participant_id=mine, neighbourhood_id=ELSEWHERE)
    assert await people.refused(move, sender="local") == ("outside_grant", "neighbourhood_id")
    await people.grant("local", ELSEWHERE)
    assert await people.refused(PauseParticipant(participant_id=mine), sender="local") == OUTSIDE
    await people.get(PauseParticipant(participant_id=theirs), sender="local")


async def test_a_partner_that_is_gone_does_nothing(people: People) -> None:
    await people.grant("gone", PLACE)
    who = await people.register(sender="gone")
    await people.tell(
        PartnerGranted(partner="gone", organisation_id=ORGANISATION, neighbourhood_ids=[], commands=[], removed=True)
    )
    assert await people.refused(PauseParticipant(participant_id=who), sender="gone") == OUTSIDE
    assert (await people.refused(PauseParticipant(participant_id=who), sender="never-known")) == OUTSIDE


async def test_a_partner_sees_only_what_a_running_consent_names_and_each_fetch_is_logged(people: People) -> None:
    """The consent names its organisation, some fields, and an end; another's consent opens nothing."""
    who = await people.register("Seen By Partner", address="Stil 1", reach={"by": "email", "email": "s@example.org"})
    await people.grant("one", PLACE)
    await people.grant("two", PLACE, organisation_id="elsewhere")
    query = ShowParticipant(participant_id=who)
    assert await people.refused(query, sender="one") == ("no_consent", "participant_id")
    consent = await people.get(
        GiveConsent(
            participant_id=who, purpose="newsletter", fields=["name", "reach"], organisation_id=ORGANISATION,
            how="phone", until=later(30),
        )
    )  # fmt: skip
    seen = (await people.ask(query, sender="one")).result or {}
    assert {name for name, value in seen.items() if value is not None} == {"participant_id", "version", "name", "reach"}
    assert await people.refused(query, sender="two") == ("no_consent", "participant_id")
    fetches = (await people.get(ListFetches(participant_id=who))).fetches
    assert [(each.by, each.organisation_id, each.consent_ids, each.fields) for each in fetches] == [
        ("partner:one", ORGANISATION, [consent.consent_id], ["name", "reach"])
    ]
    people.move(timedelta(days=31))
    assert await people.refused(query, sender="one") == ("no_consent", "participant_id")
    assert len((await people.get(ListFetches(participant_id=who))).fetches) == 1


async def test_what_is_not_for_partners_is_refused(people: People) -> None:
    """Also where it was granted, and with a consent: nothing of workers, circles, mandates, copies and lists."""
    await people.grant("eager", PLACE)
    who, other = await people.register(), await people.register()
    for message in (
        TakeOutOfMatching(participant_id=who),
        ReturnToMatching(participant_id=who),
        MergeParticipants(survivor_id=who, double_id=other),
        DismissDouble(first_id=who, second_id=other),
        RecordVisit(participant_id=who),
        GiveMandate(participant_id=who, holder_id=other, on_word_of="organisation"),
        AskIntoCircle(participant_id=who, other_id=other),
        EraseParticipant(participant_id=who),
        AddressForLetter(participant_id=who),
        CopyOfPerson(participant_id=who),
        ShowCircle(participant_id=who),
        ListParticipants(),
        ListDoubles(),
        ListMandates(participant_id=who),
        ListConsents(participant_id=who),
        ListVisits(participant_id=who),
        ListFetches(participant_id=who),
        ListErasures(),
    ):
        assert (await people.refused(message, sender="eager"))[0] == "not_allowed", message.TYPE


async def test_a_partner_can_not_say_for_whom_it_acts(people: People) -> None:
    """The subject says who sent it; an actor beside it is refused."""
    await people.grant("forger", PLACE)
    who = await people.register()
    answer = await people.ask(PauseParticipant(participant_id=who), sender="forger", actor=people.worker)
    assert (answer.status, answer.problems[0].field) == ("rejected", "ce-actor")


async def test_a_partner_learns_nothing_of_doubles(people: People) -> None:
    """Its answer is the same, whether or not someone like that was there."""
    await people.register("Known Already", reach={"by": "phone", "phone": "0470 99 88 77"})
    await people.grant("unaware", PLACE)
    command = RegisterParticipant(name="Known Already", neighbourhood_id=PLACE, on_word_of="organisation")
    answer = await people.ask(command, sender="unaware")
    assert set(answer.result or {}) == {"participant_id", "version"}
    assert (answer.result or {})["version"] == 1


async def test_an_unknown_person_is_unknown_to_a_partner_too(people: People) -> None:
    await people.grant("asking", PLACE)
    refused = await people.refused(ShowParticipant(participant_id=new_id()), sender="asking")
    assert refused == ("unknown_id", "participant_id")
