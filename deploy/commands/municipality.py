"""`weefsel init`: a real municipality, without demo data. What it asks, it sends as commands, as anyone else would."""

from __future__ import annotations

import asyncio
import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from deploy.commands import common, running
from deploy.commands.asking import build
from deploy.commands.common import console, sentences
from deploy.embedded.home import Home, Ports
from deploy.trouble import Trouble
from shared import policy
from shared.contracts.envelope import Command
from shared.contracts.profiles import (
    ListWorkers,
    NameBackup,
    NameCoordinator,
    RegisterNeighbourhood,
    RegisterOrganisation,
    RegisterWorker,
)
from shared.ids import id_from
from shared.messaging.client import Client

app = typer.Typer()
MORE = "the next one (Enter: no more)"


@dataclass(frozen=True)
class Person:
    """Who works there."""

    name: str
    email: str


@dataclass(frozen=True)
class Municipality:
    """All that is asked."""

    organisation: str
    kind: str
    neighbourhoods: list[str]
    workers: list[Person]
    coordinator: Person
    language: str
    timezone: str

    def commands(self) -> list[tuple[Command, tuple[str, ...]]]:
        """Organisation, neighbourhoods, workers; with what each is about, which makes its id."""
        organisation = identifier(self.organisation)
        made: list[tuple[Command, tuple[str, ...]]] = []
        values: dict[str, object] = {
            "organisation_id": organisation, "names": {self.language: self.organisation}, "kind": self.kind
        }  # fmt: skip
        made.append((build(RegisterOrganisation, values), ("organisation", organisation)))
        places = {identifier(name): name for name in self.neighbourhoods}
        for place, name in places.items():
            values = {
                "neighbourhood_id": place, "names": {self.language: name}, "organisation_id": organisation,
                "timezone": self.timezone,
            }  # fmt: skip
            made.append((build(RegisterNeighbourhood, values), ("neighbourhood", place)))
        for person in self.everyone():
            values = {
                "name": person.name, "email": person.email, "language": self.language, "organisation_id": organisation,
                "neighbourhood_ids": list(places) if person in self.workers else [],
            }  # fmt: skip
            made.append((build(RegisterWorker, values), ("worker", person.email)))
        return made

    def everyone(self) -> list[Person]:
        return list(dict.fromkeys([*self.workers, self.coordinator]))


