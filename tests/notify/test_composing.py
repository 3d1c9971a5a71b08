"""Letters composed in a process of their own: the same letters, none lost with the process, and none left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.notify.sending import composing
from services.notify.sending.composing import MANY, Composer, Letter, composed
from services.notify.sending.message import Envelope, Post
from services.notify.writing.samples import reader, samples
from shared.policy import load
from tests.waiting import eventually

POLICY = load()
STARTER = """
import asyncio
from services.notify.sending.composing import Composer
from tests.notify.test_composing import letters, process_of

async def main():
    composer = Composer()
    print((await process_of(composer)).pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def letters(many: int) -> list[Letter]:
    """Of several kinds, each to another."""
    kinds = ["invited", "agreed", "digest", "introduced"]
    return [_letter(number, kinds[number % len(kinds)]) for number in range(many)]


def _letter(number: int, kind: str) -> Letter:
    mail, id_ = samples()[kind], UUID(int=number + 1)
    return Letter(mail, reader(POLICY, of=mail), Envelope(
        mail_id=id_, thread=id_, to=f"jos{number}@example.org", to_name="Jos Peeters", sender="weefsel@example.org",
        sender_name="Marie", reply_to=None, sent_at=datetime(2026, 5, 5, tzinfo=UTC),
    ))  # fmt: skip


async def all_of(composer: Composer, many: list[Letter]) -> list[Post | str]:
    return [each async for each in composer.composed(many)]


async def process_of(composer: Composer) -> asyncio.subprocess.Process:
    """Its process, once it is there."""

    async def there() -> asyncio.subprocess.Process | None:
        await all_of(composer, letters(MANY))
        return composer._process if composer._starting is None else None

    return await eventually(there, within=60, what="a process that composes")  # type: ignore[no-any-return]


@asynccontextmanager
async def composing_elsewhere() -> AsyncIterator[tuple[Composer, asyncio.subprocess.Process]]:
    composer = Composer()
    try:
        yield composer, await process_of(composer)
    finally:
        await composer.close()


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_process_of_its_own_composes_the_same() -> None:
    many = letters(40)
    async with composing_elsewhere() as (composer, process):
        assert await all_of(composer, many) == composed(many)
        assert composer._process is process


async def test_each_is_composed_by_the_policy_of_its_neighbourhood_also_when_another_came_first() -> None:
    informal = POLICY.model_copy(update={"notify": POLICY.notify.model_copy(update={"address": "jij"})})
    mixed = [replace(each, reader=replace(each.reader, policy=policy))
             for each in letters(MANY) for policy in (POLICY, informal)]  # fmt: skip
    async with composing_elsewhere() as (composer, process):
        for _ in range(2):
            assert await all_of(composer, mixed) == composed(mixed)
        assert composer._process is process
    assert composed(mixed[:1]) != composed(mixed[1:2])


async def test_a_few_need_no_process() -> None:
    composer = Composer()
    assert await all_of(composer, letters(MANY - 1)) == composed(letters(MANY - 1))
    assert (composer._process, composer._starting) == (None, None)


async def test_what_cant_be_composed_is_told_and_holds_up_no_other() -> None:
    many = letters(MANY)
    many[3] = replace(many[3], mail=replace(samples()["agreed"], others=(None,)))  # type: ignore[call-arg]
    async with composing_elsewhere() as (composer, process):
        found = await all_of(composer, many)
        assert composer._process is process
    assert [each for each in found if isinstance(each, str)] == [found[3]]
    assert found[:3] == composed(many)[:3]


async def test_with_the_process_killed_nothing_is_lost_and_another_one_comes() -> None:
    many = letters(40)
    async with composing_elsewhere() as (composer, process):
        process.send_signal(signal.SIGSTOP)  # so that it is surely killed in the middle of something
        asked = asyncio.create_task(all_of(composer, many))
        await eventually(lambda: composer._used > 0 and not asked.done())
        process.kill()
        assert await asked == composed(many)
        assert (await process_of(composer)).pid != process.pid


async def test_who_stops_waiting_gets_no_answer_to_what_was_asked_before() -> None:
    async with composing_elsewhere() as (composer, process):
        process.send_signal(signal.SIGSTOP)
        asked = asyncio.create_task(all_of(composer, letters(20)))
        await asyncio.sleep(0)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        await process_of(composer)
        assert await all_of(composer, letters(9)) == composed(letters(9))


async def test_with_nothing_to_do_for_a_while_the_process_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    async with composing_elsewhere() as (composer, process):
        await composer.rest()
        assert composer._process is process
        monkeypatch.setattr(composing, "IDLE", -1.0)
        await composer.rest()
        await asyncio.wait_for(process.wait(), 20)
        assert composer._process is None


async def test_whoever_started_it_is_killed_and_it_ends_too() -> None:
    starter = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STARTER, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    assert starter.stdout is not None
    pid = int(await asyncio.wait_for(starter.stdout.readline(), 60))
    assert _is_running(pid)
    starter.kill()
    await starter.wait()
    await eventually(lambda: not _is_running(pid), within=30, what="it ends with its starter")
