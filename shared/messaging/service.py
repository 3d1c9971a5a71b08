"""A service: its handlers, wired to NATS and PostgreSQL. `app.py` makes one and runs it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import ModuleType
from typing import TYPE_CHECKING, Any

import nats
import nats.errors
import nats.js.errors
from faststream.nats import NatsBroker, NatsCredentials
from nats.aio.subscription import Subscription
from pydantic import ValidationError

from shared import clock, database, telemetry
from shared.contracts import subjects
from shared.contracts.envelope import Answer, Envelope, Event, Problem, State
from shared.ids import new_id
from shared.messaging import health, operations, puller, several, store
from shared.messaging.handlers import Handlers
from shared.messaging.incoming import Incoming
from shared.messaging.metrics import Metrics
from shared.messaging.processor import Outage, Processor, failure
from shared.messaging.publisher import acknowledge
from shared.messaging.relay import Relay
from shared.messaging.watchdog import Watchdog
from shared.settings import ServiceSettings

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg

log = telemetry.logger(__name__)
MAX_REPLY = 60_000
REPLIES = ("_INBOX_", "_R_")
"""Where an answer may go: an inbox of ours, or a partner's as the server hands it on. Never a stream of our own."""
REQUESTS_AT_ONCE = 4
GRACE = 10.0
"""Seconds that a stop leaves to what is being handled: less than it takes for whoever stops a service to kill it."""
CLOCK_CHECK = 5.0
"""Seconds between looks at a clock that may be moved."""
OLD = 60.0
"""Seconds that a message may wait in the outbox before the service is not ready."""


@dataclass
class Running:
    """A service that runs: for whoever started it within a process of their own."""

    processor: Processor
    broker: NatsBroker
    pool: database.Pool
    metrics: Metrics
    relay: Relay
    health_port: int
    beside: list[Any] = field(default_factory=list)
    """What the work beside the handlers gave, in the order in which the service names it."""


@dataclass
class Base:
    """What work beside the handlers stands on, such as a loop that sends mail, or a server of pages."""

    settings: Any
    pool: database.Pool
    metrics: Metrics
    processor: Processor
    """`processor.within(work)` does something in a transaction like a handler's."""
    fatal: Callable[[str], None]
    """Ends the process, with a reason, so that it is started afresh: for a loop that can't go on."""
    checks: dict[str, Callable[[], str]] = field(default_factory=dict)
    """For readiness: by name, what says '' while all is well, and else a sentence."""


Beside = Callable[[Base], contextlib.AbstractAsyncContextManager[Any]]
"""Entered once the handlers run, left before they stop."""


