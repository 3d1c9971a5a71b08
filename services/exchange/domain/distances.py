"""How far neighbours live from each other, as a walk: by H3 cells, never by an address."""

from __future__ import annotations

from functools import lru_cache

import h3

MINUTES_A_RING = 5
"""A ring of cells lies about 300 m further."""


@lru_cache(maxsize=4096)
def rings(cell: str, widest: int) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The cells around one, itself first, and in which ring each lies."""
    around = [(each, ring) for ring in range(widest + 1) for each in h3.grid_ring(cell, ring)]
    return tuple(each for each, _ in around), tuple(ring for _, ring in around)


def rings_apart(one: str | None, other: str | None) -> int | None:
    """How many rings lie between two cells; None when it isn't known."""
    if one is None or other is None:
        return None
    try:
        return int(h3.grid_distance(one, other))
    except h3.H3BaseException:
        return None


def minutes_on_foot(one: str | None, other: str | None) -> int | None:
    """How long a walk it is, rounded up to five minutes; None when it isn't known."""
    apart = rings_apart(one, other)
    return None if apart is None else MINUTES_A_RING * max(1, apart)
