"""A directory is brought in while things fall over: it comes in whole and once, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.imports import directory_files
from deploy.imports.directory import Line, Mistake, Reading
from deploy.imports.directory_sending import bring
from deploy.trouble import Trouble
from shared.contracts.signals import ImportFinished, SearchDirectory
from shared.messaging.client import Client, Refused
from tests.conftest import MakeStack
from tests.signals.only_directory import service
from tests.waiting import eventually

GENT = Path(__file__).parents[2] / "examples" / "data" / "sociale-kaart-gent"


def lines() -> Iterator[Line]:
    def refuse(mistake: Mistake) -> None:
        raise AssertionError(str(mistake))

    return Reading(directory_files.find(GENT), "nl", refuse).lines()


async def names(client: Client) -> int:
    found = await client.get(SearchDirectory(words="poetshulp", limit=100))
    return len(found.services)


class Halfway:
    """Told how many rows are there; knows when some are."""

    def __init__(self) -> None:
        self.rows = 0

    def __call__(self, rows: int) -> None:
        self.rows += rows

    async def come(self) -> bool:
        return self.rows > 300


async def test_signals_falls_over_halfway_and_the_import_goes_on_when_it_is_back(stack: MakeStack) -> None:
    made = await stack([service])
    halfway = Halfway()
    async with made.connect() as client:
        async with made.running("signals"):
            going: asyncio.Task[ImportFinished] = asyncio.create_task(
                bring(client, "gent", "Gent", lines(), set(), advance=halfway)
            )
            await eventually(halfway.come, within=30, what="some rows are there")
        assert not going.done()
        async with made.running("signals"):
            finished = await going
            assert (finished.services.new, finished.rows.new) == (163, 1928)
            assert await names(client) > 0


async def test_an_import_that_is_killed_has_changed_nothing_and_the_next_one_takes_all(stack: MakeStack) -> None:
    made = await stack([service])
    halfway = Halfway()
    async with made.connect() as client, made.running("signals"):
        going = asyncio.create_task(bring(client, "gent", "Gent", lines(), set(), advance=halfway))
        await eventually(halfway.come, within=30, what="some rows are there")
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)
        assert await names(client) == 0
        finished = await bring(client, "gent", "Gent", lines(), set())
        assert finished.services.new == 163


async def test_of_two_imports_of_one_source_the_later_one_is_taken(stack: MakeStack) -> None:
    made = await stack([service])
    halfway = Halfway()
    async with made.connect() as client, made.running("signals"):
        first = asyncio.create_task(bring(client, "gent", "Gent", lines(), set(), advance=halfway))
        await eventually(halfway.come, within=30, what="some rows are there")
        second = await bring(client, "gent", "Gent", lines(), set())
        assert second.services.new == 163
        with pytest.raises(Refused, match="another began"):
            await first


async def test_without_signals_it_is_told_that_nothing_changed(
    stack: MakeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.imports.directory_sending.PATIENCE", 0.5)
    made = await stack([service])
    async with made.connect() as client:
        with pytest.raises(Trouble, match="nothing was changed"):
            await bring(client, "gent", "Gent", lines(), set())
