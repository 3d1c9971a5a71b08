"""The loop that sends: claim what is due, write it, hand it to the mail server, record. Several replicas share a queue.

Between the mail server's yes and the record of it lies the one window in which a crash doubles a mail. One mail at a
time is in it: others are written, addressed and queued meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from prometheus_client import Counter

from services.notify.asking import Asker
from services.notify.content.writing import Known
from services.notify.domain.mails import Mail
from services.notify.handlers import telling
from services.notify.repository import mails as repository
from services.notify.sending import preparing
from services.notify.sending.composing import Composer
from services.notify.sending.host import Away, Host, NeverLikeThis, NoSuchAddress, NotNow
from services.notify.sending.message import Post
from services.notify.sending.preparing import Ready, Settled, Written
from services.notify.sending.records import Records
from shared import clock
from shared.database import NO_ANSWER, Connection
from shared.messaging import Transaction
from shared.messaging.processor import Outage, failure
from shared.messaging.service import Base
from shared.telemetry import logger

log = logger(__name__)
TROUBLE: tuple[type[BaseException], ...] = (*NO_ANSWER, Outage)
BATCH = 64
TICK = 1.0
"""Seconds between two looks when nothing is told: a clock that is moved gives no notice."""
LONGEST_REST = 60.0
"""Seconds between two tries to reach a mail server that is away."""
ASKED_AGAIN = timedelta(seconds=15)
"""When a service didn't answer."""
GRACE = 8.0
GONE = float("-inf")


class _Gone(Exception):
    """It is this replica's no more: deleted, somebody else's, or too late."""


