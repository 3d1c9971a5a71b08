"""A directory of a test's own: rows that are brought in as the command does, and what is then found."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import h3
import pytest

from services.signals.repository import directory_search
from shared.contracts.deploy import PartnerGranted
from shared.contracts.profiles import NeighbourhoodKept
from shared.contracts.signals import BeginImport, BringRows, FinishImport, ImportFinished, SearchDirectory
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.handling import Handling, handling
from tests.signals.only_directory import service

Rows = Mapping[Any, Sequence[Mapping[str, str]]]
"""By table."""
MIDDLE = (51.0577, 3.7005)
"""Of the neighbourhood in which a test looks: latitude and longitude."""


@dataclass
class Directory(Handling):
    """What a test works with."""

    async def bring(
        self, source: str, rows: Rows, kept: Mapping[Any, Sequence[str]] | None = None, unsure: Sequence[Any] = ()
    ) -> ImportFinished:
        """Bring these rows in, and finish."""
        begun = await self.get(BeginImport(source=source, title=source.title()))
        kept = kept or {}
        for resource in {**rows, **kept}:
            await self.get(
                BringRows(
                    import_id=begun.import_id, resource=resource, first=1,
                    rows=[dict(row) for row in rows.get(resource, ())], kept=list(kept.get(resource, ())),
                )
            )  # fmt: skip
        counts: Any = {
            resource: len(rows.get(resource, ())) + len(kept.get(resource, ())) for resource in {**rows, **kept}
        }
        found: ImportFinished = await self.get(
            FinishImport(import_id=begun.import_id, rows=counts, unsure=list(unsure))
        )
        return found

    async def names(self, **query: Any) -> list[str]:
        """What the services are called that are found, in order, over all pages."""
        found, after = [], None
        while True:
            page = await self.get(SearchDirectory(**query, after=after))
            found += [each.name for each in page.services]
            after = page.next
            if after is None:
                return found

    async def neighbourhood(self, *, drawn: bool = True, **more: Any) -> str:
        """A neighbourhood of about a kilometre around `MIDDLE`."""
        id_ = f"n-{new_id().hex[-12:]}"
        cells = h3.grid_disk(h3.latlng_to_cell(*MIDDLE, 9), 2) if drawn else []
        await self.tell(
            NeighbourhoodKept(neighbourhood_id=id_, version=1, organisation_id="buurtpunt", cells=sorted(cells), **more)
        )
        return id_

    async def empty(self) -> None:
        """As if nothing was ever brought in."""
        for table in ("service", "directory_row", "directory_staged", "directory_source"):
            await self.rows(f"DELETE FROM {table}")

    async def partner(self, organisation_id: str) -> None:
        await self.tell(
            PartnerGranted(
                partner=f"p-{organisation_id}",
                organisation_id=organisation_id,
                neighbourhood_ids=[],
                commands=["signals.referral.accept"],
            )
        )


def organised(*services: Mapping[str, str], **more: Sequence[Mapping[str, str]]) -> dict[str, list[dict[str, str]]]:
    """Services of one organisation, with ids and a status where they have none, and rows beside them."""
    made = [
        {"id": each.get("id") or f"s-{new_id()}", "organization_id": "o-1", "status": "active", **each}
        for each in services
    ]
    return {
        "organization": [{"id": "o-1", "name": "Het Steunpunt", "description": "Een organisatie."}],
        "service": made,
        **{resource: [dict(row) for row in rows] for resource, rows in more.items()},
    }


def as_if_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Search as if very many services fitted: the order is walked, circles widen, and which stems begin so is left to
    the index."""

    async def many(*_: object) -> int:
        return 10**9

    monkeypatch.setattr(directory_search, "_estimate", many)
    monkeypatch.setattr(directory_search, "MOST_STEMS", -1)


@asynccontextmanager
async def directories(make: MakeStack) -> AsyncIterator[Directory]:
    """The handlers of the directory, on a database of their own."""
    async with handling(make, "signals", service) as made:
        yield Directory(**vars(made))
