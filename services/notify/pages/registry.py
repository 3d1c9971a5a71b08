"""Which function answers for which address. A module of pages names its functions; the application collects them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from starlette.responses import Response

from services.notify.domain.links import Purpose

if TYPE_CHECKING:
    from services.notify.pages.page import Page

Shows = Callable[["Page"], Awaitable[Response]]
Who = Literal["participant", "worker", "anyone"]


@dataclass(frozen=True)
class Entry:
    """An address, and for whom it is."""

    path: str
    who: Who
    handle: Shows


OPENED_BY: dict[Purpose, Shows] = {}
"""What a link opens, by its purpose."""
ENTRIES: list[Entry] = []
"""What stands behind a session, or is for anyone."""


def opens(purpose: Purpose) -> Callable[[Shows], Shows]:
    """What a link of this purpose opens (`/l/<token>`). The matter is `page.link.matter_id`."""

    def name(handle: Shows) -> Shows:
        assert purpose not in OPENED_BY, f"two pages for links of {purpose}"
        OPENED_BY[purpose] = handle
        return handle

    return name


def mine(path: str) -> Callable[[Shows], Shows]:
    """A page of a participant's session: `@mine("/circle")` stands at `/mine/circle`."""
    return _at(f"/mine{path}", "participant")


def desk(path: str) -> Callable[[Shows], Shows]:
    """A page of a worker's session: `@desk("/signals/{signal_id:uuid}")` stands at `/desk/signals/…`."""
    return _at(f"/desk{path}", "worker")


def open_to_all(path: str) -> Callable[[Shows], Shows]:
    """A page that asks for nothing."""
    return _at(path, "anyone")


def _at(path: str, who: Who) -> Callable[[Shows], Shows]:
    def name(handle: Shows) -> Shows:
        assert all(each.path != path for each in ENTRIES), f"two pages at {path}"
        ENTRIES.append(Entry(path.rstrip("/") or "/", who, handle))
        return handle

    return name
