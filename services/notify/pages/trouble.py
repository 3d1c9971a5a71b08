"""What can come between someone and a page, each with a page that says what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """Something to put right: at a field, or about the whole (`field` empty)."""

    field: str
    code: str
    """A service's code, or one of pydantic's: the words are the catalogue's."""


class Mistakes(Exception):
    """A form that has to be shown again, with these sentences at its fields."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = list(mistakes)
        super().__init__(", ".join(f"{each.field or '-'}: {each.code}" for each in mistakes))


class Stop(Exception):
    """This page can't be shown: another one says why, and what to do."""

    def __init__(self, what: str, status: int, headers: Mapping[str, str] | None = None) -> None:
        self.what = what
        """The template under `stops/`, and the subject of its words."""
        self.status = status
        self.headers = dict(headers or {})
        super().__init__(what)


def unknown_link() -> Stop:
    """No link of ours, or of someone else, or revoked: the words are the same."""
    return Stop("unknown-link", 404)


def expired() -> Stop:
    return Stop("expired", 410)


def ended() -> Stop:
    """The session is over."""
    return Stop("session-over", 401)


def stale() -> Stop:
    """A form that was not shown to this session."""
    return Stop("stale", 403)


def away() -> Stop:
    """A service, the broker or the database doesn't answer."""
    return Stop("away", 503, {"Retry-After": "30"})


def not_found() -> Stop:
    return Stop("not-found", 404)


def too_often(seconds: int) -> Stop:
    return Stop("too-often", 429, {"Retry-After": str(seconds)})


def too_large() -> Stop:
    return Stop("too-large", 413)
