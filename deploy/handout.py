"""Keys, certificates and passwords: made once in the operator's own folder, and from there to each container its own.

The operator's folder holds what can make more (signing keys, the authority's key); only `keys`, `bootstrap` and the
`weefsel` command see it. What is handed out can be thrown away and made again from it.

    <keys>/                    nkeys and credentials (deploy/nats/keys.py), certificates/, passwords/
    <handed out>/nats/         nats.conf, tls.crt, tls.key, authority.crt
    <handed out>/postgres/     password
    <handed out>/<service>/    nats.creds, tls.crt, tls.key, authority.crt, database-password, and secrets of its own
    <handed out>/janitor/      nats.creds, tls.crt, tls.key, authority.crt
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.certificates import Authority, Certificate
from deploy.databases import DEPLOY
from deploy.nats.accounts import BOOTSTRAP, JANITOR
from deploy.nats.keys import Keys, Tls
from deploy.own_secrets import DESK_CREDENTIALS, names, own_secrets, renew
from deploy.secret_files import private_folder, read_or_make_password, write_secret
from deploy.trouble import Trouble
from shared.contracts.subjects import CLI, DESK

NATS, POSTGRES, NOTIFY = "nats", "postgres", "notify"
CERTIFICATES, OPERATOR = "certificates", "operator"
"""What can be renewed beside a user's own keys."""
SUPERUSER = "weefsel"
DATA = Path("/data")
"""Where the container of NATS keeps its streams and accounts."""
HOSTS = (NATS, "localhost", "127.0.0.1")
"""What NATS is called by its clients; an installation adds the names by which partners reach it."""


@dataclass(frozen=True, slots=True)
class KeyFolder:
    """The operator's folder."""

    folder: Path

    @property
    def certificates(self) -> Path:
        return self.folder / "certificates"

    @property
    def passwords(self) -> Path:
        return self.folder / "passwords"

    def hand_out(self, to: Path, services: Sequence[str], *, hosts: Sequence[str] = (), seen_at: Path) -> None:
        """Make what is missing, and give each part its own. `seen_at` is where a container sees its part of `to`."""
        keys = Keys.load_or_create(self.folder, services)
        authority = Authority.load_or_create(self.certificates)
        for name in (*services, DEPLOY, SUPERUSER):
            read_or_make_password(self.passwords / name)
        authority.certificate(CLI)
        authority.certificate(BOOTSTRAP)

        nats = private_folder(to / NATS)
        _give_certificate(authority.certificate(NATS, _unique((*HOSTS, *hosts))), nats)
        keys.write_config(
            nats / "nats.conf",
            host="0.0.0.0",  # noqa: S104 - within its container
            port=4222,
            monitor_port=8222,
            store_dir=DATA / "streams",
            jwt_dir=DATA / "accounts",
            tls=Tls(seen_at / "tls.crt", seen_at / "tls.key", seen_at / "authority.crt"),
        )
        _give(self.passwords / SUPERUSER, private_folder(to / POSTGRES) / "password")
        for name in (*services, JANITOR):
            folder = private_folder(to / name)
            _give(keys.creds(name), folder / "nats.creds")
            _give_certificate(authority.certificate(name), folder)
        for name in services:
            _give(self.passwords / name, to / name / "database-password")
            for secret, path in own_secrets(self.folder, name).items():
                _give(path, to / name / secret)
        if NOTIFY in services:
            _give(keys.creds(DESK), to / NOTIFY / DESK_CREDENTIALS)

    def forget(self, what: str, services: Sequence[str]) -> None:
        """Throw away the keys of `what`, to be made anew: of a user, or CERTIFICATES, or OPERATOR, or a secret's name.

        A service's own secret gets a successor at once.
        """
        keys = Keys.load_or_create(self.folder, services)
        if what == CERTIFICATES:
            shutil.rmtree(self.certificates, ignore_errors=True)
        elif what == OPERATOR:
            keys.forget_operator()
        elif what in keys.users:
            keys.forget_user(what)
            (self.passwords / what).unlink(missing_ok=True)
        elif not renew(self.folder, what):
            known = ", ".join((*keys.users, CERTIFICATES, OPERATOR, *names()))
            raise Trouble(f"There is nothing called {what} to renew: choose from {known}.")


def _give(kept: Path, to: Path) -> None:
    write_secret(to, kept.read_text(encoding="utf-8"))


def _give_certificate(certificate: Certificate, to: Path) -> None:
    _give(certificate.certificate, to / "tls.crt")
    _give(certificate.key, to / "tls.key")
    _give(certificate.authority, to / "authority.crt")


def _unique(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))
