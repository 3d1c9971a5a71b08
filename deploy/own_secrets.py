"""Secrets that one service has beside its keys and its password: made once, kept in the operator's folder."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet

from deploy.secret_files import private_folder, write_secret

NOTES_KEYS, LINK_SECRET = "notes-keys", "link-secret"
DESK_CREDENTIALS = "desk.creds"
"""What notify has besides: for the pages it asks the other services as the desk, in the name of who uses a page."""


def _notes_key() -> str:
    return Fernet.generate_key().decode()


def _link_secret() -> str:
    return secrets.token_urlsafe(48)


_MADE: dict[str, dict[str, Callable[[], str]]] = {
    "signals": {NOTES_KEYS: _notes_key},  # encrypt notes and details in the database; the first of them writes
    "notify": {LINK_SECRET: _link_secret},  # signs the links in mails
}


def own_secrets(keys: Path, service: str) -> dict[str, Path]:
    """The files of a service's own secrets, by name; made when they are missing."""
    made = {}
    for name, make in _MADE.get(service, {}).items():
        made[name] = path = private_folder(private_folder(keys / "own") / service) / name
        if not path.exists():
            write_secret(path, make() + "\n")
    return made


def renew(keys: Path, name: str) -> bool:
    """Put a new secret first. False when no service has one of this name.

    Keys of notes stay below it, to read what was written before; a new link secret ends the links of before.
    """
    for service, makers in _MADE.items():
        if name in makers:
            path = own_secrets(keys, service)[name]
            before = path.read_text(encoding="utf-8") if name == NOTES_KEYS else ""
            write_secret(path, f"{makers[name]()}\n{before}")
            return True
    return False


def names() -> list[str]:
    """All there are."""
    return [name for makers in _MADE.values() for name in makers]
