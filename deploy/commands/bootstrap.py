"""`weefsel bootstrap`: what must be there before a service starts, in NATS and PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import typer

from deploy import databases
from deploy.commands.common import console, run
from deploy.handout import SUPERUSER, KeyFolder
from deploy.nats import bootstrap as nats
from deploy.nats.keys import Keys
from deploy.partners import Office
from deploy.trouble import Trouble

app = typer.Typer()


@app.callback(invoke_without_command=True)
def bootstrap(
    services: Annotated[str, typer.Option(envvar="WEEFSEL_SERVICES", help="What is deployed, with commas between.")],
    keys: Annotated[Path, typer.Option(envvar="WEEFSEL_KEYS", help="The operator's folder, made by `weefsel keys`.")],
    nats_url: Annotated[str, typer.Option(envvar="WEEFSEL_NATS_URL")],
    postgres_url: Annotated[
        str, typer.Option(envvar="WEEFSEL_POSTGRES_URL", help="As the administrator, without the password.")
    ],
    replicas: Annotated[int, typer.Option(help="Copies of each stream: 3 on a cluster.")] = 1,
) -> None:
    """Bring accounts, streams, consumers, databases, roles and partners to what this release needs.

    Safe to run again, and while the previous release still runs.
    """
    named = [part.strip() for part in services.split(",") if part.strip()]
    run(_bootstrap(named, keys, nats_url, postgres_url, replicas))


async def _bootstrap(services: list[str], folder: Path, nats_url: str, postgres_url: str, replicas: int) -> None:
    administrator = _with_password(postgres_url, KeyFolder(folder).passwords / SUPERUSER)
    try:
        await databases.bootstrap(administrator, KeyFolder(folder).passwords, services)
    except (OSError, asyncpg.PostgresError) as error:
        raise Trouble(f"PostgreSQL at {postgres_url} can't be set up ({error}): see its log.") from error
    console.print(f"Databases are at the newest schema: {', '.join((*services, databases.DEPLOY))}.", soft_wrap=True)

    keys = Keys.load_or_create(folder, services)
    done = await nats.bootstrap(nats_url, keys, services, replicas=replicas)
    console.print(f"NATS: {', '.join(done) or 'nothing to change'}.", soft_wrap=True)

    operator = databases.with_database(administrator, databases.DEPLOY)
    partners = await Office(nats_url, keys, operator).apply()
    console.print(f"Partners: {', '.join(partner.name for partner in partners) or 'none yet'}.", soft_wrap=True)


def _with_password(url: str, file: Path) -> str:
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    password = quote(file.read_text(encoding="utf-8").strip(), safe="")
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{host}"))
