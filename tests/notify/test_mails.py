"""The queue of mails: who may look in it, what is sent by whom, and who was erased while a mail was being written."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import UUID

from services.notify.content.writing import Known
from services.notify.domain.mails import Mail
from services.notify.repository import mails as repository
from services.notify.sending import preparing
from services.notify.sending.records import Records
from shared import clock
from shared.contracts.exchange import NextStepReached
from shared.contracts.notify import DoTask, ListMails, ListTasks, RetryMail, ShowTask
from shared.contracts.profiles import ParticipantErased, ParticipantMerged
from shared.contracts.signals import ReferralConsentGiven, WorkerTold
from shared.ids import new_id
from tests.handling import PLACE
from tests.notify.setting import Notified, by_phone, quiet

LEASE = timedelta(minutes=5)


async def _introduced(notified: Notified) -> UUID:
    """Somebody for whom a mail waits."""
    who, other = await notified.someone(quiet_hours=quiet("03:00", "03:01")), await notified.someone(name="Maria")
    await notified.tell(NextStepReached(neighbourhood_id=PLACE, participant_id=who, step="introduced", other_id=other))
    return who


async def _claimed(notified: Notified, who: UUID, known: Known) -> list[Mail]:
    """What a replica has looked at of their mails, and is about to write."""
    async with notified.transaction() as tx:
        mails = await repository.claim(tx, 100, tx.now + LEASE, [])
        return [each for each in await preparing.looked_at(tx, mails, known) if each.to_id == who]


async def test_no_other_work_gets_a_connection_on_which_commits_do_not_wait_for_the_disk(notified: Notified) -> None:
    pool = notified.processor.pool
    records = Records(pool)
    await records.keep(new_id(), clock.now())
    await records.close()
    async with AsyncExitStack() as all_of_them:
        for _ in range(pool.get_max_size()):
            connection = await all_of_them.enter_async_context(pool.acquire())
            found = await connection.fetchval("SELECT source FROM pg_settings WHERE name = 'synchronous_commit'")
            assert found != "session"


async def _write(notified: Notified, mails: list[Mail], known: Known) -> list[str]:
    async with notified.transaction() as tx:
        answers, _ = await preparing.asked(None, mails)  # type: ignore[arg-type]  # this kind asks nobody
        return [getattr(each, "how", "letter") for each in await preparing.written(tx, answers, known)]


async def test_who_was_erased_while_a_mail_was_written_gets_no_link_and_no_letter(notified: Notified) -> None:
    who, known = await _introduced(notified), Known()
    mails = await _claimed(notified, who, known)
    assert len(mails) == 1
    await notified.tell(ParticipantErased(neighbourhood_id=PLACE, participant_id=who, erasure_id=new_id()))
    assert await _write(notified, mails, known) == ["moot"]
    assert await notified.rows("SELECT FROM link WHERE $1 IN (holder_id, matter_id, acts_for)", who) == []


async def test_what_became_somebody_elses_while_it_was_written_is_looked_at_again(notified: Notified) -> None:
    who, survivor, known = await _introduced(notified), await notified.someone(), Known()
    mails = await _claimed(notified, who, known)
    await notified.tell(ParticipantMerged(neighbourhood_id=PLACE, participant_id=who, survivor_id=survivor, version=2))
    assert await _write(notified, mails, known) == ["later"]
    assert await notified.rows("SELECT FROM link WHERE holder_id = $1", who) == []


async def test_a_worker_sees_no_mails_of_another_worker(notified: Notified) -> None:
    """Not under the name of a participant either: what a colleague is told is a signal's, or a referral's."""
    worker, colleague = await notified.worker(), await notified.worker()
    await notified.tell(
        WorkerTold(
            neighbourhood_id=PLACE, worker_id=worker, step="worker", about="signal", urgency="today", why="new",
            signal_id=new_id(),
        )
    )  # fmt: skip
    own = await notified.get(ListMails(worker_id=worker), actor=f"worker:{worker}")
    assert [each.kind for each in own.mails] == ["signal"]
    shown = await notified.get(ListMails(participant_id=worker), actor=f"worker:{colleague}")
    assert shown.mails == []
    shown = await notified.get(ListMails(participant_id=worker, worker_id=colleague), actor=f"worker:{colleague}")
    assert shown.mails == []


async def test_workers_elsewhere_learn_of_no_referral_from_its_mails_and_tasks(notified: Notified) -> None:
    """What is told of it is asked in the person's name: who may know of it is as signals says."""
    await notified.place("elders", organisation_id="andere")
    near = await notified.worker()
    far = await notified.worker(organisation_id="andere", neighbourhood_ids=["elders"])
    who = await notified.someone(reach=by_phone())
    await notified.tell(
        ReferralConsentGiven(
            neighbourhood_id=PLACE, referral_id=new_id(), participant_id=who, version=2, worker_id=near, state="draft"
        )
    )

    async def seen(worker: UUID) -> tuple[list[str], list[str]]:
        mails = await notified.get(ListMails(participant_id=who), actor=f"worker:{worker}")
        tasks = await notified.get(ListTasks(participant_id=who), actor=f"worker:{worker}")
        return [each.kind for each in mails.mails], [each.kind for each in tasks.tasks]

    assert await seen(near) == (["referral-consent"], ["referral-consent"])
    assert await seen(far) == ([], [])
    ((task_id,),) = await notified.rows("SELECT task_id FROM task WHERE participant_id = $1", who)
    for ask in (ShowTask(task_id=task_id), DoTask(task_id=task_id)):
        assert await notified.refused(ask, actor=f"worker:{far}") == ("unknown_id", "task_id")
    await notified.get(DoTask(task_id=task_id), actor=f"worker:{near}")


async def test_mails_and_tasks_of_other_neighbourhoods_answer_in_the_words_for_what_does_not_exist(
    notified: Notified,
) -> None:
    """Also of what is no referral: who was rung about what is nobody's business elsewhere. An operator sees all."""
    await notified.place("verder", organisation_id="verre")
    near = await notified.worker()
    far = await notified.worker(organisation_id="verre", neighbourhood_ids=["verder"])
    who, other = await notified.someone(reach=by_phone()), await notified.someone(name="Maria")
    await notified.tell(NextStepReached(neighbourhood_id=PLACE, participant_id=who, step="introduced", other_id=other))
    ((task_id,),) = await notified.rows("SELECT task_id FROM task WHERE participant_id = $1", who)
    for actor, shown in ((f"worker:{near}", 1), (f"worker:{far}", 0), ("operator", 1)):
        mails = await notified.get(ListMails(participant_id=who), actor=actor)
        tasks = await notified.get(ListTasks(participant_id=who), actor=actor)
        assert (len(mails.mails), len(tasks.tasks)) == (shown, shown)
    for ask in (ShowTask(task_id=task_id), DoTask(task_id=task_id)):
        assert await notified.refused(ask, actor=f"worker:{far}") == ("unknown_id", "task_id")
    assert (await notified.get(ListTasks(worker_id=near), actor=f"worker:{far}")).tasks == []


async def test_what_is_being_sent_is_given_to_nobody_else_when_it_is_to_be_tried_again(notified: Notified) -> None:
    who = await _introduced(notified)
    (mail,) = await _claimed(notified, who, Known())
    await notified.get(RetryMail(mail_id=mail.mail_id), actor="operator")
    assert await _claimed(notified, who, Known()) == []
    notified.move(LEASE + timedelta(seconds=1))
    assert len(await _claimed(notified, who, Known())) == 1
