"""From mails that are due to mails that can be sent: looked at anew, asked, written.

No transaction waits for an answer of another service.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from services.notify.asking import Asker
from services.notify.content import digest, to_others, to_participants, to_workers
from services.notify.content.writing import WAYS, Known, Moot, Writing, place_of, worker_of
from services.notify.domain import mails as domain
from services.notify.domain.links import Link
from services.notify.domain.mails import Mail
from services.notify.handlers import telling
from services.notify.repository import digests, links, people
from services.notify.repository import mails as repository
from services.notify.sending.composing import Letter
from services.notify.sending.message import Envelope, Post
from shared.messaging import NotYetKnown, Transaction
from shared.messaging.client import Refused, Unanswered

ASKED_AT_ONCE = 8
LATER = timedelta(seconds=15)
MISTAKES = (LookupError, ValueError, TypeError, AttributeError, AssertionError)
"""What one mail can fail on: it holds up no other. What the database says concerns them all."""
CONTENT = (digest, to_others, to_participants, to_workers)
"""Imported for the ways that they name."""


@dataclass
class Ready:
    """A mail that can be sent."""

    mail: Mail
    post: Post


@dataclass
class Settled:
    """What becomes of a mail that isn't sent now."""

    mail: Mail
    how: Literal["moot", "gathered", "dead", "later"]
    reason: str


@dataclass
class _Asked:
    mail: Mail
    answer: Any


@dataclass
class Written:
    """A mail that is known whole, and has to be put together."""

    mail: Mail
    letter: Letter


# --- first: is it still to be sent, and to whom


async def looked_at(tx: Transaction, mails: Sequence[Mail], known: Known) -> list[Mail]:
    """Those that go out now, to whoever gets them now. What waits, or a worker tells, is recorded so."""
    named = ((each.about, each.matter.other_id) for each in mails if each.to_kind == "participant")
    await known.look_at(tx, [id_ for pair in named for id_ in pair if id_])
    later = await repository.followed(tx, [each.mail_id for each in mails], domain.REPLACEABLE)
    found = []
    for mail in mails:
        if any(domain.replaces(each, mail.kind) for each in later.get(mail.mail_id, ())):
            await _moot(tx, mail, "a later one says it all")
            continue
        try:
            kept = await _LOOKS.get(mail.to_kind, _of_others)(tx, mail, known)
        except NotYetKnown as unknown:
            await repository.put_off(tx, mail.mail_id, tx.now + LATER, f"not known yet: {unknown}")
            continue
        except MISTAKES as error:
            await repository.end(tx, mail.mail_id, "dead", f"it can't be looked at: {type(error).__name__}", tx.now)
            continue
        found += [kept] if kept else []
    return found


async def _of_participant(tx: Transaction, mail: Mail, known: Known) -> Mail | None:
    assert mail.about is not None
    standing = await known.standing(tx, mail.about)
    if standing is None:
        await _moot(tx, mail, "they are no longer known")
        return None
    person = standing.person
    verdict, found = await telling.decide(tx, mail, person, known)
    if verdict.what == "later":
        assert verdict.at is not None
        await repository.put_off(tx, mail.mail_id, verdict.at, verdict.reason)
        return None
    if verdict.what == "moot":
        await _moot(tx, mail, verdict.reason)
        return None
    if verdict.what == "by-worker":
        await repository.end(tx, mail.mail_id, "by-worker", "they are reached otherwise", tx.now)
        await telling.give_task(tx, found, person)
        return None
    if (found.to_id, found.acts_for) != (mail.to_id, mail.acts_for):
        await repository.address_to(tx, found)
    return found


async def _of_worker(tx: Transaction, mail: Mail, known: Known) -> Mail | None:
    assert mail.to_id is not None
    worker = await worker_of(tx, mail.to_id, known)
    if worker is None or worker.ended:
        await _moot(tx, mail, "they stopped")
        return None
    if mail.kind != "digest":
        return mail
    return replace(mail, detail={
        "places": await digests.places_of(tx, worker.worker_id), "monday": tx.now.weekday() == 0,
        "items": await digests.waiting(tx, worker.worker_id, mail.mail_id),
    })  # fmt: skip


async def _of_others(tx: Transaction, mail: Mail, _: Known) -> Mail | None:
    if mail.kind != "figures":
        return mail
    policy = tx.settings.policy
    places = [await people.neighbourhood(tx, each) for each in await digests.neighbourhoods(tx)]
    names = {each.neighbourhood_id: each.name(policy.languages[0]) for each in places if each}
    return replace(mail, detail={**mail.detail, "neighbourhoods": names})


