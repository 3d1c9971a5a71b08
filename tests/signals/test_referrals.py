"""Referrals from draft to their end, by a partner, by the link in a mail, or by phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared import clock
from shared.contracts.signals import (
    AcceptReferral,
    CancelReferral,
    CompleteReferral,
    DraftReferral,
    FailReferral,
    FetchDetails,
    HoldReferral,
    ListReferrals,
    LookAtReferral,
    MarkInError,
    NextStepProposed,
    PartnerReferral,
    ReferralMoved,
    ReferralTold,
    RejectReferral,
    RequestReferral,
    SeeReferral,
    ShowReferral,
    ShowServiceContact,
    StartReferral,
    WriteDetails,
)
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.signals.referring import DETAILS, Referring, by, contact, me, problem, referring


@pytest.fixture(scope="module")
async def here(module_stack: MakeStack) -> AsyncIterator[Referring]:
    async with referring(module_stack) as made:
        yield made


async def test_a_partner_follows_a_referral_from_request_to_end(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.requested(place, await here.service(partner_organisation=partner))
    assert await here.letters(id_) == ["requested"]
    await here.get(SeeReferral(referral_id=id_), sender=partner)
    await here.get(AcceptReferral(referral_id=id_), sender=partner)
    await here.get(StartReferral(referral_id=id_), sender=partner)
    await here.get(HoldReferral(referral_id=id_, reason="waits-for-documents"), sender=partner)
    assert (await here.shown(place, id_)).reason == "waits-for-documents"
    await here.get(StartReferral(referral_id=id_), sender=partner)
    ended = await here.get(CompleteReferral(referral_id=id_, outcome="helped"), sender=partner)
    assert ended.state == "completed"
    shown = await here.shown(place, id_)
    assert (shown.outcome, shown.by_partner) == ("helped", True)
    assert [(each.what, each.state) for each in shown.steps] == [
        ("drafted", "draft"), ("details-written", None), ("consented", None), ("requested", "requested"),
        ("seen", None), ("moved", "accepted"), ("moved", "in-progress"), ("moved", "on-hold"),
        ("moved", "in-progress"), ("moved", "completed"),
    ]  # fmt: skip
    assert {each.by for each in shown.steps[4:]} == {f"partner:{partner}"}
    assert [each.state for each in await here.told(ReferralMoved, referral_id=id_)] == [
        "draft", "requested", "accepted", "in-progress", "on-hold", "in-progress", "completed",
    ]  # fmt: skip


async def test_a_service_without_an_event_connection_answers_from_an_e_mail_link(here: Referring) -> None:
    place = await here.place()
    id_ = await here.requested(place, await here.service(email="info@zorgpunt.example"))
    assert (await here.mails(id_), await here.letters(id_)) == (["requested"], [])
    assert (await here.get(LookAtReferral(referral_id=id_), **contact(id_))).can == ["accept", "reject", "cancel"]
    assert (await here.get(FetchDetails(referral_id=id_), **contact(id_))).name == DETAILS["name"]
    await here.get(AcceptReferral(referral_id=id_), **contact(id_))
    other = await here.requested(place, await here.service(email="info@elders.example"))
    for command in (
        AcceptReferral(referral_id=other),
        FetchDetails(referral_id=other),
        LookAtReferral(referral_id=other),
    ):
        assert await here.refused(command, **contact(id_)) == ("unknown_id", "referral_id")
    for command in (StartReferral, LookAtReferral):
        assert (await here.ask(command(referral_id=id_), **contact(id_))).status == "accepted"
    found = await here.get(ShowServiceContact(referral_id=id_), actor="operator")
    assert (found.email, found.phone, found.language) == ("info@zorgpunt.example", "09 123 45 67", "nl")
    assert await here.refused(ShowServiceContact(referral_id=id_), **by(place.marie)) == ("not_allowed", "ce-actor")


async def test_of_a_service_with_neither_the_worker_is_told_at_once_and_records_what_it_says(here: Referring) -> None:
    place = await here.place()
    id_ = await here.requested(place, await here.service())
    assert await here.heard(id_) == [("ring-service", "worker", place.marie)]
    assert await here.timed(id_) == {"tell-worker", "decide", "end-consent"}
    assert (await here.get(AcceptReferral(referral_id=id_), **by(place.marie))).state == "accepted"
    await here.get(CompleteReferral(referral_id=id_, outcome="helped"), **by(place.karim))
    shown = await here.shown(place, id_)
    assert [each.by for each in shown.steps[-2:]] == [f"worker:{place.marie}", f"worker:{place.karim}"]
    assert shown.answered_at is not None


async def test_what_a_partner_says_no_worker_says_for_it(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.requested(place, await here.service(partner_organisation=partner))
    assert await here.refused(AcceptReferral(referral_id=id_), **by(place.marie)) == ("not_allowed", "ce-actor")


async def test_a_wrong_move_is_refused_with_what_is_allowed_now(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.requested(place, await here.service(partner_organisation=partner))
    code, field, sentence = problem(await here.ask(CompleteReferral(referral_id=id_, outcome="helped"), sender=partner))
    assert (code, field) == ("wrong_stage", "referral_id")
    assert sentence == "referral_id is requested: you can accept it, reject it or cancel it"
    code, field, sentence = problem(await here.ask(RequestReferral(referral_id=id_), **by(place.marie)))
    assert (code, sentence) == (
        "wrong_stage", "referral_id is requested: you can cancel it or mark it as made in error",
    )  # fmt: skip
    for values, missing in (({"outcome": "other"}, "reason"), ({"reason": "other"}, "outcome")):
        with pytest.raises(ValueError, match=missing):
            RejectReferral(referral_id=id_, **values)


async def test_an_outcome_that_this_version_does_not_know_is_refused_by_its_field(here: Referring) -> None:
    partner = await here.partner()
    with pytest.raises(ValueError, match="outcome"):
        CompleteReferral(referral_id=new_id(), outcome="cured")
    command = CompleteReferral.model_construct(referral_id=new_id(), outcome="cured")
    assert await here.refused(command, sender=partner) == ("literal_error", "outcome")


async def test_the_moment_it_was_first_seen_is_kept(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.requested(place, await here.service(partner_organisation=partner))
    await here.get(LookAtReferral(referral_id=id_), sender=partner)
    assert (await here.shown(place, id_)).seen_at is None
    await here.get(FetchDetails(referral_id=id_), sender=partner)
    first = (await here.shown(place, id_)).seen_at
    assert first is not None
    here.move(timedelta(hours=1))
    await here.get(SeeReferral(referral_id=id_), sender=partner)
    await here.get(FetchDetails(referral_id=id_), sender=partner)
    shown = await here.shown(place, id_)
    assert shown.seen_at == first
    assert [each.what for each in shown.steps].count("seen") == 1


async def test_a_partner_that_asks_for_a_referral_of_another_can_not_learn_that_it_exists(here: Referring) -> None:
    place, partner, curious = await here.place(), await here.partner(), await here.partner()
    foreign = await here.accepted(place, partner)
    draft = await here.drafted(place, await here.service(partner_organisation=curious))
    reads = LookAtReferral, FetchDetails, SeeReferral, AcceptReferral, StartReferral
    messages: list[Any] = [lambda id_, kind=kind: kind(referral_id=id_) for kind in reads]
    messages += [
        lambda id_: CancelReferral(referral_id=id_, reason="other"),
        lambda id_: CompleteReferral(referral_id=id_, outcome="helped"),
        lambda id_: HoldReferral(referral_id=id_, reason="other"),
        lambda id_: RejectReferral(referral_id=id_, reason="other", outcome="other"),
        lambda id_: FailReferral(referral_id=id_, reason="other", outcome="other"),
    ]
    for message in messages:
        answers = [
            (await here.ask(message(id_), sender=curious)).model_dump(exclude={"id"})
            for id_ in (new_id(), foreign, draft)
        ]
        assert answers[0] == answers[1] == answers[2], answers
        assert answers[0]["problems"][0]["code"] == "unknown_id"
    assert await here.refused(AcceptReferral(referral_id=foreign), sender="nobody-granted") == (
        "unknown_id", "referral_id",
    )  # fmt: skip


async def test_for_a_foreign_partner_no_row_is_locked_or_read(here: Referring) -> None:
    """The path of work is the same for what does not exist: it doesn't even wait for who changes a foreign one."""
    place, partner, curious = await here.place(), await here.partner(), await here.partner()
    foreign = await here.accepted(place, partner)
    async with here.transaction() as tx:
        await tx.execute("SELECT FROM referral WHERE referral_id = $1 FOR UPDATE", foreign)
        assert await here.refused(StartReferral(referral_id=foreign), sender=curious) == ("unknown_id", "referral_id")


