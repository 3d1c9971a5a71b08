"""Notify by itself on real servers: people and mails are put into its database, a scripted server takes the mails."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from services.notify.app import service
from shared import clock
from shared.ids import new_id
from shared.messaging.client import Client
from shared.messaging.service import Running
from tests.conftest import MakeStack
from tests.handling import PLACE
from tests.notify.smtp import ScriptedSmtp
from tests.servers import Stack
from tests.waiting import eventually

HASTE: dict[str, Any] = {
    "smtp_timeout": 1.0, "mail_lease": 2.0, "smtp_rate": 10_000.0, "mail_retry_after": (0.2, 0.4, 0.4),
}  # fmt: skip
"""Settings with which nothing takes long; a mail is put aside after three tries that failed."""


@dataclass
class Sending:
    """What a test of sending works with."""

    stack: Stack
    smtp: ScriptedSmtp
    clock: Path
    worker_id: UUID
    client: Client

    async def people(self, many: int) -> list[tuple[UUID, str]]:
        """So many participants, with their addresses."""
        made = [(new_id(), f"p{new_id().hex[-10:]}@example.org") for _ in range(many)]
        await self._many(
            """
            INSERT INTO participant (participant_id, version, neighbourhood_id, name, languages, reached_by, email,
                phone, quiet_from, quiet_until, status, mandate_holder_ids)
            VALUES ($1, 1, $3, 'Jos Peeters', '{nl}', 'email', $2, '09 123 45 67', '03:00', '03:01', 'active', '{}')
            """,
            [(*each, PLACE) for each in made],
        )
        return made

    async def introduce(self, people: Sequence[tuple[UUID, str]], other: UUID, stage: str = "waiting") -> list[UUID]:
        """A mail to each of them, for which no other service is asked."""
        now = clock.now()
        rows = [(new_id(), each, other, now, PLACE, new_id()) for each, _ in people]
        await self._many(
            """
            INSERT INTO mail (mail_id, kind, to_kind, to_id, other_id, stage, due_at, made_at, neighbourhood_id, thread)
            VALUES ($1, 'introduced', 'participant', $2, $3, 'waiting', $4, $4, $5, $6)
            """,
            rows,
        )
        return [row[0] for row in rows]

    async def one(self, act: str = "", **more: Any) -> tuple[UUID, str]:
        """One mail to somebody new, for whom the server does so first. Returns the mail's id and the address."""
        (one, other) = await self.people(2)
        if act:
            self.smtp.script[one[1]] = [act]  # type: ignore[list-item]
        (mail_id,) = await self.introduce([one], other[0])
        return mail_id, one[1]

    async def stages(self) -> dict[str, int]:
        """How many mails stand where."""
        rows = await self.stack.fetch("notify", "SELECT stage, count(*) FROM mail GROUP BY stage")
        return {row[0]: row[1] for row in rows}

    async def mail(self, mail_id: UUID) -> Any:
        return (await self.stack.fetch("notify", "SELECT * FROM mail WHERE mail_id = $1", mail_id))[0]

    async def becomes(self, mail_id: UUID, stage: str, within: float = 20) -> Any:
        """Wait until a mail stands so; returns it."""

        async def so() -> Any:
            mail = await self.mail(mail_id)
            assert mail["stage"] == stage, (mail["stage"], mail["attempts"], mail["reason"])
            return mail

        return await eventually(so, within=within, what=f"a mail that is {stage}")

    async def _many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        connection = await asyncpg.connect(self.stack.admin_dsn("notify"))
        try:
            await connection.executemany(sql, rows)
        finally:
            await connection.close()

    def running(self, **changes: Any) -> Any:
        """Notify, within this process."""
        return self.stack.running("notify", **({"smtp_port": self.smtp.port} | HASTE | changes))

    def environment(self, **changes: Any) -> dict[str, str]:
        """The same for a process of its own."""
        values = {"smtp_port": self.smtp.port} | HASTE | changes
        texts = {
            f"WEEFSEL_{name.upper()}": str(list(value)) if isinstance(value, tuple) else str(value)
            for name, value in values.items()
        }
        return self.stack.environment("notify") | texts


@asynccontextmanager
async def prepared(make: MakeStack, *others: str) -> AsyncIterator[Sending]:
    """A place with a worker on duty, and a mail server that does as it is told; notify itself the test starts."""
    stack = await make([*others, service])
    file, before = stack.folder / "clock", os.environ.get("WEEFSEL_CLOCK_FILE")
    os.environ["WEEFSEL_CLOCK_FILE"] = str(file)
    worker_id = new_id()
    try:
        await stack.execute(
            "notify",
            f"""
            INSERT INTO neighbourhood VALUES ('{PLACE}', 1, '{{"nl": "Brugse Poort"}}', 'Europe/Brussels', 'default',
                'buurtpunt', false);
            INSERT INTO worker VALUES ('{worker_id}', 1, 'Marie Claes', 'marie@buurtpunt.example', NULL, 'nl',
                'buurtpunt', '{{{PLACE}}}', NULL, false);
            INSERT INTO duty VALUES ('{PLACE}', 1, '{worker_id}', 'worker', NULL, NULL);
            """,
        )
        async with ScriptedSmtp().running() as smtp, stack.connect() as client:
            yield Sending(stack, smtp, file, worker_id, client)
    finally:
        os.environ.pop("WEEFSEL_CLOCK_FILE")
        if before is not None:
            os.environ["WEEFSEL_CLOCK_FILE"] = before


def hours(many: float) -> timedelta:
    return timedelta(hours=many)


__all__ = ["HASTE", "Running", "Sending", "hours", "prepared"]
