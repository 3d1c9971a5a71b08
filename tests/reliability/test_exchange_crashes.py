"""The exchange service, killed while two hundred things are asked and answered: nothing is lost, nothing is twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest

from shared.contracts import subjects
from shared.contracts.exchange import (
    AnswerInvitation,
    AnswerProposal,
    ContactShared,
    ExchangeAgreed,
    ExchangeOpened,
    InvitationAnswered,
    NextStepReached,
)
from tests.conftest import MakeStack
from tests.reliability.streets import Process, Streets, opening, streets
from tests.waiting import eventually

OPENINGS, KILLED_AT = 200, (40, 150, 300, 450)
"""Of how many ways to an agreement, each of three commands, and after how many answers it is killed."""


@pytest.mark.timeout(180)
async def test_killed_while_people_ask_and_answer(stack: MakeStack, tmp_path: Path) -> None:
    async with streets(stack, tmp_path) as street:
        people = [await street.pair() for _ in range(OPENINGS)]
        process = await Process(street.stack, tmp_path).start()
        try:
            at_once = asyncio.Semaphore(25)
            ways = [asyncio.create_task(_to_an_agreement(street, at_once, *pair)) for pair in people]
            for share in KILLED_AT:
                await eventually(lambda share=share: len(street.answers) >= share, within=60)
                process.kill()
                await process.start()
            exchanges = await asyncio.gather(*ways)
            await street.idle()
        finally:
            process.kill()
        await _each_once(street, exchanges)


async def _to_an_agreement(street: Streets, at_once: asyncio.Semaphore, opener: UUID, neighbours: list[UUID]) -> UUID:
    """One asks, the other says yes, and so does the first."""
    (neighbour,) = neighbours
    async with at_once:
        answer = await street.surely(opening(opener), opener)
        assert answer.result, answer
        exchange_id = UUID(answer.result["exchange_id"])
        invitation_id = await street.invitation(exchange_id, neighbour)
        said = await street.surely(AnswerInvitation(invitation_id=invitation_id, answer="yes"), neighbour)
        assert said.status == "accepted", said
        looked = await street.surely(AnswerProposal(exchange_id=exchange_id, answer="yes"), opener)
        assert looked.status == "accepted", looked
        return exchange_id


async def _each_once(street: Streets, exchanges: list[UUID]) -> None:
    """Our ledger, against the tables, the streams and the answers."""
    once = Counter(exchanges)
    assert len(once) == OPENINGS
    assert {row["stage"] for row in await street.rows("SELECT stage FROM exchange")} == {"agreed"}
    for table in ("exchange", "invitation", "agreement"):
        rows = await street.rows(f"SELECT exchange_id FROM {table}")
        assert Counter(row["exchange_id"] for row in rows) == once, table
    for contract in (ExchangeOpened, InvitationAnswered, ExchangeAgreed, ContactShared):
        assert Counter(each.exchange_id for each in await street.published(contract)) == once, contract
    for contract in (ExchangeOpened, ExchangeAgreed):
        assert Counter(each.exchange_id for each in await street.published(contract, subjects.FEED)) == once, contract
    steps = Counter(each.step for each in await street.published(NextStepReached))
    assert steps == dict.fromkeys(("looking", "invited", "waiting", "found"), OPENINGS) | {"agreed": 2 * OPENINGS}
    assert not await street.rows("SELECT FROM messaging.dead_letter")
