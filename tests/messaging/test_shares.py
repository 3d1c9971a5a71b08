"""A large batch of one type is handled in shares, at the same time."""

from __future__ import annotations

import asyncio

from tests.messaging.conftest import Toy
from tests.messaging.toy import Make


async def test_each_of_a_large_batch_is_done_once_and_one_that_is_refused_holds_up_no_other(surrounded: Toy) -> None:
    commands = [Make(n=n, how="reject" if n == 100 else "") for n in range(200)]
    await asyncio.gather(*(surrounded.client.send(command) for command in commands))
    async with surrounded.running():
        await surrounded.idle()
        assert sorted(await surrounded.numbers()) == [n for n in range(200) if n != 100]
        (transactions,) = await surrounded.rows("SELECT count(DISTINCT xmin::text) AS of_rows FROM thing")
        assert transactions["of_rows"] > 1
