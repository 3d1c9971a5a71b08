"""Two at the same moment, and one many times: there is one agreement, and each hears of it once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from deploy.embedded.process import free_port
from shared.contracts.exchange import (
    AnswerInvitation,
    AnswerProposal,
    ContactShared,
    InvitationAnswered,
    NextStepReached,
)
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.reliability.streets import Streets, opening, streets

ROUNDS = 50


@pytest.fixture
async def street(stack: MakeStack, tmp_path: Path) -> AsyncIterator[Streets]:
    """Two replicas of the service, so that two messages are really handled at once."""
    async with streets(stack, tmp_path) as made, AsyncExitStack() as running:
        for _ in range(2):
            await running.enter_async_context(made.stack.running("exchange", health_port=free_port()))
        yield made


async def test_two_neighbours_who_say_yes_in_the_same_millisecond_make_one_agreement(street: Streets) -> None:
    """Neither is refused: one is looked at, the other is told kindly that it is arranged. Two yes to that: one too."""
    exchanges = []
    for _ in range(ROUNDS):
        opener, neighbours = await street.pair(2)
        exchange_id = await street.opened(opener)
        invited = {each: await street.invitation(exchange_id, each) for each in neighbours}
        answers = await asyncio.gather(*(
            street.client.ask(AnswerInvitation(invitation_id=id_, answer="yes"), actor=f"participant:{each}")
            for each, id_ in invited.items()
        ))  # fmt: skip
        assert sorted(each.result["stage"] for each in answers if each.result) == ["arranged", "yes"]
        looks = [
            street.client.ask(AnswerProposal(exchange_id=exchange_id, answer="yes"), actor=f"participant:{opener}")
            for _ in range(2)
        ]
        assert {each.status for each in await asyncio.gather(*looks)} == {"accepted"}
        exchanges.append(exchange_id)
    await street.idle()
    agreed = await street.rows("SELECT exchange_id FROM agreement WHERE ended_at IS NULL")
    assert Counter(row["exchange_id"] for row in agreed) == Counter(exchanges)
    assert Counter(each.exchange_id for each in await street.published(ContactShared)) == Counter(exchanges)
    steps = Counter((each.exchange_id, each.step) for each in await street.published(NextStepReached))
    for id_ in exchanges:
        told = {step: steps[id_, step] for step in ("looking", "invited", "waiting", "found", "arranged", "agreed")}
        assert told | {"waiting": 0} == {
            "looking": 1,
            "invited": 2,
            "waiting": 0,
            "found": 1,
            "arranged": 1,
            "agreed": 2,
        }


async def test_a_burst_of_the_same_is_one(street: Streets) -> None:
    """The same command with its id, both ways and many times over; then the same answer with other ids."""
    opener, (neighbour,) = await street.pair()
    exchange_id, id_ = await street.opened(opener), new_id()
    command = AnswerInvitation(invitation_id=await street.invitation(exchange_id, neighbour), answer="yes")
    who = f"participant:{neighbour}"
    answers = await asyncio.gather(
        *(street.client.ask(command, actor=who, id=id_) for _ in range(40)),
        *(street.surely(command, neighbour, id_) for _ in range(20)),
    )
    assert {each.model_dump_json() for each in answers} == {answers[0].model_dump_json()}
    again = await asyncio.gather(*(street.client.ask(command, actor=who) for _ in range(40)))
    assert {each.status for each in [*answers, *again]} == {"accepted"}
    await street.idle()
    assert len(await street.published(InvitationAnswered)) == 1
    assert [each.step for each in await street.published(NextStepReached)].count("found") == 1


async def test_one_ask_sent_many_times_is_one(street: Streets) -> None:
    opener, _ = await street.pair()
    id_ = new_id()
    answers = await asyncio.gather(*(street.surely(opening(opener), opener, id_) for _ in range(30)))
    assert len({each.result["exchange_id"] for each in answers if each.result}) == 1
    await street.idle()
    assert len(await street.rows("SELECT FROM exchange WHERE participant_id = $1", opener)) == 1
