"""`weefsel partner …`: let an organisation's own software in, see what it may do, end it. Live, without a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.certificates import Authority
from deploy.commands.asking import Json, card, table
from deploy.commands.common import complaints, connected, console, print_json, run, sentences, site
from deploy.nats.keys import Keys
from deploy.partners import Admission, Office, Partner
from deploy.secret_files import write_secret
from deploy.trouble import Trouble
from shared.contracts.envelope import Query
from shared.contracts.profiles import ShowNeighbourhood, ShowOrganisation
from shared.messaging.client import Unanswered

app = typer.Typer(help="Organisations whose own software plugs in by events.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Its name in subjects: a-z, 0-9, - and _.")]


@app.command()
def add(
    name: Name,
    organisation: Annotated[str, typer.Option(help="The organisation for which it acts, and that consents name.")],
    neighbourhood: Annotated[list[str], typer.Option(help="Where it may act; again for each.")],
    command: Annotated[
        list[str] | None,
        typer.Option(help="What it may send, such as profiles.participant.register; again for each."),
    ] = None,
    public_key: Annotated[
        str | None, typer.Option(help="The public half (U…) of an nkey that the partner made; else one is made here.")
    ] = None,
    new_key: Annotated[bool, typer.Option("--new-key", help="A new key for a partner that has one: shuts the old out.")]
    = False,
    creds: Annotated[
        Path | None, typer.Option(help="Where to write what you hand over; NAME.creds here when not given.")
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Let a partner in; or, when it is in, make its grant exactly what is given here.

    What it may do changes at once, also for a connection that is open. Its credentials stay, unless a key is given or
    asked for.
    """
    with sentences():
        if public_key and new_key:
            raise Trouble("Give --public-key or --new-key, not both.")
        office = the_office()
        path = creds or Path(f"{name}.creds")
    is_new = name not in {partner.name for partner in run(office.all())}
    wanted = is_new or new_key or public_key is not None
    with sentences():
        if wanted and path.exists():
            raise Trouble(f"{path} is there already: move it, or choose another with --creds.")
        if wanted and not path.absolute().parent.is_dir():
            raise Trouble(f"{path.absolute().parent} is no folder: make it first.")
    admission = run(office.add(name, organisation, neighbourhood, command or [], public_key, new_key=new_key))
    files = _hand_over(office, admission, path) if wanted else []
    for doubt in run(_doubts(admission.partner)):
        complaints.print(doubt, style="yellow", markup=False, highlight=False)
    if as_json:
        print_json(
            admission.partner.public()
            | {"is_new": admission.is_new, "user_jwt": admission.user_jwt, "files": [str(each) for each in files]}
        )
        return
    partner = admission.partner
    console.print(f"{partner.name} is let in." if admission.is_new else f"The grant of {partner.name} is changed.")
    console.print(_card(partner))
    if files:
        console.print("Hand over, over a safe way, and then delete:", *files, sep="\n  ", highlight=False, markup=False)


@app.command("list")
def list_partners(as_json: Json = False) -> None:
    """All partners."""
    with sentences():
        office = the_office()
    found = run(office.all())
    if as_json:
        print_json([each.public() for each in found])
        return
    rows = [(each.name, each.organisation_id, each.neighbourhood_ids, each.commands, each.granted_at) for each in found]
    console.print(
        table("name", "organisation", "neighbourhoods", "may send", "since", rows=rows, empty="No partner yet.")
    )


@app.command()
def show(name: Name, as_json: Json = False) -> None:
    """One partner, and what it may do."""
    with sentences():
        office = the_office()
    partner = run(office.show(name))
    if as_json:
        print_json(partner.public())
    else:
        console.print(_card(partner))


@app.command()
def remove(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask first.")] = False,
    as_json: Json = False,
) -> None:
    """Shut a partner out, at once: its connections are cut, and letters that it didn't read are deleted."""
    with sentences():
        office = the_office()
    partner = run(office.show(name))
    if not (yes or as_json):
        typer.confirm(f"Cut off {name} (for {partner.organisation_id})? Its unread letters are deleted", abort=True)
    run(office.remove(name))
    if as_json:
        print_json(partner.public() | {"removed": True})
    else:
        console.print(f"{name} is shut out. To come back it needs `weefsel partner add`, and new credentials.")


def the_office() -> Office:
    """Where partners are kept, of the system that the commands speak to. Raises Trouble."""
    where = site()
    if not where.database_url:
        raise Trouble(
            "Set WEEFSEL_DATABASE_URL and WEEFSEL_DATABASE_PASSWORD_FILE to the operator's own database, `deploy`."
        )
    return Office(where.nats_url, Keys.load(where.keys), where.database_url)


def _hand_over(office: Office, admission: Admission, path: Path) -> list[Path]:
    """Write what the partner needs, readable by its owner alone; returns the files."""
    write_secret(path, admission.credentials())
    certificates = office.keys.directory / "certificates"
    if not certificates.is_dir():  # an embedded stack: loopback goes without TLS
        return [path]
    made = Authority.load_or_create(certificates).certificate(f"partner-{admission.partner.name}")
    files = {
        path.with_suffix(".crt"): made.certificate,
        path.with_suffix(".key"): made.key,
        path.with_name("authority.crt"): made.authority,
    }
    for file, kept in files.items():
        write_secret(file, kept.read_text(encoding="ascii"))
    return [path, *files]


async def _doubts(partner: Partner) -> list[str]:
    """Names that profiles doesn't know (yet): granted all the same, but likely a slip of the pen."""
    asked: dict[str, Query] = {
        f"organisation {partner.organisation_id}": ShowOrganisation(organisation_id=partner.organisation_id)
    }
    asked |= {f"neighbourhood {each}": ShowNeighbourhood(neighbourhood_id=each) for each in partner.neighbourhood_ids}
    found = []
    async with connected() as client:
        for name, query in asked.items():
            try:
                answer = await client.ask(query)
            except Unanswered:
                return []
            if any(problem.code == "unknown_id" for problem in answer.problems):
                found.append(f"There is no {name} (yet): is it spelled right?")
    return found


def _card(partner: Partner) -> Any:
    return card(
        partner.name,
        [
            ("organisation", partner.organisation_id),
            ("neighbourhoods", partner.neighbourhood_ids),
            ("may send", partner.commands or "nothing: it only reads"),
            ("since", partner.granted_at),
            ("user key", partner.user_key),
        ],
    )
