"""A service made only to try the messaging kit: it keeps numbers, and can be told to go wrong in every way.

Run as a process of its own with `python -m tests.messaging.toy`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from shared.contracts.envelope import REGISTRY, Command, Contract, Event, Letter, Query, State
from shared.contracts.types import ParticipantId, Text
from shared.messaging import NotYetKnown, Rejected, Service, Transaction, handles
from shared.settings import ServiceSettings

TABLES = """
CREATE TABLE thing (n bigint NOT NULL, text text NOT NULL DEFAULT '');
CREATE TABLE seen (n bigint NOT NULL, what text NOT NULL);
CREATE TABLE pair (id int PRIMARY KEY, touched int NOT NULL);
CREATE TABLE named (name text PRIMARY KEY);
INSERT INTO pair VALUES (1, 0), (2, 0);
"""


class Ref(Contract):
    n: int
    text: str = ""


class Made(Event, type="toy.thing.made.v1", feed=True):
    n: int


class Later(Event, type="toy.thing.later.v1"):
    n: int


class Linked(Event, type="toy.thing.linked.v1"):
    """Builds on a thing that may not be known yet."""

    n: int


class Noted(Event, type="toy.thing.noted.v1"):
    """An event whose handler does as it is told."""

    n: int
    how: str = ""
    person: ParticipantId | None = None


class Kept(State, type="toy.thing.kept.v1"):
    n: int
    version: int = 1
    person: ParticipantId | None = None

    @property
    def key(self) -> str:
        return str(self.n)


class Note(Letter, type="toy.thing.note.v1"):
    KIND: ClassVar[str] = "note"
    n: int
    text: str = ""


class Make(Command, type="toy.thing.make.v1", result=Ref, partners=True):
    n: int
    how: str = ""
    text: Text = ""
    person: ParticipantId | None = None
    names: dict[str, int] = {}


class Forget(Command, type="toy.thing.forget.v1", result=Ref):
    person: UUID


class Count(Query, type="toy.thing.count.v1", result=Ref):
    how: str = ""


class Look(Query, type="toy.thing.look.v1", result=Ref):
    """A question whose handler only reads, or should."""

    how: str = ""
    person: ParticipantId | None = None


for _each in (Made, Later, Linked, Noted, Kept, Note, Make, Forget, Count, Look):
    del REGISTRY[_each.TYPE]  # it is no contract of the product


@handles(Make)
async def make(command: Make, tx: Transaction) -> Ref:
    await tx.execute("INSERT INTO thing VALUES ($1, $2)", command.n, command.text)
    await _go_wrong(command.how, command.n, tx)
    if command.how == "silent":
        return Ref(n=command.n)
    if command.how == "later":
        await tx.at(tx.now + timedelta(hours=1), Later(neighbourhood_id="here", n=command.n), key=f"later:{command.n}")
    elif command.how == "sooner":
        await tx.at(tx.now, Later(neighbourhood_id="here", n=command.n), key=f"later:{command.n}")
    elif command.how == "never":
        await tx.cancel(f"later:{command.n}")
    elif command.how == "about":
        await tx.emit(Kept(n=command.n, person=command.person))
        noted = Noted(neighbourhood_id="here", n=command.n, person=command.person)
        await tx.at(tx.now + timedelta(hours=1), noted, key=f"noted:{command.n}")
    elif command.how == "keep":
        await tx.emit(Kept(n=0, version=command.n))
    elif command.how == "write":
        await tx.emit(Note(n=command.n), partner="friends", id=command.n, verb="sent")
    else:
        await tx.emit(Made(neighbourhood_id="here", n=command.n))
    return Ref(n=command.n, text="x" * 40_000 if command.how == "wordy" else "")


@handles(Forget)
async def forget(command: Forget, tx: Transaction) -> Ref:
    await tx.forget(command.person)
    return Ref(n=0)


@handles(Count)
async def count(query: Count, tx: Transaction) -> Ref:
    await _go_wrong(query.how, 0, tx)
    return Ref(n=await tx.fetchval("SELECT count(*) FROM thing"))


@handles(Look, reads=True)
async def look(query: Look, tx: Transaction) -> Ref:
    await _go_wrong(query.how, 0, tx)
    if query.how == "write":
        await tx.execute("INSERT INTO thing VALUES (1, 'written')")
    return Ref(n=await tx.fetchval("SELECT count(*) FROM thing"), text="x" * 30_000 if query.how == "wordy" else "")


@handles(Made)
async def on_made(event: Made, tx: Transaction) -> None:
    await tx.execute("INSERT INTO seen VALUES ($1, 'made')", event.n)


@handles(Later)
async def on_later(event: Later, tx: Transaction) -> None:
    await tx.execute("INSERT INTO seen VALUES ($1, 'later')", event.n)


@handles(Linked)
async def on_linked(event: Linked, tx: Transaction) -> None:
    if not await tx.fetchval("SELECT EXISTS (SELECT FROM thing WHERE n = $1)", event.n):
        raise NotYetKnown("the thing that is linked")
    await tx.execute("INSERT INTO seen VALUES ($1, 'linked')", event.n)


@handles(Noted)
async def on_noted(event: Noted, tx: Transaction) -> None:
    await tx.execute("INSERT INTO seen VALUES ($1, 'noted')", event.n)
    await _go_wrong(event.how, event.n, tx)


@handles(Kept)
async def on_kept(state: Kept, tx: Transaction) -> None:
    await tx.execute("INSERT INTO seen VALUES ($1, $2)", state.n, "removed" if state.removed else "kept")


async def _go_wrong(how: str, n: int, tx: Transaction) -> None:
    """Whatever a handler can do to the kit."""
    if how == "reject":
        raise Rejected("unwanted", "this number is unwanted: give another", "n")
    if how == "break":
        raise RuntimeError(f"broken by {n} Marie Marker")
    if how == "break-until-mended" and not await tx.fetchval("SELECT EXISTS (SELECT FROM thing WHERE text = 'mend')"):
        raise RuntimeError("not mended")
    if how == "wrong-sql":
        await tx.execute("SELECT no_such_column FROM thing")
    if how == "whole-row":
        await tx.fetchrow("SELECT * FROM pair")
    if how == "wrong-value":
        await tx.execute("INSERT INTO thing VALUES ($1)", "no number")
    if how == "constraint":
        for _ in range(2):
            await tx.execute("INSERT INTO named VALUES ('Marie Marker')")
    if how == "too-large":
        await tx.emit(Note(n=n, text="x" * 20_000), partner="friends", id=n, verb="sent")
    if how == "no-subject":
        await tx.emit(Note(n=n), partner="friends of *", id=n, verb="sent")
    if how == "two-at-once":
        await asyncio.gather(tx.fetchval("SELECT pg_sleep(0.01)"), tx.fetchval("SELECT 1"))
    if how == "wait":  # until the test lets go of the lock
        await tx.execute("SELECT pg_advisory_xact_lock_shared(77)")
    if how in ("pair-12", "pair-21"):
        for id_ in (1, 2) if how == "pair-12" else (2, 1):
            await tx.execute("UPDATE pair SET touched = touched + 1 WHERE id = $1", id_)
            await tx.execute("SELECT pg_sleep(0.05)")
    if how == "stick":
        import time

        time.sleep(60)  # noqa: ASYNC251 - what the watchdog is for
    if how == "die" and (mark := Path(os.environ["TOY_MARKS"]) / f"die-{n}").exists():
        mark.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


service = Service("toy", ServiceSettings, handlers=[sys.modules[__name__]])

if __name__ == "__main__":
    service.main()
