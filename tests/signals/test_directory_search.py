"""Looking in the directory: words, kind, place, language, hours, room; page after page."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared import clock
from shared.contracts.signals import SearchDirectory
from shared.working_days import is_public_holiday
from tests.conftest import MakeStack
from tests.signals.directories import MIDDLE, Directory, as_if_many, directories, organised

KM = 1 / 111.2
"""A kilometre to the north, in degrees."""
ZONE = ZoneInfo("Europe/Brussels")


@pytest.fixture(scope="module")
async def handlers(module_stack: MakeStack) -> AsyncIterator[Directory]:
    async with directories(module_stack) as made:
        yield made


@pytest.fixture
async def directory(handlers: Directory) -> Directory:
    """Nothing was brought in yet."""
    await handlers.empty()
    return handlers


@pytest.fixture(params=["few", "many"])
def among(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among many it is looked for in other ways."""
    if request.param == "many":
        as_if_many(monkeypatch)


def placed(**north: float | None) -> dict[str, Any]:
    """Services by name, each so many kilometres north of the middle; None: without a place."""
    there = {name: km for name, km in north.items() if km is not None}
    return organised(
        *({"id": f"s-{name}", "name": name} for name in north),
        location=[
            {"id": f"l-{name}", "latitude": str(MIDDLE[0] + km * KM), "longitude": str(MIDDLE[1])}
            for name, km in there.items()
        ],
        service_at_location=[
            {"id": f"sl-{name}", "service_id": f"s-{name}", "location_id": f"l-{name}"} for name in there
        ],
    )


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("poetsen", ["Poetshulp aan huis"]),
        ("POETSHULP", ["Poetshulp aan huis"]),
        ("poe", ["Poetshulp aan huis"]),
        ("poe huis", []),
        ("huis poets", ["Poetshulp aan huis"]),
        ("repas", ["Le dîner"]),
        ("diner", ["Le dîner"]),
        ("dîners", ["Le dîner"]),
        ("meals", ["Meal service"]),
        ("serving meal", []),
        ("de het en", []),
        ("steunpunt", ["Le dîner", "Meal service", "Poetshulp aan huis"]),
        ("'; DROP TABLE service; --", []),
        ("!&|():*<->", ["Le dîner", "Meal service", "Poetshulp aan huis"]),
    ],
)
@pytest.mark.usefixtures("among")
async def test_words_are_found_in_dutch_french_and_english_whatever_their_form(
    directory: Directory, words: str, found: list[str]
) -> None:
    rows = organised(
        {"name": "Poetshulp aan huis", "description": "Wie poetst er mee?"},
        {"name": "Le dîner", "description": "Un repas chaud, apporté chez vous."},
        {"name": "Meal service", "description": "Hot food at home."},
    )
    await directory.bring("kaart", rows)
    assert sorted(await directory.names(words=words)) == found


@pytest.mark.usefixtures("among")
async def test_what_is_called_so_comes_before_what_only_mentions_it(directory: Directory) -> None:
    rows = organised(
        {"name": "Aardbeien", "description": "Ook een koor."},
        {"name": "Zangkoor", "alternate_name": "Koor van de wijk"},
        {"name": "Bibliotheek", "description": "Naast het koor."},
        {"name": "Koor"},
    )
    await directory.bring("kaart", rows)
    for limit in (1, 2, 3, 20):
        assert await directory.names(words="koor", limit=limit) == ["Koor", "Zangkoor", "Aardbeien", "Bibliotheek"]


