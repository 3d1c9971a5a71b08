"""Bringing a directory in, and taking it out again: rows of Open Referral HSDS 3.0, as its publisher wrote them.

An import begins, brings rows by the hundred, and is finished: only then does anything change, and all of it at once.
Begun again, it starts afresh. By operators alone.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.contracts.envelope import Command, Contract, Query
from shared.contracts.signals.directory import DirectoryId
from shared.contracts.types import Moment, Name, Text

Source = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")]
"""Who publishes a directory; what one no longer has is retired among its own."""
Resource = Literal[
    "organization", "organization_identifier", "program", "taxonomy", "taxonomy_term", "service", "location",
    "service_at_location", "contact", "phone", "address", "accessibility", "schedule", "language", "service_area",
    "required_document", "cost_option", "funding", "service_capacity", "attribute",
]  # fmt: skip
"""A table, as HSDS calls it (`service_capacity` is of HSDS 3.1)."""
RowId = DirectoryId
Cell = Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00]*$")]
Row = dict[str, Cell]
"""By column; what is empty is left out."""
ImportState = Literal["bringing", "finishing", "finished"]

_IMPORT = "019a5e00-0a10-7c00-8000-1f2e3d4c5b01"
_SERVICE = "ac148810-d857-441c-9679-408f346de14b"


class ImportRef(Contract):
    """An import, as answer to a command about it."""

    import_id: UUID
    source: Source


class BeginImport(Command, type="signals.import.begin.v1", result=ImportRef):
    """Begin to bring a directory in. One of the same source that wasn't finished is thrown away."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"source": "sociale-kaart-gent", "title": "Sociale kaart van Gent"}
    source: Source
    title: Name


class RowsBrought(Contract):
    """How many rows were taken."""

    brought: int


class BringRows(Command, type="signals.import.bring.v1", result=RowsBrought):
    """Rows of one table."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "import_id": _IMPORT,
        "resource": "service",
        "first": 1,
        "rows": [{"id": _SERVICE, "organization_id": "o-1", "name": "Poetshulp", "status": "active"}],
    }
    import_id: UUID
    resource: Resource
    first: Annotated[int, Field(ge=1, le=2**31)]
    """The number of the first of them among all rows of this table; the others follow."""
    rows: Annotated[list[Row], Field(max_length=2_000)] = []
    """Each with its `id`."""
    kept: Annotated[list[RowId], Field(max_length=2_000)] = []
    """Ids of rows that could not be read: what is here of them stays as it was."""


class Changes(Contract):
    """How many are new, have changed, are gone, and stayed as they were."""

    new: int
    changed: int
    gone: int
    same: int


class ImportFinished(Contract):
    """What an import came to."""

    import_id: UUID
    source: Source
    rows: Changes
    services: Changes
    """Gone: retired, and kept for referrals that name them."""
    refused: list[str]
    """Sentences on what could not be taken after all; at most twenty."""


class FinishImport(Command, type="signals.import.finish.v1", result=ImportFinished):
    """Take all that was brought, at once; what is gone is retired."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"import_id": _IMPORT, "rows": {"organization": 2, "service": 3}}
    import_id: UUID
    rows: dict[Resource, Annotated[int, Field(ge=0, le=2**31)]]
    """How many rows were brought of each table, with those that are kept: what got lost on the way is noticed."""
    unsure: list[Resource] = []
    """Tables with rows of which not even the id could be read: nothing of them counts as gone."""


class ImportProgress(Contract):
    """How far an import is."""

    import_id: UUID
    state: ImportState


class ShowImport(Query, type="signals.import.show.v1", result=ImportProgress):
    """How far an import is: finishing a large one takes longer than a question waits."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"import_id": _IMPORT}
    import_id: UUID


class DirectorySource(Contract):
    """Who publishes a directory."""

    source: Source
    title: str
    brought_at: Moment | None
    """When it was last brought in; null when never to the end."""
    services: int
    retired: int


class DirectorySources(Contract):
    """All of them."""

    sources: list[DirectorySource]


class ListDirectorySources(Query, type="signals.source.list.v1", result=DirectorySources):
    """Whose directories were brought in. For workers and operators."""

    EXAMPLE: ClassVar[dict[str, Any]] = {}


class ExportedRows(Contract):
    """A page of rows."""

    rows: list[Row]
    next: str | None
    """Give it as `after` to read on; null on the last page."""


class ExportRows(Query, type="signals.directory.export.v1", result=ExportedRows):
    """Rows of one table of one source, in the order of their ids: as many as fit in a message."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"source": "sociale-kaart-gent", "resource": "service"}
    source: Source
    resource: Resource
    after: Text | None = None


__all__ = [
    "BeginImport",
    "BringRows",
    "Cell",
    "Changes",
    "DirectorySource",
    "DirectorySources",
    "ExportRows",
    "ExportedRows",
    "FinishImport",
    "ImportFinished",
    "ImportProgress",
    "ImportRef",
    "ImportState",
    "ListDirectorySources",
    "Resource",
    "Row",
    "RowsBrought",
    "ShowImport",
    "Source",
]
