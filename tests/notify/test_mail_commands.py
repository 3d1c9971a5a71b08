"""The queue for who looks after it, and what people do without: who may see and do what."""

from __future__ import annotations

from typing import Any

from shared.contracts.exchange import NextStepReached
from shared.contracts.notify import (
    CountMails,
    DoWithout,
    ListMails,
    ListTasks,
    RetryMail,
    SendTestMail,
    SetPreferences,
    ShowAddress,
    ShowMail,
    ShowPreferences,
    TryAddressAgain,
)
from shared.ids import new_id
from tests.handling import PLACE
from tests.notify.setting import Notified


def _me(id_: object) -> dict[str, Any]:
    return {"actor": f"participant:{id_}"}


async def test_a_participant_sees_nothing_of_the_queue_and_of_tasks(notified: Notified) -> None:
    jos = await notified.someone()
    for query in (ListMails(participant_id=jos), CountMails(), ListTasks(), ShowMail(mail_id=new_id())):
        assert (await notified.refused(query, **_me(jos)))[0] == "not_allowed"


async def test_a_worker_sees_what_went_to_someone_and_the_queue_as_a_whole_is_an_operators(notified: Notified) -> None:
    worker, jos = await notified.worker(), await notified.someone()
    await notified.tell(NextStepReached(neighbourhood_id=PLACE, participant_id=jos, step="found", exchange_id=new_id()))
    page = await notified.get(ListMails(participant_id=jos), actor=f"worker:{worker}")
    assert [each.kind for each in page.mails] == ["found"]
    assert await notified.refused(ListMails(), actor=f"worker:{worker}") == ("missing", "worker_id")
    assert (await notified.refused(CountMails(), actor=f"worker:{worker}"))[0] == "not_allowed"
    assert (await notified.get(CountMails())).waiting >= 1


async def test_pages_of_the_queue_follow_each_other(notified: Notified) -> None:
    jos = await notified.someone()
    for _ in range(5):
        await notified.tell(
            NextStepReached(neighbourhood_id=PLACE, participant_id=jos, step="found", exchange_id=new_id())
        )
    seen, after = [], None
    while True:
        page = await notified.get(ListMails(participant_id=jos, limit=2, after=after))
        seen += [each.mail_id for each in page.mails]
        if (after := page.next) is None:
            break
    assert len(seen) == len(set(seen)) == 5


async def test_only_what_waits_or_was_put_aside_is_tried_again(notified: Notified) -> None:
    ref = await notified.get(SendTestMail(address="jef@example.org"))
    assert (await notified.get(RetryMail(mail_id=ref.mail_id))).stage == "waiting"
    await notified.rows("UPDATE mail SET stage = 'sent', ended_at = now() WHERE mail_id = $1", ref.mail_id)
    assert await notified.refused(RetryMail(mail_id=ref.mail_id)) == ("ended", "mail_id")
    assert await notified.refused(RetryMail(mail_id=new_id())) == ("unknown_id", "mail_id")


async def test_a_test_mail_sent_twice_with_one_id_is_one_mail(notified: Notified) -> None:
    command, id_ = SendTestMail(address="jef@example.org"), new_id()
    refs = [await notified.get(command, message_id=id_) for _ in range(2)]
    assert refs[0].mail_id == refs[1].mail_id


async def test_people_choose_for_themselves_what_they_do_without(notified: Notified) -> None:
    jos, ann, stranger = await notified.someone(), await notified.someone(), await notified.someone()
    await notified.someone(jos, mandate_holder_ids=[ann])
    await notified.get(DoWithout(participant_id=jos, group="gatherings"), **_me(jos))
    await notified.get(DoWithout(participant_id=jos, group="gatherings"), **_me(ann))
    assert (await notified.get(ShowPreferences(participant_id=jos), **_me(ann))).without == ["gatherings"]
    shown = await notified.get(SetPreferences(participant_id=jos, without=["circle", "steps", "circle"]), **_me(jos))
    assert shown.without == ["circle", "steps"]
    assert (await notified.refused(ShowPreferences(participant_id=jos), **_me(stranger)))[0] == "no_mandate"
    await notified.tell(
        NextStepReached(neighbourhood_id=PLACE, participant_id=jos, step="looking", exchange_id=new_id())
    )
    (row,) = await notified.rows("SELECT stage, reason FROM mail WHERE to_id = $1 AND kind = 'looking'", jos)
    assert tuple(row) == ("moot", "they do without these mails")


async def test_a_worker_has_an_address_tried_again(notified: Notified) -> None:
    worker, jos = await notified.worker(), await notified.someone()
    await notified.rows("INSERT INTO failing_address (participant_id, failed_at) VALUES ($1, now())", jos)
    assert not (await notified.get(ShowAddress(participant_id=jos), actor=f"worker:{worker}")).takes_mail
    assert (await notified.get(TryAddressAgain(participant_id=jos), actor=f"worker:{worker}")).takes_mail
    assert (await notified.get(ShowAddress(participant_id=jos), actor=f"worker:{worker}")).takes_mail
    unknown = TryAddressAgain(participant_id=new_id())
    assert (await notified.refused(unknown, actor=f"worker:{worker}"))[0] == "unknown_id"
