"""What neighbours do with the links in their mails, on real services."""

from __future__ import annotations

from tests.pages.street import Street


async def test_an_invitation_is_answered_with_one_tap(street: Street) -> None:
    """Opening it changes nothing; the answer stands there when it is opened again."""
    asks, asked = await street.someone("Martine De Smet"), await street.someone("Jos Peeters")
    invitation_id = await street.invites(await street.opens(asks), asked)
    path = await street.link("invitation", participant=asked, matter=invitation_id)
    visitor = street.visitor()
    shown = await visitor.see(path)
    assert shown.status == 200, shown.text
    assert "De haag is te hoog geworden" in shown.text
    assert "Martine" not in shown.text
    assert [each.stage for each in await street.invitations(asked)] == ["asked"]
    answered = await visitor.send(shown.form("answer"), answer="yes")
    assert answered.status == 200
    assert [each.stage for each in await street.invitations(asked)] == ["yes"]
    again = await visitor.see(path)
    assert not any(name == "answer" for form in again.forms for name, _ in form["buttons"])
