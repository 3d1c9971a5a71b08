"""What a service reads from its environment. Only `app.py` and `deploy/` build settings; the rest receives values."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.policy import Policy, load


class NatsSettings(BaseSettings):
    """How to reach NATS, and as whom."""

    model_config = SettingsConfigDict(env_prefix="WEEFSEL_", env_ignore_empty=True, extra="ignore", frozen=True)

    nats_url: str = "nats://127.0.0.1:4222"
    nats_credentials: Path
    """A `.creds` file: the user's JWT and seed."""
    nats_ca: Path | None = None
    nats_cert: Path | None = None
    nats_key: Path | None = None

    def tls(self) -> ssl.SSLContext | None:
        """TLS 1.3 both ways when a certificate authority is given; None on loopback, where it may go without."""
        if self.nats_ca is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(self.nats_ca))
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        if self.nats_cert is not None:
            context.load_cert_chain(self.nats_cert, self.nats_key)
        return context


class ServiceSettings(NatsSettings):
    """What every service needs."""

    database_url: str
    """Without password: `postgresql://profiles@127.0.0.1:5432/profiles`."""
    database_password_file: Path | None = None
    database_connections: int = 10
    health_host: str = "127.0.0.1"
    health_port: int = 0
    """0 takes a free port."""
    policy: Annotated[Policy, NoDecode] = Field(default_factory=load)
    """Given as the path of the municipality's policy file; without one, the policy that comes with Weefsel."""
    log_format: Literal["console", "json"] = "json"
    log_level: str = "info"
    services: Annotated[tuple[str, ...], NoDecode] = ()
    """The services that are deployed: who must confirm an erasure."""

    batch: int = 256
    """Messages that may share a transaction."""
    retry_after: tuple[float, ...] = (1, 2, 5, 15, 60, 300, 900, 1800)
    """Seconds to wait after each failed attempt of one message; after the last it becomes a dead letter."""
    disconnected_limit: float = 60.0
    """Seconds without NATS after which the process ends, to be started afresh."""
    stuck_limit: float = 30.0
    """Seconds that the event loop may stand still before the process ends."""

    @field_validator("policy", mode="before")
    @classmethod
    def _load(cls, value: object) -> object:
        return load(Path(value) if value else None) if isinstance(value, (str, Path)) else value

    @field_validator("services", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    def dsn(self) -> str:
        """The database's address, with the password from its file."""
        if self.database_password_file is None:
            return self.database_url
        password = quote(self.database_password_file.read_text(encoding="utf-8").strip(), safe="")
        url = urlsplit(self.database_url)
        user, _, host = url.netloc.rpartition("@")
        return urlunsplit(url._replace(netloc=f"{user}:{password}@{host}"))
