"""Several questions in one message: each is answered as if it had come alone, by one connection, one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from shared import clock
from shared.contracts import subjects
from shared.contracts.envelope import SOURCE, Answer, Envelope, Problem
from shared.contracts.several import Answers, AskSeveral, Question
from shared.database import Connection
from shared.messaging import store
from shared.messaging.handlers import Handlers, Rejected, handles
from shared.messaging.incoming import Incoming, read
from shared.messaging.processor import reads_only
from shared.messaging.unit import rejection

if TYPE_CHECKING:
    from shared.messaging.processor import Processor
    from shared.messaging.transaction import Transaction

MOST_BYTES = 50_000
"""Of all answers together: as JSON within JSON they grow a little."""
_ALONE = Problem(code="ask_alone", message="this can't be answered together with others: ask it alone")


def handlers(processor: Callable[[], Processor], service: str) -> Handlers:
    """The handler that the kit adds to a service's own."""

    @handles(AskSeveral, reads=True)
    async def ask_several(query: AskSeveral, tx: Transaction) -> Answers:
        if tx.sender not in subjects.RESERVED_SENDERS:
            raise Rejected("not_allowed", "several questions at once are for senders of our own: ask them one by one")
        left, answers = MOST_BYTES, []
        questions = [_incoming(each, service, tx) for each in query.questions]
        for answer in await _answered(processor(), questions, tx.connection):
            text = answer.model_dump_json()
            if len(text.encode()) > left:
                text = Answer(id=answer.id, status="rejected", problems=[_ALONE]).model_dump_json()
            left -= len(text.encode())
            answers.append(text)
        return Answers(answers=answers)

    return Handlers({AskSeveral.TYPE: (AskSeveral, ask_several)})


async def _answered(processor: Processor, batch: Sequence[Incoming], connection: Connection) -> list[Answer]:
    """One after another. Raises what a handler raises, for which each is asked alone."""
    for incoming in batch:
        read(incoming, processor.handlers, clock.now())
    persons = [person for incoming in batch if incoming.message for person in incoming.message.persons()]
    erased = await store.erased(connection, persons) if persons else set()
    return [await _one(processor, incoming, connection, erased) for incoming in batch]


async def _one(processor: Processor, incoming: Incoming, connection: Connection, erased: set[UUID]) -> Answer:
    if incoming.problems:
        return rejection(incoming, incoming.problems)
    if isinstance(incoming.message, AskSeveral) or not reads_only(incoming):
        return rejection(incoming, [_ALONE])
    try:
        answer = (await processor.looked(incoming, connection, erased)).answer
    except Rejected as rejected:
        return rejection(incoming, rejected.problems)
    assert answer is not None, "a question has an answer"
    return answer


def _incoming(question: Question, service: str, tx: Transaction) -> Incoming:
    """As it would have come alone."""
    entity, verb = [*question.type.split("."), "", "", ""][1:3]
    envelope = Envelope(
        id=tx.message_id, type=question.type, source=f"{SOURCE}/{tx.sender}", time=tx.now, actor=tx.actor,
        correlation_id=tx.correlation_id,
    )  # fmt: skip
    subject = f"{subjects.ROOT}.rpc.{tx.sender}.{service}.{entity}.{verb}"
    return Incoming(subject, {}, question.data.encode("utf-8", "surrogatepass"), envelope=envelope)
