"""The janitor: removes from STATE what it holds on a person who was erased. A process of its own that keeps nothing.

It is the only identity besides the bootstrap job that may delete from a stream. Deleting a message overwrites it on
disk, where a purge would leave it. A service may still have sent a state before it heard of the erasure: the janitor
looks again at each confirmation, after which that service sends no more.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from faststream.nats import NatsBroker, NatsCredentials
from nats.errors import Error
from pydantic import ValidationError

from deploy.nats import api
from deploy.nats.accounts import JANITOR
from deploy.trouble import Trouble
from shared import clock, telemetry
from shared.contracts import subjects
from shared.contracts.envelope import SOURCE, Envelope
from shared.contracts.erasure import ErasureConfirmed, JanitorErasureConfirmed
from shared.contracts.profiles.erasure import ParticipantErased
from shared.contracts.subjects import EVENTS, ROOT, STATE
from shared.ids import id_from
from shared.messaging import health, puller
from shared.messaging.metrics import Metrics
from shared.messaging.watchdog import Watchdog
from shared.settings import NatsSettings

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg

log = telemetry.logger(__name__)
RETRY_AFTER = (1, 5, 30, 120, 300)
"""Seconds until the next attempt; the last one again and again, for an erasure is never given up."""


class Settings(NatsSettings):
    """What the janitor reads from its environment."""

    health_host: str = "127.0.0.1"
    health_port: int = 0
    log_format: Literal["console", "json"] = "json"
    log_level: str = "info"
    disconnected_limit: float = 60.0
    stuck_limit: float = 30.0


class Janitor:
    """One run of it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Metrics(JANITOR)
        self.problem = ""
        self.started = False
        inbox = f"_INBOX_{JANITOR}"
        self.broker = NatsBroker(
            settings.nats_url,
            security=NatsCredentials(str(settings.nats_credentials), ssl_context=settings.tls()),
            name=JANITOR,
            inbox_prefix=inbox,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            connect_timeout=3,
            apply_types=False,
            logger=logging.getLogger("faststream"),
            closed_cb=self._closed,
        )
        self.watchdog = Watchdog(
            connected=lambda: self.broker.connection.is_connected,
            disconnected_limit=settings.disconnected_limit,
            stuck_limit=settings.stuck_limit,
        )
        puller.subscribe(
            self.broker,
            stream=EVENTS,
            durable=JANITOR,
            batch=16,
            inbox_prefix=inbox,
            handle=self._take,
            fatal=self.watchdog.fatal,
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[int]:
        """Everything started; yields the port of `/readyz`. Waits for a server that is not there yet."""
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self.broker.stop)
            await self._connect()
            settings = self.settings
            page = health.application(self.metrics, self._checks)
            port = await stack.enter_async_context(health.serving(page, settings.health_host, settings.health_port))
            watching = asyncio.create_task(self.watchdog.run())
            stack.callback(watching.cancel)
            await self.broker.start()
            self.started = True
            try:
                yield port
            finally:
                self.started = False

    async def _connect(self) -> None:
        while True:
            try:
                await self.broker.connect()
                await api.call(self.broker.connection, f"CONSUMER.INFO.{EVENTS}.{JANITOR}")
                return
            except (OSError, Error, Trouble) as error:
                if isinstance(error, api.Refused) and error.code in (api.CONSUMER_NOT_FOUND, api.STREAM_NOT_FOUND):
                    raise Trouble(f"{EVENTS} has no consumer {JANITOR}: run the bootstrap job first.") from error
                log.warning("waiting for NATS", error=type(error).__name__)
                await self.broker.stop()
                await asyncio.sleep(1)

    async def _take(self, messages: list[Msg]) -> None:
        for message in messages:
            try:
                await handle(self.broker.connection, message)
            except (ValueError, Trouble, Error, OSError, TimeoutError) as error:
                await self._again_later(message, error)
            else:
                self.problem = ""
                with contextlib.suppress(Error):
                    await message.ack()

    async def _again_later(self, message: Msg, error: Exception) -> None:
        attempt = message.metadata.num_delivered or 1
        delay = RETRY_AFTER[min(attempt, len(RETRY_AFTER)) - 1]
        sequence = message.metadata.sequence.stream
        log.error("an erasure waits", error=type(error).__name__, stream=EVENTS, sequence=sequence, again_in=delay)
        self.problem = f"message {sequence} of {EVENTS} can't be handled ({type(error).__name__}): see the log"
        with contextlib.suppress(Error):
            await message.nak(delay=delay)

    async def _checks(self) -> dict[str, str]:
        connected = self.started and self.broker.connection.is_connected
        return {"nats": "" if connected else "not connected", "erasures": self.problem}

    async def _closed(self) -> None:
        if self.started:
            self.watchdog.fatal("the connection to NATS was closed for good")


