"""What nobody may read in the database: encrypted with a key of the deployment, which can be replaced.

Fernet (https://github.com/fernet/spec): AES-128-CBC with an HMAC. A new key goes on the first line of the file, and
the old one stays below it until `reencrypted` has been everywhere, which retention sees to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

NEW_KEY = "`weefsel keys --renew notes-keys` puts a new one first"


class Unreadable(Exception):
    """It was encrypted with a key that is no longer in the file, or it was tampered with."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A text that can't be read without the key, and which key that is."""

    token: bytes
    key_id: str


class Cipher:
    """The keys of a deployment: the first encrypts, each can decrypt."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._by_id = {_key_id(key): Fernet(key) for key in keys}
        self.key_id = next(iter(self._by_id))
        """Which key encrypts now."""

    @property
    def known_key_ids(self) -> frozenset[str]:
        """Of all keys that can decrypt."""
        return frozenset(self._by_id)

    @classmethod
    def from_file(cls, path: Path) -> Cipher:
        """Raises ValueError with a sentence when there is no key that can be used; never repeats one."""
        try:
            lines = path.read_text(encoding="ascii").splitlines()
        except OSError as error:
            raise ValueError(f"{path} can't be read ({error.strerror}): write a key in it; {NEW_KEY}") from None
        except UnicodeDecodeError:
            raise ValueError(f"{path} is no file of keys: write one key a line; {NEW_KEY}") from None
        keys = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
        if not keys:
            raise ValueError(f"{path} is empty: write a key in it; {NEW_KEY}")
        for number, key in keys:
            try:
                Fernet(key)
            except ValueError:
                raise ValueError(
                    f"{path}, line {number}: is no key of 32 bytes in url-safe base64; {NEW_KEY}"
                ) from None
        return cls([key for _, key in keys])

    def seal(self, text: str) -> Sealed:
        """Encrypt with the first key."""
        return Sealed(self._by_id[self.key_id].encrypt(text.encode()), self.key_id)

    def open(self, sealed: Sealed) -> str:
        """Decrypt with the key that it was encrypted with. Raises Unreadable when that key is gone."""
        try:
            return self._by_id[sealed.key_id].decrypt(sealed.token).decode()
        except (KeyError, InvalidToken):
            raise Unreadable(
                f"key {sealed.key_id} is no longer in the file of keys, or what it encrypted was changed: put it back"
            ) from None

    def reencrypted(self, sealed: Sealed) -> Sealed:
        """The same text under the first key."""
        return self.seal(self.open(sealed))


def _key_id(key: str) -> str:
    """What a key is called: nothing can be decrypted with its name."""
    return sha256(key.encode()).hexdigest()[:12]
