"""A mail from an event to the catcher, with everything real between them."""

from __future__ import annotations

from datetime import timedelta

from shared import clock
from shared.contracts.exchange import AnswerInvitation, AnswerProposal, OpenExchange, When
from shared.contracts.notify import SendTestMail
from tests.notify.neighbourhood import Street
from tests.notify.setting import Whole
from tests.waiting import eventually


async def test_a_mail_to_try_out_arrives_and_its_address_is_forgotten(whole: Whole) -> None:
    await whole.client.get(SendTestMail(address="jef@example.org"))
    mail = await whole.catcher.arrives("jef@example.org")
    assert mail.message["Auto-Submitted"] == "auto-generated"
    forgotten = "SELECT FROM mail WHERE kind = 'test' AND stage = 'sent' AND address IS NULL"
    await eventually(lambda: whole.stack.fetch("notify", forgotten), what="the address to be forgotten once it is sent")


async def test_from_an_ask_to_an_agreement_each_gets_their_mail(whole: Whole) -> None:
    street = await Street.begin(whole)
    martine, jos = await street.someone("Martine"), await street.someone("Jos", talents=[{"kind": "garden"}])
    await street.acquainted(martine, jos)
    await whole.client.get(
        OpenExchange(opening="ask", participant_id=martine.id, kind="garden", words="De haag is te hoog",
                     when=When(at=clock.now() + timedelta(days=5))),
        actor=martine.actor,
    )  # fmt: skip
    invited = await street.gets(jos, "invited")
    assert "De haag is te hoog" in invited.text
    assert "Martine" not in invited.text + invited.html
    invitation = await street.invitation(jos)
    await whole.client.get(AnswerInvitation(invitation_id=invitation.invitation_id, answer="yes"), actor=jos.actor)
    await street.gets(martine, "found")
    await whole.client.get(AnswerProposal(exchange_id=invitation.exchange_id, answer="yes"), actor=martine.actor)
    agreed = await street.gets(jos, "agreed")
    assert "Martine" in agreed.text
    assert any(part.get_content_type() == "text/calendar" for part in agreed.message.walk())
