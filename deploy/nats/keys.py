"""The keys of operator, accounts and users, and the server configuration that follows from them.

Made once, before the server starts. Only the `bootstrap` and `partner` commands need this directory; a service gets
its own .creds file, the server its configuration.
"""

from __future__ import annotations

import json
import secrets
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.nats import accounts, jwt
from deploy.nats.accounts import SYSTEM
from deploy.nats.jwt import ACCOUNT, OPERATOR, USER, Key
from deploy.secret_files import private_folder, write_secret
from deploy.trouble import Trouble

_OPERATOR_FILES = (
    "operator.nk",
    "operator-signing.nk",
    "operator.jwt",
    "system.pub",
    "signing/system.nk",
    "system.jwt",
    "js.key",
    "users/system.nk",
    "creds/system.creds",
)


class KeysError(Trouble):
    """A key that is missing, damaged, or not kept secret; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Paths as the server sees them. Clients must show a certificate of the same authority."""

    certificate: Path
    key: Path
    authority: Path


@dataclass(frozen=True, slots=True)
class Keys:
    """What a directory of keys holds. Public halves as text, signing keys ready to sign."""

    directory: Path
    services: tuple[str, ...]
    js_key: str
    """Encrypts what JetStream writes to disk. Lost, the streams are lost."""
    operator_public: str
    operator_signing: Key
    operator_jwt: str
    system_public: str
    system_jwt: str
    account: str
    """The services' account."""
    account_signing: Key
    """Signs what the account lets in (activation tokens), never users."""

    @classmethod
    def load_or_create(cls, directory: Path, services: Sequence[str]) -> Keys:
        """Read the keys kept in `directory`, making those that are missing. Safe to run again: what exists stays."""
        private_folder(directory)
        identity = _key(directory / "operator.nk", OPERATOR)
        operator_signing = _key(directory / "operator-signing.nk", OPERATOR)
        system = _public(directory / "system.pub")
        system_signing = _key(directory / "signing" / f"{SYSTEM}.nk", ACCOUNT)
        keys = cls(
            directory=directory,
            services=tuple(services),
            js_key=_kept(directory / "js.key", lambda: secrets.token_hex(32)),
            operator_public=identity.public,
            operator_signing=operator_signing,
            operator_jwt=_kept(
                directory / "operator.jwt",
                lambda: jwt.operator(identity, [operator_signing.public], system, "weefsel"),
            ),
            system_public=system,
            system_jwt=_kept(
                directory / "system.jwt",
                lambda: jwt.account(
                    system,
                    "SYSTEM",
                    signer=operator_signing,
                    signing=[accounts.system_scope().claim(system_signing.public)],
                ),
            ),
            account=_public(directory / "weefsel.pub"),
            account_signing=_key(directory / "weefsel-signing.nk", ACCOUNT),
        )
        keys._make_user(SYSTEM, system, system_signing)
        for name in keys.users:
            keys._make_user(name, keys.account, keys.signing(name))
        return keys

    @classmethod
    def load(cls, directory: Path, services: Sequence[str] = ()) -> Keys:
        """Read keys that are there. Raises KeysError when none are: nothing is made."""
        if not (directory / "operator.nk").exists():
            raise KeysError(f"There are no keys in {directory}: name the folder that `weefsel keys` made.")
        return cls.load_or_create(directory, services)

    def for_new_account(self, directory: Path) -> Keys:
        """The same operator and system account, a fresh services' account: a test's own, on a shared server."""
        for name in _OPERATOR_FILES:
            private_folder((directory / name).parent)
            write_secret(directory / name, read_secret(self.directory / name))
        return Keys.load_or_create(directory, self.services)

    @property
    def users(self) -> tuple[str, ...]:
        return (*accounts.OWN_USERS, *self.services)

    def signing(self, user: str) -> Key:
        """The key that signs this user: its scope in the account says what the user may do."""
        return _key(self.directory / "signing" / f"{user}.nk", ACCOUNT)

    def partner_signing(self, partner: str, user_key: str) -> Key:
        """The key that signs a partner's user: one per user, so that a new user shuts the old one out."""
        return _key(self._partner(partner) / f"{user_key}.nk", ACCOUNT)

    def forget_partner(self, partner: str, *, but: str = "") -> None:
        """Drop the keys that sign a partner's users, except that of user `but`."""
        for path in self._partner(partner).glob("*.nk"):
            if path.stem != but:
                path.unlink()

    def creds(self, user: str) -> Path:
        """The credentials file of a service, `janitor`, `bootstrap`, `cli`, `desk` or `system`."""
        path = self.directory / "creds" / f"{user}.creds"
        if not path.exists():
            raise KeysError(f"there are no credentials for {user} in {path.parent}: make them with `weefsel keys`")
        read_secret(path)
        return path

    def forget_user(self, user: str) -> None:
        """Drop a user's keys. Made anew, they shut the old ones out as soon as the bootstrap job has run."""
        for path in (f"signing/{user}.nk", f"users/{user}.nk", f"creds/{user}.creds"):
            (self.directory / path).unlink(missing_ok=True)

    def forget_operator(self) -> None:
        """Drop the operator's keys and the system user's. Accounts and their users keep theirs."""
        self.forget_user(SYSTEM)
        for path in ("operator.nk", "operator-signing.nk", "operator.jwt", "system.jwt"):
            (self.directory / path).unlink()

    def account_jwt(self) -> str:
        """The services' account as it should be: what it exports, and what each of its users may do."""
        scopes = accounts.scopes(self.services)
        return jwt.account(
            self.account,
            "WEEFSEL",
            signer=self.operator_signing,
            signing=[
                self.account_signing.public,
                *(scopes[user].claim(self.signing(user).public) for user in self.users),
            ],
            exports=accounts.exports(),
            limits=accounts.LIMITS,
        )

    def write_config(
        self,
        path: Path,
        *,
        host: str,
        port: int,
        monitor_port: int,
        store_dir: Path,
        jwt_dir: Path,
        tls: Tls | None = None,
        monitor_host: str = "127.0.0.1",
    ) -> None:
        """Write the server's configuration, a secret itself: it holds the key of the streams."""
        text = f"""server_name: weefsel
listen: {json.dumps(f"{host}:{port}")}
http: {json.dumps(f"{monitor_host}:{monitor_port}")}
max_payload: 64KB
operator: {self.operator_jwt}
system_account: {self.system_public}
resolver: {{ type: full, dir: {_quoted(jwt_dir)}, allow_delete: true, interval: "10s", timeout: "2s" }}
resolver_preload: {{ {self.system_public}: {self.system_jwt} }}
jetstream {{
    store_dir: {_quoted(store_dir)}
    max_memory_store: 64MB
    # Without it, fsync comes every 2 minutes: an acknowledged event could be lost.
    sync_interval: always
    cipher: chachapoly
    key: {json.dumps(self.js_key)}
}}
"""
        if tls:
            text += f"""tls {{
    cert_file: {_quoted(tls.certificate)}
    key_file: {_quoted(tls.key)}
    ca_file: {_quoted(tls.authority)}
    verify: true
    min_version: "1.3"
}}
"""
        write_secret(path, text)

    def _partner(self, partner: str) -> Path:
        return self.directory / "partners" / partner

    def _make_user(self, name: str, account: str, signer: Key) -> None:
        key = _key(self.directory / "users" / f"{name}.nk", USER)
        _kept(
            self.directory / "creds" / f"{name}.creds",
            lambda: jwt.credentials(jwt.user(key.public, name, account=account, signer=signer), key),
        )


def read_secret(path: Path) -> str:
    """The text of a secret file. Raises KeysError when it is missing or others can read it."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        raise KeysError(f"{path} is missing: put it back from your backup of the keys") from None
    if mode & 0o077:
        raise KeysError(f"{path} can be read by others (mode {mode:o}): run `chmod 600 '{path}'`, and renew the key")
    return path.read_text(encoding="ascii").strip()


def _kept(path: Path, make: Callable[[], str]) -> str:
    """What the file holds; made and written the first time."""
    if not path.exists():
        private_folder(path.parent)
        write_secret(path, make())
    return read_secret(path)


def _key(path: Path, prefix: int) -> Key:
    try:
        return Key.read(_kept(path, lambda: Key.new(prefix).seed))
    except ValueError:
        raise KeysError(f"{path} does not hold an nkey: put it back from your backup of the keys") from None


def _public(path: Path) -> str:
    """The name of an account. Its seed is not kept: only signing keys sign."""
    return _kept(path, lambda: Key.new(ACCOUNT).public)


def _quoted(path: Path) -> str:
    return json.dumps(str(path), ensure_ascii=False)