async def handle(client: Client, message: Msg) -> None:
    """Remove the person's states; for an erasure, confirm it. To do it twice is the same as once.

    Raises ValueError for what can't be read, Trouble when the server refuses.
    """
    envelope = Envelope.parse(message.headers)
    if envelope.type == ParticipantErased.TYPE:
        erased = ParticipantErased.model_validate_json(message.data)
        for person in (erased.participant_id, *erased.merged_ids):
            await clear(client, person)
        await _confirm(client, erased, envelope)
    else:
        confirmed = ErasureConfirmed.model_validate_json(message.data)
        await clear(client, confirmed.participant_id)


async def clear(client: Client, participant_id: UUID) -> int:
    """Delete every state of this person, the tombstones too; returns how many there were."""
    search = {"subjects_filter": f"{ROOT}.state.*.*.{participant_id}"}
    removed = 0
    while found := (await api.call(client, f"STREAM.INFO.{STATE}", search))["state"].get("subjects"):
        for subject in found:
            removed += await _delete(client, subject)
    return removed


async def _delete(client: Client, subject: str) -> int:
    try:
        last = await api.call(client, f"STREAM.MSG.GET.{STATE}", {"last_by_subj": subject})
        await api.call(client, f"STREAM.MSG.DELETE.{STATE}", {"seq": last["message"]["seq"]})
    except api.Refused as refused:
        if refused.code in (api.MESSAGE_NOT_FOUND, api.MESSAGE_NOT_DELETED):
            return 0  # replaced by a newer one between the two: the next look finds that
        raise
    return 1


async def _confirm(client: Client, erased: ParticipantErased, cause: Envelope) -> None:
    """Under an id that belongs to this erasure, so that a second confirmation is known as a repeat."""
    confirmation = JanitorErasureConfirmed(
        erasure_id=erased.erasure_id, participant_id=erased.participant_id, confirmed_by=JANITOR
    )
    envelope = Envelope(
        id=id_from(JANITOR, str(erased.erasure_id)),
        type=confirmation.TYPE,
        source=f"{SOURCE}/{JANITOR}",
        time=clock.now(),
        correlation_id=cause.correlation_id,
        causation_id=cause.id,
        traceparent=cause.traceparent,
    )
    body = confirmation.model_dump_json().encode()
    await api.publish(client, subjects.event(confirmation), body, envelope.headers())


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    try:
        settings = Settings()
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            sys.stderr.write(f"janitor: setting WEEFSEL_{str(each['loc'][0]).upper()}: {each['msg']}\n")
        raise SystemExit(2) from None
    telemetry.configure(JANITOR, log_format=settings.log_format, log_level=settings.log_level)
    try:
        asyncio.run(_until_signal(Janitor(settings)))
    except Trouble as trouble:
        raise SystemExit(f"janitor: {trouble}") from trouble


async def _until_signal(janitor: Janitor) -> None:
    task = asyncio.current_task()
    assert task is not None
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        async with janitor.running() as port:
            log.info("ready", health_port=port)
            await asyncio.Event().wait()
    log.info("stopped")


if __name__ == "__main__":
    main()
