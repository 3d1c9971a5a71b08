"""Signals' handlers in a neighbourhood with its workers: who is on duty, their backup and the coordinator.

Each test makes a neighbourhood of its own, so that none sees what another left.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.signals.app import service
from shared import clock
from shared.contracts.profiles import DutyKept, NeighbourhoodKept, OrganisationKept, ParticipantKept, WorkerKept
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.handling import ORGANISATION, Handling, handling

ZONE = ZoneInfo("Europe/Brussels")
HOUR = timedelta(hours=1, minutes=1)
"""Longer than what is for today waits with one."""


@dataclass(frozen=True)
class Place:
    """A neighbourhood, and who works there; `marie` is on duty, `karim` stands in, `lieve` coordinates."""

    neighbourhood_id: str
    marie: UUID
    karim: UUID
    lieve: UUID
    organisation_id: str


@dataclass
class Signals(Handling):
    """What a test works with."""

    versions: dict[object, int] = field(default_factory=dict)

    def version(self, of: object) -> int:
        """The next version of something that profiles tells of."""
        self.versions[of] = self.versions.get(of, 0) + 1
        return self.versions[of]

    async def place(self, *, organisation_id: str = ORGANISATION, **more: Any) -> Place:
        """A new neighbourhood with its three workers."""
        id_ = f"here-{new_id().hex[-12:]}"
        made = Place(id_, new_id(), new_id(), new_id(), organisation_id)
        await self.tell(
            NeighbourhoodKept(
                neighbourhood_id=id_, version=1, names={"nl": "Hier"}, organisation_id=organisation_id, **more
            )
        )
        await self.worker(made.karim, id_, organisation_id=organisation_id)
        await self.worker(made.lieve, organisation_id=organisation_id)
        await self.worker(made.marie, id_, organisation_id=organisation_id, backup_id=made.karim)
        await self.duty(made, made.marie)
        return made

    async def worker(
        self, worker_id: UUID, *neighbourhood_ids: str, organisation_id: str = ORGANISATION, **more: Any
    ) -> UUID:
        """A worker, from now on, or what changed about one."""
        await self.tell(
            WorkerKept(
                worker_id=worker_id, version=self.version(worker_id), name="…", email="wie@buurtpunt.example",
                language="nl", organisation_id=organisation_id, neighbourhood_ids=list(neighbourhood_ids), **more,
            )
        )  # fmt: skip
        return worker_id

    async def organisation(self, organisation_id: str, **more: Any) -> None:
        """An organisation, from now on, or what changed about one."""
        await self.tell(
            OrganisationKept(organisation_id=organisation_id, version=self.version(organisation_id), **more)
        )

    async def duty(self, place: Place, worker_id: UUID | None, **more: Any) -> None:
        """Who is on duty from now on; `karim` comes next, and it ends at `lieve`."""
        roles = {place.marie: "worker", place.karim: "backup", place.lieve: "coordinator", None: "nobody"}
        values = {"backup_id": place.karim, "coordinator_id": place.lieve, "role": roles.get(worker_id, "worker")}
        await self.tell(
            DutyKept(
                neighbourhood_id=place.neighbourhood_id, version=self.version(place.neighbourhood_id),
                worker_id=worker_id, **values | more,
            )
        )  # fmt: skip

    async def someone(self, place: Place | str, *, id_: UUID | None = None, **more: Any) -> UUID:
        """A participant, from now on, or what changed about one."""
        found = id_ or new_id()
        where = place if isinstance(place, str) else place.neighbourhood_id
        values = {"neighbourhood_id": where, "languages": ["nl"], "reached_by": "email", "status": "active"} | more
        await self.tell(ParticipantKept(participant_id=found, version=self.version(found), **values))
        return found

    def move_to(self, weekday: int, hour: int) -> datetime:
        """Move the clock forward to the next such day and hour here; 0 is Monday. Returns that moment."""
        now = clock.now().astimezone(ZONE)
        at = now.replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=(weekday - now.weekday()) % 7)
        at = at if at > now else at + timedelta(days=7)
        self.move(at - now)
        return at

    async def left_of(self, *people: UUID) -> dict[str, list[Any]]:
        """In which tables someone is still named, in any column; the marks that they are erased are not among them."""
        tables = await self.rows(
            "SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables "
            "WHERE table_schema IN ('public', 'messaging') AND table_type = 'BASE TABLE'"
        )
        found = {}
        for table in {row["name"] for row in tables} - {"messaging.erased", "messaging.answer"}:
            rows = await self.rows(
                f"SELECT to_jsonb(t) AS row FROM {table} t WHERE t::text LIKE ANY($1::text[])",
                [f"%{id_}%" for id_ in people],
            )
            if rows:
                found[table] = [json.loads(row["row"]) for row in rows]
        return found


def by(worker_id: UUID) -> dict[str, Any]:
    """Asked by this worker."""
    return {"actor": f"worker:{worker_id}"}


def me(participant_id: UUID) -> dict[str, Any]:
    """Asked by this person."""
    return {"actor": f"participant:{participant_id}"}


@asynccontextmanager
async def signals(make: MakeStack, **settings_changes: Any) -> AsyncIterator[Signals]:
    """The handlers of signals, on a database and with a clock of their own."""
    async with handling(make, "signals", service, **settings_changes) as made:
        yield Signals(**vars(made))