async def _moot(tx: Transaction, mail: Mail, reason: str) -> None:
    await repository.end(tx, mail.mail_id, "moot", reason, tx.now)


_LOOKS: dict[str, Callable[[Transaction, Mail, Known], Awaitable[Mail | None]]] = {
    "participant": _of_participant, "worker": _of_worker,
}  # fmt: skip


# --- second: what it is about, asked of whose it is


async def asked(asker: Asker, mails: Sequence[Mail]) -> tuple[list[_Asked], list[Settled]]:
    """The answers; and what is moot by now, or has no answer yet."""
    some = asyncio.Semaphore(ASKED_AT_ONCE)

    async def ask(mail: Mail) -> _Asked | Settled:
        async with some:
            try:
                return _Asked(mail, await WAYS[mail.kind].ask(asker, mail))
            except Moot as moot:
                return Settled(mail, "moot", str(moot))
            except (Unanswered, Refused) as error:
                return Settled(mail, "later", f"no answer: {type(error).__name__}")
            except Exception as error:  # noqa: BLE001 - whatever it was, the others go on
                return Settled(mail, "dead", f"it can't be asked: {type(error).__name__}")

    found = await asyncio.gather(*(ask(mail) for mail in mails))
    return [each for each in found if isinstance(each, _Asked)], [each for each in found if isinstance(each, Settled)]


# --- third: its words, with its links


async def written(tx: Transaction, batch: Sequence[_Asked], known: Known) -> list[Written | Settled]:
    """All but the words. Raises what one of them fails on. Who was erased or merged since it was looked at gets no
    link and no letter."""
    made: list[Link] = []
    there = await repository.still_there(tx, [each.mail.mail_id for each in batch])
    found = [await _written(tx, each, known, made, there.get(each.mail.mail_id)) for each in batch]
    await links.keep_all(tx, made)
    return found


async def _written(
    tx: Transaction, each: _Asked, known: Known, made: list[Link], now_to: tuple[UUID | None, UUID | None] | None
) -> Written | Settled:  # fmt: skip
    mail = each.mail
    if now_to != (mail.to_id, mail.acts_for):
        return Settled(mail, "later" if now_to else "moot", "it is somebody else's by now")
    try:
        writing = await _writing(tx, mail, known)
        writing.links = made
        content = await WAYS[mail.kind].write(writing, each.answer)
        address, name, worker = await _address(writing, each.answer)
        reader = await writing.reader()
        return Written(mail, Letter(content, reader, Envelope(
            mail_id=mail.mail_id, thread=mail.thread, to=address, to_name=name, sender=tx.settings.mail_from,
            sender_name=worker or "Weefsel", sent_at=tx.now, unsubscribe=await writing.unsubscribe(),
            reply_to=tx.settings.mail_reply_to or (reader.worker.email if reader.worker else None),
        )))  # fmt: skip
    except Moot as moot:
        return Settled(mail, "gathered" if str(moot) == to_workers.FOR_THE_DIGEST else "moot", str(moot))
    except NotYetKnown as unknown:
        return Settled(mail, "later", str(unknown))


async def _writing(tx: Transaction, mail: Mail, known: Known) -> Writing:
    place = await place_of(tx, mail.neighbourhood_id, known)
    writing = Writing(tx, mail, telling.policy_of(tx, place), place, known=known)
    if mail.to_kind == "participant":
        assert mail.to_id is not None
        standing = await known.standing(tx, mail.to_id)
        writing.person = standing.person if standing else None
    elif mail.to_kind == "worker":
        assert mail.to_id is not None
        writing.worker = await worker_of(tx, mail.to_id, known)
    return writing


async def _address(writing: Writing, answer: Any) -> tuple[str, str, str]:
    """Where it goes, the name there, and in whose name it comes. Raises Moot when there is no address."""
    mail, address, name = writing.mail, None, ""
    if writing.person is not None:
        address, name = writing.person.email, writing.person.name or ""
    elif writing.worker is not None:
        return writing.worker.email, writing.worker.name, ""
    elif isinstance(answer, to_others.Contacted):
        address, name = answer.contact.email, answer.contact.service_name
        if address is None:
            await telling.address_fails(writing.tx, mail)
    else:
        address = mail.address or writing.tx.settings.figures_to
    if address is None:
        raise Moot("there is no address")
    sender = await writing.worker_called(writing.place.worker_id if writing.place else None)
    return address, name, sender.name if sender and mail.to_kind == "participant" else ""
