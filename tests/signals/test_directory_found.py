"""Searching finds what looking at each service finds, in that order, whatever is asked and however the index serves."""

from __future__ import annotations

import math
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.signals.domain import directory_places as places
from services.signals.domain.directory_places import Point
from shared.contracts.signals import SearchDirectory
from tests.conftest import MakeStack
from tests.signals.directories import MIDDLE, Directory, as_if_many, directories, organised

WORDS = ("ab1", "ab12", "ab123", "abc1", "cd1", "cd12", "cd2", "ef1", "ef2", "gh1")
"""No language bends a word with a number in it."""
LANGUAGES, KINDS, CAPACITIES = ("nl", "fr", "tr"), ("food", "mobility"), ("yes", "no")
KM = 1 / 111.2
"""A kilometre to the north, in degrees."""
QUESTIONS = 80


@dataclass(frozen=True)
class Made:
    """A service, as its rows say."""

    id: str
    title: tuple[str, ...]
    text: tuple[str, ...]
    kind: str | None
    language: str
    capacity: str | None
    places: tuple[Point, ...]
    serves: bool
    always_open: bool | None


@pytest.fixture(scope="module")
async def directory(module_stack: MakeStack) -> AsyncIterator[tuple[Directory, str, list[Made]]]:
    """Services of all sorts, and the neighbourhood that some of them serve."""
    async with directories(module_stack) as made:
        here = await made.neighbourhood()
        services = [_service(n, random.Random(n)) for n in range(160)]
        await made.bring("kaart", _rows(services, here))
        yield made, here, services