async def test_workers_elsewhere_and_other_people_know_of_no_referral(here: Referring) -> None:
    place, elsewhere = await here.place(), await here.place(organisation_id="elders")
    who, other = await here.someone(place), await here.someone(place)
    id_ = await here.requested(place, await here.service(), who)
    for actor in (by(elsewhere.marie), me(other)):
        assert await here.refused(ShowReferral(referral_id=id_), **actor) == ("unknown_id", "referral_id")
        assert await here.refused(CancelReferral(referral_id=id_, reason="other"), **actor) == (
            "unknown_id", "referral_id",
        )  # fmt: skip
    assert (await here.get(ListReferrals(), **by(elsewhere.marie))).referrals == []
    listed = await here.get(ListReferrals(neighbourhood_id=place.neighbourhood_id), **by(place.karim))
    assert [each.referral_id for each in listed.referrals] == [id_]


async def test_the_person_sees_their_referral_without_what_concerns_the_work(here: Referring) -> None:
    place = await here.place()
    who = await here.someone(place)
    id_ = await here.requested(place, await here.service(), who)
    own = await here.get(ShowReferral(referral_id=id_), **me(who))
    assert (own.kind, own.steps, own.signal_id) == (None, [], None)
    assert own.consent.fields == ["name", "question", "reach"]
    (line,) = (await here.get(ListReferrals(participant_id=who), **me(who))).referrals
    assert (line.referral_id, line.kind) == (id_, None)
    assert await here.refused(ListReferrals(), **me(who)) == ("not_allowed", "ce-actor")


