"""What is not yours answers as if it did not exist: the same code, the same field, the same words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from services.exchange.app import service
from shared.contracts.exchange import (
    AnswerInvitation,
    AnswerProposal,
    CancelAgreement,
    ChangeExchange,
    FinishExchange,
    HandToWorker,
    MoveMoment,
    OpenDraft,
    OpenExchange,
    ReopenExchange,
    SayHowItWas,
    SayThanks,
    ShowExchange,
    ShowInvitation,
    When,
    WithdrawExchange,
)
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.exchange.neighbours import HERE, Neighbours, neighbours


@pytest.fixture
async def street(stack: MakeStack) -> AsyncIterator[Neighbours]:
    async with neighbours(await stack([service])) as made:
        await made.begin()
        yield made


def _about(exchange_id: UUID, invitation_id: UUID, stranger: UUID) -> list[Any]:
    """All that a participant can ask about an exchange or an invitation."""
    ids: dict[str, Any] = {"exchange_id": exchange_id}
    themselves = ids | {"participant_id": stranger}
    return [
        ShowExchange(**ids), OpenDraft(**ids), ChangeExchange(words="Wie?", **ids), HandToWorker(**ids),
        WithdrawExchange(**ids), ReopenExchange(**ids), AnswerProposal(answer="yes", **ids),
        MoveMoment(when=When(), **themselves), CancelAgreement(**themselves), FinishExchange(**themselves),
        SayHowItWas(answer="good", **themselves), SayThanks(words="Merci", **themselves),
        ShowInvitation(invitation_id=invitation_id), AnswerInvitation(invitation_id=invitation_id, answer="no"),
    ]  # fmt: skip


async def test_what_is_not_yours_answers_as_if_it_did_not_exist(street: Neighbours) -> None:
    ann, stranger = street.called("Ann"), street.called("Els")
    ref = await street.get(OpenExchange(opening="ask", participant_id=ann, kind="garden"), actor=f"participant:{ann}")
    invited = await street.rows("SELECT invitation_id FROM invitation WHERE asked_at IS NOT NULL")
    for theirs, nothing in zip(
        _about(ref.exchange_id, invited[0]["invitation_id"], stranger),
        _about(new_id(), new_id(), stranger),
        strict=True,
    ):
        problems = await street.problems(theirs, actor=f"participant:{stranger}")
        assert [each.code for each in problems] == ["unknown_id"], theirs
        assert problems == await street.problems(nothing, actor=f"participant:{stranger}"), theirs


async def test_what_a_partner_did_not_open_answers_as_if_it_did_not_exist(street: Neighbours) -> None:
    ann = street.called("Ann")
    await street.grant("buurtdienst", HERE)
    ref = await street.get(OpenExchange(opening="ask", participant_id=ann, kind="garden"), actor=f"participant:{ann}")
    theirs = await street.problems(WithdrawExchange(exchange_id=ref.exchange_id), sender="buurtdienst")
    assert [each.code for each in theirs] == ["unknown_id"]
    assert theirs == await street.problems(WithdrawExchange(exchange_id=new_id()), sender="buurtdienst")
