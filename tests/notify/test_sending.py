"""What the mail server answers, and what becomes of the mail then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import cast
from uuid import UUID

import asyncpg
import pytest

from services.notify.repository import mails as repository
from shared import clock
from shared.contracts.notify import ListTasks, RetryMail
from shared.messaging import Transaction
from tests.conftest import MakeStack
from tests.notify.sending import Sending, prepared
from tests.waiting import eventually


@pytest.fixture(scope="module")
async def sending(module_stack: MakeStack) -> AsyncIterator[Sending]:
    """Notify, running, with little patience."""
    async with prepared(module_stack) as made, made.running():
        yield made


@pytest.mark.parametrize("act", ["450", "greylist", "421", "drop-at-rcpt", "drop-mid-data", "451-after-data"])
async def test_what_fails_for_now_is_tried_again_and_arrives_once(sending: Sending, act: str) -> None:
    mail_id, address = await sending.one(act)
    mail = await sending.becomes(mail_id, "sent")
    assert len(sending.smtp.to(address)) == 1
    assert sending.smtp.tried[address] == 2
    assert mail["attempts"] == 1


@pytest.mark.parametrize("act", ["550", "550-5.1.1", "550-5.1.1-after-data", "552"])
async def test_an_address_that_takes_no_mail_is_marked_and_a_worker_tells_it_instead(
    sending: Sending, act: str
) -> None:
    mail_id, address = await sending.one(act)
    mail = await sending.becomes(mail_id, "refused")
    assert address not in mail["reason"]
    assert "jos@" not in mail["reason"]
    page = await sending.client.get(ListTasks(participant_id=mail["to_id"]))
    assert [(each.kind, each.way) for each in page.tasks] == [("introduced", "phone")]
    sql = "SELECT what, worker_id FROM digest_item WHERE participant_id = $1"
    rows = await sending.stack.fetch("notify", sql, mail["to_id"])
    assert [tuple(row) for row in rows] == [("address-fails", sending.worker_id)]


@pytest.mark.parametrize("act", ["550-5.7.1", "554", "552-after-data"])
async def test_what_a_rule_refuses_is_put_aside_and_marks_nobodys_address(sending: Sending, act: str) -> None:
    mail_id, _ = await sending.one(act)
    mail = await sending.becomes(mail_id, "dead")
    rows = await sending.stack.fetch("notify", "SELECT FROM failing_address WHERE participant_id = $1", mail["to_id"])
    assert rows == []


async def test_an_operator_tries_again_what_was_put_aside(sending: Sending) -> None:
    mail_id, address = await sending.one("554")
    await sending.becomes(mail_id, "dead")
    await sending.client.get(RetryMail(mail_id=mail_id))
    await sending.becomes(mail_id, "sent")
    assert len(sending.smtp.to(address)) == 1


@pytest.mark.parametrize("address", ["{}(or-so)@example.org", "{}@example(or-so).org", "{}[x]@example.org"])
async def test_no_address_is_read_as_another_ones(sending: Sending, address: str) -> None:
    """What stands between brackets is a comment to who reads addresses: the mail would go to somebody else."""
    (one, other) = await sending.people(2)
    theirs = address.format(one[1].partition("@")[0])
    await _change(sending, one[0], f"email = '{theirs}'")
    before = len(sending.smtp.accepted)
    (mail_id,) = await sending.introduce([one], other[0])
    await sending.becomes(mail_id, "refused")
    assert len(sending.smtp.accepted) == before


@pytest.mark.parametrize("domain", ["é" * 70 + ".example", "é..example"])
async def test_a_domain_that_can_be_none_is_an_address_that_fails(sending: Sending, domain: str) -> None:
    (one, other) = await sending.people(2)
    await _change(sending, one[0], f"email = 'jos@{domain}'")
    (mail_id,) = await sending.introduce([one], other[0])
    await sending.becomes(mail_id, "refused")
    page = await sending.client.get(ListTasks(participant_id=one[0]))
    assert [each.kind for each in page.tasks] == ["introduced"]


async def test_who_is_erased_while_their_mail_is_in_hand_gets_it_no_more(sending: Sending) -> None:
    """One mail is slow to be taken: the next ones are written, addressed, and wait for it."""
    people = await sending.people(4)
    sending.smtp.slow, sending.smtp.script[people[0][1]] = 0.8, ["slow"]
    (slow,) = await sending.introduce(people[:1], people[3][0])
    await eventually(lambda: sending.smtp.waits)
    _, kept = await sending.introduce(people[1:3], people[3][0])
    await eventually(lambda: sending.smtp.tried[people[1][1]] == 1)
    connection = await asyncpg.connect(sending.stack.admin_dsn("notify"))
    await repository.erase(cast(Transaction, connection), [people[1][0]])
    await connection.close()
    for each in (slow, kept):
        await sending.becomes(each, "sent")
    assert sending.smtp.to(people[1][1]) == []
    assert len(sending.smtp.to(people[2][1])) == 1


async def test_what_never_goes_is_put_aside_after_the_last_try(sending: Sending) -> None:
    mail_id, address = await sending.one()
    sending.smtp.script[address] = ["450"] * 10
    mail = await sending.becomes(mail_id, "dead")
    assert (mail["attempts"], sending.smtp.tried[address]) == (3, 4)


async def test_a_server_that_takes_too_long_counts_as_a_failure_for_now(sending: Sending) -> None:
    sending.smtp.slow = 3.0
    mail_id, address = await sending.one("slow")
    mail = await sending.becomes(mail_id, "sent")
    assert mail["attempts"] == 1
    assert set(sending.smtp.ids().values()) <= {1, 2}
    assert len({str(each["Message-ID"]) for each in sending.smtp.to(address)}) == 1


async def test_one_mail_at_a_time_stands_between_the_servers_yes_and_its_record(sending: Sending) -> None:
    people = await sending.people(41)
    await eventually(lambda: sending.smtp.at_once == 0)
    before, sending.smtp.most_at_once = sending.smtp.connections, 0
    ids = await sending.introduce(people[:40], people[40][0])
    for each in ids:
        await sending.becomes(each, "sent")
    assert sending.smtp.most_at_once == 1
    assert sending.smtp.connections - before <= 12  # 4; a mail whose turn came late, on a busy machine, ends its own


async def test_what_became_of_someone_meanwhile_is_looked_at_again(sending: Sending) -> None:
    (one, other) = await sending.people(2)
    await _change(sending, one[0], "status = 'left', name = NULL, reached_by = NULL, email = NULL")
    (mail_id,) = await sending.introduce([one], other[0])
    assert (await sending.becomes(mail_id, "moot"))["reason"] == "they left"


async def test_in_their_quiet_hours_nothing_is_sent(sending: Sending) -> None:
    (one, other) = await sending.people(2)
    now = clock.now()
    begins, ends = (now - timedelta(hours=3)).time(), (now + timedelta(hours=5)).time()
    await _change(sending, one[0], f"quiet_from = '{begins:%H:%M}', quiet_until = '{ends:%H:%M}'")
    (mail_id,) = await sending.introduce([one], other[0])

    async def put_off() -> bool:
        mail = await sending.mail(mail_id)
        return bool(mail["stage"] == "waiting" and mail["due_at"] > now + timedelta(minutes=30))

    await eventually(put_off, what="a mail that waits for the end of quiet hours")
    assert sending.smtp.to(one[1]) == []


async def test_who_pauses_hears_it_when_they_are_back(sending: Sending) -> None:
    (one, other) = await sending.people(2)
    await _change(sending, one[0], f"status = 'paused', paused_until = '{clock.now() + timedelta(days=3)}'")
    (mail_id,) = await sending.introduce([one], other[0])

    async def put_off() -> bool:
        return bool((await sending.mail(mail_id))["due_at"] > clock.now() + timedelta(days=2))

    await eventually(put_off, what="a mail that waits for the end of a pause")
    assert sending.smtp.to(one[1]) == []


async def test_a_mail_that_fails_when_it_is_looked_at_holds_up_no_other(sending: Sending) -> None:
    await sending.stack.execute(
        "notify",
        "INSERT INTO neighbourhood VALUES ('mars', 1, '{}', 'Mars/Olympus', 'default', 'buurtpunt', false)",
    )
    (one, other, third) = await sending.people(3)
    await _change(sending, one[0], "neighbourhood_id = 'mars'")
    ids = await sending.introduce([one, third], other[0])
    assert "looked at" in (await sending.becomes(ids[0], "dead"))["reason"]
    await sending.becomes(ids[1], "sent")


async def test_threads_and_headers_say_what_mail_programs_ask_for(sending: Sending) -> None:
    mail_id, address = await sending.one()
    await sending.becomes(mail_id, "sent")
    (message,) = sending.smtp.to(address)
    assert message["Message-ID"] == f"<{mail_id}@localhost.localdomain>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["In-Reply-To"] == message["References"]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(message["List-Unsubscribe"]).strip().startswith("<http://127.0.0.1/u/")
    assert message["Content-Language"] == "nl"
    assert message["Reply-To"] == "marie@buurtpunt.example"
    assert "Marie Claes" in str(message["From"])
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds[:3] == ["multipart/alternative", "text/plain", "text/html"]


@pytest.mark.parametrize(
    "name",
    [
        "Jos\r\nBcc: everyone@example.org", "Jos\nSubject: other", "Jos <b>Peeters</b>", "=?utf-8?q?Jos?=",
        '"Jos" <x@y.z>', "שלום", "N" * 5000, "Jos\x00\x1b[2J", "Jos,;:()<>@[]",
    ],
)  # fmt: skip
async def test_no_name_breaks_a_mail(sending: Sending, name: str) -> None:
    (one, other) = await sending.people(2)
    for id_ in (one[0], other[0]):
        await _rename(sending, id_, name.replace("\x00", ""))
    (mail_id,) = await sending.introduce([one], other[0])
    await sending.becomes(mail_id, "sent")
    (message,) = sending.smtp.to(one[1])
    assert message["Bcc"] is None
    assert message.get_all("Subject") is not None
    assert len(message.get_all("Subject") or []) == len(message.get_all("To") or []) == 1
    assert [each.addr_spec for each in message["To"].addresses] == [one[1]]
    assert len(str(message["To"])) < 400
    html = message.get_body(("html",))
    assert html is not None
    assert "<b>Peeters</b>" not in html.get_content()


async def _change(sending: Sending, id_: UUID, assignments: str) -> None:
    await sending.stack.execute("notify", f"UPDATE participant SET {assignments} WHERE participant_id = '{id_}'")


async def _rename(sending: Sending, id_: UUID, name: str) -> None:
    await sending.stack.fetch("notify", "UPDATE participant SET name = $2 WHERE participant_id = $1", id_, name)
