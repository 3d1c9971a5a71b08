"""Letters composed in a process of their own: the same letters, none lost with the process, and none left behind."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
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
import asyncio, uvloop
from services.notify.sending.composing import Composer
from tests.notify.test_composing import letters, process_of

async def main():
    composer = Composer()
    print((await process_of(composer)).pid, flush=True)
    await asyncio.sleep(600)

uvloop.run(main())  # as notify does
"""
GONE_AT_ONCE = """
import asyncio, os
from services.notify.sending.composing import Composer

async def main():
    composer = Composer()
    composer._is_there()
    while composer._process is None:
        await asyncio.sleep(0)
    os._exit(0)

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


def _memory(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()


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


async def test_who_stops_in_the_middle_leaves_no_letter_to_who_asks_next() -> None:
    async with composing_elsewhere() as (composer, _):
        several = composer.composed(letters(40))
        assert await anext(several) == composed(letters(1))[0]
        others = letters(60)[40:]
        assert await all_of(composer, others) == composed(others)


async def test_a_process_that_hangs_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    async with composing_elsewhere() as (composer, process):
        monkeypatch.setattr(composing, "PATIENCE", 0.5)
        process.send_signal(signal.SIGSTOP)
        assert await asyncio.wait_for(all_of(composer, letters(20)), 20) == composed(letters(20))
        await asyncio.wait_for(process.wait(), 20)


async def test_what_cant_be_passed_on_to_the_process_is_composed_without() -> None:
    class Strange(str):
        """Of no module, so that nobody else knows it."""

    many = letters(MANY)
    many[3] = replace(many[3], envelope=replace(many[3].envelope, to_name=Strange("Jos")))
    async with composing_elsewhere() as (composer, _):
        assert await all_of(composer, many) == composed(many)


async def test_a_process_that_runs_out_of_memory_makes_no_letter_impossible() -> None:
    many = letters(MANY)
    many[3] = replace(many[3], envelope=replace(many[3].envelope, to_name="Jos " * 2_000_000))
    async with composing_elsewhere() as (composer, process):
        most = _memory(process.pid) + 40 * 2**20  # what comes has room, but not what is made of it
        resource.prlimit(process.pid, resource.RLIMIT_AS, (most, most))
        assert await all_of(composer, many) == composed(many)


async def test_a_process_that_is_given_back_in_the_middle_leaves_nothing_undone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A batch can wait for long before it is taken on, as when the mail server is away."""
    found, many = [], letters(40)
    async with composing_elsewhere() as (composer, _):
        async for each in composer.composed(many):
            found.append(each)
            if len(found) == 3:
                monkeypatch.setattr(composing, "IDLE", -1.0)
                await composer.rest()
        assert found == composed(many)


async def test_a_process_that_just_started_is_kept_for_what_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    composer = Composer()
    try:
        await all_of(composer, letters(MANY))
        monkeypatch.setattr(composing, "IDLE", 300.0)
        await eventually(lambda: composer._process is not None)
        await composer.rest()
        await eventually(lambda: composer._starting is None, within=60)
        await composer.rest()
        assert composer._process is not None
    finally:
        await composer.close()


async def test_with_nothing_to_do_for_a_while_the_process_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    async with composing_elsewhere() as (composer, process):
        await composer.rest()
        assert composer._process is process
        monkeypatch.setattr(composing, "IDLE", -1.0)
        await composer.rest()
        await asyncio.wait_for(process.wait(), 20)
        assert composer._process is None


async def test_whoever_started_it_is_killed_at_once_and_it_ends_without_a_word() -> None:
    starter = await asyncio.create_subprocess_exec(
        sys.executable, "-c", GONE_AT_ONCE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said = await asyncio.wait_for(starter.communicate(), 60)  # its standard error is that of both
    assert said == (b"", b"")


async def test_what_is_typed_in_a_terminal_is_for_whoever_started_it() -> None:
    async with composing_elsewhere() as (_, process):
        assert os.getpgid(process.pid) == process.pid


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
