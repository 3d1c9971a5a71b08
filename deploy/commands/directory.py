"""`weefsel directory …`: the services that one can be referred to, brought in as Open Referral HSDS 3.0 has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from deploy.commands.asking import (
    OPERATOR,
    Actor,
    Json,
    ask,
    build,
    card,
    lay_out,
    policy,
    say,
    shown,
    table,
)
from deploy.commands.common import complaints, connected, print_json, run, sentences
from deploy.imports import directory_export, directory_files, directory_sending
from deploy.imports.directory import Reading
from deploy.imports.directory_files import Package
from deploy.imports.directory_report import Report
from deploy.imports.directory_tables import TABLES
from deploy.trouble import Trouble
from shared.contracts.signals import (
    Changes,
    DirectorySource,
    ImportFinished,
    ListDirectorySources,
    SearchDirectory,
    ServiceSummary,
    ShowService,
)
from shared.messaging.client import Client
from shared.policy import load as load_policy

app = typer.Typer(help="The services that one can be referred to.", no_args_is_help=True)
CAPACITY = {"yes": "has room", "no": "no room", "unknown": ""}


@dataclass(frozen=True)
class Brought:
    """How an import went."""

    reading: Reading
    report: Report
    finished: ImportFinished | None
    """None: it was only looked at."""

    def summary(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "path": str(self.reading.package.path),
            "source": self.finished.source if self.finished else self.reading.package.name,
            "dry_run": self.finished is None,
            "good": dict(self.reading.good),
            "bad": dict(self.reading.bad),
            "left_out_with_others": dict(self.reading.with_others),
            "mistakes": self.report.count,
            "first_mistakes": [
                {"file": each.file, "row": each.row, "field": each.field, "message": each.message}
                for each in self.report.first
            ],
            "report": str(self.report.path) if self.report.count else None,
            "result": self.finished.model_dump(mode="json") if self.finished else None,
        }


@app.command("import")
def import_directory(
    path: Annotated[Path, typer.Argument(help="A folder or zip: CSV files of HSDS 3.0, with datapackage.json.")],
    source: Annotated[str, typer.Option(help="Who publishes it; else the name in its datapackage.json.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look: change nothing.")] = False,
    report: Annotated[Path | None, typer.Option(help="Where all mistakes are written; else beside it.")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Bring a directory in. What is good goes in; the same again changes nothing; what is gone is retired."""
    try:
        with sentences():
            package = directory_files.find(path)
        result = run(_import(package, source, report, dry_run=dry_run, quiet=as_json))
    except KeyboardInterrupt:
        complaints.print("Stopped. Nothing was changed: run it again to bring it in.", style="yellow")
        raise typer.Exit(130) from None
    if as_json:
        print_json(result.summary())
    else:
        _tell(result)
    if result.report.count or (result.finished and result.finished.refused):
        raise typer.Exit(1)


