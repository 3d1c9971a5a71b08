"""Where mails are kept: one file each, as it came in, that only its owner can read."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property
from pathlib import Path

from deploy.embedded.mail.reading import Mail, read
from deploy.secret_files import private_folder
from shared import clock

_ID = re.compile(r"[0-9]{16}")
_TERM = re.compile(r'(?:(from|to|subject):)?(?:"([^"]*)"|(\S+))', re.IGNORECASE)
_SEARCHED = 50_000
"""Characters of a mail's text that are searched."""
_SNIPPET = 250


@dataclass(frozen=True)
class Entry:
    """What the list shows of a mail."""

    id: str
    mail: Mail = field(repr=False)
    """Without its parts: those are read when the mail is opened."""
    snippet: str
    searched: str = field(repr=False)

    @property
    def received(self) -> datetime:
        return datetime.fromtimestamp(int(self.id) / 1_000_000, UTC)

    @cached_property
    def _places(self) -> dict[str, str]:
        mail = self.mail
        sides = {"from": mail.sender, "to": (*mail.to, *mail.cc, *mail.bcc)}
        places = {side: " ".join(map(str, who)).casefold() for side, who in sides.items()}
        places["subject"] = mail.subject.casefold()
        return {**places, "": " ".join([*places.values(), self.searched])}

    def matches(self, query: str) -> bool:
        """Whether each word of `query` stands in it; `from:`, `to:` and `subject:` say where."""
        return all(
            (quoted or word).casefold() in self._places[where.casefold()]
            for where, quoted, word in _TERM.findall(query)
        )


class Mailbox:
    """The mails in `folder`. The files are the truth: one that is taken away is gone here too."""

    def __init__(self, folder: Path) -> None:
        self.folder = private_folder(folder)
        self._entries: dict[str, Entry] = {}
        self._last = max((int(id_) for id_ in self._ids()), default=0)
        self._lock = threading.Lock()

    def put(self, content: bytes, sender: str, addresses: Iterable[str]) -> str:
        """Keep a mail, with the envelope it came in as its first headers; returns its id."""
        now = clock.now()
        envelope = [("Return-Path", f"<{sender}>"), *(("Delivered-To", address) for address in addresses)]
        envelope.append(("Received", f"by localhost (Weefsel); {format_datetime(now)}"))
        headers = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in envelope)
        with self._lock:
            id_ = self._next_id(now)
        fresh = self.folder / f"{id_}.new"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(headers.encode("utf-8", "replace") + content)
        fresh.replace(self._path(id_))
        return id_

    def entries(self, query: str = "") -> list[Entry]:
        """All mails that match `query`, newest first."""
        ids = sorted(self._ids(), reverse=True)
        for gone in self._entries.keys() - set(ids):
            self._entries.pop(gone, None)
        found = (self._entry(id_) for id_ in ids)
        return [entry for entry in found if entry and entry.matches(query)]

    def find(self, id_: str) -> Entry | None:
        """The mail of that id, or the newest one for `latest`; None when there is none."""
        if id_ == "latest":
            return next(iter(self.entries()), None)
        return self._entry(id_) if _ID.fullmatch(id_) else None

    def raw(self, entry: Entry) -> bytes:
        """The mail as it is kept; empty when it was deleted in the meantime."""
        try:
            return self._path(entry.id).read_bytes()
        except FileNotFoundError:
            return b""

    def delete(self, ids: Iterable[str] = ()) -> None:
        """These mails; all of them when none is named."""
        for id_ in list(ids) or self._ids():
            if _ID.fullmatch(id_):
                self._path(id_).unlink(missing_ok=True)

    def _ids(self) -> list[str]:
        return [path.stem for path in self.folder.glob("*.eml") if _ID.fullmatch(path.stem)]

    def _next_id(self, now: datetime) -> str:
        """Microseconds since 1970, and at least one more than the last: in order of arrival, and never used twice."""
        self._last = max(int(now.timestamp() * 1_000_000), self._last + 1)
        return f"{self._last:016}"

    def _entry(self, id_: str) -> Entry | None:
        if (known := self._entries.get(id_)) and self._path(id_).exists():
            return known
        try:
            mail = read(self._path(id_).read_bytes())
        except FileNotFoundError:
            return None
        text = " ".join(mail.readable[:_SEARCHED].split())
        self._entries[id_] = Entry(id_, mail.without_parts(), text[:_SNIPPET], text.casefold())
        return self._entries[id_]

    def _path(self, id_: str) -> Path:
        return self.folder / f"{id_}.eml"


def _one_line(value: str) -> str:
    return "".join(letter for letter in value if letter.isprintable())
