"""What is said without a translation: a scan of the sources finds what stands there literally, this hears the rest."""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from services.notify.writing import language

Heard = set[tuple[str, str]]
"""Language and message id."""


class _Ear(gettext.NullTranslations):
    """Stands behind a catalogue, and is asked for what isn't in it."""

    def __init__(self, spoken: str, heard: Heard) -> None:
        super().__init__()
        self.spoken, self.heard = spoken, heard

    def gettext(self, message: str) -> str:
        self.heard.add((self.spoken, message))
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.heard.add((self.spoken, msgid1))
        return msgid1 if n == 1 else msgid2


@contextmanager
def listening() -> Iterator[Heard]:
    """All that is said meanwhile, in this process, without a translation."""
    heard: Heard = set()
    others = [each for each in language.languages() if each != language.SOURCE]
    spoken: dict[str, Any] = {each: language.translations(each) for each in others}
    before = {each: found._fallback for each, found in spoken.items()}
    _forget()
    for each, found in spoken.items():
        found._fallback = _Ear(each, heard)
    try:
        yield heard
    finally:
        for each, found in spoken.items():
            found._fallback = before[each]
        _forget()


def _forget() -> None:
    """What was said before is looked up anew."""
    language._message.cache_clear()
    language._plural.cache_clear()
