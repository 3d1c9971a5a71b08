"""What a mail says, and whether there is anything to say: nobody is told what they did themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.notify.content import to_others, to_participants, to_workers
from services.notify.content.writing import WAYS, Moot, Writing
from services.notify.domain.mails import Mail, Matter
from services.notify.repository import people
from services.notify.writing import data
from shared import clock
from shared.contracts.profiles import MandatePage, VisitPage
from shared.contracts.signals import PartnerReferral, Referral, ReferralStep, ServiceContact, Signal
from shared.ids import new_id
from shared.policy import load
from tests.handling import PLACE
from tests.notify.setting import Notified, by_phone

CONTENT = (to_others, to_participants, to_workers)
"""Imported for the ways that they name."""
POLICY = load()


@asynccontextmanager
async def writing(notified: Notified, kind: str, to: Any, to_id: UUID, **more: Any) -> AsyncIterator[Writing]:
    """A mail of this kind that is being written."""
    async with notified.transaction() as tx:
        mail = Mail(mail_id=new_id(), kind=kind, to_kind=to, to_id=to_id, due_at=tx.now, made_at=tx.now,
                    neighbourhood_id=PLACE, **more)  # fmt: skip
        place = await people.neighbourhood(tx, PLACE)
        worker = await people.worker(tx, to_id) if to == "worker" else None
        person = await people.person(tx, to_id) if to == "participant" else None
        yield Writing(tx, mail, POLICY, place, person=person, worker=worker)


async def says(notified: Notified, kind: str, to: Any, to_id: UUID, answer: Any, **more: Any) -> Any:
    async with writing(notified, kind, to, to_id, **more) as made:
        return await WAYS[kind].write(made, answer)


def referral(whose: UUID, state: Any, *, by: str = "partner:poetshulp", **more: Any) -> Referral:
    step = ReferralStep(at=clock.now(), by=by, what="moved", state=state)
    values: dict[str, Any] = {
        "referral_id": new_id(), "participant_id": whose, "service_name": "Poetshulp", "state": state, "reason": None,
        "outcome": None, "steps": [step], "ended_at": None, "requested_at": clock.now(), "consent": None,
    } | more  # fmt: skip
    return Referral.model_construct(**values)


def contact(**more: Any) -> ServiceContact:
    values = {
        "referral_id": new_id(), "service_name": "Poetshulp", "organisation_name": "Poetshulp vzw",
        "email": "onthaal@poetshulp.example", "phone": "09 222 33 44", "language": None,
    } | more  # fmt: skip
    return ServiceContact.model_validate(values)


@pytest.mark.parametrize(("by", "told"), [("partner:poetshulp", True), ("contact", True), ("me", False)])
async def test_what_a_service_answered_is_told_and_what_its_worker_recorded_is_not(
    notified: Notified, by: str, told: bool
) -> None:
    marie, jos = await notified.worker(), await notified.someone()
    found = referral(jos, "accepted", by=f"worker:{marie}" if by == "me" else by)
    more = {"matter": Matter(referral_id=found.referral_id), "detail": {"state": "accepted"}}
    if told:
        made = await says(notified, "referral-answered", "worker", marie, found, **more)
        assert (made.state, made.service) == ("accepted", "Poetshulp")
    else:
        with pytest.raises(Moot, match="themselves"):
            await says(notified, "referral-answered", "worker", marie, found, **more)


async def test_an_end_that_a_worker_recorded_is_told_for_what_comes_next_alone(notified: Notified) -> None:
    marie, jos = await notified.worker(), await notified.someone()
    found = referral(jos, "completed", by=f"worker:{marie}", ended_at=clock.now(), outcome="helped")
    with pytest.raises(Moot, match="themselves"):
        await says(notified, "referral-closed", "worker", marie, (found, None))
    theirs = referral(jos, "completed", ended_at=clock.now(), outcome="helped")
    assert (await says(notified, "referral-closed", "worker", marie, (theirs, None))).own is False


async def test_a_signal_that_a_worker_raised_themselves_is_no_mail_to_them(notified: Notified) -> None:
    marie, jos = await notified.worker(), await notified.someone()
    values: dict[str, Any] = {
        "signal_id": new_id(), "participant_id": jos, "stage": "open", "worker_id": None, "cause": "noticed",
        "kind": "mood", "urgency": "today", "exchange_id": None, "raised_at": clock.now(),
    }  # fmt: skip
    mine = Signal.model_construct(**(values | {"raised_by": f"worker:{marie}"}))
    with pytest.raises(Moot, match="themselves"):
        await says(notified, "signal", "worker", marie, (mine, None), detail={"why": "new"})
    theirs = Signal.model_construct(**(values | {"raised_by": f"worker:{new_id()}"}))
    made = await says(notified, "signal", "worker", marie, (theirs, None), detail={"why": "new"})
    assert isinstance(made, data.UrgentSignal)


@pytest.mark.parametrize(("detail", "why"), [({}, "no-address"), ({"why": "address-fails"}, "address-fails")])
async def test_a_service_that_no_mail_reaches_is_rung_and_why_is_said(
    notified: Notified, detail: dict[str, str], why: str
) -> None:
    marie, jos = await notified.worker(), await notified.someone()
    made = await says(notified, "ring-service", "worker", marie, (referral(jos, "requested"), contact()), detail=detail)
    assert (made.kind, made.why, made.phone, made.service) == ("ring-service", why, "09 222 33 44", "Poetshulp")
    with pytest.raises(Moot, match="answered"):
        await says(notified, "ring-service", "worker", marie, (referral(jos, "accepted"), contact()), detail=detail)


@pytest.mark.parametrize(("spoken", "written"), [("fr", "fr"), (None, POLICY.languages[0])])
async def test_a_service_is_written_to_in_its_own_language(
    notified: Notified, spoken: str | None, written: str
) -> None:
    id_ = new_id()
    values: dict[str, Any] = {"state": "requested", "requested_at": clock.now()}
    asked = PartnerReferral.model_construct(**values)
    found = to_others.Contacted(contact(referral_id=id_, language=spoken), asked)
    async with writing(notified, "referral-asked", "contact", id_, matter=Matter(referral_id=id_)) as made:
        await WAYS["referral-asked"].write(made, found)
        assert (await made.reader()).language == written


async def test_who_coordinates_a_place_is_called_so_there_and_a_worker_where_they_work(notified: Notified) -> None:
    lieve, jos = await notified.worker(name="Lieve Goossens", neighbourhood_ids=[]), await notified.someone()
    marie = await notified.worker()
    await notified.on_duty(marie, coordinator_id=lieve)
    async with writing(notified, "thanked", "participant", jos) as made:
        for worker, role in ((lieve, "coordinator"), (marie, "worker")):
            called = await made.worker_called(worker)
            assert called is not None
            assert called.role == role


async def test_a_mail_to_who_holds_a_mandate_names_for_whom_it_is(notified: Notified) -> None:
    ann = await notified.someone(name="Ann")
    els = await notified.someone(name="Els Wouters", reach=by_phone(), mandate_holder_ids=[ann])
    async with writing(notified, "thanked", "participant", ann, acts_for=els) as made:
        assert (await made.reader()).acts_for == "Els Wouters"
    async with writing(notified, "thanked", "participant", ann) as made:
        assert (await made.reader()).acts_for is None


async def test_a_mandate_is_explained_as_long_as_it_runs(notified: Notified) -> None:
    ann, els = await notified.someone(name="Ann"), await notified.someone(name="Els")
    values: dict[str, Any] = {
        "mandate_id": new_id(), "participant_id": els, "holder_id": ann, "on_word_of": "participant",
        "recorded_by": "operator", "given_at": clock.now(), "until": clock.now() + timedelta(days=30),
        "ended_at": None, "ending": None,
    }  # fmt: skip
    page = MandatePage.model_validate({"mandates": [values], "next": None})
    held = await says(notified, "mandate-held", "participant", ann, page, matter=Matter(other_id=els))
    given = await says(notified, "mandate-given", "participant", els, page, matter=Matter(other_id=ann))
    assert (held.name, given.name, given.until is not None) == ("Els", "Ann", True)
    over = MandatePage.model_validate(
        {"mandates": [values | {"ended_at": clock.now(), "ending": "ended"}], "next": None}
    )
    with pytest.raises(Moot, match="ended"):
        await says(notified, "mandate-held", "participant", ann, over, matter=Matter(other_id=els))


async def test_who_was_visited_is_not_told_that_their_worker_will_come(notified: Notified) -> None:
    jos = await notified.someone()
    visit = {"visit_id": new_id(), "worker_id": new_id(), "visited_at": clock.now()}
    for visits, days in (([], POLICY.visits.within_days), ([visit], None)):
        page = VisitPage.model_validate({"visits": visits, "next": None})
        assert (await says(notified, "welcome", "participant", jos, page)).visit_within_days == days
