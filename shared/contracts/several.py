"""Several questions in one message: for senders of our own, whose pages ask one service for many things at once."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from shared.contracts.envelope import Contract, Query

MOST = 20
"""Questions in one message."""


class Question(Contract):
    """A question, as it would come alone."""

    type: str
    """The contract's."""
    data: str
    """Its JSON."""


class Answers(Contract):
    """What each was answered, in the order in which they were asked."""

    answers: list[str]
    """The JSON of an answer (`any.command.answered.v1`). `ask_alone` is the code of a problem of what can't be answered
    together with others: it changes or locks something, or the answers before it fill the message."""


class AskSeveral(Query, type="any.questions.ask.v1", result=Answers):
    """Questions that this service answers as if each had come alone, for the same actor; for our own senders."""

    questions: Annotated[list[Question], Field(min_length=1, max_length=MOST)]
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "questions": [{"type": "profiles.circle.show.v1", "data": '{"participant_id": "…"}'}]
    }


__all__ = ["Answers", "AskSeveral", "Question"]
