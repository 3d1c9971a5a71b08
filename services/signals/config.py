"""What signals reads from its environment."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pydantic import field_validator

from services.signals.secrecy import Cipher
from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What every service needs, and the keys with which notes and details are encrypted."""

    notes_keys_file: Path
    """One key a line; the first encrypts, each of them can decrypt."""

    @field_validator("notes_keys_file")
    @classmethod
    def _can_be_used(cls, path: Path) -> Path:
        Cipher.from_file(path)
        return path

    @cached_property
    def cipher(self) -> Cipher:
        """With which what is private is encrypted."""
        return Cipher.from_file(self.notes_keys_file)