class Service:
    """The definition of a service: what it is called and what it handles. Nothing starts until `main` or `running`."""

    def __init__(
        self, name: str, settings: type[ServiceSettings], *, handlers: Sequence[ModuleType],
        retention: operations.Retention | None = None, beside: Sequence[Beside] = (),
    ) -> None:  # fmt: skip
        self.name = name
        self.settings = settings
        self.handlers = Handlers.collect(handlers)
        self.retention = retention
        self.beside = beside

    def events(self) -> list[type[Event]]:
        """The events that its consumer of EVENTS filters on."""
        return self.handlers.events()

    def states(self) -> list[type[State]]:
        """The states that its consumer of STATE filters on."""
        return self.handlers.states()

    def streams(self) -> list[str]:
        """The streams on which it has a durable consumer, named after the service."""
        streams = [subjects.COMMANDS]
        streams += [subjects.EVENTS] if self.events() else []
        return streams + ([subjects.STATE] if self.states() else [])

    def main(self) -> None:
        """Run until SIGTERM or SIGINT. Ends the process with a sentence when its settings are wrong."""
        try:
            settings = self.settings()
        except ValidationError as error:
            for each in error.errors(include_url=False, include_input=False):
                name = "WEEFSEL_" + "_".join(str(part) for part in each["loc"]).upper()
                sys.stderr.write(f"{self.name}: setting {name}: {each['msg'].removeprefix('Value error, ')}\n")
            raise SystemExit(2) from None
        telemetry.configure(self.name, log_format=settings.log_format, log_level=settings.log_level)
        import uvloop

        uvloop.run(self._until_signal(settings))

    async def _until_signal(self, settings: ServiceSettings) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, stop.set)
        starting = asyncio.create_task(self._start_and_wait(settings, stop))
        await starting
        log.info("stopped")

    async def _start_and_wait(self, settings: ServiceSettings, stop: asyncio.Event) -> None:
        async with self.running(settings, stop=stop) as running:
            _set_aside()
            if not stop.is_set():
                log.info("ready", health_port=running.health_port)
            await stop.wait()

    @contextlib.asynccontextmanager
    async def running(self, settings: ServiceSettings, *, stop: asyncio.Event | None = None) -> AsyncIterator[Running]:
        """Everything started, in order; on leaving, everything ended in the opposite order."""
        async with contextlib.AsyncExitStack() as stack:
            metrics = Metrics(self.name)
            pool = await _or_stopped(database.connect(settings, f"weefsel-{self.name}"), stop)
            stack.push_async_callback(_close, pool)
            name = f"weefsel-{self.name} reads"
            readers = await _or_stopped(database.connect(settings, name, readers=REQUESTS_AT_ONCE), stop)
            stack.push_async_callback(_close, readers)
            wiring = _Wiring(self, settings, pool, readers, metrics, own_process=stop is not None)
            stack.push_async_callback(wiring.disconnect)
            await _or_stopped(wiring.connect(), stop)
            port = await stack.enter_async_context(
                health.serving(health.application(metrics, wiring.checks), settings.health_host, settings.health_port)
            )
            for work in (wiring.watchdog.run(), wiring.relay.run(), wiring.expire_hourly()):
                task = asyncio.create_task(work)
                stack.push_async_callback(_end, task)
            stack.push_async_callback(wiring.stop_taking)
            await wiring.broker.start()
            await wiring.take_requests()
            # The server must know of every subscription: whoever asks is answered. In nats-py a flush's PING overtakes
            # what is not written yet, so that only the second one comes back after the subscriptions.
            await wiring.broker.connection.flush()
            await wiring.broker.connection.flush()
            base = Base(settings, pool, metrics, wiring.processor, wiring.watchdog.fatal, wiring.more_checks)
            beside = [await stack.enter_async_context(each(base)) for each in self.beside]
            wiring.started = True
            yield Running(wiring.processor, wiring.broker, pool, metrics, wiring.relay, port, beside)


