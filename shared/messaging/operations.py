"""What every service answers an operator: its dead letters, and retention."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shared.contracts import subjects
from shared.contracts.operations import (
    DeadLetter,
    DeadLetterClosed,
    DeadLetterPage,
    DeadLetterSummary,
    DiscardDeadLetter,
    ListDeadLetters,
    ReplayDeadLetter,
    Retained,
    RunRetention,
    ShowDeadLetter,
)
from shared.database import CONTENTION, OUTAGE, Record
from shared.messaging import store
from shared.messaging.handlers import Handlers, Rejected
from shared.messaging.incoming import Incoming

if TYPE_CHECKING:
    from shared.messaging.processor import Processor
    from shared.messaging.transaction import Transaction

Retention = Callable[["Transaction"], Awaitable[dict[str, int]]]
NOT_ITS_FAULT: tuple[type[BaseException], ...] = (Rejected, *OUTAGE, *CONTENTION, OSError)
MOST_SHOWN = 45_000
"""Bytes of a dead letter's body that fit in an answer. What is no text takes more of them than it had."""
KEPT_DAYS = {"inbox": 45, "answers": 45, "failures": 45, "dead_letters": 30}
"""How long the kit's own records are kept: the inbox outlives the streams (30 d)."""


def handlers(processor: Callable[[], Processor], retention: Retention | None) -> Handlers:
    """The handlers that the kit adds to a service's own."""

    async def list_dead_letters(query: ListDeadLetters, tx: Transaction) -> DeadLetterPage:
        _operators_only(tx)
        rows = await store.dead_letters(tx.connection, query.status, query.after, query.limit + 1)
        page = [DeadLetterSummary.model_validate(dict(row)) for row in rows[: query.limit]]
        return DeadLetterPage(dead_letters=page, next=page[-1].id if len(rows) > query.limit else None)

    async def show_dead_letter(query: ShowDeadLetter, tx: Transaction) -> DeadLetter:
        _operators_only(tx)
        row = await _open(tx, query.id, any_status=True)
        body = row["body"].decode("utf-8", "backslashreplace")
        while len(json.dumps(body)) > MOST_SHOWN:
            body = body[: len(body) * 3 // 4]
        return DeadLetter.model_validate({**dict(row), "headers": store.decode(row["headers"]), "body": body})

    async def replay_dead_letter(command: ReplayDeadLetter, tx: Transaction) -> DeadLetterClosed:
        _operators_only(tx)
        row = await _open(tx, command.id)
        data = json.dumps(command.body).encode() if command.body is not None else row["body"]
        incoming = Incoming(row["subject"], store.decode(row["headers"]), data, row["stream"], row["sequence"])
        try:
            await processor().replay(incoming, tx.connection)
        except NOT_ITS_FAULT:
            raise
        except Exception as error:
            raise Rejected("still_fails", f"it failed again: {type(error).__name__}; it stays a dead letter") from error
        await store.close_dead_letter(tx.connection, command.id, "replayed", tx.now)
        return DeadLetterClosed(id=command.id, status="replayed")

    async def discard_dead_letter(command: DiscardDeadLetter, tx: Transaction) -> DeadLetterClosed:
        _operators_only(tx)
        await _open(tx, command.id)
        await store.close_dead_letter(tx.connection, command.id, "discarded", tx.now)
        return DeadLetterClosed(id=command.id, status="discarded")

    async def run_retention(command: RunRetention, tx: Transaction) -> Retained:
        del command
        _operators_only(tx)
        return Retained(removed=await expire(tx, retention))

    table: dict[Any, Any] = {
        ListDeadLetters: list_dead_letters,
        ShowDeadLetter: show_dead_letter,
        ReplayDeadLetter: replay_dead_letter,
        DiscardDeadLetter: discard_dead_letter,
        RunRetention: run_retention,
    }
    return Handlers({contract.TYPE: (contract, function) for contract, function in table.items()})


async def expire(tx: Transaction, retention: Retention | None) -> dict[str, int]:
    """Remove what has been kept long enough, the kit's records and the service's own; returns rows by kind."""
    removed = await store.expire(tx.connection, tx.now, KEPT_DAYS)
    return removed | (await retention(tx) if retention else {})


def _operators_only(tx: Transaction) -> None:
    if tx.sender != subjects.CLI:
        raise Rejected("not_allowed", "only an operator, through the weefsel command, may do this")


async def _open(tx: Transaction, id_: UUID, *, any_status: bool = False) -> Record:
    row = await store.dead_letter(tx.connection, id_)
    if row is None:
        raise Rejected("unknown_id", "there is no dead letter with this id: see `weefsel dead-letters list`", "id")
    if row["status"] != "open" and not any_status:
        raise Rejected("closed", f"this dead letter was {row['status']} already", "id")
    return row