@pytest.mark.parametrize("among", ["few", "many"])
async def test_what_fits_is_found_and_nothing_else_the_best_and_nearest_first(
    directory: tuple[Directory, str, list[Made]], among: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among many the order is walked, circles widen, and beginnings of words aren't looked up one by one."""
    handlers, here, services = directory
    if among == "many":
        as_if_many(monkeypatch)
    for question in range(QUESTIONS):
        query = _asked(random.Random(question), here)
        expected = _looked_for(services, query, await _middle(handlers, here))
        assert await _found(handlers, query) == expected, query


@given(
    lat=st.floats(-80, 80), lon=st.floats(-179, 179), km=st.floats(0.1, 200), away=st.floats(0, 1), way=st.floats(0, 7)
)
def test_what_lies_so_near_lies_in_a_cell_that_is_looked_in(
    lat: float, lon: float, km: float, away: float, way: float
) -> None:
    km_lon, km_lat = places.scale((lon, lat))
    there = (lon + math.sin(way) * away * km / km_lon, lat + math.cos(way) * away * km / km_lat)
    if abs(there[0]) <= 180 and abs(lat) + km * KM < 80:
        assert set(places.areas((), (), (there,))) & set(places.near((lon, lat), km))


def _service(n: int, chance: random.Random) -> Made:
    title = tuple(chance.choices(WORDS, k=chance.choice((1, 2))))
    where = [(MIDDLE[1] + chance.gauss(0, 4) * KM, MIDDLE[0] + chance.gauss(0, 4) * KM)
             for _ in range(chance.choice((0, 1, 1, 1, 2)))]  # fmt: skip
    return Made(
        id=f"s-{n:03}", title=title, text=(*title, *chance.choices(WORDS, k=chance.choice((0, 2, 4)))),
        kind=chance.choice((*KINDS, None)), language=chance.choice(LANGUAGES),
        capacity=chance.choice((*CAPACITIES, None)), places=tuple(where), serves=chance.random() < 0.2,
        always_open=chance.choice((True, False, None)),
    )  # fmt: skip


def _rows(services: list[Made], here: str) -> dict[str, list[dict[str, str]]]:
    taxonomies = {"weefsel-kinds": KINDS, "weefsel-capacity": CAPACITIES}
    terms = [
        {"id": term, "code": term, "name": term, "description": term, "taxonomy_id": name}
        for name, codes in taxonomies.items()
        for term in codes
    ]
    locations = [(each, f"{each.id}-{n}", place) for each in services for n, place in enumerate(each.places)]
    hours = {True: ("00:00", "00:00"), False: ("09:00", "09:00")}
    return organised(
        *({"id": each.id, "name": " ".join(each.title), "description": " ".join(each.text)} for each in services),
        taxonomy=[{"id": name, "name": name, "description": name} for name in taxonomies],
        taxonomy_term=terms,
        attribute=[
            {"id": f"{each.id}-{term}", "link_id": each.id, "link_entity": "service", "taxonomy_term_id": term}
            for each in services
            for term in (each.kind, each.capacity)
            if term
        ],
        language=[{"id": f"g-{each.id}", "service_id": each.id, "code": each.language} for each in services],
        location=[{"id": id_, "latitude": str(at[1]), "longitude": str(at[0])} for _, id_, at in locations],
        service_at_location=[
            {"id": f"at-{id_}", "service_id": each.id, "location_id": id_} for each, id_, _ in locations
        ],
        service_area=[{"id": f"a-{each.id}", "service_id": each.id, "name": here} for each in services if each.serves],
        schedule=[
            {"id": f"h-{each.id}", "service_id": each.id, "opens_at": hours[each.always_open][0],
             "closes_at": hours[each.always_open][1], **({} if each.always_open else {"valid_to": "2020-01-01"})}
            for each in services
            if each.always_open is not None
        ],
    )  # fmt: skip


def _asked(chance: random.Random, here: str) -> SearchDirectory:
    words = chance.choices(WORDS, k=chance.choice((1, 1, 2)))
    words[-1] = words[-1][: chance.choice((3, 5))]
    near = chance.random() < 0.6
    return SearchDirectory(
        words=" ".join(words) + chance.choice(("", "", " ")) if chance.random() < 0.8 else None,
        kind=chance.choice((*KINDS, None, None)), language=chance.choice((*LANGUAGES, None, None)),
        neighbourhood_id=here if near else None, within_km=chance.choice((None, 2, 7, 30)) if near else None,
        has_capacity=chance.random() < 0.3, open_now=chance.random() < 0.3, limit=chance.choice((3, 20, 20)),
    )  # fmt: skip


def _looked_for(services: list[Made], query: SearchDirectory, middle: Point) -> list[str]:
    """By looking at each."""
    fitting = []
    for each in services:
        title, text = _has(each.title, query.words), _has(each.text, query.words)
        fits = (
            (title or text)
            and query.kind in (None, each.kind)
            and query.language in (None, each.language)
            and not (query.has_capacity and each.capacity == "no")
            and not (query.open_now and not each.always_open)
        )
        away = min((_km(middle, place) for place in each.places), default=math.inf) if query.neighbourhood_id else 0
        near = away <= (query.within_km or places.NEAR_KM) or each.serves or not each.places
        if fits and (near or query.neighbourhood_id is None):
            fitting.append((not title, away, " ".join(each.title), each.id))
    return [id_ for *_, id_ in sorted(fitting)]


def _has(said: tuple[str, ...], words: str | None) -> bool:
    asked = (words or "").split()
    begins = asked and not (words or "").endswith(" ")
    return all(word in said for word in (asked[:-1] if begins else asked)) and (
        not begins or any(each.startswith(asked[-1]) for each in said)
    )


def _km(middle: Point, place: Point) -> float:
    km_lon, km_lat = places.scale(middle)
    return math.hypot((place[0] - middle[0]) * km_lon, (place[1] - middle[1]) * km_lat)


async def _middle(handlers: Directory, here: str) -> Point:
    (row,) = await handlers.rows("SELECT cells FROM neighbourhood WHERE neighbourhood_id = $1", here)
    corners = [h3.cell_to_latlng(cell) for cell in row["cells"]]
    return sum(lon for _, lon in corners) / len(corners), sum(lat for lat, _ in corners) / len(corners)


async def _found(handlers: Directory, query: SearchDirectory) -> list[str]:
    """All pages."""
    found: list[str] = []
    while True:
        page: Any = await handlers.get(query)
        found += [each.service_id for each in page.services]
        if page.next is None:
            return found
        query = query.model_copy(update={"after": page.next})