@pytest.mark.usefixtures("among")
async def test_a_list_reads_on_to_its_end_each_service_once(directory: Directory) -> None:
    rows = organised(*({"name": f"Dienst {n % 7}", "id": f"s-{n:02}"} for n in range(45)))
    await directory.bring("kaart", rows)
    for query in ({}, {"words": "dienst"}, {"neighbourhood_id": await directory.neighbourhood()}):
        ids, after = [], None
        while True:
            page = await directory.get(SearchDirectory(**query, limit=10, after=after))  # type: ignore[arg-type]
            ids += [each.service_id for each in page.services]
            if (after := page.next) is None:
                break
        assert len(ids) == len(set(ids)) == 45
    for after in ("morgen", '[0, 0, "\\u0000", "x"]', '[0, 0, "\\ud800", "x"]', '[Infinity, 0, "a", "x"]'):
        assert await directory.refused(SearchDirectory(after=after)) == ("malformed", "after")


@pytest.mark.usefixtures("among")
async def test_near_a_neighbourhood_the_nearest_comes_first_and_what_has_no_place_is_found_too(
    directory: Directory,
) -> None:
    await directory.bring("kaart", placed(Naast=1, Verder=2.8, Ver=6, Heel_ver=80, Nergens=None))
    here = await directory.neighbourhood()
    assert await directory.names(neighbourhood_id=here) == ["Naast", "Verder", "Nergens"]
    assert await directory.names(neighbourhood_id=here, within_km=2) == ["Naast", "Nergens"]
    assert await directory.names(neighbourhood_id=here, within_km=10) == ["Naast", "Verder", "Ver", "Nergens"]
    everything = await directory.names(neighbourhood_id=here, within_km=200, limit=2)
    assert everything == ["Naast", "Verder", "Ver", "Heel_ver", "Nergens"]
    page = await directory.get(SearchDirectory(neighbourhood_id=here, within_km=10))
    assert [each.distance_km for each in page.services] == [1.0, 2.8, 6.0, None]


async def test_of_several_places_the_nearest_counts(directory: Directory) -> None:
    rows = placed(Hier=4, Daar=3)
    rows["location"].append({"id": "l-2", "latitude": str(MIDDLE[0] + KM), "longitude": str(MIDDLE[1])})
    rows["service_at_location"].append({"id": "sl-2", "service_id": "s-Hier", "location_id": "l-2"})
    await directory.bring("kaart", rows)
    assert await directory.names(neighbourhood_id=await directory.neighbourhood(), within_km=5) == ["Hier", "Daar"]


@pytest.mark.usefixtures("among")
async def test_what_serves_a_neighbourhood_is_found_wherever_it_lies(directory: Directory) -> None:
    corners = ((-0.1, -0.1), (0.1, -0.1), (0.1, 0.1), (-0.1, 0.1), (-0.1, -0.1))
    drawn = [
        {"extent_type": "geojson", "extent": json.dumps({"type": "Polygon", "coordinates": [around]})}
        for around in ([[MIDDLE[1] + east + lon, MIDDLE[0] + lat] for lon, lat in corners] for east in (0, 1))
    ]
    here = await directory.neighbourhood()
    rows = placed(Genoemd=50, Getekend=50, Elders=50)
    rows["service_area"] = [
        {"id": "a-1", "service_id": "s-Genoemd", "name": here.upper().replace("-", " ")},
        {"id": "a-2", "service_id": "s-Getekend", **drawn[0]},
        {"id": "a-3", "service_id": "s-Elders", **drawn[1]},
    ]
    await directory.bring("kaart", rows)
    assert sorted(await directory.names(neighbourhood_id=here)) == ["Genoemd", "Getekend"]


async def test_a_neighbourhood_that_was_never_drawn_has_no_distances(directory: Directory) -> None:
    await directory.bring("kaart", placed(Naast=1, Nergens=None))
    here = await directory.neighbourhood(drawn=False)
    assert await directory.names(neighbourhood_id=here) == ["Nergens"]
    assert await directory.refused(SearchDirectory(neighbourhood_id=here, within_km=3)) == ("missing", "within_km")
    assert await directory.refused(SearchDirectory(neighbourhood_id="nergens")) == ("unknown_id", "neighbourhood_id")


