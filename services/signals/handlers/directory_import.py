"""A directory is brought in, and taken out again. By operators."""

from __future__ import annotations

from services.signals.domain import directory_import as domain
from services.signals.domain.directory_import import Counted
from services.signals.domain.directory_reading import Entry, Facts, Rules, entry, terms
from services.signals.repository import directory_import as repository
from services.signals.repository import directory_making as making
from shared.access import Kind, who
from shared.contracts.signals import (
    BeginImport,
    BringRows,
    ExportedRows,
    ExportRows,
    FinishImport,
    ImportFinished,
    ImportProgress,
    ImportRef,
    RowsBrought,
    ShowImport,
)
from shared.ids import new_id
from shared.messaging import Transaction, handles

OPERATOR: frozenset[Kind] = frozenset({"operator"})
AT_ONCE = 200
"""Services that are made at a time: what is known of so many fits in memory a hundred times over."""


@handles(BeginImport)
async def begin_import(command: BeginImport, tx: Transaction) -> ImportRef:
    """From now on this is the import of its source."""
    who(tx, OPERATOR)
    import_id = new_id()
    if not await repository.begin(tx, command.source, command.title, import_id):
        raise domain.busy()
    return ImportRef(import_id=import_id, source=command.source)


@handles(BringRows)
async def bring_rows(command: BringRows, tx: Transaction) -> RowsBrought:
    """Rows wait until all are there."""
    who(tx, OPERATOR)
    if await repository.source_of(tx, command.import_id) is None:
        raise domain.not_running()
    domain.refuse_without_id(command.rows)
    await repository.stage(tx, command.import_id, command.resource, command.first, command.rows)
    first = command.first + len(command.rows)
    await repository.stage_kept(tx, command.import_id, command.resource, first, command.kept)
    return RowsBrought(brought=len(command.rows) + len(command.kept))


@handles(FinishImport)
async def finish_import(command: FinishImport, tx: Transaction) -> ImportFinished:
    """All that was brought is taken, and what the source no longer has is retired."""
    who(tx, OPERATOR)
    source = await repository.locked(tx, command.import_id)
    if source is None:
        raise domain.not_running()
    waiting = await repository.staged(tx, command.import_id)
    domain.refuse_incomplete(waiting, command.rows)
    rows = await _take(tx, source, command, waiting)
    rules = Rules.of(tx.settings.policy)
    as_before = not rows.moved and await repository.made_by(tx, source) == rules.made_by()
    services = Counted(same=await making.count(tx, source)) if as_before else await _make(tx, source, rules)
    await repository.finish(tx, source, command.import_id, rules.made_by())
    return domain.finished(command.import_id, source, rows, services)


@handles(ShowImport)
async def show_import(query: ShowImport, tx: Transaction) -> ImportProgress:
    """How far an import is."""
    who(tx, OPERATOR)
    state = await repository.state(tx, query.import_id)
    if state is None:
        raise domain.not_running()
    return ImportProgress(import_id=query.import_id, state=state)


@handles(ExportRows)
async def export_rows(query: ExportRows, tx: Transaction) -> ExportedRows:
    """As many rows as fit in a message."""
    who(tx, OPERATOR)
    if not await repository.exists(tx, query.source):
        raise domain.unknown_source()
    rows = await repository.exported(tx, query.source, query.resource, query.after or "", domain.MOST_EXPORTED)
    return domain.page(rows)


async def _take(tx: Transaction, source: str, command: FinishImport, waiting: dict[str, int]) -> Counted:
    """Rows that wait become those that are there."""
    counted = Counted()
    await repository.prepare(tx)
    for resource, number in waiting.items():
        new, changed = await repository.take(tx, source, command.import_id, resource, number)
        counted.add(new=new, changed=changed, same=number - new - changed)
    counted.add(gone=await repository.drop_gone(tx, source, command.import_id, command.unsure))
    return counted


async def _make(tx: Transaction, source: str, rules: Rules) -> Counted:
    """Services are made of rows, some at a time, while those before them are written.

    Those that are as they were are left alone.
    """
    meanings = terms(*await making.terms(tx, source), rules)
    counted, after = Counted(gone=await making.retire_gone(tx, source)), ""
    stems: dict[str, tuple[str, ...]] = {}
    made: list[Entry] = []
    while ids := await making.service_ids(tx, source, after, AT_ONCE):
        around, known = await making.facts(tx, source, ids), await making.known(tx, ids)

        def make(around: list[Facts] = around) -> list[Entry]:
            return [entry(source, facts, meanings, rules) for facts in around]

        entries = await making.keep_while(tx, made, stems, make)
        made, after = domain.to_keep(entries, known, source, counted), ids[-1]
    await making.keep(tx, made, stems)
    return counted
