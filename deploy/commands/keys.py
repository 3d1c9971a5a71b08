"""`weefsel keys`: what must be there before NATS and PostgreSQL start."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.common import console, sentences
from deploy.handout import KeyFolder

app = typer.Typer()


@app.callback(invoke_without_command=True)
def keys(
    services: Annotated[str, typer.Option(envvar="WEEFSEL_SERVICES", help="What is deployed, with commas between.")],
    keys: Annotated[Path, typer.Option(envvar="WEEFSEL_KEYS", help="The operator's folder: guard it, back it up.")],
    to: Annotated[Path, typer.Option(envvar="WEEFSEL_HAND_OUT", help="Where each part finds its own.")],
    seen_at: Annotated[Path, typer.Option(help="Where a container sees its part of that.")] = Path("/secrets"),
    hosts: Annotated[
        str, typer.Option(envvar="WEEFSEL_NATS_HOSTS", help="Names by which partners reach NATS, with commas between.")
    ] = "",
    renew: Annotated[
        list[str] | None,
        typer.Option(help="Throw these away first: a service, a user such as cli, certificates, or operator."),
    ] = None,
) -> None:
    """Make the keys, certificates, passwords and the configuration of NATS that are missing, and hand them out.

    Safe to run again: what exists stays, and a certificate with less than a year left is made anew.
    """
    with sentences():
        folder, named = KeyFolder(keys), _listed(services)
        for what in renew or ():
            folder.forget(what, named)
        folder.hand_out(to, named, hosts=_listed(hosts), seen_at=seen_at)
        console.print(
            f"Keys, certificates and passwords are in place for nats, postgres, janitor, {', '.join(named)}.",
            soft_wrap=True,
        )
        if renew:
            console.print(
                "Now let every part read them: `docker compose up --detach --force-recreate`.", soft_wrap=True
            )


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
