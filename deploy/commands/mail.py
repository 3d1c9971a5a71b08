"""`weefsel mail …`: how every mail looks, whether mail arrives, what waits and what can't be sent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from deploy.commands.asking import OPERATOR as AS_OPERATOR
from deploy.commands.asking import (
    Actor,
    Json,
    Who,
    ask,
    build,
    card,
    lay_out,
    participant,
    policy,
    said,
    say,
    table,
    worker,
)
from deploy.commands.common import print_json
from shared.contracts.notify import (
    AddressRef,
    CountMails,
    ListMails,
    MailCounts,
    MailPage,
    MailRef,
    MailStage,
    MailSummary,
    RetryMail,
    SendTestMail,
    ShowMail,
    TryAddressAgain,
)
from shared.messaging.client import Client

app = typer.Typer(help="Mail: preview, test, queue, show, retry.", no_args_is_help=True)
Id = Annotated[UUID, typer.Argument(metavar="ID", help="As `weefsel mail queue` shows it.")]


@app.command()
def preview(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the pages are written.")] = Path("mails"),
    as_json: Json = False,
) -> None:
    """Every mail in every language, with made-up data, as pages to open in a browser. Nothing has to run."""
    from services.notify.writing.gallery import write_gallery
    from shared.policy import load

    page = write_gallery(folder, load())
    if as_json:
        print_json({"page": str(page)})
    else:
        say(f"Open {page} in a browser.")


@app.command("test")
def try_out(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where the mail goes.")],
    language: Annotated[str, typer.Option()] = "",
    as_json: Json = False,
) -> None:
    """Send a mail to see whether mail arrives. The address is forgotten once it is sent."""

    async def send(client: Client) -> MailRef:
        values = {"address": address, "language": language or policy().languages[0]}
        sent: MailRef = await client.get(build(SendTestMail, values))
        return sent

    ref = ask(send)
    said(as_json, ref, f"A mail to {address} waits to be sent: `weefsel mail show {ref.mail_id}` tells how it goes.")


@app.command()
def queue(
    stage: Annotated[str, typer.Option(help="waiting, sent, moot, by-worker, gathered, refused or dead.")] = "",
    who: Annotated[str, typer.Option("--to", metavar="WHO", help="To one participant.")] = "",
    worker_: Annotated[str, typer.Option("--worker", metavar="WORKER", help="To one worker.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
    as_json: Json = False,
) -> None:
    """What waits, what went out, and what can't be sent: never what it says."""

    async def look(client: Client) -> tuple[MailCounts, MailPage]:
        values = {
            "stage": stage or None, "limit": limit,
            "participant_id": await participant(client, who) if who else None,
            "worker_id": await worker(client, worker_) if worker_ else None,
        }  # fmt: skip
        query = build(ListMails, values)
        return await client.get(CountMails()), await client.get(query)

    counts, page = ask(look)
    if as_json:
        print_json({"counts": counts.model_dump(mode="json"), **page.model_dump(mode="json")})
        return
    say(
        f"{counts.waiting} wait, {counts.late} of them late; {counts.sent} sent, {counts.refused} refused by an "
        f"address, {counts.dead} to be looked at.", "yellow" if counts.late or counts.dead else ""
    )  # fmt: skip
    rows = [
        (each.kind, each.to, each.stage, each.due_at, each.attempts, each.reason or "", each.mail_id)
        for each in page.mails
    ]
    columns = ("kind", "to", "stage", "due", "attempts", "why", "id")
    lay_out(table(*columns, rows=rows, empty="There are none."))


@app.command()
def show(id_: Id, as_json: Json = False) -> None:
    """One mail: to whom, when, and why it was not sent so far."""
    mail: MailSummary = ask(lambda client: client.get(ShowMail(mail_id=id_)))
    if as_json:
        print_json(mail)
        return
    lines = [
        ("kind", mail.kind), ("to", f"{mail.to} {mail.to_id or ''}".strip()), ("stage", mail.stage),
        ("due", mail.due_at), ("attempts", mail.attempts), ("why", mail.reason), ("made", mail.made_at),
        ("ended", mail.ended_at),
    ]  # fmt: skip
    lay_out(card(str(mail.mail_id), lines))


@app.command()
def retry(
    id_: Annotated[UUID | None, typer.Argument(metavar="ID", help="One mail; without: all that can't be sent.")] = None,
    as_json: Json = False,
) -> None:
    """Try now what can't be sent, or waits for another attempt."""

    async def again(client: Client) -> list[MailRef]:
        stage: MailStage = "dead"
        page = await client.get(ListMails(stage=stage, limit=100)) if id_ is None else None
        ids = [each.mail_id for each in page.mails] if page else [id_] if id_ else []
        return [await client.get(RetryMail(mail_id=each)) for each in ids]

    tried = ask(again)
    if as_json:
        print_json([each.model_dump(mode="json") for each in tried])
    else:
        say(f"{len(tried)} tried again." if tried else "There is nothing to try again.")


@app.command("try-address")
def try_address(who: Who, actor: Actor = AS_OPERATOR, as_json: Json = False) -> None:
    """Write to an address again that took no mail before. Another address is written to by itself."""

    async def again(client: Client) -> AddressRef:
        command = TryAddressAgain(participant_id=await participant(client, who, actor))
        ref: AddressRef = await client.get(command, actor=actor)
        return ref

    said(as_json, ask(again), f"What comes from now on for {who} is mailed again.")
