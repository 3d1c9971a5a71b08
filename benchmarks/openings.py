"""From an ask to the first neighbour who is asked: twenty a second, through real NATS and the real service.

It runs among as many people as were loaded last. The policy lets neighbours be asked at any hour and without the
worker, so that every opening ends in an invitation; the clock stops when the event that says so has been received.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from nats.aio.msg import Msg

from benchmarks.load import Load, Reader
from benchmarks.stack import Stack, until
from shared.contracts.exchange import OpenExchange
from shared.contracts.subjects import EVENTS, ROOT
from shared.policy import load

PACE = 20
"""Openings a second."""
TOLD = f"{ROOT}.event.exchange.*.next-step.reached"
POLICY = """
[invitations]
strangers_after_worker = false
quiet_hours = { start = "00:00", end = "00:00" }
"""


@dataclass
class Openings:
    """Seconds from each command to the first invitation, and how many commands had none."""

    took: list[float]
    lost: int


async def measure(stack: Stack, *, seconds: int, tell: Callable[[str], None]) -> Openings:
    """`seconds` of openings at a steady pace."""
    policy = stack.folder / "policy.toml"
    policy.write_text(POLICY, encoding="utf-8")
    asked, first = await _asks(stack, PACE * (seconds + 1)), dict[str, float]()

    def note(message: Msg) -> None:
        if json.loads(message.data)["step"] == "invited":
            first.setdefault((message.headers or {})["ce-correlationid"], time.perf_counter())

    async with Load.connected(stack) as load_, Reader.of(stack, EVENTS, TOLD, note):
        with stack.process("services.exchange", WEEFSEL_POLICY=str(policy)):
            warm = await _paced(load_, asked[:PACE])
            await _received(first, warm, within=30)
            sent = await _paced(load_, asked[PACE:])
            await _received(first, sent, within=20)
    took = [first[id_] - at for id_, at in sent.items() if id_ in first]
    tell(f"{len(sent)} openings at {PACE} a second, {len(sent) - len(took)} lost")
    return Openings(took, len(sent) - len(took))


async def _asks(stack: Stack, count: int) -> list[OpenExchange]:
    """By people here and there, each for one thing. Of who is out of matching the worker hears, and no neighbour."""
    chance, kinds = random.Random(3), [kind.id for kind in load().kinds]
    connection = await asyncpg.connect(stack.dsn)
    try:
        rows = await connection.fetch(
            """
            SELECT participant_id FROM participant
            WHERE status = 'active' AND NOT out_of_matching AND cell IS NOT NULL LIMIT $1
            """,
            50 * count,
        )  # fmt: skip
    finally:
        await connection.close()
    people = chance.sample([row["participant_id"] for row in rows], count)
    return [OpenExchange(opening="ask", participant_id=each, kind=chance.choice(kinds)) for each in people]


async def _paced(load_: Load, commands: list[OpenExchange]) -> dict[str, float]:
    """Send them evenly. Returns when each was sent, by its id."""
    started, sends = time.perf_counter(), []
    for number, command in enumerate(commands):
        await asyncio.sleep(max(0.0, started + number / PACE - time.perf_counter()))
        sends.append(asyncio.create_task(_send(load_, command)))
    return {str(id_): at for id_, at in await asyncio.gather(*sends)}


async def _send(load_: Load, command: OpenExchange) -> tuple[UUID, float]:
    at = time.perf_counter()
    return await load_.senders[0].send(command, actor=f"participant:{command.participant_id}"), at


async def _received(first: dict[str, float], sent: dict[str, float], *, within: float) -> None:
    """Wait until each has its first invitation, or for some time."""

    async def all_there() -> bool:
        return sent.keys() <= first.keys()

    try:
        await until(all_there, "every opening has an invitation", within=within)
    except TimeoutError:
        return
