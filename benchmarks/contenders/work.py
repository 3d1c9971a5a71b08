"""What all contenders share: the handler, and what stands around it in any reliable consumer of commands."""

from __future__ import annotations

from typing import Any

from nats.aio.msg import Msg

from services.profiles.app import service
from shared import clock
from shared.contracts import subjects
from shared.contracts.envelope import SOURCE, Answer, Contract, Envelope
from shared.ids import new_id
from shared.messaging import Transaction, store
from shared.messaging.handlers import Handle
from shared.messaging.incoming import Incoming
from shared.messaging.transaction import Pending
from shared.settings import ServiceSettings


def settings() -> ServiceSettings:
    return service.settings()


def arrived(message: Msg, command: Contract) -> tuple[Incoming, Handle]:
    """The envelope with the parsed command, and the handler that profiles has for it."""
    found = service.handlers.get(command.TYPE)
    assert found is not None
    envelope = Envelope.parse(message.headers)
    return Incoming(message.subject, message.headers or {}, message.data, envelope=envelope, message=command), found[1]


def transaction(connection: Any, incoming: Incoming, configured: ServiceSettings) -> tuple[Pending, Transaction]:
    """What the handler is given, and where it leaves what shall be sent."""
    assert incoming.envelope is not None
    unit = Pending([], {}, set())
    tx = Transaction(
        connection, unit, incoming.envelope, sender=incoming.sender, now=clock.now(), service=service.name,
        settings=configured,
    )  # fmt: skip
    return unit, tx


async def known(connection: Any, incoming: Incoming) -> bool:
    """Whether this command was answered before, or names someone erased."""
    persons = list(incoming.message.persons()) if incoming.message else []
    kept, erased = await store.kept_answers(connection, [incoming.key], persons)
    return bool(kept or erased)


def answer_row(incoming: Incoming, result: Contract | None, unit: Pending) -> Answer:
    """The answer, which also goes to the sender."""
    assert incoming.envelope is not None
    data = result.model_dump(mode="json") if result is not None else {}
    answer = Answer(id=incoming.envelope.id, status="accepted", result=data)
    envelope = Envelope(
        id=new_id(), type=Answer.TYPE, source=f"{SOURCE}/{service.name}", time=clock.now(),
        correlation_id=incoming.envelope.correlation_id or incoming.envelope.id, causation_id=incoming.envelope.id,
    )  # fmt: skip
    subject = subjects.letter(answer, incoming.sender, answer.id, answer.status)
    unit.outbox.append(
        store.OutboxRow(
            envelope.id, subjects.PARTNER, subject, store.encode(envelope.headers()), answer.model_dump_json()
        )
    )
    return answer


async def keep(connection: Any, incoming: Incoming, answer: Answer) -> None:
    """Keep the answer: the same command, sent again, gets it again."""
    await store.keep_answers(connection, [(*incoming.key, incoming.digest(), answer.model_dump_json())], clock.now())
