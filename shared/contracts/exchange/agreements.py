"""Agreements: the side that opened an exchange sees who said yes; then both get each other's contact, and meet."""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from uuid import UUID

from shared.contracts.envelope import Command
from shared.contracts.exchange.exchanges import ExchangeRef, HowItWas, When, Wording
from shared.contracts.exchange.invitations import AnswerHow
from shared.contracts.types import ParticipantId

_MARTINE = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f"
_JOS = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e61"
_EXCHANGE = "019a2c00-0a10-7c00-8000-1f2e3d4c5b6a"

ProposalAnswer = Literal["yes", "not-this-time", "not-now"]


class AnswerProposal(Command, type="exchange.proposal.answer.v1", result=ExchangeRef):
    """By the side that opened it: yes, not this time (others are sought), or not now (asked once more, weeks later).

    No reason is asked. After a yes both sides have agreed, and get each other's contact.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"exchange_id": _EXCHANGE, "answer": "yes"}
    exchange_id: UUID
    answer: ProposalAnswer
    participant_id: ParticipantId | None = None
    """Not this time to this one of several who said yes; null: the answer is to all."""
    how: AnswerHow = "online"


class MoveMoment(Command, type="exchange.agreement.move.v1", result=ExchangeRef):
    """Another moment, by anyone in the agreement; the others are told, and can cancel when it doesn't suit them."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "exchange_id": _EXCHANGE,
        "participant_id": _JOS,
        "when": {"at": "2026-05-12T14:00:00+02:00"},
    }
    exchange_id: UUID
    participant_id: ParticipantId
    """Who moves it."""
    when: When


class CancelAgreement(Command, type="exchange.agreement.cancel.v1", result=ExchangeRef):
    """It can't go on, by anyone in the agreement, without a reason; the others are told.

    When the side that opened it cancels, the exchange ends; when another does, someone else is sought, or it goes on
    with the others when there are several.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"exchange_id": _EXCHANGE, "participant_id": _JOS}
    exchange_id: UUID
    participant_id: ParticipantId
    """Who can't."""


class FinishExchange(Command, type="exchange.agreement.finish.v1", result=ExchangeRef):
    """It happened. By anyone in the agreement, or by a worker."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"exchange_id": _EXCHANGE, "participant_id": _MARTINE}
    exchange_id: UUID
    participant_id: ParticipantId
    """Who says so."""


class SayHowItWas(Command, type="exchange.agreement.say-how-it-was.v1", result=ExchangeRef):
    """How it was, in one tap. "Not good" brings the worker in, and nobody else sees it.

    A word on it makes it done. It can be changed until it closes; a first word is heard whenever it comes.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"exchange_id": _EXCHANGE, "participant_id": _MARTINE, "answer": "good"}
    exchange_id: UUID
    participant_id: ParticipantId
    """Whose word it is."""
    answer: HowItWas
    how: AnswerHow = "online"


class SayThanks(Command, type="exchange.thanks.say.v1", result=ExchangeRef):
    """A word of thanks, either way. It is kept for the two people, and nothing is made of it."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "exchange_id": _EXCHANGE,
        "participant_id": _MARTINE,
        "words": "Merci Jos! Zaterdag staat de koffie klaar.",
    }
    exchange_id: UUID
    participant_id: ParticipantId
    """Who says it."""
    words: Wording
    how: AnswerHow = "online"


__all__ = [
    "AnswerProposal",
    "CancelAgreement",
    "FinishExchange",
    "MoveMoment",
    "ProposalAnswer",
    "SayHowItWas",
    "SayThanks",
]
