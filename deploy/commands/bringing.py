"""`weefsel participants import FILE`: many people at once, from a CSV file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args
from uuid import UUID

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from deploy.commands.asking import OPERATOR, Actor, Json, every, policy, say
from deploy.commands.common import complaints, connected, print_json, run
from deploy.imports.courier import Courier
from deploy.imports.participants import MADE, Mistake, Places, Reading, Registration, mistakes_of, shown, understand
from deploy.imports.table import Row, write_bad_rows
from deploy.trouble import Trouble
from shared.contracts.envelope import Answer
from shared.contracts.profiles import ListNeighbourhoods, OnWordOf
from shared.ids import new_id
from shared.messaging.client import Client

SHOWN = 20
"""As many bad rows are shown; the file of bad rows has them all."""

ERASED = Mistake("", "is someone who was erased: delete the row from your file")
"""What is wrong with such a row; it is not written to the file of bad rows, for nothing in it can be corrected."""


@dataclass(frozen=True)
class Brought:
    """How an import went."""

    reading: Reading
    brought: int
    known: int
    """Of good rows, how many people were in already."""
    errors: Path | None
    """The file of bad rows."""

    def summary(self, *, dry_run: bool) -> dict[str, Any]:
        """For scripts."""
        return {
            "file": str(self.reading.table.path),
            "encoding": self.reading.table.encoding,
            "delimiter": self.reading.table.delimiter,
            "dry_run": dry_run,
            "rows": len(self.reading.table.rows),
            "good": len(self.reading.good) if dry_run else self.brought,
            "brought_in": self.brought - self.known,
            "in_already": self.known,
            "repeated": {str(row): first for row, first in self.reading.repeated.items()},
            "columns_not_imported": list(self.reading.columns.unknown),
            "bad": [
                {"row": row.number, "column": mistake.column, "reason": mistake.message}
                for row, mistakes in self.bad()
                for mistake in mistakes
            ],
            "bad_rows": len(self.reading.bad),
            "errors_file": str(self.errors) if self.errors else None,
        }

    def bad(self) -> list[Any]:
        """Bad rows with their mistakes, in the order of the file."""
        return [self.reading.bad[number] for number in sorted(self.reading.bad)]


def import_participants(
    file: Annotated[Path, typer.Argument(help="CSV: UTF-8 or Windows-1252; comma, semicolon or tab.")],
    neighbourhood: Annotated[str, typer.Option(help="For rows that name none.")] = "",
    on_word_of: Annotated[str, typer.Option(help=", ".join(get_args(OnWordOf)))] = "organisation",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look: bring nobody in.")] = False,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Bring many people in. Good rows go in, bad rows into a file beside it; the same file twice changes nothing."""
    try:
        result = run(_import(file, neighbourhood, on_word_of, dry_run, actor, quiet=as_json))
    except KeyboardInterrupt:
        complaints.print("Stopped. Who is in, stays in: run it again to bring in the others.", style="yellow")
        raise typer.Exit(130) from None
    if as_json:
        print_json(result.summary(dry_run=dry_run))
    else:
        _tell(result, dry_run)
    if result.reading.bad:
        raise typer.Exit(1)


async def _import(
    file: Path, neighbourhood: str, on_word_of: str, dry_run: bool, actor: str, *, quiet: bool
) -> Brought:
    if on_word_of not in get_args(OnWordOf):
        raise Trouble(f"--on-word-of is one of {', '.join(get_args(OnWordOf))}.")
    rules = policy()
    async with connected() as client:
        places = Places.of(await every(client, ListNeighbourhoods(limit=100), "neighbourhoods", actor), neighbourhood)
        reading = understand(file, places, rules, on_word_of)
        brought, known = (0, 0) if dry_run else await _bring(client, reading, actor, quiet=quiet)
    bad = [(row, [str(mistake) for mistake in mistakes]) for row, mistakes in correctable(reading)]
    return Brought(reading, brought, known, write_bad_rows(reading.table, bad) if bad and not dry_run else None)


async def _bring(client: Client, reading: Reading, actor: str, *, quiet: bool) -> tuple[int, int]:
    """Send the good rows; those that are refused become bad ones. Returns how many are in, and were in already."""
    by_id = {each.id: each for each in reading.good}
    brought = known = 0
    began = new_id()
    with _progress(quiet) as progress:
        task = progress.add_task("", total=len(by_id), trouble="")
        courier = Courier(client, actor, troubled=lambda text: progress.update(task, trouble=text))
        async for id_, answer in courier.deliver((each.id, each.command) for each in reading.good):
            if answer.status == "accepted":
                brought += 1
                known += UUID((answer.result or {})["participant_id"]) < began  # ids are in order of creation
            elif _is_that_very_row(answer, by_id[id_]):
                brought += 1
                known += 1
            elif any(problem.code == "erased" for problem in answer.problems):
                reading.refuse(by_id[id_].row, [ERASED])
            else:
                mistakes = mistakes_of(answer.problems, reading.columns)
                reading.refuse(by_id[id_].row, mistakes or [Mistake("", "was refused without a reason")])
            progress.advance(task)
    return brought, known


def correctable(reading: Reading) -> list[tuple[Row, list[Mistake]]]:
    """The bad rows, in the order of the file, without those of people who were erased."""
    return [(row, found) for _, (row, found) in sorted(reading.bad.items()) if ERASED not in found]


def _is_that_very_row(answer: Answer, registration: Registration) -> bool:
    """Whether someone came in by this row, and only their name was changed since."""
    made = (registration.command.reference or "").startswith(MADE)
    return made and any(problem.code == "reference_taken" for problem in answer.problems)


def _progress(quiet: bool) -> Progress:
    return Progress(
        TextColumn("bringing in"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        TextColumn("[yellow]{task.fields[trouble]}"), console=complaints, disable=quiet,
    )  # fmt: skip


def _tell(result: Brought, dry_run: bool) -> None:
    reading = result.reading
    if reading.columns.unknown:
        say(f"Not imported, for there is no field for it: {shown(reading.columns.unknown)}.", "yellow")
    if not reading.table.rows:
        say(f"{reading.table.path} holds no rows: only the one that names the columns.", "yellow")
    for row, mistakes in result.bad()[:SHOWN]:
        for mistake in mistakes:
            place = f"row {row.number}, column {mistake.column}" if mistake.column else f"row {row.number}"
            say(f"{place}: {mistake.message}", "red")
    if len(reading.bad) > SHOWN:
        say(f"… and {len(reading.bad) - SHOWN} more bad rows.", "red")
    for number, first in list(reading.repeated.items())[:SHOWN]:
        say(f"row {number} says the same as row {first}: one person.", "dim")
    if dry_run:
        say(f"{len(reading.good)} of {len(reading.table.rows)} rows can be brought in. Nothing was changed.")
    else:
        say(f"{result.brought} of {len(reading.table.rows)} rows are in the network.")
        if result.brought:
            say(f"{result.brought - result.known} were brought in, {result.known} were in already.")
    if result.errors:
        number = len(correctable(reading))
        say(f"The {number} bad rows are in {result.errors}: correct them there, and import that file.")
