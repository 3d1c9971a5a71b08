"""The `weefsel` command: which module holds which subject. Only the module that is asked for is imported."""

from __future__ import annotations

import importlib
import importlib.util
import sys

import typer

STACK = ("deploy.commands.stack", "deploy.commands.municipality")
SUBJECTS = {
    "participants": ("deploy.commands.participants", "Who is in the network: register, import, show, erase."),
    "exchange": ("deploy.commands.exchange", "Small help: asks, offers, invitations, what comes of them."),
    "gatherings": ("deploy.commands.gatherings", "People meeting: plan, invite, who was there."),
    "signals": ("deploy.commands.signals", "What is noticed about someone: raise, take, hand over, close; notes."),
    "referrals": (
        "deploy.commands.referrals",
        "Someone guided to a service, with consent, until its end.",
    ),
    "directory": ("deploy.commands.directory", "Services that one can be referred to: import, search, show, export."),
    "mail": ("deploy.commands.mail", "How mails look, whether they arrive, what waits and what can't be sent."),
    "tasks": ("deploy.commands.tasks", "Who has no e-mail: whom to ring, or to bring a letter."),
    "workers": ("deploy.commands.workers", "The professionals: neighbourhoods, hours, absence, backup."),
    "neighbourhoods": ("deploy.commands.neighbourhoods", "The areas that workers know on foot."),
    "organisations": ("deploy.commands.organisations", "Local service centres, care providers, associations."),
    "partner": ("deploy.commands.partner", "Let an organisation's own software in; see and end what it may do."),
    "events": ("deploy.commands.events", "Every message: meaning, subject, example."),
    "dead-letters": ("deploy.commands.dead_letters", "What could not be handled: show, replay, discard."),
    "retention": ("deploy.commands.retention", "Delete what has had its time."),
    "keys": ("deploy.commands.keys", "Make the keys, and the configuration of NATS."),
    "bootstrap": ("deploy.commands.bootstrap", "Make accounts, streams and databases, and migrate."),
}


def application(asked: str = "") -> typer.Typer:
    """The command with the subject that is `asked` for; with all of them when that is none."""
    app = typer.Typer(
        name="weefsel",
        help="Weefsel: event-driven software for caring neighbourhoods.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_show_locals=False,
    )
    if asked not in SUBJECTS:
        for module in STACK:
            app.add_typer(importlib.import_module(module).app)
    for name, (module, meaning) in SUBJECTS.items():
        if asked in (name, "") and importlib.util.find_spec(module):
            app.add_typer(importlib.import_module(module).app, name=name, help=meaning)
    return app


def main() -> None:
    """`weefsel SUBJECT …`."""
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    asked = "" if first.startswith("-") else first
    application(asked)()


if __name__ == "__main__":
    main()
