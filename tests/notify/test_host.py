"""The mail server as a whole: away, not taking anything, or without the TLS that it should have. No mail's fault."""

from __future__ import annotations

import ssl
from pathlib import Path

from deploy.certificates import Authority
from tests.conftest import MakeStack
from tests.notify.sending import Sending, prepared
from tests.waiting import eventually


async def _still_waits(sending: Sending, mail_id: object) -> None:
    (mail,) = await sending.stack.fetch("notify", "SELECT stage, attempts FROM mail WHERE mail_id = $1", mail_id)
    assert tuple(mail) == ("waiting", 0)
    assert sending.smtp.accepted == []


async def test_a_server_that_takes_nothing_now_is_waited_for(module_stack: MakeStack) -> None:
    async with prepared(module_stack) as sending, sending.running():
        sending.smtp.greeting = "421 4.3.2 too busy"
        mail_id, address = await sending.one()
        await eventually(lambda: sending.smtp.connections >= 2)
        await _still_waits(sending, mail_id)
        sending.smtp.greeting = "220 back"
        await sending.becomes(mail_id, "sent", within=60)
        assert len(sending.smtp.to(address)) == 1


async def test_without_the_tls_that_is_set_nothing_is_sent(module_stack: MakeStack) -> None:
    async with prepared(module_stack) as sending, sending.running(smtp_tls="starttls"):
        mail_id, _ = await sending.one()
        await eventually(lambda: sending.smtp.connections >= 2)
        sending.smtp.refuses_starttls = True
        seen = sending.smtp.connections
        await eventually(lambda: sending.smtp.connections > seen)
        await _still_waits(sending, mail_id)
        assert not any(each.startswith("MAIL") for each in sending.smtp.said)


async def test_a_certificate_that_nobody_vouches_for_is_refused_and_one_of_the_authority_is_not(
    module_stack: MakeStack, tmp_path: Path
) -> None:
    authority = Authority.load_or_create(tmp_path / "authority")
    certificate = authority.certificate("mail", ["127.0.0.1"])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)
    async with prepared(module_stack) as sending:
        sending.smtp.starttls = context
        mail_id, address = await sending.one()
        async with sending.running(smtp_tls="starttls"):
            await eventually(lambda: sending.smtp.connections >= 2)
            await _still_waits(sending, mail_id)
        async with sending.running(smtp_tls="starttls", smtp_ca=certificate.authority):
            await sending.becomes(mail_id, "sent", within=60)
        assert len(sending.smtp.to(address)) == 1


async def test_what_becomes_of_a_mail_that_a_dead_connection_took_along(module_stack: MakeStack) -> None:
    """The server is started anew between two mails: the kept connection is dead, and nothing is counted."""
    async with prepared(module_stack) as sending, sending.running():
        first, _ = await sending.one()
        await sending.becomes(first, "sent")
        for each in list(sending.smtp._open):
            each.close()
        second, address = await sending.one()
        mail = await sending.becomes(second, "sent", within=60)
        assert mail["attempts"] == 0
        assert len(sending.smtp.to(address)) == 1