async def test_what_a_partner_sees_holds_nothing_of_the_person(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    who = await here.someone(place)
    id_ = await here.requested(place, await here.service(partner_organisation=partner), who)
    look = await here.get(LookAtReferral(referral_id=id_), sender=partner)
    (letter,) = await here.told(ReferralTold, referral_id=id_)
    for text in (look.model_dump_json(), letter.model_dump_json()):
        assert str(who) not in text
        assert "household" not in text
        assert "Martine" not in text
    assert isinstance(look, PartnerReferral)
    assert look.details_until is not None


async def test_a_draft_needs_a_person_who_is_here_a_service_and_a_kind(here: Referring) -> None:
    place = await here.place()
    who, gone = await here.someone(place), await here.someone(place, status="left")
    service = await here.service()
    for values, refusal in (
        ({"participant_id": gone}, ("left", "participant_id")),
        ({"participant_id": new_id()}, ("unknown_id", "participant_id")),
        ({"service_id": "nothing"}, ("unknown_id", "service_id")),
        ({"service_id": await here.service(retired=True)}, ("retired", "service_id")),
        ({"kind": "no-such-kind"}, ("unknown_kind", "kind")),
        ({"signal_id": new_id()}, ("unknown_id", "signal_id")),
        ({"previous_id": new_id(), "follows_as": "retry"}, ("unknown_id", "previous_id")),
    ):
        command = DraftReferral(**{"participant_id": who, "service_id": service, "kind": "household"} | values)
        assert await here.refused(command, **by(place.marie)) == refusal
    command = DraftReferral(participant_id=who, service_id=service, kind="household")
    assert await here.refused(command, **me(who)) == ("not_allowed", "ce-actor")


async def test_a_retry_or_a_forward_is_a_new_referral_that_names_the_old_one(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    who, service = await here.someone(place), await here.service(partner_organisation=partner)
    first = await here.requested(place, service, who)
    await here.get(RejectReferral(referral_id=first, reason="no-capacity", outcome="no-capacity"), sender=partner)
    again = await here.requested(place, service, who, previous_id=first, follows_as="retry")
    await here.get(CancelReferral(referral_id=again, reason="found-another-way"), **by(place.marie))
    onward = await here.requested(place, await here.service(), who, previous_id=again, follows_as="forward")
    assert (await here.shown(place, first)).following_ids == [again]
    shown = await here.shown(place, onward)
    assert (shown.previous_id, shown.follows_as, shown.state) == (again, "forward", "requested")
    assert (await here.shown(place, first)).state == "rejected"


async def test_when_a_referral_ends_the_worker_hears_and_the_next_gathering_is_proposed(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    who = await here.someone(place)
    later, sooner = await here.gathering(place, days=9), await here.gathering(place, days=5)
    await here.gathering(await here.place(), days=2)
    id_ = await here.requested(place, await here.service(partner_organisation=partner), who)
    await here.get(AcceptReferral(referral_id=id_), sender=partner)
    assert await here.heard(id_) == []
    await here.get(CompleteReferral(referral_id=id_, outcome="helped"), sender=partner)
    assert await here.heard(id_) == [("ended", "worker", place.marie)]
    (proposed,) = await here.told(NextStepProposed, referral_id=id_)
    assert (proposed.gathering_id, proposed.worker_id, proposed.participant_id) == (sooner, place.marie, who)
    here.move(timedelta(days=6))
    other = await here.accepted(place, partner)
    await here.get(FailReferral(referral_id=other, reason="other", outcome="other"), sender=partner)
    assert [each.gathering_id for each in await here.told(NextStepProposed, referral_id=other)] == [later]


async def test_whoever_ends_it_themselves_is_not_told_so(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.accepted(place, partner)
    await here.get(CancelReferral(referral_id=id_, reason="found-another-way"), **by(place.marie))
    assert await here.heard(id_) == []
    assert await here.letters(id_) == ["requested", "cancelled"]
    by_backup = await here.accepted(place, partner)
    await here.get(CancelReferral(referral_id=by_backup, reason="other"), **by(place.karim))
    assert await here.heard(by_backup) == [("ended", "worker", place.marie)]


async def test_a_person_can_withdraw_a_referral(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    holder = await here.someone(place)
    who = await here.someone(place, mandate_holder_ids=[holder])
    service = await here.service(partner_organisation=partner)
    for actor in (me(who), me(holder)):
        id_ = await here.requested(place, service, who)
        ended = await here.get(CancelReferral(referral_id=id_, reason="declined-by-person"), **actor)
        assert ended.state == "cancelled"
        assert (await here.shown(place, id_)).outcome == "declined-by-person"
        assert await here.letters(id_) == ["requested", "cancelled"]


async def test_what_was_made_in_error_is_to_be_forgotten_by_the_service(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.accepted(place, partner)
    await here.fetch(id_, partner)
    await here.get(MarkInError(referral_id=id_), **by(place.marie))
    assert await here.letters(id_) == ["requested", "entered-in-error", "access-ended"]
    assert await here.told(NextStepProposed, referral_id=id_) == []
    assert await here.refused(MarkInError(referral_id=id_), **by(place.marie)) == ("wrong_stage", "referral_id")
    assert await here.timed(id_) == set()


async def test_a_command_sent_twice_is_done_once(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.requested(place, await here.service(partner_organisation=partner))
    message_id = new_id()
    answers = [await here.ask(AcceptReferral(referral_id=id_), sender=partner, message_id=message_id) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0].status == "accepted"
    again = await here.ask(AcceptReferral(referral_id=id_), sender=partner)
    assert problem(again)[0] == "wrong_stage"


async def test_a_referral_runs_upward_to_an_association_like_any_other(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    service = await here.service(partner_organisation=partner)
    async with here.transaction() as tx:
        await tx.execute("UPDATE service SET stepping_stone = true WHERE service_id = $1", service)
    id_ = await here.requested(place, service)
    await here.get(AcceptReferral(referral_id=id_), sender=partner)
    await here.get(CompleteReferral(referral_id=id_, outcome="helped"), sender=partner)
    assert await here.heard(id_) == [("ended", "worker", place.marie)]
    assert len(await here.told(NextStepProposed, referral_id=id_)) == 1


async def test_a_service_that_is_retired_keeps_the_referrals_it_has(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    service = await here.service(partner_organisation=partner)
    id_, draft = await here.requested(place, service), await here.drafted(place, service)
    await here.consent(place, draft)
    async with here.transaction() as tx:
        await tx.execute("UPDATE service SET retired = true WHERE service_id = $1", service)
    await here.get(AcceptReferral(referral_id=id_), sender=partner)
    await here.get(CompleteReferral(referral_id=id_, outcome="helped"), sender=partner)
    assert (await here.shown(place, id_)).service_name == "Poetshulp"
    assert await here.refused(RequestReferral(referral_id=draft), **by(place.marie)) == ("retired", "service_id")


async def test_it_stays_with_the_organisation_of_which_it_was_requested(here: Referring) -> None:
    place, partner, next_ = await here.place(), await here.partner(), await here.partner()
    service = await here.service(partner_organisation=partner)
    id_ = await here.requested(place, service)
    async with here.transaction() as tx:
        await tx.execute("UPDATE service SET partner_organisation = $2 WHERE service_id = $1", service, next_)
    assert await here.refused(FetchDetails(referral_id=id_), sender=next_) == ("unknown_id", "referral_id")
    await here.get(AcceptReferral(referral_id=id_), sender=partner)


async def test_a_partner_that_was_not_granted_referrals_is_written_to(here: Referring) -> None:
    place = await here.place()
    await here.grant("leest-enkel", place.neighbourhood_id, organisation_id="leest-enkel")
    service = await here.service(partner_organisation="leest-enkel", email="info@leest.example")
    id_ = await here.requested(place, service)
    assert (await here.letters(id_), await here.mails(id_)) == ([], ["requested"])


async def test_details_that_a_consent_names_stay_filled_in(here: Referring) -> None:
    place, partner = await here.place(), await here.partner()
    id_ = await here.requested(place, await here.service(partner_organisation=partner))
    assert await here.refused(WriteDetails(referral_id=id_, name="Martine De Smet"), **by(place.marie)) == (
        "details_missing", "fields",
    )  # fmt: skip
    changed = DETAILS | {"question": "Zoekt iemand die elke maand komt poetsen."}
    await here.get(WriteDetails(referral_id=id_, **changed), **by(place.marie))
    assert (await here.fetch(id_, partner)).question == changed["question"]


async def test_pages_of_referrals_come_the_latest_first(here: Referring) -> None:
    place = await here.place()
    who, service = await here.someone(place), await here.service()
    made: list[UUID] = [await here.drafted(place, service, who) for _ in range(3)]
    first = await here.get(ListReferrals(participant_id=who, limit=2), **by(place.marie))
    assert [each.referral_id for each in first.referrals] == [made[2], made[1]]
    rest = await here.get(ListReferrals(participant_id=who, limit=2, after=first.next), **by(place.marie))
    assert ([each.referral_id for each in rest.referrals], rest.next) == ([made[0]], None)
    await here.get(CancelReferral(referral_id=made[0], reason="other"), **by(place.marie))
    still_open = await here.get(ListReferrals(participant_id=who, open_only=True), **by(place.marie))
    assert {each.referral_id for each in still_open.referrals} == set(made[1:])
    assert clock.now() > still_open.referrals[0].drafted_at
