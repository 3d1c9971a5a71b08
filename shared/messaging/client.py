"""Asking and telling services from outside: the `weefsel` command, the desk, tests."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import nats
import nats.errors
import nats.js.errors
from nats.aio.client import Client as Nats

from shared import clock
from shared.contracts import subjects
from shared.contracts.envelope import Answer, Command, Contract, Envelope, Problem, Query
from shared.contracts.several import MOST, AskSeveral, Question
from shared.ids import new_id

HEARTBEAT = 5.0


def _is_for_alone(answer: Answer) -> bool:
    return any(each.code == "ask_alone" for each in answer.problems)


class Refused(Exception):
    """The answer was 'rejected'; `problems` say why."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(problem.message for problem in problems))


class Unanswered(Exception):
    """No service answers for this subject, or not in time."""


class Client:
    """A connection as one of our own senders (`cli`, `desk`)."""

    def __init__(self, connection: Nats, name: str) -> None:
        self.connection = connection
        self.name = name

    @classmethod
    @asynccontextmanager
    async def connect(
        cls, url: str, credentials: Path, name: str = subjects.CLI, *, tls: ssl.SSLContext | None = None
    ) -> AsyncIterator[Self]:
        """Raises OSError or nats.errors.Error when the server can't be reached."""

        async def quiet(_: Exception) -> None:
            return None

        connection = await nats.connect(
            url, user_credentials=str(credentials), inbox_prefix=f"_INBOX_{name}".encode(), name=name,
            connect_timeout=3, max_reconnect_attempts=1, reconnect_time_wait=0.3,
            error_cb=quiet, **({"tls": tls} if tls else {}),
        )  # fmt: skip
        connection.options["max_reconnect_attempts"] = -1  # a server never reached is an error; one lost comes back
        try:
            yield cls(connection, name)
        finally:
            await connection.close()

    async def ask(
        self, message: Command | Query, *, actor: str = "operator", service: str = "", id: UUID | None = None,  # noqa: A002
        timeout: float = 10.0,  # noqa: ASYNC109
    ) -> Answer:  # fmt: skip
        """Ask by request/reply; `service` for what every service answers. Raises Unanswered."""
        subject = subjects.request(message, self.name, service)
        headers = self._headers(message, actor, id)
        del headers["Nats-Msg-Id"]
        try:
            reply = await self.connection.request(
                subject, message.model_dump_json().encode(), timeout=timeout, headers=headers
            )
        except nats.errors.NoRespondersError:
            raise Unanswered(f"{service or message.TYPE.split('.')[0]} does not run") from None
        except (TimeoutError, nats.errors.TimeoutError):
            raise Unanswered(f"no answer within {timeout:g} s: is it running? see `weefsel status`") from None
        return Answer.model_validate_json(reply.data)

    async def get(
        self,
        message: Command | Query,
        *,
        actor: str = "operator",
        service: str = "",
        id: UUID | None = None,  # noqa: A002
    ) -> Any:
        """Ask, and return the contract's result. Raises Refused or Unanswered."""
        answer = await self.ask(message, actor=actor, service=service, id=id)
        if answer.status == "rejected":
            raise Refused(answer.problems)
        result: type[Contract] = message.RESULT
        return result.model_validate(answer.result or {})

    async def ask_each(
        self,
        questions: Sequence[Query],
        *,
        actor: str = "operator",
        timeout: float = 10.0,  # noqa: ASYNC109
    ) -> list[Answer]:
        """What one service answers to several questions, in as few messages as it can. Raises Unanswered."""
        shares = [questions[n : n + MOST] for n in range(0, len(questions), MOST)]
        found = await asyncio.gather(*(self._ask_together(each, actor, timeout) for each in shares))
        return [answer for answers in found for answer in answers]

    async def _ask_together(
        self, questions: Sequence[Query], actor: str, timeout: float  # noqa: ASYNC109
    ) -> list[Answer]:  # fmt: skip
        """In one message where it can."""
        service = subjects.parts(questions[0]).service
        if len(questions) == 1:
            return [await self.ask(questions[0], actor=actor, timeout=timeout)]
        together = AskSeveral(questions=[Question(type=each.TYPE, data=each.model_dump_json()) for each in questions])
        whole = await self.ask(together, actor=actor, service=service, timeout=timeout)
        texts: list[str] = (whole.result or {}).get("answers") or [whole.model_dump_json()] * len(questions)
        answers = [Answer.model_validate_json(each) for each in texts]
        alone = [n for n, each in enumerate(answers) if whole.status == "rejected" or _is_for_alone(each)]
        again = await asyncio.gather(*(self.ask(questions[n], actor=actor, timeout=timeout) for n in alone))
        for n, answer in zip(alone, again, strict=True):
            answers[n] = answer
        return answers

    async def send(
        self, command: Command, *, actor: str = "operator", service: str = "", id: UUID | None = None  # noqa: A002
    ) -> UUID:  # fmt: skip
        """Send durably: returns the command's id once the stream has it. The answer comes through `answers`.

        Raises nats.errors.Error (or nats.js.errors.Error) when it was not stored; to send it again with the
        same id is safe.
        """
        headers = self._headers(command, actor, id)
        await self.connection.jetstream(timeout=5).publish(
            subjects.command(command, self.name, service), command.model_dump_json().encode(),
            stream=subjects.COMMANDS, headers=headers,
        )  # fmt: skip
        return UUID(headers["ce-id"])

    async def answers(self, *, ready: asyncio.Event | None = None) -> AsyncIterator[Answer]:
        """Answers to this sender's commands from now on, until the connection is closed; survives a server's restart.

        `ready` is set once none will be missed.
        """
        after: int | None = None
        while True:
            if self.connection.is_closed:
                return
            inbox = self.connection.new_inbox()
            subscription = await self.connection.subscribe(inbox)
            try:
                after = await self._listen(inbox, after)
                if ready is not None:
                    ready.set()
                reconnects, heard = self.connection.stats["reconnects"], time.monotonic()
                while reconnects == self.connection.stats["reconnects"]:
                    try:
                        message = await subscription.next_msg(timeout=0.5)
                    except nats.errors.TimeoutError:
                        if time.monotonic() - heard > 2.5 * HEARTBEAT:
                            raise
                        continue
                    heard = time.monotonic()
                    if not message.data:
                        continue
                    after = message.metadata.sequence.stream
                    yield Answer.model_validate_json(message.data)
            except (TimeoutError, nats.errors.Error, nats.js.errors.Error):
                await asyncio.sleep(0.3)
            finally:
                if self.connection.is_connected:
                    await subscription.unsubscribe()

    async def _listen(self, inbox: str, after: int | None) -> int:
        """A consumer that ends by itself some time after nobody listens. Returns the sequence after which it begins."""
        filter_ = f"{subjects.ROOT}.to.{self.name}.>"
        name = f"{self.name}_{new_id().hex}"
        start: dict[str, Any] = {"deliver_policy": "new"}
        if after is not None:
            start = {"deliver_policy": "by_start_sequence", "opt_start_seq": after + 1}
        config = {
            "name": name, "deliver_subject": inbox, "filter_subject": filter_, "ack_policy": "none", "max_deliver": 1,
            "idle_heartbeat": int(HEARTBEAT * 1e9), "inactive_threshold": int(30e9), "mem_storage": True,
            "num_replicas": 1, **start,
        }  # fmt: skip
        reply = await self.connection.request(
            f"$JS.API.CONSUMER.CREATE.{subjects.PARTNER}.{name}.{filter_}",
            json.dumps({"stream_name": subjects.PARTNER, "config": config, "action": "create"}).encode(), timeout=5,
        )  # fmt: skip
        answer = json.loads(reply.data)
        if "error" in answer:
            raise nats.js.errors.APIError.from_error(answer["error"])
        begins: int = answer["delivered"]["stream_seq"] if after is None else after
        return begins

    def _headers(self, message: Contract, actor: str, id_: UUID | None) -> dict[str, str]:
        return Envelope(
            id=id_ or new_id(), type=message.TYPE, source=f"weefsel/{self.name}", time=clock.now(), actor=actor
        ).headers()
