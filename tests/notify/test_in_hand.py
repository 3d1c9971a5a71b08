"""Mails that are in hand: claimed, written, and waiting for their turn, while things go on around them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest
from pydantic import ValidationError

from services.notify.repository import mails as repository
from services.notify.sending.sender import Sender
from shared.messaging import Transaction
from tests.conftest import MakeStack
from tests.notify.sending import Sending, prepared
from tests.waiting import eventually

Person = tuple[UUID, str]


@asynccontextmanager
async def in_hand(sending: Sending, *people: Person, **settings: Any) -> AsyncIterator[tuple[Sender, list[UUID]]]:
    """A mail to each of them is ready. Within, no mail is handed over."""
    (other,) = await sending.people(1)
    async with sending.running(smtp_connections=1, **settings) as running:
        (sender,) = [each for each in running.beside if isinstance(each, Sender)]
        async with sender._window:
            ids = await sending.introduce(people[:1], other[0])
            await eventually(lambda: sending.smtp.tried[people[0][1]] == 1)
            ids += await sending.introduce(people[1:], other[0])
            await eventually(lambda: sender._queue.qsize() == len(people) - 1)
            yield sender, ids
        await eventually(lambda: sender._queue.empty() and not sender._mine, within=30, what="nothing in hand")


async def _erase(sending: Sending, person: UUID) -> None:
    connection = await asyncpg.connect(sending.stack.admin_dsn("notify"))
    try:
        await repository.erase(cast(Transaction, connection), [person])
    finally:
        await connection.close()


async def test_what_went_to_somebody_else_while_it_was_in_hand_goes_to_nobody_before(stack: MakeStack) -> None:
    """Its time here runs out, and it is claimed anew while the letter to who was erased still stands in the queue."""
    async with prepared(stack) as sending:
        first, holder, person = await sending.people(3)
        async with in_hand(sending, first, holder) as (sender, (_, mail_id)):
            claimed = sender._mine[mail_id]
            await _passes(sending, mail_id, person[0])
            await eventually(lambda: sender._mine.get(mail_id, claimed) is not claimed, within=20)
        await sending.becomes(mail_id, "sent")
        assert sending.smtp.to(holder[1]) == []
        assert len(sending.smtp.to(person[1])) == 1


async def _passes(sending: Sending, mail_id: UUID, person: UUID) -> None:
    """Who it goes to is erased: it goes to whom it is about."""
    (row,) = await sending.stack.fetch("notify", "SELECT to_id FROM mail WHERE mail_id = $1", mail_id)
    await sending.stack.fetch("notify", "UPDATE mail SET acts_for = $2 WHERE mail_id = $1", mail_id, person)
    await _erase(sending, row[0])


async def test_what_another_replica_may_have_by_now_is_neither_handed_over_nor_taken_from_it(stack: MakeStack) -> None:
    async with prepared(stack) as sending:
        first, second = await sending.people(2)
        async with in_hand(sending, first, second) as (_, ids):
            await eventually(lambda: _lease_is_over(sending))
            sql = "UPDATE mail SET claimed_until = now() + interval '1 hour' WHERE mail_id = ANY($1::uuid[])"
            await sending.stack.fetch("notify", sql, ids)
        for each in ids:
            assert (await sending.mail(each))["claimed_until"] is not None
        assert sending.smtp.accepted == []


async def _lease_is_over(sending: Sending) -> bool:
    rows = await sending.stack.fetch("notify", "SELECT bool_and(claimed_until < now()) AS over FROM mail")
    return bool(rows[0]["over"])


async def test_at_a_slow_pace_no_more_is_claimed_than_can_be_handed_over_in_time(stack: MakeStack) -> None:
    async with prepared(stack) as sending:
        people = await sending.people(31)
        async with sending.running(smtp_rate=5.0):
            for each in await sending.introduce(people[:30], people[30][0]):
                await sending.becomes(each, "sent", within=15)
        assert set(sending.smtp.ids().values()) == {1}


async def test_a_pace_at_which_no_mails_turn_would_come_in_time_is_refused(stack: MakeStack) -> None:
    async with prepared(stack) as sending:
        with pytest.raises(ValidationError, match="mail_lease is over"):
            await sending.running(smtp_rate=1.0).__aenter__()


async def test_who_is_erased_while_nobody_can_be_told_gets_nothing_of_what_is_in_hand(stack: MakeStack) -> None:
    """The connections to the database are gone; the one on which it would be told is not there again."""
    async with prepared(stack) as sending:
        first, second = await sending.people(2)
        async with in_hand(sending, first, second, mail_lease=60.0):
            sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            await sending.stack.fetch("notify", f"{sql} AND pid <> pg_backend_pid()")
            await _erase(sending, first[0])
        assert sending.smtp.to(first[1]) == []
        assert len(sending.smtp.to(second[1])) == 1


async def test_the_mail_server_is_told_no_address_of_who_is_erased(stack: MakeStack) -> None:
    async with prepared(stack) as sending:
        sending.smtp.extensions = ("PIPELINING", "8BITMIME")
        first, gone, last = await sending.people(3)
        async with in_hand(sending, first, gone, last, mail_lease=60.0) as (sender, (_, mail_id, _)):
            await _erase(sending, gone[0])
            await eventually(lambda: mail_id not in sender._mine)
        assert sending.smtp.tried[gone[1]] == 0
        assert (sending.smtp.connections, len(sending.smtp.accepted)) == (1, 2)
