"""Who is told what, and when: by mail, by their worker, in a digest, or not at all. Only the right people are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.notify.domain.mails import Mail, Matter
from services.notify.handlers import telling
from shared.contracts.exchange import InvitationAnswered, NextStepReached, WorkerAsked
from shared.contracts.notify import DoTask, ListTasks, TaskDone, TaskDue, TaskGiven, TaskUndone
from shared.contracts.profiles import (
    CircleAgreed,
    CircleAsked,
    DoubleFound,
    MandateGiven,
    ParticipantRegistered,
    Reach,
    VisitOverdue,
    VisitRecorded,
)
from shared.contracts.signals import (
    NextStepProposed,
    ReferralConsentEnded,
    ReferralConsentGiven,
    ReferralMoved,
    ServiceAsked,
    SignalOffered,
    WorkerTold,
)
from shared.ids import new_id
from tests.handling import PLACE
from tests.notify.setting import Notified, by_phone, quiet


async def _mails(notified: Notified, to: UUID) -> list[tuple[str, str]]:
    rows = await notified.rows("SELECT kind, stage FROM mail WHERE to_id = $1 ORDER BY made_at, kind", to)
    return [tuple(row) for row in rows]


async def _items(notified: Notified, worker: UUID) -> list[str]:
    return [row[0] for row in await notified.rows("SELECT what FROM digest_item WHERE worker_id = $1", worker)]


def _step(who: UUID, step: Any, **more: Any) -> NextStepReached:
    ids = {"exchange_id": new_id()} if not more else {}
    return NextStepReached(neighbourhood_id=PLACE, participant_id=who, step=step, **(ids | more))


# --- participants


async def test_what_is_told_twice_is_sent_once(notified: Notified) -> None:
    jos, event_id = await notified.someone(), new_id()
    event = _step(jos, "invited", exchange_id=new_id(), invitation_id=new_id())
    for message_id in (event_id, event_id, new_id()):
        await notified.tell(event, message_id=message_id)
    assert await _mails(notified, jos) == [("invited", "waiting")]


async def test_what_can_come_to_stand_so_again_is_told_again_and_a_replay_is_not(notified: Notified) -> None:
    jos, event_id = await notified.someone(), new_id()
    event = _step(jos, "moment-changed")
    for message_id in (event_id, event_id, new_id()):
        await notified.tell(event, message_id=message_id)
    assert await _mails(notified, jos) == [("moment-changed", "waiting")] * 2


async def test_who_left_is_told_nothing(notified: Notified) -> None:
    jos = await notified.someone()
    await notified.someone(jos, name=None, reach=None, status="left")
    await notified.tell(_step(jos, "ended"))
    assert await _mails(notified, jos) == []


async def test_nothing_is_due_in_quiet_hours(notified: Notified) -> None:
    jos = await notified.someone(quiet_hours=quiet("00:00", "23:59"))
    await notified.tell(_step(jos, "found"))
    (row,) = await notified.rows("SELECT due_at, made_at FROM mail WHERE to_id = $1", jos)
    assert row["due_at"] > row["made_at"]


async def test_in_a_pause_only_what_they_agreed_to_is_told(notified: Notified) -> None:
    jos = await notified.someone()
    await notified.someone(jos, status="paused", paused_until=None)
    for step in ("how-was-it", "cancelled", "moment-changed"):
        await notified.tell(_step(jos, step))
    rows = await notified.rows("SELECT kind, due_at - made_at AS later FROM mail WHERE to_id = $1", jos)
    later = {row["kind"]: row["later"] > timedelta(hours=20) for row in rows}
    assert later == {"how-was-it": True, "cancelled": False, "moment-changed": False}


async def test_who_comes_back_from_a_pause_hears_what_waited(notified: Notified) -> None:
    jos = await notified.someone(status="paused", paused_until=None)
    await notified.tell(_step(jos, "thanked"))
    await notified.someone(jos)
    (row,) = await notified.rows("SELECT due_at FROM mail WHERE to_id = $1", jos)
    assert row["due_at"] <= (await notified.rows("SELECT now()"))[0][0] + timedelta(seconds=5)


async def test_what_was_never_put_to_them_is_not_taken_back(notified: Notified) -> None:
    jos, ids = await notified.someone(), {"exchange_id": new_id(), "invitation_id": new_id()}
    await notified.tell(_step(jos, "taken-back", **ids))
    assert await _mails(notified, jos) == []
    await notified.tell(_step(jos, "invited", **ids))
    await notified.rows("UPDATE mail SET stage = 'sent', ended_at = now() WHERE to_id = $1", jos)
    await notified.tell(_step(jos, "taken-back", **ids))
    assert ("taken-back", "waiting") in await _mails(notified, jos)


async def test_a_circle_is_asked_of_the_other_and_its_yes_told_to_who_asked(notified: Notified) -> None:
    jos, maria = await notified.someone(), await notified.someone(name="Maria")
    await notified.tell(CircleAsked(neighbourhood_id=PLACE, participant_id=maria, other_id=jos))
    await notified.tell(CircleAgreed(neighbourhood_id=PLACE, participant_id=maria, other_id=jos))
    assert await _mails(notified, jos) == [("circle-asked", "moot")]
    assert await _mails(notified, maria) == [("circle-agreed", "waiting")]


# --- people without e-mail


async def test_who_has_no_mail_hears_it_from_their_worker(notified: Notified) -> None:
    worker, roger = await notified.worker(), await notified.someone(reach=by_phone())
    await notified.on_duty(worker)
    await notified.tell(_step(roger, "invited", exchange_id=new_id(), invitation_id=new_id()))
    assert await _mails(notified, roger) == [("invited", "by-worker")]
    (given,) = await notified.told(TaskGiven, participant_id=roger)
    assert (given.way, given.worker_id) == ("phone", worker)
    page = await notified.get(ListTasks(worker_id=worker), actor=f"worker:{worker}")
    assert [each.kind for each in page.tasks if each.participant_id == roger] == ["invited"]


async def test_who_holds_a_mandate_and_has_mail_gets_it_in_place_of_a_task(notified: Notified) -> None:
    ann = await notified.someone(name="Ann")
    els = await notified.someone(name="Els", reach=by_phone(), mandate_holder_ids=[ann])
    await notified.tell(_step(els, "found"))
    (row,) = await notified.rows("SELECT to_id, acts_for, stage FROM mail WHERE acts_for = $1", els)
    assert tuple(row) == (ann, els, "waiting")
    assert await notified.told(TaskGiven, participant_id=els) == []


async def test_what_cant_wait_for_the_digest_the_worker_hears_at_once(notified: Notified) -> None:
    worker, roger = await notified.worker(), await notified.someone(reach=by_phone())
    await notified.on_duty(worker)
    await notified.tell(_step(roger, "cancelled"))
    await notified.tell(_step(roger, "thanked"))
    assert await _mails(notified, worker) == [("ring", "waiting")]


async def test_a_task_that_nobody_does_becomes_a_signal(notified: Notified) -> None:
    roger = await notified.someone(reach=by_phone())
    await notified.tell(_step(roger, "found"))
    (given,) = await notified.told(TaskGiven, participant_id=roger)
    await notified.tell(TaskDue(neighbourhood_id=PLACE, task_id=given.task_id))
    assert await notified.told(TaskUndone, participant_id=roger) == []
    notified.move(timedelta(days=8))
    await notified.fire()
    assert [each.task_id for each in await notified.told(TaskUndone, participant_id=roger)] == [given.task_id]


async def test_a_task_that_is_done_becomes_none(notified: Notified) -> None:
    worker, roger = await notified.worker(), await notified.someone(reach=by_phone())
    await notified.tell(_step(roger, "found"))
    (given,) = await notified.told(TaskGiven, participant_id=roger)
    for _ in range(2):
        ref = await notified.get(DoTask(task_id=given.task_id), actor=f"worker:{worker}")
        assert ref.stage == "done"
    assert len(await notified.told(TaskDone, participant_id=roger)) == 1
    notified.move(timedelta(days=8))
    await notified.fire()
    assert await notified.told(TaskUndone, participant_id=roger) == []
    assert await notified.refused(DoTask(task_id=given.task_id), actor=f"participant:{roger}") == (
        "not_allowed", "ce-actor",
    )  # fmt: skip


async def test_with_the_answer_that_a_worker_records_their_task_is_done(notified: Notified) -> None:
    roger, ids = await notified.someone(reach=by_phone()), {"exchange_id": new_id(), "invitation_id": new_id()}
    await notified.tell(_step(roger, "invited", **ids))
    await notified.tell(InvitationAnswered(neighbourhood_id=PLACE, participant_id=roger, answer="yes", **ids))
    assert len(await notified.told(TaskDone, participant_id=roger)) == 1


async def test_who_was_not_rung_yet_is_not_rung_to_take_it_back(notified: Notified) -> None:
    roger, ids = await notified.someone(reach=by_phone()), {"exchange_id": new_id(), "invitation_id": new_id()}
    await notified.tell(_step(roger, "invited", **ids))
    await notified.tell(_step(roger, "taken-back", **ids))
    assert len(await notified.told(TaskGiven, participant_id=roger)) == 1


# --- workers


async def test_what_climbs_reaches_the_backup_at_once_and_them_alone(notified: Notified) -> None:
    marie, karim = await notified.worker(), await notified.worker(name="Karim")
    await notified.tell(_told(karim, "backup", exchange_id=new_id(), about="asked"))
    assert await _mails(notified, karim) == [("escalated", "waiting")]
    assert await _mails(notified, marie) == []


async def test_what_exchange_asked_a_worker_is_in_their_digest_until_it_climbs(notified: Notified) -> None:
    marie = await notified.worker()
    await notified.tell(_told(marie, "worker", exchange_id=new_id(), about="asked"))
    asked = WorkerAsked(neighbourhood_id=PLACE, worker_id=marie, to="see-invitation", exchange_id=new_id())
    await notified.tell(asked)
    assert await _mails(notified, marie) == []
    await notified.tell(asked.model_copy(update={"to": "welcome-people", "gathering_id": new_id()}))
    assert await _items(notified, marie) == ["welcome-people"]


@pytest.mark.parametrize(
    ("why", "kind"),
    [("no-answer", "referral-silent"), ("decide", "referral-decide"), ("ended", "referral-closed"),
     ("renew-consent", "consent-ran-out"), ("ring-service", "ring-service")],
)  # fmt: skip
async def test_of_a_referral_its_worker_hears_at_once(notified: Notified, why: str, kind: str) -> None:
    marie = await notified.worker()
    await notified.tell(_told(marie, "worker", referral_id=new_id(), about="referral", why=why))
    assert await _mails(notified, marie) == [(kind, "waiting")]


async def test_that_a_referral_ended_and_what_comes_next_is_one_mail(notified: Notified) -> None:
    marie, referral, gathering = await notified.worker(), new_id(), new_id()
    await notified.tell(_told(marie, "worker", referral_id=referral, about="referral", why="ended"))
    await notified.tell(
        NextStepProposed(
            neighbourhood_id=PLACE, participant_id=new_id(), referral_id=referral, worker_id=marie,
            gathering_id=gathering,
        )
    )  # fmt: skip
    assert await _mails(notified, marie) == [("referral-closed", "waiting")]
    (row,) = await notified.rows("SELECT detail->>'next_gathering_id' AS next FROM mail WHERE to_id = $1", marie)
    assert row["next"] == str(gathering)


async def test_an_answer_of_a_service_reaches_the_referrals_worker(notified: Notified) -> None:
    marie = await notified.worker()
    for state in ("requested", "accepted", "cancelled"):
        await notified.tell(_referral(ReferralMoved, marie, state=state))
    assert await _mails(notified, marie) == [("referral-answered", "waiting")]


async def test_a_service_is_written_to_about_its_referral(notified: Notified) -> None:
    event = _referral(ServiceAsked, None, state="requested", verb="requested")
    await notified.tell(event)
    assert await _mails(notified, event.referral_id) == [("referral-asked", "waiting")]


async def test_a_person_has_in_writing_what_they_agreed_to_and_hears_when_it_ends(notified: Notified) -> None:
    jos = await notified.someone()
    await notified.tell(_referral(ReferralConsentGiven, None, state="requested", participant_id=jos))
    for ending in ("withdrawn", "run-out"):
        await notified.tell(_referral(ReferralConsentEnded, None, state="accepted", participant_id=jos, ending=ending))
    assert await _mails(notified, jos) == [("referral-consent", "waiting"), ("referral-ended", "waiting")]


async def test_a_colleague_who_is_asked_to_take_over_hears_at_once(notified: Notified) -> None:
    marie, karim = await notified.worker(), await notified.worker(name="Karim")
    await notified.tell(
        SignalOffered(neighbourhood_id=PLACE, signal_id=new_id(), version=2, worker_id=marie, to_id=karim)
    )
    assert await _mails(notified, karim) == [("signal-offered", "waiting")]
    assert await _mails(notified, marie) == []


async def test_a_first_visit_that_is_late_is_a_line_for_the_worker_and_a_mail_for_who_comes_after(
    notified: Notified,
) -> None:
    marie, karim, jos = await notified.worker(), await notified.worker(name="Karim"), await notified.someone()
    for worker, step in ((marie, "worker"), (karim, "backup")):
        await notified.tell(
            VisitOverdue.model_validate(
                {"neighbourhood_id": PLACE, "participant_id": jos, "worker_id": worker, "step": step}
            )
        )
    assert (await _items(notified, marie), await _mails(notified, marie)) == (["visit"], [])
    assert await _mails(notified, karim) == [("visit-overdue", "waiting")]


async def test_for_a_worker_who_stopped_their_backup_is_told(notified: Notified) -> None:
    karim = await notified.worker(name="Karim")
    marie = await notified.worker(backup_id=karim)
    await notified.worker(marie, removed=True, name="", email="", language="", organisation_id="", backup_id=karim)
    await notified.tell(_told(marie, "worker", signal_id=new_id(), about="signal"))
    assert await _mails(notified, karim) == [("signal", "waiting")]


def _told(worker: UUID, step: Any, **more: Any) -> WorkerTold:
    values = {"urgency": "today", "why": "new"} | more
    return WorkerTold.model_validate({"neighbourhood_id": PLACE, "worker_id": worker, "step": step, **values})


def _referral(kind: Any, worker: UUID | None, **more: Any) -> Any:
    values = {
        "neighbourhood_id": PLACE, "referral_id": new_id(), "participant_id": new_id(), "version": 2,
        "worker_id": worker,
    } | more  # fmt: skip
    return kind.model_validate(values)


@pytest.mark.parametrize(
    ("kind", "rung"), [("referral-asked", True), ("referral-reminder", True), ("access-ended", False)]
)
async def test_a_service_whose_address_fails_is_rung_when_it_is_asked_something(
    notified: Notified, kind: str, rung: bool
) -> None:
    marie, place = await notified.worker(), await notified.place(f"wijk-{kind}")
    await notified.on_duty(marie, place)
    referral_id = new_id()
    async with notified.transaction() as tx:
        mail = Mail(mail_id=new_id(), kind=kind, to_kind="contact", to_id=referral_id, due_at=tx.now, made_at=tx.now,
                    matter=Matter(referral_id=referral_id), neighbourhood_id=place)  # fmt: skip
        await telling.address_fails(tx, mail)
    assert await _mails(notified, marie) == ([("ring-service", "waiting")] if rung else [])


# --- newcomers, mandates, doubles


async def test_who_a_worker_brings_in_is_welcomed_once(notified: Notified) -> None:
    jos = await notified.someone()
    await notified.tell(_registered(jos, by_worker=True))
    await notified.tell(_visited(jos, first=True))
    assert await _mails(notified, jos) == [("welcome", "waiting")]


async def test_who_an_import_brings_in_is_welcomed_with_the_first_visit(notified: Notified) -> None:
    jos = await notified.someone()
    await notified.tell(_registered(jos, by_worker=False))
    assert await _mails(notified, jos) == []
    await notified.tell(_visited(jos, first=True))
    assert await _mails(notified, jos) == [("welcome", "waiting")]


async def test_nobody_is_rung_to_be_welcomed_and_who_gets_letters_gets_one(notified: Notified) -> None:
    await notified.on_duty(await notified.worker())
    roger = await notified.someone(reach=by_phone())
    ann = await notified.someone(reach=Reach(by="letter"))
    for each in (roger, ann):
        await notified.tell(_registered(each, by_worker=True))
    assert await _mails(notified, roger) == [("welcome", "moot")]
    assert await _mails(notified, ann) == [("welcome", "by-worker")]


async def test_a_later_visit_welcomes_nobody(notified: Notified) -> None:
    jos = await notified.someone()
    await notified.tell(_visited(jos, first=False))
    assert await _mails(notified, jos) == []


async def test_of_a_mandate_both_hear_and_each_themselves(notified: Notified) -> None:
    worker, ann = await notified.worker(), await notified.someone(name="Ann")
    await notified.on_duty(worker)
    els = await notified.someone(name="Els", reach=by_phone(), mandate_holder_ids=[ann])
    await notified.tell(
        MandateGiven(neighbourhood_id=PLACE, mandate_id=new_id(), participant_id=els, holder_id=ann)
    )  # fmt: skip
    assert await _mails(notified, ann) == [("mandate-held", "waiting")]
    assert await _mails(notified, els) == [("mandate-given", "by-worker")], "not told to whom it was given"


async def test_however_many_may_be_here_twice_it_is_one_line_a_day(notified: Notified) -> None:
    worker = await notified.worker()
    place = await notified.place("wijk-met-dubbels")
    await notified.on_duty(worker, place)
    for _ in range(3):
        await notified.tell(DoubleFound(neighbourhood_id=place, participant_id=new_id(), other_id=new_id()))
    assert await _items(notified, worker) == ["double"]


def _registered(who: UUID, *, by_worker: bool) -> ParticipantRegistered:
    return ParticipantRegistered(neighbourhood_id=PLACE, participant_id=who, version=1, by_worker=by_worker)


def _visited(who: UUID, *, first: bool) -> VisitRecorded:
    return VisitRecorded.model_validate(
        {
            "neighbourhood_id": PLACE, "visit_id": new_id(), "participant_id": who, "worker_id": new_id(),
            "visited_at": "2026-05-04T14:00:00+02:00", "first": first,
        }
    )  # fmt: skip
