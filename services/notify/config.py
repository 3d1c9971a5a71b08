"""What notify reads from its environment."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from shared.contracts.types import Email
from shared.settings import ServiceSettings

SHORTEST_SECRET = 32


@cache
def _read(file: Path) -> bytes:
    """Once: another secret is taken up by starting again."""
    return file.read_bytes().strip()


class Settings(ServiceSettings):
    """What every service has, how mail goes out, and where the pages stand."""

    desk_credentials: Path
    """The `.creds` file of the sender `desk`: what the pages and the mail ask of other services, they ask as it."""
    secret_file: Path
    """Signs the links in mails: 32 bytes or more, of which whoever knows them could make links."""

    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_tls: Literal["none", "starttls", "tls"] = "starttls"
    """`tls` from the first byte (mostly port 465). With `starttls` a server that doesn't offer it gets nothing."""
    smtp_ca: Path | None = None
    """Of the authority that signed the server's certificate, where that is none that the machine trusts."""
    smtp_user: str = ""
    smtp_password_file: Path | None = None
    smtp_connections: int = Field(default=4, ge=1, le=64)
    """Of one replica, kept open between mails."""
    smtp_rate: float = Field(default=20.0, gt=0)
    """Mails a second, of one replica, to the host."""
    smtp_timeout: float = Field(default=60.0, gt=0)
    """Seconds that the host may take for one answer. One that says yes to a mail later than this gets it once more."""
    mail_lease: float = Field(default=300.0, gt=0)
    """Seconds for which a replica has a mail to itself: after a crash, another one sends it when they are over."""
    mail_retry_after: tuple[float, ...] = (60, 300, 900, 3600, 7200, 14400, 28800, 57600)
    """Seconds after each attempt that failed for the time being; after the last it is put aside for an operator."""
    mail_from: Email = "weefsel@localhost.localdomain"
    mail_reply_to: Email | None = None
    """Where a reply goes that nobody foresaw; null: to the worker whose mail it is, or nowhere."""
    figures_to: Email | None = None
    """Who gets the figures of each month: the municipality. Null: nobody."""

    pages_url: str = "http://127.0.0.1:8080"
    """How the pages are reached from outside, without a slash at the end."""
    pages_host: str = "127.0.0.1"
    pages_port: int = 8080
    """0 takes a free port."""
    hsts: bool = False
    """Tell browsers to come by https alone; for where a proxy in front gives the pages https."""

    @model_validator(mode="after")
    def _has_time(self) -> Self:
        if self.mail_lease < 2 * self.smtp_timeout:
            raise ValueError("mail_lease is less than twice smtp_timeout: two replicas could send the same mail")
        if self.smtp_rate * (self.mail_lease - self.smtp_timeout) < 2:
            raise ValueError("smtp_rate is so low that mail_lease is over before a mail's turn comes: make it longer")
        return self

    @field_validator("pages_url")
    @classmethod
    def _bare(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with https:// (or http:// on this machine)")
        return value.rstrip("/")

    @field_validator("secret_file")
    @classmethod
    def _long_enough(cls, value: Path) -> Path:
        if not value.is_file() or len(value.read_bytes()) < SHORTEST_SECRET:
            raise ValueError(f"must be a file of {SHORTEST_SECRET} random bytes or more: the bootstrap job makes one")
        return value

    def secret(self) -> bytes:
        """What signs links."""
        return _read(self.secret_file)

    def smtp_password(self) -> str:
        """Empty when none is set."""
        return self.smtp_password_file.read_text(encoding="utf-8").strip() if self.smtp_password_file else ""
