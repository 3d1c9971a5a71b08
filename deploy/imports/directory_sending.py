"""Bringing a directory to signals: rows by the hundred, a few messages at a time, taken at once when all are there.

Killed at any moment, nothing has changed: the next time it begins afresh.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import nats.errors

from deploy.imports.directory import Line
from deploy.trouble import Trouble
from shared.contracts.envelope import Command
from shared.contracts.signals import (
    BeginImport,
    BringRows,
    FinishImport,
    ImportFinished,
    ImportRef,
    Resource,
    RowsBrought,
    ShowImport,
)
from shared.ids import new_id
from shared.messaging.client import Client, Refused, Unanswered

LARGEST_MESSAGE = 26_000
"""Bytes of rows: what goes around them has to fit as well."""
MOST_ROWS = 1_000
AT_A_TIME = 4
"""Messages that wait for an answer."""
PATIENCE, PAUSE = 60.0, 0.5
"""Seconds for which a service that doesn't answer is asked again."""


@dataclass
class Batch:
    """Rows of one table that go together."""

    resource: Resource
    first: int
    rows: list[dict[str, str]] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    size: int = 0

    def __len__(self) -> int:
        return len(self.rows) + len(self.kept)


async def bring(
    client: Client, source: str, title: str, lines: Iterable[Line], unsure: set[Resource],
    advance: Callable[[int], None] = lambda _: None, finishing: Callable[[], None] = lambda: None,
) -> ImportFinished:  # fmt: skip
    """All of it. `advance` is told how many rows are there, `finishing` when all are. Raises Trouble or Refused."""
    begun: ImportRef = await _ask(client, BeginImport(source=source, title=title))
    sent: Counter[Resource] = Counter()
    going: set[asyncio.Task[RowsBrought]] = set()
    try:
        for batch in batches(lines):
            going.add(asyncio.create_task(_send(client, begun.import_id, batch)))
            sent[batch.resource] += len(batch)
            if len(going) >= AT_A_TIME:
                going = await _settled(going, advance)
        while going:
            going = await _settled(going, advance)
    finally:
        for task in going:
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)
    finishing()
    return await _finish(client, FinishImport(import_id=begun.import_id, rows=dict(sent), unsure=sorted(unsure)))


def batches(lines: Iterable[Line]) -> Iterator[Batch]:
    """Rows of the same table, as many as fit in a message; numbered through each table."""
    numbers: Counter[Resource] = Counter()
    batch: Batch | None = None
    for line in lines:
        size = len(line.id) + 8 if line.row is None else _size(line.row)
        full = batch is not None and (batch.size + size > LARGEST_MESSAGE or len(batch) >= MOST_ROWS)
        if batch is None or full or batch.resource != line.resource:
            if batch is not None:
                yield batch
            batch = Batch(line.resource, numbers[line.resource] + 1)
        numbers[line.resource] += 1
        batch.size += size
        if line.row is None:
            batch.kept.append(line.id)
        else:
            batch.rows.append(line.row)
    if batch is not None:
        yield batch


def _size(row: dict[str, str]) -> int:
    """Bytes of a row in a message, or a few more. Only what JSON may have to escape is counted by writing it."""
    text = "".join((*row, *row.values()))
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return len(text) + 6 * len(row) + 2
    return len(json.dumps(row, ensure_ascii=False).encode()) + 2


async def _settled(
    going: set[asyncio.Task[RowsBrought]], advance: Callable[[int], None]
) -> set[asyncio.Task[RowsBrought]]:
    done, left = await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        advance(task.result().brought)
    return left


async def _send(client: Client, import_id: UUID, batch: Batch) -> RowsBrought:
    brought: RowsBrought = await _ask(
        client,
        BringRows(
            import_id=import_id, resource=batch.resource, first=batch.first, rows=batch.rows, kept=batch.kept,
        ),
    )  # fmt: skip
    return brought


async def _finish(client: Client, command: FinishImport) -> ImportFinished:
    """Taking a large one takes longer than an answer is waited for: then it is asked how far it is."""
    id_ = new_id()
    while True:
        try:
            answer = await client.ask(command, id=id_)
        except Unanswered:
            state = "finishing"
            while state == "finishing":
                await asyncio.sleep(PAUSE)
                state = (await _ask(client, ShowImport(import_id=command.import_id))).state
            continue
        if answer.status == "rejected":
            raise Refused(answer.problems)
        return ImportFinished.model_validate(answer.result)


async def _ask(client: Client, message: Command | ShowImport) -> Any:
    """The answer; a service that restarts is asked again, with the same id. Raises Refused, or Trouble at last."""
    id_, tried = new_id(), 0.0
    while True:
        try:
            answer = await client.ask(message, id=id_)
        except (Unanswered, nats.errors.Error, ConnectionError) as error:
            if tried >= PATIENCE:
                raise Trouble(f"signals doesn't answer ({error}): nothing was changed; run it again later.") from None
            await asyncio.sleep(PAUSE)
            tried += PAUSE
            continue
        if answer.status == "accepted":
            return message.RESULT.model_validate(answer.result or {})
        if answer.problems and answer.problems[0].code == "try_again" and tried < PATIENCE:
            await asyncio.sleep(PAUSE)
            tried += PAUSE
            continue
        raise Refused(answer.problems)
