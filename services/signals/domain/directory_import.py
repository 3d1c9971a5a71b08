"""Bringing a directory in: what is refused, what counts as changed, and what is told of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.signals.domain.directory_reading import Entry, Row
from shared.contracts.signals import Changes, ExportedRows, ImportFinished, Resource
from shared.messaging import Rejected

MOST_EXPORTED, LARGEST_PAGE = 500, 24_000
"""Rows, and bytes, of a page of what is exported."""
MOST_SENTENCES = 20


@dataclass
class Counted:
    """How many are new, have changed, are gone, or stayed as they were; and what could not be taken."""

    new: int = 0
    changed: int = 0
    gone: int = 0
    same: int = 0
    refused: list[str] = field(default_factory=list)

    def add(self, *, new: int = 0, changed: int = 0, gone: int = 0, same: int = 0) -> None:
        self.new, self.changed, self.gone, self.same = (
            self.new + new, self.changed + changed, self.gone + gone, self.same + same,
        )  # fmt: skip

    @property
    def moved(self) -> bool:
        """Whether anything is not as it was."""
        return bool(self.new or self.changed or self.gone)

    def told(self) -> Changes:
        return Changes(new=self.new, changed=self.changed, gone=self.gone, same=self.same)


def to_keep(
    entries: Iterable[Entry], known: Mapping[str, tuple[str, str, bool]], source: str, counted: Counted
) -> list[Entry]:
    """Those that are new or changed. What another source has under the same id is that source's, and stays so."""
    kept = []
    for each in entries:
        service = each.service
        theirs, digest, retired = known.get(service.service_id, (source, "", True))
        if theirs != source:
            counted.refused.append(
                f"service {service.service_id}: the id belongs to a service of {theirs}: give it another id"
            )
        elif each.digest == digest:
            counted.add(same=1)
        else:
            kept.append(each)
            went = service.retired and not retired
            counted.add(
                gone=went, new=service.service_id not in known, changed=service.service_id in known and not went
            )
    return kept


def finished(import_id: UUID, source: str, rows: Counted, services: Counted) -> ImportFinished:
    """What an import came to."""
    left_out = services.refused[MOST_SENTENCES - 1 :]
    more = [f"and {len(left_out)} more"] if len(left_out) > 1 else left_out
    return ImportFinished(
        import_id=import_id, source=source, rows=rows.told(), services=services.told(),
        refused=[*services.refused[: MOST_SENTENCES - 1], *more],
    )  # fmt: skip


def page(rows: Sequence[tuple[str, dict[str, str]]]) -> ExportedRows:
    """As many rows as fit in a message; at least one."""
    size, taken = 0, 0
    for _, row in rows:
        size += len(json.dumps(row, ensure_ascii=False).encode()) + 1
        if taken and size > LARGEST_PAGE:
            break
        taken += 1
    more = taken < len(rows) or len(rows) == MOST_EXPORTED
    return ExportedRows(rows=[row for _, row in rows[:taken]], next=rows[taken - 1][0] if more and rows else None)


def refuse_without_id(rows: Iterable[Row]) -> None:
    for number, row in enumerate(rows):
        if not row.get("id"):
            raise Rejected("missing", f"rows.{number} has no id: give each row its own", f"rows.{number}.id")


def refuse_incomplete(waiting: Mapping[str, int], said: Mapping[Resource, int]) -> None:
    """What got lost on the way would be retired as if its source had it no more."""
    if dict(waiting) != {resource: number for resource, number in said.items() if number}:
        raise Rejected("incomplete", "rows are not all here: begin the import again, and bring all of them", "rows")


def busy() -> Rejected:
    return Rejected("busy", "an import of this source is being finished: wait until it is, and begin again", "source")


def not_running() -> Rejected:
    return Rejected("unknown_id", "import_id is no import that runs: another began, or it is finished", "import_id")


def unknown_source() -> Rejected:
    return Rejected("unknown_id", "source is none that was brought in: see the list of them", "source")
