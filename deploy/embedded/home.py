"""Where the embedded stack keeps everything: one folder, `.weefsel/` in the project, gone with `make clean`."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.process import PROJECT
from deploy.secret_files import private_folder
from deploy.trouble import Trouble

NEEDED_SPACE = 300 * 1024 * 1024
"""Bytes of free disk without which nothing is started: streams and databases never run into a full disk at once."""


@dataclass(frozen=True)
class Ports:
    """Every address of the stack, counted from one base."""

    base: int = 7400

    @classmethod
    def chosen(cls, base: int | None = None) -> Ports:
        """`base`, else WEEFSEL_PORTS, else the usual one."""
        text = str(base or os.environ.get("WEEFSEL_PORTS") or cls.base)
        if not text.isdigit() or not 1024 <= int(text) <= 65400:
            raise Trouble(f"{text} can't be the base of the ports: give a number from 1024 to 65400, such as 8400.")
        return cls(int(text))

    @property
    def nats(self) -> int:
        return self.base + 22

    @property
    def nats_monitor(self) -> int:
        return self.base + 23

    @property
    def smtp(self) -> int:
        return self.base + 25

    @property
    def postgres(self) -> int:
        return self.base + 32

    @property
    def pages(self) -> int:
        """Where the links in mails lead."""
        return self.base + 40

    @property
    def inbox(self) -> int:
        return self.base + 80

    def health(self, name: str) -> int:
        """Where `/readyz` of a service, or of the janitor, answers."""
        return self.base + 1 + ("profiles", "exchange", "signals", "notify", "janitor").index(name)


@dataclass(frozen=True)
class Home:
    folder: Path

    @classmethod
    def here(cls) -> Home:
        """This project's; WEEFSEL_HOME names another, for tests."""
        return cls(Path(os.environ.get("WEEFSEL_HOME") or PROJECT / ".weefsel").absolute())

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    @property
    def passwords(self) -> Path:
        return self.folder / "passwords"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def nats(self) -> Path:
        return self.folder / "nats"

    @property
    def mail(self) -> Path:
        return self.folder / "mail"

    @property
    def clock(self) -> Path:
        return self.folder / "clock"

    @property
    def policy(self) -> Path:
        """The municipality's own policy file, when `weefsel init` has put one here."""
        return self.folder / "policy.toml"

    @property
    def contents(self) -> Path:
        """Says what it holds: demo people, a real municipality, or nothing yet."""
        return self.folder / "contents"

    @property
    def run(self) -> Path:
        """What runs now, or ran last."""
        return self.folder / "run.json"

    def log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def prepare(self) -> None:
        """Make the folders. Raises Trouble when that can't be, or when the disk is nearly full."""
        with disk_trouble(self.folder):
            self.folder.mkdir(exist_ok=True)
            if not os.access(self.folder, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self.folder))
            self.folder.chmod(0o711)  # PostgreSQL, which isn't root, passes through
            for folder in (self.keys, self.passwords, self.nats, self.mail, self.folder / "logs"):
                private_folder(folder)
            if (free := shutil.disk_usage(self.folder).free) < NEEDED_SPACE:
                raise Trouble(
                    f"The disk with {self.folder} is nearly full ({free // 2**20} MB left): make room for "
                    f"{NEEDED_SPACE // 2**20} MB and start again."
                )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Held as long as the stack runs; the system lets go of it however the process ends."""
        with disk_trouble(self.folder), (self.folder / "lock").open("w") as file:
            for patience in (0.05, 0.1, 0.2, 0):  # someone may be looking at it just now
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if not patience:
                        raise Trouble(
                            "It runs already: `weefsel status` shows what runs where, `weefsel down` stops it."
                        ) from None
                    time.sleep(patience)
            yield

    @property
    def in_use(self) -> bool:
        """Whether a supervisor holds the lock. Two who look at once don't disturb each other."""
        try:
            with (self.folder / "lock").open("r") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return False
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True


@contextmanager
def disk_trouble(folder: Path) -> Iterator[None]:
    """What the disk refuses, as a sentence that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Trouble(f"The disk with {folder} is full: make room and start again.") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise Trouble(
                f"{error.filename or folder} can't be written by this user: start as the user who owns the project, "
                f"or give it back with `sudo chown -R \"$USER\" '{folder}'`."
            ) from error
        raise
