"""Where a service serves and lies, and where is looked: as tokens that one index finds, and distances.

`*` is everywhere; `n:brugse-poort` an area of that name; `s7…` an H3 cell of resolution 7 that lies in a drawn area;
`p7…` one in which the service has a place. Wide areas are kept in larger cells (resolutions 6, 5 and 4).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import h3

from shared.policy import folded

Point: TypeAlias = tuple[float, float]
"""Longitude and latitude, in degrees."""
EVERYWHERE = "*"
SIZES = {7: 2.0, 6: 5.4, 5: 14.0, 4: 38.0}
"""By resolution, how many kilometres lie between the middles of two cells, at the least."""
WIDEST = {7: 0.6, 6: 1.5, 5: 4.0, 4: 40.0}
"""How many degrees an area reaches, at most, to be kept in cells of that resolution."""
KM_A_DEGREE = 111.2
MOST_RINGS = 4
"""Around a middle; further away is looked in larger cells."""
MOST_CELLS = 400
"""Of a drawn area; a larger one is kept in larger cells."""
NEAR_KM = 3.0
"""How near counts as serving a neighbourhood, when nobody says."""


def slug(name: str) -> str:
    """`Brugse Poort` → brugse-poort, as neighbourhoods are called."""
    return "-".join(folded(name).split())


def areas(names: Iterable[str], drawn: Iterable[str], places: Sequence[Point]) -> tuple[str, ...]:
    """Where a service is found: by the names and drawings (GeoJSON) of its areas, and by its places.

    What has neither a place nor a drawn area serves whoever calls: it is found everywhere.
    """
    tokens = {f"n:{slug(name)}" for name in names if slug(name)}
    cells = {cell for text in drawn for cell in _cells(text)}
    if not places and not cells:
        tokens.add(EVERYWHERE)
    tokens |= {_token("s", cell) for cell in cells}
    tokens |= {_token("p", h3.latlng_to_cell(lat, lon, size)) for lon, lat in places for size in SIZES}
    return tuple(sorted(tokens))


@lru_cache(maxsize=256)
def serving(neighbourhood_id: str, cells: tuple[str, ...]) -> tuple[str, ...]:
    """The tokens of services that serve a neighbourhood."""
    own = {_token("s", h3.cell_to_parent(cell, size)) for cell in cells for size in SIZES}
    return EVERYWHERE, f"n:{neighbourhood_id}", *sorted(own)


@lru_cache(maxsize=1024)
def near(middle: Point, km: float) -> tuple[str, ...]:
    """The tokens of places that may lie so near; whether they do, the distance tells."""
    lon, lat = middle
    size = next((size for size, between in SIZES.items() if km / between <= MOST_RINGS), min(SIZES))
    rings = math.ceil(km / SIZES[size]) + 1
    around = h3.grid_disk(h3.latlng_to_cell(lat, lon, size), rings)
    return tuple(_token("p", cell) for cell in around if _from(middle, cell) <= km)


def _from(middle: Point, cell: str) -> float:
    """How many kilometres a cell lies away, or less: the circle around it does."""
    (own_lat, own_lon), corners = h3.cell_to_latlng(cell), h3.cell_to_boundary(cell)
    km_lon, km_lat = scale(middle)
    away = math.hypot((own_lon - middle[0]) * km_lon, (own_lat - middle[1]) * km_lat)
    return away - max(math.hypot((lon - own_lon) * km_lon, (lat - own_lat) * km_lat) for lat, lon in corners)


@lru_cache(maxsize=256)
def middle(cells: tuple[str, ...]) -> Point | None:
    """The middle of a neighbourhood; None when it was never drawn."""
    if not cells:
        return None
    corners = [h3.cell_to_latlng(cell) for cell in cells]
    return sum(lon for _, lon in corners) / len(corners), sum(lat for lat, _ in corners) / len(corners)


def point(latitude: str, longitude: str) -> Point | None:
    """A place on the map; None when it has none."""
    try:
        lat, lon = float(latitude), float(longitude)
    except ValueError:
        return None
    return (lon, lat) if -90 <= lat <= 90 and -180 <= lon <= 180 else None


def scale(middle: Point) -> Point:
    """Kilometres a degree of longitude and of latitude, around a place."""
    return KM_A_DEGREE * math.cos(math.radians(middle[1])), KM_A_DEGREE


def _token(what: str, cell: str) -> str:
    """Without the `f`s that fill every cell of its size up."""
    return f"{what}{h3.get_resolution(cell)}{cell.rstrip('f')}"


def _cells(text: str) -> list[str]:
    """The cells of a drawn area, as small as takes few of them; none when it can't be read or is a whole continent."""
    try:
        shape = _shape(json.loads(text))
        corner, reach = _corners(shape)[0], _degrees(shape)
        for size, widest in WIDEST.items():
            cells = h3.h3shape_to_cells(shape, size) if reach < widest else []
            if 0 < len(cells) <= MOST_CELLS:
                return list(cells)
        return [h3.latlng_to_cell(*corner, max(SIZES))] if reach < WIDEST[max(SIZES)] else []
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, h3.H3BaseException):
        return []


def _shape(document: Any) -> Any:
    """The polygons of a GeoJSON geometry, feature, or the first feature of a collection."""
    if document["type"] == "FeatureCollection":
        document = document["features"][0]
    geometry = document["geometry"] if document["type"] == "Feature" else document
    if not re.fullmatch("(Multi)?Polygon", geometry["type"]):
        raise ValueError(geometry["type"])
    return h3.geo_to_h3shape(geometry)


def _corners(shape: Any) -> list[Point]:
    polygons = shape.polys if hasattr(shape, "polys") else [shape]
    return [corner for polygon in polygons for corner in polygon.outer]


def _degrees(shape: Any) -> float:
    """How far it reaches, at the widest."""
    corners = _corners(shape)
    return max(max(each[axis] for each in corners) - min(each[axis] for each in corners) for axis in (0, 1))
