"""Time. Every service asks here, so that the embedded stack can move it forward (`weefsel clock +14d`)."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

_FILE = "WEEFSEL_CLOCK_FILE"
FURTHEST = timedelta(days=36_500)
"""How far ahead of real time the clock may be: further, and dates end that messages can carry."""
_seen: tuple[str, int, float] = ("", -1, 0.0)


def offset() -> timedelta:
    """How far the clock has been moved forward: zero in production, where no clock file is set."""
    global _seen
    path = os.environ.get(_FILE, "")
    if not path:
        return timedelta(0)
    try:
        modified = Path(path).stat().st_mtime_ns
    except FileNotFoundError:
        return timedelta(0)
    if _seen[:2] != (path, modified):
        _seen = (path, modified, float(Path(path).read_text(encoding="ascii")))
    return timedelta(seconds=_seen[2])


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC) + offset()


def move(path: Path, by: timedelta) -> timedelta:
    """Move the clock kept in `path` forward; returns the new offset.

    Raises ValueError, and leaves the clock as it was, when it would go back or further than FURTHEST.
    """
    if by < timedelta(0):
        raise ValueError("the clock only moves forward: give a positive duration, such as +14d")
    before = float(path.read_text(encoding="ascii")) if path.exists() else 0.0
    after = before + by.total_seconds()
    if after > FURTHEST.total_seconds():
        raise ValueError(f"the clock moves {FURTHEST.days} days ahead of real time at most")
    fresh = path.with_suffix(".new")
    fresh.write_text(str(after), encoding="ascii")
    fresh.replace(path)
    return timedelta(seconds=after)