class _Wiring:
    """One run of a service: broker, processor, relay, watchdog, and how they hang together."""

    def __init__(
        self, service: Service, settings: ServiceSettings, pool: database.Pool, readers: database.Pool,
        metrics: Metrics, *, own_process: bool,
    ) -> None:  # fmt: skip
        self.service = service
        self.settings = settings
        self.pool = pool
        self.started = self.stopping = False
        self.answering: set[asyncio.Task[None]] = set()
        self.more_checks: dict[str, Callable[[], str]] = {}
        self.inbox = inbox = f"_INBOX_{service.name}"
        self.broker = NatsBroker(
            settings.nats_url,
            security=NatsCredentials(str(settings.nats_credentials), ssl_context=settings.tls()),
            name=service.name, inbox_prefix=inbox, max_reconnect_attempts=-1, reconnect_time_wait=1, ping_interval=10,
            connect_timeout=3, apply_types=False, logger=logging.getLogger("faststream"), closed_cb=self._closed,
            error_cb=_on_error, graceful_timeout=GRACE,
        )  # fmt: skip
        kit = operations.handlers(lambda: self.processor, service.retention)
        together = several.handlers(lambda: self.processor, service.name)
        handlers = Handlers(service.handlers.by_type | kit.by_type | together.by_type)
        self.processor = Processor(service.name, handlers, pool, settings, metrics, readers)
        self.relay = Relay(self._connect_relay, pool, metrics)
        self.processor.committed = self.relay.wake
        self.watchdog = Watchdog(
            connected=lambda: self.broker.connection.is_connected,
            disconnected_limit=settings.disconnected_limit, stuck_limit=settings.stuck_limit,
            end=None if own_process else _cannot_go_on,
        )  # fmt: skip
        for stream in service.streams():
            puller.subscribe(
                self.broker, stream=stream, durable=service.name, batch=settings.batch, inbox_prefix=inbox,
                handle=self._batch(stream), fatal=self.watchdog.fatal,
            )  # fmt: skip
        self.requests: Subscription | None = None

    async def connect(self) -> None:
        """Connect, waiting for a server that is not there yet, and check that the bootstrap job has been."""
        while True:
            try:
                _never_choke(await self.broker.connect())
                await self._consumers_exist()
                return
            except (
                OSError,
                nats.errors.NoServersError,
                nats.errors.TimeoutError,
                nats.js.errors.ServiceUnavailableError,
            ):
                await self.broker.stop()
                await asyncio.sleep(0.3)

    async def take_requests(self) -> None:
        """One replica gets each."""
        subject = subjects.requests_filter(self.service.name)
        self.requests = await self.broker.connection.subscribe(subject, queue=self.service.name, cb=self._request)

    async def stop_taking(self) -> None:
        """Finish or hand back what it holds; the relay still publishes what that left behind."""
        self.started, self.stopping = False, True
        pullers = (each for each in self.broker.subscribers if isinstance(each, puller.Puller))
        await asyncio.gather(self._leave_requests(), *(each.stop() for each in pullers))
        await self.relay.drain(limit=5.0)

    async def _leave_requests(self) -> None:
        """From here on they go to another replica; those that came are answered."""
        if self.requests is not None:
            with contextlib.suppress(nats.errors.Error):
                await self.requests.drain()  # type: ignore[no-untyped-call]
        if self.answering:
            _, late = await asyncio.wait(self.answering, timeout=GRACE)
            for task in late:
                await _end(task)

    async def disconnect(self) -> None:
        with contextlib.suppress(nats.errors.Error):  # it can't be drained while it reconnects
            await self.broker.stop()

    async def _connect_relay(self) -> Client:
        settings = self.settings
        tls = {"tls": context} if (context := settings.tls()) else {}
        return await nats.connect(
            settings.nats_url, user_credentials=str(settings.nats_credentials), name=f"{self.service.name} relay",
            inbox_prefix=self.inbox.encode(), allow_reconnect=False, connect_timeout=3, error_cb=_on_error, **tls,
        )  # fmt: skip

    async def _consumers_exist(self) -> None:
        jetstream = self.broker.connection.jetstream(timeout=5)
        for stream in self.service.streams():
            try:
                await jetstream.consumer_info(stream, self.service.name)
            except nats.js.errors.NotFoundError:
                name = self.service.name
                raise SystemExit(
                    f"{name}: stream {stream} has no consumer {name}: run the bootstrap job first"
                ) from None

    def _batch(self, stream: str) -> Any:
        async def handle(messages: list[Msg]) -> None:
            batch = [_incoming(message, stream) for message in messages]
            by_incoming = {id(incoming): message for incoming, message in zip(batch, messages, strict=True)}
            try:
                outcomes = await self.processor.process(batch)
            except Outage:
                await self._pause(messages)
                return
            except asyncio.CancelledError:  # it took longer than a stop may take
                await _hand_back(messages, delay=0)
                raise
            except Exception as error:  # noqa: BLE001 - and without its words, in which a name may stand
                log.error("a batch could not be handled", stream=stream, messages=len(batch), **failure(error))
                await _hand_back(messages, delay=5)
                return
            done = [by_incoming[id(outcome.incoming)] for outcome in outcomes if outcome.retry_in is None]
            with contextlib.suppress(nats.errors.Error):
                await acknowledge(self.broker.connection, done)
            for outcome in outcomes:
                if outcome.retry_in is not None:
                    await _hand_back([by_incoming[id(outcome.incoming)]], delay=outcome.retry_in)

        return handle

    async def _pause(self, messages: Sequence[Msg]) -> None:
        """The database is away: hand back, and pull again when it answers."""
        log.warning("the database is out of reach: pulling pauses", messages=len(messages))
        await _hand_back(messages, delay=1)
        while not self.stopping and not await database.answers(self.pool):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.3)

    async def _request(self, raw: Msg) -> None:
        """Some at a time. Not by FastStream, whose own workers would drop, at a stop, what had come and not begun."""
        while len(self.answering) >= REQUESTS_AT_ONCE:
            await asyncio.wait(self.answering, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.create_task(self._respond(raw))
        self.answering.add(task)
        task.add_done_callback(self.answering.discard)

    async def _respond(self, raw: Msg) -> None:
        incoming = Incoming(raw.subject, raw.headers or {}, raw.data)
        try:
            answer = await self.processor.ask(incoming)
        except Exception as error:  # noqa: BLE001 - and without its words, in which a name may stand
            log.error("a request could not be handled", **failure(error))
            answer = Answer(
                id=incoming.id, status="rejected", problems=[Problem(code="failed", message="it could not be handled")]
            )
        if raw.reply.startswith(REPLIES):
            with contextlib.suppress(nats.errors.Error):  # who hears nothing asks again
                await self.broker.connection.publish(
                    raw.reply, _reply(answer), headers=_reply_headers(answer, self.service.name)
                )

    async def expire_hourly(self) -> None:
        """Retention: what nobody acts on expires by itself, an hour late at most."""
        last = clock.now()
        while True:
            await asyncio.sleep(CLOCK_CHECK)
            if clock.now() - last < timedelta(hours=1):
                continue
            last = clock.now()
            try:
                await self.processor.within(lambda tx: operations.expire(tx, self.service.retention))
            except Outage:
                continue
            except Exception as error:  # noqa: BLE001
                log.error("retention failed, and will be tried again in an hour", **failure(error))

    async def checks(self) -> dict[str, str]:
        """What `/readyz` asks: database, NATS, consumers, and the age of the oldest unsent message."""
        parts = {"database": "", "nats": "", "consumers": "", "outbox": ""}
        if not self.broker.connection.is_connected:
            parts["nats"] = "not connected"
        try:
            async with asyncio.timeout(2), self.pool.acquire() as connection:
                oldest = await store.oldest_unsent(connection)
        except database.NO_ANSWER as error:
            parts["database"] = f"no answer: {type(error).__name__}"
            oldest = None
        if oldest is not None and (clock.now() - oldest).total_seconds() > OLD:
            parts["outbox"] = self.relay.problem or f"a message has waited since {oldest.isoformat()}"
        elif self.relay.problem:
            parts["outbox"] = self.relay.problem
        if not self.started:
            parts["consumers"] = "not started yet"
        elif not parts["nats"]:
            parts["consumers"] = await self._missing_consumer()
        return parts | {name: check() for name, check in self.more_checks.items()}

    async def _missing_consumer(self) -> str:
        try:
            jetstream = self.broker.connection.jetstream(timeout=2)
            for stream in self.service.streams():
                await jetstream.consumer_info(stream, self.service.name)
        except (nats.errors.Error, nats.js.errors.Error) as error:
            return f"{stream}: {type(error).__name__}"
        return ""

    async def _closed(self) -> None:
        if self.started:
            self.watchdog.fatal("the connection to NATS was closed for good")


def _incoming(message: Msg, stream: str) -> Incoming:
    metadata = message.metadata
    return Incoming(
        message.subject,
        message.headers or {},
        message.data,
        stream,
        metadata.sequence.stream,
        metadata.num_delivered or 1,
    )


async def _hand_back(messages: Sequence[Msg], delay: float) -> None:
    for message in messages:
        with contextlib.suppress(nats.errors.Error):
            await message.nak(delay=delay)


def _reply(answer: Answer) -> bytes:
    data = answer.model_dump_json().encode()
    if len(data) <= MAX_REPLY:
        return data
    problem = Problem(code="too_large", message="the answer is too large for one message: ask for a smaller page")
    return Answer(id=answer.id, status="rejected", problems=[problem]).model_dump_json().encode()


def _reply_headers(answer: Answer, service: str) -> dict[str, str]:
    envelope = Envelope(
        id=new_id(), type=Answer.TYPE, source=f"weefsel/{service}", time=clock.now(), causation_id=answer.id
    )
    headers = envelope.headers()
    del headers["Nats-Msg-Id"]
    return headers


def _never_choke(connection: Client) -> None:
    """Headers that nats-py can't read end its reading for good: whoever may send could so silence a service.

    Such a message now arrives without headers, and is refused for that.
    """
    read = connection._process_headers

    async def process(headers: bytes) -> dict[str, str] | None:
        try:
            return await read(headers)
        except Exception:  # noqa: BLE001 - whatever it stumbles on
            return None

    connection._process_headers = process  # type: ignore[method-assign]


def _set_aside() -> None:
    """What a service is made of stays until it ends: looking through it for garbage again and again takes a tenth of a
    second at a time, in which nobody is answered."""
    gc.collect()
    gc.freeze()


def _cannot_go_on(reason: str) -> None:
    """Within a process of somebody else's, which is not ours to end."""
    log.critical("the service can't go on", reason=reason)


async def _on_error(error: Exception) -> None:
    log.warning("NATS reports an error", error=type(error).__name__, detail=str(error)[:200])


async def _close(pool: database.Pool) -> None:
    try:
        async with asyncio.timeout(5):
            await pool.close()
    except database.NO_ANSWER:
        pool.terminate()


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel until it has ended: `wait_for` of Python 3.11 loses a cancellation that comes together with a result."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=0.5)


async def _or_stopped(work: Any, stop: asyncio.Event | None) -> Any:
    """Await `work`, or end the process at once when asked to stop while it still waits for a server."""
    if stop is None:
        return await work
    task, stopped = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not task.done():
        task.cancel()
        raise SystemExit(0)
    return task.result()
