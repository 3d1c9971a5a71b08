"""Neighbourhoods from GeoJSON, whose polygons become H3 cells, or from CSV; organisations from CSV."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

import h3
from pydantic import ValidationError

from deploy.imports import words
from deploy.imports.table import read
from deploy.trouble import Trouble
from shared.contracts.profiles import RegisterNeighbourhood, RegisterOrganisation
from shared.contracts.types import CELL_RESOLUTION
from shared.messaging.incoming import problems_of

C = TypeVar("C", RegisterNeighbourhood, RegisterOrganisation)
Feature: TypeAlias = tuple[str, dict[str, str], Any]
"""Where it stands, what it says by meaning, and its geometry."""


@dataclass(frozen=True, slots=True)
class Place(Generic[C]):
    """One neighbourhood or organisation of a file."""

    where: str
    """`row 3` or `feature 3`"""
    id: str
    command: C
    given: dict[str, Any]
    """Only what the file says: for one that is known already."""


@dataclass
class Reading(Generic[C]):
    """A file, understood."""

    good: list[Place[C]] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    """A sentence each."""


def neighbourhoods(path: Path, organisation: str) -> Reading[RegisterNeighbourhood]:
    """Read a file; `organisation` is for those that name none. Raises Trouble when it can't be read at all."""
    features = _geojson(path) if path.suffix.lower() in (".json", ".geojson") else _csv(path, words.PLACE_COLUMNS)

    def given(said: Mapping[str, str], geometry: Any) -> dict[str, Any]:
        values = _neighbourhood(said, organisation)
        return values | {"cells": _cells(geometry)} if geometry is not None else values

    return _read(features, RegisterNeighbourhood, "neighbourhood_id", given)


def organisations(path: Path) -> Reading[RegisterOrganisation]:
    """Read a CSV file. Raises Trouble when it can't be read at all."""
    features = _csv(path, words.ORGANISATION_COLUMNS)
    return _read(features, RegisterOrganisation, "organisation_id", lambda said, _: _organisation(said))


def _read(
    features: Iterator[Feature], command: type[C], id_: str, given: Callable[[Mapping[str, str], Any], dict[str, Any]]
) -> Reading[C]:
    reading: Reading[C] = Reading()
    seen: dict[str, str] = {}
    for where, said, geometry in features:
        try:
            values = given(said, geometry)
            place = Place(where, values[id_], command.model_validate(values), values)
        except words.Unclear as unclear:
            reading.bad.append(f"{where}: {unclear}")
        except ValidationError as error:
            reading.bad += [f"{where}: {problem.message}" for problem in problems_of(error)]
        else:
            if place.id in seen:
                reading.bad.append(f"{where}: {place.id} stands in {seen[place.id]} already")
                continue
            seen[place.id] = where
            reading.good.append(place)
    return reading


def _csv(path: Path, columns: Mapping[str, str]) -> Iterator[Feature]:
    table = read(path, lambda name: words.key(name) in columns)
    meanings = [columns.get(words.key(name), "") for name in table.header]
    twice = {meaning for meaning in meanings if meaning and meanings.count(meaning) > 1}
    if twice:
        raise Trouble(f"{path}: two columns mean the same ({', '.join(sorted(twice))}): leave one, or rename one.")
    if not any(meaning.startswith("name") for meaning in meanings):
        raise Trouble(
            f"{path}: no column holds a name. The first row must name the columns, such as id;naam;organisatie."
        )
    for row in table.rows:
        said = {meaning: cell for meaning, cell in zip(meanings, row.cells, strict=True) if meaning and cell}
        yield f"row {row.number}", said, None


def _geojson(path: Path) -> Iterator[Feature]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise Trouble(f"{path} can't be read ({error.strerror}).") from None
    except (ValueError, RecursionError) as error:
        raise Trouble(f"{path} is no GeoJSON: {error}") from None
    features = document.get("features") if isinstance(document, Mapping) else None
    if not isinstance(features, list):
        raise Trouble(f"{path} is no GeoJSON FeatureCollection: export the neighbourhoods as one.")
    for number, feature in enumerate(features, 1):
        where = f"feature {number}"
        properties = feature.get("properties") if isinstance(feature, Mapping) else None
        said: dict[str, str] = {}
        for name, value in (properties or {}).items() if isinstance(properties, Mapping) else ():
            meaning = words.PLACE_COLUMNS.get(words.key(str(name)))
            if meaning and value not in (None, ""):
                said.setdefault(meaning, str(value))
        yield where, said, feature.get("geometry") if isinstance(feature, Mapping) else None


def _organisation(said: Mapping[str, str]) -> dict[str, Any]:
    names = _names(said)
    given = {"organisation_id": _id(said.get("id") or next(iter(names.values()), "")), "names": names}
    if "kind" in said:
        given["kind"] = words.one_of(words.ORGANISATION_KINDS, said["kind"])
    return given | {name: said[name] for name in ("email", "phone") if name in said}


def _names(said: Mapping[str, str]) -> dict[str, str]:
    """A name in each language that has one; one without language is Dutch."""
    local = {"name_nl": said["name"], **said} if "name" in said else said
    return {each: local[f"name_{each}"] for each in ("nl", "fr", "de", "en") if f"name_{each}" in local}


def _neighbourhood(said: Mapping[str, str], organisation: str) -> dict[str, Any]:
    names = _names(said)
    given: dict[str, Any] = {
        "neighbourhood_id": _id(said.get("id") or next(iter(names.values()), "")),
        "names": names,
        "organisation_id": said.get("organisation") or organisation or None,
    }
    if given["organisation_id"] is None:
        raise words.Unclear("names no organisation: add a column, or give --organisation for all")
    return given | {name: said[name] for name in ("timezone", "policy") if name in said}


def _id(text: str) -> str:
    """A token that can stand in a subject: `Brugse Poort` → brugse-poort."""
    plain = words.key(text)
    return "-".join(plain.encode("ascii", "ignore").decode().split())[:63]


def _cells(geometry: Any) -> list[str]:
    """The cells whose middle lies within; at least the one of its first corner."""
    try:
        if geometry["type"] not in ("Polygon", "MultiPolygon"):
            raise words.Unclear(f"is a {geometry['type']}: draw it as a polygon")
        cells = h3.geo_to_cells(geometry, CELL_RESOLUTION)
        corner = geometry["coordinates"][0][0] if geometry["type"] == "Polygon" else geometry["coordinates"][0][0][0]
        return sorted(cells) or [h3.latlng_to_cell(corner[1], corner[0], CELL_RESOLUTION)]
    except (KeyError, TypeError, IndexError, ValueError, h3.H3BaseException) as error:
        if isinstance(error, words.Unclear):
            raise
        raise words.Unclear("has an area that is no polygon of longitudes and latitudes") from None