@app.command()
def search(
    words: Annotated[list[str] | None, typer.Argument(help="In Dutch, French or English.")] = None,
    kind: Annotated[str | None, typer.Option(help="What it is about, of the policy's kinds of signals.")] = None,
    neighbourhood: Annotated[str | None, typer.Option(help="Services that serve it, or lie near it.")] = None,
    within: Annotated[float | None, typer.Option(help="How near, in kilometres.")] = None,
    language: Annotated[str | None, typer.Option(help="That is spoken there: nl, fr, tr, …")] = None,
    open_now: Annotated[bool, typer.Option("--open-now", help="Open at this moment.")] = False,
    has_capacity: Annotated[bool, typer.Option("--has-capacity", help="Not known to be full.")] = False,
    take_part: Annotated[
        bool | None, typer.Option("--take-part/--no-take-part", help="Volunteering and associations, or none of them.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
    after: Annotated[str | None, typer.Option(help="Go on after an earlier page: its `next`.")] = None,
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """Services that fit, the best first."""
    with sentences():
        query = build(
            SearchDirectory,
            {
                "words": " ".join(words or []) or None, "kind": kind, "neighbourhood_id": neighbourhood,
                "within_km": within, "language": language, "open_now": open_now, "has_capacity": has_capacity,
                "stepping_stone": take_part, "limit": limit, "after": after,
            },
        )  # fmt: skip
    page = ask(lambda client: client.get(query, actor=actor))
    if as_json:
        print_json(page)
        return
    lay_out(table("name", "organisation", "", "id", rows=map(_line, page.services), empty="Nothing was found."))
    if page.next:
        say("There is more: give --limit, or fewer words.", "dim")


@app.command()
def show(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="Its id, or words that only one has.")],
    actor: Actor = OPERATOR, as_json: Json = False,
) -> None:  # fmt: skip
    """One service, with all that is known of it."""
    found = ask(lambda client: _the_service(client, service, actor))
    if as_json:
        print_json(found)
        return
    answers = "by events, as a partner" if found.by_partner else "from a link in a mail" if found.email else "by phone"
    lines: list[tuple[str, object]] = [
        ("id", found.service_id), ("organisation", found.organisation_name), ("about", ", ".join(found.kinds)),
        ("take part", found.stepping_stone or None), ("description", found.description),
        ("for whom", found.eligibility), ("how", found.how_to_apply), ("fees", found.fees),
        ("open", "\n".join(found.opening_hours)), ("now", _open(found)), ("room", CAPACITY[found.capacity]),
        ("languages", ", ".join(found.languages)), ("address", "\n".join(found.addresses)),
        ("phone", "\n".join(found.phones)), ("e-mail", found.email), ("web", found.url), ("answers", answers),
        ("retired", found.retired or None),
    ]  # fmt: skip
    lay_out(card(found.name, lines))


@app.command()
def export(
    path: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    source: Annotated[str, typer.Option(help="Whose, when there are several.")] = "",
    as_json: Json = False,
) -> None:
    """Write a directory as it was brought in: CSV files of HSDS 3.0, with datapackage.json."""
    written = ask(lambda client: _export(client, path, source))
    if as_json:
        print_json({"path": str(path), "rows": dict(written)})
        return
    say(f"{written['service']} services, {written.total()} rows in all, are in {path}.")


@app.command()
def sources(actor: Actor = OPERATOR, as_json: Json = False) -> None:
    """Whose directories were brought in."""
    found = ask(lambda client: client.get(ListDirectorySources(), actor=actor)).sources
    if as_json:
        print_json(found)
        return
    rows = [(each.source, each.title, each.services, each.retired, shown(each.brought_at)) for each in found]
    empty = "None was brought in yet: `weefsel directory import`."
    lay_out(table("source", "title", "services", "retired", "brought in", rows=rows, empty=empty))


async def _import(package: Package, source: str, report: Path | None, *, dry_run: bool, quiet: bool) -> Brought:
    mistakes = Report(report or package.path.with_name(f"{package.path.name}.errors.csv"))
    with mistakes, _progress(package, quiet=quiet) as (read, finishing):
        if dry_run:
            reading = Reading(package, load_policy().languages[0], mistakes.add, read)
            for _ in reading.lines():
                pass
            return Brought(reading, mistakes, None)
        async with connected() as client:
            reading = Reading(package, policy().languages[0], mistakes.add, read)
            finished = await directory_sending.bring(
                client, source or package.name, package.title, reading.lines(), reading.unsure, finishing=finishing
            )
    return Brought(reading, mistakes, finished)


@contextmanager
def _progress(package: Package, *, quiet: bool) -> Iterator[tuple[Any, Any]]:
    """A bar of what was read; functions that move it on, and say that the rest is up to signals."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=complaints, disable=quiet) as progress:
        task: TaskID = progress.add_task("reading", total=sum(package.sizes.values()))
        yield (
            lambda size: progress.advance(task, size),
            lambda: progress.update(task, description="taking it in", total=None),
        )


def _tell(result: Brought) -> None:
    reading, report, finished = result.reading, result.report, result.finished
    if reading.package.remark:
        say(f"{reading.package.remark[0].upper()}{reading.package.remark[1:]}.", "yellow")
    if reading.package.aside:
        say(f"Not read, for HSDS has no such table: {', '.join(reading.package.aside)}.", "yellow")
    for mistake in report.first:
        say(str(mistake), "red")
    if report.count > len(report.first):
        say(f"… and {report.count - len(report.first)} more.", "red")
    if report.count:
        say(f"All that is wrong stands in {report.path}.", "red")
    _tell_counts(reading)
    if finished is None:
        say("Nothing was changed.")
        return
    for sentence in finished.refused:
        say(sentence, "red")
    if not (_moved(finished.rows) or _moved(finished.services)):
        say(
            f"Nothing has changed since it was last brought in: {finished.services.same} services of {finished.source}."
        )
    else:
        say(f"Rows: {_changes(finished.rows, 'gone')}. Services: {_changes(finished.services, 'retired')}.")


def _tell_counts(reading: Reading) -> None:
    rows = [
        (
            TABLES[resource].file,
            reading.good[resource],
            reading.bad[resource] or "",
            reading.with_others[resource] or "",
        )
        for resource in TABLES
        if resource in reading.package.files
    ]
    lay_out(table("file", "good rows", "left out", "left out with others", rows=rows, empty=""))


def _moved(changes: Changes) -> bool:
    return bool(changes.new or changes.changed or changes.gone)


def _changes(changes: Changes, gone: str) -> str:
    return f"{changes.new} new, {changes.changed} changed, {changes.gone} {gone}, {changes.same} as they were"


def _line(each: ServiceSummary) -> tuple[str, str, str, str]:
    distance = "" if each.distance_km is None else f"{each.distance_km:g} km"
    said = ", ".join(filter(None, (distance, _open(each), CAPACITY[each.capacity])))
    return each.name, each.organisation_name, said, each.service_id


def _open(each: ServiceSummary) -> str:
    return {True: "open", False: "closed", None: ""}[each.open_now]


async def _the_service(client: Client, text: str, actor: str) -> Any:
    """By its id, or as the only one that some words find. Raises Trouble."""
    if " " not in text:
        answer = await client.ask(build(ShowService, {"service_id": text}), actor=actor)
        if answer.status == "accepted":
            return ShowService.RESULT.model_validate(answer.result)
    found = (await client.get(build(SearchDirectory, {"words": text, "limit": 10}), actor=actor)).services
    named = [each for each in found if each.name.casefold() == text.casefold()] or found
    if len(named) == 1:
        return await client.get(ShowService(service_id=named[0].service_id), actor=actor)
    if not named:
        raise Trouble(f"No service is called '{text}': see `weefsel directory search`.")
    lines = "\n".join(f"  {each.name} ({each.organisation_name}): {each.service_id}" for each in named)
    raise Trouble(f"'{text}' can be any of these:\n{lines}")


async def _export(client: Client, path: Path, source: str) -> Any:
    known: list[DirectorySource] = (await client.get(ListDirectorySources())).sources
    chosen = [each for each in known if each.source == source] if source else known
    if len(chosen) != 1:
        names = ", ".join(each.source for each in known) or "none"
        raise Trouble(f"There are several directories, or not the one that you mean ({names}): give --source.")
    return await directory_export.write(client, chosen[0], path)
