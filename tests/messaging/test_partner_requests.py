"""Where an answer may go: to whoever asks in the right way, a partner included."""

from __future__ import annotations

import asyncio

from shared.messaging.service import REPLIES
from tests.partners import Gate
from tests.partners import gate as gate


async def test_a_partners_request_comes_with_a_reply_subject_that_is_answered(gate: Gate) -> None:
    credentials = await gate.let_in("buurtpunt", "rabot")
    async with gate.grounds.user("profiles") as service, gate.line(credentials) as partner:
        replies: asyncio.Queue[str] = asyncio.Queue()

        async def note(message: object) -> None:
            await replies.put(message.reply)  # type: ignore[attr-defined]

        await service.subscribe("weefsel.v1.rpc.*.profiles.*.*", queue="profiles", cb=note)
        await service.settle()
        inbox = partner.new_inbox()
        await partner.publish("weefsel.rpc.profiles.participant.register", b"{}", reply=inbox)
        assert (await asyncio.wait_for(replies.get(), 5)).startswith(REPLIES)


async def test_our_own_senders_are_answered_in_their_inbox(gate: Gate) -> None:
    async with gate.grounds.user("cli") as cli:
        assert cli.new_inbox().startswith(REPLIES)
