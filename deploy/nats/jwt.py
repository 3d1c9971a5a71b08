"""Claims that the NATS server trusts: made, signed and read. Format: NATS JWT v2, Ed25519 nkeys.

Claims are signed by signing keys alone (`strict_signing_key_usage`), so the identity keys of operator and accounts
can be kept off the machine. What a user may do stands in its account, in the scope of the signing key that made the
user (`Scope`): a changed right reaches live clients at once, and no credentials file is handed out again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import nkeys

Claims = dict[str, Any]

OPERATOR, ACCOUNT, USER = nkeys.PREFIX_BYTE_OPERATOR, nkeys.PREFIX_BYTE_ACCOUNT, nkeys.PREFIX_BYTE_USER
_NO_LIMITS = {
    "subs": -1,
    "data": -1,
    "payload": -1,
    "imports": -1,
    "exports": -1,
    "wildcards": True,
    "conn": -1,
    "leaf": -1,
}


@dataclass(frozen=True, slots=True)
class Key:
    """An nkey: `public` names it, `seed` signs."""

    seed: str
    public: str

    @classmethod
    def new(cls, prefix: int) -> Key:
        """`prefix` says whose it is: OPERATOR, ACCOUNT or USER."""
        return cls.read(bytes(nkeys.encode_seed(secrets.token_bytes(32), prefix)).decode())

    @classmethod
    def read(cls, seed: str) -> Key:
        """From the text of a seed. Raises ValueError when it is none."""
        try:
            return cls(seed, nkeys.from_seed(bytearray(seed.encode())).public_key.decode())
        except Exception as error:
            raise ValueError("this is not the seed of an nkey") from error

    def sign(self, text: bytes) -> bytes:
        signature: bytes = nkeys.from_seed(bytearray(self.seed.encode())).sign(text)
        return signature


def is_public(text: str, prefix: int) -> bool:
    """Whether `text` is the public half of an nkey of this kind: prefix and checksum are right."""
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        return False
    return len(raw) == 35 and raw[0] == prefix and binascii.crc_hqx(raw[:33], 0) == int.from_bytes(raw[33:], "little")


@dataclass(frozen=True, slots=True)
class Scope:
    """What users made by one signing key may do."""

    role: str
    publish: Sequence[str]
    subscribe: Sequence[str]
    replies: bool = False
    """May answer a request once, within 10 s, on the subject that the request names."""
    limits: Mapping[str, Any] | None = None

    def claim(self, key: str) -> Claims:
        assert self.publish, "an empty list would allow every subject"
        assert self.subscribe, "an empty list would allow every subject"
        template: Claims = {
            "pub": {"allow": list(self.publish)},
            "sub": {"allow": list(self.subscribe)},
            "subs": -1,
            "data": -1,
            "payload": -1,
            **(self.limits or {}),
        }
        if self.replies:
            template["resp"] = {"max": 1, "ttl": 10 * 10**9}
        return {"kind": "user_scope", "key": key, "role": self.role, "template": template}


def operator(identity: Key, signing: Sequence[str], system_account: str, name: str) -> str:
    nats = {
        "type": "operator",
        "version": 2,
        "signing_keys": list(signing),
        "strict_signing_key_usage": True,
        "system_account": system_account,
    }
    return _sign({"sub": identity.public, "name": name, "nats": nats}, identity)


def account(
    public: str,
    name: str,
    *,
    signer: Key,
    signing: Sequence[str | Claims],
    limits: Mapping[str, Any] | None = None,
    imports: Sequence[Claims] = (),
    exports: Sequence[Claims] = (),
) -> str:
    """`signing` holds public keys, and scopes as `Scope.claim` gives them."""
    nats = {
        "type": "account",
        "version": 2,
        "imports": list(imports),
        "exports": list(exports),
        "limits": {**_NO_LIMITS, **(limits or {})},
        "signing_keys": list(signing),
    }
    return _sign({"sub": public, "name": name, "nats": nats}, signer)


def user(public: str, name: str, *, account: str, signer: Key) -> str:
    """A user with the rights of its signing key's scope."""
    nats = {"type": "user", "version": 2, "issuer_account": account}
    return _sign({"sub": public, "name": name, "nats": nats}, signer)


def activation(subject: str, importer: str, *, account: str, signer: Key) -> str:
    """The token with which account `importer` may import the service at `subject` from `account`."""
    nats = {"type": "activation", "version": 2, "subject": subject, "kind": "service", "issuer_account": account}
    return _sign({"sub": importer, "name": subject, "nats": nats}, signer)


def removal(accounts: Sequence[str], *, signer: Key) -> str:
    """What asks the server to forget these accounts. `signer` is the operator's."""
    return _sign({"sub": signer.public, "nats": {"type": "generic", "version": 2, "accounts": list(accounts)}}, signer)


def read(token: str) -> Claims:
    """The claims of a token, unchecked: the server checks them."""
    body = token.split(".")[1]
    claims: Claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def same(one: str, other: str) -> bool:
    """Whether two tokens say the same, whenever they were made."""
    return bool(_timeless(read(one)) == _timeless(read(other)))


def credentials(token: str, key: Key) -> str:
    """The text of a .creds file."""
    return (
        f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n"
        "Whoever holds this seed is this user: keep it secret.\n"
        f"-----BEGIN USER NKEY SEED-----\n{key.seed}\n------END USER NKEY SEED------\n"
    )


def _timeless(claims: Any) -> Any:
    """Without the moment of signing and what follows from it, in import tokens too."""
    if isinstance(claims, dict):
        return {
            name: _timeless(read(value) if name == "token" else value)
            for name, value in claims.items()
            if name not in ("iat", "jti")
        }
    if isinstance(claims, list):
        return [_timeless(each) for each in claims]
    return claims


def _sign(claims: Claims, signer: Key) -> str:
    claims = {**claims, "iss": signer.public, "iat": int(time.time()), "jti": ""}
    claims["jti"] = base64.b32encode(hashlib.sha256(_compact(claims)).digest()).rstrip(b"=").decode()
    text = _url64(_compact({"typ": "JWT", "alg": "ed25519-nkey"})) + "." + _url64(_compact(claims))
    return text + "." + _url64(signer.sign(text.encode()))


def _compact(claims: Claims) -> bytes:
    return json.dumps(claims, separators=(",", ":")).encode()


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
