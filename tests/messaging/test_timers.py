"""A timer sends its event when it is due, once; replaced and cancelled by its key."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from shared import clock
from tests.messaging.conftest import Toy
from tests.messaging.toy import Later, Make
from tests.waiting import eventually


@pytest.fixture
def clock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The clock of the embedded stack, which can be moved."""
    monkeypatch.setenv("WEEFSEL_CLOCK_FILE", str(tmp_path / "clock"))
    return tmp_path / "clock"


async def test_fires_once_the_clock_has_moved(clock_file: Path, toys: Toy) -> None:
    await toys.do(Make(n=1, how="later"))
    assert len(await toys.rows("SELECT FROM messaging.timer")) == 1
    assert await toys.seen("later") == []
    clock.move(clock_file, timedelta(hours=2))
    await eventually(lambda: toys.seen("later"))
    assert await toys.rows("SELECT FROM messaging.timer") == []


async def test_replaced_by_another_of_the_same_key(toys: Toy) -> None:
    await toys.do(Make(n=1, how="later"))
    await toys.do(Make(n=1, how="sooner"))
    await eventually(lambda: toys.seen("later"))
    assert await toys.rows("SELECT FROM messaging.timer") == []


async def test_cancelled_by_its_key(clock_file: Path, toys: Toy) -> None:
    await toys.do(Make(n=1, how="later"))
    await toys.do(Make(n=2, how="later"))
    await toys.do(Make(n=1, how="never"))
    clock.move(clock_file, timedelta(hours=2))
    await eventually(lambda: toys.seen("later"))
    await toys.idle()
    assert await toys.seen("later") == [2]


async def test_goes_with_the_transaction_that_set_it(toys: Toy) -> None:
    await toys.do(Make(n=1, how="reject"))
    assert await toys.rows("SELECT FROM messaging.timer") == []


async def test_fires_once_with_two_replicas(clock_file: Path, toys: Toy) -> None:
    async with toys.running():
        for n in range(30):
            await toys.client.send(Make(n=n, how="later"))
        await toys.idle()
        clock.move(clock_file, timedelta(hours=2))

        async def fired() -> bool:
            return len(await toys.seen("later")) >= 30

        await eventually(fired)
        await toys.idle()
        assert await toys.seen("later") == list(range(30))
        assert sorted(later.n for later in await toys.published(Later)) == list(range(30))