class Sender:
    """One replica's."""

    def __init__(self, base: Base, asker: Asker) -> None:
        self.base = base
        self.settings = base.settings
        self.asker = asker
        self.went = Counter(
            "mails", "Mails by how they went", ["how"], registry=base.metrics.registry, namespace="weefsel"
        )  # fmt: skip
        self._sent = self.went.labels("sent")
        self.problem = ""
        """Why no mail goes out, for who looks after it; empty while it does."""
        self._letters: asyncio.Queue[list[Written]] = asyncio.Queue(maxsize=1)
        self._queue: asyncio.Queue[Ready] = asyncio.Queue(maxsize=BATCH)
        self._mine: dict[UUID, tuple[Mail, float]] = {}
        """Mails that were claimed here, and until when (monotonic)."""
        self._hears = asyncio.Event()
        """While it would be told that a mail is gone."""
        self._wake = asyncio.Event()
        self._window = asyncio.Lock()
        self._next_at = 0.0
        self._rest = 0.0
        self._stopping = False
        self._records = Records(base.pool)
        self._composer = Composer()

    async def run(self) -> None:
        """Until cancelled. Nothing ends it in silence."""
        hosts = [Host(self.settings) for _ in range(self.settings.smtp_connections)]
        work = (self._listen, self._claim_all, self._compose_all, self._make_sure)
        tasks = [asyncio.create_task(self._forever(each)) for each in work]
        tasks += [asyncio.create_task(self._deliver(host)) for host in hosts]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            await asyncio.gather(*ended)
        finally:
            await _end(tasks)
            await asyncio.gather(self._records.close(), self._composer.close(), *(host.close() for host in hosts))

    async def stop(self) -> None:
        """Finish what is being handed over, let nothing else begin, and give back the rest."""
        self._stopping = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await self._window.acquire()
                await self._records.make_sure()
        with contextlib.suppress(*TROUBLE):
            async with self.base.pool.acquire() as connection:
                ids = [each for each in self._mine if each not in self._records.unsure]
                await repository.release(connection, [each for each in ids if self._mine[each][1] > time.monotonic()])

    # --- claiming and writing

    async def _forever(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except TROUBLE as error:
                log.warning("sending waits for the database", error=type(error).__name__)
            except Exception as error:  # noqa: BLE001 - whatever it was, the next round may do
                log.error("a round of sending failed", **failure(error))
            await asyncio.sleep(TICK)

    async def _listen(self) -> None:
        """Be told of what is due, and of what is gone. What went while nobody listened is looked up."""
        ended = asyncio.Event()

        def end(_: object) -> None:
            self._hears.clear()
            ended.set()

        async with self.base.pool.acquire() as connection:
            connection.add_termination_listener(end)
            await connection.add_listener("mail", self._told)
            await connection.add_listener("mail_gone", self._gone)
            try:
                held = dict(self._mine)
                there = await repository.still_there(connection, list(held)) if held else {}
                for mail_id, (mail, _) in held.items():
                    if there.get(mail_id) != (mail.to_id, mail.acts_for):
                        self._mine.pop(mail_id, None)
                self._hears.set()
                await ended.wait()
            finally:
                self._hears.clear()
                if not connection.is_closed():
                    connection.remove_termination_listener(end)
                    await connection.remove_listener("mail", self._told)
                    await connection.remove_listener("mail_gone", self._gone)

    async def _claim_all(self) -> None:
        while True:
            self._wake.clear()
            if not await self._round():
                await self._composer.rest()
                await self._nap(TICK)

    async def _round(self) -> bool:
        """Claim some, and make them ready. False when nothing was due."""
        if self._rest:
            await asyncio.sleep(self._rest)
        many = min(BATCH, self._room())
        if self._stopping or many < 1:
            return False
        known, until = Known(), time.monotonic() + self.settings.mail_lease
        mails = await self._claim(known, many)
        self._mine.update((mail.mail_id, (mail, until)) for mail in mails)
        if not mails:
            return False
        left = {mail.mail_id: mail for mail in mails}
        try:
            await self._prepare(left, known)
        except BaseException:
            await self._give_back(left.values())
            raise
        return True

    def _room(self) -> int:
        """How many more could be handed over, at the pace that is set, before their time here is over."""
        return int(self.settings.smtp_rate * (self.settings.mail_lease - self.settings.smtp_timeout)) - len(self._mine)

    async def _claim(self, known: Known, many: int) -> list[Mail]:
        found: list[Mail] = []

        async def claim(tx: Transaction) -> None:
            until = tx.now + timedelta(seconds=self.settings.mail_lease)
            claimed = await repository.claim(tx, many, until, [*self._mine, *self._records.unsure])
            found[:] = await preparing.looked_at(tx, claimed, known)

        await self.base.processor.within(claim)
        return found

    async def _prepare(self, left: dict[UUID, Mail], known: Known) -> None:
        """Write each. Out of `left` goes what is settled, or is to be composed and no longer this task's."""
        answers, settled = await preparing.asked(self.asker, list(left.values()))
        found = await self._written(answers, known)
        await self._settle([*settled, *(each for each in found if isinstance(each, Settled))], left)
        await self._letters.put([each for each in found if isinstance(each, Written)])
        left.clear()

    async def _compose_all(self) -> None:
        while True:
            await self._compose(await self._letters.get())

    async def _compose(self, batch: Sequence[Written]) -> None:
        """Make them ready, and queue them; meanwhile others are claimed and written."""
        left = {each.mail.mail_id: each.mail for each in batch}
        try:
            waiting = iter(batch)
            async for post in self._composer.composed([each.letter for each in batch]):
                each = next(waiting)
                if isinstance(post, str):
                    await self._settle([Settled(each.mail, "dead", f"it can't be written: {post}")], left)
                else:
                    await self._queue.put(Ready(each.mail, post))
                    left.pop(each.mail.mail_id)
        except BaseException:
            await self._give_back(left.values())
            raise

    async def _written(self, answers: Sequence[Any], known: Known) -> list[Any]:
        """All in one transaction; one by one when anything fails, so that it fails alone."""
        try:
            return await self._write_together(answers, known)
        except Outage:
            raise
        except Exception:  # noqa: BLE001 - which one it was shows below
            found: list[Any] = []
            for each in answers:
                try:
                    found += await self._write_together([each], Known())
                except Outage:
                    raise
                except Exception as error:  # noqa: BLE001
                    log.error("a mail can't be written", kind=each.mail.kind, **failure(error))
                    found.append(Settled(each.mail, "dead", f"it can't be written: {type(error).__name__}"))
            return found

    async def _write_together(self, answers: Sequence[Any], known: Known) -> list[Any]:
        found: list[Any] = []

        async def write(tx: Transaction) -> None:
            found[:] = await preparing.written(tx, answers, known)

        await self.base.processor.within(write)
        return found

    async def _settle(self, settled: Sequence[Settled], left: dict[UUID, Mail] | None = None) -> None:
        """What isn't sent now."""
        if not settled:
            return
        async with self.base.pool.acquire() as connection:
            for each in settled:
                await self._settle_one(connection, each)
                self._mine.pop(each.mail.mail_id, None)
                self.went.labels(each.how).inc()
                if left is not None:
                    left.pop(each.mail.mail_id)

    async def _settle_one(self, connection: Connection, each: Settled) -> None:
        now, mail_id = clock.now(), each.mail.mail_id
        if each.how == "later":
            await repository.put_off(connection, mail_id, now + ASKED_AGAIN, each.reason)
            return
        if each.how == "dead":
            log.error("a mail is put aside for an operator", mail=str(mail_id), kind=each.mail.kind, reason=each.reason)
        await repository.end(connection, mail_id, each.how, each.reason, now)

    async def _give_back(self, mails: Collection[Mail]) -> None:
        """What was claimed here; not what another replica may have by now."""
        ids = [mail.mail_id for mail in mails if self._left(mail) > 0]
        if ids:
            with contextlib.suppress(*NO_ANSWER):
                async with self.base.pool.acquire() as connection:
                    await repository.release(connection, ids)
        for mail in mails:
            if self._left(mail) > GONE:
                self._mine.pop(mail.mail_id)

    def _left(self, mail: Mail) -> float:
        """Seconds for which it is this replica's. What went, and was claimed anew since, is not the same mail."""
        claimed, until = self._mine.get(mail.mail_id, (None, 0.0))
        return until - time.monotonic() if claimed is mail else GONE

    def _in_time(self, mail: Mail) -> bool:
        """Whether it can be handed over before another replica may do so."""
        return self._left(mail) > float(self.settings.smtp_timeout)

    # --- handing over

    async def _deliver(self, host: Host) -> None:
        """One after another. While one is handed over, the next is taken from the queue: its beginning goes along."""
        taken: deque[Ready] = deque()

        def following() -> Post | None:
            if self._queue.empty() or self._stopping or self._wait():
                return None
            taken.append(self._queue.get_nowait())
            return taken[0].post if self._in_time(taken[0].mail) else None

        while True:
            ready = taken.popleft() if taken else await self._queue.get()
            try:
                await self._one(host, ready, following)
            except Exception as error:  # noqa: BLE001 - whatever it was, the next mail may do
                log.error("a mail could not be sent, and will be tried again", **failure(error))
                await self._give_back([ready.mail])
                await asyncio.sleep(TICK)

    async def _one(self, host: Host, ready: Ready, following: Callable[[], Post | None]) -> None:
        mail = ready.mail
        await self._pace()
        if self._stopping or not self._in_time(mail):
            await self._give_back([mail])
            return
        try:
            await host.deliver(ready.post, lambda hand_over: self._in_window(mail, hand_over), following)
            self.problem, self._rest = "", 0.0
        except Away as away:
            await self._wait_for_host(mail, str(away))
        except NotNow as reason:
            await self._again_later(mail, str(reason))
        except NoSuchAddress as reason:
            await self._no_such_address(mail, str(reason))
        except NeverLikeThis as reason:
            await self._settle([Settled(mail, "dead", str(reason))])
        except _Gone:
            log.info("a mail is gone, or its turn came late", mail=str(mail.mail_id))
            await self._give_back([mail])

    async def _in_window(self, mail: Mail, hand_over: Callable[[], Awaitable[None]]) -> None:
        async with self._window:
            if not self._hears.is_set():
                await self._hears.wait()
            if not self._in_time(mail):
                raise _Gone
            await hand_over()
            await self._records.keep(mail.mail_id, clock.now())
            self._mine.pop(mail.mail_id, None)
        self._sent.inc()

    async def _make_sure(self) -> None:
        """Also when nothing else is sent, what was is soon on disk."""
        async with self._window:
            await self._records.make_sure()

    async def _again_later(self, mail: Mail, reason: str) -> None:
        """After a while that grows; in the end an operator has to look."""
        after: Sequence[float] = self.settings.mail_retry_after
        if mail.attempts >= len(after):
            await self._settle([Settled(mail, "dead", reason)])
            return
        due_at = clock.now() + timedelta(seconds=after[mail.attempts])
        log.info("a mail will be tried again", mail=str(mail.mail_id), attempts=mail.attempts + 1, reason=reason)
        async with self.base.pool.acquire() as connection:
            await repository.failed(connection, mail.mail_id, due_at, reason)
        self._mine.pop(mail.mail_id, None)

    async def _no_such_address(self, mail: Mail, reason: str) -> None:
        """Marked, so that what comes later is told by a worker; who hears that it is, and tells this too."""

        async def mark(tx: Transaction) -> None:
            await telling.address_fails(tx, mail)
            await repository.end(tx, mail.mail_id, "refused", reason, tx.now)
            await telling.tell_otherwise(tx, mail)

        await self.base.processor.within(mark)
        self._mine.pop(mail.mail_id, None)
        self.went.labels("refused").inc()

    async def _wait_for_host(self, mail: Mail, reason: str) -> None:
        """An outage is no failure: nothing is counted, and it is tried again after a rest that grows."""
        if not self.problem:
            log.warning("the mail server is out of reach: sending pauses", reason=reason)
        self.problem = f"the mail server is out of reach: {reason}"
        self._rest = min(max(self._rest * 2, 0.25), LONGEST_REST)
        await self._give_back([mail])
        await asyncio.sleep(self._rest)

    async def _pace(self) -> None:
        """Not faster than the mail server wants it."""
        wait = self._wait()
        self._next_at = time.monotonic() + wait
        if wait:
            await asyncio.sleep(wait)

    def _wait(self) -> float:
        """Seconds until the next mail may go."""
        rate: float = self.settings.smtp_rate
        return max(0.0, self._next_at + 1 / rate - time.monotonic())

    async def _nap(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    def _told(self, *_: object) -> None:
        self._wake.set()

    def _gone(self, _: object, __: int, ___: str, mail_id: object) -> None:
        """Somebody was erased: what is in hand for them, or about them, is not sent."""
        self._mine.pop(UUID(str(mail_id)), None)


async def _end(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel each, and once: what it does then is not cut off, unless it takes long or `wait_for` of Python 3.11 lost
    the cancellation."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=1.0)


@contextlib.asynccontextmanager
async def sending(base: Base) -> AsyncIterator[Sender]:
    """Send until it is left."""
    async with Asker.open(base.settings) as asker:
        sender = Sender(base, asker)
        task = asyncio.create_task(sender.run())
        task.add_done_callback(lambda done: None if done.cancelled() else base.fatal("sending ended"))
        try:
            yield sender
        finally:
            await sender.stop()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