async def test_a_language_is_spoken_who_names_none_speaks_that_of_the_place(directory: Directory) -> None:
    rows = organised(
        {"id": "s-1", "name": "Zonder"}, {"id": "s-2", "name": "Turks"},
        language=[{"id": "g-1", "service_id": "s-2", "code": "tr"}],
    )  # fmt: skip
    await directory.bring("kaart", rows)
    assert await directory.names(language="tr") == ["Turks"]
    assert await directory.names(language="nl") == ["Zonder"]


async def test_open_now_is_on_the_clock_of_the_neighbourhood(directory: Directory) -> None:
    local = clock.now().astimezone(ZONE)
    monday = (local + timedelta((7 - local.weekday()) % 7)).replace(hour=10, minute=30)
    monday = monday if monday > local else monday + timedelta(7)
    while is_public_holiday(monday.date(), "BE"):
        monday += timedelta(7)
    directory.move(monday - local)
    week = clock.now().astimezone(ZONE).date()
    odd = (week - timedelta(7)).isoformat()
    morning = {"opens_at": "09:00", "closes_at": "12:00"}
    hours = {
        "Ochtend": {"byday": "MO", "opens_at": "09:00", "closes_at": "12:00"},
        "Middag": {"byday": "MO", "opens_at": "13:00", "closes_at": "17:00"},
        "Nacht": {"byday": "SU", "opens_at": "20:00", "closes_at": "11:00"},
        "Altijd": {"opens_at": "00:00", "closes_at": "00:00"},
        "Voorbij": {"byday": "MO", "opens_at": "09:00", "closes_at": "12:00", "valid_to": "2020-01-01"},
        "Andere week": {"freq": "WEEKLY", "interval": "2", "dtstart": odd, "byday": "MO", **morning},
        "Deze week": {"freq": "WEEKLY", "interval": "2", "dtstart": week.isoformat(), "byday": "MO", **morning},
    }  # fmt: skip
    rows = organised(
        *({"id": f"s-{name.replace(' ', '')}", "name": name} for name in [*hours, "Onbekend"]),
        schedule=[{"id": name, "service_id": f"s-{name.replace(' ', '')}", **each} for name, each in hours.items()],
    )
    await directory.bring("kaart", rows)
    for limit in (1, 20):
        assert await directory.names(open_now=True, limit=limit) == ["Altijd", "Deze week", "Nacht", "Ochtend"]
    page = await directory.get(SearchDirectory())
    assert {each.name: each.open_now for each in page.services} == {
        "Ochtend": True, "Middag": False, "Nacht": True, "Altijd": True, "Voorbij": None, "Andere week": False,
        "Deze week": True, "Onbekend": None,
    }  # fmt: skip
    tokyo = await directory.neighbourhood(timezone="Asia/Tokyo")
    assert "Ochtend" not in await directory.names(open_now=True, neighbourhood_id=tokyo)


async def test_on_a_public_holiday_nothing_is_said_to_be_open_by_its_hours_of_a_week(directory: Directory) -> None:
    local = clock.now().astimezone(ZONE)
    christmas = local.replace(month=12, day=25, hour=10, minute=30)
    directory.move(christmas - local if christmas > local else christmas.replace(year=local.year + 1) - local)
    rows = organised(
        {"id": "s-1", "name": "Elke dag"}, {"id": "s-2", "name": "Altijd"},
        schedule=[
            {"id": "1", "service_id": "s-1", "opens_at": "09:00", "closes_at": "17:00"},
            {"id": "2", "service_id": "s-2", "opens_at": "00:00", "closes_at": "00:00"},
        ],
    )  # fmt: skip
    await directory.bring("kaart", rows)
    assert await directory.names(open_now=True) == ["Altijd"]
    page = await directory.get(SearchDirectory())
    assert {each.name: each.open_now for each in page.services} == {"Elke dag": None, "Altijd": True}
    directory.move(timedelta(days=2))
    assert await directory.names(open_now=True) == ["Altijd", "Elke dag"]
