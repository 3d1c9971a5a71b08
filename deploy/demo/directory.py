"""The directory of the demo: made-up services of a Flemish town, of which each kind exists."""

from __future__ import annotations

from deploy.embedded.process import PROJECT
from deploy.imports import directory_files, directory_sending
from deploy.imports.directory import Mistake, Reading
from deploy.trouble import Trouble
from shared.contracts.signals import ListDirectorySources
from shared.messaging.client import Client

FOLDER = PROJECT / "examples" / "data" / "sociale-kaart-gent"


async def bring_in(client: Client) -> None:
    """As `weefsel directory import` would; once."""
    package = directory_files.find(FOLDER)
    known = (await client.get(ListDirectorySources())).sources
    if any(each.source == package.name and each.brought_at for each in known):
        return
    reading = Reading(package, "nl", _refuse, lambda _: None)
    await directory_sending.bring(client, package.name, package.title, reading.lines(), reading.unsure)


def _refuse(mistake: Mistake) -> None:
    raise Trouble(f"The demo's directory can't be read: {mistake}")