@app.command()
def init(
    organisation: Annotated[str, typer.Option(help="The organisation whose workers connect.")] = "",
    kind: Annotated[
        str, typer.Option(help="local-service-centre, municipality, care-provider, association or other.")
    ] = "municipality",
    neighbourhood: Annotated[list[str] | None, typer.Option(help="Its name; give it once for each.")] = None,
    worker: Annotated[list[str] | None, typer.Option(help='"Name <e-mail>"; give it once for each.')] = None,
    coordinator: Annotated[str, typer.Option(help='"Name <e-mail>": on whom all can fall back.')] = "",
    policy_file: Annotated[
        Path | None, typer.Option("--policy", help="Its policy file; the one that comes with Weefsel when left out.")
    ] = None,
    language: Annotated[str, typer.Option(help="Of names and mail: nl, fr, de or en.")] = "nl",
    timezone: Annotated[str, typer.Option()] = "Europe/Brussels",
    ports: Annotated[int | None, typer.Option("--ports", help="As for `weefsel up`.")] = None,
) -> None:
    """Set up a real municipality, without demo data; asks for what isn't given, and starts the stack if need be."""
    with sentences():
        home = common.on_this_machine()
        _require_empty(home)
        place = Municipality(
            organisation=organisation or _ask("The organisation whose workers connect", "--organisation"),
            kind=kind,
            neighbourhoods=neighbourhood or _ask_all("A neighbourhood", "--neighbourhood"),
            workers=[person(text) for text in worker or _ask_all("A worker: Name <e-mail>", "--worker")],
            coordinator=person(coordinator or _ask("The coordinator: Name <e-mail>", "--coordinator")),
            language=language,
            timezone=timezone,
        )
        commands = place.commands()
        _keep_policy(home, policy_file)
        if not home.in_use:
            running.start_detached(home, Ports.chosen(ports), demo=False)
        asyncio.run(_send(place, commands))
        home.contents.write_text(running.MUNICIPALITY, encoding="utf-8")
    console.print(
        f"{place.organisation} is set up: {len(place.neighbourhoods)} neighbourhoods, {len(place.workers)} workers.\n"
        f"Its policy is {home.policy}: change it there, then `weefsel down` and `weefsel up`.\n"
        "Next: `weefsel participants import FILE.csv --dry-run`, `weefsel workers hours`, `weefsel status`.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def person(text: str) -> Person:
    """`Leen Maes <leen@buurtpunt.be>`. Raises Trouble."""
    name, email = parseaddr(text)
    if not name or "@" not in email:
        raise Trouble(f'{text!r} is no one to write to: give a name and an e-mail address, as in "Leen Maes <leen@…>".')
    return Person(name, email)


def identifier(name: str) -> str:
    """`Brugse Poort` as it stands in subjects and grants: `brugse-poort`. Raises Trouble when nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    token = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not token:
        raise Trouble(f"{name!r} has no letter or digit to make an id from: write it in Latin letters.")
    return token


async def _send(place: Municipality, commands: Sequence[tuple[Command, tuple[str, ...]]]) -> None:
    """Each under an id of its own, so that what a cut-off run has done is not done twice."""
    async with common.connected() as client:
        known = {each.email: each.worker_id for each in (await client.get(ListWorkers(limit=100))).workers}
        for command, about in commands:
            if about[0] != "worker" or about[1] not in known:
                await client.get(command, id=id_from("init", *about))
        await _tie(client, place)


async def _tie(client: Client, place: Municipality) -> None:
    """Who stands in for whom: the next in the list, and for the last one the first."""
    ids: dict[str, UUID] = {each.email: each.worker_id for each in (await client.get(ListWorkers(limit=100))).workers}
    if len(place.workers) > 1:
        following = [*place.workers[1:], place.workers[0]]
        for each, backup in zip(place.workers, following, strict=True):
            await client.get(NameBackup(worker_id=ids[each.email], backup_id=ids[backup.email]))
    coordinator = ids[place.coordinator.email]
    await client.get(NameCoordinator(organisation_id=identifier(place.organisation), coordinator_id=coordinator))


def _require_empty(home: Home) -> None:
    contents = home.contents.read_text(encoding="utf-8") if home.contents.exists() else running.EMPTY
    if contents == running.DEMO:
        raise Trouble(
            "The demo neighbourhood is in here, and demo people don't belong in a real one: run `weefsel down`, "
            f"delete {home.folder}, and run `weefsel init` again."
        )
    if contents == running.MUNICIPALITY:
        raise Trouble("A municipality is set up here already: change it with `weefsel neighbourhoods` and `workers`.")


def _keep_policy(home: Home, given: Path | None) -> None:
    """Put the policy file where the services of this stack read it, once it is known to be right."""
    source = given or (home.policy if home.policy.exists() else policy.PACKAGED)
    try:
        policy.load(source)
    except (policy.PolicyError, OSError) as error:
        raise Trouble(str(error)) from error
    if given and home.in_use:
        raise Trouble("The services read their policy when they start: `weefsel down`, then `weefsel init` again.")
    home.prepare()
    if source != home.policy:
        home.policy.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")


def _ask(question: str, option: str) -> str:
    if not sys.stdin.isatty():
        raise Trouble(f"Give {option}: there is no terminal to ask in.")
    answer: str = typer.prompt(question)
    return answer.strip()


def _ask_all(question: str, option: str) -> list[str]:
    answers = [_ask(question, option)]
    while answer := str(typer.prompt(f"  {MORE}", default="", show_default=False)).strip():
        answers.append(answer)
    return answers
