"""What notify holds on a person: in their copy, gone when they are erased, moved when two entries were one, expired."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from services.notify import links
from services.notify.repository import preferences
from shared.contracts.erasure import NotifyErasureConfirmed
from shared.contracts.exchange import NextStepReached
from shared.contracts.notify import DoWithout, ListTasks, ShowPreferences, TaskDue
from shared.contracts.operations import RunRetention
from shared.contracts.person import CopyOfPerson
from shared.contracts.profiles import ContactKept, ParticipantErased, ParticipantMerged, Reach, VisitOverdue
from shared.contracts.signals import ReferralConsentGiven
from shared.ids import new_id
from tests.handling import PLACE
from tests.notify.setting import Notified, by_phone


async def _everywhere(notified: Notified) -> UUID:
    """Somebody who stands in every table."""
    id_, other = await notified.someone(), await notified.someone(name="Maria")
    for step in ("found", "introduced"):
        ids: dict[str, Any] = {"other_id": other} if step == "introduced" else {"exchange_id": new_id()}
        await notified.tell(
            NextStepReached.model_validate({"neighbourhood_id": PLACE, "participant_id": id_, "step": step, **ids})
        )
    await notified.tell(NextStepReached(neighbourhood_id=PLACE, participant_id=other, step="introduced", other_id=id_))
    worker = await notified.worker()
    await notified.on_duty(worker)
    await notified.tell(VisitOverdue(neighbourhood_id=PLACE, participant_id=id_, worker_id=worker, step="worker"))
    await notified.tell(VisitOverdue(neighbourhood_id=PLACE, participant_id=id_, worker_id=worker, step="backup"))
    await notified.get(DoWithout(participant_id=id_, group="gatherings"), actor=f"participant:{id_}")
    async with notified.transaction() as tx:
        await preferences.mark_failing(tx, id_)
        await links.make(tx, "page", participant=id_)
        await links.make(tx, "circle", participant=other, matter=id_)
    await notified.tell(NextStepReached(neighbourhood_id=PLACE, participant_id=id_, step="found", exchange_id=new_id()))
    return id_


def _step(who: UUID, step: Any) -> NextStepReached:
    return NextStepReached(neighbourhood_id=PLACE, participant_id=who, step=step, exchange_id=new_id())


async def _named_in(notified: Notified, id_: UUID) -> list[str]:
    """Tables in which someone is still named, but for those that must remember that they were erased."""
    tables = await notified.rows(
        "SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables "
        "WHERE table_schema IN ('public', 'messaging') AND table_type = 'BASE TABLE' "
        "AND table_name NOT IN ('erased', 'answer', 'outbox')"
    )
    union = " UNION ALL ".join(
        f"SELECT '{each['name']}' AS name WHERE EXISTS (SELECT FROM {each['name']} AS t WHERE t::text LIKE $1)"
        for each in tables
    )
    return sorted({row["name"] for row in await notified.rows(union, f"%{id_}%")})


async def test_nothing_of_an_erased_person_is_left_in_any_table(notified: Notified) -> None:
    id_ = await _everywhere(notified)
    before = await _named_in(notified, id_)
    assert {"public.mail", "public.task", "public.digest_item", "public.link", "public.participant"} <= set(before)
    task_id = (await notified.rows("SELECT task_id FROM task WHERE participant_id = $1", id_))[0]["task_id"]
    assert TaskDue.timer(task_id) in await notified.timers()
    await notified.tell(ParticipantErased(neighbourhood_id=PLACE, participant_id=id_, erasure_id=new_id()))
    assert await _named_in(notified, id_) == []
    assert len(await notified.told(NotifyErasureConfirmed, participant_id=id_)) == 1
    assert TaskDue.timer(task_id) not in await notified.timers()


async def test_what_waits_for_somebody_is_not_lost_with_who_held_their_mandate(notified: Notified) -> None:
    holder = await notified.someone(name="An")
    who = await notified.someone(reach=by_phone(), mandate_holder_ids=[holder])
    await notified.tell(_step(who, "agreed"))
    assert await notified.rows("SELECT FROM mail WHERE to_id = $1 AND acts_for = $2", holder, who)
    await notified.tell(ParticipantErased(neighbourhood_id=PLACE, participant_id=holder, erasure_id=new_id()))
    ((to_id, stage),) = await notified.rows("SELECT to_id, stage FROM mail WHERE $1 IN (to_id, acts_for)", who)
    assert (to_id, stage) == (who, "waiting")
    assert await _named_in(notified, holder) == []


async def test_what_comes_late_of_an_erased_person_does_nothing(notified: Notified) -> None:
    id_ = await notified.someone()
    await notified.tell(ParticipantErased(neighbourhood_id=PLACE, participant_id=id_, erasure_id=new_id()))
    await notified.tell(NextStepReached(neighbourhood_id=PLACE, participant_id=id_, step="found", exchange_id=new_id()))
    await notified.someone(id_)
    assert await _named_in(notified, id_) == []


async def test_a_copy_holds_all_that_is_held_and_is_theirs_alone(notified: Notified) -> None:
    id_ = await _everywhere(notified)
    kinds, page = set(), 1
    while page:
        found = await notified.get(CopyOfPerson(participant_id=id_, page=page), actor=f"participant:{id_}")
        kinds |= {each.kind for each in found.items}
        page = found.next_page or 0
    assert kinds == {"participant", "does_without", "failing_address", "mail", "task", "digest_item", "link"}
    assert (await notified.refused(CopyOfPerson(participant_id=id_), actor=f"participant:{new_id()}"))[
        0
    ] == "no_mandate"


async def test_two_entries_of_one_person_become_one_here_too(notified: Notified) -> None:
    double, survivor = await _everywhere(notified), await notified.someone(reach=by_phone())
    event = ParticipantMerged(neighbourhood_id=PLACE, participant_id=double, survivor_id=survivor, version=2)
    for _ in range(2):
        await notified.tell(event)
    assert await _named_in(notified, double) == ["public.merged_entry"] or all(
        each in ("public.merged_entry", "messaging.timer") for each in await _named_in(notified, double)
    )
    shown = await notified.get(ShowPreferences(participant_id=survivor), actor=f"participant:{survivor}")
    assert shown.without == ["gatherings"]
    tasks = await notified.get(ListTasks(participant_id=survivor), actor="operator")
    assert len(tasks.tasks) == 1
    await notified.tell(
        NextStepReached(neighbourhood_id=PLACE, participant_id=double, step="found", exchange_id=new_id())
    )
    assert len((await notified.get(ListTasks(participant_id=survivor), actor="operator")).tasks) == 2


async def test_what_a_tombstone_takes_away_is_told_no_more(notified: Notified) -> None:
    id_ = await notified.someone()
    await notified.tell(ContactKept(participant_id=id_, version=9, removed=True))
    outcome = await notified.arrive(
        NextStepReached(neighbourhood_id=PLACE, participant_id=id_, step="found", exchange_id=new_id())
    )
    assert outcome.retry_in is not None, "it waits for a person who may come"
    assert await notified.rows("SELECT FROM mail WHERE to_id = $1", id_) == []


async def test_another_address_takes_mail_again(notified: Notified) -> None:
    id_ = await notified.someone(reach=Reach(by="email", email="jos.oud@example.org"))
    async with notified.transaction() as tx:
        await preferences.mark_failing(tx, id_)
    await notified.someone(id_, reach=Reach(by="email", email="jos.oud@example.org"), languages=["fr"])
    async with notified.transaction() as tx:
        assert await preferences.fails(tx, id_)
    await notified.someone(id_, reach=Reach(by="email", email="jos.nieuw@example.org"))
    async with notified.transaction() as tx:
        assert not await preferences.fails(tx, id_)


async def test_mails_expire_and_what_waits_in_a_pause_with_them(notified: Notified) -> None:
    id_ = await notified.someone(status="paused", paused_until=None)
    await notified.tell(
        NextStepReached(neighbourhood_id=PLACE, participant_id=id_, step="thanked", exchange_id=new_id())
    )
    worker = await notified.worker()
    await notified.tell(
        ReferralConsentGiven.model_validate(ReferralConsentGiven.EXAMPLE | {"neighbourhood_id": PLACE,
                            "participant_id": await notified.someone(), "worker_id": worker})
    )  # fmt: skip
    keep = notified.processor.settings.policy.retention.mails
    notified.move(timedelta(days=keep - 1))
    await notified.get(RunRetention(), actor="operator")
    assert await notified.rows("SELECT FROM mail WHERE to_id = $1", id_)
    notified.move(timedelta(days=2))
    await notified.get(RunRetention(), actor="operator")
    assert not await notified.rows("SELECT FROM mail WHERE to_id = $1", id_)


async def test_of_a_mail_nothing_that_it_says_is_kept(notified: Notified) -> None:
    columns = {
        row["column_name"]
        for row in await notified.rows(
            "SELECT column_name FROM information_schema.columns WHERE table_name IN ('mail', 'task')"
        )
    }
    assert not columns & {"subject", "text", "html", "body", "words", "content", "name", "note"}
