"""Secrets live in files that only their owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def private_folder(folder: Path) -> Path:
    """`folder`, made when it isn't there, open to its owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def write_secret(path: Path, text: str) -> None:
    """Put `text` in `path`, whole or not at all, readable by its owner alone."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def read_or_make_password(path: Path) -> str:
    """The password in `path`; a new one when there is none yet."""
    if path.exists() and (known := path.read_text(encoding="utf-8").strip()):
        return known
    private_folder(path.parent)
    password = secrets.token_urlsafe(32)
    write_secret(path, password)
    return password
